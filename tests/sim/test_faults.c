// Every way in which a greeter can be cut short, one after the other: each
// system call and each allocation fails once, and each suspend point of a
// client, of the acceptor and of the whole program is the last one. Nothing
// may crash, leak, or tell of an illegal life; clients may hear less, but
// nothing wrong.
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

// ---- memory ----

// The linker sends every use of the heap in this program here (--wrap): the
// server takes memory by itself, beside core's seam.
static long blocks, mallocs, fail_malloc;

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *memory, size_t bytes);
void __real_free(void *memory);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *memory, size_t bytes);
void __wrap_free(void *memory);

// Only the server calls malloc; all others clear what they take.
void *__wrap_malloc(size_t bytes) {
    if (++mallocs == fail_malloc) {
        return NULL;
    }
    blocks++;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes) {
    blocks++;
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *memory, size_t bytes) {
    blocks += memory == NULL;
    return __real_realloc(memory, bytes);
}

void __wrap_free(void *memory) {
    blocks -= memory != NULL;
    __real_free(memory);
}

// ---- one run, judged ----

// All manners of clients in a dozen; one after the other, so that it is clear
// which conversation a fault hits, yet with a neighbour that goes on.
static struct run_options dozen(const struct greeter_handler *handler) {
    return (struct run_options){
        .crowd = {.clients = 12, .alive = 2, .lenient = true},
        .net = {.buffer_bytes = 8}, // so that every write has to wait
        .handler = handler,
        .seed = 1,
        .traced = true,
        .ring_events = 1u << 14};
}

#ifdef TEST_MODEL
static struct fb_lives *lives;
static struct linter linter;
static int feed_error;

static void feed(void *arg, uint64_t number, const struct fb_event *e) {
    int err = fb_lives_feed(lives, number, e);

    (void)arg;
    feed_error = feed_error < 0 ? feed_error : err;
    if (!linter_feed(&linter, number, e)) {
        feed_error = -ENOMEM;
    }
}

static void judge_lives(const char *what, long nth) {
    const struct fb_life_fault *fault;

    fb_lives_finish(lives, FB_LIVES_ENDED);
    for (size_t i = 0; (fault = fb_lives_fault(lives, i)) != NULL; i++) {
        if (fault->severity == FB_LIFE_VIOLATION) {
            print_error("%s %ld: event %llu: %s\n", what, nth,
                        (unsigned long long)fault->event, fault->text);
        }
    }
    assert_int_equal(feed_error, 0);
    assert_int_equal(fb_lives_violations(lives), 0);
    fb_lives_destroy(lives);
    assert_int_equal(linter_end(&linter, true, 0), 0);
}
#endif

static unsigned mortal_deaths; // clients cancelled in the last run

// Runs it; afterwards the heap is as it was before.
static struct run_result run(struct run_options o, const char *what, long nth) {
    struct run_result r;
    long before;

#ifdef TEST_MODEL
    assert_int_equal(fb_lives_create(&lives), 0);
    assert_true(linter_begin(&linter, false));
    feed_error = 0;
    o.on_event = feed;
    mallocs = 0;
    run_simulation(&o, &r); // the checker takes memory of its own
    judge_lives(what, nth);
    o.on_event = NULL;
#endif
    before = blocks;
    mallocs = mortal_deaths = 0;
    run_simulation(&o, &r);
    if (r.failure[0] != '\0') {
        fail_msg("%s, %s %ld: %s (%d)", o.handler->name, what, nth, r.failure,
                 r.err);
    }
    if (blocks != before) {
        fail_msg("%s, %s %ld: %ld blocks of memory are left", o.handler->name,
                 what, nth, blocks - before);
    }
    return r;
}

static void must_be_one_of(int err, const int *errors, const char *what,
                           long nth) {
    for (; *errors != 0; errors++) {
        if (err == -*errors) {
            return;
        }
    }
    if (err != 0) {
        fail_msg("%s %ld: %d is none of the errors", what, nth, err);
    }
}

static void without_a_fault_all_are_served(void **state) {
    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = dozen(handlers[h]);
        struct run_result r;

        o.crowd.lenient = false;
        r = run(o, "run", 1);
        assert_int_equal(r.err, 0);
        assert_int_equal(r.crowd.ended, 12);
        // every manner is there, or the loops below would prove less
        assert_true(r.crowd.thanked > 5 && r.crowd.garbled > 0);
        assert_true(r.crowd.left > 0 && r.crowd.broken > 0);
    }
}

// ---- the n-th fails ----

// contract 19
static void the_nth_allocation_fails_for_every_n(void **state) {
    static const int errors[] = {ENOMEM, 0};

    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = dozen(handlers[h]);
        struct run_result r;
        long nth = 0;
        unsigned refused = 0;

        do {
            o.net.fail_allocation = ++nth;
            r = run(o, "allocation", nth);
            must_be_one_of(r.err, errors, "allocation", nth);
            refused += r.err < 0;
        } while (r.net.allocations >= nth);
        assert_true(nth > 30);
        assert_in_range(refused, 1, nth / 2); // most are survived
    }
}

