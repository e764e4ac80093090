// print --events: each event with all its fields, for scripts and for those
// who write a runtime and want to see exactly what it recorded.
//
// One line an event: number, seconds, kind, then `name=value` pairs in the
// order of format.h. Names that index the table are resolved; what came from
// outside is sanitised. A kind that this version does not know is still shown
// with its bare fields.
#include "walk.h"

#include "fishbowl/trace/text.h"
#include <inttypes.h>
#include <string.h>

struct line {
    FILE *out;
    const struct fb_names *names;
    bool several; // workers: events say which
};

static void put_number(const struct line *l, const char *name, int64_t value) {
    fprintf(l->out, " %s=%" PRId64, name, value);
}

static void put_word(const struct line *l, const char *name,
                     const char *value) {
    fprintf(l->out, " %s=%s", name, value);
}

// A result: bytes or a value, else the errno's name.
static void put_result(const struct line *l, const char *name, int32_t value) {
    if (value < 0 && value > INT32_MIN) {
        fprintf(l->out, " %s=-%s", name, fb_name_errno(-value));
    } else {
        put_number(l, name, value);
    }
}

static void put_place(const struct line *l, const char *name, uint32_t index) {
    char text[FB_PAGE_TEXT], file[FB_PAGE_TEXT];

    fb_say_type(text, sizeof(text), l->names, index);
    fb_say_file(file, sizeof(file), l->names, index);
    fprintf(l->out, " %s=%s@%s:%" PRIu32, name, text, file,
            fb__page_line(l->names, index));
}

static void put_bits(const struct line *l, const char *name, unsigned bits) {
    char text[128];

    fb_say_bits(text, sizeof(text), bits);
    fprintf(l->out, " %s=\"%s\"", name, text);
}

// The word for `value`, or "?" where a hostile trace has none.
static const char *word(const char *const *words, size_t count,
                        unsigned value) {
    return value < count ? words[value] : "?";
}
#define WORD(words_, value_)                                                   \
    word(words_, sizeof(words_) / sizeof((words_)[0]), value_)

static void put_worker(const struct line *l, const struct fb_event *e) {
    if (l->several && fb_event_worker(e) != FB_MODEL_NONE) {
        put_number(l, "worker", fb_event_worker(e));
    }
}

static const char *const POLL_RESULTS[] = {"pending", "ready", "failed"};
static const char *const QUEUES[] = {"run", "inject", "deferred", "stolen"};
static const char *const EFFECTS[] = {"scheduled", "coalesced", "during-poll",
                                      "after-complete"};
static const char *const DROPS[] = {"finished", "cancelled", "unpolled"};
static const char *const JOINS[] = {"await", "taken", "detach"};
static const char *const WAKER_DROPS[] = {"woken", "replaced", "dropped"};
static const char *const SOURCES[] = {"other", "listener", "stream", "signal",
                                      "datagram"};
static const char *const BLOCK_ENDS[] = {"done", "dropped", "orphan"};
static const char *const TIMER_ENDS[] = {"fired", "cancelled"};
static const char *const CLOCKS[] = {"advanced", "stopped", "resumed",
                                     "blocked"};
static const char *const CHOICES[] = {"viewer", "list"};
static const char *const CENSUSES[] = {"begin", "task", "end"};

static void put_task(const struct line *l, const struct fb_event *e) {
    put_number(l, "task", e->subject);
    switch (e->kind) {
    case FB_EV_TASK_SPAWN:
        put_number(l, "parent", e->spawn.parent);
        put_number(l, "root", e->spawn.root_future);
        put_place(l, "type", e->spawn.type);
        put_place(l, "site", e->spawn.site);
        put_number(l, "bytes", e->spawn.bytes);
        break;
    case FB_EV_TASK_SCHEDULED:
        put_word(l, "queue", WORD(QUEUES, e->detail));
        put_number(l, "depth", e->scheduled.depth);
        break;
    case FB_EV_POLL_END:
        put_word(l, "result", WORD(POLL_RESULTS, e->detail));
        __attribute__((fallthrough));
    case FB_EV_POLL_BEGIN:
        put_number(l, "future", e->poll.future);
        put_number(l, "polls", e->poll.polls);
        put_number(l, "line", e->poll.line);
        put_result(l, "out", e->poll.out);
        break;
    case FB_EV_TASK_DONE:
        put_word(l, "outcome", fb_name_outcome(e->detail));
        put_result(l, "out", e->done.out);
        break;
    case FB_EV_TASK_JOIN:
        put_word(l, "step", WORD(JOINS, e->detail));
        __attribute__((fallthrough));
    case FB_EV_TASK_ABORT: put_number(l, "by", e->by.by); break;
    default: break;
    }
}

