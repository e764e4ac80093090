// The lexical half of a script: words, numbers, durations, quoted strings.
#ifndef FISHBOWL_DEMO_SCRIPT_TEXT_H
#define FISHBOWL_DEMO_SCRIPT_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

// A cursor over one line, and where its complaints go.
struct fb_script_cursor {
    const char *file; // hostile
    uint32_t line;
    const char *at, *end;
    char *why;
    size_t why_bytes;
};

// Writes "FILE:LINE: …" into `why` and returns -EINVAL. The arguments must be
// safe to print.
__attribute__((format(printf, 2, 3))) int
fb_script_complain(struct fb_script_cursor *c, const char *format, ...);

void fb_script_skip_blanks(struct fb_script_cursor *c);
// Whether nothing but blanks or a comment is left.
bool fb_script_at_end(struct fb_script_cursor *c);

// The next word, up to a blank or the end. Returns its length, 0 if none.
size_t fb_script_word(struct fb_script_cursor *c, const char **ret_word);

// A decimal number up to `max`. Errors: -EINVAL, complained about as `what`.
__attribute__((warn_unused_result)) int
fb_script_number(struct fb_script_cursor *c, const char *what, uint64_t max,
                 uint64_t *ret_number);
// "800ms" or "2s" or "1.5s", in ns, up to `max_ns`.
__attribute__((warn_unused_result)) int
fb_script_duration(struct fb_script_cursor *c, uint64_t max_ns,
                   uint64_t *ret_ns);
// A string in double quotes with C's escapes (\a \b \e \f \n \r \t \v \\ \" \'
// \? \0-\377 \xNN, and \uNNNN for a scalar value in UTF-8). Unlike C, \x takes
// two digits at most, so that "\x41dams" is what it looks like.
// Ownership: *ret_text is the caller's, NUL-ended beyond *ret_len.
// Errors: -EINVAL complained about, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_script_string(struct fb_script_cursor *c, char **ret_text, size_t *ret_len);

#endif
