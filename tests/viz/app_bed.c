// Opening, driving and looking at an app without a terminal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_bed.h"
#include <stdlib.h>
#include <string.h>

struct app_bed bed;

static const uint64_t MS = 1000000u;

void bed_open_with(struct app_bed *b, bool finished,
                   const struct fb_app_options *given) {
    struct fb_app_options options = *given;
    char why[FB_SESSION_WHY_BYTES];

    *b = (struct app_bed){.now_ns = 1000 * MS};
    scene_open(&b->trace, 0);
    scene_listen(&b->trace);
    scene_connect(&b->trace, 7, "one");
    scene_connect(&b->trace, 8, "two");
    scene_connect(&b->trace, 9, "Ada");
    if (finished) {
        scene_end(&b->trace);
    }
    assert_int_equal(
        fb_session_open(&b->session, b->trace.path, false, why, sizeof(why)),
        0);
    options.session = b->session;
    assert_int_equal(fb_app_create(&b->app, &options), 0);
    assert_int_equal(fb_grid_init(&b->grid, 100, 30), 0);
    fb_app_tick(b->app, b->now_ns);
    bed_look(b);
}

void bed_open(struct app_bed *b, bool finished) {
    bed_open_with(b, finished, &(struct fb_app_options){0});
}

void bed_close(struct app_bed *b) {
    fb_app_destroy(b->app);
    fb_session_close(b->session);
    fb_grid_deinit(&b->grid);
    free(b->shown);
    scene_close(&b->trace);
}

void bed_keys(struct app_bed *b, const char *text) {
    for (; *text; text++) {
        fb_app_key(b->app, (uint32_t)*text);
    }
}

void bed_key(struct app_bed *b, uint32_t key) {
    fb_app_key(b->app, key);
}

void bed_tick(struct app_bed *b, uint64_t ms) {
    b->now_ns += ms * MS;
    fb_app_tick(b->app, b->now_ns);
}

const struct fb_scene *bed_look(struct app_bed *b) {
    fb_app_draw(b->app, &b->grid);
    return fb_app_scene(b->app);
}

bool bed_shows(struct app_bed *b, const char *words) {
    size_t len;
    FILE *out;

    free(b->shown);
    b->shown = NULL;
    out = open_memstream(&b->shown, &len);
    assert_non_null(out);
    bed_look(b);
    fb_grid_print(&b->grid, out);
    assert_int_equal(fclose(out), 0);
    return strstr(b->shown, words) != NULL;
}

void bed_expect(struct app_bed *b, const char *words) {
    if (!bed_shows(b, words)) {
        fail_msg("no \"%s\" in\n%s", words, b->shown);
    }
}

int bed_set_up(void **state) {
    (void)state;
    bed_open(&bed, false);
    return 0;
}

int bed_set_up_finished(void **state) {
    (void)state;
    bed_open(&bed, true);
    return 0;
}

int bed_tear_down(void **state) {
    (void)state;
    bed_close(&bed);
    return 0;
}
