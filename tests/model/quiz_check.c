// The judge of questions.
//
// Idea: a choice is a claim in plain words. Each claim is parsed here and
// decided by walking over the bare events, with bookkeeping of this file's own
// (who is in which queue, who holds which waker), from event 1 on.
#include "quiz_check.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct fb_event *at(const struct quiz_tape *t, uint64_t number) {
    return number >= 1 && number <= t->count ? &t->events[number - 1] : NULL;
}

static bool is_census(const struct fb_event *e) {
    return (e->flags & FB_EV_FLAG_CENSUS) != 0;
}

static bool begins(const char *text, const char *with) {
    return strncmp(text, with, strlen(with)) == 0;
}

static uint32_t number_in(const char *text, const char *after) {
    const char *found = strstr(text, after);

    assert_non_null(found);
    return (uint32_t)strtoul(found + strlen(after), NULL, 10);
}

// The first event of that kind about the task after `from`; 0: none.
static uint64_t first_of(const struct quiz_tape *t, uint64_t from,
                         enum fb_event_kind kind, uint32_t task) {
    for (uint64_t n = from + 1; n <= t->count; n++) {
        if (at(t, n)->kind == kind && at(t, n)->subject == task &&
            !is_census(at(t, n))) {
            return n;
        }
    }
    return 0;
}

// ---- who is polled next ----

static bool is_in_queue(const struct quiz_tape *t, uint64_t now,
                        uint32_t task) {
    for (uint64_t n = now; n >= 1; n--) {
        const struct fb_event *e = at(t, n);

        if (e->subject == task && e->kind == FB_EV_TASK_SCHEDULED) {
            return true;
        }
        if (e->subject == task &&
            (e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_TASK_DONE)) {
            return false;
        }
    }
    return false;
}

static bool next_is_true(const struct quiz_tape *t, const struct fb_quiz *q,
                         const char *claim) {
    uint64_t n = q->at + 1;
    uint32_t task;

    while (at(t, n) &&
           (at(t, n)->kind != FB_EV_POLL_BEGIN || is_census(at(t, n)) ||
            (at(t, n)->flags & FB_EV_WORKER_MASK) != q->worker)) {
        n++;
    }
    assert_non_null(at(t, n));
    assert_int_equal(q->until, n);
    if (!begins(claim, "task ")) {
        assert_true(begins(claim, "both at once") ||
                    begins(claim, "all of them at once"));
        return false;
    }
    task = number_in(claim, "task ");
    assert_true(is_in_queue(t, q->at, task)); // or it is no plausible answer
    return at(t, n)->subject == task;
}

// ---- a poll ----

static uint64_t end_of_poll(const struct quiz_tape *t,
                            const struct fb_quiz *q) {
    uint64_t end = first_of(t, q->at, FB_EV_POLL_END, q->task);

    assert_int_equal(at(t, q->at)->kind, FB_EV_POLL_BEGIN);
    assert_int_equal(at(t, q->at)->subject, q->task);
    assert_int_not_equal(end, 0);
    return end;
}

static bool result_is_true(const struct quiz_tape *t, const struct fb_quiz *q,
                           const char *claim) {
    const uint64_t end = end_of_poll(t, q);

    assert_int_equal(q->until, end);
    if (begins(claim, "Ready")) {
        return at(t, end)->detail == FB_RESULT_READY;
    }
    if (begins(claim, "Pending")) {
        return at(t, end)->detail == FB_RESULT_PENDING;
    }
    assert_true(begins(claim, "it does not end yet"));
    return at(t, end)->kind != FB_EV_POLL_END;
}

// The waker of the task that is stored after event `now`, if it is only one.
static const struct fb_event *only_hold(const struct quiz_tape *t, uint64_t now,
                                        uint32_t task) {
    const struct fb_event *holds[64];
    int count = 0;

    for (uint64_t n = 1; n <= now; n++) {
        const struct fb_event *e = at(t, n);

        if (e->subject != task || is_census(e)) {
            continue;
        }
        if (e->kind == FB_EV_WAKER_CLONE) {
            assert_true(count < 64);
            holds[count++] = e;
        }
        for (int i = 0; e->kind == FB_EV_WAKER_DROP && i < count; i++) {
            if (holds[i]->detail == e->detail &&
                holds[i]->waker.holder == e->waker.holder &&
                holds[i]->waker.future == e->waker.future) {
                holds[i] = holds[--count];
                break;
            }
        }
    }
    return count == 1 ? holds[0] : NULL;
}

