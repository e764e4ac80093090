// Problem: the runner, the gate and people's own tools must read one verdict.
// Idea: one JSON file, whose members are those of struct course_result. The
// sentences of events are the story's, so that the words are those of every
// screen.
#include "kit_impl.h"

#include <errno.h>
#include <jansson.h>
#include <string.h>

enum { SENTENCES = 20, SENTENCE_BYTES = 200, LOOK_BACK = 400 };

static void set(json_t *object, const char *key, const char *text) {
    // Not all that a learner's program says is UTF-8; what cannot be written
    // is left out.
    if (json_object_set_new(object, key, json_string(text)) < 0) {
        (void)json_object_set_new(object, key, json_string(""));
    }
}

static void set_number(json_t *object, const char *key, uint64_t value) {
    (void)json_object_set_new(object, key, json_integer((json_int_t)value));
}

// ---- sentences ----

void kit_sentence(struct kit_case *c, uint64_t number, char *out,
                  size_t out_bytes) {
    struct fb_history *h = fb_trial_history(c->trial);
    const struct fb_event *e = fb_history_event(h, number);
    const uint64_t before_number = e != NULL ? fb_history_prev(h, number) : 0;
    struct fb_model before, after;
    const struct fb_model *m = fb_history_at(h, before_number);

    out[0] = '\0';
    if (e == NULL || m == NULL || fb_model_init(&before) < 0) {
        return;
    }
    if (fb_model_init(&after) == 0) {
        if (fb_model_copy(&before, m) == 0 && fb_model_copy(&after, m) == 0 &&
            fb_model_feed(&after, number, e) == 0) {
            (void)fb_story_sentence(out, out_bytes, fb_trial_names(c->trial),
                                    number, e, &before, &after);
        }
        fb_model_deinit(&after);
    }
    fb_model_deinit(&before);
}

static json_t *events(struct kit_case *c, const struct fb_verdict *v) {
    json_t *list = json_array();

    for (int i = 0; i < v->event_count; i++) {
        char sentence[SENTENCE_BYTES];
        json_t *one = json_object();

        kit_sentence(c, v->events[i].event, sentence, sizeof sentence);
        set_number(one, "event", v->events[i].event);
        set(one, "role", v->events[i].role);
        set(one, "sentence", sentence);
        (void)json_array_append_new(list, one);
    }
    return list;
}

static void put_first(json_t *list, const char *sentence, unsigned times) {
    char text[SENTENCE_BYTES + 40];

    (void)snprintf(text, sizeof text,
                   times > 1 ? "%s (%u times in a row.)" : "%s", sentence,
                   times);
    (void)json_array_insert_new(list, 0, json_string(text));
}

// What is said several times in a row is said once, with how often.
static json_t *last_events(struct kit_case *c) {
    struct fb_history *h = fb_trial_history(c->trial);
    // What comes after an interrupt is the runtime giving up its tasks.
    uint64_t number = c->board->stop == KIT_STOP_ENDLESS
                          ? kit_last_event(c, FB_EV_POLL_END, 0)
                          : fb_history_last(h);
    char before[SENTENCE_BYTES] = "", sentence[SENTENCE_BYTES];
    json_t *list = json_array();
    unsigned times = 0;

    for (int i = 0; i < LOOK_BACK && number != 0; i++) {
        kit_sentence(c, number, sentence, sizeof sentence);
        if (times > 0 && strcmp(sentence, before) != 0) {
            put_first(list, before, times);
            times = 0;
        }
        if (json_array_size(list) == SENTENCES) {
            return list;
        }
        memcpy(before, sentence, sizeof before);
        times++;
        number = fb_history_prev(h, number);
    }
    if (times > 0) {
        put_first(list, before, times);
    }
    return list;
}

// ---- places ----

static FILE *open_file(const struct kit_case *c, const char *name) {
    const char *base = strrchr(name, '/');
    char path[KIT_PATH_BYTES];

    (void)snprintf(path, sizeof path, "%s/%s", c->options->files,
                   base != NULL ? base + 1 : name);
    return fopen(path, "re");
}

struct place {
    unsigned line;
    char text[120];
};

