// print --decisions: who could have been polled instead.
#include "page.h"

#include "decisions.h"
#include <inttypes.h>

enum { SHOWN = 12 };

struct listing {
    struct fb_session *session;
    FILE *out;
    uint64_t count, from, to;
    uint32_t task; // only decisions in which it was runnable; 0: all
    bool several;  // workers
};

static void put_task(const struct listing *l, const struct fb_model *m,
                     uint32_t task) {
    char name[FB_PAGE_TEXT];

    fb_say_task(name, sizeof(name), fb_session_names(l->session), m, task);
    fprintf(l->out, "%" PRIu32 " (%s)", task, name);
}

static bool has(const struct fb_decision *d, uint32_t task) {
    for (uint32_t i = 0; i < d->count && i < FB_DECISION_TASKS; i++) {
        if (d->tasks[i] == task) {
            return true;
        }
    }
    return d->unwoken && d->task == task;
}

static int print_decision(void *arg, const struct fb_decision *d) {
    struct listing *l = arg;

    if ((l->task != 0 && !has(d, l->task)) || d->event < l->from ||
        (l->to != 0 && d->event > l->to)) {
        return 0;
    }
    l->count++;
    if (d->poll != 0) {
        fprintf(l->out, "poll %" PRIu64 ", ", d->poll);
    }
    fprintf(l->out, "event %" PRIu64 ": task ", d->event);
    put_task(l, d->before, d->task);
    if (l->several) {
        fprintf(l->out, " by worker %" PRIu32, d->worker);
    }
    if (d->choice != 0) {
        fprintf(l->out, ", chosen in event %" PRIu64 "%s,", d->choice,
                d->unwoken ? " though nobody had woken it" : "");
    }
    if (d->count == 0) {
        fputs(" when nobody else was runnable\n", l->out);
        return 0;
    }
    fprintf(l->out, d->unwoken ? " before %" PRIu32 ":" : " of %" PRIu32 ":",
            d->count);
    for (uint32_t i = 0; i < d->count && i < SHOWN; i++) {
        fputs(i == 0 ? " " : ", ", l->out);
        put_task(l, d->before, d->tasks[i]);
    }
    if (d->count > SHOWN) {
        fprintf(l->out, " and %" PRIu32 " more", d->count - SHOWN);
    }
    fputc('\n', l->out);
    return 0;
}

int fb_print_decisions(struct fb_session *s,
                       const struct fb_print_options *options) {
    struct listing l = {.session = s,
                        .out = options->out,
                        .from = options->from,
                        .to = options->to,
                        .task = options->task,
                        .several = fb_session_facts(s)->workers > 1};
    int err = fb__page_has(s, options);

    if (err == 0 && fb_session_facts(s)->first > 1) {
        fputs("The run's beginning is not kept: its polls have no numbers.\n",
              options->out);
    }
    if (err == 0) {
        err = fb_decisions(fb_session_history(s), print_decision, &l);
    }
    if (err == 0 && l.count == 0) {
        fputs("Never was more than one task runnable.\n", options->out);
    }
    return err < 0 ? err : fb__page_end(options->out);
}
