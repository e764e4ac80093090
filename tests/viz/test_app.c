// The app without a terminal: keys and time go in, pictures come out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app.h"
#include "fishbowl/trace/text.h"
#include "scene.h"
#include "session.h"
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static struct scene trace;
static struct fb_session *session;
static struct fb_app *app;
static struct fb_grid grid;
static uint64_t now_ns;
static char *shown;

static const uint64_t MS = 1000000u;

static void open_app_with(const struct fb_app_guest *guest) {
    struct fb_app_options options = {.guest = guest};
    char why[FB_SESSION_WHY_BYTES];

    assert_int_equal(
        fb_session_open(&session, trace.path, false, why, sizeof(why)), 0);
    options.session = session;
    assert_int_equal(fb_app_create(&app, &options), 0);
    assert_int_equal(fb_grid_init(&grid, 100, 30), 0);
    now_ns = 1000 * MS;
    fb_app_tick(app, now_ns);
}

static void open_app(void) {
    open_app_with(NULL);
}

static void close_app(void) {
    fb_app_destroy(app);
    fb_session_close(session);
    fb_grid_deinit(&grid);
    free(shown);
    shown = NULL;
}

static void tick(uint64_t ms) {
    now_ns += ms * MS;
    fb_app_tick(app, now_ns);
}

static const struct fb_scene *look(void) {
    fb_app_draw(app, &grid);
    return fb_app_scene(app);
}

static bool picture_has(const char *words) {
    size_t len;
    FILE *out;

    free(shown);
    shown = NULL;
    out = open_memstream(&shown, &len);
    assert_non_null(out);
    look();
    fb_grid_print(&grid, out);
    assert_int_equal(fclose(out), 0);
    return strstr(shown, words) != NULL;
}

static void keys(const char *text) {
    for (; *text; text++) {
        fb_app_key(app, (uint32_t)*text);
    }
}

// Task 1 and two clients: tasks 2 and 3 on fd 7 and 8.
static int setup(void **state) {
    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "one");
    scene_connect(&trace, 8, "two");
    open_app();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    close_app();
    scene_close(&trace);
    return 0;
}

static uint64_t real_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// ---- modes ----

static void live_pictures_follow_the_program(void **state) {
    (void)state;
    assert_int_equal(look()->mode, FB_MODE_LIVE);
    assert_int_equal(look()->at, trace.w.head);
    scene_connect(&trace, 9, "three");
    tick(50);
    assert_true(fb_app_dirty(app));
    assert_int_equal(look()->at, trace.w.head);
    assert_true(picture_has(" LIVE "));
    assert_true(picture_has("three"));
}

static void frozen_pictures_stand_while_the_program_runs_on(void **state) {
    uint64_t at = look()->at;
    char behind[40];

    (void)state;
    keys(" ");
    scene_connect(&trace, 9, "three");
    tick(50);
    assert_int_equal(look()->mode, FB_MODE_FROZEN);
    assert_int_equal(look()->at, at);
    assert_int_equal(look()->newest, trace.w.head);
    snprintf(behind, sizeof(behind), " FROZEN  %d behind",
             (int)(trace.w.head - at));
    assert_true(picture_has(behind));
    assert_false(picture_has("three"));
    keys(" ");
    assert_int_equal(look()->at, trace.w.head);
    assert_true(picture_has("three"));
}

static void a_step_back_freezes_a_live_picture(void **state) {
    (void)state;
    keys("N");
    assert_int_equal(look()->mode, FB_MODE_FROZEN);
    assert_int_equal(look()->at, trace.w.head - 1);
}

static void a_step_forward_says_why_it_does_not_work_live(void **state) {
    (void)state;
    keys("p");
    assert_int_equal(look()->mode, FB_MODE_LIVE);
    assert_true(picture_has("space freezes it, s stops the program"));
}

