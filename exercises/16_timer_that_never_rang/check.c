// What play and judge know of exercise 16: who comes when.
//
// Problem: a timer that is made anew slides on, and a tie is won by chance.
// Idea: the clock is virtual, so moments can be equal to the nanosecond. Guests
// who come at the stroke of the bell stand in the run queue before the keeper
// in one order and behind in another.
#include "door.h"
#include "kit.h"

#include <errno.h>
#include <stdio.h>

enum { GUESTS_MAX = 8, ROOM = 16 };

// When guests come, in ms; 0 ends. First one after another, on and on, one at
// the last moment and three at the stroke. Every other seed has the second row:
// nobody comes for a while after the stroke.
static const unsigned comes_ms[][GUESTS_MAX] = {
    {30, 60, OPEN_MS - 1, OPEN_MS, OPEN_MS, OPEN_MS, 130, 160},
    {1, 150},
};
enum { EVENINGS = sizeof comes_ms / sizeof comes_ms[0] };

// Static: guests who are cut short refer to them to the very end.
static struct door door;
static struct fb_mpsc_sender path;
static struct kit_play *playing;

static void count(const char *what, int guest) {
    char name[32];

    (void)snprintf(name, sizeof name, "%s %d", what, guest);
    kit_count(playing, name, 1);
}

void door_let_in(struct door *at, int guest) {
    (void)at;
    count("in", guest);
}

// ---- a guest ----

struct come {
    struct fb_future future;
    int out;
    int guest;
    uint64_t at_ns;
    struct fb_sleep way;
};

