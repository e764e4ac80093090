// A long recording is there before all of it is: what is shown meanwhile is
// true, and in the end it is the same as opened at once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app.h"
#include "scene.h"
#include "session.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { RING = 1u << 21, TURNS = FB_SESSION_AT_ONCE / 2 + 1000 };

static struct scene trace;
static struct fb_app *app;
static struct fb_grid grid;
static uint64_t now_ns;
static char why[FB_SESSION_WHY_BYTES];

// Two clients, a million events in which nothing happens, and what they say.
static void write_long(uint32_t workers) {
    uint32_t ada;

    scene_open_workers(&trace, RING, workers);
    scene_listen(&trace);
    ada = scene_connect(&trace, 7, "Ada");
    scene_connect(&trace, 8, "Grace");
    scene_idle(&trace, TURNS);
    scene_talk(&trace, ada, 7, 4);
    scene_idle(&trace, 100);
}

static int open_session(struct fb_session **ret, bool in_slices) {
    const struct fb_session_options options = {.what = trace.path,
                                               .in_slices = in_slices};

    return fb_session_open_with(ret, &options, why, sizeof(why));
}

static void slices_add_up_to_the_whole(void **state) {
    struct fb_session *whole, *sliced;
    struct fb_history *h, *all;
    uint64_t missing, last;

    (void)state;
    write_long(1);
    scene_end(&trace);
    assert_int_equal(open_session(&whole, false), 0);
    assert_int_equal(open_session(&sliced, true), 0);
    all = fb_session_history(whole);
    h = fb_session_history(sliced);
    last = fb_history_last(all);
    assert_int_equal(fb_session_missing(whole), 0);
    missing = fb_session_missing(sliced);
    assert_int_equal(fb_history_last(h) + missing, last);
    assert_int_equal(fb_history_count(h), FB_SESSION_PUMP_EVENTS);
    while (fb_history_last(h) < last) {
        assert_int_equal(fb_history_last(h) + missing, last);
        assert_true(fb_session_pump(sliced) > 0);
        assert_true(fb_session_missing(sliced) < missing);
        missing = fb_session_missing(sliced);
        assert_true(missing > 0);
    }
    assert_int_equal(fb_session_pump(sliced), 0); // only now it is known
    assert_int_equal(fb_session_missing(sliced), 0);
    assert_int_equal(fb_session_pump(sliced), 0);
    assert_int_equal(fb_history_count(h), fb_history_count(all));
    for (uint64_t n = 1; n <= last; n += last / 7) {
        assert_memory_equal(fb_history_event(h, n), fb_history_event(all, n),
                            sizeof(struct fb_event));
        assert_int_equal(fb_history_at(h, n)->polls,
                         fb_history_at(all, n)->polls);
    }
    assert_int_equal(fb_history_live(h)->freed, 1);
    fb_session_close(whole);
    fb_session_close(sliced);
    scene_close(&trace);
}

static void what_is_short_or_lives_is_there_at_once(void **state) {
    struct fb_session *s;

    (void)state;
    write_long(1); // its writer is alive
    assert_int_equal(open_session(&s, true), 0);
    assert_int_equal(fb_session_missing(s), 0);
    fb_session_close(s);
    scene_close(&trace);
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_idle(&trace, 1000);
    scene_end(&trace);
    assert_int_equal(open_session(&s, true), 0);
    assert_int_equal(fb_session_missing(s), 0);
    assert_true(fb_history_count(fb_session_history(s)) > 2000);
    fb_session_close(s);
    scene_close(&trace);
}

// As a trace does that is too long for the machine's memory.
static void of_a_finished_trace_the_newest_events_are_kept(void **state) {
    const struct fb_session_options few = {
        .what = trace.path, .max_events = 20000, .in_slices = true};
    struct fb_session *s, *whole;
    const struct fb_history *h, *all;

    (void)state;
    write_long(1);
    scene_end(&trace);
    assert_int_equal(open_session(&whole, false), 0);
    all = fb_session_history(whole);
    assert_int_equal(fb_session_open_with(&s, &few, why, sizeof(why)), 0);
    h = fb_session_history(s);
    do {
        assert_true(fb_history_count(h) <= 20000);
    } while (fb_session_pump(s) > 0);
    assert_true(fb_history_count(h) > 10000);
    assert_int_equal(fb_history_last(h), fb_history_last(all));
    assert_int_equal(fb_history_live(h)->polls, fb_history_live(all)->polls);
    assert_int_equal(
        fb_history_at(fb_session_history(s), 0)->polls,
        fb_history_at(fb_session_history(whole), fb_history_first(h) - 1)
            ->polls);
    fb_session_close(s);
    fb_session_close(whole);
    scene_close(&trace);
}

