// What a recording brings beside its events: names, and the text of its files.
#ifndef FISHBOWL_SESSION_RECORDED_H
#define FISHBOWL_SESSION_RECORDED_H

#include "recording.h"

struct fb__recorded_place {
    char *name; // NULL: unknown. One block with `file`
    const char *file;
    uint32_t line, size;
};

struct fb__recorded_source {
    char *file; // one block with its text
    const char *text;
    size_t len;
};

struct fb__recorded {
    struct fb__recorded_place *places; // by index; NULL before the first
    struct fb__recorded_source *sources;
    size_t source_count;
    size_t name_bytes, source_bytes; // kept
};

void fb__recorded_deinit(struct fb__recorded *r); // legal when zeroed

// Keep what a NAME or a SOURCE says. The first of an index or of a file holds;
// what is more than any program has is left out. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__recorded_name(struct fb__recorded *r, const struct fb_record *name);
__attribute__((warn_unused_result)) int
fb__recorded_source(struct fb__recorded *r, const struct fb_record *source);

// For struct fb_names and struct fb_source_provider; `arg` is the struct above.
void fb__recorded_place(void *arg, uint32_t index, const char **ret_name,
                        const char **ret_file, uint32_t *ret_line,
                        uint32_t *ret_size);
int fb__recorded_load(void *arg, const char *file, char **ret_bytes,
                      size_t *ret_len);

#endif
