// Transcripts of grade ORDER and EVENTS: events as lines of words.
//
// Idea: an event's fields are copied into words, but for what chance decides;
// ids are replaced by their rank of first appearance, texts by a number that
// both runs share. Two lines are the same if their words are.
//
// Invariants: whatever the events say, a line is a few words and each id takes
// one place in one index.
#include "fishbowl/trace/text.h"
#include "normal_parts.h"
#include "texts.h"
#include "transcript_parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- ids by first appearance ----

enum class { TASK, FUTURE, SOURCE, TIMER, CHANNEL, WORK, JOIN_SET, CLASSES };

struct reading {
    struct fb_transcript *to;
    struct fb_texts *texts;
    const struct fb_names *names;
    enum fb_transcript_grade grade;
    unsigned flags;
    struct fb_model_index ranks[CLASSES];
    uint32_t running[FB_TRACE_RINGS_MAX]; // by worker: task that it polls
    char label[FB_TRACE_LABEL_BYTES];     // its parts so far
    int err;
};

static uint32_t rank(struct reading *r, enum class of, uint32_t id) {
    struct fb_model_index *x = &r->ranks[of];
    uint32_t n;

    if (id == 0) {
        return 0;
    }
    n = fb__index_find(x, id);
    if (n == FB_MODEL_NONE) {
        if (fb__index_reserve(x, 1) < 0) {
            r->err = -ENOMEM;
            return 0;
        }
        n = x->count + 1;
        fb__index_put(x, id, n);
    }
    return n;
}

static uint32_t rank_of_party(struct reading *r, unsigned party, uint32_t id) {
    switch ((enum fb_party)party) {
    case FB_PARTY_SOURCE: return rank(r, SOURCE, id);
    case FB_PARTY_TIMER: return rank(r, TIMER, id);
    case FB_PARTY_TASK: return rank(r, TASK, id);
    case FB_PARTY_JOIN_SET: return rank(r, JOIN_SET, id);
    case FB_PARTY_CHANNEL: return rank(r, CHANNEL, id);
    case FB_PARTY_BLOCKING: return rank(r, WORK, id);
    default: return 0; // threads have numbers by chance
    }
}

static uint32_t number_of(struct reading *r, const char *text, size_t len) {
    const uint32_t n = fb__texts_number(r->texts, text, len);

    r->err = n == 0 ? -ENOMEM : r->err;
    return n;
}

// What a type or a spawn site is called, and where it is: the table's order may
// be another one in the other run.
static uint32_t place(struct reading *r, uint32_t index) {
    const char *name = "?", *file = "?";
    uint32_t line = 0, size = 0;
    char text[512];
    int n;

    if (r->names != NULL && r->names->place != NULL) {
        r->names->place(r->names->arg, index, &name, &file, &line, &size);
    }
    n = snprintf(text, sizeof text, "%.200s@%.200s:%u", name, file, line);
    return number_of(r, text,
                     n < (int)sizeof text ? (size_t)n : sizeof text - 1);
}

// ---- one event ----

// Whether the grade has a line for such an event at all.
static bool is_told(const struct reading *r, const struct fb_event *e) {
    if ((e->flags & FB_EV_FLAG_CENSUS) != 0) {
        return false;
    }
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE:
    case FB_EV_WAKE:
    case FB_EV_TIMER_END:
    case FB_EV_CHANNEL:
    case FB_EV_YIELD:
    case FB_EV_BUDGET_OUT:
    case FB_EV_STALL:
    case FB_EV_CHOICE: return true;
    case FB_EV_IO:
        return r->grade == FB_TRANSCRIPT_EVENTS ||
               (e->io.result != -EAGAIN && e->io.result != -EINTR &&
                e->io.result != -EINPROGRESS);
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_TASK_FREE:
    case FB_EV_TASK_JOIN:
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT:
    case FB_EV_FUTURE_DROP:
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP:
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_DEL:
    case FB_EV_TIMER_SET:
    case FB_EV_BLOCK_BEGIN:
    case FB_EV_BLOCK_END: return r->grade == FB_TRANSCRIPT_EVENTS;
    default: return false; // when it parks, and for how long, is chance
    }
}

