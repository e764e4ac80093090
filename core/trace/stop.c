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
// Concurrency: this is an executor's thread, and the program keeps the others
// between two polls: so the state, which lies in the first writer (`f`) for all
// of them, has no lock, and what events need of it is set in every writer. The
// wish is read under a sequence lock (odd: being written); everything else on
// the page is one atomic word.
#include "fishbowl/trace/writer.h"
#include "internal.h"

#include <string.h>

#define LOOK_NS 100000000ull // how often a standing program looks for life

static uint32_t load32(const _Atomic uint32_t *word) {
    return atomic_load_explicit(word, memory_order_relaxed);
}

// ---- the wish --------------------------------------------------------------

static bool wants_stand(const struct fb_trace_wish *wish) {
    return wish->mode == FB_CONTROL_STOP && wish->step == FB_STEP_NONE;
}

// Derives what the fast paths test. Called after each change of the wish.
static void wish_arm(struct fb_trace_writer *f) {
    const struct fb_trace_wish *wish = &f->wish;
    bool each_event =
        (wish->mode == FB_CONTROL_STOP && wish->step != FB_STEP_NONE) ||
        (wish->mode == FB_CONTROL_SLOW && wish->delay_ns > 0) ||
        wish->break_kinds != 0 || wish->break_task != 0 ||
        wish->break_count != 0;

    for (struct fb_trace_writer *w = f; w; w = w->next) {
        w->attention = each_event ? 0 : UINT64_MAX;
    }
    atomic_store_explicit(
        &f->must_look,
        f->waiting || (f->census_forced && f->enabled) || wants_stand(wish) ||
            f->choice_asked ||
            (f->stood_ns > 0 && wish->mode != FB_CONTROL_STOP),
        memory_order_relaxed);
}

// The breaks that name something, without the empty ones between them.
static uint32_t copy_breaks(struct fb_trace_control *c,
                            struct fb_trace_break *breaks) {
    uint32_t count = 0;

    for (int i = 0; i < FB_CONTROL_BREAKS; i++) {
        const struct fb_trace_break b = {
            .kinds =
                atomic_load_explicit(&c->breaks[i].kinds, memory_order_relaxed),
            .task = load32(&c->breaks[i].task),
            .line = load32(&c->breaks[i].line),
            .place = load32(&c->breaks[i].place),
        };

        if (b.kinds || b.task || b.line) {
            breaks[count++] = b;
        }
    }
    return count;
}

// What was made of the page's mode and step since they were asked for (the step
// is over, a break was met) is newer than they are.
static void keep_move(struct fb_trace_wish *wish,
                      const struct fb_trace_wish *before) {
    wish->mode = before->mode;
    wish->step = before->step;
    wish->step_task = before->step_task;
    wish->delay_ns = before->delay_ns;
}

