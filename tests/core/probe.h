// A future for tests: is Pending as often and in the manner it is told, and
// writes down what is done to it.
#ifndef FISHBOWL_TESTS_CORE_PROBE_H
#define FISHBOWL_TESTS_CORE_PROBE_H

#include "harness.h"

enum probe_manner {
    PROBE_SILENT, // Pending without having kept a waker: a broken promise
    PROBE_KEEP,   // keeps a clone of the waker in its log
    PROBE_SELF,   // wakes its own task
};

// Outlives the probe.
struct probe_log {
    int polls, drops, outputs_dropped;
    struct fb_waker kept; // the latest; the test gives it up
    const void *address;  // where it was polled
    bool moved;
    char *trail; // if set: `name` is appended when it is dropped
    char name;
    void (*on_poll)(struct probe_log *log, struct fb_context *cx);
    void (*on_drop)(struct probe_log *log);
    void *arg;
};

struct probe {
    struct fb_future future;
    int out;
    struct probe_log *log;
    int pendings; // how often Pending; -1: for ever
    enum probe_manner manner;
    int result;
};

struct probe probe(struct probe_log *log, int pendings,
                   enum probe_manner manner);
// Ready at once with `result`.
struct probe probe_ready(struct probe_log *log, int result);

#endif