static int32_t fd_of(const struct quiz_tape *t, uint64_t now, uint32_t source) {
    for (uint64_t n = now; n >= 1; n--) {
        if (at(t, n)->kind == FB_EV_SOURCE_ADD && at(t, n)->subject == source) {
            return at(t, n)->source.fd;
        }
    }
    return -1;
}

static bool why_is_true(const struct quiz_tape *t, const struct fb_quiz *q,
                        const char *claim) {
    const uint64_t end = end_of_poll(t, q);
    const struct fb_event *hold = only_hold(t, end, q->task);

    assert_int_equal(at(t, end)->detail, FB_RESULT_PENDING);
    assert_non_null(hold);
    if (begins(claim, "its turn")) { // then it would be in the queue now
        return at(t, end + 1) && at(t, end + 1)->kind == FB_EV_TASK_SCHEDULED &&
               at(t, end + 1)->subject == q->task;
    }
    if (begins(claim, "a timer")) {
        return hold->detail == FB_PARTY_TIMER;
    }
    if (begins(claim, "fd ")) {
        return hold->detail == FB_PARTY_SOURCE &&
               fd_of(t, end, hold->waker.holder) ==
                   (int32_t)number_in(claim, "fd ");
    }
    if (begins(claim, "task ")) {
        return hold->detail == FB_PARTY_TASK &&
               hold->waker.holder == number_in(claim, "task ");
    }
    return hold->detail == FB_PARTY_CHANNEL; // the only one that is named
}

static bool who_is_true(const struct quiz_tape *t, const struct fb_quiz *q,
                        const char *claim) {
    const uint64_t end = end_of_poll(t, q);
    const uint64_t wake = first_of(t, end, FB_EV_WAKE, q->task);
    const uint64_t poll = first_of(t, end, FB_EV_POLL_BEGIN, q->task);
    unsigned party;

    assert_int_not_equal(wake, 0);
    assert_int_equal(q->until, wake);
    party = at(t, wake)->flags;
    if (begins(claim, "the reactor")) {
        return party == FB_PARTY_SOURCE;
    }
    if (begins(claim, "a timer")) {
        return party == FB_PARTY_TIMER;
    }
    if (begins(claim, "another task")) {
        return party == FB_PARTY_TASK || party == FB_PARTY_CHANNEL;
    }
    assert_true(begins(claim, "the executor"));
    return poll != 0 && poll < wake; // polled without having been woken
}

// ---- a wake ----

static bool wake_is_true(const struct quiz_tape *t, const struct fb_quiz *q,
                         const char *claim) {
    const uint64_t wake = first_of(t, q->at, FB_EV_WAKE, q->task);
    unsigned effect;

    assert_int_not_equal(wake, 0);
    assert_int_equal(q->until, wake);
    effect = at(t, wake)->detail;
    if (begins(claim, "puts")) {
        return effect == FB_WAKE_SCHEDULED;
    }
    if (begins(claim, "nothing") && strstr(claim, "run queue already")) {
        return effect == FB_WAKE_COALESCED;
    }
    if (begins(claim, "nothing") && strstr(claim, "is complete")) {
        return effect == FB_WAKE_AFTER_COMPLETE;
    }
    if (strstr(claim, "after this poll")) {
        return effect == FB_WAKE_DURING_POLL;
    }
    if (begins(claim, "polls")) {
        return at(t, wake + 1) && at(t, wake + 1)->kind == FB_EV_POLL_BEGIN &&
               at(t, wake + 1)->subject == q->task;
    }
    assert_true(begins(claim, "hands"));
    return false;
}

// ---- how many polls ----

// Whose future it is: told by its first poll, or by the spawn of its root.
static uint32_t owner(const struct quiz_tape *t, uint64_t now,
                      uint32_t future) {
    for (uint64_t n = now; n >= 1; n--) {
        const struct fb_event *e = at(t, n);

        if (e->kind == FB_EV_FUTURE_ENTER && e->subject == future) {
            return e->enter.task;
        }
        if (e->kind == FB_EV_TASK_SPAWN && e->spawn.root_future == future) {
            return e->subject;
        }
    }
    return 0;
}

