// The grid keeps its cells clean, whatever is drawn into it and wherever.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/text.h"
#include "grid.h"
#include "theme.h"
#include <stdlib.h>
#include <string.h>

static struct fb_grid grid;

static int make_grid(void **state) {
    (void)state;
    return fb_grid_init(&grid, 10, 3);
}

static int drop_grid(void **state) {
    (void)state;
    fb_grid_deinit(&grid);
    return 0;
}

static void assert_grid(const char *wanted) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    fb_grid_print(&grid, out);
    assert_int_equal(fclose(out), 0);
    assert_string_equal(text, wanted);
    free(text);
}

static struct fb_area all(void) {
    return fb_grid_area(&grid);
}

static void text_is_clipped_at_the_area_on_every_side(void **state) {
    struct fb_area a = {.row = 1, .col = 2, .rows = 1, .cols = 4};

    (void)state;
    assert_int_equal(fb_grid_put(&grid, a, 0, -2, 0, "abcdefgh"), 6);
    fb_grid_put(&grid, a, -1, 0, 0, "above");
    fb_grid_put(&grid, a, 1, 0, 0, "below");
    assert_grid("\n  cdef\n\n");
}

static void areas_outside_the_grid_draw_nothing(void **state) {
    struct fb_area far = {.row = -5, .col = 900, .rows = 50, .cols = 50};

    (void)state;
    fb_grid_put(&grid, far, 6, 0, 0, "x");
    fb_grid_fill(&grid, far, 6, -100, 2000, 0, 'x');
    fb_grid_paint(&grid, far, 6, FB_STYLE_SELECTED);
    fb_grid_field(&grid, far, 2, 2, -9, 0, "x");
    fb_grid_lift(&grid, far, 2);
    assert_grid("\n\n\n");
}

static void wide_characters_are_never_cut_in_half(void **state) {
    (void)state;
    fb_grid_put(&grid, all(), 0, 8, 0, "日本"); // the second has no room
    fb_grid_put(&grid, all(), 1, 9, 0, "日");
    fb_grid_put(&grid, all(), 2, 0, 0, "日本");
    fb_grid_put(&grid, all(), 2, 1, 0, "x"); // half of 日 is no character
    assert_grid("        日\n\n x本\n");
    assert_int_equal(fb_grid_at(&grid, 0, 9)->scalar, 0);
    fb_grid_put(&grid, all(), 2, 2, 0, "y");
    assert_grid("        日\n\n xy\n");
}

static void no_control_or_invisible_character_reaches_a_cell(void **state) {
    static const char evil[] = "a\033[31m\x07\xff\xe2\x80\xae"
                               "b\xcc\x81"
                               "c\xe2\x80\x8b"
                               "d\xc2\x9b";

    (void)state;
    fb_grid_deinit(&grid);
    assert_int_equal(fb_grid_init(&grid, 40, 2), 0);
    fb_grid_put(&grid, all(), 0, 0, 0, evil);
    for (int i = 0; i < 80; i++) {
        uint32_t c = grid.cells[i].scalar;

        assert_true(c == 0 || fb_text_width(c) > 0);
        assert_true(c != 0x202e && c != 0x301 && c != 0x200b && c != 27);
    }
}

static void a_field_pads_aligns_and_marks_what_it_cut(void **state) {
    (void)state;
    fb_grid_put(&grid, all(), 0, 0, 0, "..........");
    assert_int_equal(fb_grid_field(&grid, all(), 0, 1, 4, 0, "ab"), 5);
    fb_grid_field(&grid, all(), 0, 6, -3, 0, "7");
    fb_grid_field(&grid, all(), 1, 0, 5, 0, "abcdef");
    fb_grid_field(&grid, all(), 1, 5, 5, 0, "abcde");
    fb_grid_field(&grid, all(), 2, 0, 4, 0, "a日本");
    fb_grid_field(&grid, all(), 2, 5, 0, 0, "abc");
    assert_grid(".ab  .  7.\nabcd…abcde\na日…\n");
}

