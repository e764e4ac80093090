// What print prints, byte for byte, for traces whose every event is known.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include "print.h"
#include "scene.h"
#include <errno.h>
#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef int printer(struct fb_session *s,
                    const struct fb_print_options *options);

static struct scene scene;

static struct fb_session *open_scene(void) {
    struct fb_session *s = NULL;
    char why[FB_SESSION_WHY_BYTES];

    if (fb_session_open(&s, scene.path, false, why, sizeof(why)) < 0) {
        fail_msg("%s", why);
    }
    return s;
}

// What the printer writes, with this process's pid replaced.
static char *print_with(printer *print, struct fb_print_options options) {
    struct fb_session *s = open_scene();
    char *text = NULL, pid[32];
    size_t len;

    options.out = open_memstream(&text, &len);
    assert_non_null(options.out);
    assert_int_equal(print(s, &options), 0);
    fclose(options.out);
    fb_session_close(s);
    snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
    golden_replace(text, pid, "pid P");
    return text;
}

static void check_golden(const char *name, printer *print,
                         struct fb_print_options options) {
    char *text = print_with(print, options);

    golden_check(name, text);
    free(text);
}

// The acceptor and three clients that say nothing.
static void three_silent_clients(void) {
    scene_open(&scene, 0);
    fb_trace_set_address(&scene.w, "127.0.0.1:6142");
    scene_listen(&scene);
    scene_connect(&scene, 9, "127.0.0.1:51234");
    scene_connect(&scene, 10, "127.0.0.1:51236");
    scene_connect(&scene, 11, "127.0.0.1:51238");
}

static void tree_shows_the_acceptor_and_three_pending_reads(void **state) {
    (void)state;
    three_silent_clients();
    check_golden("tree_silent", fb_print_tree, (struct fb_print_options){0});
    scene_close(&scene);
}

static void tree_in_ascii_has_no_byte_above_126(void **state) {
    char *text;

    (void)state;
    three_silent_clients();
    text = print_with(fb_print_tree, (struct fb_print_options){.ascii = true});
    for (const char *c = text; *c != '\0'; c++) {
        assert_in_range((unsigned char)*c, '\n', 126);
    }
    assert_non_null(strstr(text, "`-accept_loop"));
    free(text);
    scene_close(&scene);
}

static void tree_of_one_task_shows_only_that_one(void **state) {
    char *text;

    (void)state;
    three_silent_clients();
    text = print_with(fb_print_tree, (struct fb_print_options){.task = 3});
    assert_non_null(strstr(text, "\ntask 3  \"127.0.0.1:51236\""));
    assert_null(strstr(text, "\ntask 1"));
    assert_null(strstr(text, "\ntask 2"));
    assert_null(strstr(text, "\ntask 4"));
    free(text);
    scene_close(&scene);
}

static void tasks_are_a_table(void **state) {
    (void)state;
    three_silent_clients();
    check_golden("tasks_silent", fb_print_tasks, (struct fb_print_options){0});
    scene_close(&scene);
}

static void reactor_names_who_waits_for_each_source(void **state) {
    (void)state;
    three_silent_clients();
    check_golden("reactor_silent", fb_print_reactor,
                 (struct fb_print_options){0});
    scene_close(&scene);
}

static void story_tells_one_conversation(void **state) {
    uint32_t task;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    task = scene_connect(&scene, 9, "Ada 127.0.0.1:51234");
    scene_talk(&scene, task, 9, 4);
    scene_end(&scene);
    check_golden("story_talk", fb_print_story, (struct fb_print_options){0});
    scene_close(&scene);
}

static void events_show_every_field(void **state) {
    uint32_t task;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    task = scene_connect(&scene, 9, "Ada 127.0.0.1:51234");
    scene_talk(&scene, task, 9, 4);
    scene_end(&scene);
    check_golden("events_talk", fb_print_events, (struct fb_print_options){0});
    scene_close(&scene);
}

