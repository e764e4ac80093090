// The file that a recording goes into: never over what somebody may want.
#ifndef FISHBOWL_RECORD_OUTPUT_H
#define FISHBOWL_RECORD_OUTPUT_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_output {
    char path[PATH_MAX];
    int fd; // -1: not open
    bool created;
};

// Opens `path` for a recording. What is there already stays, unless `force`; a
// trace that a program writes just now stays in any case. Ownership: fb_output
// _drop, or whoever takes `fd`. Errors: -EEXIST, -EBUSY it is such a trace,
// -ENAMETOOLONG, those of open; `why` says what to do.
__attribute__((warn_unused_result)) int fb_output_open(struct fb_output *o,
                                                       const char *path,
                                                       bool force, char *why,
                                                       size_t why_bytes);
// The same under a name made of the program's and its process id, in the
// current folder: "serve-4711.fish".
__attribute__((warn_unused_result)) int
fb_output_open_named(struct fb_output *o, const char *program, uint32_t pid,
                     bool force, char *why, size_t why_bytes);
// Closes it; removes it if we made it: nothing was recorded.
void fb_output_drop(struct fb_output *o);

#endif
