// Problem: Perfetto draws slices that nest on threads, slices of their own for
//     what lives longer than a call, arrows between them and counters. A trace
//     of ours has polls that nest futures, tasks that wait, and wakes.
//
// Idea: one pass over the events beside the model.
//
//     worker     │ parked │ reactor │ poll Ada ┤ greet ┤ read │ parked …
//                               └──────► arrow: a wake, to the poll it causes
//     task 5     │ waiting: fd 7 readable │ scheduled │ running │ waiting …
//     counters   run queue, tasks, connections
//
// Invariants: on each worker's track slices close in the order opposite to
//     their opening; each task has at most one state open, inside its own life;
//     an arrow is written only when it has arrived. At the end all are closed.
//     After lost events everything is closed and opened anew from the model.
#include "export.h"
#include "fishbowl/trace/text.h"
#include "json_out.h"
#include "tracks.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum {
    TEXT = 512,
    OUTSIDE = 0, // the thread id of whoever is no worker
    ROOM = 1 << 16,
};

struct chrome {
    FILE *out;
    struct fb_session *s;
    const struct fb_names *names;
    struct fb_model model; // after the event that is written
    struct fb__worker_track workers[FB_TRACE_RINGS_MAX];
    struct fb__task_tracks tasks;
    uint64_t start_ns, now_ns;
    uint32_t pid;
    bool comma;
    // what the counters showed last
    uint32_t queue, live, connections;
};

// ---- one record ----

// Microseconds since the trace began, with its nanoseconds.
static void put_time(FILE *out, const struct chrome *c, uint64_t ns) {
    const uint64_t since = ns > c->start_ns ? ns - c->start_ns : 0;

    fprintf(out, ",\"ts\":%" PRIu64 ".%03u", since / 1000,
            (unsigned)(since % 1000));
}

// Opens a record; the caller adds members and closes it.
static FILE *begin(struct chrome *c, const char *phase, uint32_t tid,
                   uint64_t ns) {
    fprintf(c->out, "%s{\"ph\":\"%s\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32,
            c->comma ? ",\n" : "\n", phase, c->pid, tid);
    c->comma = true;
    put_time(c->out, c, ns);
    return c->out;
}

static void end(struct chrome *c) {
    putc_unlocked('}', c->out);
}

static uint32_t tid_of(uint32_t worker) {
    return worker + 1;
}

static void put_name(struct chrome *c, const char *what, uint32_t tid,
                     const char *name) {
    FILE *out = begin(c, "M", tid, c->start_ns);

    fb__json_text(out, "name", what);
    fputs(",\"args\":{\"name\":", out);
    fb__json_string(out, name);
    fputs("}", out);
    end(c);
}

// ---- workers ----

static struct fb__worker_track *track_of(struct chrome *c, uint32_t worker) {
    struct fb__worker_track *w = &c->workers[worker];
    char name[32];

    if (!w->named) {
        snprintf(name, sizeof(name), "worker %" PRIu32, worker);
        put_name(c, "thread_name", tid_of(worker), name);
        w->named = true;
    }
    return w;
}

static uint32_t worker_of(uint32_t worker) {
    return worker < FB_TRACE_RINGS_MAX ? worker : 0;
}

static void open_slice(struct chrome *c, uint32_t worker,
                       enum fb__slice_kind kind, uint32_t id,
                       const char *name) {
    struct fb__worker_track *w = track_of(c, worker);
    FILE *out;

    if (w->depth == FB__SLICES) {
        w->too_deep++;
        return;
    }
    w->open[w->depth++] = (struct fb__slice){kind, id};
    out = begin(c, "B", tid_of(worker), c->now_ns);
    fb__json_text(out, "name", name);
    end(c);
}

// Closes the innermost slice; `result` may be NULL.
static void close_slice(struct chrome *c, uint32_t worker, const char *result) {
    struct fb__worker_track *w = track_of(c, worker);
    FILE *out = begin(c, "E", tid_of(worker), c->now_ns);

    w->depth--;
    if (result != NULL) {
        fputs(",\"args\":{\"result\":", out);
        fb__json_string(out, result);
        fputs("}", out);
    }
    end(c);
}

static void close_all(struct chrome *c, uint32_t worker) {
    while (c->workers[worker].depth > 0) {
        close_slice(c, worker, NULL);
    }
    c->workers[worker].too_deep = 0;
}

