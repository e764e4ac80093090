// Two runs side by side: aligning, what chance may not change, what must show.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "decisions.h"
#include "random_events.h"
#include "tape.h"
#include "transcript.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- aligning --------------------------------------------------------------

struct texts {
    const char *a, *b;
};

static bool same_letter(void *arg, size_t a, size_t b) {
    const struct texts *t = arg;

    return t->a[a] == t->b[b];
}

static struct fb_align align(struct texts *t) {
    const struct fb_align_rows rows = {.a_count = strlen(t->a),
                                       .b_count = strlen(t->b),
                                       .same = same_letter,
                                       .arg = t};
    struct fb_align result;

    assert_int_equal(fb_align_rows(&rows, &result), 0);
    return result;
}

// Checks that what is outside of gaps is the same, and gives what is inside.
static size_t check_align(const struct texts *t, const struct fb_align *al) {
    size_t a = 0, b = 0, edits = 0;

    for (size_t i = 0; i <= al->count; i++) {
        const struct fb_align_gap end = {strlen(t->a), 0, strlen(t->b), 0};
        const struct fb_align_gap g = i < al->count ? al->gaps[i] : end;

        assert_true(g.a >= a && g.b >= b);
        assert_int_equal(g.a - a, g.b - b);
        assert_memory_equal(t->a + a, t->b + b, g.a - a);
        assert_true(i == al->count || g.a_count + g.b_count > 0);
        a = g.a + g.a_count;
        b = g.b + g.b_count;
        edits += g.a_count + g.b_count;
    }
    assert_int_equal(a, strlen(t->a));
    assert_int_equal(b, strlen(t->b));
    return edits;
}

static void the_same_has_no_gap(void **state) {
    struct texts t[] = {{"abc", "abc"}, {"", ""}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fb_align al = align(&t[i]);

        assert_int_equal(al.count, 0);
        assert_false(al.gave_up);
        fb_align_deinit(&al);
    }
}

static void what_only_one_has_is_a_gap_and_the_rest_aligns(void **state) {
    struct texts t = {"abcdefgh", "abXcdfgYh"};
    struct fb_align al = align(&t);

    (void)state;
    assert_int_equal(check_align(&t, &al), 3);
    assert_int_equal(al.count, 3);
    assert_int_equal(al.gaps[0].a, 2);
    assert_int_equal(al.gaps[0].a_count, 0);
    assert_int_equal(al.gaps[0].b_count, 1);
    assert_int_equal(al.gaps[1].a, 4);
    assert_int_equal(al.gaps[1].a_count, 1);
    fb_align_deinit(&al);
}

static void one_side_may_be_empty(void **state) {
    struct texts t[] = {{"", "abc"}, {"abc", ""}};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fb_align al = align(&t[i]);

        assert_int_equal(check_align(&t[i], &al), 3);
        assert_int_equal(al.count, 1);
        fb_align_deinit(&al);
    }
}

// The fewest letters to leave out, the slow way.
static size_t fewest(const struct texts *t) {
    size_t row[64] = {0}, n = strlen(t->a), m = strlen(t->b);

    for (size_t j = 0; j <= m; j++) {
        row[j] = j;
    }
    for (size_t i = 1; i <= n; i++) {
        size_t diagonal = row[0];

        row[0] = i;
        for (size_t j = 1; j <= m; j++) {
            const size_t above = row[j];
            const size_t least = above < row[j - 1] ? above : row[j - 1];

            row[j] = t->a[i - 1] == t->b[j - 1] ? diagonal : least + 1;
            diagonal = above;
        }
    }
    return row[m];
}

static void random_letters_are_aligned_with_the_fewest_edits(void **state) {
    uint64_t seed = 42;

    (void)state;
    for (int round = 0; round < 3000; round++) {
        char a[33] = "", b[33] = "";
        struct texts t = {a, b};
        struct fb_align al;

        for (uint32_t i = 0, n = random_next(&seed) % 32; i < n; i++) {
            a[i] = (char)('a' + random_next(&seed) % 3);
        }
        for (uint32_t i = 0, n = random_next(&seed) % 32; i < n; i++) {
            b[i] = (char)('a' + random_next(&seed) % 3);
        }
        al = align(&t);
        assert_int_equal(check_align(&t, &al), fewest(&t));
        fb_align_deinit(&al);
    }
}

static void too_much_that_differs_is_given_up_but_not_wrong(void **state) {
    enum { LONG = 6000 };
    char *a = calloc(1, LONG + 1), *b = calloc(1, LONG + 1);
    struct texts t = {a, b};
    struct fb_align al;

    (void)state;
    memset(a, 'a', LONG);
    memset(b, 'b', LONG);
    memcpy(a, "xy", 2);
    memcpy(b, "xzy", 3); // found before it is given up
    a[LONG - 1] = b[LONG - 1] = 'e';
    al = align(&t);
    assert_true(al.gave_up);
    assert_true(al.count >= 1);
    (void)check_align(&t, &al);
    assert_int_equal(al.gaps[0].a, 1);
    fb_align_deinit(&al);
    free(a);
    free(b);
}

