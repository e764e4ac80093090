// Problem: a viewer in another process runs, slows, stops and steps this
// program; it may die at any moment, and costs nothing while it wants nothing.
//
// Idea: the wish on the control page is copied (wish.c). What it asks of every
// event sets `attention` to 0, so that commit's one compare leads here; what it
// asks of the gap between two polls sets `must_look`.
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
// Concurrency: this is an executor's thread, and the program keeps the others
// between two polls: so the state, which lies in the first writer (`f`) for all
// of them, has no lock, and what events need of it is set in every writer. The
// wish is read under a sequence lock (odd: being written); everything else on
// the page is one atomic word.
#include "fishbowl/trace/writer.h"
#include "internal.h"

#include <string.h>

#define LOOK_NS 100000000ull // how often a standing program looks for life

// ---- standing still --------------------------------------------------------

static bool census_is_asked(const struct fb_trace_writer *f) {
    return fb__load32(&f->control->census_wanted) !=
           fb__load32(&f->census_answered);
}

static bool asked_to_give_up(const struct fb_trace_writer *f) {
    return f->give_up && f->give_up(f->give_up_arg);
}

// Sleeps until there is something to look at; at most `limit_ns`.
static void sleep_for_wish(struct fb_trace_writer *f, uint64_t limit_ns) {
    uint32_t sequence = fb__load32(&f->control->sequence);

    if (sequence == fb__load32(&f->sequence_seen) || (sequence & 1)) {
        fb__wait(&f->control->sequence, sequence,
                 limit_ns < LOOK_NS ? limit_ns : LOOK_NS);
    }
}

static void stood(struct fb_trace_writer *f, uint64_t ns) {
    struct fb_trace_control *c = f->control;

    atomic_fetch_add_explicit(&c->stopped_ns, ns, memory_order_relaxed);
    if (!(f->header->flags & FB_TRACE_VIRTUAL_CLOCK)) {
        for (struct fb_trace_writer *w = f; w; w = w->next) {
            w->stopped_ns += ns;
        }
    }
}

// The newest event of the file.
static uint64_t newest(const struct fb_trace_writer *w) {
    return w->numbers
               ? atomic_load_explicit(&w->header->numbers, memory_order_relaxed)
               : w->head;
}

// Whether to stand on. The owner may die, or a signal ask us to give up.
static bool stand_on(struct fb_trace_writer *f) {
    if (!f->waiting && !fb__wish_stands(&f->wish)) {
        return false;
    }
    if (asked_to_give_up(f)) {
        f->waiting = false;
        atomic_store_explicit(&f->control->wait_viewer, 0,
                              memory_order_relaxed);
        fb__wish_take_back(f);
        f->wish = (struct fb_trace_wish){.mode = FB_CONTROL_RUN};
        return false;
    }
    if (fb__load32(&f->control->viewer_pid) != 0 || !f->waiting) {
        if (!fb__wish_owner_alive(f)) {
            fb__wish_take_back(f);
        }
    }
    return f->waiting || fb__wish_stands(&f->wish);
}

// Stands still until the wish changes. Between two polls also ends when a
// census can be written: a stopped program still says what lives in it.
static void stand(struct fb_trace_writer *w, bool between_polls) {
    struct fb_trace_writer *f = w->first;
    struct fb_trace_control *c = w->control;
    uint64_t start = fb__now_ns();
    uint64_t ns;

    f->beat_since_ns = start;
    if (f->stood_ns == 0) {
        f->stood_from_ns = w->now_ns;
    }
    atomic_store_explicit(&c->stopped_after, newest(w), memory_order_relaxed);
    // Release: who sees `stopped` sees after which event.
    atomic_store_explicit(&c->stopped, 1, memory_order_release);
    while (stand_on(f) &&
           !(between_polls && f->enabled && census_is_asked(f))) {
        sleep_for_wish(f, LOOK_NS);
        (void)fb__wish_adopt(f);
        if (between_polls) {
            fb__wish_answer(f);
        }
        if (fb__wish_stands(
                &f->wish)) { // a refusal ends the step that was heard
            atomic_store_explicit(&c->stopped, 1, memory_order_release);
        }
    }
    ns = fb__now_ns() - start;
    f->stood_ns += ns ? ns : 1;
    stood(f, ns);
    fb__wish_arm(f);
    if (!f->waiting && !fb__wish_stands(&f->wish)) {
        // Not for a census: after it the program stands on.
        atomic_store_explicit(&c->stopped, 0, memory_order_release);
    }
}

