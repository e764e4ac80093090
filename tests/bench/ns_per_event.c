// Problem: what does a trace point cost?
// Idea: the writer's own pair, fb_trace_next and fb_trace_commit, beside the
// least that could be done (a 32-byte store into the same ring), and beside
// asking the clock, or core's stamp, for each event. Interleaved rounds.
// The ring is as large as the default one, so stores miss the caches as they
// do in a real program.
// Output: rows (rows.h).
#include "fishbowl/trace/writer.h"
#include "place.h"
#include "rows.h"
#include "stamp.h"
#include "sys.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROUNDS 20 // at most
#define EVENTS 1000000u
#define WAYS   7

static inline uint64_t clock_ns(clockid_t clock) {
    struct timespec t;

    (void)clock_gettime(clock, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline uint64_t now_ns(void) {
    return clock_ns(CLOCK_MONOTONIC);
}

// As core stamps its events: the clock once a turn, which sets the stamp, and
// the processor's counter in between.
static struct fb__stamp stamp;

static uint64_t stamped_ns(void) {
    uint64_t ns = fb__stamp_at(&stamp, fb__sys.ticks());

    if (ns == 0) {
        ns = now_ns();
        fb__stamp_set(&stamp, ns, fb__sys.ticks());
    }
    return ns;
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
            w->now_ns = stamped_ns();
        }
        event(w, i);
    }
}

static void events_with_stamp(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        w->now_ns = stamped_ns();
        event(w, i);
    }
}

static void clock_alone(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        w->now_ns = now_ns();
        keep();
    }
}

static void stamp_alone(struct fb_trace_writer *w) {
    for (uint32_t i = 0; i < EVENTS; i++) {
        w->now_ns = stamped_ns();
        keep();
    }
}

static const struct {
    const char *work;
    void (*run)(struct fb_trace_writer *w);
} ways[WAYS] = {
    {"event_bare_store", bare_stores},
    {"event_stamp_cached", events_in_a_step},
    {"event_stamp_each_8th", events_as_in_a_poll},
    {"event_stamp_own", events_with_stamp},
    {"event_clock_own", events_with_clock},
    {"stamp", stamp_alone},
    {"clock_gettime", clock_alone},
};

int main(int argc, char **argv) {
    static double ns[WAYS][ROUNDS];
    const struct fb_trace_options options = {.program = "ns_per_event",
                                             .anonymous = true};
    struct fb_trace_writer w;
    unsigned order[WAYS];
    uint64_t seed = 1;
    const unsigned rounds = argc > 1 ? (unsigned)atoi(argv[1]) : ROUNDS;
    int err;

    if (rounds == 0 || rounds > ROUNDS) {
        (void)fprintf(stderr, "usage: ns_per_event [ROUNDS 1-%d]\n", ROUNDS);
        return 2;
    }
    err = fb_trace_open(&w, &options);
    if (err < 0) {
        (void)fprintf(stderr, "ns_per_event: %s\n", strerror(-err));
        return 1;
    }
    place_pin(place_find().measured);
    bare_stores(&w); // touches every page of the ring
    for (unsigned round = 0; round < rounds; round++) {
        place_shuffle(order, WAYS, &seed);
        for (unsigned i = 0; i < WAYS; i++) {
            uint64_t began = clock_ns(CLOCK_PROCESS_CPUTIME_ID);

            ways[order[i]].run(&w);
            ns[order[i]][round] =
                (double)(clock_ns(CLOCK_PROCESS_CPUTIME_ID) - began) / EVENTS;
        }
    }
    for (unsigned i = 0; i < WAYS; i++) {
        rows_print(ways[i].work, "fishbowl_watched", "ns", ns[i], rounds);
    }
    fb_trace_close(&w, false);
    return 0;
}
