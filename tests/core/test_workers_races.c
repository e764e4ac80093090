// Two workers at the same thing at the same moment, without a trace: it would
// bracket the steps of tasks' lives, and hide what happens between two of them.
//
// Polls never assert, and never wait for ever: they leave what they saw where
// the test looks.
#include "probe.h"

#include "fishbowl/udp.h"

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

// ---- a member drops its own scope ----

static enum fb_poll saw(struct act *self, struct fb_context *cx) {
    struct owner *o = self->arg;

    (void)cx;
    (void)await_at_least(&o->game.ready, 1);
    fb_future_drop(&o->scope.future);
    return FB_READY;
}

static enum fb_poll climb_out(struct act *self, struct fb_context *cx) {
    struct owner *o = self->arg;

    (void)cx;
    self->out = FB_SCOPE_SPAWN(&o->scope, act(saw, o));
    return FB_READY;
}

static enum fb_poll sit(struct act *self, struct fb_context *cx) {
    struct owner *o = self->arg;
    enum fb_poll result = fb_future_poll(&o->scope.future, cx);

    atomic_store(&o->game.ready, 1); // from here on it touches nothing
    return result;
}

static void drop_from_inside(void *arg) {
    struct world *w = arg;
    struct owner o = {.out = 0};
    struct act sitter = act(sit, &o);

    o.body = act(climb_out, &o);
    o.scope = fb_scope(&o.body.future);
    assert_int_equal(fb_block_on(w->rt, &sitter.future), -ENOTRECOVERABLE);
}

static void a_member_that_drops_its_own_scope_is_told_so(void **state) {
    struct world *w = *state;

    for (uint32_t workers = 1; workers <= 3; workers++) {
        world_begin_untraced(w, workers);
        expect_death(drop_from_inside, w, "no member drops its own scope");
    }
}

// ---- a source is closed while calls on it go on and on ----

struct post {
    struct fb_udp udp;
    struct fb_addr to;
    _Atomic int inside, refused;
    bool in_vain; // the first call has waited
};

static struct post *post;
static ssize_t (*real_sendto)(int fd, const void *buf, size_t len, int flags,
                              const struct sockaddr *addr, socklen_t addr_len);

// The first call lasts until another one has been refused.
static ssize_t sendto_slowly(int fd, const void *buf, size_t len, int flags,
                             const struct sockaddr *addr, socklen_t addr_len) {
    if (atomic_fetch_add(&post->inside, 1) == 0 &&
        !await_at_least(&post->refused, 1)) {
        post->in_vain = true;
    }
    return real_sendto(fd, buf, len, flags, addr, addr_len);
}

struct sender {
    struct fb_future future;
    int out;
    struct post *post;
    int i;
    char byte;
    union {
        struct fb_send_to send;
        struct fb_yield yield;
    };
};

// Sends until it is refused.
static enum fb_poll sender_poll(struct fb_future *f, struct fb_context *cx) {
    struct sender *self = fb_container_of(f, struct sender, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < 200000; self->i++) {
        FB_AWAIT(self->send, fb_udp_send_to(&self->post->udp, &self->byte, 1,
                                            &self->post->to));
        if (self->send.out == -EBADF) {
            atomic_store(&self->post->refused, 1);
            FB_RETURN(0);
        }
        FB_AWAIT(self->yield, fb_yield());
    }
    atomic_store(&self->post->refused, 1);
    FB_RETURN(-ETIME);
    FB_ASYNC_END;
}

static struct fb_type sender_type = FB_TYPE(sender, .poll = sender_poll);

static enum fb_poll closer_poll(struct act *self, struct fb_context *cx) {
    struct post *p = self->arg;

    (void)cx;
    self->out = await_at_least(&p->inside, 1) ? 0 : -ETIME;
    fb_udp_close(&p->udp);
    return FB_READY;
}

