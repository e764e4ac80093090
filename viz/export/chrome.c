// Problem: Perfetto draws slices that nest on threads, slices of their own for
//     what lives longer than a call, arrows between them and counters. A trace
//     of ours has polls that nest futures, tasks that wait, and wakes.
//
// Idea: a pass over the events beside the model.
//
//     worker     │ parked │ reactor │ poll Ada ┤ greet ┤ read │ parked …
//                               └──────► arrow: a wake, to the poll it causes
//     task 5     │ waiting: fd 7 readable │ scheduled │ running │ waiting …
//     counters   run queue, tasks, connections
//
//     What binds an arrow is the slice that is open where it is read, so both
//     of its ends stand in the order of events; see arrows.h.
//
// Invariants: on each worker's track slices close in the order opposite to
//     their opening; each task has at most one state open, inside its own life;
//     an arrow has both ends, each inside a slice. At the end all are closed.
//     Times never fall. After lost events workers' slices are closed, and a
//     mark says how many are missing; a census says which tasks still live.
#include "chrome.h"
#include "fishbowl/trace/text.h"
#include "json_out.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

// ---- arrows ----

// Where it sets out something must be open: after a poll the executor goes on.
static void put_arrow(struct fb__chrome *c, const char *phase, uint32_t worker,
                      uint32_t id) {
    FILE *out;

    if (c->workers[worker].depth == 0) {
        fb__chrome_open(c, worker, FB__SLICE_EXECUTOR, 0, "executor");
    }
    out = fb__chrome_begin(c, phase, fb__chrome_tid(worker), c->now_ns);
    fprintf(out, ",\"cat\":\"wake\",\"name\":\"wake\",\"id\":%" PRIu32, id);
    if (phase[0] == 'f') {
        fputs(",\"bp\":\"e\"", out); // to the slice that is open, not the next
    }
    fb__chrome_end(c);
}

// Who woke it: the task that is named, on the worker that polls it; else
// whoever polls the woken task, or puts it into a queue.
static uint32_t waker_of(const struct fb__chrome *c, const struct fb_event *e) {
    const struct fb_model_task *t = NULL;

    if (e->kind != FB_EV_WAKE) {
        return fb__chrome_worker(fb_event_worker(e));
    }
    if ((e->flags & 0xffu) == FB_PARTY_TASK) {
        t = fb_model_task(&c->model, e->wake.cause);
    }
    if (t == NULL || t->state != FB_TASK_RUNNING) {
        t = fb_model_task(&c->model, e->subject);
    }
    return fb__chrome_worker(t != NULL ? t->worker : 0);
}

static int follow_arrows(struct fb__chrome *c, uint64_t number,
                         const struct fb_event *e) {
    enum fb__arrow_step step;
    uint32_t id;
    const int err = fb__arrows_step(&c->arrows, number, e, &step, &id);

    if (err == 0 && step == FB__ARROW_SETS_OUT) {
        put_arrow(c, "s", waker_of(c, e), id);
    } else if (err == 0 && step == FB__ARROW_ARRIVES) {
        put_arrow(c, "f", fb__chrome_worker(fb_event_worker(e)), id);
    }
    return err;
}

// ---- events ----

static bool polls(const struct fb__worker_track *w, uint32_t task) {
    return w->depth > 0 && w->open[0].kind == FB__SLICE_POLL &&
           w->open[0].id == task;
}

static const char *result_of(const struct fb_event *e) {
    return e->detail == FB_RESULT_READY     ? "Ready"
           : e->detail == FB_RESULT_PENDING ? "Pending"
                                            : "failed";
}

static void on_poll(struct fb__chrome *c, const struct fb_event *e) {
    const uint32_t worker = fb__chrome_worker(fb_event_worker(e));
    char name[FB__CHROME_TEXT], label[FB__CHROME_TEXT - 8];

    if (e->kind == FB_EV_POLL_END) {
        fb__chrome_close(c, worker, FB__SLICE_POLL, e->subject, result_of(e));
        return;
    }
    fb__chrome_close_all(c, worker);
    fb_say_task(label, sizeof(label), c->names, &c->model, e->subject);
    snprintf(name, sizeof(name), "poll %s", label);
    fb__chrome_open(c, worker, FB__SLICE_POLL, e->subject, name);
}

