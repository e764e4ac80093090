// The verbs of the `fishbowl` program.
//
// Viewers run in this process. Programs that use the runtime are neighbours,
// found and executed as git does with its own: a viewer never links the
// runtime, and a watched program is never inside its viewer.
#include "verbs.h"

#include "demo.h"
#include "diff.h"
#include "export.h"
#include "list.h"
#include "print.h"
#include "record.h"
#include "watch.h"
#include <string.h>

static const struct fb_verb VERBS[] = {
    {"demo", "greeter, clients and visualiser in this terminal", fb_demo_main,
     NULL},
    {"serve", "the greeter alone", fb_record_serve, "fishbowl-serve"},
    {"scene", "small programs that show one thing each", NULL,
     "fishbowl-scene"},
    {"dial", "scripted clients for it", NULL, "fishbowl-dial"},
    {"watch", "the visualiser, on a live program or a trace", fb_watch_main,
     NULL},
    {"list", "the traced programs that run now", fb_list_main, NULL},
    {"record", "a running program into a file, losing nothing", fb_record_main,
     NULL},
    {"print", "story, tasks, tree, events or JSON as text", fb_print_main,
     NULL},
    {"diff", "two traces side by side, and where they first differ",
     fb_diff_main, NULL},
    {"whatif", "one play twice, the second time with another choice",
     fb_whatif_main, NULL},
    {"export", "a trace for Perfetto, a spreadsheet or a slide", fb_export_main,
     NULL},
    {"learn", "exercises: predict, write, repair; judged by their traces", NULL,
     "fishbowl-learn"},
};

const struct fb_verb *fb_verbs(size_t *ret_count) {
    *ret_count = sizeof(VERBS) / sizeof(VERBS[0]);
    return VERBS;
}

const struct fb_verb *fb_verb_find(const char *name) {
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++) {
        if (strcmp(VERBS[i].name, name) == 0) {
            return &VERBS[i];
        }
    }
    return NULL;
}

enum { LONGEST = 16 }; // longer words are near to no verb

static size_t least(size_t a, size_t b) {
    return a < b ? a : b;
}

// How many letters must be added, taken, changed or swapped with their
// neighbour to get from `a` to `b`. Source: optimal string alignment.
static size_t distance(const char *a, const char *b) {
    size_t d[LONGEST + 1][LONGEST + 1];
    const size_t rows = strlen(a), cols = strlen(b);

    for (size_t i = 0; i <= rows; i++) {
        d[i][0] = i;
    }
    for (size_t j = 0; j <= cols; j++) {
        d[0][j] = j;
    }
    for (size_t i = 1; i <= rows; i++) {
        for (size_t j = 1; j <= cols; j++) {
            const size_t change = a[i - 1] == b[j - 1] ? 0 : 1;

            d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1,
                            d[i - 1][j - 1] + change);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
                a[i - 2] == b[j - 1]) {
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
            }
        }
    }
    return d[rows][cols];
}

// Near: at most two mistakes, and fewer than half of the verb's letters; or a
// beginning of exactly one verb.
const struct fb_verb *fb_verb_near(const char *name) {
    const size_t len = strlen(name);
    const struct fb_verb *best = NULL, *begins = NULL;
    size_t best_distance = 3, beginners = 0;

    if (len == 0 || len > LONGEST) {
        return NULL;
    }
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++) {
        const size_t d = distance(name, VERBS[i].name);

        if (d < best_distance && d * 2 < strlen(VERBS[i].name)) {
            best = &VERBS[i];
            best_distance = d;
        }
        if (strncmp(VERBS[i].name, name, len) == 0) {
            begins = &VERBS[i];
            beginners++;
        }
    }
    return beginners == 1 ? begins : best;
}
