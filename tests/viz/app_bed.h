// The app without a terminal, on a trace of known events: what tests of keys
// share. Keys and time go in, pictures come out.
#ifndef FB_TEST_APP_BED_H
#define FB_TEST_APP_BED_H

#include "app.h"
#include "scene.h"
#include "session.h"

struct app_bed {
    struct scene trace;
    struct fb_session *session;
    struct fb_app *app;
    struct fb_grid grid;
    uint64_t now_ns;
    char *shown; // the last picture as text
};

// Task 1, the acceptor, and clients "one", "two", "Ada" on fd 7, 8, 9: tasks 2,
// 3 and 4; their program lives. `finished`: it has ended, the picture stands at
// event 1.
void bed_open(struct app_bed *b, bool finished);
void bed_open_with(struct app_bed *b, bool finished,
                   const struct fb_app_options *options);
void bed_close(struct app_bed *b);

// The bed of the test that runs, laid and cleared by these fixtures.
extern struct app_bed bed;
int bed_set_up(void **state);
int bed_set_up_finished(void **state);
int bed_tear_down(void **state);
#define BED_TEST(name)                                                         \
    cmocka_unit_test_setup_teardown(name, bed_set_up, bed_tear_down)
#define BED_TEST_FINISHED(name)                                                \
    cmocka_unit_test_setup_teardown(name, bed_set_up_finished, bed_tear_down)

void bed_keys(struct app_bed *b, const char *text); // '\n' is Enter
void bed_key(struct app_bed *b, uint32_t key);
void bed_tick(struct app_bed *b, uint64_t ms);
// Draws, and gives what was drawn.
const struct fb_scene *bed_look(struct app_bed *b);
// Whether the picture has the words; it is in `shown`.
bool bed_shows(struct app_bed *b, const char *words);
// The same, and fails the test with the picture if it has not.
void bed_expect(struct app_bed *b, const char *words);

#endif
