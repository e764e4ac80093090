// Events as short lines, so that a whole run can be written down in a test and
// compared exactly.
#include "harness.h"

#include "story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FUTURES_MAX = 8192 };

struct teller {
    const struct fb_trace_writer *trace;
    FILE *out;
    uint16_t types[FUTURES_MAX]; // of a future, by its id
    char text[FB_TRACE_LABEL_BYTES + 16];
};

// ---- names ----

static const char *type_name(const struct teller *t, uint16_t index) {
    const struct fb_trace_header *h = t->trace->header;
    const struct fb_trace_entry *table =
        (const void *)((const char *)h + h->table_offset);
    const char *name = (const char *)h + h->strings_offset + table[index].name;

    return strncmp(name, "fb_", 3) == 0 ? name + 3 : name;
}

static const char *future_name(const struct teller *t, uint32_t id) {
    return id < FUTURES_MAX ? type_name(t, t->types[id]) : "?";
}

static void learn_future(struct teller *t, const struct fb_event *e) {
    if (e->kind == FB_EV_FUTURE_ENTER && e->subject < FUTURES_MAX) {
        if (e->enter.parent != 0 && e->enter.parent < FUTURES_MAX &&
            t->types[e->enter.parent] != 0) {
            assert_int_equal(e->enter.parent_type, t->types[e->enter.parent]);
        }
        t->types[e->subject] = e->enter.type;
    } else if (e->kind == FB_EV_TASK_SPAWN &&
               e->spawn.root_future < FUTURES_MAX) {
        t->types[e->spawn.root_future] = e->spawn.type;
    }
}

static const char *const results[] = {"pending", "ready", "failed"};
static const char *const drops[] = {"finished", "cancelled", "unpolled"};
static const char *const steps[] = {"await", "taken", "detach"};
static const char *const uses[] = {"woken", "replaced", "dropped"};
static const char *const effects[] = {"scheduled", "coalesced", "during poll",
                                      "after complete"};
static const char *const outcomes[] = {"none", "ok", "error", "failed",
                                       "cancelled"};
static const char *const parties[] = {
    "nobody", "source",  "timer", "task",  "join set", "channel",
    "thread", "outside", "spawn", "abort", "executor", "work"};

static const char *const block_ends[] = {"done", "dropped", "orphan"};

static void tell_number(const struct teller *t, const char *format,
                        uint32_t number) {
    if (number != 0) {
        fprintf(t->out, format, number);
    }
}

static void tell_bits(const struct teller *t, unsigned bits) {
    static const char letters[] = "rwRWe";

    fprintf(t->out, " ");
    for (unsigned i = 0; i < 5; i++) {
        if (bits & 1u << i) {
            fprintf(t->out, "%c", letters[i]);
        }
    }
}

// ---- one event ----

static void tell_task(struct teller *t, const struct fb_event *e) {
    static const char *const ends[] = {"PENDING", "READY", "FAILED"};

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN:
        fprintf(t->out, "SPAWN %u", e->subject);
        tell_number(t, " by %u", e->spawn.parent);
        break;
    case FB_EV_TASK_SCHEDULED:
        fprintf(t->out, "SCHEDULED %u%s", e->subject,
                e->detail == FB_QUEUE_INJECT ? " inject" : "");
        break;
    case FB_EV_POLL_BEGIN: fprintf(t->out, "POLL %u", e->subject); break;
    case FB_EV_POLL_END:
        fprintf(t->out, "%s %u", ends[e->detail], e->subject);
        break;
    case FB_EV_TASK_DONE:
        fprintf(t->out, "DONE %u %s", e->subject, outcomes[e->detail]);
        if (e->detail <= FB_OUTCOME_ERROR && e->done.out != 0) {
            fprintf(t->out, " %d", e->done.out);
        }
        break;
    case FB_EV_TASK_FREE: fprintf(t->out, "FREE %u", e->subject); break;
    case FB_EV_TASK_ABORT:
        fprintf(t->out, "ABORT %u", e->subject);
        tell_number(t, " by %u", e->by.by);
        break;
    case FB_EV_TASK_JOIN:
        fprintf(t->out, "JOIN %u %s", e->subject, steps[e->detail]);
        tell_number(t, " by %u", e->by.by);
        break;
    case FB_EV_YIELD: fprintf(t->out, "YIELD %u", e->subject); break;
    case FB_EV_BUDGET_OUT:
        fprintf(t->out, "BUDGET_OUT %u %s", e->subject,
                future_name(t, e->budget.future));
        break;
    case FB_EV_CHOICE:
        fprintf(t->out, "CHOICE %u instead of %u%s", e->subject,
                e->choice.instead,
                e->detail == FB_CHOICE_BY_LIST ? " by list" : "");
        break;
    case FB_EV_BLOCK_BEGIN:
        fprintf(t->out, "BLOCK_BEGIN %u of %u", e->subject, e->block.task);
        break;
    case FB_EV_BLOCK_END:
        fprintf(t->out, "BLOCK_END %u %s %d", e->subject, block_ends[e->detail],
                e->block.out);
        break;
    default: break;
    }
}

