// The timeline on a screen and on paper, and the scrubber.
//
// FB_UPDATE=1 writes the golden frames anew (see golden.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app.h"
#include "golden.h"
#include "picture.h"
#include "print.h"
#include "scene.h"
#include "timeline_lanes.h"
#include "timeline_lens.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct scene trace;
static struct picture p;

// Three clients that say nothing and a fourth that talks and goes.
static void write_question(void) {
    scene_listen(&trace);
    scene_connect(&trace, 7, "127.0.0.1:50001");
    scene_connect(&trace, 8, "127.0.0.1:50002");
    scene_connect(&trace, 9, "127.0.0.1:50003");
    scene_connect(&trace, 10, "Ada 127.0.0.1:50004");
    scene_talk(&trace, 5, 10, 4);
}

// Opens the trace and looks at `at` (0: the newest event).
static void open_at(uint64_t at) {
    picture_open(&p, trace.path);
    picture_load(&p, at == 0 ? picture_newest(&p) : at);
    p.scene.task = 3;
    p.scene.mode = FB_MODE_FROZEN;
    p.frame.focus = FB_PANE_TIMELINE;
    p.frame.zoom = true;
}

static void close_all(void) {
    picture_close(&p);
    scene_close(&trace);
}

// The view alone, on a sheet of its own.
static char *draw_alone(int cols, int rows, bool ascii) {
    struct fb_pane *pane = &p.frame.panes[FB_PANE_TIMELINE];
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(fb_grid_resize(&p.grid, cols, rows), 0);
    p.grid.ascii = ascii;
    pane->area = (struct fb_area){-1, 0, rows + 1, cols};
    fb_view_timeline.draw(&p.scene, pane, &p.grid, fb_grid_area(&p.grid));
    fb_grid_print(&p.grid, out);
    assert_int_equal(fclose(out), 0);
    p.grid.ascii = false;
    return text;
}

static void check_alone(const char *name, int cols, int rows, bool ascii) {
    char *text = draw_alone(cols, rows, ascii);
    char golden[80];

    snprintf(golden, sizeof(golden), "timeline_%s_%dx%d", name, cols, rows);
    golden_check(golden, text);
    free(text);
}

