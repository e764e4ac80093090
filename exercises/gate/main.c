// exercise_gate: holds one exercise to what the course promises.
//
// Problem: an exercise is a promise to learners: what is handed out fails for
//     the reason that it is about, what is right passes in every order, what is
//     wrong fails with the claim that names its mistake, and what is written
//     about it is true. Each rots by itself as the runtime changes.
// Idea: the tests ask here, an exercise at a time, so that ctest -j plays
//     several at once. All variants of one share a scratch folder, so its check
//     is compiled once. A failure names the files it is about, and the command
//     that asks again.
#include "course_parts.h"
#include "gate.h"
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void gate_say(struct gate *g, bool holds, const char *what, ...) {
    va_list args;

    g->held += holds;
    g->failed += !holds;
    printf("%s  ", holds ? "ok    " : "FAILED");
    va_start(args, what);
    vprintf(what, args);
    va_end(args);
    putchar('\n');
    (void)fflush(stdout);
}

static bool wants(const struct gate *g, const char *part) {
    return g->only == NULL ? !g->only_passing : strcmp(g->only, part) == 0;
}

static void hold(struct gate *g) {
    const bool made = gate_make(g);

    if (made) {
        gate_judge(g);
    }
    if (wants(g, "words")) {
        gate_words(g);
    }
    if (made && wants(g, "claims")) {
        gate_killed(g);
    }
    if (made && wants(g, "")) {
        gate_render(g);
    }
}

static int use(void) {
    fputs(
        "usage: exercise_gate [--scratch FOLDER] [--passing] [--only WHAT] "
        "EXERCISE\n"
        "       exercise_gate --plans TEACHER.md EXERCISES\n"
        "  EXERCISE   its folder\n"
        "  --passing  solution and alternatives only\n"
        "  --only     one of: untouched, emptied, solution.patch, alt/x.patch, "
        "mutants/x.patch,\n"
        "             words, claims\n",
        stderr);
    return 2;
}

static int hold_one(struct course *c, struct gate *g, const char *scratch) {
    g->course = c;
    g->e = course_at(c, 0);
    if (course_count(c) != 1) {
        return use();
    }
    snprintf(g->scratch, sizeof(g->scratch), "%s/%s", scratch, g->e->id);
    hold(g);
    if (g->only != NULL && g->held + g->failed == 0) {
        gate_say(g, false, "there is no '%s' in %s", g->only, g->e->folder);
    }
    printf("%s: %u hold, %u do not\n", g->e->id, g->held, g->failed);
    return g->failed == 0 ? 0 : 1;
}

int main(int argc, char **argv) {
    const char *scratch = "/tmp/fishbowl-gate", *plans = NULL, *folder = NULL;
    struct gate *g = calloc(1, sizeof(*g));
    struct course *c = NULL;
    char why[COURSE_WHY] = "";
    int status = 0;

    for (int i = 1; g != NULL && i < argc; i++) {
        if (strcmp(argv[i], "--passing") == 0) {
            g->only_passing = true;
        } else if (argv[i][0] == '-' && i + 1 == argc) {
            status = use();
        } else if (strcmp(argv[i], "--scratch") == 0) {
            scratch = argv[++i];
        } else if (strcmp(argv[i], "--only") == 0) {
            g->only = argv[++i];
        } else if (strcmp(argv[i], "--plans") == 0) {
            plans = argv[++i];
        } else if (argv[i][0] == '-' || folder != NULL) {
            status = use();
        } else {
            folder = argv[i];
        }
    }
    if (g == NULL || status != 0 || folder == NULL) {
        free(g);
        return status != 0 ? status : use();
    }
    if (course_open(folder, &c, why, sizeof(why)) < 0) {
        fprintf(stderr, "exercise_gate: %s\n", why);
        status = 1;
    } else if (plans != NULL) {
        status = gate_plans(c, plans) ? 0 : 1;
    } else {
        status = hold_one(c, g, scratch);
    }
    course_close(c);
    free(g);
    return status;
}
