// Choosing who is polled next: the list over the panes, and what becomes of a
// choice. The executor is the test: it answers on the control page.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app.h"
#include "golden.h"
#include "scene.h"
#include "session.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct scene trace;
static struct fb_session *session;
static struct fb_app *app;
static uint64_t now_ns;

static void open_app(void) {
    struct fb_app_options options = {0};
    char why[FB_SESSION_WHY_BYTES];

    assert_int_equal(
        fb_session_open(&session, trace.path, false, why, sizeof(why)), 0);
    options.session = session;
    assert_int_equal(fb_app_create(&app, &options), 0);
    now_ns = 1000000000;
    fb_app_tick(app, now_ns);
}

static void tick(void) {
    now_ns += 50000000;
    fb_app_tick(app, now_ns);
}

static char *picture(int cols, int rows) {
    struct fb_grid g = {0};
    char *text = NULL, pid[32];
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(fb_grid_init(&g, cols, rows), 0);
    fb_app_draw(app, &g);
    fb_grid_print(&g, out);
    fb_grid_deinit(&g);
    fclose(out);
    snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
    golden_replace(text, pid, "pid P");
    return text;
}

static bool shows(const char *words) {
    char *text = picture(200, 50); // a sentence is one line there
    const bool found = strstr(text, words) != NULL;

    if (!found) {
        print_error("%s\n", text);
    }
    free(text);
    return found;
}

// Stands after the newest event, as the page says.
static void stand(void) {
    atomic_store(&trace.w.control->stopped_after, trace.w.head);
    atomic_store(&trace.w.control->stopped, 1);
    tick();
}

static void answer(enum fb_choice_answer what) {
    struct fb_trace_control *c = trace.w.control;

    atomic_store(&c->choose_answer, what);
    atomic_store(&c->choose_done, atomic_load(&c->choose_wanted));
}

// Three clients, of which the first `woken` are in the run queue; STOPPED.
static void three_clients(int woken) {
    scene_open(&trace, 0);
    scene_listen(&trace);
    for (int i = 0; i < 3; i++) {
        scene_connect(&trace, 7 + i,
                      i == 1   ? "Grace"
                      : i == 0 ? "Ada"
                               : "Alan");
    }
    for (int i = 0; i < woken; i++) {
        scene_wake(&trace, 2 + (uint32_t)i, 7 + i);
    }
    open_app();
    fb_app_key(app, 's');
    stand();
}

static void close_all(void) {
    fb_app_destroy(app);
    fb_session_close(session);
    scene_close(&trace);
}

static void the_list_begins_with_the_run_queue_in_order(void **state) {
    static const int sizes[][2] = {{80, 24}, {100, 30}, {40, 10}};

    (void)state;
    three_clients(3);
    fb_app_key(app, 'o');
    for (int i = 0; i < 3; i++) {
        char *text = picture(sizes[i][0], sizes[i][1]);
        const char *at = strstr(text, "Who is polled next?");
        const char *ada = at ? strstr(at, "2 Ada") : NULL;
        const char *grace = ada ? strstr(ada, "3 Grace") : NULL;

        assert_non_null(grace);
        assert_non_null(strstr(grace, "4 Alan"));
        free(text);
    }
    assert_true(shows("Enter chooses, Esc leaves it"));
    close_all();
}

// Cuts the box out of the picture: what is beside it is tested elsewhere.
static char *box_of(const char *text) {
    const char *line = text, *next;
    char *box = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&box, &len);
    bool inside = false;

    assert_non_null(out);
    for (; (next = strchr(line, '\n')) != NULL; line = next + 1) {
        const char *corner = strstr(line, "├─ Who");
        const char *side = strstr(line, "│");
        const char *from = corner != NULL && corner < next ? corner : side;

        inside = inside || (corner != NULL && from == corner);
        if (inside && from != NULL && from < next) {
            fprintf(out, "%.*s\n", (int)(next - from), from);
        } else if (inside) {
            from = strstr(line, "├─ Enter");
            fprintf(out, "%.*s\n", (int)(next - from), from);
            break;
        }
    }
    fclose(out);
    return box;
}

static void the_list_looks_like_this(void **state) {
    char *text, *box;

    (void)state;
    three_clients(3);
    fb_app_key(app, 'o');
    fb_app_key(app, FB_KEY_DOWN);
    text = picture(80, 24);
    box = box_of(text);
    golden_check("choose_80x24", box);
    free(box);
    free(text);
    close_all();
}

