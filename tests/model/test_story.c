// The story: the same plain words for the same thing, and nothing hostile.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fishbowl/trace/text.h"
#include "tape.h"
#include <errno.h>
#include <limits.h>
#include <string.h>

static struct tape tape;
static struct moments at;

// The sentence for event `number` of the tape.
static const char *sentence(uint64_t number) {
    static char out[600];
    struct fb_model before, after;
    size_t len;

    tape_play(&tape, number - 1, &before);
    tape_play(&tape, number, &after);
    len = fb_story_sentence(out, sizeof out, &tape_names, number,
                            &tape.events[number - 1], &before, &after);
    assert_int_equal(len, strlen(out));
    fb_model_deinit(&before);
    fb_model_deinit(&after);
    return out;
}

static const char *last_sentence(void) {
    return sentence(tape.count);
}

static void the_greeters_story_is_told_in_whole_sentences(void **s) {
    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    assert_string_equal(sentence(2), "Task 1 is spawned to run serve, in "
                                     "serve.c:44 (256 bytes).");
    assert_string_equal(sentence(at.greet_waits - 4),
                        "read() on fd 7 returns EAGAIN: nothing to read yet.");
    assert_string_equal(sentence(at.greet_waits - 2),
                        "Its waker now sits in the reactor: fd 7 becoming "
                        "readable will wake task 2.");
    assert_string_equal(sentence(at.greet_waits - 1),
                        "read (future 6) returns Pending: it waits for fd 7 "
                        "readable.");
    assert_string_equal(sentence(at.greet_waits),
                        "Task 2 (127.0.0.1:51234) returns Pending; it waits "
                        "in named.c:31 for fd 7 readable.");
    assert_string_equal(sentence(at.greet_woken),
                        "fd 7 is readable: the reactor wakes task 2 "
                        "(127.0.0.1:51234), which goes to the run queue.");
    assert_string_equal(sentence(at.greet_again),
                        "Task 2 (127.0.0.1:51234) is polled for the 2nd time, "
                        "after the reactor woke it for fd 7.");
    assert_string_equal(sentence(at.greet_again + 1),
                        "Task 2 polls read (future 6), awaited in named.c:31, "
                        "once more.");
    assert_string_equal(sentence(at.greet_again + 2),
                        "read() on fd 7 brings 4 bytes.");
    assert_string_equal(sentence(at.greet_done),
                        "Task 2 (Ada 127.0.0.1:51234) is complete: ok.");
    assert_string_equal(sentence(at.greet_free),
                        "Task 2 (Ada 127.0.0.1:51234) is freed: nobody refers "
                        "to it any more.");
}

static void a_budget_that_is_spent_is_told_of_its_task(void **s) {
    struct fb_event *e;

    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    tape.count = at.greet_waits - 1;
    e = tape_add(&tape, FB_EV_BUDGET_OUT, 0, 0, 2);
    e->budget.future = 6;
    e->budget.spent = 128;
    assert_string_equal(last_sentence(),
                        "Task 2 (127.0.0.1:51234) has used up its poll's "
                        "budget of 128 operations: the others come first.");
}

static void a_call_that_blocks_is_told_with_its_name_and_time(void **s) {
    struct fb_event *e;

    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    tape.count = at.greet_waits - 1;
    e = tape_add(&tape, FB_EV_CLOCK, FB_CLOCK_BLOCKED, 4, 2);
    e->clock.from_ns = 1000;
    e->clock.to_ns = 30001000;
    assert_int_equal(fb_event_task(e), 2); // a step of task 2 ends here
    assert_string_equal(last_sentence(),
                        "Task 2 (127.0.0.1:51234) calls read, which blocks the "
                        "thread for 30 ms: nobody else can run meanwhile.");
}

