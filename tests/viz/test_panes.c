// The panes about numbers and waiting: statistics, wakers, waits-for; each as
// text at every size, from traces whose every event is known, and the pages of
// `print` that say the same.
//
// FB_UPDATE=1 writes the golden panes anew (see golden.h).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/text.h"
#include "golden.h"
#include "picture.h"
#include "print.h"
#include "scene.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct scene trace;
static struct picture p;

static struct fb_trace_site LEFT = {
    .name = "left", .file = "src/pair.c", .line = 20, .size = 96};
static struct fb_trace_site JOIN = {
    .name = "join_task", .file = "core/task.c", .line = 300, .size = 64};

static const struct {
    int cols, rows;
} sizes[] = {{20, 5}, {40, 10}, {80, 24}, {132, 43}};
enum { SIZES = sizeof(sizes) / sizeof(sizes[0]) };

// ---- the scene ----

static void put_poll(uint32_t task, bool end) {
    scene_put(&trace,
              (struct fb_event){.kind = end ? FB_EV_POLL_END : FB_EV_POLL_BEGIN,
                                .subject = task,
                                .poll.future = task == 1 ? 1 : task * 10});
}

static void put_scheduled(uint32_t task) {
    scene_put(&trace, (struct fb_event){.kind = FB_EV_TASK_SCHEDULED,
                                        .subject = task,
                                        .scheduled.depth = 1});
}

// `task` is polled and awaits something at `line`.
static void put_wait(uint32_t task, enum fb_party party, uint32_t holder,
                     uint16_t interest, uint32_t line) {
    const uint32_t future = 900000 + (uint32_t)trace.w.head;
    const uint16_t type = fb_trace_site_index(&trace.w, &JOIN);

    put_scheduled(task);
    put_poll(task, false);
    scene_put(&trace, (struct fb_event){.kind = FB_EV_FUTURE_ENTER,
                                        .subject = future,
                                        .enter = {.parent = task * 10,
                                                  .task = task,
                                                  .type = type,
                                                  .line = line}});
    scene_put(&trace,
              (struct fb_event){.kind = FB_EV_WAKER_CLONE,
                                .detail = (uint8_t)party,
                                .flags = interest,
                                .subject = task,
                                .waker = {.holder = holder, .future = future}});
    scene_put(&trace, (struct fb_event){.kind = FB_EV_FUTURE_EXIT,
                                        .subject = future,
                                        .exit = {.parent = task * 10,
                                                 .task = task,
                                                 .line = JOIN.line}});
    put_poll(task, true);
}

static void put_task(uint32_t task, const char *label) {
    const uint16_t type = fb_trace_site_index(&trace.w, &LEFT);

    scene_put(&trace, (struct fb_event){.kind = FB_EV_TASK_SPAWN,
                                        .subject = task,
                                        .spawn = {.root_future = task * 10,
                                                  .type = type,
                                                  .site = type,
                                                  .bytes = 208}});
    fb_trace_text(&trace.w, FB_EV_TASK_LABEL, task, label, strlen(label), 0);
}

// Two clients; three tasks that wait for each other in a ring; one that waits
// for one of these, and one whose chain ends at a client.
static void write_ring(void) {
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "127.0.0.1:50001");
    scene_connect(&trace, 8, "Ada 127.0.0.1:50002");
    scene_put(&trace, (struct fb_event){.kind = FB_EV_UNPARK});
    for (uint32_t task = 4; task <= 8; task++) {
        static const char *const labels[] = {"left", "middle", "right",
                                             "outside", "audit"};

        put_task(task, labels[task - 4]);
    }
    put_wait(4, FB_PARTY_TASK, 5, 0, 31);
    scene_put(&trace, (struct fb_event){.kind = FB_EV_CHANNEL,
                                        .detail = FB_CHANNEL_TAKE,
                                        .flags = FB_CHANNEL_MUTEX,
                                        .subject = 1,
                                        .channel = {.task = 6, .amount = 1}});
    put_wait(5, FB_PARTY_CHANNEL, 1, FB_AWAITS_MUTEX, 44);
    put_wait(6, FB_PARTY_TASK, 4, 0, 52);
    put_wait(7, FB_PARTY_TASK, 6, 0, 60);
    put_wait(8, FB_PARTY_TASK, 3, 0, 71);
}

