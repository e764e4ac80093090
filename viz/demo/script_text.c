// Words and strings of a script.
//
// Problem: a lesson needs names that are escape sequences, broken UTF-8 or
// zero bytes, in a file that an editor can show.
// Idea: the file itself is clean text; every odd byte is written as an escape
// as in C, and raw control bytes are refused where they stand.
// Invariants: nothing is read beyond `end`; a complaint holds no byte of the
// file that did not pass the sanitiser.
#include "script_text.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int fb_script_complain(struct fb_script_cursor *c, const char *format, ...) {
    char safe[256];
    int used;
    va_list args;

    fb_text_sanitise(c->file, strlen(c->file), safe, sizeof(safe));
    used = snprintf(c->why, c->why_bytes, "%s:%u: ", safe, c->line);
    if (used < 0 || (size_t)used >= c->why_bytes) {
        return -EINVAL;
    }
    va_start(args, format);
    vsnprintf(c->why + used, c->why_bytes - (size_t)used, format, args);
    va_end(args);
    return -EINVAL;
}

void fb_script_skip_blanks(struct fb_script_cursor *c) {
    while (c->at < c->end && (*c->at == ' ' || *c->at == '\t')) {
        c->at++;
    }
}

bool fb_script_at_end(struct fb_script_cursor *c) {
    fb_script_skip_blanks(c);
    return c->at == c->end || *c->at == '#';
}

size_t fb_script_word(struct fb_script_cursor *c, const char **ret_word) {
    if (fb_script_at_end(c)) {
        *ret_word = c->at;
        return 0;
    }
    *ret_word = c->at;
    while (c->at < c->end && *c->at != ' ' && *c->at != '\t') {
        c->at++;
    }
    return (size_t)(c->at - *ret_word);
}

static bool is_digit(char ch) {
    return ch >= '0' && ch <= '9';
}

// Digits at the cursor; false if there is none or they exceed `max`.
static bool take_digits(struct fb_script_cursor *c, uint64_t max,
                        uint64_t *ret) {
    uint64_t value = 0;
    const char *start = c->at;

    while (c->at < c->end && is_digit(*c->at)) {
        uint64_t digit = (uint64_t)(*c->at - '0');
        if (value > (max - digit) / 10) {
            return false;
        }
        value = value * 10 + digit;
        c->at++;
    }
    *ret = value;
    return c->at > start;
}

static bool at_word_end(const struct fb_script_cursor *c) {
    return c->at == c->end || *c->at == ' ' || *c->at == '\t' || *c->at == '#';
}

int fb_script_number(struct fb_script_cursor *c, const char *what, uint64_t max,
                     uint64_t *ret_number) {
    uint64_t value;

    fb_script_skip_blanks(c);
    if (max < 9 || !take_digits(c, max, &value) || !at_word_end(c)) {
        return fb_script_complain(c, "%s must be a number from 0 to %llu", what,
                                  (unsigned long long)max);
    }
    *ret_number = value;
    return 0;
}

int fb_script_duration(struct fb_script_cursor *c, uint64_t max_ns,
                       uint64_t *ret_ns) {
    uint64_t whole = 0, tenths = 0, unit_ns;
    bool ok;

    fb_script_skip_blanks(c);
    ok = take_digits(c, 1000000000, &whole);
    if (ok && c->at + 1 < c->end && *c->at == '.' && is_digit(c->at[1])) {
        tenths = (uint64_t)(c->at[1] - '0');
        c->at += 2;
    }
    if (ok && c->end - c->at >= 2 && memcmp(c->at, "ms", 2) == 0) {
        unit_ns = 1000000;
        c->at += 2;
    } else if (ok && c->end - c->at >= 1 && *c->at == 's') {
        unit_ns = 1000000000;
        c->at += 1;
    } else {
        ok = false;
        unit_ns = 1;
    }
    if (!ok || !at_word_end(c)) {
        return fb_script_complain(c, "a duration reads 800ms, 2s or 1.5s");
    }
    if (whole > max_ns / unit_ns) {
        return fb_script_complain(c, "a pause lasts %llu s at most",
                                  (unsigned long long)(max_ns / 1000000000));
    }
    *ret_ns = whole * unit_ns + tenths * (unit_ns / 10);
    return 0;
}

static int hex_value(char ch) {
    if (is_digit(ch)) {
        return ch - '0';
    }
    if (ch >= 'a' && ch <= 'f') {
        return ch - 'a' + 10;
    }
    if (ch >= 'A' && ch <= 'F') {
        return ch - 'A' + 10;
    }
    return -1;
}