static void lost_events_are_told_before_what_follows(void **s) {
    struct fb_event e = {.kind = FB_EV_UNPARK, .park.events = 2};
    struct fb_model before, after;
    char out[200];

    (void)s;
    assert_int_equal(fb_model_init(&before), 0);
    assert_int_equal(fb_model_init(&after), 0);
    assert_int_equal(fb_model_feed(&before, 119, &e), 0);
    fb_story_sentence(out, sizeof out, NULL, 341, &e, &before, &after);
    assert_string_equal(out, "Events 120 to 340 were lost. The reactor brings "
                             "2 events.");
    fb_story_sentence(out, sizeof out, NULL, 121, &e, &before, &after);
    assert_string_equal(out, "Event 120 was lost. The reactor brings 2 "
                             "events.");
    fb_model_deinit(&before);
    fb_model_deinit(&after);
}

static void every_kind_has_a_sentence_even_unknown_ones(void **s) {
    struct fb_model empty;
    char out[300];

    (void)s;
    assert_int_equal(fb_model_init(&empty), 0);
    for (unsigned kind = 0; kind < 256; kind++) {
        for (unsigned flags = 0; flags < 2; flags++) {
            const struct fb_event e = {.kind = (uint8_t)kind,
                                       .flags = flags ? FB_EV_FLAG_CENSUS : 0,
                                       .subject = 9};
            const size_t len =
                fb_story_sentence(out, sizeof out, NULL, 1, &e, &empty, &empty);

            assert_true(len > 10 && out[len - 1] == '.');
        }
    }
    fb_model_deinit(&empty);
}

static const char *io_sentence(enum fb_io_op op, int result, uint32_t asked) {
    memset(&tape, 0, sizeof tape);
    tape_source(&tape, FB_EV_SOURCE_ADD, 2, 7, FB_SOURCE_DATAGRAM, 0, 0);
    tape_io(&tape, 2, 7, 6, op, result, asked);
    return last_sentence();
}

static void datagrams_and_peeks_have_words_of_their_own(void **s) {
    (void)s;
    assert_string_equal(io_sentence(FB_IO_PEEK, 1, 8),
                        "peek() on fd 7 sees 1 byte and leaves it there.");
    assert_string_equal(io_sentence(FB_IO_PEEK, -EAGAIN, 8),
                        "peek() on fd 7 returns EAGAIN: nothing to read yet.");
    assert_string_equal(io_sentence(FB_IO_SEND_TO, 4, 4),
                        "send_to() on fd 7 sends a datagram of 4 bytes.");
    assert_string_equal(io_sentence(FB_IO_RECV_FROM, 0, 8),
                        "recv_from() on fd 7 brings a datagram of 0 bytes.");
    assert_string_equal(io_sentence(FB_IO_RECV_FROM, 9, 8),
                        "recv_from() on fd 7 brings a datagram of 9 bytes, cut "
                        "to the 8 there is room for.");
    assert_string_equal(io_sentence(FB_IO_RECV_FROM, -EAGAIN, 8),
                        "recv_from() on fd 7 returns EAGAIN: no datagram yet.");
    assert_string_equal(sentence(1),
                        "fd 7 becomes source 2 of the reactor: datagrams.");
}

static const char *block_sentence(enum fb_block_end end) {
    tape_add(&tape, FB_EV_BLOCK_END, end, 0, 3)->block.out = 21;
    return last_sentence();
}

static void blocking_work_is_told_from_pool_to_result(void **s) {
    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, 1, 0, 1, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 1);
    tape_add(&tape, FB_EV_BLOCK_BEGIN, 0, 0, 3)->block.task = 1;
    assert_string_equal(last_sentence(),
                        "Blocking work 3 goes to the pool of threads, so that "
                        "task 1 (greet) holds up nobody.");
    tape_clone(&tape, 1, FB_PARTY_BLOCKING, 3, 1, 0);
    assert_string_equal(last_sentence(),
                        "Its waker now sits in blocking work 3: the end of "
                        "that work will wake task 1.");
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 31, 0);
    assert_string_equal(block_sentence(FB_BLOCK_DROPPED),
                        "Blocking work 3 is dropped: it had not started.");
    assert_string_equal(block_sentence(FB_BLOCK_ORPHAN),
                        "Blocking work 3 is finished, but nobody waits for it "
                        "any more: its result is dropped.");
    assert_string_equal(block_sentence(FB_BLOCK_DONE),
                        "Blocking work 3 is finished: it returned 21.");
    tape_waker_drop(&tape, 1, FB_PARTY_BLOCKING, 3, 1, FB_WAKER_WOKEN);
    assert_string_equal(
        last_sentence(),
        "The waker in blocking work 3 is used up: it wakes task 1.");
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_BLOCKING, 3);
    assert_string_equal(last_sentence(),
                        "Blocking work 3 wakes task 1 (greet), which goes to "
                        "the run queue.");
}

