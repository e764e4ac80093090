// Two runs side by side: their transcripts, aligned, as rows.
//
// Idea: rows are never stored. Between two gaps all lines are pairs, and a gap
// is as many rows as its longer side, so that a cursor of three numbers knows
// where it is.
#include "transcript_parts.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

static bool same_line(void *arg, size_t a, size_t b) {
    const struct fb_comparison *c = arg;

    return memcmp(c->a.lines[a].words, c->b.lines[b].words,
                  sizeof c->a.lines[a].words) == 0;
}

static int read_run(struct fb_comparison *c, struct fb_transcript *to,
                    const struct fb_run *run, unsigned flags) {
    return c->grade == FB_TRANSCRIPT_TREE
               ? fb__transcript_tree(to, c->texts, run, flags)
               : fb__transcript_events(to, c->texts, run, c->grade, flags);
}

int fb_compare(const struct fb_run *a, const struct fb_run *b,
               enum fb_transcript_grade grade, unsigned flags,
               struct fb_comparison *ret) {
    struct fb_comparison c = {.grade = grade, .texts = fb__texts_create()};
    int err = c.texts == NULL ? -ENOMEM : read_run(&c, &c.a, a, flags);

    if (err == 0) {
        err = read_run(&c, &c.b, b, flags);
    }
    if (err == 0) {
        const struct fb_align_rows rows = {.a_count = c.a.count,
                                           .b_count = c.b.count,
                                           .same = same_line,
                                           .arg = &c};

        err = fb_align_rows(&rows, &c.align);
    }
    if (err < 0) {
        fb_comparison_deinit(&c);
        return err;
    }
    *ret = c;
    return 0;
}

void fb_comparison_deinit(struct fb_comparison *c) {
    free(c->a.lines);
    free(c->b.lines);
    fb_align_deinit(&c->align);
    fb__texts_destroy(c->texts);
    *c = (struct fb_comparison){0};
}

bool fb_comparison_equal(const struct fb_comparison *c) {
    return c->align.count == 0;
}

static size_t rows_of(const struct fb_align_gap *g) {
    return g->a_count > g->b_count ? g->a_count : g->b_count;
}

bool fb_comparison_next(const struct fb_comparison *c,
                        struct fb_comparison_cursor *at,
                        struct fb_comparison_row *ret) {
    const struct fb_align_gap *g =
        at->gap < c->align.count ? &c->align.gaps[at->gap] : NULL;
    const bool inside = g != NULL && at->a >= g->a && at->b >= g->b;
    const bool in_a = inside ? at->a < g->a + g->a_count : at->a < c->a.count;
    const bool in_b = inside ? at->b < g->b + g->b_count : at->b < c->b.count;

    if (!in_a && !in_b) {
        return false;
    }
    *ret = (struct fb_comparison_row){.a = in_a ? &c->a.lines[at->a] : NULL,
                                      .b = in_b ? &c->b.lines[at->b] : NULL,
                                      .differs = inside,
                                      .gap = at->gap};
    at->a += in_a;
    at->b += in_b;
    if (inside && at->a == g->a + g->a_count && at->b == g->b + g->b_count) {
        at->gap++;
    }
    return true;
}

size_t fb_comparison_rows(const struct fb_comparison *c) {
    size_t rows = c->a.count;

    for (size_t i = 0; i < c->align.count; i++) {
        const struct fb_align_gap *g = &c->align.gaps[i];

        rows += rows_of(g) - g->a_count;
    }
    return rows;
}

void fb_comparison_seek(const struct fb_comparison *c,
                        struct fb_comparison_cursor *at, size_t row) {
    size_t passed = 0; // rows up to at

    *at = (struct fb_comparison_cursor){0};
    for (; at->gap < c->align.count; at->gap++) {
        const struct fb_align_gap *g = &c->align.gaps[at->gap];
        const size_t pairs = g->a - at->a;

        if (row < passed + pairs) {
            break;
        }
        passed += pairs;
        at->a = g->a;
        at->b = g->b;
        if (row < passed + rows_of(g)) {
            const size_t in = row - passed;

            at->a += in < g->a_count ? in : g->a_count;
            at->b += in < g->b_count ? in : g->b_count;
            return;
        }
        passed += rows_of(g);
        at->a += g->a_count;
        at->b += g->b_count;
    }
    at->a += row - passed;
    at->b += row - passed;
    if (at->a > c->a.count || at->b > c->b.count) { // beyond the end
        at->a = c->a.count;
        at->b = c->b.count;
    }
}

size_t fb_comparison_gap_row(const struct fb_comparison *c, size_t gap) {
    size_t row = 0, a = 0;

    if (gap >= c->align.count) {
        return SIZE_MAX;
    }
    for (size_t i = 0; i < gap; i++) {
        const struct fb_align_gap *g = &c->align.gaps[i];

        row += g->a - a + rows_of(g);
        a = g->a + g->a_count;
    }
    return row + c->align.gaps[gap].a - a;
}

const char *fb_transcript_text(const struct fb_comparison *c,
                               const struct fb_transcript_line *line,
                               uint32_t *ret_depth) {
    *ret_depth = line->words[1];
    return fb__texts_at(c->texts, line->words[0]);
}
