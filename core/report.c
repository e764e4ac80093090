// The stall: whether it is one, and who waits for what, on which line.
//
// A hang is a report, never silence. It reads the same links that the trace
// records (task → root → child …), so it needs no trace and no viewer.
// Everything that a client may have chosen is sanitised.
#include "emit.h"

#include "fishbowl/trace/text.h"

#include <string.h>

// Whether another thread can wake a task, or is about to: what it has woken is
// scheduled before its waker is gone, so the waker is asked for first. One that
// is queued, and that whoever picks does not want, waits for nobody.
static bool anyone_outside(const struct fb_runtime *rt) {
    for (struct fb_task *t = rt->all_first; t != NULL; t = t->all_next) {
        // Acquire: pairs with the release of who gave up the last waker.
        if (atomic_load_explicit(&t->outside, memory_order_acquire) != 0 ||
            ((atomic_load_explicit(&t->state, memory_order_acquire) &
              FB__SCHEDULED) &&
             !(rt->on_pick != NULL && t->queued))) {
            return true;
        }
    }
    return false;
}

static bool anyone_waits_for_io(const struct fb_runtime *rt) {
    for (uint32_t i = 0; i < rt->reactor.used; i++) {
        const struct fb__entry *entry = fb__reactor_at(&rt->reactor, i);

        if (entry->fd >= 0 && entry->registered &&
            entry->waiters.first != NULL) {
            return true;
        }
    }
    return false;
}

bool fb__stalled(const struct fb_runtime *rt) {
    return rt->deferred.first == NULL && fb__timer_first(rt) == NULL &&
           !anyone_waits_for_io(rt) && !anyone_outside(rt) &&
           fb__blocking_awaited(rt) == 0 &&
           atomic_load_explicit(&rt->door->waiting, memory_order_acquire) == 0;
}

// ---- the report ----

struct line {
    FILE *out;
    struct fb_future *parent;
    int depth;
};

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static const char *channel_reason(unsigned interest) {
    switch ((enum fb_channel_wait)interest) {
    case FB_AWAITS_MESSAGE: return "a message in channel";
    case FB_AWAITS_ROOM: return "room in channel";
    case FB_AWAITS_CLOSED: return "the receiver to leave channel";
    case FB_AWAITS_CHANGE: return "a new value in watch";
    case FB_AWAITS_PERMIT: return "a permit of semaphore";
    case FB_AWAITS_MUTEX: return "mutex";
    case FB_AWAITS_NOTIFY: return "notify";
    case FB_AWAITS_OTHER:
    default: return "channel";
    }
}

static void write_reason(FILE *out, const struct fb_waiter *w) {
    switch ((enum fb_party)w->party) {
    case FB_PARTY_SOURCE:
        fprintf(out, "waits for source %u to be %s", w->holder,
                w->interest & FB_WRITABLE ? "writable" : "readable");
        break;
    case FB_PARTY_TIMER: fprintf(out, "waits for timer %u", w->holder); break;
    case FB_PARTY_TASK:
        fprintf(out, "waits for task %u to finish", w->holder);
        break;
    case FB_PARTY_JOIN_SET:
        fprintf(out, "waits for the next member of join set %u", w->holder);
        break;
    case FB_PARTY_CHANNEL:
        fprintf(out, "waits for %s %u", channel_reason(w->interest), w->holder);
        break;
    case FB_PARTY_BLOCKING:
        fprintf(out, "waits for blocking work %u to finish", w->holder);
        break;
    case FB_PARTY_EXECUTOR:
        fprintf(out, "waits for the executor's next turn");
        break;
    default: fprintf(out, "its waker is kept outside"); break;
    }
}

static void write_future(struct fb_future *f, void *arg) {
    struct line *line = arg;
    struct fb_future *parent = line->parent;
    struct fb_waiter *w;

    if (f->type == NULL || f->state >= FB_STATE_DONE) {
        return;
    }
    fprintf(line->out, "%*s%s", 4 + 2 * line->depth, "", f->type->site.name);
    if (parent != NULL && parent->state < FB_STATE_DONE && parent->state > 0) {
        fprintf(line->out, ", awaited at %s:%u",
                base_name(parent->type->site.file), parent->state);
    }
    w = fb__future_waiter(f);
    if (w != NULL) {
        fprintf(line->out, ", ");
        write_reason(line->out, w);
    } else if (f->type->visit == NULL && f->child == NULL && f->state > 0) {
        fprintf(line->out, ", nobody holds its waker");
    }
    fprintf(line->out, "\n");
    line->parent = f;
    line->depth++;
    fb__future_children(f, write_future, line);
    line->depth--;
    line->parent = parent;
}

static void write_task(FILE *out, struct fb_task *task) {
    uint32_t state = atomic_load_explicit(&task->state, memory_order_acquire);
    char label[FB_TEXT_SAFE_BYTES(FB_TRACE_LABEL_BYTES)] = "";
    struct line line = {.out = out};

    if (task->notes != NULL) {
        fb_text_sanitise(task->notes->label, task->notes->label_len, label,
                         sizeof label);
    }
    fprintf(out, "  task %u%s%s, %s, polled %u times, spawned at %s:%u\n",
            task->id, label[0] != '\0' ? " " : "", label,
            state & FB__COMPLETE    ? "complete"
            : state & FB__RUNNING   ? "running"
            : state & FB__SCHEDULED ? "scheduled"
                                    : "idle",
            task->polls, base_name(task->site->file), task->site->line);
    write_future(fb__task_root(task), &line);
}

void fb_runtime_report(struct fb_runtime *rt, FILE *out) {
    rt = rt->home;
    fprintf(out, "%u tasks are not complete:\n", rt->live);
    for (struct fb_task *t = rt->all_first; t != NULL; t = t->all_next) {
        if (t->outcome == FB_OUTCOME_NONE) {
            write_task(out, t);
        }
    }
}
