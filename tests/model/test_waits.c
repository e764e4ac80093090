// Who waits for whom: chains, rings, and the difference between a ring that is
// certain and one that only may be.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "random_events.h"
#include "tape.h"
#include "waits.h"
#include "whole.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;
static struct fb_model m;
static struct fb_waits w;

// Tasks 1 to `count`, each with its root of the same number, polled once.
static void tasks(uint32_t count) {
    memset(&tape, 0, sizeof tape);
    for (uint32_t id = 1; id <= count; id++) {
        tape_spawn(&tape, id, 0, id, 1);
        tape_scheduled(&tape, id, 1);
        tape_begin(&tape, id, id, 1);
        tape_end(&tape, id, id, FB_RESULT_PENDING, id, 0);
    }
}

static void look(void) {
    tape_play(&tape, tape.count, &m);
    whole_world(&m);
    assert_int_equal(fb_waits_init(&w, &m), 0);
}

static void look_away(void) {
    fb_waits_deinit(&w);
    fb_model_deinit(&m);
}

// `task` waits at line `line` for `holder`.
static void wait_for(uint32_t task, enum fb_party party, uint32_t holder,
                     unsigned interest, uint32_t line) {
    const uint32_t future = 100 * task + (uint32_t)tape.count;

    tape_enter(&tape, task, task, future, 4, line);
    tape_clone(&tape, task, party, holder, future, interest);
    tape_exit(&tape, task, task, future, FB_RESULT_PENDING, 0);
}

static void join(uint32_t task, uint32_t other, uint32_t line) {
    wait_for(task, FB_PARTY_TASK, other, 0, line);
}

static void channel(uint32_t id, enum fb_channel_op op,
                    enum fb_channel_kind kind, uint32_t task, uint32_t count,
                    uint32_t amount) {
    struct fb_event *e = tape_add(&tape, FB_EV_CHANNEL, op, kind, id);

    e->channel.task = task;
    e->channel.count = count;
    e->channel.amount = amount;
}

static void lock(uint32_t mutex, uint32_t task) {
    channel(mutex, FB_CHANNEL_TAKE, FB_CHANNEL_MUTEX, task, 0, 1);
}

// All rows as `print` would have them.
static const char *rows(void) {
    static char text[8192];
    char words[400], place[100];
    FILE *f = fmemopen(text, sizeof text, "w");

    assert_non_null(f);
    for (size_t i = 0; i < w.row_count; i++) {
        const struct fb_waits_row *row = &w.rows[i];
        const struct fb_wait *wait = &w.items[row->wait];

        if (row->kind == FB_WAITS_RING) {
            fb_say_ring(words, sizeof words, &m, &w, &w.rings[row->ring]);
            fprintf(f, "%s\n", words);
            continue;
        }
        fb_say_waits_row(words, sizeof words, &m, &w, row);
        fb_say_await(place, sizeof place, &tape_names, &m, wait->hold.future);
        fprintf(f, "%s%*s%u: %s (%s)\n",
                row->kind == FB_WAITS_MEMBER ? (row->last ? "=" : "|") : "",
                (int)row->depth * 2, "", wait->task, words, place);
    }
    fputc('\0', f);
    assert_int_equal(fclose(f), 0);
    return text;
}

static const char *summary(void) {
    static char text[200];

    fb_say_waits(text, sizeof text, &w);
    return text;
}

static void a_chain_ends_where_nobody_is_waited_for(void **state) {
    (void)state;
    tasks(4);
    tape_source(&tape, FB_EV_SOURCE_ADD, 1, 9, FB_SOURCE_STREAM, 0, 3);
    join(1, 2, 11);
    join(2, 3, 52);
    wait_for(3, FB_PARTY_SOURCE, 1, FB_READABLE, 13);
    join(4, 2, 14);
    look();
    assert_string_equal(rows(),
                        "1: task 2 finishing (serve.c:11)\n"
                        "  2: task 3 finishing (serve.c:52)\n"
                        "    3: fd 9 readable (serve.c:13)\n"
                        "4: task 2 finishing, see above (serve.c:14)\n");
    assert_string_equal(summary(), "3 tasks wait for others");
    assert_false(fb_waits_deadlock(&w));
    look_away();
}

