// The source of what is watched: found, refused or missed with a word; the
// place where a task stands; the line of the runtime that wrote an event.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/text.h"
#include "golden.h"
#include "picture.h"
#include "points.h"
#include "print.h"
#include "scene.h"
#include "sources.h"
#include "where.h"
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scene trace;
static struct picture p;
static char dir[] = "/tmp/fishbowl-source-XXXXXX";

static void put_file(const char *name, const char *bytes, size_t len) {
    char path[256];
    FILE *f;

    snprintf(path, sizeof(path), "%s/%s", dir, name);
    f = fopen(path, "w");
    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void put_text(const char *name, const char *text) {
    put_file(name, text, strlen(text));
}

// 300 lines, each of which tells its number; some hold what a file may hold.
static void put_numbered(const char *name) {
    static char text[300 * 40];
    size_t len = 0;

    for (int i = 1; i <= 300; i++) {
        len += (size_t)snprintf(
            text + len, sizeof(text) - len,
            i % 9 == 5 ? "\tline %d \033[2J\n" : "    line %d;\n", i);
    }
    put_file(name, text, len);
}

static int make_dir(void **state) {
    char path[256];

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof(path), "%s/server", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    put_numbered("server/named.c");
    return 0;
}

static int remove_dir(void **state) {
    char command[256];

    (void)state;
    snprintf(command, sizeof(command), "rm -r %s", dir);
    return system(command);
}

static struct fb_sources *open_sources(uint64_t started_ns) {
    struct fb_sources *s;

    assert_int_equal(
        fb_sources_create(
            &s,
            &(struct fb_sources_options){.dir = dir, .started_ns = started_ns}),
        0);
    return s;
}

// ---- files ----

static void a_file_is_found_and_split_into_lines(void **state) {
    struct fb_sources *s = open_sources(0);
    const struct fb_source_text *t = fb_sources_get(s, "server/named.c");
    char line[64];

    (void)state;
    assert_string_equal(t->why, "");
    assert_int_equal(t->count, 300);
    fb_source_say(&t->lines[299], line, sizeof(line));
    assert_string_equal(line, "    line 300;");
    fb_source_say(&t->lines[4], line, sizeof(line));
    assert_string_equal(line, "    line 5 \\x1b[2J");
    assert_ptr_equal(t, fb_sources_get(s, "server/named.c"));
    put_text("open.c", "a\r\n\nlast");
    t = fb_sources_get(s, "open.c");
    assert_int_equal(t->count, 3);
    fb_source_say(&t->lines[0], line, sizeof(line));
    assert_string_equal(line, "a");
    put_text("empty.c", "");
    assert_int_equal(fb_sources_get(s, "empty.c")->lines[0].len, 0);
    fb_sources_destroy(s);
}

static void a_file_newer_than_the_program_is_told_apart(void **state) {
    struct fb_sources *old = open_sources(UINT64_MAX), *now = open_sources(1);

    (void)state;
    assert_false(fb_sources_get(old, "server/named.c")->changed);
    assert_true(fb_sources_get(now, "server/named.c")->changed);
    fb_sources_destroy(old);
    fb_sources_destroy(now);
}

static void what_cannot_be_had_says_why(void **state) {
    static char big[FB_SOURCE_BYTES + 1];
    struct fb_sources *s = open_sources(0);
    char path[256];

    (void)state;
    assert_non_null(strstr(fb_sources_get(s, "no/such.c")->why, "--source"));
    put_file("binary.c", "a\0b\n", 4);
    assert_non_null(strstr(fb_sources_get(s, "binary.c")->why, "no regular"));
    put_file("big.c", big, sizeof(big));
    assert_non_null(strstr(fb_sources_get(s, "big.c")->why, "4 MiB"));
    snprintf(path, sizeof(path), "%s/pipe.c", dir);
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_non_null(strstr(fb_sources_get(s, "pipe.c")->why, "no regular"));
    snprintf(path, sizeof(path), "%s/folder.c", dir);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_non_null(strstr(fb_sources_get(s, "folder.c")->why, "no regular"));
    fb_sources_destroy(s);
}

static void a_hostile_name_opens_nothing(void **state) {
    static const char *const names[] = {
        "",   "/etc/passwd", "../../etc/passwd", "server/../../x.c",
        "..", "a/..",        "\033[2J",          ".c"};
    struct fb_sources *s = open_sources(0);
    static char long_name[100000];

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        const struct fb_source_text *t = fb_sources_get(s, names[i]);

        assert_non_null(strstr(t->why, "may be opened"));
        assert_null(strchr(t->why, '\033'));
        assert_int_equal(t->count, 0);
    }
    memset(long_name, 'x', sizeof(long_name) - 1);
    memcpy(long_name + sizeof(long_name) - 3, ".c", 2);
    assert_true(strlen(fb_sources_get(s, long_name)->why) > 10);
    fb_sources_destroy(s);
}