static struct fb_event channel(enum fb_channel_op op, uint32_t task,
                               uint32_t count) {
    return (struct fb_event){
        .kind = FB_EV_CHANNEL,
        .detail = (uint8_t)op,
        .flags = FB_CHANNEL_MPSC,
        .subject = 3,
        .channel = {.task = task, .count = count, .capacity = 4, .amount = 1}};
}

// A sender that finds no room, and the receiver that makes some.
static void a_channel_is_told_by_its_events_and_its_story(void **state) {
    uint32_t task;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    task = scene_connect(&scene, 9, "Ada 127.0.0.1:51234");
    scene_put(&scene, channel(FB_CHANNEL_OPEN, 0, 0));
    scene_put(&scene, channel(FB_CHANNEL_GIVE, task, 4));
    scene_put(&scene, (struct fb_event){.kind = FB_EV_WAKER_CLONE,
                                        .detail = FB_PARTY_CHANNEL,
                                        .flags = FB_AWAITS_ROOM,
                                        .subject = task,
                                        .waker.holder = 3});
    scene_put(&scene, channel(FB_CHANNEL_TAKE, 1, 3));
    scene_put(&scene, (struct fb_event){
                          .kind = FB_EV_WAKER_DROP,
                          .detail = FB_PARTY_CHANNEL,
                          .flags = FB_WAKER_WOKEN,
                          .subject = task,
                          .waker = {.holder = 3, .interest = FB_AWAITS_ROOM}});
    scene_put(&scene, channel(FB_CHANNEL_CLOSE, 0, 3));
    scene_end(&scene);
    check_golden("events_channel", fb_print_events,
                 (struct fb_print_options){.from = 45});
    check_golden("story_channel", fb_print_story,
                 (struct fb_print_options){.from = 45});
    scene_close(&scene);
}

static void at_shows_the_world_in_the_middle_of_a_poll(void **state) {
    (void)state;
    three_silent_clients();
    // 6: the accept future was entered; the acceptor is being polled
    check_golden("tree_at_6", fb_print_tree,
                 (struct fb_print_options){.at = 6});
    scene_close(&scene);
}

static void range_of_events_is_exactly_that_range(void **state) {
    char *text, *line;

    (void)state;
    three_silent_clients();
    text = print_with(fb_print_events,
                      (struct fb_print_options){.from = 3, .to = 5});
    line = text;
    for (int number = 3; number <= 5; number++) {
        assert_int_equal(strtol(line, &line, 10), number);
        line = strchr(line, '\n') + 1;
    }
    assert_string_equal(line, "");
    free(text);
    scene_close(&scene);
}

static void story_of_one_task_includes_its_io(void **state) {
    char *text;

    (void)state;
    three_silent_clients();
    text = print_with(fb_print_events, (struct fb_print_options){.task = 2});
    assert_non_null(strstr(text, "op=read fd=9 result=-EAGAIN"));
    assert_null(strstr(text, "op=accept"));
    assert_null(strstr(text, "fd=10"));
    free(text);
    scene_close(&scene);
}

static void same_events_give_the_same_bytes(void **state) {
    printer *const printers[] = {fb_print_story,   fb_print_events,
                                 fb_print_tasks,   fb_print_tree,
                                 fb_print_reactor, fb_print_json};

    (void)state;
    three_silent_clients();
    for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++) {
        char *one = print_with(printers[i], (struct fb_print_options){0});
        char *two = print_with(printers[i], (struct fb_print_options){0});

        assert_string_equal(one, two);
        free(one);
        free(two);
    }
    scene_close(&scene);
}