static void enter_asks_for_the_choice_and_a_step_to_it(void **state) {
    struct fb_trace_control *c = trace.w.control;

    (void)state;
    three_clients(3);
    c = trace.w.control;
    fb_app_key(app, 'o');
    fb_app_key(app, FB_KEY_DOWN);
    fb_app_key(app, 'j');
    fb_app_key(app, 'j');
    fb_app_key(app, 'j'); // stays on the last, task 1, which waits
    fb_app_key(app, FB_KEY_UP);
    fb_app_key(app, FB_KEY_UP);
    assert_true(shows("▸ 3 Grace"));
    fb_app_key(app, 'n'); // not behind the list
    assert_int_equal(atomic_load(&c->choose_wanted), 0);
    fb_app_key(app, FB_KEY_ENTER);
    assert_int_equal(atomic_load(&c->choose_task), 3);
    assert_int_equal(atomic_load(&c->choose_wanted), 1);
    assert_int_equal(atomic_load(&c->mode), FB_CONTROL_STOP);
    assert_int_equal(atomic_load(&c->step), FB_STEP_TASK);
    assert_int_equal(atomic_load(&c->step_task), 3);
    assert_int_equal(fb_app_scene(app)->task, 3);
    // The executor takes it, tells it and stands.
    atomic_store(&c->stopped, 0);
    tick();
    scene_put(&trace, (struct fb_event){.kind = FB_EV_CHOICE,
                                        .subject = 3,
                                        .choice.instead = 2});
    answer(FB_CHOICE_TAKEN);
    stand();
    assert_true(shows("The viewer chose task 3 (Grace) to be polled before "
                      "task 2 (Ada)."));
    assert_true(shows("STOPPED  before event"));
    close_all();
}

static void a_refusal_is_said_with_its_reason(void **state) {
    static const struct {
        enum fb_choice_answer answer;
        const char *words;
    } refusals[] = {
        {FB_CHOICE_WAITING, "cannot be polled next: nobody woke it"},
        {FB_CHOICE_OVER, "cannot be polled next: it is complete"},
        {FB_CHOICE_NO_TASK, "cannot be polled next: there is no such task"},
        {FB_CHOICE_UNABLE, "cannot be polled next: this program lets nobody"}};

    (void)state;
    three_clients(2);
    for (size_t i = 0; i < sizeof(refusals) / sizeof(*refusals); i++) {
        fb_app_key(app, 'o');
        fb_app_key(app, FB_KEY_ENTER);
        answer(refusals[i].answer);
        tick(); // it has stood all the time
        assert_true(shows(refusals[i].words));
        assert_true(shows("STOPPED  before event"));
    }
    close_all();
}

static void who_waits_comes_after_who_can_run(void **state) {
    char *text, *box;

    (void)state;
    three_clients(1);
    fb_app_select(app, 4);
    fb_app_key(app, 'o');
    assert_true(shows("▸ 2 Ada, woken by reactor")); // not task 4, which waits
    fb_app_key(app, FB_KEY_DOWN);
    fb_app_key(app, FB_KEY_DOWN);
    text = picture(80, 24);
    box = box_of(text);
    golden_check("choose_idle_80x24", box);
    free(box);
    free(text);
    fb_app_key(app, FB_KEY_ENTER);
    assert_int_equal(atomic_load(&trace.w.control->choose_task), 3);
    close_all();
}

static void with_an_empty_queue_it_lists_who_waits(void **state) {
    (void)state;
    three_clients(0);
    fb_app_key(app, 'o');
    assert_true(shows("▸ 1 "));
    assert_true(shows("4 Alan; nobody woke it: it will find nothing new"));
    close_all();
}

static void nobody_alive_is_said(void **state) {
    (void)state;
    scene_open(&trace, 0);
    open_app();
    fb_app_key(app, 's');
    stand();
    fb_app_key(app, 'o');
    assert_true(shows("There is nobody to choose."));
    close_all();
}

static void esc_and_q_leave_the_list_and_nothing_is_asked(void **state) {
    (void)state;
    three_clients(2);
    fb_app_key(app, 'o');
    fb_app_key(app, FB_KEY_ESC);
    assert_true(shows("o other"));
    fb_app_key(app, 'o');
    fb_app_key(app, 'q');
    assert_false(fb_app_done(app));
    assert_int_equal(atomic_load(&trace.w.control->choose_wanted), 0);
    close_all();
}

static void q_quits_where_the_list_cannot_be_seen(void **state) {
    char *text;

    (void)state;
    three_clients(2);
    fb_app_key(app, 'o');
    text = picture(20, 5);
    free(text);
    fb_app_key(app, 'q');
    assert_true(fb_app_done(app));
    close_all();
}

static void the_list_goes_when_the_program_ends(void **state) {
    (void)state;
    three_clients(2);
    fb_app_key(app, 'o');
    scene_end(&trace);
    for (int i = 0; i < 10; i++) {
        tick();
    }
    assert_true(shows("The program has ended"));
    assert_true(shows("Lanes"));
    {
        char *text = picture(100, 30);

        assert_null(strstr(text, "Who is polled next?"));
        free(text);
    }
    close_all();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_list_begins_with_the_run_queue_in_order),
        cmocka_unit_test(the_list_looks_like_this),
        cmocka_unit_test(enter_asks_for_the_choice_and_a_step_to_it),
        cmocka_unit_test(a_refusal_is_said_with_its_reason),
        cmocka_unit_test(who_waits_comes_after_who_can_run),
        cmocka_unit_test(with_an_empty_queue_it_lists_who_waits),
        cmocka_unit_test(nobody_alive_is_said),
        cmocka_unit_test(esc_and_q_leave_the_list_and_nothing_is_asked),
        cmocka_unit_test(q_quits_where_the_list_cannot_be_seen),
        cmocka_unit_test(the_list_goes_when_the_program_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