// That is seen only when all has been read.
static void rings_that_contradict_each_other_are_told_at_the_end(void **state) {
    struct fb_session *s;
    int err;

    (void)state;
    write_long(2);
    trace.w.numbers[TURNS] = 1;
    scene_end(&trace);
    assert_int_equal(open_session(&s, true), 0);
    do {
        err = fb_session_pump(s);
    } while (err > 0);
    assert_int_equal(err, -EBADMSG);
    assert_int_equal(fb_session_missing(s), 0);
    assert_int_equal(fb_session_pump(s), 0);
    fb_session_close(s);
    scene_close(&trace);
}

// ---- the app ----

static struct fb_session *session;

static void open_app(void) {
    struct fb_app_options options = {0};

    assert_int_equal(open_session(&session, true), 0);
    options.session = session;
    assert_int_equal(fb_app_create(&app, &options), 0);
    assert_int_equal(fb_grid_init(&grid, 100, 30), 0);
    now_ns = 1000000000;
}

static void close_app(void) {
    fb_app_destroy(app);
    fb_session_close(session);
    fb_grid_deinit(&grid);
    scene_close(&trace);
}

static bool header_has(const char *words) {
    char *shown = NULL;
    size_t len;
    FILE *out = open_memstream(&shown, &len);
    bool has;

    assert_non_null(out);
    fb_app_draw(app, &grid);
    fb_grid_print(&grid, out);
    assert_int_equal(fclose(out), 0);
    has = memmem(shown, (size_t)(strchr(shown, '\n') - shown), words,
                 strlen(words)) != NULL;
    free(shown);
    return has;
}

static void keys(const char *text) {
    for (; *text; text++) {
        fb_app_key(app, (uint32_t)*text);
    }
}

static void the_picture_is_there_while_the_rest_is_loaded(void **state) {
    uint64_t at;
    int ticks = 0;

    (void)state;
    write_long(1);
    scene_end(&trace);
    open_app();
    assert_true(header_has("loading 6 %"));
    keys("nnN");
    assert_false(header_has("loading 100 %"));
    at = fb_app_scene(app)->at;
    assert_int_equal(at, 2);
    assert_int_equal(fb_app_tick(app, now_ns), 0);
    assert_true(fb_app_dirty(app));
    assert_false(header_has("loading 6 %"));
    while (fb_app_tick(app, now_ns) == 0) {
        assert_true(++ticks < 100);
    }
    assert_false(header_has("loading"));
    assert_int_equal(fb_app_tick(app, now_ns), -1);
    assert_false(fb_app_dirty(app));
    assert_int_equal(fb_app_scene(app)->at, at);
    close_app();
}

static void a_jump_beyond_what_is_loaded_arrives(void **state) {
    (void)state;
    write_long(1);
    scene_end(&trace);
    open_app();
    assert_true(header_has("loading"));
    keys("g1000000\n");
    assert_true(header_has("loading")); // as far as that, and no further
    assert_int_equal(fb_app_scene(app)->at, 1000000);
    close_app();
}

static void a_step_beyond_what_is_loaded_arrives(void **state) {
    uint64_t talks;

    (void)state;
    write_long(1);
    scene_end(&trace);
    open_app();
    assert_true(header_has("loading"));
    for (int i = 0; i < 10 && fb_app_scene(app)->at < TURNS; i++) {
        keys("w"); // Ada's is the last wake, after a million events
        fb_app_draw(app, &grid);
    }
    talks = fb_app_scene(app)->at;
    assert_true(talks > 2 * TURNS);
    assert_int_equal(fb_history_event(fb_session_history(session), talks)->kind,
                     FB_EV_WAKE);
    close_app();
}

static void a_breakpoint_beyond_what_is_loaded_is_found(void **state) {
    uint64_t at;

    (void)state;
    write_long(1);
    scene_end(&trace);
    open_app();
    keys("bWAKE\n");
    assert_true(header_has("loading"));
    for (int i = 0; i < 10 && fb_app_scene(app)->at < TURNS; i++) {
        keys("u");
        fb_app_draw(app, &grid);
    }
    at = fb_app_scene(app)->at;
    assert_true(at > 2 * TURNS);
    assert_int_equal(fb_history_event(fb_session_history(session), at)->kind,
                     FB_EV_WAKE);
    close_app();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_add_up_to_the_whole),
        cmocka_unit_test(what_is_short_or_lives_is_there_at_once),
        cmocka_unit_test(of_a_finished_trace_the_newest_events_are_kept),
        cmocka_unit_test(rings_that_contradict_each_other_are_told_at_the_end),
        cmocka_unit_test(the_picture_is_there_while_the_rest_is_loaded),
        cmocka_unit_test(a_jump_beyond_what_is_loaded_arrives),
        cmocka_unit_test(a_step_beyond_what_is_loaded_arrives),
        cmocka_unit_test(a_breakpoint_beyond_what_is_loaded_is_found),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
