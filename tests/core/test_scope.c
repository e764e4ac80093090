// Scopes: no task outlives the block that spawned it.
#include "probe.h"

#include <errno.h>
#include <string.h>

// ---- what the tests spawn ----

// Sleeps, then ends as it is told; when it is dropped it writes its name. It
// may first spawn another one into the scope.
struct nap {
    struct fb_future future;
    int out;
    uint64_t ms;
    int result; // FAILS: it does not get that far
    char name;
    char *trail;
    struct fb_scope *scope; // where it spawns `next_ms`, if not NULL
    uint64_t next_ms;
    struct fb_sleep sleep;
};

#define FAILS (-9999)

static struct fb_type nap_type;

static struct nap nap(uint64_t ms, int result, char name, char *trail) {
    return (struct nap){.future.type = &nap_type,
                        .ms = ms,
                        .result = result,
                        .name = name,
                        .trail = trail};
}

static enum fb_poll nap_poll(struct fb_future *future, struct fb_context *cx) {
    struct nap *self = fb_container_of(future, struct nap, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->sleep, fb_sleep(self->ms * FB_MS));
    if (self->scope != NULL) {
        FB_TRY(FB_SCOPE_SPAWN(self->scope,
                              nap(self->next_ms, 0, 'n', self->trail)));
    }
    if (self->result == FAILS) {
        FB_PANIC("no more");
    }
    FB_RETURN(self->result);
    FB_ASYNC_END;
}

static void nap_drop(struct fb_future *future) {
    struct nap *self = fb_container_of(future, struct nap, future);

    strncat(self->trail, &self->name, 1);
}

static struct fb_type nap_type =
    FB_TYPE(nap, .poll = nap_poll, .drop = nap_drop);

// A scope's body: spawns what it is given, sleeps, and ends.
struct body {
    struct fb_future future;
    int out;
    struct fb_scope *scope;
    struct nap *members;
    int count, i;
    uint64_t ms;
    int result;
    bool aborts; // the scope, before it sleeps
    int refused; // what a spawn after that gave
    char *trail;
    struct fb_sleep sleep;
};

static enum fb_poll body_poll(struct fb_future *future, struct fb_context *cx) {
    struct body *self = fb_container_of(future, struct body, future);

    FB_ASYNC(self, cx);
    for (self->i = 0; self->i < self->count; self->i++) {
        FB_TRY(FB_SCOPE_SPAWN(self->scope, self->members[self->i]));
    }
    if (self->aborts) {
        fb_scope_abort(self->scope);
        self->refused =
            FB_SCOPE_SPAWN(self->scope, nap(0, 0, 'x', self->trail));
    }
    FB_AWAIT(self->sleep, fb_sleep(self->ms * FB_MS));
    FB_RETURN(self->result);
    FB_ASYNC_END;
}

static void body_drop(struct fb_future *future) {
    struct body *self = fb_container_of(future, struct body, future);

    strcat(self->trail, "b");
}

static struct fb_type body_type =
    FB_TYPE(body, .poll = body_poll, .drop = body_drop);

// Awaits one scope; its own name comes last in the trail.
struct owner {
    struct fb_future future;
    int out;
    char name;
    struct body body;
    struct fb_scope scope;
};

static enum fb_poll owner_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct owner *self = fb_container_of(future, struct owner, future);

    FB_ASYNC(self, cx);
    self->body.scope = &self->scope;
    FB_AWAIT(self->scope, fb_scope(&self->body.future));
    FB_RETURN(self->scope.out);
    FB_ASYNC_END;
}

static void owner_drop(struct fb_future *future) {
    struct owner *self = fb_container_of(future, struct owner, future);

    strncat(self->body.trail, &self->name, 1);
}

static struct fb_type owner_type =
    FB_TYPE(owner, .poll = owner_poll, .drop = owner_drop);

static struct owner owner(struct nap *members, int count, uint64_t ms,
                          int result, char *trail) {
    return (struct owner){.future.type = &owner_type,
                          .name = 'o',
                          .body = {.future.type = &body_type,
                                   .members = members,
                                   .count = count,
                                   .ms = ms,
                                   .result = result,
                                   .trail = trail}};
}