static enum fb_poll come_poll(struct fb_future *f, struct fb_context *cx) {
    struct come *self = fb_container_of(f, struct come, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->way, fb_sleep_until(self->at_ns));
    // There is room for all; only a door that is gone turns them away.
    if (fb_mpsc_try_send(&path, &self->guest) < 0) {
        count("away", self->guest);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type come_type = FB_TYPE(come, .poll = come_poll);

// ---- play ----

static int invite(struct fb_runtime *rt, const unsigned *ms) {
    const uint64_t now_ns = fb_runtime_now_ns(rt);

    for (int i = 0; i < GUESTS_MAX && ms[i] != 0; i++) {
        struct come come = {.future = {.type = &come_type},
                            .guest = i + 1,
                            .at_ns = now_ns + ms[i] * FB_MS};
        struct fb_join_handle handle;
        char name[24];

        if (FB_SPAWN(rt, come, &handle) < 0) {
            return -ENOMEM;
        }
        fb_task_label(&handle, name,
                      (size_t)snprintf(name, sizeof name, "guest %d", i + 1));
        (void)snprintf(name, sizeof name, "task %d", i + 1);
        kit_note(playing, name, fb_task_id(&handle));
        fb_task_detach(&handle);
    }
    return 0;
}

static int play(struct kit_play *play) {
    const struct fb_values guests = {.bytes = sizeof(int)};
    struct fb_runtime *rt = kit_runtime(play);
    struct fb_join_handle keeper;
    const uint64_t evening = kit_seed(play) % EVENINGS;
    int err;

    playing = play;
    kit_note(play, "evening", (int64_t)evening);
    if (rt == NULL || fb_mpsc_create(rt, guests, ROOM, &path, &door.arrivals)) {
        return -ENOMEM;
    }
    err = door_keep(rt, &door, &keeper);
    if (err == 0) {
        fb_task_label(&keeper, "keeper", sizeof "keeper" - 1);
        kit_note(play, "keeper", fb_task_id(&keeper));
        fb_task_detach(&keeper);
        err = invite(rt, comes_ms[evening]);
    }
    if (err == 0) {
        (void)kit_run(play);
    }
    fb_mpsc_sender_close(&path);
    fb_mpsc_receiver_close(&door.arrivals);
    return err;
}

// ---- judge ----

static int64_t let_in(struct kit_case *c, int guest) {
    char name[32];

    (void)snprintf(name, sizeof name, "in %d", guest);
    return kit_fact(c, name, 0);
}

static uint64_t comes(struct kit_case *c, int guest) {
    char name[32];
    int64_t task;

    (void)snprintf(name, sizeof name, "task %d", guest);
    task = kit_fact(c, name, 0);
    return kit_event(c, FB_EV_TASK_DONE, (uint32_t)task, 0);
}

// The line on which the keeper waits: where it awaits its first future.
static void place_wait(struct kit_case *c, uint32_t keeper) {
    struct fb_trial *t = kit_trial(c);
    uint64_t n = kit_event(c, FB_EV_POLL_BEGIN, keeper, 0);

    n = kit_event(c, FB_EV_FUTURE_ENTER, 0, n);
    if (n != 0) {
        fb_trial_place(t, "door.c",
                       fb_history_event(fb_trial_history(t), n)->enter.line);
    }
}

// T11: the bell rings OPEN_MS after the door was opened. Where it does not the
// timers that the keeper made say why.
static bool rang_in_time(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const uint32_t keeper = (uint32_t)kit_fact(c, "keeper", 0);
    const struct fb_event *e;
    uint64_t n = 0;

    if (fb_claim_ready_at(t, "keep_door", OPEN_MS * FB_MS, 0)) {
        return true;
    }
    fb_trial_believed(t, "A timer made in a loop goes on where the last stood.",
                      "Each fb_sleep is a new timer, and begins from zero. A "
                      "moment does not move: work it out once, before the "
                      "loop.");
    place_wait(c, keeper);
    while ((n = kit_event(c, FB_EV_TIMER_SET, 0, n)) != 0) {
        char role[64];

        e = fb_history_event(fb_trial_history(t), n);
        if (e->timer.task == keeper) {
            (void)snprintf(role, sizeof role, "a bell is set for %llu ms",
                           (unsigned long long)(e->timer.deadline_ns / FB_MS));
            fb_trial_show(t, n, role);
        }
    }
    return false;
}

// T11: who comes with the stroke or after it stays outside.
static bool shut_in_time(struct kit_case *c, const unsigned *ms) {
    struct fb_trial *t = kit_trial(c);

    for (int i = 0; i < GUESTS_MAX && ms[i] != 0; i++) {
        if (ms[i] < OPEN_MS || let_in(c, i + 1) == 0) {
            continue;
        }
        if (ms[i] == OPEN_MS) {
            fb_trial_fail(
                t, FB_T11, comes(c, i + 1),
                "A tie: guest %d and the bell came in the same moment, at "
                "%d ms, and the guest was let in. In this order of tasks the "
                "guest was there when the keeper was polled; the bell has to "
                "win in every order.",
                i + 1, OPEN_MS);
            fb_trial_believed(
                t, "Of two in the same moment, whoever came first is first.",
                "Both are there when the task is polled, and who came first is "
                "an accident of the run queue. A select takes the first arm "
                "that is Ready: name first who has to win.");
            place_wait(c, (uint32_t)kit_fact(c, "keeper", 0));
        } else {
            fb_trial_fail(t, FB_T11, comes(c, i + 1),
                          "Guest %d came at %u ms and was let in. The door "
                          "shuts at %d ms.",
                          i + 1, ms[i], OPEN_MS);
        }
        fb_trial_show(t, comes(c, i + 1), "the guest is at the door");
        return false;
    }
    return true;
}

// T14: who comes before it is let in, once.
static bool let_in_before(struct kit_case *c, const unsigned *ms) {
    for (int i = 0; i < GUESTS_MAX && ms[i] != 0; i++) {
        const int64_t times = let_in(c, i + 1);

        if (ms[i] < OPEN_MS && times != 1) {
            return fb_trial_fail(kit_trial(c), FB_T14, comes(c, i + 1),
                                 "Guest %d came at %u ms, while the door was "
                                 "open, and was let in %lld times.",
                                 i + 1, ms[i], (long long)times);
        }
    }
    return true;
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const unsigned *ms = comes_ms[kit_fact(c, "evening", 0)];

    if (fb_claim_no_poll_after_done(t) && rang_in_time(c) &&
        shut_in_time(c, ms)) {
        (void)let_in_before(c, ms);
    }
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
