// Normal form: the task tree of a whole run, without what is owed to chance.
//
// Idea: a first pass fills a table (normal_gather.c); this one writes the tree
// along the links of that table, as one text or line by line.
//
// Invariants: no recursion; indentation is bounded.
#include "fishbowl/trace/text.h"
#include "normal_parts.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { INDENT_MAX = 32, POLLS_SHOWN = 9 };

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

size_t fb__normal_without_ports(const char *label, size_t len, char *out) {
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

static void add_label(struct text *text, const struct fb__normal_node *n,
                      unsigned flags) {
    char masked[FB_TRACE_LABEL_BYTES * 2];
    char safe[FB_TEXT_SAFE_BYTES(FB_TRACE_LABEL_BYTES * 2)];
    const char *label = n->label;
    size_t len = n->label_len;

    if (len == 0) {
        return;
    }
    if ((flags & FB_NORMAL_PORTS) == 0) {
        len = fb__normal_without_ports(n->label, len, masked);
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

static void add_step(struct text *text, const struct fb__normal_step *s) {
    const bool bytes = s->op == FB_IO_READ || s->op == FB_IO_WRITE;

    add(text, "%s", fb_name_io((enum fb_io_op)s->op));
    if (s->amount < 0) {
        add(text, " %s", fb_name_errno((int)s->amount));
    } else if (s->amount == 0) {
        add(text, " %s", s->op == FB_IO_READ ? "end" : "0");
    } else if (bytes || s->amount > 1) {
        add(text, " %lld", (long long)s->amount);
    }
}

static void add_steps(struct text *text, const struct fb__normal_node *n) {
    for (uint8_t i = 0; i < n->step_count; i++) {
        add(text, "%s", i > 0 ? ", " : "");
        add_step(text, &n->steps[i]);
    }
    add(text, "%s\n", n->more_steps ? ", …" : "");
}

static void add_indent(struct text *text, uint32_t depth) {
    add(text, "%*s", (int)(2 * (depth < INDENT_MAX ? depth : INDENT_MAX)), "");
}

static void add_end(struct text *text, const struct fb__normal_node *n,
                    unsigned flags) {
    add(text, "%s", fb_name_outcome((enum fb_task_outcome)n->outcome));
    if (n->outcome == FB_OUTCOME_ERROR) {
        add(text, " %s", fb_name_errno(n->out));
    }
    add(text, "%s", n->aborted ? ", aborted" : "");
    if ((flags & FB_NORMAL_POLLS) != 0) {
        const bool many = n->polls > POLLS_SHOWN;

        add(text, ", %s%u polls", many ? "more than " : "",
            many ? POLLS_SHOWN : n->polls);
    }
}

static void add_types(struct text *text, const struct fb__normal_node *n,
                      const struct fb_names *names) {
    add_type(text, names, n->type);
    for (uint8_t i = 0; i < n->type_count; i++) {
        add(text, "%s", i == 0 ? ": " : ", ");
        add_type(text, names, n->types[i]);
    }
}

static void add_task(struct text *text, const struct fb__normal_table *t,
                     uint32_t place, uint32_t depth,
                     const struct fb_names *names, unsigned flags) {
    const struct fb__normal_node *n = &t->nodes[place];

    add_indent(text, depth);
    add(text, "task %u", place + 1);
    add_label(text, n, flags);
    add(text, " ");
    add_end(text, n, flags);
    add(text, "\n");
    if ((flags & FB_NORMAL_TYPES) != 0) {
        add_indent(text, depth + 1);
        add_types(text, n, names);
        add(text, "\n");
    }
    if (n->step_count > 0) {
        add_indent(text, depth + 1);
        add_steps(text, n);
    }
}

// The next place of the tree below `top`, along the links: no recursion. NONE
// when all were given.
static uint32_t next_place(const struct fb__normal_table *t, uint32_t top,
                           uint32_t at, uint32_t *depth) {
    if (t->nodes[at].first_child != FB_MODEL_NONE) {
        ++*depth;
        return t->nodes[at].first_child;
    }
    while (at != top && t->nodes[at].next_sibling == FB_MODEL_NONE) {
        at = t->nodes[at].parent;
        --*depth;
    }
    return at == top ? FB_MODEL_NONE : t->nodes[at].next_sibling;
}

int fb_normal_text_until(const struct fb_history *h, const struct fb_names *n,
                         unsigned flags, uint64_t until, char **ret_text) {
    struct fb__normal_table table = {0};
    struct text text = {0};
    int err = fb__normal_gather(&table, h, until);

    add(&text, "%s", ""); // an empty run is an empty text, not none
    for (uint32_t i = 0; i < table.count && err == 0; i++) {
        uint32_t at =
            table.nodes[i].parent == FB_MODEL_NONE ? i : FB_MODEL_NONE;

        for (uint32_t depth = 0; at != FB_MODEL_NONE;
             at = next_place(&table, i, at, &depth)) {
            add_task(&text, &table, at, depth, n, flags);
        }
    }
    fb__normal_deinit(&table);
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

int fb_normal_text(const struct fb_history *h, const struct fb_names *n,
                   unsigned flags, char **ret_text) {
    return fb_normal_text_until(h, n, flags, UINT64_MAX, ret_text);
}

// ---- line by line ----

struct lines {
    struct text text; // of the line being made
    const struct fb_names *names;
    unsigned flags;
    int (*each)(void *arg, const struct fb_normal_line *line);
    void *arg;
};

// Gives the text made since the last call as one line.
static int give_line(struct lines *l, const struct fb__normal_node *n,
                     uint32_t depth, uint64_t event) {
    const struct fb_normal_line line = {
        .event = event, .task = n->id, .depth = depth, .text = l->text.bytes};

    l->text.len = 0;
    return l->text.failed ? -ENOMEM : l->each(l->arg, &line);
}

static int give_steps(struct lines *l, const struct fb__normal_node *n,
                      uint32_t depth) {
    int err = 0;

    for (uint8_t i = 0; i < n->step_count && err >= 0; i++) {
        add_step(&l->text, &n->steps[i]);
        err = give_line(l, n, depth, n->steps[i].event);
    }
    if (err >= 0 && n->more_steps) {
        add(&l->text, "and more steps, which are not compared");
        err = give_line(l, n, depth, n->more_event);
    }
    return err;
}

static int give_task(struct lines *l, const struct fb__normal_node *n,
                     uint32_t depth) {
    int err;

    add(&l->text, "task");
    add_label(&l->text, n, l->flags);
    err = give_line(l, n, depth, n->spawn_event);
    if (err >= 0 && (l->flags & FB_NORMAL_TYPES) != 0) {
        add(&l->text, "runs ");
        add_types(&l->text, n, l->names);
        err = give_line(l, n, depth + 1, n->spawn_event);
    }
    if (err >= 0) {
        err = give_steps(l, n, depth + 1);
    }
    if (err >= 0) {
        add(&l->text, "%s", n->done_event != 0 ? "ends " : "");
        add_end(&l->text, n, l->flags);
        err = give_line(l, n, depth + 1,
                        n->done_event != 0 ? n->done_event : n->spawn_event);
    }
    return err;
}

int fb_normal_lines(const struct fb_history *h, const struct fb_names *n,
                    unsigned flags,
                    int (*each)(void *arg, const struct fb_normal_line *line),
                    void *arg) {
    struct lines l = {.names = n, .flags = flags, .each = each, .arg = arg};
    struct fb__normal_table table = {0};
    int err = fb__normal_gather(&table, h, UINT64_MAX);

    for (uint32_t i = 0; i < table.count && err >= 0; i++) {
        uint32_t at =
            table.nodes[i].parent == FB_MODEL_NONE ? i : FB_MODEL_NONE;

        for (uint32_t depth = 0; at != FB_MODEL_NONE && err >= 0;
             at = next_place(&table, i, at, &depth)) {
            err = give_task(&l, &table.nodes[at], depth);
        }
    }
    free(l.text.bytes);
    fb__normal_deinit(&table);
    return err < 0 ? err : 0;
}
