// The pane of lints: what it shows on any screen, its keys, and how it leads
// to the events that prove a finding.
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
#include "tale.h"
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct fb_trace_site WAIT = {
    .name = "wait_for_nobody", .file = "app/wait.c", .line = 12, .size = 64};
static struct fb_trace_site LOOK_UP = {
    .name = "look_up", .file = "app/lookup.c", .line = 30, .size = 96};

static struct scene trace;
static struct picture p;

static void put(enum fb_event_kind kind, unsigned detail, uint32_t subject) {
    scene_put(&trace, (struct fb_event){.kind = (uint8_t)kind,
                                        .detail = (uint8_t)detail,
                                        .subject = subject});
}

static void put_poll(enum fb_event_kind kind, unsigned detail, uint32_t task) {
    scene_put(&trace, (struct fb_event){.kind = (uint8_t)kind,
                                        .detail = (uint8_t)detail,
                                        .subject = task,
                                        .poll = {.future = 10 * task}});
}

static void put_spawn(uint32_t task, struct fb_trace_site *type) {
    scene_put(&trace, (struct fb_event){
                          .kind = FB_EV_TASK_SPAWN,
                          .subject = task,
                          .spawn = {.root_future = 10 * task,
                                    .type = fb_trace_site_index(&trace.w, type),
                                    .bytes = type->size}});
    scene_put(&trace, (struct fb_event){.kind = FB_EV_TASK_SCHEDULED,
                                        .subject = task,
                                        .scheduled.depth = 1});
}

// Task 3's only poll ends Pending, and nobody has its waker: fires at the park.
static void lose_a_wake(void) {
    put_spawn(3, &WAIT);
    put_poll(FB_EV_POLL_BEGIN, 0, 3);
    put_poll(FB_EV_POLL_END, FB_RESULT_PENDING, 3);
    scene_put(&trace,
              (struct fb_event){.kind = FB_EV_PARK, .park.timeout_ns = -1});
}

// One poll of task 4 takes 340 ms.
static void block(void) {
    put(FB_EV_UNPARK, 0, 0);
    put_spawn(4, &LOOK_UP);
    put_poll(FB_EV_POLL_BEGIN, 0, 4);
    trace.w.now_ns += 340000000;
    put_poll(FB_EV_POLL_END, FB_RESULT_READY, 4);
    put(FB_EV_FUTURE_DROP, FB_DROP_FINISHED, 40);
    put(FB_EV_TASK_DONE, FB_OUTCOME_OK, 4);
}

static uint64_t lost_at, blocked_at; // where the two fire

static int setup(void **state) {
    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 9, "Ada 127.0.0.1:51234");
    lose_a_wake();
    lost_at = trace.w.head;
    block();
    blocked_at = trace.w.head - 2;
    picture_open(&p, trace.path);
    p.frame.focus = FB_PANE_LINTS;
    return 0;
}

static int teardown(void **state) {
    (void)state;
    picture_close(&p);
    scene_close(&trace);
    return 0;
}

static void key(uint32_t k) {
    fb_view_lints.key(&p.scene, &p.frame.panes[FB_PANE_LINTS], k);
}

static bool shows(int cols, int rows, const char *words) {
    char *text = picture_draw(&p, cols, rows);
    const bool found = strstr(text, words) != NULL;

    free(text);
    return found;
}

// ---- pictures ----

static void a_list_says_what_was_found_and_what_lies_ahead(void **state) {
    (void)state;
    picture_load(&p, lost_at);
    p.frame.zoom = true;
    picture_check(&p, "lints_list", 80, 24);
    assert_true(shows(80, 24, " 1 lint "));
    assert_true(shows(80, 24, "1 found, 1 ahead"));
    picture_load(&p, 2);
    assert_true(shows(80, 24, "2 lints ahead"));
    assert_true(shows(80, 24, "0 found, 2 ahead"));
    picture_load(&p, picture_newest(&p));
    assert_true(shows(80, 24, " 2 lints "));
}

static void an_opened_one_shows_evidence_reason_and_remedy(void **state) {
    (void)state;
    picture_load(&p, picture_newest(&p));
    key(FB_KEY_ENTER);
    key(FB_KEY_DOWN);
    p.frame.zoom = true;
    picture_check(&p, "lints_open", 80, 24);
    picture_check(&p, "lints_open", 100, 30);
    picture_check(&p, "lints_open", 160, 50);
    picture_check(&p, "lints_open", 20, 5);
}