static void run(struct world *w, struct owner *o) {
    assert_int_equal(fb_block_on(w->rt, &o->future), 0);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

// ---- a good end ----

static void it_is_ready_when_body_and_members_are(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap members[] = {nap(3, 0, '3', trail), nap(1, 5, '1', trail),
                            nap(4, 0, '4', trail)};
    struct owner o = owner(members, 3, 2, 7, trail);

    run(w, &o);
    assert_int_equal(o.out, 7);
    assert_string_equal(trail, "1b34o");
    assert_int_equal(fb_runtime_now_ns(w->rt), 4 * FB_MS);
}

static void a_scope_is_recorded_step_by_step(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap member = nap(0, 0, 'm', trail);
    struct owner o = owner(&member, 1, 0, 0, trail);

    world_skip(w);
    run(w, &o);
    EXPECT_EVENTS(
        w, "SPAWN 1", "SCHEDULED 1", "POLL 1", "ENTER scope", "ENTER body",
        "SPAWN 2 by 1", "SCHEDULED 2", "ENTER sleep", "EXIT sleep ready",
        "DROP sleep finished", "EXIT body ready", "DROP body finished",
        "ENTER join_next", "CLONE 1 join set 1", "EXIT join_next pending",
        "EXIT scope pending", "PENDING 1", "POLL 2", "ENTER sleep",
        "EXIT sleep ready", "DROP sleep finished", "READY 2",
        "DROP nap finished", "DONE 2 ok", "RELEASE 1 join set 1 woken",
        "WAKE 1 scheduled by task 2", "SCHEDULED 1", "POLL 1", "ENTER scope",
        "ENTER join_next", "EXIT join_next ready", "DROP join_next finished",
        "EXIT scope ready", "JOIN 2 taken by 1", "FREE 2",
        "DROP scope finished", "READY 1", "DROP owner finished", "DONE 1 ok",
        "JOIN 1 taken", "FREE 1");
}

static void a_member_may_spawn_into_its_scope(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap member = nap(2, 0, 'm', trail);
    struct owner o = owner(&member, 1, 1, 0, trail);

    member.scope = &o.scope;
    member.next_ms = 5;
    run(w, &o);
    assert_string_equal(trail, "bmno");
    assert_int_equal(fb_runtime_now_ns(w->rt), 7 * FB_MS);
}

static void an_empty_scope_is_its_body(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct owner o = owner(NULL, 0, 2, 3, trail);

    run(w, &o);
    assert_int_equal(o.out, 3);
    assert_string_equal(trail, "bo");
}

static void a_thousand_members_are_taken_within_the_budget(void **state) {
    static struct nap members[1000];
    static char trail[1100];
    struct world *w = *state;
    struct owner o = owner(members, 1000, 0, 0, trail);

    trail[0] = '\0';
    for (int i = 0; i < 1000; i++) {
        members[i] = nap(1, 0, 'm', trail);
    }
    run(w, &o);
    assert_int_equal(strspn(trail, "bm"), 1001);
    assert_int_equal(world_count(w, FB_EV_BUDGET_OUT, -1), 7);
}

// ---- a bad end ----

static void the_first_error_ends_all_of_it(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap members[] = {nap(3600000, 0, 'a', trail),
                            nap(2, -EPIPE, 'e', trail),
                            nap(9, -EIO, 'l', trail)};
    struct owner o = owner(members, 3, 3600000, 7, trail);

    run(w, &o);
    assert_int_equal(o.out, -EPIPE);
    assert_int_equal(o.scope.failed, 3); // the second member's task
    assert_string_equal(trail, "ebalo");
    assert_int_equal(fb_runtime_now_ns(w->rt), 2 * FB_MS);
}

// contract 32
static void a_member_that_fails_is_an_error_with_a_message(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap members[] = {nap(1, FAILS, 'f', trail), nap(5, 0, 'a', trail)};
    struct owner o = owner(members, 2, 9, 0, trail);

    run(w, &o);
    assert_int_equal(o.out, -EIO);
    assert_int_equal(o.scope.failed, 2);
    assert_string_equal(o.scope.message, "no more");
    assert_string_equal(trail, "fbao");
}

static void the_bodys_error_aborts_the_members(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap members[] = {nap(5, 0, '1', trail), nap(6, 0, '2', trail)};
    struct owner o = owner(members, 2, 1, -ENOENT, trail);

    run(w, &o);
    assert_int_equal(o.out, -ENOENT);
    assert_int_equal(o.scope.failed, 0);
    assert_string_equal(trail, "b12o");
    assert_int_equal(fb_runtime_now_ns(w->rt), FB_MS);
}

static void an_aborted_scope_takes_nobody_in_and_keeps_its_out(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap members[] = {nap(5, 0, '1', trail), nap(6, 0, '2', trail)};
    struct owner o = owner(members, 2, 3, 4, trail);

    o.body.aborts = true;
    run(w, &o);
    assert_int_equal(o.out, 4);
    assert_int_equal(o.body.refused, -ECANCELED);
    assert_string_equal(trail, "x12bo"); // x was never polled
    assert_int_equal(fb_runtime_now_ns(w->rt), 3 * FB_MS);
}

static void without_memory_a_member_is_an_error_of_the_body(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap members[] = {nap(5, 0, '1', trail), nap(6, 0, '2', trail)};
    struct owner o = owner(members, 2, 3, 4, trail);

    seam.fail_allocation = seam.allocations + 3; // task 1, then the members
    run(w, &o);
    assert_int_equal(o.out, -ENOMEM);
    assert_string_equal(trail, "2b1o");
}

// ---- cancelled ----

// contract 18
static void dropping_it_drops_all_members_before_its_owner(void **state) {
    struct world *w = *state;

    for (uint64_t ms = 0; ms <= 5; ms++) { // at each suspend point
        char trail[8] = "";
        struct nap members[] = {nap(2, 0, '1', trail), nap(4, 0, '2', trail),
                                nap(9, 0, '3', trail)};
        struct fb_join_handle handle;

        world_begin_order(w, FB_ORDER_FIFO, 0);
        assert_int_equal(
            FB_SPAWN(w->rt, owner(members, 3, 3, 0, trail), &handle), 0);
        assert_true(fb_runtime_advance(w->rt, ms * FB_MS) > 0);
        assert_int_equal(fb_task_abort(&handle), 1);
        assert_int_equal(fb_run(w->rt), 0);
        assert_string_equal(trail, ms < 2 ? "b123o" : "1b23o");
        fb_task_detach(&handle);
        assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
    }
}

static void a_member_in_the_run_queue_goes_too(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap members[] = {nap(1, 0, '1', trail), nap(1, 0, '2', trail)};
    struct fb_join_handle handle;

    assert_int_equal(FB_SPAWN(w->rt, owner(members, 2, 9, 0, trail), &handle),
                     0);
    assert_int_equal(fb_run_until_stalled(w->rt), 3);
    w->rt->virtual_now_ns = FB_MS;
    fb__clock_refresh(w->rt);
    assert_int_equal(fb_task_abort(&handle), 1); // in the queue before them
    assert_int_equal(fb__timers_fire(w->rt), 2); // now they are there as well
    assert_int_equal(fb_run(w->rt), 0);
    assert_string_equal(trail, "b12o");
    fb_task_detach(&handle);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
}

static void a_timeout_around_it_leaves_nothing_behind(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap members[] = {nap(5, 0, '1', trail), nap(1, 0, '2', trail)};
    struct owner o = owner(members, 2, 9, 0, trail);
    struct fb_timeout t = fb_timeout(3 * FB_MS, &o.future);

    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_string_equal(trail, "2b1o");
    // a member that was cancelled in the queue may lie there still
    assert_int_equal(fb_run(w->rt), 0);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
    assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
}

static void a_body_that_fails_its_task_takes_the_members_along(void **state) {
    struct world *w = *state;
    char trail[8] = "";
    struct nap member = nap(5, 0, 'm', trail);
    struct nap failing = nap(1, FAILS, 'f', trail);
    struct owner o = owner(&member, 1, 9, 0, trail);
    struct fb_join both = FB_JOIN(&o.future, &failing.future);

    assert_int_equal(fb_block_on(w->rt, &both.future), -EIO);
    assert_string_equal(trail, "bmof");
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
}

// Tries, in its drop, to have another one spawned into its scope.
static void spawn_again(struct probe_log *log) {
    struct fb_scope *scope = log->arg;
    struct probe_log *other = log + 1;

    log->outputs_dropped = FB_SCOPE_SPAWN(scope, probe_ready(other, 0));
}

struct clinging {
    struct fb_future future;
    int out;
    struct probe_log *logs;
    struct fb_scope *scope;
};

static enum fb_poll clinging_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct clinging *self = fb_container_of(future, struct clinging, future);

    (void)cx;
    if (future->state == 0) {
        self->logs[0].arg = self->scope;
        assert_int_equal(
            FB_SCOPE_SPAWN(self->scope, probe(self->logs, -1, PROBE_SILENT)),
            0);
    }
    return FB_PENDING;
}

