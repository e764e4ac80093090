// Short words: how a task is called, what a future waits for, who woke whom.
//
// Idea: one phrase for each kind of party, used by every sentence, so that the
// reactor is never called by two names. Reasons are read from the stored
// wakers: a future waits for whoever holds its waker, and for nothing else.
#include "phrase.h"
#include <inttypes.h>
#include <string.h>

enum { LEAVES_SHOWN = 4, LEAVES_WALKED = 256, LEVELS_CLIMBED = 256 };

void fb__phrase_source(struct fb__phrase *p, const struct fb_model *m,
                       uint32_t source) {
    const struct fb_model_source *s = fb_model_source(m, source);

    if (s != NULL) {
        fb__phrase_add(p, "fd %d", s->fd);
    } else {
        fb__phrase_add(p, "source %u", source);
    }
}

// "Ada 127.0.0.1:51234", or the name of its root future; false if neither.
static bool add_task_name(struct fb__phrase *p, const struct fb_names *n,
                          const struct fb_model *m, uint32_t task) {
    const struct fb_model_task *t = fb_model_task(m, task);

    if (t == NULL) {
        return false;
    }
    if (t->label_len > 0) {
        fb__phrase_hostile(p, t->label, t->label_len);
        return true;
    }
    if (fb__names_knows(n, t->type)) {
        fb__phrase_type(p, n, t->type);
        return true;
    }
    return false;
}

void fb__phrase_task(struct fb__phrase *p, const char *word,
                     const struct fb_names *n, const struct fb_model *m,
                     uint32_t task) {
    const struct fb_model_task *t = fb_model_task(m, task);

    fb__phrase_add(p, "%s %u", word, task);
    if (t != NULL && (t->label_len > 0 || fb__names_knows(n, t->type))) {
        fb__phrase_add(p, " (");
        (void)add_task_name(p, n, m, task);
        fb__phrase_add(p, ")");
    }
}

size_t fb_say_task(char *out, size_t out_bytes, const struct fb_names *n,
                   const struct fb_model *m, uint32_t task) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    if (!add_task_name(&p, n, m, task)) {
        fb__phrase_add(&p, "task %u", task);
    }
    return fb__phrase_end(&p);
}

void fb__phrase_party(struct fb__phrase *p, const struct fb_model *m,
                      unsigned party, uint32_t id) {
    switch ((enum fb_party)party) {
    case FB_PARTY_SOURCE:
        fb__phrase_add(p, "reactor, ");
        fb__phrase_source(p, m, id);
        break;
    case FB_PARTY_TIMER: fb__phrase_add(p, "timer %u", id); break;
    case FB_PARTY_TASK: fb__phrase_add(p, "task %u", id); break;
    case FB_PARTY_JOIN_SET: fb__phrase_add(p, "join set %u", id); break;
    case FB_PARTY_CHANNEL: fb__phrase_add(p, "channel %u", id); break;
    case FB_PARTY_THREAD: fb__phrase_add(p, "thread %u", id); break;
    case FB_PARTY_OUTSIDE: fb__phrase_add(p, "a waker kept outside"); break;
    case FB_PARTY_SPAWN: fb__phrase_add(p, "its spawn"); break;
    case FB_PARTY_ABORT: fb__phrase_add(p, "its abort"); break;
    case FB_PARTY_EXECUTOR: fb__phrase_add(p, "executor, after a yield"); break;
    case FB_PARTY_BLOCKING: fb__phrase_add(p, "blocking work %u", id); break;
    case FB_PARTY_NONE:
    default: fb__phrase_add(p, "somebody unknown"); break;
    }
}

size_t fb_say_waker(char *out, size_t out_bytes, const struct fb_names *n,
                    const struct fb_model *m, uint32_t task) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_model_task *t = fb_model_task(m, task);

    (void)n;
    if (t == NULL || (!t->exact && t->woken_event == 0)) {
        fb__phrase_add(&p, "somebody unknown");
    } else if (t->woken_by_party == FB_PARTY_SOURCE && t->woken_by_fd >= 0) {
        // the source may be closed by now; the task remembers its descriptor
        fb__phrase_add(&p, "reactor, fd %d", t->woken_by_fd);
    } else if (t->woken_by_party == FB_PARTY_TASK && t->woken_by == t->id) {
        fb__phrase_add(&p, "itself");
    } else if (t->woken_by_party == FB_PARTY_CHANNEL) {
        fb__phrase_channel(&p, t->woken_interest, t->woken_by);
    } else if (t->unwoken) {
        fb__phrase_add(&p, "nobody");
    } else {
        fb__phrase_party(&p, m, t->woken_by_party, t->woken_by);
    }
    return fb__phrase_end(&p);
}