static void many_files_are_forgotten_one_by_one(void **state) {
    struct fb_sources *s = open_sources(0);
    char name[32];

    (void)state;
    for (int i = 0; i < 3 * FB_SOURCE_FILES; i++) {
        snprintf(name, sizeof(name), "missing%d.c", i);
        assert_true(fb_sources_get(s, name)->why[0] != '\0');
        assert_int_equal(fb_sources_get(s, "server/named.c")->count, 300);
    }
    fb_sources_destroy(s);
}

static int load_own(void *arg, const char *file, char **ret_bytes,
                    size_t *ret_len) {
    (void)arg;
    if (strcmp(file, "own.c") != 0) {
        return -ENOENT;
    }
    *ret_bytes = strdup("carried\n");
    *ret_len = 8;
    return *ret_bytes != NULL ? 0 : -ENOMEM;
}

static void what_a_trace_carries_comes_first(void **state) {
    static const struct fb_source_provider own = {.load = load_own};
    struct fb_sources *s;
    char line[64];

    (void)state;
    put_text("own.c", "from the disk\n");
    assert_int_equal(
        fb_sources_create(
            &s, &(struct fb_sources_options){.dir = dir, .provider = &own}),
        0);
    fb_source_say(&fb_sources_get(s, "own.c")->lines[0], line, sizeof(line));
    assert_string_equal(line, "carried");
    assert_int_equal(fb_sources_get(s, "server/named.c")->count, 300);
    fb_sources_destroy(s);
}

// ---- points ----

static const char *line_of(struct fb_sources *s, const struct fb_point *point) {
    static char line[512];
    const struct fb_source_text *t = fb_sources_get(s, point->file);

    assert_string_equal(t->why, "");
    assert_in_range(point->line, 1, t->count);
    fb_source_say(&t->lines[point->line - 1], line, sizeof(line));
    return line;
}

// The table against the source it was made from: every kind of event has a
// place, and each place is a line that writes an event.
static void every_kind_of_event_has_its_lines_in_core(void **state) {
    const struct fb_point *points[FB_POINTS_MAX];
    struct fb_sources *s;

    (void)state;
    assert_int_equal(
        fb_sources_create(&s,
                          &(struct fb_sources_options){.dir = FB_TEST_SOURCE}),
        0);
    for (int kind = FB_EV_NONE + 1; kind < FB_EV_KINDS; kind++) {
        size_t found = 0;

        for (int detail = 0; detail < 16; detail++) {
            const struct fb_event e = {.kind = (uint8_t)kind,
                                       .detail = (uint8_t)detail};
            const size_t count = fb_points_of(&e, 2, points);

            found += count;
            for (size_t i = 0; i < count; i++) {
                const char *line = line_of(s, points[i]);

                if (!strstr(line, "fb__emit_") && !strstr(line, "FB__EMIT")) {
                    fail_msg("%s: %s:%u does not write it: %s",
                             fb_name_event((enum fb_event_kind)kind),
                             points[i]->file, points[i]->line, line);
                }
            }
        }
        if (found == 0) {
            fail_msg("%s is written nowhere",
                     fb_name_event((enum fb_event_kind)kind));
        }
    }
    fb_sources_destroy(s);
}

static void an_event_tells_its_line_apart_where_it_can(void **state) {
    const struct fb_point *points[FB_POINTS_MAX];
    struct fb_event e = {.kind = FB_EV_POLL_END};
    char text[512];

    (void)state;
    assert_int_equal(fb_points_say(7, &e, 1, text, sizeof(text), points), 1);
    assert_non_null(strstr(text, "Event 7 POLL_END is written by "));
    assert_non_null(strstr(text, "() core/turn.c:"));
    e = (struct fb_event){.kind = FB_EV_TIMER_END, .detail = FB_TIMER_FIRED};
    for (size_t i = 0, n = fb_points_of(&e, 1, points); i < n; i++) {
        assert_string_not_equal(points[i]->function, "move");
    }
    e = (struct fb_event){.kind = FB_EV_TASK_SPAWN, .flags = FB_EV_FLAG_CENSUS};
    assert_int_equal(fb_points_of(&e, 1, points), 1);
    assert_string_equal(points[0]->file, "core/census.c");
    e = (struct fb_event){.kind = FB_EV_TASK_SCHEDULED};
    assert_int_equal(fb_points_of(&e, 1, points), 1);
    assert_true(fb_points_of(&e, 3, points) > 1);
    assert_int_equal(fb_points_of(&e, 0, points), 0); // another runtime's
    e.kind = 255;
    assert_int_equal(fb_points_say(9, &e, 1, text, sizeof(text), points), 0);
    assert_non_null(strstr(text, "no line of this runtime"));
}

// ---- the place, the view, the print ----

static void open_question(void) {
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_connect(&trace, 7, "127.0.0.1:50001");
    scene_connect(&trace, 8, "Ada \033[31m");
    picture_open(&p, trace.path);
    picture_load(&p, picture_newest(&p));
    p.scene.task = 3;
    p.scene.sources = open_sources(0);
    p.frame.focus = FB_PANE_SOURCE;
}

