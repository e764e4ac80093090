// Channels in the model: their sentences and reasons, and the rules of the
// checker about them.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "lives.h"
#include "tape.h"
#include <stdio.h>
#include <string.h>

static struct tape tape;

// Task 1 runs `greet`, and is being polled.
static void begin(void) {
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, 1, 0, 1, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 1);
}

static struct fb_event *channel(enum fb_channel_op op,
                                enum fb_channel_kind kind, uint32_t task,
                                uint32_t count) {
    struct fb_event *e = tape_add(&tape, FB_EV_CHANNEL, op, kind, 3);

    e->channel.task = task;
    e->channel.count = count;
    e->channel.amount = 1;
    return e;
}

// The sentence for the tape's last event.
static const char *sentence(void) {
    static char out[300];
    struct fb_model before, after;

    tape_play(&tape, tape.count - 1, &before);
    tape_play(&tape, tape.count, &after);
    fb_story_sentence(out, sizeof out, &tape_names, tape.count,
                      &tape.events[tape.count - 1], &before, &after);
    fb_model_deinit(&before);
    fb_model_deinit(&after);
    return out;
}

// ---- words ----

static void what_goes_in_and_comes_out_is_said_in_its_own_words(void **s) {
    static const struct {
        enum fb_channel_op op;
        enum fb_channel_kind kind;
        uint32_t count, capacity, amount;
        const char *text;
    } cases[] = {
        {FB_CHANNEL_OPEN, FB_CHANNEL_MPSC, 0, 4, 0,
         "makes channel 3 for at most 4 messages."},
        {FB_CHANNEL_OPEN, FB_CHANNEL_ONESHOT, 0, 1, 0,
         "makes channel 3 for at most 1 message."},
        {FB_CHANNEL_OPEN, FB_CHANNEL_SEMAPHORE, 2, 0, 0,
         "makes semaphore 3 with 2 permits."},
        {FB_CHANNEL_OPEN, FB_CHANNEL_MUTEX, 1, 1, 0, "makes mutex 3."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, 2, 4, 1,
         "sends a message into channel 3: 2 of its 4 places are taken."},
        {FB_CHANNEL_TAKE, FB_CHANNEL_MPSC, 0, 4, 1,
         "receives a message from channel 3: it is empty now."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_ONESHOT, 1, 1, 1,
         "sends a message into channel 3: it is full now."},
        {FB_CHANNEL_TAKE, FB_CHANNEL_BROADCAST, 2, 4, 1,
         "receives a message from channel 3: 2 more to read."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_SEMAPHORE, 1, 0, 1,
         "gives a permit to semaphore 3: 1 is left."},
        {FB_CHANNEL_TAKE, FB_CHANNEL_SEMAPHORE, 3, 0, 2,
         "takes 2 permits of semaphore 3: 3 are left."},
        {FB_CHANNEL_TAKE, FB_CHANNEL_MUTEX, 0, 1, 1, "has locked mutex 3."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_MUTEX, 1, 1, 1,
         "unlocks mutex 3: it is free."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_MUTEX, 0, 1, 1,
         "unlocks mutex 3: the first that waits has it."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_NOTIFY, 0, 1, 1,
         "notifies through notify 3: the first that waits."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_NOTIFY, 1, 1, 1,
         "notifies through notify 3: the next to ask goes on."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_NOTIFY, 0, 1, 0,
         "notifies through notify 3 all that wait now."},
        {FB_CHANNEL_TAKE, FB_CHANNEL_NOTIFY, 0, 1, 1,
         "is notified by notify 3."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_WATCH, 1, 1, 1,
         "puts a new value into watch 3."},
        {FB_CHANNEL_TAKE, FB_CHANNEL_WATCH, 1, 1, 1,
         "sees the new value in watch 3."},
        {FB_CHANNEL_GIVE, FB_CHANNEL_BROADCAST, 1, 4, 1,
         "sends a message to all receivers of channel 3."},
        {FB_CHANNEL_LAG, FB_CHANNEL_BROADCAST, 4, 4, 5,
         "was too slow for channel 3 and misses 5 messages."},
        {FB_CHANNEL_CLOSE, FB_CHANNEL_MPSC, 1, 4, 0,
         "closes channel 3: nothing more goes in."},
        {FB_CHANNEL_PASS, FB_CHANNEL_SEMAPHORE, 1, 0, 1,
         "does not use what semaphore 3 gave it: it goes to whoever is next."},
    };

    (void)s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        struct fb_event *e;
        char text[300];

        begin();
        e = channel(cases[i].op, cases[i].kind, 1, cases[i].count);
        e->channel.capacity = cases[i].capacity;
        e->channel.amount = cases[i].amount;
        snprintf(text, sizeof text, "Task 1 (greet) %s", cases[i].text);
        assert_string_equal(sentence(), text);
    }
}

