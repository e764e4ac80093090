// Problem: events name types and places by an index, and a recording must make
//     sense where neither the program nor its sources are.
// Idea: before the first event that uses an entry of the table, the entry is
//     written; with the first entry of a file, that file's text.
#include "record_state.h"
#include "sources.h"
#include <errno.h>
#include <string.h>

static int write_source(struct recorder *r, const char *file) {
    const struct fb_source_text *text;

    for (size_t i = 0; i < r->file_count; i++) {
        if (strcmp(r->files[i], file) == 0) {
            return 0;
        }
    }
    if (r->file_count == FB__RECORD_FILES || file[0] == '\0') {
        return 0; // more files than a person reads: they stay outside
    }
    r->files[r->file_count] = strdup(file);
    if (r->files[r->file_count] == NULL) {
        return -ENOMEM;
    }
    r->file_count++;
    text = fb_sources_get(r->sources, file);
    return text->why[0] != '\0'
               ? 0 // not to be had: the reader will say so
               : fb_recording_source(r->out, file, text->bytes, text->len);
}

static int write_name(struct recorder *r, uint16_t index) {
    struct fb_trace_place place;
    int err;

    if (r->named[index] || index == 0) {
        return 0;
    }
    r->named[index] = true;
    place = fb_trace_reader_place(&r->reader, index);
    err = fb_recording_name(r->out, index, place.name, place.file, place.line,
                            place.size);
    return err == 0 ? write_source(r, place.file) : err;
}

int fb__record_names(struct recorder *r, const struct fb_event *events,
                     size_t count) {
    int err = 0;

    for (size_t i = 0; err == 0 && i < count; i++) {
        if (events[i].kind == FB_EV_TASK_SPAWN) {
            err = write_name(r, events[i].spawn.type);
            if (err == 0) {
                err = write_name(r, events[i].spawn.site);
            }
        } else if (events[i].kind == FB_EV_FUTURE_ENTER) {
            err = write_name(r, events[i].enter.type);
        }
    }
    return err;
}
