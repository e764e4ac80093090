// Predict mode: the box, the veil, and the way from a question to its answer.
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
#include "scene.h"
#include "view_quiz.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct scene trace;
static const uint64_t MS = 1000000u;

// ---- the box and the veil: pictures of a scene ----

static struct picture p;
static struct fb_quiz_show show;

enum { FILLERS = 200 }; // more events than the story shows

static void put_filler(void) {
    scene_put(&trace, (struct fb_event){.kind = FB_EV_SOURCE_READY,
                                        .detail = FB_SOURCE_STREAM,
                                        .flags = FB_WRITABLE,
                                        .subject = 4,
                                        .source = {.fd = 9, .generation = 1}});
}

// Three clients; two of them are woken, `first` before the other. Returns the
// event after which both wait in the run queue.
static uint64_t write_queue(uint32_t first) {
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "Ada 127.0.0.1:50001");
    scene_connect(&trace, 8, "Grace 127.0.0.1:50002");
    scene_connect(&trace, 9, "Alan 127.0.0.1:50003");
    scene_wake(&trace, first, first == 2 ? 7 : 8);
    scene_wake(&trace, 5 - first, first == 2 ? 8 : 7);
    for (int i = 0; i < FILLERS; i++) {
        put_filler();
    }
    return trace.w.head;
}

static void ask_at(uint64_t at, enum fb_quiz_kind kind) {
    struct fb_history *h = fb_session_history(p.session);

    assert_int_equal(
        fb_quiz_ask(h, fb_session_names(p.session), at, 1u << kind, &show.quiz),
        1);
    show.stage = FB_QUIZ_ASKS;
    show.chosen = -1;
}

static void load(uint64_t at) {
    picture_load(&p, at);
    p.scene.mode = FB_MODE_FROZEN;
    p.scene.task = 3;
    p.scene.quiz = &show;
    p.scene.veil = 0;
    if (show.stage == FB_QUIZ_ASKS) {
        p.scene.veil = FB_VEIL_FUTURE | FB_VEIL_QUEUE;
    }
}

static void the_box_fits_every_size(void **state) {
    static const int sizes[][2] = {{40, 10}, {80, 24}, {132, 43}};
    const uint64_t at = write_queue(3);

    (void)state;
    scene_read(&trace, 3, 8, 6);
    memset(&show, 0, sizeof(show));
    picture_open(&p, trace.path);
    for (int i = 0; i < 3; i++) {
        ask_at(at, FB_QUIZ_NEXT);
        load(at);
        picture_check(&p, "quiz_asks", sizes[i][0], sizes[i][1]);
        show.stage = FB_QUIZ_REVEALS;
        show.chosen = show.quiz.right == 0 ? 1 : 0;
        load(at);
        picture_check(&p, "quiz_reveals", sizes[i][0], sizes[i][1]);
        show.stage = FB_QUIZ_JUDGED;
        show.score = (struct fb_quiz_score){.asked = {3, 1}, .right = {2, 1}};
        show.fact_count =
            fb_quiz_tell(fb_session_history(p.session),
                         fb_session_names(p.session), &show.quiz, show.facts);
        load(show.quiz.until);
        picture_check(&p, "quiz_judged", sizes[i][0], sizes[i][1]);
        show.score = (struct fb_quiz_score){{0}, {0}};
    }
    p.grid.ascii = true;
    picture_check(&p, "quiz_judged_ascii", 80, 24);
    assert_int_equal(fb_grid_resize(&p.grid, 20, 5), 0);
    free(picture_draw(&p, 20, 5));
    picture_close(&p);
    scene_close(&trace);
}

// All that is drawn at several sizes and with each pane on the whole screen,
// cell by cell with its style.
struct drawn {
    char *bytes;
    size_t len;
};

static void add_frame(FILE *out, int cols, int rows) {
    free(picture_draw(&p, cols, rows));
    fwrite(p.grid.cells, sizeof(*p.grid.cells), (size_t)cols * (size_t)rows,
           out);
}

static struct drawn draw_all(void) {
    static const int sizes[][2] = {{40, 10}, {80, 24}, {160, 50}, {300, 80}};
    struct drawn d = {0};
    FILE *out = open_memstream(&d.bytes, &d.len);

