// Problem: what a viewer wants comes through words that it may write at any
// moment, in any order, or leave half written by dying.
// Idea: the wish is copied whole, when its sequence is even and has changed, and
// obeyed as a copy. Of the copy's mode and step the program itself says how far
// they are: a step that is over, a break that was met. So these are taken from
// the page only when they were asked for anew.
// Invariants: a wish is adopted once; a choice is answered once, between two
// polls; whoever owns the page next finds nothing of an owner that is gone.
// Concurrency: as in stop.c, which obeys.
#include "fishbowl/trace/writer.h"
#include "internal.h"

bool fb__wish_stands(const struct fb_trace_wish *wish) {
    return wish->mode == FB_CONTROL_STOP && wish->step == FB_STEP_NONE;
}

void fb__wish_arm(struct fb_trace_writer *f) {
    const struct fb_trace_wish *wish = &f->wish;
    bool each_event =
        (wish->mode == FB_CONTROL_STOP && wish->step != FB_STEP_NONE) ||
        (wish->mode == FB_CONTROL_SLOW && wish->delay_ns > 0) ||
        wish->break_kinds != 0 || wish->break_task != 0 ||
        wish->break_count != 0;

    for (struct fb_trace_writer *w = f; w; w = w->next) {
        w->attention = each_event ? 0 : w->room;
    }
    atomic_store_explicit(
        &f->must_look,
        f->waiting || (f->census_forced && f->enabled) ||
            fb__wish_stands(wish) || f->choice_asked ||
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
            .task = fb__load32(&c->breaks[i].task),
            .line = fb__load32(&c->breaks[i].line),
            .place = fb__load32(&c->breaks[i].place),
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

bool fb__wish_adopt(struct fb_trace_writer *f) {
    struct fb_trace_control *c = f->control;
    // Pairs with the owner's release store after the wish was written.
    uint32_t sequence =
        atomic_load_explicit(&c->sequence, memory_order_acquire);
    struct fb_trace_wish wish;
    uint32_t moving, wanted, chosen;
    bool moved;

    if (sequence == fb__load32(&f->sequence_seen) || (sequence & 1)) {
        return false;
    }
    wish.mode = fb__load32(&c->mode);
    wish.step = fb__load32(&c->step);
    wish.step_task = fb__load32(&c->step_task);
    wish.break_task = fb__load32(&c->break_task);
    wish.delay_ns = atomic_load_explicit(&c->delay_ns, memory_order_relaxed);
    wish.break_kinds =
        atomic_load_explicit(&c->break_kinds, memory_order_relaxed);
    moving = fb__load32(&c->move_wanted);
    wanted = fb__load32(&c->choose_wanted);
    chosen = fb__load32(&c->choose_task);
    wish.break_count = copy_breaks(c, wish.breaks);
    // Pairs with the fence after the owner made the sequence odd.
    atomic_thread_fence(memory_order_acquire);
    if (fb__load32(&c->sequence) != sequence) {
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
    if (f->waiting && moved && !fb__wish_stands(&wish)) {
        f->waiting = false;
        atomic_store_explicit(&c->wait_viewer, 0, memory_order_relaxed);
    }
    fb__wish_arm(f);
    if (!f->waiting && !fb__wish_stands(&wish)) {
        // Before it is said that the wish is heard: who sees that must not take
        // the stop before it for the one after it.
        atomic_store_explicit(&c->stopped, 0, memory_order_relaxed);
    }
    atomic_store_explicit(&c->sequence_seen, sequence, memory_order_release);
    return true;
}

// ---- a choice ----

static void answer(struct fb_trace_writer *f, uint32_t what) {
    struct fb_trace_control *c = f->control;

    f->choice_asked = false;
    atomic_store_explicit(&c->choose_answer, what, memory_order_relaxed);
    // Release: who sees which one is answered sees the answer.
    atomic_store_explicit(&c->choose_done, f->choosing, memory_order_release);
}

void fb__wish_answer(struct fb_trace_writer *f) {
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
    fb__wish_arm(f);
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

// ---- who made it ----

// Its beats are compared with each other and timed here, so a wrong clock on the
// page holds nobody.
bool fb__wish_owner_alive(struct fb_trace_writer *f) {
    struct fb_trace_control *c = f->control;
    uint64_t beat = atomic_load_explicit(&c->beat_ns, memory_order_relaxed);
    uint64_t now = fb__now_ns();

    if (beat != f->beat_seen) {
        f->beat_seen = beat;
        f->beat_since_ns = now;
    }
    return fb__pid_alive(fb__load32(&c->viewer_pid)) &&
           now - f->beat_since_ns <= FB_CONTROL_BEAT_LIMIT_NS;
}

// The owner is gone: takes its place, undoes its wishes, and only then frees
// the page, so that a new owner's wish is never undone. If someone claimed the
// page just now, it is theirs.
void fb__wish_take_back(struct fb_trace_writer *f) {
    struct fb_trace_control *c = f->control;
    uint32_t owner = fb__load32(&c->viewer_pid);

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
    fb__wish_arm(f);
    // Release: whoever claims the page next finds it clean.
    atomic_store_explicit(&c->viewer_pid, 0, memory_order_release);
}
