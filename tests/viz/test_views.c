// Pictures as text: every view at every size, from traces that are known.
//
// FB_UPDATE=1 writes the golden frames anew (see golden.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/text.h"
#include "golden.h"
#include "picture.h"
#include "scene.h"
#include <stdlib.h>
#include <string.h>

static struct scene trace;
static struct picture p;

static const struct {
    int cols, rows;
} sizes[] = {{20, 5}, {40, 10}, {80, 24}, {100, 30}, {132, 43}, {300, 80}};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

// Three clients that say nothing and a fourth that talks.
static void write_question(void) {
    static const char *const names[] = {"127.0.0.1:50001", "127.0.0.1:50002",
                                        "127.0.0.1:50003",
                                        "Ada 127.0.0.1:50004"};

    scene_listen(&trace);
    for (int i = 0; i < 4; i++) {
        scene_connect(&trace, 7 + i, names[i]);
    }
}

static void close_session(void) {
    picture_close(&p);
    scene_close(&trace);
}

static void load_newest(void) {
    picture_load(&p, picture_newest(&p));
}

static bool picture_has(int cols, int rows, const char *words) {
    char *text = picture_draw(&p, cols, rows);
    bool has = strstr(text, words) != NULL;

    if (!has) {
        print_error("---- no \"%s\" in\n%s----\n", words, text);
    }
    free(text);
    return has;
}

static void the_whole_picture_fits_every_size(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    picture_open(&p, trace.path);
    load_newest();
    p.scene.task = 4;
    for (int i = 0; i < SIZES; i++) {
        picture_check(&p, "silent", sizes[i].cols, sizes[i].rows);
    }
    close_session();
}

static void every_pane_has_a_picture_of_its_own(void **state) {
    static const struct {
        const char *name;
        enum fb_pane_id id;
    } panes[] = {{"tasks", FB_PANE_TASKS},
                 {"tree", FB_PANE_TREE},
                 {"lanes", FB_PANE_LANES},
                 {"reactor", FB_PANE_REACTOR},
                 {"story", FB_PANE_STORY}};

    (void)state;
    scene_open(&trace, 0);
    write_question();
    scene_talk(&trace, 5, 10, 4);
    picture_open(&p, trace.path);
    load_newest();
    p.scene.task = 3;
    p.frame.zoom = true;
    for (size_t i = 0; i < sizeof(panes) / sizeof(panes[0]); i++) {
        p.frame.focus = panes[i].id;
        picture_check(&p, panes[i].name, 40, 10);
        picture_check(&p, panes[i].name, 80, 24);
        picture_check(&p, panes[i].name, 132, 43);
    }
    p.frame.overlay = FB_OVERLAY_DETAILS;
    picture_check(&p, "details", 80, 24);
    p.frame.overlay = FB_OVERLAY_HELP;
    picture_check(&p, "help", 80, 24);
    close_session();
}

// The event at which task 5 is being polled, in the middle of its read.
static uint64_t find_event(enum fb_event_kind kind, uint32_t subject) {
    struct fb_history *h = fb_session_history(p.session);

    for (uint64_t n = fb_history_last(h); n > 0; n = fb_history_prev(h, n)) {
        const struct fb_event *e = fb_history_event(h, n);

        if (e && e->kind == kind && e->subject == subject) {
            return n;
        }
    }
    fail_msg("no such event");
    return 0;
}

static void a_wake_moves_a_task_through_the_lanes(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    scene_talk(&trace, 5, 10, 4);
    picture_open(&p, trace.path);
    p.frame.zoom = true;
    p.frame.focus = FB_PANE_LANES;
    picture_load(&p, find_event(FB_EV_WAKER_DROP, 5) - 1);
    p.scene.task = 5;
    assert_true(picture_has(80, 24, "Waiting 5"));
    picture_load(&p, find_event(FB_EV_TASK_SCHEDULED, 5));
    assert_true(picture_has(80, 24, "1. 5 Ada 127.0.0.1:50004"));
    assert_true(picture_has(80, 24, "Waiting 4"));
    picture_load(&p, find_event(FB_EV_POLL_BEGIN, 5));
    assert_true(picture_has(80, 24, "● 5 Ada 127.0.0.1:50004"));
    picture_check(&p, "lanes_polled", 132, 43);
    picture_load(&p, find_event(FB_EV_TASK_DONE, 5));
    assert_true(picture_has(80, 24, "Polled now nobody"));
    close_session();
}

