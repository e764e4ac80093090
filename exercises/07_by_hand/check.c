// One dish in each world. What is weighed is written down; the rest is in the
// trace.
#include "by_hand.h"
#include "kit.h"
#include <errno.h>
#include <string.h>

// ---- the scales ----

static struct kit_play *playing;
static int weighed;

static const struct {
    const char *what;
    int grams;
} things[] = {{"water", 200},  {"leaves", 5},  {"milk", 20}, {"onions", 90},
              {"carrots", 70}, {"flour", 500}, {"salt", 10}};

static int grams_of(const char *what) {
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        if (strcmp(things[i].what, what) == 0) {
            return things[i].grams;
        }
    }
    return -ENOENT;
}

// Whether one of these, which are named in `all`, weighs as much.
static bool is_part(const char *all, int64_t grams) {
    for (size_t i = 0; i < sizeof things / sizeof *things; i++) {
        if (things[i].grams == grams && strstr(all, things[i].what) != NULL) {
            return true;
        }
    }
    return false;
}

static enum fb_poll weigh_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct weigh *self = fb_container_of(future, struct weigh, future);

    FB_ASYNC(self, cx);
    kit_write(playing, "weighed", "%s%s", weighed++ > 0 ? ", " : "",
              self->what);
    FB_AWAIT(self->scales, fb_sleep(10 * FB_MS));
    FB_RETURN(grams_of(self->what));
    FB_ASYNC_END;
}

static struct fb_type weigh_type = FB_TYPE(weigh, .poll = weigh_poll);

struct weigh weigh(const char *what) {
    return (struct weigh){.future.type = &weigh_type, .what = what};
}

// ---- the cook ----

static const struct dish {
    const char *name, *things;
    int grams;
} dishes[] = {{"tea", "water, leaves, milk", 225},
              {"soup", "onions, water, carrots", 360},
              {"bread", "flour, water, salt", 710}};
enum { DISHES = sizeof dishes / sizeof *dishes };

struct cook {
    struct fb_future future;
    int out;
    union { // which all begin with their future
        struct fb_future dish;
        struct tea tea;
        struct soup soup;
        struct bread bread;
    } u;
};

static enum fb_poll cook_poll(struct fb_future *future, struct fb_context *cx) {
    struct cook *self = fb_container_of(future, struct cook, future);

    if (fb_future_await(future, &self->u.dish, cx, __LINE__) == FB_PENDING) {
        return FB_PENDING;
    }
    kit_note(playing, "grams", fb_future_out(&self->u.dish));
    return FB_READY;
}

static struct fb_type cook_type = FB_TYPE(cook, .poll = cook_poll);

static int play(struct kit_play *play) {
    struct cook cook = {.future.type = &cook_type};
    struct fb_runtime *rt = kit_runtime(play);

    playing = play;
    switch (kit_world(play)) {
    case 0: cook.u.tea = tea(); break;
    case 1: cook.u.soup = soup(); break;
    default: cook.u.bread = bread(); break;
    }
    if (rt == NULL || FB_SPAWN(rt, cook, NULL) < 0) {
        return -ENOMEM;
    }
    (void)kit_run(play);
    return 0;
}

// ---- judge ----

// The last event of the dish: where it was Ready.
static uint64_t ready_at(struct kit_case *c) {
    return kit_last_event(c, FB_EV_FUTURE_EXIT, 0);
}

// T14: the sum is another one. Which says what was believed.
static void wrong_sum(struct kit_case *c, const struct dish *d, int64_t grams) {
    struct fb_trial *t = kit_trial(c);

    fb_trial_fail(t, FB_T14, ready_at(c),
                  "The %s takes %d grams, and it is Ready with %lld.", d->name,
                  d->grams, (long long)grams);
    if (grams == 0) {
        fb_trial_believed(t, "Ready carries the result.",
                          "Ready says only that it is there. Whoever awaits a "
                          "future reads its `out`.");
    } else if (is_part(d->things, d->grams - grams)) {
        fb_trial_believed(t, "What a child has given adds up by itself.",
                          "The next child takes the place of the last one. "
                          "Keep the result before you make it.");
    } else {
        fb_trial_believed(t, "Locals survive on the C stack.",
                          "Pending is a return: the function's locals are "
                          "gone. What lives from poll to poll is a member of "
                          "the struct.");
    }
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const unsigned world = kit_case_world(c);
    const char *name = dishes[world].name, *wanted = dishes[world].things;
    const int64_t grams = kit_fact(c, "grams", -1);

    fb_claim_pending_has_source(t);
    fb_claim_no_poll_after_done(t);
    fb_claim_poll_count(t, name, 4, UINT32_MAX); // one more than awaits
    if (!fb_claim_poll_count(t, name, 4, 4)) {
        fb_trial_believed(t, "A poll goes on where the last one stopped.",
                          "A function begins at its first line in each poll. "
                          "`at` says where it goes on, so each state notes the "
                          "next one before it goes there.");
    }
    if (strcmp(kit_text(c, "weighed"), wanted) != 0) {
        fb_trial_fail(t, FB_T14, ready_at(c),
                      "For %s these have to be weighed: %s. Weighed were: %s.",
                      name, wanted, kit_text(c, "weighed"));
    } else if (grams != dishes[world].grams) {
        wrong_sum(c, &dishes[world], grams);
    }
}

const struct kit_exercise kit_exercise = {
    .play = play, .judge = judge, .worlds = DISHES};
