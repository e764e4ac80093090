// All exercises with how far the learner is: a table, or a list with keys.
#ifndef FISHBOWL_LEARN_LIST_H
#define FISHBOWL_LEARN_LIST_H

#include "learn.h"

void list_table(struct page *p, const struct learn *l, const struct state *s);
// On the screen until somebody chooses or quits. *ret_chosen: the exercise to
// go on with, or NULL. It begins at `here` (NULL: the next one).
// Returns an exit status.
int list_show(struct learn *l, const struct course_exercise *here,
              const struct course_exercise **ret_chosen);

// How an exercise stands, as a mark, in words and with a style.
struct list_look {
    const char *mark, *word;
    enum fb_style style;
};
struct list_look list_look(const struct course_exercise *e,
                           const struct state_entry *entry);

#endif
