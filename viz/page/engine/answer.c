// JSON in a buffer that doubles. Whether a comma is due shows in the last byte:
// none comes behind an opening bracket or a colon, and a text ends in a quote.
#include "answer.h"
#include "fishbowl/trace/text.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LEAST_ROOM = 4096, TEXT = 1024 };

void fb__answer_reset(struct fb__answer *a) {
    a->len = 0;
    a->failed = false;
}

void fb__answer_deinit(struct fb__answer *a) {
    free(a->bytes);
    *a = (struct fb__answer){0};
}

static bool make_room(struct fb__answer *a, size_t more) {
    size_t room = a->room == 0 ? LEAST_ROOM : a->room;
    char *grown;

    while (room - a->len < more && room <= SIZE_MAX / 2) {
        room *= 2;
    }
    if (a->failed || room - a->len < more) {
        a->failed = true;
        return false;
    }
    if (room > a->room) {
        grown = realloc(a->bytes, room);
        if (grown == NULL) {
            a->failed = true;
            return false;
        }
        a->bytes = grown;
        a->room = room;
    }
    return true;
}

static void put(struct fb__answer *a, const char *bytes, size_t len) {
    if (make_room(a, len)) {
        memcpy(a->bytes + a->len, bytes, len);
        a->len += len;
    }
}

static void put_quoted(struct fb__answer *a, const char *text) {
    put(a, "\"", 1);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;
        char code[8];

        if (c == '"' || c == '\\') {
            put(a, "\\", 1);
            put(a, text, 1);
        } else if (c < 0x20) {
            put(a, code, (size_t)snprintf(code, sizeof(code), "\\u%04x", c));
        } else {
            put(a, text, 1);
        }
    }
    put(a, "\"", 1);
}

static void begin(struct fb__answer *a, const char *key) {
    const char last = a->len > 0 ? a->bytes[a->len - 1] : '{';

    if (last != '{' && last != '[' && last != ':') {
        put(a, ",", 1);
    }
    if (key != NULL) {
        put_quoted(a, key);
        put(a, ":", 1);
    }
}

void fb__answer_open(struct fb__answer *a, const char *key, char bracket) {
    begin(a, key);
    put(a, &bracket, 1);
}

void fb__answer_close(struct fb__answer *a, char bracket) {
    put(a, &bracket, 1);
}

void fb__answer_number(struct fb__answer *a, const char *key, uint64_t value) {
    // as print --json does: only a corrupted trace has larger ones
    fb__answer_signed(a, key, value < INT64_MAX ? (int64_t)value : INT64_MAX);
}

void fb__answer_signed(struct fb__answer *a, const char *key, int64_t value) {
    char text[24];

    begin(a, key);
    put(a, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, value));
}

void fb__answer_text(struct fb__answer *a, const char *key, const char *text) {
    char safe[FB_TEXT_SAFE_BYTES(TEXT)];

    begin(a, key);
    if (!fb_text_is_utf8(text, strlen(text))) { // cut inside a character
        fb_text_sanitise(text, strlen(text), safe, sizeof(safe));
        text = safe;
    }
    put_quoted(a, text);
}

void fb__answer_bool(struct fb__answer *a, const char *key, bool value) {
    begin(a, key);
    put(a, value ? "true" : "false", value ? 4 : 5);
}

void fb__answer_null(struct fb__answer *a, const char *key) {
    begin(a, key);
    put(a, "null", 4);
}
