// Steps: what ends one, and where the next one ends. One definition for
// screens, text and the program's own stepping.
#include "history.h"

uint32_t fb_event_task(const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN:
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_FREE:
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_JOIN:
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE:
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP:
    case FB_EV_WAKE:
    case FB_EV_YIELD: return e->subject;
    case FB_EV_FUTURE_ENTER: return e->enter.task;
    case FB_EV_FUTURE_EXIT: return e->exit.task;
    case FB_EV_FUTURE_DROP: return e->drop.task;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_DEL: return e->source.task;
    case FB_EV_TIMER_SET:
    case FB_EV_TIMER_END: return e->timer.task;
    case FB_EV_CENSUS: return e->detail == FB_CENSUS_TASK ? e->subject : 0;
    default: return 0;
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
