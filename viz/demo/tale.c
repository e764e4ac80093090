// Telling the story as it grows.
//
// Problem: one conversation is some forty events; a class can follow ten.
// Idea: each sentence is the model's own (story.h); the brief tale only leaves
// events out. It keeps what changes a task's fate or answers "why now": spawn,
// label, bytes moved, wakes, the end of a poll, the end of a task.
// Invariants: `before` is the world after event `told`; `after` runs one event
// ahead of it only inside tell_event.
#include "tale.h"
#include <errno.h>
#include <inttypes.h>

int fb_tale_init(struct fb_tale *t, FILE *out, bool full) {
    int err;

    *t = (struct fb_tale){.out = out, .full = full};
    err = fb_model_init(&t->before);
    if (!err) {
        err = fb_model_init(&t->after);
    }
    if (err) {
        fb_tale_deinit(t);
    }
    return err;
}

void fb_tale_deinit(struct fb_tale *t) {
    fb_model_deinit(&t->before);
    fb_model_deinit(&t->after);
}

// Texts come in parts of 16 bytes; the last one completes the sentence.
static bool is_last_part(const struct fb_event *e) {
    size_t len = e->flags & ~FB_EV_FLAG_CENSUS;

    return (e->detail + 1u) * sizeof(e->text) >= len;
}

bool fb_tale_tells(const struct fb_event *e) {
    if (e->flags & FB_EV_FLAG_CENSUS) {
        return false;
    }
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN:
    case FB_EV_POLL_END:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_ABORT:
    case FB_EV_WAKE:
    case FB_EV_TIMER_END:
    case FB_EV_YIELD:
    case FB_EV_CHANNEL:
    case FB_EV_BUDGET_OUT:
    case FB_EV_CHOICE:
    case FB_EV_STALL: return true;
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE: return is_last_part(e);
    case FB_EV_IO: return e->io.result != -EAGAIN;
    default: return false;
    }
}

// A mistake of the program is told however brief the tale is.
static void tell_lints(const struct fb_tale *t, const struct fb_session *s,
                       uint64_t number) {
    const struct fb_lints *l = fb_session_lints(s);
    const struct fb_finding *f;
    char sentence[512];

    for (size_t i = fb_lints_until(l, number - 1);
         (f = fb_lints_at(l, i)) != NULL && f->event == number; i++) {
        fb_lint_sentence(sentence, sizeof(sentence), fb_session_names(s), f);
        fprintf(t->out, "  %5s  ! %s: %s\n", "",
                fb_name_lint((enum fb_lint_kind)f->kind), sentence);
    }
}

static int tell_event(struct fb_tale *t, struct fb_session *s, uint64_t number,
                      const struct fb_event *e) {
    char sentence[1024];
    int err = fb_model_feed(&t->after, number, e);

    if (err) {
        return err;
    }
    if (t->full || fb_tale_tells(e)) {
        fb_story_sentence(sentence, sizeof(sentence), fb_session_names(s),
                          number, e, &t->before, &t->after);
        fprintf(t->out, "  %5" PRIu64 "  %s\n", number, sentence);
    }
    tell_lints(t, s, number);
    return fb_model_feed(&t->before, number, e);
}

int fb_tale_tell(struct fb_tale *t, struct fb_session *s) {
    const struct fb_history *h = fb_session_history(s);
    uint64_t n;

    for (n = fb_history_next(h, t->told); n != 0; n = fb_history_next(h, n)) {
        int err = tell_event(t, s, n, fb_history_event(h, n));
        if (err) {
            return err;
        }
        t->told = n;
    }
    return 0;
}
