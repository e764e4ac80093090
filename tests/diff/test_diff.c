// `fishbowl diff`: what it says of two traces, in words, JSON and as a picture;
// and that no damaged one can harm it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/text.h"
#include "golden.h"
#include "options.h"
#include "run.h"
#include "scene.h"
#include "screen.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct scene a, b;

// Two clients; in B they talk in the other order, and the second says less.
static void two_runs(int ada_says) {
    scene_open(&a, 0);
    scene_listen(&a);
    scene_connect(&a, 9, "Ada 127.0.0.1:51234");
    scene_connect(&a, 10, "Grace 127.0.0.1:51236");
    scene_talk(&a, 2, 9, 4);
    scene_talk(&a, 3, 10, 6);
    scene_end(&a);
    scene_open(&b, 0);
    scene_listen(&b);
    scene_connect(&b, 9, "Ada 127.0.0.1:60001");
    scene_connect(&b, 10, "Grace 127.0.0.1:60002");
    scene_talk(&b, 3, 10, 6);
    scene_talk(&b, 2, 9, ada_says);
    scene_end(&b);
}

static void close_runs(void) {
    scene_close(&a);
    scene_close(&b);
}

static void open_diff(struct fb_diff *d, struct fb_diff_options *options) {
    char why[FB_SESSION_WHY_BYTES];

    options->what[FB_DIFF_A] = a.path;
    options->what[FB_DIFF_B] = b.path;
    options->context = 3;
    options->cols = 100;
    if (fb_diff_open(d, options, why, sizeof(why)) < 0) {
        fail_msg("%s", why);
    }
}

// What a printer writes, without what differs from run to run.
static char *printed(enum fb_transcript_grade grade, bool full, bool json) {
    struct fb_diff_options options = {.grade = grade, .full = full};
    struct fb_diff d;
    char *text = NULL, pid[32];
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    open_diff(&d, &options);
    assert_non_null(out);
    assert_int_equal(
        json ? fb_diff_print_json(&d, out) : fb_diff_print(&d, out), 0);
    fclose(out);
    fb_diff_close(&d);
    snprintf(pid, sizeof(pid), "pid %d", (int)getpid());
    golden_replace(text, pid, "pid P");
    golden_replace(text, a.dir, "A");
    golden_replace(text, b.dir, "B");
    return text;
}

static void check_text(const char *name, enum fb_transcript_grade grade,
                       bool full) {
    char *text = printed(grade, full, false);

    golden_check(name, text);
    free(text);
}

// ---- text ------------------------------------------------------------------

static void another_order_is_no_other_tree(void **state) {
    (void)state;
    two_runs(4);
    check_text("diff_tree_equal", FB_TRANSCRIPT_TREE, false);
    close_runs();
}

static void what_was_read_is_a_difference_of_the_tree(void **state) {
    (void)state;
    two_runs(3);
    check_text("diff_tree", FB_TRANSCRIPT_TREE, false);
    close_runs();
}

static void another_order_is_shown_side_by_side(void **state) {
    (void)state;
    two_runs(4);
    check_text("diff_order", FB_TRANSCRIPT_ORDER, false);
    close_runs();
}

static void all_lines_are_shown_when_asked_for(void **state) {
    char *text;

    (void)state;
    two_runs(4);
    text = printed(FB_TRANSCRIPT_EVENTS, true, false);
    assert_null(strstr(text, "more line"));
    free(text);
    text = printed(FB_TRANSCRIPT_TREE, true, false);
    assert_non_null(strstr(text, "task 3 \"Grace 127.0.0.1:*\""));
    free(text);
    close_runs();
}

