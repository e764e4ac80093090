// A porter, and a postman who comes when it suits him.
//
// World 0 is a day on which he always finds the porter listening. In world 1 he
// comes before, during and after the tea, and at the very moment at which it is
// ready; the last letter falls into the gap, so that no further ring makes up
// for the one that was lost. Which of these days it is goes by the seed.
#include "kit.h"
#include "porter.h"
#include <errno.h>

static const uint64_t days_ms[][LETTERS] = {
    {5, 10, 20}, // he sits and listens, each time
    {5, 10, 11}, // the last comes while he makes his tea
    {0, 1, 2},
    {5, 10, 13}, // and this one when it is ready
};
enum { WORLDS = 2, DAYS = sizeof days_ms / sizeof days_ms[0] };

// Static: what is cut short refers to it to the end.
static struct box box;
static struct kit_play *playing;

void box_take(struct box *b) {
    kit_count(playing, b->letters > 0 ? "taken" : "none there", 1);
    b->letters--;
}

// ---- tea ----

static enum fb_poll tea_poll(struct fb_future *self, struct fb_context *cx) {
    struct tea *t = fb_container_of(self, struct tea, future);

    FB_ASYNC(t, cx);
    FB_AWAIT(t->water, fb_sleep(3 * FB_MS));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type tea_type = FB_TYPE(tea, .poll = tea_poll);

struct tea make_tea(void) {
    return (struct tea){.future.type = &tea_type};
}

// ---- the postman ----

struct postman {
    struct fb_future future;
    int out;
    const uint64_t *comes_ms;
    int next;
    struct fb_sleep way;
};

static enum fb_poll postman_poll(struct fb_future *self,
                                 struct fb_context *cx) {
    struct postman *p = fb_container_of(self, struct postman, future);

    FB_ASYNC(p, cx);
    for (; p->next < LETTERS; p->next++) {
        FB_AWAIT(p->way, fb_sleep_until(p->comes_ms[p->next] * FB_MS));
        box.letters++;
        fb_notify_all(&box.bell);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type postman_type = FB_TYPE(postman, .poll = postman_poll);

// ---- play ----

static int play(struct kit_play *play) {
    struct fb_runtime *rt = kit_runtime(play);
    const uint64_t day =
        kit_world(play) == 0 ? 0 : 1 + kit_seed(play) % (DAYS - 1);
    struct postman postman = {.future.type = &postman_type,
                              .comes_ms = days_ms[day]};
    struct porter p = porter(&box);
    int err;

    if (rt == NULL) {
        return -ENOMEM;
    }
    playing = play;
    fb_notify_init(&box.bell, rt);
    err = FB_SPAWN(rt, p, NULL);
    if (err == 0) {
        err = FB_SPAWN(rt, postman, NULL);
    }
    if (err == 0) {
        (void)kit_run(play);
        kit_note(play, "left", box.letters);
    }
    return err;
}

// ---- judge ----

// The last event before `before` of this kind and detail; 0: none.
static uint64_t last_before(struct kit_case *c, uint64_t before,
                            enum fb_event_kind kind, unsigned detail) {
    const struct fb_history *h = fb_trial_history(kit_trial(c));
    uint64_t n = fb_history_prev(h, before);

    while (n != 0 && (fb_history_event(h, n)->kind != kind ||
                      fb_history_event(h, n)->detail != detail)) {
        n = fb_history_prev(h, n);
    }
    return n;
}

// T1: a waker that is stored too late is none. Letters are left, and the porter
// listens: then he began to after the last ring.
static void was_not_too_late(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const uint64_t stall = kit_event(c, FB_EV_STALL, 0, 0);
    const uint64_t listens =
        last_before(c, stall, FB_EV_WAKER_CLONE, FB_PARTY_CHANNEL);
    const uint64_t rang = last_before(c, stall, FB_EV_CHANNEL, FB_CHANNEL_GIVE);
    const uint64_t tea = last_before(c, rang, FB_EV_TIMER_SET, 0);

    if (stall == 0 || rang == 0 || listens < rang ||
        kit_fact(c, "left", 0) == 0) {
        return;
    }
    fb_trial_fail(t, FB_T1, listens,
                  "The bell rang at event %llu, but the porter began to listen "
                  "at event %llu: too late. He waits for ever, and a letter "
                  "lies in the box.",
                  (unsigned long long)rang, (unsigned long long)listens);
    fb_trial_believed(t,
                      "What happens while nobody listens will be noticed "
                      "later.",
                      "A bell keeps nothing for later. Between the last look "
                      "and the stored waker nobody else may run.");
    fb_trial_show(t, tea, "something that takes time begins");
    fb_trial_show(t, rang, "a letter; the bell rings, and nobody listens");
    fb_trial_show(t, listens, "only now the porter's waker is stored");
    fb_trial_show(t, stall, "nothing can happen any more");
    fb_trial_believed(t, "What happens while nobody listens is noticed later.",
                      "A wake finds those wakers that are stored at that "
                      "moment. So between the last look and the moment at "
                      "which the waker is stored nobody else may run.");
    fb_trial_place_await(t, listens);
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    (void)fb_claim_pending_has_source(t);
    was_not_too_late(c);
    (void)fb_claim_must_happen(
        t, &(struct fb_wanted){.what = "the porter makes tea",
                               .kind = FB_EV_FUTURE_ENTER,
                               .name = "tea"});
    if (kit_case_world(c) == 0) {
        (void)fb_claim_must_happen(
            t, &(struct fb_wanted){.what = "the porter listens to the bell",
                                   .kind = FB_EV_FUTURE_ENTER,
                                   .name = "fb_notified"});
    }
    if (kit_fact(c, "none there", 0) > 0) {
        fb_trial_fail(t, FB_T14, 0,
                      "The porter took a letter out of a box that was empty.");
    }
    (void)fb_claim_ends_quiet(t);
}

const struct kit_exercise kit_exercise = {
    .play = play,
    .judge = judge,
    .worlds = WORLDS,
};
