// The comparison as a picture: two scenes in the halves of one grid, and both
// transcripts below them, stepped together.
#ifndef FISHBOWL_DIFF_SCREEN_H
#define FISHBOWL_DIFF_SCREEN_H

#include "diff.h"
#include "frame.h"
#include "watch.h"

struct fb_diff_screen;

// Errors: -ENOMEM. Borrows the diff.
__attribute__((warn_unused_result)) int
fb_diff_screen_create(struct fb_diff_screen **ret, struct fb_diff *d);
void fb_diff_screen_destroy(struct fb_diff_screen *s); // NULL is legal

void fb_diff_screen_key(struct fb_diff_screen *s, uint32_t key);
// Draws into the grid, whatever its size.
void fb_diff_screen_draw(struct fb_diff_screen *s, struct fb_grid *g);

// One picture as text. Errors: -ENOMEM, -EIO.
__attribute__((warn_unused_result)) int fb_diff_screen_print(struct fb_diff *d,
                                                             int cols, int rows,
                                                             bool ascii,
                                                             FILE *out);
// On this terminal until the reader has enough. 0, or as fb_tui_run.
__attribute__((warn_unused_result)) int
fb_diff_screen_run(struct fb_diff *d, const struct fb_tui_options *options);

#endif