static void close_question(void) {
    fb_sources_destroy(p.scene.sources);
    picture_close(&p);
    scene_close(&trace);
}

static void the_best_place_is_the_innermost_await(void **state) {
    struct fb_where chain[FB_WHERE_MAX];
    size_t best;

    (void)state;
    open_question();
    assert_int_equal(fb_where(p.scene.model, p.scene.names, 3, chain, &best),
                     2);
    assert_string_equal(chain[best].name, "greet_named");
    assert_string_equal(chain[best].file, "server/named.c");
    assert_int_equal(chain[best].line, 31);
    assert_true(chain[best].awaits);
    assert_string_equal(chain[1].name, "read");
    assert_false(chain[1].awaits);
    assert_int_equal(fb_where(p.scene.model, p.scene.names, 99, chain, &best),
                     0);
    close_question();
}

static void the_view_marks_the_await_at_every_size(void **state) {
    static const int sizes[][2] = {{40, 10}, {80, 24}, {132, 43}};

    (void)state;
    open_question();
    p.frame.zoom = true;
    for (size_t i = 0; i < 3; i++) {
        picture_check(&p, "source", sizes[i][0], sizes[i][1]);
    }
    close_question();
}

static bool shows(const char *words) {
    char *text = picture_draw(&p, 80, 24);
    const bool has = strstr(text, words) != NULL;

    free(text);
    return has;
}

static void keys_move_along_the_chain_and_through_the_file(void **state) {
    struct fb_pane *pane = &p.frame.panes[FB_PANE_SOURCE];

    (void)state;
    open_question();
    p.frame.zoom = true;
    assert_true(shows("▸   31"));
    assert_true(fb_view_source.key(&p.scene, pane, 'j'));
    assert_true(shows("core/net.c: its source is not here"));
    assert_true(fb_view_source.key(&p.scene, pane, 'j')); // the last stays
    assert_true(fb_view_source.key(&p.scene, pane, 'k'));
    assert_true(shows("▸   31"));
    for (int i = 0; i < 40; i++) {
        assert_true(fb_view_source.key(&p.scene, pane, FB_KEY_PAGE_DOWN));
        shows("");
    }
    assert_true(shows("line 300"));
    assert_true(fb_view_source.key(&p.scene, pane, FB_KEY_PAGE_UP));
    assert_false(shows("line 300"));
    assert_true(fb_view_source.key(&p.scene, pane, FB_KEY_HOME));
    assert_true(shows("▸   31"));
    assert_false(fb_view_source.key(&p.scene, pane, 'n'));
    p.scene.task = 77;
    assert_true(fb_view_source.key(&p.scene, pane, 'j'));
    assert_true(shows("stands nowhere now"));
    close_question();
}

static void a_line_beyond_the_file_is_told(void **state) {
    char path[256];

    (void)state;
    open_question();
    p.frame.zoom = true;
    snprintf(path, sizeof(path), "%s/server/named.c", dir);
    assert_int_equal(truncate(path, 30), 0);
    assert_true(shows("Line 31 is not in the file that was found"));
    put_numbered("server/named.c");
    close_question();
}

static void print_shows_the_same_lines(void **state) {
    struct fb_print_options o = {.source_dir = dir, .task = 3, .at = 20};
    char *text = NULL;
    size_t len = 0;

    (void)state;
    open_question();
    o.out = open_memstream(&text, &len);
    assert_non_null(o.out);
    assert_int_equal(fb_print_source(p.session, &o), -ESRCH);
    o.at = 0;
    assert_int_equal(fb_print_source(p.session, &o), 0);
    assert_int_equal(fclose(o.out), 0);
    assert_non_null(strstr(text, "greet_named awaits at server/named.c:31"));
    assert_non_null(strstr(text, "read is defined at core/net.c:200"));
    assert_non_null(strstr(text, ">    31      line 31;"));
    assert_non_null(strstr(text, "     32      line 32 \\x1b[2J"));
    assert_non_null(strstr(text, " is written by "));
    assert_null(strchr(text, '\033'));
    free(text);
    close_question();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_file_is_found_and_split_into_lines),
        cmocka_unit_test(a_file_newer_than_the_program_is_told_apart),
        cmocka_unit_test(what_cannot_be_had_says_why),
        cmocka_unit_test(a_hostile_name_opens_nothing),
        cmocka_unit_test(many_files_are_forgotten_one_by_one),
        cmocka_unit_test(what_a_trace_carries_comes_first),
        cmocka_unit_test(every_kind_of_event_has_its_lines_in_core),
        cmocka_unit_test(an_event_tells_its_line_apart_where_it_can),
        cmocka_unit_test(the_best_place_is_the_innermost_await),
        cmocka_unit_test(the_view_marks_the_await_at_every_size),
        cmocka_unit_test(keys_move_along_the_chain_and_through_the_file),
        cmocka_unit_test(a_line_beyond_the_file_is_told),
        cmocka_unit_test(print_shows_the_same_lines),
    };

    return cmocka_run_group_tests_name("viz/source", tests, make_dir,
                                       remove_dir);
}
