// Problem: names and texts come between the events, once each, and are asked for
//     as long as anybody looks.
// Idea: copies, each in one block. A file that has millions of them is no
//     program's: beyond a bound the rest is left out, as if it had not been there.
// Invariants: what was given stays where it is; name_bytes and source_bytes are
//     below their bounds.
#include "recorded.h"
#include "sources.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum {
    PLACES = UINT16_MAX + 1,
    NAMES_MOST = 4 << 20, // bytes
    SOURCES = 1024,
    SOURCES_MOST = 64 << 20, // bytes
};

void fb__recorded_deinit(struct fb__recorded *r) {
    for (size_t i = 0; r->places != NULL && i < PLACES; i++) {
        free(r->places[i].name);
    }
    for (size_t i = 0; i < r->source_count; i++) {
        free(r->sources[i].file);
    }
    free(r->places);
    free(r->sources);
    *r = (struct fb__recorded){0};
}

int fb__recorded_name(struct fb__recorded *r, const struct fb_record *n) {
    const size_t name = strlen(n->name) + 1, file = strlen(n->file) + 1;
    struct fb__recorded_place *p;

    if (n->index == 0 || n->index >= PLACES ||
        name + file > NAMES_MOST - r->name_bytes) {
        return 0;
    }
    if (r->places == NULL) {
        r->places = calloc(PLACES, sizeof(*r->places));
        if (r->places == NULL) {
            return -ENOMEM;
        }
    }
    p = &r->places[n->index];
    if (p->name != NULL) {
        return 0;
    }
    p->name = malloc(name + file);
    if (p->name == NULL) {
        return -ENOMEM;
    }
    memcpy(p->name, n->name, name);
    p->file = memcpy(p->name + name, n->file, file);
    p->line = n->line;
    p->size = n->size;
    r->name_bytes += name + file;
    return 0;
}

static const struct fb__recorded_source *find(const struct fb__recorded *r,
                                              const char *file) {
    for (size_t i = 0; i < r->source_count; i++) {
        if (strcmp(r->sources[i].file, file) == 0) {
            return &r->sources[i];
        }
    }
    return NULL;
}

int fb__recorded_source(struct fb__recorded *r, const struct fb_record *n) {
    const size_t file = strlen(n->file) + 1;
    struct fb__recorded_source *s;

    if (n->text_len > FB_SOURCE_BYTES || r->source_count == SOURCES ||
        file + n->text_len > SOURCES_MOST - r->source_bytes ||
        find(r, n->file) != NULL) {
        return 0;
    }
    if (r->sources == NULL) {
        r->sources = calloc(SOURCES, sizeof(*r->sources));
        if (r->sources == NULL) {
            return -ENOMEM;
        }
    }
    s = &r->sources[r->source_count];
    s->file = malloc(file + n->text_len);
    if (s->file == NULL) {
        return -ENOMEM;
    }
    memcpy(s->file, n->file, file);
    s->text = memcpy(s->file + file, n->text, n->text_len);
    s->len = n->text_len;
    r->source_count++;
    r->source_bytes += file + n->text_len;
    return 0;
}

static const char *or_unknown(const char *text) {
    return text[0] != '\0' ? text : "?";
}

void fb__recorded_place(void *arg, uint32_t index, const char **ret_name,
                        const char **ret_file, uint32_t *ret_line,
                        uint32_t *ret_size) {
    const struct fb__recorded *r = arg;
    const bool known =
        r->places != NULL && index < PLACES && r->places[index].name != NULL;

    *ret_name = known ? or_unknown(r->places[index].name) : "?";
    *ret_file = known ? or_unknown(r->places[index].file) : "?";
    *ret_line = known ? r->places[index].line : 0;
    *ret_size = known ? r->places[index].size : 0;
}

int fb__recorded_load(void *arg, const char *file, char **ret_bytes,
                      size_t *ret_len) {
    const struct fb__recorded_source *s = find(arg, file);
    char *copy;

    if (s == NULL) {
        return -ENOENT;
    }
    copy = malloc(s->len + 1); // an empty file has an address, too
    if (copy == NULL) {
        return -ENOMEM;
    }
    memcpy(copy, s->text, s->len);
    *ret_bytes = copy;
    *ret_len = s->len;
    return 0;
}
