// The place: the learner's own folder.
//
//     DIR/06_yield_once/yield.c     theirs; an update never writes there
//     DIR/06_yield_once/README.md   ours; `init` brings the newest
//     DIR/progress.txt              the state (state.h)
//     DIR/learn                     calls `fishbowl learn` for this folder
//     DIR/.fishbowl-learn/          marks it; what is built; a lock
//
// It is found from any folder below it; else the one used last is taken, which
// is remembered in the user's XDG state.
#ifndef FISHBOWL_LEARN_PLACE_H
#define FISHBOWL_LEARN_PLACE_H

#include <stdbool.h>
#include <stddef.h>

enum { PLACE_BYTES = 1024 };

struct place {
    char root[PLACE_BYTES]; // absolute
};

// `asked`: NULL, or the folder that an option names.
// Errors: -ENOENT there is none yet, and those of realpath; `why` says so.
__attribute__((warn_unused_result)) int
place_find(const char *asked, struct place *ret_place, char *why, size_t n);
// Makes the folder and its mark; legal on one that is a place already. What
// lies there stays. Errors: those of mkdir, and -ENOTEMPTY: it holds other
// things.
__attribute__((warn_unused_result)) int
place_make(const char *folder, struct place *ret_place, char *why, size_t n);
// Writes DIR/learn, for exercises that lie in `course` (NULL: Fishbowl's own).
// Errors: those of open and realpath.
__attribute__((warn_unused_result)) int place_launcher(const struct place *p,
                                                       const char *course);
// From now on this is the place that was used last. Failing that is no harm.
void place_remember(const struct place *p);

// "ROOT/" and the words. False: it is too long; `out` is empty then.
bool place_path(const struct place *p, char out[PLACE_BYTES],
                const char *format, ...) __attribute__((format(printf, 3, 4)));
// How a person in the current folder would call a path below the place:
// relative where that is shorter. `out` may be shown as it is.
void place_say(const char *path, char *out, size_t out_bytes);

// Reads a file of at most `most` bytes, NUL-ended; the caller frees it.
// Errors: those of open and read, -EFBIG.
__attribute__((warn_unused_result)) int
place_read(const char *path, size_t most, char **ret_text, size_t *ret_len);
// Copies a file; one that is there is replaced by a rename.
__attribute__((warn_unused_result)) int place_copy(const char *from,
                                                   const char *to);
bool place_same_file(const char *a, const char *b); // byte for byte

#endif
