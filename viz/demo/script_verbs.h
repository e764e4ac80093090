// The grammar of one command, between the words and the file.
#ifndef FISHBOWL_DEMO_SCRIPT_VERBS_H
#define FISHBOWL_DEMO_SCRIPT_VERBS_H

#include "script.h"
#include "script_text.h"

// What is known of a client at some line of the script.
enum fb_script_fate { FB_FATE_OPEN, FB_FATE_HALF_CLOSED, FB_FATE_GONE };

struct fb_script_parser {
    struct fb_script_cursor cursor;
    struct {
        char name[FB_SCRIPT_NAME_BYTES + 1];
        enum fb_script_fate fate;
    } cast[FB_SCRIPT_CLIENTS_MAX];
    size_t cast_count;
};

// Parses the command at the cursor into *step. `step->text` may be set on
// failure too. Errors: -EINVAL complained about, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_script_command(struct fb_script_parser *p, struct fb_script_step *step);

#endif
