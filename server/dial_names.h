// What clients say: lines made of names.
#ifndef DIAL_NAMES_H
#define DIAL_NAMES_H

#include "dial.h"

struct dial_names {
    struct dial_line *lines;
    size_t count;
    char *text; // all lines' bytes
};

// One line, "NAME\n".
FB_MUST_USE int dial_names_one(struct dial_names *names, const char *name,
                               size_t len);
// "guest 1\n" to "guest N\n".
FB_MUST_USE int dial_names_guests(struct dial_names *names, uint32_t count);
// The file's lines, whatever bytes they hold. Errors: -ENODATA it has none,
// and those of open and read.
FB_MUST_USE int dial_names_file(struct dial_names *names, const char *path);
// Legal when zeroed.
void dial_names_deinit(struct dial_names *names);

#endif
