// The verb report: what this learner has done.
#include "learn.h"

#include "fishbowl/trace/text.h"
#include "list.h"
#include "report.h"
#include <stdlib.h>
#include <string.h>

static int say_json(const struct learn *l, const struct state *s) {
    json_t *json = report_json(l, s);
    int err = json == NULL ? -1 : json_dumpf(json, stdout, JSON_INDENT(2));

    json_decref(json);
    if (err != 0 || putchar('\n') == EOF || fflush(stdout) != 0) {
        return learn_fail(l, "report: it could not be written");
    }
    return 0;
}

int learn_verb_report(struct learn *l) {
    const char *name = l->options.learner;
    struct page p = {0};
    uint64_t seconds = 0;
    struct state s;
    unsigned minutes;
    int status;

    if (!learn_state(l, &s)) {
        return 1;
    }
    if (name != NULL) {
        fb_text_sanitise(name, strlen(name), s.learner, sizeof(s.learner));
    }
    if (l->options.json) {
        status = say_json(l, &s);
        state_deinit(&s);
        return status;
    }
    for (size_t i = 0; i < s.count; i++) {
        seconds += s.entries[i].seconds;
    }
    page_add(&p, FB_STYLE_TITLE, "Report of %s",
             s.learner[0] != '\0' ? s.learner : "somebody without a name");
    page_gap(&p);
    list_table(&p, l, &s);
    page_gap(&p);
    minutes = (unsigned)((seconds + 59) / 60);
    page_add(&p, FB_STYLE_NORMAL,
             "%zu of %zu passed, about %u minute%s of work.",
             learn_passed(l, &s), course_count(l->course), minutes,
             minutes == 1 ? "" : "s");
    page_add(&p, FB_STYLE_DIM,
             "For your teacher: `%s report --json >%s.json`. It is sent "
             "nowhere by itself.",
             l->me, s.learner[0] != '\0' ? "my-name" : "report");
    state_deinit(&s);
    return learn_say(l, &p, 0);
}