// Up to `max_digits` hex digits; how many were there.
static int take_hex(struct fb_script_cursor *c, int max_digits, uint32_t *ret) {
    int n = 0;
    uint32_t value = 0;

    while (n < max_digits && c->at < c->end && hex_value(*c->at) >= 0) {
        value = value * 16 + (uint32_t)hex_value(*c->at);
        c->at++;
        n++;
    }
    *ret = value;
    return n;
}

static size_t encode_utf8(uint32_t u, char *out) {
    if (u < 0x80) {
        out[0] = (char)u;
        return 1;
    }
    if (u < 0x800) {
        out[0] = (char)(0xC0 | (u >> 6));
        out[1] = (char)(0x80 | (u & 0x3F));
        return 2;
    }
    out[0] = (char)(0xE0 | (u >> 12));
    out[1] = (char)(0x80 | ((u >> 6) & 0x3F));
    out[2] = (char)(0x80 | (u & 0x3F));
    return 3;
}

// Up to three octal digits, the first being `first`.
static int octal_escape(struct fb_script_cursor *c, char first, char *out) {
    int value = first - '0';

    for (int n = 1; n < 3 && c->at < c->end; n++) {
        if (*c->at < '0' || *c->at > '7') {
            break;
        }
        value = value * 8 + (*c->at - '0');
        c->at++;
    }
    if (value > 255) {
        return fb_script_complain(c, "\\%o is no byte: \\377 is the last one",
                                  (unsigned)value);
    }
    out[0] = (char)value;
    return 1;
}

// One escape after its backslash; writes 1 to 3 bytes and returns how many.
static int take_escape(struct fb_script_cursor *c, char *out) {
    static const char names[] = "abefnrtv\\\"'?";
    static const char bytes[] = "\a\b\x1b\f\n\r\t\v\\\"'?";
    uint32_t value;
    const char *known;
    char ch;

    if (c->at == c->end) {
        return fb_script_complain(c, "the line ends after a backslash");
    }
    ch = *c->at++;
    known = ch ? strchr(names, ch) : NULL;
    if (known) {
        out[0] = bytes[known - names];
        return 1;
    }
    if (ch >= '0' && ch <= '7') {
        return octal_escape(c, ch, out);
    }
    if (ch == 'x') {
        if (take_hex(c, 2, &value) == 0) {
            return fb_script_complain(c, "\\x needs one or two hex digits");
        }
        out[0] = (char)value;
        return 1;
    }
    if (ch == 'u') {
        if (take_hex(c, 4, &value) != 4 || (value & 0xF800) == 0xD800) {
            return fb_script_complain(
                c, "\\u needs four hex digits of a scalar value "
                   "(\\u202e; surrogates are none)");
        }
        return (int)encode_utf8(value, out);
    }
    if (ch < 0x20 || ch > 0x7E) {
        return fb_script_complain(c, "a byte that is no escape follows \\");
    }
    return fb_script_complain(c,
                              "\\%c is no escape (\\n, \\t, \\e, \\\", "
                              "\\\\, \\0, \\xNN, \\uNNNN are)",
                              ch);
}

static int fill_string(struct fb_script_cursor *c, char *out, size_t *ret_len) {
    size_t len = 0;

    while (c->at < c->end && *c->at != '"') {
        if (*c->at != '\\') {
            out[len++] = *c->at++;
            continue;
        }
        c->at++;
        int n = take_escape(c, out + len);
        if (n < 0) {
            return n;
        }
        len += (size_t)n;
    }
    if (c->at == c->end) {
        return fb_script_complain(c, "a string is not closed with \"");
    }
    c->at++;
    out[len] = '\0';
    *ret_len = len;
    return 0;
}

int fb_script_string(struct fb_script_cursor *c, char **ret_text,
                     size_t *ret_len) {
    size_t len = 0;
    char *text;
    int err;

    fb_script_skip_blanks(c);
    if (c->at == c->end || *c->at != '"') {
        return fb_script_complain(c, "a string in double quotes must follow");
    }
    c->at++;
    // What an escape stands for is never longer than the escape.
    text = malloc((size_t)(c->end - c->at) + 1);
    if (!text) {
        return -ENOMEM;
    }
    err = fill_string(c, text, &len);
    if (err) {
        free(text);
        return err;
    }
    if (!at_word_end(c)) {
        free(text);
        return fb_script_complain(c, "a blank must follow a closing \"");
    }
    *ret_text = text;
    *ret_len = len;
    return 0;
}
