// The verb play: an exercise whose file is a list of decisions asks for them one
// by one. The check's own program asks; it was built to judge the file, and
// judges it once more when that is over.
#include "learn.h"

#include "judging.h"
#include "neighbour.h"
#include "page.h"
#include "work.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// What the program says of an exercise that asks for nothing.
enum { ASKS_NOTHING = 3 };

static int judge(struct learn *l, const struct course_exercise *e) {
    struct course_result r = {0};
    char why[1600];
    int err = judging_wait(l, e, &r, NULL, why, sizeof(why));

    if (err == 0) {
        course_result_deinit(&r);
    } else if (err != -ECANCELED) {
        learn_fail(l, "%s", why);
    }
    return err;
}

static bool paths(const struct learn *l, const struct course_exercise *e,
                  char *program, char *folder, char *out, char *trace) {
    char scratch[PLACE_BYTES];

    return work_scratch(l, e, scratch) && work_folder(l, e, folder) &&
           snprintf(program, PLACE_BYTES, "%s/program", scratch) <
               PLACE_BYTES &&
           snprintf(out, PLACE_BYTES, "%s/asked.json", scratch) < PLACE_BYTES &&
           snprintf(trace, PLACE_BYTES, "%s/asked.ring", scratch) < PLACE_BYTES;
}

int learn_verb_play(struct learn *l) {
    const struct course_exercise *e = learn_exercise(l);
    char program[PLACE_BYTES], folder[PLACE_BYTES], out[PLACE_BYTES],
        trace[PLACE_BYTES];
    const char *const args[] = {"--ask", "--files", folder, "--out",
                                out,     "--trace", trace,  NULL};
    int status;

    if (e == NULL || judge(l, e) < 0) {
        return 1;
    }
    if (!paths(l, e, program, folder, out, trace) ||
        access(program, X_OK) < 0) {
        return learn_fail(l,
                          "play: %s cannot be built (`%s run %02u` says why)",
                          e->id, l->me, e->number);
    }
    status = neighbour_run_program(program, args);
    (void)unlink(trace);
    if (status == ASKS_NOTHING) {
        return learn_fail(l,
                          "play: %s is not played by decisions (edit %s, then "
                          "`%s run %02u`)",
                          e->id, e->files[0], l->me, e->number);
    }
    return status == 0 || status == 1 ? learn_verb_run(l) : 1;
}
