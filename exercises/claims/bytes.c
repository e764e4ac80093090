// T7: bytes that were read are delivered or held. T8: each descriptor is closed
// once. T10: each error is seen once.
#include "claims_impl.h"
#include <errno.h>

// ---- T7 ----

enum { CHAIN = 16 };

struct bytes {
    int fd;
    uint32_t chain[CHAIN]; // the future that read last, and those around it
    unsigned chain_len;
    uint64_t in;
    uint64_t last_read, lost_read, drop; // events
    uint32_t task, drop_task;
    uint16_t drop_type;
};

// Who would take the bytes of a read with him, if he were dropped.
static void keep_chain(struct bytes *b, const struct fb_model *m,
                       const struct fb_model_future *f) {
    b->chain_len = 0;
    while (f != NULL && b->chain_len < CHAIN) {
        b->chain[b->chain_len++] = f->id;
        f = fb_model_future_at(m, f->parent);
    }
}

static bool is_in_chain(const struct bytes *b, uint32_t future) {
    for (unsigned i = 0; i < b->chain_len; i++) {
        if (b->chain[i] == future) {
            return true;
        }
    }
    return false;
}

static bool see_bytes(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const struct fb_model_future *f;
    struct bytes *b = arg;

    if (e->kind == FB_EV_IO && e->io.result > 0 &&
        (e->detail == FB_IO_READ || e->detail == FB_IO_RECV_FROM) &&
        (b->fd == -1 || e->io.fd == b->fd)) {
        b->in += (uint64_t)e->io.result;
        b->last_read = look->number;
        f = fb_model_future(look->world, e->io.future);
        b->task = f != NULL ? f->task : b->task;
        keep_chain(b, look->world, f);
    }
    // The first cancel of who has read: the usual culprit.
    if (e->kind == FB_EV_FUTURE_DROP && e->detail == FB_DROP_CANCELLED &&
        is_in_chain(b, e->subject) &&
        (f = fb_model_future(look->world, e->subject)) != NULL &&
        (b->drop == 0 || b->drop + 1 == look->number)) {
        b->drop = look->number; // the outermost of those that go together
        b->lost_read = b->last_read;
        b->drop_task = e->drop.task;
        b->drop_type = f->type;
    }
    return true;
}

bool fb_claim_bytes_kept(struct fb_trial *t, int fd, uint64_t delivered,
                         uint64_t held) {
    struct bytes b = {.fd = fd};
    uint64_t out = delivered + held;
    char name[FB__NAME];

    if (fb__trial_is_over(t) || !fb__trial_walk(t, see_bytes, &b) ||
        b.in == out) {
        return true;
    }
    fb_trial_fail(t, FB_T7, b.drop != 0 && b.in > out ? b.drop : b.last_read,
                  "Reads brought %llu byte%s, but %llu were delivered and %llu "
                  "are still held: %llu %s.",
                  (unsigned long long)b.in, fb__plural(b.in),
                  (unsigned long long)delivered, (unsigned long long)held,
                  (unsigned long long)(b.in > out ? b.in - out : out - b.in),
                  b.in > out ? "are lost" : "too many");
    t->verdict.task = b.task;
    if (b.drop != 0 && b.in > out) {
        t->verdict.task = b.drop_task;
        (void)fb_say_type(name, sizeof name, t->names, b.drop_type);
        fb_trial_show(t, b.lost_read, "a read brings bytes");
        fb_trial_show(t, b.drop, "a future is dropped before it is done");
        fb__place_type(t, b.drop_type);
    }
    fb_trial_show(t, b.last_read, "the last read");
    return false;
}

// ---- T8 ----

struct close {
    uint64_t bad;    // event of the first close that failed; 0: none
    uint64_t reused; // event at which a number came again that was not closed
    int32_t fd;
    uint64_t opened;
    uint32_t task;
    struct fb__table open; // by descriptor, and 1 more
};

struct open {
    uint32_t fd;
    uint32_t source, task;
    uint64_t event;
};

static void opens(struct close *c, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    const uint32_t key = (uint32_t)e->source.fd + 1;
    struct open *o = fb__table_find(&c->open, key);

    if (o != NULL && o->source != e->subject && c->reused == 0) {
        c->reused = look->number;
        c->opened = o->event;
        c->fd = e->source.fd;
        c->task = o->task;
    }
    o = fb__table_make(&c->open, key);
    if (o == NULL) {
        look->trial->exact = look->trial->exact && key == 0;
        return;
    }
    o->source = e->subject;
    o->task = e->source.task;
    o->event = look->number;
}

