// Two waits in one task: one after the other, then together.
//
// Breakfast is tea, which draws for 2 s, and toast, which browns for 3 s. Who
// awaits the one and then the other waits 5 s; who joins them waits 3 s. Both
// times there is one task and one thread: to join is to wait at once, not to
// work at once.
#include "scene.h"
#include <stdio.h>

#define TEA_NS   (2 * FB_S)
#define TOAST_NS (3 * FB_S)

struct breakfast {
    struct fb_future future;
    int out;
    struct fb_sleep tea, toast; // siblings: both can wait at the same time
    struct fb_join both;
    uint64_t start_ns;
};

static void say_ready(const struct breakfast *self, struct fb_context *cx,
                      const char *how) {
    const uint64_t ns = fb_runtime_now_ns(cx->runtime) - self->start_ns;

    printf("%s: breakfast after %.0f s\n", how, (double)ns / (double)FB_S);
}

// DOC: join-scene
static enum fb_poll breakfast_poll(struct fb_future *f, struct fb_context *cx) {
    struct breakfast *self = fb_container_of(f, struct breakfast, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, "breakfast", sizeof "breakfast" - 1);

    // tea().await; toast().await;
    self->start_ns = fb_runtime_now_ns(cx->runtime);
    FB_AWAIT(self->tea, fb_sleep(TEA_NS));
    FB_AWAIT(self->toast, fb_sleep(TOAST_NS));
    say_ready(self, cx, "one after the other");

    // join!(tea(), toast());
    self->start_ns = fb_runtime_now_ns(cx->runtime);
    self->tea = fb_sleep(TEA_NS);
    self->toast = fb_sleep(TOAST_NS);
    FB_AWAIT(self->both, FB_JOIN(&self->tea.future, &self->toast.future));
    say_ready(self, cx, "joined");
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: join-scene

static struct fb_type breakfast_type =
    FB_TYPE(breakfast, .poll = breakfast_poll);

static struct fb_future *root(struct fb_tcp_listener *none) {
    static struct breakfast breakfast;

    (void)none;
    breakfast = (struct breakfast){.future = {.type = &breakfast_type}};
    return &breakfast.future;
}

const struct scene scene_join = {
    .name = "join", .about = "two sleeps: awaited, then joined", .root = root};