static void two_that_join_each_other_are_a_deadlock(void **state) {
    (void)state;
    tasks(3);
    join(2, 3, 52);
    join(3, 2, 13);
    join(1, 2, 11);
    look();
    assert_string_equal(rows(),
                        "Deadlock: tasks 2 and 3 wait for each other, and "
                        "nothing else wakes them\n"
                        "|2: task 3 finishing (serve.c:52)\n"
                        "=3: task 2 finishing (serve.c:13)\n"
                        "1: task 2 finishing, in a ring (serve.c:11)\n");
    assert_string_equal(summary(), "1 ring; 3 tasks wait for others");
    assert_true(fb_waits_deadlock(&w));
    look_away();
}

static void a_task_that_waits_for_itself_is_a_ring_of_one(void **state) {
    (void)state;
    tasks(1);
    join(1, 1, 5);
    look();
    assert_string_equal(
        rows(), "Deadlock: task 1 waits for itself, and nothing else wakes it\n"
                "=1: task 1 finishing (serve.c:5)\n");
    look_away();
}

static void
mutexes_in_opposite_order_are_a_ring_through_their_owners(void **state) {
    (void)state;
    tasks(2);
    lock(1, 1);
    lock(2, 2);
    wait_for(1, FB_PARTY_CHANNEL, 2, FB_AWAITS_MUTEX, 21);
    wait_for(2, FB_PARTY_CHANNEL, 1, FB_AWAITS_MUTEX, 22);
    look();
    assert_string_equal(rows(),
                        "Deadlock: tasks 1 and 2 wait for each other, and "
                        "nothing else wakes them\n"
                        "|1: mutex 2, locked by task 2 (serve.c:21)\n"
                        "=2: mutex 1, locked by task 1 (serve.c:22)\n");
    look_away();
}

// A lock that is given to a waiter is the waiter's before it runs.
static void a_mutex_that_changes_hands_has_its_new_owner(void **state) {
    (void)state;
    tasks(3);
    lock(1, 1);
    wait_for(2, FB_PARTY_CHANNEL, 1, FB_AWAITS_MUTEX, 21);
    wait_for(3, FB_PARTY_CHANNEL, 1, FB_AWAITS_MUTEX, 22);
    look();
    assert_int_equal(fb_model_channel(&m, 1)->takers.tasks[0].task, 1);
    look_away();
    channel(1, FB_CHANNEL_GIVE, FB_CHANNEL_MUTEX, 1, 0, 1);
    tape_wake(&tape, 2, FB_WAKE_SCHEDULED, FB_PARTY_CHANNEL, 1);
    tape.events[tape.count - 1].wake.interest = FB_AWAITS_MUTEX;
    look();
    assert_int_equal(fb_model_channel(&m, 1)->takers.tasks[0].task, 2);
    look_away();
    lock(1, 2);
    channel(1, FB_CHANNEL_GIVE, FB_CHANNEL_MUTEX, 2, 1, 1);
    look();
    assert_int_equal(fb_model_channel(&m, 1)->takers.count, 0);
    look_away();
}

// A select with a timer: it is a ring, and it says how it ends.
static void a_ring_with_a_way_out_says_so(void **state) {
    (void)state;
    tasks(2);
    join(1, 2, 11);
    join(2, 1, 12);
    tape_timer(&tape, FB_EV_TIMER_SET, 5, tape.now_ns + 3004000, 2, 2, 0);
    wait_for(2, FB_PARTY_TIMER, 5, 0, 13);
    look();
    assert_non_null(strstr(rows(), "A ring: tasks 1 and 2 wait for each other, "
                                   "but task 2 also for timer in 3 ms"));
    assert_true(fb_waits_deadlock(&w));
    look_away();
}

// Who waits for a task that nobody will wake waits for ever, too; that is no
// ring, but the chain says where it ends.
static void a_lost_waker_is_the_end_of_a_chain(void **state) {
    (void)state;
    tasks(2);
    join(1, 2, 11); // task 2 has given its waker to nobody
    look();
    assert_string_equal(rows(), "1: task 2 finishing (serve.c:11)\n"
                                "  2: nobody: its waker is lost (serve.c:2)\n");
    assert_false(fb_waits_deadlock(&w));
    look_away();
}