// Appends a part of a text; false until the last one is there.
static bool take_label(struct reading *r, const struct fb_event *e,
                       uint32_t *ret_number) {
    const size_t whole = e->flags & 0x7fffu;
    const size_t at = (size_t)e->detail * sizeof e->text;
    const size_t len = whole < sizeof r->label ? whole : sizeof r->label;
    char masked[2 * sizeof r->label];

    if (at + sizeof e->text <= sizeof r->label) {
        memcpy(r->label + at, e->text, sizeof e->text);
    }
    if (at + sizeof e->text < len) {
        return false;
    }
    *ret_number =
        (r->flags & FB_NORMAL_PORTS) != 0
            ? number_of(r, r->label, len)
            : number_of(r, masked,
                        fb__normal_without_ports(r->label, len, masked));
    return true;
}

// The words that every grade has, behind the first.
static bool put_plain(struct reading *r, const struct fb_event *e,
                      uint32_t *w) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN: w[2] = rank(r, TASK, e->spawn.parent); break;
    case FB_EV_TASK_DONE: w[2] = (uint32_t)e->done.out; break;
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_JOIN: w[2] = rank(r, TASK, e->by.by); break;
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE:
        w[0] = e->kind; // not which part is the last
        return take_label(r, e, &w[2]);
    case FB_EV_WAKE:
        w[2] = e->flags;
        w[3] = rank_of_party(r, e->flags, e->wake.cause);
        break;
    case FB_EV_IO:
        w[2] = e->io.result > 0 && e->detail == FB_IO_ACCEPT
                   ? 0
                   : (uint32_t)e->io.result;
        break;
    case FB_EV_TIMER_END: w[2] = rank(r, TIMER, e->subject); break;
    case FB_EV_CHANNEL:
        w[2] = rank(r, CHANNEL, e->subject);
        w[3] = e->channel.count;
        w[4] = e->channel.capacity;
        w[5] = e->channel.amount;
        w[6] = e->flags;
        break;
    case FB_EV_STALL: w[2] = e->stall.tasks; break;
    case FB_EV_CHOICE: w[2] = rank(r, TASK, e->choice.instead); break;
    default: break;
    }
    return true;
}

static void put_future(struct reading *r, const struct fb_event *e,
                       uint32_t *w) {
    w[2] = rank(r, FUTURE, e->subject);
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_FUTURE_ENTER:
        w[3] = rank(r, FUTURE, e->enter.parent);
        w[4] = place(r, e->enter.type);
        w[5] = e->enter.line;
        w[6] = e->flags;
        break;
    case FB_EV_FUTURE_EXIT:
        w[3] = rank(r, FUTURE, e->exit.parent);
        w[4] = e->exit.line;
        w[5] = (uint32_t)e->exit.out;
        break;
    default: w[3] = e->drop.line; break;
    }
}

// What only EVENTS has.
static void put_more(struct reading *r, const struct fb_event *e, uint32_t *w) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN:
        w[3] = place(r, e->spawn.type);
        w[4] = place(r, e->spawn.site);
        w[5] = rank(r, FUTURE, e->spawn.root_future);
        break;
    case FB_EV_TASK_SCHEDULED: w[2] = e->scheduled.depth; break;
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
        w[2] = e->poll.line;
        w[3] = e->kind == FB_EV_POLL_END ? (uint32_t)e->poll.out : 0;
        break;
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT:
    case FB_EV_FUTURE_DROP: put_future(r, e, w); break;
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP:
        w[2] = rank_of_party(r, e->detail, e->waker.holder);
        w[3] = rank(r, FUTURE, e->waker.future);
        w[4] = e->flags;
        break;
    case FB_EV_WAKE: w[4] = e->wake.interest; break;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_DEL:
        w[2] = rank(r, SOURCE, e->subject);
        w[3] = e->flags;
        break;
    case FB_EV_IO:
        w[3] = rank(r, SOURCE, e->subject);
        w[4] = rank(r, FUTURE, e->io.future);
        w[5] = e->io.asked;
        break;
    case FB_EV_TIMER_SET: w[2] = rank(r, TIMER, e->subject); break;
    case FB_EV_BLOCK_BEGIN:
    case FB_EV_BLOCK_END: w[2] = rank(r, WORK, e->subject); break;
    default: break;
    }
}

