// Plays a beast beside a task that naps, and claims little.
#include "kit.h"
#include "zoo.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct napper {
    struct fb_future future;
    int out;
    struct kit_play *play;
    struct fb_sleep nap;
};

static enum fb_poll napper_poll(struct fb_future *self, struct fb_context *cx) {
    struct napper *n = fb_container_of(self, struct napper, future);

    FB_ASYNC(n, cx);
    FB_AWAIT(n->nap, fb_sleep(FB_S));
    kit_note(n->play, "woke at ms",
             (int64_t)(fb_runtime_now_ns(cx->runtime) / FB_MS));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type napper_type = FB_TYPE(napper, .poll = napper_poll);

static int play(struct kit_play *play) {
    struct fb_runtime *rt = kit_runtime(play);
    const char *name = getenv("FB_BEAST");
    struct napper n = {.future.type = &napper_type, .play = play};
    int err = rt != NULL ? FB_SPAWN(rt, n, NULL) : -ENOMEM;

    if (err == 0 && name != NULL && strcmp(name, "offload") == 0) {
        err = spawn_offload(rt);
    } else if (err == 0) {
        err = FB_SPAWN(rt, beast(), NULL);
    }
    if (err == 0) {
        kit_write(play, "said", "before");
        (void)kit_run(play);
        kit_write(play, "said", " after");
    }
    return err;
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    (void)fb_claim_pending_has_source(t);
    (void)fb_claim_poll_span(t, NULL, FB_S);
    (void)fb_claim_must_happen(
        t, &(struct fb_wanted){.what = "The beast is polled",
                               .kind = FB_EV_TASK_SPAWN,
                               .at_least = 2});
    // Of a run that was cut short, or would never have ended, nothing is missed.
    if (kit_fact(c, "woke at ms", -1) < 0) {
        (void)fb_trial_fail(t, FB_T14, 0, "The napper never woke.");
    }
    if (strcmp(kit_text(c, "said"), "before after") != 0 &&
        strcmp(kit_text(c, "said"), "before") != 0) {
        (void)fb_trial_fail(t, FB_T14, 0, "What play wrote is not there.");
    }
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