static struct fb_type clinging_type = FB_TYPE(clinging, .poll = clinging_poll);

static void a_scope_that_is_dropped_takes_nobody_in(void **state) {
    struct world *w = *state;
    struct probe_log logs[2] = {{.on_drop = spawn_again}, {0}};
    struct fb_scope scope;
    struct clinging body = {
        .future.type = &clinging_type, .logs = logs, .scope = &scope};
    struct fb_timeout t = fb_timeout(FB_MS, &scope.future);

    world_mistake(w, FB_LINT_LOST_WAKE);
    scope = fb_scope(&body.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(logs[0].outputs_dropped, -ECANCELED);
    assert_int_equal(logs[1].polls, 0);
    assert_int_equal(logs[1].drops, 1);
    assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
}

// ---- scopes in scopes ----

// A scope whose body spawns the next lower tower as a member, and so on.
struct tower;

struct floor {
    struct fb_future future;
    int out;
    struct tower *tower;
    struct fb_sleep sleep;
};

struct tower {
    struct fb_future future;
    int out;
    int level;
    char *trail;
    struct floor floor;
    struct fb_scope scope;
};

static struct fb_type tower_type;

static struct tower tower(int level, char *trail) {
    return (struct tower){
        .future.type = &tower_type, .level = level, .trail = trail};
}

static enum fb_poll floor_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct floor *self = fb_container_of(future, struct floor, future);

    FB_ASYNC(self, cx);
    if (self->tower->level > 1) {
        FB_TRY(FB_SCOPE_SPAWN(&self->tower->scope, tower(self->tower->level - 1,
                                                         self->tower->trail)));
    }
    FB_AWAIT(self->sleep, fb_sleep(10 * FB_MS));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type floor_type = FB_TYPE(floor, .poll = floor_poll);

static enum fb_poll tower_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct tower *self = fb_container_of(future, struct tower, future);

    FB_ASYNC(self, cx);
    self->floor = (struct floor){.future.type = &floor_type, .tower = self};
    FB_AWAIT(self->scope, fb_scope(&self->floor.future));
    FB_RETURN(self->scope.out);
    FB_ASYNC_END;
}

