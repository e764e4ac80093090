// What the trace tests share: a private directory, a traced process to watch,
// bounded waits on state.
#ifndef FISHBOWL_TESTS_TRACE_SUPPORT_H
#define FISHBOWL_TESTS_TRACE_SUPPORT_H

#include "fishbowl/trace/reader.h"
#include "fishbowl/trace/writer.h"
#include <sys/types.h>

// A fresh directory of mode 0700 that XDG_RUNTIME_DIR names, and its removal
// with all it holds.
int support_enter(void **state);
int support_leave(void **state);
// "<that directory>/<name>", in a static buffer that the next call reuses.
const char *support_path(const char *name);

// Opens a writer with `events` slots at support_path(name).
void support_open(struct fb_trace_writer *w, const char *name, uint64_t events);
// Writes one event that names its own number.
void support_emit(struct fb_trace_writer *w);
// Whether `e` is what support_emit wrote as event `number`.
bool support_is(const struct fb_event *e, uint64_t number);
// Writes a census of `events` events (at least 2) and reports it done.
void support_census(struct fb_trace_writer *w, uint64_t events);

// fork, but the child dies with this process: a failed test leaves none behind.
pid_t support_fork(void);
// Waits until `condition(arg)`; fails the test after 20 seconds.
void support_wait(bool (*condition)(void *arg), void *arg);
// Waits for a child's end; returns its wait status.
int support_reap(pid_t pid);

#endif
