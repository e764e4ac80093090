// What the box of a question shows; the app keeps it, the frame draws it.
#ifndef FISHBOWL_VIEW_QUIZ_H
#define FISHBOWL_VIEW_QUIZ_H

#include "quiz.h"
#include "view.h"

enum fb_quiz_stage {
    FB_QUIZ_OFF,
    FB_QUIZ_WAITS,   // nothing to ask here; see `note`
    FB_QUIZ_ASKS,    // and the picture is veiled
    FB_QUIZ_REVEALS, // the picture moves to the event that decides
    FB_QUIZ_JUDGED,
    FB_QUIZ_VOID, // no answer came; see `note`
};

struct fb_quiz_show {
    enum fb_quiz_stage stage;
    struct fb_quiz quiz;
    int chosen; // index of a choice; -1: wants to be shown
    struct fb_quiz_fact facts[FB_QUIZ_FACTS];
    int fact_count;
    struct fb_quiz_score score;
    char heading[64]; // instead of the score; "" the score
    char said[80];    // an answer that is no choice; "": none was given
    char note[320];
    struct fb_pane pane; // scroll of the box
};

// Draws the box at the bottom of the area, as high as it must be.
void fb_quiz_draw(const struct fb_scene *s, struct fb_quiz_show *show,
                  struct fb_grid *g, struct fb_area area);

#endif