// Closes the slice of this kind and id with all inside it; one that is not
// open is left alone.
static void close_named(struct chrome *c, uint32_t worker,
                        enum fb__slice_kind kind, uint32_t id,
                        const char *result) {
    struct fb__worker_track *w = track_of(c, worker);
    uint32_t at = w->depth;

    while (at > 0 &&
           (w->open[at - 1].kind != kind || w->open[at - 1].id != id)) {
        at--;
    }
    if (at == 0) {
        w->too_deep -= w->too_deep > 0 && kind == FB__SLICE_FUTURE;
        return;
    }
    while (w->depth > at) {
        close_slice(c, worker, NULL);
    }
    close_slice(c, worker, result);
}

static bool polls(const struct fb__worker_track *w, uint32_t task) {
    return w->depth > 0 && w->open[0].kind == FB__SLICE_POLL &&
           w->open[0].id == task;
}

// ---- tasks ----

static FILE *begin_async(struct chrome *c, const char *phase, uint32_t task,
                         const char *name) {
    FILE *out = begin(c, phase, OUTSIDE, c->now_ns);

    fprintf(out, ",\"cat\":\"task\",\"id\":\"0x%" PRIx32 "\"", task);
    fb__json_text(out, "name", name);
    return out;
}

static void say_state(const struct chrome *c, uint32_t task,
                      enum fb_task_state state, char out[TEXT]) {
    char reason[TEXT - 16] = "";

    switch (state) {
    case FB_TASK_SCHEDULED: snprintf(out, TEXT, "scheduled"); break;
    case FB_TASK_RUNNING: snprintf(out, TEXT, "running"); break;
    case FB_TASK_COMPLETE: snprintf(out, TEXT, "complete"); break;
    case FB_TASK_IDLE:
    case FB_TASK_FREED:
        fb_say_task_waits(reason, sizeof(reason), c->names, &c->model, task);
        snprintf(out, TEXT, "waiting%s%s", reason[0] ? ": " : "", reason);
        break;
    }
}

// Closes what is open of a task: its state, and with `whole` its life.
static void close_task(struct chrome *c, const struct fb__task_track *track,
                       bool whole) {
    if (track->state != FB_TASK_FREED) {
        begin_async(c, "e", track->id, track->state_name);
        end(c);
    }
    if (whole) {
        begin_async(c, "e", track->id, track->name);
        end(c);
    }
}

