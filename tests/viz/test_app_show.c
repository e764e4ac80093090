// How it is shown: themes that can be read, the mouse, the projector.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app_bed.h"
#include "theme.h"
#include <errno.h>
#include <math.h>
#include <string.h>

// ---- themes ----------------------------------------------------------------

// xterm's palette from 16 on: a cube of 6 x 6 x 6, then greys.
static double channel(int color, int which) {
    static const int steps[] = {0, 95, 135, 175, 215, 255};
    const int at = color - 16;
    const int level = color >= 232 ? 8 + 10 * (color - 232)
                      : which == 0 ? steps[at / 36]
                      : which == 1 ? steps[at / 6 % 6]
                                   : steps[at % 6];
    const double c = level / 255.0;

    return c <= 0.03928 ? c / 12.92 : pow((c + 0.055) / 1.055, 2.4);
}

static double luminance(int color) {
    return 0.2126 * channel(color, 0) + 0.7152 * channel(color, 1) +
           0.0722 * channel(color, 2);
}

// WCAG 2's contrast: 1 (none) to 21 (black on white).
static double contrast_of(int one, int other) {
    const double a = luminance(one), b = luminance(other);

    return (a > b ? a + 0.05 : b + 0.05) / (a > b ? b + 0.05 : a + 0.05);
}

static void expect_contrast(enum fb_theme theme, int style, int fg, int bg,
                            double least) {
    if (contrast_of(fg, bg) < least) {
        fail_msg("theme %s, style %d: %d on %d has a contrast of %.2f",
                 fb_theme_name(theme), style, fg, bg, contrast_of(fg, bg));
    }
}

// 4.5 is what WCAG asks of text, 3 of large or bold text.
static void every_theme_can_be_read_on_its_background(void **state) {
    enum { BLACK = 16, WHITE = 231 };

    (void)state;
    for (int t = 0; t < FB_THEMES; t++) {
        for (int s = 0; s < FB_STYLES; s++) {
            const enum fb_theme theme = (enum fb_theme)t;
            struct fb_look l = fb_theme_look(theme, (enum fb_style)s, 256);
            const double text = theme == FB_THEME_CONTRAST ? 7
                                : s == FB_STYLE_RULE       ? 3
                                                           : 4.5;

            if (l.fg >= 0 && l.bg >= 0) {
                expect_contrast(theme, s, l.fg, l.bg, text);
            } else if (l.fg >= 0) { // the terminal's own, whichever it is
                expect_contrast(theme, s, l.fg, BLACK, 3);
                expect_contrast(theme, s, l.fg, WHITE, 3);
            } else {
                assert_int_equal(l.bg, FB_COLOR_DEFAULT);
            }
        }
    }
}

static void a_painted_background_is_painted_everywhere(void **state) {
    static const enum fb_theme painted[] = {FB_THEME_DARK, FB_THEME_LIGHT,
                                            FB_THEME_CONTRAST};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (int s = 0; s < FB_STYLES; s++) {
            for (int colors = 8; colors <= 256; colors += 248) {
                struct fb_look l =
                    fb_theme_look(painted[i], (enum fb_style)s, colors);

                assert_true(l.fg >= 0 && l.fg < colors);
                assert_true(l.bg >= 0 && l.bg < colors);
                assert_int_not_equal(l.fg, l.bg);
            }
        }
    }
}

static void
themes_have_names_and_terminals_without_colours_get_none(void **state) {
    enum fb_theme theme;

    (void)state;
    for (int t = 0; t < FB_THEMES; t++) {
        assert_int_equal(
            fb_theme_parse(&theme, fb_theme_name((enum fb_theme)t)), 0);
        assert_int_equal(theme, t);
        for (int s = 0; s < FB_STYLES; s++) {
            struct fb_look l = fb_theme_look(theme, (enum fb_style)s, 2);

            assert_true(l.fg == FB_COLOR_DEFAULT && l.bg == FB_COLOR_DEFAULT);
        }
    }
    assert_int_equal(fb_theme_parse(&theme, "pink"), -EINVAL);
}

static void a_key_turns_to_the_next_theme(void **state) {
    (void)state;
    for (int t = 1; t <= FB_THEMES; t++) {
        bed_key(&bed, FB_KEY_F2);
        assert_int_equal(fb_app_theme(bed.app), t % FB_THEMES);
        bed_expect(&bed, fb_theme_name((enum fb_theme)(t % FB_THEMES)));
    }
}

// ---- the mouse -------------------------------------------------------------

// The cell where `words` begin on the screen.
static void find(const char *words, int *ret_row, int *ret_col) {
    const char *line, *at;

    bed_expect(&bed, words);
    line = bed.shown;
    for (*ret_row = 0; !(at = strstr(line, words)) || at > strchr(line, '\n');
         (*ret_row)++) {
        line = strchr(line, '\n') + 1;
    }
    *ret_col = 0;
    for (; line < at; line++) { // columns, not bytes; nothing wide is here
        *ret_col += (*line & 0xc0) != 0x80;
    }
}

static void click(const char *words) {
    int row, col;

    find(words, &row, &col);
    fb_app_click(bed.app, row, col);
}

static void a_click_on_the_footer_is_its_key(void **state) {
    (void)state;
    click("freeze");
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_FROZEN);
    click("space resume");
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_LIVE);
    click("help");
    bed_expect(&bed, "Three modes");
    click("q leave");
    assert_false(bed_shows(&bed, "Three modes"));
}

