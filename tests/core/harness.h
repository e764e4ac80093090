// What the runtime's tests share.
//
// Every test runs in a world: a traced runtime on a virtual clock, with core's
// seam counting what is allocated and opened. When the test is over the world
// is ended and judged: every byte and descriptor must have come back, and the
// trace must describe legal task lives from its first event to its last; and no
// lint may fire on it, but for the mistakes that the test makes on purpose.
#ifndef FISHBOWL_TESTS_CORE_HARNESS_H
#define FISHBOWL_TESTS_CORE_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/fishbowl.h"
#include "lints.h"
#include "runtime_impl.h"

// ---- the world ----

struct world {
    struct fb_runtime *rt;
    struct fb_trace_writer trace;
    uint64_t shown;    // events up to this one were compared already
    unsigned mistakes; // a bit per enum fb_lint_kind
};

// cmocka fixtures: a FIFO runtime with a virtual clock.
int world_enter(void **state);
int world_leave(void **state);
#define WORLD_TEST(name_)                                                      \
    cmocka_unit_test_setup_teardown(name_, world_enter, world_leave)

// For tests that compare exact events, or count polls: the hostile build, which
// adds wakes and polls of its own, keeps quiet for these.
int world_enter_exact(void **state);
int world_leave_exact(void **state);
#define WORLD_TEST_EXACT(name_)                                                \
    cmocka_unit_test_setup_teardown(name_, world_enter_exact, world_leave_exact)

// Ends the world's runtime and judges its trace; legal when it has none.
void world_end(struct world *w);
// Ends it and begins another with these options (`trace` is filled in). With
// FB_WORKERS in the environment, tests that do not count events get as many
// workers where the options name none.
void world_begin(struct world *w, struct fb_runtime_options options);
void world_begin_order(struct world *w, enum fb_order order, uint64_t seed);
void world_begin_real(struct world *w); // on the real clock
// Several workers; `real`: on the real clock.
void world_begin_workers(struct world *w, uint32_t workers, bool real);
// Several workers on the real clock, and no trace: tasks' lives are not
// bracketed then, and only their state words order them. FB_UNTRACED in the
// environment leaves the trace out of every world that counts no events.
void world_begin_untraced(struct world *w, uint32_t workers);

// This test makes this mistake on purpose: in this world and those that it
// begins after it, the lint may fire.
void world_mistake(struct world *w, enum fb_lint_kind kind);

// Polls until nothing is runnable; gives the polls made.
int world_settle(struct world *w);

// Whether the trace so far, cut here, describes legal lives; fails if not.
void world_judge(const struct world *w, bool ended);

// ---- the exact events ----

// All events that are left, in order of their numbers, whatever rings they are
// in; the caller frees them. Gives how many.
struct numbered {
    uint64_t number;
    struct fb_event event;
};
size_t world_events(const struct world *w, struct numbered **ret_events);

// The events since the last call, one line each, must be these. They read
//     SPAWN 2 by 1     SCHEDULED 2        POLL 2 … PENDING 2 / READY 2
//     ENTER sleep      EXIT sleep pending DROP sleep finished
//     CLONE 2 timer 1  RELEASE 2 timer 1 woken
//     WAKE 2 scheduled by timer 1         TIMER_SET 1 @15ms
//     CHANNEL 1 give 3 by 2: 3 are in it now
#define EXPECT_EVENTS(w_, ...)                                                 \
    world_expect((w_), (const char *const[]){__VA_ARGS__, NULL}, __FILE__,     \
                 __LINE__)
#define EXPECT_NO_EVENTS(w_)                                                   \
    world_expect((w_), (const char *const[]){NULL}, __FILE__, __LINE__)
void world_expect(struct world *w, const char *const *lines, const char *file,
                  int line);
// Forgets the events so far.
void world_skip(struct world *w);
// All events as text; the caller frees it.
char *world_text(const struct world *w, uint64_t after);
// How many events of a kind (and, if not -1, detail) there are.
unsigned world_count(const struct world *w, enum fb_event_kind kind,
                     int detail);

// ---- the seam ----

struct seam {
    _Atomic long bytes_blocks; // allocations not given back
    _Atomic long descriptors;  // opened and not closed
    _Atomic long bad_closes;
    long allocations, calls;         // fallible ones, made by the test's thread
    long fail_allocation, fail_call; // the n-th fails, from 1; 0: none
    int fail_errno;                  // 0: one that the call can give
    bool one_byte;                   // send and recv move a byte at a time
};
extern struct seam seam;

// Whether bytes have come that nobody has read: in the hostile build a read may
// leave some of them.
bool world_more(const struct fb_source *s);

// A descriptor that the test made and core will close.
int seam_adopt(int fd);

// ---- wakers ----

// A waker that only counts. Uses nothing of the runtime.
struct counter {
    _Atomic int clones, wakes, wakes_by_ref, drops;
};
struct fb_waker counter_waker(struct counter *c);
// A waker that runs the test's own code in whoever calls it. Either may be NULL.
struct meddler {
    void (*on_wake)(void *arg);
    void (*on_drop)(void *arg);
    void *arg;
    int wakes, drops;
};
struct fb_waker meddler_waker(struct meddler *m);
// A context by hand around `waker`: outside any task.
struct fb_context hand_context(struct world *w, const struct fb_waker *waker);

// ---- death ----

// `run(arg)`, in a child, must abort and say `text`.
void expect_death(void (*run)(void *arg), void *arg, const char *text);

#endif
