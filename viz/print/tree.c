// print --tree: every task, its futures inside one another, and why each leaf
// is pending. This is the backtrace of a program that waits.
//
//     task 4  "127.0.0.1:51234"  idle  2 polls
//     └ greet_named  server/named.c:31
//       └ read  pending: fd 9 readable
//       who will wake it: the reactor, when fd 9 becomes readable
//
// A future's line is where it stands suspended itself, in its own file. A leaf
// has no await and so no such line; it has a reason instead.
#include "page.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

// Levels that are drawn. Below, the level is a number: a hostile trace may nest
// a million futures, and a line for each must not be a million columns wide.
enum { RAILS = 64 };

static void print_rails(FILE *out, const struct fb_model_row *row, bool ascii) {
    const char *rail = ascii ? "| " : "│ ";

    for (uint32_t d = 0; d < row->depth && d < RAILS; d++) {
        fputs((row->rails >> d & 1) != 0 ? rail : "  ", out);
    }
    if (row->depth > RAILS) {
        fprintf(out, "(level %" PRIu32 ") ", row->depth);
    }
    if (row->last_sibling) {
        fputs(ascii ? "`-" : "└ ", out);
    } else {
        fputs(ascii ? "|-" : "├ ", out);
    }
}

static void print_future(struct fb_session *s, const struct fb_model *m,
                         const struct fb_print_options *options,
                         const struct fb_model_row *row) {
    const struct fb_names *n = fb_session_names(s);
    const struct fb_model_future *f = row->future;
    const uint32_t line = fb_future_suspended(n, f);
    char text[FB_PAGE_TEXT];

    print_rails(options->out, row, options->ascii);
    fb_say_type(text, sizeof(text), n, f->type);
    fputs(text, options->out);
    if (line != 0) {
        fb_say_file(text, sizeof(text), n, f->type);
        fprintf(options->out, "  %s:%" PRIu32, text, line);
    }
    fb_say_future(text, sizeof(text), n, m, f);
    fprintf(options->out, "%s%s\n", text[0] != '\0' ? "  " : "", text);
}

static void print_task(FILE *out, const struct fb_model_task *t) {
    char text[FB_PAGE_TEXT];

    fb__page_label(t, text, sizeof(text));
    fprintf(out, "\ntask %" PRIu32 "%s%s  %s", t->id,
            text[0] != '\0' ? "  " : "", text,
            fb_name_task_state((enum fb_task_state)t->state));
    if (t->state == FB_TASK_COMPLETE || t->state == FB_TASK_FREED) {
        fb_say_outcome(text, sizeof(text), t);
        fprintf(out, " (%s)", text);
    } else if (t->aborted) {
        fputs(" (abort asked)", out);
    }
    fprintf(out, "  %" PRIu32 " poll%s\n", t->polls, t->polls == 1 ? "" : "s");
}

static void print_who_wakes(struct fb_session *s, const struct fb_model *m,
                            const struct fb_print_options *options,
                            uint32_t task) {
    char text[FB_PAGE_TEXT];

    fb_say_who_wakes(text, sizeof(text), fb_session_names(s), m, task);
    if (text[0] != '\0') {
        fprintf(options->out, "  who will wake it: %s\n", text);
    }
}

static void print_queue(FILE *out, const struct fb_model *m,
                        const struct fb_model_worker *w) {
    uint32_t index = w->queue_head, left = w->queue_len;

    if (left == 0) {
        fputs(" empty\n", out);
        return;
    }
    for (; left > 0; left--) { // counted: a ring of links must not trap us
        const struct fb_model_task *t = fb_model_task_at(m, index);

        if (t == NULL) {
            break;
        }
        fprintf(out, " task %" PRIu32 "%s", t->id, left > 1 ? "," : "");
        index = t->queue_next;
    }
    fputc('\n', out);
}

// Each worker of several with what it does and what waits for it.
static void print_queues(FILE *out, const struct fb_model *m) {
    const uint32_t workers = fb_model_workers(m);

    if (workers == 1) {
        fputs("\nrun queue:", out);
        print_queue(out, m, fb_model_worker(m, 0));
        return;
    }
    fputc('\n', out);
    for (uint32_t i = 0; i < workers; i++) {
        const struct fb_model_worker *w = fb_model_worker(m, i);
        const struct fb_model_task *t = fb_model_task_at(m, w->running);

        fprintf(out, "worker %" PRIu32 ": ", i);
        if (t != NULL) {
            fprintf(out, "polls task %" PRIu32, t->id);
        } else {
            fputs(w->parked ? "parked" : "polls nobody", out);
        }
        fputs("; run queue:", out);
        print_queue(out, m, w);
    }
}

int fb_print_tree(struct fb_session *s,
                  const struct fb_print_options *options) {
    const struct fb_model *m;
    const struct fb_model_task *t;
    struct fb_model_row *rows;
    size_t room;
    uint32_t cursor = 0;
    const int err = fb__page_world(s, options, &m);

    if (err < 0) {
        return err;
    }
    room = (size_t)m->futures.count + 1; // no task has more futures than that
    rows = calloc(room, sizeof(*rows));
    if (rows == NULL) {
        return -ENOMEM;
    }
    if (!options->bare) {
        fb__page_head(s, m, options->out);
    }
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        size_t count;

        if (!fb__page_shows(options, t)) {
            continue;
        }
        print_task(options->out, t);
        count = fb_model_tree(m, t->id, rows, room);
        for (size_t i = 0; i < count && i < room; i++) {
            print_future(s, m, options, &rows[i]);
        }
        print_who_wakes(s, m, options, t->id);
    }
    if (options->task == 0) {
        print_queues(options->out, m);
    }
    free(rows);
    return fb__page_end(options->out);
}
