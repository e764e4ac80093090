// Between the sources of the Chrome export only.
#ifndef FISHBOWL_CHROME_H
#define FISHBOWL_CHROME_H

#include "arrows.h"
#include "export.h"
#include "tracks.h"

enum {
    FB__CHROME_TEXT = 512,
    FB__CHROME_OUTSIDE = 0, // the thread id of whoever is no worker
};

struct fb__chrome {
    FILE *out;
    struct fb_session *s;
    const struct fb_names *names;
    struct fb_model model; // after the event that is written
    struct fb__worker_track workers[FB_TRACE_RINGS_MAX];
    struct fb__task_tracks tasks;
    struct fb__arrows arrows;
    uint64_t start_ns, now_ns;
    uint32_t pid;
    bool comma;
    // what the counters show
    uint32_t queue, live, connections;
};

// ---- chrome_out.c: records, and what is open on a worker's track ----
// Opens a record; the caller adds members and ends it.
FILE *fb__chrome_begin(struct fb__chrome *c, const char *phase, uint32_t tid,
                       uint64_t ns);
void fb__chrome_end(struct fb__chrome *c);
// Metadata: what a process or thread is called.
void fb__chrome_name(struct fb__chrome *c, const char *what, uint32_t tid,
                     const char *name);
uint32_t fb__chrome_tid(uint32_t worker);
// One that has a track, whatever an event says.
uint32_t fb__chrome_worker(uint32_t worker);

void fb__chrome_open(struct fb__chrome *c, uint32_t worker,
                     enum fb__slice_kind kind, uint32_t id, const char *name);
// Closes the slice of this kind and id with all inside it; one that is not
// open is left alone. `result` may be NULL.
void fb__chrome_close(struct fb__chrome *c, uint32_t worker,
                      enum fb__slice_kind kind, uint32_t id,
                      const char *result);
void fb__chrome_close_all(struct fb__chrome *c, uint32_t worker);

// ---- chrome_tasks.c: a task's life and the state in it ----
// Brings the open state of a task to what the model says. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__chrome_follow_task(struct fb__chrome *c, uint32_t task);
// The same for all, those that are gone too. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__chrome_follow_tasks(struct fb__chrome *c);
// An instant on the track of its task, if it has one.
void fb__chrome_instant(struct fb__chrome *c, uint32_t task, const char *text);
// In the order of their ids. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__chrome_close_tasks(struct fb__chrome *c);

#endif