static void put_text(const struct line *l, const struct fb_event *e) {
    char raw[sizeof(e->text)];
    char safe[FB_TEXT_SAFE_BYTES(sizeof(e->text))];

    memcpy(raw, e->text, sizeof(raw));
    fb_text_sanitise(raw, strnlen(raw, sizeof(raw)), safe, sizeof(safe));
    put_number(l, "task", e->subject);
    put_number(l, "part", e->detail);
    put_number(l, "length", e->flags & ~FB_EV_FLAG_CENSUS);
    fprintf(l->out, " text=\"%s\"", safe);
}

static void put_future(const struct line *l, const struct fb_event *e) {
    put_number(l, "future", e->subject);
    put_number(l, "parent", e->enter.parent); // the same place in all three
    put_number(l, "task", e->enter.task);
    switch (e->kind) {
    case FB_EV_FUTURE_ENTER:
        put_place(l, "type", e->enter.type);
        put_number(l, "line", e->enter.line);
        if (e->enter.parent_type != 0) {
            put_place(l, "of", e->enter.parent_type);
        }
        if ((e->flags & FB_ENTER_LENT) != 0) {
            put_word(l, "by", "reference");
        }
        break;
    case FB_EV_FUTURE_EXIT:
        put_word(l, "result", WORD(POLL_RESULTS, e->detail));
        put_number(l, "line", e->exit.line);
        put_result(l, "out", e->exit.out);
        break;
    default:
        put_word(l, "why", WORD(DROPS, e->detail));
        put_number(l, "line", e->drop.line);
        break;
    }
}

static void put_waker(const struct line *l, const struct fb_event *e) {
    const unsigned flags = e->flags & ~FB_EV_FLAG_CENSUS;

    put_number(l, "task", e->subject);
    if (e->kind == FB_EV_WAKE) {
        put_word(l, "effect", WORD(EFFECTS, e->detail));
        put_word(l, "cause", fb_name_party((enum fb_party)flags));
        put_number(l, "by", e->wake.cause);
        return;
    }
    put_word(l, "holder", fb_name_party((enum fb_party)e->detail));
    put_number(l, "by", e->waker.holder);
    put_number(l, "future", e->waker.future);
    if (e->kind == FB_EV_WAKER_CLONE) {
        if (e->detail == FB_PARTY_CHANNEL) {
            put_word(l, "interest",
                     fb_name_channel_wait((enum fb_channel_wait)flags));
        } else {
            put_bits(l, "interest", flags);
        }
    } else {
        put_word(l, "why", WORD(WAKER_DROPS, flags));
    }
}

static void put_source(const struct line *l, const struct fb_event *e) {
    put_number(l, "source", e->subject);
    put_number(l, "fd", e->source.fd);
    put_word(l, "is", WORD(SOURCES, e->detail));
    put_bits(l, "bits", e->flags & ~FB_EV_FLAG_CENSUS);
    put_number(l, "generation", e->source.generation);
    put_number(l, "tick", e->source.tick);
    put_number(l, "task", e->source.task);
}

static void put_io(const struct line *l, const struct fb_event *e) {
    put_number(l, "source", e->subject);
    put_word(l, "op", fb_name_io((enum fb_io_op)e->detail));
    put_number(l, "fd", e->io.fd);
    put_result(l, "result", e->io.result);
    put_number(l, "asked", e->io.asked);
    put_number(l, "future", e->io.future);
}

static void put_timer(const struct line *l, const struct fb_event *e) {
    put_number(l, "timer", e->subject);
    if (e->kind == FB_EV_TIMER_END) {
        put_word(l, "end", WORD(TIMER_ENDS, e->detail));
    }
    fprintf(l->out, " deadline_ns=%" PRIu64, e->timer.deadline_ns);
    put_number(l, "task", e->timer.task);
    put_number(l, "future", e->timer.future);
}

static void put_channel(const struct line *l, const struct fb_event *e) {
    put_number(l, "channel", e->subject);
    put_word(l, "is",
             fb_name_channel_kind(
                 (enum fb_channel_kind)(e->flags & ~FB_EV_FLAG_CENSUS)));
    put_word(l, "op", fb_name_channel_op((enum fb_channel_op)e->detail));
    put_number(l, "task", e->channel.task);
    put_number(l, "count", e->channel.count);
    put_number(l, "capacity", e->channel.capacity);
    put_number(l, "amount", e->channel.amount);
}

