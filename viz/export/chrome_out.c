// One record of a Chrome trace after the other, and the slices that are open on
// each worker's track: they close in the order opposite to their opening.
#include "chrome.h"
#include "json_out.h"
#include <inttypes.h>

// ---- one record ----

// Microseconds since the trace began, with its nanoseconds.
static void put_time(FILE *out, const struct fb__chrome *c, uint64_t ns) {
    const uint64_t since = ns > c->start_ns ? ns - c->start_ns : 0;

    fprintf(out, ",\"ts\":%" PRIu64 ".%03u", since / 1000,
            (unsigned)(since % 1000));
}

FILE *fb__chrome_begin(struct fb__chrome *c, const char *phase, uint32_t tid,
                       uint64_t ns) {
    fprintf(c->out, "%s{\"ph\":\"%s\",\"pid\":%" PRIu32 ",\"tid\":%" PRIu32,
            c->comma ? ",\n" : "\n", phase, c->pid, tid);
    c->comma = true;
    put_time(c->out, c, ns);
    return c->out;
}

void fb__chrome_end(struct fb__chrome *c) {
    putc_unlocked('}', c->out);
}

uint32_t fb__chrome_tid(uint32_t worker) {
    return worker + 1;
}

void fb__chrome_name(struct fb__chrome *c, const char *what, uint32_t tid,
                     const char *name) {
    FILE *out = fb__chrome_begin(c, "M", tid, c->start_ns);

    fb__json_text(out, "name", what);
    fputs(",\"args\":{\"name\":", out);
    fb__json_string(out, name);
    fputs("}", out);
    fb__chrome_end(c);
}

// ---- workers ----

static struct fb__worker_track *track_of(struct fb__chrome *c,
                                         uint32_t worker) {
    struct fb__worker_track *w = &c->workers[worker];
    char name[32];

    if (!w->named) {
        snprintf(name, sizeof(name), "worker %" PRIu32, worker);
        fb__chrome_name(c, "thread_name", fb__chrome_tid(worker), name);
        w->named = true;
    }
    return w;
}

uint32_t fb__chrome_worker(uint32_t worker) {
    return worker < FB_TRACE_RINGS_MAX ? worker : 0;
}

void fb__chrome_open(struct fb__chrome *c, uint32_t worker,
                     enum fb__slice_kind kind, uint32_t id, const char *name) {
    struct fb__worker_track *w = track_of(c, worker);
    FILE *out;

    if (w->depth == FB__SLICES) {
        w->too_deep++;
        return;
    }
    w->open[w->depth++] = (struct fb__slice){kind, id};
    out = fb__chrome_begin(c, "B", fb__chrome_tid(worker), c->now_ns);
    fb__json_text(out, "name", name);
    fb__chrome_end(c);
}

// Closes the innermost slice; `result` may be NULL.
static void close_slice(struct fb__chrome *c, uint32_t worker,
                        const char *result) {
    struct fb__worker_track *w = track_of(c, worker);
    FILE *out = fb__chrome_begin(c, "E", fb__chrome_tid(worker), c->now_ns);

    w->depth--;
    if (result != NULL) {
        fputs(",\"args\":{\"result\":", out);
        fb__json_string(out, result);
        fputs("}", out);
    }
    fb__chrome_end(c);
}

void fb__chrome_close_all(struct fb__chrome *c, uint32_t worker) {
    while (c->workers[worker].depth > 0) {
        close_slice(c, worker, NULL);
    }
    c->workers[worker].too_deep = 0;
}

void fb__chrome_close(struct fb__chrome *c, uint32_t worker,
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