// Every byte that a terminal could obey is gone from every page.
static void hostile_label_harms_no_page(void **state) {
    static const char LABEL[] = "\x1b[2J\x9b\xc2\x9b\u202e\u200b\xff\r\n\"Eve";
    printer *const printers[] = {fb_print_story,   fb_print_events,
                                 fb_print_tasks,   fb_print_tree,
                                 fb_print_reactor, fb_print_json};

    (void)state;
    scene_open(&scene, 0);
    fb_trace_set_address(&scene.w, "\x1b]0;owned\a");
    scene_listen(&scene);
    scene_connect(&scene, 9, LABEL);
    for (size_t i = 0; i < sizeof(printers) / sizeof(printers[0]); i++) {
        char *text = print_with(printers[i], (struct fb_print_options){0});

        for (const char *c = text; *c != '\0'; c++) {
            assert_true(*c == '\n' || (unsigned char)*c >= ' ');
            assert_int_not_equal(*c, 0x7f);
        }
        assert_null(strstr(text, "\xc2\x9b"));
        assert_null(strstr(text, "\u202e"));
        assert_null(strstr(text, "\u200b"));
        assert_null(strstr(text, "\xff"));
        free(text);
    }
    scene_close(&scene);
}

// ---- JSON ------------------------------------------------------------------

static json_t *load_json(struct fb_print_options options) {
    char *text = print_with(fb_print_json, options);
    json_error_t error;
    json_t *o = json_loads(text, JSON_REJECT_DUPLICATES, &error);

    if (o == NULL) {
        fail_msg("line %d: %s", error.line, error.text);
    }
    free(text);
    return o;
}

static const char *text_of(json_t *o, const char *key) {
    return json_string_value(json_object_get(o, key));
}

static json_int_t number_of(json_t *o, const char *key) {
    assert_true(json_is_integer(json_object_get(o, key)));
    return json_integer_value(json_object_get(o, key));
}

static void json_nests_futures_with_their_reasons(void **state) {
    json_t *o, *task, *root, *leaf, *held;

    (void)state;
    three_silent_clients();
    o = load_json((struct fb_print_options){0});
    assert_string_equal(text_of(o, "schema"), "fishbowl.world");
    assert_int_equal(number_of(o, "version"), 1);
    assert_int_equal(json_array_size(json_object_get(o, "tasks")), 4);
    task = json_array_get(json_object_get(o, "tasks"), 1);
    assert_int_equal(number_of(task, "id"), 2);
    assert_string_equal(text_of(task, "state"), "idle");
    root = json_object_get(task, "future");
    assert_string_equal(text_of(json_object_get(root, "type"), "name"),
                        "greet_named");
    assert_int_equal(number_of(root, "suspended_at_line"), 31);
    leaf = json_array_get(json_object_get(root, "children"), 0);
    assert_string_equal(text_of(leaf, "reason"), "fd 9 readable");
    assert_int_equal(number_of(leaf, "awaited_at_line"), 31);
    held = json_object_get(leaf, "waker_held");
    assert_string_equal(text_of(held, "by"), fb_name_party(FB_PARTY_SOURCE));
    assert_int_equal(number_of(held, "id"), 2);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(held, "interest"), 0)),
        "readable");
    json_decref(o);
    scene_close(&scene);
}

static void json_of_one_event_has_that_position(void **state) {
    json_t *o, *position;

    (void)state;
    three_silent_clients();
    o = load_json((struct fb_print_options){.at = 3});
    position = json_object_get(o, "position");
    assert_int_equal(number_of(position, "event"), 3);
    assert_int_equal(number_of(position, "first_event"), 1);
    assert_int_equal(number_of(position, "last_event"), scene.w.head);
    assert_int_equal(number_of(json_object_get(o, "executor"), "running"), 1);
    json_decref(o);
    scene_close(&scene);
}

static void json_label_is_sanitised_not_lost(void **state) {
    json_t *o;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_connect(&scene, 9, "A\x1b\xff");
    o = load_json((struct fb_print_options){.task = 2});
    assert_string_equal(
        text_of(json_array_get(json_object_get(o, "tasks"), 0), "name"),
        "A\\x1b\\xff");
    json_decref(o);
    scene_close(&scene);
}

