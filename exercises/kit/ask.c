// Problem: a list of decisions is hard to write before one has seen what each
// of them leads to.
// Idea: it is asked for line by line. After each line the exercise is played
// anew from its beginning, in the first order, and shows where that leads: the
// same run each time, gone on by one decision. So what was said can be taken
// back, and nothing is kept but the learner's own file.
//
//     file ─► play ─► show ─► ask ─► a line more, or one less ─┐
//       ▲                                                      │
//       └──────────────────────────────────────────────────────┘
//
// Invariants: lines are added before the mark `YOURS: end`, and taken back from
// between the marks only; the file is whole at any moment.
#include "kit_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FILE_BYTES = 64 << 10, LINE_BYTES = 80 };

// ---- the learner's file ----

static void name_file(const struct kit_options *options, char *path,
                      size_t bytes) {
    (void)snprintf(path, bytes, "%s/%s", options->files, kit_exercise.ask_file);
}

static int read_file(const char *path, char *text) {
    FILE *file = fopen(path, "re");
    size_t len;

    if (file == NULL) {
        return -errno;
    }
    len = fread(text, 1, FILE_BYTES, file);
    (void)fclose(file);
    if (len == FILE_BYTES) {
        return -EFBIG;
    }
    text[len] = '\0';
    return 0;
}

// Beside it, and then in its place.
static int write_file(const char *path, const char *text) {
    char beside[KIT_PATH_BYTES + 8];
    FILE *file;
    int err;

    (void)snprintf(beside, sizeof beside, "%s.new", path);
    file = fopen(beside, "we");
    if (file == NULL) {
        return -errno;
    }
    err = fputs(text, file) < 0 ? -EIO : 0;
    if (fclose(file) != 0 || err < 0 || rename(beside, path) < 0) {
        err = errno != 0 ? -errno : -EIO;
        (void)unlink(beside);
    }
    return err;
}

// Where the line of a mark begins; NULL: it is not there.
static char *mark(char *text, const char *word) {
    char *at = strstr(text, word);

    while (at != NULL && at > text && at[-1] != '\n') {
        at--;
    }
    return at;
}

static bool add_line(char *text, const char *line) {
    char *end = mark(text, "YOURS: end");
    const size_t len = strlen(line);

    if (end == NULL || strlen(text) + len + 1 >= FILE_BYTES) {
        return false;
    }
    memmove(end + len + 1, end, strlen(end) + 1);
    memcpy(end, line, len);
    end[len] = '\n';
    return true;
}

static bool take_line_back(char *text) {
    char *begin = mark(text, "YOURS: begin"), *end = mark(text, "YOURS: end");
    char *last = end;

    if (begin == NULL || end == NULL) {
        return false;
    }
    begin += strcspn(begin, "\n") + 1;
    while (last > begin && (last == end || last[-1] != '\n')) {
        last--;
    }
    if (last == end) {
        return false;
    }
    memmove(last, end, strlen(end) + 1);
    return true;
}

// ---- one look ----

// Returns 1 if it has passed, 0 if not yet, or -errno. *ret_taken: whether the
// last line could be followed.
static int look(const struct kit_options *options, struct kit_board *board,
                bool *ret_taken) {
    const struct kit_round round = {.order = FB_ORDER_FIFO};
    struct kit_case c = {.options = options, .round = &round, .board = board};
    char output[KIT_PATH_BYTES + 8], why[FB_SESSION_WHY_BYTES] = "";
    int err;

    (void)snprintf(output, sizeof output, "%s.out", options->trace);
    err = kit_child_play(options, &round, options->trace, output, board,
                         &c.ending);
    if (err == 0) {
        kit_report_read(&c.report, options, options->trace, c.ending.pid,
                        output);
        err = board->err < 0
                  ? board->err
                  : kit_case_open(&c, options->trace, NULL, why, sizeof why);
    }
    if (err == 0) {
        err = kit_case_judge(&c);
    }
    if (err == 0) {
        *ret_taken = kit_exercise.show(&c, stdout);
        err = !fb_trial_verdict(c.trial)->failed;
    }
    kit_case_close(&c);
    return err;
}

// ---- asking ----

enum wish { WISH_LINE, WISH_UNDO, WISH_END };

static enum wish ask(char *line) {
    (void)printf("%s ", kit_exercise.ask);
    (void)fflush(stdout);
    if (fgets(line, LINE_BYTES, stdin) == NULL) {
        (void)putchar('\n');
        return WISH_END;
    }
    line[strcspn(line, "\r\n")] = '\0';
    return strcmp(line, "quit") == 0 || strcmp(line, "q") == 0   ? WISH_END
           : strcmp(line, "undo") == 0 || strcmp(line, "u") == 0 ? WISH_UNDO
                                                                 : WISH_LINE;
}

static int change(const char *path, enum wish wish, const char *line) {
    char *text = malloc(FILE_BYTES);
    int err = text != NULL ? read_file(path, text) : -ENOMEM;

    if (err == 0 && wish == WISH_LINE) {
        err = add_line(text, line) ? write_file(path, text) : -EINVAL;
    } else if (err == 0 && take_line_back(text)) {
        err = write_file(path, text);
    }
    free(text);
    return err;
}

// The next change to the file; WISH_END: none.
static enum wish next_change(char *line) {
    enum wish wish;

    do {
        wish = ask(line);
    } while (wish == WISH_LINE && line[strspn(line, " \t")] == '\0');
    return wish;
}

static int ask_all(const struct kit_options *options, struct kit_board *board) {
    char path[KIT_PATH_BYTES], line[LINE_BYTES];
    enum wish wish = WISH_END; // the last change
    bool taken = true;
    int result;

    name_file(options, path, sizeof path);
    while ((result = look(options, board, &taken)) == 0) {
        // A line that leads nowhere is not kept.
        wish = !taken && wish == WISH_LINE ? WISH_UNDO : next_change(line);
        if (wish == WISH_END) {
            return 0;
        }
        result = change(path, wish, line);
        if (result < 0) {
            return result;
        }
    }
    return result;
}

int kit_ask(const struct kit_options *options, int *ret_failed) {
    struct kit_board *board = kit_board_open();
    int result = board == NULL               ? -ENOMEM
                 : kit_exercise.show == NULL ? -ENOTSUP
                                             : ask_all(options, board);

    kit_board_close(board);
    *ret_failed = result == 0;
    return result < 0 ? result : 0;
}
