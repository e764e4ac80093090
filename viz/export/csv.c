// A trace as a table: RFC 4180, every text in quotes, quotes doubled.
//
// A text that a spreadsheet would take for a formula gets an apostrophe in
// front: a client's name must not run in a teacher's spreadsheet.
#include "export.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT = 1024 };

// As some spreadsheets have it, the wide forms of these letters count, too.
static bool is_formula(const char *text) {
    static const char *const begins[] = {
        "=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20"};

    for (size_t i = 0; i < sizeof(begins) / sizeof(begins[0]); i++) {
        if (strncmp(text, begins[i], strlen(begins[i])) == 0) {
            return true;
        }
    }
    return false;
}

static void put_text(FILE *out, const char *text) {
    putc(',', out);
    putc('"', out);
    if (is_formula(text)) {
        putc('\'', out);
    }
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            putc('"', out);
        }
        putc(*text, out);
    }
    putc('"', out);
}

static void put_seconds(FILE *out, struct fb_session *s, uint64_t ns) {
    const uint64_t start = fb_session_facts(s)->start_time_ns,
                   since = ns > start ? ns - start : 0;

    fprintf(out, ",%" PRIu64 ".%09" PRIu64, since / 1000000000u,
            since % 1000000000u);
}

static int finish(FILE *out) {
    return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}

static void put_event(FILE *out, struct fb_session *s, uint64_t number,
                      const struct fb_event *e, const struct fb_model *before,
                      const struct fb_model *after) {
    const struct fb_names *names = fb_session_names(s);
    const uint32_t task = fb_event_task(e), worker = fb_event_worker(e);
    char text[TEXT];

    fprintf(out, "%" PRIu64, number);
    put_seconds(out, s, e->time_ns);
    fprintf(out, ",%s,", fb_name_event((enum fb_event_kind)e->kind));
    if (worker != FB_MODEL_NONE) {
        fprintf(out, "%" PRIu32, worker);
    }
    fprintf(out, ",%" PRIu32, task);
    text[0] = '\0';
    if (fb_model_task(after, task) != NULL) {
        fb_say_task(text, sizeof(text), names, after, task);
    }
    put_text(out, text);
    fb_story_sentence(text, sizeof(text), names, number, e, before, after);
    put_text(out, text);
    fputs("\r\n", out);
}

static uint64_t first_of(const struct fb_history *h,
                         const struct fb_export_options *o) {
    const uint64_t first = fb_history_first(h);

    return o->from <= first                       ? first
           : fb_history_event(h, o->from) != NULL ? o->from
                                                  : fb_history_next(h, o->from);
}

static int write_events(struct fb_session *s,
                        const struct fb_export_options *o) {
    struct fb_history *h = fb_session_history(s);
    uint64_t number = first_of(h, o);
    const struct fb_model *world =
        fb_history_at(h, number > 0 ? number - 1 : 0);
    struct fb_model before = {0}, after = {0};
    int err = world == NULL ? -ENOMEM : fb_model_copy(&before, world);

    if (err == 0) {
        err = fb_model_copy(&after, world);
    }
    fputs("event,seconds,kind,worker,task,label,sentence\r\n", o->out);
    while (err == 0 && number != 0 && (o->to == 0 || number <= o->to)) {
        const struct fb_event *e = fb_history_event(h, number);

        err = fb_model_feed(&after, number, e);
        if (err == 0) {
            put_event(o->out, s, number, e, &before, &after);
            err = fb_model_feed(&before, number, e);
        }
        number = fb_history_next(h, number);
    }
    fb_model_deinit(&before);
    fb_model_deinit(&after);
    return err < 0 ? err : finish(o->out);
}

static void put_task(FILE *out, struct fb_session *s, const struct fb_model *m,
                     const struct fb_model_task *t) {
    char text[TEXT];

    fprintf(out, "%" PRIu32, t->id);
    fb_say_task(text, sizeof(text), fb_session_names(s), m, t->id);
    put_text(out, text);
    put_text(out, fb_name_task_state((enum fb_task_state)t->state));
    put_text(out, t->outcome == FB_OUTCOME_NONE
                      ? ""
                      : fb_name_outcome((enum fb_task_outcome)t->outcome));
    fprintf(out, ",%" PRIu32 ",%" PRIu32 ",%" PRIu32, t->parent, t->polls,
            t->wakes);
    fprintf(out, ",%" PRIu64 ",%" PRIu64 ",%" PRIu64, t->busy_ns,
            t->max_poll_ns, t->queued_ns);
    put_seconds(out, s, t->spawn_ns);
    if (t->outcome == FB_OUTCOME_NONE) {
        putc(',', out);
    } else {
        put_seconds(out, s, t->done_ns);
    }
    fputs("\r\n", out);
}

// Tasks leave the world when they are freed: each is written at that moment,
// and who still lives at the end.
static int write_tasks(struct fb_session *s,
                       const struct fb_export_options *o) {
    struct fb_history *h = fb_session_history(s);
    uint64_t number = first_of(h, o);
    const struct fb_model *world =
        fb_history_at(h, number > 0 ? number - 1 : 0);
    struct fb_model m = {0};
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    int err = world == NULL ? -ENOMEM : fb_model_copy(&m, world);

    fputs("task,label,state,outcome,parent,polls,wakes,busy_ns,longest_poll_ns,"
          "queued_ns,spawned_seconds,done_seconds\r\n",
          o->out);
    while (err == 0 && number != 0 && (o->to == 0 || number <= o->to)) {
        const struct fb_event *e = fb_history_event(h, number);

        err = fb_model_feed(&m, number, e);
        if (err == 0 && e->kind == FB_EV_TASK_FREE &&
            (t = fb_model_task(&m, e->subject)) != NULL &&
            t->state == FB_TASK_FREED && t->last_event == number) {
            put_task(o->out, s, &m, t);
        }
        number = fb_history_next(h, number);
    }
    while (err == 0 && (t = fb_model_task_next(&m, &cursor)) != NULL) {
        put_task(o->out, s, &m, t);
    }
    fb_model_deinit(&m);
    return err < 0 ? err : finish(o->out);
}

int fb_export_csv(struct fb_session *s,
                  const struct fb_export_options *options) {
    return options->tasks ? write_tasks(s, options) : write_events(s, options);
}
