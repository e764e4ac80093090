// The story of the reactor, the timers, the executor's rest and the census.
#include "story_parts.h"
#include <errno.h>

// ---- sources ----

static const char *source_word(uint8_t kind) {
    switch ((enum fb_source_kind)kind) {
    case FB_SOURCE_LISTENER: return "a listener";
    case FB_SOURCE_STREAM: return "a stream";
    case FB_SOURCE_SIGNAL: return "signals";
    case FB_SOURCE_DATAGRAM: return "datagrams";
    case FB_SOURCE_OTHER:
    default: return "a descriptor";
    }
}

static void say_source(struct fb__telling *s) {
    const struct fb_event *e = s->e;
    struct fb__phrase *p = &s->p;
    const unsigned bits = e->flags;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_SOURCE_ADD:
        fb__phrase_add(p, "fd %d becomes source %u of the reactor: %s.",
                       e->source.fd, e->subject, source_word(e->detail));
        break;
    case FB_EV_SOURCE_READY:
        fb__phrase_add(p, "The reactor learns that fd %d is ", e->source.fd);
        fb__phrase_bits(p, bits, " and ");
        fb__phrase_add(p, ".");
        break;
    case FB_EV_SOURCE_CLEAR:
        fb__phrase_add(p, "fd %d counts as not ", e->source.fd);
        fb__phrase_bits(p, bits, " or ");
        fb__phrase_add(p, " until the reactor hears of it again.");
        break;
    case FB_EV_SOURCE_STALE:
        fb__phrase_add(p,
                       "An event for a source that is closed by now hits "
                       "nobody (fd %d, generation %u).",
                       e->source.fd, e->source.generation);
        break;
    default:
        fb__phrase_add(p, "fd %d leaves the reactor and is closed.",
                       e->source.fd);
        break;
    }
}

// ---- input and output ----

static void say_would_block(struct fb__telling *s) {
    struct fb__phrase *p = &s->p;

    switch ((enum fb_io_op)s->e->detail) {
    case FB_IO_READ:
    case FB_IO_PEEK: fb__phrase_add(p, "nothing to read yet"); break;
    case FB_IO_RECV_FROM: fb__phrase_add(p, "no datagram yet"); break;
    case FB_IO_SEND_TO:
    case FB_IO_WRITE: fb__phrase_add(p, "no room to write yet"); break;
    case FB_IO_ACCEPT: fb__phrase_add(p, "nobody is dialing in yet"); break;
    case FB_IO_CONNECT: fb__phrase_add(p, "not connected yet"); break;
    case FB_IO_SHUTDOWN:
    case FB_IO_CLOSE:
    default: fb__phrase_add(p, "not yet"); break;
    }
}

static void say_error(struct fb__telling *s) {
    const int32_t result = s->e->io.result;
    const int err = result == INT32_MIN ? 0 : -result;
    const char *name = fb_name_errno(err);

    if (name[0] == '?') {
        fb__phrase_add(&s->p, " fails with error %d.", err);
    } else {
        fb__phrase_add(&s->p, " returns %s", name);
        if (err == EAGAIN || err == EINPROGRESS) {
            fb__phrase_add(&s->p, ": ");
            say_would_block(s);
        }
        fb__phrase_add(&s->p, ".");
    }
}

static void say_datagram(struct fb__telling *s) {
    const uint32_t len = (uint32_t)s->e->io.result, room = s->e->io.asked;

    fb__phrase_add(&s->p, " brings a datagram of %u byte%s", len,
                   len == 1 ? "" : "s");
    if (len > room) {
        fb__phrase_add(&s->p, ", cut to the %u there is room for", room);
    }
    fb__phrase_add(&s->p, ".");
}

static void say_io(struct fb__telling *s) {
    const struct fb_event *e = s->e;
    struct fb__phrase *p = &s->p;
    const int32_t result = e->io.result;

    fb__phrase_add(p, "%s() on fd %d", fb_name_io((enum fb_io_op)e->detail),
                   e->io.fd);
    if (result < 0) {
        say_error(s);
        return;
    }
    switch ((enum fb_io_op)e->detail) {
    case FB_IO_ACCEPT:
        fb__phrase_add(p, " takes a connection: fd %d.", result);
        break;
    case FB_IO_READ:
        if (result == 0) {
            fb__phrase_add(p, " brings 0 bytes: end of file.");
        } else {
            fb__phrase_add(p, " brings %d byte%s.", result,
                           result == 1 ? "" : "s");
        }
        break;
    case FB_IO_WRITE:
        fb__phrase_add(p, " takes %d of %u byte%s.", result, e->io.asked,
                       e->io.asked == 1 ? "" : "s");
        break;
    case FB_IO_SHUTDOWN:
        fb__phrase_add(p, " tells the peer that no more will come.");
        break;
    case FB_IO_CONNECT: fb__phrase_add(p, " is connected."); break;
    case FB_IO_PEEK:
        fb__phrase_add(p, " sees %d byte%s and leaves %s there.", result,
                       result == 1 ? "" : "s", result == 1 ? "it" : "them");
        break;
    case FB_IO_SEND_TO:
        fb__phrase_add(p, " sends a datagram of %d byte%s.", result,
                       result == 1 ? "" : "s");
        break;
    case FB_IO_RECV_FROM: say_datagram(s); break;
    case FB_IO_CLOSE: fb__phrase_add(p, " gives the descriptor back."); break;
    default: fb__phrase_add(p, " gives %d.", result); break;
    }
}

