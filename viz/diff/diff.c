// Both runs, and what is said of them in text, JSON and picture alike.
#include "diff.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

static const struct {
    const char *name, *words;
} grades[] = {
    [FB_TRANSCRIPT_TREE] = {"tree",
                            "what each task did to the outside and how it "
                            "ended"},
    [FB_TRANSCRIPT_ORDER] = {"order",
                             "who was polled and woken when, and what it did"},
    [FB_TRANSCRIPT_EVENTS] = {"events", "every event, futures and wakers too"},
};

const char *fb_diff_grade_name(enum fb_transcript_grade grade) {
    return grades[grade].name;
}

const char *fb_diff_grade_words(enum fb_transcript_grade grade) {
    return grades[grade].words;
}

static struct fb_run run_of(const struct fb_diff *d, int side) {
    return (struct fb_run){fb_session_history(d->sessions[side]),
                           fb_session_names(d->sessions[side])};
}

int fb_diff_compare(struct fb_diff *d, enum fb_transcript_grade grade) {
    const struct fb_run a = run_of(d, FB_DIFF_A), b = run_of(d, FB_DIFF_B);
    struct fb_comparison c;
    int err = fb_compare(&a, &b, grade, d->options->flags, &c);

    if (err == 0) {
        fb_comparison_deinit(&d->c);
        d->c = c;
    }
    return err;
}

int fb_diff_open(struct fb_diff *d, const struct fb_diff_options *options,
                 char *why, size_t why_bytes) {
    int err = 0;

    *d = (struct fb_diff){.options = options};
    for (int i = 0; i < FB_DIFF_SIDES && err == 0; i++) {
        err = fb_session_open(&d->sessions[i], options->what[i], false, why,
                              why_bytes);
        if (err < 0) {
            d->sessions[i] = NULL;
            return err;
        }
        fb_teller_init(&d->tellers[i], fb_session_history(d->sessions[i]),
                       fb_session_names(d->sessions[i]));
    }
    if (err == 0) {
        err = fb_diff_compare(d, options->grade);
    }
    d->equal_at_first = err == 0 && fb_comparison_equal(&d->c);
    if (err < 0) {
        snprintf(why, why_bytes, "diff: %s (are the traces very long?)",
                 strerror(-err));
    }
    return err;
}

void fb_diff_close(struct fb_diff *d) {
    fb_comparison_deinit(&d->c);
    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        fb_teller_deinit(&d->tellers[i]);
        fb_session_close(d->sessions[i]);
        d->sessions[i] = NULL;
    }
}

// ---- lines -----------------------------------------------------------------

// A task's first line names no number, so that it can be compared.
static void tree_line(const struct fb_diff *d,
                      const struct fb_transcript_line *line, char *out) {
    uint32_t depth;
    const char *text = fb_transcript_text(&d->c, line, &depth);
    const int indent = depth < 20 ? 2 * (int)depth : 40;

    if (strncmp(text, "task", 4) == 0) {
        snprintf(out, FB_DIFF_TEXT, "%*stask %" PRIu32 "%s", indent, "",
                 line->task, text + 4);
    } else {
        snprintf(out, FB_DIFF_TEXT, "%*s%s", indent, "", text);
    }
}

int fb_diff_line(struct fb_diff *d, enum fb_diff_side side,
                 const struct fb_transcript_line *line,
                 char out[FB_DIFF_TEXT]) {
    out[0] = '\0';
    if (line == NULL) {
        return 0;
    }
    if (d->c.grade == FB_TRANSCRIPT_TREE) {
        tree_line(d, line, out);
        return 0;
    }
    return fb_teller_tell(&d->tellers[side], line->event, out, FB_DIFF_TEXT);
}

char fb_diff_mark(const struct fb_comparison_row *row) {
    return !row->differs                      ? ' '
           : row->a != NULL && row->b != NULL ? '|'
           : row->a != NULL                   ? '<'
                                              : '>';
}

// ---- the first difference --------------------------------------------------

// 'event 57: read() …'; of a tree 'task 2, "read 4" (event 57).'
static int say_side(struct fb_diff *d, int side,
                    const struct fb_transcript_line *line, char *out,
                    size_t out_bytes) {
    char text[FB_DIFF_TEXT];
    const int err = fb_diff_line(d, (enum fb_diff_side)side, line, text);

    if (d->c.grade == FB_TRANSCRIPT_TREE) {
        snprintf(out, out_bytes,
                 "task %" PRIu32 ", \"%s\" (event %" PRIu64 ").", line->task,
                 text + strspn(text, " "), line->event);
    } else {
        snprintf(out, out_bytes, "event %" PRIu64 ": %s", line->event, text);
    }
    return err;
}

// What a side that lacks a line has where the other one has it.
static const struct fb_transcript_line *
goes_on_with(const struct fb_diff *d, int side,
             const struct fb_align_gap *gap) {
    const struct fb_transcript *t = side == FB_DIFF_A ? &d->c.a : &d->c.b;
    const size_t at = side == FB_DIFF_A ? gap->a : gap->b;

    return at < t->count ? &t->lines[at] : NULL;
}

