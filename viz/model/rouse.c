// Who will wake a task: the other half of why it waits.
//
// "fd 7 readable" says what a leaf waits for, but not that somebody watches for
// it. Here the holders of the task's wakers speak: each is a party that has
// promised to call wake, and at what.
#include "phrase.h"

enum { HOLDERS_WALKED = 256, HOLDERS_SHOWN = 4 };

static void add_timer(struct fb__phrase *p, const struct fb_model *m,
                      uint32_t id) {
    const struct fb_model_timer *timer = fb_model_timer(m, id);

    fb__phrase_add(p, "timer %u, ", id);
    if (timer == NULL) {
        fb__phrase_add(p, "at its deadline");
    } else if (timer->deadline_ns <= m->time_ns) {
        fb__phrase_add(p, "which is due");
    } else {
        fb__phrase_add(p, "in ");
        fb__phrase_remaining(p, timer->deadline_ns - m->time_ns);
    }
}

static void add_holder(struct fb__phrase *p, const struct fb_model *m,
                       const struct fb_model_hold *h) {
    switch ((enum fb_party)h->party) {
    case FB_PARTY_SOURCE:
        fb__phrase_add(p, "the reactor, when ");
        fb__phrase_source(p, m, h->holder);
        fb__phrase_add(p, " becomes ");
        fb__phrase_bits(p, h->interest != 0 ? h->interest : FB_READABLE,
                        " or ");
        break;
    case FB_PARTY_TIMER: add_timer(p, m, h->holder); break;
    case FB_PARTY_TASK:
        fb__phrase_add(p, "task %u, when it is complete", h->holder);
        break;
    case FB_PARTY_JOIN_SET:
        fb__phrase_add(p, "the next task of join set %u that is complete",
                       h->holder);
        break;
    case FB_PARTY_CHANNEL:
        fb__phrase_channel(p, h->interest, h->holder);
        fb__phrase_channel_promise(p, h->interest);
        break;
    case FB_PARTY_EXECUTOR:
        fb__phrase_add(p, "the executor, at its next turn");
        break;
    case FB_PARTY_THREAD: fb__phrase_add(p, "thread %u", h->holder); break;
    case FB_PARTY_BLOCKING:
        fb__phrase_add(p, "blocking work %u, when it is done", h->holder);
        break;
    case FB_PARTY_NONE:
    case FB_PARTY_OUTSIDE:
    case FB_PARTY_SPAWN:
    case FB_PARTY_ABORT:
    default: fb__phrase_add(p, "whoever keeps its waker outside"); break;
    }
}

// The list holds the newest waker first; a select is read from its first arm.
static void add_holders(struct fb__phrase *p, const struct fb_model *m,
                        const struct fb_model_task *t) {
    const struct fb_model_hold *holds[HOLDERS_WALKED], *h;
    uint32_t at = t->holds;
    unsigned count = 0, shown;

    while (count < HOLDERS_WALKED && (h = fb_model_hold_at(m, at)) != NULL) {
        holds[count++] = h;
        at = h->next_of_task;
    }
    shown = count < HOLDERS_SHOWN ? count : HOLDERS_SHOWN;
    for (unsigned i = 0; i < shown; i++) {
        fb__phrase_add(p, "%s", i > 0 ? "; or " : "");
        add_holder(p, m, holds[count - 1 - i]);
    }
    if (count > shown) {
        fb__phrase_add(p, "; or one of %u more", count - shown);
    }
}

size_t fb_say_who_wakes(char *out, size_t out_bytes, const struct fb_names *n,
                        const struct fb_model *m, uint32_t task) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_model_task *t = fb_model_task(m, task);

    (void)n;
    if (t == NULL || t->state == FB_TASK_COMPLETE ||
        t->state == FB_TASK_FREED) {
        return fb__phrase_end(&p);
    }
    if (t->state == FB_TASK_RUNNING) {
        fb__phrase_add(&p, "nobody has to: it is being polled");
    } else if (t->state == FB_TASK_SCHEDULED || fb_model_task_is_waking(m, t)) {
        fb__phrase_add(&p, "nobody has to: it is woken");
    } else if (t->holds != FB_MODEL_NONE) {
        add_holders(&p, m, t);
    } else if (fb_model_task_is_lost(m, t)) {
        fb__phrase_add(&p, "nobody: its waker is lost");
    } else {
        fb__phrase_add(&p, "unknown");
    }
    return fb__phrase_end(&p);
}