// ---- reasons ----

void fb__phrase_hold(struct fb__phrase *p, const struct fb_model *m,
                     const struct fb_model_hold *h) {
    const struct fb_model_timer *timer;

    switch ((enum fb_party)h->party) {
    case FB_PARTY_SOURCE:
        fb__phrase_source(p, m, h->holder);
        fb__phrase_add(p, " ");
        fb__phrase_bits(p, h->interest != 0 ? h->interest : FB_READABLE,
                        " or ");
        break;
    case FB_PARTY_TIMER:
        timer = fb_model_timer(m, h->holder);
        if (timer == NULL) {
            fb__phrase_add(p, "timer %u", h->holder);
        } else if (timer->deadline_ns <= m->time_ns) {
            fb__phrase_add(p, "timer now due");
        } else {
            fb__phrase_add(p, "timer in ");
            fb__phrase_remaining(p, timer->deadline_ns - m->time_ns);
        }
        break;
    case FB_PARTY_TASK:
        fb__phrase_add(p, "task %u finishing", h->holder);
        break;
    case FB_PARTY_JOIN_SET:
        fb__phrase_add(p, "next of join set %u", h->holder);
        break;
    case FB_PARTY_EXECUTOR:
        fb__phrase_add(p, "the executor's next turn");
        break;
    case FB_PARTY_BLOCKING:
        fb__phrase_add(p, "blocking work %u finishing", h->holder);
        break;
    case FB_PARTY_CHANNEL:
        fb__phrase_channel_wait(p, h->interest, h->holder);
        break;
    case FB_PARTY_THREAD: fb__phrase_add(p, "thread %u", h->holder); break;
    case FB_PARTY_NONE:
    case FB_PARTY_OUTSIDE:
    case FB_PARTY_SPAWN:
    case FB_PARTY_ABORT:
    default: fb__phrase_add(p, "a waker kept outside"); break;
    }
}

// The first stored waker of a task that names no future of its own.
static const struct fb_model_hold *loose_hold(const struct fb_model *m,
                                              const struct fb_model_task *t) {
    uint32_t at = t->holds;

    for (int looked = 0; looked < LEAVES_WALKED; looked++) {
        const struct fb_model_hold *h = fb_model_hold_at(m, at);

        if (h == NULL) {
            return NULL;
        }
        if (fb_model_future(m, h->future) == NULL ||
            h->party == FB_PARTY_OUTSIDE) {
            return h;
        }
        at = h->next_of_task;
    }
    return NULL;
}

// The first child that is not done, or NULL: a leaf.
static const struct fb_model_future *
pending_child(const struct fb_model *m, const struct fb_model_future *f) {
    uint32_t at = f->first_child;

    while (at != FB_MODEL_NONE) {
        const struct fb_model_future *c = fb_model_future_at(m, at);

        if (c->state == FB_FUTURE_PENDING) {
            return c;
        }
        at = c->next_sibling;
    }
    return NULL;
}

void fb__phrase_reason(struct fb__phrase *p, const struct fb_names *n,
                       const struct fb_model *m, uint32_t future) {
    const struct fb_model_future *f = fb_model_future(m, future), *child;
    const struct fb_model_task *t;
    const struct fb_model_hold *h;

    (void)n;
    if (f == NULL || f->state != FB_FUTURE_PENDING) {
        if (f != NULL && f->state == FB_FUTURE_NOT_POLLED) {
            fb__phrase_add(p, "its first poll");
        }
        return;
    }
    h = fb_model_future_hold(m, future);
    while (h == NULL && (child = pending_child(m, f)) != NULL) {
        f = child; // a future with children waits for what they wait for
        h = fb_model_future_hold(m, f->id);
    }
    t = fb_model_task(m, f->task);
    if (h == NULL && t != NULL) {
        if (t->state == FB_TASK_SCHEDULED || t->wake_during_poll) {
            fb__phrase_add(p, "its next poll: it was woken");
            return;
        }
        if (t->state == FB_TASK_RUNNING) {
            fb__phrase_add(p, "the end of this poll");
            return;
        }
        if (t->failing) {
            fb__phrase_add(p, "nothing: it failed");
            return;
        }
        if (fb_model_task_is_waking(m, t)) {
            fb__phrase_add(p, "nothing more: it is woken");
            return;
        }
        h = loose_hold(m, t);
    }
    if (h != NULL) {
        fb__phrase_hold(p, m, h);
    } else {
        fb__phrase_add(p, m->uncertain ? "unknown: events were lost"
                                       : "nobody holds its waker");
    }
}

