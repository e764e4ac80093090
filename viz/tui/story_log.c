// Problem: a sentence needs the world before and after its event, and a screen
//     shows dozens of sentences, of which most were there a moment ago.
// Idea: two models walk one event apart. Going on from where they stand costs
//     two feeds per event; anything else starts again a screenful earlier.
// Invariants: between two calls both models stand after event `at`.
#include "story_log.h"
#include <errno.h>
#include <string.h>

enum {
    WALK_ON = 2048,   // events that are cheaper to walk than to start again
    LOOK_BACK = 8192, // events looked at to find a screenful of lines
};

int fb_story_log_init(struct fb_story_log *log) {
    int err;

    memset(log, 0, sizeof(*log));
    err = fb_model_init(&log->before);
    if (err) {
        return err;
    }
    err = fb_model_init(&log->after);
    if (err) {
        fb_model_deinit(&log->before);
    }
    return err;
}

void fb_story_log_deinit(struct fb_story_log *log) {
    fb_model_deinit(&log->before);
    fb_model_deinit(&log->after);
}

// What a census states was already so: only that it happened is news.
static bool is_told(const struct fb_event *e) {
    if (!(e->flags & FB_EV_FLAG_CENSUS)) {
        return true;
    }
    return e->kind == FB_EV_CENSUS && e->detail != FB_CENSUS_TASK;
}

// The last event before a screenful of told ones that ends at `at`.
static uint64_t find_start(const struct fb_history *h, uint64_t at) {
    uint64_t number = at;
    int told = 0;

    for (int looked = 0; looked < LOOK_BACK && number > 0; looked++) {
        const struct fb_event *e = fb_history_event(h, number);

        if (e && is_told(e) && ++told == FB_STORY_LINES) {
            break;
        }
        number = fb_history_prev(h, number);
    }
    return number > 0 ? fb_history_prev(h, number) : 0;
}

static int start_at(struct fb_story_log *log, struct fb_history *h,
                    uint64_t number) {
    const struct fb_model *m = fb_history_at(h, number);
    int err;

    log->count = 0;
    if (!m) {
        return -ENOMEM;
    }
    err = fb_model_copy(&log->before, m);
    if (err) {
        return err;
    }
    err = fb_model_copy(&log->after, m);
    log->at = log->after.event;
    return err;
}

static int tell(struct fb_story_log *log, const struct fb_names *names,
                uint64_t number, const struct fb_event *e) {
    int err = fb_model_feed(&log->after, number, e);

    if (err) {
        return err;
    }
    if (is_told(e)) {
        struct fb_story_line *line = &log->lines[log->count % FB_STORY_LINES];

        line->event = number;
        line->kind = e->kind;
        fb_story_sentence(line->text, sizeof(line->text), names, number, e,
                          &log->before, &log->after);
        log->count++;
    }
    return fb_model_feed(&log->before, number, e);
}

int fb_story_log_seek(struct fb_story_log *log, struct fb_history *h,
                      const struct fb_names *names, uint64_t at) {
    int err = 0;

    if (at > fb_history_last(h)) {
        at = fb_history_last(h);
    }
    if (at == log->at) {
        return 0;
    }
    if (at < log->at || at - log->at > WALK_ON || log->at == 0) {
        err = start_at(log, h, find_start(h, at));
    }
    while (err == 0 && log->at < at) {
        uint64_t number = fb_history_next(h, log->at);
        const struct fb_event *e = fb_history_event(h, number);

        if (number == 0 || !e) {
            break;
        }
        err = tell(log, names, number, e);
        log->at = number;
    }
    if (err) { // the two may stand apart: start again next time
        log->count = 0;
        log->at = 0;
    }
    return err;
}

const struct fb_story_line *fb_story_log_line(const struct fb_story_log *log,
                                              uint64_t back) {
    if (back >= log->count || back >= FB_STORY_LINES) {
        return NULL;
    }
    return &log->lines[(log->count - 1 - back) % FB_STORY_LINES];
}
