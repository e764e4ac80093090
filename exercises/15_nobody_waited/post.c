// Nobody waited. A post office: for each letter it spawns a task that carries
// it. Then it closes for the day, and the program ends.
#include "post.h"

// YOURS: begin
struct send_all {
    struct fb_future future;
    int out; // how many letters have arrived
    const struct post *post;
    size_t next;
};

static enum fb_poll send_all_poll(struct fb_future *f, struct fb_context *cx) {
    struct send_all *self = fb_container_of(f, struct send_all, future);
    const struct letter *letters = self->post->letters;

    FB_ASYNC(self, cx);
    for (self->next = 0; self->next < self->post->count; self->next++) {
        // NULL: we do not need a handle, do we?
        FB_TRY(FB_SPAWN(cx->runtime, deliver(&letters[self->next]), NULL));
    }
    FB_RETURN((int)self->post->count); // all of them are on their way
    FB_ASYNC_END;
}

static struct fb_type send_all_type = FB_TYPE(send_all, .poll = send_all_poll);
// YOURS: end

int post_main(struct fb_runtime *rt, const struct post *post) {
    struct send_all all = {.future = {.type = &send_all_type}, .post = post};
    const int err = fb_block_on(rt, &all.future);

    // As in any program: when its main future is Ready, the program is over.
    return err < 0 ? err : all.out;
}
