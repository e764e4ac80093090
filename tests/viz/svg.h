// A pseudo terminal's screen as an SVG picture: text stays text.
#ifndef FISHBOWL_TEST_SVG_H
#define FISHBOWL_TEST_SVG_H

#include "pty.h"
#include <stdio.h>

// `light`: as on a terminal with dark letters on a light ground. The same
// screen gives the same bytes. Errors: -EIO.
__attribute__((warn_unused_result)) int
fb_pty_svg(struct fb_pty *p, bool light, const char *title, FILE *out);

#endif
