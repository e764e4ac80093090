// A picture of a trace on disk, without a terminal: what the tests of views
// load, draw and compare.
#ifndef FB_TEST_PICTURE_H
#define FB_TEST_PICTURE_H

#include "frame.h"
#include "session.h"
#include "story_log.h"

struct picture {
    struct fb_session *session;
    struct fb_story_log story;
    struct fb_scene scene;
    struct fb_frame frame;
    struct fb_grid grid;
};

// Opens the trace at `path`; all but the session and the story starts anew.
void picture_open(struct picture *p, const char *path);
void picture_close(struct picture *p);

// Makes the scene the world after event `at`, in mode LIVE.
void picture_load(struct picture *p, uint64_t at);
uint64_t picture_newest(const struct picture *p);

// The picture as text, to be freed.
char *picture_draw(struct picture *p, int cols, int rows);
// Compares it with the golden file "frame_NAME_COLSxROWS" (golden.h).
void picture_check(struct picture *p, const char *name, int cols, int rows);

#endif
