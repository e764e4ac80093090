// print --json: the world after one event, for programs. README.md has the
// schema; a field once given keeps its name and meaning.
//
// Strings are sanitised as everywhere, so the document is valid UTF-8 and safe
// to show; a byte that was escaped reads "\x1b" in the string itself. Numbers
// are JSON integers up to 2^63 - 1; larger ones (only a corrupted trace has
// them) are clamped.
#include "json_lints.h"
#include "json_parts.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// Nesting that the document shows. Printing and freeing a document recurse, so
// a hostile trace must not choose how deep.
enum { LEVELS = 200 };

struct page {
    struct fb_session *session;
    const struct fb_model *m;
    const struct fb_names *names;
    struct fb_model_row *rows;
    size_t rooms;
};

static json_t *number(uint64_t value) {
    return json_integer(value > INT64_MAX ? INT64_MAX : (json_int_t)value);
}

// Set when a value could not be made or added; jansson accepts and frees what
// was half made, so one look at the end is enough.
static _Thread_local bool failed;

static void put(json_t *object, const char *key, json_t *value) {
    if (json_object_set_new(object, key, value) < 0) {
        failed = true;
    }
}

static void add(json_t *array, json_t *value) {
    if (json_array_append_new(array, value) < 0) {
        failed = true;
    }
}

json_t *fb__page_string(const char *text) {
    char safe[FB_TEXT_SAFE_BYTES(FB_PAGE_TEXT)];

    if (fb_text_is_utf8(text, strlen(text))) {
        return json_string(text);
    }
    fb_text_sanitise(text, strlen(text), safe, sizeof(safe));
    return json_string(safe);
}

static void put_number(json_t *object, const char *key, uint64_t value) {
    put(object, key, number(value));
}

static void put_text(json_t *object, const char *key, const char *text) {
    put(object, key, fb__page_string(text));
}

static void put_bool(json_t *object, const char *key, bool value) {
    put(object, key, json_boolean(value));
}

// {"name": …, "file": …, "line": …} of a table entry.
static json_t *place(const struct page *p, uint32_t index, uint32_t line) {
    char text[FB_PAGE_TEXT];
    json_t *o = json_object();

    fb_say_type(text, sizeof(text), p->names, index);
    put_text(o, "name", text);
    fb_say_file(text, sizeof(text), p->names, index);
    put_text(o, "file", text);
    put_number(o, "line", line);
    return o;
}

static json_t *bits(unsigned value) {
    static const struct {
        unsigned bit;
        const char *name;
    } NAMES[] = {
        {FB_READABLE, "readable"},       {FB_WRITABLE, "writable"},
        {FB_READ_CLOSED, "read_closed"}, {FB_WRITE_CLOSED, "write_closed"},
        {FB_IO_ERROR, "error"},
    };
    json_t *array = json_array();

    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        if ((value & NAMES[i].bit) != 0) {
            add(array, json_string(NAMES[i].name));
        }
    }
    return array;
}

// ---- header, position, totals ----------------------------------------------

// {"why": "cut off", "after_event": …, "text": …} of a recording, or null.
static json_t *incomplete(struct fb_session *s) {
    static const char *const WHYS[] = {[FB_SESSION_CUT_OFF] = "cut off",
                                       [FB_SESSION_DAMAGED] = "damaged",
                                       [FB_SESSION_TOO_LONG] = "too long",
                                       [FB_SESSION_UNREADABLE] = "unreadable",
                                       [FB_SESSION_ALTERED] = "altered"};
    const enum fb_session_end end = fb_session_facts(s)->end;
    char text[FB_PAGE_TEXT];
    json_t *o;

    if (end == FB_SESSION_WHOLE) {
        return json_null();
    }
    o = json_object();
    put_text(o, "why", WHYS[end]);
    put_number(o, "after_event", fb_history_last(fb_session_history(s)));
    fb_session_say_end(s, text, sizeof(text));
    put_text(o, "text", text);
    return o;
}

