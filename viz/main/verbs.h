// The verbs of the `fishbowl` program.
#ifndef FISHBOWL_MAIN_VERBS_H
#define FISHBOWL_MAIN_VERBS_H

#include <stddef.h>

struct fb_verb {
    const char *name;
    const char *help; // one line
    // In this process; NULL: a neighbour. Of a verb with both, -1 hands over
    // to the neighbour.
    int (*run)(int argc, char **argv);
    const char *program; // the neighbour: "fishbowl-serve"
};

// All verbs in the order in which a beginner meets them.
const struct fb_verb *fb_verbs(size_t *ret_count);
// NULL if there is none of that name.
const struct fb_verb *fb_verb_find(const char *name);
// The verb that was probably meant, or NULL if none is near.
const struct fb_verb *fb_verb_near(const char *name);

#endif