    assert_non_null(out);
    for (int i = 0; i < 4; i++) {
        p.frame.zoom = false;
        add_frame(out, sizes[i][0], sizes[i][1]);
        for (int id = 0; id < FB_PANES; id++) {
            if (fb_frame_has(&p.frame, (enum fb_pane_id)id)) {
                p.frame.zoom = true;
                p.frame.focus = (enum fb_pane_id)id;
                add_frame(out, sizes[i][0], sizes[i][1]);
            }
        }
        p.frame.focus = FB_PANE_TASKS;
    }
    assert_int_equal(fclose(out), 0);
    return d;
}

static bool same(struct drawn a, struct drawn b) {
    const bool is =
        a.len == b.len && a.len > 0 && memcmp(a.bytes, b.bytes, a.len) == 0;

    free(a.bytes);
    free(b.bytes);
    return is;
}

static uint64_t lost_later; // events that were lost after the question

// Draws the open question at `at` of the trace that has just been written.
static struct drawn draw_question(uint64_t at, enum fb_quiz_kind kind,
                                  bool veiled) {
    struct drawn d;

    memset(&show, 0, sizeof(show));
    picture_open(&p, trace.path);
    ask_at(at, kind);
    load(at);
    p.scene.veil = veiled ? p.scene.veil : 0;
    p.scene.lost = lost_later;
    p.scene.lost_first = p.scene.lost_last = at + 1;
    d = draw_all();
    picture_close(&p);
    return d;
}

static struct drawn draw_order(uint32_t first, uint32_t polled, bool veiled) {
    const uint64_t at = write_queue(first);
    struct drawn d;

    scene_read(&trace, polled, polled == 2 ? 7 : 8, 6);
    d = draw_question(at, FB_QUIZ_NEXT, veiled);
    scene_close(&trace);
    return d;
}

// The worlds differ in who came first into the queue, and in who is polled.
static void
a_veiled_picture_does_not_tell_the_order_of_the_queue(void **state) {
    (void)state;
    assert_true(same(draw_order(2, 2, true), draw_order(3, 3, true)));
    assert_true(same(draw_order(2, 3, true), draw_order(3, 2, true)));
    assert_false(same(draw_order(2, 2, false), draw_order(3, 3, false)));
}

// Task 2 begins to be polled; its poll ends in this way, and `clients` more
// connect. All that comes has the same length: how far a run goes on is no
// answer.
static struct drawn draw_future(bool ready, int clients, bool veiled) {
    uint64_t at;
    struct drawn d;

    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "Ada 127.0.0.1:50001");
    scene_connect(&trace, 8, "Grace 127.0.0.1:50002");
    scene_wake(&trace, 2, 7);
    scene_put(&trace, (struct fb_event){.kind = FB_EV_POLL_BEGIN,
                                        .subject = 2,
                                        .poll = {.future = 20}});
    at = trace.w.head;
    scene_put(&trace, (struct fb_event){.kind = FB_EV_POLL_END,
                                        .detail = ready ? FB_RESULT_READY
                                                        : FB_RESULT_PENDING,
                                        .subject = 2,
                                        .poll = {.future = 20}});
    for (int i = 0; i < clients; i++) {
        scene_connect(&trace, 20 + i, "one more");
    }
    trace.w.now_ns = 1000000;
    while (trace.w.head < at + FILLERS) {
        put_filler();
    }
    d = draw_question(at, FB_QUIZ_RESULT, veiled);
    scene_close(&trace);
    return d;
}

static void a_veiled_picture_does_not_tell_what_comes(void **state) {
    struct drawn whole;

    (void)state;
    assert_true(same(draw_future(true, 0, true), draw_future(false, 0, true)));
    assert_true(same(draw_future(true, 0, true), draw_future(false, 4, true)));
    whole = draw_future(true, 0, true);
    lost_later = 7;
    assert_true(same(whole, draw_future(true, 0, true)));
    whole = draw_future(true, 0, false);
    lost_later = 0;
    assert_false(same(whole, draw_future(true, 0, false)));
}

// A guest is always at the newest event.
static void draw_guest(const struct fb_scene *s, struct fb_pane *pane,
                       struct fb_grid *g, struct fb_area a) {
    (void)s, (void)pane;
    fb_grid_put(g, a, 0, 0, FB_STYLE_NORMAL, "Ada was thanked");
}