static void tower_drop(struct fb_future *future) {
    struct tower *self = fb_container_of(future, struct tower, future);
    char digit = (char)('0' + self->level);

    strncat(self->trail, &digit, 1);
}

static struct fb_type tower_type =
    FB_TYPE(tower, .poll = tower_poll, .drop = tower_drop);

// contract 17, contract 18
static void nested_scopes_go_innermost_first(void **state) {
    struct world *w = *state;

    for (uint64_t ms = 0; ms < 20; ms += 5) {
        char trail[8] = "";
        struct fb_join_handle handle;

        assert_int_equal(FB_SPAWN(w->rt, tower(4, trail), &handle), 0);
        assert_true(fb_runtime_advance(w->rt, ms * FB_MS) > 0);
        if (ms < 10) {
            assert_int_equal(fb_runtime_stats(w->rt).live_tasks, 4);
            assert_int_equal(fb_task_abort(&handle), 1);
            assert_int_equal(fb_run(w->rt), 0);
        }
        assert_string_equal(trail, "1234");
        fb_task_detach(&handle);
        assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
        assert_int_equal(fb_runtime_stats(w->rt).timers, 0);
    }
}

// contract 33
static void a_runtime_that_ends_drops_each_of_nested_scopes_once(void **s) {
    struct world *w = *s;
    char trail[64] = "";

    for (int i = 0; i < 5; i++) {
        assert_int_equal(FB_SPAWN(w->rt, tower(4, trail), NULL), 0);
    }
    assert_int_equal(fb_run_until_stalled(w->rt), 20);
    world_end(w);
    assert_string_equal(trail, "12341234123412341234");
}

