// Words about tasks and futures as tables, trees and pages have them.
#include "fishbowl/trace/text.h"
#include "phrase.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static void place(const struct fb_names *n, uint32_t index, const char **name,
                  const char **file, uint32_t *line) {
    uint32_t size;

    *name = *file = "?";
    *line = 0;
    if (n != NULL && n->place != NULL) {
        n->place(n->arg, index, name, file, line, &size);
    }
}

size_t fb_say_type(char *out, size_t out_bytes, const struct fb_names *n,
                   uint32_t index) {
    const char *name, *file;
    uint32_t line;

    place(n, index, &name, &file, &line);
    return fb_text_sanitise(name, strlen(name), out, out_bytes);
}

size_t fb_say_file(char *out, size_t out_bytes, const struct fb_names *n,
                   uint32_t index) {
    const char *name, *file;
    uint32_t line;

    place(n, index, &name, &file, &line);
    return fb_text_sanitise(file, strlen(file), out, out_bytes);
}

uint32_t fb_future_suspended(const struct fb_names *n,
                             const struct fb_model_future *f) {
    const char *name, *file;
    uint32_t line;

    place(n, f->type, &name, &file, &line);
    return f->own_line == line ? 0 : f->own_line;
}

size_t fb_say_label(char *out, size_t out_bytes,
                    const struct fb_model_task *t) {
    return fb_text_sanitise(t->label, t->label_len, out, out_bytes);
}

size_t fb_say_outcome(char *out, size_t out_bytes,
                      const struct fb_model_task *t) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    fb__phrase_add(&p, "%s", fb_name_outcome((enum fb_task_outcome)t->outcome));
    if (t->outcome == FB_OUTCOME_ERROR) {
        fb__phrase_add(&p, " %s", fb_name_errno(t->out));
    } else if (t->outcome == FB_OUTCOME_FAILED && t->message_len > 0) {
        char safe[FB_TEXT_SAFE_BYTES(sizeof(t->message))];

        fb_text_sanitise(t->message, t->message_len, safe, sizeof(safe));
        fb__phrase_add(&p, ": \"%s\"", safe);
    }
    return fb__phrase_end(&p);
}

size_t fb_say_task_now(char *out, size_t out_bytes, const struct fb_names *n,
                       const struct fb_model *m,
                       const struct fb_model_task *t) {
    return t->state == FB_TASK_COMPLETE || t->state == FB_TASK_FREED
               ? fb_say_outcome(out, out_bytes, t)
               : fb_say_task_waits(out, out_bytes, n, m, t->id);
}

size_t fb_say_future(char *out, size_t out_bytes, const struct fb_names *n,
                     const struct fb_model *m,
                     const struct fb_model_future *f) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    switch ((enum fb_future_state)f->state) {
    case FB_FUTURE_PENDING:
        if (f->first_child == FB_MODEL_NONE) {
            fb__phrase_add(&p, "pending: ");
            fb__phrase_reason(&p, n, m, f->id);
        }
        break;
    case FB_FUTURE_DROPPED:
        fb__phrase_add(&p, "dropped: %s",
                       f->why == FB_DROP_CANCELLED  ? "cancelled"
                       : f->why == FB_DROP_UNPOLLED ? "never polled"
                                                    : "finished");
        break;
    case FB_FUTURE_READY:
        if (f->out < 0) {
            fb__phrase_add(&p, "ready: %s", fb_name_errno(f->out));
        } else {
            fb__phrase_add(&p, "ready: %" PRId32, f->out);
        }
        break;
    case FB_FUTURE_NOT_POLLED: fb__phrase_add(&p, "not polled yet"); break;
    case FB_FUTURE_POLLING: fb__phrase_add(&p, "being polled"); break;
    }
    return fb__phrase_end(&p);
}