static void steps_stop_exactly_at_the_ends_of_their_units(void **state) {
    static const struct {
        char key;
        enum fb_unit unit;
    } steps[] = {{'n', FB_UNIT_EVENT},
                 {'p', FB_UNIT_POLL},
                 {'w', FB_UNIT_WAKE},
                 {'t', FB_UNIT_TASK}};
    struct fb_history *h = fb_session_history(session);

    (void)state;
    keys(" ");
    fb_app_select(app, 2);
    for (size_t i = 0; i < 4; i++) {
        char there[2] = {steps[i].key}, back[2] = {(char)(steps[i].key - 32)};
        uint64_t seen = 0, before = trace.w.head + 1;

        for (uint64_t at; keys(back), at = look()->at, at != before;) {
            assert_true(
                fb_event_ends_unit(fb_history_event(h, at), steps[i].unit, 2));
            assert_true(at < before);
            before = at;
            seen++;
        }
        assert_true(picture_has("There is no earlier"));
        for (uint64_t at = before; keys(there), look()->at != at;) {
            at = look()->at;
            seen--;
        }
        assert_true(picture_has("There is no later"));
        assert_true(seen <= 1); // the newest event itself may be a stop
        keys("g99999\n");
    }
}

static void a_number_typed_after_g_is_where_the_picture_goes(void **state) {
    (void)state;
    keys("g12");
    assert_true(picture_has("go to: 12"));
    fb_app_key(app, FB_KEY_BACKSPACE);
    keys("7\n");
    assert_int_equal(look()->at, 17);
    assert_int_equal(look()->mode, FB_MODE_FROZEN);
    keys("g5");
    fb_app_key(app, FB_KEY_ESC);
    assert_int_equal(look()->at, 17);
    keys("g99999999999999999\n");
    assert_int_equal(look()->at, trace.w.head);
    keys("g0\n");
    assert_int_equal(look()->at, 1);
}

// ---- control ----

static void another_viewer_keeps_what_it_has(void **state) {
    (void)state;
    atomic_store(&trace.w.control->viewer_pid, (uint32_t)getppid()); // alive
    atomic_store(&trace.w.control->beat_ns, real_ns());
    keys("s");
    assert_int_equal(look()->mode, FB_MODE_LIVE);
    assert_true(picture_has("another viewer controls this program"));
    atomic_store(&trace.w.control->viewer_pid, 0);
}

static void a_step_of_a_parked_program_says_what_it_waits_for(void **state) {
    (void)state;
    keys("s");
    tick(50);
    assert_true(look()->model->parked);
    assert_false(picture_has("news from outside"));
    keys("p");
    assert_true(picture_has("one step: awaits news from outside"));
}

static void a_step_is_under_way_until_the_executor_stands_again(void **state) {
    struct fb_trace_control *c = trace.w.control;

    (void)state;
    keys("s");
    atomic_store(&c->stopped_after, trace.w.head);
    atomic_store(&c->stopped, 1);
    tick(50);
    assert_true(picture_has("STOPPED  before event"));
    keys("p");
    tick(50); // it has not heard of it yet
    assert_true(picture_has("STOPPED  one step"));
    atomic_store(&c->stopped, 0);
    tick(50);
    assert_true(picture_has("STOPPED  one step"));
    atomic_store(&c->stopped, 1); // and made no event
    tick(50);
    assert_true(picture_has("STOPPED  before event"));
    keys("p");
    atomic_store(&c->stopped_after, trace.w.head + 1); // between two looks
    tick(50);
    assert_false(picture_has("one step"));
}

static void the_page_is_given_back_at_the_end(void **state) {
    (void)state;
    keys("s");
    assert_int_equal(atomic_load(&trace.w.control->viewer_pid), getpid());
    assert_int_equal(atomic_load(&trace.w.control->mode), FB_CONTROL_STOP);
    fb_app_destroy(app);
    app = NULL;
    assert_int_equal(atomic_load(&trace.w.control->viewer_pid), 0);
    assert_int_equal(atomic_load(&trace.w.control->mode), FB_CONTROL_RUN);
}

