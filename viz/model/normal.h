// Normal form: what two runs of the same program have in common.
//
// A normalised task tree names tasks by their order of appearance and leaves
// out what a run owes to chance: ids, descriptors, times, ports, which attempt
// had to wait. So three handlers of one behaviour give the same text, and two
// runs can be compared line by line.
//
//     task 1 cancelled, aborted
//       accept 2
//       task 2 "Ada 127.0.0.1:*" ok
//         write 13, read 4, write 28
//       task 3 "127.0.0.1:*" failed
//         write 13, read 2
#ifndef FISHBOWL_NORMAL_H
#define FISHBOWL_NORMAL_H

#include "history.h"
#include "story.h"

enum fb_normal_flag {
    FB_NORMAL_TYPES = 1u << 0, // names of root futures and of their children
    FB_NORMAL_POLLS = 1u << 1, // how often each task was polled (up to 9)
    FB_NORMAL_PORTS = 1u << 2, // labels with their port numbers as they are
};

// The normalised task tree of all kept events as text, lines ending in '\n'.
// Ownership: the caller frees *ret_text. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_normal_text(const struct fb_history *h, const struct fb_names *n,
               unsigned flags, char **ret_text);

// The same of the events up to number `until` only: how far it had come then.
__attribute__((warn_unused_result)) int
fb_normal_text_until(const struct fb_history *h, const struct fb_names *n,
                     unsigned flags, uint64_t until, char **ret_text);

// The same line by line, in which two runs can be aligned: no number of a task
// is in the text, and each step is a line of its own.
//
//     task "Ada 127.0.0.1:*"
//       write 13
//       read 4
//       ends ok
struct fb_normal_line {
    uint64_t event; // that the line tells of
    uint32_t task;  // its id in this run
    uint32_t depth;
    const char *text; // sanitised; valid during the call
};
// Calls `each` for every line, in the tree's order; what it gives below 0 ends
// the walk. Errors: -ENOMEM, and those of `each`.
__attribute__((warn_unused_result)) int fb_normal_lines(
    const struct fb_history *h, const struct fb_names *n, unsigned flags,
    int (*each)(void *arg, const struct fb_normal_line *line), void *arg);

#endif
