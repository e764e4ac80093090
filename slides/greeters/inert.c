// When does an async function begin? In ours: when its future is polled.
#include "fishbowl/fishbowl.h"

#include <stdio.h>

struct greet {
    struct fb_future future;
    int out;
};

static enum fb_poll greet_poll(struct fb_future *f, struct fb_context *cx) {
    struct greet *self = fb_container_of(f, struct greet, future);

    FB_ASYNC(self, cx);
    puts("greet runs");
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type greet_type = FB_TYPE(greet, .poll = greet_poll);

static struct greet greet(void) {
    return (struct greet){.future = {.type = &greet_type}};
}

// DOC: inert-c
static int run(struct fb_runtime *rt) {
    struct greet future;

    puts("before the call");
    future = greet(); // nothing runs
    puts("after the call");
    return fb_block_on(rt, &future.future);
}
// END: inert-c

int main(void) {
    struct fb_runtime *rt;
    int err = fb_runtime_create(&(struct fb_runtime_options){0}, &rt);

    if (err == 0) {
        err = run(rt);
        fb_runtime_destroy(rt);
    }
    return err < 0 ? 1 : 0;
}
