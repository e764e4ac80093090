// The story of channels: what goes in, what comes out, who waits for what.
//
// A number stands for a channel, a watch, a semaphore, a mutex or a notify;
// which one is said by the kind of a CHANNEL event, and elsewhere by what its
// waiter waits for. Reasons are nouns, to follow "it waits for".
#include "story_parts.h"

static const char *kind_word(unsigned kind) {
    switch ((enum fb_channel_kind)kind) {
    case FB_CHANNEL_NOTIFY: return "notify";
    case FB_CHANNEL_SEMAPHORE: return "semaphore";
    case FB_CHANNEL_MUTEX: return "mutex";
    case FB_CHANNEL_WATCH: return "watch";
    case FB_CHANNEL_ONESHOT:
    case FB_CHANNEL_MPSC:
    case FB_CHANNEL_BROADCAST:
    case FB_CHANNEL_KINDS:
    default: return "channel";
    }
}

static const char *wait_word(unsigned wait) {
    switch ((enum fb_channel_wait)wait) {
    case FB_AWAITS_CHANGE: return "watch";
    case FB_AWAITS_PERMIT: return "semaphore";
    case FB_AWAITS_MUTEX: return "mutex";
    case FB_AWAITS_NOTIFY: return "notify";
    case FB_AWAITS_OTHER:
    case FB_AWAITS_MESSAGE:
    case FB_AWAITS_ROOM:
    case FB_AWAITS_CLOSED:
    default: return "channel";
    }
}

void fb__phrase_channel(struct fb__phrase *p, unsigned wait, uint32_t id) {
    fb__phrase_add(p, "%s %u", wait_word(wait), id);
}

void fb__phrase_channel_wait(struct fb__phrase *p, unsigned wait, uint32_t id) {
    const char *what = "";

    switch ((enum fb_channel_wait)wait) {
    case FB_AWAITS_MESSAGE: what = "a message in "; break;
    case FB_AWAITS_ROOM: what = "room in "; break;
    case FB_AWAITS_CLOSED: what = "the receiver to leave "; break;
    case FB_AWAITS_CHANGE: what = "a new value in "; break;
    case FB_AWAITS_PERMIT: what = "a permit of "; break;
    case FB_AWAITS_MUTEX:
    case FB_AWAITS_NOTIFY:
    case FB_AWAITS_OTHER:
    default: break;
    }
    fb__phrase_add(p, "%s", what);
    fb__phrase_channel(p, wait, id);
}

void fb__phrase_channel_promise(struct fb__phrase *p, unsigned wait) {
    const char *when = "";

    switch ((enum fb_channel_wait)wait) {
    case FB_AWAITS_MESSAGE: when = ", when it has a message"; break;
    case FB_AWAITS_ROOM: when = ", when it has room"; break;
    case FB_AWAITS_CLOSED: when = ", when its receiver is gone"; break;
    case FB_AWAITS_CHANGE: when = ", when it has a new value"; break;
    case FB_AWAITS_PERMIT: when = ", when it has a permit"; break;
    case FB_AWAITS_MUTEX: when = ", when it is free"; break;
    case FB_AWAITS_NOTIFY: when = ", when it is called"; break;
    case FB_AWAITS_OTHER:
    default: break;
    }
    fb__phrase_add(p, "%s", when);
}

// ---- sentences ----

// What is in there now.
static void add_permits(struct fb__telling *s) {
    const uint32_t count = s->e->channel.count;

    if (count == 0) {
        fb__phrase_add(&s->p, ": none is left");
    } else {
        fb__phrase_add(&s->p, ": %u %s left", count, count == 1 ? "is" : "are");
    }
}

static void add_messages(struct fb__telling *s, unsigned kind) {
    const uint32_t count = s->e->channel.count;
    const uint32_t capacity = s->e->channel.capacity;

    if (kind == FB_CHANNEL_BROADCAST) { // of those, this receiver has to read
        fb__phrase_add(&s->p, ": %u more to read", count);
    } else if (count == 0) {
        fb__phrase_add(&s->p, ": it is empty now");
    } else if (count == capacity) {
        fb__phrase_add(&s->p, ": it is full now");
    } else {
        fb__phrase_add(&s->p, ": %u of its %u places are taken", count,
                       capacity);
    }
}

static void add_amount(struct fb__telling *s, const char *what) {
    const uint32_t amount = s->e->channel.amount;

    if (amount == 1) {
        fb__phrase_add(&s->p, "a %s", what);
    } else {
        fb__phrase_add(&s->p, "%u %ss", amount, what);
    }
}

