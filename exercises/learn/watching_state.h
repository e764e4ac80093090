// Between the sources of `watch`: what it shows and does.
#ifndef FISHBOWL_LEARN_WATCHING_STATE_H
#define FISHBOWL_LEARN_WATCHING_STATE_H

#include "files.h"
#include "judging.h"
#include "watching.h"

enum watching_leave {
    WATCHING_STAY,
    WATCHING_QUIT,
    WATCHING_LIST,    // then it goes on with what was chosen
    WATCHING_VIZ,     // then it goes on
    WATCHING_PREDICT, // the visualiser asks; then it is judged
};

struct watching {
    struct learn *l;
    const struct course_exercise *exercise;
    struct state s; // as it was last read
    struct files files;
    struct judging judging;
    struct page page; // what fills the screen
    int top, rows, room;
    bool again;  // saved while it was judged
    bool passed; // the last verdict
    bool asked;  // s was pressed once
    bool dirty;
    enum watching_leave leave;
    char status[600]; // one line above the keys
    char word[80];    // of progress, as it is shown
};

// Shows another exercise: its task, and its verdict if it was begun.
void watching_turn(struct watching *w, const struct course_exercise *e);
void watching_show_task(struct watching *w);
void watching_show_verdict(struct watching *w); // of the last run, or the task
void watching_judge(struct watching *w);        // stops a run that is going on
// Looks whether files were saved and whether a run is over. Returns the ms
// until it wants to look again.
int watching_tick(void *arg, uint64_t now_ns);
void watching_key(void *arg, uint32_t code);
void watching_draw(void *arg, struct fb_grid *g);

#endif
