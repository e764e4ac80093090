// One scripted client, from connect to verdict.
//
// It reads to the end of the stream and keeps every byte: the judge sees the
// whole transcript. A reset after a true transcript is no fault: a greeter that
// closes while bytes it never asked for are unread resets the connection (long
// names, slow clients), and what it had said before still arrives.
#include "dial.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SLOW_PAUSE_NS (5 * FB_MS)
#define FOREVER_NS    (UINT64_MAX / 4) // 146 years: no overflow when added

struct talk {
    struct fb_future future;
    int out;
    const struct dial_script *script;
    struct dial_line line;
    struct fb_tcp_stream stream;
    char *heard; // owned; HEARD_BYTES
    size_t heard_len, sent_len;
    uint32_t tried; // addresses of the host
    union {
        struct fb_connect connect;
        struct fb_write_all write;
        struct fb_read read;
        struct fb_sleep nap;
        struct {
            struct fb_timeout timeout;
            struct fb_read read;
        } hold;
    } u;
};

// A read of what comes next, up to `max` bytes of transcript in all.
static struct fb_read hear(struct talk *self, size_t max) {
    const size_t room = max - self->heard_len;

    return fb_tcp_read(&self->stream, self->heard + self->heard_len,
                       self->script->slow && room > 1 ? 1 : room);
}

static struct fb_write_all say(struct talk *self) {
    const size_t left = self->line.len - self->sent_len;

    return fb_tcp_write_all(&self->stream, self->line.bytes + self->sent_len,
                            self->script->slow ? 1 : left);
}

static struct fb_timeout hold(struct talk *self) {
    self->u.hold.read = hear(self, HEARD_BYTES);
    return fb_timeout(self->script->hold_ns, &self->u.hold.read.future);
}

// How a silent client ends: nobody may tell it anything but goodbye.
static int silence(int read_out) {
    return read_out == -ETIMEDOUT || read_out == 0 ? DIAL_OK
           : read_out > 0                          ? DIAL_WRONG
                                                   : read_out;
}

// Shows the first few transcripts that were wrong.
static void explain(const struct talk *self) {
    char said[161], heard[161];

    if (self->script->explain == NULL || *self->script->explain == 0) {
        return;
    }
    --*self->script->explain;
    fb_text_sanitise(self->line.bytes, self->sent_len, said, sizeof said);
    fb_text_sanitise(self->heard, self->heard_len, heard, sizeof heard);
    (void)fprintf(stderr, "fishbowl: said \"%s\", heard \"%s\"\n", said, heard);
}

// Gives the verdict on all that was heard until a read gave `read_out`.
static int judge(const struct talk *self, int read_out) {
    if (dial_is_true(self->heard, self->heard_len, self->line.bytes,
                     self->sent_len, self->script->slow)) {
        return DIAL_OK;
    }
    if (read_out < 0) {
        return read_out;
    }
    explain(self);
    return DIAL_WRONG;
}

static enum fb_poll talk_poll(struct fb_future *f, struct fb_context *cx) {
    struct talk *self = fb_container_of(f, struct talk, future);
    const struct dial_script *script = self->script;

    FB_ASYNC(self, cx);
    for (;;) {
        FB_AWAIT(self->u.connect, fb_tcp_connect(&script->addrs[self->tried]));
        if (self->u.connect.out == 0) {
            break;
        }
        if (++self->tried == script->addr_count) {
            FB_RETURN(self->u.connect.out);
        }
    }
    self->stream = self->u.connect.stream;
    self->heard = malloc(HEARD_BYTES);
    if (self->heard == NULL) {
        FB_RETURN(-ENOMEM);
    }
    while (self->heard_len < PROMPT_BYTES) {
        FB_AWAIT_TRY(self->u.read, hear(self, PROMPT_BYTES));
        if (self->u.read.out == 0) {
            FB_RETURN(judge(self, 0)); // closed before it has asked
        }
        self->heard_len += (size_t)self->u.read.out;
    }
    if (memcmp(self->heard, PROMPT, PROMPT_BYTES) != 0) {
        FB_RETURN(judge(self, 0));
    }
    if (script->role == DIAL_HANG_UP) {
        FB_RETURN(DIAL_OK);
    }
    if (script->role == DIAL_SILENT && script->hold_ns > 0) {
        FB_AWAIT(self->u.hold.timeout, hold(self));
        FB_RETURN(silence(self->u.hold.timeout.out));
    }
    if (script->role == DIAL_SILENT) {
        FB_AWAIT(self->u.read, hear(self, HEARD_BYTES));
        FB_RETURN(silence(self->u.read.out));
    }

    if (script->think_ns > 0) {
        FB_AWAIT(self->u.nap, fb_sleep(script->think_ns));
    }
    while (self->sent_len < self->line.len) {
        FB_AWAIT(self->u.write, say(self));
        if (self->u.write.out < 0) {
            break; // it may have answered already: hear what it said
        }
        self->sent_len += self->script->slow ? 1 : self->line.len;
        if (script->slow) {
            FB_AWAIT(self->u.nap, fb_sleep(SLOW_PAUSE_NS));
        }
    }
    if (script->half_open && fb_tcp_shutdown(&self->stream) < 0) {
        // Reset by now. The read says so, after what came before.
    }
    do {
        FB_AWAIT(self->u.read, hear(self, HEARD_BYTES));
        if (self->u.read.out > 0) {
            self->heard_len += (size_t)self->u.read.out;
        }
    } while (self->u.read.out > 0 && self->heard_len < HEARD_BYTES);
    FB_RETURN(judge(self, self->u.read.out));
    FB_ASYNC_END;
}

static void talk_drop(struct fb_future *f) {
    struct talk *self = fb_container_of(f, struct talk, future);

    free(self->heard);
    fb_tcp_close(&self->stream);
}

static struct fb_type talk_type =
    FB_TYPE(talk, .poll = talk_poll, .drop = talk_drop);

// The conversation and its time limit, in one allocation.
struct dial {
    struct fb_future future;
    int out;
    struct fb_timeout timeout;
    struct talk talk;
};

static enum fb_poll dial_poll(struct fb_future *f, struct fb_context *cx) {
    struct dial *self = fb_container_of(f, struct dial, future);
    uint64_t limit_ns;

    FB_ASYNC(self, cx);
    fb_context_label(cx, self->talk.line.bytes, self->talk.line.len);
    limit_ns = self->talk.script->timeout_ns;
    FB_AWAIT(self->timeout, fb_timeout(limit_ns == 0 ? FOREVER_NS : limit_ns,
                                       &self->talk.future));
    FB_RETURN(self->timeout.out);
    FB_ASYNC_END;
}

static struct fb_type dial_type = FB_TYPE(dial, .poll = dial_poll);

int dial_spawn(struct fb_join_set *set, const struct dial_script *script,
               const struct dial_line *line) {
    struct dial dial = {
        .future = {.type = &dial_type},
        .talk = {.future = {.type = &talk_type},
                 .script = script,
                 .line = *line},
    };

    return FB_JOIN_SET_SPAWN(set, dial);
}