static void while_a_question_is_open_nothing_ahead_is_told(void **state) {
    (void)state;
    picture_load(&p, lost_at);
    p.scene.veil = FB_VEIL_FUTURE;
    p.frame.zoom = true;
    assert_true(shows(80, 24, "1 found"));
    assert_false(shows(80, 24, "ahead"));
    assert_false(shows(80, 24, "blocking"));
    key(FB_KEY_END);
    assert_int_equal(p.scene.task, 3);
    picture_load(&p, lost_at - 1);
    assert_true(shows(80, 24, "No lints"));
    assert_false(shows(80, 24, "lints ahead"));
}

static void the_same_in_ascii(void **state) {
    char *text;

    (void)state;
    picture_load(&p, lost_at);
    key(FB_KEY_ENTER);
    p.frame.zoom = true;
    assert_int_equal(fb_grid_resize(&p.grid, 80, 24), 0);
    p.grid.ascii = true;
    text = picture_draw(&p, 80, 24);
    for (const char *c = text; *c != '\0'; c++) {
        assert_in_range((unsigned char)*c, '\n', '~');
    }
    assert_non_null(strstr(text, "> ! lost wake "));
    free(text);
}

static void a_program_without_mistakes_is_told_so(void **state) {
    struct fb_lints *none;

    (void)state;
    picture_load(&p, picture_newest(&p));
    assert_int_equal(fb_lints_create(&none, NULL), 0);
    p.scene.lints = none;
    p.frame.zoom = true;
    assert_true(shows(80, 24, "No lints: what has happened so far"));
    assert_false(shows(80, 24, " lints "));
    key(FB_KEY_ENTER);
    key(FB_KEY_DOWN);
    key(FB_KEY_UP);
    assert_int_equal(p.scene.want_event, 0);
    p.scene.lints = NULL; // a scene that was made without a session
    assert_true(shows(80, 24, "No lints"));
    fb_lints_destroy(none);
}

static void the_story_marks_the_events(void **state) {
    char mark[32];

    (void)state;
    picture_load(&p, lost_at);
    p.frame.focus = FB_PANE_STORY;
    snprintf(mark, sizeof(mark), "%d!Nothing can run", (int)lost_at);
    assert_true(shows(100, 40, mark));
    picture_load(&p, blocked_at);
    snprintf(mark, sizeof(mark), "%d!Task 4", (int)blocked_at);
    assert_true(shows(100, 40, mark));
}

// ---- keys ----

static void keys_walk_through_findings_and_their_evidence(void **state) {
    (void)state;
    picture_load(&p, picture_newest(&p));
    key(FB_KEY_UP);
    assert_int_equal(p.scene.lint, 0);
    key(FB_KEY_DOWN);
    key(FB_KEY_DOWN);
    assert_int_equal(p.scene.lint, 1);
    assert_int_equal(p.scene.task, 4); // the other panes follow
    key(FB_KEY_HOME);
    assert_int_equal(p.scene.task, 3);
    key(FB_KEY_ENTER);
    assert_true(p.scene.lint_open);
    for (int i = 0; i < 3; i++) { // three rows of evidence
        key('j');
        assert_int_equal(p.scene.lint_line, i);
    }
    key('j'); // the text below
    key('j');
    assert_int_equal(p.scene.lint, 1); // the next one, open as well
    assert_true(p.scene.lint_open);
    key('k');
    assert_int_equal(p.scene.lint, 0);
    assert_true(
        fb_view_lints.key(&p.scene, &p.frame.panes[FB_PANE_LINTS], FB_KEY_ESC));
    assert_false(p.scene.lint_open);
    assert_false(
        fb_view_lints.key(&p.scene, &p.frame.panes[FB_PANE_LINTS], FB_KEY_ESC));
    key(FB_KEY_ENTER);
    key(FB_KEY_ENTER); // on its head: closes
    assert_false(p.scene.lint_open);
    assert_int_equal(p.scene.want_event, 0);
}

