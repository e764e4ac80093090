// The rings of a program, live or dead, as a session's feed.
//
// A model is exact from event 1 on, or from a whole census. Reading begins at
// such a place; a live program whose ring holds none is asked for a census and
// waited for.
#include "session_state.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { SYNC_TRIES = 8 };

// ---- where to start --------------------------------------------------------

// Asks the program for a census and waits until it is written.
static int wait_for_census(struct fb_session *s, uint64_t limit_ns) {
    const struct timespec pause = {.tv_nsec = 1000000};
    const uint64_t until = fb__session_now_ns() + limit_ns;

    s->census = fb_trace_census_ask(&s->reader);
    s->asked = true;
    while (!fb_trace_census_answered(&s->reader, s->census)) {
        if (fb_session_life(s) != FB_LIFE_RUNNING) {
            return 0; // it will not answer any more; what is there is all
        }
        if (fb__session_now_ns() >= until) {
            return -ETIMEDOUT;
        }
        nanosleep(&pause, NULL);
    }
    return 0;
}

// Sets `next` to where reading begins. An empty ring begins at event 1.
static void place_start(struct fb_session *s) {
    const uint64_t sync = fb_trace_merge_sync(s->events);
    const bool empty = fb_trace_merge_head(s->events) == 0;

    s->facts.exact = sync != 0 || empty;
    s->next = sync != 0 ? sync : fb_trace_merge_tail(s->events);
    if (s->next == 0) {
        s->next = 1;
    }
    s->facts.first = s->next;
}

// Between finding the start and reading it, a busy writer may overtake it: then
// the start is looked for again, as long as nothing has been read.
static int begin(struct fb_session *s, uint64_t census_wait_ns) {
    int err;

    place_start(s);
    if (!s->facts.exact && s->reader.control != NULL &&
        fb_session_life(s) == FB_LIFE_RUNNING) {
        err = wait_for_census(s, census_wait_ns);
        if (err < 0) {
            return err;
        }
        place_start(s);
    }
    for (int i = 0; i < SYNC_TRIES; i++) {
        if (fb_trace_merge_tail(s->events) <= s->next) {
            break;
        }
        place_start(s);
    }
    return 0;
}

// What is there now, not what comes meanwhile: a fast writer would keep us.
static uint64_t end(struct fb_session *s) {
    return fb_trace_merge_head(s->events) + 1;
}

// ---- reading ---------------------------------------------------------------

static int read_events(struct fb_session *s, uint64_t first,
                       struct fb_event *events, size_t max,
                       uint64_t *ret_first) {
    return (int)fb_trace_merge_read(s->events, first, events, max, ret_first);
}

static uint64_t left(const struct fb_session *s, uint64_t end) {
    return end > s->next ? end - s->next : 0;
}

static int settle(struct fb_session *s) {
    return fb_trace_merge_refused(s->events) > 0 ? -EBADMSG : 0;
}

static enum fb_trace_life life(const struct fb_session *s) {
    return fb_trace_reader_life(&s->reader);
}

// A program opens its trace before it listens, so its address comes later than
// the header that the reader has checked and copied.
static void refresh(struct fb_session *s) {
    char raw[sizeof(s->reader.header.address)];

    if (s->address[0] == '\0' &&
        pread(s->reader.fd, raw, sizeof(raw),
              offsetof(struct fb_trace_header, address)) ==
            (ssize_t)sizeof(raw)) {
        fb__session_safe(s->address, sizeof(s->address), raw, sizeof(raw));
    }
}

// ---- open and close --------------------------------------------------------

static void give_place(void *arg, uint32_t index, const char **ret_name,
                       const char **ret_file, uint32_t *ret_line,
                       uint32_t *ret_size) {
    const struct fb_trace_place place = fb_trace_reader_place(arg, index);

    *ret_name = place.name;
    *ret_file = place.file;
    *ret_line = place.line;
    *ret_size = place.size;
}

static void learn_facts(struct fb_session *s) {
    const struct fb_trace_header *h = &s->reader.header;

    fb__session_safe(s->program, sizeof(s->program), h->program,
                     sizeof(h->program));
    fb__session_safe(s->address, sizeof(s->address), h->address,
                     sizeof(h->address));
    s->facts.pid = h->pid;
    s->facts.flags = h->flags;
    s->facts.start_realtime_ns = h->start_realtime_ns;
    s->facts.start_time_ns = h->start_time_ns;
    s->facts.ring_events = h->ring_capacity * h->ring_count;
    s->facts.workers = h->ring_count;
    s->facts.controllable =
        s->reader.control != NULL && life(s) == FB_LIFE_RUNNING;
}

static int open_ring(struct fb_session *s, const char *path, char *why,
                     size_t why_bytes) {
    // Where the file may only be read, there is no control and no census.
    int err = fb_trace_reader_open(&s->reader, path, true);

    if (err < 0) {
        snprintf(why, why_bytes, "%s: %s (%s)", s->path,
                 s->reader.reason[0] != '\0' ? s->reader.reason
                                             : strerror(-err),
                 err == -EPROTO ? "use the fishbowl that wrote it"
                                : "`fishbowl list --all` names the traces");
        return err;
    }
    s->names = (struct fb_names){.arg = &s->reader, .place = give_place};
    learn_facts(s);
    err = fb_trace_merge_open(&s->events, &s->reader);
    if (err < 0) {
        snprintf(why, why_bytes, "%s: %s (close other programs)", s->path,
                 strerror(-err));
    }
    return err;
}

static void close_ring(struct fb_session *s) {
    fb_trace_merge_close(s->events);
    fb_trace_reader_close(&s->reader);
}

const struct fb__feed fb__feed_ring = {
    .open = open_ring,
    .close = close_ring,
    .begin = begin,
    .end = end,
    .read = read_events,
    .left = left,
    .settle = settle,
    .life = life,
    .refresh = refresh,
};
