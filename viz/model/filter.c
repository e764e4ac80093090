// Problem: among thousands of tasks a person looks for a few, and knows a word
//     about them: a client's name, a state, what they wait for.
// Idea: a filter is parsed once into words; each word looks at one fact of a
//     task. Facts that lie in the task itself are compared there, raw; only
//     `await:` and `by:` need a sentence made.
// Invariants: a filter that was parsed has at most FB_FILTER_WORDS words, and
//     what it matches depends on the model and on nothing else.
#include "query.h"
#include "words.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { TEXT = 400 };

static char lower(char c) {
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins(const char *text, const char *words) {
    while (*words && lower(*text) == lower(*words)) {
        text++;
        words++;
    }
    return *words == '\0';
}

const char *fb_text_find(const char *text, const char *words) {
    if (words[0] == '\0') {
        return NULL;
    }
    for (; *text; text++) {
        if (begins(text, words)) {
            return text;
        }
    }
    return NULL;
}

static bool same(const char *a, const char *b) {
    return strlen(a) == strlen(b) && begins(a, b);
}

// ---- parsing ---------------------------------------------------------------

static const struct {
    const char *word;
    enum fb_filter_field field;
    uint32_t value;
} states[] = {
    {"scheduled", FB_FILTER_STATE, FB_TASK_SCHEDULED},
    {"running", FB_FILTER_STATE, FB_TASK_RUNNING},
    {"idle", FB_FILTER_STATE, FB_TASK_IDLE},
    {"complete", FB_FILTER_STATE, FB_TASK_COMPLETE},
    {"freed", FB_FILTER_STATE, FB_TASK_FREED},
    {"failed", FB_FILTER_OUTCOME, FB_OUTCOME_FAILED},
    {"error", FB_FILTER_OUTCOME, FB_OUTCOME_ERROR},
    {"cancelled", FB_FILTER_OUTCOME, FB_OUTCOME_CANCELLED},
    {"live", FB_FILTER_LIVE, 0},
    {"lost", FB_FILTER_LOST, 0},
};

static const struct {
    const char *name; // with its colon
    enum fb_filter_field field;
} fields[] = {
    {"id:", FB_FILTER_ID},       {"task:", FB_FILTER_ID},
    {"label:", FB_FILTER_LABEL}, {"name:", FB_FILTER_NAME},
    {"await:", FB_FILTER_AWAIT}, {"by:", FB_FILTER_BY},
    {"state:", FB_FILTER_STATE},
};

static bool parse_state(struct fb_filter_word *w, const char *text) {
    for (size_t i = 0; i < sizeof(states) / sizeof(states[0]); i++) {
        if (same(states[i].word, text)) {
            w->field = (uint8_t)states[i].field;
            w->value = states[i].value;
            return true;
        }
    }
    return false;
}

static int parse_number(struct fb_filter_word *w, char *why, size_t why_bytes) {
    if (!fb__read_u32(w->text, &w->value)) {
        snprintf(why, why_bytes, "\"%s\" is no task's number (as in id:5)",
                 w->text);
        return -EINVAL;
    }
    return 0;
}

// "field:value". Returns 1 if there is no colon: then it is a plain word.
static int parse_field(struct fb_filter_word *w, char *why, size_t why_bytes) {
    const char *colon = strchr(w->text, ':');

    if (!colon) {
        return 1;
    }
    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        const size_t len = strlen(fields[i].name);

        if (!begins(w->text, fields[i].name)) {
            continue;
        }
        memmove(w->text, w->text + len, strlen(w->text + len) + 1);
        w->field = (uint8_t)fields[i].field;
        if (w->text[0] == '\0') {
            snprintf(why, why_bytes, "nothing follows \"%s\"", fields[i].name);
            return -EINVAL;
        }
        if (w->field == FB_FILTER_STATE && !parse_state(w, w->text)) {
            snprintf(why, why_bytes,
                     "\"%s\" is no state (running scheduled idle complete "
                     "freed failed error cancelled live lost)",
                     w->text);
            return -EINVAL;
        }
        return w->field == FB_FILTER_ID ? parse_number(w, why, why_bytes) : 0;
    }
    snprintf(why, why_bytes,
             "\"%.*s\" is nothing to filter by (id: label: name: await: by: "
             "state:)",
             (int)(colon - w->text) + 1, w->text);
    return -EINVAL;
}