static json_t *header(const struct page *p) {
    const struct fb_session_facts *f = fb_session_facts(p->session);
    static const char *const LIVES[] = {"running", "closed", "killed",
                                        "ran_on"};
    const enum fb_trace_life life = fb_session_life(p->session);
    uint64_t after;
    json_t *o = json_object();

    put_text(o, "program", f->program);
    put_number(o, "pid", f->pid);
    put_text(o, "address", f->address);
    put_text(o, "trace", f->path);
    put_text(o, "life", f->end == FB_SESSION_WHOLE ? LIVES[life] : "unknown");
    put_bool(o, "stopped", fb_session_stopped(p->session, &after));
    put_bool(o, "recording", (f->flags & FB_TRACE_RECORDING) != 0);
    put(o, "incomplete", incomplete(p->session));
    put_bool(o, "lossless", (f->flags & FB_TRACE_LOSSLESS) != 0);
    put_bool(o, "virtual_clock", (f->flags & FB_TRACE_VIRTUAL_CLOCK) != 0);
    put_number(o, "start_realtime_ns", f->start_realtime_ns);
    put_number(o, "start_time_ns", f->start_time_ns);
    return o;
}

static json_t *position(const struct page *p) {
    const struct fb_session_facts *f = fb_session_facts(p->session);
    const struct fb_history *h = fb_session_history(p->session);
    const struct fb_session_gap *gaps;
    uint64_t lost;
    const size_t count = fb_session_gaps(p->session, &gaps, &lost);
    json_t *o = json_object(), *array = json_array();

    put_number(o, "event", p->m->event);
    put_number(o, "time_ns", p->m->time_ns);
    put_number(o, "first_event", fb_history_first(h));
    put_number(o, "last_event", fb_history_last(h));
    put_number(o, "events_before_first", f->first - 1);
    put_bool(o, "exact_start", f->exact);
    put_bool(o, "uncertain", p->m->uncertain);
    put_number(o, "lost_events", lost);
    for (size_t i = 0; i < count; i++) {
        json_t *gap = json_object();

        put_number(gap, "first", gaps[i].first);
        put_number(gap, "last", gaps[i].last);
        add(array, gap);
    }
    put(o, "gaps", array);
    return o;
}

static json_t *totals(const struct fb_model *m) {
    json_t *o = json_object();

    put_number(o, "live_tasks", m->live_tasks);
    put_number(o, "zombie_tasks", m->zombie_tasks);
    put_number(o, "spawned", m->spawned);
    put_number(o, "completed", m->completed);
    put_number(o, "freed", m->freed);
    put_number(o, "polls", m->polls);
    put_number(o, "wakes", m->wakes);
    put_number(o, "io", m->ios);
    put_number(o, "stale_events", m->stale);
    put_number(o, "parks", m->parks);
    put_number(o, "busy_ns", m->busy_ns);
    put_number(o, "parked_ns", m->parked_ns);
    put_number(o, "anomalies", m->anomalies);
    return o;
}

// What one worker does now.
static void put_worker(json_t *o, const struct fb_model *m,
                       const struct fb_model_worker *w) {
    const struct fb_model_task *t = fb_model_task_at(m, w->running);
    uint32_t index = w->queue_head;
    json_t *queue = json_array();

    put(o, "running", t != NULL ? number(t->id) : json_null());
    put_bool(o, "parked", w->parked);
    for (uint32_t left = w->queue_len; left > 0; left--) {
        t = fb_model_task_at(m, index);
        if (t == NULL) {
            break;
        }
        add(queue, number(t->id));
        index = t->queue_next;
    }
    put(o, "run_queue", queue);
}

// What the executor does now: its one worker, or each of them.
static json_t *executor(const struct fb_model *m) {
    json_t *o = json_object(), *workers = json_array();

    put_bool(o, "stalled", m->stalled);
    if (fb_model_workers(m) == 1) {
        put_worker(o, m, fb_model_worker(m, 0));
    }
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        json_t *w = json_object();

        put_number(w, "worker", i);
        put_worker(w, m, fb_model_worker(m, i));
        add(workers, w);
    }
    put(o, "workers", workers);
    return o;
}

// ---- tasks and their futures -----------------------------------------------

static json_t *interest(const struct fb_model_hold *h) {
    json_t *array;

    if (h->party != FB_PARTY_CHANNEL) {
        return bits(h->interest);
    }
    array = json_array();
    add(array,
        json_string(fb_name_channel_wait((enum fb_channel_wait)h->interest)));
    return array;
}

// {"by": "source", "id": …, "interest": […]} or null.
static json_t *hold(const struct fb_model_hold *h) {
    json_t *o;

    if (h == NULL) {
        return json_null();
    }
    o = json_object();
    put_text(o, "by", fb_name_party((enum fb_party)h->party));
    put_number(o, "id", h->holder);
    put(o, "interest", interest(h));
    put_number(o, "event", h->event);
    return o;
}

