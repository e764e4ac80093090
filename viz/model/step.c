// Steps: what ends one, and where the next one ends. One definition for
// screens, text and the program's own stepping.
#include "fishbowl/trace/control.h"
#include "history.h"

uint32_t fb_event_task(const struct fb_event *e) {
    return fb_trace_event_task(e); // as the watched program's own steps see it
}

uint32_t fb_event_worker(const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_CHOICE:
    case FB_EV_IO: return e->flags & FB_EV_WORKER_MASK;
    case FB_EV_PARK:
    case FB_EV_UNPARK: return e->subject;
    default: return FB_MODEL_NONE;
    }
}

bool fb_event_ends_unit(const struct fb_event *e, enum fb_unit unit,
                        uint32_t task) {
    switch (unit) {
    case FB_UNIT_EVENT: return true;
    case FB_UNIT_POLL: return e->kind == FB_EV_POLL_END;
    case FB_UNIT_WAKE: return e->kind == FB_EV_WAKE;
    case FB_UNIT_TASK: // a census states what was: no change of the task
        return (e->flags & FB_EV_FLAG_CENSUS) == 0 && task != 0 &&
               fb_event_task(e) == task;
    case FB_UNIT_TURN: return e->kind == FB_EV_UNPARK;
    default: return false;
    }
}

uint64_t fb_history_step(const struct fb_history *h, uint64_t from,
                         enum fb_unit unit, int steps, uint32_t task) {
    const bool forwards = steps > 0;
    uint64_t left = forwards ? (uint64_t)steps : -(uint64_t)steps;
    uint64_t at = from, first = 0;
    size_t count = 0; // of the run [first, first + count) that `at` is in
    const struct fb_event *run = NULL;

    while (left > 0) {
        const uint64_t beside = forwards ? at + 1 : at - 1;

        if (run != NULL && beside >= first && beside - first < count) {
            at = beside;
        } else {
            at = forwards ? fb_history_next(h, at) : fb_history_prev(h, at);
            if (at == 0) {
                return 0;
            }
            run = fb_history_run(h, at, &first, &count);
        }
        if (fb_event_ends_unit(&run[at - first], unit, task)) {
            left--;
        }
    }
    return at;
}
