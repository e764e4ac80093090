// many_tasks: a recording in which many tasks live from its first event to its
// last. Each has a label and, below its root, a nap that yields: two futures
// come and go at every other poll, so all that a viewer keeps changes all the
// time. What a real program of so many clients writes, without their sockets.
// usage: many_tasks FILE EVENTS TASKS
#include "fishbowl/fishbowl.h"
#include "fishbowl/trace/writer.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fb_trace_writer trace;
static uint64_t wanted;

struct nap {
    struct fb_future future;
    int out;
    struct fb_yield yield;
};

static enum fb_poll nap_poll(struct fb_future *f, struct fb_context *cx) {
    struct nap *self = fb_container_of(f, struct nap, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->yield, fb_yield());
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type nap_type = FB_TYPE(nap, .poll = nap_poll);

struct restless {
    struct fb_future future;
    int out;
    uint32_t number;
    struct nap nap;
};

static enum fb_poll restless_poll(struct fb_future *f, struct fb_context *cx) {
    struct restless *self = fb_container_of(f, struct restless, future);
    char label[32];

    FB_ASYNC(self, cx);
    (void)snprintf(label, sizeof(label), "restless %" PRIu32, self->number);
    fb_context_label(cx, label, strlen(label));
    for (;;) {
        FB_AWAIT(self->nap, (struct nap){.future = {.type = &nap_type}});
        if (trace.head >= wanted) {
            fb_runtime_interrupt(cx->runtime);
        }
    }
    FB_ASYNC_END;
}

static struct fb_type restless_type = FB_TYPE(restless, .poll = restless_poll);

__attribute__((noreturn)) static void die(const char *what, int err) {
    (void)fprintf(stderr, "many_tasks: %s: %s\n", what, strerror(-err));
    exit(1);
}

static void run(uint32_t tasks) {
    const struct fb_runtime_options options = {.trace = &trace};
    struct fb_runtime *rt;
    int err = fb_runtime_create(&options, &rt);

    for (uint32_t i = 1; i <= tasks && err == 0; i++) {
        err = FB_SPAWN(rt,
                       ((struct restless){.future = {.type = &restless_type},
                                          .number = i}),
                       NULL);
    }
    err = err == 0 ? fb_run(rt) : err;
    if (err != -EINTR) {
        die("run", err);
    }
    trace.enabled = false; // the end of all tasks is no part of it
    fb_runtime_destroy(rt);
}

int main(int argc, char **argv) {
    const uint64_t events = argc == 4 ? strtoull(argv[2], NULL, 10) : 0;
    const uint64_t tasks = argc == 4 ? strtoull(argv[3], NULL, 10) : 0;
    struct fb_trace_options options = {.program = "many_tasks",
                                       .ring_events = 1024};
    off_t bytes;
    int err;

    if (events < 1000 || events > 100000000 || tasks == 0 || tasks > 1000000) {
        (void)fprintf(stderr, "usage: many_tasks FILE EVENTS TASKS\n");
        return 2;
    }
    options.path = argv[1];
    while (options.ring_events < events + events / 8) {
        options.ring_events *= 2;
    }
    err = fb_trace_open(&trace, &options);
    if (err < 0) {
        die(argv[1], err);
    }
    wanted = events;
    run((uint32_t)tasks);
    // What it reserved and did not need is no part of the file either.
    bytes = (off_t)(trace.header->rings_offset + FB_TRACE_PAGE_BYTES +
                    trace.head * sizeof(struct fb_event));
    fb_trace_close(&trace, true);
    if (truncate(argv[1], bytes) < 0) {
        die(argv[1], -errno);
    }
    return 0;
}