static void put_census(const struct line *l, const struct fb_event *e) {
    put_word(l, "step", WORD(CENSUSES, e->detail));
    if (e->detail == FB_CENSUS_TASK) {
        put_number(l, "task", e->subject);
        put_number(l, "polls", e->counts.polls);
        put_number(l, "wakes", e->counts.wakes);
        put_number(l, "queued", e->counts.queued);
        put_word(l, "outcome",
                 fb_name_outcome((enum fb_task_outcome)e->counts.outcome));
        return;
    }
    put_number(l, "tasks", e->census.tasks);
    put_number(l, "futures", e->census.futures);
    put_number(l, "sources", e->census.sources);
    put_number(l, "timers", e->census.timers);
}

static void put_block(const struct line *l, const struct fb_event *e) {
    put_number(l, "work", e->subject);
    if (e->kind == FB_EV_BLOCK_BEGIN) {
        put_number(l, "task", e->block.task);
        put_number(l, "future", e->block.future);
    } else {
        put_word(l, "end", WORD(BLOCK_ENDS, e->detail));
        put_result(l, "out", e->block.out);
    }
}

static void put_executor(const struct line *l, const struct fb_event *e) {
    switch (e->kind) {
    case FB_EV_PARK: put_number(l, "timeout_ns", e->park.timeout_ns); break;
    case FB_EV_UNPARK: put_number(l, "events", e->park.events); break;
    case FB_EV_YIELD: put_number(l, "task", e->subject); break;
    case FB_EV_BUDGET_OUT:
        put_number(l, "task", e->subject);
        put_number(l, "future", e->budget.future);
        put_number(l, "spent", e->budget.spent);
        break;
    case FB_EV_CHOICE:
        put_number(l, "task", e->subject);
        put_number(l, "instead", e->choice.instead);
        put_word(l, "by", WORD(CHOICES, e->detail));
        break;
    case FB_EV_STALL: put_number(l, "tasks", e->stall.tasks); break;
    case FB_EV_CLOCK:
        put_word(l, "step", WORD(CLOCKS, e->detail));
        if (e->detail == FB_CLOCK_BLOCKED) {
            put_number(l, "task", e->subject);
        }
        fprintf(l->out, " from_ns=%" PRIu64 " to_ns=%" PRIu64, e->clock.from_ns,
                e->clock.to_ns);
        break;
    default:
        put_number(l, "kind", e->kind);
        put_number(l, "detail", e->detail);
        put_number(l, "flags", e->flags);
        put_number(l, "subject", e->subject);
        break;
    }
}

static void put_fields(const struct line *l, const struct fb_event *e) {
    switch (e->kind) {
    case FB_EV_TASK_SPAWN:
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_FREE:
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_JOIN: put_task(l, e); break;
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE: put_text(l, e); break;
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT:
    case FB_EV_FUTURE_DROP: put_future(l, e); break;
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP:
    case FB_EV_WAKE: put_waker(l, e); break;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_STALE:
    case FB_EV_SOURCE_DEL: put_source(l, e); break;
    case FB_EV_IO: put_io(l, e); break;
    case FB_EV_CHANNEL: put_channel(l, e); break;
    case FB_EV_TIMER_SET:
    case FB_EV_TIMER_END: put_timer(l, e); break;
    case FB_EV_BLOCK_BEGIN:
    case FB_EV_BLOCK_END: put_block(l, e); break;
    case FB_EV_CENSUS: put_census(l, e); break;
    default: put_executor(l, e); break;
    }
}

static int print_event(struct fb_session *s,
                       const struct fb_print_options *options,
                       const struct fb__step *step) {
    const struct line l = {options->out, fb_session_names(s),
                           fb_session_facts(s)->workers > 1};
    const struct fb_event *e = step->event;
    char time[32];

    fb__walk_say_lost(l.out, step);
    fb__page_time(s, e->time_ns, time, sizeof(time));
    fprintf(l.out, "%7" PRIu64 "  %11s  %-14s", step->number, time,
            fb_name_event((enum fb_event_kind)e->kind));
    put_fields(&l, e);
    put_worker(&l, e);
    if ((e->flags & FB_EV_FLAG_CENSUS) != 0) {
        fputs(" census", l.out);
    }
    fputc('\n', l.out);
    return 0;
}

int fb_print_events(struct fb_session *s,
                    const struct fb_print_options *options) {
    return fb__walk(s, options, print_event);
}
