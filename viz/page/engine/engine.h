// The engine: a trace in memory, and answers about any of its moments as JSON.
//
// It is what the page in a browser runs (wasm.c) and what tests run natively.
// README.md has the shapes of the answers. Everything is computed by the model,
// in its words; nothing here looks at a clock, a file or a screen.
//
// One thread uses an engine. The bytes it is given are hostile.
#ifndef FISHBOWL_ENGINE_H
#define FISHBOWL_ENGINE_H

#include "history.h"
#include <stdbool.h>
#include <stddef.h>

struct fb_engine; // opaque

// Ownership: fb_engine_destroy. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb_engine_create(struct fb_engine **ret_engine);
void fb_engine_destroy(struct fb_engine *e); // NULL is legal

// Takes the next bytes of a record stream, of any length. What comes behind END
// or behind damage is left. Errors: -EINVAL it is no such stream, -EOVERFLOW its
// numbers are too large for a page, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_engine_take(struct fb_engine *e, const char *bytes, size_t len);
// No more bytes will come; the position is the first event. Errors: -ENODATA
// there was no record, -ENOMEM.
__attribute__((warn_unused_result)) int fb_engine_end(struct fb_engine *e);

// The sentence about the last error, and the last answer; both valid until the
// next call. The blob is what an answer has besides its JSON.
const char *fb_engine_why(const struct fb_engine *e);
const char *fb_engine_answer(const struct fb_engine *e, size_t *ret_len);
const void *fb_engine_blob(const struct fb_engine *e, size_t *ret_len);

// ---- answers: each returns 0 or an error that fb_engine_why tells ----
// Requires: fb_engine_end was called. Errors of all: -ENOMEM, and -EINVAL for
// words that mean nothing.
#define FB__ANSWER __attribute__((warn_unused_result)) int

FB__ANSWER fb_engine_facts(struct fb_engine *e);
FB__ANSWER fb_engine_seek(struct fb_engine *e, uint64_t event);
FB__ANSWER fb_engine_position(struct fb_engine *e);

struct fb_engine_query {
    const char *filter, *order; // "" all, as they were spawned
    bool reverse;
    size_t first, count;
};
FB__ANSWER fb_engine_tasks(struct fb_engine *e,
                           const struct fb_engine_query *query);
FB__ANSWER fb_engine_task(struct fb_engine *e, uint32_t task);
FB__ANSWER fb_engine_tree(struct fb_engine *e, uint32_t task);
FB__ANSWER fb_engine_lanes(struct fb_engine *e, size_t limit);
FB__ANSWER fb_engine_source(struct fb_engine *e, uint32_t task);
FB__ANSWER fb_engine_actor(struct fb_engine *e);
FB__ANSWER fb_engine_text(struct fb_engine *e, const char *file);
FB__ANSWER fb_engine_story(struct fb_engine *e, uint64_t from, size_t count);
FB__ANSWER fb_engine_move(struct fb_engine *e, const char *unit, int steps,
                          uint32_t task, uint64_t from); // from 0: position
FB__ANSWER fb_engine_find(struct fb_engine *e, const char *text);
FB__ANSWER fb_engine_lints(struct fb_engine *e);
FB__ANSWER fb_engine_reactor(struct fb_engine *e);

FB__ANSWER fb_engine_density(struct fb_engine *e, int columns);
FB__ANSWER fb_engine_column_of(struct fb_engine *e, uint64_t event,
                               int columns);
FB__ANSWER fb_engine_event_at(struct fb_engine *e, int column, int columns);

// The blob is, for `columns` columns and then for each lane's cells, planes of
// numbers in the order of fb__head_planes and fb__cell_planes (timeline.c).
struct fb_engine_window {
    bool by_event;
    uint64_t from, to; // relative to the start; both 0: all
    int columns;
    const uint32_t *tasks; // NULL: those that live or did something
    size_t task_count;
    size_t first_lane, lanes;
};
FB__ANSWER fb_engine_timeline(struct fb_engine *e,
                              const struct fb_engine_window *window);

#endif