static void the_beat_goes_on_while_the_page_is_ours(void **state) {
    uint64_t beat;

    (void)state;
    keys("s");
    for (int i = 0; i < 20; i++) {
        beat = atomic_load(&trace.w.control->beat_ns);
        for (int ms = 0; ms < 200; ms += 50) { // well within 250 ms
            tick(50);
        }
        assert_true(atomic_load(&trace.w.control->beat_ns) != beat);
    }
}

static void a_viewer_that_was_away_stops_the_program_again(void **state) {
    (void)state;
    keys("s");
    tick(50);
    atomic_store(&trace.w.control->mode, FB_CONTROL_RUN); // taken back
    atomic_store(&trace.w.control->viewer_pid, 0);
    tick(5000);
    assert_int_equal(atomic_load(&trace.w.control->viewer_pid), getpid());
    assert_int_equal(atomic_load(&trace.w.control->mode), FB_CONTROL_STOP);
    assert_int_equal(look()->mode, FB_MODE_STOPPED);
}

static void slow_motion_is_asked_of_the_executor(void **state) {
    (void)state;
    keys("<<<");
    assert_int_equal(atomic_load(&trace.w.control->mode), FB_CONTROL_SLOW);
    assert_int_equal(atomic_load(&trace.w.control->delay_ns), 10 * MS);
    assert_true(picture_has("slow motion: 100 events/s"));
    assert_int_equal(look()->mode, FB_MODE_LIVE);
    keys(">>>");
    assert_int_equal(atomic_load(&trace.w.control->viewer_pid), 0);
    assert_false(picture_has("slow motion"));
    keys(">"); // faster than full speed there is not
    assert_false(picture_has("slow motion"));
}

// An executor on a thread of its own: stands when it is told to, and makes as
// many polls as it is given.
static struct {
    pthread_t thread;
    _Atomic int polls; // still to make
    _Atomic bool quit;
} executor;

static void *execute(void *arg) {
    (void)arg;
    while (!atomic_load(&executor.quit)) {
        fb_trace_check(&trace.w);
        if (atomic_load(&executor.polls) > 0) {
            atomic_fetch_sub(&executor.polls, 1);
            scene_put(&trace, (struct fb_event){.kind = FB_EV_POLL_BEGIN,
                                                .subject = 2,
                                                .poll.future = 20});
            scene_put(&trace, (struct fb_event){.kind = FB_EV_POLL_END,
                                                .subject = 2,
                                                .poll.future = 20});
        } else {
            sched_yield();
        }
    }
    return NULL;
}

// Ticks in real time until the picture has the words.
static void wait_for(const char *words) {
    uint64_t until = real_ns() + 20000 * MS;

    while (!picture_has(words)) {
        fb_app_tick(app, real_ns());
        sched_yield();
        if (real_ns() > until) {
            fail_msg("no \"%s\" in\n%s", words, shown);
        }
    }
}

static void start_executor(void) {
    atomic_store(&executor.quit, false);
    atomic_store(&executor.polls, 0);
    fb_app_tick(app, real_ns());
    assert_int_equal(pthread_create(&executor.thread, NULL, execute, NULL), 0);
}

static void end_executor(void) {
    atomic_store(&executor.quit, true);
    keys("s"); // it must not stand while it is joined
    if (look()->mode == FB_MODE_STOPPED) {
        keys("s");
    }
    pthread_join(executor.thread, NULL);
}

static void a_stopped_program_makes_one_poll_for_each_p(void **state) {
    uint64_t head = trace.w.head;
    char words[64];

    (void)state;
    start_executor();
    keys("s");
    snprintf(words, sizeof(words), "STOPPED  before event %d", (int)head + 1);
    wait_for(words);
    atomic_store(&executor.polls, 3);
    for (int i = 1; i <= 2; i++) {
        keys("p");
        snprintf(words, sizeof(words), "before event %d",
                 (int)head + 2 * i + 1);
        wait_for(words);
        assert_int_equal(look()->at, head + 2 * (uint64_t)i);
    }
    keys("n"); // into the middle of the third poll
    snprintf(words, sizeof(words), "before event %d", (int)head + 6);
    wait_for(words);
    assert_int_equal(look()->model->last.kind, FB_EV_POLL_BEGIN);
    keys("s");
    wait_for(" LIVE ");
    snprintf(words, sizeof(words), "event %d", (int)head + 6);
    wait_for(words);
    end_executor();
}