static void say_open(struct fb__telling *s, unsigned kind) {
    const struct fb_event *e = s->e;

    fb__phrase_add(&s->p, " makes %s %u", kind_word(kind), e->subject);
    if (kind == FB_CHANNEL_SEMAPHORE) {
        fb__phrase_add(&s->p, " with %u permit%s", e->channel.count,
                       e->channel.count == 1 ? "" : "s");
    } else if (kind == FB_CHANNEL_MPSC || kind == FB_CHANNEL_ONESHOT ||
               kind == FB_CHANNEL_BROADCAST) {
        fb__phrase_add(&s->p, " for at most %u message%s", e->channel.capacity,
                       e->channel.capacity == 1 ? "" : "s");
    }
}

static void say_give(struct fb__telling *s, unsigned kind) {
    const uint32_t id = s->e->subject;

    switch ((enum fb_channel_kind)kind) {
    case FB_CHANNEL_NOTIFY:
        fb__phrase_add(&s->p, " notifies through notify %u%s", id,
                       s->e->channel.amount == 0  ? " all that wait now"
                       : s->e->channel.count == 1 ? ": the next to ask goes on"
                                                  : ": the first that waits");
        break;
    case FB_CHANNEL_SEMAPHORE:
        fb__phrase_add(&s->p, " gives ");
        add_amount(s, "permit");
        fb__phrase_add(&s->p, " to semaphore %u", id);
        add_permits(s);
        break;
    case FB_CHANNEL_MUTEX:
        fb__phrase_add(&s->p, " unlocks mutex %u%s", id,
                       s->e->channel.count == 1 ? ": it is free"
                                                : ": the first that waits has "
                                                  "it");
        break;
    case FB_CHANNEL_WATCH:
        fb__phrase_add(&s->p, " puts a new value into watch %u", id);
        break;
    case FB_CHANNEL_BROADCAST:
        fb__phrase_add(&s->p, " sends a message to all receivers of channel %u",
                       id);
        break;
    case FB_CHANNEL_ONESHOT:
    case FB_CHANNEL_MPSC:
    case FB_CHANNEL_KINDS:
    default:
        fb__phrase_add(&s->p, " sends a message into channel %u", id);
        add_messages(s, kind);
        break;
    }
}

static void say_take(struct fb__telling *s, unsigned kind) {
    const uint32_t id = s->e->subject;

    switch ((enum fb_channel_kind)kind) {
    case FB_CHANNEL_NOTIFY:
        fb__phrase_add(&s->p, " is notified by notify %u", id);
        break;
    case FB_CHANNEL_SEMAPHORE:
        fb__phrase_add(&s->p, " takes ");
        add_amount(s, "permit");
        fb__phrase_add(&s->p, " of semaphore %u", id);
        add_permits(s);
        break;
    case FB_CHANNEL_MUTEX:
        fb__phrase_add(&s->p, " has locked mutex %u", id);
        break;
    case FB_CHANNEL_WATCH:
        fb__phrase_add(&s->p, " sees the new value in watch %u", id);
        break;
    case FB_CHANNEL_ONESHOT:
    case FB_CHANNEL_MPSC:
    case FB_CHANNEL_BROADCAST:
    case FB_CHANNEL_KINDS:
    default:
        fb__phrase_add(&s->p, " receives a message from channel %u", id);
        add_messages(s, kind);
        break;
    }
}

void fb__tell_of_channel(struct fb__telling *s) {
    const unsigned kind = s->e->flags & ~FB_EV_FLAG_CENSUS;
    const uint32_t id = s->e->subject;

    if (s->e->channel.task != 0) {
        fb__tell_task(s, s->e->channel.task);
    } else {
        fb__phrase_add(&s->p, "The program");
    }
    switch ((enum fb_channel_op)s->e->detail) {
    case FB_CHANNEL_OPEN: say_open(s, kind); break;
    case FB_CHANNEL_GIVE: say_give(s, kind); break;
    case FB_CHANNEL_TAKE: say_take(s, kind); break;
    case FB_CHANNEL_PASS:
        fb__phrase_add(&s->p,
                       " does not use what %s %u gave it: it goes to whoever "
                       "is next",
                       kind_word(kind), id);
        break;
    case FB_CHANNEL_CLOSE:
        fb__phrase_add(&s->p, " closes %s %u: nothing more goes in",
                       kind_word(kind), id);
        break;
    case FB_CHANNEL_LAG:
        fb__phrase_add(&s->p, " was too slow for channel %u and misses ", id);
        add_amount(s, "message");
        break;
    case FB_CHANNEL_OPS:
    default:
        fb__phrase_add(&s->p, " does something with %s %u", kind_word(kind),
                       id);
        break;
    }
    fb__phrase_add(&s->p, ".");
}
