// Runs of one scenario, each with another fault; see sweep.h.
#include "sweep.h"

#include <errno.h>
#include <string.h>

enum { RUNS_MAX = 2000 }; // a sweep that long would never end

// ---- the fuse: drops what it polls while that waits for the k-th time ----

enum blow { BY_ITS_TASK, BY_THE_END };

struct fuse {
    struct fb_future future;
    int out;
    struct fb_future *inner;
    enum blow blow;
    long suspends, at; // 0: never
    bool blown;        // by the end
};

static enum fb_poll fuse_poll(struct fb_future *future, struct fb_context *cx) {
    struct fuse *self = fb_container_of(future, struct fuse, future);

    if (self->blown) {
        return FB_PENDING; // the run ends after this turn
    }
    if (fb_future_poll(self->inner, cx) == FB_READY) {
        self->out = fb_future_out(self->inner);
        return FB_READY;
    }
    if (++self->suspends != self->at) {
        return FB_PENDING;
    }
    if (self->blow == BY_THE_END) {
        fb_runtime_interrupt(cx->runtime);
        self->blown = true;
        return FB_PENDING;
    }
    self->out = -ECANCELED;
    return FB_READY; // and the drop of this drops the inner one
}

static void fuse_visit(struct fb_future *future, fb_visit_fn *visit,
                       void *arg) {
    visit(fb_container_of(future, struct fuse, future)->inner, arg);
}

static struct fb_type fuse_type =
    FB_TYPE(fuse, .poll = fuse_poll, .visit = fuse_visit);

// ---- one run ----

static int run_in(struct fb_runtime *rt, const struct scenario *s,
                  struct fuse *fuse) {
    struct fb_timeout limit;
    int err;

    fuse->future.type = &fuse_type;
    fuse->inner = s->make(rt);
    limit = fb_timeout(30 * FB_S, &fuse->future); // of the virtual clock
    err = fb_block_on(rt, &limit.future);
    return err < 0 ? err : limit.out;
}

// One whole life of a runtime.
static int run_once(struct world *w, const struct scenario *s,
                    struct fuse *fuse) {
    const struct fb_trace_options trace = {
        .anonymous = true, .program = "sweep", .ring_events = 4096};
    struct fb_runtime_options options = {.virtual_clock = true,
                                         .trace = &w->trace};
    int err;

    assert_int_equal(fb_trace_open(&w->trace, &trace), 0);
    seam.calls = seam.allocations = 0;
    err = fb_runtime_create(&options, &w->rt);
    if (err == 0) {
        err = run_in(w->rt, s, fuse);
        fb_runtime_destroy(w->rt);
        w->rt = NULL;
    }
    world_judge(w, true);
    fb_trace_close(&w->trace, false);
    return err;
}

static void must_be_clean(const struct scenario *s, const char *what,
                          long nth) {
    if (seam.bytes_blocks != 0 || seam.descriptors != 0 ||
        seam.bad_closes != 0 || (s->is_tidy != NULL && !s->is_tidy())) {
        fail_msg("%s, %s %ld: %ld allocations, %ld descriptors are left, or a "
                 "file is",
                 s->name, what, nth, (long)seam.bytes_blocks,
                 (long)seam.descriptors);
    }
}

// ---- the sweeps ----

void sweep_untouched(struct world *w, const struct scenario *s) {
    struct fuse fuse = {.at = 0};
    int err = run_once(w, s, &fuse);

    if (err != 0) {
        fail_msg("%s: without a fault it says %d", s->name, err);
    }
    must_be_clean(s, "untouched", 0);
}

// A fault may be survived, told as it was given, or starve somebody who waits
// for what never comes; and what closes early breaks its peer's pipe.
static bool is_an_answer(int err, int given) {
    static const int others[] = {ETIMEDOUT, EPIPE,     ECONNRESET, ENODATA,
                                 EDEADLK,   ECANCELED, ENOTCONN,   0};

    if (err == 0 || err == -given) {
        return true;
    }
    for (const int *other = others; *other != 0; other++) {
        if (err == -*other) {
            return true;
        }
    }
    return false;
}

static bool is_usual(int err) {
    static const int usual[] = {EMFILE, ENOSPC, EADDRINUSE,  ENOBUFS,
                                EACCES, EAGAIN, ECONNREFUSED};

    for (size_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        if (err == -usual[i]) {
            return true;
        }
    }
    return false;
}

void sweep_allocations(struct world *w, const struct scenario *s) {
    long nth = 0, failures = 0;

    do {
        struct fuse fuse = {.at = 0};
        int err;

        seam.fail_allocation = ++nth;
        err = run_once(w, s, &fuse);
        if (!is_an_answer(err, ENOMEM)) {
            fail_msg("%s, allocation %ld: it says %d", s->name, nth, err);
        }
        failures += err < 0;
        must_be_clean(s, "allocation", nth);
        assert_true(nth < RUNS_MAX);
    } while (seam.allocations >= nth);
    seam.fail_allocation = 0;
    assert_true(failures >= 2); // a runtime alone makes two
}

void sweep_calls(struct world *w, const struct scenario *s, int with_errno) {
    long nth = 0;

    seam.fail_errno = with_errno;
    do {
        struct fuse fuse = {.at = 0};
        int err;

        seam.fail_call = ++nth;
        err = run_once(w, s, &fuse);
        if (!is_an_answer(err, with_errno) &&
            !(with_errno == 0 && is_usual(err))) {
            fail_msg("%s, call %ld with errno %d: it says %d", s->name, nth,
                     with_errno, err);
        }
        must_be_clean(s, "call", nth);
        assert_true(nth < RUNS_MAX);
    } while (seam.calls >= nth);
    seam.fail_call = seam.fail_errno = 0;
    assert_true(nth > 3); // epoll, the door, and the look for events
}

static void sweep_suspends_by(struct world *w, const struct scenario *s,
                              enum blow blow) {
    struct fuse fuse;
    long k = 0;

    do {
        const int said = blow == BY_THE_END ? -EINTR : -ECANCELED;
        int err;

        fuse = (struct fuse){.blow = blow, .at = ++k};
        err = run_once(w, s, &fuse);
        if (err != (fuse.suspends >= k ? said : 0)) {
            fail_msg("%s, suspend %ld: it says %d", s->name, k, err);
        }
        must_be_clean(s, "suspend", k);
        assert_true(k < RUNS_MAX);
    } while (fuse.suspends >= k);
    assert_true(k > 1); // it waits at least once
}

void sweep_suspends(struct world *w, const struct scenario *s) {
    sweep_suspends_by(w, s, BY_ITS_TASK);
    sweep_suspends_by(w, s, BY_THE_END);
}