static void
looking_back_while_stopped_moves_nobody_but_the_picture(void **state) {
    uint64_t head = trace.w.head;

    (void)state;
    start_executor();
    keys("s");
    wait_for("STOPPED  before event");
    atomic_store(&executor.polls, 5);
    keys("NNN");
    assert_int_equal(look()->at, head - 3);
    assert_true(picture_has("looking back 3"));
    keys("nnn"); // first it catches up
    assert_int_equal(look()->at, head);
    assert_int_equal(fb_history_last(fb_session_history(session)), head);
    assert_int_equal(atomic_load(&executor.polls), 5);
    keys("N ");
    assert_int_equal(look()->at, head);
    keys("n"); // now the executor moves
    wait_for("before event ");
    wait_for(" in the run queue");
    for (uint64_t until = real_ns() + 20000 * MS; look()->at == head;) {
        fb_app_tick(app, real_ns());
        assert_true(real_ns() < until);
    }
    assert_int_equal(look()->at, head + 1);
    end_executor();
}

// ---- selection, panes, screens ----

static void the_selection_stays_with_its_task(void **state) {
    (void)state;
    fb_app_select(app, 2);
    scene_connect(&trace, 9, "three");
    scene_talk(&trace, 2, 7, 4);
    tick(50);
    assert_int_equal(look()->task, 2);
    fb_app_key(app, FB_KEY_DOWN);
    fb_app_key(app, FB_KEY_UP);
    assert_true(look()->task != 0);
    fb_app_select(app, 1);
    fb_app_key(app, FB_KEY_DOWN);
    assert_true(look()->task == 2 || look()->task == 3);
}

static void following_selects_whatever_acts(void **state) {
    (void)state;
    fb_app_select(app, 1);
    keys("F");
    scene_put(&trace, (struct fb_event){.kind = FB_EV_YIELD, .subject = 3});
    tick(50);
    assert_int_equal(look()->task, 3);
    scene_put(&trace, (struct fb_event){.kind = FB_EV_YIELD, .subject = 2});
    tick(50);
    assert_int_equal(look()->task, 2);
    fb_app_key(app, FB_KEY_DOWN); // choosing by hand ends it
    assert_false(look()->follow);
}

static void a_click_selects_the_task_under_it(void **state) {
    const struct fb_area *a;

    (void)state;
    look();
    a = &fb_app_frame(app)->panes[FB_PANE_TASKS].area;
    fb_app_click(app, a->row + 2 + 1, a->col + 5); // title, headings, task 1
    assert_int_equal(look()->task, 2);
    a = &fb_app_frame(app)->panes[FB_PANE_LANES].area;
    fb_app_click(app, a->row, a->col);
    assert_int_equal(fb_app_frame(app)->focus, FB_PANE_LANES);
    fb_app_click(app, -5, 9999);
}

static void details_help_and_zoom_are_left_by_esc(void **state) {
    (void)state;
    keys("\n");
    assert_true(picture_has("stored waker"));
    fb_app_key(app, FB_KEY_ESC);
    assert_false(picture_has("stored waker"));
    fb_app_key(app, FB_KEY_F1);
    assert_true(picture_has("Three modes"));
    fb_app_key(app, FB_KEY_ESC);
    keys("z");
    assert_false(picture_has("Story"));
    fb_app_key(app, FB_KEY_ESC);
    assert_true(picture_has("Story"));
}

static void the_footer_shows_only_keys_that_work_now(void **state) {
    (void)state;
    assert_true(picture_has("space freeze  s stop"));
    assert_false(picture_has("n event"));
    keys(" ");
    assert_true(picture_has("space resume  s stop  n event  p poll"));
    keys("s");
    assert_true(picture_has("s run  n event  p poll  w wake"));
    assert_false(picture_has("s stop"));
}

