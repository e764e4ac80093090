// The state word: every cell of state × event.
#include "harness.h"

enum { REFS = 5 };

#define WORD(bits_) ((bits_) | FB__JOIN_INTEREST | REFS * FB__REF)

static const uint32_t idle = WORD(0), scheduled = WORD(FB__SCHEDULED),
                      running = WORD(FB__RUNNING),
                      woken = WORD(FB__RUNNING | FB__SCHEDULED),
                      complete = WORD(FB__COMPLETE);

struct cell {
    uint32_t before;
    int action;
    uint32_t after;
};
typedef int event_fn(fb__task_state *state);

// Each cell is one and the same whether the word is shared or not.
static void check(event_fn *event, const struct cell *cells, size_t count) {
    for (size_t i = 0; i < count; i++) {
        fb__task_state state;

        atomic_init(&state, cells[i].before);
        assert_int_equal(event(&state), cells[i].action);
        assert_int_equal(atomic_load(&state), cells[i].after);
        atomic_init(&state, cells[i].before | FB__SHARED);
        assert_int_equal(event(&state), cells[i].action);
        assert_int_equal(atomic_load(&state), cells[i].after | FB__SHARED);
    }
}
#define CHECK(event_, ...)                                                     \
    check((event_), (const struct cell[]){__VA_ARGS__},                        \
          sizeof((const struct cell[]){__VA_ARGS__}) / sizeof(struct cell))

static int wake_by_ref(fb__task_state *s) {
    return (int)fb__state_wake_by_ref(s);
}
static int wake_by_value(fb__task_state *s) {
    return (int)fb__state_wake_by_value(s);
}
static int do_abort(fb__task_state *s) {
    return (int)fb__state_abort(s);
}
static int begin_poll(fb__task_state *s) {
    return (int)fb__state_begin_poll(s);
}
static int end_pending(fb__task_state *s) {
    return (int)fb__state_end_pending(s);
}
static int finish(fb__task_state *s) {
    return (int)(fb__state_complete(s, false) & ~FB__SHARED);
}
static int finish_failed(fb__task_state *s) {
    return (int)(fb__state_complete(s, true) & ~FB__SHARED);
}
static int seize(fb__task_state *s) {
    return fb__state_try_seize(s);
}
static int drop_interest(fb__task_state *s) {
    return (int)(fb__state_drop_interest(s) & ~FB__SHARED);
}

static void a_new_task_is_scheduled_with_three_references(void **state) {
    fb__task_state s;

    (void)state;
    fb__state_init(&s);
    assert_int_equal(atomic_load(&s),
                     FB__SCHEDULED | FB__JOIN_INTEREST | 3 * FB__REF);
}

// contract 3, contract 4, contract 5, contract 6
static void wake_by_ref_in_every_state(void **state) {
    (void)state;
    CHECK(wake_by_ref,
          {idle, FB__WAKE_ENQUEUE, (idle | FB__SCHEDULED) + FB__REF},
          {scheduled, FB__WAKE_COALESCED, scheduled},
          {running, FB__WAKE_DURING_POLL, woken},
          {woken, FB__WAKE_COALESCED, woken},
          {complete, FB__WAKE_LATE, complete});
}

static void wake_by_value_in_every_state_uses_one_reference_up(void **state) {
    (void)state;
    CHECK(wake_by_value,
          // the waker's reference becomes the queue's
          {idle, FB__WAKE_ENQUEUE, idle | FB__SCHEDULED},
          {scheduled, FB__WAKE_COALESCED, scheduled - FB__REF},
          {running, FB__WAKE_DURING_POLL, woken - FB__REF},
          {woken, FB__WAKE_COALESCED, woken - FB__REF},
          {complete, FB__WAKE_LATE, complete - FB__REF},
          {FB__COMPLETE | FB__REF, FB__WAKE_LAST, FB__COMPLETE});
}

static void abort_in_every_state_is_marked_once(void **state) {
    const uint32_t c = FB__CANCELLED;

    (void)state;
    CHECK(do_abort,
          {idle, FB__ABORT_ENQUEUE, (idle | FB__SCHEDULED | c) + FB__REF},
          {scheduled, FB__ABORT_MARKED, scheduled | c},
          {running, FB__ABORT_MARKED, running | c},
          {woken, FB__ABORT_MARKED, woken | c},
          {complete, FB__ABORT_NOTHING, complete},
          {scheduled | c, FB__ABORT_NOTHING, scheduled | c},
          {running | c, FB__ABORT_NOTHING, running | c},
          {woken | c, FB__ABORT_NOTHING, woken | c},
          {complete | c, FB__ABORT_NOTHING, complete | c});
}

static void begin_poll_runs_cancels_or_skips(void **state) {
    const uint32_t c = FB__CANCELLED;

    (void)state;
    CHECK(begin_poll, {scheduled, FB__BEGIN_POLL, running},
          {scheduled | c, FB__BEGIN_CANCEL, running | c},
          {woken | c, FB__BEGIN_SKIP, woken | c}, // seized, still in a queue
          {complete, FB__BEGIN_SKIP, complete},
          {complete | c, FB__BEGIN_SKIP, complete | c});
}

