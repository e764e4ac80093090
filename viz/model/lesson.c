// Problem: a teacher writes the questions by hand, in a plain text; a mistake
//     in it must be told by its line, not by a puzzled class.
// Idea: values are cut out of one copy of the text and read at once: a place or
//     a measure that makes no sense is refused before any trace is seen.
// Invariants: of a lesson that was read every question is complete.
#include "lesson.h"
#include "fishbowl/trace/text.h"
#include "lesson_parts.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    struct fb_lesson *l;
    unsigned line;
    bool format; // was seen
    char *why;
    size_t why_bytes;
};

__attribute__((format(printf, 3, 4))) static int
wrong(const struct reader *r, unsigned line, const char *format, ...) {
    char text[2 * FB_LESSON_WHY], safe[2 * FB_LESSON_WHY];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fb_text_sanitise(text, strlen(text), safe, sizeof(safe));
    snprintf(r->why, r->why_bytes, "line %u: %.*s", line, FB_LESSON_WHY - 24,
             safe);
    return -EINVAL;
}

// ---- one value --------------------------------------------------------------

static int take_format(struct reader *r, const char *value) {
    r->format = true;
    return strcmp(value, "1") == 0
               ? 0
               : wrong(r, r->line, "format: this program reads format 1");
}

// "Ada = greet 2"
static int take_task(struct reader *r, const char *value) {
    struct fb_lesson *l = r->l;
    struct fb__lesson_task t;
    char name[FB_LESSON_NAME], equals[4], why[FB_LESSON_WHY];

    if (l->task_count == FB_LESSON_TASKS) {
        return wrong(r, r->line, "task: at most %d have names",
                     FB_LESSON_TASKS);
    }
    if (!fb__lesson_word(&value, name, sizeof(name)) ||
        !fb__lesson_word(&value, equals, sizeof(equals)) ||
        strcmp(equals, "=") != 0 ||
        !fb__lesson_read_task(l, value, &t, why, sizeof(why))) {
        return wrong(r, r->line, "task: NAME = TYPE N, as in Ada = greet 2");
    }
    snprintf(t.called, sizeof(t.called), "%s", name);
    l->tasks[l->task_count++] = t;
    return 0;
}

static struct fb__lesson_item *last_item(const struct reader *r) {
    return r->l->count > 0 ? &r->l->items[r->l->count - 1] : NULL;
}

static bool is_name(const char *text) {
    size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz"
                              "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");

    return len > 0 && len < FB_LESSON_NAME && text[len] == '\0';
}

static int take_question(struct reader *r, const char *value) {
    struct fb_lesson *l = r->l;

    if (l->count == FB_LESSON_QUESTIONS) {
        return wrong(r, r->line, "question: at most %d of them",
                     FB_LESSON_QUESTIONS);
    }
    if (!is_name(value)) {
        return wrong(r, r->line,
                     "question: its name in answers.txt: letters, digits, - "
                     "and _, at most %d",
                     FB_LESSON_NAME - 1);
    }
    for (size_t i = 0; i < l->count; i++) {
        if (fb__lesson_equal(l->items[i].name, value)) {
            return wrong(r, r->line, "question: \"%s\" is there already",
                         value);
        }
    }
    l->items[l->count++] =
        (struct fb__lesson_item){.name = value, .line = r->line};
    return 0;
}

static int take_place(struct reader *r, const char *key, const char *value,
                      struct fb__lesson_place *place, bool *has) {
    char why[FB_LESSON_WHY];

    if (!fb__lesson_read_place(r->l, value, place, why, sizeof(why))) {
        return wrong(r, r->line, "%s: %s", key, why);
    }
    *has = true;
    return 0;
}

static int take_truth(struct reader *r, const char *value,
                      struct fb__lesson_item *item) {
    char why[FB_LESSON_WHY];

    if (!fb__lesson_read_measure(r->l, value, &item->truth, why, sizeof(why))) {
        return wrong(r, r->line, "truth: %s", why);
    }
    item->has_truth = true;
    return 0;
}

// Measures between braces in a text: each must be one.
static int check_braces(const struct reader *r, const char *text) {
    struct fb__lesson_measure m;
    char inner[FB_LESSON_VALUE], why[FB_LESSON_WHY];

    while ((text = strchr(text, '{')) != NULL) {
        const size_t len = strcspn(text + 1, "}");

        snprintf(inner, sizeof(inner), "%.*s",
                 (int)(len < sizeof(inner) ? len : sizeof(inner) - 1),
                 text + 1);
        if (text[1 + len] == '\0') {
            return wrong(r, r->line, "a { without its }");
        }
        if (!fb__lesson_read_measure(r->l, inner, &m, why, sizeof(why))) {
            return wrong(r, r->line, "{%s}: %s", inner, why);
        }
        text += 1 + len;
    }
    return 0;
}

static int take_choice(struct reader *r, const char *key, const char *value,
                       struct fb__lesson_item *item) {
    struct fb__lesson_choice *c =
        item->count > 0 ? &item->choices[item->count - 1] : NULL;

    if (strcmp(key, "choice") == 0) {
        if (item->count == FB_QUIZ_CHOICES) {
            return wrong(r, r->line, "choice: at most %d", FB_QUIZ_CHOICES);
        }
        item->choices[item->count++] =
            (struct fb__lesson_choice){.value = value, .says = value};
    } else if (!c) {
        return wrong(r, r->line, "%s: it comes after its choice", key);
    } else if (strcmp(key, "says") == 0) {
        c->says = value;
    } else {
        c->why = value;
    }
    return check_braces(r, value);
}

