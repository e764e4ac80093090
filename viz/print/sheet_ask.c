// A sheet without a picture: asked line by line, and listed for the teacher.
#include "fishbowl/trace/text.h"
#include "print.h"
#include "sheet.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { TELL = 40 }; // sentences between two questions, at most

// The sentences from `from` to `to`, the last ones if they are many.
static int tell(struct fb_session *s, uint64_t from, uint64_t to, FILE *out) {
    struct fb_print_options o = {
        .from = from, .to = to, .out = out, .bare = true};

    if (from > to) {
        return 0;
    }
    if (to - from >= TELL) {
        o.from = to - TELL + 1;
        fprintf(out, "        … events %" PRIu64 " to %" PRIu64 " pass\n", from,
                o.from - 1);
    }
    return fb_print_story(s, &o);
}

// A choice from a line of input; -1: show it (teacher); -2: none; -3: the end.
static int read_choice(const struct fb_quiz *q, FILE *in, bool teacher) {
    char line[200];
    size_t len;

    if (!fgets(line, sizeof(line), in)) {
        return -3;
    }
    len = strcspn(line, "\r\n");
    line[len] = '\0';
    if (len == 0) {
        return teacher ? -1 : -2;
    }
    if (len == 1 && (line[0] | 0x20) >= 'a' &&
        (line[0] | 0x20) < 'a' + q->count) {
        return (line[0] | 0x20) - 'a';
    }
    return -2;
}

static int judge(struct fb_session *s, const struct fb_sheet_item *item,
                 int chosen, FILE *out) {
    const struct fb_quiz *q = &item->q.quiz;

    if (chosen >= 0 && chosen == q->right) {
        fprintf(out, "* Right: %s\n", q->choices[q->right].text);
    } else if (chosen >= 0) {
        fprintf(out, "* Not %c.\n", 'a' + chosen);
    } else if (item->answer[0]) {
        fprintf(out, "* \"%s\" is none of the answers.\n", item->answer);
    }
    return fb_print_answer(s, q, out);
}

// Returns 0 at the end of the input.
static int ask_one(struct fb_sheet *sheet, size_t i, FILE *in, FILE *out,
                   bool teacher) {
    struct fb_sheet_item *item = &sheet->items[i];
    const struct fb_quiz *q = &item->q.quiz;
    int chosen, err;

    fprintf(out, "\nQuestion %zu of %zu (%s), after event %" PRIu64 ":\n",
            i + 1, sheet->count, item->q.name, q->at);
    fb_print_question(q, out);
    do {
        fprintf(out, "Your answer, a to %c%s: ", 'a' + q->count - 1,
                teacher ? " (nothing: show it)" : "");
        (void)fflush(out);
        chosen = read_choice(q, in, teacher);
        if (chosen == -2) {
            fprintf(out, "\n* One letter, please. ");
        }
    } while (chosen == -2);
    fputc('\n', out);
    if (chosen == -3) {
        return 0;
    }
    item->passed = chosen < 0;
    err = chosen >= 0 ? fb_sheet_answer(sheet, i, chosen) : 0;
    return err < 0 ? err : 1;
}

static int tell_one(struct fb_sheet *sheet, struct fb_session *s, size_t i,
                    FILE *out) {
    struct fb_sheet_item *item = &sheet->items[i];
    const int chosen = fb_lesson_choice(&item->q, item->answer);
    int err;

    item->told = true;
    fprintf(out, "\n* Question %zu (%s): %s\n", i + 1, item->q.name,
            item->q.quiz.question);
    if (chosen >= 0) {
        fprintf(out, "* You say %c) %s\n", 'a' + chosen,
                item->q.quiz.choices[chosen].text);
    }
    err = judge(s, item, chosen, out);
    return err < 0 ? err : 1;
}

int fb_sheet_ask(struct fb_sheet *sheet, struct fb_session *s, FILE *in,
                 FILE *out, bool teacher) {
    struct fb_sheet_due due;
    uint64_t told = 0;
    int err = 1;

    fprintf(out,
            "%zu question%s. The events pass; before some of them you "
            "predict.\n",
            sheet->count, sheet->count == 1 ? "" : "s");
    while (err == 1 && fb_sheet_due(sheet, &due)) {
        err = tell(s, told + 1, due.at, out);
        told = due.at > told ? due.at : told;
        if (err >= 0) {
            err = due.tell ? tell_one(sheet, s, due.index, out)
                           : ask_one(sheet, due.index, in, out, teacher);
        }
    }
    if (err >= 0) {
        fputc('\n', out);
        fb_sheet_print(sheet, out);
        err = fflush(out) != 0 || ferror(out) ? -EIO : err;
    }
    return err;
}

int fb_sheet_list(const struct fb_sheet *sheet, struct fb_session *s,
                  FILE *out) {
    int err = 0;

    for (size_t i = 0; err >= 0 && i < sheet->count; i++) {
        const struct fb_lesson_question *q = &sheet->items[i].q;

        fprintf(out, "%s%zu. %s, after event %" PRIu64 ": ", i > 0 ? "\n" : "",
                i + 1, q->name, q->quiz.at);
        fb_print_question(&q->quiz, out);
        fprintf(out, "\n    %s: %s\n    %s\n", q->name, q->truth, q->said);
        err = fb_print_answer(s, &q->quiz, out);
    }
    if (sheet->left_out > 0) {
        fprintf(out, "\nLeft out: %zu. %s\n", sheet->left_out,
                sheet->left[0].why);
    }
    return err < 0 ? err : fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
