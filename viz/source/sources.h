// Sources: the text of the files that a trace names.
//
// A trace says "server/named.c:31"; this finds that file and gives its lines.
// Whoever has the text itself (a recording that carries it) is asked first,
// through a provider; then the directories in which a program's source is
// likely to lie. What cannot be had comes with a reason and a remedy. Names
// and bytes are hostile: only regular text files of a bounded size are read,
// and a relative name never leaves its directory.
//
// One thread uses it. Lines are raw: sanitise before showing.
#ifndef FISHBOWL_SOURCES_H
#define FISHBOWL_SOURCES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FB_SOURCE_FILES = 64,      // kept at once; the oldest goes
    FB_SOURCE_BYTES = 4 << 20, // largest file
    FB_SOURCE_DIRS = 32,       // searched at most
    FB_SOURCE_WHY_BYTES = 512,
};

struct fb_source_line {
    const char *text; // not NUL-ended
    size_t len;
};

// A file, or the reason why there is none. Valid until the next fb_sources_get.
struct fb_source_text {
    const struct fb_source_line *lines; // line n is lines[n - 1]
    size_t count;
    const char *bytes; // all of it, as it lies on the disk
    size_t len;
    bool changed; // written after the program was started: lines may be off
    char why[FB_SOURCE_WHY_BYTES]; // "" unless it cannot be had; sanitised
};

// Who has the text without a search. `load` gives the bytes of `file` (to be
// freed), or a negative errno: then the search goes on.
struct fb_source_provider {
    void *arg;
    int (*load)(void *arg, const char *file, char **ret_bytes, size_t *ret_len);
};

struct fb_sources; // opaque

struct fb_sources_options {
    const char *dir;     // searched first; NULL none
    uint32_t pid;        // the watched program, if it lives; else 0
    uint64_t started_ns; // wall clock of its start; 0 unknown
    const struct fb_source_provider *provider; // borrowed; NULL none
};

// Searched are, in this order: options->dir, the directories in $FISHBOWL_SOURCE
// (separated by ':'), the current one, those of the watched program and of this
// one with what lies above them, and what is installed.
// Ownership: fb_sources_destroy. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_sources_create(struct fb_sources **ret_sources,
                  const struct fb_sources_options *options);
void fb_sources_destroy(struct fb_sources *s); // NULL is legal

// The lines of `file` as a trace names it. Never NULL.
const struct fb_source_text *fb_sources_get(struct fb_sources *s,
                                            const char *file);

// The lines of a text. Ownership: free(*ret_lines); they point into `bytes`.
// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_source_split(const char *bytes, size_t len,
                struct fb_source_line **ret_lines, size_t *ret_count);
// A line as a terminal can show it: tabs are blanks, the rest is sanitised.
void fb_source_say(const struct fb_source_line *line, char *out,
                   size_t out_bytes);

#endif
