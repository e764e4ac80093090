// The one sanitiser: what it lets through and what it spells out.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fishbowl/trace/text.h"

struct pair {
    const char *in, *out;
    size_t len; // 0: strlen(in)
};

static void check_pairs(const struct pair *pairs, size_t count) {
    for (size_t i = 0; i < count; i++) {
        size_t len = pairs[i].len ? pairs[i].len : strlen(pairs[i].in);
        char out[256];
        size_t n = fb_text_sanitise(pairs[i].in, len, out, sizeof out);

        assert_string_equal(out, pairs[i].out);
        assert_int_equal(n, strlen(out));
    }
}

static void plain_text_of_all_scripts_passes(void **state) {
    const char *texts[] = {"Ada",      "Zoë",      "Ωμέγα", "日本語",
                           "한국어",   "עברית",    "😀",     "a\xcc\x81",
                           "\xc2\xa0", "C:\\temp", "~"};

    (void)state;
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        const struct pair same = {texts[i], texts[i], 0};

        check_pairs(&same, 1);
    }
}

static void controls_are_spelled_out(void **state) {
    static const struct pair pairs[] = {
        {"\x1b[31mred", "\\x1b[31mred", 0},
        {"\x1b]0;title\x07", "\\x1b]0;title\\x07", 0},
        {"a\nb\rc\td", "a\\nb\\rc\\td", 0},
        {"a\0b", "a\\x00b", 3},
        {"\x7f", "\\x7f", 0},
        {"\xc2\x9b"
         "31m",
         "\\u009b31m", 0},          // CSI as UTF-8
        {"\xc2\x85", "\\u0085", 0}, // NEL
        {"\x9b"
         "31m",
         "\\x9b31m", 0}, // CSI as one byte
    };

    (void)state;
    check_pairs(pairs, sizeof pairs / sizeof *pairs);
}

static void what_hides_or_turns_text_is_spelled_out(void **state) {
    static const struct pair pairs[] = {
        {"a\xe2\x80\xae"
         "b",
         "a\\u202eb", 0},                       // right-to-left override
        {"\xe2\x81\xa6", "\\u2066", 0},         // isolate
        {"\xe2\x80\x8f", "\\u200f", 0},         // RLM
        {"\xd8\x9c", "\\u061c", 0},             // ALM
        {"a\xe2\x80\x8b", "a\\u200b", 0},       // zero width space
        {"a\xe2\x80\x8d", "a\\u200d", 0},       // joiner
        {"\xef\xbb\xbf", "\\ufeff", 0},         // byte order mark
        {"\xc2\xad", "\\u00ad", 0},             // soft hyphen
        {"\xe2\x80\xa8", "\\u2028", 0},         // line separator
        {"\xe2\x80\xa9", "\\u2029", 0},         // paragraph separator
        {"\xe3\x85\xa4", "\\u3164", 0},         // Hangul filler
        {"\xef\xb8\x8f", "\\ufe0f", 0},         // variation selector
        {"\xf3\xa0\x80\xa1", "\\U000e0021", 0}, // tag
        {"\xef\xbf\xbe", "\\ufffe", 0},         // non-characters
        {"\xef\xb7\x90", "\\ufdd0", 0},
        {"\xf4\x8f\xbf\xbf", "\\U0010ffff", 0},
    };

    (void)state;
    check_pairs(pairs, sizeof pairs / sizeof *pairs);
}

static void invalid_utf8_is_spelled_byte_by_byte(void **state) {
    static const struct pair pairs[] = {
        {"\xff\xfe", "\\xff\\xfe", 0},
        {"\xc0\xaf", "\\xc0\\xaf", 0},                   // overlong /
        {"\xe0\x80\xaf", "\\xe0\\x80\\xaf", 0},          // overlong
        {"\xf0\x80\x80\xaf", "\\xf0\\x80\\x80\\xaf", 0}, // overlong
        {"\xed\xa0\x80", "\\xed\\xa0\\x80", 0},          // surrogate
        {"\xf4\x90\x80\x80", "\\xf4\\x90\\x80\\x80", 0}, // above U+10FFFF
        {"\xf5\x80\x80\x80", "\\xf5\\x80\\x80\\x80", 0},
        {"a\xe2\x82", "a\\xe2\\x82", 0}, // cut off
        {"\x80", "\\x80", 0},            // continuation alone
        {"\xe2\x28\xa1", "\\xe2(\\xa1", 0},
    };

    (void)state;
    check_pairs(pairs, sizeof pairs / sizeof *pairs);
}

