// Problem: timeouts must be testable without waiting, and must not fire while
// a viewer holds the program stopped to explain something.
// Idea: the runtime's own clock: real time less the time it stood stopped, or
// a number that advances only when nothing is runnable.
// Concurrency: executor thread.
#include "runtime_impl.h"

static uint64_t stopped_ns(const struct fb_runtime *rt) {
    return rt->trace != NULL ? rt->trace->stopped_ns : 0;
}

uint64_t fb_runtime_now_ns(const struct fb_runtime *rt) {
    return rt->virtual_clock ? rt->virtual_now_ns
                             : fb__sys.now_ns() - stopped_ns(rt);
}

void fb__clock_refresh(struct fb_runtime *rt) {
    rt->now_ns = fb_runtime_now_ns(rt);
    if (rt->trace != NULL) {
        rt->trace->now_ns = rt->now_ns;
    }
}
