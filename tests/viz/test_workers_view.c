// Programs with several executor threads, on the screen and on paper: one
// picture out of all their rings.
//
// FB_UPDATE=1 writes the golden files anew (see golden.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "lives.h"
#include "picture.h"
#include "print.h"
#include "scene.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct scene trace;
static struct picture p;

enum { CLIENTS = 9, FIRST_FD = 7 };

static int fd_of(uint32_t task) {
    return FIRST_FD + (int)task - 2;
}

// Clients come, accepted by one worker after the other. Then all workers but
// the last, which stays parked, have work: worker 0 polls task 3 while 4, 5
// and 6 wait for it, worker 1 has stolen task 7 and polls it.
static void write_busy(uint32_t workers) {
    char label[32];

    scene_open_workers(&trace, 0, workers);
    scene_listen(&trace);
    for (uint32_t i = 0; i < CLIENTS; i++) {
        trace.worker = i % workers;
        snprintf(label, sizeof(label), "127.0.0.1:%u", 50001 + i);
        scene_connect(&trace, fd_of(i + 2), label);
    }
    trace.worker = 0;
    for (uint32_t task = 3; task <= 7; task++) {
        scene_wake(&trace, task, fd_of(task));
    }
    scene_read(&trace, 3, fd_of(3), 4);
    if (workers > 1) {
        trace.worker = 1;
        scene_put(&trace, (struct fb_event){.kind = FB_EV_UNPARK});
        scene_steal(&trace, 7);
        scene_read(&trace, 7, fd_of(7), 4);
    }
    if (workers > 2) {
        trace.worker = 2;
        scene_wake(&trace, 8, fd_of(8));
    }
}

static void close_session(void) {
    picture_close(&p);
    scene_close(&trace);
}

static void check_pictures(uint32_t workers, const char *whole,
                           const char *lanes) {
    write_busy(workers);
    picture_open(&p, trace.path);
    picture_load(&p, picture_newest(&p));
    p.scene.task = 7;
    p.frame.focus = FB_PANE_LANES;
    picture_check(&p, whole, 80, 24);
    picture_check(&p, whole, 160, 50);
    p.frame.zoom = true;
    picture_check(&p, lanes, 80, 24);
    picture_check(&p, lanes, 160, 50);
    close_session();
}

static void two_workers_have_a_lane_each(void **state) {
    (void)state;
    check_pictures(2, "workers2", "workers2_lanes");
}

static void four_workers_have_a_lane_each(void **state) {
    (void)state;
    check_pictures(4, "workers4", "workers4_lanes");
}

static void the_reactor_pane_counts_the_parked(void **state) {
    char *text;

    (void)state;
    write_busy(4);
    picture_open(&p, trace.path);
    picture_load(&p, picture_newest(&p));
    p.frame.focus = FB_PANE_REACTOR;
    p.frame.zoom = true;
    text = picture_draw(&p, 100, 30);
    assert_non_null(
        strstr(text, "1 of 4 workers parked until something is ready"));
    free(text);
    close_session();
}

// Every size, every moment: nothing but whole lines, and the same picture
// forwards and backwards.
static void looking_back_gives_the_same_pictures(void **state) {
    char *there[400] = {0};

    (void)state;
    write_busy(4);
    picture_open(&p, trace.path);
    assert_true(picture_newest(&p) < 400);
    for (uint64_t at = 1; at <= picture_newest(&p); at++) {
        picture_load(&p, at);
        there[at] = picture_draw(&p, 100, 30);
    }
    for (uint64_t at = picture_newest(&p); at > 0; at--) {
        char *back;

        picture_load(&p, at);
        back = picture_draw(&p, 100, 30);
        assert_string_equal(back, there[at]);
        free(back);
        free(there[at]);
    }
    close_session();
}

static void the_merged_trace_is_of_legal_lives(void **state) {
    const struct fb_history *h;
    struct fb_lives *lives;

    (void)state;
    write_busy(4);
    picture_open(&p, trace.path);
    h = fb_session_history(p.session);
    assert_int_equal(fb_history_count(h), picture_newest(&p));
    assert_int_equal(fb_lives_create(&lives), 0);
    fb_lives_several(lives);
    for (uint64_t at = 1; at <= picture_newest(&p); at++) {
        assert_int_equal(fb_lives_feed(lives, at, fb_history_event(h, at)), 0);
    }
    fb_lives_finish(lives, FB_LIVES_CUT);
    if (fb_lives_violations(lives) > 0) {
        fail_msg("event %llu: %s",
                 (unsigned long long)fb_lives_fault(lives, 0)->event,
                 fb_lives_fault(lives, 0)->text);
    }
    fb_lives_destroy(lives);
    close_session();
}