static void a_hostile_name_reaches_no_terminal(void **s) {
    static const char name[] = "\x1b[2J\x07\xe2\x80\xae\xff\xc2\x9b"
                               "31m\n";
    char out[300];
    struct fb_model m;

    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, 1, 0, 1, 2);
    tape_label(&tape, 1, name, sizeof name); // with its NUL inside
    tape_scheduled(&tape, 1, 1);
    (void)strcpy(out, last_sentence());
    tape_play(&tape, tape.count, &m);
    assert_true(fb_text_is_utf8(out, strlen(out)));
    for (const char *c = out; *c != '\0'; c++) {
        assert_true((unsigned char)*c >= 0x20 && *c != 0x7f);
    }
    assert_null(strstr(out, "\xe2\x80\xae"));
    assert_null(strstr(out, "\xc2\x9b"));
    assert_non_null(strstr(out, "joins the run queue"));
    assert_true(fb_say_task(out, sizeof out, &tape_names, &m, 1) > 0);
    assert_null(strchr(out, '\x1b'));
    fb_model_deinit(&m);
}

static void a_cut_text_stays_utf8_and_tells_its_whole_length(void **s) {
    char whole[32], cut[32];
    const size_t len = fb_say_duration(whole, sizeof whole, 40000);

    (void)s;
    assert_string_equal(whole, "40 µs");
    for (size_t bytes = 1; bytes <= len; bytes++) {
        memset(cut, 'x', sizeof cut);
        assert_int_equal(fb_say_duration(cut, bytes, 40000), len);
        assert_true(strlen(cut) < bytes);
        assert_true(fb_text_is_utf8(cut, strlen(cut)));
        assert_memory_equal(cut, whole, strlen(cut));
    }
    assert_int_equal(fb_say_duration(NULL, 0, 40000), len);
}

static void durations_read_as_people_say_them(void **s) {
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {{0, "0 ns"},
                 {850, "850 ns"},
                 {1200000, "1.2 ms"},
                 {999999, "999 µs"},
                 {120000000, "120 ms"},
                 {3000000000, "3 s"},
                 {59999999999, "59 s"},
                 {60000000000, "1 min"},
                 {125000000000, "2 min 5 s"}};
    char out[40];

    (void)s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fb_say_duration(out, sizeof out, cases[i].ns);
        assert_string_equal(out, cases[i].text);
    }
}

static void time_to_come_is_rounded(void **s) {
    static const struct {
        uint64_t ns;
        const char *text;
    } cases[] = {{0, "0 ns"},
                 {1999700000, "2 s"},
                 {1940000000, "1.9 s"},
                 {499960000, "500 ms"},
                 {999960000, "1 s"},
                 {59999999999, "1 min"},
                 {UINT64_MAX, "307445734 min 33 s"}};
    char out[40];

    (void)s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        fb_say_remaining(out, sizeof out, cases[i].ns);
        assert_string_equal(out, cases[i].text);
    }
}

// One task that waits for one holder.
static void wait_with(enum fb_party party, uint32_t holder, unsigned interest) {
    memset(&tape, 0, sizeof tape);
    tape_source(&tape, FB_EV_SOURCE_ADD, 2, 7, FB_SOURCE_STREAM, 0, 0);
    tape_spawn(&tape, 1, 0, 1, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 1);
    tape_enter(&tape, 1, 1, 2, 4, 31);
    if (party == FB_PARTY_TIMER) {
        tape_timer(&tape, FB_EV_TIMER_SET, 3, tape.now_ns + 120004000, 1, 2, 0);
    }
    if (party != FB_PARTY_NONE) {
        tape_clone(&tape, 1, party, holder, 2, interest);
    }
    tape_exit(&tape, 1, 1, 2, FB_RESULT_PENDING, 0);
    tape_end(&tape, 1, 1, FB_RESULT_PENDING, 31, 0);
}