static void on_future(struct fb__chrome *c, const struct fb_event *e) {
    const struct fb_model_task *t = fb_model_task(&c->model, e->enter.task);
    const uint32_t worker = t != NULL ? fb__chrome_worker(t->worker) : 0;
    const char *type = "?", *file = "";
    char name[FB__CHROME_TEXT];
    uint32_t line = 0, size = 0;

    if (t == NULL || !polls(&c->workers[worker], t->id)) {
        return; // a census, or polled outside of any task
    }
    if (e->kind == FB_EV_FUTURE_EXIT) {
        fb__chrome_close(c, worker, FB__SLICE_FUTURE, e->subject, result_of(e));
        return;
    }
    c->names->place(c->names->arg, e->enter.type, &type, &file, &line, &size);
    fb_text_sanitise(type, strnlen(type, FB__CHROME_TEXT / 5), name,
                     sizeof(name));
    fb__chrome_open(c, worker, FB__SLICE_FUTURE, e->subject, name);
}

static void on_park(struct fb__chrome *c, const struct fb_event *e) {
    const uint32_t worker = fb__chrome_worker(fb_event_worker(e));

    fb__chrome_close_all(c, worker);
    if (e->kind == FB_EV_PARK) {
        fb__chrome_open(c, worker, FB__SLICE_PARKED, 0, "parked");
    } else {
        fb__chrome_open(c, worker, FB__SLICE_REACTOR, 0, "reactor");
    }
}

static void put_counter(struct fb__chrome *c, const char *name,
                        uint32_t value) {
    FILE *out = fb__chrome_begin(c, "C", FB__CHROME_OUTSIDE, c->now_ns);

    fb__json_text(out, "name", name);
    fprintf(out, ",\"args\":{\"count\":%" PRIu32 "}", value);
    fb__chrome_end(c);
}

static void count_connections(struct fb__chrome *c, const struct fb_event *e) {
    uint32_t now = c->connections;

    if (e->detail == FB_SOURCE_STREAM && e->kind == FB_EV_SOURCE_ADD) {
        now++;
    } else if (e->detail == FB_SOURCE_STREAM && now > 0 &&
               e->kind == FB_EV_SOURCE_DEL) {
        now--;
    }
    if (now != c->connections) {
        c->connections = now;
        put_counter(c, "connections", now);
    }
}

static void follow_counters(struct fb__chrome *c) {
    if (c->queue != c->model.queue_len) {
        c->queue = c->model.queue_len;
        put_counter(c, "run queue", c->queue);
    }
    if (c->live != c->model.live_tasks) {
        c->live = c->model.live_tasks;
        put_counter(c, "tasks", c->live);
    }
}

static int on_event(struct fb__chrome *c, const struct fb_event *e) {
    char text[FB__CHROME_TEXT];
    int err = 0;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
        on_poll(c, e);
        err = fb__chrome_follow_task(c, e->subject);
        break;
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT: on_future(c, e); break;
    case FB_EV_PARK:
    case FB_EV_UNPARK: on_park(c, e); break;
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_TASK_SPAWN:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_FREE: err = fb__chrome_follow_task(c, e->subject); break;
    case FB_EV_TASK_LABEL:
        err = fb__chrome_follow_task(c, e->subject);
        fb_say_task(text, sizeof(text), c->names, &c->model, e->subject);
        fb__chrome_instant(c, e->subject, text);
        break;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_DEL: count_connections(c, e); break;
    default: break;
    }
    follow_counters(c);
    return err;
}

// The world is told anew, or begins in its middle: the model says what is open.
static int start_anew(struct fb__chrome *c) {
    const struct fb_model_source *source;
    uint32_t cursor = 0;
    const int err = fb__chrome_follow_tasks(c);

    c->connections = 0;
    while ((source = fb_model_source_next(&c->model, &cursor)) != NULL) {
        c->connections += source->kind == FB_SOURCE_STREAM;
    }
    c->queue = c->model.queue_len;
    c->live = c->model.live_tasks;
    put_counter(c, "run queue", c->queue);
    put_counter(c, "tasks", c->live);
    put_counter(c, "connections", c->connections);
    return err;
}

