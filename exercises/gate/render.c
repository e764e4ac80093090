// What a learner would look at can be looked at.
//
// The trace of the untouched starter, at the event where it fails, by the real
// program and without a terminal: the story, the tree, the screen; and the
// questions that are asked of it.
#include "course_parts.h"
#include "gate.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// The program stands in the build's bin, beside the folder of this one.
static bool find_program(char *path, size_t bytes) {
    const char *bin = getenv("FB_BIN");
    char self[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);

    if (bin != NULL) {
        return snprintf(path, bytes, "%s/fishbowl", bin) < (int)bytes &&
               access(path, X_OK) == 0;
    }
    if (len <= 0) {
        return false;
    }
    self[len] = '\0';
    *strrchr(self, '/') = '\0';
    return snprintf(path, bytes, "%s/../bin/fishbowl", self) < (int)bytes &&
           access(path, X_OK) == 0;
}

// A screen is long enough to be kept whole, a story may be longer: of that the
// end is kept.
static void no_line(void *arg, const char *line) {
    (void)arg;
    (void)line;
}

static bool print(struct gate *g, const char *program, const char *const *how,
                  char **ret_said) {
    const char *argv[10] = {program, "print", g->trace};
    struct course_process p = {
        .argv = argv, .silence_ms = 30000, .line = no_line};
    struct course_process *const one[] = {&p};
    char why[COURSE_WHY] = "", words[PATH_MAX] = "";
    size_t n = 3, lines = 0;
    bool good;

    for (size_t len = 0; *how != NULL; len = strlen(words)) {
        snprintf(words + len, sizeof(words) - len, " %s", *how);
        argv[n++] = *how++;
    }
    good = course__processes_run(one, 1, NULL, NULL, why, sizeof(why)) == 0 &&
           p.status == 0;
    for (size_t i = 0; i < p.said_len; i++) {
        lines += p.said[i] == '\n';
    }
    good = good && lines > 0;
    gate_say(g, good, "fishbowl print TRACE%s%s%s", words, good ? "" : ": ",
             good             ? ""
             : p.said != NULL ? p.said
                              : why);
    *ret_said = p.said;
    return good;
}

static void ask_questions(struct gate *g, const char *program) {
    char path[PATH_MAX], *said = NULL;

    if (course__path(path, sizeof(path), g->e->folder, "questions") == 0 &&
        access(path, R_OK) == 0) {
        (void)print(g, program,
                    (const char *const[]){"--questions", path, NULL}, &said);
        free(said);
    } else {
        gate_say(g, false,
                 "%s asks for a prediction (write its file questions)",
                 g->e->id);
    }
}

void gate_render(struct gate *g) {
    char program[PATH_MAX], at[32] = "end", *said = NULL;

    if (!find_program(program, sizeof(program))) {
        gate_say(g, false, "there is no program fishbowl in FB_BIN");
        return;
    }
    if (g->trace[0] == '\0') {
        gate_say(g, false, "the untouched starter leaves a trace to look at");
        return;
    }
    if (g->at != 0) {
        snprintf(at, sizeof(at), "%llu", (unsigned long long)g->at);
    }
    (void)print(g, program, (const char *const[]){"--story", NULL}, &said);
    free(said);
    said = NULL;
    (void)print(g, program, (const char *const[]){"--tree", "--at", at, NULL},
                &said);
    free(said);
    said = NULL;
    (void)print(g, program,
                (const char *const[]){"--screen=80x24", "--at", at, NULL},
                &said);
    free(said);
    ask_questions(g, program);
}
