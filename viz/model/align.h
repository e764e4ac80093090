// Aligning two rows of things: which of one belongs to which of the other.
//
// What both have in the same order stands side by side; what is left are gaps.
// The work is bounded: rows that have too little in common are aligned as far
// as it goes, and the rest is said to be one gap.
#ifndef FISHBOWL_ALIGN_H
#define FISHBOWL_ALIGN_H

#include <stdbool.h>
#include <stddef.h>

struct fb_align_rows {
    size_t a_count, b_count;
    bool (*same)(void *arg, size_t a, size_t b);
    void *arg;
};

// From place `a` on, `a_count` things of A stand against `b_count` of B at
// place `b`; one of the counts may be 0.
struct fb_align_gap {
    size_t a, a_count, b, b_count;
};

struct fb_align {
    struct fb_align_gap *gaps; // in order; between them all is the same
    size_t count;
    bool gave_up; // the last gap holds what was not looked at
};

enum {
    FB_ALIGN_EDITS = 1024 // things of either side in gaps, at most
};

// Finds the fewest things to be left out on either side.
// Ownership: fb_align_deinit. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_align_rows(const struct fb_align_rows *rows, struct fb_align *ret_align);
void fb_align_deinit(struct fb_align *align); // legal on a zeroed one

#endif
