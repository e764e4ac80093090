// Statistics in words: one place for what the screen and `print --stats` say.
#include "holders.h"
#include "phrase.h"
#include "stats.h"
#include <inttypes.h>

const char *fb_name_duration(enum fb_duration what) {
    return what == FB_DURATION_POLL ? "Poll time" : "From wake to poll";
}

size_t fb_say_histogram(char *out, size_t out_bytes, enum fb_duration what,
                        const struct fb_histogram *h) {
    static const struct {
        uint32_t share;
        const char *words;
    } shares[] = {{50000, ": half took at most "},
                  {90000, ", 90 % "},
                  {99000, ", 99 % "},
                  {99900, ", 99.9 % "}};
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const char *noun = what == FB_DURATION_POLL ? "poll" : "wait";

    if (h->count == 0) {
        fb__phrase_add(&p, "none was timed");
        return fb__phrase_end(&p);
    }
    fb__phrase_add(&p, "%" PRIu64 " %s%s", h->count, noun,
                   h->count == 1 ? "" : "s");
    for (size_t i = 0; i < sizeof shares / sizeof *shares; i++) {
        fb__phrase_add(&p, "%s", shares[i].words);
        fb__phrase_duration(&p, fb_histogram_percentile(h, shares[i].share));
    }
    fb__phrase_add(&p, ", the longest ");
    fb__phrase_duration(&p, h->max_ns);
    fb__phrase_add(&p, "; ");
    fb__phrase_duration(&p, fb_histogram_mean(h));
    fb__phrase_add(&p, " on average");
    if (h->buckets[0] > 0) {
        fb__phrase_add(&p, "; %" PRIu64 " too short for the clock",
                       h->buckets[0]);
    }
    return fb__phrase_end(&p);
}

size_t fb_say_bar(char *out, size_t out_bytes,
                  const struct fb_histogram_bar *bar) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_duration(&p, bar->from_ns);
    return fb__phrase_end(&p);
}

size_t fb_say_stats_range(char *out, size_t out_bytes,
                          const struct fb_task_durations *d) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    if (d->from_birth) {
        fb__phrase_add(&p, "its whole life");
    } else {
        fb__phrase_add(&p, "from event %" PRIu64 " on", d->from);
    }
    return fb__phrase_end(&p);
}

// ---- counts ----

// What a line of either kind is made from.
struct counts {
    uint64_t wakes, scheduled, coalesced, during_poll, late, self;
    uint64_t polls, in_vain, budgets_out, yields;
};

static struct counts counts_of_run(const struct fb_model *m) {
    return (struct counts){.wakes = m->wakes,
                           .scheduled = m->wakes_scheduled,
                           .coalesced = m->wakes_coalesced,
                           .during_poll = m->wakes_during_poll,
                           .late = m->wakes_late,
                           .self = m->wakes_self,
                           .polls = m->polls,
                           .in_vain = m->polls_in_vain,
                           .budgets_out = m->budgets_out,
                           .yields = m->yields};
}

static struct counts counts_of_task(const struct fb_model_task *t) {
    return (struct counts){.wakes = t->wakes,
                           .scheduled = t->wakes_scheduled,
                           .coalesced = t->wakes_coalesced,
                           .during_poll = t->wakes_during_poll,
                           .late = t->wakes_late,
                           .self = t->wakes_self,
                           .polls = t->polls,
                           .in_vain = t->polls_in_vain,
                           .budgets_out = t->budgets_out,
                           .yields = t->yields};
}

// "Wakes: 5; 4 scheduled, 1 coalesced; 2 by the task itself": kinds that there
// are none of are left out.
static void add_wakes(struct fb__phrase *p, const struct counts *c) {
    const struct {
        uint64_t count;
        const char *kind;
    } kinds[] = {{c->scheduled, "scheduled"},
                 {c->coalesced, "coalesced"},
                 {c->during_poll, "during a poll"},
                 {c->late, "after completion"}};
    const char *between = "; ";

    fb__phrase_add(p, "Wakes: %" PRIu64, c->wakes);
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        if (kinds[i].count > 0) {
            fb__phrase_add(p, "%s%" PRIu64 " %s", between, kinds[i].count,
                           kinds[i].kind);
            between = ", ";
        }
    }
    if (c->self > 0) {
        fb__phrase_add(p, "; %" PRIu64 " by the task itself", c->self);
    }
}

size_t fb_say_wakes(char *out, size_t out_bytes, const struct fb_model *m,
                    uint32_t task) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);
    const struct fb_model_task *t = fb_model_task(m, task);

    if (t != NULL) {
        const struct counts c = counts_of_task(t);

        add_wakes(&p, &c);
    }
    return fb__phrase_end(&p);
}

