// Walking through events in order, with the world before and after each.
//
// Problem: a sentence needs two worlds ("its last waker is dropped" is in
// neither alone), and copying the world for each event costs its whole size.
//
// Idea: two models one event apart. `after` is fed first, the event is written,
// then `before` is fed the same event and catches up:
//
//     before: … n-1        after: … n        write n        before: … n
//
// Both are fed as the history's own model is, gaps included.
#include "walk.h"

#include <errno.h>
#include <inttypes.h>
#include <time.h>

struct walk {
    struct fb_model before, after;
    uint64_t number; // the last event walked over
};

static bool interrupted(const struct fb_print_options *options) {
    return options->interrupted != NULL && *options->interrupted != 0;
}

// Puts both worlds before event `from`.
static int walk_init(struct walk *w, struct fb_history *h, uint64_t from) {
    const uint64_t first = fb_history_first(h);
    const uint64_t start = from > first ? fb_history_prev(h, from) : 0;
    const struct fb_model *world = fb_history_at(h, start);
    int err;

    if (world == NULL) {
        return -ENOMEM;
    }
    w->number = start;
    err = fb_model_copy(&w->before, world);
    return err < 0 ? err : fb_model_copy(&w->after, world);
}

static void walk_deinit(struct walk *w) {
    fb_model_deinit(&w->before);
    fb_model_deinit(&w->after);
}

// The task an event is about. An event that names only a future (IO) is about
// the task that this future belongs to.
static uint32_t task_of(const struct fb__step *step) {
    const struct fb_event *e = step->event;
    const struct fb_model_future *f;
    const uint32_t task = fb_event_task(e);

    if (task != 0 || e->kind != FB_EV_IO) {
        return task;
    }
    f = fb_model_future(step->after, e->io.future);
    return f != NULL ? f->task : 0;
}

void fb__walk_say_lost(FILE *out, const struct fb__step *step) {
    if (step->lost_from != 0) {
        fprintf(out, "        … events %" PRIu64 " to %" PRIu64 " were lost\n",
                step->lost_from, step->number - 1);
    }
}

static int step_over(struct walk *w, struct fb_session *s,
                     const struct fb_print_options *options, uint64_t number,
                     fb__walk_fn *each) {
    const struct fb_event *e = fb_history_event(fb_session_history(s), number);
    const bool gap = w->number != 0 && number > w->number + 1;
    const struct fb__step step = {.number = number,
                                  .event = e,
                                  .before = &w->before,
                                  .after = &w->after,
                                  .lost_from = gap ? w->number + 1 : 0};
    int err = fb_model_feed(&w->after, number, e);

    if (err < 0) {
        return err;
    }
    w->number = number;
    if (options->task == 0 || task_of(&step) == options->task) {
        err = each(s, options, &step);
    } else {
        fb__walk_say_lost(options->out, &step);
    }
    return err < 0 ? err : fb_model_feed(&w->before, number, e);
}

// Walks over what the history has now. Returns 1 when the range is at its end.
static int walk_kept(struct walk *w, struct fb_session *s,
                     const struct fb_print_options *options,
                     fb__walk_fn *each) {
    struct fb_history *h = fb_session_history(s);

    for (;;) {
        const uint64_t number = fb_history_next(h, w->number);
        int err;

        if (number == 0 || interrupted(options)) {
            return 0;
        }
        if (options->to != 0 && number > options->to) {
            return 1;
        }
        err = step_over(w, s, options, number, each);
        if (err < 0) {
            return err;
        }
    }
}

// Goes on as the program does, until it ends. A person reads this, so looking
// twenty times a second is as good as at once, and costs nothing.
static int follow(struct walk *w, struct fb_session *s,
                  const struct fb_print_options *options, fb__walk_fn *each) {
    const struct timespec pause = {.tv_nsec = 50000000};

    for (;;) {
        // asked before the pump: what was written before its end is read
        const bool alive = fb_session_life(s) == FB_LIFE_RUNNING;
        const int taken = fb_session_pump(s);
        const int err = taken > 0 ? walk_kept(w, s, options, each) : taken;

        if (err != 0 || interrupted(options)) {
            return err < 0 ? err : 0;
        }
        if (taken == 0 && fb__page_end(options->out) < 0) {
            return -EIO;
        }
        if (taken == 0 && !alive) {
            fprintf(options->out, "        the program %s\n", fb__page_life(s));
            return 0;
        }
        if (taken == 0) {
            nanosleep(&pause, NULL); // SIGINT ends it early: seen above
        }
    }
}

int fb__walk(struct fb_session *s, const struct fb_print_options *options,
             fb__walk_fn *each) {
    struct walk w = {0};
    struct fb_print_options bounded = *options;
    int err = fb__page_has(s, options);

    if (err < 0) {
        return err;
    }
    if (options->at != 0 && (bounded.to == 0 || bounded.to > options->at)) {
        bounded.to = options->at;
    }
    err = walk_init(&w, fb_session_history(s), options->from);
    if (err >= 0) {
        err = walk_kept(&w, s, &bounded, each);
    }
    if (err == 0 && options->follow) {
        err = follow(&w, s, &bounded, each);
    }
    walk_deinit(&w);
    return err < 0 ? err : fb__page_end(options->out);
}
