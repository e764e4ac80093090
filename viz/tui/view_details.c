// Details of the selected task: all its counters and every place where one of
// its wakers sits.
#include "fishbowl/trace/text.h"
#include "view.h"
#include <inttypes.h>
#include <string.h>

enum { TEXT = 400, VALUE_COL = 16, HOLDS = 64 };

struct writer {
    const struct fb_scene *s;
    struct fb_grid *g;
    struct fb_area a;
    int line, scroll;
};

static void write_pair(struct writer *w, const char *name, const char *value) {
    int row = w->line - w->scroll;

    fb_grid_put(w->g, w->a, row, 1, FB_STYLE_DIM, name);
    w->line += fb_grid_wrap(w->g, w->a, row, VALUE_COL, FB_STYLE_NORMAL, value);
    if (!value[0]) {
        w->line++;
    }
}

static void write_identity(struct writer *w, const struct fb_model_task *t) {
    struct fb_state_look look = fb_task_look(t);
    const struct fb_model_future *root =
        fb_model_future_at(w->s->model, t->root);
    const char *name = "?", *file = "?";
    char text[TEXT], safe[TEXT / 2], by[32] = "outside any task";
    uint32_t line = 0, size = 0;

    fb_view_task(w->s, t->id, text, sizeof(text));
    write_pair(w, "task", text);
    snprintf(text, sizeof(text), "%s %s", look.symbol, look.word);
    write_pair(w, "state", text);
    if (w->s->names && w->s->names->place) {
        w->s->names->place(w->s->names->arg, t->type, &name, &file, &line,
                           &size);
    }
    fb_text_sanitise(name, strlen(name), safe, sizeof(safe));
    snprintf(text, sizeof(text), "%s, %" PRIu32 " bytes%s%" PRIu32 "%s", safe,
             size, root ? " (future " : " (", root ? root->id : 0,
             root ? ")" : " futures left)");
    write_pair(w, "root future", text);
    fb_say_place(safe, sizeof(safe), w->s->names, t->site, 0);
    if (w->s->names && w->s->names->place) {
        w->s->names->place(w->s->names->arg, t->site, &name, &file, &line,
                           &size);
        fb_say_place(safe, sizeof(safe), w->s->names, t->site, line);
    }
    if (t->parent) {
        snprintf(by, sizeof(by), "by task %" PRIu32, t->parent);
    }
    snprintf(text, sizeof(text),
             "at %s, %s, event %" PRIu64 ", %" PRIu32 " bytes in all", safe, by,
             t->spawn_event, t->bytes);
    write_pair(w, "spawned", text);
    if (t->message_len > 0) {
        fb_text_sanitise(t->message, t->message_len, text, sizeof(text));
        write_pair(w, "message", text);
    }
}

static void write_times(struct writer *w, const struct fb_model_task *t) {
    char text[TEXT], a[64], b[64], c[64];

    fb_say_duration(a, sizeof(a), t->busy_ns);
    fb_say_duration(b, sizeof(b), t->max_poll_ns);
    fb_say_duration(c, sizeof(c), t->queued_ns);
    snprintf(text, sizeof(text),
             "%" PRIu32 ", together %s, longest %s; %s in the run queue",
             t->polls, a, b, c);
    write_pair(w, "polls", text);
    snprintf(text, sizeof(text),
             "%" PRIu32 ": %" PRIu32 " scheduled it, %" PRIu32
             " coalesced, %" PRIu32 " during a poll, %" PRIu32
             " after it was complete; %" PRIu32 " by itself",
             t->wakes, t->wakes_scheduled, t->wakes_coalesced,
             t->wakes_during_poll, t->wakes_late, t->wakes_self);
    write_pair(w, "wakes", text);
    fb_say_waker(a, sizeof(a), w->s->names, w->s->model, t->id);
    snprintf(text, sizeof(text), "%s, event %" PRIu64, a, t->woken_event);
    write_pair(w, "last wake by", t->woken_event ? text : a);
    snprintf(text, sizeof(text), "%" PRIu32 " cloned, %" PRIu32 " dropped",
             t->clones, t->drops);
    write_pair(w, "wakers", text);
}

static void write_holds(struct writer *w, const struct fb_model_task *t) {
    uint32_t index = t->holds;

    for (int i = 0; i < HOLDS; i++) { // bounded: the links are from a file
        const struct fb_model_hold *hold = fb_model_hold_at(w->s->model, index);
        char text[TEXT], reason[TEXT / 2];

        if (!hold) {
            if (i == 0 && t->state == FB_TASK_IDLE) {
                write_pair(w, "stored waker",
                           fb_model_task_is_lost(w->s->model, t)
                               ? "none: nobody will wake it"
                               : "none now");
            }
            return;
        }
        fb_say_reason(reason, sizeof(reason), w->s->names, w->s->model,
                      hold->future);
        snprintf(text, sizeof(text),
                 "with %s %" PRIu32 ", for future %" PRIu32
                 ": %s (event %" PRIu64 ")",
                 fb_name_party((enum fb_party)hold->party), hold->holder,
                 hold->future, reason, hold->event);
        write_pair(w, i == 0 ? "stored waker" : "and", text);
        index = hold->next_of_task;
    }
}

static void write_end(struct writer *w, const struct fb_model_task *t) {
    char text[TEXT];

    if (t->joiner) {
        snprintf(text, sizeof(text), "task %" PRIu32 " awaits its end",
                 t->joiner);
    } else {
        snprintf(text, sizeof(text), "%s",
                 t->detached ? "detached: nobody will take its result"
                             : "its handle is kept, nobody awaits it now");
    }
    write_pair(w, "join", text);
    if (t->outcome != FB_OUTCOME_NONE) {
        snprintf(text, sizeof(text), "%s (%" PRId32 "), event %" PRIu64,
                 fb_name_outcome((enum fb_task_outcome)t->outcome), t->out,
                 t->done_event);
        write_pair(w, "outcome", text);
    }
    if (!t->exact) {
        write_pair(w, "note",
                   "it was there before the first event that is "
                   "known: older numbers are missing");
    }
}

static void details_draw(const struct fb_scene *s, struct fb_pane *p,
                         struct fb_grid *g, struct fb_area a) {
    const struct fb_model_task *t = fb_model_task(s->model, s->task);
    struct writer w = {.s = s, .g = g, .a = a, .scroll = p->scroll};

    if (!t) {
        fb_grid_putf(g, a, 0, 1, FB_STYLE_DIM, "%s",
                     s->task ? "The selected task does not exist at this event."
                             : "No task is selected.");
        return;
    }
    write_identity(&w, t);
    write_times(&w, t);
    write_holds(&w, t);
    write_end(&w, t);
    p->lines = w.line;
    fb_view_more(p, p->scroll, p->lines - p->scroll - a.rows);
}

static const char *const details_help[] = {
    "Everything known about the selected task. Esc goes back.", NULL};

const struct fb_view fb_view_details = {
    .name = "details",
    .title = "Task details",
    .help = details_help,
    .draw = details_draw,
};
