// Problem: a sentence needs the world before and after its event, and a screen
//     shows dozens of sentences, of which most were there a moment ago.
// Idea: two models walk one event apart. Going on from where they stand costs
//     two feeds per event, and a sentence for each of the last screenful; where
//     that is dearer than two copies of the world, they start again there.
// Invariants: between two calls both models stand after event `at`.
#include "story_log.h"
#include "story_find.h"
#include <errno.h>
#include <string.h>

enum {
    LOOK_BACK = 8192,    // events looked at to find a screenful of lines
    FEED_COST = 60,      // of one event, in bytes copied
    COPY_COST = 1 << 16, // of two copies, were the world empty
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

// The last event before a screenful of told ones that ends at `at`.
static uint64_t find_start(const struct fb_history *h, uint64_t at) {
    uint64_t number = at, first = 0;
    size_t count;
    int told = 0, looked = 0;

    while (number > 0) {
        const struct fb_event *run = fb_history_run(h, number, &first, &count);

        for (; run && number >= first; number--) {
            told += fb_story_tells(&run[number - first]);
            if (told == FB_STORY_LINES || ++looked == LOOK_BACK) {
                return fb_history_prev(h, number);
            }
        }
        number = fb_history_prev(h, run ? first : number);
    }
    return 0;
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
    if (fb_story_tells(e)) {
        struct fb_story_line *line = &log->lines[log->count % FB_STORY_LINES];

        line->event = number;
        line->kind = e->kind;
        fb_story_sentence(line->text, sizeof(line->text), names, number, e,
                          &log->before, &log->after);
        log->count++;
    }
    return fb_model_feed(&log->before, number, e);
}

// Whether to go on to `start` from where the models stand, in silence.
static bool can_walk(const struct fb_story_log *log, const struct fb_history *h,
                     uint64_t start) {
    if (log->at == 0 || log->at > start || log->at + 1 < fb_history_first(h)) {
        return false;
    }
    return (start - log->at) * FEED_COST <
           COPY_COST + fb_model_bytes(&log->after);
}

static int walk(struct fb_story_log *log, const struct fb_history *h,
                const struct fb_names *names, uint64_t to, bool aloud) {
    int err = 0;

    while (err == 0 && log->at < to) {
        uint64_t number = fb_history_next(h, log->at);
        const struct fb_event *e = fb_history_event(h, number);

        if (number == 0 || !e) {
            break;
        }
        if (aloud) {
            err = tell(log, names, number, e);
        } else {
            err = fb_model_feed(&log->after, number, e);
            err = err ? err : fb_model_feed(&log->before, number, e);
        }
        log->at = number;
    }
    return err;
}

int fb_story_log_seek(struct fb_story_log *log, struct fb_history *h,
                      const struct fb_names *names, uint64_t at) {
    uint64_t start;
    int err = 0;

    if (at > fb_history_last(h)) {
        at = fb_history_last(h);
    }
    if (at == log->at) {
        return 0;
    }
    start = find_start(h, at);
    if (log->at == 0 || log->at > at || log->at < start) {
        if (can_walk(log, h, start)) {
            err = walk(log, h, names, start, false);
            log->count = 0;
        } else {
            err = start_at(log, h, start);
        }
    }
    if (err == 0) {
        err = walk(log, h, names, at, true);
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
