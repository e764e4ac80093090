// Problem: a viewer in another process runs, slows, stops and steps this
// program; it may die at any moment, and costs nothing while it wants nothing.
//
// Idea: the wish on the control page is copied when its sequence changes. What
// it asks of every event sets `attention` to 0, so that commit's one compare
// leads here; what it asks of the gap between two polls sets `must_look`.
//
//     run ──stop──► stand (between polls) ──run──► run
//      │               │  ▲
//      │             step met (after an event, maybe inside a poll)
//      │               ▼  │
//      └──step───► run until met            owner dead, or asked to give up:
//                                           the page is taken back: run
//
// Invariants: only events that are not part of a census end a step. While it
// stands nothing is polled. `stopped_ns` grows by exactly what the real clock
// moved meanwhile (a virtual one does not move).
//
// Concurrency: this is the executor's thread. The wish is read under a
// sequence lock (odd: being written); everything else on the page is one
// atomic word.
#include "fishbowl/trace/writer.h"
#include "internal.h"

#define LOOK_NS 100000000ull // how often a standing program looks for life

static uint32_t load32(const _Atomic uint32_t *word) {
    return atomic_load_explicit(word, memory_order_relaxed);
}

// ---- the wish --------------------------------------------------------------

static bool wants_stand(const struct fb_trace_wish *wish) {
    return wish->mode == FB_CONTROL_STOP && wish->step == FB_STEP_NONE;
}

// Derives what the fast paths test. Called after each change of the wish.
static void wish_arm(struct fb_trace_writer *w) {
    const struct fb_trace_wish *wish = &w->wish;
    bool each_event =
        (wish->mode == FB_CONTROL_STOP && wish->step != FB_STEP_NONE) ||
        (wish->mode == FB_CONTROL_SLOW && wish->delay_ns > 0) ||
        wish->break_kinds != 0 || wish->break_task != 0;

    w->attention = each_event ? 0 : UINT64_MAX;
    w->must_look = w->waiting || wants_stand(wish) ||
                   (w->stood_ns > 0 && wish->mode != FB_CONTROL_STOP);
}

// Copies the wish if there is a new whole one.
static bool wish_adopt(struct fb_trace_writer *w) {
    struct fb_trace_control *c = w->control;
    // Pairs with the owner's release store after the wish was written.
    uint32_t sequence =
        atomic_load_explicit(&c->sequence, memory_order_acquire);
    struct fb_trace_wish wish;

    if (sequence == w->sequence_seen || (sequence & 1)) {
        return false;
    }
    wish.mode = load32(&c->mode);
    wish.step = load32(&c->step);
    wish.step_task = load32(&c->step_task);
    wish.break_task = load32(&c->break_task);
    wish.delay_ns = atomic_load_explicit(&c->delay_ns, memory_order_relaxed);
    wish.break_kinds =
        atomic_load_explicit(&c->break_kinds, memory_order_relaxed);
    // Pairs with the fence after the owner made the sequence odd.
    atomic_thread_fence(memory_order_acquire);
    if (load32(&c->sequence) != sequence) {
        return false; // it was being written: it will be there in a moment
    }
    if (wish.mode > FB_CONTROL_SLOW || wish.step > FB_STEP_TURN) {
        wish = (struct fb_trace_wish){.mode = FB_CONTROL_RUN};
    }
    w->wish = wish;
    w->sequence_seen = sequence;
    w->beat_since_ns = fb__now_ns(); // whoever wrote this lives
    if (w->waiting && !wants_stand(&wish)) {
        w->waiting = false;
        atomic_store_explicit(&c->wait_viewer, 0, memory_order_relaxed);
    }
    wish_arm(w);
    atomic_store_explicit(&c->sequence_seen, sequence, memory_order_release);
    return true;
}

// Whether the owner has shown life lately. Its beats are compared with each
// other and timed here, so a wrong clock on the page holds nobody.
static bool owner_alive(struct fb_trace_writer *w) {
    struct fb_trace_control *c = w->control;
    uint64_t beat = atomic_load_explicit(&c->beat_ns, memory_order_relaxed);
    uint64_t now = fb__now_ns();

    if (beat != w->beat_seen) {
        w->beat_seen = beat;
        w->beat_since_ns = now;
    }
    return fb__pid_alive(load32(&c->viewer_pid)) &&
           now - w->beat_since_ns <= FB_CONTROL_BEAT_LIMIT_NS;
}

