// Problem: "Segmentation fault" teaches nobody anything.
// Idea: how a run ended in a sentence, with the event it ended at, the line if
// the sanitizer knows one, and what to do now.
#include "kit_impl.h"

#include <signal.h>
#include <string.h>

static uint64_t last_event(const struct kit_case *c) {
    return fb_history_last(fb_trial_history(c->trial));
}

// "Task 2 (yield_once) was being polled, since event 17." *ret_at: that event.
static void say_poll(const struct kit_case *c, char *out, size_t out_bytes,
                     uint64_t *ret_at) {
    struct fb_history *h = fb_trial_history(c->trial);
    const struct fb_model *m = fb_history_live(h);
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    uint64_t at = fb_history_last(h);
    char who[100];

    out[0] = '\0';
    while ((t = fb_model_task_next(m, &cursor)) != NULL &&
           t->state != FB_TASK_RUNNING) {
    }
    if (t == NULL) {
        return;
    }
    for (const struct fb_event *e;
         at > 0 && ((e = fb_history_event(h, at)) == NULL ||
                    e->kind != FB_EV_POLL_BEGIN || e->subject != t->id);) {
        at = fb_history_prev(h, at);
    }
    (void)fb_say_task(who, sizeof who, fb_trial_names(c->trial), m, t->id);
    (void)snprintf(out, out_bytes,
                   " Task %u (%s) was in the middle of a poll, which had begun "
                   "at event %llu.",
                   t->id, who, (unsigned long long)at);
    *ret_at = at != 0 ? at : *ret_at;
}

static void add_places(struct kit_case *c) {
    for (int i = 0; i < c->report.place_count; i++) {
        fb_trial_place(c->trial, c->report.places[i].file,
                       c->report.places[i].line);
    }
}

static void fail(struct kit_case *c, enum fb_claim_id id, const char *what) {
    uint64_t at = last_event(c);
    char poll[240];

    say_poll(c, poll, sizeof poll, &at);
    (void)fb_trial_fail(c->trial, id, at, "%s%s", what, poll);
    add_places(c);
}

static void say_time(struct kit_case *c) {
    char text[240];

    if (c->board->stop == KIT_STOP_ENDLESS) {
        const uint64_t at = kit_last_event(c, FB_EV_POLL_END, 0);

        (void)fb_trial_fail(c->trial, FB_X3, at,
                            "The run does not come to an end: after %u events "
                            "there is still somebody to poll.",
                            KIT_EVENTS_MAX);
        fb_trial_place_await(c->trial, at);
        return;
    }
    if (c->board->stop == KIT_STOP_CPU || c->ending.out_of_cpu) {
        (void)snprintf(text, sizeof text,
                       "The run was still computing after %u ms, and was "
                       "stopped.",
                       c->options->cpu_ms);
    } else {
        (void)snprintf(text, sizeof text,
                       "The run was not over after %u ms, and was stopped.",
                       c->options->wall_ms);
    }
    fail(c, FB_X3, text);
}

static void say_crash(struct kit_case *c) {
    char text[400];

    if (c->report.assertion[0] != '\0') {
        (void)snprintf(text, sizeof text, "Fishbowl stopped the program: %s.",
                       c->report.assertion);
    } else if (c->report.finding == KIT_FOUND_CRASH) {
        (void)snprintf(text, sizeof text, "The program crashed: %s.",
                       c->report.what);
    } else if (c->ending.by_signal && c->ending.code == SIGABRT) {
        (void)snprintf(text, sizeof text, "The program called abort.");
    } else if (!c->ending.by_signal && c->ending.code == KIT_EXIT_SANITIZER) {
        (void)snprintf(
            text, sizeof text,
            "A sanitizer stopped the program for a mistake in C, and "
            "could not say which: its output was closed.");
    } else if (c->ending.by_signal) {
        (void)snprintf(text, sizeof text,
                       "The program was ended by signal %d (%s).",
                       c->ending.code, strsignal(c->ending.code));
    } else {
        (void)snprintf(text, sizeof text,
                       "The program ended itself, with exit status %d, in the "
                       "middle of the run.",
                       c->ending.code);
    }
    fail(c, FB_X2, text);
}

static void say_leak(struct kit_case *c) {
    char text[240];

    (void)snprintf(text, sizeof text,
                   "At the end of the run, memory that was allocated had not "
                   "been freed%s%s.",
                   c->report.what[0] != '\0' ? ": " : "", c->report.what);
    fail(c, FB_X6, text);
}

static void say_memory(struct kit_case *c) {
    char text[240];

    (void)snprintf(text, sizeof text,
                   "The run took more than %u MiB of memory, and was stopped.",
                   c->options->memory_mb);
    fail(c, FB_X4, text);
}

static void say_forbidden(struct kit_case *c) {
    char text[240];

    (void)snprintf(text, sizeof text, "The program called %s, and was stopped.",
                   c->board->stopped_by);
    fail(c, FB_X5, text);
}

static void say_broken(struct kit_case *c) {
    char text[400];

    (void)snprintf(text, sizeof text, "The sanitizer found a mistake in C: %s.",
                   c->report.what);
    fail(c, FB_X7, text);
}

void kit_judge_ending(struct kit_case *c) {
    if (c->board->stop == KIT_STOP_FORBID) {
        say_forbidden(c);
    } else if (c->board->stop == KIT_STOP_MEMORY || c->ending.out_of_memory ||
               c->report.finding == KIT_FOUND_MEMORY_LIMIT) {
        say_memory(c);
    } else if (c->board->stop != KIT_STOP_NONE || c->ending.out_of_time ||
               c->ending.out_of_cpu) {
        say_time(c);
    } else if (c->report.finding == KIT_FOUND_BROKEN) {
        say_broken(c);
    } else if (c->board->phase != KIT_CLOSED || c->ending.by_signal ||
               c->ending.code != 0) {
        say_crash(c);
    } else if (c->report.finding == KIT_FOUND_LEAK ||
               c->board->leaked_blocks > 0) {
        say_leak(c);
    }
}

const char *kit_help(const struct fb_verdict *v) {
    if (v->id == FB_X7 && v->place_count == 0) {
        return "No line of yours is named, for Fishbowl met it later. Look at "
               "the last events, and at what the functions that you call "
               "require: their headers say it.";
    }
    if (v->id == FB_X2 && v->place_count == 0) {
        return "Look at the last events: they are what was done just before. "
               "A pointer that is NULL or no longer valid, or a promise to "
               "Fishbowl that was not kept, is the usual cause.";
    }
    switch (v->id) {
    case FB_X2:
        return "Look at the line above, and at the last events: they are what "
               "was done just before. A pointer that is NULL or no longer "
               "valid, or a promise to Fishbowl that was not kept, is the "
               "usual "
               "cause.";
    case FB_X3:
        return "Look for a loop that waits: in a poll nobody else can run, so "
               "what it waits for never comes. Store the waker and give "
               "FB_PENDING instead. A task that wakes itself in every poll "
               "never comes to an end either.";
    case FB_X4:
        return "Look for memory that is taken in a loop or in every poll and "
               "never given back.";
    case FB_X5:
        return "An exercise starts no other programs and sends no signals. All "
               "that it needs is in the file that you were given.";
    case FB_X6:
        return "Who allocates must free: in the drop of the future, or when "
               "its work is done. What a future owns is given up in its drop, "
               "also when it is dropped early.";
    case FB_X7:
        return "Look at the line above. The program seems to work, but the "
               "rules of C do not promise that it does.";
    default: return "";
    }
}