static char *draw_scrubber(int cols) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(fb_grid_resize(&p.grid, cols, 1), 0);
    fb_scrubber_draw(&p.scene, &p.grid, fb_grid_area(&p.grid));
    fb_grid_print(&p.grid, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static bool press(uint32_t key) {
    return fb_view_timeline.key(&p.scene, &p.frame.panes[FB_PANE_TIMELINE],
                                key);
}

static void press_all(const char *keys) {
    for (; *keys; keys++) {
        assert_true(press((uint32_t)*keys));
    }
}

static const int sizes[][2] = {{20, 5}, {40, 10}, {80, 24}, {132, 43}};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

// ---- pictures ----

static void a_column_of_an_event_shows_a_conversation(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(0);
    for (int i = 0; i < SIZES; i++) {
        check_alone("events", sizes[i][0], sizes[i][1], false);
    }
    check_alone("ascii", 80, 24, true);
    close_all();
}

static void a_column_of_time_shows_shares(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(60);
    p.scene.lens.scale = FB_SCALE_TIME;
    p.scene.lens.step = 2500;
    for (int i = 0; i < SIZES; i++) {
        check_alone("time", sizes[i][0], sizes[i][1], false);
    }
    close_all();
}

static void workers_have_digits(void **state) {
    (void)state;
    scene_open_workers(&trace, 0, 3);
    scene_listen(&trace);
    for (uint32_t i = 0; i < 4; i++) {
        trace.worker = i % 3;
        scene_connect(&trace, 7 + (int)i, "a client");
    }
    trace.worker = 2;
    scene_talk(&trace, 3, 8, 4);
    open_at(0);
    check_alone("workers3", 132, 16, false);
    close_all();
}

static void lost_events_are_drawn_as_lost(void **state) {
    uint64_t before;

    (void)state;
    scene_open(&trace, 64);
    scene_listen(&trace);
    open_at(0);
    before = picture_newest(&p);
    scene_idle(&trace, 40); // the ring goes round
    scene_census(&trace, 2, 7, "Ada");
    assert_true(fb_session_pump(p.session) > 0);
    picture_load(&p, picture_newest(&p));
    p.scene.mode = FB_MODE_FROZEN;
    p.scene.lens =
        (struct fb_lens){.from = before - 8, .at = p.scene.at, .pinned = true};
    check_alone("lost", 80, 10, false);
    close_all();
}

// Whatever the window, the picture is drawn, in whole lines.
static void every_size_and_window_is_survived(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(50);
    for (int cols = 1; cols < 60; cols += 3) {
        for (int rows = 1; rows < 12; rows++) {
            p.scene.lens = (struct fb_lens){0};
            for (const char *key = "+-[]yf-----y--[[f++++++++A]]]]y"; *key;
                 key++) {
                free(draw_alone(cols, rows, false));
                (void)press((uint32_t)*key);
            }
        }
    }
    close_all();
}

// Stamps at the ends of what a number can hold, numbers with great gaps.
static void hostile_times_are_survived(void **state) {
    static const uint64_t times[] = {
        0, 5, UINT64_MAX, 1, UINT64_MAX - 1, 1ull << 62, 1ull << 63};
    struct fb_history *h;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(50);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (uint64_t i = 0; i < 60; i++) {
        const struct fb_event e = {.time_ns = times[i % 7],
                                   .kind = (uint8_t)(1 + i % 4),
                                   .flags = (uint16_t)(i % 3),
                                   .subject = UINT32_MAX - (uint32_t)i % 5};

        assert_int_equal(
            fb_history_push(h, i < 59 ? i + 1 + i / 20 * 1000000 : UINT64_MAX,
                            &e),
            0);
    }
    p.scene.history = h;
    p.scene.model = fb_history_live(h);
    for (uint64_t n = fb_history_first(h); n != 0; n = fb_history_next(h, n)) {
        p.scene.at = n;
        p.scene.lens = (struct fb_lens){0};
        for (const char *key = "+-[]yf----y--[[f+++++++++A]]]]yy-----fy---";
             *key; key++) {
            free(draw_alone(60, 12, false));
            free(draw_scrubber(40));
            (void)press((uint32_t)*key);
            (void)press(FB_KEY_RIGHT);
            (void)press(FB_KEY_LEFT);
            if (p.scene.want_event == 0) {
                (void)press(FB_KEY_ENTER);
            }
            p.scene.want_event = 0;
        }
        for (int col = 0; col < 60; col++) {
            (void)fb_view_timeline.click(
                &p.scene, &p.frame.panes[FB_PANE_TIMELINE], 5, col);
            (void)fb_scrubber_event(&p.scene, col, 60);
        }
    }
    fb_history_destroy(h);
    close_all();
}

// What is drawn before the veil is what a trace that ends there gives.
static void a_veil_hides_all_that_comes_later(void **state) {
    char *whole, *cut;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    for (uint64_t at = 1; at < 150; at += 7) {
        struct fb_history *h, *all;

        open_at(at);
        all = p.scene.history;
        assert_int_equal(fb_history_create(&h, 0), 0);
        for (uint64_t n = 1; n <= at; n++) {
            assert_int_equal(fb_history_push(h, n, fb_history_event(all, n)),
                             0);
        }
        p.scene.veil = FB_VEIL_FUTURE;
        whole = draw_alone(90, 14, false);
        p.scene.history = h;
        cut = draw_alone(90, 14, false);
        assert_string_equal(whole, cut);
        free(whole);
        free(cut);
        fb_history_destroy(h);
        picture_close(&p);
    }
    scene_close(&trace);
}

// ---- keys ----

static void zooming_keeps_the_event_shown_in_its_column(void **state) {
    struct fb_timeline_window w, closer;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(100);
    free(draw_alone(80, 24, false));
    press_all("---");
    w = fb_lens_window(&p.scene, 64);
    assert_int_equal(w.step, 10);
    for (uint64_t step = 5; step > 0; step /= 2) { // 5, 2, 1
        press_all("+");
        closer = fb_lens_window(&p.scene, 64);
        assert_int_equal(closer.step, step);
        assert_int_equal(fb_timeline_col(&w, 100),
                         fb_timeline_col(&closer, 100));
    }
    press_all("+");
    assert_int_equal(fb_lens_window(&p.scene, 64).step, 1);
    press_all("f");
    closer = fb_lens_window(&p.scene, 64);
    assert_int_equal(closer.scale, FB_SCALE_TIME);
    assert_int_equal(
        fb_timeline_event(p.scene.history, closer.scale, closer.from), 1);
    close_all();
}

static void each_step_of_the_event_stays_in_the_window(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(1);
    for (int scale = 0; scale < 2; scale++) {
        p.scene.lens = (struct fb_lens){.scale = (uint8_t)scale,
                                        .step = scale == 0 ? 1 : 700};
        for (uint64_t at = 1; at <= picture_newest(&p); at++) {
            struct fb_timeline_window w;

            p.scene.at = at;
            w = fb_lens_window(&p.scene, 31);
            assert_in_range(
                fb_timeline_col(
                    &w, fb_timeline_place(p.scene.history, w.scale, at)),
                0, 30);
        }
    }
    close_all();
}

static void a_read_column_leads_to_its_event(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(100);
    free(draw_alone(80, 24, false));
    assert_false(press(FB_KEY_ENTER)); // nothing is read: the app's own key
    for (int i = 0; i < 5; i++) {
        assert_true(press(FB_KEY_LEFT));
    }
    check_alone("read", 80, 12, false);
    assert_true(press(FB_KEY_ENTER));
    assert_int_equal(p.scene.want_event, 95);
    assert_false(p.scene.lens.marked);
    for (int i = 0; i < 300; i++) { // the window goes along, to either end
        assert_true(press(FB_KEY_LEFT));
        assert_true(p.scene.lens.mark >= 1);
    }
    assert_true(press('g'));
    assert_int_equal(p.scene.want_event, 1);
    for (int i = 0; i < 500; i++) {
        assert_true(press(FB_KEY_RIGHT));
    }
    assert_true(press('g'));
    assert_int_equal(p.scene.want_event, picture_newest(&p));
    close_all();
}

static void a_click_selects_the_lane_and_the_event(void **state) {
    struct fb_pane *pane = &p.frame.panes[FB_PANE_TIMELINE];
    struct fb_timeline_window w;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(100);
    free(draw_alone(80, 24, false));
    w = fb_lens_window(&p.scene, 64);
    assert_true(fb_view_timeline.click(&p.scene, pane, 5, 16 + 20));
    assert_int_equal(p.scene.task, 2);
    assert_int_equal(p.scene.want_event, w.from + 20);
    assert_true(fb_view_timeline.click(&p.scene, pane, 30, 2)); // below all
    assert_int_equal(p.scene.task, 2);
    close_all();
}

static void lanes_are_chosen_by_id(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(100);
    free(draw_alone(80, 24, false));
    assert_true(press(FB_KEY_DOWN));
    assert_int_equal(p.scene.task, 4);
    assert_true(press(FB_KEY_PAGE_UP));
    assert_int_equal(p.scene.task, 1);
    p.scene.task = 77; // it is not there: its neighbours are
    assert_true(press(FB_KEY_UP));
    assert_true(p.scene.task >= 1 && p.scene.task <= 5);
    p.scene.lens.active = true;
    p.scene.lens.pinned = true;
    p.scene.lens.from = 100;
    p.scene.lens.at = 100;
    p.scene.lens.step = 1;
    free(draw_alone(30, 6, false));
    close_all();
}

// ---- with the app ----

static struct fb_app *make_app(void) {
    struct fb_app *app;
    const struct fb_app_options options = {.session = p.session};

    assert_int_equal(fb_app_create(&app, &options), 0);
    return app;
}

static void draw_app(struct fb_app *app, int cols, int rows) {
    assert_int_equal(fb_grid_resize(&p.grid, cols, rows), 0);
    fb_app_draw(app, &p.grid);
}

static void the_app_goes_where_the_timeline_and_the_scrubber_say(void **state) {
    struct fb_app *app;
    uint64_t at;
    int row, col;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    scene_end(&trace);
    picture_open(&p, trace.path);
    app = make_app();
    draw_app(app, 80, 24);
    fb_app_key(app, '2');
    draw_app(app, 80, 24);
    assert_int_equal(fb_app_scene(app)->at, 1);
    for (int i = 0; i < 9; i++) {
        fb_app_key(app, FB_KEY_RIGHT);
    }
    fb_app_key(app, FB_KEY_ENTER);
    draw_app(app, 80, 24);
    assert_int_equal(fb_app_scene(app)->at, 10);
    assert_int_equal(fb_app_scene(app)->want_event, 0);
    row = fb_app_frame(app)->scrub_row;
    assert_int_equal(row, 22);
    fb_app_click(app, row, 79);
    draw_app(app, 80, 24);
    assert_int_equal(fb_app_scene(app)->at, picture_newest(&p));
    fb_app_click(app, row, 30);
    draw_app(app, 80, 24);
    at = fb_app_scene(app)->at;
    assert_true(at > 1 && at < picture_newest(&p));
    col = 0;
    while (fb_grid_at(&p.grid, row, col)->style != FB_STYLE_SELECTED) {
        col++;
    }
    assert_in_range(col, 30, 33); // the next that holds an event
    fb_app_key(app, 'a');         // a question is asked: the picture stands
    draw_app(app, 80, 24);
    assert_non_null(fb_app_scene(app)->quiz);
    fb_app_click(app, row, 2);
    draw_app(app, 80, 24);
    assert_int_equal(fb_app_scene(app)->at, at);
    fb_app_key(app, FB_KEY_ESC);
    draw_app(app, 80, 19);
    assert_int_equal(fb_app_frame(app)->scrub_row, -1);
    fb_app_destroy(app);
    close_all();
}

// Keys may come faster than pictures: a pane that was brought up by the key
// before has its size already.
static void keys_typed_at_once_mean_what_they_mean_one_by_one(void **state) {
    struct fb_app *slow, *fast;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    scene_end(&trace);
    picture_open(&p, trace.path);
    slow = make_app();
    fast = make_app();
    draw_app(slow, 80, 24);
    draw_app(fast, 80, 24);
    for (const char *key = "2zf"; *key; key++) {
        fb_app_key(slow, (uint32_t)*key);
        draw_app(slow, 80, 24);
        fb_app_key(fast, (uint32_t)*key);
    }
    draw_app(fast, 80, 24);
    assert_int_equal(fb_app_scene(fast)->lens.step,
                     fb_app_scene(slow)->lens.step);
    assert_int_equal(fb_app_scene(fast)->lens.from,
                     fb_app_scene(slow)->lens.from);
    fb_app_destroy(slow);
    fb_app_destroy(fast);
    close_all();
}

// ---- the scrubber ----

static void the_scrubber_shows_the_whole_run(void **state) {
    static const struct fb_spot spots[] = {{30, FB_SPOT_BOOKMARK},
                                           {100, FB_SPOT_BREAKPOINT},
                                           {1000000, FB_SPOT_BREAKPOINT}};
    char *text, *all = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&all, &len);

    (void)state;
    assert_non_null(out);
    scene_open(&trace, 0);
    write_question();
    scene_put(&trace, (struct fb_event){.kind = FB_EV_TASK_SPAWN,
                                        .subject = 50,
                                        .spawn.bytes = 1 << 20}); // a lint
    trace.w.now_ns += 20000;
    scene_idle(&trace, 10);
    open_at(60);
    for (int i = 0; i < 2; i++) {
        p.scene.spots = spots;
        p.scene.spot_count = i == 0 ? 0 : sizeof(spots) / sizeof(spots[0]);
        text = draw_scrubber(80);
        fputs(text, out);
        free(text);
    }
    p.scene.veil = FB_VEIL_FUTURE;
    p.scene.recording = true;
    for (int cols = 80; cols > 0; cols /= 2) {
        text = draw_scrubber(cols);
        fputs(text, out);
        free(text);
    }
    assert_int_equal(fclose(out), 0);
    golden_check("scrubber", all);
    free(all);
    close_all();
}