// Such a task cannot break a ring either.
static void a_lost_task_is_no_way_out_of_a_ring(void **state) {
    (void)state;
    tasks(3);
    join(1, 2, 11);
    join(2, 1, 52);
    join(2, 3, 53);
    look();
    assert_true(w.rings[0].closed);
    look_away();
}

static void permits_and_members_are_guesses(void **state) {
    (void)state;
    tasks(2);
    channel(1, FB_CHANNEL_TAKE, FB_CHANNEL_SEMAPHORE, 1, 0, 3);
    channel(1, FB_CHANNEL_GIVE, FB_CHANNEL_SEMAPHORE, 1, 1, 1);
    wait_for(2, FB_PARTY_CHANNEL, 1, FB_AWAITS_PERMIT, 21);
    tape_spawn(&tape, 3, 2, 3, 1);
    tape_scheduled(&tape, 3, 1);
    wait_for(2, FB_PARTY_JOIN_SET, 7, 0, 22);
    look();
    assert_string_equal(rows(),
                        "2: next of join set 7; maybe task 3 (serve.c:22)\n"
                        "2: a permit of semaphore 1; task 1 holds 2 "
                        "(serve.c:21)\n"
                        "  1: nobody: its waker is lost (serve.c:1)\n");
    look_away();
}

// The acceptor of a thousand clients has one row for them.
static void members_of_a_join_set_are_one_row(void **state) {
    (void)state;
    tasks(1);
    for (uint32_t id = 2; id <= 4; id++) {
        tape_spawn(&tape, id, 1, id, 1);
        tape_scheduled(&tape, id, 1);
        tape_begin(&tape, id, id, 1);
        tape_end(&tape, id, id, FB_RESULT_PENDING, id, 0);
        tape_clone(&tape, id, FB_PARTY_CHANNEL, 9, id, FB_AWAITS_MESSAGE);
    }
    wait_for(1, FB_PARTY_SOURCE, 1, FB_READABLE, 21);
    wait_for(1, FB_PARTY_JOIN_SET, 7, 0, 22);
    look();
    assert_string_equal(
        rows(), "1: next of join set 7; maybe one of 3 tasks (serve.c:22)\n"
                "1: source 1 readable (serve.c:21)\n"
                "2: a message in channel 9 (serve.c:2)\n"
                "3: a message in channel 9 (serve.c:3)\n"
                "4: a message in channel 9 (serve.c:4)\n");
    look_away();
}

// Children that are detached, or awaited by themselves, are in no set.
static void only_children_that_nobody_else_has_are_members(void **state) {
    (void)state;
    tasks(1);
    for (uint32_t id = 2; id <= 4; id++) {
        tape_spawn(&tape, id, 1, id, 1);
        tape_scheduled(&tape, id, 1);
    }
    tape_add(&tape, FB_EV_TASK_JOIN, FB_JOIN_DETACH, 0, 2);
    tape_add(&tape, FB_EV_TASK_JOIN, FB_JOIN_AWAIT, 0, 3)->by.by = 1;
    wait_for(1, FB_PARTY_JOIN_SET, 7, 0, 22);
    look();
    assert_string_equal(rows(),
                        "1: next of join set 7; maybe task 4 (serve.c:22)\n");
    look_away();
}

// A scope whose members wait for it: the way round is through one of them.
static void a_ring_through_a_join_set_names_the_member(void **state) {
    (void)state;
    tasks(1);
    tape_spawn(&tape, 2, 1, 2, 1);
    tape_scheduled(&tape, 2, 1);
    tape_spawn(&tape, 3, 1, 3, 1);
    tape_scheduled(&tape, 3, 1);
    for (uint32_t id = 2; id <= 3; id++) {
        tape_begin(&tape, id, id, 1);
        tape_end(&tape, id, id, FB_RESULT_PENDING, id, 0);
        join(id, 1, 30 + id);
    }
    wait_for(1, FB_PARTY_JOIN_SET, 7, 0, 22);
    look();
    assert_string_equal(
        rows(),
        "Maybe a deadlock: tasks 1 and 3 wait for each other, as far as the "
        "events tell (one ring of a knot of 3 tasks)\n"
        "|1: next of join set 7; maybe task 3 (serve.c:22)\n"
        "=3: task 1 finishing (serve.c:33)\n"
        "1: next of join set 7; maybe one of 2 tasks (serve.c:22)\n"
        "2: task 1 finishing, in a ring (serve.c:32)\n");
    look_away();
}

