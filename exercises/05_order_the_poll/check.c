// Two tasks wait for a letter each: Ada's comes later, Ben's is there already.
#include "kit.h"
#include "order.h"
#include <errno.h>
#include <string.h>

// ---- the mailbox ----

const char *mailbox_take(struct mailbox *box) {
    const char *letter = box->letter;

    box->letter = NULL;
    return letter;
}

void mailbox_remember(struct mailbox *box, struct fb_context *cx) {
    struct fb_waker waker = fb_waker_clone(cx->waker);

    fb_waker_drop(&box->waker); // of an earlier poll
    box->waker = waker;
}

static void mailbox_put(struct mailbox *box, const char *letter) {
    box->letter = letter;
    fb_waker_wake(&box->waker);
}

// ---- those who wait, and who brings the letter ----

struct reader {
    struct fb_future future;
    int out;
    struct kit_play *play;
    const char *name;
    struct mailbox *box;
    struct letter letter;
};

static enum fb_poll reader_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct reader *self = fb_container_of(future, struct reader, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, self->name, strlen(self->name));
    FB_AWAIT(self->letter, letter_from(self->box));
    kit_write(self->play, self->name, "%s",
              self->letter.text != NULL ? self->letter.text : "(nothing)");
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type reader_type = FB_TYPE(reader, .poll = reader_poll);

struct postman {
    struct fb_future future;
    int out;
    struct mailbox *box;
    struct fb_sleep walk;
};

static enum fb_poll postman_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct postman *self = fb_container_of(future, struct postman, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->walk, fb_sleep(FB_MS));
    mailbox_put(self->box, "Dear Ada");
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type postman_type = FB_TYPE(postman, .poll = postman_poll);

// ---- play ----

enum { ADA = 1, BEN = 2 }; // their tasks

static int play(struct kit_play *play) {
    static struct mailbox ada, ben = {.letter = "Dear Ben"};
    struct reader for_ada = {
        .future.type = &reader_type, .play = play, .name = "Ada", .box = &ada};
    struct reader for_ben = {
        .future.type = &reader_type, .play = play, .name = "Ben", .box = &ben};
    struct postman postman = {.future.type = &postman_type, .box = &ada};
    // In the world, where it is known when nothing can happen any more.
    struct fb_runtime *rt = kit_net_runtime(play, false);

    if (rt == NULL || FB_SPAWN(rt, for_ada, NULL) < 0 ||
        FB_SPAWN(rt, for_ben, NULL) < 0 || FB_SPAWN(rt, postman, NULL) < 0) {
        return -ENOMEM;
    }
    (void)kit_run(play);
    fb_waker_drop(&ada.waker);
    fb_waker_drop(&ben.waker);
    return 0;
}

// ---- judge ----

static bool claim_letter(struct kit_case *c, uint32_t task, const char *name,
                         const char *letter) {
    struct fb_trial *t = kit_trial(c);
    const char *got = kit_text(c, name);
    const uint64_t at = kit_last_event(c, FB_EV_POLL_END, task);

    if (fb_trial_verdict(t)->failed || strcmp(got, letter) == 0) {
        return true;
    }
    if (got[0] != '\0') {
        return fb_trial_fail(
            t, FB_T14, at,
            "Task %u (%s): its letter was Ready, and there was "
            "nothing in it.",
            (unsigned)task, name);
    }
    fb_trial_fail(
        t, FB_T14, at,
        "Task %u (%s) never gets its letter. When it was polled last, "
        "the letter was there, and the poll gave Pending all the "
        "same.",
        (unsigned)task, name);
    fb_trial_show(t, at, "it gives Pending, and its letter is there");
    fb_trial_believed(t, "A wake brings the news along.",
                      "A wake only says: there may be news. The poll after it "
                      "has to look, and to hand over what it finds.");
    return false;
}

static void judge(struct kit_case *c) {
    fb_claim_pending_has_source(kit_trial(c));
    claim_letter(c, ADA, "Ada", "Dear Ada");
    claim_letter(c, BEN, "Ben", "Dear Ben");
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