static void a_click_on_the_scrubber_is_where_its_event_is_drawn(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(1);
    for (int col = 1; col < 72; col++) {
        const uint64_t event = fb_scrubber_event(&p.scene, col, 80);
        int drawn = 0;

        assert_in_range(event, 1, picture_newest(&p));
        p.scene.at = event;
        free(draw_scrubber(80));
        while (fb_grid_at(&p.grid, 0, drawn)->style != FB_STYLE_SELECTED) {
            drawn++;
        }
        assert_true(drawn >= col);
        // it is the next one there is
        assert_true(event == 1 ||
                    fb_scrubber_event(&p.scene, drawn, 80) == event);
    }
    assert_int_equal(fb_scrubber_event(&p.scene, 0, 80), 0);
    assert_int_equal(fb_scrubber_event(&p.scene, 5, 1), 0);
    close_all();
}

// ---- on paper ----

static char *print_with(struct fb_print_options options) {
    char *text = NULL, pid[32];
    size_t len;

    options.out = open_memstream(&text, &len);
    assert_non_null(options.out);
    assert_int_equal(fb_print_timeline(p.session, &options), 0);
    assert_int_equal(fclose(options.out), 0);
    snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
    golden_replace(text, pid, "pid P");
    return text;
}

static void check_printed(const char *name, struct fb_print_options options) {
    char *text = print_with(options);

    golden_check(name, text);
    free(text);
}