// ---- runs ------------------------------------------------------------------

static struct tape tape;
static struct moments at;

static struct fb_history *history_of(void) {
    struct fb_history *h;

    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < tape.count; i++) {
        assert_int_equal(fb_history_push(h, i + 1, &tape.events[i]), 0);
    }
    return h;
}

static struct fb_history *greeter(void) {
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    return history_of();
}

static struct fb_comparison compare(struct fb_history *a, struct fb_history *b,
                                    enum fb_transcript_grade grade) {
    const struct fb_run x = {a, &tape_names}, y = {b, &tape_names};
    struct fb_comparison c;

    assert_int_equal(fb_compare(&x, &y, grade, 0, &c), 0);
    return c;
}

static bool are_equal(struct fb_history *a, struct fb_history *b,
                      enum fb_transcript_grade grade) {
    struct fb_comparison c = compare(a, b, grade);
    const bool equal = fb_comparison_equal(&c);

    assert_true(c.a.count > 0);
    fb_comparison_deinit(&c);
    return equal;
}

// Every id another one, every time, fd, port and turn of the kernel, too.
static void other_numbers(struct tape *t) {
    for (size_t i = 0; i < t->count; i++) {
        struct fb_event *e = &t->events[i];

        e->time_ns = 3 * e->time_ns + 17;
        switch ((enum fb_event_kind)e->kind) {
        case FB_EV_TASK_SPAWN:
            e->spawn.parent += e->spawn.parent != 0 ? 70 : 0;
            e->spawn.root_future += 500;
            e->subject += 70;
            break;
        case FB_EV_POLL_BEGIN:
        case FB_EV_POLL_END:
            e->poll.future += 500;
            e->subject += 70;
            break;
        case FB_EV_TASK_LABEL: {
            char *digits = memchr(e->text, '5', sizeof e->text);

            if (digits != NULL) {
                *digits = '6'; // 51234 → 61234, where it is a port
            }
            e->subject += 70;
            break;
        }
        case FB_EV_FUTURE_ENTER:
            e->enter.parent += e->enter.parent != 0 ? 500 : 0;
            e->enter.task += 70;
            e->subject += 500;
            break;
        case FB_EV_FUTURE_EXIT:
            e->exit.task += 70;
            e->exit.parent += e->exit.parent != 0 ? 500 : 0;
            e->subject += 500;
            break;
        case FB_EV_FUTURE_DROP:
            e->drop.task += e->drop.task != 0 ? 70 : 0;
            e->subject += 500;
            break;
        case FB_EV_WAKER_CLONE:
        case FB_EV_WAKER_DROP:
            e->waker.future += 500;
            e->waker.holder += e->detail == FB_PARTY_SOURCE ? 30 : 0;
            e->subject += 70;
            break;
        case FB_EV_WAKE:
            e->wake.cause += e->flags == FB_PARTY_SOURCE ? 30 : 0;
            e->wake.cause += e->flags == FB_PARTY_TASK ? 70 : 0;
            e->subject += 70;
            break;
        case FB_EV_SOURCE_ADD:
        case FB_EV_SOURCE_READY:
        case FB_EV_SOURCE_CLEAR:
        case FB_EV_SOURCE_DEL:
            e->source.fd += 4;
            e->source.generation += 9;
            e->source.task += e->source.task != 0 ? 70 : 0;
            e->subject += 30;
            break;
        case FB_EV_IO:
            e->io.fd += 4;
            e->io.future += 500;
            e->io.result +=
                e->detail == FB_IO_ACCEPT && e->io.result > 0 ? 4 : 0;
            e->subject += 30;
            break;
        case FB_EV_UNPARK: e->park.events += 3; break;
        case FB_EV_TASK_SCHEDULED:
        case FB_EV_TASK_DONE:
        case FB_EV_TASK_FREE:
        case FB_EV_TASK_JOIN: e->subject += 70; break;
        default: break;
        }
    }
}

static void what_chance_decides_is_no_difference_in_any_grade(void **state) {
    struct fb_history *a = greeter(), *b;

    (void)state;
    other_numbers(&tape);
    b = history_of();
    assert_true(are_equal(a, b, FB_TRANSCRIPT_TREE));
    assert_true(are_equal(a, b, FB_TRANSCRIPT_ORDER));
    assert_true(are_equal(a, b, FB_TRANSCRIPT_EVENTS));
    fb_history_destroy(a);
    fb_history_destroy(b);
}