// A thousand nested futures: the document is cut, says where, and can be read
// by a parser with a limit of its own.
static void json_cuts_what_is_nested_too_deep(void **state) {
    const uint32_t depth = 1000;
    json_t *o, *future;
    int levels = 1;

    (void)state;
    scene_open(&scene, 1 << 14);
    scene_listen(&scene);
    scene_put(&scene,
              (struct fb_event){.kind = FB_EV_POLL_BEGIN, .subject = 1});
    for (uint32_t i = 0; i < depth; i++) {
        scene_put(&scene,
                  (struct fb_event){
                      .kind = FB_EV_FUTURE_ENTER,
                      .subject = 100 + i,
                      .enter = {.parent = i == 0 ? 1 : 99 + i, .task = 1}});
    }
    o = load_json((struct fb_print_options){0});
    future = json_object_get(json_array_get(json_object_get(o, "tasks"), 0),
                             "future");
    while (json_array_size(json_object_get(future, "children")) > 0) {
        json_t *children = json_object_get(future, "children");

        assert_true(json_is_false(json_object_get(future, "cut")));
        future = json_array_get(children, json_array_size(children) - 1);
        levels++;
    }
    assert_int_equal(levels, 200);
    assert_true(json_is_true(json_object_get(future, "cut")));
    json_decref(o);
    scene_close(&scene);
}

// ---- what is missing -------------------------------------------------------

static void page_after_loss_says_what_is_missing(void **state) {
    uint32_t task;
    char *text;

    (void)state;
    scene_open(&scene, 64);
    scene_listen(&scene);
    task = scene_connect(&scene, 9, "Ada");
    scene_idle(&scene, 40);
    scene_census(&scene, task, 9, "Ada");
    scene_idle(&scene, 4);
    scene_end(&scene);
    text = print_with(fb_print_tree, (struct fb_print_options){0});
    assert_non_null(strstr(text, "had left the ring; a census tells"));
    assert_non_null(strstr(text, "greet_named  server/named.c:31"));
    assert_non_null(strstr(text, "read  pending: fd 9 readable"));
    assert_null(strstr(text, "uncertain"));
    free(text);
    scene_close(&scene);
}

// Opens the trace, then lets the ring run over: the middle is lost.
static void gap_is_told_once_where_it_is(void **state) {
    printer *const printers[] = {fb_print_story, fb_print_events};
    struct fb_print_options options = {0};
    char wanted[64];

    (void)state;
    for (int i = 0; i < 4; i++) {
        const struct fb_session_gap *gaps;
        struct fb_session *s;
        char *text = NULL, *told;
        uint64_t lost;
        size_t len;

        scene_open(&scene, 64);
        scene_listen(&scene);
        s = open_scene();
        scene_idle(&scene, 100);
        assert_true(fb_session_pump(s) > 0);
        assert_int_equal(fb_session_gaps(s, &gaps, &lost), 1);
        snprintf(wanted, sizeof(wanted), "vents %d to %d were lost",
                 (int)gaps[0].first, (int)gaps[0].last);
        options.out = open_memstream(&text, &len);
        options.task = i < 2 ? 0 : 1; // the event after it is not about task 1
        assert_int_equal(printers[i % 2](s, &options), 0);
        fclose(options.out);
        told = strstr(text, wanted);
        assert_non_null(told);
        assert_null(strstr(told + strlen(wanted), "were lost"));
        free(text);
        fb_session_close(s);
        scene_close(&scene);
    }
}

static void many_gaps_are_summed_up(void **state) {
    struct fb_print_options options = {0};
    struct fb_session *s;
    char *text = NULL;
    size_t len;

    (void)state;
    scene_open(&scene, 64);
    scene_listen(&scene);
    s = open_scene();
    for (int i = 0; i < 5; i++) {
        scene_idle(&scene, 100);
        assert_true(fb_session_pump(s) > 0);
    }
    options.out = open_memstream(&text, &len);
    assert_int_equal(fb_print_tree(s, &options), 0);
    fclose(options.out);
    assert_non_null(strstr(text, " events were lost in all, in 5 places\n"));
    free(text);
    fb_session_close(s);
    scene_close(&scene);
}

