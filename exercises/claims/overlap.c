// T5: so many of them wait at once.
//
// Idea: a future waits from its first Pending until it is Ready or dropped;
// polls in between change nothing. So two that are under way together overlap
// whichever is polled first.
#include "claims_impl.h"
#include <stdio.h>

struct waiting {
    uint32_t future;
};

struct search {
    const char *name;
    unsigned wanted;
    struct fb__table waiting;
    unsigned best, seen;
    uint64_t best_event, first_over, next_begins; // the usual picture of a row
    uint32_t task;
    uint16_t type;
};

static void begins(struct search *s, const struct fb__look *look) {
    const struct fb_model_future *f = fb__entered(look);

    if (f != NULL && f->polls == 1 && s->next_begins == 0 &&
        s->first_over != 0 && fb__type_is(look->trial, f->type, s->name)) {
        s->next_begins = look->number;
    }
}

static void waits(struct search *s, const struct fb__look *look,
                  const struct fb_model_future *f) {
    if (fb__table_find(&s->waiting, f->id) != NULL) {
        return;
    }
    s->seen++;
    if (fb__table_make(&s->waiting, f->id) == NULL) {
        look->trial->exact = false;
    } else if (s->waiting.pool.count > s->best) {
        s->best = s->waiting.pool.count;
        s->best_event = look->number;
        s->task = f->task;
        s->type = f->type;
    }
}

static void is_over(struct search *s, const struct fb__look *look,
                    uint32_t future) {
    if (fb__table_find(&s->waiting, future) != NULL) {
        fb__table_remove(&s->waiting, future);
        s->first_over = s->first_over == 0 ? look->number : s->first_over;
    }
}

static bool see(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    enum fb_poll_result result;
    const struct fb_model_future *f = fb__left(look, &result);
    struct search *s = arg;

    begins(s, look);
    if (e->kind == FB_EV_FUTURE_DROP) {
        is_over(s, look, e->subject);
    } else if (f != NULL && fb__type_is(look->trial, f->type, s->name)) {
        if (result == FB_RESULT_PENDING) {
            waits(s, look, f);
        } else {
            is_over(s, look, f->id);
        }
    }
    return s->best < s->wanted;
}

static void fail(const struct search *s, struct fb_trial *t, const char *name) {
    if (s->best == 0) {
        fb_trial_fail(
            t, FB_T5, 0,
            "No future %s was ever Pending; %u of them should wait at the "
            "same time.",
            name, s->wanted);
        return;
    }
    fb_trial_fail(t, FB_T5, s->best_event,
                  "Of %u futures %s that waited, at most %u %s Pending at a "
                  "time (event %llu); %u should be.",
                  s->seen, name, s->best, s->best == 1 ? "was" : "were",
                  (unsigned long long)s->best_event, s->wanted);
    t->verdict.task = s->task;
    if (s->best == 1) {
        fb_trial_show(t, s->best_event, "the first one is Pending");
        fb_trial_show(t, s->first_over, "it is over");
        fb_trial_show(t, s->next_begins, "only then the next one begins");
    } else {
        fb_trial_show(t, s->best_event, "so many are Pending here");
    }
    fb__place_type(t, s->type);
}

bool fb_claim_overlap(struct fb_trial *t, const char *name, unsigned n) {
    struct search s = {.name = name, .wanted = n};

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&s.waiting, sizeof(struct waiting));
    if (fb__trial_walk(t, see, &s) && s.best < n) {
        fail(&s, t, name != NULL ? name : "(any)");
    }
    fb__table_deinit(&s.waiting);
    return !t->verdict.failed;
}