// contract 33
// peer tokio/task.shutdown_before_run
static void members_that_never_ran_go_with_the_runtime_too(void **state) {
    struct world *w = *state;
    char trail[64] = "";

    for (int i = 0; i < 3; i++) {
        assert_int_equal(FB_SPAWN(w->rt, tower(4, trail), NULL), 0);
    }
    fb_runtime_interrupt(w->rt);
    assert_int_equal(fb_run(w->rt), -EINTR); // after a turn
    world_end(w);
    assert_string_equal(trail, "123412341234");
}

// ---- misuse ----

static void spawn_before_it_is_awaited(void *arg) {
    char trail[8] = "";
    struct body b = {.future.type = &body_type, .trail = trail};
    struct fb_scope scope = fb_scope(&b.future);

    (void)arg;
    (void)!FB_SCOPE_SPAWN(&scope, nap(1, 0, 'm', trail));
}

static void spawn_after_it_is_over(void *arg) {
    struct world *w = arg;
    char trail[8] = "";
    struct owner o = owner(NULL, 0, 0, 0, trail);

    if (fb_block_on(w->rt, &o.future) == 0) {
        (void)!FB_SCOPE_SPAWN(&o.scope, nap(1, 0, 'm', trail));
    }
}

static void spawn_as_a_stranger(void *arg) {
    struct world *w = arg;
    char trail[8] = "";
    struct fb_join_handle handle;

    if (FB_SPAWN(w->rt, owner(NULL, 0, 9, 0, trail), &handle) == 0 &&
        fb_run_until_stalled(w->rt) == 1) {
        struct owner *o =
            fb_container_of(fb__task_root(handle.task), struct owner, future);

        (void)!FB_SCOPE_SPAWN(&o->scope, nap(1, 0, 'm', trail));
    }
}

// peer tokio/task_panic
static void misuse_aborts_and_says_how_it_is_used(void **state) {
    expect_death(spawn_before_it_is_awaited, *state, "while it is awaited");
    expect_death(spawn_after_it_is_over, *state, "while it is awaited");
    expect_death(spawn_as_a_stranger, *state, "by its body and its members");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(it_is_ready_when_body_and_members_are),
        WORLD_TEST_EXACT(a_scope_is_recorded_step_by_step),
        WORLD_TEST(a_member_may_spawn_into_its_scope),
        WORLD_TEST(an_empty_scope_is_its_body),
        WORLD_TEST_EXACT(a_thousand_members_are_taken_within_the_budget),
        WORLD_TEST_EXACT(the_first_error_ends_all_of_it),
        WORLD_TEST(a_member_that_fails_is_an_error_with_a_message),
        WORLD_TEST_EXACT(the_bodys_error_aborts_the_members),
        WORLD_TEST_EXACT(an_aborted_scope_takes_nobody_in_and_keeps_its_out),
        WORLD_TEST_EXACT(without_memory_a_member_is_an_error_of_the_body),
        WORLD_TEST(dropping_it_drops_all_members_before_its_owner),
        WORLD_TEST_EXACT(a_member_in_the_run_queue_goes_too),
        WORLD_TEST(a_timeout_around_it_leaves_nothing_behind),
        WORLD_TEST_EXACT(a_body_that_fails_its_task_takes_the_members_along),
        WORLD_TEST_EXACT(a_scope_that_is_dropped_takes_nobody_in),
        WORLD_TEST(nested_scopes_go_innermost_first),
        WORLD_TEST_EXACT(a_runtime_that_ends_drops_each_of_nested_scopes_once),
        WORLD_TEST_EXACT(members_that_never_ran_go_with_the_runtime_too),
        WORLD_TEST(misuse_aborts_and_says_how_it_is_used),
    };

    return cmocka_run_group_tests_name("scope", tests, NULL, NULL);
}
