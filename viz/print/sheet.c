// Problem: an answer must be on disk before its truth is seen, or it is none.
// Idea: the file is written anew beside itself and takes the old one's place:
//     there is never half an answer, and what else stands in it stays.
// Invariants: an item that has an answer has it in the file too.
#include "sheet.h"
#include "fishbowl/trace/text.h"
#include "phrase.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// All of a file, ended by NUL. Errors: those of fopen, -EFBIG, -EIO, -ENOMEM.
static int read_file(const char *path, char **ret_text, size_t *ret_len) {
    FILE *file = fopen(path, "re");
    char *text = NULL;
    int err = 0;

    if (!file) {
        return -errno;
    }
    text = malloc(FB_LESSON_BYTES + 2);
    if (!text) {
        err = -ENOMEM;
    } else {
        *ret_len = fread(text, 1, FB_LESSON_BYTES + 1, file);
        err = ferror(file) ? -EIO : *ret_len > FB_LESSON_BYTES ? -EFBIG : 0;
        text[*ret_len] = '\0';
    }
    (void)fclose(file);
    if (err) {
        free(text);
    } else {
        *ret_text = text;
    }
    return err;
}

static int write_all(int fd, const char *text) {
    size_t len = strlen(text);

    while (len > 0) {
        const ssize_t n = write(fd, text, len);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n > 0) {
            text += n;
            len -= (size_t)n;
        }
    }
    return 0;
}

// The file becomes `text`, at once or not at all.
static int replace_file(const char *path, const char *text) {
    char *beside;
    struct stat old;
    int fd, err;

    if (asprintf(&beside, "%s.XXXXXX", path) < 0) {
        return -ENOMEM;
    }
    fd = mkstemp(beside);
    err = fd < 0 ? -errno : write_all(fd, text);
    if (fd >= 0) {
        (void)fchmod(fd, stat(path, &old) == 0 ? old.st_mode & 0777 : 0644);
        err = close(fd) < 0 && err == 0 ? -errno : err;
        if (err == 0 && rename(beside, path) < 0) {
            err = -errno;
        }
        if (err) {
            (void)unlink(beside);
        }
    }
    free(beside);
    return err;
}

// ---- making one ----

static int by_place(const void *a, const void *b) {
    const struct fb_sheet_item *left = a, *right = b;

    return (left->q.quiz.at > right->q.quiz.at) -
           (left->q.quiz.at < right->q.quiz.at);
}

static void leave_out(struct fb_sheet *sheet, const char *name,
                      const char *why) {
    const size_t i = sheet->left_out++; // a lesson has no more of them

    snprintf(sheet->left[i].name, sizeof(sheet->left[i].name), "%s", name);
    snprintf(sheet->left[i].why, sizeof(sheet->left[i].why), "%s", why);
}

// In this trace; a stable sort, as few as they are.
static int pose_all(struct fb_sheet *sheet, const struct fb_lesson *l,
                    struct fb_session *s) {
    char why[FB_LESSON_WHY];

    for (size_t i = 0; i < fb_lesson_count(l); i++) {
        struct fb_sheet_item item = {.answer = ""};
        size_t at = sheet->count;
        const int err =
            fb_lesson_pose(l, i, fb_session_history(s), fb_session_names(s),
                           &item.q, why, sizeof(why));

        if (err < 0 && err != -ENODATA) {
            return err;
        }
        if (err < 0) {
            leave_out(sheet, fb_lesson_name(l, i), why);
            continue;
        }
        for (; at > 0 && by_place(&sheet->items[at - 1], &item) > 0; at--) {
            sheet->items[at] = sheet->items[at - 1];
        }
        sheet->items[at] = item;
        sheet->count++;
    }
    return sheet->count > 0 ? 0 : -ENODATA;
}

static int take_answers(struct fb_sheet *sheet) {
    char *text = NULL;
    size_t len;
    int err = sheet->answers ? read_file(sheet->answers, &text, &len) : 0;

    if (err == -ENOENT) {
        return 0; // it is made with the first answer
    }
    for (size_t i = 0; err == 0 && text && i < sheet->count; i++) {
        struct fb_sheet_item *item = &sheet->items[i];

        (void)fb_lesson_answer(text, item->q.name, item->answer,
                               sizeof(item->answer));
    }
    free(text);
    return err;
}

static int fill(struct fb_sheet *sheet, struct fb_session *s,
                const char *questions, char *why, size_t why_bytes) {
    char lesson_why[FB_LESSON_WHY] = "", *text = NULL;
    struct fb_lesson *l = NULL;
    size_t len;
    int err = read_file(questions, &text, &len);

    if (err == 0) {
        err = fb_lesson_read(&l, text, len, lesson_why, sizeof(lesson_why));
    }
    free(text);
    if (err) {
        snprintf(why, why_bytes, "%s: %s", questions,
                 lesson_why[0] ? lesson_why : strerror(-err));
        return err;
    }
    sheet->items = calloc(fb_lesson_count(l), sizeof(*sheet->items));
    err = sheet->items ? pose_all(sheet, l, s) : -ENOMEM;
    fb_lesson_destroy(l);
    if (err) {
        snprintf(why, why_bytes,
                 "%s: this trace has no answer to any of its questions: %s",
                 questions,
                 err == -ENODATA ? sheet->left[0].why : strerror(-err));
        return err;
    }
    err = take_answers(sheet);
    if (err) {
        snprintf(why, why_bytes, "%s: %s", sheet->answers, strerror(-err));
    }
    return err;
}

