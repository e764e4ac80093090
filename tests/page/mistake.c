// A program with a mistake, for the page's findings: a future says Pending and
// stores no waker, so nobody will ever wake its task. The trace is the file that
// is named; its clock is virtual, so it is the same each time.
#include "fishbowl/fishbowl.h"
#include <stdio.h>

struct forgetful {
    struct fb_future future;
    int out;
};

static enum fb_poll forgetful_poll(struct fb_future *future,
                                   struct fb_context *cx) {
    (void)future;
    fb_context_label(cx, "forgetful", sizeof "forgetful" - 1);
    return FB_PENDING;
}

static struct fb_type forgetful_type =
    FB_TYPE(forgetful, .poll = forgetful_poll);

int main(int argc, char **argv) {
    struct forgetful f = {.future.type = &forgetful_type};
    struct fb_trace_writer trace;
    struct fb_trace_options to = {.program = "mistake",
                                  .flags = FB_TRACE_VIRTUAL_CLOCK};
    struct fb_runtime_options options = {.virtual_clock = true,
                                         .trace = &trace};
    struct fb_runtime *rt;

    if (argc != 2) {
        fprintf(stderr, "usage: page_mistake RING\n");
        return 2;
    }
    to.path = argv[1];
    if (fb_trace_open(&trace, &to) < 0) {
        return 1;
    }
    if (fb_runtime_create(&options, &rt) < 0) {
        fb_trace_close(&trace, true);
        return 1;
    }
    (void)!fb_block_on(rt, &f.future); // it stalls, which is what is shown
    fb_runtime_destroy(rt);
    fb_trace_close(&trace, true);
    return 0;
}