static void what_a_guest_knows_is_veiled_too(void **state) {
    static const struct fb_view guest = {.title = "Clients",
                                         .draw = draw_guest};
    const uint64_t at = write_queue(2);
    char *text;

    (void)state;
    scene_read(&trace, 2, 7, 6);
    memset(&show, 0, sizeof(show));
    picture_open(&p, trace.path);
    fb_frame_init(&p.frame, &guest);
    p.frame.focus = FB_PANE_GUEST;
    p.frame.zoom = true;
    ask_at(at, FB_QUIZ_NEXT);
    load(at);
    text = picture_draw(&p, 80, 40);
    assert_null(strstr(text, "Ada was thanked"));
    assert_non_null(strstr(text, "hidden until you answer"));
    free(text);
    p.scene.veil = 0;
    text = picture_draw(&p, 80, 40);
    assert_non_null(strstr(text, "Ada was thanked"));
    free(text);
    picture_close(&p);
    scene_close(&trace);
}

// ---- the app ----

static struct fb_session *session;
static struct fb_app *app;
static struct fb_grid grid;
static uint64_t now_ns;
static uint64_t queued_at; // two tasks are in the queue

static void open_app(void) {
    struct fb_app_options options = {0};
    char why[FB_SESSION_WHY_BYTES];

    assert_int_equal(
        fb_session_open(&session, trace.path, false, why, sizeof(why)), 0);
    options.session = session;
    assert_int_equal(fb_app_create(&app, &options), 0);
    assert_int_equal(fb_grid_init(&grid, 100, 30), 0);
    now_ns = 1000 * MS;
    fb_app_tick(app, now_ns);
}

// A finished run: two tasks are woken, and polled one after the other.
static int setup(void **state) {
    (void)state;
    queued_at = write_queue(3);
    scene_read(&trace, 3, 8, 6);
    scene_put(&trace, (struct fb_event){.kind = FB_EV_POLL_END,
                                        .subject = 3,
                                        .poll.future = 30});
    scene_read(&trace, 2, 7, 6);
    scene_put(&trace, (struct fb_event){.kind = FB_EV_POLL_END,
                                        .subject = 2,
                                        .poll.future = 20});
    scene_end(&trace);
    open_app();
    return 0;
}

static int teardown(void **state) {
    (void)state;
    fb_app_destroy(app);
    fb_session_close(session);
    fb_grid_deinit(&grid);
    scene_close(&trace);
    return 0;
}

static const struct fb_scene *look(void) {
    fb_app_draw(app, &grid);
    return fb_app_scene(app);
}

static bool picture_has(const char *words) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    bool has;

    assert_non_null(out);
    look();
    fb_grid_print(&grid, out);
    assert_int_equal(fclose(out), 0);
    has = strstr(text, words) != NULL;
    free(text);
    return has;
}

static void keys(const char *text) {
    for (; *text; text++) {
        fb_app_key(app, (uint32_t)*text);
    }
}

static int tick(uint64_t ms) {
    now_ns += ms * MS;
    return fb_app_tick(app, now_ns);
}

static void go(uint64_t event) {
    char typed[32];

    snprintf(typed, sizeof(typed), "g%d\n", (int)event);
    keys(typed);
    assert_int_equal(look()->at, event);
}

static const struct fb_quiz_show *box(void) {
    return look()->quiz;
}

static char letter(int choice) {
    return (char)('a' + choice);
}

static void answer(bool right) {
    const struct fb_quiz *q = &box()->quiz;
    const char key[] = {letter(right ? q->right : (q->right + 1) % q->count),
                        '\0'};

    keys(key);
}

static void it_asks_waits_reveals_and_explains(void **state) {
    (void)state;
    go(queued_at);
    keys("a");
    assert_int_equal(box()->stage, FB_QUIZ_ASKS);
    assert_true(picture_has("2 tasks are in the run queue. Who is polled"));
    assert_int_equal(look()->veil, FB_VEIL_FUTURE | FB_VEIL_QUEUE);
    tick(10000);
    assert_int_equal(look()->at, queued_at); // it waits for the class
    answer(true);
    assert_int_equal(box()->stage, FB_QUIZ_REVEALS);
    assert_int_equal(look()->veil, 0);
    assert_int_equal(look()->at, queued_at);
    assert_int_equal(tick(10), 20); // it wants to go on
    for (int i = 0; i < 100 && box()->stage == FB_QUIZ_REVEALS; i++) {
        tick(20);
    }
    assert_int_equal(box()->stage, FB_QUIZ_JUDGED);
    assert_int_equal(look()->at, box()->quiz.until);
    assert_true(picture_has("Right: "));
    assert_true(picture_has("1 of 1 right (next 1/1)"));
    assert_true(picture_has("is polled for the"));
}