static bool see_close(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    struct close *c = arg;
    const struct open *o;

    if (e->kind == FB_EV_SOURCE_ADD) {
        opens(c, look);
    } else if (e->kind == FB_EV_SOURCE_DEL) {
        o = fb__table_find(&c->open, (uint32_t)e->source.fd + 1);
        if (o != NULL && o->source == e->subject) {
            fb__table_remove(&c->open, o->fd);
        }
    } else if (e->kind == FB_EV_IO && e->detail == FB_IO_CLOSE &&
               e->io.result < 0 && c->bad == 0) {
        c->bad = look->number;
    }
    return true;
}

static void fail_open(struct fb_trial *t, const struct open *o) {
    char by[FB__NAME] = "nobody";

    if (o->task != 0) {
        const struct fb_model *m = fb_history_at(t->history, o->event);

        fb__say_who(t, m != NULL ? m : &t->world, o->task, by, sizeof by);
    }
    fb_trial_fail(t, FB_T8, o->event,
                  "fd %u, which %s opened at event %llu, was never closed.",
                  o->fd - 1, o->task != 0 ? by : "the program",
                  (unsigned long long)o->event);
    t->verdict.task = o->task;
    fb_trial_show(t, o->event, "it was opened");
    fb_trial_show(t, fb_history_last(t->history), "the end: it is open still");
}

static void judge_closes(struct fb_trial *t, const struct close *c,
                         uint64_t bad_closes) {
    uint32_t cursor = 0;
    const struct open *o = fb__table_next(&c->open, &cursor);

    if (c->reused != 0) {
        fb_trial_fail(t, FB_T8, c->reused,
                      "fd %d, opened at event %llu, was closed behind the "
                      "runtime's back: its number is given out again at event "
                      "%llu.",
                      c->fd, (unsigned long long)c->opened,
                      (unsigned long long)c->reused);
        t->verdict.task = c->task;
        fb_trial_show(t, c->opened, "it was opened");
        fb_trial_show(t, c->reused, "the same number again");
    } else if (bad_closes > 0) {
        fb_trial_fail(t, FB_T8, c->bad,
                      "%llu close%s hit a descriptor that was not open: it had "
                      "been closed before.",
                      (unsigned long long)bad_closes, fb__plural(bad_closes));
        fb_trial_show(t, c->bad, "a close that failed");
    } else if (t->ended && o != NULL) {
        fail_open(t, o);
    }
}

bool fb_claim_closed_once(struct fb_trial *t, uint64_t bad_closes) {
    struct close c = {0};

    if (fb__trial_is_over(t)) {
        return true;
    }
    fb__table_init(&c.open, sizeof(struct open));
    if (fb__trial_walk(t, see_close, &c)) {
        judge_closes(t, &c, bad_closes);
    }
    fb__table_deinit(&c.open);
    return !t->verdict.failed;
}

// ---- T10 ----

// The first event that tells of an error: a call that failed (other than one
// that has to wait, or is made again), or a task that ended with one.
static uint64_t first_error(const struct fb_history *h) {
    for (uint64_t n = fb_history_first(h); n != 0; n = fb_history_next(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if ((e->kind == FB_EV_IO && e->io.result < 0 &&
             e->io.result != -EAGAIN && e->io.result != -EINTR) ||
            (e->kind == FB_EV_TASK_DONE && e->detail == FB_OUTCOME_ERROR)) {
            return n;
        }
    }
    return 0;
}

bool fb_claim_errors_seen_once(struct fb_trial *t, const char *what,
                               uint64_t injected, uint64_t seen) {
    uint64_t at;

    if (fb__trial_is_over(t) || injected == seen) {
        return true;
    }
    at = first_error(t->history);
    fb_trial_fail(t, FB_T10, at,
                  "%s: it happened %llu time%s, and was seen %llu time%s. %s",
                  what, (unsigned long long)injected, fb__plural(injected),
                  (unsigned long long)seen, fb__plural(seen),
                  seen < injected ? "Somebody has let it go by."
                                  : "Somebody has told of it twice.");
    fb_trial_show(t, at, "an error");
    return false;
}