static int take_value(struct reader *r, const char *key, const char *value) {
    struct fb__lesson_item *item = last_item(r);

    if (value[0] == '\0') {
        return wrong(r, r->line, "%s: there is nothing behind it", key);
    }
    if (strcmp(key, "format") == 0) {
        return take_format(r, value);
    }
    if (strcmp(key, "task") == 0) {
        return take_task(r, value);
    }
    if (strcmp(key, "question") == 0) {
        return take_question(r, value);
    }
    if (!item) {
        return wrong(r, r->line, "%s: a question begins with question: NAME",
                     key);
    }
    if (strcmp(key, "ask") == 0) {
        item->ask = value;
        return check_braces(r, value);
    }
    if (strcmp(key, "at") == 0) {
        return take_place(r, key, value, &item->at, &item->has_at);
    }
    if (strcmp(key, "until") == 0) {
        return take_place(r, key, value, &item->until, &item->has_until);
    }
    if (strcmp(key, "truth") == 0) {
        return take_truth(r, value, item);
    }
    if (strcmp(key, "choice") == 0 || strcmp(key, "says") == 0 ||
        strcmp(key, "why") == 0) {
        return take_choice(r, key, value, item);
    }
    return wrong(r, r->line,
                 "\"%s\": a line begins with format, task, question, ask, at, "
                 "until, truth, choice, says or why, and a colon",
                 key);
}

// ---- lines ------------------------------------------------------------------

// Cuts blanks off the end of a text.
static void trim_end(char *text) {
    size_t len = strlen(text);

    while (len > 0 && strchr(" \t\r", text[len - 1])) {
        text[--len] = '\0';
    }
}

// Takes the line at *next off the text. NULL: there is none.
static char *take_line(char **next) {
    char *line = *next, *end;

    if (!line || *line == '\0') {
        return NULL;
    }
    end = strchr(line, '\n');
    *next = end ? end + 1 : NULL;
    if (end) {
        *end = '\0';
    }
    trim_end(line);
    return line;
}

// A value with the lines that go on with it, as one line in its own place.
static void take_more(char *value, char **next, unsigned *line) {
    char *end = value + strlen(value);

    while (*next && (**next == ' ' || **next == '\t')) {
        char *more = take_line(next);
        size_t len;

        (*line)++;
        more += strspn(more, " \t");
        len = strlen(more);
        if (len == 0) {
            return; // an empty line that has blanks ends it as well
        }
        *end++ = ' ';
        memmove(end, more, len + 1);
        end += len;
    }
}

static int check_item(const struct reader *r,
                      const struct fb__lesson_item *item) {
    const char *misses = !item->ask         ? "ask"
                         : !item->has_at    ? "at"
                         : !item->has_truth ? "truth"
                         : item->count < 2  ? "choice (two to four)"
                                            : NULL;

    for (int i = 0; !misses && i < item->count; i++) {
        misses = item->choices[i].why ? NULL : "why (each choice has one)";
    }
    return misses ? wrong(r, item->line, "question %s has no %s", item->name,
                          misses)
                  : 0;
}

static int read_lines(struct reader *r) {
    char *next = r->l->text, *line;
    unsigned more = 0;
    int err = 0;

    while (err == 0 && (line = take_line(&next)) != NULL) {
        char *value;

        r->line += 1 + more;
        more = 0;
        if (line[0] == '\0' || line[0] == '#') {
            continue;
        }
        value = strchr(line, ':');
        if (!value || line[0] == ' ' || line[0] == '\t') {
            return wrong(r, r->line,
                         "a line is `key: value`; one that begins "
                         "with a blank goes on with a value");
        }
        *value++ = '\0';
        value += strspn(value, " \t");
        take_more(value, &next, &more);
        err = take_value(r, line, value);
    }
    for (size_t i = 0; err == 0 && i < r->l->count; i++) {
        err = check_item(r, &r->l->items[i]);
    }
    if (err == 0 && !r->format) {
        err = wrong(r, 1, "it begins with format: 1");
    }
    return err == 0 && r->l->count == 0
               ? wrong(r, r->line, "there is no question in it")
               : err;
}

int fb_lesson_read(struct fb_lesson **ret_lesson, const char *text, size_t len,
                   char *why, size_t why_bytes) {
    struct fb_lesson *l = calloc(1, sizeof(*l));
    struct reader r = {.l = l, .why = why, .why_bytes = why_bytes};
    int err = 0;

    if (l) {
        l->text = malloc(len + 1);
    }
    if (!l || !l->text) {
        snprintf(why, why_bytes, "out of memory");
        fb_lesson_destroy(l);
        return -ENOMEM;
    }
    if (len > 0) {
        memcpy(l->text, text, len);
    }
    l->text[len] = '\0';
    if (len > FB_LESSON_BYTES || strlen(l->text) != len ||
        !fb_text_is_utf8(text, len)) {
        err = wrong(&r, 1, "it is no UTF-8 text of at most %d bytes",
                    FB_LESSON_BYTES);
    }
    err = err ? err : read_lines(&r);
    if (err) {
        fb_lesson_destroy(l);
        return err;
    }
    *ret_lesson = l;
    return 0;
}

void fb_lesson_destroy(struct fb_lesson *l) {
    if (l) {
        free(l->text);
        free(l);
    }
}

size_t fb_lesson_count(const struct fb_lesson *l) {
    return l->count;
}

const char *fb_lesson_name(const struct fb_lesson *l, size_t index) {
    return l->items[index].name;
}