// Between the wake and the run queue lies one event, and a step may stop there.
static void
a_woken_task_is_on_its_way_whoever_else_has_its_waker(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    scene_put(&trace, (struct fb_event){.kind = FB_EV_WAKER_CLONE,
                                        .detail = FB_PARTY_TASK,
                                        .subject = 5,
                                        .waker = {.holder = 1, .future = 52}});
    scene_talk(&trace, 5, 10, 4);
    picture_open(&p, trace.path);
    p.frame.zoom = true;
    p.frame.focus = FB_PANE_LANES;
    picture_load(&p, find_event(FB_EV_WAKE, 5));
    assert_true(picture_has(80, 24, "woken, on their way"));
    assert_true(picture_has(80, 24, "the run queue: it is woken"));
    picture_load(&p, find_event(FB_EV_TASK_SCHEDULED, 5));
    assert_false(picture_has(80, 24, "on their way"));
    close_session();
}

static void assert_nothing_is_called_lost(uint64_t at) {
    char *text;

    picture_load(&p, at);
    text = picture_draw(&p, 80, 24);
    if (strstr(text, "lost\n") || strstr(text, "nobody holds its waker")) {
        fail_msg("at event %d:\n%s", (int)at, text);
    }
    free(text);
}

// Task 3 is woken and its poll fails.
static void write_failure(void) {
    static const struct fb_event events[] = {
        {.kind = FB_EV_WAKER_DROP,
         .detail = FB_PARTY_SOURCE,
         .flags = FB_WAKER_WOKEN,
         .subject = 3,
         .waker = {.holder = 3, .future = 32}},
        {.kind = FB_EV_WAKE, .flags = FB_PARTY_SOURCE, .subject = 3},
        {.kind = FB_EV_TASK_SCHEDULED, .subject = 3},
        {.kind = FB_EV_POLL_BEGIN, .subject = 3, .poll.future = 30},
        {.kind = FB_EV_POLL_END,
         .detail = FB_RESULT_FAILED,
         .subject = 3,
         .poll.future = 30},
    };

    for (size_t i = 0; i < sizeof(events) / sizeof(events[0]); i++) {
        scene_put(&trace, events[i]);
    }
}

static void a_waker_is_called_lost_only_when_it_is(void **state) {
    (void)state;
    scene_open(&trace, 0);
    write_question();
    scene_talk(&trace, 5, 10, 4);
    write_failure();
    picture_open(&p, trace.path);
    p.frame.zoom = true;
    p.frame.focus = FB_PANE_LANES;
    for (uint64_t n = 0; n <= trace.w.head; n++) {
        assert_nothing_is_called_lost(n); // also in the middle of any wake
    }
    scene_put(&trace, (struct fb_event){.kind = FB_EV_WAKER_DROP,
                                        .detail = FB_PARTY_SOURCE,
                                        .flags = FB_WAKER_DROPPED,
                                        .subject = 2,
                                        .waker = {.holder = 2, .future = 22}});
    assert_true(fb_session_pump(p.session) > 0);
    load_newest();
    assert_true(picture_has(80, 24, "for nobody: the waker is lost\n"));
    assert_true(picture_has(80, 24, "nobody holds its waker"));
    close_session();
}

static void the_picture_of_an_event_is_the_same_whoever_asks(void **state) {
    char *first = NULL, *second = NULL;
    size_t len;
    FILE *out;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    scene_talk(&trace, 5, 10, 4);
    picture_open(&p, trace.path);
    for (int i = 0; i < 2; i++) {
        out = open_memstream(i == 0 ? &first : &second, &len);
        assert_int_equal(fb_frame_print(p.session, 100, 30, 60, false, out), 0);
        assert_int_equal(fclose(out), 0);
        // looking elsewhere in between must leave no trace
        picture_load(&p, 20);
        load_newest();
    }
    assert_string_equal(first, second);
    assert_non_null(strstr(first, "event 60"));
    free(first);
    free(second);
    close_session();
}

static void no_task_at_all_is_a_picture_too(void **state) {
    (void)state;
    scene_open(&trace, 0);
    picture_open(&p, trace.path);
    load_newest();
    for (int i = 0; i < SIZES; i++) {
        picture_check(&p, "empty", sizes[i].cols, sizes[i].rows);
    }
    close_session();
}

static void ten_thousand_tasks_keep_the_selection_in_sight(void **state) {
    char label[40];

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    for (int i = 0; i < 10000; i++) {
        snprintf(label, sizeof(label), "client %d", i);
        scene_connect(&trace, 6 + i, label);
    }
    picture_open(&p, trace.path);
    load_newest();
    p.scene.task = 7777;
    assert_int_equal(p.scene.model->live_tasks, 10001);
    assert_true(picture_has(80, 24, "▸  7777 ○ idle      client 7775"));
    assert_true(picture_has(80, 24, "10,001 live"));
    p.frame.focus = FB_PANE_TASKS;
    assert_true(fb_view_tasks.key(&p.scene, &p.frame.panes[0], FB_KEY_END));
    assert_int_equal(p.scene.task, 10001);
    assert_true(fb_view_tasks.key(&p.scene, &p.frame.panes[0], FB_KEY_HOME));
    assert_int_equal(p.scene.task, 1);
    for (int pane = 0; pane < FB_PANE_LOG; pane++) {
        if (fb_frame_has(&p.frame, (enum fb_pane_id)pane)) {
            p.frame.focus = (enum fb_pane_id)pane;
            free(picture_draw(&p, 300, 80));
        }
    }
    close_session();
}