static void q_works_on_a_screen_that_is_too_small(void **state) {
    (void)state;
    assert_int_equal(fb_grid_resize(&grid, 20, 5), 0);
    assert_true(picture_has("q quit"));
    keys("s"); // what cannot be seen does not happen
    assert_int_equal(look()->mode, FB_MODE_LIVE);
    assert_false(fb_app_done(app));
    keys("q");
    assert_true(fb_app_done(app));
}

static void q_leaves_a_page_before_it_leaves_the_program(void **state) {
    (void)state;
    keys("?");
    assert_true(picture_has("q leave"));
    assert_false(picture_has("q quit "));
    keys("q");
    assert_true(picture_has("q quit "));
    assert_false(fb_app_done(app));
    assert_int_equal(fb_app_frame(app)->overlay, FB_OVERLAY_NONE);
    keys("?");
    fb_app_key(app, FB_KEY_F10);
    assert_true(fb_app_done(app));
}

static void q_quits_a_page_that_does_not_fit(void **state) {
    (void)state;
    keys("?");
    assert_int_equal(fb_grid_resize(&grid, 20, 5), 0);
    assert_true(picture_has("q quit"));
    keys("q");
    assert_true(fb_app_done(app));
}

static void nothing_is_drawn_while_nothing_happens(void **state) {
    int redraws = 0;

    (void)state;
    tick(1100); // the rate falls to 0 once
    tick(1100);
    look();
    for (int i = 0; i < 1000; i++) {
        tick(50);
        redraws += fb_app_dirty(app) ? 1 : 0;
    }
    assert_int_equal(redraws, 0);
}

// ---- finished programs ----

static void a_program_that_ends_leaves_a_frozen_picture(void **state) {
    uint64_t last = trace.w.head;

    (void)state;
    scene_end(&trace);
    tick(300);
    assert_int_equal(look()->mode, FB_MODE_FROZEN);
    assert_int_equal(look()->at, last);
    assert_true(picture_has("The program has ended"));
    assert_int_equal(fb_app_tick(app, now_ns), -1); // nothing will change
    keys("s");                                      // nobody is left to stop
    assert_int_equal(look()->mode, FB_MODE_FROZEN);
    keys("P");
    assert_true(look()->at < last);
}

static void a_finished_trace_opens_at_its_start_and_plays(void **state) {
    (void)state;
    scene_end(&trace);
    close_app();
    open_app();
    assert_int_equal(look()->mode, FB_MODE_FROZEN);
    assert_int_equal(look()->at, 1);
    keys(" "); // ten events a second
    tick(450);
    assert_int_equal(look()->at, 6);
    keys(" ");
    tick(1000);
    assert_int_equal(look()->at, 6);
    keys(">>>> "); // the fastest there is
    tick(10000);
    assert_int_equal(look()->at, look()->newest);
    assert_false(look()->playing);
    assert_true(picture_has("a finished run"));
}

// ---- guests ----

static struct {
    int ran, seen, ticks;
    bool works, swallow;
} guest_saw;

static void guest_run(void *arg, struct fb_app *a) {
    (void)arg;
    guest_saw.ran++;
    fb_app_say(a, "a client\033[2J called");
    fb_app_log(a, "connection from \x07", 17);
}

static bool guest_works(void *arg, const struct fb_app *a) {
    (void)arg, (void)a;
    return guest_saw.works;
}

static bool guest_any_key(void *arg, struct fb_app *a, uint32_t key) {
    (void)arg, (void)a, (void)key;
    guest_saw.seen++;
    return guest_saw.swallow;
}

static bool guest_claims(void *arg, const struct fb_app *a, uint32_t key) {
    (void)arg, (void)a;
    return guest_saw.swallow && key == 'b';
}

static void draw_clients(const struct fb_scene *s, struct fb_pane *p,
                         struct fb_grid *g, struct fb_area a) {
    (void)s, (void)p;
    fb_grid_put(g, a, 0, 1, FB_STYLE_NORMAL, "no clients yet");
}