static void revealing_goes_step_by_step(void **state) {
    uint64_t at = queued_at + 1, seen = 0;

    (void)state;
    go(at);
    keys("a"); // how does the poll end, what will it wait for …
    assert_int_equal(box()->quiz.at, at);
    assert_true(box()->quiz.until > at + 2);
    answer(false);
    while (box()->stage == FB_QUIZ_REVEALS) {
        assert_true(look()->at - at <= 1); // no event is jumped over
        seen += look()->at - at;
        at = look()->at;
        tick(20);
    }
    assert_int_equal(seen + (look()->at - at),
                     box()->quiz.until - box()->quiz.at);
    assert_true(picture_has("Not "));
    assert_true(picture_has("0 of 1 right"));
}

static void a_wrong_answer_is_explained_from_the_events(void **state) {
    (void)state;
    go(queued_at);
    keys("a");
    for (int i = 0; i < box()->quiz.count; i++) {
        if (strstr(box()->quiz.choices[i].text, "task 2")) {
            const char key[] = {letter(i), '\0'};

            keys(key);
            break;
        }
    }
    keys("\n"); // at once
    assert_int_equal(box()->stage, FB_QUIZ_JUDGED);
    assert_true(picture_has("the age of a task does not count"));
    assert_true(picture_has("behind task 3"));
    assert_true(picture_has("The events say"));
}

static void nothing_moves_before_an_answer(void **state) {
    static const char refused[] = "npwtNPWTgsiF<> x";

    (void)state;
    go(queued_at);
    keys("a");
    for (const char *key = refused; *key; key++) {
        const char one[] = {*key, '\0'};

        if (*key == ' ') {
            continue; // shows the answer
        }
        keys(one);
        assert_int_equal(look()->at, queued_at);
        assert_int_equal(box()->stage, FB_QUIZ_ASKS);
        assert_true(picture_has("First predict"));
    }
    keys("\t");
    assert_int_equal(fb_app_frame(app)->focus, FB_PANE_TREE);
    assert_false(picture_has("First predict"));
    keys("5");
    assert_int_equal(fb_app_frame(app)->focus, FB_PANE_LANES);
    keys("z");
    assert_true(fb_app_frame(app)->zoom);
    assert_int_equal(look()->at, queued_at);
}

static void on_a_small_screen_every_choice_can_be_reached(void **state) {
    bool seen[FB_QUIZ_CHOICES] = {false};

    (void)state;
    go(1);
    assert_int_equal(fb_app_quiz(app, 1u << FB_QUIZ_WAKE), 0);
    assert_int_equal(fb_grid_resize(&grid, 40, 10), 0);
    for (int row = 0; row < 20; row++) {
        for (int i = 0; i < 4; i++) {
            const char begin[] = {' ', letter(i), ' ', ' ', '\0'};

            seen[i] |= picture_has(begin);
        }
        fb_app_key(app, FB_KEY_DOWN);
    }
    assert_true(seen[0] && seen[1] && seen[2] && seen[3]);
    assert_int_equal(box()->stage, FB_QUIZ_ASKS);
}

static void enter_shows_the_answer_without_counting_it(void **state) {
    (void)state;
    go(queued_at);
    keys("a\n");
    assert_int_equal(box()->stage, FB_QUIZ_REVEALS);
    keys("\n");
    assert_int_equal(box()->stage, FB_QUIZ_JUDGED);
    assert_true(picture_has("It is "));
    assert_int_equal(fb_quiz_asked(fb_app_quiz_score(app)), 0);
}

static void it_goes_on_asking_to_the_end(void **state) {
    uint64_t at = 0;
    int asked = 0;

    (void)state;
    keys("a");
    while (box()->stage == FB_QUIZ_ASKS) {
        assert_true(box()->quiz.at >= at); // always forwards
        at = box()->quiz.until;
        answer(asked % 2 == 0);
        keys("\n");
        assert_int_equal(box()->stage, FB_QUIZ_JUDGED);
        asked++;
        keys("n");
    }
    assert_int_equal(box()->stage, FB_QUIZ_WAITS);
    assert_true(picture_has("Nothing more to ask"));
    assert_true(asked >= 6);
    assert_int_equal(fb_quiz_asked(fb_app_quiz_score(app)), asked);
    keys("\033");
    assert_null(box());
    assert_true(picture_has("Predicted: "));
    keys("P"); // the keys are back
    assert_true(look()->at < at);
}