static void wrapping_breaks_at_blanks_and_counts_its_rows(void **state) {
    struct fb_area a = {.rows = 3, .cols = 10};

    (void)state;
    assert_int_equal(fb_grid_wrap(&grid, a, 0, 2, 0, "one two three"), 2);
    assert_grid("  one two\n  three\n\n");
    fb_grid_clear(&grid);
    assert_int_equal(fb_grid_wrap(&grid, a, 0, 2, 0, "abcdefghijklm"), 2);
    assert_grid("  abcdefgh\n  ijklm\n\n");
    assert_int_equal(fb_grid_wrap(&grid, a, 0, 2, 0, ""), 0);
    a.cols = 0; // no room at all still ends
    assert_true(fb_grid_wrap(&grid, a, 0, 2, 0, "some words") >= 2);
}

static void ascii_grids_hold_ascii_only(void **state) {
    (void)state;
    grid.ascii = true;
    fb_grid_put(&grid, all(), 0, 0, 0, "▸○●◔✓✗└├│é");
    fb_grid_fill(&grid, all(), 1, 0, 10, 0, 0x2500);
    fb_grid_field(&grid, all(), 2, 0, 5, 0, "日日日日日日");
    grid.ascii = false;
    assert_grid(">o*+=!`||?\n----------\n????~\n");
}

static void utf8_is_written_as_it_was_read(void **state) {
    static const uint32_t scalars[] = {'a',   0x7f,   0x80,    0x7ff,
                                       0x800, 0xffff, 0x10000, 0x10ffff};

    (void)state;
    for (size_t i = 0; i < sizeof(scalars) / sizeof(scalars[0]); i++) {
        char bytes[5];
        uint32_t back = 0;
        size_t n = fb_grid_utf8(scalars[i], bytes);

        assert_int_equal(fb_text_decode(bytes, n, &back), n);
        assert_int_equal(back, scalars[i]);
    }
}

static void any_size_can_be_asked_for(void **state) {
    (void)state;
    assert_int_equal(fb_grid_resize(&grid, -3, 5), 0);
    assert_int_equal(grid.cols, 0);
    fb_grid_put(&grid, all(), 0, 0, 0, "x");
    assert_int_equal(fb_grid_resize(&grid, 1 << 30, 2), 0);
    assert_int_equal(grid.cols, FB_GRID_MAX);
}

static void every_style_differs_without_colour_where_it_must(void **state) {
    static const enum fb_style loud[] = {
        FB_STYLE_SELECTED,  FB_STYLE_WARNING,     FB_STYLE_FOCUS,
        FB_STYLE_MODE_LIVE, FB_STYLE_MODE_FROZEN, FB_STYLE_MODE_STOPPED};

    (void)state;
    for (size_t i = 0; i < sizeof(loud) / sizeof(loud[0]); i++) {
        assert_true(fb_theme_look(FB_THEME_MONO, loud[i], 256).attrs &
                    FB_ATTR_REVERSE);
    }
    for (int i = 0; i < FB_STYLES; i++) {
        struct fb_look mono =
            fb_theme_look(FB_THEME_MONO, (enum fb_style)i, 256);

        assert_int_equal(mono.fg, FB_COLOR_DEFAULT);
        assert_int_equal(mono.bg, FB_COLOR_DEFAULT);
    }
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_grid, drop_grid)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(text_is_clipped_at_the_area_on_every_side),
        TEST(areas_outside_the_grid_draw_nothing),
        TEST(wide_characters_are_never_cut_in_half),
        TEST(no_control_or_invisible_character_reaches_a_cell),
        TEST(a_field_pads_aligns_and_marks_what_it_cut),
        TEST(wrapping_breaks_at_blanks_and_counts_its_rows),
        TEST(ascii_grids_hold_ascii_only),
        TEST(utf8_is_written_as_it_was_read),
        TEST(any_size_can_be_asked_for),
        TEST(every_style_differs_without_colour_where_it_must),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
