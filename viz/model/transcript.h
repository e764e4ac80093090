// Transcripts: what of a run can be compared with another run, line by line.
//
// Three grades, each without what is owed to chance: times, ids (they are named
// by first appearance), descriptors, ports, attempts that had to wait, and how
// many events the kernel gave at once.
//
//     TREE    the normalised task tree (normal.h): what each task did to the
//             outside and how it ended. The same for any order of polls, and
//             for any way to write the futures
//     ORDER   who was polled, woken, spawned when, and what the polls did
//     EVENTS  the same with futures, wakers, queues and sources
//
// Lines are compared by their words, never by a hash of them.
#ifndef FISHBOWL_TRANSCRIPT_H
#define FISHBOWL_TRANSCRIPT_H

#include "align.h"
#include "history.h"
#include "normal.h"

enum fb_transcript_grade {
    FB_TRANSCRIPT_TREE,
    FB_TRANSCRIPT_ORDER,
    FB_TRANSCRIPT_EVENTS,
    FB_TRANSCRIPT_GRADES
};

enum {
    FB_TRANSCRIPT_WORDS = 7,
    FB_TRANSCRIPT_LINES = 4 << 20 // more are cut off
};

struct fb_transcript_line {
    uint64_t event; // that it tells of
    uint32_t task;  // it is about; real id, 0 none
    uint32_t words[FB_TRANSCRIPT_WORDS];
};

struct fb_transcript {
    struct fb_transcript_line *lines;
    size_t count;
    bool cut; // there were more than FB_TRANSCRIPT_LINES
};

// Two runs side by side.
struct fb_comparison {
    enum fb_transcript_grade grade;
    struct fb_transcript a, b;
    struct fb_align align;
    struct fb_texts *texts; // that words stand for
};

struct fb_run {
    const struct fb_history *history;
    const struct fb_names *names;
};

// `flags`: enum fb_normal_flag, for TREE; FB_NORMAL_PORTS for all.
// Ownership: fb_comparison_deinit. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_compare(const struct fb_run *a, const struct fb_run *b,
           enum fb_transcript_grade grade, unsigned flags,
           struct fb_comparison *ret);
void fb_comparison_deinit(struct fb_comparison *c); // legal on a zeroed one

// Whether nothing differs, as far as was compared.
bool fb_comparison_equal(const struct fb_comparison *c);

// The sides as rows: pairs, then what only one has, gap by gap. Walk with
// *cursor zeroed; false at the end.
struct fb_comparison_row {
    const struct fb_transcript_line *a, *b; // NULL: this side has none here
    bool differs; // in a gap: both may be there, and are not the same
    size_t gap;   // index of the gap it is in, or of the next one
};
struct fb_comparison_cursor {
    size_t a, b, gap;
};
bool fb_comparison_next(const struct fb_comparison *c,
                        struct fb_comparison_cursor *cursor,
                        struct fb_comparison_row *ret_row);
// How many rows there are.
size_t fb_comparison_rows(const struct fb_comparison *c);
// Places the cursor so that the next row is number `row` (from 0).
void fb_comparison_seek(const struct fb_comparison *c,
                        struct fb_comparison_cursor *cursor, size_t row);
// The row of the first difference, or of gap `gap`; SIZE_MAX: there is none.
size_t fb_comparison_gap_row(const struct fb_comparison *c, size_t gap);

// The words of a TREE line: its text and its depth. Borrowed, sanitised.
const char *fb_transcript_text(const struct fb_comparison *c,
                               const struct fb_transcript_line *line,
                               uint32_t *ret_depth);

#endif