static int parse_word(struct fb_filter_word *w, const char *text, size_t len,
                      char *why, size_t why_bytes) {
    int err;

    *w = (struct fb_filter_word){.negated = text[0] == '!'};
    text += w->negated;
    len -= w->negated;
    memcpy(w->text, text, len);
    w->text[len] = '\0';
    if (len == 0) {
        snprintf(why, why_bytes, "nothing follows \"!\"");
        return -EINVAL;
    }
    err = parse_field(w, why, why_bytes);
    if (err == 1) {
        err = 0;
        if (!parse_state(w, w->text)) {
            w->field = FB_FILTER_TEXT;
        }
    }
    return err;
}

int fb_filter_parse(struct fb_filter *ret_filter, const char *text, char *why,
                    size_t why_bytes) {
    struct fb_filter f = {0};

    if (strlen(text) >= FB_FILTER_BYTES) {
        snprintf(why, why_bytes, "a filter has at most %d bytes",
                 FB_FILTER_BYTES - 1);
        return -EINVAL;
    }
    snprintf(f.text, sizeof(f.text), "%s", text);
    for (text += strspn(text, " "); *text; text += strspn(text, " ")) {
        const size_t len = strcspn(text, " ");
        int err;

        if (f.count == FB_FILTER_WORDS) {
            snprintf(why, why_bytes, "a filter has at most %d words",
                     FB_FILTER_WORDS);
            return -EINVAL;
        }
        err = parse_word(&f.words[f.count], text, len, why, why_bytes);
        if (err) {
            return err;
        }
        f.count++;
        text += len;
    }
    if (f.count == 0) {
        f.text[0] = '\0'; // blanks alone: no filter
    }
    *ret_filter = f;
    return 0;
}

// ---- matching --------------------------------------------------------------

static bool name_has(const struct fb_names *names,
                     const struct fb_model_task *t, const char *words) {
    const char *name = "?", *file = "";
    uint32_t line = 0, size = 0;

    if (!names || !names->place) {
        return false;
    }
    names->place(names->arg, t->type, &name, &file, &line, &size);
    return fb_text_find(name, words) != NULL;
}

static bool holds(const struct fb_filter_word *w, const struct fb_model *m,
                  const struct fb_names *names, const struct fb_model_task *t) {
    const bool ended =
        t->state == FB_TASK_COMPLETE || t->state == FB_TASK_FREED;
    char text[TEXT];

    switch ((enum fb_filter_field)w->field) {
    case FB_FILTER_ID: return t->id == w->value;
    case FB_FILTER_LABEL: return fb_text_find(t->label, w->text) != NULL;
    case FB_FILTER_NAME: return name_has(names, t, w->text);
    case FB_FILTER_STATE: return t->state == w->value;
    case FB_FILTER_OUTCOME: return ended && t->outcome == w->value;
    case FB_FILTER_LIVE: return !ended;
    case FB_FILTER_LOST: return !ended && fb_model_task_is_lost(m, t);
    case FB_FILTER_AWAIT:
        fb_say_task_waits(text, sizeof(text), names, m, t->id);
        return !ended && fb_text_find(text, w->text) != NULL;
    case FB_FILTER_BY:
        fb_say_waker(text, sizeof(text), names, m, t->id);
        return fb_text_find(text, w->text) != NULL;
    case FB_FILTER_TEXT: break;
    }
    snprintf(text, sizeof(text), "%" PRIu32, t->id);
    return fb_text_find(text, w->text) || fb_text_find(t->label, w->text) ||
           name_has(names, t, w->text);
}

bool fb_filter_passes(const struct fb_filter *f, const struct fb_model *m,
                      const struct fb_names *names,
                      const struct fb_model_task *t) {
    for (uint32_t i = 0; i < f->count; i++) {
        if (holds(&f->words[i], m, names, t) == f->words[i].negated) {
            return false;
        }
    }
    return true;
}