// Both have sent to each other before. That they wait is daily life, unless
// nobody else is known that could send; and certain only in a stall.
static void two_channels(void) {
    tasks(2);
    channel(1, FB_CHANNEL_OPEN, FB_CHANNEL_MPSC, 0, 0, 0);
    channel(2, FB_CHANNEL_OPEN, FB_CHANNEL_MPSC, 0, 0, 0);
    channel(1, FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, 1, 1, 1);
    channel(2, FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, 2, 1, 1);
    wait_for(1, FB_PARTY_CHANNEL, 2, FB_AWAITS_MESSAGE, 21);
    wait_for(2, FB_PARTY_CHANNEL, 1, FB_AWAITS_MESSAGE, 22);
}

static void channels_make_a_ring_that_only_may_be(void **state) {
    (void)state;
    two_channels();
    look();
    assert_string_equal(
        rows(),
        "Maybe a deadlock: tasks 1 and 2 wait for each other, as far as the "
        "events tell\n"
        "|1: a message in channel 2; task 2 sent before (serve.c:21)\n"
        "=2: a message in channel 1; task 1 sent before (serve.c:22)\n");
    assert_string_equal(summary(), "maybe 1 ring; 2 tasks wait for others");
    assert_false(fb_waits_deadlock(&w));
    look_away();
    channel(1, FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, 0, 1, 1); // somebody outside
    look();
    assert_int_equal(w.ring_count, 0);
    look_away();
}

static void a_stall_makes_it_certain(void **state) {
    (void)state;
    two_channels();
    tape_add(&tape, FB_EV_STALL, 0, 0, 0)->stall.tasks = 2;
    look();
    assert_non_null(strstr(rows(), "Deadlock: tasks 1 and 2 wait for each "
                                   "other, and nothing else wakes them"));
    assert_true(fb_waits_deadlock(&w));
    look_away();
}

// A third one that is awake may yet send.
static void
a_sender_that_runs_keeps_the_others_from_being_a_ring(void **state) {
    (void)state;
    two_channels();
    tape_spawn(&tape, 3, 0, 3, 1);
    tape_scheduled(&tape, 3, 1);
    channel(2, FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, 3, 1, 1);
    look();
    assert_int_equal(w.ring_count, 0);
    assert_int_equal(w.count, 3); // two known senders of channel 2
    look_away();
}

static void lost_events_take_all_knowledge_of_locks(void **state) {
    struct fb_model gap;

    (void)state;
    tasks(2);
    lock(1, 1);
    wait_for(2, FB_PARTY_CHANNEL, 1, FB_AWAITS_MUTEX, 21);
    assert_int_equal(fb_model_init(&gap), 0);
    for (size_t i = 0; i < tape.count; i++) {
        assert_int_equal(fb_model_feed(&gap,
                                       i + 1 + (i + 1 == tape.count ? 5 : 0),
                                       &tape.events[i]),
                         0);
    }
    assert_null(fb_model_channel(&gap, 1));
    assert_int_equal(gap.channels.count, 0);
    fb_model_deinit(&gap);
}

static void the_channel_that_was_silent_longest_makes_room(void **state) {
    struct fb_event e = {.kind = FB_EV_CHANNEL, .flags = FB_CHANNEL_MPSC};
    uint64_t number = 0;

    (void)state;
    assert_int_equal(fb_model_init(&m), 0);
    for (uint32_t id = 1; id <= FB_MODEL_CHANNELS; id++) {
        e.subject = id;
        assert_int_equal(fb_model_feed(&m, ++number, &e), 0);
    }
    e.subject = 1; // it speaks again
    assert_int_equal(fb_model_feed(&m, ++number, &e), 0);
    e.subject = FB_MODEL_CHANNELS + 1;
    assert_int_equal(fb_model_feed(&m, ++number, &e), 0);
    assert_int_equal(m.channels.count, FB_MODEL_CHANNELS);
    assert_non_null(fb_model_channel(&m, 1));
    assert_null(fb_model_channel(&m, 2));
    fb_model_deinit(&m);
}