static void add_polls(struct fb__phrase *p, const struct counts *c) {
    fb__phrase_add(p,
                   "Polls: %" PRIu64 "; %" PRIu64
                   " in vain (Pending, and nothing came of it)",
                   c->polls, c->in_vain);
}

static void add_budget(struct fb__phrase *p, const struct counts *c) {
    fb__phrase_add(p, "Stopped by the budget: %" PRIu64 "; yielded: %" PRIu64,
                   c->budgets_out, c->yields);
}

// "12 %"; a share that is there and is less than half a percent is "<1 %".
static void add_share(struct fb__phrase *p, const char *what, uint64_t ns,
                      uint64_t all_ns) {
    const double percent = all_ns > 0 ? 100.0 * (double)ns / (double)all_ns : 0;

    if (ns > 0 && percent < 0.5) {
        fb__phrase_add(p, "%s <1 %% (", what);
    } else {
        fb__phrase_add(p, "%s %.0f %% (", what, percent);
    }
    fb__phrase_duration(p, ns);
    fb__phrase_add(p, ")");
}

static void add_worker(struct fb__phrase *p, const struct fb_model *m,
                       uint32_t worker) {
    const struct fb_worker_time t = fb_stats_worker(m, worker);
    const uint64_t all = t.polls_ns + t.parked_ns + t.rest_ns;

    if (fb_model_workers(m) > 1) {
        fb__phrase_add(p, "Worker %u: ", worker);
    } else {
        fb__phrase_add(p, "Executor: ");
    }
    add_share(p, "in polls", t.polls_ns, all);
    add_share(p, ", parked", t.parked_ns, all);
    add_share(p, ", its own work", t.rest_ns, all);
}

// One line: built in `text`, then given away.
struct line {
    char text[320];
    struct fb__phrase p;
};

static struct fb__phrase *line_begin(struct line *l) {
    l->p = fb__phrase_begin(l->text, sizeof l->text);
    return &l->p;
}

static void line_end(struct line *l, fb_line_fn *each, void *arg) {
    (void)fb__phrase_end(&l->p);
    each(arg, l->text);
}

void fb_tell_stats(const struct fb_model *m, uint32_t task, fb_line_fn *each,
                   void *arg) {
    const struct fb_model_task *t = fb_model_task(m, task);
    const struct counts c = t != NULL ? counts_of_task(t) : counts_of_run(m);
    struct line l;

    if (task != 0 && t == NULL) {
        return;
    }
    add_polls(line_begin(&l), &c);
    line_end(&l, each, arg);
    add_wakes(line_begin(&l), &c);
    line_end(&l, each, arg);
    add_budget(line_begin(&l), &c);
    line_end(&l, each, arg);
    for (uint32_t i = 0; task == 0 && i < fb_model_workers(m); i++) {
        add_worker(line_begin(&l), m, i);
        line_end(&l, each, arg);
    }
}

// ---- limits ----

// Where the time stamps come from; see core/trace/README.md.
static const char *clock_words(uint32_t trace_flags) {
    if ((trace_flags & FB_TRACE_VIRTUAL_CLOCK) != 0) {
        return "The clock is virtual: it stands still in polls, so they take "
               "no time on it";
    }
    return "Times are taken after each poll and each wait for the reactor: a "
           "poll begins at the last of these, and so does the wait of a task "
           "that is woken inside a poll";
}

// Polls that have begun and ended, as far as is known, and that no sample is of.
static uint64_t polls_untimed(const struct fb_model *m) {
    uint64_t known = m->durations[FB_DURATION_POLL].count;

    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        known += fb_model_worker(m, i)->running != FB_MODEL_NONE;
    }
    return m->polls > known ? m->polls - known : 0;
}

void fb_tell_stats_limits(const struct fb_model *m, uint32_t trace_flags,
                          fb_line_fn *each, void *arg) {
    const uint64_t untimed = polls_untimed(m);
    struct line l;

    each(arg, clock_words(trace_flags));
    each(arg, "Percentiles are right to " FB_HISTOGRAM_ERROR
              "; number, longest and average are exact");
    if (m->first_event > 1) {
        fb__phrase_add(line_begin(&l),
                       "What happened before event %" PRIu64 " is not counted",
                       m->first_event);
        line_end(&l, each, arg);
    }
    if (m->lost > 0) {
        fb__phrase_add(line_begin(&l),
                       "%" PRIu64 " events were lost: what happened in them is "
                       "not counted",
                       m->lost);
        line_end(&l, each, arg);
    }
    if (untimed > 0) {
        fb__phrase_add(line_begin(&l),
                       "%" PRIu64 " poll%s not timed: its beginning or its end "
                       "was lost",
                       untimed, untimed == 1 ? " was" : "s were");
        line_end(&l, each, arg);
    }
}
