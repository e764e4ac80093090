// print --waits: who waits for whom, rings first.
//
//     Deadlock: tasks 2 and 3 wait for each other, and nothing else wakes them
//     ┌▸ task 2 (left) waits for task 3 finishing (pair.c:31)
//     └─ task 3 (right) waits for task 2 finishing (pair.c:44)
#include "waits.h"
#include "page.h"

#include <inttypes.h>

enum { DEEPEST = 64 }; // levels that are indented

static void print_rail(FILE *out, const struct fb_waits *w, size_t at,
                       bool ascii) {
    const struct fb_waits_row *row = &w->rows[at];
    const bool first = at > 0 && w->rows[at - 1].kind == FB_WAITS_RING;

    if (row->kind == FB_WAITS_CHAIN) {
        for (uint32_t d = 0; d < row->depth && d < DEEPEST; d++) {
            fputs("  ", out);
        }
        fputs(row->depth == 0 ? "" : ascii ? "> " : "→ ", out);
    } else if (ascii) {
        fputs(row->last ? (first ? "`> " : "`- ") : first ? ",> " : "|  ", out);
    } else {
        fputs(row->last ? (first ? "└▸ " : "└─ ") : first ? "┌▸ " : "│  ", out);
    }
}

static void print_wait(struct fb_session *s, const struct fb_model *m,
                       const struct fb_waits *w, size_t at,
                       const struct fb_print_options *options) {
    const struct fb_waits_row *row = &w->rows[at];
    const struct fb_wait *wait = &w->items[row->wait];
    const struct fb_names *n = fb_session_names(s);
    char name[FB_PAGE_TEXT], what[FB_PAGE_TEXT], place[FB_PAGE_TEXT];

    fb_say_task(name, sizeof(name), n, m, wait->task);
    fb_say_waits_row(what, sizeof(what), m, w, row);
    fb_say_await(place, sizeof(place), n, m, wait->hold.future);
    print_rail(options->out, w, at, options->ascii);
    fprintf(options->out, "task %" PRIu32 " (%s) waits for %s%s%s%s\n",
            wait->task, name, what, place[0] != '\0' ? " (" : "", place,
            place[0] != '\0' ? ")" : "");
}

int fb_print_waits(struct fb_session *s,
                   const struct fb_print_options *options) {
    const struct fb_model *m;
    struct fb_waits w;
    char text[FB_PAGE_TEXT];
    bool deadlock;
    int err = fb__page_world(s, options, &m);

    if (err >= 0) {
        err = fb_waits_init(&w, m);
    }
    if (err < 0) {
        return err;
    }
    fb__page_head(s, m, options->out);
    fb_say_waits(text, sizeof(text), &w);
    fprintf(options->out, "%s\n\n", text);
    for (size_t i = 0; i < w.row_count; i++) {
        if (w.rows[i].kind == FB_WAITS_RING) {
            fb_say_ring(text, sizeof(text), m, &w, &w.rings[w.rows[i].ring]);
            fprintf(options->out, "%s\n", text);
        } else {
            print_wait(s, m, &w, i, options);
        }
    }
    deadlock = fb_waits_deadlock(&w);
    fb_waits_deinit(&w);
    err = fb__page_end(options->out);
    return err < 0 ? err : deadlock;
}