static void end_pending_parks_requeues_or_cancels(void **state) {
    const uint32_t c = FB__CANCELLED;

    (void)state;
    CHECK(end_pending, {running, FB__END_IDLE, idle - FB__REF},
          {woken, FB__END_REQUEUE, scheduled},
          {running | c, FB__END_CANCEL, running | c},
          {woken | c, FB__END_CANCEL, woken | c}); // the abort wins
}

static void complete_forgets_wakes_that_came_during_the_poll(void **state) {
    (void)state;
    CHECK(finish, {running, (int)running, complete},
          {woken, (int)woken, complete},
          {running | FB__CANCELLED, (int)(running | FB__CANCELLED),
           complete | FB__CANCELLED});
    CHECK(finish_failed, {running, (int)running, complete | FB__FAILED});
}

static void seize_takes_an_idle_or_queued_task(void **state) {
    const uint32_t c = FB__CANCELLED;

    (void)state;
    CHECK(seize, {idle, true, idle | FB__RUNNING | c},
          {scheduled, true, woken | c}, {scheduled | c, true, woken | c},
          {running, false, running}, {woken, false, woken},
          {running | c, false, running | c}, {complete, false, complete});
}

static void drop_interest_clears_one_bit_in_every_state(void **state) {
    const uint32_t words[] = {idle, scheduled, running, woken, complete};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        CHECK(drop_interest,
              {words[i], (int)words[i], words[i] & ~FB__JOIN_INTEREST});
    }
}

// contract 15
static void unref_tells_the_last_one_in_every_state(void **state) {
    const uint32_t bits[] = {0, FB__SCHEDULED, FB__RUNNING, FB__COMPLETE,
                             FB__RUNNING | FB__SCHEDULED};

    (void)state;
    for (size_t i = 0; i < sizeof bits / sizeof *bits; i++) {
        fb__task_state s;

        atomic_init(&s, bits[i] | FB__REF);
        fb__state_ref(&s);
        assert_int_equal(atomic_load(&s), bits[i] | 2 * FB__REF);
        assert_false(fb__state_unref(&s));
        assert_true(fb__state_unref(&s));
        assert_int_equal(atomic_load(&s), bits[i]);
    }
}

// A word is shared on the way, by its own thread, and stays so.
static void sharing_adds_one_bit_in_every_state(void **state) {
    const uint32_t words[] = {idle, scheduled, running, woken, complete};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        fb__task_state s;

        atomic_init(&s, words[i]);
        assert_false(fb__state_shared(&s));
        fb__state_share(&s);
        assert_true(fb__state_shared(&s));
        assert_int_equal(atomic_load(&s), words[i] | FB__SHARED);
        fb__state_share(&s);
        assert_int_equal(atomic_load(&s), words[i] | FB__SHARED);
    }
}

// ---- what must not happen ----

struct broken {
    uint32_t word;
    event_fn *event;
};

static void run_broken(void *arg) {
    const struct broken *b = arg;
    fb__task_state s;

    atomic_init(&s, b->word);
    b->event(&s);
}

static int ref(fb__task_state *s) {
    fb__state_ref(s);
    return 0;
}
static int unref(fb__task_state *s) {
    return fb__state_unref(s);
}

static void broken_transitions_abort(void **state) {
    struct broken cells[] = {{idle, begin_poll},   {running, begin_poll},
                             {woken, begin_poll},  {idle, finish},
                             {scheduled, finish},  {complete, finish},
                             {FB__COMPLETE, unref}};

    (void)state;
    for (size_t i = 0; i < sizeof cells / sizeof *cells; i++) {
        expect_death(run_broken, &cells[i], "broken contract");
    }
}

// contract 15
static void too_many_references_abort_instead_of_wrapping(void **state) {
    struct broken by_ref = {UINT32_MAX - FB__REF, ref};
    struct broken by_wake = {(UINT32_MAX - FB__REF) & -FB__REF, wake_by_ref};

    (void)state;
    expect_death(run_broken, &by_ref, "too many references");
    by_wake.word += FB__REF;
    expect_death(run_broken, &by_wake, "too many references");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_new_task_is_scheduled_with_three_references),
        cmocka_unit_test(wake_by_ref_in_every_state),
        cmocka_unit_test(wake_by_value_in_every_state_uses_one_reference_up),
        cmocka_unit_test(abort_in_every_state_is_marked_once),
        cmocka_unit_test(begin_poll_runs_cancels_or_skips),
        cmocka_unit_test(end_pending_parks_requeues_or_cancels),
        cmocka_unit_test(complete_forgets_wakes_that_came_during_the_poll),
        cmocka_unit_test(seize_takes_an_idle_or_queued_task),
        cmocka_unit_test(drop_interest_clears_one_bit_in_every_state),
        cmocka_unit_test(unref_tells_the_last_one_in_every_state),
        cmocka_unit_test(sharing_adds_one_bit_in_every_state),
        cmocka_unit_test(broken_transitions_abort),
        cmocka_unit_test(too_many_references_abort_instead_of_wrapping),
    };

    return cmocka_run_group_tests_name("task_state", tests, NULL, NULL);
}
