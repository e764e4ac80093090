// Compiled as ISO C11, with warnings that our own sources do not have.
#include "second.h"

void second_source_writes(struct fbp_trace *t) {
    const uint16_t type = FBP_SITE(t, "second", 64);
    const uint32_t task = fbp_spawn(t, 0, type);
    struct fbp_source s;

    fbp_label(t, task, "of the second source");
    fbp_poll_begin(t, task);
    fbp_source_add(t, &s, task, FB_SOURCE_STREAM, 9);
    fbp_io(t, &s, FB_IO_READ, 10, -EAGAIN);
    fbp_return(t, &s, FB_READABLE);
    fbp_park(t, 5);
    fbp_unpark(t, 1);
    fbp_callback(t, &s, FB_READABLE);
    fbp_return(t, &s, FB_WRITABLE);
    fbp_source_end(t, &s);
    fbp_cancel(t, task);
}
