// A simulated crowd at the real greeter: every reply byte for byte, the same
// events for the same seed, legal lives, nothing left behind.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef TEST_MODEL
#include "linter.h"
#include "lives.h"
#endif

static const struct greeter_handler *const handlers[] = {
    &greeter_inline, &greeter_named, &greeter_states};
enum { HANDLERS = 3 };

static struct run_options friendly(const struct greeter_handler *handler,
                                   uint64_t seed) {
    return (struct run_options){.crowd = {.clients = 2000, .alive = 200},
                                .net = {.buffer_bytes = 4096},
                                .handler = handler,
                                .seed = seed,
                                .ring_events = 1u << 15};
}

static struct run_options hostile(const struct greeter_handler *handler,
                                  uint64_t seed) {
    struct run_options o = friendly(handler, seed);

    o.net.faults = run_usual_faults();
    o.net.buffer_bytes = 0;
    o.order = FB_ORDER_SEEDED;
    return o;
}

static struct run_result run(const struct run_options *o) {
    struct run_result r;

    run_simulation(o, &r);
    if (r.failure[0] != '\0' || r.err < 0) {
        fail_msg("%s: %s (%d)", o->handler->name, r.failure, r.err);
    }
    assert_int_equal(r.crowd.ended, o->crowd.clients);
    assert_int_equal(r.crowd.alive, 0);
    return r;
}

// ---- what is heard ----

static void every_client_hears_what_it_must(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        for (int h = 0; h < HANDLERS; h++) {
            struct run_options o = friendly(handlers[h], seed);
            struct run_result r = run(&o);

            assert_true(r.crowd.thanked > 1800);
            assert_true(r.crowd.garbled > 10);
            assert_true(r.crowd.left > 5 && r.crowd.broken > 5);
            assert_int_equal(r.crowd.thanked + r.crowd.garbled + r.crowd.left +
                                 r.crowd.broken,
                             2000);
        }
    }
}

// contract 48
static void in_a_hostile_kernel_every_client_still_hears_it(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 5; seed++) {
        for (int h = 0; h < HANDLERS; h++) {
            struct run_options o = hostile(handlers[h], seed);
            struct run_result r = run(&o);

            assert_true(r.net.faults > 2000);
            assert_true(r.crowd.redials > 20); // ECONNABORTED
        }
    }
}

static void all_may_be_there_at_once(void **state) {
    struct run_options o = friendly(&greeter_named, 7);
    struct run_result r;

    (void)state;
    o.crowd =
        (struct crowd_options){.clients = 5000, .alive = 5000, .hold = true};
    r = run(&o);
    assert_int_equal(r.crowd.peak, 5000);
    assert_int_equal(r.net.connections, 5000);
}

// A wrong server must not get through: this one answers with its own name.
struct liar {
    struct fb_future future;
    int out;
    struct greeter_client client;
    union {
        struct fb_write_all write;
        struct fb_read read;
    };
};

static enum fb_poll liar_poll(struct fb_future *f, struct fb_context *cx) {
    struct liar *self = fb_container_of(f, struct liar, future);
    struct fb_tcp_stream *socket = &self->client.stream;

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->write, fb_tcp_write_all(socket, PROMPT, PROMPT_BYTES));
    FB_AWAIT_TRY(self->read,
                 fb_tcp_read(socket, self->client.scratch, NAME_BYTES));
    FB_AWAIT_TRY(self->write, fb_tcp_write_all(socket, THANKS "Liar!\n",
                                               sizeof THANKS "Liar!\n" - 1));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void liar_drop(struct fb_future *f) {
    fb_tcp_close(&fb_container_of(f, struct liar, future)->client.stream);
}

static struct fb_type liar_type =
    FB_TYPE(liar, .poll = liar_poll, .drop = liar_drop);

static int liar_spawn(struct fb_join_set *clients,
                      const struct greeter_client *client) {
    struct liar liar = {.future.type = &liar_type, .client = *client};

    return FB_JOIN_SET_SPAWN(clients, liar);
}

static void a_wrong_reply_is_noticed_and_its_seed_said(void **state) {
    static const struct greeter_handler lying = {.name = "liar",
                                                 .spawn = liar_spawn};
    struct run_options o = friendly(&lying, 42);
    struct run_result first, again;

    (void)state;
    run_simulation(&o, &first);
    assert_non_null(strstr(first.failure, "seed 42: client "));
    // who is noticed first may have a name shorter than the lie
    assert_true(strstr(first.failure, "heard other bytes") != NULL ||
                strstr(first.failure, "heard too many bytes") != NULL);
    run_simulation(&o, &again);
    assert_string_equal(first.failure, again.failure); // it replays
}

// ---- the same again ----

