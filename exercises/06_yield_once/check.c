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

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    // A Pending that nobody will answer comes first: it is the lesson.
    (void)fb_claim_pending_has_source(t);
    (void)fb_claim_must_happen(
        t, &(struct fb_wanted){
               .what = "A yield_once steps aside and is polled a second time",
               .kind = FB_EV_FUTURE_ENTER,
               .name = "yield_once",
               .at_least = WALKERS + 1});
    (void)fb_claim_poll_count(t, "yield_once", POLLS_EACH, POLLS_EACH);
    (void)fb_claim_ends_quiet(t);
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