static void the_page_has_the_same_lanes_and_their_sums(void **state) {
    struct fb_print_options o = {.out = stdout, .from = 9999};

    (void)state;
    scene_open(&trace, 0);
    write_question();
    scene_end(&trace);
    picture_open(&p, trace.path);
    check_printed("timeline", (struct fb_print_options){0});
    check_printed("timeline_part", (struct fb_print_options){
                                       .from = 100, .to = 160, .cols = 70});
    check_printed(
        "timeline_task",
        (struct fb_print_options){
            .task = 5, .by_time = true, .ascii = true, .from = 90, .cols = 30});
    assert_int_equal(fb_print_timeline(p.session, &o), -ERANGE);
    o = (struct fb_print_options){.out = stdout, .task = 99};
    assert_int_equal(fb_print_timeline(p.session, &o), -ESRCH);
    close_all();
}

static void a_page_without_events_says_so(void **state) {
    char *text;

    (void)state;
    scene_open(&trace, 0);
    picture_open(&p, trace.path);
    text = print_with((struct fb_print_options){0});
    assert_non_null(strstr(text, "no events"));
    free(text);
    close_all();
}

// ---- many tasks ----

static void ten_thousand_lanes_show_the_selected_one(void **state) {
    enum { TASKS = 10000 };
    struct fb_history *h;
    char *text;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    open_at(0);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (uint32_t i = 1; i <= TASKS; i++) {
        const struct fb_event e = {
            .time_ns = i, .kind = FB_EV_TASK_SPAWN, .subject = i};

        assert_int_equal(fb_history_push(h, i, &e), 0);
    }
    p.scene.history = h;
    p.scene.model = fb_history_live(h);
    p.scene.at = TASKS;
    p.scene.task = 7777;
    text = draw_alone(80, 24, false);
    assert_non_null(strstr(text, "▸7777"));
    free(text);
    p.scene.lens.active = true; // these 32 were spawned in the window
    text = draw_alone(80, 24, false);
    assert_null(strstr(text, "7777"));
    free(text);
    fb_history_destroy(h);
    close_all();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_column_of_an_event_shows_a_conversation),
        cmocka_unit_test(a_column_of_time_shows_shares),
        cmocka_unit_test(workers_have_digits),
        cmocka_unit_test(lost_events_are_drawn_as_lost),
        cmocka_unit_test(every_size_and_window_is_survived),
        cmocka_unit_test(hostile_times_are_survived),
        cmocka_unit_test(a_veil_hides_all_that_comes_later),
        cmocka_unit_test(zooming_keeps_the_event_shown_in_its_column),
        cmocka_unit_test(each_step_of_the_event_stays_in_the_window),
        cmocka_unit_test(a_read_column_leads_to_its_event),
        cmocka_unit_test(a_click_selects_the_lane_and_the_event),
        cmocka_unit_test(lanes_are_chosen_by_id),
        cmocka_unit_test(the_app_goes_where_the_timeline_and_the_scrubber_say),
        cmocka_unit_test(keys_typed_at_once_mean_what_they_mean_one_by_one),
        cmocka_unit_test(the_scrubber_shows_the_whole_run),
        cmocka_unit_test(a_click_on_the_scrubber_is_where_its_event_is_drawn),
        cmocka_unit_test(the_page_has_the_same_lanes_and_their_sums),
        cmocka_unit_test(a_page_without_events_says_so),
        cmocka_unit_test(ten_thousand_lanes_show_the_selected_one),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
