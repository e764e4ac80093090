// `fishbowl diff`.
#include "options.h"
#include <stdio.h>

struct request {
    struct fb_diff_request diff;
    int sides;
};

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &r->diff; return 0;
    case ARGP_KEY_ARG:
        if (r->sides == FB_DIFF_SIDES) {
            argp_error(state, "two traces at a time");
        }
        r->diff.options.what[r->sides++] = arg;
        return 0;
    case ARGP_KEY_END:
        if (r->sides < FB_DIFF_SIDES) {
            argp_error(state, "two traces are needed, A and B");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child CHILDREN[] = {{&fb__diff_argp, 0, NULL, 0}, {0}};

static const struct argp ARGP = {
    .parser = parse,
    .children = CHILDREN,
    .args_doc = "A B",
    .doc = "Compare two traces: ids by first appearance, without times, ports "
           "and what else is chance; by their trees of tasks, unless told "
           "otherwise. A and B are files or pids. Exit status 0: they are "
           "equal, 1: they differ, 2: that cannot be told.\v"
           "Examples:\n"
           "  fishbowl diff before.ring after.ring    did the refactoring "
           "change what it does?\n"
           "  fishbowl diff --by order a.ring b.ring  was anybody polled in "
           "another order?\n"};

int fb_diff_main(int argc, char **argv) {
    struct request r = {.diff = fb__diff_request(FB_TRANSCRIPT_TREE)};
    char why[FB_SESSION_WHY_BYTES];
    struct fb_diff d;
    int status = 2; // no answer is neither: who asks must not take it for one

    argp_err_exit_status = 2;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &r) != 0) {
        return 2;
    }
    if (fb_diff_open(&d, &r.diff.options, why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
    } else if (fb__diff_show(&d, &r.diff) == 0) {
        // By the grade that was asked for, whatever was looked at since.
        status = d.equal_at_first ? 0 : 1;
    }
    fb_diff_close(&d);
    return status;
}