// ---- a whole run ----

static int add_line(struct fb_transcript *t, struct fb_transcript_line line) {
    if (t->count == FB_TRANSCRIPT_LINES) {
        t->cut = true;
        return 0;
    }
    // Doubled whenever a power of two is full: no capacity to keep.
    if ((t->count & (t->count - 1)) == 0) {
        const size_t room = t->count == 0 ? 1 : 2 * t->count;
        struct fb_transcript_line *grown =
            realloc(t->lines, room * sizeof *grown);

        if (grown == NULL) {
            return -ENOMEM;
        }
        t->lines = grown;
    }
    t->lines[t->count++] = line;
    return 0;
}

static uint32_t task_of(const struct reading *r, const struct fb_event *e) {
    const uint32_t worker = fb_event_worker(e) % FB_TRACE_RINGS_MAX;

    return e->kind == FB_EV_IO            ? r->running[worker]
           : e->kind == FB_EV_BLOCK_BEGIN ? e->block.task
                                          : fb_event_task(e);
}

static void note_running(struct reading *r, const struct fb_event *e) {
    uint32_t *running = &r->running[fb_event_worker(e) % FB_TRACE_RINGS_MAX];

    if (e->kind == FB_EV_POLL_BEGIN) {
        *running = e->subject;
    } else if (e->kind == FB_EV_POLL_END) {
        *running = 0;
    }
}

static void read_event(struct reading *r, uint64_t number,
                       const struct fb_event *e) {
    struct fb_transcript_line line = {.event = number, .task = task_of(r, e)};

    note_running(r, e);
    if (!is_told(r, e)) {
        return;
    }
    line.words[0] = e->kind | (uint32_t)e->detail << 8;
    line.words[1] = rank(r, TASK, line.task);
    if (!put_plain(r, e, line.words)) {
        return;
    }
    if (r->grade == FB_TRANSCRIPT_EVENTS) {
        put_more(r, e, line.words);
    }
    if (r->err == 0) {
        r->err = add_line(r->to, line);
    }
}

int fb__transcript_events(struct fb_transcript *to, struct fb_texts *texts,
                          const struct fb_run *run,
                          enum fb_transcript_grade grade, unsigned flags) {
    const struct fb_history *h = run->history;
    struct reading r = {.to = to,
                        .texts = texts,
                        .names = run->names,
                        .grade = grade,
                        .flags = flags};

    for (uint64_t at = fb_history_first(h); at != 0 && r.err == 0;
         at = fb_history_next(h, at)) {
        read_event(&r, at, fb_history_event(h, at));
    }
    for (int i = 0; i < CLASSES; i++) {
        fb__index_deinit(&r.ranks[i]);
    }
    return r.err;
}

// ---- the tree ----

struct tree_reading {
    struct fb_transcript *to;
    struct fb_texts *texts;
};

static int read_tree_line(void *arg, const struct fb_normal_line *line) {
    struct tree_reading *r = arg;
    const uint32_t text =
        fb__texts_number(r->texts, line->text, strlen(line->text));

    if (text == 0) {
        return -ENOMEM;
    }
    return add_line(r->to,
                    (struct fb_transcript_line){.event = line->event,
                                                .task = line->task,
                                                .words = {text, line->depth}});
}

int fb__transcript_tree(struct fb_transcript *to, struct fb_texts *texts,
                        const struct fb_run *run, unsigned flags) {
    struct tree_reading r = {to, texts};

    return fb_normal_lines(run->history, run->names, flags, read_tree_line, &r);
}
