// Problem: a viewer wants to run, slow, stop and step another process, through
// memory that both may write and that either may leave at any moment.
//
// Idea: the page has one owner at a time, by compare-exchange of process ids.
// A wish is several words; `sequence` is odd while they are written, so that
// the executor takes all of them or none. Then the futex word and the bell wake
// it, wherever it sleeps.
//
// Invariants: no wish is written by one who does not own the page. Asking for a
// census and the off switch are single words and need no owner.
#include "fishbowl/trace/reader.h"
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static uint32_t own_pid(void) {
    return (uint32_t)getpid();
}

// Wakes an executor that is parked in its reactor.
static void bell_ring(const struct fb_trace_reader *r) {
    // For reading too: then a program that ends just now cannot make this
    // write raise SIGPIPE.
    int fd = open(r->bell_path, O_RDWR | O_NONBLOCK | O_NOFOLLOW | O_CLOEXEC);
    struct stat st;

    if (fd < 0) {
        return;
    }
    if (fstat(fd, &st) == 0 && S_ISFIFO(st.st_mode)) {
        // A full bell has been rung enough.
        if (write(fd, "!", 1) < 0) {
            errno = 0;
        }
    }
    (void)close(fd);
}

// Wakes it wherever it sleeps: standing still, or parked.
static void rouse(struct fb_trace_reader *r) {
    fb__wake(&r->control->sequence);
    bell_ring(r);
}

bool fb_trace_control_mine(const struct fb_trace_reader *r) {
    return r->control &&
           atomic_load_explicit(&r->control->viewer_pid,
                                memory_order_acquire) == own_pid();
}

// Opens the wish for writing; false if it is not ours to write.
static bool wish_begin(struct fb_trace_reader *r) {
    uint32_t sequence;

    if (!fb_trace_control_mine(r)) {
        return false;
    }
    sequence =
        atomic_load_explicit(&r->control->sequence, memory_order_relaxed);
    // `| 1`: one who died while writing left it odd.
    atomic_store_explicit(&r->control->sequence, sequence | 1,
                          memory_order_relaxed);
    // Pairs with the executor's fence after it copied the wish.
    atomic_thread_fence(memory_order_release);
    return true;
}

static void wish_end(struct fb_trace_reader *r) {
    fb_trace_control_beat(r);
    // Release: who sees the even number sees the wish. Pairs with the
    // executor's acquire load.
    atomic_fetch_add_explicit(&r->control->sequence, 1, memory_order_release);
    rouse(r);
}

// The count tells a move that is asked for from one that was made: other wishes
// leave these words as they are.
static void put_move(struct fb_trace_control *c, enum fb_control_mode mode,
                     enum fb_control_step step, uint32_t task) {
    atomic_store_explicit(&c->mode, mode, memory_order_relaxed);
    atomic_store_explicit(&c->step, step, memory_order_relaxed);
    atomic_store_explicit(&c->step_task, task, memory_order_relaxed);
    atomic_fetch_add_explicit(&c->move_wanted, 1, memory_order_relaxed);
}

static void wish_mode(struct fb_trace_reader *r, enum fb_control_mode mode,
                      enum fb_control_step step, uint32_t task,
                      uint64_t delay_ns) {
    struct fb_trace_control *c = r->control;

    if (!wish_begin(r)) {
        return;
    }
    put_move(c, mode, step, task);
    atomic_store_explicit(&c->delay_ns, delay_ns, memory_order_relaxed);
    wish_end(r);
}

void fb_trace_control_beat(struct fb_trace_reader *r) {
    if (fb_trace_control_mine(r)) {
        atomic_store_explicit(&r->control->beat_ns, fb__now_ns(),
                              memory_order_relaxed);
    }
}

void fb_trace_control_run(struct fb_trace_reader *r) {
    wish_mode(r, FB_CONTROL_RUN, FB_STEP_NONE, 0, 0);
}

void fb_trace_control_stop(struct fb_trace_reader *r) {
    wish_mode(r, FB_CONTROL_STOP, FB_STEP_NONE, 0, 0);
}

void fb_trace_control_step(struct fb_trace_reader *r, enum fb_control_step step,
                           uint32_t task) {
    wish_mode(r, FB_CONTROL_STOP, step, task, 0);
}

void fb_trace_control_slow(struct fb_trace_reader *r, uint64_t delay_ns) {
    wish_mode(r, FB_CONTROL_SLOW, FB_STEP_NONE, 0, delay_ns);
}

void fb_trace_control_break(struct fb_trace_reader *r, uint64_t kinds,
                            uint32_t task) {
    if (!wish_begin(r)) {
        return;
    }
    atomic_store_explicit(&r->control->break_kinds, kinds,
                          memory_order_relaxed);
    atomic_store_explicit(&r->control->break_task, task, memory_order_relaxed);
    wish_end(r);
}

