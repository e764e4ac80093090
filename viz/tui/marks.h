// Bookmarks: moments of a trace that somebody wants to come back to.
#ifndef FISHBOWL_MARKS_H
#define FISHBOWL_MARKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FB_MARKS_MAX = 256, FB_MARK_NAME = 48, FB_MARKS_WHY = 300 };

struct fb_mark {
    uint64_t event;
    char name[FB_MARK_NAME]; // sanitised; "" none
};

// In order of their events, one for each at most. All zero: none.
struct fb_marks {
    struct fb_mark list[FB_MARKS_MAX];
    size_t count;
};

// Sets or renames the bookmark of an event. The name is sanitised. Errors:
// -ENOSPC.
__attribute__((warn_unused_result)) int
fb_marks_set(struct fb_marks *marks, uint64_t event, const char *name);
// False: there was none.
bool fb_marks_remove(struct fb_marks *marks, uint64_t event);
// The bookmark of this event, or NULL.
const struct fb_mark *fb_marks_at(const struct fb_marks *marks, uint64_t event);
// The nearest one after (direction > 0) or before an event, or NULL.
const struct fb_mark *fb_marks_beside(const struct fb_marks *marks,
                                      uint64_t event, int direction);

// A file of them: a line each, "EVENT NAME"; "#" begins a comment. A file that
// is not there holds none. Lines that mean nothing are left out, and counted in
// *ret_bad. Errors: those of open and read.
__attribute__((warn_unused_result)) int
fb_marks_load(struct fb_marks *marks, const char *path, size_t *ret_bad);
// Writes the file anew, whole or not at all; its folders are made. `keep_old`:
// what was there is kept as "<path>.old". Errors: those of open, write, rename.
__attribute__((warn_unused_result)) int
fb_marks_save(const struct fb_marks *marks, const char *path, bool keep_old);

#endif
