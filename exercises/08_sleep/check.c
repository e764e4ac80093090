// Three tasks nap: one from the start, one from 10 ms on, and one that is polled
// in the middle of its nap because something else in the same task is over.
#include "kit.h"
#include "nap.h"
#include <errno.h>

// ---- the alarm ----

static struct kit_play *playing;

void alarm_set(struct alarm *alarm, uint64_t deadline_ns,
               struct fb_context *cx) {
    if (alarm->timer.future.type == NULL) {
        alarm->timer = fb_sleep_until(deadline_ns);
    } else if (alarm->deadline_ns != deadline_ns) {
        kit_count(playing, "moved", 1);
        fb_sleep_reset(&alarm->timer, deadline_ns);
    }
    alarm->deadline_ns = deadline_ns;
    if (fb_future_poll(&alarm->timer.future, cx) == FB_READY) {
        // That time has come already.
        kit_count(playing, "past", 1);
        fb_future_drop(&alarm->timer.future);
        *alarm = (struct alarm){.deadline_ns = 0};
        fb_waker_wake_by_ref(cx->waker);
    }
}

void nap_drop(struct fb_future *future) {
    struct nap *self = fb_container_of(future, struct nap, future);

    fb_future_drop(&self->alarm.timer.future);
}

// ---- those who nap ----

struct sleeper {
    struct fb_future future;
    int out;
    struct nap nap;
};

static enum fb_poll sleeper_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct sleeper *self = fb_container_of(future, struct sleeper, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->nap, nap_for(30 * FB_MS));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type sleeper_type = FB_TYPE(sleeper, .poll = sleeper_poll);

struct late_sleeper {
    struct fb_future future;
    int out;
    struct fb_sleep before;
    struct nap nap;
};

static enum fb_poll late_sleeper_poll(struct fb_future *future,
                                      struct fb_context *cx) {
    struct late_sleeper *self =
        fb_container_of(future, struct late_sleeper, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->before, fb_sleep(10 * FB_MS));
    FB_AWAIT(self->nap, nap_for(30 * FB_MS));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type late_sleeper_type =
    FB_TYPE(late_sleeper, .poll = late_sleeper_poll);

struct light_sleeper {
    struct fb_future future;
    int out;
    struct fb_sleep noise;
    struct nap nap;
    struct fb_join both;
};

static enum fb_poll light_sleeper_poll(struct fb_future *future,
                                       struct fb_context *cx) {
    struct light_sleeper *self =
        fb_container_of(future, struct light_sleeper, future);

    FB_ASYNC(self, cx);
    self->noise = fb_sleep(20 * FB_MS);
    self->nap = nap_for(30 * FB_MS);
    FB_AWAIT(self->both,
             fb_join_all(FB_ARMS(&self->noise.future, &self->nap.future)));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type light_sleeper_type =
    FB_TYPE(light_sleeper, .poll = light_sleeper_poll);

// ---- play and judge ----

static int play(struct kit_play *play) {
    struct sleeper one = {.future.type = &sleeper_type};
    struct late_sleeper late = {.future.type = &late_sleeper_type};
    struct light_sleeper light = {.future.type = &light_sleeper_type};
    struct fb_runtime *rt = kit_runtime(play);

    playing = play;
    if (rt == NULL || FB_SPAWN(rt, one, NULL) < 0 ||
        FB_SPAWN(rt, late, NULL) < 0 || FB_SPAWN(rt, light, NULL) < 0) {
        return -ENOMEM;
    }
    (void)kit_run(play);
    return 0;
}

// T11: each nap is over at its moment, and no other.
static void was_in_time(struct fb_trial *t) {
    if (!fb_claim_ready_at(t, "sleeper", 30 * FB_MS, 0)) {
        fb_trial_believed(t, "Ready can be given as soon as somebody asks.",
                          "Ready says that it has happened: here, that the "
                          "deadline is there. Until then each poll gives "
                          "Pending, and has seen to it that the task is "
                          "woken.");
    }
    if (!fb_trial_verdict(t)->failed &&
        !fb_claim_ready_at(t, "late_sleeper", 40 * FB_MS, 0)) {
        fb_trial_believed(t, "A nap begins when the program does.",
                          "It begins with its first poll. A deadline is a "
                          "moment: now, plus how long.");
    }
    if (!fb_trial_verdict(t)->failed &&
        !fb_claim_ready_at(t, "light_sleeper", 30 * FB_MS, 0)) {
        fb_trial_believed(t, "Who is polled again was woken by its own alarm.",
                          "A poll may come early, because of something else in "
                          "the same task. So each poll looks for itself "
                          "whether the time has come.");
    }
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    fb_claim_poll_span(t, NULL, FB_MS);
    fb_claim_pending_has_source(t);
    if (!fb_claim_polls_earned(t, NULL, 50) && kit_fact(c, "past", 0) > 0) {
        fb_trial_believed(t, "An alarm for a time that is over does no harm.",
                          "It rings at once, in each poll that sets it. At its "
                          "deadline, or after it, a nap is Ready; before that "
                          "the alarm is set for the deadline: a moment, not a "
                          "duration.");
    }
    if (!fb_claim_poll_count(t, "nap", 1, 3) && kit_fact(c, "moved", 0) > 0) {
        fb_trial_believed(t, "The deadline can be worked out in each poll.",
                          "Now, plus how long, is as far away in each poll as "
                          "in the last one. Work it out in the first poll, and "
                          "keep it.");
    }
    was_in_time(t);
    fb_claim_poll_count(t, "nap", 2, 3);
    fb_claim_poll_count(t, "sleeper", 2, 2);
    fb_claim_poll_count(t, "late_sleeper", 3, 3);
    fb_claim_poll_count(t, "light_sleeper", 3, 3);
    fb_claim_timer_exact(t, 0);
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