static const char *reason_with(enum fb_party party, uint32_t holder,
                               unsigned interest) {
    static char out[200];
    struct fb_model m;

    wait_with(party, holder, interest);
    tape_play(&tape, tape.count, &m);
    fb_say_reason(out, sizeof out, &tape_names, &m, 2);
    fb_model_deinit(&m);
    return out;
}

static void each_holder_gives_its_reason(void **s) {
    (void)s;
    assert_string_equal(reason_with(FB_PARTY_SOURCE, 2, FB_READABLE),
                        "fd 7 readable");
    assert_string_equal(
        reason_with(FB_PARTY_SOURCE, 2, FB_READABLE | FB_WRITABLE),
        "fd 7 readable or writable");
    assert_string_equal(reason_with(FB_PARTY_TIMER, 3, 0), "timer in 120 ms");
    assert_string_equal(reason_with(FB_PARTY_TASK, 4, 0), "task 4 finishing");
    assert_string_equal(reason_with(FB_PARTY_JOIN_SET, 1, 0),
                        "next of join set 1");
    assert_string_equal(reason_with(FB_PARTY_BLOCKING, 3, 0),
                        "blocking work 3 finishing");
    assert_string_equal(reason_with(FB_PARTY_EXECUTOR, 0, 0),
                        "the executor's next turn");
    assert_string_equal(reason_with(FB_PARTY_OUTSIDE, 0, 0),
                        "a waker kept outside");
    assert_string_equal(reason_with(FB_PARTY_NONE, 0, 0),
                        "nobody holds its waker");
}

// Who will wake task 1, after all that is on the tape.
static const char *who_wakes(void) {
    static char out[300];
    struct fb_model m;

    tape_play(&tape, tape.count, &m);
    fb_say_who_wakes(out, sizeof out, &tape_names, &m, 1);
    fb_model_deinit(&m);
    return out;
}

static void each_holder_says_at_what_it_will_wake(void **s) {
    static const struct {
        enum fb_party party;
        uint32_t holder;
        const char *text;
    } cases[] = {
        {FB_PARTY_SOURCE, 2, "the reactor, when fd 7 becomes readable"},
        {FB_PARTY_TIMER, 3, "timer 3, in 120 ms"},
        {FB_PARTY_TASK, 4, "task 4, when it is complete"},
        {FB_PARTY_JOIN_SET, 1, "the next task of join set 1 that is complete"},
        {FB_PARTY_EXECUTOR, 0, "the executor, at its next turn"},
        {FB_PARTY_CHANNEL, 9, "channel 9"},
        {FB_PARTY_BLOCKING, 3, "blocking work 3, when it is done"},
        {FB_PARTY_OUTSIDE, 0, "whoever keeps its waker outside"},
        {FB_PARTY_NONE, 0, "nobody: its waker is lost"},
    };

    (void)s;
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        wait_with(cases[i].party, cases[i].holder, 0);
        assert_string_equal(who_wakes(), cases[i].text);
    }
}

static void several_holders_are_named_in_the_order_of_their_arms(void **s) {
    (void)s;
    wait_with(FB_PARTY_SOURCE, 2, FB_READABLE);
    tape_clone(&tape, 1, FB_PARTY_TASK, 4, 2, 0);
    assert_string_equal(who_wakes(),
                        "the reactor, when fd 7 becomes readable; or task 4, "
                        "when it is complete");
    for (uint32_t task = 5; task < 9; task++) {
        tape_clone(&tape, 1, FB_PARTY_TASK, task, 2, 0);
    }
    assert_non_null(strstr(who_wakes(), "task 6, when it is complete; or one "
                                        "of 2 more"));
}

