// Normal form: the task tree of a whole run, without what is owed to chance.
//
// Idea: one pass over the events gathers, for each task in order of its first
// appearance, who spawned it, its last label, what it did to the outside (bytes
// of consecutive reads or writes add up, so it does not matter how the kernel
// cut them; attempts that had to wait are left out) and how it ended. A second
// pass writes the tree along the links of that table.
//
// Invariants: a task's parent has a smaller place than the task itself, so the
// tree is a tree whatever the events say; lists and indentation are bounded.
#include "normal.h"
#include "fishbowl/trace/text.h"
#include "pool.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 24, TYPES_MAX = 12, INDENT_MAX = 32, POLLS_SHOWN = 9 };

struct step {
    uint8_t op;
    int64_t amount; // bytes, connections, or -errno
};

struct node {
    uint32_t parent, first_child, last_child, next_sibling;
    uint16_t type;
    uint16_t types[TYPES_MAX]; // of its child futures, by first appearance
    uint8_t type_count, step_count;
    uint8_t outcome;
    bool aborted, more_steps;
    uint32_t polls;
    int32_t out;
    struct step steps[STEPS_MAX];
    char label[FB_TRACE_LABEL_BYTES];
    uint8_t label_len;
};

struct table {
    struct node *nodes;
    uint32_t count, capacity;
    struct fb_model_index by_id;
    uint32_t running[FB_TRACE_RINGS_MAX]; // by worker: place of the task that
                                          // it polls, or NONE
};

// ---- the first pass ----

static int add_node(struct table *t, const struct fb_event *e) {
    const uint32_t parent = fb__index_find(&t->by_id, e->spawn.parent);
    const uint32_t place = t->count;
    struct node *n;
    int err;

    if (place == t->capacity) {
        const size_t capacity = t->capacity == 0 ? 64 : 2 * (size_t)t->capacity;
        struct node *grown = realloc(t->nodes, capacity * sizeof *grown);

        if (grown == NULL) {
            return -ENOMEM;
        }
        t->nodes = grown;
        t->capacity = (uint32_t)capacity;
    }
    err = fb__index_reserve(&t->by_id, 1);
    if (err < 0) {
        return err;
    }
    fb__index_remove(&t->by_id, e->subject);
    fb__index_put(&t->by_id, e->subject, place);
    t->count++;
    n = &t->nodes[place];
    *n = (struct node){.parent = parent,
                       .first_child = FB_MODEL_NONE,
                       .last_child = FB_MODEL_NONE,
                       .next_sibling = FB_MODEL_NONE,
                       .type = e->spawn.type};
    if (parent == FB_MODEL_NONE) {
        return 0;
    }
    if (t->nodes[parent].last_child != FB_MODEL_NONE) {
        t->nodes[t->nodes[parent].last_child].next_sibling = place;
    } else {
        t->nodes[parent].first_child = place;
    }
    t->nodes[parent].last_child = place;
    return 0;
}

static void note_step(struct node *n, uint8_t op, int32_t result) {
    struct step *last = n->step_count > 0 ? &n->steps[n->step_count - 1] : NULL;
    const bool adds = op == FB_IO_READ || op == FB_IO_WRITE;
    const int64_t amount = result < 0 || adds ? result : 1;

    if (result == -EAGAIN || result == -EINTR || result == -EINPROGRESS) {
        return; // chance: it was tried again
    }
    if (last != NULL && last->op == op && last->amount > 0 && amount > 0) {
        last->amount += amount;
        return;
    }
    if (n->step_count == STEPS_MAX) {
        n->more_steps = true;
        return;
    }
    n->steps[n->step_count++] = (struct step){.op = op, .amount = amount};
}

static void note_type(struct node *n, uint16_t type) {
    for (uint8_t i = 0; i < n->type_count; i++) {
        if (n->types[i] == type) {
            return;
        }
    }
    if (n->type_count < TYPES_MAX) {
        n->types[n->type_count++] = type;
    }
}

static void note_label(struct node *n, const struct fb_event *e) {
    const size_t at = (size_t)e->detail * sizeof e->text;
    const size_t whole = e->flags & 0x7fffu;

    if (at + sizeof e->text > sizeof n->label) {
        return;
    }
    memcpy(n->label + at, e->text, sizeof e->text);
    n->label_len = (uint8_t)(whole < sizeof n->label ? whole : sizeof n->label);
}

