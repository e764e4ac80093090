// Problem: a recording must hold every event, and a ring overwrites its oldest.
//
// Idea: while a recorder is registered on the control page, the writer of each
// ring waits before it would overwrite what has not been taken:
//
//     taken                    head          room: nearly taken + capacity
//       │ to be read            │              │
//       ├───────────────────────┼ free ────────┤ here the writer waits
//
// `attention`, which every commit compares, is that place (or 0 while each
// event counts for a viewer), so a program that is not recorded pays nothing,
// and one that is pays only where the ring is full.
//
// Invariants: taken never falls while one recorder is registered. A recorder
// that is dead, or silent for FB_RECORDER_LIMIT_NS, is struck off and the
// program runs on: nobody who looks may stop it for good. One that is not
// struck off lost nothing since its census.
//
// A program that a recorder has started (FB_RECORDER_VARIABLE names it) waits
// for it when it opens its trace, so that not even its first event is lost.
//
// Concurrency: `room` and `attention` are the writer's own; waiting touches
// nothing else but atomic words, so each executor thread waits for itself.
#include "fishbowl/trace/reader.h"
#include "fishbowl/trace/writer.h"
#include "internal.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <unistd.h>

#define LOOK_NS        100000000ull
#define HASTY_LIMIT_NS 1000000000ull // while the program is told to end

// Events that are written without a look (CLOCK, between two polls).
enum { UNATTENDED = 4 };

// ---- the writer's side -----------------------------------------------------

uint64_t fb__recorder_room(const struct fb_trace_writer *w) {
    const struct fb_trace_control *c = w->control;

    // Acquire: who sees the recorder sees where it begins.
    if (atomic_load_explicit(&c->recorder_pid, memory_order_acquire) == 0 &&
        (w->header->flags & FB_TRACE_LOSSLESS) == 0) {
        return UINT64_MAX;
    }
    // Acquire: what was taken has been copied before we write over it.
    return atomic_load_explicit(&c->taken[w->ring->worker],
                                memory_order_acquire) +
           w->mask - UNATTENDED;
}

void fb__recorder_refresh(struct fb_trace_writer *first) {
    for (struct fb_trace_writer *w = first; w; w = w->next) {
        w->room = fb__recorder_room(w);
    }
    first->recorder_seen = fb__load32(&first->control->recorder_pid);
}

static bool asked_to_give_up(const struct fb_trace_writer *f) {
    return f->give_up && f->give_up(f->give_up_arg);
}

// Nobody can record what this program does any more: it must not wait.
static void strike_off(struct fb_trace_control *c, uint32_t recorder) {
    (void)atomic_compare_exchange_strong_explicit(&c->recorder_pid, &recorder,
                                                  0, memory_order_acq_rel,
                                                  memory_order_relaxed);
}

// The life a writer that waits has seen of its recorder.
struct pulse {
    uint32_t recorder;
    uint64_t beat, since_ns; // the last one, and when it was first seen
};

// Whether the recorder is gone, or has been silent for `limit_ns`. One that has
// only just come is given its time, however long nobody was there.
static bool is_silent(const struct fb_trace_control *c, struct pulse *p,
                      uint64_t limit_ns) {
    // Acquire: who sees the recorder sees its first beat.
    const uint32_t recorder =
        atomic_load_explicit(&c->recorder_pid, memory_order_acquire);
    const uint64_t beat =
        atomic_load_explicit(&c->recorder_beat_ns, memory_order_relaxed);
    const uint64_t now = fb__now_ns();

    if (recorder != p->recorder || beat != p->beat) {
        *p = (struct pulse){recorder, beat, now};
    }
    return recorder != 0 &&
           (!fb__pid_alive(recorder) || now - p->since_ns > limit_ns);
}

// A program that is told to end is about to write what matters most: a recorder
// that lives gets it. It only has to be quicker.
static void wait_for_room(struct fb_trace_writer *w) {
    struct fb_trace_control *c = w->control;
    struct pulse pulse = {.since_ns = fb__now_ns()};

    while (w->head >= (w->room = fb__recorder_room(w))) {
        // Acquire: whose progress we have seen, what it took we see below; else
        // we would sleep through the wake that is over.
        const uint32_t progress =
            atomic_load_explicit(&c->recorder_progress, memory_order_acquire);
        bool gives_up;

        if (w->head < fb__recorder_room(w)) {
            continue; // it came between the two looks
        }
        fb__wait(&c->recorder_progress, progress, LOOK_NS);
        gives_up = asked_to_give_up(w->first);
        if (is_silent(c, &pulse,
                      gives_up ? HASTY_LIMIT_NS : FB_RECORDER_LIMIT_NS)) {
            strike_off(c, pulse.recorder);
        }
        if (gives_up && fb__load32(&c->recorder_pid) == 0) {
            w->room = UINT64_MAX; // also of a lossless trace
            return;
        }
    }
}

void fb__recorder_wait(struct fb_trace_writer *w) {
    struct fb_trace_control *c = w->control;
    uint64_t start;

    if (w->head < (w->room = fb__recorder_room(w))) {
        return; // the usual case: it has long taken more
    }
    start = fb__now_ns();
    atomic_fetch_add_explicit(&c->recorder_waiting, 1, memory_order_relaxed);
    wait_for_room(w);
    atomic_fetch_sub_explicit(&c->recorder_waiting, 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->recorder_waited_ns, fb__now_ns() - start,
                              memory_order_relaxed);
}

