// Problem: timeouts must be testable without waiting, and must not fire while
// a viewer holds the program stopped to explain something.
// Idea: the runtime's own clock: real time less the time it stood stopped, or
// a number that advances only when nothing is runnable. Events within a turn
// are stamped by the processor's counter (stamp.c); deadlines never are, so
// that a timer is not early by the error of a rate.
// Concurrency: executor thread. With several workers the time it stood still
// changes only while none of them is in a step; the virtual clock is read and
// moved inside the bracket of workers.h; each worker has a stamp of its own.
#include "emit.h"

static uint64_t stopped_ns(const struct fb_runtime *rt) {
    return rt->home->trace != NULL ? rt->home->trace->stopped_ns : 0;
}

uint64_t fb_runtime_now_ns(const struct fb_runtime *rt) {
    uint64_t now_ns;

    if (!rt->home->virtual_clock) {
        return fb__sys.now_ns() - stopped_ns(rt);
    }
    fb__shared_begin();
    now_ns = rt->home->virtual_now_ns;
    fb__shared_end();
    return now_ns;
}

// A runtime's events never go back in time, even where a stamp was early.
static void stamp(struct fb_runtime *rt, uint64_t now_ns) {
    if (rt->home->virtual_clock || now_ns > rt->trace->now_ns) {
        rt->trace->now_ns = now_ns;
    }
}

void fb__clock_refresh(struct fb_runtime *rt) {
    rt->now_ns = fb_runtime_now_ns(rt);
    if (rt->trace == NULL) {
        return;
    }
    stamp(rt, rt->now_ns);
    if (!rt->home->virtual_clock) {
        // The counter last: held up in between, stamps are late, not early.
        fb__stamp_set(&rt->stamp, rt->now_ns + stopped_ns(rt), fb__sys.ticks());
    }
}

void fb__clock_blocked(struct fb_runtime *rt, struct fb_trace_site *call,
                       uint64_t ns) {
    uint64_t from_ns;

    if (fb__runtime_here == NULL || rt->home != fb__home_here) {
        return; // not the executor's thread: nobody is held up
    }
    rt = fb__runtime_here;
    if (rt->current == NULL) {
        return;
    }
    fb__shared_begin();
    if (rt->home->virtual_clock) {
        rt->home->virtual_now_ns = fb__later_ns(rt->home->virtual_now_ns, ns);
    }
    fb__clock_refresh(rt);
    from_ns = rt->now_ns > ns ? rt->now_ns - ns : 0;
    fb__emit_blocked(rt, call, from_ns, rt->now_ns);
    fb__shared_end();
}

void fb__clock_stamp(struct fb_runtime *rt) {
    uint64_t ns =
        rt->home->virtual_clock ? 0 : fb__stamp_at(&rt->stamp, fb__sys.ticks());

    if (ns == 0) {
        fb__clock_refresh(rt);
    } else {
        stamp(rt, ns - stopped_ns(rt));
    }
}
