// T13: the same behaviour as a golden run: what tasks did to the outside, and
// how they ended, line by line (normal.h); polls are bounded, not compared.
//
// Idea: two trees that agree have the same tasks in the same places, so a walk
// along both pairs each task with the one that it stands for.
#include "claims_impl.h"
#include "transcript.h"
#include <stdio.h>
#include <string.h>

enum { LINE = 120 };

// A line of the tree without what only a tree needs: "read 4".
static void say_line(const struct fb_comparison *c,
                     const struct fb_transcript_line *line, char *out,
                     size_t out_bytes) {
    uint32_t depth;

    if (line == NULL) {
        (void)snprintf(out, out_bytes, "nothing");
    } else {
        (void)snprintf(out, out_bytes, "\"%s\"",
                       fb_transcript_text(c, line, &depth));
    }
}

static void fail(struct fb_trial *t, struct fb_trial *golden,
                 const struct fb_comparison *c) {
    const struct fb_align_gap *gap = &c->align.gaps[0];
    const struct fb_transcript_line *a =
        gap->a_count > 0 ? &c->a.lines[gap->a] : NULL;
    const struct fb_transcript_line *b =
        gap->b_count > 0 ? &c->b.lines[gap->b] : NULL;
    const struct fb_transcript_line *about = a != NULL ? a : b;
    char is[LINE], was[LINE], event[40] = "", before[40] = "";
    char who[FB__NAME] = "";

    say_line(c, a, is, sizeof is);
    say_line(c, b, was, sizeof was);
    if (a != NULL) {
        (void)snprintf(event, sizeof event, " at event %llu",
                       (unsigned long long)a->event);
    }
    if (b != NULL) {
        (void)snprintf(before, sizeof before, " (there at event %llu)",
                       (unsigned long long)b->event);
    }
    if (about != NULL && about->task != 0) {
        struct fb_trial *side = a != NULL ? t : golden;
        const struct fb_model *m = fb_history_at(side->history, about->event);

        if (m != NULL) {
            fb__say_who(side, m, about->task, who, sizeof who);
        }
    }
    fb_trial_fail(t, FB_T13, a != NULL ? a->event : 0,
                  "It behaves differently in %s: %s%s, where the code as it "
                  "was has %s%s.",
                  who[0] != '\0' ? who : "the run", is, event, was, before);
    t->verdict.task = a != NULL ? a->task : 0;
    if (a != NULL) {
        fb_trial_show(t, a->event, "here it differs");
    } else if (gap->a > 0) {
        t->verdict.at = c->a.lines[gap->a - 1].event;
        fb_trial_show(t, t->verdict.at, "after this, something is missing");
    }
}

struct polls {
    uint32_t task, count;
};

// Counts the polls of each task that somebody asked for.
static bool count(void *arg, const struct fb__look *look) {
    const struct fb_event *e = look->event;
    struct polls *p;

    if (e->kind == FB_EV_POLL_BEGIN) {
        const struct fb_model_task *t = fb_model_task(look->world, e->subject);

        if (t == NULL || (t->polls > 1 && t->woken_by_party == FB_PARTY_NONE)) {
            return true;
        }
        p = fb__table_make(arg, e->subject);
        if (p == NULL) {
            look->trial->exact = false;
            return false;
        }
        p->count++;
    }
    return true;
}

static void judge_pair(struct fb_trial *t, const struct fb_comparison_row *row,
                       const struct polls *a, const struct polls *b,
                       unsigned more_polls) {
    const struct fb_model *m;
    char who[FB__NAME];

    if (a == NULL || b == NULL || t->verdict.failed ||
        a->count <= (uint64_t)b->count + more_polls) {
        return;
    }
    m = fb_history_at(t->history, row->a->event);
    if (m == NULL) {
        t->exact = false;
        return;
    }
    fb__say_Who(t, m, a->task, who, sizeof who);
    fb_trial_fail(t, FB_T13, row->a->event,
                  "%s was polled %u times, and %u times in the code as it was: "
                  "at most %u more are allowed.",
                  who, a->count, b->count, more_polls);
    t->verdict.task = a->task;
}

static void compare_polls(struct fb_trial *t, struct fb_trial *golden,
                          const struct fb_comparison *c, unsigned more_polls) {
    struct fb_comparison_cursor cursor = {0};
    struct fb__table mine, theirs;
    struct fb_comparison_row row;

    fb__table_init(&mine, sizeof(struct polls));
    fb__table_init(&theirs, sizeof(struct polls));
    if (fb__trial_walk(t, count, &mine) &&
        fb__trial_walk(golden, count, &theirs)) {
        while (fb_comparison_next(c, &cursor, &row)) {
            if (row.a != NULL && row.b != NULL) {
                judge_pair(t, &row, fb__table_find(&mine, row.a->task),
                           fb__table_find(&theirs, row.b->task), more_polls);
            }
        }
    }
    fb__table_deinit(&mine);
    fb__table_deinit(&theirs);
}

bool fb_claim_same_behaviour(struct fb_trial *t, struct fb_trial *golden,
                             unsigned more_polls) {
    struct fb_comparison c;

    if (fb__trial_is_over(t) || !golden->exact) {
        return true;
    }
    if (fb_compare(&(struct fb_run){t->history, t->names},
                   &(struct fb_run){golden->history, golden->names},
                   FB_TRANSCRIPT_TREE, 0, &c) < 0) {
        t->exact = false;
        return true;
    }
    if (c.align.count > 0) {
        fail(t, golden, &c);
    } else if (more_polls != UINT32_MAX) {
        compare_polls(t, golden, &c, more_polls);
    }
    fb_comparison_deinit(&c);
    return !t->verdict.failed;
}