// The owner is gone: takes its place, undoes its wishes, and only then frees
// the page, so that a new owner's wish is never undone. If someone claimed the
// page just now, it is theirs.
static void take_back(struct fb_trace_writer *w) {
    struct fb_trace_control *c = w->control;
    uint32_t owner = load32(&c->viewer_pid);

    if (!atomic_compare_exchange_strong_explicit(
            &c->viewer_pid, &owner, w->header->pid, memory_order_acquire,
            memory_order_relaxed)) {
        return;
    }
    atomic_store_explicit(&c->mode, FB_CONTROL_RUN, memory_order_relaxed);
    atomic_store_explicit(&c->step, FB_STEP_NONE, memory_order_relaxed);
    atomic_store_explicit(&c->break_kinds, 0, memory_order_relaxed);
    atomic_store_explicit(&c->break_task, 0, memory_order_relaxed);
    w->wish = (struct fb_trace_wish){.mode = FB_CONTROL_RUN};
    wish_arm(w);
    // Release: whoever claims the page next finds it clean.
    atomic_store_explicit(&c->viewer_pid, 0, memory_order_release);
}

// ---- standing still --------------------------------------------------------

static bool census_is_asked(const struct fb_trace_writer *w) {
    return load32(&w->control->census_wanted) != w->census_answered;
}

static bool asked_to_give_up(const struct fb_trace_writer *w) {
    return w->give_up && w->give_up(w->give_up_arg);
}

// Sleeps until there is something to look at; at most `limit_ns`.
static void sleep_for_wish(struct fb_trace_writer *w, uint64_t limit_ns) {
    uint32_t sequence = load32(&w->control->sequence);

    if (sequence == w->sequence_seen || (sequence & 1)) {
        fb__wait(&w->control->sequence, sequence,
                 limit_ns < LOOK_NS ? limit_ns : LOOK_NS);
    }
}

static void stood(struct fb_trace_writer *w, uint64_t ns) {
    struct fb_trace_control *c = w->control;

    atomic_fetch_add_explicit(&c->stopped_ns, ns, memory_order_relaxed);
    if (!(w->header->flags & FB_TRACE_VIRTUAL_CLOCK)) {
        w->stopped_ns += ns;
    }
}

// Whether to stand on. The owner may die, or a signal ask us to give up.
static bool stand_on(struct fb_trace_writer *w) {
    if (!w->waiting && !wants_stand(&w->wish)) {
        return false;
    }
    if (asked_to_give_up(w)) {
        w->waiting = false;
        atomic_store_explicit(&w->control->wait_viewer, 0,
                              memory_order_relaxed);
        take_back(w);
        w->wish = (struct fb_trace_wish){.mode = FB_CONTROL_RUN};
        return false;
    }
    if (load32(&w->control->viewer_pid) != 0 || !w->waiting) {
        if (!owner_alive(w)) {
            take_back(w);
        }
    }
    return w->waiting || wants_stand(&w->wish);
}

// Stands still until the wish changes. Between two polls also ends when a
// census can be written: a stopped program still says what lives in it.
static void stand(struct fb_trace_writer *w, bool between_polls) {
    struct fb_trace_control *c = w->control;
    uint64_t start = fb__now_ns();
    uint64_t ns;

    w->beat_since_ns = start;
    if (w->stood_ns == 0) {
        w->stood_from_ns = w->now_ns;
    }
    atomic_store_explicit(&c->stopped_after, w->head, memory_order_relaxed);
    // Release: who sees `stopped` sees after which event.
    atomic_store_explicit(&c->stopped, 1, memory_order_release);
    while (stand_on(w) &&
           !(between_polls && w->enabled && census_is_asked(w))) {
        sleep_for_wish(w, LOOK_NS);
        (void)wish_adopt(w);
    }
    ns = fb__now_ns() - start;
    w->stood_ns += ns ? ns : 1;
    stood(w, ns);
    wish_arm(w);
    if (!w->waiting && !wants_stand(&w->wish)) {
        // Not for a census: after it the program stands on.
        atomic_store_explicit(&c->stopped, 0, memory_order_release);
    }
}

// Slow motion: waits before the next event, unless the wish changes. The time
// counts as stood still, so that deadlines slow down with everything else.
static void dawdle(struct fb_trace_writer *w) {
    uint64_t start = fb__now_ns();
    uint64_t now = start;
    uint64_t delay = w->wish.delay_ns;

    while (now - start < delay) {
        sleep_for_wish(w, delay - (now - start));
        now = fb__now_ns();
        if (wish_adopt(w)) {
            break;
        }
        if (!owner_alive(w) || asked_to_give_up(w)) {
            take_back(w);
            break;
        }
    }
    stood(w, now - start);
}