static void lanes_show_the_selected_task_however_many_there_are(void **state) {
    char *text;

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    for (int i = 0; i < 60; i++) {
        scene_connect(&trace, 6 + i, "client");
    }
    for (uint32_t task = 20; task < 50; task++) { // a burst of wakes
        scene_put(&trace, (struct fb_event){.kind = FB_EV_TASK_SCHEDULED,
                                            .subject = task});
    }
    picture_open(&p, trace.path);
    load_newest();
    p.frame.focus = FB_PANE_TREE;
    for (p.scene.task = 1; p.scene.task <= 61; p.scene.task++) {
        char words[40];

        text = picture_draw(&p, 300, 60); // the lanes beside each other
        snprintf(words, sizeof(words), "▸   %d client ", (int)p.scene.task);
        if (p.scene.task == 2) {
            assert_non_null(strstr(text, "→"));
        }
        if ((p.scene.task > 1 && p.scene.task < 20) || p.scene.task >= 50) {
            assert_non_null(strstr(text, words));
        }
        free(text);
        text = picture_draw(&p, 100, 30);
        snprintf(words, sizeof(words), "│▸   %d ", (int)p.scene.task);
        if (p.scene.task < 20 || p.scene.task >= 50) { // it waits
            assert_non_null(strstr(text, words));
        } else if (p.scene.task < 23) { // the head of the run queue
            snprintf(words, sizeof(words), "│▸ %d. %d ", (int)p.scene.task - 19,
                     (int)p.scene.task);
            assert_non_null(strstr(text, words));
            assert_non_null(strstr(text, "more"));
            assert_non_null(strstr(text, "Polled now"));
        }
        free(text);
    }
    close_session();
}

static void lost_events_are_said_in_the_header(void **state) {
    (void)state;
    scene_open(&trace, 64);
    scene_listen(&trace);
    picture_open(&p, trace.path);
    scene_idle(&trace, 400);
    assert_true(fb_session_pump(p.session) > 0);
    load_newest();
    assert_true(p.scene.lost > 0);
    assert_true(picture_has(132, 43, "lost "));
    assert_true(picture_has(132, 43, " events, last "));
    assert_true(picture_has(132, 43, "incomplete until the next census"));
    close_session();
}

// Cells hold only what may be shown, and only what fits.
static void check_cells(void) {
    for (int row = 0; row < p.grid.rows; row++) {
        for (int col = 0; col < p.grid.cols; col++) {
            const struct fb_cell *c = fb_grid_at(&p.grid, row, col);

            if (c->scalar == 0) {
                assert_true(col > 0);
                assert_int_equal(
                    fb_text_width(fb_grid_at(&p.grid, row, col - 1)->scalar),
                    2);
            } else {
                assert_true(fb_text_width(c->scalar) > 0);
            }
            assert_true(c->style < FB_STYLES);
        }
    }
}

static void hostile_labels_do_no_harm_at_any_size(void **state) {
    static const char *const labels[] = {
        "\033]0;owned\007\033[2J\033[H",
        ("\xe2\x80\xae"
         "drowssap"),
        "\xff\xfe\xc0\x80\xed\xa0\x80",
        "e\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
        "日本語日本語日本語日本語日本語日本語",
        "\xf0\x9f\x91\xa9\xe2\x80\x8d\xf0\x9f\x9a\x80%s%n",
        "\n\r\t\b\x7f\xc2\x85\xc2\x9b",
        "",
    };

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    for (size_t i = 0; i < sizeof(labels) / sizeof(labels[0]); i++) {
        scene_connect(&trace, 7 + (int)i, labels[i]);
    }
    picture_open(&p, trace.path);
    load_newest();
    for (int cols = 0; cols < 170; cols += 3) {
        for (int rows = 0; rows < 50; rows += 3) {
            p.scene.task = (uint32_t)((cols + rows) % 9 + 1);
            fb_frame_focus_turn(&p.frame, 1);
            fb_frame_focus_next(&p.frame, cols % 2 ? 1 : -1);
            p.frame.zoom = rows % 2;
            p.frame.overlay = (enum fb_overlay)(rows / 3 % 3);
            p.grid.ascii = cols % 2;
            free(picture_draw(&p, cols, rows));
            check_cells();
        }
    }
    p.grid.ascii = false;
    close_session();
}