size_t fb_say_reason(char *out, size_t out_bytes, const struct fb_names *n,
                     const struct fb_model *m, uint32_t future) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_reason(&p, n, m, future);
    return fb__phrase_end(&p);
}

// The reasons of all pending leaves, the first few in words.
static void add_leaves(struct fb__phrase *p, const struct fb_names *n,
                       const struct fb_model *m, uint32_t task) {
    struct fb_model_row rows[LEAVES_WALKED];
    const size_t count = fb_model_tree(m, task, rows, LEAVES_WALKED);
    unsigned leaves = 0;

    for (size_t i = 0; i < count; i++) {
        const struct fb_model_future *f = rows[i].future;

        if (f->state != FB_FUTURE_PENDING || pending_child(m, f) != NULL) {
            continue;
        }
        leaves++;
        if (leaves <= LEAVES_SHOWN) {
            fb__phrase_add(p, "%s", leaves > 1 ? ", " : "");
            fb__phrase_reason(p, n, m, f->id);
        }
    }
    if (leaves > LEAVES_SHOWN) {
        fb__phrase_add(p, " and %u more", leaves - LEAVES_SHOWN);
    }
    if (leaves == 0) {
        const bool fresh =
            count == 0 || rows[0].future->state == FB_FUTURE_NOT_POLLED;

        fb__phrase_add(p, fresh ? "its first poll" : "nothing: it is done");
    }
}

size_t fb_say_task_waits(char *out, size_t out_bytes, const struct fb_names *n,
                         const struct fb_model *m, uint32_t task) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_model_task *t = fb_model_task(m, task);

    if (t == NULL) {
        return fb__phrase_end(&p);
    }
    switch ((enum fb_task_state)t->state) {
    case FB_TASK_SCHEDULED:
        fb__phrase_add(&p, "its turn");
        if (fb_model_workers(m) > 1) {
            fb__phrase_add(&p, " on worker %u", t->worker);
        }
        break;
    case FB_TASK_RUNNING:
        fb__phrase_add(&p, "nothing: being polled");
        if (fb_model_workers(m) > 1) {
            fb__phrase_add(&p, " by worker %u", t->worker);
        }
        break;
    case FB_TASK_COMPLETE:
        if (t->joiner != 0) {
            fb__phrase_add(&p, "task %u to take its result", t->joiner);
        } else {
            fb__phrase_add(&p, "its last reference to go");
        }
        break;
    case FB_TASK_IDLE:
        if (fb_model_task_is_waking(m, t)) { // whatever its other arms wait for
            fb__phrase_add(&p, "the run queue: it is woken");
        } else {
            add_leaves(&p, n, m, task);
        }
        break;
    case FB_TASK_FREED:
    default: break;
    }
    return fb__phrase_end(&p);
}

size_t fb_say_place(char *out, size_t out_bytes, const struct fb_names *n,
                    uint16_t type, uint32_t line) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_place(&p, n, type, line);
    return fb__phrase_end(&p);
}

// A future without awaits, such as a leaf or a select, has the line of its type.
size_t fb_say_await(char *out, size_t out_bytes, const struct fb_names *n,
                    const struct fb_model *m, uint32_t future) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_model_future *f = fb_model_future(m, future);

    for (int level = 0; f != NULL && level < LEVELS_CLIMBED; level++) {
        const struct fb_model_future *up = fb_model_future_at(m, f->parent);

        if (up != NULL && f->line != 0 &&
            f->line != fb__names_line(n, up->type)) {
            fb__phrase_place(&p, n, up->type, f->line);
            break;
        }
        if (up == NULL && f->own_line != 0) { // a root that waits itself
            fb__phrase_place(&p, n, f->type, f->own_line);
        }
        f = up;
    }
    return fb__phrase_end(&p);
}

size_t fb_say_duration(char *out, size_t out_bytes, uint64_t ns) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_duration(&p, ns);
    return fb__phrase_end(&p);
}

size_t fb_say_time(char *out, size_t out_bytes, uint64_t start_ns,
                   uint64_t time_ns) {
    const uint64_t ns = time_ns > start_ns ? time_ns - start_ns : 0;
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_add(&p, "%" PRIu64 ".%06" PRIu64, ns / 1000000000u,
                   ns / 1000u % 1000000u);
    return fb__phrase_end(&p);
}

size_t fb_say_remaining(char *out, size_t out_bytes, uint64_t ns) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_remaining(&p, ns);
    return fb__phrase_end(&p);
}

size_t fb_say_bits(char *out, size_t out_bytes, unsigned bits) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_bits(&p, bits, ", ");
    return fb__phrase_end(&p);
}
