// What the sources of the normal form share: the table of a run's tasks.
#ifndef FISHBOWL_MODEL_NORMAL_PARTS_H
#define FISHBOWL_MODEL_NORMAL_PARTS_H

#include "normal.h"
#include "pool.h"

enum { FB__STEPS_MAX = 24, FB__TYPES_MAX = 12 };

struct fb__normal_step {
    uint8_t op;
    int64_t amount; // bytes, connections, or -errno
    uint64_t event; // the first of what was added up
};

struct fb__normal_node {
    uint32_t id;
    uint64_t spawn_event, done_event, more_event; // 0: none
    uint32_t parent, first_child, last_child, next_sibling;
    uint16_t type;
    uint16_t types[FB__TYPES_MAX]; // of its child futures, by first appearance
    uint8_t type_count, step_count;
    uint8_t outcome;
    bool aborted, more_steps;
    uint32_t polls;
    int32_t out;
    struct fb__normal_step steps[FB__STEPS_MAX];
    char label[FB_TRACE_LABEL_BYTES];
    uint8_t label_len;
};

struct fb__normal_table {
    struct fb__normal_node *nodes;
    uint32_t count, capacity;
    struct fb_model_index by_id;
    uint32_t running[FB_TRACE_RINGS_MAX]; // by worker: place of the task that
                                          // it polls, or NONE
};

// Fills a zeroed table from the kept events up to number `until`. Errors: -ENOMEM; deinit it then,
// too.
__attribute__((warn_unused_result)) int
fb__normal_gather(struct fb__normal_table *t, const struct fb_history *h,
                  uint64_t until);
void fb__normal_deinit(struct fb__normal_table *t);

// "127.0.0.1:51234" becomes "127.0.0.1:*": ports are owed to chance. `out` has
// room for twice as many bytes; returns how many were written.
size_t fb__normal_without_ports(const char *label, size_t len, char *out);

#endif