// The entry of the worker that `e` names. Where the task runs is chance: it
// only tells whose I/O it is.
static uint32_t *running_of(struct table *t, const struct fb_event *e) {
    return &t->running[fb_event_worker(e) % FB_TRACE_RINGS_MAX];
}

static void gather_of_task(struct table *t, const struct fb_event *e) {
    const uint32_t task =
        e->kind == FB_EV_FUTURE_ENTER ? e->enter.task : e->subject;
    const uint32_t place = fb__index_find(&t->by_id, task);
    struct node *n = place != FB_MODEL_NONE ? &t->nodes[place] : NULL;

    if (n == NULL) {
        return;
    }
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_POLL_BEGIN:
        n->polls++;
        *running_of(t, e) = place;
        break;
    case FB_EV_POLL_END: *running_of(t, e) = FB_MODEL_NONE; break;
    case FB_EV_TASK_ABORT: n->aborted = true; break;
    case FB_EV_TASK_DONE:
        n->outcome = e->detail;
        n->out = e->done.out;
        break;
    case FB_EV_TASK_LABEL: note_label(n, e); break;
    case FB_EV_FUTURE_ENTER: note_type(n, e->enter.type); break;
    default: break;
    }
}

static int gather(struct table *t, const struct fb_event *e) {
    if (e->kind == FB_EV_TASK_SPAWN) {
        const bool known =
            fb__index_find(&t->by_id, e->subject) != FB_MODEL_NONE;

        if (e->subject == 0 || (known && (e->flags & FB_EV_FLAG_CENSUS) != 0)) {
            return 0;
        }
        return add_node(t, e);
    }
    if (e->kind == FB_EV_IO && *running_of(t, e) != FB_MODEL_NONE) {
        note_step(&t->nodes[*running_of(t, e)], e->detail, e->io.result);
    } else {
        gather_of_task(t, e);
    }
    return 0;
}

// ---- the second pass ----

struct text {
    char *bytes;
    size_t len, capacity;
    bool failed;
};

__attribute__((format(printf, 2, 3))) static void add(struct text *t,
                                                      const char *format, ...) {
    char piece[FB_TEXT_SAFE_BYTES(FB_TRACE_LABEL_BYTES) + 64];
    va_list args;
    int n;

    va_start(args, format);
    n = vsnprintf(piece, sizeof piece, format, args);
    va_end(args);
    if (n < 0 || t->failed) {
        return;
    }
    n = n < (int)sizeof piece ? n : (int)sizeof piece - 1;
    if (t->len + (size_t)n + 1 > t->capacity) {
        const size_t capacity = 2 * (t->capacity + (size_t)n) + 256;
        char *grown = realloc(t->bytes, capacity);

        if (grown == NULL) {
            t->failed = true;
            return;
        }
        t->bytes = grown;
        t->capacity = capacity;
    }
    memcpy(t->bytes + t->len, piece, (size_t)n + 1);
    t->len += (size_t)n;
}

static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// "127.0.0.1:51234" becomes "127.0.0.1:*": ports are owed to chance.
static size_t without_ports(const char *label, size_t len, char *out) {
    size_t kept = 0;

    for (size_t i = 0; i < len; i++) {
        out[kept++] = label[i];
        if (label[i] == ':' && i > 0 && i + 1 < len &&
            (is_digit(label[i - 1]) || label[i - 1] == ']') &&
            is_digit(label[i + 1])) {
            out[kept++] = '*';
            while (i + 1 < len && is_digit(label[i + 1])) {
                i++;
            }
        }
    }
    return kept;
}

static void add_label(struct text *text, const struct node *n, unsigned flags) {
    char masked[FB_TRACE_LABEL_BYTES * 2];
    char safe[FB_TEXT_SAFE_BYTES(FB_TRACE_LABEL_BYTES * 2)];
    const char *label = n->label;
    size_t len = n->label_len;

    if (len == 0) {
        return;
    }
    if ((flags & FB_NORMAL_PORTS) == 0) {
        len = without_ports(n->label, len, masked);
        label = masked;
    }
    fb_text_sanitise(label, len, safe, sizeof safe);
    add(text, " \"%.320s\"", safe);
}

