// Strings and members; see json_out.h.
#include "json_out.h"
#include <inttypes.h>

void fb__json_string(FILE *out, const char *text) {
    putc_unlocked('"', out);
    for (; *text != '\0'; text++) {
        const unsigned char c = (unsigned char)*text;

        if (c == '"' || c == '\\') {
            putc_unlocked('\\', out);
            putc_unlocked(c, out);
        } else if (c < 0x20) {
            fprintf(out, "\\u%04x", c);
        } else {
            putc_unlocked(c, out);
        }
    }
    putc_unlocked('"', out);
}

void fb__json_text(FILE *out, const char *name, const char *text) {
    fprintf(out, ",\"%s\":", name);
    fb__json_string(out, text);
}

void fb__json_number(FILE *out, const char *name, int64_t value) {
    fprintf(out, ",\"%s\":%" PRId64, name, value);
}
