// The configuration: what a file may say, what happens when it says nonsense.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_bed.h"
#include "config.h"
#include "xdg.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct fb_config config;

static void take(const char *text) {
    char line[600];
    unsigned number = 0;

    fb_config_init(&config);
    while (*text) {
        size_t len = strcspn(text, "\n");

        assert_true(len < sizeof(line));
        memcpy(line, text, len);
        line[len] = '\0';
        fb_config_line(&config, line, ++number);
        text += len + (text[len] == '\n');
    }
}

static void every_setting_is_taken(void **state) {
    (void)state;
    take("# ours\n\n  theme=light\nmouse = no\nascii =yes\ncolor = no\r\n"
         "sort = -busy\nspeed = 300\npane = story\n"
         "key.e = n\nkey.= = +\nkey.F5 = space\n");
    assert_int_equal(config.problem_count, 0);
    assert_int_equal(config.theme, FB_THEME_LIGHT);
    assert_false(config.mouse);
    assert_true(config.ascii);
    assert_false(config.color);
    assert_int_equal(config.sort, FB_ORDER_BUSY);
    assert_true(config.sort_reverse);
    assert_int_equal(config.speed, 300);
    assert_int_equal(config.pane, FB_PANE_STORY);
    assert_int_equal(fb_config_key(&config, 'e'), 'n');
    assert_int_equal(fb_config_key(&config, '='), '+');
    assert_int_equal(fb_config_key(&config, FB_KEY_F5), ' ');
    assert_int_equal(fb_config_key(&config, 'x'), 'x');
}

static void nonsense_is_noted_with_its_line_and_the_rest_counts(void **state) {
    static const char *const problems[] = {
        "config line 1: theme is not \"pink\" but default, dark",
        "config line 2: there is no setting \"colour\"",
        "config line 3: \"nothing\" is not \"key = value\"",
        "config line 4: speed is not \"7\" but 1, 3, 10",
        "config line 5: mouse is not \"maybe\" but yes or no",
        "config line 7: \"nokey\" is no key",
        "config line 8: sort is not \"\\x1b[2J\" but id",
        "config line 9: pane is not \"cellar\" but tasks",
    };

    (void)state;
    take("theme = pink\ncolour = no\nnothing\nspeed = 7\nmouse = maybe\n"
         "theme = dark\nkey.a = nokey\nsort = \033[2J\npane = cellar\n"
         "ascii = 1\nspeed =\n");
    assert_int_equal(config.problem_count, 10);
    for (size_t i = 0; i < FB_CONFIG_PROBLEMS; i++) {
        if (strncmp(config.problems[i], problems[i], strlen(problems[i]))) {
            fail_msg("\"%s\", not \"%s\"", config.problems[i], problems[i]);
        }
    }
    assert_int_equal(config.theme, FB_THEME_DARK);
    assert_int_equal(config.speed, 10);
}

static void what_is_printed_can_be_read_again(void **state) {
    struct fb_config before;
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    (void)state;
    assert_non_null(out);
    take("theme = safe\nmouse = no\nsort = -polls\nspeed = 1000\n"
         "pane = futures\nkey.e = n\nkey.é = Tab\n");
    before = config;
    fb_config_print(&config, out);
    assert_int_equal(fclose(out), 0);
    take(text);
    assert_int_equal(config.problem_count, 0);
    assert_memory_equal(&config, &before, sizeof(config));
    free(text);
}

static void a_line_too_long_and_keys_too_many_are_problems(void **state) {
    char line[600];

    (void)state;
    fb_config_init(&config);
    memset(line, 'x', sizeof(line));
    line[sizeof(line) - 1] = '\0';
    fb_config_line(&config, line, 1);
    assert_int_equal(config.problem_count, 1);
    for (int i = 0; i < FB_CONFIG_KEYS; i++) {
        fb_config_line(&config, "key.e = n", 2);
    }
    assert_int_equal(config.problem_count, 1);
    fb_config_line(&config, "key.e = n", 3);
    assert_int_equal(config.problem_count, 2);
}

// ---- where it is -----------------------------------------------------------

static void files_are_in_the_xdg_place_or_in_home(void **state) {
    char path[FB_XDG_BYTES];

    (void)state;
    setenv("HOME", "/home/x", 1);
    setenv("XDG_CONFIG_HOME", "/c", 1);
    assert_int_equal(fb_xdg_config(path, "config"), 0);
    assert_string_equal(path, "/c/fishbowl/config");
    setenv("XDG_CONFIG_HOME", "not/absolute", 1); // is to be ignored
    assert_int_equal(fb_xdg_config(path, "config"), 0);
    assert_string_equal(path, "/home/x/.config/fishbowl/config");
    unsetenv("XDG_STATE_HOME");
    assert_int_equal(fb_xdg_state(path, "b"), 0);
    assert_string_equal(path, "/home/x/.local/state/fishbowl/b");
    unsetenv("HOME");
    assert_int_equal(fb_xdg_state(path, "b"), -ENOENT);
}

static void a_file_that_is_not_there_or_cannot_be_read_is_no_end(void **state) {
    char folder[] = "/tmp/fishbowl-config-XXXXXX";

    (void)state;
    fb_config_init(&config);
    fb_config_read(&config, "/nonexistent/fishbowl/config");
    assert_int_equal(config.problem_count, 0);
    assert_non_null(mkdtemp(folder));
    fb_config_read(&config, folder); // a folder
    assert_int_equal(config.problem_count, 1);
    assert_int_equal(rmdir(folder), 0);
    assert_int_equal(config.speed, 10);
}

// ---- what it does ----------------------------------------------------------

static void the_app_obeys_it_and_says_what_it_cannot(void **state) {
    struct fb_app_options options = {.config = &config};

    (void)state;
    take("sort = -id\npane = reactor\ntheme = mono\nkey.e = n\nspeed = 1\n"
         "rubbish\nmore\n");
    bed_open_with(&bed, true, &options);
    bed_expect(&bed, "config line 6: \"rubbish\" is not \"key = value\" (and "
                     "1 more");
    bed_expect(&bed, "id▲");
    bed_expect(&bed, "plays: 1 events/s");
    bed_expect(&bed, "e event"); // as the footer calls it now
    assert_int_equal(fb_app_frame(bed.app)->focus, FB_PANE_REACTOR);
    assert_int_equal(fb_app_theme(bed.app), FB_THEME_MONO);
    bed_keys(&bed, "e");
    assert_int_equal(bed_look(&bed)->at, 2);
    bed_keys(&bed, "n"); // is what it was
    assert_int_equal(bed_look(&bed)->at, 3);
    bed_keys(&bed, "/e\n"); // but words are words
    assert_string_equal(bed_look(&bed)->search, "e");
    bed_close(&bed);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_is_taken),
        cmocka_unit_test(nonsense_is_noted_with_its_line_and_the_rest_counts),
        cmocka_unit_test(what_is_printed_can_be_read_again),
        cmocka_unit_test(a_line_too_long_and_keys_too_many_are_problems),
        cmocka_unit_test(files_are_in_the_xdg_place_or_in_home),
        cmocka_unit_test(a_file_that_is_not_there_or_cannot_be_read_is_no_end),
        cmocka_unit_test(the_app_obeys_it_and_says_what_it_cannot),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