static void the_nth_malloc_of_the_server_fails_for_every_n(void **state) {
    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = dozen(handlers[h]);
        unsigned cut = 0;
        long nth = 0;

        o.idle_timeout_ns = 30 * FB_S; // boxes: two mallocs a client
        do {
            struct run_result r;

            fail_malloc = ++nth;
            r = run(o, "malloc", nth);
            fail_malloc = 0;
            assert_int_equal(r.err, 0);
            cut += r.crowd.cut > 0;
        } while (mallocs >= nth);
        assert_true(nth > 12);
        assert_true(cut > 5);
    }
}

static void fail_each_call(int with_errno, const int *errors) {
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = dozen(handlers[h]);
        struct run_result r;
        long nth = 0;

        o.net.fail_errno = with_errno;
        do {
            o.net.fail_call = ++nth;
            r = run(o, "call", nth);
            must_be_one_of(r.err, errors, "call", nth);
        } while (r.net.fallible_calls >= nth);
        assert_true(nth > 100);
    }
}

// contract 19
static void the_nth_system_call_fails_for_every_n(void **state) {
    static const int errors[] = {EMFILE, ENOSPC, EADDRINUSE, ENOBUFS, 0};

    (void)state;
    fail_each_call(0, errors);
}

static void an_interruption_at_any_call_does_no_harm(void **state) {
    static const int errors[] = {EINTR, 0}; // of what cannot be made again

    (void)state;
    fail_each_call(EINTR, errors);
}

// ---- the k-th suspend is the last ----

// A client of any handler, dropped after its k-th poll.
struct mortal {
    struct fb_future future;
    int out;
    unsigned polls;
    struct fb_future *inner; // owned
};
static unsigned mortal_polls;
static const struct greeter_handler *mortal_handler;

static enum fb_poll mortal_poll(struct fb_future *f, struct fb_context *cx) {
    struct mortal *self = fb_container_of(f, struct mortal, future);

    if (fb_future_await(f, self->inner, cx, __LINE__) == FB_READY) {
        return FB_READY;
    }
    if (cx->failed || ++self->polls < mortal_polls) {
        return FB_PENDING;
    }
    mortal_deaths++;
    return FB_READY; // with the conversation unfinished: it is dropped with us
}

static void mortal_drop(struct fb_future *f) {
    struct mortal *self = fb_container_of(f, struct mortal, future);

    fb_future_drop(self->inner); // if it was never polled
    free(self->inner);
}

static struct fb_type mortal_type =
    FB_TYPE(mortal, .poll = mortal_poll, .drop = mortal_drop);

static int mortal_spawn(struct fb_join_set *clients,
                        const struct greeter_client *client) {
    struct mortal mortal = {.future.type = &mortal_type,
                            .inner = mortal_handler->box(client)};

    return mortal.inner == NULL ? -ENOMEM : FB_JOIN_SET_SPAWN(clients, mortal);
}

// contract 19
static void a_client_cancelled_at_any_suspend_leaves_nothing(void **state) {
    static const struct greeter_handler mortals = {.name = "mortal",
                                                   .spawn = mortal_spawn};
    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = dozen(&mortals);

        mortal_handler = handlers[h];
        mortal_polls = 0;
        do {
            struct run_result r;

            mortal_polls++;
            r = run(o, "client's suspend", mortal_polls);
            assert_int_equal(r.err, 0);
            assert_int_equal(r.crowd.ended, 12);
            if (mortal_polls == 1) {
                assert_int_equal(mortal_deaths, 12); // all wait at first
            }
        } while (mortal_deaths > 0);
        assert_true(mortal_polls > 4);
    }
}

// contract 19
static void an_acceptor_dropped_at_any_suspend_takes_all_along(void **state) {
    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = dozen(handlers[h]);
        struct run_result r;

        do {
            o.cancel_poll++;
            r = run(o, "acceptor's suspend", (long)o.cancel_poll);
        } while (r.err == -ECANCELED);
        assert_int_equal(r.err, 0);
        assert_true(o.cancel_poll > 12);
    }
}

// contract 19
static void a_program_ended_at_any_turn_leaves_nothing(void **state) {
    (void)state;
    for (int h = 0; h < HANDLERS; h++) {
        struct run_options o = dozen(handlers[h]);
        struct run_result r;

        do {
            o.interrupt_turn++;
            r = run(o, "turn", (long)o.interrupt_turn);
        } while (r.err == -EINTR);
        assert_int_equal(r.err, 0);
        assert_true(o.interrupt_turn > 30);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_a_fault_all_are_served),
        cmocka_unit_test(the_nth_allocation_fails_for_every_n),
        cmocka_unit_test(the_nth_malloc_of_the_server_fails_for_every_n),
        cmocka_unit_test(the_nth_system_call_fails_for_every_n),
        cmocka_unit_test(an_interruption_at_any_call_does_no_harm),
        cmocka_unit_test(a_client_cancelled_at_any_suspend_leaves_nothing),
        cmocka_unit_test(an_acceptor_dropped_at_any_suspend_takes_all_along),
        cmocka_unit_test(a_program_ended_at_any_turn_leaves_nothing),
    };

    return cmocka_run_group_tests_name("sim faults", tests, NULL, NULL);
}
