// What all printed pages share: the world they show, their head, their columns.
#ifndef FISHBOWL_PRINT_PAGE_H
#define FISHBOWL_PRINT_PAGE_H

#include "print.h"

enum { FB_PAGE_TEXT = 512 }; // room for one short text

// 0, or -ERANGE when event options->at is not in the trace.
__attribute__((warn_unused_result)) int
fb__page_has(struct fb_session *s, const struct fb_print_options *options);
// The world that the options ask for. Errors: -ENOMEM, -ERANGE, -ESRCH.
__attribute__((warn_unused_result)) int
fb__page_world(struct fb_session *s, const struct fb_print_options *options,
               const struct fb_model **ret_model);

// Two lines and, where something is missing, one for each thing missing.
void fb__page_head(struct fb_session *s, const struct fb_model *m, FILE *out);

// What a person would call the state of the program: "running", "ended" …
const char *fb__page_life(const struct fb_session *s);

// What became of the events before the first one: "had left the ring" …
const char *fb__page_before(const struct fb_session *s);
bool fb__page_is_recording(const struct fb_session *s);
// A line, if a recording is not whole.
void fb__page_say_end(const struct fb_session *s, FILE *out);

// Seconds since the trace began, "1.204512".
void fb__page_time(struct fb_session *s, uint64_t time_ns, char *out,
                   size_t out_bytes);

// A task's label in quotes and sanitised, or "" if it has none.
void fb__page_label(const struct fb_model_task *t, char *out, size_t out_bytes);

// The line of a table entry.
uint32_t fb__page_line(const struct fb_names *n, uint32_t index);

// Whether the page shows this task: it exists and is not filtered out.
bool fb__page_shows(const struct fb_print_options *options,
                    const struct fb_model_task *t);

// Columns that sanitised text takes on a terminal.
int fb__page_columns(const char *text);
// Writes text in exactly `columns`, cut with "…" or filled with blanks.
void fb__page_cell(FILE *out, const char *text, int columns);

// 0, or -EIO when something could not be written.
__attribute__((warn_unused_result)) int fb__page_end(FILE *out);

#endif
