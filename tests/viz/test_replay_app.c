// `watch` of a recording: it stands FROZEN at its beginning, says what is missing
// of it, shows its own source, and a long one is there at once.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app.h"
#include "plain.h"
#include "rerecord.h"
#include "scene.h"
#include "session.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TURNS = FB_SESSION_AT_ONCE };

static struct scene trace;
static struct fb_session *session;
static struct fb_app *app;
static struct fb_grid grid;
static char path[160], *shown;
static uint64_t now_ns;

static void begin_trace(uint64_t ring_events) {
    scene_open(&trace, ring_events);
    snprintf(path, sizeof(path), "%s/run.fish", trace.dir);
    scene_listen(&trace);
    scene_connect(&trace, 7, "Ada");
    scene_connect(&trace, 8, "Grace");
}

static void open_app(struct rerecord how) {
    struct fb_session_options wanted = {.what = path, .in_slices = true};
    struct fb_app_options options = {0};
    char why[FB_SESSION_WHY_BYTES];

    scene_end(&trace);
    how.ring = trace.path;
    rerecord(&how, path);
    if (fb_session_open_with(&session, &wanted, why, sizeof(why)) < 0) {
        fail_msg("%s", why);
    }
    options.session = session;
    assert_int_equal(fb_app_create(&app, &options), 0);
    assert_int_equal(fb_grid_init(&grid, 100, 30), 0);
    now_ns = 1000000000;
}

static void close_app(void) {
    fb_app_destroy(app);
    fb_session_close(session);
    fb_grid_deinit(&grid);
    free(shown);
    shown = NULL;
    (void)unlink(path);
    scene_close(&trace);
}

// Whether row `row` of the screen has these words; -1: any row.
static bool shows(int row, const char *words) {
    size_t len;
    char *at;
    FILE *out;

    free(shown);
    shown = NULL;
    out = open_memstream(&shown, &len);
    assert_non_null(out);
    fb_app_draw(app, &grid);
    fb_grid_print(&grid, out);
    assert_int_equal(fclose(out), 0);
    if (row < 0) {
        return strstr(shown, words) != NULL;
    }
    for (at = shown; row > 0; row--) {
        at = strchr(at, '\n') + 1;
    }
    *strchr(at, '\n') = '\0';
    return strstr(at, words) != NULL;
}

static void keys(const char *text) {
    for (; *text; text++) {
        fb_app_key(app, (uint32_t)*text);
    }
}

static void it_stands_frozen_at_its_beginning(void **state) {
    (void)state;
    begin_trace(0);
    open_app((struct rerecord){.end = FB_RECORDING_CLOSED});
    assert_true(shows(0, "FROZEN  a finished run"));
    assert_int_equal(fb_app_scene(app)->at, 1);
    assert_int_equal(fb_app_tick(app, now_ns), -1); // and nothing goes on
    keys("nn");
    shows(0, "");
    assert_int_equal(fb_app_scene(app)->at, 3);
    close_app();
}

static void its_end_is_in_the_header(void **state) {
    static const struct {
        struct rerecord how;
        const char *words;
    } ends[] = {
        {{.end = FB_RECORDING_KILLED}, "FROZEN  the program was killed"},
        {{.end = FB_RECORDING_RAN_ON}, "FROZEN  the program ran on"},
        {{.no_end = true}, "FROZEN  cut off after event 75"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        begin_trace(0);
        open_app(ends[i].how);
        if (!shows(0, ends[i].words)) {
            fail_msg("no \"%s\" in: %s", ends[i].words, shown);
        }
        assert_int_equal(shows(28, "This recording is cut off after event 75."),
                         ends[i].how.no_end);
        close_app();
    }
}

static void plain_says_it_too(void **state) {
    struct fb_plain p;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_non_null(out);
    begin_trace(0);
    open_app((struct rerecord){.no_end = true});
    fb_plain_begin(&p, app, out);
    assert_int_equal(fclose(out), 0);
    assert_non_null(strstr(text, "* FROZEN: a recording, at event 1.\n"));
    assert_non_null(
        strstr(text, "* This recording is cut off after event 75.\n"));
    free(text);
    close_app();
}

// Its files have names that no directory has.
static void its_source_is_in_the_source_pane(void **state) {
    (void)state;
    begin_trace(0);
    open_app((struct rerecord){.prefix = "gone/", .with_sources = true});
    keys("4z"); // the pane, alone on the screen
    keys("g75\n");
    if (!shows(-1, "gone/server/accept.c says 88;")) {
        fail_msg("%s", shown);
    }
    assert_false(shows(-1, "changed"));
    close_app();
}

static void a_long_one_is_there_at_once_and_loads_on(void **state) {
    int ticks = 0;

    (void)state;
    begin_trace(1u << 22);
    scene_idle(&trace, TURNS);
    scene_connect(&trace, 9, "late");
    open_app((struct rerecord){.no_end = true});
    assert_int_equal(fb_history_count(fb_session_history(session)),
                     FB_SESSION_PUMP_EVENTS);
    assert_true(shows(0, "loading "));
    assert_false(shows(0, "cut off"));
    assert_int_equal(fb_app_scene(app)->at, 1);
    while (fb_app_tick(app, now_ns) == 0) {
        assert_true(++ticks < 200);
        assert_true(fb_session_missing(session) > 0);
    }
    assert_true(ticks > 1);
    assert_int_equal(fb_session_missing(session), 0);
    assert_false(shows(0, "loading"));
    assert_true(shows(0, "cut off after event 2,0"));
    assert_true(shows(28, "This recording is cut off after event 20"));
    assert_int_equal(fb_app_scene(app)->at, 1);
    close_app();
}

static void a_jump_beyond_what_is_loaded_arrives(void **state) {
    (void)state;
    begin_trace(1u << 22);
    scene_idle(&trace, TURNS);
    open_app((struct rerecord){.end = FB_RECORDING_CLOSED});
    assert_true(shows(0, "loading "));
    keys("g1500000\n");
    assert_true(shows(0, "loading "));
    assert_int_equal(fb_app_scene(app)->at, 1500000);
    close_app();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_stands_frozen_at_its_beginning),
        cmocka_unit_test(its_end_is_in_the_header),
        cmocka_unit_test(plain_says_it_too),
        cmocka_unit_test(its_source_is_in_the_source_pane),
        cmocka_unit_test(a_long_one_is_there_at_once_and_loads_on),
        cmocka_unit_test(a_jump_beyond_what_is_loaded_arrives),
    };

    return cmocka_run_group_tests_name("viz/replay, app", tests, NULL, NULL);
}