static void tell_future(struct teller *t, const struct fb_event *e) {
    const char *name = future_name(t, e->subject);

    if (e->kind == FB_EV_FUTURE_ENTER) {
        fprintf(t->out, "ENTER %s", name);
    } else if (e->kind == FB_EV_FUTURE_EXIT) {
        fprintf(t->out, "EXIT %s %s", name, results[e->detail]);
    } else {
        fprintf(t->out, "DROP %s %s", name, drops[e->detail]);
    }
}

static void tell_waker(struct teller *t, const struct fb_event *e) {
    if (e->kind == FB_EV_WAKE) {
        fprintf(t->out, "WAKE %u %s by %s", e->subject, effects[e->detail],
                parties[e->flags & 0xfff]);
        tell_number(t, " %u", e->wake.cause);
        return;
    }
    fprintf(t->out, "%s %u %s",
            e->kind == FB_EV_WAKER_CLONE ? "CLONE" : "RELEASE", e->subject,
            parties[e->detail]);
    tell_number(t, " %u", e->waker.holder);
    if (e->kind == FB_EV_WAKER_DROP) {
        fprintf(t->out, " %s", uses[e->flags & 0xfff]);
    }
}

static void tell_source(struct teller *t, const struct fb_event *e) {
    static const char *const names[] = {"ADD", "READY", "CLEAR", "STALE",
                                        "DEL"};

    if (e->kind == FB_EV_IO) {
        fprintf(t->out, "IO %u %s ", e->subject,
                fb_name_io((enum fb_io_op)e->detail));
        if (e->io.result < 0) {
            fprintf(t->out, "%s", fb_name_errno(-e->io.result));
        } else if (e->detail == FB_IO_ACCEPT) {
            fprintf(t->out, "ok"); // the number of the descriptor is chance
        } else {
            fprintf(t->out, "%d", e->io.result);
        }
        return;
    }
    fprintf(t->out, "SOURCE_%s %u", names[e->kind - FB_EV_SOURCE_ADD],
            e->subject);
    if ((e->flags & 0x1f) != 0) {
        tell_bits(t, e->flags);
    }
}

static void tell_channel(struct teller *t, const struct fb_event *e) {
    static const char *const ops[FB_CHANNEL_OPS] = {"open",  "give", "take",
                                                    "close", "pass", "lag"};

    fprintf(t->out, "CHANNEL %u %s %u", e->subject, ops[e->detail],
            e->channel.count);
    tell_number(t, " by %u", e->channel.task);
}

static void tell_time(struct teller *t, const struct fb_event *e) {
    if (e->kind == FB_EV_TIMER_SET) {
        fprintf(t->out, "TIMER_SET %u @%gms", e->subject,
                (double)e->timer.deadline_ns / 1e6);
    } else if (e->kind == FB_EV_TIMER_END) {
        fprintf(t->out, "TIMER_END %u %s", e->subject,
                e->detail == FB_TIMER_FIRED ? "fired" : "cancelled");
    } else {
        fprintf(t->out, "CLOCK %gms", (double)e->clock.to_ns / 1e6);
    }
}

// Texts come in parts of 16 bytes; the last one tells.
static bool tell_text(struct teller *t, const struct fb_event *e) {
    const size_t len = e->flags & 0x7fff, at = e->detail * sizeof e->text;

    if (at < FB_TRACE_LABEL_BYTES) {
        memcpy(t->text + at, e->text, sizeof e->text);
    }
    if (at + sizeof e->text < len) {
        return false;
    }
    fprintf(t->out, "%s %u \"%.*s\"",
            e->kind == FB_EV_TASK_LABEL ? "LABEL" : "MESSAGE", e->subject,
            (int)len, t->text);
    return true;
}

