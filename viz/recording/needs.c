// Problem: events name types and places by an index, and a recording must make
//     sense where neither the program nor its sources are.
// Idea: before the first event that uses an entry of the table, the entry is
//     written; with the first entry of a file, that file's text. A viewer also
//     shows the line of the runtime that wrote an event: before the first of
//     its kind come the texts of the files in which such lines are.
// Invariants: an entry and a file are written once; a file that is not to be had
//     is looked for once.
#include "needs.h"
#include "points.h"
#include "sources.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

void fb_needs_init(struct fb_needs *n, const struct fb_needs_options *options) {
    memset(n, 0, sizeof(*n));
    n->options = *options;
}

void fb_needs_deinit(struct fb_needs *n) {
    for (size_t i = 0; i < n->file_count; i++) {
        free(n->files[i]);
    }
    n->file_count = 0;
}

static int put_source(struct fb_needs *n, const char *file) {
    const struct fb_source_text *text;

    for (size_t i = 0; i < n->file_count; i++) {
        if (strcmp(n->files[i], file) == 0) {
            return 0;
        }
    }
    if (n->file_count == FB_NEEDS_FILES || file[0] == '\0') {
        return 0;
    }
    n->files[n->file_count] = strdup(file);
    if (n->files[n->file_count] == NULL) {
        return -ENOMEM;
    }
    n->file_count++;
    text = fb_sources_get(n->options.sources, file);
    if (text->why[0] != '\0') {
        n->missing++;
        return 0; // the reader will say so
    }
    n->changed += text->changed;
    return fb_recording_source(n->options.out, file, text->bytes, text->len);
}

static int put_name(struct fb_needs *n, uint16_t index) {
    const struct fb_names *names = &n->options.names;
    const char *name, *file;
    uint32_t line, size;
    int err;

    if (n->named[index] || index == 0) {
        return 0;
    }
    n->named[index] = true;
    names->place(names->arg, index, &name, &file, &line, &size);
    err = fb_recording_name(n->options.out, index, name, file, line, size);
    return err == 0 ? put_source(n, file) : err;
}

// The text of those lines of the runtime that may have written the event.
static int put_points(struct fb_needs *n, const struct fb_event *e) {
    bool *pointed =
        &n->pointed[(e->flags & FB_EV_FLAG_CENSUS) != 0][e->kind][e->detail];
    const bool foreign = (n->options.flags & FB_TRACE_FOREIGN) != 0;
    const struct fb_point *points[FB_POINTS_MAX];
    size_t count;
    int err = 0;

    if (*pointed) {
        return 0;
    }
    *pointed = true;
    count = fb_points_of(e, foreign ? 0 : n->options.workers, points);
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = put_source(n, points[i]->file);
    }
    return err;
}

static int put_two_names(struct fb_needs *n, uint16_t one, uint16_t other) {
    const int err = put_name(n, one);

    return err == 0 ? put_name(n, other) : err;
}

int fb_needs_write(struct fb_needs *n, const struct fb_event *events,
                   size_t count) {
    int err = 0;

    for (size_t i = 0; err == 0 && i < count; i++) {
        const struct fb_event *e = &events[i];

        if (e->kind == FB_EV_TASK_SPAWN) {
            err = put_two_names(n, e->spawn.type, e->spawn.site);
        } else if (e->kind == FB_EV_FUTURE_ENTER) {
            err = put_two_names(n, e->enter.type, e->enter.parent_type);
        }
        err = err == 0 ? put_points(n, e) : err;
    }
    return err;
}