// Copies the wish if there is a new whole one.
static bool wish_adopt(struct fb_trace_writer *f) {
    struct fb_trace_control *c = f->control;
    // Pairs with the owner's release store after the wish was written.
    uint32_t sequence =
        atomic_load_explicit(&c->sequence, memory_order_acquire);
    struct fb_trace_wish wish;
    uint32_t moving, wanted, chosen;
    bool moved;

    if (sequence == load32(&f->sequence_seen) || (sequence & 1)) {
        return false;
    }
    wish.mode = load32(&c->mode);
    wish.step = load32(&c->step);
    wish.step_task = load32(&c->step_task);
    wish.break_task = load32(&c->break_task);
    wish.delay_ns = atomic_load_explicit(&c->delay_ns, memory_order_relaxed);
    wish.break_kinds =
        atomic_load_explicit(&c->break_kinds, memory_order_relaxed);
    moving = load32(&c->move_wanted);
    wanted = load32(&c->choose_wanted);
    chosen = load32(&c->choose_task);
    wish.break_count = copy_breaks(c, wish.breaks);
    // Pairs with the fence after the owner made the sequence odd.
    atomic_thread_fence(memory_order_acquire);
    if (load32(&c->sequence) != sequence) {
        return false; // it was being written: it will be there in a moment
    }
    moved = moving != f->moving;
    if (!moved) {
        keep_move(&wish, &f->wish);
    }
    f->moving = moving;
    if (wanted != f->choosing) {
        f->choosing = wanted;
        f->choose_task = chosen;
        f->choice_asked = true;
    }
    if (wish.mode > FB_CONTROL_SLOW || wish.step > FB_STEP_TURN) {
        wish = (struct fb_trace_wish){.mode = FB_CONTROL_RUN};
    }
    f->wish = wish;
    atomic_store_explicit(&f->sequence_seen, sequence, memory_order_relaxed);
    f->beat_since_ns = fb__now_ns(); // whoever wrote this lives
    if (f->waiting && moved && !wants_stand(&wish)) {
        f->waiting = false;
        atomic_store_explicit(&c->wait_viewer, 0, memory_order_relaxed);
    }
    wish_arm(f);
    if (!f->waiting && !wants_stand(&wish)) {
        // Before it is said that the wish is heard: who sees that must not take
        // the stop before it for the one after it.
        atomic_store_explicit(&c->stopped, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&c->sequence_seen, sequence, memory_order_release);
    return true;
}

// ---- a choice --------------------------------------------------------------

static void answer(struct fb_trace_writer *f, uint32_t what) {
    struct fb_trace_control *c = f->control;

    f->choice_asked = false;
    atomic_store_explicit(&c->choose_answer, what, memory_order_relaxed);
    // Release: who sees which one is answered sees the answer.
    atomic_store_explicit(&c->choose_done, f->choosing, memory_order_release);
}

// Between two polls: only then it is known who is in the run queue.
static void answer_choice(struct fb_trace_writer *f) {
    uint32_t what;

    if (!f->choice_asked) {
        return;
    }
    what = f->choose ? f->choose(f->choose_arg, f->choose_task)
                     : (uint32_t)FB_CHOICE_UNABLE;
    if (what > FB_CHOICE_TAKEN && f->wish.mode == FB_CONTROL_STOP) {
        f->wish.step = FB_STEP_NONE; // not a step with somebody else
    }
    answer(f, what);
    wish_arm(f);
}

// Who made it is gone.
static void forget_choice(struct fb_trace_writer *f) {
    if (f->choose) {
        (void)f->choose(f->choose_arg, 0);
    }
    if (f->choice_asked) {
        answer(f, FB_CHOICE_NONE);
    }
}

// Whether the owner has shown life lately. Its beats are compared with each
// other and timed here, so a wrong clock on the page holds nobody.
static bool owner_alive(struct fb_trace_writer *f) {
    struct fb_trace_control *c = f->control;
    uint64_t beat = atomic_load_explicit(&c->beat_ns, memory_order_relaxed);
    uint64_t now = fb__now_ns();

    if (beat != f->beat_seen) {
        f->beat_seen = beat;
        f->beat_since_ns = now;
    }
    return fb__pid_alive(load32(&c->viewer_pid)) &&
           now - f->beat_since_ns <= FB_CONTROL_BEAT_LIMIT_NS;
}

// The owner is gone: takes its place, undoes its wishes, and only then frees
// the page, so that a new owner's wish is never undone. If someone claimed the
// page just now, it is theirs.
static void take_back(struct fb_trace_writer *f) {
    struct fb_trace_control *c = f->control;
    uint32_t owner = load32(&c->viewer_pid);

    if (!atomic_compare_exchange_strong_explicit(
            &c->viewer_pid, &owner, f->header->pid, memory_order_acquire,
            memory_order_relaxed)) {
        return;
    }
    atomic_store_explicit(&c->mode, FB_CONTROL_RUN, memory_order_relaxed);
    atomic_store_explicit(&c->step, FB_STEP_NONE, memory_order_relaxed);
    atomic_store_explicit(&c->break_kinds, 0, memory_order_relaxed);
    atomic_store_explicit(&c->break_task, 0, memory_order_relaxed);
    for (int i = 0; i < FB_CONTROL_BREAKS; i++) {
        atomic_store_explicit(&c->breaks[i].kinds, 0, memory_order_relaxed);
        atomic_store_explicit(&c->breaks[i].task, 0, memory_order_relaxed);
        atomic_store_explicit(&c->breaks[i].line, 0, memory_order_relaxed);
    }
    f->wish = (struct fb_trace_wish){.mode = FB_CONTROL_RUN};
    forget_choice(f);
    wish_arm(f);
    // Release: whoever claims the page next finds it clean.
    atomic_store_explicit(&c->viewer_pid, 0, memory_order_release);
}

// ---- standing still --------------------------------------------------------

static bool census_is_asked(const struct fb_trace_writer *f) {
    return load32(&f->control->census_wanted) != load32(&f->census_answered);
}

static bool asked_to_give_up(const struct fb_trace_writer *f) {
    return f->give_up && f->give_up(f->give_up_arg);
}

// Sleeps until there is something to look at; at most `limit_ns`.
static void sleep_for_wish(struct fb_trace_writer *f, uint64_t limit_ns) {
    uint32_t sequence = load32(&f->control->sequence);

    if (sequence == load32(&f->sequence_seen) || (sequence & 1)) {
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
    if (!f->waiting && !wants_stand(&f->wish)) {
        return false;
    }
    if (asked_to_give_up(f)) {
        f->waiting = false;
        atomic_store_explicit(&f->control->wait_viewer, 0,
                              memory_order_relaxed);
        take_back(f);
        f->wish = (struct fb_trace_wish){.mode = FB_CONTROL_RUN};
        return false;
    }
    if (load32(&f->control->viewer_pid) != 0 || !f->waiting) {
        if (!owner_alive(f)) {
            take_back(f);
        }
    }
    return f->waiting || wants_stand(&f->wish);
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
        (void)wish_adopt(f);
        if (between_polls) {
            answer_choice(f);
        }
        if (wants_stand(&f->wish)) { // a refusal ends the step that was heard
            atomic_store_explicit(&c->stopped, 1, memory_order_release);
        }
    }
    ns = fb__now_ns() - start;
    f->stood_ns += ns ? ns : 1;
    stood(f, ns);
    wish_arm(f);
    if (!f->waiting && !wants_stand(&f->wish)) {
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
        if (wish_adopt(f)) {
            break;
        }
        if (!owner_alive(f) || asked_to_give_up(f)) {
            take_back(f);
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

    (void)wish_adopt(f);
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
    wish_arm(f);
}

// Switched on again, the world has moved on unseen: only a census helps.
static void refresh_enabled(struct fb_trace_writer *f) {
    uint32_t word = load32(&f->control->enabled);
    bool enabled = word != 0;

    atomic_store_explicit(&f->enabled_seen, word, memory_order_relaxed);
    if (enabled == f->enabled) {
        return;
    }
    f->census_forced |= enabled;
    for (struct fb_trace_writer *w = f; w; w = w->next) {
        w->enabled = enabled;
    }
    wish_arm(f);
}

static bool census_is_wanted(const struct fb_trace_writer *w) {
    return w->enabled &&
           (w->first->census_forced ||
            w->head >=
                atomic_load_explicit(&w->census_due, memory_order_relaxed) ||
            census_is_asked(w->first));
}

// Out of line, so that the common case below is a handful of instructions.
static __attribute__((noinline)) bool look_around(struct fb_trace_writer *w) {
    struct fb_trace_writer *f = w->first;

    (void)wish_adopt(f);
    answer_choice(f);
    refresh_enabled(f);
    if (f->waiting || wants_stand(&f->wish)) {
        if (!(f->enabled && census_is_asked(f))) {
            stand(w, true);
        }
        refresh_enabled(f); // it may have been thrown meanwhile
    } else {
        atomic_store_explicit(&w->control->stopped, 0, memory_order_release);
    }
    resume_note(w);
    if (!census_is_wanted(w)) {
        return false;
    }
    f->census_asking = load32(&w->control->census_wanted);
    return true;
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
    wish_arm(f);
    atomic_store_explicit(&f->census_answered, f->census_asking,
                          memory_order_relaxed);
    // Release: who sees the answer sees the census.
    atomic_store_explicit(&w->control->census_done, f->census_asking,
                          memory_order_release);
}