// Whether the one who started this program is about to record it.
static bool is_started_by_recorder(uint32_t *ret_pid) {
    static atomic_flag asked = ATOMIC_FLAG_INIT; // its first trace is meant
    const char *text = getenv(FB_RECORDER_VARIABLE);
    const unsigned long pid = text ? strtoul(text, NULL, 10) : 0;

    *ret_pid = (uint32_t)pid;
    return pid > 0 && pid <= INT_MAX && (pid_t)pid == getppid() &&
           !atomic_flag_test_and_set(&asked);
}

void fb__recorder_await(struct fb_trace_writer *w) {
    struct fb_trace_control *c = w->control;
    const uint64_t until = fb__now_ns() + FB_RECORDER_LIMIT_NS;
    uint32_t pid;

    if (!is_started_by_recorder(&pid)) {
        return;
    }
    for (;;) {
        // Acquire: as above.
        const uint32_t progress =
            atomic_load_explicit(&c->recorder_progress, memory_order_acquire);

        if (fb__load32(&c->recorder_pid) != 0 || (pid_t)pid != getppid() ||
            fb__now_ns() > until || asked_to_give_up(w)) {
            break;
        }
        fb__wait(&c->recorder_progress, progress, LOOK_NS);
    }
    fb__recorder_refresh(w);
    w->attention = w->attention == 0 ? 0 : w->room;
}

// ---- the recorder's side ---------------------------------------------------

static uint32_t own_pid(void) {
    return (uint32_t)getpid();
}

bool fb_trace_recorder_mine(const struct fb_trace_reader *r) {
    return r->control &&
           atomic_load_explicit(&r->control->recorder_pid,
                                memory_order_acquire) == own_pid();
}

// Whether `owner` may be put aside: it is dead, or its id was used again, or it
// stands still. The writer looks only when its ring is full.
static bool is_gone(const struct fb_trace_control *c, uint32_t owner) {
    return !fb__pid_alive(owner) ||
           fb__now_ns() - atomic_load_explicit(&c->recorder_beat_ns,
                                               memory_order_relaxed) >
               FB_RECORDER_LIMIT_NS;
}

static void show_progress(struct fb_trace_control *c) {
    // Release: who sees it sees what was stored before.
    atomic_fetch_add_explicit(&c->recorder_progress, 1, memory_order_release);
    fb__wake(&c->recorder_progress);
}

int fb_trace_recorder_claim(struct fb_trace_reader *r, const uint64_t *taken) {
    struct fb_trace_control *c = r->control;
    uint32_t owner = 0;

    if (!c) {
        return -ENOTSUP;
    }
    owner = atomic_load_explicit(&c->recorder_pid, memory_order_acquire);
    if (owner == own_pid()) {
        return 0;
    }
    if (owner != 0 && !is_gone(c, owner)) {
        return -EBUSY;
    }
    atomic_store_explicit(&c->recorder_beat_ns, fb__now_ns(),
                          memory_order_relaxed);
    // Release: who sees the recorder sees its beat. Of two that come at once
    // only the one who gets it says where it begins; a writer that looks before
    // that waits, or is bound a little later: the census is not asked for yet.
    if (!atomic_compare_exchange_strong_explicit(
            &c->recorder_pid, &owner, own_pid(), memory_order_acq_rel,
            memory_order_relaxed)) {
        return -EBUSY;
    }
    for (uint32_t i = 0; i < r->header.ring_count; i++) {
        atomic_store_explicit(&c->taken[i],
                              taken ? taken[i] : fb_trace_reader_head(r, i),
                              memory_order_release);
    }
    show_progress(c);
    return 0;
}

void fb_trace_recorder_took(struct fb_trace_reader *r, uint32_t ring,
                            uint64_t place) {
    if (fb_trace_recorder_mine(r) && ring < r->header.ring_count &&
        place > atomic_load_explicit(&r->control->taken[ring],
                                     memory_order_relaxed)) {
        // Release: the copy is made before the place is given free.
        atomic_store_explicit(&r->control->taken[ring], place,
                              memory_order_release);
    }
}

void fb_trace_recorder_beat(struct fb_trace_reader *r) {
    if (!fb_trace_recorder_mine(r)) {
        return;
    }
    atomic_store_explicit(&r->control->recorder_beat_ns, fb__now_ns(),
                          memory_order_relaxed);
    show_progress(r->control);
}

void fb_trace_recorder_release(struct fb_trace_reader *r) {
    uint32_t owner = own_pid();

    // Not if another one has taken our place meanwhile.
    if (r->control && atomic_compare_exchange_strong_explicit(
                          &r->control->recorder_pid, &owner, 0,
                          memory_order_acq_rel, memory_order_relaxed)) {
        show_progress(r->control);
    }
}

bool fb_trace_recorder_awaited(const struct fb_trace_reader *r,
                               uint64_t *ret_waited_ns) {
    if (!r->control) {
        *ret_waited_ns = 0;
        return false;
    }
    *ret_waited_ns = atomic_load_explicit(&r->control->recorder_waited_ns,
                                          memory_order_relaxed);
    return fb__load32(&r->control->recorder_waiting) != 0;
}