static json_t *last_io(const struct fb_model_future *f) {
    json_t *o;

    if (f->io_event == 0) {
        return json_null();
    }
    o = json_object();
    put_text(o, "op", fb_name_io((enum fb_io_op)f->io_op));
    put(o, "fd", json_integer(f->io_fd));
    put(o, "result", json_integer(f->io_result));
    put_number(o, "event", f->io_event);
    return o;
}

static json_t *future(const struct page *p, const struct fb_model_future *f) {
    char text[FB_PAGE_TEXT];
    json_t *o = json_object();

    put_number(o, "id", f->id);
    put(o, "type", place(p, f->type, fb__page_line(p->names, f->type)));
    put_text(o, "state", fb_name_future_state((enum fb_future_state)f->state));
    put_number(o, "awaited_at_line", f->line);
    put_number(o, "suspended_at_line", fb_future_suspended(p->names, f));
    put_number(o, "polls", f->polls);
    put(o, "out",
        f->state == FB_FUTURE_READY ? json_integer(f->out) : json_null());
    text[0] = '\0';
    if (f->state == FB_FUTURE_PENDING && f->first_child == FB_MODEL_NONE) {
        fb_say_reason(text, sizeof(text), p->names, p->m, f->id);
    }
    put(o, "reason", text[0] != '\0' ? fb__page_string(text) : json_null());
    put(o, "waker_held", hold(fb_model_future_hold(p->m, f->id)));
    put(o, "last_io", last_io(f));
    put_bool(o, "cut", false);
    put(o, "children", json_array());
    return o;
}

// The rows come parents first, so the last future of each level is the one
// that the next deeper row belongs to. Below LEVELS nothing is shown and the
// lowest one that is says so in `cut`.
static json_t *futures(const struct page *p, uint32_t task) {
    const size_t all = fb_model_tree(p->m, task, p->rows, p->rooms);
    const size_t count = all < p->rooms ? all : p->rooms;
    json_t *level[LEVELS] = {NULL};
    json_t *root = NULL;

    for (size_t i = 0; i < count; i++) {
        const uint32_t depth = p->rows[i].depth;
        json_t *o;

        if (depth >= LEVELS) {
            if (level[LEVELS - 1] != NULL) {
                put_bool(level[LEVELS - 1], "cut", true);
            }
            continue;
        }
        o = future(p, p->rows[i].future);
        if (depth == 0 || level[depth - 1] == NULL) {
            json_decref(root);
            root = o;
        } else {
            add(json_object_get(level[depth - 1], "children"), o);
        }
        level[depth] = o;
    }
    return root != NULL ? root : json_null();
}

static json_t *wake_counts(const struct fb_model_task *t) {
    json_t *o = json_object();

    put_number(o, "all", t->wakes);
    put_number(o, "scheduled", t->wakes_scheduled);
    put_number(o, "coalesced", t->wakes_coalesced);
    put_number(o, "during_poll", t->wakes_during_poll);
    put_number(o, "after_complete", t->wakes_late);
    put_number(o, "by_itself", t->wakes_self);
    return o;
}

static json_t *last_wake(const struct fb_model_task *t) {
    json_t *o;

    if (t->woken_event == 0) {
        return json_null();
    }
    o = json_object();
    put_text(o, "by", fb_name_party((enum fb_party)t->woken_by_party));
    put_number(o, "id", t->woken_by);
    put(o, "fd",
        t->woken_by_fd >= 0 ? json_integer(t->woken_by_fd) : json_null());
    put_number(o, "event", t->woken_event);
    return o;
}

static void put_outcome(json_t *o, const struct fb_model_task *t) {
    char text[FB_PAGE_TEXT];
    const bool done = t->outcome != FB_OUTCOME_NONE;

    put(o, "outcome",
        done ? json_string(fb_name_outcome((enum fb_task_outcome)t->outcome))
             : json_null());
    put(o, "out", done ? json_integer(t->out) : json_null());
    text[0] = '\0';
    if (done) {
        fb_say_outcome(text, sizeof(text), t);
    }
    put(o, "outcome_text", done ? fb__page_string(text) : json_null());
}

