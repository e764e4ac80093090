// Two visitors, one after the other, and a clerk who rings.
//
// World 0: Ada is called, then Bob. World 1: Ada has lost her patience before
// anybody was called, and the first ring is for Bob. By the seed she sits there
// and reads, has gone home, or leaves just when Bob comes.
#include "bell.h"
#include "kit.h"
#include <errno.h>
#include <string.h>

struct day {
    uint64_t bob_comes_ms, ada_reads_ms;
    uint64_t rings_ms[2]; // 0: none
};
static const struct day days[] = {
    {6, 20, {3, 10}},
    {6, 20, {10, 0}},
    {6, 1, {10, 0}},
    {8, 3, {9, 0}},
};
enum { WORLDS = 2, DAYS = sizeof days / sizeof days[0], PATIENCE_MS = 5 };

// Static: what is cut short refers to it to the end.
static struct bell bell;
static struct kit_play *playing;
static struct fb_runtime *runtime;

static int64_t now_ms(void) {
    return (int64_t)(fb_runtime_now_ns(runtime) / FB_MS);
}

// ---- visitors ----

struct visitor {
    struct fb_future future;
    int out;
    const char *name;
    uint64_t comes_ms, patience_ms, reads_ms;
    struct fb_sleep way, paper;
    struct at_bell at;
    struct fb_timeout limit;
};

static enum fb_poll visitor_poll(struct fb_future *self,
                                 struct fb_context *cx) {
    struct visitor *v = fb_container_of(self, struct visitor, future);

    FB_ASYNC(v, cx);
    fb_context_label(cx, v->name, strlen(v->name));
    FB_AWAIT(v->way, fb_sleep_until(v->comes_ms * FB_MS));
    v->at = at_bell(&bell);
    FB_AWAIT(v->limit, fb_timeout(v->patience_ms * FB_MS, &v->at.future));
    if (v->limit.out == 0) {
        kit_note(playing, v->name, now_ms());
    }
    FB_AWAIT(v->paper, fb_sleep(v->reads_ms * FB_MS));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type visitor_type = FB_TYPE(visitor, .poll = visitor_poll);

// ---- the clerk ----

struct clerk {
    struct fb_future future;
    int out;
    const uint64_t *rings_ms;
    int next;
    struct fb_sleep work;
};

static enum fb_poll clerk_poll(struct fb_future *self, struct fb_context *cx) {
    struct clerk *c = fb_container_of(self, struct clerk, future);

    FB_ASYNC(c, cx);
    for (; c->next < 2 && c->rings_ms[c->next] > 0; c->next++) {
        FB_AWAIT(c->work, fb_sleep_until(c->rings_ms[c->next] * FB_MS));
        bell.rung = true;
        fb_waker_wake(&bell.waker);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type clerk_type = FB_TYPE(clerk, .poll = clerk_poll);

// ---- play ----

static const struct day *day_of(unsigned world, uint64_t seed) {
    return &days[world == 0 ? 0 : 1 + seed % (DAYS - 1)];
}

static int play(struct kit_play *play) {
    const struct day *day = day_of(kit_world(play), kit_seed(play));
    struct visitor ada = {.future.type = &visitor_type,
                          .name = "Ada",
                          .patience_ms = PATIENCE_MS,
                          .reads_ms = day->ada_reads_ms};
    struct visitor bob = {.future.type = &visitor_type,
                          .name = "Bob",
                          .comes_ms = day->bob_comes_ms,
                          .patience_ms = 1000};
    struct clerk clerk = {.future.type = &clerk_type,
                          .rings_ms = day->rings_ms};
    int err;

    playing = play;
    runtime = kit_runtime(play);
    if (runtime == NULL) {
        return -ENOMEM;
    }
    err = FB_SPAWN(runtime, ada, NULL);
    if (err == 0) {
        err = FB_SPAWN(runtime, bob, NULL);
    }
    if (err == 0) {
        err = FB_SPAWN(runtime, clerk, NULL);
    }
    if (err == 0) {
        (void)kit_run(play);
        fb_waker_drop(&bell.waker); // of one who left and was never followed
    }
    kit_note(play, "rings", (int64_t)day->rings_ms[day->rings_ms[1] > 0]);
    return err;
}

// ---- judge ----

// T14: Bob is called, and when the clerk rings for him.
static void bob_was_called(struct kit_case *c) {
    const int64_t called = kit_fact(c, "Bob", -1);
    const int64_t rings = kit_fact(c, "rings", -1);

    if (rings < 0 || called == rings) {
        return;
    }
    if (called < 0) {
        fb_trial_fail(kit_trial(c), FB_T14, 0,
                      "Bob was never called: he lost his patience.");
    } else {
        fb_trial_fail(kit_trial(c), FB_T14, 0,
                      "Bob was called at %lld ms, but the clerk rang at %lld "
                      "ms.",
                      (long long)called, (long long)rings);
    }
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    (void)fb_claim_wakes_reach(t, "at_bell");
    (void)fb_claim_pending_has_source(t);
    (void)fb_claim_polls_earned(t, "visitor", 0);
    bob_was_called(c);
    (void)fb_claim_ends_quiet(t);
}

const struct kit_exercise kit_exercise = {
    .play = play, .judge = judge, .worlds = WORLDS};
