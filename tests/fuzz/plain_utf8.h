// UTF-8 and white space once more, for judging core/trace/text.c by something
// that is not itself: ranges of bytes as Unicode lists them (table 3-7 of the
// standard), where text.c computes; a list of scalars, where it compares.
#ifndef FB_TEST_PLAIN_UTF8_H
#define FB_TEST_PLAIN_UTF8_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

// The length of the well-formed sequence that `b` begins with; 0: none.
static inline size_t plain_utf8_length(const uint8_t *b, size_t len) {
    static const struct {
        uint8_t length, first_low, first_high, second_low, second_high;
    } rows[] = {
        {1, 0x00, 0x7f, 0x00, 0x00}, {2, 0xc2, 0xdf, 0x80, 0xbf},
        {3, 0xe0, 0xe0, 0xa0, 0xbf}, {3, 0xe1, 0xec, 0x80, 0xbf},
        {3, 0xed, 0xed, 0x80, 0x9f}, {3, 0xee, 0xef, 0x80, 0xbf},
        {4, 0xf0, 0xf0, 0x90, 0xbf}, {4, 0xf1, 0xf3, 0x80, 0xbf},
        {4, 0xf4, 0xf4, 0x80, 0x8f},
    };

    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        size_t length = rows[i].length, k = 2;

        if (length > len || b[0] < rows[i].first_low ||
            b[0] > rows[i].first_high) {
            continue;
        }
        if (length > 1 &&
            (b[1] < rows[i].second_low || b[1] > rows[i].second_high)) {
            continue;
        }
        while (k < length && b[k] >= 0x80 && b[k] <= 0xbf) {
            k++;
        }
        return k >= length ? length : 0;
    }
    return 0;
}

static inline bool plain_is_utf8(const uint8_t *b, size_t len) {
    for (size_t at = 0, n; at < len; at += n) {
        n = plain_utf8_length(b + at, len - at);
        if (n == 0) {
            return false;
        }
    }
    return true;
}

// Whether the sequence of `n` bytes at `b` is White_Space (PropList.txt).
static inline bool plain_is_space(const uint8_t *b, size_t n) {
    static const char *const spaces[] = {
        "\t",           "\n",           "\v",
        "\f",           "\r",           " ",
        "\xc2\x85",     "\xc2\xa0",     "\xe1\x9a\x80",
        "\xe2\x80\x80", "\xe2\x80\x81", "\xe2\x80\x82",
        "\xe2\x80\x83", "\xe2\x80\x84", "\xe2\x80\x85",
        "\xe2\x80\x86", "\xe2\x80\x87", "\xe2\x80\x88",
        "\xe2\x80\x89", "\xe2\x80\x8a", "\xe2\x80\xa8",
        "\xe2\x80\xa9", "\xe2\x80\xaf", "\xe2\x81\x9f",
        "\xe3\x80\x80"};

    for (size_t i = 0; i < sizeof spaces / sizeof spaces[0]; i++) {
        if (strlen(spaces[i]) == n && memcmp(spaces[i], b, n) == 0) {
            return true;
        }
    }
    return false;
}

// Trims white space on both sides, walking forwards only.
// Requires: valid UTF-8.
static inline const uint8_t *plain_trim(const uint8_t *b, size_t len,
                                        size_t *ret_len) {
    size_t from = 0, to = 0;

    for (size_t at = 0, n; at < len; at += n) {
        n = plain_utf8_length(b + at, len - at);
        if (!plain_is_space(b + at, n)) {
            from = to == 0 ? at : from;
            to = at + n;
        }
    }
    *ret_len = to - from;
    return b + (to == 0 ? len : from);
}

#endif