static void nobody_has_to_wake_a_task_that_is_awake(void **s) {
    (void)s;
    wait_with(FB_PARTY_SOURCE, 2, FB_READABLE);
    tape_wake(&tape, 1, FB_WAKE_SCHEDULED, FB_PARTY_SOURCE, 2);
    assert_string_equal(who_wakes(), "nobody has to: it is woken");
    tape_scheduled(&tape, 1, 1);
    assert_string_equal(who_wakes(), "nobody has to: it is woken");
    tape_begin(&tape, 1, 1, 2);
    assert_string_equal(who_wakes(), "nobody has to: it is being polled");
    tape_end(&tape, 1, 1, FB_RESULT_READY, 0, 0);
    tape_done(&tape, 1, FB_OUTCOME_OK, 0);
    assert_string_equal(who_wakes(), "");
}

static void a_task_is_asked_for_what_it_waits_and_who_woke_it(void **s) {
    struct fb_model m;
    char out[200];

    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    tape_play(&tape, at.greet_again, &m);
    fb_say_waker(out, sizeof out, &tape_names, &m, 2);
    assert_string_equal(out, "reactor, fd 7");
    fb_say_task_waits(out, sizeof out, &tape_names, &m, 2);
    assert_string_equal(out, "nothing: being polled");
    fb_say_task_waits(out, sizeof out, &tape_names, &m, 1);
    assert_string_equal(out, "fd 4 readable");
    fb_model_deinit(&m);
    tape_play(&tape, 3, &m);
    fb_say_waker(out, sizeof out, &tape_names, &m, 1);
    assert_string_equal(out, "its spawn");
    fb_say_task_waits(out, sizeof out, &tape_names, &m, 1);
    assert_string_equal(out, "its turn");
    fb_say_task(out, sizeof out, NULL, &m, 1);
    assert_string_equal(out, "task 1");
    fb_model_deinit(&m);
}

static void places_and_names_are_the_shortest_true_ones(void **s) {
    char out[100];

    (void)s;
    fb_say_place(out, sizeof out, &tape_names, 2, 31);
    assert_string_equal(out, "named.c:31");
    assert_int_equal(fb_say_place(out, sizeof out, &tape_names, 0, 31), 0);
    assert_int_equal(fb_say_place(out, sizeof out, NULL, 2, 31), 0);
    fb_say_bits(out, sizeof out, FB_READABLE | FB_WRITABLE);
    assert_string_equal(out, "readable, writable");
    assert_string_equal(fb_name_errno(ECONNRESET), "ECONNRESET");
    assert_string_equal(fb_name_errno(-ECONNRESET), "ECONNRESET");
    assert_string_equal(fb_name_errno(999), "?");
    assert_string_equal(fb_name_errno(INT_MIN), "?"); // has no opposite
    assert_string_equal(fb_name_event(FB_EV_TASK_SPAWN), "TASK_SPAWN");
    for (unsigned kind = 0; kind < FB_EV_KINDS; kind++) {
        assert_string_not_equal(fb_name_event((enum fb_event_kind)kind), "?");
    }
    assert_string_equal(fb_name_event((enum fb_event_kind)200), "?");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_greeters_story_is_told_in_whole_sentences),
        cmocka_unit_test(a_budget_that_is_spent_is_told_of_its_task),
        cmocka_unit_test(a_call_that_blocks_is_told_with_its_name_and_time),
        cmocka_unit_test(lost_events_are_told_before_what_follows),
        cmocka_unit_test(every_kind_has_a_sentence_even_unknown_ones),
        cmocka_unit_test(a_hostile_name_reaches_no_terminal),
        cmocka_unit_test(a_cut_text_stays_utf8_and_tells_its_whole_length),
        cmocka_unit_test(datagrams_and_peeks_have_words_of_their_own),
        cmocka_unit_test(blocking_work_is_told_from_pool_to_result),
        cmocka_unit_test(durations_read_as_people_say_them),
        cmocka_unit_test(time_to_come_is_rounded),
        cmocka_unit_test(each_holder_gives_its_reason),
        cmocka_unit_test(each_holder_says_at_what_it_will_wake),
        cmocka_unit_test(several_holders_are_named_in_the_order_of_their_arms),
        cmocka_unit_test(nobody_has_to_wake_a_task_that_is_awake),
        cmocka_unit_test(a_task_is_asked_for_what_it_waits_and_who_woke_it),
        cmocka_unit_test(places_and_names_are_the_shortest_true_ones),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