static void outside_any_task_it_is_the_program(void **s) {
    (void)s;
    begin();
    channel(FB_CHANNEL_GIVE, FB_CHANNEL_WATCH, 0, 1);
    assert_string_equal(sentence(),
                        "The program puts a new value into watch 3.");
}

static const struct {
    enum fb_channel_wait wait;
    const char *reason, *waker, *what;
} waits[] = {
    {FB_AWAITS_MESSAGE, "a message in channel 3",
     "channel 3, when it has a message", "channel 3"},
    {FB_AWAITS_ROOM, "room in channel 3", "channel 3, when it has room",
     "channel 3"},
    {FB_AWAITS_CLOSED, "the receiver to leave channel 3",
     "channel 3, when its receiver is gone", "channel 3"},
    {FB_AWAITS_CHANGE, "a new value in watch 3",
     "watch 3, when it has a new value", "watch 3"},
    {FB_AWAITS_PERMIT, "a permit of semaphore 3",
     "semaphore 3, when it has a permit", "semaphore 3"},
    {FB_AWAITS_MUTEX, "mutex 3", "mutex 3, when it is free", "mutex 3"},
    {FB_AWAITS_NOTIFY, "notify 3", "notify 3, when it is called", "notify 3"},
    {FB_AWAITS_OTHER, "channel 3", "channel 3", "channel 3"},
};

static void release_and_wake(enum fb_channel_wait wait) {
    tape_waker_drop(&tape, 1, FB_PARTY_CHANNEL, 3, 2, FB_WAKER_WOKEN);
    tape.events[tape.count - 1].waker.interest = wait;
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_CHANNEL, 3);
    tape.events[tape.count - 1].wake.interest = wait;
}

static void each_wait_has_its_reason_and_its_waker(void **s) {
    char out[200], text[300];
    struct fb_model m;

    (void)s;
    for (size_t i = 0; i < sizeof waits / sizeof *waits; i++) {
        begin();
        tape_enter(&tape, 1, 1, 2, 4, 31);
        tape_clone(&tape, 1, FB_PARTY_CHANNEL, 3, 2, waits[i].wait);
        snprintf(text, sizeof text,
                 "Its waker now sits in %s: %s will wake task 1.",
                 waits[i].what, waits[i].reason);
        assert_string_equal(sentence(), text);
        tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
        tape_end(&tape, 1, 1, FB_RESULT_PENDING, 31, 0);
        tape_play(&tape, tape.count, &m);
        fb_say_reason(out, sizeof out, &tape_names, &m, 2);
        assert_string_equal(out, waits[i].reason);
        fb_say_who_wakes(out, sizeof out, &tape_names, &m, 1);
        assert_string_equal(out, waits[i].waker);
        fb_model_deinit(&m);
        release_and_wake(waits[i].wait);
        snprintf(text, sizeof text, "The %s wakes task 1 (greet)",
                 waits[i].what);
        assert_memory_equal(sentence(), text, strlen(text));
        tape_scheduled(&tape, 1, 1);
        tape_play(&tape, tape.count, &m);
        fb_say_waker(out, sizeof out, &tape_names, &m, 1);
        assert_string_equal(out, waits[i].what);
        fb_model_deinit(&m);
    }
}

static void a_step_of_a_task_ends_at_its_channel_event(void **s) {
    struct fb_model m;

    (void)s;
    begin();
    channel(FB_CHANNEL_OPEN, FB_CHANNEL_MPSC, 1, 0);
    assert_int_equal(fb_event_task(&tape.events[tape.count - 1]), 1);
    tape_play(&tape, tape.count, &m);
    assert_int_equal(fb_model_task(&m, 1)->last_event, tape.count);
    assert_int_equal(m.anomalies, 0);
    fb_model_deinit(&m);
}

