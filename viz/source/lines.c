// Lines of a text: pure, for whoever has the text already.
#include "fishbowl/trace/text.h"
#include "sources.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    COLUMNS = 256, // bytes of a line that are shown
    TAB = 4,
};

int fb_source_split(const char *bytes, size_t len,
                    struct fb_source_line **ret_lines, size_t *ret_count) {
    size_t count = 1, at = 0;
    struct fb_source_line *lines;

    for (size_t i = 0; i < len; i++) {
        count += bytes[i] == '\n';
    }
    lines = calloc(count, sizeof(*lines));
    if (lines == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; i < count; i++) {
        const char *end = memchr(bytes + at, '\n', len - at);
        const size_t stop = end != NULL ? (size_t)(end - bytes) : len;

        lines[i] = (struct fb_source_line){bytes + at, stop - at};
        at = stop + 1 < len ? stop + 1 : len;
    }
    *ret_lines = lines;
    *ret_count = len > 0 && bytes[len - 1] == '\n' ? count - 1 : count;
    return 0;
}

void fb_source_say(const struct fb_source_line *line, char *out,
                   size_t out_bytes) {
    char flat[COLUMNS];
    size_t len = 0;

    for (size_t i = 0; i < line->len && len + TAB < sizeof(flat); i++) {
        if (line->text[i] == '\t') {
            do {
                flat[len++] = ' ';
            } while (len % TAB != 0);
        } else if (line->text[i] != '\r' || i + 1 < line->len) {
            flat[len++] = line->text[i];
        }
    }
    fb_text_sanitise(flat, len, out, out_bytes);
}
