// The ONE sanitiser: text from clients, files and terminals made safe to show.
//
// Everything that leaves the program for a terminal, a log or an export goes
// through here: a client's name may hold escape sequences, bidi marks, zero
// bytes or broken UTF-8.
#ifndef FISHBOWL_TRACE_TEXT_H
#define FISHBOWL_TRACE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// Enough for any sanitised text of `len` input bytes, with the NUL.
#define FB_TEXT_SAFE_BYTES(len) ((len)*4 + 1)

// Copies `len` bytes of `text` into `out` as one line of valid UTF-8 that a
// terminal only prints: C0, DEL, C1, invalid UTF-8, bidi controls, zero-width
// and other invisible marks, line and paragraph separators and non-characters
// become visible escapes ("\x1b", "\n", "\u202e"). Never splits a sequence;
// stops where `out` is full, ending in "…" when something was left out.
// Requires: out_bytes >= 4. Errors: none. Context: any thread.
// Returns the bytes written without the NUL.
size_t fb_text_sanitise(const char *text, size_t len, char *out,
                        size_t out_bytes);

// Decodes one scalar value of UTF-8 from `text`. Returns its length in bytes
// (1 to 4) or 0 if the bytes are not valid UTF-8 (overlong, surrogate, above
// U+10FFFF, cut off). Source: RFC 3629.
size_t fb_text_decode(const char *text, size_t len, uint32_t *ret_scalar);

// Whether all bytes are valid UTF-8.
bool fb_text_is_utf8(const char *text, size_t len);

// Unicode White_Space, as Rust's char::is_whitespace sees it.
bool fb_text_is_space(uint32_t scalar);

// Trims Unicode white space on both sides. Requires: valid UTF-8.
// Returns the first kept byte; *ret_len bytes are kept.
const char *fb_text_trim(const char *text, size_t len, size_t *ret_len);

// Columns that one scalar takes on a terminal: 0, 1 or 2; -1 unprintable.
// Independent of the locale's tables where those are missing.
int fb_text_width(uint32_t scalar);

#endif