// More senders than are kept: those that are over go first, and where one that
// lives must go, it is said.
static void senders_beyond_the_list_are_more(void **state) {
    (void)state;
    tasks(6);
    tape_done(&tape, 1, FB_OUTCOME_OK, 0);
    for (uint32_t id = 1; id <= 5; id++) {
        channel(1, FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, id, 1, 1);
    }
    look();
    assert_int_equal(fb_model_channel(&m, 1)->givers.count, 4);
    assert_false(fb_model_channel(&m, 1)->givers.more);
    look_away();
    channel(1, FB_CHANNEL_GIVE, FB_CHANNEL_MPSC, 6, 1, 1);
    look();
    assert_true(fb_model_channel(&m, 1)->givers.more);
    look_away();
}

// ---- any graph ----

// Whether `from` comes back to itself along certain waits, tried the slow way.
static bool comes_back(uint32_t from, uint32_t count) {
    bool seen[64] = {false};
    uint32_t list[64], length = 0;

    list[length++] = from;
    for (uint32_t i = 0; i < length; i++) {
        for (size_t k = 0; k < w.count; k++) {
            if (w.items[k].task != list[i] || !w.items[k].certain) {
                continue;
            }
            if (w.items[k].on == from) {
                return true;
            }
            if (w.items[k].on <= count && !seen[w.items[k].on]) {
                seen[w.items[k].on] = true;
                list[length++] = w.items[k].on;
            }
        }
    }
    return false;
}

static void check_ring(const struct fb_ring *ring) {
    for (size_t i = 0; i < ring->count; i++) {
        const struct fb_wait *a = &w.items[w.members[ring->first + i]];
        const struct fb_wait *b =
            &w.items[w.members[ring->first + (i + 1) % ring->count]];

        assert_int_equal(a->on, b->task); // it goes round
        for (size_t k = 0; k < i; k++) {  // and once only
            assert_int_not_equal(w.items[w.members[ring->first + k]].task,
                                 a->task);
        }
    }
    assert_true(ring->tasks >= ring->count);
}

static void check_rows(void) {
    size_t members = 0, chains = 0, rings = 0;

    for (size_t i = 0; i < w.row_count; i++) {
        rings += w.rows[i].kind == FB_WAITS_RING;
        members += w.rows[i].kind == FB_WAITS_MEMBER;
        chains += w.rows[i].kind == FB_WAITS_CHAIN;
    }
    assert_int_equal(rings, w.ring_count);
    assert_int_equal(members, w.member_count);
    assert_true(members + chains <= w.count);
}

static void rings_are_found_wherever_there_are_some(void **state) {
    uint64_t random = 11;
    unsigned with = 0;

    (void)state;
    for (int round = 0; round < 400; round++) {
        const uint32_t count = 2 + (uint32_t)(random_next(&random) % 30);
        bool any = false;

        tasks(count);
        for (uint32_t i = 0; i < count; i++) {
            join(1 + (uint32_t)(random_next(&random) % count),
                 1 + (uint32_t)(random_next(&random) % count), 1);
        }
        look();
        for (uint32_t id = 1; id <= count; id++) {
            any = any || comes_back(id, count);
        }
        assert_int_equal(any, fb_waits_deadlock(&w));
        for (size_t i = 0; i < w.ring_count; i++) {
            check_ring(&w.rings[i]);
        }
        check_rows();
        with += any;
        look_away();
    }
    assert_true(with > 50 && with < 400);
}

// A ring of very many, and a chain as long: nothing recurses.
static void add_event(uint64_t *number, struct fb_event e) {
    e.time_ns = *number;
    assert_int_equal(fb_model_feed(&m, ++*number, &e), 0);
}