int fb_diff_explain(struct fb_diff *d, char *out, size_t out_bytes) {
    const struct fb_align_gap *gap = d->c.align.gaps;
    const struct fb_transcript_line *lines[FB_DIFF_SIDES];
    char said[FB_DIFF_SIDES][2 * FB_DIFF_TEXT + 64];

    if (fb_comparison_equal(&d->c)) {
        snprintf(out, out_bytes, "A and B are equal: %zu lines of %s.",
                 d->c.a.count, fb_diff_grade_words(d->c.grade));
        return 0;
    }
    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        int err = 0;

        lines[i] = goes_on_with(d, i, gap);
        if (lines[i] == NULL) {
            snprintf(said[i], sizeof(said[i]), "nothing more");
        } else {
            err = say_side(d, i, lines[i], said[i], sizeof(said[i]));
        }
        if (err < 0) {
            return err;
        }
    }
    snprintf(out, out_bytes, "The first difference: A has %s%s B has %s%s",
             said[FB_DIFF_A], lines[FB_DIFF_A] != NULL ? "" : ".",
             said[FB_DIFF_B], lines[FB_DIFF_B] != NULL ? "" : ".");
    return 0;
}

// "event 81 of A", or that it has nothing more.
static int say_where(const struct fb_diff *d, int side, char *out,
                     size_t out_bytes) {
    const struct fb_transcript_line *line =
        goes_on_with(d, side, d->c.align.gaps);

    return line != NULL ? snprintf(out, out_bytes, "event %" PRIu64 " of %c",
                                   line->event, 'A' + side)
                        : snprintf(out, out_bytes, "the end of %c", 'A' + side);
}

void fb_diff_verdict(const struct fb_diff *d, char *out, size_t out_bytes) {
    const size_t count = d->c.align.count;
    char where[FB_DIFF_SIDES][48];

    if (count == 0) {
        snprintf(out, out_bytes, "A and B are equal: %zu lines by %s.",
                 d->c.a.count, fb_diff_grade_name(d->c.grade));
        return;
    }
    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        (void)say_where(d, i, where[i], sizeof(where[i]));
    }
    snprintf(out, out_bytes, "%s %zu difference%s by %s: %s, %s.",
             count == 1 ? "The" : "The first of", count, count == 1 ? "" : "s",
             fb_diff_grade_name(d->c.grade), where[FB_DIFF_A],
             where[FB_DIFF_B]);
}

// ---- what was left out -----------------------------------------------------

static bool say_start(const struct fb_diff *d, int side, char *out,
                      size_t out_bytes) {
    const uint64_t first =
        fb_history_first(fb_session_history(d->sessions[side]));

    if (first <= 1) {
        return false;
    }
    snprintf(out, out_bytes,
             "%c begins with event %" PRIu64
             ": what was before is not kept, and not compared.",
             'A' + side, first);
    return true;
}

static bool say_lost(const struct fb_diff *d, int side, char *out,
                     size_t out_bytes) {
    const struct fb_session_gap *gaps;
    uint64_t lost;

    if (fb_session_gaps(d->sessions[side], &gaps, &lost) == 0) {
        return false;
    }
    snprintf(out, out_bytes, "%c has lost %" PRIu64 " events.", 'A' + side,
             lost);
    return true;
}

static bool say_not_whole(const struct fb_diff *d, int side, char *out,
                          size_t out_bytes) {
    char text[FB_DIFF_TEXT];

    fb_session_say_end(d->sessions[side], text, sizeof(text));
    if (text[0] != '\0') {
        snprintf(out, out_bytes, "%c: %s.", 'A' + side, text);
    }
    return text[0] != '\0';
}

static bool say_running(const struct fb_diff *d, int side, char *out,
                        size_t out_bytes) {
    if (fb_session_life(d->sessions[side]) != FB_LIFE_RUNNING) {
        return false;
    }
    snprintf(out, out_bytes,
             "The program of %c runs on: compared is what it "
             "has done until now.",
             'A' + side);
    return true;
}

static bool say_end(const struct fb_diff *d, int which, char *out,
                    size_t out_bytes) {
    if (which == 0 && (d->c.a.cut || d->c.b.cut)) {
        snprintf(out, out_bytes, "Only the first %d lines are compared.",
                 FB_TRANSCRIPT_LINES);
        return true;
    }
    if (which == 1 && d->c.align.gave_up) {
        snprintf(out, out_bytes,
                 "After %d differences no more lines were matched: the rest "
                 "stands side by side as it is.",
                 FB_ALIGN_EDITS);
        return true;
    }
    return false;
}

bool fb_diff_caveat(const struct fb_diff *d, int index, char *out,
                    size_t out_bytes) {
    bool (*const say[])(const struct fb_diff *, int, char *, size_t) = {
        say_start, say_lost, say_not_whole, say_running, say_end};
    const int count = (int)(sizeof(say) / sizeof(say[0]));
    int found = 0;

    for (int i = 0; i < count * FB_DIFF_SIDES; i++) {
        if (say[i / 2](d, i % 2, out, out_bytes) && found++ == index) {
            return true;
        }
    }
    return false;
}
