// A waiter, and two dishes that take their time.
//
// World 0: the soup is ready first. World 1: by the seed, the bread is; or both
// at once; or one of them was warm already.
#include "kit.h"
#include "kitchen.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>

static const uint64_t takes_ms[][2] = {
    {5, 9}, {9, 5}, {5, 5}, {0, 5}, {5, 0}, {0, 0},
};
enum { WORLDS = 2, DAYS = sizeof takes_ms / sizeof takes_ms[0] };

static struct kit_play *playing;
static struct fb_runtime *kitchen;

static uint64_t now_ms(void) {
    return fb_runtime_now_ns(kitchen) / FB_MS;
}

// ---- dishes ----

static enum fb_poll dish_poll(struct fb_future *self, struct fb_context *cx) {
    struct dish *d = fb_container_of(self, struct dish, future);

    FB_ASYNC(d, cx);
    FB_AWAIT(d->heat, fb_sleep(d->takes_ns));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type dish_type = FB_TYPE(dish, .poll = dish_poll);

static struct dish dish(const char *name, uint64_t takes_ns) {
    return (struct dish){
        .future.type = &dish_type, .name = name, .takes_ns = takes_ns};
}

void bring(const struct dish *d) {
    char late[32];

    (void)snprintf(late, sizeof late, "%s late", d->name);
    kit_count(playing, d->name, 1);
    kit_note(playing, late, (int64_t)now_ms() - (int64_t)(d->takes_ns / FB_MS));
}

// ---- play ----

static int play(struct kit_play *play) {
    const uint64_t day =
        kit_world(play) == 0 ? 0 : 1 + kit_seed(play) % (DAYS - 1);
    const uint64_t *ms = takes_ms[day];
    struct waiter w =
        waiter(dish("soup", ms[0] * FB_MS), dish("bread", ms[1] * FB_MS));
    int err;

    playing = play;
    kitchen = kit_runtime(play);
    if (kitchen == NULL) {
        return -ENOMEM;
    }
    err = FB_SPAWN(kitchen, w, NULL);
    if (err == 0) {
        (void)kit_run(play);
    }
    return err;
}

// ---- judge ----

// T14: it was brought, once, and when it was ready.
static void was_brought(struct kit_case *c, const char *name) {
    const uint64_t over = kit_event(c, FB_EV_TASK_DONE, 1, 0);
    const int64_t times = kit_fact(c, name, 0);
    char late[32];

    (void)snprintf(late, sizeof late, "%s late", name);
    if (times != 1) {
        fb_trial_fail(kit_trial(c), FB_T14, over,
                      "The %s was brought %lld times; once is right.", name,
                      (long long)times);
    } else if (kit_fact(c, late, 0) != 0) {
        fb_trial_fail(kit_trial(c), FB_T14, over,
                      "The %s was ready, and was brought %lld ms later.", name,
                      (long long)kit_fact(c, late, 0));
    } else {
        return;
    }
    fb_trial_show(kit_trial(c), over, "the waiter is done");
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    (void)fb_claim_no_poll_after_done(t);
    (void)fb_claim_pending_has_source(t);
    (void)fb_claim_must_happen(
        t, &(struct fb_wanted){.what = "the waiter asks for both dishes",
                               .kind = FB_EV_FUTURE_ENTER,
                               .name = "dish",
                               .at_least = 2});
    if (kit_case_world(c) == 0) {
        (void)fb_claim_overlap(t, "dish", 2);
    }
    if (kit_end(c) == 0) {
        was_brought(c, "soup");
        was_brought(c, "bread");
    }
    (void)fb_claim_ends_quiet(t);
}

const struct kit_exercise kit_exercise = {
    .play = play, .judge = judge, .worlds = WORLDS};