static void
a_mark_without_a_base_or_a_pile_of_them_is_spelled_out(void **state) {
    static const struct pair pairs[] = {
        {"\xcc\x81"
         "a",
         "\\u0301a", 0},
        {"\n\xcc\x81", "\\n\\u0301", 0},
        {"a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\xcc\x81",
         "a\xcc\x81\xcc\x81\xcc\x81\xcc\x81\\u0301", 0},
    };

    (void)state;
    check_pairs(pairs, sizeof pairs / sizeof *pairs);
}

// xorshift: the same bytes each time.
static uint32_t next_random(uint32_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 17;
    *seed ^= *seed << 5;
    return *seed;
}

// Nothing a terminal would act on is left in `out`.
static void assert_safe(const char *out, size_t n) {
    assert_int_equal(strlen(out), n);
    assert_true(fb_text_is_utf8(out, n));
    for (size_t at = 0; at < n;) {
        uint32_t scalar = 0;
        size_t bytes = fb_text_decode(out + at, n - at, &scalar);

        assert_true(bytes > 0);
        assert_true(scalar >= 0x20 && scalar != 0x7f);
        assert_true(fb_text_width(scalar) >= 0);
        assert_false(scalar >= 0x202a && scalar <= 0x202e);
        at += bytes;
    }
}

static void
random_bytes_become_safe_fit_and_stay_as_they_are_twice(void **state) {
    uint32_t seed = 0x5eed;
    char in[1024];
    char out[FB_TEXT_SAFE_BYTES(sizeof in)];
    char again[FB_TEXT_SAFE_BYTES(sizeof out)];

    (void)state;
    for (int round = 0; round < 2000; round++) {
        size_t len = next_random(&seed) % (sizeof in + 1);
        size_t n;

        for (size_t i = 0; i < len; i++) {
            // Many lead bytes, so that sequences come about.
            uint32_t r = next_random(&seed);

            in[i] = (char)(r & 0x100 ? 0x80 | (r & 0x3f) : r);
        }
        n = fb_text_sanitise(in, len, out, FB_TEXT_SAFE_BYTES(len));
        assert_safe(out, n);
        assert_null(strstr(out, "\xe2\x80\xa6")); // nothing was left out
        assert_int_equal(fb_text_sanitise(out, n, again, sizeof again), n);
        assert_string_equal(again, out);
    }
}

static void a_cut_never_splits_and_ends_in_an_ellipsis(void **state) {
    static const char in[] = "ab\x1b\xe2\x80\xae\xf0\x9f\x98\x80\xff"
                             "c\xcc\x81\xe6\x97\xa5";
    char whole[FB_TEXT_SAFE_BYTES(sizeof in)];
    size_t full = fb_text_sanitise(in, sizeof in - 1, whole, sizeof whole);

    (void)state;
    for (size_t room = 4; room <= full + 4; room++) {
        char *out = malloc(room); // exact, so that a sanitizer sees an overrun
        size_t n = fb_text_sanitise(in, sizeof in - 1, out, room);
        size_t kept = n - 3;

        assert_true(n < room);
        assert_safe(out, n);
        if (room > full) {
            assert_string_equal(out, whole);
            free(out);
            continue;
        }
        assert_string_equal(out + kept, "\xe2\x80\xa6");
        assert_memory_equal(out, whole, kept);
        // Not inside an escape: what is kept is what a prefix of the input
        // gives.
        for (size_t len = 0;; len++) {
            char part[sizeof whole];
            size_t m = fb_text_sanitise(in, len, part, sizeof part);

            assert_true(len < sizeof in);
            if (m == kept && memcmp(part, out, m) == 0) {
                break;
            }
        }
        // As much as fits: one piece (at most 10 bytes) more would not.
        assert_true(n + 10 >= room - 1);
        free(out);
    }
}

static void an_empty_text_is_empty(void **state) {
    char out[4] = "xyz";

    (void)state;
    assert_int_equal(fb_text_sanitise("", 0, out, sizeof out), 0);
    assert_string_equal(out, "");
}

