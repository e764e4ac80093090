// Parts of the JSON document that have a file of their own.
#ifndef FISHBOWL_PRINT_JSON_PARTS_H
#define FISHBOWL_PRINT_JSON_PARTS_H

#include "page.h"
#include <jansson.h>

// Member "stats". NULL out of memory.
json_t *fb__json_stats(const struct fb_model *m);
// Member "waits_for". NULL out of memory.
json_t *fb__json_waits(const struct fb_names *n, const struct fb_model *m);

// A text that was cut to its buffer may end inside a character: it becomes valid
// UTF-8. NULL out of memory.
json_t *fb__page_string(const char *text);

#endif
