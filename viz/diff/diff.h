// Two traces side by side: `fishbowl diff` and `fishbowl whatif`.
//
//     teller.h     sentences of one run, at any event
//     diff.h       both runs, compared
//     diff_text.c  as text    diff_json.c  as JSON    diff_frame.c  as a picture
//     whatif.c     one play twice, with another choice the second time
#ifndef FISHBOWL_DIFF_H
#define FISHBOWL_DIFF_H

#include "session.h"
#include "teller.h"
#include "transcript.h"
#include <stdio.h>

enum fb_diff_side { FB_DIFF_A, FB_DIFF_B, FB_DIFF_SIDES };

struct fb_diff_options {
    const char *what[FB_DIFF_SIDES]; // as for fb_session_open; NULL: newest
    enum fb_transcript_grade grade;
    unsigned flags;   // enum fb_normal_flag
    unsigned context; // lines around a difference
    bool full;        // all lines
    bool ascii;       // no box characters
    int cols;         // of the text
};

struct fb_diff {
    const struct fb_diff_options *options;
    struct fb_session *sessions[FB_DIFF_SIDES];
    struct fb_teller tellers[FB_DIFF_SIDES];
    struct fb_comparison c;
    bool equal_at_first; // by the grade that was asked for
};

enum { FB_DIFF_TEXT = 400 }; // room for one line of one side

// Opens both traces and compares them. `why` gets one sentence if it fails.
// Ownership: fb_diff_close, also after a failure. Errors: those of
// fb_session_open, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_diff_open(struct fb_diff *d, const struct fb_diff_options *options,
             char *why, size_t why_bytes);
void fb_diff_close(struct fb_diff *d); // legal on a zeroed one
// Compares again, by another grade. Errors: -ENOMEM; then as before.
__attribute__((warn_unused_result)) int
fb_diff_compare(struct fb_diff *d, enum fb_transcript_grade grade);

// How the grades are called: "tree", "order", "events"; and what they compare.
const char *fb_diff_grade_name(enum fb_transcript_grade grade);
const char *fb_diff_grade_words(enum fb_transcript_grade grade);

// What a line says, sanitised: of a tree its own words, else the event's
// sentence. "" if there is none. Outdates what the history gave before.
// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_diff_line(struct fb_diff *d, enum fb_diff_side side,
             const struct fb_transcript_line *line, char out[FB_DIFF_TEXT]);
// The mark between the sides: ' ' the same, '|' other, '<' and '>' only there.
char fb_diff_mark(const struct fb_comparison_row *row);
// The first difference in one or two sentences, with both event numbers; or
// that there is none. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_diff_explain(struct fb_diff *d, char *out, size_t out_bytes);
// The same in a few words: where the first difference is.
void fb_diff_verdict(const struct fb_diff *d, char *out, size_t out_bytes);
// What the comparison leaves out, as one sentence each; false: no more.
bool fb_diff_caveat(const struct fb_diff *d, int index, char *out,
                    size_t out_bytes);

// Errors: -ENOMEM, -EIO.
__attribute__((warn_unused_result)) int fb_diff_print(struct fb_diff *d,
                                                      FILE *out);
__attribute__((warn_unused_result)) int fb_diff_print_json(struct fb_diff *d,
                                                           FILE *out);

// The verbs. An exit status: 0 equal, 1 different or not to be compared, 2
// usage.
int fb_diff_main(int argc, char **argv);
int fb_whatif_main(int argc, char **argv);

#endif