// Each event with words to compare, changed in one word, is found.
static void a_changed_event_is_the_first_difference(void **state) {
    struct fb_history *a = greeter();
    int found = 0;

    (void)state;
    for (size_t i = 0; i < tape.count; i++) {
        struct fb_event before = tape.events[i];
        struct fb_comparison c;
        struct fb_history *b;

        if (before.kind == FB_EV_IO && before.detail != FB_IO_ACCEPT) {
            tape.events[i].io.result += 1;
        } else if (before.kind == FB_EV_WAKE) {
            tape.events[i].detail ^= 1;
        } else if (before.kind == FB_EV_TASK_DONE) {
            tape.events[i].done.out -= 7;
        } else {
            continue;
        }
        b = history_of();
        tape.events[i] = before;
        c = compare(a, b, FB_TRANSCRIPT_EVENTS);
        assert_false(fb_comparison_equal(&c));
        assert_int_equal(c.a.lines[c.align.gaps[0].a].event, i + 1);
        assert_int_equal(c.b.lines[c.align.gaps[0].b].event, i + 1);
        fb_comparison_deinit(&c);
        fb_history_destroy(b);
        found++;
    }
    assert_true(found >= 6);
    fb_history_destroy(a);
}

static void a_step_that_is_missing_is_found_in_the_tree(void **state) {
    struct fb_history *a = greeter(), *b;
    struct fb_comparison c;
    size_t last = 0;
    uint32_t depth;

    (void)state;
    for (size_t i = 0; i < tape.count; i++) {
        last = tape.events[i].kind == FB_EV_IO &&
                       tape.events[i].detail == FB_IO_WRITE
                   ? i
                   : last;
    }
    tape.events[last].kind = FB_EV_YIELD;
    tape.events[last].subject = 2;
    b = history_of();
    c = compare(a, b, FB_TRANSCRIPT_TREE);
    assert_int_equal(c.align.count, 1);
    assert_int_equal(c.align.gaps[0].a_count, 1);
    assert_int_equal(c.align.gaps[0].b_count, 0);
    assert_int_equal(c.a.lines[c.align.gaps[0].a].event, last + 1);
    assert_string_equal(
        fb_transcript_text(&c, &c.a.lines[c.align.gaps[0].a], &depth),
        "write 28");
    assert_int_equal(depth, 2); // of a task that another one spawned
    fb_comparison_deinit(&c);
    fb_history_destroy(a);
    fb_history_destroy(b);
}

// ---- rows ------------------------------------------------------------------

static void seeking_and_walking_give_the_same_rows(void **state) {
    uint64_t seed = 7;

    (void)state;
    for (int round = 0; round < 40; round++) {
        struct fb_history *h[2];
        struct fb_comparison c;
        struct fb_comparison_cursor cursor = {0}, sought;
        struct fb_comparison_row row, again;
        size_t count = 0;

        for (int side = 0; side < 2; side++) {
            memset(&tape, 0, sizeof tape);
            for (int i = 0; i < 60; i++) {
                tape.events[tape.count] = random_event(&seed);
                tape.events[tape.count++].flags &= 0x7fff;
            }
            h[side] = history_of();
        }
        c = compare(h[0], h[1], FB_TRANSCRIPT_EVENTS);
        while (fb_comparison_next(&c, &cursor, &row)) {
            fb_comparison_seek(&c, &sought, count);
            assert_true(fb_comparison_next(&c, &sought, &again));
            assert_ptr_equal(row.a, again.a);
            assert_ptr_equal(row.b, again.b);
            assert_int_equal(row.differs, again.differs);
            assert_true(row.a != NULL || row.b != NULL);
            if (row.differs &&
                (count == 0 || fb_comparison_gap_row(&c, row.gap) == count)) {
                assert_int_equal(fb_comparison_gap_row(&c, row.gap), count);
            }
            count++;
        }
        assert_int_equal(count, fb_comparison_rows(&c));
        fb_comparison_seek(&c, &sought, count + 5);
        assert_false(fb_comparison_next(&c, &sought, &again));
        assert_int_equal(fb_comparison_gap_row(&c, c.align.count), SIZE_MAX);
        fb_comparison_deinit(&c);
        fb_history_destroy(h[0]);
        fb_history_destroy(h[1]);
    }
}

static void an_empty_run_can_be_compared(void **state) {
    struct fb_history *a = greeter(), *b;

    (void)state;
    memset(&tape, 0, sizeof tape);
    b = history_of();
    for (int grade = 0; grade < FB_TRANSCRIPT_GRADES; grade++) {
        struct fb_comparison c = compare(a, b, (enum fb_transcript_grade)grade);

        assert_int_equal(c.align.count, 1);
        assert_int_equal(fb_comparison_rows(&c), c.a.count);
        fb_comparison_deinit(&c);
        c = compare(b, b, (enum fb_transcript_grade)grade);
        assert_true(fb_comparison_equal(&c));
        assert_int_equal(fb_comparison_rows(&c), 0);
        fb_comparison_deinit(&c);
    }
    fb_history_destroy(a);
    fb_history_destroy(b);
}

