// Problem: names come from clients, files and terminals. Printed raw, one of
// them can clear a screen, hide itself, turn a line around or forge another.
//
// Idea: let through only what a terminal prints in place, and spell the rest
// in visible escapes. A piece (one scalar or one escape) is written whole or
// not at all, and `mark` is always the last end of a piece after which the
// ellipsis still fits.
//
// Invariants: the output is valid UTF-8 and one line. A backslash is left
// alone, so sanitising twice changes nothing.
#include "fishbowl/trace/text.h"

#include <stdio.h>
#include <string.h>

#define ELLIPSIS  "\xe2\x80\xa6"
#define MARKS_MAX 4 // combining marks on one base; more climb into other lines

struct range {
    uint32_t first, last;
};

// Prints nothing, or moves what is printed: escaped.
static const struct range hidden[] = {
    {0x0080, 0x009f},   // C1 controls
    {0x00ad, 0x00ad},   // soft hyphen
    {0x034f, 0x034f},   // combining grapheme joiner
    {0x061c, 0x061c},   // Arabic letter mark
    {0x115f, 0x1160},   // Hangul fillers
    {0x17b4, 0x17b5},   // Khmer inherent vowels
    {0x180b, 0x180f},   // Mongolian selectors
    {0x200b, 0x200f},   // zero width, direction marks
    {0x2028, 0x202e},   // separators, embeddings and overrides
    {0x2060, 0x206f},   // word joiner, isolates, deprecated marks
    {0x3164, 0x3164},   // Hangul filler
    {0xfe00, 0xfe0f},   // variation selectors
    {0xfeff, 0xfeff},   // byte order mark
    {0xffa0, 0xffa0},   // halfwidth Hangul filler
    {0xfff0, 0xfffb},   // unassigned, interlinear annotation
    {0x13430, 0x1343f}, // hieroglyph joiners
    {0x1bca0, 0x1bca3}, // shorthand controls
    {0x1d173, 0x1d17a}, // musical beams
    {0xe0000, 0xe0fff}, // tags, more selectors
};

static bool is_hidden(uint32_t scalar) {
    if (scalar < 0x20 || scalar == 0x7f || (scalar & 0xfffe) == 0xfffe ||
        (scalar >= 0xfdd0 && scalar <= 0xfdef)) {
        return true; // C0, DEL, non-characters
    }
    for (size_t i = 0; i < sizeof hidden / sizeof *hidden; i++) {
        if (scalar >= hidden[i].first && scalar <= hidden[i].last) {
            return true;
        }
    }
    return false;
}

size_t fb_text_decode(const char *text, size_t len, uint32_t *ret_scalar) {
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    const unsigned char *b = (const unsigned char *)text;
    uint32_t scalar;
    size_t bytes;

    if (len == 0) {
        return 0;
    }
    if (b[0] < 0x80) {
        *ret_scalar = b[0];
        return 1;
    }
    bytes = b[0] >= 0xf0 ? 4 : b[0] >= 0xe0 ? 3 : 2;
    if (b[0] < 0xc2 || b[0] > 0xf4 || bytes > len) {
        return 0;
    }
    scalar = b[0] & (0x7fu >> bytes);
    for (size_t i = 1; i < bytes; i++) {
        if ((b[i] & 0xc0) != 0x80) {
            return 0;
        }
        scalar = scalar << 6 | (b[i] & 0x3f);
    }
    if (scalar < least[bytes] || scalar > 0x10ffff ||
        (scalar >= 0xd800 && scalar <= 0xdfff)) {
        return 0;
    }
    *ret_scalar = scalar;
    return bytes;
}

bool fb_text_is_utf8(const char *text, size_t len) {
    uint32_t scalar;

    for (size_t at = 0, n; at < len; at += n) {
        n = fb_text_decode(text + at, len - at, &scalar);
        if (n == 0) {
            return false;
        }
    }
    return true;
}

bool fb_text_is_space(uint32_t scalar) {
    return (scalar >= 0x09 && scalar <= 0x0d) || scalar == 0x20 ||
           scalar == 0x85 || scalar == 0xa0 || scalar == 0x1680 ||
           (scalar >= 0x2000 && scalar <= 0x200a) || scalar == 0x2028 ||
           scalar == 0x2029 || scalar == 0x202f || scalar == 0x205f ||
           scalar == 0x3000;
}

// Start of the last sequence of text[0..len), len > 0.
static size_t last_start(const char *text, size_t len) {
    size_t at = len - 1;

    while (at > 0 && len - at < 4 && ((unsigned char)text[at] & 0xc0) == 0x80) {
        at--;
    }
    return at;
}

const char *fb_text_trim(const char *text, size_t len, size_t *ret_len) {
    size_t first = 0;
    uint32_t scalar;

    while (first < len) {
        size_t n = fb_text_decode(text + first, len - first, &scalar);

        if (n == 0 || !fb_text_is_space(scalar)) {
            break;
        }
        first += n;
    }
    while (len > first) {
        size_t at = last_start(text + first, len - first) + first;
        size_t n = fb_text_decode(text + at, len - at, &scalar);

        if (n != len - at || !fb_text_is_space(scalar)) {
            break;
        }
        len = at;
    }
    *ret_len = len - first;
    return text + first;
}

// Spells one scalar; returns the bytes.
static size_t spell(char piece[16], uint32_t scalar) {
    switch (scalar) {
    case '\n': memcpy(piece, "\\n", 2); return 2;
    case '\r': memcpy(piece, "\\r", 2); return 2;
    case '\t': memcpy(piece, "\\t", 2); return 2;
    default: break;
    }
    return (size_t)snprintf(piece, 16,
                            scalar < 0x80      ? "\\x%02x"
                            : scalar < 0x10000 ? "\\u%04x"
                                               : "\\U%08x",
                            scalar);
}

// The next piece of output for the input at `text`. `marks` counts combining
// marks since the last base; MARKS_MAX or more: the next one is spelled out.
static size_t piece_next(const char *text, size_t len, unsigned *marks,
                         char piece[16], size_t *ret_piece) {
    uint32_t scalar;
    size_t n = fb_text_decode(text, len, &scalar);
    int width;

    if (n == 0) {
        *marks = MARKS_MAX;
        *ret_piece =
            (size_t)snprintf(piece, 16, "\\x%02x", (unsigned char)*text);
        return 1;
    }
    width = is_hidden(scalar) ? -1 : fb_text_width(scalar);
    if (width < 0 || (width == 0 && *marks >= MARKS_MAX)) {
        // A mark without a base would change what stands before this text.
        *marks = MARKS_MAX;
        *ret_piece = spell(piece, scalar);
        return n;
    }
    *marks = width == 0 ? *marks + 1 : 0;
    memcpy(piece, text, n);
    *ret_piece = n;
    return n;
}

size_t fb_text_sanitise(const char *text, size_t len, char *out,
                        size_t out_bytes) {
    const size_t dots = sizeof ELLIPSIS - 1;
    const size_t room = out_bytes - 1;
    unsigned marks = MARKS_MAX;
    size_t used = 0;
    size_t mark = 0;

    for (size_t at = 0; at < len;) {
        char piece[16];
        size_t bytes;
        size_t n = piece_next(text + at, len - at, &marks, piece, &bytes);

        if (bytes > room - used) {
            memcpy(out + mark, ELLIPSIS, dots);
            used = mark + dots;
            break;
        }
        memcpy(out + used, piece, bytes);
        used += bytes;
        at += n;
        if (used + dots <= room) {
            mark = used;
        }
    }
    out[used] = '\0';
    return used;
}
