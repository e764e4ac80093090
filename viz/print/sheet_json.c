// print --questions FILE --json: a lesson in one trace, for programs that show
// it: votes on slides. README.md has the schema.
//
// Idea: what fb_sheet_list says to a teacher, with each part under its name.
#include "json_parts.h"
#include "sheet.h"
#include <errno.h>

enum { VERSION = 1 };

// A number that JSON can hold; a larger one is a corrupted trace's.
static json_t *number(uint64_t value) {
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

static json_t *choice(const struct fb_lesson_question *q, int i) {
    return json_pack(
        "{s:o, s:o, s:o, s:b}", "value", fb__page_string(q->values[i]), "says",
        fb__page_string(q->quiz.choices[i].text), "why",
        fb__page_string(q->quiz.choices[i].why), "right", i == q->quiz.right);
}

static json_t *choices(const struct fb_lesson_question *q) {
    json_t *all = json_array();

    for (int i = 0; i < q->quiz.count; i++) {
        if (json_array_append_new(all, choice(q, i)) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

// The events that prove it, as the story tells them.
static json_t *events(struct fb_session *s, const struct fb_quiz *q) {
    struct fb_quiz_fact facts[FB_QUIZ_FACTS];
    const int told =
        fb_quiz_tell(fb_session_history(s), fb_session_names(s), q, facts);
    json_t *all = told < 0 ? NULL : json_array();

    for (int i = 0; i < told; i++) {
        json_t *one = json_pack("{s:o, s:o}", "event", number(facts[i].event),
                                "says", fb__page_string(facts[i].sentence));

        if (json_array_append_new(all, one) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

static json_t *question(struct fb_session *s,
                        const struct fb_lesson_question *q) {
    return json_pack(
        "{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:o}", "name",
        fb__page_string(q->name), "ask", fb__page_string(q->quiz.question),
        "at", number(q->quiz.at), "until", number(q->quiz.until), "truth",
        fb__page_string(q->truth), "said", fb__page_string(q->said), "choices",
        choices(q), "events", events(s, &q->quiz));
}

static json_t *questions(const struct fb_sheet *sheet, struct fb_session *s) {
    json_t *all = json_array();

    for (size_t i = 0; i < sheet->count; i++) {
        if (json_array_append_new(all, question(s, &sheet->items[i].q)) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

static json_t *left_out(const struct fb_sheet *sheet) {
    json_t *all = json_array();

    for (size_t i = 0; i < sheet->left_out; i++) {
        json_t *one = json_pack("{s:o, s:o}", "name",
                                fb__page_string(sheet->left[i].name), "why",
                                fb__page_string(sheet->left[i].why));

        if (json_array_append_new(all, one) < 0) {
            json_decref(all);
            return NULL;
        }
    }
    return all;
}

int fb_sheet_json(const struct fb_sheet *sheet, struct fb_session *s,
                  FILE *out) {
    // A part that could not be made is NULL, and so is the whole then.
    json_t *o = json_pack("{s:s, s:i, s:o, s:o}", "schema",
                          "fishbowl.questions", "version", VERSION, "questions",
                          questions(sheet, s), "left_out", left_out(sheet));
    int err = o ? 0 : -ENOMEM;

    if (err == 0 && json_dumpf(o, out, JSON_INDENT(2)) < 0) {
        err = -EIO;
    }
    fputc('\n', out);
    json_decref(o);
    return err < 0 ? err : fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