// Cuts between characters.
__attribute__((format(printf, 2, 3))) static void
put_short(char out[FB__NAME_BYTES], const char *format, ...) {
    char text[2 * TEXT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fb_text_sanitise(text, strlen(text), out, FB__NAME_BYTES);
}

static int open_task(struct chrome *c, const struct fb_model_task *t) {
    struct fb__task_track *track;
    char label[TEXT];
    FILE *out;

    track = fb__tracks_add(&c->tasks, t->id);
    if (track == NULL) {
        return -ENOMEM;
    }
    fb_say_task(label, sizeof(label), c->names, &c->model, t->id);
    put_short(track->name, "task %" PRIu32 " %s", t->id, label);
    out = begin_async(c, "b", t->id, track->name);
    fprintf(out, ",\"args\":{\"parent\":%" PRIu32 ",\"bytes\":%" PRIu32 "}",
            t->parent, t->bytes);
    end(c);
    track->state = FB_TASK_FREED; // none is open
    return 0;
}

static void end_task(struct chrome *c, uint32_t task) {
    struct fb__task_track *track = fb__tracks_find(&c->tasks, task);

    if (track == NULL) {
        return;
    }
    close_task(c, track, true);
    fb__tracks_remove(&c->tasks, task);
}

// Brings the open state of a task to what the model says.
static int follow_state(struct chrome *c, uint32_t task) {
    const struct fb_model_task *t = fb_model_task(&c->model, task);
    struct fb__task_track *track = fb__tracks_find(&c->tasks, task);
    char name[TEXT];
    int err;

    if (t == NULL || t->state == FB_TASK_FREED) {
        end_task(c, task);
        return 0;
    }
    if (track == NULL) {
        err = open_task(c, t);
        if (err < 0) {
            return err;
        }
        track = fb__tracks_find(&c->tasks, task);
    }
    if (track->state == t->state) {
        return 0;
    }
    close_task(c, track, false);
    track->state = t->state;
    say_state(c, task, (enum fb_task_state)t->state, name);
    put_short(track->state_name, "%s", name);
    begin_async(c, "b", task, track->state_name);
    end(c);
    return 0;
}

// ---- arrows ----

// A wake sets out: it is kept until the poll that it causes.
static void set_out(struct chrome *c, const struct fb_event *e,
                    uint64_t number) {
    struct fb__task_track *track = fb__tracks_find(&c->tasks, e->subject);

    if (track != NULL && track->arrow == 0) {
        track->arrow = number;
        track->arrow_ns = c->now_ns;
        track->arrow_worker = worker_of(fb_event_worker(e));
    }
}

static void put_arrow(struct chrome *c, const char *phase, uint32_t tid,
                      uint64_t ns, uint64_t id) {
    FILE *out = begin(c, phase, tid, ns);

    fprintf(out, ",\"cat\":\"wake\",\"name\":\"wake\",\"id\":%" PRIu64, id);
    if (phase[0] == 'f') {
        fputs(",\"bp\":\"e\"", out);
    }
    end(c);
}

static void arrive(struct chrome *c, uint32_t task, uint32_t worker) {
    struct fb__task_track *track = fb__tracks_find(&c->tasks, task);

    if (track != NULL && track->arrow != 0) {
        put_arrow(c, "s", tid_of(track->arrow_worker), track->arrow_ns,
                  track->arrow);
        put_arrow(c, "f", tid_of(worker), c->now_ns, track->arrow);
        track->arrow = 0;
    }
}

// ---- events ----

static const char *result_of(const struct fb_event *e) {
    return e->detail == FB_RESULT_READY     ? "Ready"
           : e->detail == FB_RESULT_PENDING ? "Pending"
                                            : "failed";
}

static void on_poll(struct chrome *c, const struct fb_event *e) {
    const uint32_t worker = worker_of(fb_event_worker(e));
    char name[TEXT], label[TEXT - 8];

    if (e->kind == FB_EV_POLL_END) {
        close_named(c, worker, FB__SLICE_POLL, e->subject, result_of(e));
        return;
    }
    close_all(c, worker);
    fb_say_task(label, sizeof(label), c->names, &c->model, e->subject);
    snprintf(name, sizeof(name), "poll %s", label);
    open_slice(c, worker, FB__SLICE_POLL, e->subject, name);
    arrive(c, e->subject, worker);
}

static void on_future(struct chrome *c, const struct fb_event *e) {
    const struct fb_model_task *t = fb_model_task(&c->model, e->enter.task);
    const uint32_t worker = t != NULL ? worker_of(t->worker) : 0;
    const char *type = "?", *file = "";
    char name[TEXT];
    uint32_t line = 0, size = 0;

    if (t == NULL || !polls(&c->workers[worker], t->id)) {
        return; // a census, or polled outside of any task
    }
    if (e->kind == FB_EV_FUTURE_EXIT) {
        close_named(c, worker, FB__SLICE_FUTURE, e->subject, result_of(e));
        return;
    }
    c->names->place(c->names->arg, e->enter.type, &type, &file, &line, &size);
    fb_text_sanitise(type, strnlen(type, TEXT / 5), name, sizeof(name));
    open_slice(c, worker, FB__SLICE_FUTURE, e->subject, name);
}

static void on_park(struct chrome *c, const struct fb_event *e) {
    const uint32_t worker = worker_of(fb_event_worker(e));

    close_all(c, worker);
    if (e->kind == FB_EV_PARK) {
        open_slice(c, worker, FB__SLICE_PARKED, 0, "parked");
    } else {
        open_slice(c, worker, FB__SLICE_REACTOR, 0, "reactor");
    }
}

static void put_counter(struct chrome *c, const char *name, uint32_t value) {
    FILE *out = begin(c, "C", OUTSIDE, c->now_ns);

    fb__json_text(out, "name", name);
    fprintf(out, ",\"args\":{\"count\":%" PRIu32 "}", value);
    end(c);
}

static void count_connections(struct chrome *c, const struct fb_event *e) {
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

static void follow_counters(struct chrome *c) {
    if (c->queue != c->model.queue_len) {
        c->queue = c->model.queue_len;
        put_counter(c, "run queue", c->queue);
    }
    if (c->live != c->model.live_tasks) {
        c->live = c->model.live_tasks;
        put_counter(c, "tasks", c->live);
    }
}

// An instant on the track of its task.
static void put_instant(struct chrome *c, uint32_t task, const char *text) {
    (void)begin_async(c, "n", task, text);
    end(c);
}

static int on_event(struct chrome *c, uint64_t number,
                    const struct fb_event *e) {
    char text[TEXT];
    int err = 0;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
        on_poll(c, e);
        err = follow_state(c, e->subject);
        break;
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT: on_future(c, e); break;
    case FB_EV_PARK:
    case FB_EV_UNPARK: on_park(c, e); break;
    case FB_EV_TASK_SCHEDULED:
        err = follow_state(c, e->subject);
        set_out(c, e, number);
        break;
    case FB_EV_TASK_SPAWN:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_FREE: err = follow_state(c, e->subject); break;
    case FB_EV_TASK_LABEL:
        fb_say_task(text, sizeof(text), c->names, &c->model, e->subject);
        put_instant(c, e->subject, text);
        break;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_DEL: count_connections(c, e); break;
    default: break;
    }
    follow_counters(c);
    return err;
}

static void close_everything(struct chrome *c) {
    for (uint32_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        close_all(c, i);
    }
    for (size_t i = 0; i < c->tasks.capacity; i++) {
        if (c->tasks.slots[i].id != 0) {
            close_task(c, &c->tasks.slots[i], true);
        }
    }
    fb__tracks_deinit(&c->tasks);
}

// Events were lost, or the world begins in its middle: what is open may be
// wrong. Everything is closed; the model says what is open now.
static int start_anew(struct chrome *c) {
    const struct fb_model_source *source;
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    int err = 0;

    close_everything(c);
    while (err == 0 && (t = fb_model_task_next(&c->model, &cursor)) != NULL) {
        err = follow_state(c, t->id);
    }
    c->connections = 0;
    cursor = 0;
    while ((source = fb_model_source_next(&c->model, &cursor)) != NULL) {
        c->connections += source->kind == FB_SOURCE_STREAM;
    }
    return err;
}

static int write_events(struct chrome *c, const struct fb_export_options *o) {
    struct fb_history *h = fb_session_history(c->s);
    const uint64_t first =
        o->from > fb_history_first(h) ? o->from : fb_history_first(h);
    const struct fb_model *world = fb_history_at(h, first > 0 ? first - 1 : 0);
    uint64_t number =
        fb_history_event(h, first) != NULL ? first : fb_history_next(h, first);
    int err = world == NULL ? -ENOMEM : fb_model_copy(&c->model, world);

    c->now_ns = c->model.time_ns > c->start_ns ? c->model.time_ns : c->start_ns;
    if (err == 0) {
        err = start_anew(c);
    }
    while (err == 0 && number != 0 && (o->to == 0 || number <= o->to)) {
        const struct fb_event *e = fb_history_event(h, number);
        const bool gap = c->model.event != 0 && number > c->model.event + 1;
        const bool census_ends =
            e->kind == FB_EV_CENSUS && e->detail == FB_CENSUS_END;

        err = fb_model_feed(&c->model, number, e);
        if (err < 0) {
            break;
        }
        // a time that runs backwards would turn slices inside out
        c->now_ns = e->time_ns > c->now_ns ? e->time_ns : c->now_ns;
        if (gap || (census_ends && c->tasks.count == 0)) {
            err = start_anew(c);
        } else if ((e->flags & FB_EV_FLAG_CENSUS) == 0 || e->kind == FB_EV_IO) {
            err = on_event(c, number, e);
        }
        number = fb_history_next(h, number);
    }
    return err;
}

static void write_end(struct chrome *c) {
    close_everything(c);
    fputs("\n],\n\"displayTimeUnit\":\"ns\"}\n", c->out);
}

int fb_export_chrome(struct fb_session *s,
                     const struct fb_export_options *options) {
    const struct fb_session_facts *facts = fb_session_facts(s);
    struct chrome *c = calloc(1, sizeof(*c));
    int err;

    if (c == NULL) {
        return -ENOMEM;
    }
    c->out = options->out;
    c->s = s;
    c->names = fb_session_names(s);
    c->start_ns = facts->start_time_ns;
    c->pid = facts->pid;
    err = fb_model_init(&c->model);
    if (err == 0) {
        fputs("{\"traceEvents\":[", c->out);
        put_name(c, "process_name", OUTSIDE, facts->program);
        err = write_events(c, options);
        write_end(c);
    }
    fb_model_deinit(&c->model);
    fb__tracks_deinit(&c->tasks);
    free(c);
    if (err == 0 && (fflush(options->out) != 0 || ferror(options->out))) {
        err = -EIO;
    }
    return err;
}
