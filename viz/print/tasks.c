// print --tasks: one row a task, as the task pane shows them.
//
// Columns are as wide as their longest text, up to a bound, so that a hostile
// label cannot push the rest off the page. Two passes over the model find the
// widths first; a task's texts are cheap to make twice.
#include "page.h"

#include <inttypes.h>

enum { WIDEST = 36 };

struct row {
    char name[FB_PAGE_TEXT], waits[FB_PAGE_TEXT], waker[FB_PAGE_TEXT];
    char busy[32];
};

static void make_row(struct fb_session *s, const struct fb_model *m,
                     const struct fb_model_task *t, struct row *row) {
    const struct fb_names *n = fb_session_names(s);

    fb_say_task(row->name, sizeof(row->name), n, m, t->id);
    fb_say_waker(row->waker, sizeof(row->waker), n, m, t->id);
    fb_say_duration(row->busy, sizeof(row->busy), t->busy_ns);
    fb_say_task_now(row->waits, sizeof(row->waits), n, m, t);
}

static void widen(int *width, const char *text) {
    const int columns = fb__page_columns(text);

    if (columns > *width) {
        *width = columns < WIDEST ? columns : WIDEST;
    }
}

static void print_row(FILE *out, const struct fb_model_task *t,
                      const struct row *row, int name_cols, int waits_cols) {
    fprintf(out, "%6" PRIu32 "  %-9s %7" PRIu32 " %7" PRIu32 " ", t->id,
            fb_name_task_state((enum fb_task_state)t->state), t->polls,
            t->wakes);
    // not by printf: a duration may hold "µ", which is two bytes wide
    fprintf(out, "%*s%s  ", 10 - fb__page_columns(row->busy), "", row->busy);
    fb__page_cell(out, row->name, name_cols);
    fputs("  ", out);
    if (row->waker[0] != '\0') {
        fb__page_cell(out, row->waits, waits_cols);
        fprintf(out, "  %s\n", row->waker);
    } else {
        fprintf(out, "%s\n", row->waits);
    }
}

// Whether the page shows it: freed ones only where a filter asks for them.
static bool shows(const struct fb_print_options *options,
                  const struct fb_model_task *t) {
    return t && fb__page_shows(options, t) &&
           (t->state != FB_TASK_FREED ||
            (options->query && options->query->filter.count > 0));
}

static void print_table(struct fb_session *s, const struct fb_model *m,
                        const struct fb_print_options *options,
                        const struct fb_task_list *list) {
    int name_cols = 4, waits_cols = 9;
    uint32_t shown = 0;
    struct row row;

    for (size_t i = 0; i < list->count; i++) {
        const struct fb_model_task *t = fb_model_task(m, list->ids[i]);

        if (shows(options, t)) {
            make_row(s, m, t, &row);
            widen(&name_cols, row.name);
            widen(&waits_cols, row.waits);
            shown++;
        }
    }
    if (shown == 0) {
        fprintf(options->out, "%sno tasks%s\n", options->bare ? "" : "\n",
                list->all > list->count ? ": the filter leaves none" : "");
        return;
    }
    fprintf(options->out, "%s%6s  %-9s %7s %7s %10s  %-*s  %-*s  %s\n",
            options->bare ? "" : "\n", "task", "state", "polls", "wakes",
            "busy", name_cols, "name", waits_cols, "waits for", "last wake by");
    for (size_t i = 0; i < list->count; i++) {
        const struct fb_model_task *t = fb_model_task(m, list->ids[i]);

        if (shows(options, t)) {
            make_row(s, m, t, &row);
            print_row(options->out, t, &row, name_cols, waits_cols);
        }
    }
}

int fb_print_tasks(struct fb_session *s,
                   const struct fb_print_options *options) {
    static const struct fb_query all;
    const struct fb_model *m;
    struct fb_task_list list;
    int err = fb__page_world(s, options, &m);

    if (err < 0) {
        return err;
    }
    err = fb_task_list_init(&list, m, fb_session_names(s),
                            options->query ? options->query : &all);
    if (err < 0) {
        return err;
    }
    if (!options->bare) {
        fb__page_head(s, m, options->out);
    }
    print_table(s, m, options, &list);
    fb_task_list_deinit(&list);
    return fb__page_end(options->out);
}