static void leaving_lifts_the_veil(void **state) {
    (void)state;
    go(queued_at);
    keys("aq");
    assert_null(box());
    assert_int_equal(look()->veil, 0);
    assert_int_equal(look()->at, queued_at);
    assert_false(fb_app_done(app)); // q leaves, as it leaves every page
    keys("n");
    assert_int_equal(look()->at, queued_at + 1);
}

static void a_script_asks_one_question_of_its_kind(void **state) {
    (void)state;
    go(1);
    assert_int_equal(fb_app_quiz(app, 1u << FB_QUIZ_NEXT), 0);
    assert_true(fb_app_quiz_is_open(app));
    assert_int_equal(box()->quiz.kind, FB_QUIZ_NEXT);
    assert_int_equal(look()->at, queued_at);
    answer(true);
    keys("\n");
    assert_int_equal(box()->stage, FB_QUIZ_JUDGED);
    assert_true(picture_has("Enter go on"));
    keys("\n");
    assert_false(fb_app_quiz_is_open(app));
    assert_int_equal(fb_quiz_asked(fb_app_quiz_score(app)), 1);
}

static void any_keys_in_any_order_do_no_harm(void **state) {
    static const char pool[] = "abcd\n \033nNpPwWtTg1239\tzqhjklv?isF<>\177";
    uint64_t random = 88172645463325252u;

    (void)state;
    for (int i = 0; i < 6000 && !fb_app_done(app); i++) {
        char key;

        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        key = pool[random % (sizeof(pool) - 1)];
        if (key == 'q' && !fb_app_quiz_is_open(app)) {
            continue; // the end
        }
        fb_app_key(app, (uint32_t)key);
        if (random % 5 == 0) {
            tick(random % 400);
        }
        if (random % 9 == 0) {
            assert_int_equal(fb_grid_resize(&grid, (int)(random / 64 % 140),
                                            (int)(random / 4096 % 50)),
                             0);
        }
        assert_int_equal(look()->veil != 0,
                         look()->quiz && look()->quiz->stage == FB_QUIZ_ASKS);
        assert_in_range(look()->at, 1, look()->newest);
    }
}

// ---- a program that stands still ----

// Its executor is this test: the words of the control page are written by hand.
static int setup_live(void **state) {
    (void)state;
    queued_at = write_queue(3);
    open_app();
    atomic_store(&trace.w.control->stopped_after, trace.w.head);
    atomic_store(&trace.w.control->stopped, 1);
    keys("s");
    tick(50);
    return 0;
}

// One event, after which it stands again.
static void execute(struct fb_event e) {
    scene_put(&trace, e);
    atomic_store(&trace.w.control->stopped_after, trace.w.head);
    tick(50);
    tick(50);
}

static bool wants_a_step(void) {
    return atomic_load(&trace.w.control->mode) == FB_CONTROL_STOP &&
           atomic_load(&trace.w.control->step) == FB_STEP_EVENT;
}

static void live_answers_are_judged_by_what_happens(void **state) {
    int of_3 = -1;

    (void)state;
    keys("a");
    assert_int_equal(box()->stage, FB_QUIZ_ASKS);
    assert_int_equal(box()->quiz.kind, FB_QUIZ_NEXT);
    assert_int_equal(box()->quiz.right, -1); // nobody knows
    for (int i = 0; i < box()->quiz.count; i++) {
        of_3 = strstr(box()->quiz.choices[i].text, "task 3") ? i : of_3;
    }
    assert_false(wants_a_step());
    keys((const char[]){letter(of_3), '\0'});
    tick(50);
    assert_true(wants_a_step());
    assert_int_equal(box()->stage, FB_QUIZ_REVEALS);
    put_filler(); // not yet
    atomic_store(&trace.w.control->stopped_after, trace.w.head);
    tick(50);
    tick(50);
    assert_int_equal(box()->stage, FB_QUIZ_REVEALS);
    execute((struct fb_event){
        .kind = FB_EV_POLL_BEGIN, .subject = 3, .poll = {.future = 30}});
    assert_int_equal(box()->stage, FB_QUIZ_JUDGED);
    assert_true(picture_has("Right: "));
    assert_true(picture_has("1 of 1 right (next 1/1)"));
    assert_int_equal(look()->mode, FB_MODE_STOPPED);
    // and now: how does this poll end?
    keys("n");
    assert_int_equal(box()->stage, FB_QUIZ_ASKS);
    assert_int_equal(box()->quiz.kind, FB_QUIZ_RESULT);
}

