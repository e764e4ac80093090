// Problem: what does a trace point cost?
// Idea: the writer's own pair, fb_trace_next and fb_trace_commit, beside the
// least that could be done (a 32-byte store into the same ring), and beside
// asking the clock, or core's stamp, for each event. Interleaved rounds, medians and quartiles.
// The ring is as large as the default one, so stores miss the caches as they
// do in a real program.
// Output: rows as of greeter_bench.
#include "fishbowl/trace/writer.h"
#include "stamp.h"
#include "stats.h"
#include "sys.h"
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 20
#define EVENTS 1000000u
#define WAYS   7

static uint64_t now_ns(void) {
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Stops the compiler from joining or dropping stores; costs nothing.
static inline void keep(void) {
    __asm__ volatile("" ::: "memory");
}

static void bare_stores(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        w->events[i & w->mask] = (struct fb_event){
            .time_ns = i, .kind = FB_EV_WAKE, .wake.cause = i};
        keep();
    }
}

static void event(struct fb_trace_writer *w, uint32_t i) {
    struct fb_event *e = fb_trace_next(w, FB_EV_WAKE, i);

    e->flags = FB_PARTY_SOURCE;
    e->wake.cause = i;
    fb_trace_commit(w);
    keep();
}

static void events_in_a_step(struct fb_trace_writer *w) {
    w->now_ns = now_ns();
    for (uint32_t i = 0; i < EVENTS; i++) {
        event(w, i);
    }
}

static void events_with_clock(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        w->now_ns = now_ns();
        event(w, i);
    }
}

static void events_as_in_a_poll(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        if (i % 8 == 0) {
            w->now_ns = now_ns();
        }
        event(w, i);
    }
}

// As core stamps its events: the clock once a turn, which sets the stamp, and
// the counter in between.
static struct fb__stamp stamp;

static uint64_t stamped_ns(void) {
    uint64_t ns = fb__stamp_at(&stamp, fb__sys.ticks());

    if (ns == 0) {
        ns = now_ns();
        fb__stamp_set(&stamp, ns, fb__sys.ticks());
    }
    return ns;
}

static void events_with_stamp(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        w->now_ns = stamped_ns();
        event(w, i);
    }
}

static void events_stamped_as_in_a_poll(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        if (i % 8 == 0) {
            w->now_ns = stamped_ns();
        }
        event(w, i);
    }
}

static void clock_alone(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        w->now_ns = now_ns();
        keep();
    }
}

static const struct {
    const char *label;
    void (*run)(struct fb_trace_writer *w);
} ways[WAYS] = {
    {"bare 32-byte store", bare_stores},
    {"event, time taken once", events_in_a_step},
    {"event, time taken every 8th (a poll)", events_as_in_a_poll},
    {"event, time taken for each", events_with_clock},
    {"event, stamped for each", events_with_stamp},
    {"event, stamped every 8th (a poll)", events_stamped_as_in_a_poll},
    {"clock_gettime alone", clock_alone},
};

static void pin(void) {
    cpu_set_t set;
    int cpu = sched_getcpu();

    CPU_ZERO(&set);
    CPU_SET((size_t)(cpu < 0 ? 0 : cpu), &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

int main(void) {
    static double ns[WAYS][ROUNDS], ratio[WAYS][ROUNDS];
    const struct fb_trace_options options = {.program = "ns_per_event",
                                             .anonymous = true};
    struct fb_trace_writer w;
    int err = fb_trace_open(&w, &options);

    if (err < 0) {
        (void)fprintf(stderr, "ns_per_event: %s\n", strerror(-err));
        return 1;
    }
    pin();
    bare_stores(&w); // touches every page of the ring
    for (unsigned round = 0; round < ROUNDS; round++) {
        for (unsigned i = 0; i < WAYS; i++) {
            unsigned which = (i + round) % WAYS;
            uint64_t began = now_ns();

            ways[which].run(&w);
            ns[which][round] = (double)(now_ns() - began) / EVENTS;
        }
        for (unsigned i = 0; i < WAYS; i++) {
            ratio[i][round] = ns[i][round] / ns[0][round];
        }
    }
    for (unsigned i = 0; i < WAYS; i++) {
        struct stats v = stats_of(ns[i], ROUNDS);
        struct stats r = stats_of(ratio[i], ROUNDS);

        printf("ns per event: %s\t%.2f\t%.2f-%.2f\t%.2f\t%.2f-%.2f\n",
               ways[i].label, v.median, v.low, v.high, r.median, r.low, r.high);
    }
    fb_trace_close(&w, false);
    return 0;
}
