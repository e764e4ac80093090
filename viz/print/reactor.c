// print --reactor: descriptors and timers, and which task waits for each.
//
// The model keeps stored wakers per task, so who waits for a source is found
// by going through the tasks once for each page, not once for each source.
#include "page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

struct waiter {
    uint32_t holder, task;
    uint8_t party, interest;
};

struct waiters {
    struct waiter *items;
    size_t count;
};

// By party, then holder, then task: those of one holder stand side by side.
static int compare(const void *a, const void *b) {
    const struct waiter *x = a, *y = b;

    if (x->party != y->party) {
        return x->party < y->party ? -1 : 1;
    }
    if (x->holder != y->holder) {
        return x->holder < y->holder ? -1 : 1;
    }
    return x->task < y->task ? -1 : x->task > y->task;
}

static int collect(const struct fb_model *m, struct waiters *w) {
    const size_t room = m->holds.count;
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    w->count = 0;
    w->items = calloc(room + 1, sizeof(*w->items));
    if (w->items == NULL) {
        return -ENOMEM;
    }
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        const struct fb_model_hold *h = fb_model_hold_at(m, t->holds);

        for (; h != NULL && w->count < room;
             h = fb_model_hold_at(m, h->next_of_task)) {
            w->items[w->count++] = (struct waiter){
                .holder = h->holder,
                .task = h->task,
                .party = h->party,
                .interest = h->interest,
            };
        }
    }
    qsort(w->items, w->count, sizeof(*w->items), compare);
    return 0;
}

static void print_waiters(FILE *out, const struct waiters *w,
                          enum fb_party party, uint32_t holder) {
    char bits[128];
    size_t low = 0, high = w->count;
    bool any = false;

    while (low < high) { // the first of this holder
        const size_t mid = low + (high - low) / 2;
        const struct waiter key = {.party = (uint8_t)party, .holder = holder};

        if (compare(&w->items[mid], &key) < 0) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    for (; low < w->count && w->items[low].party == party &&
           w->items[low].holder == holder;
         low++) {
        fprintf(out, "%stask %" PRIu32, any ? ", " : "", w->items[low].task);
        if (w->items[low].interest != 0) {
            fb_say_bits(bits, sizeof(bits), w->items[low].interest);
            fprintf(out, " (%s)", bits);
        }
        any = true;
    }
    fputs(any ? "\n" : "nobody\n", out);
}

static void print_sources(FILE *out, const struct fb_model *m,
                          const struct waiters *w) {
    const struct fb_model_source *x;
    uint32_t cursor = 0;
    char bits[128];

    if (fb_model_source_next(m, &cursor) == NULL) {
        fputs("\nno sources\n", out);
        return;
    }
    fprintf(out, "\n%6s  %4s  %-8s  %10s  %-20s  %s\n", "source", "fd", "kind",
            "generation", "known ready", "wakes");
    for (cursor = 0; (x = fb_model_source_next(m, &cursor)) != NULL;) {
        bits[0] = '\0';
        if (x->ready != 0) {
            fb_say_bits(bits, sizeof(bits), x->ready);
        }
        fprintf(out, "%6" PRIu32 "  %4" PRId32 "  %-8s  %10" PRIu32 "  ", x->id,
                x->fd, fb_name_source_kind(x->kind), x->generation);
        fb__page_cell(out, bits[0] != '\0' ? bits : "-", 20);
        fputs("  ", out);
        print_waiters(out, w, FB_PARTY_SOURCE, x->id);
    }
}

static void print_timers(FILE *out, const struct fb_model *m,
                         const struct waiters *w) {
    const struct fb_model_timer *x;
    uint32_t cursor = 0;
    char due[64];

    if (fb_model_timer_next(m, &cursor) == NULL) {
        fputs("\nno timers\n", out);
        return;
    }
    fprintf(out, "\n%6s  %-12s  %s\n", "timer", "due in", "wakes");
    for (cursor = 0; (x = fb_model_timer_next(m, &cursor)) != NULL;) {
        fb_say_remaining(
            due, sizeof(due),
            x->deadline_ns > m->time_ns ? x->deadline_ns - m->time_ns : 0);
        fprintf(out, "%6" PRIu32 "  ", x->id);
        fb__page_cell(out, due, 12);
        fputs("  ", out);
        print_waiters(out, w, FB_PARTY_TIMER, x->id);
    }
}

int fb_print_reactor(struct fb_session *s,
                     const struct fb_print_options *options) {
    const struct fb_model *m;
    struct waiters w;
    int err = fb__page_world(s, options, &m);

    if (err >= 0) {
        err = collect(m, &w);
    }
    if (err < 0) {
        return err;
    }
    if (!options->bare) {
        fb__page_head(s, m, options->out);
    }
    print_sources(options->out, m, &w);
    print_timers(options->out, m, &w);
    free(w.items);
    return fb__page_end(options->out);
}