static void json_has_every_difference_and_its_events(void **state) {
    json_error_t error;
    json_t *o, *list, *line;
    char *text;

    (void)state;
    two_runs(3);
    text = printed(FB_TRANSCRIPT_TREE, false, true);
    o = json_loads(text, 0, &error);
    assert_non_null(o);
    assert_string_equal(json_string_value(json_object_get(o, "schema")),
                        "fishbowl.diff");
    assert_true(json_is_false(json_object_get(o, "equal")));
    list = json_object_get(o, "differences");
    assert_int_equal(json_array_size(list), 1);
    line = json_array_get(json_object_get(json_array_get(list, 0), "a"), 0);
    assert_string_equal(json_string_value(json_object_get(line, "text")),
                        "    read 4");
    assert_int_equal(json_integer_value(json_object_get(line, "task")), 2);
    line = json_array_get(json_object_get(json_array_get(list, 0), "b"), 0);
    assert_string_equal(json_string_value(json_object_get(line, "text")),
                        "    read 3");
    assert_true(json_integer_value(json_object_get(line, "event")) > 0);
    json_decref(o);
    free(text);
    close_runs();
}

// ---- the program -----------------------------------------------------------

static void the_exit_status_answers(void **state) {
    (void)state;
    two_runs(4);
    assert_int_equal(RUN("diff", a.path, b.path), 0);
    assert_non_null(strstr(run_out, "A and B are equal"));
    assert_int_equal(RUN("diff", "--by", "order", a.path, b.path), 1);
    assert_non_null(strstr(run_out, "The first difference: A has event "));
    assert_string_equal(run_err, "");
    assert_int_equal(RUN("diff", "--by", "order", a.path, a.path), 0);
    assert_int_equal(RUN("diff", "--ports", a.path, b.path), 1);
    close_runs();
}

static void mistakes_are_usage_errors_and_name_the_remedy(void **state) {
    (void)state;
    assert_int_equal(RUN("diff"), 2);
    assert_int_equal(RUN("diff", "only-one"), 2);
    assert_int_equal(RUN("diff", "a", "b", "c"), 2);
    assert_int_equal(RUN("diff", "--by", "luck", "a", "b"), 2);
    assert_int_equal(RUN("diff", "--screen", "80", "a", "b"), 2);
    assert_int_equal(RUN("diff", "/nowhere/a", "/nowhere/b"), 2);
    assert_non_null(strstr(run_err, "fishbowl: "));
    assert_non_null(strstr(run_err, "/nowhere/a"));
    assert_int_equal(RUN("whatif"), 2);
}

// ---- the picture -----------------------------------------------------------

static char *picture(struct fb_diff_screen *s, int cols, int rows, bool ascii) {
    struct fb_grid g = {0};
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(fb_grid_init(&g, cols, rows), 0);
    g.ascii = ascii;
    fb_diff_screen_draw(s, &g);
    fb_grid_print(&g, out);
    fb_grid_deinit(&g);
    fclose(out);
    return text;
}

static void check_picture(struct fb_diff_screen *s, const char *name, int cols,
                          int rows) {
    char *text = picture(s, cols, rows, false);

    golden_check(name, text);
    free(text);
}

static void the_first_difference_is_in_sight_at_once(void **state) {
    struct fb_diff_options options = {.grade = FB_TRANSCRIPT_ORDER};
    struct fb_diff_screen *s;
    struct fb_diff d;

    (void)state;
    two_runs(4);
    open_diff(&d, &options);
    assert_int_equal(fb_diff_screen_create(&s, &d), 0);
    check_picture(s, "diff_screen_80x24", 80, 24);
    check_picture(s, "diff_screen_132x43", 132, 43);
    check_picture(s, "diff_screen_40x10", 40, 10);
    check_picture(s, "diff_screen_20x5", 20, 5);
    fb_diff_screen_key(s, '?');
    check_picture(s, "diff_help_80x24", 80, 24);
    fb_diff_screen_destroy(s);
    fb_diff_close(&d);
    close_runs();
}

static bool shows(struct fb_diff_screen *s, const char *text) {
    char *all = picture(s, 132, 43, false);
    const bool found = strstr(all, text) != NULL;

    if (!found) {
        print_error("%s\n", all);
    }
    free(all);
    return found;
}