static void ascii_pictures_hold_nothing_but_ascii(void **state) {
    char *text;

    (void)state;
    scene_open(&trace, 0);
    write_question();
    picture_open(&p, trace.path);
    load_newest();
    p.scene.task = 2;
    p.grid.ascii = true;
    text = picture_draw(&p, 132, 43);
    for (const char *c = text; *c; c++) {
        assert_true(*c == '\n' || (*c >= 0x20 && *c < 0x7f));
    }
    free(text);
    picture_check(&p, "ascii", 80, 24);
    p.grid.ascii = false;
    close_session();
}

static void focus_goes_round_all_panes_and_back(void **state) {
    enum fb_pane_id at;

    (void)state;
    fb_frame_init(&p.frame, NULL);
    for (int i = 0; i < FB_PANES; i++) {
        if (fb_frame_has(&p.frame, (enum fb_pane_id)i)) {
            fb_frame_focus_next(&p.frame, 1);
        }
    }
    assert_int_equal(p.frame.focus, FB_PANE_TASKS);
    fb_frame_focus_next(&p.frame, -1);
    at = p.frame.focus;
    for (int i = at + 1; i < FB_PANES; i++) { // it is the last there is
        assert_false(fb_frame_has(&p.frame, (enum fb_pane_id)i));
    }
    fb_frame_init(&p.frame, &fb_view_details);
    fb_frame_focus_next(&p.frame, -1);
    assert_int_equal(p.frame.focus, FB_PANE_GUEST);
}

// A waker that was just used up is no lost one.
static void details_know_a_wake_under_way_from_a_lost_waker(void **state) {
    char *text;

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "127.0.0.1:50001");
    scene_put(&trace, (struct fb_event){.kind = FB_EV_WAKER_DROP,
                                        .detail = FB_PARTY_SOURCE,
                                        .flags = FB_WAKER_DROPPED,
                                        .subject = 2,
                                        .waker = {.holder = 2, .future = 22}});
    scene_idle(&trace, 1);
    picture_open(&p, trace.path);
    p.frame.overlay = FB_OVERLAY_DETAILS;
    load_newest();
    p.scene.task = 2;
    assert_true(picture_has(80, 24, "none: nobody will wake it"));
    picture_load(&p, find_event(FB_EV_WAKE, 1));
    p.scene.task = 1;
    text = picture_draw(&p, 80, 24);
    assert_non_null(strstr(text, "none now"));
    assert_null(strstr(text, "nobody will wake it"));
    free(text);
    close_session();
}

static void the_least_of_all_results_is_shown_too(void **state) {
    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_put(&trace, (struct fb_event){.kind = FB_EV_FUTURE_EXIT,
                                        .detail = FB_RESULT_READY,
                                        .subject = 2,
                                        .exit = {.task = 1, .out = INT32_MIN}});
    scene_put(&trace, (struct fb_event){.kind = FB_EV_TASK_DONE,
                                        .detail = FB_OUTCOME_ERROR,
                                        .subject = 1,
                                        .done.out = INT32_MIN});
    picture_open(&p, trace.path);
    load_newest();
    p.scene.task = 1;
    assert_true(picture_has(132, 43, "error: ?"));
    assert_true(picture_has(132, 43, "ready: ?"));
    close_session();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_whole_picture_fits_every_size),
        cmocka_unit_test(every_pane_has_a_picture_of_its_own),
        cmocka_unit_test(a_wake_moves_a_task_through_the_lanes),
        cmocka_unit_test(a_woken_task_is_on_its_way_whoever_else_has_its_waker),
        cmocka_unit_test(a_waker_is_called_lost_only_when_it_is),
        cmocka_unit_test(the_picture_of_an_event_is_the_same_whoever_asks),
        cmocka_unit_test(no_task_at_all_is_a_picture_too),
        cmocka_unit_test(ten_thousand_tasks_keep_the_selection_in_sight),
        cmocka_unit_test(lanes_show_the_selected_task_however_many_there_are),
        cmocka_unit_test(lost_events_are_said_in_the_header),
        cmocka_unit_test(hostile_labels_do_no_harm_at_any_size),
        cmocka_unit_test(ascii_pictures_hold_nothing_but_ascii),
        cmocka_unit_test(focus_goes_round_all_panes_and_back),
        cmocka_unit_test(details_know_a_wake_under_way_from_a_lost_waker),
        cmocka_unit_test(the_least_of_all_results_is_shown_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
