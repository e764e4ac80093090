// Two waits: one after the other, joined, and as tasks of their own.
//
// Breakfast is tea, which draws for 2 s, and toast, which browns for 3 s. Who
// awaits the one and then the other waits 5 s; who joins them waits 3 s. Both
// times there is one task and one thread: to join is to wait at once, not to
// work at once. To spawn them takes 3 s as well, and is three tasks: then it is
// the executor who sees to it that both are polled.
#include "scene.h"
#include <stdio.h>

#define TEA_NS   (2 * FB_S)
#define TOAST_NS (3 * FB_S)

struct breakfast {
    struct fb_future future;
    int out;
    struct fb_sleep tea, toast; // siblings: both can wait at the same time
    struct fb_join both;
    struct fb_join_handle a, b; // tea and toast as tasks of their own
    struct fb_join_task end;
    uint64_t start_ns;
};

static void say_ready(const struct breakfast *self, struct fb_context *cx,
                      const char *how) {
    const uint64_t ns = fb_runtime_now_ns(cx->runtime) - self->start_ns;

    printf("%s: breakfast after %.0f s\n", how, (double)ns / (double)FB_S);
}

static struct fb_sleep tea(void) {
    return fb_sleep(TEA_NS);
}

static struct fb_sleep toast(void) {
    return fb_sleep(TOAST_NS);
}

// DOC: join-scene
static enum fb_poll breakfast_poll(struct fb_future *f, struct fb_context *cx) {
    struct breakfast *self = fb_container_of(f, struct breakfast, future);
    struct fb_future *arm[] = {&self->tea.future, &self->toast.future};
    struct fb_runtime *rt = cx->runtime;

    FB_ASYNC(self, cx);
    fb_context_label(cx, "breakfast", sizeof "breakfast" - 1);

    self->start_ns = fb_runtime_now_ns(rt);
    // DOC: join-await
    // tea().await; toast().await;
    FB_AWAIT(self->tea, tea());
    FB_AWAIT(self->toast, toast());
    // END: join-await
    say_ready(self, cx, "one after the other");

    self->start_ns = fb_runtime_now_ns(rt);
    // DOC: join-join
    // join!(tea(), toast());
    self->tea = tea();
    self->toast = toast();
    FB_AWAIT(self->both, FB_JOIN(arm[0], arm[1]));
    // END: join-join
    say_ready(self, cx, "joined");

    self->start_ns = fb_runtime_now_ns(rt);
    // DOC: join-spawn
    // let (a, b) = (spawn(tea()), spawn(toast()));
    FB_TRY(FB_SPAWN(rt, tea(), &self->a));
    FB_TRY(FB_SPAWN(rt, toast(), &self->b));
    // a.await?; b.await?;
    FB_AWAIT_TRY(self->end, fb_join_task(&self->a));
    FB_AWAIT_TRY(self->end, fb_join_task(&self->b));
    // END: join-spawn
    say_ready(self, cx, "spawned");
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: join-scene

static void breakfast_drop(struct fb_future *f) {
    struct breakfast *self = fb_container_of(f, struct breakfast, future);

    fb_task_detach(&self->a);
    fb_task_detach(&self->b);
}

static struct fb_type breakfast_type =
    FB_TYPE(breakfast, .poll = breakfast_poll, .drop = breakfast_drop);

static struct fb_future *root(struct fb_tcp_listener *none) {
    static struct breakfast breakfast;

    (void)none;
    breakfast = (struct breakfast){.future = {.type = &breakfast_type}};
    return &breakfast.future;
}

const struct scene scene_join = {.name = "join",
                                 .about =
                                     "two sleeps: awaited, joined, spawned",
                                 .root = root};
