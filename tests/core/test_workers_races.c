// Two workers at the same thing at the same moment, without a trace: it would
// bracket the steps of tasks' lives, and hide what happens between two of them.
//
// Polls never assert, and never wait for ever: they leave what they saw where
// the test looks.
#include "probe.h"

#include <errno.h>
#include <sched.h>

enum { PATIENCE = 20000000 }; // looks at a flag

static bool await_at_least(_Atomic int *number, int least) {
    for (int i = 0; i < PATIENCE; i++) {
        if (atomic_load(number) >= least) {
            return true;
        }
        if (i % 64 == 0) {
            sched_yield();
        }
    }
    return false;
}

// ---- a future that is a function ----

struct act {
    struct fb_future future;
    int out;
    enum fb_poll (*act)(struct act *self, struct fb_context *cx);
    void *arg;
};

static enum fb_poll act_poll(struct fb_future *future, struct fb_context *cx) {
    struct act *self = fb_container_of(future, struct act, future);

    return self->act(self, cx);
}

static struct fb_type act_type = FB_TYPE(act, .poll = act_poll);

static struct act act(enum fb_poll (*poll)(struct act *, struct fb_context *),
                      void *arg) {
    return (struct act){.future.type = &act_type, .act = poll, .arg = arg};
}

// ---- a scope is dropped just as its member's poll ends ----

enum { GAMES = 1000, KNOCKS = 5000000 };

struct game {
    struct fb_waker member; // given by the member's first poll
    _Atomic int ready, over, knocks, ended;
};

static enum fb_poll member_poll(struct act *self, struct fb_context *cx) {
    struct game *g = self->arg;

    if (atomic_load(&g->ready) == 0) {
        g->member = fb_waker_clone(cx->waker);
        atomic_store(&g->ready, 1);
    }
    return FB_PENDING;
}

// Keeps one worker busy for as long as the game lasts: it wakes the member and
// itself, so the member is polled there, time after time, and this worker never
// looks into the other one's queue.
static enum fb_poll knocker_poll(struct act *self, struct fb_context *cx) {
    struct game *g = self->arg;

    if (atomic_load(&g->over) != 0 ||
        atomic_fetch_add(&g->knocks, 1) == KNOCKS) {
        fb_waker_drop(&g->member);
        atomic_store(&g->ended, 1);
        return FB_READY;
    }
    fb_waker_wake_by_ref(&g->member);
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

struct owner {
    struct fb_future future;
    int out;
    struct game game;
    struct act body;
    struct fb_scope scope;
};

static enum fb_poll open_game(struct act *self, struct fb_context *cx) {
    struct owner *o = self->arg;

    (void)cx;
    self->out = FB_SCOPE_SPAWN(&o->scope, act(member_poll, &o->game));
    return FB_READY;
}

static int begin_game(struct owner *self, struct fb_context *cx) {
    struct game *g = &self->game;

    *g = (struct game){.ready = 0};
    self->body = act(open_game, self);
    self->scope = fb_scope(&self->body.future);
    if (fb_future_poll(&self->scope.future, cx) == FB_READY) {
        return -EPROTO;
    }
    // The other worker has polled the member, and then gets the knocker.
    if (!await_at_least(&g->ready, 1)) {
        return -ETIME;
    }
    return FB_SPAWN(cx->runtime, act(knocker_poll, g), NULL);
}

static enum fb_poll owner_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct owner *self = fb_container_of(future, struct owner, future);
    struct game *g = &self->game;

    for (int i = 0; i < GAMES && self->out == 0; i++) {
        self->out = begin_game(self, cx);
        if (self->out == 0 && !await_at_least(&g->knocks, 20 + i % 16)) {
            self->out = -ETIME;
        }
        fb_future_drop(&self->scope.future);
        if (atomic_load(&g->knocks) > KNOCKS) {
            self->out = -EDEADLK; // it waited for the knocker's end
        }
        atomic_store(&g->over, 1);
        if (self->out == 0 && !await_at_least(&g->ended, 1)) {
            self->out = -ETIME;
        }
    }
    return FB_READY;
}

static void owner_visit(struct fb_future *future, fb_visit_fn *visit,
                        void *arg) {
    visit(&fb_container_of(future, struct owner, future)->scope.future, arg);
}

static struct fb_type owner_type =
    FB_TYPE(owner, .poll = owner_poll, .visit = owner_visit);

// Whoever finds the member in its poll asks it to end; if the poll has ended
// meanwhile, nobody but the one who asked may be free to see to it.
static void a_scope_that_goes_waits_for_no_one_but_a_poll(void **state) {
    struct world *w = *state;
    struct owner o = {.future.type = &owner_type};

    world_begin_untraced(w, 2);
    assert_int_equal(fb_block_on(w->rt, &o.future), 0);
    assert_int_equal(o.out, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_scope_that_goes_waits_for_no_one_but_a_poll),
    };

    return cmocka_run_group_tests_name("workers_races", tests, NULL, NULL);
}