static void page_without_a_census_says_that_it_is_uncertain(void **state) {
    char *text;

    (void)state;
    scene_open(&scene, 64);
    scene_listen(&scene);
    scene_idle(&scene, 100);
    scene_end(&scene);
    text = print_with(fb_print_tree, (struct fb_print_options){0});
    assert_non_null(strstr(text, "may be missing here"));
    assert_non_null(strstr(text, "uncertain"));
    free(text);
    scene_close(&scene);
}

static void event_that_is_not_there_is_an_error(void **state) {
    struct fb_print_options options = {.at = 1000000, .out = stderr};
    struct fb_session *s;

    (void)state;
    three_silent_clients();
    s = open_scene();
    assert_int_equal(fb_print_tree(s, &options), -ERANGE);
    assert_int_equal(fb_print_story(s, &options), -ERANGE);
    assert_int_equal(fb_print_json(s, &options), -ERANGE);
    options = (struct fb_print_options){.task = 77, .out = stderr};
    assert_int_equal(fb_print_tree(s, &options), -ESRCH);
    fb_session_close(s);
    scene_close(&scene);
}

static void full_disk_is_an_error(void **state) {
    struct fb_print_options options = {.out = fopen("/dev/full", "w")};
    struct fb_session *s;

    (void)state;
    assert_non_null(options.out);
    three_silent_clients();
    s = open_scene();
    assert_int_equal(fb_print_tree(s, &options), -EIO);
    fclose(options.out);
    fb_session_close(s);
    scene_close(&scene);
}

// ---- following -------------------------------------------------------------

// Writes on when told to, as a program would, and ends in good order.
static void *go_on(void *arg) {
    (void)arg;
    scene_connect(&scene, 10, "late");
    scene_end(&scene);
    return NULL;
}

static void follow_tells_what_comes_until_the_program_ends(void **state) {
    struct fb_print_options options = {.follow = true};
    struct fb_session *s;
    char *text = NULL;
    pthread_t program;
    size_t len;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    s = open_scene();
    options.out = open_memstream(&text, &len);
    assert_int_equal(pthread_create(&program, NULL, go_on, NULL), 0);
    assert_int_equal(fb_print_events(s, &options), 0);
    assert_int_equal(pthread_join(program, NULL), 0);
    fclose(options.out);
    fb_session_close(s);
    assert_non_null(strstr(text, "text=\"late\""));
    assert_non_null(strstr(text, "the program has ended"));
    free(text);
    scene_close(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(tree_shows_the_acceptor_and_three_pending_reads),
        cmocka_unit_test(tree_in_ascii_has_no_byte_above_126),
        cmocka_unit_test(tree_of_one_task_shows_only_that_one),
        cmocka_unit_test(tasks_are_a_table),
        cmocka_unit_test(reactor_names_who_waits_for_each_source),
        cmocka_unit_test(story_tells_one_conversation),
        cmocka_unit_test(events_show_every_field),
        cmocka_unit_test(a_channel_is_told_by_its_events_and_its_story),
        cmocka_unit_test(at_shows_the_world_in_the_middle_of_a_poll),
        cmocka_unit_test(range_of_events_is_exactly_that_range),
        cmocka_unit_test(story_of_one_task_includes_its_io),
        cmocka_unit_test(same_events_give_the_same_bytes),
        cmocka_unit_test(hostile_label_harms_no_page),
        cmocka_unit_test(json_nests_futures_with_their_reasons),
        cmocka_unit_test(json_of_one_event_has_that_position),
        cmocka_unit_test(json_label_is_sanitised_not_lost),
        cmocka_unit_test(json_cuts_what_is_nested_too_deep),
        cmocka_unit_test(page_after_loss_says_what_is_missing),
        cmocka_unit_test(gap_is_told_once_where_it_is),
        cmocka_unit_test(many_gaps_are_summed_up),
        cmocka_unit_test(page_without_a_census_says_that_it_is_uncertain),
        cmocka_unit_test(event_that_is_not_there_is_an_error),
        cmocka_unit_test(full_disk_is_an_error),
        cmocka_unit_test(follow_tells_what_comes_until_the_program_ends),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
