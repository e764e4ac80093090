// The part "lints" of print --json.
#ifndef FISHBOWL_PRINT_JSON_LINTS_H
#define FISHBOWL_PRINT_JSON_LINTS_H

#include "page.h"

#include <jansson.h>

// What had been found when the world was `m`. NULL: out of memory.
json_t *fb__json_lints(const struct fb_session *s, const struct fb_model *m,
                       const struct fb_print_options *options);

#endif