// Polls of every length; task 2 is woken by this and that.
static void write_numbers(void) {
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "127.0.0.1:50001");
    scene_put(&trace, (struct fb_event){.kind = FB_EV_UNPARK});
    for (uint64_t i = 0; i < 240; i++) {
        scene_put(&trace,
                  (struct fb_event){.kind = FB_EV_WAKE,
                                    .detail = i % 5 == 4 ? FB_WAKE_COALESCED
                                                         : FB_WAKE_SCHEDULED,
                                    .flags = i % 3 == 0 ? FB_PARTY_TASK
                                                        : FB_PARTY_CHANNEL,
                                    .subject = 2,
                                    .wake = {.cause = i % 3 == 0 ? 2 : 9,
                                             .interest = FB_AWAITS_MESSAGE}});
        if (i % 5 == 4) {
            continue;
        }
        put_scheduled(2);
        trace.w.now_ns += i % 7 == 0 ? 0 : 100 + i * i * 3;
        put_poll(2, false);
        trace.w.now_ns += 2000 + (i % 13) * 700 + (i == 120 ? 900000 : 0);
        put_poll(2, true);
    }
}

// ---- looking ----

static void open_picture(uint32_t task) {
    picture_open(&p, trace.path);
    picture_load(&p, picture_newest(&p));
    p.scene.task = task;
}

static void close_all(void) {
    picture_close(&p);
    scene_close(&trace);
}

