// Opening a session: what it is a session of, how much of that is kept, and why
// it cannot be opened. Where reading begins is the feed's to say.
#include "recording.h"
#include "resolve.h"
#include "session_state.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    EVENT_BYTES = sizeof(struct fb_event) * 3 / 2, // with its checkpoints
    WORLDS = 6,                                    // that a viewer has in full
    GAP_BYTES = 160, // a row in the list of gaps, a piece of the history
};

// ---- how much ---------------------------------------------------------------

// What half of this machine's memory is.
static uint64_t half_of_memory(void) {
    const long pages = sysconf(_SC_PHYS_PAGES), bytes = sysconf(_SC_PAGESIZE);

    return pages > 0 && bytes > 0 ? (uint64_t)pages * (uint64_t)bytes / 2
                                  : FB_SESSION_LIVE_EVENTS * EVENT_BYTES;
}

void fb__session_expect(struct fb_session *s, uint64_t end) {
    fb_history_expect(s->history,
                      fb_history_count(s->history) + s->feed->left(s, end));
}

uint64_t fb__session_room(const struct fb_session *s) {
    const struct fb_history *h = s->history;
    const uint64_t events = fb_history_count(h);
    const uint64_t all =
        events * sizeof(struct fb_event) + fb_history_checkpoint_bytes(h) +
        WORLDS * fb_model_bytes(fb_history_live(h)) + s->gap_count * GAP_BYTES;

    if (events >= s->kept || all >= s->most_bytes) {
        return 0;
    }
    return s->kept - events;
}

// ---- loading ---------------------------------------------------------------

// Reads all that is there now; of a long trace that is finished the first slice
// may do.
static int load(struct fb_session *s, uint64_t census_wait_ns) {
    const enum fb_trace_life life = fb_session_life(s);
    uint64_t end, taken = 0;
    int err = s->feed->begin(s, census_wait_ns);

    if (err < 0) {
        return err;
    }
    end = s->feed->end(s);
    do {
        if (life != FB_LIFE_RUNNING) {
            fb__session_expect(s, end);
        }
        err = fb__session_take(s, FB_SESSION_PUMP_EVENTS, end);
        taken += err > 0 ? (uint64_t)err : 0;
        if (err > 0 && s->in_slices && life != FB_LIFE_RUNNING &&
            taken + s->feed->left(s, end) > FB_SESSION_AT_ONCE) {
            s->slices_end = end;
            return 0;
        }
    } while (err == (int)FB_SESSION_PUMP_EVENTS);
    if (err >= 0) {
        err = s->feed->settle(s);
    }
    if (err >= 0) {
        fb__session_end_lints(s, s->feed->finished ? fb_session_life(s) : life);
    }
    return err < 0 ? err : 0;
}

// ---- open and close --------------------------------------------------------

static void say_failed(char *why, size_t why_bytes, const struct fb_session *s,
                       int err) {
    const char *reason, *remedy;

    switch (err) {
    case -ETIMEDOUT:
        reason = "it does not answer when asked for a census of its tasks";
        remedy = "it is inside one long poll, or stopped; try again later";
        break;
    case -EBUSY:
        reason = "another viewer controls it";
        remedy = "close that one, or look without control";
        break;
    case -ENOTSUP:
        reason = "it cannot be controlled, it does not run any more";
        remedy = "look without control";
        break;
    case -EBADMSG:
        reason = "its rings are damaged: the numbers of their events "
                 "contradict each other";
        remedy = "record it anew";
        break;
    default:
        reason = strerror(-err);
        remedy = "close other programs, or look at a shorter trace";
        break;
    }
    snprintf(why, why_bytes, "pid %u (%s): %s (%s)", s->facts.pid, s->program,
             reason, remedy);
}

static int prepare(struct fb_session *s,
                   const struct fb_session_options *options) {
    const bool live = fb_session_life(s) == FB_LIFE_RUNNING;
    int err;

    // A file of a few bytes may say that it has billions of events, and be right
    // as far as anyone can read.
    s->most_bytes = half_of_memory();
    s->kept = options->max_events;
    if (s->kept == 0) {
        s->kept = live ? FB_SESSION_LIVE_EVENTS : s->most_bytes / EVENT_BYTES;
    }
    s->in_slices = options->in_slices;
    err = fb_history_create(&s->history, s->kept);
    if (err < 0) {
        return err;
    }
    s->news_ns = fb__session_now_ns();
    err = fb_lints_create(&s->lints, options->lints);
    if (err < 0) {
        return err;
    }
    if (options->control) {
        err = fb_session_claim(s);
        if (err < 0) {
            return err;
        }
    }
    return load(s, options->census_wait_ns);
}

static void note_file(struct fb_session *s, const char *path) {
    struct stat st;

    if (stat(path, &st) == 0) {
        s->file.device = st.st_dev;
        s->file.inode = st.st_ino;
    }
}

bool fb_session_is_of(const struct fb_session *s, const char *path) {
    struct stat st;

    return s->file.inode != 0 && stat(path, &st) == 0 &&
           st.st_dev == s->file.device && st.st_ino == s->file.inode;
}

int fb_session_open_with(struct fb_session **ret_session,
                         const struct fb_session_options *options, char *why,
                         size_t why_bytes) {
    struct fb_session *s;
    char path[FB__SESSION_PATH_BYTES];
    int err =
        fb_session_resolve(options->what, path, sizeof(path), why, why_bytes);

    if (err < 0) {
        return err;
    }
    s = calloc(1, sizeof(*s));
    if (s == NULL) {
        snprintf(why, why_bytes, "trace: out of memory (close something)");
        return -ENOMEM;
    }
    s->reader.fd = -1;
    fb__session_safe(s->path, sizeof(s->path), path, FB__SESSION_PATH_BYTES);
    s->facts = (struct fb_session_facts){
        .path = s->path, .program = s->program, .address = s->address};
    s->feed = fb_recording_is(path) ? &fb__feed_recording : &fb__feed_ring;
    err = s->feed->open(s, path, why, why_bytes);
    if (err < 0) {
        goto fail;
    }
    err = prepare(s, options);
    if (err < 0) {
        say_failed(why, why_bytes, s, err);
        goto fail;
    }
    note_file(s, path);
    *ret_session = s;
    return 0;

fail:
    fb_session_close(s);
    return err;
}

int fb_session_open(struct fb_session **ret_session, const char *what,
                    bool control, char *why, size_t why_bytes) {
    const struct fb_session_options options = {
        .what = what,
        .control = control,
        .census_wait_ns = FB_SESSION_CENSUS_NS,
    };

    return fb_session_open_with(ret_session, &options, why, why_bytes);
}

void fb_session_close(struct fb_session *s) {
    if (s == NULL) {
        return;
    }
    fb_session_release(s);
    fb_history_destroy(s->history);
    fb_lints_destroy(s->lints);
    s->feed->close(s);
    free(s->gaps);
    free(s);
}