static void a_live_question_without_an_answer_is_not_counted(void **state) {
    (void)state;
    keys("aa");
    tick(50);
    execute((struct fb_event){.kind = FB_EV_POLL_BEGIN, .subject = 77});
    assert_int_equal(box()->stage, FB_QUIZ_VOID);
    assert_true(picture_has("came to nothing"));
    assert_int_equal(fb_quiz_asked(fb_app_quiz_score(app)), 0);
}

static void it_waits_until_there_is_something_to_ask(void **state) {
    (void)state;
    execute((struct fb_event){
        .kind = FB_EV_POLL_BEGIN, .subject = 3, .poll = {.future = 30}});
    execute((struct fb_event){
        .kind = FB_EV_POLL_END, .subject = 3, .poll = {.future = 30}});
    keys("a"); // one task in the queue: nothing to choose
    assert_int_equal(box()->stage, FB_QUIZ_WAITS);
    keys("n");
    assert_true(wants_a_step());
    execute((struct fb_event){
        .kind = FB_EV_POLL_BEGIN, .subject = 2, .poll = {.future = 20}});
    assert_int_equal(box()->stage, FB_QUIZ_ASKS);
    assert_int_equal(box()->quiz.kind, FB_QUIZ_RESULT);
}

// It is stepped to where there is something to ask, and no further.
static void a_script_seeks_its_question(void **state) {
    (void)state;
    assert_int_equal(fb_app_quiz(app, 1u << FB_QUIZ_RESULT), 0);
    assert_int_equal(box()->stage, FB_QUIZ_WAITS);
    tick(50);
    assert_true(wants_a_step());
    put_filler();
    atomic_store(&trace.w.control->stopped_after, trace.w.head);
    tick(50);
    assert_int_equal(box()->stage, FB_QUIZ_WAITS);
    tick(50);
    execute((struct fb_event){
        .kind = FB_EV_POLL_BEGIN, .subject = 2, .poll = {.future = 20}});
    assert_int_equal(box()->stage, FB_QUIZ_ASKS);
    assert_int_equal(box()->quiz.kind, FB_QUIZ_RESULT);
    assert_int_equal(look()->at, trace.w.head);
}

static int setup_running(void **state) {
    (void)state;
    queued_at = write_queue(3);
    open_app();
    return 0;
}

static void a_picture_that_moves_is_not_asked_about(void **state) {
    (void)state;
    assert_int_equal(look()->mode, FB_MODE_LIVE);
    keys("a");
    assert_null(box());
    assert_true(picture_has("needs a picture that stands"));
    assert_int_equal(fb_app_quiz(app, FB_QUIZ_ALL), -ENOTSUP);
}

#define APP_TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
#define LIVE_TEST(name)                                                        \
    cmocka_unit_test_setup_teardown(name, setup_live, teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_box_fits_every_size),
        cmocka_unit_test(a_veiled_picture_does_not_tell_the_order_of_the_queue),
        cmocka_unit_test(a_veiled_picture_does_not_tell_what_comes),
        cmocka_unit_test(what_a_guest_knows_is_veiled_too),
        APP_TEST(it_asks_waits_reveals_and_explains),
        APP_TEST(revealing_goes_step_by_step),
        APP_TEST(a_wrong_answer_is_explained_from_the_events),
        APP_TEST(nothing_moves_before_an_answer),
        APP_TEST(on_a_small_screen_every_choice_can_be_reached),
        APP_TEST(enter_shows_the_answer_without_counting_it),
        APP_TEST(it_goes_on_asking_to_the_end),
        APP_TEST(leaving_lifts_the_veil),
        APP_TEST(a_script_asks_one_question_of_its_kind),
        APP_TEST(any_keys_in_any_order_do_no_harm),
        LIVE_TEST(live_answers_are_judged_by_what_happens),
        LIVE_TEST(a_live_question_without_an_answer_is_not_counted),
        LIVE_TEST(it_waits_until_there_is_something_to_ask),
        LIVE_TEST(a_script_seeks_its_question),
        cmocka_unit_test_setup_teardown(a_picture_that_moves_is_not_asked_about,
                                        setup_running, teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
