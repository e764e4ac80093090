// A mailbox, and a future that is Ready once there is a letter in it.
#ifndef ORDER_H
#define ORDER_H

#include "exercise.h"

struct mailbox {
    const char *letter;    // NULL: it is empty
    struct fb_waker waker; // of whoever waits for a letter
};

// Takes the letter out. NULL: there is none yet.
const char *mailbox_take(struct mailbox *box);
// Leaves the waker of the task being polled in the mailbox. Whoever puts a
// letter in uses it, once: then the executor polls that task again.
void mailbox_remember(struct mailbox *box, struct fb_context *cx);

struct letter {
    struct fb_future future;
    int out;
    struct mailbox *box;
    const char *text; // NULL until it is there
};

// In order.c.
struct letter letter_from(struct mailbox *box);

#endif
