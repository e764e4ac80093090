// Problem: "who reads the result?" has its answer in a trace, but in three
// places: a call fails in a poll, its task ends, somebody takes the result.
// Idea: one pass. A failing call belongs to the task that is being polled; what
// happens to that task later is added to its entry.
// Invariants: of one worker (the kit's runs have one), so one task is polled at
// a time. A full list takes no more: the exercises' evenings have four.
#include "errors.h"

#include <errno.h>

static bool is_failure(const struct fb_event *e) {
    return (e->detail == FB_IO_READ || e->detail == FB_IO_WRITE) &&
           e->io.result < 0 && e->io.result != -EAGAIN &&
           e->io.result != -EINTR;
}

// `await`: the newest FUTURE_ENTER that names a line; NULL: none.
static void note_failure(struct drill_errors *errors, uint64_t number,
                         const struct fb_event *e, uint32_t task,
                         const struct fb_event *await) {
    const bool known = await != NULL && await->enter.task == task;

    if (errors->count < ERRORS_MAX) {
        errors->list[errors->count++] =
            (struct drill_error){.event = number,
                                 .result = e->io.result,
                                 .task = task,
                                 .type = known ? await->enter.parent_type : 0,
                                 .line = known ? await->enter.line : 0};
    }
}

static void note_end(struct drill_error *error, uint64_t number,
                     const struct fb_event *e) {
    if (e->kind == FB_EV_TASK_DONE && error->done_event == 0) {
        error->done_event = number;
        error->done_ns = e->time_ns;
        error->outcome = e->detail;
        error->out = e->done.out;
    } else if (e->kind == FB_EV_TASK_JOIN && e->detail == FB_JOIN_TAKEN &&
               error->taken_event == 0) {
        error->taken_event = number;
        error->taken_ns = e->time_ns;
    }
}

void drill_errors_find(struct drill_errors *errors, struct fb_history *h) {
    const struct fb_event *await = NULL;
    uint32_t polled = 0;

    *errors = (struct drill_errors){0};
    for (uint64_t n = fb_history_first(h); n != 0; n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_POLL_BEGIN) {
            polled = e->subject;
        } else if (e->kind == FB_EV_FUTURE_ENTER && e->enter.line != 0) {
            await = e;
        } else if (e->kind == FB_EV_IO && is_failure(e)) {
            note_failure(errors, n, e, polled, await);
        } else if (e->kind == FB_EV_TASK_DONE || e->kind == FB_EV_TASK_JOIN) {
            for (unsigned i = 0; i < errors->count; i++) {
                if (errors->list[i].task == e->subject) {
                    note_end(&errors->list[i], n, e);
                }
            }
        }
    }
}

void drill_place(struct fb_trial *t, uint16_t type, uint32_t line) {
    const struct fb_names *names = fb_trial_names(t);
    const char *name, *file;
    uint32_t declared, size;

    if (line != 0) {
        names->place(names->arg, type, &name, &file, &declared, &size);
        fb_trial_place(t, file, line);
    }
}

uint64_t drill_last_event(const struct fb_history *h, uint32_t task) {
    uint64_t n = fb_history_last(h);

    for (; task != 0 && n != 0; n = fb_history_prev(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (fb_event_task(e) == task && e->kind != FB_EV_TASK_FREE &&
            e->kind != FB_EV_TASK_JOIN) {
            break;
        }
    }
    return n;
}

void drill_place_task(struct fb_trial *t, uint32_t task) {
    const struct fb_history *h = fb_trial_history(t);

    for (uint64_t n = fb_history_last(h); task != 0 && n != 0;
         n = fb_history_prev(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_FUTURE_ENTER && e->enter.task == task &&
            e->enter.line != 0) {
            drill_place(t, e->enter.parent_type, e->enter.line);
            return;
        }
    }
}

void drill_place_source(struct fb_trial *t, uint32_t source) {
    const struct fb_history *h = fb_trial_history(t);
    const struct fb_event *await = NULL, *last = NULL;

    for (uint64_t n = fb_history_first(h); n != 0; n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e->kind == FB_EV_FUTURE_ENTER && e->enter.line != 0) {
            await = e;
        } else if (e->kind == FB_EV_IO && e->subject == source) {
            last = await;
        }
    }
    if (last != NULL) {
        drill_place(t, last->enter.parent_type, last->enter.line);
    }
}
