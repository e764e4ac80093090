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
// Concurrency: `room` and `attention` are the writer's own; waiting touches
// nothing else but atomic words, so each executor thread waits for itself.
#include "fishbowl/trace/reader.h"
#include "fishbowl/trace/writer.h"
#include "internal.h"

#include <errno.h>
#include <unistd.h>

#define LOOK_NS 100000000ull

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

// Nobody can record what this program does any more: it must not wait.
static void strike_off(struct fb_trace_control *c, uint32_t recorder) {
    if (recorder == 0) { // lossless from the start, and nobody came
        return;
    }
    (void)atomic_compare_exchange_strong_explicit(&c->recorder_pid, &recorder,
                                                  0, memory_order_acq_rel,
                                                  memory_order_relaxed);
}

void fb__recorder_wait(struct fb_trace_writer *w) {
    struct fb_trace_control *c = w->control;
    const struct fb_trace_writer *f = w->first;
    uint64_t beat =
        atomic_load_explicit(&c->recorder_beat_ns, memory_order_relaxed);
    uint64_t since = fb__now_ns();

    while (w->head >= (w->room = fb__recorder_room(w))) {
        const uint32_t recorder = fb__load32(&c->recorder_pid);
        const uint32_t progress = fb__load32(&c->recorder_progress);
        const uint64_t now_beat =
            atomic_load_explicit(&c->recorder_beat_ns, memory_order_relaxed);

        if (w->head < fb__recorder_room(w)) {
            continue; // it came between the two looks
        }
        fb__wait(&c->recorder_progress, progress, LOOK_NS);
        if (now_beat != beat) {
            beat = now_beat;
            since = fb__now_ns();
        }
        if ((recorder != 0 && (!fb__pid_alive(recorder) ||
                               fb__now_ns() - since > FB_RECORDER_LIMIT_NS)) ||
            (f->give_up && f->give_up(f->give_up_arg))) {
            strike_off(c, recorder);
            w->room = recorder != 0 ? fb__recorder_room(w) : UINT64_MAX;
            break;
        }
    }
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

int fb_trace_recorder_claim(struct fb_trace_reader *r, const uint64_t *taken) {
    struct fb_trace_control *c = r->control;
    uint32_t owner = 0;

    if (!c) {
        return -ENOTSUP;
    }
    owner = fb__load32(&c->recorder_pid);
    if (owner == own_pid()) {
        return 0;
    }
    if (owner != 0 && fb__pid_alive(owner)) {
        return -EBUSY;
    }
    for (uint32_t i = 0; i < r->header.ring_count; i++) {
        atomic_store_explicit(&c->taken[i],
                              taken ? taken[i] : fb_trace_reader_head(r, i),
                              memory_order_relaxed);
    }
    atomic_store_explicit(&c->recorder_beat_ns, fb__now_ns(),
                          memory_order_relaxed);
    // Release: who sees the recorder sees where it begins.
    if (!atomic_compare_exchange_strong_explicit(
            &c->recorder_pid, &owner, own_pid(), memory_order_release,
            memory_order_relaxed)) {
        return -EBUSY;
    }
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
    atomic_fetch_add_explicit(&r->control->recorder_progress, 1,
                              memory_order_release);
    fb__wake(&r->control->recorder_progress);
}

void fb_trace_recorder_release(struct fb_trace_reader *r) {
    if (fb_trace_recorder_mine(r)) {
        atomic_store_explicit(&r->control->recorder_pid, 0,
                              memory_order_release);
        atomic_fetch_add_explicit(&r->control->recorder_progress, 1,
                                  memory_order_release);
        fb__wake(&r->control->recorder_progress);
    }
}
