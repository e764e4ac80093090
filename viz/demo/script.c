// Reading a script: files, lines, steps.
//
// Problem: the file is hostile, and a play is only started when all of it is
// known to be sound.
// Idea: lines are checked for what an editor would hide (control bytes, broken
// UTF-8) before script_verbs.c looks at their words.
// Invariants: a step that is stored is complete; `text` is owned by its step.
#include "script.h"
#include "fishbowl/trace/text.h"
#include "script_verbs.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- lines -----------------------------------------------------------------

static int keep_step(struct fb_script *s, const struct fb_script_step *step) {
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 32;
        struct fb_script_step *steps =
            reallocarray(s->steps, capacity, sizeof(*steps));
        if (!steps) {
            return -ENOMEM;
        }
        s->steps = steps;
        s->capacity = capacity;
    }
    s->steps[s->count++] = *step;
    return 0;
}

static int check_line(struct fb_script_cursor *c) {
    if (c->end - c->at > FB_SCRIPT_LINE_BYTES) {
        return fb_script_complain(c, "a line has %d bytes at most",
                                  FB_SCRIPT_LINE_BYTES);
    }
    for (const char *at = c->at; at < c->end; at++) {
        unsigned char byte = (unsigned char)*at;
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
            return fb_script_complain(
                c, "a raw control byte 0x%02x (write it as \\x%02x)", byte,
                byte);
        }
    }
    if (!fb_text_is_utf8(c->at, (size_t)(c->end - c->at))) {
        return fb_script_complain(c, "not UTF-8 (write odd bytes as \\xNN)");
    }
    return 0;
}

static int too_many(struct fb_script_parser *p) {
    return fb_script_complain(&p->cursor, "a script has %d steps at most",
                              FB_SCRIPT_STEPS_MAX);
}

static int parse_line(struct fb_script *s, struct fb_script_parser *p) {
    struct fb_script_step step = {.line = p->cursor.line};
    int err = check_line(&p->cursor);

    if (err || fb_script_at_end(&p->cursor)) {
        return err;
    }
    if (s->count > 0 && s->steps[s->count - 1].verb == FB_SCRIPT_END) {
        return fb_script_complain(&p->cursor, "nothing may follow `end`");
    }
    err = fb_script_header(p, s);
    if (err != 0) {
        return err < 0 ? err : 0; // it was one
    }
    p->times = 1;
    err = fb_script_command(p, &step);
    for (unsigned i = 0; i < p->times && !err; i++) { // only one owns a text
        err =
            s->count == FB_SCRIPT_STEPS_MAX ? too_many(p) : keep_step(s, &step);
    }
    if (err) {
        free(step.text);
    }
    return err;
}

static int parse_lines(struct fb_script *s, struct fb_script_parser *p,
                       const char *text, size_t len) {
    const char *at = text, *end = text + len;

    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *next = line_end ? line_end + 1 : end;
        int err;

        line_end = line_end ? line_end : end;
        if (line_end > at && line_end[-1] == '\r') {
            line_end--;
        }
        p->cursor.line++;
        p->cursor.at = at;
        p->cursor.end = line_end;
        err = parse_line(s, p);
        if (err) {
            return err;
        }
        at = next;
    }
    if (s->count == 0) {
        p->cursor.line = 1;
        return fb_script_complain(&p->cursor, "the script has no command");
    }
    return fb_script_check_choices(p, "the end");
}

int fb_script_parse(struct fb_script *s, const char *file, const char *text,
                    size_t len, char *why, size_t why_bytes) {
    struct fb_script_parser p = {
        .cursor = {.file = file, .why = why, .why_bytes = why_bytes}};
    int err = -ENOMEM;

    *s = (struct fb_script){.file = strdup(file)};
    if (s->file) {
        err = parse_lines(s, &p, text, len);
    }
    if (err == -ENOMEM) {
        snprintf(why, why_bytes, "out of memory");
    }
    if (err) {
        fb_script_deinit(s);
    }
    return err;
}

// ---- files -----------------------------------------------------------------

static int read_whole(int fd, char *buf, size_t max, size_t *ret_len) {
    size_t len = 0;

    while (len < max) {
        ssize_t n = read(fd, buf + len, max - len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            break;
        }
        len += (size_t)n;
    }
    *ret_len = len;
    return len == max ? -EFBIG : 0;
}

int fb_script_read(struct fb_script *s, const char *path, char *why,
                   size_t why_bytes) {
    char *buf = malloc(FB_SCRIPT_FILE_BYTES + 1);
    // A FIFO as script must not hang us before the first picture.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t len = 0;
    char safe[256];
    int err;

    *s = (struct fb_script){0};
    err = fd < 0 ? -errno : !buf ? -ENOMEM : 0;
    if (!err) {
        err = read_whole(fd, buf, FB_SCRIPT_FILE_BYTES + 1, &len);
    }
    if (err) {
        fb_text_sanitise(path, strlen(path), safe, sizeof(safe));
        snprintf(why, why_bytes, "%s: %s", safe, strerror(-err));
    } else {
        err = fb_script_parse(s, path, buf, len, why, why_bytes);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(buf);
    return err;
}

void fb_script_deinit(struct fb_script *s) {
    for (size_t i = 0; i < s->count; i++) {
        free(s->steps[i].text);
    }
    for (size_t i = 0; i < FB_SCRIPT_ARGS_MAX; i++) {
        free(s->args[i]);
    }
    free(s->steps);
    free(s->file);
    *s = (struct fb_script){0};
}

bool fb_script_has_own_program(const struct fb_script *s) {
    return s->scene[0] != '\0' || s->exercise[0] != '\0';
}

const char *fb_script_cast(const struct fb_script *s) {
    return s->scene[0] != '\0'      ? "scene"
           : s->exercise[0] != '\0' ? "exercise"
                                    : "greeter";
}

size_t fb_script_place(const struct fb_script *s,
                       const struct fb_script_step *step, char *out,
                       size_t out_bytes) {
    const char *base = strrchr(s->file, '/');
    char safe[256];
    int n;

    base = base ? base + 1 : s->file;
    fb_text_sanitise(base, strlen(base), safe, sizeof(safe));
    n = snprintf(out, out_bytes, "%s:%u", safe, step->line);
    return n < 0 ? 0 : (size_t)n;
}