static void guests_add_keys_a_pane_and_words(void **state) {
    static const struct fb_guest_key guest_keys[] = {{.key = FB_KEY_ENTER,
                                                      .name = "Enter",
                                                      .label = "call",
                                                      .help = "call somebody",
                                                      .works = guest_works,
                                                      .run = guest_run,
                                                      .shows_pane = true}};
    static const struct fb_view clients = {
        .name = "clients", .title = "Clients", .draw = draw_clients};
    static const struct fb_app_guest guest = {.keys = guest_keys,
                                              .key_count = 1,
                                              .pane = &clients,
                                              .any_key = guest_any_key,
                                              .claims = guest_claims};
    int seen;

    (void)state;
    close_app();
    memset(&guest_saw, 0, sizeof(guest_saw));
    open_app_with(&guest);
    assert_false(picture_has("Enter call"));
    assert_true(picture_has("Enter details"));
    guest_saw.works = true;
    assert_true(picture_has("Enter call"));
    assert_false(picture_has("Enter details"));
    keys("\n");
    assert_int_equal(guest_saw.ran, 1);
    assert_int_equal(fb_app_frame(app)->overlay, FB_OVERLAY_NONE);
    assert_true(picture_has("a client\\x1b[2J called"));
    fb_app_key(app, FB_KEY_F2);
    assert_false(picture_has("a client\\x1b[2J called"));
    fb_app_key(app, FB_KEY_HOME);
    assert_true(picture_has("a client\\x1b[2J called")); // still what is said
    fb_app_focus(app, FB_PANE_GUEST);
    assert_true(picture_has("no clients yet"));
    fb_app_focus(app, FB_PANE_LOG);
    assert_true(picture_has("connection from \\x07"));
    fb_app_focus(app, FB_PANE_TASKS);
    assert_int_equal(fb_grid_resize(&grid, 80, 24), 0);
    assert_false(picture_has("no clients yet")); // there is room for one pane
    keys("\n");
    assert_true(picture_has("no clients yet"));
    assert_int_equal(fb_app_frame(app)->focus, FB_PANE_TASKS);
    guest_saw.swallow = true;
    keys("q");
    assert_false(fb_app_done(app));
    assert_true(guest_saw.seen >= 2);
    guest_saw.swallow = false;
    keys("/");
    seen = guest_saw.seen;
    keys("b\n"); // words that are typed are no keys
    assert_int_equal(guest_saw.seen, seen);
    assert_int_equal(fb_grid_resize(&grid, 160, 50), 0);
    assert_true(picture_has("b break"));
    guest_saw.swallow = true;
    assert_false(picture_has("b break")); // no key is promised to two
    guest_saw.swallow = false;
    keys("?"); // a page has the keys
    assert_false(picture_has("Enter call"));
}

// ---- anything at all ----

