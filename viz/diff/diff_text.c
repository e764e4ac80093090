// The comparison as text: the first difference in words, then both sides with a
// mark between them, as sdiff has it.
#include "diff.h"
#include "page.h"
#include <inttypes.h>
#include <stdint.h>

enum { NUMBER_COLS = 7, ROWS_OF_A_GAP = 60 };

static void put_name(const struct fb_diff *d, int side, FILE *out) {
    const struct fb_session_facts *f = fb_session_facts(d->sessions[side]);
    const struct fb_history *h = fb_session_history(d->sessions[side]);

    fprintf(out,
            "%c  %s  %s  pid %" PRIu32 "  events %" PRIu64 " to %" PRIu64 "\n",
            'A' + side, f->path, f->program, f->pid, fb_history_first(h),
            fb_history_last(h));
}

static void put_side(FILE *out, const struct fb_transcript_line *line,
                     const char *text, int cols, bool padded) {
    const int room = cols - NUMBER_COLS - 2;

    if (line == NULL) {
        fb__page_cell(out, "", padded ? cols : 0);
        return;
    }
    fprintf(out, "%*" PRIu64 "  ", NUMBER_COLS, line->event);
    if (padded || fb__page_columns(text) > room) {
        fb__page_cell(out, text, room);
    } else {
        fputs(text, out);
    }
}

static int put_row(struct fb_diff *d, const struct fb_comparison_row *row,
                   FILE *out) {
    const int cols = (d->options->cols - 3) / 2;
    char text[FB_DIFF_SIDES][FB_DIFF_TEXT];
    int err = fb_diff_line(d, FB_DIFF_A, row->a, text[FB_DIFF_A]);

    if (err == 0) {
        err = fb_diff_line(d, FB_DIFF_B, row->b, text[FB_DIFF_B]);
    }
    if (err == 0) {
        put_side(out, row->a, text[FB_DIFF_A], cols, true);
        fprintf(out, " %c%s", fb_diff_mark(row), row->b != NULL ? " " : "");
        put_side(out, row->b, text[FB_DIFF_B], cols, false);
        fputc('\n', out);
    }
    return err;
}

// Which rows are shown, as they are walked over.
struct showing {
    size_t row;
    size_t gap, gap_row; // the next difference, and its row
    size_t since;        // rows since the last one
    size_t inside;       // rows of the one under way
    size_t hidden;       // rows not shown since the last that was
};

static bool is_shown(const struct fb_diff *d, struct showing *s,
                     const struct fb_comparison_row *r) {
    const size_t context = d->options->context;

    if (r->differs) {
        s->since = 0;
        return ++s->inside <= ROWS_OF_A_GAP || d->options->full;
    }
    if (s->gap != r->gap) {
        s->gap = r->gap;
        s->gap_row = fb_comparison_gap_row(&d->c, r->gap);
    }
    s->inside = 0;
    s->since += s->since < SIZE_MAX;
    if (s->gap_row != SIZE_MAX && s->since < SIZE_MAX &&
        s->since + (s->gap_row - s->row) <= 2 * context + 2) {
        return true; // "1 more line" would take as much room
    }
    return d->options->full || s->since <= context ||
           (s->gap_row != SIZE_MAX && s->gap_row - s->row <= context);
}

static void put_hidden(const struct fb_diff *d, struct showing *s, FILE *out) {
    if (s->hidden > 0) {
        fprintf(out, "%*s  %zu more line%s\n", NUMBER_COLS,
                d->options->ascii ? "..." : "\u2026", s->hidden,
                s->hidden == 1 ? "" : "s");
    }
    s->hidden = 0;
}

static int put_rows(struct fb_diff *d, FILE *out) {
    struct showing s = {.gap = SIZE_MAX,
                        .since = d->options->context, // none was yet
                        .gap_row = SIZE_MAX};
    struct fb_comparison_cursor cursor = {0};
    struct fb_comparison_row r;
    int err = 0;

    for (; err == 0 && fb_comparison_next(&d->c, &cursor, &r); s.row++) {
        if (!is_shown(d, &s, &r)) {
            s.hidden++;
            continue;
        }
        put_hidden(d, &s, out);
        err = put_row(d, &r, out);
    }
    put_hidden(d, &s, out);
    return err;
}

static void put_caveats(const struct fb_diff *d, FILE *out) {
    char text[FB_DIFF_TEXT];

    for (int i = 0; fb_diff_caveat(d, i, text, sizeof(text)); i++) {
        fprintf(out, "note: %s\n", text);
    }
}

int fb_diff_print(struct fb_diff *d, FILE *out) {
    char text[6 * FB_DIFF_TEXT];
    int err = fb_diff_explain(d, text, sizeof(text));

    if (err < 0) {
        return err;
    }
    put_name(d, FB_DIFF_A, out);
    put_name(d, FB_DIFF_B, out);
    put_caveats(d, out);
    fprintf(out, "compared: %s\n\n%s\n", fb_diff_grade_words(d->c.grade), text);
    if (!fb_comparison_equal(&d->c)) {
        fprintf(out, "%zu difference%s; | other, < only in A, > only in B\n\n",
                d->c.align.count, d->c.align.count == 1 ? "" : "s");
    }
    if (!fb_comparison_equal(&d->c) || d->options->full) {
        err = put_rows(d, out);
    }
    return err < 0 ? err : fb__page_end(out);
}