static void one_seed_one_run(void **state) {
    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        for (uint64_t seed = 1; seed <= 3; seed++) {
            struct run_options o = hostile(handlers[h], seed);
            struct run_result first = run(&o), again = run(&o), other;

            assert_true(first.net.calls_hash == again.net.calls_hash);
            assert_int_equal(first.net.calls, again.net.calls);
            assert_int_equal(first.virtual_ns, again.virtual_ns);
            o.seed += 100;
            other = run(&o);
            assert_true(first.net.calls_hash != other.net.calls_hash);
        }
    }
}

#ifndef FB_NO_TRACE
struct tape {
    struct fb_event *events;
    size_t count, room;
    bool broken; // judged when the run is over: a test must not end inside one
};

static void record(void *arg, uint64_t number, const struct fb_event *e) {
    struct tape *t = arg;

    t->broken = t->broken || number != t->count + 1; // none is missing
    if (!t->broken && t->count == t->room) {
        struct fb_event *wider;

        t->room = t->room == 0 ? 1u << 16 : t->room * 2;
        wider = realloc(t->events, t->room * sizeof wider[0]);
        t->broken = wider == NULL;
        t->events = wider == NULL ? t->events : wider;
    }
    if (!t->broken) {
        t->events[t->count++] = *e;
    }
}

static struct tape run_recorded(struct run_options o) {
    struct tape t = {0};
    struct run_result r;

    o.traced = true;
    o.on_event = record;
    o.on_event_arg = &t;
    r = run(&o);
    assert_false(r.events_missed);
    assert_false(t.broken);
    assert_int_equal(r.events, t.count);
    return t;
}

// contract 40
static void one_seed_one_trace_byte_for_byte(void **state) {
    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = hostile(handlers[h], 3);
        struct tape warm = run_recorded(o); // sites get their numbers
        struct tape first = run_recorded(o), again = run_recorded(o), other;

        free(warm.events);
        assert_int_equal(first.count, again.count);
        assert_true(first.count > 100000);
        assert_memory_equal(first.events, again.events,
                            first.count * sizeof first.events[0]);
        o.seed = 4;
        other = run_recorded(o);
        assert_true(other.count != first.count ||
                    memcmp(other.events, first.events,
                           first.count * sizeof first.events[0]) != 0);
        free(first.events);
        free(again.events);
        free(other.events);
    }
}

static void watching_changes_no_call(void **state) {
    struct run_options o = hostile(&greeter_named, 9);
    struct run_result watched, alone;

    (void)state;
    o.traced = true;
    watched = run(&o);
    o.traced = false;
    alone = run(&o);
    assert_true(watched.net.calls_hash == alone.net.calls_hash);
    assert_int_equal(watched.polls, alone.polls);
}

#endif

// ---- legal lives, and no mistakes ----

#ifdef TEST_MODEL
static int feed_error;
static struct linter linter;

static void feed(void *arg, uint64_t number, const struct fb_event *e) {
    int err = fb_lives_feed(arg, number, e);

    feed_error = feed_error < 0 ? feed_error : err;
    if (!linter_feed(&linter, number, e)) {
        feed_error = -ENOMEM;
    }
}

// contract 61
static void the_whole_crowd_leads_legal_lives(void **state) {
    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = hostile(handlers[h], 11);
        struct fb_lives *lives;
        struct run_result r;

        assert_int_equal(fb_lives_create(&lives), 0);
        assert_true(linter_begin(&linter, false));
        o.traced = true;
        o.on_event = feed;
        o.on_event_arg = lives;
        r = run(&o);
        assert_false(r.events_missed);
        assert_int_equal(feed_error, 0);
        fb_lives_finish(lives, FB_LIVES_ENDED);
        if (fb_lives_violations(lives) > 0) {
            fail_msg("%s: event %llu: %s", handlers[h]->name,
                     (unsigned long long)fb_lives_fault(lives, 0)->event,
                     fb_lives_fault(lives, 0)->text);
        }
        fb_lives_destroy(lives);
        assert_int_equal(linter_end(&linter, true, 0), 0);
    }
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_client_hears_what_it_must),
        cmocka_unit_test(in_a_hostile_kernel_every_client_still_hears_it),
        cmocka_unit_test(all_may_be_there_at_once),
        cmocka_unit_test(a_wrong_reply_is_noticed_and_its_seed_said),
        cmocka_unit_test(one_seed_one_run),
#ifndef FB_NO_TRACE
        cmocka_unit_test(one_seed_one_trace_byte_for_byte),
        cmocka_unit_test(watching_changes_no_call),
#ifdef TEST_MODEL
        cmocka_unit_test(the_whole_crowd_leads_legal_lives),
#endif
#endif
    };

    return cmocka_run_group_tests_name("sim", tests, NULL, NULL);
}