static void add_type(struct text *text, const struct fb_names *names,
                     uint16_t type) {
    const char *name = "?", *file = "?";
    char safe[128];
    uint32_t line = 0, size = 0;

    if (names != NULL && names->place != NULL) {
        names->place(names->arg, type, &name, &file, &line, &size);
    }
    fb_text_sanitise(name, strnlen(name, 64), safe, sizeof safe);
    add(text, "%s", safe);
}

static void add_steps(struct text *text, const struct node *n) {
    for (uint8_t i = 0; i < n->step_count; i++) {
        const struct step *s = &n->steps[i];
        const bool bytes = s->op == FB_IO_READ || s->op == FB_IO_WRITE;

        add(text, "%s%s", i > 0 ? ", " : "", fb_name_io((enum fb_io_op)s->op));
        if (s->amount < 0) {
            add(text, " %s", fb_name_errno((int)s->amount));
        } else if (s->amount == 0) {
            add(text, " %s", s->op == FB_IO_READ ? "end" : "0");
        } else if (bytes || s->amount > 1) {
            add(text, " %lld", (long long)s->amount);
        }
    }
    add(text, "%s\n", n->more_steps ? ", …" : "");
}

static void add_indent(struct text *text, uint32_t depth) {
    add(text, "%*s", (int)(2 * (depth < INDENT_MAX ? depth : INDENT_MAX)), "");
}

static void add_task(struct text *text, const struct table *t, uint32_t place,
                     uint32_t depth, const struct fb_names *names,
                     unsigned flags) {
    const struct node *n = &t->nodes[place];

    add_indent(text, depth);
    add(text, "task %u", place + 1);
    add_label(text, n, flags);
    add(text, " %s", fb_name_outcome((enum fb_task_outcome)n->outcome));
    if (n->outcome == FB_OUTCOME_ERROR) {
        add(text, " %s", fb_name_errno(n->out));
    }
    add(text, "%s", n->aborted ? ", aborted" : "");
    if ((flags & FB_NORMAL_POLLS) != 0) {
        const bool many = n->polls > POLLS_SHOWN;

        add(text, ", %s%u polls", many ? "more than " : "",
            many ? POLLS_SHOWN : n->polls);
    }
    add(text, "\n");
    if ((flags & FB_NORMAL_TYPES) != 0) {
        add_indent(text, depth + 1);
        add_type(text, names, n->type);
        for (uint8_t i = 0; i < n->type_count; i++) {
            add(text, "%s", i == 0 ? ": " : ", ");
            add_type(text, names, n->types[i]);
        }
        add(text, "\n");
    }
    if (n->step_count > 0) {
        add_indent(text, depth + 1);
        add_steps(text, n);
    }
}

// One task with all it spawned, along the links: no recursion.
static void add_tree(struct text *text, const struct table *t, uint32_t top,
                     const struct fb_names *names, unsigned flags) {
    uint32_t at = top, depth = 0;

    for (;;) {
        add_task(text, t, at, depth, names, flags);
        if (t->nodes[at].first_child != FB_MODEL_NONE) {
            at = t->nodes[at].first_child;
            depth++;
            continue;
        }
        while (at != top && t->nodes[at].next_sibling == FB_MODEL_NONE) {
            at = t->nodes[at].parent;
            depth--;
        }
        if (at == top) {
            return;
        }
        at = t->nodes[at].next_sibling;
    }
}

int fb_normal_text(const struct fb_history *h, const struct fb_names *n,
                   unsigned flags, char **ret_text) {
    struct table table = {0};
    struct text text = {0};
    int err = 0;

    for (uint32_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        table.running[i] = FB_MODEL_NONE;
    }
    for (uint64_t at = fb_history_first(h); at != 0 && err == 0;
         at = fb_history_next(h, at)) {
        err = gather(&table, fb_history_event(h, at));
    }
    add(&text, "%s", ""); // an empty run is an empty text, not none
    for (uint32_t i = 0; i < table.count && err == 0; i++) {
        if (table.nodes[i].parent == FB_MODEL_NONE) {
            add_tree(&text, &table, i, n, flags);
        }
    }
    free(table.nodes);
    fb__index_deinit(&table.by_id);
    if (err == 0 && text.failed) {
        err = -ENOMEM;
    }
    if (err < 0) {
        free(text.bytes);
        return err;
    }
    *ret_text = text.bytes;
    return 0;
}