static json_t *task(const struct page *p, const struct fb_model_task *t) {
    char text[FB_PAGE_TEXT];
    json_t *o = json_object();

    put_number(o, "id", t->id);
    put_number(o, "parent", t->parent);
    fb_say_task(text, sizeof(text), p->names, p->m, t->id);
    put_text(o, "name", text);
    put_text(o, "state", fb_name_task_state((enum fb_task_state)t->state));
    put_number(o, "worker", t->worker);
    fb_say_task_waits(text, sizeof(text), p->names, p->m, t->id);
    put_text(o, "waits_for", text);
    put_outcome(o, t);
    put_bool(o, "exact", t->exact);
    put_bool(o, "abort_asked", t->aborted);
    put_bool(o, "detached", t->detached);
    put(o, "joiner", t->joiner != 0 ? number(t->joiner) : json_null());
    put_number(o, "polls", t->polls);
    put(o, "wakes", wake_counts(t));
    put(o, "last_wake", last_wake(t));
    put_number(o, "yields", t->yields);
    put_number(o, "budgets_out", t->budgets_out);
    put_number(o, "wakers_cloned", t->clones);
    put_number(o, "wakers_dropped", t->drops);
    put_number(o, "busy_ns", t->busy_ns);
    put_number(o, "queued_ns", t->queued_ns);
    put_number(o, "longest_poll_ns", t->max_poll_ns);
    put_number(o, "bytes", t->bytes);
    put_number(o, "spawn_event", t->spawn_event);
    put(o, "spawned_at", place(p, t->site, fb__page_line(p->names, t->site)));
    put(o, "future", futures(p, t->id));
    return o;
}

static json_t *tasks(const struct page *p,
                     const struct fb_print_options *options) {
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    json_t *array = json_array();

    while ((t = fb_model_task_next(p->m, &cursor)) != NULL) {
        if (fb__page_shows(options, t)) {
            add(array, task(p, t));
        }
    }
    return array;
}

// ---- reactor ---------------------------------------------------------------

static json_t *sources(const struct fb_model *m) {
    const struct fb_model_source *x;
    uint32_t cursor = 0;
    json_t *array = json_array();

    while ((x = fb_model_source_next(m, &cursor)) != NULL) {
        json_t *o = json_object();

        put_number(o, "id", x->id);
        put(o, "fd", json_integer(x->fd));
        put_text(o, "kind", fb_name_source_kind(x->kind));
        put_number(o, "generation", x->generation);
        put_number(o, "tick", x->tick);
        put(o, "ready", bits(x->ready));
        put(o, "made_by_task", x->task != 0 ? number(x->task) : json_null());
        put_number(o, "bytes_in", x->bytes_in);
        put_number(o, "bytes_out", x->bytes_out);
        add(array, o);
    }
    return array;
}

static json_t *timers(const struct fb_model *m) {
    const struct fb_model_timer *x;
    uint32_t cursor = 0;
    json_t *array = json_array();

    while ((x = fb_model_timer_next(m, &cursor)) != NULL) {
        json_t *o = json_object();

        put_number(o, "id", x->id);
        put_number(o, "deadline_ns", x->deadline_ns);
        put_number(o, "task", x->task);
        put_number(o, "future", x->future);
        add(array, o);
    }
    return array;
}

// ---- the document ----------------------------------------------------------

int fb_print_json(struct fb_session *s,
                  const struct fb_print_options *options) {
    struct page p = {.session = s, .names = fb_session_names(s)};
    json_t *o;
    int err = fb__page_world(s, options, &p.m);

    if (err < 0) {
        return err;
    }
    p.rooms = (size_t)p.m->futures.count + 1;
    p.rows = calloc(p.rooms, sizeof(*p.rows));
    if (p.rows == NULL) {
        return -ENOMEM;
    }
    failed = false;
    o = json_object();
    put_text(o, "schema", "fishbowl.world");
    put_number(o, "version", 1);
    put(o, "header", header(&p));
    put(o, "position", position(&p));
    put(o, "totals", totals(p.m));
    put(o, "executor", executor(p.m));
    put(o, "tasks", tasks(&p, options));
    put(o, "sources", sources(p.m));
    put(o, "timers", timers(p.m));
    put(o, "lints", fb__json_lints(s, p.m, options));
    put(o, "stats", fb__json_stats(p.m));
    put(o, "waits_for", fb__json_waits(p.names, p.m));
    err = failed ? -ENOMEM : 0;
    if (err == 0 && json_dumpf(o, options->out, JSON_INDENT(2)) < 0) {
        err = -EIO;
    }
    fputc('\n', options->out);
    json_decref(o);
    free(p.rows);
    return err < 0 ? err : fb__page_end(options->out);
}