static void keys_step_both_runs_together(void **state) {
    struct fb_diff_options options = {.grade = FB_TRANSCRIPT_TREE};
    struct fb_diff_screen *s;
    struct fb_diff d;

    (void)state;
    two_runs(3);
    open_diff(&d, &options);
    assert_int_equal(fb_diff_screen_create(&s, &d), 0);
    assert_true(shows(s, "by tree, line 6 of "));
    assert_true(shows(s, "read 4"));
    fb_diff_screen_key(s, 'p'); // a tree has no polls: nothing
    assert_true(shows(s, "line 6 of "));
    fb_diff_screen_key(s, 'N');
    fb_diff_screen_key(s, FB_KEY_UP);
    assert_true(shows(s, "line 4 of "));
    fb_diff_screen_key(s, FB_KEY_HOME);
    assert_true(shows(s, "line 1 of "));
    fb_diff_screen_key(s, 'd');
    assert_true(shows(s, "line 6 of "));
    fb_diff_screen_key(s, FB_KEY_END);
    fb_diff_screen_key(s, FB_KEY_DOWN); // stays at the end
    fb_diff_screen_key(s, 'D');
    assert_true(shows(s, "line 6 of "));
    fb_diff_screen_key(s, 'b');
    assert_true(shows(s, "by order, "));
    fb_diff_screen_key(s, FB_KEY_HOME);
    fb_diff_screen_key(s, 'p');
    assert_true(shows(s, "returns Pending"));
    fb_diff_screen_key(s, 'w');
    assert_true(shows(s, "wakes task 1"));
    fb_diff_screen_key(s, 'n');
    fb_diff_screen_key(s, 'W');
    assert_true(shows(s, "line 4 of "));
    fb_diff_screen_key(s, 'W'); // the first of all: it stays
    assert_true(shows(s, "line 4 of "));
    fb_diff_screen_key(s, 'P');
    assert_true(shows(s, "line 3 of "));
    fb_diff_screen_key(s, 'v');
    assert_true(shows(s, "─ Future"));
    fb_diff_screen_key(s, 'V');
    fb_diff_screen_key(s, 'V'); // nothing above
    assert_false(fb_comparison_equal(&d.c));
    fb_diff_screen_key(s, 'B');
    assert_true(shows(s, "by tree, "));
    fb_diff_screen_destroy(s);
    fb_diff_close(&d);
    close_runs();
}

static void ascii_has_no_byte_above_126(void **state) {
    struct fb_diff_options options = {.grade = FB_TRANSCRIPT_EVENTS};
    struct fb_diff_screen *s;
    struct fb_diff d;
    char *text;

    (void)state;
    two_runs(4);
    open_diff(&d, &options);
    assert_int_equal(fb_diff_screen_create(&s, &d), 0);
    text = picture(s, 80, 24, true);
    for (const char *c = text; *c != '\0'; c++) {
        assert_in_range((unsigned char)*c, '\n', 126);
    }
    free(text);
    fb_diff_screen_destroy(s);
    fb_diff_close(&d);
    close_runs();
}

// ---- hostile files ---------------------------------------------------------

static uint64_t seed;

static uint64_t next(void) { // xorshift64*. Source: Vigna (2016)
    seed ^= seed >> 12;
    seed ^= seed << 25;
    seed ^= seed >> 27;
    return seed * 0x2545f4914f6cdd1dull;
}

static void damage(char *events, size_t count) {
    char *e = events + next() % count * sizeof(struct fb_event);
    const uint32_t small = (uint32_t)(next() % 8);

    switch (next() % 4) {
    case 0: e[next() % sizeof(struct fb_event)] = (char)next(); break;
    case 1: memcpy(e + 16 + next() % 4 * 4, &small, 4); break;
    case 2: e[8] = (char)(next() % (FB_EV_KINDS + 2)); break;
    default:
        memcpy(e, events + next() % count * sizeof(struct fb_event),
               sizeof(struct fb_event));
        break;
    }
}

