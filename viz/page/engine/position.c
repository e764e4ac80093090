// Where the page stands: the trace as a whole, one moment of it, and the ways
// from one to the next.
#include "engine_state.h"
#include "fishbowl/trace/text.h"
#include "moment.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { GAPS_SHOWN = 1000, GAPS_SAID = 3, FILES_SHOWN = 1024 };

uint64_t fb__engine_since(const struct fb_engine *e, uint64_t time_ns) {
    return time_ns > e->head.start_time_ns ? time_ns - e->head.start_time_ns
                                           : 0;
}

void fb__engine_put_time(struct fb_engine *e, uint64_t time_ns) {
    char text[32];

    fb_say_time(text, sizeof(text), e->head.start_time_ns, time_ns);
    fb__answer_number(&e->answer, "timeNs", fb__engine_since(e, time_ns));
    fb__answer_text(&e->answer, "time", text);
}

// ---- the trace ----

__attribute__((format(printf, 2, 3))) static void
put_sentence(struct fb__answer *a, const char *format, ...) {
    char text[FB__ENGINE_TEXT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fb__answer_text(a, NULL, text);
}

static void put_missing(struct fb_engine *e, struct fb__answer *a) {
    const uint64_t first = fb_history_first(e->history);
    const uint64_t last = fb_history_last(e->history);

    fb__answer_open(a, "missing", '[');
    if (first > 1) {
        put_sentence(a, "events 1 to %" PRIu64 " are not in this trace; %s",
                     first - 1,
                     e->exact ? "a census tells what was alive after them"
                              : "what they began may be missing here");
    }
    for (size_t i = 0; i < e->gap_count && i < GAPS_SAID; i++) {
        put_sentence(a, "events %" PRIu64 " to %" PRIu64 " were lost",
                     e->gaps[i].first, e->gaps[i].last);
    }
    if (e->gap_count > GAPS_SAID) {
        put_sentence(a, "%" PRIu64 " events were lost in all, in %zu places",
                     e->lost, e->gap_count);
    }
    if (e->how == FB__ENGINE_CUT) {
        put_sentence(a, "the trace was cut off after event %" PRIu64, last);
    } else if (e->how == FB__ENGINE_DAMAGED) {
        put_sentence(a, "the trace is damaged after event %" PRIu64, last);
    }
    fb__answer_close(a, ']');
}

static void put_gaps(struct fb_engine *e, struct fb__answer *a) {
    fb__answer_open(a, "gaps", '[');
    for (size_t i = 0; i < e->gap_count && i < GAPS_SHOWN; i++) {
        fb__answer_open(a, NULL, '{');
        fb__answer_number(a, "first", e->gaps[i].first);
        fb__answer_number(a, "last", e->gaps[i].last);
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
    fb__answer_number(a, "gapCount", e->gap_count);
    fb__answer_number(a, "lost", e->lost);
}

static const char *end_word(const struct fb_engine *e) {
    if (e->how != FB__ENGINE_WHOLE) {
        return "cut";
    }
    return e->end == FB_RECORDING_CLOSED   ? "closed"
           : e->end == FB_RECORDING_KILLED ? "killed"
                                           : "ran on";
}

static void put_files(struct fb_engine *e, struct fb__answer *a) {
    char text[FB__ENGINE_TEXT];

    fb__answer_open(a, "sources", '[');
    for (size_t i = 0; i < e->recorded.source_count && i < FILES_SHOWN; i++) {
        const char *file = e->recorded.sources[i].file;

        fb_text_sanitise(file, strlen(file), text, sizeof(text));
        fb__answer_text(a, NULL, text);
    }
    fb__answer_close(a, ']');
}

int fb_engine_facts(struct fb_engine *e) {
    struct fb__answer *a = fb__engine_begin(e);
    const struct fb_model *m = fb_history_live(e->history);
    const uint64_t ns = fb__engine_since(e, m->time_ns);
    char text[64];

    fb_say_duration(text, sizeof(text), ns);
    fb__answer_open(a, NULL, '{');
    fb__answer_text(a, "program", e->program);
    fb__answer_number(a, "pid", e->head.pid);
    fb__answer_text(a, "address", e->address);
    fb__answer_number(a, "workers", e->head.workers);
    fb__answer_number(a, "first", fb_history_first(e->history));
    fb__answer_number(a, "last", fb_history_last(e->history));
    fb__answer_number(a, "events", fb_history_count(e->history));
    fb__answer_number(a, "startRealtimeMs",
                      e->head.start_realtime_ns / 1000000);
    fb__answer_number(a, "durationNs", ns);
    fb__answer_text(a, "duration", text);
    fb__answer_bool(a, "exact", e->exact);
    fb__answer_text(a, "end", end_word(e));
    put_missing(e, a);
    put_gaps(e, a);
    put_files(e, a);
    fb__answer_close(a, '}');
    return fb__engine_done(e);
}

// ---- a moment ----

uint32_t fb__engine_task_of(const struct fb_event *event,
                            const struct fb_model *after) {
    const uint32_t task = fb_event_task(event);
    const struct fb_model_future *f;

    if (task != 0 || event->kind != FB_EV_IO) {
        return task;
    }
    f = fb_model_future(after, event->io.future);
    return f != NULL ? f->task : 0;
}

static void put_event(struct fb_engine *e, struct fb__answer *a) {
    const struct fb_model *m = &e->at.now;
    const struct fb_event *event = fb_history_event(e->history, m->event);
    char text[FB__ENGINE_TEXT] = "Before the first event.";
    uint32_t worker = FB_MODEL_NONE, task = 0;
    const char *kind = "";

    if (event != NULL) {
        kind = fb_name_event((enum fb_event_kind)event->kind);
        worker = fb_event_worker(event);
        task = fb__engine_task_of(event, m);
        fb_story_sentence(text, sizeof(text), &e->table, m->event, event,
                          &e->at.before, m);
    }
    fb__answer_number(a, "event", event != NULL ? m->event : 0);
    fb__engine_put_time(e, event != NULL ? m->time_ns : 0);
    fb__answer_text(a, "kind", kind);
    fb__answer_number(a, "task", task);
    fb__answer_signed(a, "worker", worker == FB_MODEL_NONE ? -1 : (int)worker);
    fb__answer_text(a, "sentence", text);
}

int fb_engine_position(struct fb_engine *e) {
    struct fb__answer *a = fb__engine_begin(e);
    const struct fb_model *m = &e->at.now;

    fb__answer_open(a, NULL, '{');
    put_event(e, a);
    fb__answer_number(a, "tasks", m->live_tasks);
    fb__answer_number(a, "zombies", m->zombie_tasks);
    fb__answer_number(a, "polls", m->polls);
    fb__answer_number(a, "wakes", m->wakes);
    fb__answer_number(a, "queued", m->queue_len);
    fb__answer_number(a, "workers", fb_model_workers(m));
    fb__answer_bool(a, "uncertain", m->uncertain);
    fb__answer_bool(a, "stalled", m->stalled);
    fb__engine_put_beside(e, m->event);
    fb__answer_number(a, "lints", fb_lints_until(e->lints, m->event));
    fb__answer_close(a, '}');
    return fb__engine_done(e);
}

// The event that is kept at or before `number`; 0: none.
static uint64_t kept_at(const struct fb_engine *e, uint64_t number) {
    return fb_history_event(e->history, number) != NULL
               ? number
               : fb_history_prev(e->history, number);
}

int fb_engine_seek(struct fb_engine *e, uint64_t event) {
    if (fb__pace_go(&e->at, e->history, kept_at(e, event)) < 0) {
        return fb__engine_refuse(e, -ENOMEM,
                                 "no memory is left to go there (close other "
                                 "pages)");
    }
    return fb_engine_position(e);
}

// ---- ways ----

static int put_way(struct fb_engine *e, uint64_t event) {
    fb__answer_number(fb__engine_begin(e), NULL, event);
    return fb__engine_done(e);
}

int fb_engine_move(struct fb_engine *e, const char *unit, int steps,
                   uint32_t task, uint64_t from) {
    static const struct {
        const char *name;
        enum fb_unit unit;
    } units[] = {{"event", FB_UNIT_EVENT},
                 {"poll", FB_UNIT_POLL},
                 {"wake", FB_UNIT_WAKE},
                 {"task", FB_UNIT_TASK},
                 {"turn", FB_UNIT_TURN}};

    from = from != 0 ? from : e->at.now.event;
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(units[i].name, unit) == 0) {
            return put_way(e,
                           steps == 0 || steps == INT32_MIN
                               ? from
                               : fb_history_step(e->history, from,
                                                 units[i].unit, steps, task));
        }
    }
    return fb__engine_refuse(e, -EINVAL,
                             "a step is an event, poll, wake, task or turn");
}

int fb_engine_find(struct fb_engine *e, const char *text) {
    uint64_t event = 0;

    if (fb_moment_find(&event, text, e->history, e->at.now.event,
                       e->head.start_time_ns, e->why, sizeof(e->why)) < 0) {
        return -EINVAL;
    }
    return put_way(e, event);
}