static void a_small_pane_shows_all_of_it_by_and_by(void **state) {
    (void)state;
    picture_load(&p, picture_newest(&p));
    p.frame.zoom = true;
    key(FB_KEY_ENTER);
    assert_true(shows(60, 12, "lost wake"));
    for (int i = 0; i < 4; i++) {
        key('j');
    }
    assert_true(shows(60, 12, "and wake it there."));
    key('j');
    assert_true(shows(60, 12, "blocking call"));
    assert_true(shows(60, 12, "took 340 ms"));
}

static void a_row_of_evidence_that_is_clicked_is_gone_to(void **state) {
    const struct fb_finding *f;
    int row = 0;

    (void)state;
    picture_load(&p, picture_newest(&p));
    p.frame.zoom = true;
    key(FB_KEY_ENTER);
    free(picture_draw(&p, 100, 30));
    f = fb_lints_at(p.scene.lints, 0);
    while (p.scene.want_event == 0 && row < 12) {
        fb_view_lints.click(&p.scene, &p.frame.panes[FB_PANE_LINTS], ++row, 5);
    }
    assert_int_equal(p.scene.want_event, f->evidence[0].event);
    p.scene.want_event = 0;
    fb_view_lints.click(&p.scene, &p.frame.panes[FB_PANE_LINTS], 20, 5);
    assert_int_equal(p.scene.lint, 1);
}

// ---- in the app ----

static void enter_on_evidence_goes_to_its_event(void **state) {
    const struct fb_app_options options = {.session = p.session};
    const struct fb_finding *f;
    struct fb_app *app;

    (void)state;
    assert_int_equal(fb_app_create(&app, &options), 0);
    fb_app_tick(app, 1);
    f = fb_lints_at(fb_session_lints(p.session), 0);
    fb_app_focus(app, FB_PANE_LINTS);
    fb_app_key(app, FB_KEY_ENTER);
    fb_app_key(app, FB_KEY_DOWN);
    fb_app_key(app, FB_KEY_DOWN);
    fb_app_key(app, FB_KEY_ENTER);
    fb_app_draw(app, &p.grid);
    assert_int_equal(fb_app_scene(app)->at, f->evidence[1].event);
    assert_int_equal(fb_app_scene(app)->mode, FB_MODE_FROZEN);
    assert_int_equal(fb_app_scene(app)->want_event, 0);
    assert_true(fb_app_scene(app)->lint_open); // and the next row is near
    assert_int_equal(fb_app_scene(app)->task, f->task);
    fb_app_key(app, FB_KEY_UP);
    fb_app_key(app, FB_KEY_ENTER);
    fb_app_draw(app, &p.grid);
    assert_int_equal(fb_app_scene(app)->at, f->evidence[0].event);
    fb_app_destroy(app);
}

// ---- as text ----

static void print_says_the_same(void **state) {
    struct fb_print_options options = {0};
    char *text = NULL, pid[32];
    size_t len;

    (void)state;
    options.out = open_memstream(&text, &len);
    assert_int_equal(fb_print_lints(p.session, &options), 2);
    fclose(options.out);
    snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
    golden_replace(text, pid, "pid P");
    golden_check("lints", text);
    free(text);
}

// As tests/demo looks for it.
static void the_tale_of_a_play_says_it_too(void **state) {
    struct fb_tale tale;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_non_null(out);
    assert_int_equal(fb_tale_init(&tale, out, false), 0);
    assert_int_equal(fb_tale_tell(&tale, p.session), 0);
    fb_tale_deinit(&tale);
    fclose(out);
    assert_non_null(strstr(text, "\n         ! lost wake: Task 3 (wait_for"));
    assert_non_null(strstr(text, "\n         ! blocking call: One poll"));
    free(text);
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_list_says_what_was_found_and_what_lies_ahead),
        TEST(an_opened_one_shows_evidence_reason_and_remedy),
        TEST(while_a_question_is_open_nothing_ahead_is_told),
        TEST(the_same_in_ascii),
        TEST(a_program_without_mistakes_is_told_so),
        TEST(the_story_marks_the_events),
        TEST(keys_walk_through_findings_and_their_evidence),
        TEST(a_small_pane_shows_all_of_it_by_and_by),
        TEST(a_row_of_evidence_that_is_clicked_is_gone_to),
        TEST(enter_on_evidence_goes_to_its_event),
        TEST(print_says_the_same),
        TEST(the_tale_of_a_play_says_it_too),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