static void assert_clean(const char *text) {
    for (size_t at = 0, len = strlen(text); at < len;) {
        uint32_t scalar = 0;
        const size_t n = fb_text_decode(text + at, len - at, &scalar);

        if (n == 0 || (scalar < 0x20 && scalar != '\n') ||
            (scalar >= 0x7f && scalar < 0xa0)) {
            fail_msg("not clean at %zu: %.60s", at, text + at);
        }
        at += n;
    }
}

static void look_at_all(struct fb_diff *d) {
    static const uint32_t keys[] = {'d', 'n',        'p',           'w',
                                    'v', FB_KEY_END, 'D',           'b',
                                    'W', 'P',        FB_KEY_PAGE_UP};
    struct fb_diff_screen *s;
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_int_equal(fb_diff_print(d, out), 0);
    assert_int_equal(fb_diff_print_json(d, out), 0);
    fclose(out);
    assert_clean(text);
    free(text);
    assert_int_equal(fb_diff_screen_create(&s, d), 0);
    for (size_t i = 0; i < sizeof keys / sizeof *keys; i++) {
        fb_diff_screen_key(s, keys[i]);
        text = picture(s, 80, 24, false);
        assert_clean(text);
        free(text);
    }
    fb_diff_screen_destroy(s);
}

static void damaged_traces_are_compared_without_harm(void **state) {
    char dir[] = "/tmp/fishbowl-test-XXXXXX", path[64];
    size_t bytes, count;
    char *file;

    (void)state;
    two_runs(4);
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/bad.ring", dir);
    {
        FILE *in = fopen(a.path, "r");

        assert_non_null(in);
        fseek(in, 0, SEEK_END);
        bytes = (size_t)ftell(in);
        rewind(in);
        file = malloc(2 * bytes);
        assert_non_null(file);
        assert_int_equal(fread(file, 1, bytes, in), bytes);
        fclose(in);
    }
    memcpy(file + bytes, file, bytes);
    count =
        *(uint64_t *)(void *)(file + ((struct fb_trace_header *)(void *)file)
                                         ->rings_offset);
    for (uint64_t round = 1; round <= 60; round++) {
        struct fb_diff_options options = {
            .grade = (enum fb_transcript_grade)(round % FB_TRANSCRIPT_GRADES),
            .what = {path, b.path},
            .cols = 80,
            .context = 2};
        char why[FB_SESSION_WHY_BYTES];
        struct fb_diff d;
        FILE *out = fopen(path, "w");

        print_message("seed %" PRIu64 "\n", round);
        seed = round * 0x9e3779b97f4a7c15ull | 1;
        memcpy(file, file + bytes, bytes);
        for (uint64_t n = 1 + next() % 40; n > 0; n--) {
            damage(file +
                       ((struct fb_trace_header *)(void *)file)->rings_offset +
                       FB_TRACE_PAGE_BYTES,
                   count);
        }
        assert_non_null(out);
        assert_int_equal(fwrite(file, 1, bytes, out), bytes);
        assert_int_equal(fclose(out), 0);
        if (fb_diff_open(&d, &options, why, sizeof why) == 0) {
            look_at_all(&d);
        } else {
            assert_clean(why);
        }
        fb_diff_close(&d);
    }
    free(file);
    unlink(path);
    rmdir(dir);
    close_runs();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(another_order_is_no_other_tree),
        cmocka_unit_test(what_was_read_is_a_difference_of_the_tree),
        cmocka_unit_test(another_order_is_shown_side_by_side),
        cmocka_unit_test(all_lines_are_shown_when_asked_for),
        cmocka_unit_test(json_has_every_difference_and_its_events),
        cmocka_unit_test(the_exit_status_answers),
        cmocka_unit_test(mistakes_are_usage_errors_and_name_the_remedy),
        cmocka_unit_test(the_first_difference_is_in_sight_at_once),
        cmocka_unit_test(keys_step_both_runs_together),
        cmocka_unit_test(ascii_has_no_byte_above_126),
        cmocka_unit_test(damaged_traces_are_compared_without_harm),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
