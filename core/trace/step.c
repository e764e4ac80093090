// What an event is about, and which steps it ends: one answer for the program
// that steps itself and for the viewer that steps through what is past.
//
// Pure: it looks at the event and at nothing else.
#include "fishbowl/trace/control.h"

uint32_t fb_trace_event_task(const struct fb_event *event) {
    switch ((enum fb_event_kind)event->kind) {
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
    case FB_EV_YIELD:
    case FB_EV_CHOICE:
    case FB_EV_BUDGET_OUT: return event->subject;
    case FB_EV_FUTURE_ENTER: return event->enter.task;
    case FB_EV_FUTURE_EXIT: return event->exit.task;
    case FB_EV_FUTURE_DROP: return event->drop.task;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_STALE:
    case FB_EV_SOURCE_DEL: return event->source.task;
    case FB_EV_TIMER_SET:
    case FB_EV_TIMER_END: return event->timer.task;
    case FB_EV_CHANNEL: return event->channel.task;
    case FB_EV_CENSUS:
        return event->detail == FB_CENSUS_TASK ? event->subject : 0;
    case FB_EV_CLOCK:
        return event->detail == FB_CLOCK_BLOCKED ? event->subject : 0;
    default: return 0;
    }
}

bool fb_trace_event_ends(const struct fb_event *event,
                         enum fb_control_step step, uint32_t task) {
    if (event->flags & FB_EV_FLAG_CENSUS) {
        return false;
    }
    switch (step) {
    case FB_STEP_EVENT: return true;
    case FB_STEP_POLL: return event->kind == FB_EV_POLL_END;
    case FB_STEP_WAKE: return event->kind == FB_EV_WAKE;
    case FB_STEP_TASK: return task && fb_trace_event_task(event) == task;
    case FB_STEP_TURN: return event->kind == FB_EV_UNPARK;
    case FB_STEP_NONE: break;
    }
    return false;
}

bool fb_trace_event_meets(const struct fb_event *event,
                          const struct fb_trace_break *brk) {
    if ((event->flags & FB_EV_FLAG_CENSUS) ||
        (!brk->kinds && !brk->task && !brk->line)) {
        return false;
    }
    if (brk->task && fb_trace_event_task(event) != brk->task) {
        return false;
    }
    if (brk->line &&
        (event->kind != FB_EV_FUTURE_ENTER || event->enter.line != brk->line)) {
        return false;
    }
    return !brk->kinds || (event->kind < 64 && (brk->kinds >> event->kind & 1));
}