// ---- the checker ----

static void assert_judged(enum fb_life_rule rule, const char *part) {
    struct fb_life_fault fault = {.rule = FB_LIFE_RULES};

    assert_int_equal(
        fb_lives_check(tape.events, tape.count, 1, FB_LIVES_CUT, &fault), 1);
    assert_int_equal(fault.rule, rule);
    assert_int_equal(fault.event, tape.count);
    assert_non_null(strstr(fault.text, part));
}

static void assert_legal(void) {
    struct fb_life_fault fault = {0};

    if (fb_lives_check(tape.events, tape.count, 1, FB_LIVES_CUT, &fault) != 0) {
        fail_msg("event %llu: %s", (unsigned long long)fault.event, fault.text);
    }
}

static void a_legal_life_of_a_channel_has_no_fault(void **s) {
    (void)s;
    begin();
    for (unsigned op = 0; op < FB_CHANNEL_OPS; op++) {
        channel((enum fb_channel_op)op, FB_CHANNEL_BROADCAST, 1, op % 3)
            ->channel.capacity = 2;
    }
    assert_legal();
}

static void a_channel_that_was_never_opened_is_found(void **s) {
    (void)s;
    begin();
    channel(FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, 1, 1);
    assert_judged(FB_LIFE_CHANNEL, "never opened");
}

static void a_number_that_is_taken_is_found(void **s) {
    (void)s;
    begin();
    channel(FB_CHANNEL_OPEN, FB_CHANNEL_MPSC, 1, 0);
    channel(FB_CHANNEL_OPEN, FB_CHANNEL_MPSC, 1, 0);
    assert_judged(FB_LIFE_CHANNEL, "its number is taken");
}

static void a_channel_that_changes_its_kind_is_found(void **s) {
    (void)s;
    begin();
    channel(FB_CHANNEL_OPEN, FB_CHANNEL_MUTEX, 1, 1);
    channel(FB_CHANNEL_TAKE, FB_CHANNEL_SEMAPHORE, 1, 0);
    assert_judged(FB_LIFE_CHANNEL, "was opened as");
}

static void more_than_it_can_hold_is_found(void **s) {
    (void)s;
    begin();
    channel(FB_CHANNEL_OPEN, FB_CHANNEL_MPSC, 1, 0);
    channel(FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, 1, 5)->channel.capacity = 4;
    assert_judged(FB_LIFE_CHANNEL, "can hold 4 at most");
}

static void a_task_that_is_not_alive_is_found(void **s) {
    (void)s;
    begin();
    channel(FB_CHANNEL_OPEN, FB_CHANNEL_MPSC, 7, 0);
    assert_judged(FB_LIFE_CHANNEL, "Task 7, which is not alive");
}

static void operations_that_do_not_exist_are_found(void **s) {
    (void)s;
    begin();
    tape_add(&tape, FB_EV_CHANNEL, FB_CHANNEL_OPS, FB_CHANNEL_MPSC, 3);
    assert_judged(FB_LIFE_NUMBERS, "does not exist");
    begin();
    tape_add(&tape, FB_EV_CHANNEL, FB_CHANNEL_OPEN, FB_CHANNEL_KINDS, 3);
    assert_judged(FB_LIFE_NUMBERS, "does not exist");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_goes_in_and_comes_out_is_said_in_its_own_words),
        cmocka_unit_test(outside_any_task_it_is_the_program),
        cmocka_unit_test(each_wait_has_its_reason_and_its_waker),
        cmocka_unit_test(a_step_of_a_task_ends_at_its_channel_event),
        cmocka_unit_test(a_legal_life_of_a_channel_has_no_fault),
        cmocka_unit_test(a_channel_that_was_never_opened_is_found),
        cmocka_unit_test(a_number_that_is_taken_is_found),
        cmocka_unit_test(a_channel_that_changes_its_kind_is_found),
        cmocka_unit_test(more_than_it_can_hold_is_found),
        cmocka_unit_test(a_task_that_is_not_alive_is_found),
        cmocka_unit_test(operations_that_do_not_exist_are_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