// ---- timers ----

static void say_timer(struct fb__telling *s) {
    const struct fb_event *e = s->e;
    struct fb__phrase *p = &s->p;

    if (e->kind == FB_EV_TIMER_SET) {
        fb__phrase_add(p, "Timer %u is set for task %u: ", e->subject,
                       e->timer.task);
        if (e->timer.deadline_ns > e->time_ns) {
            fb__phrase_add(p, "in ");
            fb__phrase_remaining(p, e->timer.deadline_ns - e->time_ns);
        } else {
            fb__phrase_add(p, "due at once");
        }
        fb__phrase_add(p, ".");
    } else if (e->detail == FB_TIMER_FIRED) {
        fb__phrase_add(p, "Timer %u fires: its deadline has come.", e->subject);
    } else {
        fb__phrase_add(p, "Timer %u is cancelled: it will not fire.",
                       e->subject);
    }
}

void fb__tell_of_reactor(struct fb__telling *s) {
    switch ((enum fb_event_kind)s->e->kind) {
    case FB_EV_IO: say_io(s); break;
    case FB_EV_TIMER_SET:
    case FB_EV_TIMER_END: say_timer(s); break;
    default: say_source(s); break;
    }
}

// ---- the executor ----

// One of several workers: another one may be in the reactor, and wake it.
static void say_worker_parks(struct fb__telling *s) {
    const int64_t timeout = s->e->park.timeout_ns;

    if (timeout == 0) {
        fb__phrase_add(&s->p, "Worker %u looks at the reactor without waiting.",
                       s->e->subject);
        return;
    }
    fb__phrase_add(&s->p, "Worker %u has nothing to run: it parks",
                   s->e->subject);
    if (timeout < 0) {
        fb__phrase_add(&s->p, " until there is news.");
    } else {
        fb__phrase_add(&s->p, ", for ");
        fb__phrase_remaining(&s->p, (uint64_t)timeout);
        fb__phrase_add(&s->p, " at most.");
    }
}

static void say_park(struct fb__telling *s) {
    const int64_t timeout = s->e->park.timeout_ns;

    if (fb__tell_several(s)) {
        say_worker_parks(s);
    } else if (timeout != 0 && s->before->queue_len > 0) {
        // only where whoever picks whom to poll wants it so
        fb__phrase_add(&s->p, "The executor parks, although %u task%s run.",
                       s->before->queue_len,
                       s->before->queue_len == 1 ? " can" : "s can");
    } else if (timeout < 0) {
        fb__phrase_add(&s->p, "Nothing can run: the executor parks until the "
                              "reactor has news.");
    } else if (timeout == 0) {
        fb__phrase_add(&s->p, "The executor looks at the reactor without "
                              "waiting.");
    } else {
        fb__phrase_add(&s->p, "Nothing can run: the executor parks, for ");
        fb__phrase_remaining(&s->p, (uint64_t)timeout);
        fb__phrase_add(&s->p, " at most.");
    }
}

static void say_unpark(struct fb__telling *s) {
    const uint32_t events = s->e->park.events;

    if (fb__tell_several(s)) {
        fb__phrase_add(&s->p, "Worker %u goes on", s->e->subject);
        if (events == 0) { // it may have been another worker that woke it
            fb__phrase_add(&s->p, ".");
            return;
        }
        fb__phrase_add(&s->p, ": the");
    } else {
        fb__phrase_add(&s->p, "The");
    }
    if (events == 0) {
        fb__phrase_add(&s->p, " reactor has no news.");
    } else {
        fb__phrase_add(&s->p, " reactor brings %u event%s.", events,
                       events == 1 ? "" : "s");
    }
}

static void say_clock(struct fb__telling *s) {
    const uint64_t from = s->e->clock.from_ns, to = s->e->clock.to_ns;

    switch ((enum fb_clock_step)s->e->detail) {
    case FB_CLOCK_ADVANCED:
        fb__phrase_add(&s->p, "The virtual clock advances by ");
        fb__phrase_duration(&s->p, to > from ? to - from : 0);
        fb__phrase_add(&s->p, ": nothing could run before.");
        break;
    case FB_CLOCK_STOPPED:
        fb__phrase_add(&s->p, "A viewer stops the executor; its clock stands "
                              "still.");
        break;
    case FB_CLOCK_RESUMED:
        fb__phrase_add(&s->p, "The executor runs on; its clock stood still "
                              "meanwhile.");
        break;
    case FB_CLOCK_BLOCKED:
        fb__phrase_task(&s->p, "Task", s->names, s->after, s->e->subject);
        fb__phrase_add(&s->p, " calls ");
        fb__phrase_type(&s->p, s->names, s->e->flags & FB_EV_WORKER_MASK);
        fb__phrase_add(&s->p, ", which blocks the thread for ");
        fb__phrase_duration(&s->p, to > from ? to - from : 0);
        fb__phrase_add(&s->p, ": nobody else can run meanwhile.");
        break;
    default: fb__phrase_add(&s->p, "Something about the clock."); break;
    }
}

