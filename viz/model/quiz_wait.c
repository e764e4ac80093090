// What a task will wait for once its poll has ended, and who will wake it.
//
// Both are asked only of a poll that leaves exactly one waker behind, where the
// task had none before: then there is one answer, and nothing shows it yet.
#include "quiz_parts.h"
#include <errno.h>

// ---- what it waits for ----

#define ITS_TURN UINT64_MAX // the mistake: others come first

// What a waker's holder stands for. A timer that is set in this poll has no
// number yet that anybody could know: all timers are one.
static uint64_t awaited(unsigned party, uint32_t holder) {
    return (uint64_t)party << 32 | (party == FB_PARTY_TIMER ? 0 : holder);
}

static bool can_be_said(const struct fb__desk *d, unsigned party,
                        uint32_t holder) {
    switch ((enum fb_party)party) {
    case FB_PARTY_SOURCE: return fb_model_source(d->m, holder) != NULL;
    case FB_PARTY_TASK: return fb_model_task(d->m, holder) != NULL;
    case FB_PARTY_TIMER:
    case FB_PARTY_CHANNEL: return true;
    default: return false;
    }
}

// The poll ends Pending, and leaves exactly one waker, where nobody could have
// seen one before.
static int seek_hold(struct fb__desk *d, struct fb__ahead *a,
                     struct fb__quiz_poll *p) {
    const struct fb_model_task *t = fb_model_task(d->m, d->q->task);
    const int err = fb__quiz_look(d, a, p);

    if (err != 1) {
        return err;
    }
    if (p->result != FB_RESULT_PENDING || p->holds != 1 || p->unclear ||
        t->holds != FB_MODEL_NONE ||
        !can_be_said(d, p->hold->detail, p->hold->waker.holder)) {
        return -ENODATA;
    }
    fb__quiz_fact(d->q, p->blocked_io);
    fb__quiz_fact(d->q, p->hold_event);
    fb__quiz_fact(d->q, p->end);
    return 1;
}

static int why_seek(struct fb__desk *d) {
    struct fb__ahead a = fb__ahead_of(d);
    struct fb__quiz_poll p;
    const int err = seek_hold(d, &a, &p);

    if (err == 1) {
        d->truth = awaited(p.hold->detail, p.hold->waker.holder);
        d->q->until = p.end;
    }
    return err;
}

static void choose_awaited(struct fb__desk *d, unsigned party, uint32_t holder,
                           unsigned interest) {
    struct fb__phrase p = fb__quiz_choice(d->q, awaited(party, holder));

    switch ((enum fb_party)party) {
    case FB_PARTY_SOURCE:
        fb__phrase_source(&p, d->m, holder);
        fb__phrase_add(&p, " ");
        fb__phrase_bits(&p, interest ? interest : FB_READABLE, " or ");
        break;
    case FB_PARTY_TASK:
        fb__phrase_task(&p, "task", d->names, d->m, holder);
        fb__phrase_add(&p, " finishing");
        break;
    case FB_PARTY_CHANNEL: fb__phrase_channel_wait(&p, interest, holder); break;
    default: fb__phrase_add(&p, "a timer: its deadline"); break;
    }
    (void)fb__phrase_end(&p);
}

// Up to two things that others wait for, and so could this task: which of them
// is decided by the place, not by the order of the wakers.
static void choose_what_others_await(struct fb__desk *d) {
    enum { LOOKED_AT = 512 };

    for (int n = 0; n < 2; n++) {
        const struct fb_model_hold *best = NULL;
        uint64_t best_rank = UINT64_MAX;

        for (uint32_t i = 0; i < d->m->holds.used && i < LOOKED_AT; i++) {
            const struct fb_model_hold *hold = fb_model_hold_at(d->m, i);
            uint64_t value, rank;

            if (!hold || !can_be_said(d, hold->party, hold->holder)) {
                continue;
            }
            value = awaited(hold->party, hold->holder);
            rank = fb__quiz_seed(d->q, value);
            if (rank < best_rank && !fb__quiz_has(d->q, value)) {
                best = hold;
                best_rank = rank;
            }
        }
        if (best) {
            choose_awaited(d, best->party, best->holder, best->interest);
        }
    }
}

static void why_pose(struct fb__desk *d) {
    struct fb__ahead a = fb__ahead_of(d);
    struct fb__phrase p = fb__quiz_question(d->q);
    struct fb__quiz_poll poll;

    fb__quiz_say_polled(d, &p);
    fb__phrase_add(&p, ", and this poll will end Pending. What will the task "
                       "wait for then?");
    (void)fb__phrase_end(&p);
    if (fb__quiz_look(d, &a, &poll) != 1 || !poll.hold) {
        return;
    }
    choose_awaited(d, poll.hold->detail, poll.hold->waker.holder,
                   poll.hold->flags & ~FB_EV_FLAG_CENSUS);
    choose_what_others_await(d);
    if (d->q->count < 3 && !fb__quiz_has(d->q, awaited(FB_PARTY_TIMER, 0))) {
        choose_awaited(d, FB_PARTY_TIMER, 0, 0);
    }
    fb__quiz_choose(d->q, ITS_TURN, "its turn: other tasks come first");
    fb__quiz_shuffle(d->q);
}