static void no_order_of_keys_breaks_the_picture(void **state) {
    static const uint32_t any[] = {' ',
                                   's',
                                   'n',
                                   'p',
                                   'w',
                                   't',
                                   'N',
                                   'P',
                                   'W',
                                   'T',
                                   '<',
                                   '>',
                                   'g',
                                   '3',
                                   'r',
                                   'R',
                                   '/',
                                   '\\',
                                   ']',
                                   '[',
                                   'b',
                                   'B',
                                   'u',
                                   'U',
                                   'm',
                                   '.',
                                   ',',
                                   'o',
                                   'O',
                                   'S',
                                   'v',
                                   '-',
                                   '7',
                                   FB_KEY_F2,
                                   FB_KEY_F6,
                                   FB_KEY_DELETE,
                                   'F',
                                   'z',
                                   '?',
                                   'j',
                                   'k',
                                   'h',
                                   'l',
                                   FB_KEY_TAB,
                                   FB_KEY_BACKTAB,
                                   FB_KEY_ENTER,
                                   FB_KEY_ESC,
                                   FB_KEY_UP,
                                   FB_KEY_DOWN,
                                   FB_KEY_PAGE_UP,
                                   FB_KEY_PAGE_DOWN,
                                   FB_KEY_HOME,
                                   FB_KEY_END,
                                   FB_KEY_BACKSPACE,
                                   0x10ffff};
    uint32_t seed = 12345, fd = 20;

    (void)state;
    for (int i = 0; i < 6000; i++) {
        seed = seed * 1664525u + 1013904223u;
        fb_app_key(app, any[(seed >> 8) % (sizeof(any) / sizeof(any[0]))]);
        if (seed % 7 == 0) {
            fb_app_click(app, (int)(seed >> 20) % 60 - 5,
                         (int)(seed >> 10) % 180 - 5);
        }
        if (seed % 31 == 0) {
            static const char *const typed[] = {
                "bWAKE\n", "btask 2\n", "/fd\n", "\\idle\n", "m\n", "g-3\n"};

            keys(typed[(seed >> 16) % 6]);
        }
        if (seed % 13 == 0) {
            fb_app_wheel(app, (int)(seed >> 18) % 60, (int)(seed >> 9) % 150,
                         seed % 2 ? 1 : -1);
        }
        if (seed % 97 == 0) {
            uint32_t task = scene_connect(&trace, (int)fd, "somebody");

            if (seed % 2 == 0) {
                scene_talk(&trace, task, (int)fd, 3);
            }
            fd++;
        }
        if (seed % 5 == 0) {
            assert_int_equal(fb_grid_resize(&grid, (int)(seed >> 12) % 170,
                                            (int)(seed >> 22) % 60),
                             0);
        }
        tick(seed % 100);
        look();
        for (int c = 0; c < grid.cols * grid.rows; c++) {
            uint32_t scalar = grid.cells[c].scalar;

            assert_true(scalar == 0 || fb_text_width(scalar) > 0);
        }
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

static int card_lines;

static void card_draw(const struct fb_scene *s, struct fb_pane *p,
                      struct fb_grid *g, struct fb_area a) {
    (void)s, (void)p;
    fb_grid_put(g, a, 0, 0, FB_STYLE_NORMAL, "first of the card");
    fb_grid_putf(g, a, a.rows - 1, 0, FB_STYLE_NORMAL, "row %d of it", a.rows);
}

static int card_rows(void *arg, int cols) {
    (void)arg, (void)cols;
    return card_lines;
}

static void a_guest_lays_a_card_over_the_lower_panes(void **state) {
    static const struct fb_view card = {.title = "A card", .draw = card_draw};
    static const struct fb_app_guest guest = {.card = &card,
                                              .card_rows = card_rows};

    (void)state;
    close_app();
    open_app_with(&guest);
    card_lines = 0;
    assert_false(picture_has("A card"));
    card_lines = 3;
    assert_true(picture_has("A card"));
    assert_true(picture_has("row 3 of it"));
    card_lines = 1000; // more than there is room for
    assert_true(picture_has("first of the card"));
    assert_true(picture_has(" LIVE ")); // the header stays
    assert_int_equal(fb_grid_resize(&grid, 40, 10), 0);
    assert_true(picture_has("first of the card"));
    card_lines = 0;
}

static void a_guest_marks_what_to_look_at(void **state) {
    struct fb_highlight mark = {.task = 3};

    (void)state;
    assert_false(picture_has("◆"));
    fb_app_mark(app, &mark);
    assert_true(picture_has("◆  3 "));
    assert_false(picture_has("◆  2 "));
    mark = (struct fb_highlight){.view = &fb_view_lanes};
    fb_app_mark(app, &mark);
    assert_true(picture_has("◆ 5 Lanes look here "));
    assert_int_equal(fb_grid_resize(&grid, 62, 24), 0); // no room for words
    assert_true(picture_has("◆ 5 Lanes"));
    assert_int_equal(fb_grid_resize(&grid, 100, 30), 0);
    mark = (struct fb_highlight){.future = "greet_named"};
    fb_app_mark(app, &mark);
    fb_app_select(app, 2);
    assert_true(picture_has("◆greet_named"));
    fb_app_mark(app, NULL);
    assert_false(picture_has("◆"));
}

static void a_pane_comes_up_without_taking_the_keys(void **state) {
    (void)state;
    assert_int_equal(fb_grid_resize(&grid, 80, 24), 0);
    assert_int_equal(fb_app_pane(app, "reactor"), FB_PANE_REACTOR);
    assert_int_equal(fb_app_pane(app, "kitchen"), FB_PANES);
    fb_app_show(app, FB_PANES); // no such pane: nothing happens
    assert_true(picture_has("5 Lanes"));
    fb_app_show(app, FB_PANE_REACTOR);
    look();
    assert_true(fb_app_frame(app)->panes[FB_PANE_REACTOR].area.rows > 0);
    assert_int_equal(fb_app_frame(app)->panes[FB_PANE_LANES].area.rows, 0);
    assert_int_equal(fb_app_frame(app)->focus, FB_PANE_TASKS);
    fb_app_focus(app, FB_PANE_REACTOR); // one that is up takes them along
    fb_app_show(app, FB_PANE_LANES);
    assert_int_equal(fb_app_frame(app)->focus, FB_PANE_LANES);
}

static void a_guest_sets_the_pace(void **state) {
    (void)state;
    fb_app_slow(app, 30);
    assert_true(picture_has("slow motion: 30 events/s"));
    fb_app_slow(app, 50); // the nearest slower one
    assert_true(picture_has("slow motion: 30 events/s"));
    fb_app_slow(app, 0);
    assert_false(picture_has("slow motion"));
}

static void what_is_too_long_to_say_is_cut_between_characters(void **state) {
    char text[2 + 2 * FB_LOG_BYTES] = "e";

    (void)state;
    for (int i = 0; i < FB_LOG_BYTES; i++) {
        memcpy(text + 1 + (ptrdiff_t)2 * i, "é", 3);
    }
    for (int first = 0; first < 2; first++) { // wherever the cut falls
        fb_app_say(app, text + first);
        assert_non_null(strstr(look()->status, "éé"));
        assert_null(strstr(look()->status, "\\x"));
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(live_pictures_follow_the_program),
        TEST(frozen_pictures_stand_while_the_program_runs_on),
        TEST(a_step_back_freezes_a_live_picture),
        TEST(a_step_forward_says_why_it_does_not_work_live),
        TEST(steps_stop_exactly_at_the_ends_of_their_units),
        TEST(a_number_typed_after_g_is_where_the_picture_goes),
        TEST(another_viewer_keeps_what_it_has),
        TEST(a_step_of_a_parked_program_says_what_it_waits_for),
        TEST(a_step_is_under_way_until_the_executor_stands_again),
        TEST(the_page_is_given_back_at_the_end),
        TEST(the_beat_goes_on_while_the_page_is_ours),
        TEST(a_viewer_that_was_away_stops_the_program_again),
        TEST(slow_motion_is_asked_of_the_executor),
        TEST(a_stopped_program_makes_one_poll_for_each_p),
        TEST(looking_back_while_stopped_moves_nobody_but_the_picture),
        TEST(the_selection_stays_with_its_task),
        TEST(following_selects_whatever_acts),
        TEST(a_click_selects_the_task_under_it),
        TEST(details_help_and_zoom_are_left_by_esc),
        TEST(the_footer_shows_only_keys_that_work_now),
        TEST(q_works_on_a_screen_that_is_too_small),
        TEST(q_leaves_a_page_before_it_leaves_the_program),
        TEST(q_quits_a_page_that_does_not_fit),
        TEST(nothing_is_drawn_while_nothing_happens),
        TEST(a_program_that_ends_leaves_a_frozen_picture),
        TEST(a_finished_trace_opens_at_its_start_and_plays),
        TEST(guests_add_keys_a_pane_and_words),
        TEST(a_guest_lays_a_card_over_the_lower_panes),
        TEST(a_guest_marks_what_to_look_at),
        TEST(a_pane_comes_up_without_taking_the_keys),
        TEST(a_guest_sets_the_pace),
        TEST(no_order_of_keys_breaks_the_picture),
        TEST(what_is_too_long_to_say_is_cut_between_characters),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