static void
a_click_on_a_title_gives_the_keys_and_on_a_tab_shows_it(void **state) {
    (void)state;
    click("Story");
    assert_int_equal(fb_app_frame(bed.app)->focus, FB_PANE_STORY);
    click("6 Reactor");
    assert_int_equal(fb_app_frame(bed.app)->focus, FB_PANE_REACTOR);
    bed_expect(&bed, "▸ 6 Reactor");
}

static void a_click_on_a_heading_sorts_by_it(void **state) {
    (void)state;
    click("busy");
    bed_expect(&bed, "busy▼");
    click("busy");
    bed_expect(&bed, "busy▲");
    click("label");
    bed_expect(&bed, "label▼");
    click("awaits"); // says what it says, but is no order
    bed_expect(&bed, "label▼");
}

static void the_wheel_turns_what_is_below_it_and_the_keys_stay(void **state) {
    struct fb_pane *story;
    int row, col;

    (void)state;
    find("Story", &row, &col);
    fb_app_wheel(bed.app, row + 2, col, -1);
    story = &fb_app_frame(bed.app)->panes[FB_PANE_STORY];
    assert_int_equal(story->scroll, 3);
    assert_int_equal(fb_app_frame(bed.app)->focus, FB_PANE_TASKS);
    fb_app_wheel(bed.app, row + 2, col, 1);
    assert_int_equal(story->scroll, 0);
    fb_app_select(bed.app, 1);
    find("state", &row, &col);
    fb_app_wheel(bed.app, row + 1, col, 1);
    assert_int_equal(bed_look(&bed)->task, 4);
}

static void a_question_is_not_answered_by_clicks(void **state) {
    (void)state;
    bed_keys(&bed, "/");
    click("freeze");
    fb_app_wheel(bed.app, 5, 5, 1);
    assert_int_equal(bed_look(&bed)->mode, FB_MODE_LIVE);
    bed_expect(&bed, "search:");
    bed_key(&bed, FB_KEY_ESC);
}

// ---- the projector ---------------------------------------------------------

static void z_goes_from_whole_screen_to_big_and_back(void **state) {
    int first, second, col;

    (void)state;
    bed_keys(&bed, "z");
    assert_false(bed_shows(&bed, "Story"));
    bed_expect(&bed, "polls");
    find("2 ○ idle", &first, &col);
    find("3 ○ idle", &second, &col);
    assert_int_equal(second, first + 1);
    bed_keys(&bed, "z");
    bed_expect(&bed, "Big, for the back row");
    assert_false(bed_shows(&bed, "last wake by")); // only what matters
    find("2 ○ idle", &first, &col);
    find("3 ○ idle", &second, &col);
    assert_int_equal(second, first + 2); // with room between
    assert_int_equal(fb_grid_at(&bed.grid, first, col)->style, FB_STYLE_STRONG);
    assert_int_equal(fb_grid_resize(&bed.grid, 100, 12), 0);
    bed_expect(&bed, "▸   4 ○ idle"); // fewer, but the chosen one
    assert_false(bed_shows(&bed, "1 ○ idle"));
    bed_keys(&bed, "z");
    assert_false(fb_app_frame(bed.app)->zoom);
    assert_int_equal(fb_grid_resize(&bed.grid, 100, 30), 0);
    bed_expect(&bed, "Story");
}

static void
lines_between_rows_stay_whole_when_they_are_moved_apart(void **state) {
    struct fb_area all;

    (void)state;
    assert_int_equal(fb_grid_resize(&bed.grid, 10, 8), 0);
    all = fb_grid_area(&bed.grid);
    fb_grid_put(&bed.grid, all, 0, 0, FB_STYLE_NORMAL, "a");
    fb_grid_put(&bed.grid, all, 1, 0, FB_STYLE_NORMAL, "├b");
    fb_grid_put(&bed.grid, all, 2, 0, FB_STYLE_NORMAL, "└漢");
    fb_grid_spread(&bed.grid, all);
    assert_int_equal(fb_grid_at(&bed.grid, 1, 0)->scalar, ' ');
    assert_int_equal(fb_grid_at(&bed.grid, 2, 1)->scalar, 'b');
    assert_int_equal(fb_grid_at(&bed.grid, 3, 0)->scalar, 0x2502);
    assert_int_equal(fb_grid_at(&bed.grid, 4, 1)->scalar, 0x6f22);
    assert_int_equal(fb_grid_at(&bed.grid, 4, 2)->scalar, 0);
    fb_grid_spread(&bed.grid, all); // five rows do not fit in eight
    assert_int_equal(fb_grid_at(&bed.grid, 4, 1)->scalar, 0x6f22);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_theme_can_be_read_on_its_background),
        cmocka_unit_test(a_painted_background_is_painted_everywhere),
        cmocka_unit_test(
            themes_have_names_and_terminals_without_colours_get_none),
        BED_TEST(a_key_turns_to_the_next_theme),
        BED_TEST(a_click_on_the_footer_is_its_key),
        BED_TEST(a_click_on_a_title_gives_the_keys_and_on_a_tab_shows_it),
        BED_TEST(a_click_on_a_heading_sorts_by_it),
        BED_TEST(the_wheel_turns_what_is_below_it_and_the_keys_stay),
        BED_TEST(a_question_is_not_answered_by_clicks),
        BED_TEST(z_goes_from_whole_screen_to_big_and_back),
        BED_TEST(lines_between_rows_stay_whole_when_they_are_moved_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