// What is open on workers' tracks may be wrong, and the gap is to be seen.
static void note_lost(struct fb__chrome *c, uint64_t first, uint64_t last) {
    FILE *out;

    for (uint32_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        fb__chrome_close_all(c, i);
    }
    out = fb__chrome_begin(c, "i", FB__CHROME_OUTSIDE, c->now_ns);
    fprintf(out,
            ",\"s\":\"g\",\"name\":\"events %" PRIu64 " to %" PRIu64
            " were lost\"",
            first, last);
    fb__chrome_end(c);
}

static int write_event(struct fb__chrome *c, uint64_t number,
                       const struct fb_event *e) {
    const uint64_t before = c->model.event;
    int err = fb_model_feed(&c->model, number, e);

    if (err < 0) {
        return err;
    }
    // a time that runs backwards would turn slices inside out
    c->now_ns = e->time_ns > c->now_ns ? e->time_ns : c->now_ns;
    if (before != 0 && number > before + 1) {
        note_lost(c, before + 1, number - 1);
    }
    if (e->kind == FB_EV_CENSUS && e->detail == FB_CENSUS_END) {
        err = start_anew(c);
    } else if ((e->flags & FB_EV_FLAG_CENSUS) == 0 || e->kind == FB_EV_IO) {
        err = on_event(c, e);
    }
    return err < 0 ? err : follow_arrows(c, number, e);
}

static int write_events(struct fb__chrome *c,
                        const struct fb_export_options *o) {
    struct fb_history *h = fb_session_history(c->s);
    const uint64_t first =
        o->from > fb_history_first(h) ? o->from : fb_history_first(h);
    const struct fb_model *world = fb_history_at(h, first > 0 ? first - 1 : 0);
    uint64_t number =
        fb_history_event(h, first) != NULL ? first : fb_history_next(h, first);
    int err = world == NULL ? -ENOMEM : fb_model_copy(&c->model, world);

    c->now_ns = c->model.time_ns > c->start_ns ? c->model.time_ns : c->start_ns;
    if (err == 0) {
        err = fb__arrows_init(&c->arrows, h, first, o->to);
    }
    if (err == 0) {
        err = start_anew(c);
    }
    while (err == 0 && number != 0 && (o->to == 0 || number <= o->to)) {
        err = write_event(c, number, fb_history_event(h, number));
        number = fb_history_next(h, number);
    }
    return err;
}

static int write_end(struct fb__chrome *c) {
    const int err = fb__chrome_close_tasks(c);

    for (uint32_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        fb__chrome_close_all(c, i);
    }
    fputs("\n],\n\"displayTimeUnit\":\"ns\"}\n", c->out);
    return err;
}

int fb_export_chrome(struct fb_session *s,
                     const struct fb_export_options *options) {
    const struct fb_session_facts *facts = fb_session_facts(s);
    struct fb__chrome *c = calloc(1, sizeof(*c));
    int err;

    if (c == NULL) {
        return -ENOMEM;
    }
    c->out = options->out;
    c->s = s;
    c->names = fb_session_names(s);
    c->start_ns = fb_session_facts(s)->start_time_ns;
    c->pid = facts->pid != 0 ? facts->pid : 1; // 0 is the idle process
    err = fb_model_init(&c->model);
    if (err == 0) {
        fputs("{\"traceEvents\":[", c->out);
        fb__chrome_name(c, "process_name", FB__CHROME_OUTSIDE, facts->program);
        err = write_events(c, options);
        if (err == 0) {
            err = write_end(c);
        }
    }
    fb_model_deinit(&c->model);
    fb__tracks_deinit(&c->tasks);
    fb__arrows_deinit(&c->arrows);
    free(c);
    if (err == 0 && (fflush(options->out) != 0 || ferror(options->out))) {
        err = -EIO;
    }
    return err;
}
