// Problem: what does the runtime itself cost, when hardly any system call
// hides it?
// Idea: one process measures one work once: some chunks to warm up, then
// chunks until enough time has passed. It prints the ns of one operation.
// micro_bench starts such processes of all peers in turn, pinned; a fresh
// process each time, so that no peer lives in another's heap.
#include "micro.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WARM_NS 15000000u

bool micro_several;

struct options {
    const char *work;
    bool watched;
    uint32_t workers;
    uint64_t enough_ns;
};

void micro_die(const char *what, int err) {
    (void)fprintf(stderr, "micro_fishbowl: %s%s%s\n", what, err < 0 ? ": " : "",
                  err < 0 ? strerror(-err) : "");
    exit(1);
}

// Processor time, not the wall's: whoever else uses this processor is not
// counted. Several workers are measured by the wall: they share work.
static uint64_t now_ns(void) {
    struct timespec t;

    (void)clock_gettime(
        micro_several ? CLOCK_MONOTONIC : CLOCK_PROCESS_CPUTIME_ID, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static const struct micro_work *find(const char *key) {
    const struct micro_work *const lists[] = {
        micro_task_works, micro_channel_works, micro_timer_works};

    for (size_t i = 0; i < sizeof(lists) / sizeof(lists[0]); i++) {
        for (const struct micro_work *w = lists[i]; w->key != NULL; w++) {
            if (strcmp(w->key, key) == 0) {
                return w;
            }
        }
    }
    return NULL;
}

// Chunks until `enough_ns` have passed, at least one; ns of one operation.
static double repeat(const struct micro_work *work, struct fb_runtime *rt,
                     uint64_t enough_ns) {
    uint64_t began = now_ns();
    uint64_t operations = 0;
    uint64_t took;

    do {
        uint64_t seen = work->chunk(rt);

        if (seen != work->operations) {
            (void)fprintf(stderr, "%s: %llu of %llu operations\n", work->key,
                          (unsigned long long)seen,
                          (unsigned long long)work->operations);
            exit(1);
        }
        operations += seen;
        took = now_ns() - began;
    } while (took < enough_ns);
    return (double)took / (double)operations;
}

static double measure(const struct micro_work *work, const struct options *o) {
    const struct fb_trace_options ring = {
        .program = "micro_fishbowl", .anonymous = true, .rings = o->workers};
    struct fb_runtime_options options = {.workers = o->workers};
    struct fb_trace_writer trace = {0};
    struct fb_runtime *rt;
    double ns;

    if (o->watched) {
        micro_must("trace", fb_trace_open(&trace, &ring));
        // Each page is there before the clock runs, as after some minutes.
        memset(trace.events, 0, (trace.mask + 1) * sizeof(*trace.events));
        options.trace = &trace;
    }
    micro_must("runtime", fb_runtime_create(&options, &rt));
    if (work->prepare != NULL) {
        work->prepare(rt);
    }
    if (o->enough_ns > 0) {
        (void)repeat(work, rt, WARM_NS);
    }
    ns = repeat(work, rt, o->enough_ns);
    fb_runtime_destroy(rt);
    fb_trace_close(&trace, false);
    return ns;
}

static struct options parse(int argc, char **argv) {
    struct options o = {.enough_ns = 60 * FB_MS};

    for (int i = 1; i < argc; i++) {
        const char *value = i + 1 < argc ? argv[i + 1] : NULL;

        if (strcmp(argv[i], "--watched") == 0) {
            o.watched = true;
        } else if (value != NULL && strcmp(argv[i], "--work") == 0) {
            o.work = argv[++i];
        } else if (value != NULL && strcmp(argv[i], "--workers") == 0) {
            o.workers = (uint32_t)strtoul(argv[++i], NULL, 10);
            micro_several = o.workers > 1;
        } else if (value != NULL && strcmp(argv[i], "--ms") == 0) {
            o.enough_ns = strtoul(argv[++i], NULL, 10) * FB_MS;
        } else {
            o.work = NULL;
            break;
        }
    }
    if (o.work == NULL) {
        (void)fprintf(stderr, "usage: micro_fishbowl --work KEY [--watched] "
                              "[--workers N] [--ms AT-LEAST]\n");
        exit(2);
    }
    return o;
}

int main(int argc, char **argv) {
    struct options o = parse(argc, argv);
    const struct micro_work *work = find(o.work);

    if (work == NULL) {
        (void)fprintf(stderr, "micro_fishbowl: no work '%s'\n", o.work);
        return 2;
    }
    printf("%.3f\n", measure(work, &o));
    return 0;
}
