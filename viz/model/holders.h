// The wakers of one task: where they are stored, and the wakes that came of
// them.
#ifndef FISHBOWL_HOLDERS_H
#define FISHBOWL_HOLDERS_H

#include "history.h"
#include "story.h"

// How far back a picture looks for the last wakes of one task.
#define FB_WAKES_LOOK_BACK (1u << 17)

enum fb_hold_flaw {
    FB_HOLD_SOUND,
    FB_HOLD_AFTER_END, // its task is complete: it wakes nobody any more
    FB_HOLD_NO_FUTURE, // the future that stored it is gone
    FB_HOLD_NO_HOLDER, // the source, timer or task that holds it is gone
};
enum fb_hold_flaw fb_hold_flaw(const struct fb_model *m,
                               const struct fb_model_hold *h);

// One wake of a task, as its event told it.
struct fb_wake {
    uint64_t event, time_ns;
    uint32_t cause;
    int32_t fd; // of the source that caused it; -1: not a source, or unknown
    uint8_t effect, party, interest;
};
enum { FB_WAKES_KEPT = 16 };
struct fb_wakes {
    struct fb_wake items[FB_WAKES_KEPT]; // the newest first
    size_t count;
    uint64_t from; // nothing before this event was looked at; 0: all was
};
// The last wakes until event m->event, from at most `look_back` events (0: no
// limit). `m` is a world of `h`.
void fb_wakes_last(const struct fb_history *h, const struct fb_model *m,
                   uint32_t task, uint64_t look_back, struct fb_wakes *ret);

// ---- in words; as those of story.h ----

// "fd 7 readable": where it is stored, which is what it waits for.
size_t fb_say_hold(char *out, size_t out_bytes, const struct fb_model *m,
                   const struct fb_model_hold *h);
// "stored by read at named.c:31, event 120".
size_t fb_say_hold_origin(char *out, size_t out_bytes, const struct fb_names *n,
                          const struct fb_model *m,
                          const struct fb_model_hold *h);
// What is wrong with it; empty: nothing.
size_t fb_say_hold_flaw(char *out, size_t out_bytes, enum fb_hold_flaw flaw);
// "12 cloned, 10 dropped, 2 stored now: that is all of them".
size_t fb_say_hold_balance(char *out, size_t out_bytes,
                           const struct fb_model *m, uint32_t task);
// "Wakes: 4; 3 scheduled, 1 coalesced, …": as the statistics say it.
size_t fb_say_wakes(char *out, size_t out_bytes, const struct fb_model *m,
                    uint32_t task);
// "by reactor, fd 7; scheduled it".
size_t fb_say_wake(char *out, size_t out_bytes, const struct fb_model *m,
                   uint32_t task, const struct fb_wake *wake);
// Why the list of wakes ends; empty: it is whole.
size_t fb_say_wakes_end(char *out, size_t out_bytes, const struct fb_model *m,
                        uint32_t task, const struct fb_wakes *wakes);

#endif
