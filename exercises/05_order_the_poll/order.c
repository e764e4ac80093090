// Waits for a letter. All that its poll needs is here, in the wrong order.
#include "order.h"

static enum fb_poll letter_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct letter *self = fb_container_of(future, struct letter, future);

    // Four pieces. Only move them: change nothing inside, leave none out.
    // YOURS: begin

    // "Nothing to do for now. Go on with the others."
    return FB_PENDING;

    // Is there a letter?
    self->text = mailbox_take(self->box);

    // "Wake me when one comes."
    mailbox_remember(self->box, cx);

    // "Here it is, I am done."
    if (self->text != NULL) {
        return FB_READY;
    }

    // YOURS: end
    return FB_READY; // nobody comes here
}

static struct fb_type letter_type = FB_TYPE(letter, .poll = letter_poll);

struct letter letter_from(struct mailbox *box) {
    return (struct letter){.future.type = &letter_type, .box = box};
}
