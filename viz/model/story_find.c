// Problem: sentences are not stored anywhere, and each needs the world before
//     and after its event; backwards there is no way to walk.
// Idea: the story is told in blocks, always forwards: going back, a block that
//     ends before the place is told and its last hit taken.
#include "story_find.h"
#include "query.h"
#include <errno.h>

enum { BLOCK = 1024, SENTENCE = 1024 };

struct teller {
    const struct fb_history *h;
    const struct fb_names *names;
    struct fb_model before, after;
};

bool fb_story_tells(const struct fb_event *e) {
    if (!(e->flags & FB_EV_FLAG_CENSUS)) {
        return true;
    }
    return e->kind == FB_EV_CENSUS && e->detail != FB_CENSUS_TASK;
}

static int start(struct teller *t, struct fb_history *h, uint64_t at) {
    const struct fb_model *m = fb_history_at(h, at);
    int err = m ? fb_model_copy(&t->before, m) : -ENOMEM;

    return err ? err : fb_model_copy(&t->after, &t->before);
}

// Tells the event after where the teller stands. Returns 1 if its sentence has
// the words, 0 if not; *ret_number 0: there is no further event.
static int tell(struct teller *t, const char *words, uint64_t *ret_number) {
    const uint64_t number = fb_history_next(t->h, t->after.event);
    const struct fb_event *e = fb_history_event(t->h, number);
    char text[SENTENCE];
    bool has = false;
    int err;

    *ret_number = e ? number : 0;
    if (!e) {
        return 0;
    }
    err = fb_model_feed(&t->after, number, e);
    if (err) {
        return err;
    }
    if (fb_story_tells(e)) {
        fb_story_sentence(text, sizeof(text), t->names, number, e, &t->before,
                          &t->after);
        has = fb_text_find(text, words) != NULL;
    }
    err = fb_model_feed(&t->before, number, e);
    return err ? err : has;
}

static int find_forwards(struct teller *t, const char *words, size_t limit,
                         uint64_t *ret_event, uint64_t *ret_looked) {
    uint64_t number;

    for (size_t i = 0; i < limit; i++) {
        int found = tell(t, words, &number);

        if (found < 0) {
            return found;
        }
        *ret_looked = number;
        if (number == 0 || found) {
            *ret_event = found ? number : 0;
            return 0;
        }
    }
    return 0;
}

// The event before the block of at most BLOCK events that ends before `end`.
static uint64_t block_start(const struct fb_history *h, uint64_t end) {
    uint64_t at = end;

    for (int i = 0; i < BLOCK && at > 0; i++) {
        at = fb_history_prev(h, at);
    }
    return at > 0 ? fb_history_prev(h, at) : 0;
}

static int find_backwards(struct teller *t, struct fb_history *h, uint64_t from,
                          const char *words, size_t limit, uint64_t *ret_event,
                          uint64_t *ret_looked) {
    uint64_t end = from; // the block holds what is below it

    for (size_t looked = 0; looked < limit; looked += BLOCK) {
        const uint64_t begin = block_start(h, end);
        uint64_t number = 0;
        int err = start(t, h, begin);

        while (err == 0) {
            int found = tell(t, words, &number);

            if (found < 0 || number == 0 || number >= end) {
                err = found < 0 ? found : 0;
                break;
            }
            *ret_event = found ? number : *ret_event;
        }
        if (err || *ret_event || begin == 0) {
            *ret_looked = begin;
            return err;
        }
        *ret_looked = end = fb_history_next(h, begin);
    }
    return 0;
}

int fb_story_find(struct fb_history *h, const struct fb_names *names,
                  uint64_t from, int direction, const char *words, size_t limit,
                  uint64_t *ret_event, uint64_t *ret_looked) {
    struct teller t = {.h = h, .names = names};
    int err;

    *ret_event = 0;
    *ret_looked = from;
    if (direction > 0) {
        err = start(&t, h, from);
        err =
            err ? err : find_forwards(&t, words, limit, ret_event, ret_looked);
    } else {
        err = find_backwards(&t, h, from, words, limit, ret_event, ret_looked);
    }
    fb_model_deinit(&t.before);
    fb_model_deinit(&t.after);
    return err;
}
