// One task waits for two numbers. The left one is slower, or the right one, or
// both are there at the same time.
#include "both.h"
#include "kit.h"
#include <errno.h>

static enum fb_poll fetch_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct fetch *self = fb_container_of(future, struct fetch, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->way, fb_sleep(self->takes_ns));
    FB_RETURN(self->number);
    FB_ASYNC_END;
}

static struct fb_type fetch_type = FB_TYPE(fetch, .poll = fetch_poll);

void both_visit(struct fb_future *future, fb_visit_fn *visit, void *arg) {
    struct both *self = fb_container_of(future, struct both, future);

    visit(&self->left.future, arg);
    visit(&self->right.future, arg);
}

// ---- play ----

enum { LEFT_NUMBER = 30, RIGHT_NUMBER = 12, SUM = 42 };

struct times {
    uint64_t left_ns, right_ns, both_ns;
};

static const struct times times[] = {
    {30 * FB_MS, 50 * FB_MS, 50 * FB_MS},
    {50 * FB_MS, 30 * FB_MS, 50 * FB_MS},
    {40 * FB_MS, 40 * FB_MS, 40 * FB_MS},
};

struct adder {
    struct fb_future future;
    int out;
    struct kit_play *play;
    struct both both;
};

static struct fetch fetch(int number, uint64_t takes_ns) {
    return (struct fetch){
        .future.type = &fetch_type, .number = number, .takes_ns = takes_ns};
}

static enum fb_poll adder_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct adder *self = fb_container_of(future, struct adder, future);
    const struct times *t = &times[kit_world(self->play)];

    FB_ASYNC(self, cx);
    FB_AWAIT(self->both, both_of(fetch(LEFT_NUMBER, t->left_ns),
                                 fetch(RIGHT_NUMBER, t->right_ns)));
    kit_note(self->play, "sum", self->both.out);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type adder_type = FB_TYPE(adder, .poll = adder_poll);

static int play(struct kit_play *play) {
    struct adder adder = {.future.type = &adder_type, .play = play};
    struct fb_runtime *rt = kit_runtime(play);

    if (rt == NULL || FB_SPAWN(rt, adder, NULL) < 0) {
        return -ENOMEM;
    }
    (void)kit_run(play);
    return 0;
}

// ---- judge ----

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const int64_t sum = kit_fact(c, "sum", -1);

    fb_claim_pending_has_source(t);
    fb_claim_no_poll_after_done(t);
    fb_claim_overlap(t, "fetch", 2);
    if (!fb_claim_ready_at(t, "both", times[kit_case_world(c)].both_ns, 0)) {
        fb_trial_believed(t, "A join is Ready when one of them is.",
                          "That would be a select. A join is Ready when the "
                          "last of them is, and not before.");
    }
    if (sum != SUM) {
        fb_trial_fail(t, FB_T14, kit_last_event(c, FB_EV_POLL_END, 0),
                      "The two numbers are %d and %d, and `both` is Ready with "
                      "%lld. Its result goes into self->out before it returns "
                      "Ready.",
                      LEFT_NUMBER, RIGHT_NUMBER, (long long)sum);
        fb_trial_believed(t, "Ready carries the result.",
                          "Ready says only that it is there. Whoever awaits a "
                          "future reads its `out`.");
    }
}

const struct kit_exercise kit_exercise = {
    .play = play, .judge = judge, .worlds = sizeof times / sizeof *times};
