// Sentences about measures (measure.h).
#include "advice.h"
#include "measure.h"

static const char file[] = "serve.c";

void advise_size(struct kit_case *c, const char *function,
                 unsigned lines_before) {
    const struct measure m = measure_function(kit_source(c, file), function);

    if (m.found && m.lines >= lines_before) {
        kit_advise(c,
                   "%s still has %u lines and %u ways through it: it began "
                   "with %u lines.",
                   function, m.lines, m.ways, lines_before);
    } else if (m.found) {
        kit_advise(c,
                   "%s has %u lines now, it had %u; %u ways lead through "
                   "it.",
                   function, m.lines, lines_before, m.ways);
    }
}

void advise_word(struct kit_case *c, const char *function, const char *word,
                 const char *sentence) {
    if (measure_word(kit_source(c, file), function, word) > 0) {
        kit_advise(c, "%s", sentence);
    }
}