// ---- on paper ----

typedef int printer(struct fb_session *s, const struct fb_print_options *o);

static char *print_with(printer *print, struct fb_print_options options) {
    char *text = NULL, pid[32];
    size_t len;

    options.out = open_memstream(&text, &len);
    assert_non_null(options.out);
    assert_int_equal(print(p.session, &options), 0);
    assert_int_equal(fclose(options.out), 0);
    snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
    golden_replace(text, pid, "pid P");
    return text;
}

static void pages_say_what_each_worker_does(void **state) {
    char *text;

    (void)state;
    write_busy(4);
    picture_open(&p, trace.path);
    text = print_with(fb_print_tree, (struct fb_print_options){0});
    golden_check("tree_workers4", text);
    free(text);
    text =
        print_with(fb_print_story,
                   (struct fb_print_options){.from = picture_newest(&p) - 22});
    golden_check("story_workers4", text);
    free(text);
    text =
        print_with(fb_print_events,
                   (struct fb_print_options){.from = picture_newest(&p) - 22});
    golden_check("events_workers4", text);
    free(text);
    close_session();
}

static json_int_t number_of(const json_t *o, const char *name) {
    return json_integer_value(json_object_get(o, name));
}

static void json_has_each_worker(void **state) {
    json_t *o, *workers, *w;
    char *text;

    (void)state;
    write_busy(4);
    picture_open(&p, trace.path);
    text = print_with(fb_print_json, (struct fb_print_options){0});
    o = json_loads(text, 0, NULL);
    free(text);
    workers = json_object_get(json_object_get(o, "executor"), "workers");
    assert_int_equal(json_array_size(workers), 4);
    w = json_array_get(workers, 0);
    assert_int_equal(number_of(w, "running"), 3);
    assert_int_equal(json_array_size(json_object_get(w, "run_queue")), 3);
    w = json_array_get(workers, 1);
    assert_int_equal(number_of(w, "worker"), 1);
    assert_int_equal(number_of(w, "running"), 7);
    w = json_array_get(workers, 3);
    assert_true(json_is_null(json_object_get(w, "running")));
    assert_true(json_is_true(json_object_get(w, "parked")));
    json_decref(o);
    close_session();
}

// ---- sessions ----

// One ring wraps while the others keep old events: the gap is told exactly, a
// census in another ring makes the picture exact again.
static void a_ring_that_wraps_is_a_gap_in_the_row(void **state) {
    const struct fb_session_gap *gaps;
    uint64_t lost, before;

    (void)state;
    scene_open_workers(&trace, 64, 2);
    scene_listen(&trace);
    trace.worker = 1;
    scene_connect(&trace, 7, "Ada");
    picture_open(&p, trace.path);
    before = picture_newest(&p);
    assert_true(fb_session_facts(p.session)->exact);
    assert_int_equal(fb_session_facts(p.session)->workers, 2);
    trace.worker = 0;
    scene_idle(&trace, 60); // 120 events: worker 0's ring has gone round
    assert_true(fb_session_pump(p.session) > 0);
    assert_int_equal(fb_session_gaps(p.session, &gaps, &lost), 1);
    assert_int_equal(gaps[0].first, before + 1);
    assert_int_equal(lost, gaps[0].last - before);
    assert_int_equal(fb_history_next(fb_session_history(p.session), before),
                     gaps[0].last + 1);
    assert_true(fb_history_live(fb_session_history(p.session))->uncertain);
    trace.worker = 1;
    scene_census(&trace, 2, 7, "Ada");
    assert_true(fb_session_pump(p.session) > 0);
    assert_false(fb_history_live(fb_session_history(p.session))->uncertain);
    close_session();
}

static void rings_that_contradict_each_other_are_refused(void **state) {
    char why[FB_SESSION_WHY_BYTES];

    (void)state;
    write_busy(2);
    trace.others[0].numbers[3] = 1; // it was given to worker 0
    scene_end(&trace);
    assert_int_equal(
        fb_session_open(&p.session, trace.path, false, why, sizeof(why)),
        -EBADMSG);
    assert_non_null(strstr(why, "its rings are damaged"));
    scene_close(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_workers_have_a_lane_each),
        cmocka_unit_test(four_workers_have_a_lane_each),
        cmocka_unit_test(the_reactor_pane_counts_the_parked),
        cmocka_unit_test(looking_back_gives_the_same_pictures),
        cmocka_unit_test(the_merged_trace_is_of_legal_lives),
        cmocka_unit_test(pages_say_what_each_worker_does),
        cmocka_unit_test(json_has_each_worker),
        cmocka_unit_test(a_ring_that_wraps_is_a_gap_in_the_row),
        cmocka_unit_test(rings_that_contradict_each_other_are_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