int fb_sheet_create(struct fb_sheet **ret_sheet, struct fb_session *s,
                    const char *questions, const char *answers, char *why,
                    size_t why_bytes) {
    struct fb_sheet *sheet = calloc(1, sizeof(*sheet));
    char text[FB_SHEET_WHY];
    int err;

    if (!sheet) {
        snprintf(why, why_bytes, "out of memory");
        return -ENOMEM;
    }
    sheet->answers = answers;
    err = fill(sheet, s, questions, text, sizeof(text));
    if (err) {
        fb_text_sanitise(text, strlen(text), why, why_bytes);
        fb_sheet_destroy(sheet);
        return err;
    }
    *ret_sheet = sheet;
    return 0;
}

void fb_sheet_destroy(struct fb_sheet *sheet) {
    if (sheet) {
        free(sheet->items);
        free(sheet);
    }
}

// ---- answering ----

// The file is read again: a person may have it open beside this.
static int write_down(const struct fb_sheet *sheet, const char *name,
                      const char *value) {
    char there[FB_LESSON_VALUE], *old = NULL, *text;
    size_t len;
    int err = read_file(sheet->answers, &old, &len);

    if (err && err != -ENOENT) {
        return err;
    }
    if (old && fb_lesson_answer(old, name, there, sizeof(there)) > 0) {
        free(old);
        return -EEXIST;
    }
    text = fb_lesson_put_answer(old ? old : "", name, value);
    err = text ? replace_file(sheet->answers, text) : -ENOMEM;
    free(text);
    free(old);
    return err;
}

int fb_sheet_answer(struct fb_sheet *sheet, size_t index, int choice) {
    struct fb_sheet_item *item = &sheet->items[index];
    int err = item->answer[0] ? -EEXIST : 0;

    if (err == 0 && sheet->answers) {
        err = write_down(sheet, item->q.name, item->q.values[choice]);
    }
    if (err == 0) {
        snprintf(item->answer, sizeof(item->answer), "%s",
                 item->q.values[choice]);
    }
    return err;
}

static bool is_open(const struct fb_sheet_item *item) {
    return !item->answer[0] && !item->passed;
}

bool fb_sheet_due(const struct fb_sheet *sheet, struct fb_sheet_due *ret_due) {
    struct fb_sheet_due due = {.index = sheet->count};

    for (size_t i = sheet->count; i-- > 0;) { // they rise by `at`
        if (is_open(&sheet->items[i])) {
            due.index = i;
            due.at = sheet->items[i].q.quiz.at;
        }
    }
    for (size_t i = 0; i < sheet->count; i++) {
        const struct fb_sheet_item *item = &sheet->items[i];

        if (!is_open(item) && !item->told &&
            (due.index == sheet->count || item->q.quiz.until < due.at ||
             (item->q.quiz.until == due.at && !due.tell))) {
            due = (struct fb_sheet_due){i, true, item->q.quiz.until};
        }
    }
    *ret_due = due;
    return due.index < sheet->count;
}

bool fb_sheet_open(const struct fb_sheet *sheet) {
    for (size_t i = 0; i < sheet->count; i++) {
        if (is_open(&sheet->items[i])) {
            return true;
        }
    }
    return false;
}

struct fb_sheet_score fb_sheet_score(const struct fb_sheet *sheet) {
    struct fb_sheet_score score = {0, 0};

    for (size_t i = 0; i < sheet->count; i++) {
        const struct fb_sheet_item *item = &sheet->items[i];

        score.answered += item->answer[0] != '\0';
        score.right += fb_lesson_right(&item->q, item->answer);
    }
    return score;
}

size_t fb_sheet_score_say(char *out, size_t out_bytes,
                          const struct fb_sheet *sheet) {
    const struct fb_sheet_score score = fb_sheet_score(sheet);

    return (size_t)snprintf(out, out_bytes, "%zu of %zu answered, %zu right",
                            score.answered, sheet->count, score.right);
}

void fb_sheet_print(const struct fb_sheet *sheet, FILE *out) {
    const struct fb_sheet_score score = fb_sheet_score(sheet);
    char text[100];

    fb_sheet_score_say(text, sizeof(text), sheet);
    fprintf(out, "Predicted: %s.\n", text);
    for (size_t i = 0; i < sheet->count; i++) {
        const struct fb_sheet_item *item = &sheet->items[i];

        if (item->answer[0] && !fb_lesson_right(&item->q, item->answer)) {
            fprintf(out, "  %s: you said %s. %s\n", item->q.name, item->answer,
                    item->q.said);
        }
    }
    if (sheet->answers) {
        fb_text_sanitise(sheet->answers, strlen(sheet->answers), text,
                         sizeof(text));
        fprintf(out, "Your answers are in %s%s\n", text,
                score.answered < sheet->count
                    ? "; the same command goes on with the others."
                : score.right < sheet->count
                    ? ". To predict anew, empty a line there."
                    : ".");
    }
}