static void a_hundred_thousand_tasks_in_one_ring(void **state) {
    enum { TASKS = 100000 };
    uint64_t number = 0;

    (void)state;
    assert_int_equal(fb_model_init(&m), 0);
    for (uint32_t id = 1; id <= TASKS; id++) {
        add_event(&number, (struct fb_event){.kind = FB_EV_TASK_SPAWN,
                                             .subject = id,
                                             .spawn.root_future = id});
    }
    for (uint32_t id = 1; id <= TASKS; id++) {
        add_event(&number, (struct fb_event){.kind = FB_EV_WAKER_CLONE,
                                             .detail = FB_PARTY_TASK,
                                             .subject = id,
                                             .waker = {.holder = id % TASKS + 1,
                                                       .future = id}});
    }
    assert_int_equal(fb_waits_init(&w, &m), 0);
    assert_int_equal(w.ring_count, 1);
    assert_int_equal(w.rings[0].count, TASKS);
    assert_int_equal(w.rings[0].tasks, TASKS);
    check_rows();
    fb_waits_deinit(&w);
    add_event(&number, (struct fb_event){.kind = FB_EV_TASK_SCHEDULED,
                                         .subject = 1}); // one is woken
    assert_int_equal(fb_waits_init(&w, &m), 0);
    assert_int_equal(w.ring_count, 0);
    assert_int_equal(w.rows[TASKS - 2].depth, TASKS - 2);
    look_away();
}

static void any_events_give_rows_and_words(void **state) {
    uint64_t random = 3;
    char words[300];

    (void)state;
    for (int round = 0; round < 300; round++) {
        uint64_t number = 0;

        assert_int_equal(fb_model_init(&m), 0);
        for (int i = 0; i < 400; i++) {
            const struct fb_event e = random_event(&random);

            number += random_next(&random) % 100 == 0 ? 5 : 1;
            assert_int_equal(fb_model_feed(&m, number, &e), 0);
        }
        assert_int_equal(fb_waits_init(&w, &m), 0);
        check_rows();
        for (size_t i = 0; i < w.ring_count; i++) {
            check_ring(&w.rings[i]);
            assert_true(fb_say_ring(words, sizeof words, &m, &w, &w.rings[i]) >
                        0);
        }
        for (size_t i = w.ring_count; i < w.row_count; i++) {
            if (w.rows[i].kind != FB_WAITS_RING) {
                assert_true(fb_say_waits_row(words, sizeof words, &m, &w,
                                             &w.rows[i]) > 0);
                (void)fb_say_await(words, sizeof words, &tape_names, &m,
                                   w.items[w.rows[i].wait].hold.future);
            }
        }
        look_away();
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_chain_ends_where_nobody_is_waited_for),
        cmocka_unit_test(two_that_join_each_other_are_a_deadlock),
        cmocka_unit_test(a_task_that_waits_for_itself_is_a_ring_of_one),
        cmocka_unit_test(
            mutexes_in_opposite_order_are_a_ring_through_their_owners),
        cmocka_unit_test(a_mutex_that_changes_hands_has_its_new_owner),
        cmocka_unit_test(a_ring_with_a_way_out_says_so),
        cmocka_unit_test(a_lost_waker_is_the_end_of_a_chain),
        cmocka_unit_test(a_lost_task_is_no_way_out_of_a_ring),
        cmocka_unit_test(permits_and_members_are_guesses),
        cmocka_unit_test(members_of_a_join_set_are_one_row),
        cmocka_unit_test(only_children_that_nobody_else_has_are_members),
        cmocka_unit_test(a_ring_through_a_join_set_names_the_member),
        cmocka_unit_test(channels_make_a_ring_that_only_may_be),
        cmocka_unit_test(a_stall_makes_it_certain),
        cmocka_unit_test(a_sender_that_runs_keeps_the_others_from_being_a_ring),
        cmocka_unit_test(lost_events_take_all_knowledge_of_locks),
        cmocka_unit_test(the_channel_that_was_silent_longest_makes_room),
        cmocka_unit_test(senders_beyond_the_list_are_more),
        cmocka_unit_test(rings_are_found_wherever_there_are_some),
        cmocka_unit_test(a_hundred_thousand_tasks_in_one_ring),
        cmocka_unit_test(any_events_give_rows_and_words),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
