// The table of types and spawn sites: numbers, texts, and what is full.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "support.h"

static const char file_name[] = "server/named.c";
static struct fb_trace_site greet = {
    .name = "greet", .file = file_name, .line = 20, .size = 120};
static struct fb_trace_site spawn = {
    .name = "spawn", .file = file_name, .line = 44};
static struct fb_trace_site nameless = {.line = 7};

static void open_both(struct fb_trace_writer *w, struct fb_trace_reader *r,
                      const char *name) {
    support_open(w, name, 64);
    assert_int_equal(fb_trace_reader_open(r, support_path(name), false), 0);
}

static void a_site_has_one_number_in_every_trace_of_a_process(void **state) {
    struct fb_trace_writer a, b;
    struct fb_trace_reader ra, rb;
    uint16_t greet_index, spawn_index;

    (void)state;
    open_both(&a, &ra, "a.ring");
    open_both(&b, &rb, "b.ring");
    greet_index = fb_trace_site_index(&a, &greet);
    spawn_index = fb_trace_site_index(&a, &spawn);
    assert_int_not_equal(greet_index, 0);
    assert_int_not_equal(spawn_index, greet_index);
    assert_int_equal(fb_trace_site_index(&a, &greet), greet_index);
    // Mentioning the second in b writes the first there too.
    assert_int_equal(fb_trace_site_index(&b, &spawn), spawn_index);
    assert_string_equal(fb_trace_reader_place(&rb, greet_index).name, "greet");
    assert_string_equal(fb_trace_reader_place(&rb, spawn_index).name, "spawn");
    assert_string_equal(fb_trace_reader_place(&ra, greet_index).file,
                        "server/named.c");
    assert_int_equal(fb_trace_reader_place(&ra, greet_index).line, 20);
    assert_int_equal(fb_trace_reader_place(&ra, greet_index).size, 120);
    // Its file's name is in the strings once.
    assert_ptr_equal(fb_trace_reader_place(&ra, greet_index).file,
                     fb_trace_reader_place(&ra, spawn_index).file);
    fb_trace_reader_close(&ra);
    fb_trace_reader_close(&rb);
    fb_trace_close(&a, false);
    fb_trace_close(&b, false);
}

static void names_stay_where_they_are_while_the_table_grows(void **state) {
    static struct fb_trace_site later = {
        .name = "later", .file = "core/time.c", .line = 3};
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    const char *name;

    (void)state;
    open_both(&w, &r, "a.ring");
    name = fb_trace_reader_place(&r, fb_trace_site_index(&w, &greet)).name;
    assert_string_equal(
        fb_trace_reader_place(&r, fb_trace_site_index(&w, &later)).name,
        "later");
    assert_string_equal(name, "greet");
    fb_trace_reader_close(&r);
    fb_trace_close(&w, false);
}

static void what_is_unknown_is_a_question_mark(void **state) {
    const uint32_t bad[] = {0, 4095, 4096, 65535, UINT32_MAX};
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    struct fb_trace_place place;

    (void)state;
    open_both(&w, &r, "a.ring");
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        place = fb_trace_reader_place(&r, bad[i]);
        assert_string_equal(place.name, "?");
        assert_string_equal(place.file, "?");
        assert_int_equal(place.line, 0);
    }
    place = fb_trace_reader_place(&r, fb_trace_site_index(&w, &nameless));
    assert_string_equal(place.name, "?");
    assert_int_equal(place.line, 7);
    fb_trace_reader_close(&r);
    fb_trace_close(&w, false);
}

// Last: it fills the list of this process.
static void
a_full_table_gives_zero_and_full_strings_keep_the_line(void **state) {
    static struct fb_trace_site many[FB_TRACE_TABLE_MAX];
    static char names[FB_TRACE_TABLE_MAX][128];
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    uint32_t unnamed = 0, unlisted = 0;

    (void)state;
    open_both(&w, &r, "a.ring");
    for (uint32_t i = 0; i < FB_TRACE_TABLE_MAX; i++) {
        struct fb_trace_place place;
        uint16_t index;

        (void)snprintf(names[i], sizeof names[i], "%0100u", i);
        many[i] = (struct fb_trace_site){
            .name = names[i], .file = file_name, .line = i + 1};
        index = fb_trace_site_index(&w, &many[i]);
        assert_int_equal(fb_trace_site_index(&w, &many[i]), index);
        if (index == 0) {
            unlisted++;
            continue;
        }
        assert_int_equal(unlisted, 0); // once full, always full
        place = fb_trace_reader_place(&r, index);
        assert_int_equal(place.line, i + 1);
        if (strcmp(place.name, "?") == 0) {
            unnamed++;
        } else {
            assert_string_equal(place.name, names[i]);
        }
    }
    // 101 bytes each in 256 KiB: some 2590 have a name.
    assert_in_range(unnamed, 1400, 1600);
    assert_in_range(unlisted, 1, 10);
    fb_trace_reader_close(&r);
    fb_trace_close(&w, false);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(a_site_has_one_number_in_every_trace_of_a_process),
        TEST(names_stay_where_they_are_while_the_table_grows),
        TEST(what_is_unknown_is_a_question_mark),
        TEST(a_full_table_gives_zero_and_full_strings_keep_the_line),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