static void keep_line(struct place *p, unsigned line, const char *text) {
    const char *begin = text + strspn(text, " \t");

    p->line = line;
    (void)fb_text_sanitise(begin, strcspn(begin, "\r\n"), p->text,
                           sizeof p->text);
}

// A type is known by where it is declared. That line says nothing of what went
// wrong; what does is in the poll function that it names: its first line.
static void go_to_poll(FILE *file, struct place *p) {
    const char *at = strstr(p->text, ".poll = ");
    char name[80] = "", text[400] = "";
    size_t len;

    if (strstr(p->text, "FB_TYPE(") == NULL || at == NULL ||
        sscanf(at, ".poll = %79[A-Za-z0-9_]", name) != 1) {
        return;
    }
    len = strlen(name);
    rewind(file);
    for (unsigned i = 1; fgets(text, sizeof text, file) != NULL; i++) {
        at = strstr(text, name);
        if (at != NULL && at[len] == '(' && strchr(text, ';') == NULL &&
            strncmp(text, "static", 6) == 0) {
            keep_line(p, i, text);
            return;
        }
    }
}

static struct place find_place(const struct kit_case *c, const char *name,
                               unsigned line) {
    FILE *file = open_file(c, name);
    struct place p = {.line = line};
    char text[400] = "";
    unsigned i = 0;

    if (file == NULL) {
        return p;
    }
    while (i < line && fgets(text, sizeof text, file) != NULL) {
        i++;
    }
    if (i == line) {
        keep_line(&p, line, text);
        go_to_poll(file, &p);
    }
    (void)fclose(file);
    return p;
}

static json_t *places(const struct kit_case *c, const struct fb_verdict *v) {
    json_t *list = json_array();

    for (int i = 0; i < v->place_count; i++) {
        const struct place p =
            find_place(c, v->places[i].file, v->places[i].line);
        json_t *one = json_object();

        set(one, "file", v->places[i].file);
        set_number(one, "line", p.line);
        set(one, "text", p.text);
        (void)json_array_append_new(list, one);
    }
    return list;
}

// ---- the file ----

static json_t *sentences(const struct kit_advice *advice) {
    json_t *list = json_array();

    for (unsigned i = 0; i < advice->count; i++) {
        (void)json_array_append_new(list, json_string(advice->text[i]));
    }
    return list;
}

static void describe(json_t *root, struct kit_case *c) {
    const struct fb_verdict *v = fb_trial_verdict(c->trial);

    set(root, "claim", fb_claim_short(v->id));
    set(root, "name", fb_claim_name(v->id));
    set(root, "said", v->text);
    set(root, "misconception",
        v->misconception != NULL ? v->misconception
                                 : fb_claim_misconception(v->id));
    set(root, "truth", v->truth != NULL ? v->truth : fb_claim_truth(v->id));
    set(root, "help", kit_help(v));
    set_number(root, "at", v->at);
    (void)json_object_set_new(root, "events", events(c, v));
    (void)json_object_set_new(root, "places", places(c, v));
    if (v->id >= FB_X1) {
        (void)json_object_set_new(root, "last", last_events(c));
    }
}

int kit_verdict_write(const struct kit_options *options, struct kit_case *c,
                      const struct kit_advice *advice, const char *order,
                      unsigned runs, unsigned run_ms) {
    json_t *root = json_object();
    char beside[KIT_PATH_BYTES];
    int err = 0;

    set_number(root, "format", 1);
    (void)json_object_set_new(root, "passed", json_boolean(c == NULL));
    if (c != NULL) {
        describe(root, c);
    }
    (void)json_object_set_new(root, "advice", sentences(advice));
    set(root, "order", order);
    set_number(root, "runs", runs);
    set_number(root, "run_ms", run_ms);
    set(root, "trace", options->trace);
    // Whole or not at all: a reader may look at any time.
    (void)snprintf(beside, sizeof beside, "%s.new", options->out);
    if (json_dump_file(root, beside, JSON_INDENT(2) | JSON_PRESERVE_ORDER) <
            0 ||
        rename(beside, options->out) < 0) {
        err = errno != 0 ? -errno : -EIO;
    }
    json_decref(root);
    return err;
}
