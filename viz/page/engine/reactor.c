// The reactor of a moment: who waits for which source, and when timers fire.
#include "engine_state.h"
#include <errno.h>
#include <stdlib.h>

enum { SHOWN = 1000 };

struct waiter {
    uint32_t source, task;
};

static int compare_waiters(const void *a, const void *b) {
    const struct waiter *x = a, *y = b;

    if (x->source != y->source) {
        return x->source < y->source ? -1 : 1;
    }
    return x->task < y->task ? -1 : x->task > y->task;
}

// Who waits for sources, by source: stored wakers are kept by task.
static struct waiter *collect(const struct fb_model *m, size_t *ret_count) {
    const size_t room = m->holds.count;
    struct waiter *all = calloc(room + 1, sizeof(*all));
    size_t count = 0;

    for (uint32_t i = 0; all != NULL && i < m->holds.capacity && count < room;
         i++) {
        const struct fb_model_hold *h = fb_model_hold_at(m, i);

        if (h != NULL && h->party == FB_PARTY_SOURCE) {
            all[count++] = (struct waiter){h->holder, h->task};
        }
    }
    if (all != NULL) {
        qsort(all, count, sizeof(*all), compare_waiters);
    }
    *ret_count = count;
    return all;
}

static void put_waiters(struct fb__answer *a, const struct waiter *all,
                        size_t count, uint32_t source) {
    size_t low = 0, high = count;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (all[middle].source < source) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    fb__answer_open(a, "tasks", '[');
    for (; low < count && all[low].source == source; low++) {
        fb__answer_number(a, NULL, all[low].task);
    }
    fb__answer_close(a, ']');
}

// Returns whether there are more than are shown.
static bool put_sources(struct fb_engine *e, struct fb__answer *a,
                        const struct waiter *all, size_t count) {
    const struct fb_model_source *x;
    uint32_t cursor = 0;
    size_t shown = 0;
    char text[128];

    fb__answer_open(a, "sources", '[');
    while ((x = fb_model_source_next(&e->at.now, &cursor)) != NULL &&
           shown++ < SHOWN) {
        fb__answer_open(a, NULL, '{');
        fb__answer_number(a, "id", x->id);
        fb__answer_signed(a, "fd", x->fd);
        fb__answer_text(a, "kind", fb_name_source_kind(x->kind));
        fb_say_bits(text, sizeof(text), x->ready);
        fb__answer_text(a, "ready", text);
        put_waiters(a, all, count, x->id);
        fb__answer_number(a, "bytesIn", x->bytes_in);
        fb__answer_number(a, "bytesOut", x->bytes_out);
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
    return x != NULL;
}

static bool put_timers(struct fb_engine *e, struct fb__answer *a) {
    const struct fb_model *m = &e->at.now;
    const struct fb_model_timer *x;
    uint32_t cursor = 0;
    size_t shown = 0;
    char text[64];

    fb__answer_open(a, "timers", '[');
    while ((x = fb_model_timer_next(m, &cursor)) != NULL && shown++ < SHOWN) {
        const uint64_t left =
            x->deadline_ns > m->time_ns ? x->deadline_ns - m->time_ns : 0;

        fb__answer_open(a, NULL, '{');
        fb__answer_number(a, "id", x->id);
        fb__answer_number(a, "deadlineNs", fb__engine_since(e, x->deadline_ns));
        fb_say_remaining(text, sizeof(text), left);
        fb__answer_text(a, "in", text);
        fb__answer_number(a, "task", x->task);
        fb__answer_close(a, '}');
    }
    fb__answer_close(a, ']');
    return x != NULL;
}

int fb_engine_reactor(struct fb_engine *e) {
    struct fb__answer *a = fb__engine_begin(e);
    size_t count;
    struct waiter *all = collect(&e->at.now, &count);
    bool more;

    if (all == NULL) {
        return fb__engine_refuse(e, -ENOMEM,
                                 "no memory is left for the reactor");
    }
    fb__answer_open(a, NULL, '{');
    more = put_sources(e, a, all, count);
    more |= put_timers(e, a);
    fb__answer_bool(a, "more", more);
    fb__answer_close(a, '}');
    free(all);
    return fb__engine_done(e);
}
