// Problem: what is asked about is a run, and the run is the exercise's own: it
//     must have been played before anything can be asked.
// Idea: judging once plays it (and says that the answers are missing, which is
//     no news and no attempt); the visualiser writes answers.txt; judging again
//     gives the verdict. Where a run has failed already, its trace is there, and
//     the questions come before the picture of the moment that failed.
#include "predict.h"

#include "judging.h"
#include "neighbour.h"
#include "work.h"
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static bool questions_path(const struct course_exercise *e,
                           char out[PLACE_BYTES]) {
    return snprintf(out, PLACE_BYTES, "%s/questions", e->folder) <
               PLACE_BYTES &&
           access(out, R_OK) == 0;
}

static bool has_empty_answer(const char *path) {
    char *text, *rest, *line;
    bool empty = false;
    size_t len;

    if (place_read(path, 1 << 16, &text, &len) < 0) {
        return false;
    }
    for (rest = text; (line = strsep(&rest, "\n")) != NULL;) {
        const char *colon = line[0] != '#' ? strchr(line, ':') : NULL;

        empty = empty ||
                (colon != NULL && colon[1 + strspn(colon + 1, " \t\r")] == 0);
    }
    free(text);
    return empty;
}

static bool is_all_there_is(const struct course_exercise *e) {
    return e->file_count > 0 && strcmp(e->files[0], "answers.txt") == 0;
}

bool predict_is_open(const struct learn *l, const struct course_exercise *e) {
    char path[PLACE_BYTES];

    return is_all_there_is(e) && questions_path(e, path) &&
           work_file(l, e, 0, path) && has_empty_answer(path);
}

static int ask(const struct learn *l, const char *trace, const char *questions,
               const char *answers, const char *folder) {
    const char *args[12];
    int n = 0, status;

    args[n++] = "watch";
    args[n++] = trace;
    args[n++] = "--questions";
    args[n++] = questions;
    args[n++] = "--answers";
    args[n++] = answers;
    args[n++] = "--source-dir";
    args[n++] = folder;
    if (!l->screen) {
        args[n++] = "--plain";
    }
    if (l->options.ascii) {
        args[n++] = "--ascii";
    }
    if (l->options.no_color) {
        args[n++] = "--no-color";
    }
    args[n] = NULL;
    status = neighbour_run(args);
    if (status < 0) {
        learn_fail(l, "run: fishbowl cannot be run: %s", strerror(-status));
    }
    return status < 0 ? 1 : status;
}

int predict_ask(struct learn *l, const struct course_exercise *e) {
    char trace[PLACE_BYTES], questions[PLACE_BYTES], answers[PLACE_BYTES];
    struct course_result r = {0};
    char why[1600];
    int err;

    if (!isatty(STDIN_FILENO) && !l->screen) {
        return 0; // nobody to ask: answers.txt is judged as it stands
    }
    if (!questions_path(e, questions) || !work_file(l, e, 0, answers)) {
        return 1;
    }
    err = judging_wait(l, e, &r, NULL, why, sizeof(why));
    course_result_deinit(&r);
    if (err < 0) {
        return learn_fail(l, "%s", err == -ECANCELED ? "ended by you" : why);
    }
    if (!work_trace(l, e, trace)) {
        return learn_fail(l, "run: %s left no trace to ask about", e->id);
    }
    return ask(l, trace, questions, answers, e->folder);
}

void predict_first(struct learn *l, const struct course_exercise *e,
                   const char *trace, const char *folder) {
    char questions[PLACE_BYTES], answers[PLACE_BYTES];

    if ((isatty(STDIN_FILENO) || l->screen) && !is_all_there_is(e) &&
        questions_path(e, questions) &&
        place_path(&l->place, answers, ".fishbowl-learn/%s/predictions.txt",
                   e->id) &&
        access(answers, F_OK) != 0) {
        (void)ask(l, trace, questions, answers, folder);
    }
}
