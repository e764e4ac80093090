// Two walkers take two steps each, with a yield_once between them.
#include "kit.h"
#include "yield.h"
#include <errno.h>

enum { WALKERS = 2, POLLS_EACH = 2 };

struct walker {
    struct fb_future future;
    int out;
    char name;
    struct kit_play *play;
    struct yield_once aside;
};

static enum fb_poll walker_poll(struct fb_future *self, struct fb_context *cx) {
    struct walker *w = fb_container_of(self, struct walker, future);

    FB_ASYNC(w, cx);
    fb_context_label(cx, &w->name, 1);
    kit_write(w->play, "steps", "%c", w->name);
    FB_AWAIT(w->aside, yield_once());
    kit_write(w->play, "steps", "%c", w->name);
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type walker_type = FB_TYPE(walker, .poll = walker_poll);

static int play(struct kit_play *play) {
    struct fb_runtime *rt = kit_runtime(play);
    int err = rt != NULL ? 0 : -ENOMEM;

    for (char name = 'A'; err == 0 && name < 'A' + WALKERS; name++) {
        struct walker w = {
            .future.type = &walker_type, .name = name, .play = play};

        err = FB_SPAWN(rt, w, NULL);
    }
    if (err == 0) {
        (void)kit_run(play);
    }
    return err;
}

// The walkers are roots, so a future that is left Pending is a yield_once.
static bool steps_aside(struct fb_trial *t) {
    const struct fb_history *h = fb_trial_history(t);
    uint64_t ready_at = 0;

    for (uint64_t n = fb_history_first(h); n != 0; n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_FUTURE_EXIT && e->detail == FB_RESULT_PENDING) {
            return true;
        }
        if (e->kind == FB_EV_FUTURE_EXIT && ready_at == 0) {
            ready_at = n;
        }
    }
    return fb_trial_fail(t, FB_T14, ready_at,
                         "No yield_once stepped aside: the first was Ready at "
                         "its first poll already, at event %llu.",
                         (unsigned long long)ready_at);
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    // A Pending that nobody will answer comes first: it is the lesson.
    (void)fb_claim_pending_has_source(t);
    (void)steps_aside(t);
    if (!fb_claim_poll_count(t, "yield_once", POLLS_EACH, UINT32_MAX)) {
        fb_trial_believed(t,
                          "What a poll function remembers, it remembers of "
                          "one future.",
                          "All futures of a type share the function, and its "
                          "static variables. What one of them has to remember "
                          "is a member of its struct.");
    }
    (void)fb_claim_poll_count(t, "yield_once", POLLS_EACH, POLLS_EACH);
    (void)fb_claim_ends_quiet(t);
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
