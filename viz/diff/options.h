// The options that `diff` and `whatif` share: how a comparison is shown.
#ifndef FISHBOWL_DIFF_OPTIONS_H
#define FISHBOWL_DIFF_OPTIONS_H

#include "diff.h"
#include "watch.h"
#include <argp.h>

struct fb_diff_request {
    struct fb_diff_options options;
    struct fb_tui_options tui;
    bool json, plain;
    int cols, rows; // --screen; 0: none
};

// The children of both verbs' argp.
extern const struct argp fb__diff_argp;

// As it stands before options are read.
struct fb_diff_request fb__diff_request(enum fb_transcript_grade grade);
// Shows it as was asked: a picture on a terminal, else text or JSON. 0, an exit
// status above 0 after it said why on stderr, or -errno.
__attribute__((warn_unused_result)) int
fb__diff_show(struct fb_diff *d, const struct fb_diff_request *request);

#endif
