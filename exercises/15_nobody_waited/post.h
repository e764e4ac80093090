// What your file and the check agree on.
#ifndef POST_H
#define POST_H

#include "exercise.h"

#define LETTERS_MAX 4

struct letter {
    const char *to;
    uint64_t takes_ns; // the way there
    int fate;          // what becomes of it: 0, or -errno
};

struct post {
    const struct letter *letters;
    size_t count; // at most LETTERS_MAX
};

// Carries one letter. That takes its time, and only at the end it turns out
// what becomes of it. out: 0 it has arrived; or -errno, e.g. -ENOENT: nobody
// lives there.
struct deliver {
    struct fb_future future;
    int out;
    const struct letter *letter;
    struct fb_sleep way;
};
FB_MUST_USE struct deliver deliver(const struct letter *letter);

// Tells the sender why a letter was lost. Once for each letter that was.
void post_lost(const struct letter *letter, int err);

// In post.c: the whole program. Sends all letters, at the same time.
// Gives how many have arrived, or -errno.
FB_MUST_USE int post_main(struct fb_runtime *rt, const struct post *post);

#endif