static void say_block(struct fb__telling *s) {
    const struct fb_event *e = s->e;
    struct fb__phrase *p = &s->p;

    fb__phrase_add(p, "Blocking work %u ", e->subject);
    if (e->kind == FB_EV_BLOCK_BEGIN) {
        fb__phrase_add(p, "goes to the pool of threads, so that ");
        fb__phrase_task(p, "task", s->names, s->after, e->block.task);
        fb__phrase_add(p, " holds up nobody.");
        return;
    }
    switch ((enum fb_block_end)e->detail) {
    case FB_BLOCK_DONE:
        fb__phrase_add(p, "is finished: it returned %d.", e->block.out);
        break;
    case FB_BLOCK_DROPPED:
        fb__phrase_add(p, "is dropped: it had not started.");
        break;
    case FB_BLOCK_ORPHAN:
        fb__phrase_add(p, "is finished, but nobody waits for it any more: its "
                          "result is dropped.");
        break;
    default: fb__phrase_add(p, "is over."); break;
    }
}

void fb__tell_of_executor(struct fb__telling *s) {
    const struct fb_event *e = s->e;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_PARK: say_park(s); break;
    case FB_EV_UNPARK: say_unpark(s); break;
    case FB_EV_CLOCK: say_clock(s); break;
    case FB_EV_STALL:
        fb__phrase_add(&s->p,
                       "Nothing can ever happen again: %u task%s for "
                       "ever.",
                       e->stall.tasks,
                       e->stall.tasks == 1 ? " waits" : "s wait");
        break;
    case FB_EV_BLOCK_BEGIN:
    case FB_EV_BLOCK_END: say_block(s); break;
    default:
        fb__phrase_add(&s->p, "An event of unknown kind %u, about number %u.",
                       e->kind, e->subject);
        break;
    }
}

// ---- the census ----

static void say_census_step(struct fb__telling *s) {
    const struct fb_event *e = s->e;

    if (e->detail == FB_CENSUS_BEGIN) {
        fb__phrase_add(&s->p,
                       "A census begins: all that is alive now, with "
                       "%u task%s.",
                       e->census.tasks, e->census.tasks == 1 ? "" : "s");
    } else if (e->detail == FB_CENSUS_END) {
        fb__phrase_add(&s->p, "The census ends: what it did not name does not "
                              "exist.");
    } else {
        fb__phrase_add(&s->p, "Census: ");
        fb__phrase_task(&s->p, "task", s->names, s->after, e->subject);
        fb__phrase_add(&s->p, " was polled %u time%s and woken %u time%s.",
                       e->counts.polls, e->counts.polls == 1 ? "" : "s",
                       e->counts.wakes, e->counts.wakes == 1 ? "" : "s");
    }
}

void fb__tell_of_census(struct fb__telling *s) {
    const struct fb_event *e = s->e;
    struct fb__phrase *p = &s->p;

    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_CENSUS: say_census_step(s); return;
    case FB_EV_TASK_SPAWN:
        fb__phrase_add(p, "Census: ");
        fb__phrase_task(p, "task", s->names, s->after, e->subject);
        fb__phrase_add(p, " exists.");
        return;
    case FB_EV_TASK_LABEL:
        fb__phrase_add(p, "Census: task %u is called so: part %u of its name.",
                       e->subject, e->detail + 1u);
        return;
    case FB_EV_FUTURE_ENTER:
        fb__phrase_add(p, "Census: task %u has future %u", e->enter.task,
                       e->subject);
        if (fb__names_knows(s->names, e->enter.type)) {
            fb__phrase_add(p, ", ");
            fb__phrase_type(p, s->names, e->enter.type);
        }
        fb__phrase_add(p, ".");
        return;
    case FB_EV_SOURCE_ADD:
        fb__phrase_add(p, "Census: fd %d is source %u of the reactor.",
                       e->source.fd, e->subject);
        return;
    case FB_EV_TIMER_SET:
        fb__phrase_add(p, "Census: timer %u is set for task %u.", e->subject,
                       e->timer.task);
        return;
    case FB_EV_WAKER_CLONE:
        fb__phrase_add(p, "Census: a waker of task %u sits in ", e->subject);
        fb__phrase_party(p, s->after, e->detail, e->waker.holder);
        fb__phrase_add(p, ".");
        return;
    case FB_EV_TASK_SCHEDULED:
        fb__phrase_add(p, "Census: task %u is in the run queue, as number %u.",
                       e->subject, e->scheduled.depth);
        return;
    default:
        fb__phrase_add(p, "Census: %s of number %u.",
                       fb_name_event((enum fb_event_kind)e->kind), e->subject);
        return;
    }
}