// Else those who go on calling could keep it open for as long as they like.
static void a_source_that_is_being_closed_lets_no_call_begin(void **state) {
    struct world *w = *state;
    struct fb_join_handle handles[3] = {{0}};
    struct post p = {.inside = 0};

    world_begin_untraced(w, 3);
    assert_int_equal(fb_addr_parse("127.0.0.1:0", &p.to), 0);
    assert_int_equal(fb_udp_bind(w->rt, &p.to, &p.udp), 0);
    p.to = p.udp.local; // to itself, which never looks
    post = &p;
    real_sendto = fb__sys.sendto;
    fb__sys.sendto = sendto_slowly;
    for (int i = 0; i < 2; i++) {
        struct sender s = {.future.type = &sender_type, .post = &p};

        assert_int_equal(FB_SPAWN(w->rt, s, &handles[i]), 0);
    }
    assert_int_equal(FB_SPAWN(w->rt, act(closer_poll, &p), &handles[2]), 0);
    assert_int_equal(fb_run(w->rt), 0);
    fb__sys.sendto = real_sendto;
    assert_false(p.in_vain);
    for (int i = 0; i < 3; i++) {
        struct fb_join_result result;

        assert_true(fb_task_result(&handles[i], &result));
        assert_int_equal(result.out, 0);
        fb_task_detach(&handles[i]);
    }
}

// ---- a runtime is ended inside a poll ----

enum { GUESTS = 300, VISITS = 300 };

struct inn {
    struct fb_mpsc_sender sender;
    _Atomic int begun;
};

static void visit_inn(struct inn *inn) {
    for (int i = 0; i < VISITS; i++) {
        struct fb_mpsc_sender s = fb_mpsc_sender_clone(&inn->sender);

        fb_mpsc_sender_close(&s);
    }
}

// Never polled: it visits the inn as it goes.
struct leaver {
    struct fb_future future;
    int out;
    struct inn *inn;
};

static void leaver_drop(struct fb_future *f) {
    visit_inn(fb_container_of(f, struct leaver, future)->inn);
}

static struct fb_type leaver_type = FB_TYPE(leaver, .drop = leaver_drop);

static bool begin_together(struct inn *inn) {
    atomic_fetch_add(&inn->begun, 1);
    return await_at_least(&inn->begun, 2);
}

// A runtime with one task, made and ended again and again.
static enum fb_poll host_poll(struct act *self, struct fb_context *cx) {
    struct inn *inn = self->arg;

    (void)cx;
    self->out = begin_together(inn) ? 0 : -ETIME;
    for (int i = 0; i < GUESTS && self->out == 0; i++) {
        struct leaver l = {.future.type = &leaver_type, .inn = inn};
        struct fb_runtime *inner = NULL;

        self->out = fb_runtime_create(&(struct fb_runtime_options){0}, &inner);
        if (self->out == 0) {
            self->out = FB_SPAWN(inner, l, NULL);
            fb_runtime_destroy(inner);
        }
    }
    return FB_READY;
}

static enum fb_poll neighbour_poll(struct act *self, struct fb_context *cx) {
    struct inn *inn = self->arg;

    (void)cx;
    self->out = begin_together(inn) ? 0 : -ETIME;
    for (int i = 0; i < GUESTS; i++) {
        visit_inn(inn);
    }
    return FB_READY;
}

// What its tasks' futures own of the outer one is still shared with others.
static void a_runtime_that_ends_in_a_poll_keeps_the_bracket(void **state) {
    struct world *w = *state;
    struct fb_join_handle handles[2] = {{0}};
    struct fb_mpsc_receiver receiver;
    struct inn inn = {.begun = 0};

    world_begin_untraced(w, 2);
    assert_int_equal(
        fb_mpsc_create(w->rt, (struct fb_values){0}, 1, &inn.sender, &receiver),
        0);
    assert_int_equal(FB_SPAWN(w->rt, act(host_poll, &inn), &handles[0]), 0);
    assert_int_equal(FB_SPAWN(w->rt, act(neighbour_poll, &inn), &handles[1]),
                     0);
    assert_int_equal(fb_run(w->rt), 0);
    for (int i = 0; i < 2; i++) {
        struct fb_join_result result;

        assert_true(fb_task_result(&handles[i], &result));
        assert_int_equal(result.out, 0);
        fb_task_detach(&handles[i]);
    }
    // None was counted too often, and none too seldom.
    assert_int_equal(fb_mpsc_try_receive(&receiver, NULL), -EAGAIN);
    fb_mpsc_sender_close(&inn.sender);
    assert_int_equal(fb_mpsc_try_receive(&receiver, NULL), 0);
    fb_mpsc_receiver_close(&receiver);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_scope_that_goes_waits_for_no_one_but_a_poll),
        WORLD_TEST(a_member_that_drops_its_own_scope_is_told_so),
        WORLD_TEST(a_source_that_is_being_closed_lets_no_call_begin),
        WORLD_TEST(a_runtime_that_ends_in_a_poll_keeps_the_bracket),
    };

    return cmocka_run_group_tests_name("workers_races", tests, NULL, NULL);
}
