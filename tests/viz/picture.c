// Pictures of traces on disk: loading, drawing, comparing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "picture.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void picture_open(struct picture *p, const char *path) {
    char why[FB_SESSION_WHY_BYTES];

    if (fb_session_open(&p->session, path, false, why, sizeof(why)) != 0) {
        fail_msg("%s", why);
    }
    assert_int_equal(fb_story_log_init(&p->story), 0);
    fb_frame_init(&p->frame, NULL);
    memset(&p->scene, 0, sizeof(p->scene));
}

void picture_close(struct picture *p) {
    fb_session_close(p->session);
    fb_story_log_deinit(&p->story);
    fb_grid_deinit(&p->grid);
}

void picture_load(struct picture *p, uint64_t at) {
    assert_int_equal(fb_scene_load(&p->scene, p->session, &p->story, at), 0);
    p->scene.pid = 4242; // the test's own would differ from run to run
    p->scene.mode = FB_MODE_LIVE;
}

uint64_t picture_newest(const struct picture *p) {
    return fb_history_last(fb_session_history(p->session));
}

char *picture_draw(struct picture *p, int cols, int rows) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(fb_grid_resize(&p->grid, cols, rows), 0);
    fb_frame_draw(&p->frame, &p->scene, &p->grid);
    fb_grid_print(&p->grid, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

void picture_check(struct picture *p, const char *name, int cols, int rows) {
    char *text = picture_draw(p, cols, rows);
    char golden[80];

    snprintf(golden, sizeof(golden), "frame_%s_%dx%d", name, cols, rows);
    golden_check(golden, text);
    free(text);
}
