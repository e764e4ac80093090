// The handler unmasked: the state machine of named.c, written by hand.
//
//     START ──► ASKING ──► READING ──► THANKING ──► Ready(0)
//                 │           │            │
//                 └───────────┴────────────┴──────► Ready(-errno)
//
// No macro hides anything here. A poll runs the steps in order until one has
// to wait; then it returns Pending, and the next poll comes back to that step:
// it polls the same child again and goes on where the child is Ready.
#include "greeter.h"

#include "fishbowl/trace/text.h"
#include <stdlib.h>

enum greet_step { START, ASKING, READING, THANKING };

struct greet {
    struct fb_future future;
    int out;
    enum greet_step step;
    struct greeter_client client;
    char *reply; // owned; NULL until the name is known
    union {
        struct fb_write_all write; // ASKING, THANKING
        struct fb_read read;       // READING
    };
};

static enum fb_poll finish(struct greet *self, int out) {
    self->out = out;
    return FB_READY;
}

// DOC: states-handler
static enum fb_poll greet_poll(struct fb_future *f, struct fb_context *cx) {
    struct greet *self = fb_container_of(f, struct greet, future);
    struct fb_tcp_stream *socket = &self->client.stream;
    char *buf = self->client.scratch;
    const char *name;
    size_t len;
    int err;

    switch (self->step) {
    case START: // the first poll
        greeter_label(cx, &self->client, "", 0);
        self->write = fb_tcp_write_all(socket, PROMPT, PROMPT_BYTES);
        self->step = ASKING;
        __attribute__((fallthrough));
    case ASKING: // "Who are you?" is on its way
        if (fb_future_await(f, &self->write.future, cx, __LINE__) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        if (self->write.out < 0) {
            return finish(self, self->write.out);
        }
        // DOC: states-reading
        // let n = socket.read(&mut buf[..NAME_BYTES]).await?;
        self->read = fb_tcp_read(socket, buf, NAME_BYTES);
        self->step = READING;
        __attribute__((fallthrough));
    // DOC: states-two-ways-out
    case READING: // the client has not said its name
        if (fb_future_await(f, &self->read.future, cx, __LINE__) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        if (self->read.out < 0) {
            return finish(self, self->read.out);
        }
        // END: states-reading
        // END: states-two-ways-out
        if (!fb_text_is_utf8(buf, (size_t)self->read.out)) {
            fb_context_fail(cx, NOT_UTF8);
            return FB_PENDING; // and is never polled again
        }
        name = fb_text_trim(buf, (size_t)self->read.out, &len);
        greeter_label(cx, &self->client, name, len);
        err = greeter_reply(name, len, &self->reply, &len);
        if (err < 0) {
            return finish(self, err);
        }
        // The socket is dropped next: said in one call, the FIN travels along.
        self->write = fb_tcp_write_close(socket, self->reply, len);
        self->step = THANKING;
        __attribute__((fallthrough));
    case THANKING: // the reply is on its way
        if (fb_future_await(f, &self->write.future, cx, __LINE__) ==
            FB_PENDING) {
            return FB_PENDING;
        }
        return finish(self, self->write.out);
    }
    fb_assert(false, "a step that is in the enum");
    return FB_PENDING;
}
// END: states-handler

static void greet_drop(struct fb_future *f) {
    struct greet *self = fb_container_of(f, struct greet, future);

    free(self->reply);
    greeter_client_close(&self->client);
}

static struct fb_type greet_type =
    FB_TYPE(greet, .poll = greet_poll, .drop = greet_drop);

static struct greet greet(const struct greeter_client *client) {
    return (struct greet){
        .future = {.type = &greet_type}, .step = START, .client = *client};
}

static int greet_spawn(struct fb_join_set *clients,
                       const struct greeter_client *client) {
    return FB_JOIN_SET_SPAWN(clients, greet(client));
}

static struct fb_future *greet_box(const struct greeter_client *client) {
    struct greet unboxed = greet(client);

    return greeter_box(&unboxed.future, sizeof unboxed);
}

const struct greeter_handler greeter_states = {
    .name = "states", .spawn = greet_spawn, .box = greet_box};