static bool polls_are_true(const struct quiz_tape *t, const struct fb_quiz *q,
                           const char *claim) {
    const bool ends = strstr(q->question, "it completes") != NULL;
    uint64_t n = q->at + 1;
    unsigned polls = 0;

    for (; at(t, n); n++) {
        const struct fb_event *e = at(t, n);

        polls += e->kind == FB_EV_POLL_BEGIN && e->subject == q->task;
        if (e->kind == FB_EV_TASK_DONE && e->subject == q->task) {
            fail_msg("it is complete before the answer has come");
        }
        if (ends && e->kind == FB_EV_POLL_END && e->subject == q->task &&
            e->detail == FB_RESULT_READY) {
            break;
        }
        if (!ends && e->kind == FB_EV_IO && e->io.result > 0 &&
            (e->detail == FB_IO_WRITE || e->detail == FB_IO_SEND_TO) &&
            owner(t, n, e->io.future) == q->task) {
            break;
        }
    }
    assert_int_equal(q->until, n);
    if (begins(claim, "nobody can say")) {
        return false; // the events say it
    }
    return strtoul(claim, NULL, 10) == polls;
}

// ---- all of it ----

static bool is_true(const struct quiz_tape *t, const struct fb_quiz *q,
                    const char *claim) {
    switch (q->kind) {
    case FB_QUIZ_NEXT: return next_is_true(t, q, claim);
    case FB_QUIZ_RESULT: return result_is_true(t, q, claim);
    case FB_QUIZ_WHY: return why_is_true(t, q, claim);
    case FB_QUIZ_WHO: return who_is_true(t, q, claim);
    case FB_QUIZ_WAKE: return wake_is_true(t, q, claim);
    case FB_QUIZ_POLLS: return polls_are_true(t, q, claim);
    default: fail_msg("kind %d", (int)q->kind); return false;
    }
}

static void check_form(const struct quiz_tape *t, const struct fb_quiz *q) {
    bool decided = false;

    assert_in_range(q->count, 2, FB_QUIZ_CHOICES);
    assert_in_range(q->right, 0, q->count - 1);
    assert_true(q->until > q->at && q->until <= t->count);
    assert_in_range(q->fact_count, 1, FB_QUIZ_FACTS);
    for (int i = 0; i < q->fact_count; i++) {
        assert_in_range(q->facts[i], 1, t->count);
        assert_true(i == 0 || q->facts[i - 1] < q->facts[i]);
        decided |= q->facts[i] == q->until;
    }
    assert_true(decided);
    assert_in_range(strlen(q->question), 10, FB_QUIZ_BYTES - 2);
    assert_int_equal(q->question[strlen(q->question) - 1], '?');
    for (int i = 0; i < q->count; i++) {
        assert_in_range(strlen(q->choices[i].text), 1,
                        FB_QUIZ_CHOICE_BYTES - 2);
        assert_in_range(strlen(q->choices[i].why), 10, FB_QUIZ_BYTES - 2);
        for (int k = 0; k < i; k++) {
            assert_string_not_equal(q->choices[i].text, q->choices[k].text);
        }
    }
}

void quiz_check(const struct quiz_tape *t, const struct fb_quiz *q) {
    check_form(t, q);
    for (int i = 0; i < q->count; i++) {
        if (is_true(t, q, q->choices[i].text) != (i == q->right)) {
            fail_msg("event %llu: %s\n%c) %s\nis said to be %s, and is not",
                     (unsigned long long)q->at, q->question, 'a' + i,
                     q->choices[i].text, i == q->right ? "right" : "wrong");
        }
    }
}

void quiz_check_all(const struct quiz_tape *t, struct fb_history *h,
                    const struct fb_names *names,
                    uint32_t asked[FB_QUIZ_KINDS]) {
    for (uint64_t n = 1; n <= t->count; n++) {
        for (int kind = 0; kind < FB_QUIZ_KINDS; kind++) {
            struct fb_quiz q;

            if (fb_quiz_ask(h, names, n, 1u << kind, &q) == 1) {
                assert_int_equal(q.at, n);
                assert_int_equal(q.kind, kind);
                quiz_check(t, &q);
                asked[kind]++;
            }
        }
    }
}