// Slow motion: waits before the next event, unless the wish changes. The time
// counts as stood still, so that deadlines slow down with everything else.
static void dawdle(struct fb_trace_writer *f) {
    uint64_t start = fb__now_ns();
    uint64_t now = start;
    uint64_t delay = f->wish.delay_ns;

    while (now - start < delay) {
        sleep_for_wish(f, delay - (now - start));
        now = fb__now_ns();
        if (fb__wish_adopt(f)) {
            break;
        }
        if (!fb__wish_owner_alive(f) || asked_to_give_up(f)) {
            fb__wish_take_back(f);
            break;
        }
    }
    stood(f, now - start);
}

// ---- after an event --------------------------------------------------------

// Whether two entries of the table lie in the same file. The viewer's number
// may be anything.
static bool same_file(const struct fb_trace_writer *w, uint32_t one,
                      uint32_t other) {
    const struct fb_trace_header *h = w->header;
    const struct fb_trace_entry *entries =
        (const void *)((const char *)h + h->table_offset);
    const char *strings = (const char *)h + h->strings_offset;
    const uint32_t count =
        atomic_load_explicit(&h->table_count, memory_order_acquire);

    return one != 0 && one < count && other < count &&
           strcmp(strings + entries[one].file, strings + entries[other].file) ==
               0;
}

static bool breaks(struct fb_trace_writer *w, const struct fb_event *event) {
    const struct fb_trace_wish *wish = &w->first->wish;
    const struct fb_trace_break one = {.kinds = wish->break_kinds,
                                       .task = wish->break_task};

    if (fb_trace_event_meets(event, &one)) {
        return true;
    }
    for (uint32_t i = 0; i < wish->break_count; i++) {
        if (fb_trace_event_meets(event, &wish->breaks[i]) &&
            (wish->breaks[i].line == 0 ||
             same_file(w, event->enter.parent_type, wish->breaks[i].place))) {
            return true;
        }
    }
    return false;
}

void fb_trace_attend(struct fb_trace_writer *w, const struct fb_event *event) {
    struct fb_trace_writer *f = w->first;
    struct fb_trace_wish *wish = &f->wish;
    const uint32_t moving = f->moving;

    if (w->head >= w->room) {
        fb__recorder_wait(w);
        w->attention = w->attention == 0 ? 0 : w->room;
    }
    if (w->attention != 0) {
        return; // that was all
    }
    (void)fb__wish_adopt(f);
    // A new move counts from the next event on: this one was there before it.
    if (f->moving != moving || event->flags & FB_EV_FLAG_CENSUS) {
        return;
    }
    if (breaks(w, event) ||
        // A choice's step begins where it is answered.
        (wish->mode == FB_CONTROL_STOP && !f->choice_asked &&
         fb_trace_event_ends(event, (enum fb_control_step)wish->step,
                             wish->step_task))) {
        wish->mode = FB_CONTROL_STOP;
        wish->step = FB_STEP_NONE;
        stand(w, false);
    } else if (wish->mode == FB_CONTROL_SLOW) {
        dawdle(f);
    }
}

// ---- between two polls -----------------------------------------------------

