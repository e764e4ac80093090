// Key e: the pane that has the keys, or the whole trace, into a file that was
// not there.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_bed.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64], back[4096];

static int set_up(void **state) {
    strcpy(folder, "/tmp/fishbowl-export-XXXXXX");
    assert_non_null(mkdtemp(folder));
    assert_non_null(getcwd(back, sizeof(back)));
    assert_int_equal(chdir(folder), 0);
    return bed_set_up_finished(state);
}

static int tear_down(void **state) {
    char command[100];

    assert_int_equal(chdir(back), 0);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    assert_int_equal(system(command), 0);
    return bed_tear_down(state);
}

// The file as text; NULL: there is none.
static const char *file(const char *name) {
    static char text[1 << 20];
    FILE *f = fopen(name, "r");
    size_t len;

    if (f == NULL) {
        return NULL;
    }
    len = fread(text, 1, sizeof(text) - 1, f);
    assert_int_equal(fclose(f), 0);
    text[len] = '\0';
    return text;
}

static void e_offers_a_name_and_says_what_it_wrote(void **state) {
    (void)state;
    bed_keys(&bed, "gend\n");
    bed_keys(&bed, "e");
    bed_expect(&bed, "write to: greeter-");
    bed_expect(&bed, ".json for Perfetto");
    bed_keys(&bed, "\n");
    bed_expect(&bed, "Written: greeter-");
    bed_expect(&bed, "the whole run, ");
}

static void a_picture_is_of_the_pane_that_has_the_keys(void **state) {
    static const struct {
        enum fb_pane_id pane;
        const char *what, *has, *has_not;
    } cases[] = {
        {FB_PANE_TREE, "(the tree", "what waits where", "fd 8 readable"},
        {FB_PANE_LANES, "(the lanes", "where each task stands", "Task 2"},
        {FB_PANE_TIMELINE, "(this timeline", "drawn as arrows", "Run queue"},
        {FB_PANE_TASKS, "(the whole run", "lives", "Run queue"},
    };

    (void)state;
    bed_keys(&bed, "gend\n");
    bed_look(&bed);
    fb_app_select(bed.app, 2);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char keys[40];

        fb_app_focus(bed.app, cases[i].pane);
        bed_look(&bed);
        snprintf(keys, sizeof(keys), "e\x15%zu.svg\n", i);
        bed_keys(&bed, keys);
        bed_expect(&bed, cases[i].what);
        snprintf(keys, sizeof(keys), "%zu.svg", i);
        assert_non_null(strstr(file(keys), cases[i].has));
        assert_null(strstr(file(keys), cases[i].has_not));
    }
}

static void other_forms_have_the_whole_trace(void **state) {
    (void)state;
    bed_keys(&bed, "e\x15"
                   "a.json\n");
    bed_expect(&bed, "Written: a.json (the whole trace, ");
    assert_non_null(strstr(file("a.json"), "\"poll Ada\""));
    bed_keys(&bed, "e\x15"
                   "a.csv\n");
    assert_non_null(strstr(file("a.csv"), "event,seconds,kind"));
}

static void a_file_that_is_there_needs_a_second_enter(void **state) {
    FILE *f = fopen("dear.csv", "w");

    (void)state;
    fputs("mine", f);
    assert_int_equal(fclose(f), 0);
    bed_keys(&bed, "e\x15"
                   "dear.csv\n");
    bed_expect(&bed, "Enter again replaces it");
    assert_string_equal(file("dear.csv"), "mine");
    bed_keys(&bed, "\x1b"); // left, and asked anew: once more
    bed_key(&bed, FB_KEY_ESC);
    bed_keys(&bed, "e\x15"
                   "dear.csv\n");
    assert_string_equal(file("dear.csv"), "mine");
    bed_keys(&bed, "\n");
    bed_expect(&bed, "Written: dear.csv");
    assert_non_null(strstr(file("dear.csv"), "event,"));
}

static void what_cannot_be_written_is_said_and_leaves_nothing(void **state) {
    (void)state;
    bed_keys(&bed, "e\x15"
                   "a.doc\n");
    bed_expect(&bed, "how it ends chooses: chrome (.json), csv (.csv)");
    bed_keys(&bed, "\x15"
                   "nowhere/a.csv\n");
    bed_expect(&bed, "nowhere/a.csv: No such file or directory");
    bed_keys(&bed, "\x15\n"); // nothing: never mind
    assert_int_not_equal(access("nowhere", F_OK), 0);
    assert_int_equal(rmdir(folder), 0); // nothing lies there
    assert_int_equal(mkdir(folder, 0700), 0);
    assert_int_equal(chdir(folder), 0);
}

// So many events that a table of them would keep the picture waiting.
static void what_takes_long_is_not_begun(void **state) {
    char why[FB_SESSION_WHY_BYTES];
    struct fb_app_options options = {0};

    (void)state;
    bed_close(&bed);
    scene_open(&bed.trace, 1 << 20);
    scene_idle(&bed.trace, 300000); // two events each
    scene_end(&bed.trace);
    assert_int_equal(
        fb_session_open(&bed.session, bed.trace.path, false, why, sizeof(why)),
        0);
    options.session = bed.session;
    assert_int_equal(fb_app_create(&bed.app, &options), 0);
    assert_int_equal(fb_grid_init(&bed.grid, 160, 30), 0);
    bed.shown = NULL;
    fb_app_tick(bed.app, bed.now_ns);
    bed_look(&bed);
    bed_keys(&bed, "e\x15"
                   "a.csv\n");
    bed_expect(&bed, "so many events take a while; type: fishbowl export /");
    assert_int_not_equal(access("a.csv", F_OK), 0);
    bed_keys(&bed, "\x15"
                   "a.html\n"); // the same page, opening at the same event
    bed_expect(&bed, " --at 1 -o a.html");
    bed_keys(&bed, "\x15"
                   "a.svg\n"); // a picture is not of that size
    bed_expect(&bed, "Written: a.svg");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(e_offers_a_name_and_says_what_it_wrote),
        TEST(a_picture_is_of_the_pane_that_has_the_keys),
        TEST(other_forms_have_the_whole_trace),
        TEST(a_file_that_is_there_needs_a_second_enter),
        TEST(what_takes_long_is_not_begun),
        TEST(what_cannot_be_written_is_said_and_leaves_nothing),
    };

    return cmocka_run_group_tests_name("viz/tui/export", tests, NULL, NULL);
}
