// What play and judge know of exercise 12: four cups of tea, and a porter.
//
// Problem: a call that blocks holds up everyone, yet the output stays right.
// Idea: the clock is virtual, and calls that block move it on by what they
// take. A porter whose timers ring all the while shows who could not be polled.
#include "kit.h"
#include "tea.h"

#include <errno.h>
#include <stdio.h>

enum { CUPS = 4, DOOR_MS = 10, DOOR_TIMES = 10 };

// A poll takes no virtual time at all unless it blocks.
#define POLL_BUDGET_NS FB_MS
#define STEEP_NS       (STEEP_MS * FB_MS)
// Four cups side by side take as long as one; so much is theirs besides.
#define ROOM_SLACK_NS (STEEP_NS / 10)

struct cup {
    struct kit_play *play;
    struct fb_runtime *rt;
    unsigned number;
    uint64_t filled_ns;
};

// Static: futures of a run that was cut short refer to them to its very end.
static struct cup cups[CUPS];
static unsigned standing, most_standing; // filled and not yet served

static void note(struct cup *cup, const char *what, int64_t value) {
    char name[32];

    (void)snprintf(name, sizeof name, "%s %u", what, cup->number);
    kit_note(cup->play, name, value);
}

void cup_fill(struct cup *cup) {
    cup->filled_ns = fb_runtime_now_ns(cup->rt);
    if (++standing > most_standing) {
        most_standing = standing;
    }
}

int cup_serve(struct cup *cup) {
    const uint64_t stood_ns = fb_runtime_now_ns(cup->rt) - cup->filled_ns;

    standing--;
    note(cup, "stood", (int64_t)stood_ns);
    // A virtual clock stands still while work is out on another thread: who
    // slept there has stood as well.
    return stood_ns + kit_slept_elsewhere_ns(cup->play) < STEEP_NS ? -EAGAIN
                                                                   : 0;
}

// ---- the porter ----

struct porter {
    struct fb_future future;
    int out;
    unsigned opened;
    struct fb_sleep sleep;
};

static enum fb_poll porter_poll(struct fb_future *f, struct fb_context *cx) {
    struct porter *self = fb_container_of(f, struct porter, future);

    FB_ASYNC(self, cx);
    for (; self->opened < DOOR_TIMES; self->opened++) {
        FB_AWAIT(self->sleep, fb_sleep(DOOR_MS * FB_MS));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type porter_type = FB_TYPE(porter, .poll = porter_poll);

// ---- play ----

static int order(struct kit_play *play, struct fb_runtime *rt, unsigned i) {
    struct fb_join_handle handle;
    char name[24];
    int err;

    cups[i] = (struct cup){.play = play, .rt = rt, .number = i + 1};
    err = tea_order(rt, &cups[i], &handle);
    if (err < 0) {
        return err;
    }
    fb_task_label(&handle, name,
                  (size_t)snprintf(name, sizeof name, "cup %u", i + 1));
    note(&cups[i], "task", fb_task_id(&handle));
    fb_task_detach(&handle);
    return 0;
}

static int play(struct kit_play *play) {
    struct fb_runtime *rt = kit_runtime(play);
    struct porter porter = {.future = {.type = &porter_type}};
    uint64_t start_ns;

    if (rt == NULL || FB_SPAWN(rt, porter, NULL) < 0) {
        return -ENOMEM;
    }
    for (unsigned i = 0; i < CUPS; i++) {
        const int err = order(play, rt, i);

        if (err < 0) {
            return err;
        }
    }
    start_ns = fb_runtime_now_ns(rt);
    (void)kit_run(play);
    kit_note(play, "standing", most_standing);
    kit_note(play, "room", (int64_t)(fb_runtime_now_ns(rt) - start_ns));
    kit_note(play, "elsewhere", (int64_t)kit_slept_elsewhere_ns(play));
    return 0;
}

// ---- judge ----

static int64_t of_cup(struct kit_case *c, const char *what, unsigned cup) {
    char name[32];

    (void)snprintf(name, sizeof name, "%s %u", what, cup);
    return kit_fact(c, name, -1);
}

// The event with which the task of a cup is over.
static uint64_t end_of(struct kit_case *c, unsigned cup) {
    const int64_t task = of_cup(c, "task", cup);

    return kit_event(c, FB_EV_TASK_DONE, task > 0 ? (uint32_t)task : 0, 0);
}

// T14: every cup was served, and has stood: by the clock, or while a thread
// slept for it elsewhere.
static bool cups_stood(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    int64_t elsewhere_ns = kit_fact(c, "elsewhere", 0);

    for (unsigned i = 1; i <= CUPS; i++) {
        const int64_t ns = of_cup(c, "stood", i);

        if (ns < 0) {
            return fb_trial_fail(t, FB_T14, end_of(c, i),
                                 "Cup %u was never served.", i);
        }
        if (ns + elsewhere_ns < (int64_t)STEEP_NS) {
            fb_trial_fail(t, FB_T14, end_of(c, i),
                          "The tea in cup %u is weak: it stood for %lld ns. "
                          "%d ms are %llu ns.",
                          i, (long long)(ns + elsewhere_ns), STEEP_MS,
                          STEEP_NS);
            fb_trial_show(t, end_of(c, i), "it is served");
            return false;
        }
        if (ns < (int64_t)STEEP_NS) {
            elsewhere_ns -= (int64_t)STEEP_NS - ns;
        }
    }
    return true;
}

// T5: the cups stand side by side, so the room takes as long as its slowest.
static bool side_by_side(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const int64_t most = kit_fact(c, "standing", 0);
    const int64_t room_ns = kit_fact(c, "room", 0);

    if (most < CUPS) {
        fb_trial_fail(t, FB_T5, end_of(c, 1),
                      "At most %lld of %d cups stood at the same time, so the "
                      "room took %lld ms: the sum, not the longest.",
                      (long long)most, CUPS, (long long)room_ns / 1000000);
        fb_trial_show(t, end_of(c, 1), "the first cup is served");
    } else if ((uint64_t)room_ns > STEEP_NS + ROOM_SLACK_NS) {
        fb_trial_fail(t, FB_T5, end_of(c, CUPS),
                      "All tea was served after %lld ms, though %d cups that "
                      "stand side by side need no longer than one: %d ms.",
                      (long long)room_ns / 1000000, CUPS, STEEP_MS);
        fb_trial_show(t, end_of(c, CUPS), "the last cup is served");
    }
    return !fb_trial_verdict(t)->failed;
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    if (!fb_claim_poll_span(t, NULL, POLL_BUDGET_NS) ||
        !fb_claim_pending_has_source(t)) {
        return;
    }
    if (kit_end(c) == -EINTR) {
        return; // it would never have ended: the kit says so
    }
    if (cups_stood(c)) {
        (void)side_by_side(c);
    }
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