// The body of one pane alone.
static char *draw(const struct fb_view *view, struct fb_pane *pane, int cols,
                  int rows) {
    const struct fb_area area = {.rows = rows, .cols = cols};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(fb_grid_resize(&p.grid, cols, rows), 0);
    pane->area = (struct fb_area){.rows = rows + 1, .cols = cols};
    view->draw(&p.scene, pane, &p.grid, area);
    fb_grid_print(&p.grid, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static void check_sizes(const struct fb_view *view, const char *name) {
    for (int i = 0; i < SIZES; i++) {
        struct fb_pane pane = {.view = view};
        char golden[80];
        char *text = draw(view, &pane, sizes[i].cols, sizes[i].rows);

        snprintf(golden, sizeof(golden), "pane_%s_%dx%d", name, sizes[i].cols,
                 sizes[i].rows);
        golden_check(golden, text);
        free(text);
    }
}

static char *print_page(int (*print)(struct fb_session *,
                                     const struct fb_print_options *),
                        struct fb_print_options options, int status) {
    char *text = NULL, pid[32];
    size_t len = 0;

    options.out = open_memstream(&text, &len);
    assert_non_null(options.out);
    assert_int_equal(print(p.session, &options), status);
    assert_int_equal(fclose(options.out), 0);
    snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
    golden_replace(text, pid, "pid P");
    return text;
}

static void check_page(const char *name,
                       int (*print)(struct fb_session *,
                                    const struct fb_print_options *),
                       struct fb_print_options options, int status) {
    char *text = print_page(print, options, status);

    golden_check(name, text);
    free(text);
}

// ---- waits-for ----

static void a_ring_is_drawn_with_the_lines_that_make_it(void **state) {
    (void)state;
    write_ring();
    open_picture(5);
    check_sizes(&fb_view_waits, "waits");
    check_page("waits_ring", fb_print_waits, (struct fb_print_options){0}, 1);
    p.grid.ascii = true;
    {
        struct fb_pane pane = {.view = &fb_view_waits};
        char *text = draw(&fb_view_waits, &pane, 80, 24);

        golden_check("pane_waits_ascii", text);
        free(text);
    }
    p.grid.ascii = false;
    close_all();
}

static void without_a_ring_the_page_is_good_news(void **state) {
    char *text;

    (void)state;
    write_ring();
    open_picture(2);
    text = print_page(fb_print_waits, (struct fb_print_options){.at = 60}, 0);
    assert_non_null(strstr(text, "no task waits for another\n"));
    free(text);
    close_all();
}

// Arrows go through the tasks that wait, as they stand on the screen.
static void arrows_choose_a_task_that_waits(void **state) {
    static const uint32_t order[] = {4, 5, 6, 7, 8, 3, 1, 2};
    struct fb_pane pane = {.view = &fb_view_waits};

    (void)state;
    write_ring();
    open_picture(0);
    p.scene.follow = true;
    for (int i = 0; i < 8; i++) {
        assert_true(fb_view_waits.key(&p.scene, &pane, FB_KEY_DOWN));
        assert_int_equal(p.scene.task, order[i]);
    }
    assert_false(p.scene.follow);
    assert_true(fb_view_waits.key(&p.scene, &pane, 'j'));
    assert_int_equal(p.scene.task, 2); // the last one stays
    for (int i = 6; i >= 0; i--) {
        assert_true(fb_view_waits.key(&p.scene, &pane, 'k'));
        assert_int_equal(p.scene.task, order[i]);
    }
    assert_true(fb_view_waits.key(&p.scene, &pane, FB_KEY_UP));
    assert_int_equal(p.scene.task, 4);
    assert_true(fb_view_waits.key(&p.scene, &pane, FB_KEY_END));
    assert_int_equal(p.scene.task, 2);
    assert_true(fb_view_waits.key(&p.scene, &pane, FB_KEY_HOME));
    assert_int_equal(p.scene.task, 4);
    assert_false(fb_view_waits.key(&p.scene, &pane, 'x'));
    close_all();
}

// A row of the screen is one row of the ring, or two where it is narrow.
static void a_click_chooses_the_task_of_its_row(void **state) {
    struct fb_pane pane = {.view = &fb_view_waits};

    (void)state;
    write_ring();
    open_picture(0);
    free(draw(&fb_view_waits, &pane, 80, 24));
    assert_false(fb_view_waits.click(&p.scene, &pane, 0, 3)); // the heading
    assert_true(fb_view_waits.click(&p.scene, &pane, 2, 3));
    assert_int_equal(p.scene.task, 5);
    free(draw(&fb_view_waits, &pane, 40, 24));
    assert_true(fb_view_waits.click(&p.scene, &pane, 3 + 4, 3));
    assert_int_equal(p.scene.task, 6);
    assert_false(fb_view_waits.click(&p.scene, &pane, 23, 3));
    close_all();
}

static void the_selected_task_is_in_sight_on_a_low_screen(void **state) {
    (void)state;
    write_ring();
    open_picture(0);
    for (uint32_t task = 1; task <= 8; task++) {
        struct fb_pane pane = {.view = &fb_view_waits};
        char *text;

        p.scene.task = task;
        text = draw(&fb_view_waits, &pane, 33, 3);
        assert_non_null(strstr(text, "▸"));
        assert_non_null(strstr(text, "→"));
        free(text);
    }
    close_all();
}

// ---- wakers ----

static void wakers_say_where_they_are_and_what_came_of_them(void **state) {
    (void)state;
    write_numbers();
    open_picture(2);
    check_sizes(&fb_view_wakers, "wakers");
    check_page("wakers_all", fb_print_wakers, (struct fb_print_options){0}, 0);
    check_page("wakers_task", fb_print_wakers,
               (struct fb_print_options){.task = 2}, 0);
    close_all();
}

static void a_waker_that_outlives_its_task_is_marked(void **state) {
    struct fb_pane pane = {.view = &fb_view_wakers};
    char *text;

    (void)state;
    write_ring();
    scene_put(&trace, (struct fb_event){.kind = FB_EV_TASK_DONE,
                                        .detail = FB_OUTCOME_CANCELLED,
                                        .subject = 8});
    scene_put(&trace, (struct fb_event){.kind = FB_EV_WAKE,
                                        .detail = FB_WAKE_AFTER_COMPLETE,
                                        .flags = FB_PARTY_TASK,
                                        .subject = 8,
                                        .wake.cause = 3});
    open_picture(8);
    text = draw(&fb_view_wakers, &pane, 80, 24);
    assert_non_null(strstr(text, "✗ task 3 finishing, stored by join_task"));
    assert_non_null(strstr(text, "after completion: it wakes nobody any more"));
    assert_non_null(strstr(text, "✗ by task 3; after completion: too late"));
    free(text);
    p.scene.task = 99;
    text = draw(&fb_view_wakers, &pane, 80, 24);
    assert_non_null(strstr(text, "does not exist at this event"));
    free(text);
    p.scene.task = 0;
    text = draw(&fb_view_wakers, &pane, 80, 24);
    assert_non_null(strstr(text, "No task is selected"));
    free(text);
    close_all();
}

// ---- statistics ----

static void numbers_stand_as_a_table_and_as_bars(void **state) {
    (void)state;
    write_numbers();
    open_picture(2);
    check_sizes(&fb_view_stats, "stats");
    check_page("stats_all", fb_print_stats, (struct fb_print_options){0}, 0);
    check_page("stats_task", fb_print_stats,
               (struct fb_print_options){.task = 2, .ascii = true}, 0);
    close_all();
}

static void the_world_before_has_its_own_numbers(void **state) {
    char *text;

    (void)state;
    write_numbers();
    open_picture(2);
    text = print_page(fb_print_stats,
                      (struct fb_print_options){.at = 45, .task = 2}, 0);
    assert_non_null(strstr(text, "Poll time: 1 poll: half took at most 1 µs"));
    free(text);
    close_all();
}

// Every row of the pane can be scrolled to, and the last page is full.
static void a_low_pane_scrolls_to_its_end(void **state) {
    struct fb_pane pane = {.view = &fb_view_stats};
    char *text;

    (void)state;
    write_numbers();
    open_picture(2);
    free(draw(&fb_view_stats, &pane, 80, 5));
    assert_int_equal(pane.above, 0);
    assert_true(pane.below > 20);
    pane.scroll = 1 << 20;
    text = draw(&fb_view_stats, &pane, 80, 5);
    assert_int_equal(pane.below, 0);
    assert_non_null(strstr(text, "Percentiles are right to"));
    free(text);
    close_all();
}

static json_t *print_json(void) {
    char *text = print_page(fb_print_json, (struct fb_print_options){0}, 0);
    json_t *o = json_loads(text, 0, NULL);

    assert_non_null(o);
    free(text);
    return o;
}

static json_int_t number_at(json_t *o, const char *object, const char *key) {
    return json_integer_value(json_object_get(json_object_get(o, object), key));
}

static void json_holds_the_numbers_and_the_rings(void **state) {
    json_t *o, *poll, *ring;

    (void)state;
    write_numbers();
    open_picture(2);
    o = print_json();
    poll = json_object_get(json_object_get(o, "stats"), "poll");
    assert_int_equal(json_integer_value(json_object_get(poll, "count")), 195);
    assert_int_equal(json_integer_value(json_object_get(poll, "max_ns")),
                     904100);
    assert_true(json_integer_value(json_object_get(poll, "p50_ns")) > 2000);
    assert_int_equal(number_at(o, "stats", "polls_in_vain"), 192);
    assert_true(json_array_size(json_object_get(poll, "buckets")) > 5);
    json_decref(o);
    close_all();
    write_ring();
    open_picture(2);
    o = print_json();
    assert_true(json_is_true(
        json_object_get(json_object_get(o, "waits_for"), "deadlock")));
    ring = json_array_get(
        json_object_get(json_object_get(o, "waits_for"), "rings"), 0);
    ring = json_array_get(json_object_get(ring, "waits"), 1);
    assert_int_equal(json_integer_value(json_object_get(ring, "task")), 5);
    assert_int_equal(json_integer_value(json_object_get(ring, "on")), 6);
    assert_string_equal(json_string_value(json_object_get(ring, "at")),
                        "pair.c:44");
    json_decref(o);
    close_all();
}

// ---- many ----

static double cpu_ms(void) {
    struct timespec t;

    assert_int_equal(clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t), 0);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void ten_thousand_tasks_are_drawn_as_soon_as_ten(void **state) {
    static const struct fb_view *const views[] = {
        &fb_view_waits, &fb_view_wakers, &fb_view_stats};
    char label[32];

    (void)state;
    scene_open(&trace, 1 << 20);
    scene_listen(&trace);
    for (int i = 0; i < 10000; i++) {
        snprintf(label, sizeof(label), "client %d", i);
        scene_connect(&trace, 6 + i, label);
    }
    open_picture(7777);
    for (int i = 0; i < 3; i++) {
        struct fb_pane pane = {.view = views[i]};
        double begin, took;
        char *text;

        free(draw(views[i], &pane, 132, 43));
        begin = cpu_ms(); // as a second frame
        text = draw(views[i], &pane, 132, 43);
        took = cpu_ms() - begin;
        print_message("%s: %.2f ms\n", views[i]->name, took);
        // the task, or its label
        assert_non_null(strstr(text, i == 1 ? "of them" : "7777"));
        free(text);
    }
    close_all();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_ring_is_drawn_with_the_lines_that_make_it),
        cmocka_unit_test(without_a_ring_the_page_is_good_news),
        cmocka_unit_test(arrows_choose_a_task_that_waits),
        cmocka_unit_test(a_click_chooses_the_task_of_its_row),
        cmocka_unit_test(the_selected_task_is_in_sight_on_a_low_screen),
        cmocka_unit_test(wakers_say_where_they_are_and_what_came_of_them),
        cmocka_unit_test(a_waker_that_outlives_its_task_is_marked),
        cmocka_unit_test(numbers_stand_as_a_table_and_as_bars),
        cmocka_unit_test(the_world_before_has_its_own_numbers),
        cmocka_unit_test(a_low_pane_scrolls_to_its_end),
        cmocka_unit_test(json_holds_the_numbers_and_the_rings),
        cmocka_unit_test(ten_thousand_tasks_are_drawn_as_soon_as_ten),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