// ---- decisions -------------------------------------------------------------

struct heard {
    struct fb_decision d[8];
    int count;
};

static int hear(void *arg, const struct fb_decision *d) {
    struct heard *h = arg;

    assert_non_null(d->before);
    h->d[h->count++] = *d;
    return h->count == 8 ? -1 : 0;
}

static void three_runnable_tasks(uint32_t choose) {
    memset(&tape, 0, sizeof tape);
    for (uint32_t task = 1; task <= 3; task++) {
        tape_spawn(&tape, task, 0, task, 2);
        tape_scheduled(&tape, task, task);
    }
    if (choose != 0) {
        tape_add(&tape, FB_EV_CHOICE, 0, 0, choose)->choice.instead = 1;
    }
    for (uint32_t i = 0, task = choose != 0 ? choose : 1; i < 3;
         i++, task = task % 3 + 1) {
        tape_begin(&tape, task, task, 1);
        tape_end(&tape, task, task, FB_RESULT_PENDING, 5, 0);
    }
}

static void polls_with_a_choice_are_decisions(void **state) {
    struct heard heard = {0};
    struct fb_history *h;

    (void)state;
    three_runnable_tasks(0);
    h = history_of();
    assert_int_equal(fb_decisions(h, hear, &heard), 0);
    assert_int_equal(heard.count, 2); // the third has only one left
    assert_int_equal(heard.d[0].poll, 1);
    assert_int_equal(heard.d[0].task, 1);
    assert_int_equal(heard.d[0].event, 7);
    assert_int_equal(heard.d[0].count, 3);
    assert_int_equal(heard.d[0].tasks[2], 3);
    assert_int_equal(heard.d[0].choice, 0);
    assert_int_equal(heard.d[1].poll, 2);
    assert_int_equal(heard.d[1].count, 2);
    assert_int_equal(heard.d[1].tasks[0], 2);
    fb_history_destroy(h);
}

static void a_choice_is_told_with_its_decision(void **state) {
    struct heard heard = {0};
    struct fb_history *h;

    (void)state;
    three_runnable_tasks(2);
    h = history_of();
    assert_int_equal(fb_decisions(h, hear, &heard), 0);
    assert_int_equal(heard.d[0].choice, 7);
    assert_int_equal(heard.d[0].task, 2);
    assert_int_equal(heard.d[1].choice, 0);
    fb_history_destroy(h);
}

static void without_the_beginning_polls_have_no_number(void **state) {
    struct heard heard = {0};
    struct fb_history *h;

    (void)state;
    three_runnable_tasks(0);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < tape.count; i++) {
        assert_int_equal(fb_history_push(h, i + 11, &tape.events[i]), 0);
    }
    assert_int_equal(fb_decisions(h, hear, &heard), 0);
    assert_int_equal(heard.count, 2);
    assert_int_equal(heard.d[0].poll, 0);
    assert_int_equal(heard.d[0].event, 17);
    fb_history_destroy(h);
}

static void any_events_have_decisions_without_harm(void **state) {
    uint64_t seed = 99;

    (void)state;
    for (int round = 0; round < 50; round++) {
        struct heard heard = {0};
        struct fb_history *h;

        memset(&tape, 0, sizeof tape);
        for (int i = 0; i < 400; i++) {
            tape.events[tape.count++] = random_event(&seed);
        }
        h = history_of();
        assert_in_range(fb_decisions(h, hear, &heard) + 1, 0, 1);
        fb_history_destroy(h);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_has_no_gap),
        cmocka_unit_test(what_only_one_has_is_a_gap_and_the_rest_aligns),
        cmocka_unit_test(one_side_may_be_empty),
        cmocka_unit_test(random_letters_are_aligned_with_the_fewest_edits),
        cmocka_unit_test(too_much_that_differs_is_given_up_but_not_wrong),
        cmocka_unit_test(what_chance_decides_is_no_difference_in_any_grade),
        cmocka_unit_test(a_changed_event_is_the_first_difference),
        cmocka_unit_test(a_step_that_is_missing_is_found_in_the_tree),
        cmocka_unit_test(seeking_and_walking_give_the_same_rows),
        cmocka_unit_test(an_empty_run_can_be_compared),
        cmocka_unit_test(polls_with_a_choice_are_decisions),
        cmocka_unit_test(a_choice_is_told_with_its_decision),
        cmocka_unit_test(without_the_beginning_polls_have_no_number),
        cmocka_unit_test(any_events_have_decisions_without_harm),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