static void tell(struct teller *t, const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT:
    case FB_EV_FUTURE_DROP: tell_future(t, e); break;
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP:
    case FB_EV_WAKE: tell_waker(t, e); break;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_STALE:
    case FB_EV_SOURCE_DEL:
    case FB_EV_IO: tell_source(t, e); break;
    case FB_EV_TIMER_SET:
    case FB_EV_TIMER_END:
    case FB_EV_CLOCK: tell_time(t, e); break;
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE:
        if (!tell_text(t, e)) {
            return;
        }
        break;
    case FB_EV_PARK: fprintf(t->out, "PARK"); break;
    case FB_EV_UNPARK: fprintf(t->out, "UNPARK %u", e->park.events); break;
    case FB_EV_CHANNEL: tell_channel(t, e); break;
    case FB_EV_STALL: fprintf(t->out, "STALL %u", e->stall.tasks); break;
    case FB_EV_CENSUS: fprintf(t->out, "CENSUS %u", e->subject); break;
    default: tell_task(t, e); break;
    }
    fprintf(t->out, "\n");
}

// ---- whole runs ----

char *world_text(const struct world *w, uint64_t after) {
    struct teller *t = calloc(1, sizeof *t);
    char *text = NULL;
    size_t bytes = 0;

    assert_non_null(t);
    assert_true(w->trace.head <= w->trace.mask + 1); // nothing was lost
    t->trace = &w->trace;
    t->out = open_memstream(&text, &bytes);
    assert_non_null(t->out);
    for (uint64_t i = 0; i < w->trace.head; i++) {
        learn_future(t, &w->trace.events[i]);
        if (i >= after) {
            tell(t, &w->trace.events[i]);
        }
    }
    fclose(t->out);
    free(t);
    return text;
}

void world_skip(struct world *w) {
    w->shown = w->trace.head;
}

static bool is_line(const char *at, const char *line) {
    return strcspn(at, "\n") == strlen(line) &&
           memcmp(at, line, strlen(line)) == 0;
}

#ifdef FB_HOSTILE
static bool holds(const char *at, const char *words) {
    const char *found = strstr(at, words);

    return found != NULL && found < at + strcspn(at, "\n");
}

// In the hostile build a wake may be made again and change nothing: it stands
// among the events wherever it is not expected.
static const char *pass_repeated_wakes(const char *at, const char *line) {
    while (strncmp(at, "WAKE ", 5) == 0 &&
           (line == NULL || !is_line(at, line)) &&
           (holds(at, " coalesced by ") || holds(at, " after complete by "))) {
        at += strcspn(at, "\n");
        at += *at == '\n';
    }
    return at;
}
#else
static const char *pass_repeated_wakes(const char *at, const char *line) {
    (void)line;
    return at;
}
#endif

void world_expect(struct world *w, const char *const *lines, const char *file,
                  int line) {
    char *text = world_text(w, w->shown);
    const char *at = text;
    int row = 1;

    for (; *lines != NULL; lines++, row++) {
        size_t len;

        at = pass_repeated_wakes(at, *lines);
        len = strcspn(at, "\n");
        if (!is_line(at, *lines)) {
            print_error("the events were:\n%s", text);
            print_error("%s:%d: event %d: expected \"%s\", got \"%.*s\"\n",
                        file, line, row, *lines, (int)len, at);
            free(text);
            fail();
        }
        at += len + (at[len] == '\n');
    }
    at = pass_repeated_wakes(at, NULL);
    if (*at != '\0') {
        print_error("%s:%d: further events:\n%s", file, line, at);
        free(text);
        fail();
    }
    free(text);
    world_skip(w);
}

unsigned world_count(const struct world *w, enum fb_event_kind kind,
                     int detail) {
    struct numbered *events;
    size_t all = world_events(w, &events);
    unsigned count = 0;

    for (size_t i = 0; i < all; i++) {
        const struct fb_event *e = &events[i].event;

        count += e->kind == kind && (detail < 0 || e->detail == detail);
    }
    free(events);
    return count;
}
