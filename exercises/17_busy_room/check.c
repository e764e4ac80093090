// What play and judge know of exercise 17: a cook, three guests, three bells.
//
// Problem: a future that wakes itself until its time has come gives the right
// output, and a hot processor.
// Idea: time is the world's: each look at the kernel takes a little, so that the
// cook gets done also while guests keep the executor busy. What was said is
// compared, and polls and wakes are counted.
#include "kit.h"
#include "kitchen.h"

#include <errno.h>
#include <string.h>

#define DISH_NS  2000 // the cook needs so long for each
#define PAUSE_NS 300

enum {
    GUESTS = 3,
    WORDS = 2, // that a guest says before the dish comes
    // A guest listens anew each time that the chat goes on, and when the bell
    // has rung.
    LISTENS_MAX = 1 + WORDS + 1,
};

static const char *const names[GUESTS] = {"Ada", "Bob", "Cleo"};
static const char said_right[] = "A dish for Ada. Ada eats. A dish for Bob. "
                                 "Bob eats. A dish for Cleo. Cleo eats. ";

// Static: guests who are cut short refer to them to the very end.
static struct bell *bells[GUESTS];
static struct kit_play *playing;
// Open so that every turn looks at the kernel: with no descriptor it need not,
// and no time would pass while somebody is runnable.
static struct fb_tcp_listener door;

void guest_eats(const char *guest) {
    kit_write(playing, "said", "%s eats. ", guest);
}

// ---- the chat ----

static enum fb_poll chat_poll(struct fb_future *f, struct fb_context *cx) {
    struct chat *self = fb_container_of(f, struct chat, future);

    FB_ASYNC(self, cx);
    for (; self->words < WORDS; self->words++) {
        FB_AWAIT(self->pause, fb_sleep(PAUSE_NS));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type chat_type = FB_TYPE(chat, .poll = chat_poll);

struct chat chat(void) {
    return (struct chat){.future = {.type = &chat_type}};
}

// ---- the cook ----

struct cook {
    struct fb_future future;
    int out;
    size_t dish;
    struct fb_sleep stove;
};

static enum fb_poll cook_poll(struct fb_future *f, struct fb_context *cx) {
    struct cook *self = fb_container_of(f, struct cook, future);

    FB_ASYNC(self, cx);
    for (; self->dish < GUESTS; self->dish++) {
        FB_AWAIT(self->stove, fb_sleep(DISH_NS));
        kit_write(playing, "said", "A dish for %s. ", names[self->dish]);
        bell_ring(bells[self->dish]);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type cook_type = FB_TYPE(cook, .poll = cook_poll);

// ---- play ----

static int seat(struct fb_runtime *rt, size_t i) {
    struct fb_join_handle handle;
    int err;

    bells[i] = bell_create(rt);
    if (bells[i] == NULL) {
        return -ENOMEM;
    }
    err = guest_spawn(rt, names[i], bells[i], &handle);
    if (err == 0) {
        fb_task_label(&handle, names[i], strlen(names[i]));
        fb_task_detach(&handle);
    }
    return err;
}

static int play(struct kit_play *play) {
    struct fb_runtime *rt = kit_net_runtime(play, false);
    struct cook cook = {.future = {.type = &cook_type}};
    struct fb_addr addr;

    playing = play;
    if (rt == NULL || FB_SPAWN(rt, cook, NULL) < 0) {
        return -ENOMEM;
    }
    if (fb_addr_parse("127.0.0.1:0", &addr) < 0 ||
        fb_tcp_listen(rt, &addr, 1, &door) < 0) {
        return -EIO;
    }
    for (size_t i = 0; i < GUESTS; i++) {
        const int err = seat(rt, i);

        if (err < 0) {
            return err;
        }
    }
    if (kit_run(play) == 0) {
        for (size_t i = 0; i < GUESTS; i++) {
            bell_destroy(bells[i]);
        }
    }
    fb_tcp_listener_close(&door);
    return 0;
}

// ---- judge ----

static bool same_output(struct kit_case *c) {
    const char *said = kit_text(c, "said");

    return strcmp(said, said_right) == 0 ||
           fb_trial_fail(kit_trial(c), FB_T13, 0,
                         "What is said is not what it was: \"%s\" instead of "
                         "\"%s\".",
                         said, said_right);
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    if (fb_claim_polls_earned(t, "guest", 0) &&
        fb_claim_poll_count(t, "hear_bell", 1, LISTENS_MAX) &&
        fb_claim_pending_has_source(t) && fb_claim_ends_quiet(t)) {
        (void)same_output(c);
    }
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
