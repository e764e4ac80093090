// Problem: bookmarks must outlive the viewer, and a file that somebody edited,
//     or that a full disk cut off, must cost none of them.
// Idea: a line each; what cannot be read is left out and said; the file is
//     written beside itself and renamed, and one that had bad lines is kept
//     under another name the first time it is replaced.
// Invariants: list[0..count) has rising event numbers above 0.
#include "marks.h"
#include "fishbowl/trace/text.h"
#include "xdg.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Where the bookmark of `event` is, or would be.
static size_t place_of(const struct fb_marks *marks, uint64_t event) {
    size_t at = 0;

    while (at < marks->count && marks->list[at].event < event) {
        at++;
    }
    return at;
}

const struct fb_mark *fb_marks_at(const struct fb_marks *marks,
                                  uint64_t event) {
    const size_t at = place_of(marks, event);

    return at < marks->count && marks->list[at].event == event
               ? &marks->list[at]
               : NULL;
}

const struct fb_mark *fb_marks_beside(const struct fb_marks *marks,
                                      uint64_t event, int direction) {
    size_t at = place_of(marks, event);

    if (direction < 0) {
        return at > 0 ? &marks->list[at - 1] : NULL;
    }
    at += at < marks->count && marks->list[at].event == event;
    return at < marks->count ? &marks->list[at] : NULL;
}

int fb_marks_set(struct fb_marks *marks, uint64_t event, const char *name) {
    const size_t at = place_of(marks, event);

    if (!fb_marks_at(marks, event)) {
        if (marks->count == FB_MARKS_MAX) {
            return -ENOSPC;
        }
        memmove(&marks->list[at + 1], &marks->list[at],
                (marks->count - at) * sizeof(marks->list[0]));
        marks->count++;
    }
    marks->list[at].event = event;
    fb_text_sanitise(name, strlen(name), marks->list[at].name, FB_MARK_NAME);
    return 0;
}

bool fb_marks_remove(struct fb_marks *marks, uint64_t event) {
    const size_t at = place_of(marks, event);

    if (!fb_marks_at(marks, event)) {
        return false;
    }
    marks->count--;
    memmove(&marks->list[at], &marks->list[at + 1],
            (marks->count - at) * sizeof(marks->list[0]));
    return true;
}

// "1234 the wake that is late". False: the line means nothing.
static bool take_line(struct fb_marks *marks, char *line) {
    char *end;
    unsigned long long event;

    line[strcspn(line, "\r\n")] = '\0';
    line += strspn(line, " \t");
    if (line[0] == '\0' || line[0] == '#') {
        return true;
    }
    errno = 0;
    event = strtoull(line, &end, 10);
    if (line[0] < '0' || line[0] > '9' || errno || event == 0 ||
        (*end != '\0' && *end != ' ' && *end != '\t')) {
        return false;
    }
    return fb_marks_set(marks, event, end + strspn(end, " \t")) == 0;
}

int fb_marks_load(struct fb_marks *marks, const char *path, size_t *ret_bad) {
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    int err;

    *marks = (struct fb_marks){0};
    *ret_bad = 0;
    if (!file) {
        return errno == ENOENT ? 0 : -errno;
    }
    while (getline(&line, &room, file) >= 0) {
        *ret_bad += !take_line(marks, line);
    }
    err = ferror(file) ? -EIO : 0;
    free(line);
    fclose(file);
    return err;
}

static int write_all(const struct fb_marks *marks, const char *path) {
    FILE *file = fopen(path, "we");
    int err = 0;

    if (!file) {
        return -errno;
    }
    fputs("# fishbowl: bookmarks, a line each: EVENT NAME\n", file);
    for (size_t i = 0; i < marks->count; i++) {
        fprintf(file, "%" PRIu64 "%s%s\n", marks->list[i].event,
                marks->list[i].name[0] ? " " : "", marks->list[i].name);
    }
    if (fflush(file) || ferror(file)) {
        err = errno ? -errno : -EIO;
    }
    return fclose(file) && !err ? -errno : err;
}

int fb_marks_save(const struct fb_marks *marks, const char *path,
                  bool keep_old) {
    char beside[FB_XDG_BYTES + 16];
    int err = fb_xdg_make_folders(path);

    if (err) {
        return err;
    }
    if (keep_old) {
        snprintf(beside, sizeof(beside), "%s.old", path);
        if (rename(path, beside) && errno != ENOENT) {
            return -errno;
        }
    }
    snprintf(beside, sizeof(beside), "%s.%d", path, (int)getpid());
    err = write_all(marks, beside);
    if (!err && rename(beside, path)) {
        err = -errno;
    }
    if (err) {
        (void)unlink(beside);
    }
    return err;
}
