// Phrases: building text safely from typed fields.
//
// Invariants: no string of a trace enters a phrase but through
// fb__phrase_hostile; the buffer is always NUL-ended and valid UTF-8.
#include "phrase.h"
#include "fishbowl/trace/text.h"
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { HOSTILE_MAX = 256, HOSTILE_SHOWN = 400 };

struct fb__phrase fb__phrase_begin(char *out, size_t out_bytes) {
    if (out_bytes > 0) {
        out[0] = '\0';
    }
    return (struct fb__phrase){.out = out, .bytes = out_bytes};
}

void fb__phrase_add(struct fb__phrase *p, const char *format, ...) {
    const size_t used = p->len < p->bytes ? p->len : p->bytes;
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(p->bytes > 0 ? p->out + used : NULL, p->bytes - used, format,
                  args);
    va_end(args);
    p->len += n > 0 ? (size_t)n : 0;
}

size_t fb__phrase_end(struct fb__phrase *p) {
    size_t end, start;
    uint32_t scalar;

    if (p->bytes == 0 || p->len < p->bytes) {
        return p->len;
    }
    end = start = strnlen(p->out, p->bytes - 1);
    while (start > 0 && ((unsigned char)p->out[start - 1] & 0xc0) == 0x80) {
        start--;
    }
    if (start > 0 && (unsigned char)p->out[start - 1] >= 0xc0 &&
        fb_text_decode(p->out + start - 1, end - start + 1, &scalar) == 0) {
        p->out[start - 1] = '\0';
    }
    return p->len;
}

void fb__phrase_hostile(struct fb__phrase *p, const char *text, size_t len) {
    char safe[HOSTILE_SHOWN];

    fb_text_sanitise(text, len < HOSTILE_MAX ? len : HOSTILE_MAX, safe,
                     sizeof safe);
    fb__phrase_add(p, "%s", safe);
}

static bool look_up(const struct fb_names *n, uint32_t index,
                    const char **ret_name, const char **ret_file,
                    uint32_t *ret_line) {
    uint32_t size = 0;

    *ret_name = *ret_file = NULL;
    *ret_line = 0;
    if (n == NULL || n->place == NULL || index == 0) {
        return false;
    }
    n->place(n->arg, index, ret_name, ret_file, ret_line, &size);
    return *ret_name != NULL && strcmp(*ret_name, "?") != 0;
}

bool fb__names_knows(const struct fb_names *n, uint32_t index) {
    const char *name, *file;
    uint32_t line;

    return look_up(n, index, &name, &file, &line) && name[0] != '\0';
}

uint32_t fb__names_line(const struct fb_names *n, uint32_t index) {
    const char *name, *file;
    uint32_t line;

    return look_up(n, index, &name, &file, &line) ? line : 0;
}

void fb__phrase_type(struct fb__phrase *p, const struct fb_names *n,
                     uint32_t index) {
    const char *name, *file;
    uint32_t line;

    if (!look_up(n, index, &name, &file, &line)) {
        fb__phrase_add(p, "?");
        return;
    }
    fb__phrase_hostile(p, name, strnlen(name, HOSTILE_MAX));
}

void fb__phrase_place(struct fb__phrase *p, const struct fb_names *n,
                      uint32_t index, uint32_t line) {
    const char *name, *file, *slash;
    uint32_t own_line;

    (void)look_up(n, index, &name, &file, &own_line);
    if (file == NULL || file[0] == '\0' || strcmp(file, "?") == 0) {
        return;
    }
    slash = strrchr(file, '/');
    file = slash != NULL && slash[1] != '\0' ? slash + 1 : file;
    fb__phrase_hostile(p, file, strnlen(file, HOSTILE_MAX));
    if (line != 0) {
        fb__phrase_add(p, ":%u", line);
    }
}

void fb__phrase_duration(struct fb__phrase *p, uint64_t ns) {
    static const struct {
        uint64_t ns;
        const char *unit;
    } units[] = {{1000000000u, "s"}, {1000000u, "ms"}, {1000u, "µs"}};

    if (ns >= 60 * units[0].ns) {
        const uint64_t s = ns / units[0].ns;

        fb__phrase_add(p, "%llu min", (unsigned long long)(s / 60));
        if (s % 60 != 0) {
            fb__phrase_add(p, " %u s", (unsigned)(s % 60));
        }
        return;
    }
    for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
        const unsigned whole = (unsigned)(ns / units[i].ns);
        const unsigned tenth = (unsigned)(ns % units[i].ns * 10 / units[i].ns);

        if (whole == 0) {
            continue;
        }
        if (whole < 10 && tenth != 0) {
            fb__phrase_add(p, "%u.%u %s", whole, tenth, units[i].unit);
        } else {
            fb__phrase_add(p, "%u %s", whole, units[i].unit);
        }
        return;
    }
    fb__phrase_add(p, "%u ns", (unsigned)ns);
}

void fb__phrase_remaining(struct fb__phrase *p, uint64_t ns) {
    const uint64_t unit = ns >= 1000000000u ? 1000000000u
                          : ns >= 1000000u  ? 1000000u
                                            : 1000u;
    const uint64_t step = ns >= 10 * unit ? unit : unit / 10;

    // a deadline may be as late as there are numbers
    ns = ns > UINT64_MAX - step ? ns : (ns + step / 2) / step * step;
    fb__phrase_duration(p, ns);
}

void fb__phrase_bits(struct fb__phrase *p, unsigned bits, const char *between) {
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{FB_READABLE, "readable"},
                 {FB_WRITABLE, "writable"},
                 {FB_READ_CLOSED, "closed by its peer"},
                 {FB_WRITE_CLOSED, "closed for writing"},
                 {FB_IO_ERROR, "in error"}};
    bool first = true;

    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((bits & words[i].bit) != 0) {
            fb__phrase_add(p, "%s%s", first ? "" : between, words[i].word);
            first = false;
        }
    }
    if (first) {
        fb__phrase_add(p, "not ready");
    }
}