static void why_explain(const struct fb__desk *d, int i, struct fb__phrase *p) {
    const struct fb_quiz *q = d->q;
    const uint64_t value = q->choices[i].value;
    const unsigned party = (unsigned)(value >> 32);
    const struct fb_model_task *holder;

    if (value == d->truth) {
        fb__phrase_add(p,
                       "Its waker was stored there in this poll, which "
                       "ended Pending at event %llu: it waits for that, "
                       "and for nothing else.",
                       (unsigned long long)q->until);
    } else if (value == ITS_TURN) {
        fb__phrase_add(p, "A task that is Pending is not in the run queue at "
                          "all: no other task is in its way. It waits for "
                          "what holds its waker.");
    } else {
        holder = party == FB_PARTY_TASK ? fb_model_task(d->m, (uint32_t)value)
                                        : NULL;
        fb__phrase_add(p,
                       holder ? "It holds no waker of task %u: whether it "
                                "finishes makes no difference here."
                              : "No waker of task %u was stored there: "
                                "what other tasks wait for does not hold "
                                "this one up.",
                       q->task);
    }
}

// ---- who will wake it ----

enum { REACTOR = 1, TIMER, TASK, NOBODY };

static uint64_t category(unsigned party) {
    switch ((enum fb_party)party) {
    case FB_PARTY_SOURCE: return REACTOR;
    case FB_PARTY_TIMER: return TIMER;
    case FB_PARTY_TASK:
    case FB_PARTY_CHANNEL: return TASK;
    default: return 0; // no choice: it is not asked
    }
}

static int who_seek(struct fb__desk *d) {
    struct fb__ahead a = fb__ahead_of(d);
    const struct fb_event *e;
    struct fb__quiz_poll p;
    const int err = seek_hold(d, &a, &p);

    if (err != 1) {
        return err;
    }
    while ((e = fb__ahead_next(&a))) {
        if (e->subject != d->q->task) {
            continue;
        }
        if (e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_TASK_ABORT ||
            e->kind == FB_EV_TASK_DONE) {
            return -ENODATA;
        }
        if (e->kind == FB_EV_WAKE) {
            d->truth = category(e->flags);
            d->q->until = a.number;
            fb__quiz_fact(d->q, a.number);
            return e->detail == FB_WAKE_SCHEDULED &&
                           d->truth == category(p.hold->detail)
                       ? 1
                       : -ENODATA;
        }
    }
    return -ENODATA;
}

static void who_pose(struct fb__desk *d) {
    struct fb__phrase p = fb__quiz_question(d->q);

    fb__quiz_say_polled(d, &p);
    fb__phrase_add(&p, ", and this poll will end Pending. Who will see to it "
                       "that it is polled again?");
    (void)fb__phrase_end(&p);
    fb__quiz_choose(d->q, REACTOR, "the reactor, once a descriptor is ready");
    fb__quiz_choose(d->q, TIMER, "a timer, at its deadline");
    fb__quiz_choose(d->q, TASK,
                    "another task, when it finishes or gives something");
    fb__quiz_choose(d->q, NOBODY,
                    "the executor, which polls every task again and again");
    fb__quiz_shuffle(d->q);
}

static void who_explain(const struct fb__desk *d, int i, struct fb__phrase *p) {
    const uint64_t value = d->q->choices[i].value;
    const unsigned long long until = d->q->until;

    if (value == d->truth) {
        fb__phrase_add(p,
                       "The poll left a waker there, and event %llu used "
                       "it.",
                       until);
    } else if (value == NOBODY) {
        fb__phrase_add(p,
                       "The executor polls a task only after a wake. Until "
                       "event %llu nobody polled task %u, and it cost "
                       "nothing.",
                       until, d->q->task);
    } else {
        fb__phrase_add(p,
                       "The poll left no waker there; the wake came from "
                       "elsewhere, at event %llu.",
                       until);
    }
}

const struct fb__quiz_maker fb__quiz_why = {
    .name = "why",
    .fits = fb__quiz_poll_fits,
    .begin = fb__quiz_poll_begin,
    .seek = why_seek,
    .pose = why_pose,
    .explain = why_explain,
};

const struct fb__quiz_maker fb__quiz_who = {
    .name = "who",
    .fits = fb__quiz_poll_fits,
    .begin = fb__quiz_poll_begin,
    .seek = who_seek,
    .pose = who_pose,
    .explain = who_explain,
};