static void every_scalar_decodes_as_it_was_encoded(void **state) {
    (void)state;
    for (uint32_t c = 0; c <= 0x110000; c++) {
        char b[4];
        uint32_t got = UINT32_MAX;
        size_t n = 0;

        if (c < 0x80) {
            b[n++] = (char)c;
        } else if (c < 0x800) {
            b[n++] = (char)(0xc0 | c >> 6);
        } else if (c < 0x10000) {
            b[n++] = (char)(0xe0 | c >> 12);
            b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        } else {
            b[n++] = (char)(0xf0 | c >> 18);
            b[n++] = (char)(0x80 | (c >> 12 & 0x3f));
            b[n++] = (char)(0x80 | (c >> 6 & 0x3f));
        }
        if (c >= 0x80) {
            b[n++] = (char)(0x80 | (c & 0x3f));
        }
        if (c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff)) {
            assert_int_equal(fb_text_decode(b, n, &got), 0);
        } else {
            assert_int_equal(fb_text_decode(b, n, &got), n);
            assert_int_equal(got, c);
            assert_int_equal(fb_text_decode(b, n - 1, &got), 0);
        }
    }
}

static void trim_takes_unicode_white_space_only(void **state) {
    static const struct pair pairs[] = {
        {"  Ada \r\n", "Ada", 0},
        {"\xe3\x80\x80"
         "Ada\xc2\xa0\xe2\x80\xa8",
         "Ada", 0},
        {"\xc2\x85\x0b", "", 0},
        {"\xe2\x80\x8b"
         "Ada",
         "\xe2\x80\x8b"
         "Ada",
         0}, // zero width space is no White_Space
        {"a b", "a b", 0},
        {" \xe6\x97\xa5 ", "\xe6\x97\xa5", 0},
        {"", "", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        size_t len = strlen(pairs[i].in);
        const char *kept = fb_text_trim(pairs[i].in, len, &len);

        assert_int_equal(len, strlen(pairs[i].out));
        assert_memory_equal(kept, pairs[i].out, len);
    }
}

static void white_space_is_the_25_scalars_of_unicode(void **state) {
    size_t count = 0;

    (void)state;
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        count += fb_text_is_space(c);
    }
    assert_int_equal(count, 25);
    assert_false(fb_text_is_space(0x200b));
    assert_false(fb_text_is_space(0x180e));
}

static void widths_do_not_depend_on_the_locale(void **state) {
    static const struct {
        uint32_t scalar;
        int width;
    } widths[] = {
        {'a', 1},     {0x1b, -1},   {0x7f, -1},     {0x85, -1},   {0xe9, 1},
        {0x301, 0},   {0x5d0, 1},   {0x1100, 2},    {0x1160, 0},  {0x200b, 0},
        {0x2026, 1},  {0x2500, 1},  {0x3042, 2},    {0x4e00, 2},  {0xac00, 2},
        {0xff01, 2},  {0xff61, 1},  {0x1f600, 2},   {0x1f9d1, 2}, {0x20000, 2},
        {0xe0100, 0}, {0xd800, -1}, {0x110000, -1}, {0xffff, -1}, {0x3000, 2},
        {0x231a, 2},  {0x2764, 1},  {0x0e31, 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof widths / sizeof *widths; i++) {
        if (fb_text_width(widths[i].scalar) != widths[i].width) {
            fail_msg("U+%04X: %d, not %d", widths[i].scalar,
                     fb_text_width(widths[i].scalar), widths[i].width);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(plain_text_of_all_scripts_passes),
        cmocka_unit_test(controls_are_spelled_out),
        cmocka_unit_test(what_hides_or_turns_text_is_spelled_out),
        cmocka_unit_test(invalid_utf8_is_spelled_byte_by_byte),
        cmocka_unit_test(
            a_mark_without_a_base_or_a_pile_of_them_is_spelled_out),
        cmocka_unit_test(
            random_bytes_become_safe_fit_and_stay_as_they_are_twice),
        cmocka_unit_test(a_cut_never_splits_and_ends_in_an_ellipsis),
        cmocka_unit_test(an_empty_text_is_empty),
        cmocka_unit_test(every_scalar_decodes_as_it_was_encoded),
        cmocka_unit_test(trim_takes_unicode_white_space_only),
        cmocka_unit_test(white_space_is_the_25_scalars_of_unicode),
        cmocka_unit_test(widths_do_not_depend_on_the_locale),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