// ---- after an event --------------------------------------------------------

static bool breaks(const struct fb_trace_wish *wish,
                   const struct fb_event *event) {
    if (event->flags & FB_EV_FLAG_CENSUS) {
        return false;
    }
    if (wish->break_task && fb_trace_event_task(event) != wish->break_task) {
        return false;
    }
    return wish->break_kinds ? wish->break_kinds >> (event->kind & 63) & 1
                             : wish->break_task != 0;
}

void fb_trace_attend(struct fb_trace_writer *w, const struct fb_event *event) {
    struct fb_trace_wish *wish = &w->wish;

    // A new wish counts from the next event on: this one was there before it.
    if (wish_adopt(w) || event->flags & FB_EV_FLAG_CENSUS) {
        return;
    }
    if (breaks(wish, event) ||
        (wish->mode == FB_CONTROL_STOP &&
         fb_trace_event_ends(event, (enum fb_control_step)wish->step,
                             wish->step_task))) {
        wish->mode = FB_CONTROL_STOP;
        wish->step = FB_STEP_NONE;
        stand(w, false);
    } else if (wish->mode == FB_CONTROL_SLOW) {
        dawdle(w);
    }
}

// ---- between two polls -----------------------------------------------------

// A free run goes on after a stop: says so once, not after each step. Written
// without attention: it must not end a step or meet a break itself.
static void resume_note(struct fb_trace_writer *w) {
    if (w->stood_ns == 0 || w->wish.mode == FB_CONTROL_STOP) {
        return;
    }
    // A virtual clock's trace is the same each time, watched or not.
    if (w->enabled && !(w->header->flags & FB_TRACE_VIRTUAL_CLOCK)) {
        struct fb_event *event = fb_trace_next(w, FB_EV_CLOCK, 0);

        event->detail = FB_CLOCK_RESUMED;
        event->clock.from_ns = w->stood_from_ns;
        event->clock.to_ns = w->stood_from_ns + w->stood_ns;
        w->head++;
        atomic_store_explicit(&w->ring->head, w->head, memory_order_release);
    }
    w->stood_ns = 0;
    wish_arm(w);
}

// Switched on again, the world has moved on unseen: only a census helps.
static void refresh_enabled(struct fb_trace_writer *w) {
    bool enabled = load32(&w->control->enabled) != 0;

    if (enabled && !w->enabled) {
        w->census_forced = true;
    }
    w->enabled = enabled;
}

static bool census_is_wanted(const struct fb_trace_writer *w) {
    return w->enabled &&
           (w->census_forced || w->head >= w->census_due || census_is_asked(w));
}

// Out of line, so that the common case below is a handful of instructions.
static __attribute__((noinline)) bool look_around(struct fb_trace_writer *w) {
    (void)wish_adopt(w);
    refresh_enabled(w);
    if (w->waiting || wants_stand(&w->wish)) {
        if (!(w->enabled && census_is_asked(w))) {
            stand(w, true);
        }
        refresh_enabled(w); // it may have been thrown meanwhile
    } else {
        atomic_store_explicit(&w->control->stopped, 0, memory_order_release);
    }
    resume_note(w);
    if (!census_is_wanted(w)) {
        return false;
    }
    w->census_asking = load32(&w->control->census_wanted);
    return true;
}

bool fb_trace_check(struct fb_trace_writer *w) {
    const struct fb_trace_control *c = w->control;

    // Relaxed: each is only a hint to look, and is read again with acquire.
    if (load32(&c->sequence) == w->sequence_seen &&
        load32(&c->census_wanted) == w->census_answered &&
        load32(&c->enabled) == w->enabled && w->head < w->census_due &&
        !w->must_look && !w->census_forced) {
        return false;
    }
    return look_around(w);
}

void fb_trace_census_done(struct fb_trace_writer *w, uint64_t begin) {
    uint64_t capacity = w->mask + 1;
    uint64_t events = w->head >= begin ? w->head - begin + 1 : 0;

    // Half a ring later the next one starts; it has a quarter of the ring to
    // end in, and a quarter is in hand for the poll that was under way. One
    // that is too long for that would take the ring for itself: it is written
    // when asked, and tried again so seldom that it costs an eighth.
    w->census_due =
        begin + (events <= capacity / 4 ? capacity / 2 : 8 * events);
    w->census_forced = false;
    w->census_answered = w->census_asking;
    // Release: who sees the answer sees the census.
    atomic_store_explicit(&w->control->census_done, w->census_answered,
                          memory_order_release);
}