uint32_t fb_trace_control_choose(struct fb_trace_reader *r, uint32_t task,
                                 enum fb_control_step step) {
    struct fb_trace_control *c = r->control;
    uint32_t token;

    if (!wish_begin(r)) {
        return 0;
    }
    token = atomic_load_explicit(&c->choose_wanted, memory_order_relaxed) + 1;
    token += token == 0; // the count goes round, and 0 means none
    atomic_store_explicit(&c->choose_task, task, memory_order_relaxed);
    atomic_store_explicit(&c->choose_wanted, token, memory_order_relaxed);
    put_move(c, FB_CONTROL_STOP, step, task);
    wish_end(r);
    return token;
}

bool fb_trace_control_chosen(const struct fb_trace_reader *r, uint32_t token,
                             enum fb_choice_answer *ret_answer) {
    uint32_t what;

    // Acquire: pairs with the release of whoever answered.
    if (!r->control || atomic_load_explicit(&r->control->choose_done,
                                            memory_order_acquire) != token) {
        return false;
    }
    what =
        atomic_load_explicit(&r->control->choose_answer, memory_order_relaxed);
    *ret_answer = what < FB_CHOICE_ANSWERS ? (enum fb_choice_answer)what
                                           : FB_CHOICE_UNABLE;
    return true;
}

void fb_trace_control_breaks(struct fb_trace_reader *r,
                             const struct fb_trace_break *breaks,
                             size_t count) {
    static const struct fb_trace_break none;

    if (!wish_begin(r)) {
        return;
    }
    for (size_t i = 0; i < FB_CONTROL_BREAKS; i++) {
        const struct fb_trace_break *b = i < count ? &breaks[i] : &none;

        atomic_store_explicit(&r->control->breaks[i].kinds, b->kinds,
                              memory_order_relaxed);
        atomic_store_explicit(&r->control->breaks[i].task, b->task,
                              memory_order_relaxed);
        atomic_store_explicit(&r->control->breaks[i].line, b->line,
                              memory_order_relaxed);
        atomic_store_explicit(&r->control->breaks[i].place, b->place,
                              memory_order_relaxed);
    }
    wish_end(r);
}

void fb_trace_control_enable(struct fb_trace_reader *r, bool on) {
    if (!r->control) {
        return;
    }
    atomic_store_explicit(&r->control->enabled, on, memory_order_relaxed);
    rouse(r);
}

// Whether the owner may be replaced: its process is gone, or it has not beaten
// for so long that the executor would not wait for it either.
static bool owner_is_gone(const struct fb_trace_control *c, uint32_t owner) {
    uint64_t beat = atomic_load_explicit(&c->beat_ns, memory_order_relaxed);
    uint64_t now = fb__now_ns();

    return !fb__pid_alive(owner) ||
           (now > beat && now - beat > FB_CONTROL_BEAT_LIMIT_NS);
}

int fb_trace_control_claim(struct fb_trace_reader *r) {
    uint32_t owner;

    if (!r->control) {
        return -ENOTSUP;
    }
    owner = atomic_load_explicit(&r->control->viewer_pid, memory_order_acquire);
    if (owner != own_pid()) {
        if (owner != 0 && !owner_is_gone(r->control, owner)) {
            return -EBUSY;
        }
        // Acquire: pairs with the release of whoever left the page.
        if (!atomic_compare_exchange_strong_explicit(
                &r->control->viewer_pid, &owner, own_pid(),
                memory_order_acq_rel, memory_order_relaxed)) {
            return -EBUSY; // another one was faster
        }
        if (owner != 0) { // nobody has cleaned up behind it
            fb_trace_control_break(r, 0, 0);
            fb_trace_control_breaks(r, NULL, 0);
        }
    }
    fb_trace_control_beat(r);
    return 0;
}

void fb_trace_control_release(struct fb_trace_reader *r) {
    uint32_t owner = own_pid();

    if (!fb_trace_control_mine(r)) {
        return;
    }
    fb_trace_control_break(r, 0, 0);
    fb_trace_control_breaks(r, NULL, 0);
    fb_trace_control_run(r);
    (void)atomic_compare_exchange_strong_explicit(
        &r->control->viewer_pid, &owner, 0, memory_order_release,
        memory_order_relaxed);
}

bool fb_trace_control_stopped(const struct fb_trace_reader *r,
                              uint64_t *ret_after) {
    // Acquire: pairs with the executor's release store of `stopped`.
    if (!r->control ||
        !atomic_load_explicit(&r->control->stopped, memory_order_acquire)) {
        return false;
    }
    *ret_after =
        atomic_load_explicit(&r->control->stopped_after, memory_order_relaxed);
    return true;
}

uint32_t fb_trace_census_ask(struct fb_trace_reader *r) {
    uint32_t token;

    if (!r->control) {
        return 0;
    }
    // Release: who hears this sees the recorder that was registered before it.
    token = atomic_fetch_add_explicit(&r->control->census_wanted, 1,
                                      memory_order_release) +
            1;
    rouse(r);
    return token;
}

bool fb_trace_census_answered(const struct fb_trace_reader *r, uint32_t token) {
    // Acquire: pairs with fb_trace_census_done. The difference is right even
    // when the count wraps around.
    return r->control &&
           (int32_t)(atomic_load_explicit(&r->control->census_done,
                                          memory_order_acquire) -
                     token) >= 0;
}
