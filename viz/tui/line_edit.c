// Problem: what is typed is hostile too: a terminal may paste escapes, marks
//     without a width, or half a character.
// Idea: keys come as scalars; only those with a width get in, as whole UTF-8
//     sequences, and the cursor steps over whole sequences.
// Invariants: text[0..len) is valid UTF-8 of printable scalars, NUL-ended;
//     cursor <= len and stands at the beginning of a sequence.
#include "line_edit.h"
#include "fishbowl/trace/text.h"
#include "view.h"
#include <string.h>

enum { CTRL_A = 1, CTRL_E = 5, CTRL_U = 21, CTRL_W = 23 };

static void insert(struct fb_line *l, uint32_t scalar) {
    char bytes[5];
    size_t n;

    if (scalar < ' ' || scalar > 0x10ffff || fb_text_width(scalar) <= 0) {
        return;
    }
    n = fb_grid_utf8(scalar, bytes);
    if (l->len + n >= sizeof(l->text)) {
        return;
    }
    memmove(l->text + l->cursor + n, l->text + l->cursor, l->len - l->cursor);
    memcpy(l->text + l->cursor, bytes, n);
    l->len += n;
    l->cursor += n;
    l->text[l->len] = '\0';
}

void fb_line_begin(struct fb_line *l, const char *text) {
    size_t len = strlen(text);

    l->len = l->cursor = l->past_at = 0;
    l->text[0] = '\0';
    while (len > 0) {
        uint32_t scalar;
        size_t n = fb_text_decode(text, len, &scalar);

        if (n > 0) {
            insert(l, scalar);
        }
        n = n > 0 ? n : 1;
        text += n;
        len -= n;
    }
}

static size_t before(const struct fb_line *l, size_t at) {
    while (at > 0 && (l->text[--at] & 0xc0) == 0x80) {
    }
    return at;
}

static size_t after(const struct fb_line *l, size_t at) {
    while (at < l->len && (l->text[++at] & 0xc0) == 0x80) {
    }
    return at;
}

static void cut(struct fb_line *l, size_t from, size_t to) {
    memmove(l->text + from, l->text + to, l->len - to + 1);
    l->len -= to - from;
    l->cursor = from;
}

static size_t word_before(const struct fb_line *l) {
    size_t at = l->cursor;

    while (at > 0 && l->text[at - 1] == ' ') {
        at--;
    }
    while (at > 0 && l->text[at - 1] != ' ') {
        at--;
    }
    return at;
}

static void recall(struct fb_line *l, bool older) {
    size_t at = l->past_at;

    if (older ? at >= l->past_count : at == 0) {
        return;
    }
    at = older ? at + 1 : at - 1;
    fb_line_begin(l, at > 0 ? l->past[at - 1] : "");
    l->past_at = at;
}

enum fb_line_end fb_line_key(struct fb_line *l, uint32_t key) {
    switch (key) {
    case FB_KEY_ENTER: return FB_LINE_TAKEN;
    case FB_KEY_ESC: return FB_LINE_LEFT;
    case FB_KEY_LEFT: l->cursor = before(l, l->cursor); break;
    case FB_KEY_RIGHT: l->cursor = after(l, l->cursor); break;
    case CTRL_A:
    case FB_KEY_HOME: l->cursor = 0; break;
    case CTRL_E:
    case FB_KEY_END: l->cursor = l->len; break;
    case FB_KEY_UP: recall(l, true); break;
    case FB_KEY_DOWN: recall(l, false); break;
    case FB_KEY_BACKSPACE: cut(l, before(l, l->cursor), l->cursor); break;
    case FB_KEY_DELETE: cut(l, l->cursor, after(l, l->cursor)); break;
    case CTRL_U: cut(l, 0, l->cursor); break;
    case CTRL_W: cut(l, word_before(l), l->cursor); break;
    default: insert(l, key); break;
    }
    return FB_LINE_OPEN;
}

void fb_line_keep(struct fb_line *l) {
    size_t last = l->past_count;

    if (l->len == 0 || (last > 0 && strcmp(l->past[0], l->text) == 0)) {
        return;
    }
    if (last == FB_LINE_HISTORY) {
        last--;
    } else {
        l->past_count++;
    }
    memmove(l->past[1], l->past[0], last * sizeof(l->past[0]));
    memcpy(l->past[0], l->text, l->len + 1);
}

int fb_line_cursor(const struct fb_line *l) {
    char text[FB_LINE_BYTES];

    memcpy(text, l->text, l->cursor);
    text[l->cursor] = '\0';
    return fb_text_cols(text);
}
