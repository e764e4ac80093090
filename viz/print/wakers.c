// print --wakers: where each task's wakers are stored, what is wrong with them,
// and its last wakes. No frame waits for it, so the wakes of one task that was
// asked for are looked for in all events.
#include "holders.h"
#include "page.h"

#include <inttypes.h>

// Of each task, where all are printed: a page must not cost tasks × events.
enum { LOOK_BACK = 1 << 12 };

static void print_hold(struct fb_session *s, const struct fb_model *m,
                       const struct fb_model_hold *h, FILE *out) {
    const enum fb_hold_flaw flaw = fb_hold_flaw(m, h);
    char where[FB_PAGE_TEXT], text[FB_PAGE_TEXT];

    fb_say_hold(where, sizeof(where), m, h);
    fb_say_hold_origin(text, sizeof(text), fb_session_names(s), m, h);
    fprintf(out, "  %s, %s\n", where, text);
    if (flaw != FB_HOLD_SOUND) {
        fb_say_hold_flaw(text, sizeof(text), flaw);
        fprintf(out, "    %s\n", text);
    }
}

static void print_wakes(struct fb_session *s, const struct fb_model *m,
                        const struct fb_model_task *t,
                        const struct fb_print_options *options) {
    struct fb_wakes wakes;
    char text[FB_PAGE_TEXT], ago[64];

    fb_wakes_last(fb_session_history(s), m, t->id,
                  options->task != 0 ? 0 : LOOK_BACK, &wakes);
    for (size_t i = 0; i < wakes.count; i++) {
        const struct fb_wake *w = &wakes.items[i];

        fb_say_wake(text, sizeof(text), m, t->id, w);
        fb_say_duration(ago, sizeof(ago),
                        m->time_ns > w->time_ns ? m->time_ns - w->time_ns : 0);
        fprintf(options->out, "    %s (event %" PRIu64 ", %s ago)\n", text,
                w->event, ago);
    }
    if (fb_say_wakes_end(text, sizeof(text), m, t->id, &wakes) > 0) {
        fprintf(options->out, "    %s\n", text);
    }
}

static void print_task(struct fb_session *s, const struct fb_model *m,
                       const struct fb_model_task *t,
                       const struct fb_print_options *options) {
    const struct fb_model_hold *h = fb_model_hold_at(m, t->holds);
    char text[FB_PAGE_TEXT];

    fb_say_task(text, sizeof(text), fb_session_names(s), m, t->id);
    fprintf(options->out, "\ntask %" PRIu32 " %s, %s\n", t->id, text,
            fb_name_task_state((enum fb_task_state)t->state));
    if (h == NULL && fb_model_task_is_lost(m, t)) {
        fputs("  nobody holds its waker: it sleeps for ever\n", options->out);
    } else if (h == NULL) {
        fputs("  no waker is stored now\n", options->out);
    }
    for (; h != NULL; h = fb_model_hold_at(m, h->next_of_task)) {
        print_hold(s, m, h, options->out);
    }
    fb_say_hold_balance(text, sizeof(text), m, t->id);
    fprintf(options->out, "  %s\n", text);
    fb_say_wakes(text, sizeof(text), m, t->id);
    fprintf(options->out, "  %s\n", text);
    print_wakes(s, m, t, options);
}

int fb_print_wakers(struct fb_session *s,
                    const struct fb_print_options *options) {
    const struct fb_model *m;
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    const int err = fb__page_world(s, options, &m);

    if (err < 0) {
        return err;
    }
    fb__page_head(s, m, options->out);
    if (options->task != 0) { // also one that was freed a moment ago
        print_task(s, m, fb_model_task(m, options->task), options);
        return fb__page_end(options->out);
    }
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        print_task(s, m, t, options);
    }
    return fb__page_end(options->out);
}