// A free run goes on after a stop: says so once, not after each step. Written
// without attention: it must not end a step or meet a break itself.
static void resume_note(struct fb_trace_writer *w) {
    struct fb_trace_writer *f = w->first;

    if (f->stood_ns == 0 || f->wish.mode == FB_CONTROL_STOP) {
        return;
    }
    // A virtual clock's trace is the same each time, watched or not.
    if (w->enabled && !(w->header->flags & FB_TRACE_VIRTUAL_CLOCK)) {
        struct fb_event *event = fb_trace_next(w, FB_EV_CLOCK, 0);

        event->detail = FB_CLOCK_RESUMED;
        event->clock.from_ns = f->stood_from_ns;
        event->clock.to_ns = f->stood_from_ns + f->stood_ns;
        fb__trace_publish(w, w->head);
    }
    f->stood_ns = 0;
    fb__wish_arm(f);
}

// Switched on again, the world has moved on unseen: only a census helps.
static void refresh_enabled(struct fb_trace_writer *f) {
    uint32_t word = fb__load32(&f->control->enabled);
    bool enabled = word != 0;

    atomic_store_explicit(&f->enabled_seen, word, memory_order_relaxed);
    if (enabled == f->enabled) {
        return;
    }
    f->census_forced |= enabled;
    for (struct fb_trace_writer *w = f; w; w = w->next) {
        w->enabled = enabled;
    }
    fb__wish_arm(f);
}

static bool census_is_wanted(const struct fb_trace_writer *w) {
    return w->enabled &&
           (w->first->census_forced ||
            w->head >=
                atomic_load_explicit(&w->census_due, memory_order_relaxed) ||
            w->first->census_asking != fb__load32(&w->first->census_answered));
}

// Takes the newest request for a census, and makes room for a recorder. In this
// order: who asks has registered before, and may rely on the answer; so one
// that comes a moment later gets the next census, never this one.
static void hear_recorder(struct fb_trace_writer *f) {
    // Acquire: pairs with fb_trace_census_ask. Who is asked sees who asks.
    f->census_asking =
        atomic_load_explicit(&f->control->census_wanted, memory_order_acquire);
    // Asked for a census: maybe one that was here before is back.
    if (fb__load32(&f->control->recorder_pid) != f->recorder_seen ||
        f->census_asking != fb__load32(&f->census_answered)) {
        fb__recorder_refresh(f);
        fb__wish_arm(f);
    }
}

// Out of line, so that the common case below is a handful of instructions.
static __attribute__((noinline)) bool look_around(struct fb_trace_writer *w) {
    struct fb_trace_writer *f = w->first;

    (void)fb__wish_adopt(f);
    fb__wish_answer(f);
    refresh_enabled(f);
    hear_recorder(f);
    if (f->waiting || fb__wish_stands(&f->wish)) {
        if (!(f->enabled && census_is_asked(f))) {
            stand(w, true);
        }
        refresh_enabled(f); // it may have been thrown meanwhile
        hear_recorder(f);   // and somebody may have come
    } else {
        atomic_store_explicit(&w->control->stopped, 0, memory_order_release);
    }
    resume_note(w);
    return census_is_wanted(w);
}

bool fb_trace_check(struct fb_trace_writer *w) {
    return fb_trace_wanted(w) && look_around(w);
}

void fb_trace_census_done(struct fb_trace_writer *w, uint64_t begin) {
    struct fb_trace_writer *f = w->first;
    uint64_t capacity = w->mask + 1;
    uint64_t events = w->head >= begin ? w->head - begin + 1 : 0;
    // Half a ring later the next one starts; it has a quarter of the ring to
    // end in, and a quarter is in hand for the poll that was under way. One
    // that is too long for that would take the ring for itself: it is written
    // when asked, and tried again so seldom that it costs an eighth.
    uint64_t until = events <= capacity / 4 ? capacity / 2 : 8 * events;

    // The other rings were given nothing since it began.
    for (struct fb_trace_writer *v = f; v; v = v->next) {
        atomic_store_explicit(&v->census_due,
                              (v == w ? begin : v->head + 1) + until,
                              memory_order_relaxed);
    }
    f->census_forced = false;
    fb__wish_arm(f);
    atomic_store_explicit(&f->census_answered, f->census_asking,
                          memory_order_relaxed);
    // Release: who sees the answer sees the census.
    atomic_store_explicit(&w->control->census_done, f->census_asking,
                          memory_order_release);
}
