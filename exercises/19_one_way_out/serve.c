// A greeter whose handler has a name, and three ways out for one trouble.
//
// Each of the three awaits of greet_poll brings its own copy of the same error
// branch, and the error ends there: whoever joins the task reads 0.
//
// Yours: one way out. greet gives the error back, and who joins it says it.
#include "serve.h"

#include "fishbowl/trace/text.h"
#include <stdlib.h>

struct greet {
    struct fb_future future;
    int out;
    struct greeter_client client;
    char *reply; // owned; NULL until the name is known
    union {
        struct fb_write_all write;
        struct fb_read read;
    };
};

// YOURS: begin
static enum fb_poll greet_poll(struct fb_future *f, struct fb_context *cx) {
    struct greet *self = fb_container_of(f, struct greet, future);
    struct fb_tcp_stream *socket = &self->client.stream;
    char *buf = self->client.scratch;
    const char *name;
    size_t len;

    // async move {
    FB_ASYNC(self, cx);
    greeter_label(cx, &self->client, "", 0);
    // if let Err(e) = socket.write_all(PROMPT).await {
    FB_AWAIT(self->write, fb_tcp_write_all(socket, PROMPT, PROMPT_BYTES));
    if (self->write.out < 0) {
        // println!("socket error: {e}"); return; }
        greeter_print_error(self->write.out);
        FB_RETURN(0);
    }
    // let n = match socket.read(&mut buf[..NAME_BYTES]).await { Ok(n) => n,
    FB_AWAIT(self->read, fb_tcp_read(socket, buf, NAME_BYTES));
    if (self->read.out < 0) {
        // Err(e) => { println!("socket error: {e}"); return; } };
        greeter_print_error(self->read.out);
        FB_RETURN(0);
    }
    // let name = str::from_utf8(&buf[..n]).unwrap().trim();
    if (!fb_text_is_utf8(buf, (size_t)self->read.out)) {
        FB_PANIC(NOT_UTF8);
    }
    name = fb_text_trim(buf, (size_t)self->read.out, &len);
    greeter_label(cx, &self->client, name, len);
    // let reply = format!("Thanks for dialing in, {name}!\n");
    FB_TRY(greeter_reply(name, len, &self->reply, &len));
    // if let Err(e) = socket.write_all(reply.as_bytes()).await {
    // The socket is dropped next: said in one call, the FIN travels along.
    FB_AWAIT(self->write, fb_tcp_write_close(socket, self->reply, len));
    if (self->write.out < 0) {
        // println!("socket error: {e}"); }
        greeter_print_error(self->write.out);
        FB_RETURN(0);
    }
    // }
    FB_RETURN(0);
    FB_ASYNC_END;
}
// YOURS: end

static void greet_drop(struct fb_future *f) {
    struct greet *self = fb_container_of(f, struct greet, future);

    free(self->reply);
    greeter_client_close(&self->client);
}

static struct fb_type greet_type =
    FB_TYPE(greet, .poll = greet_poll, .drop = greet_drop);

static struct greet greet(const struct greeter_client *client) {
    return (struct greet){.future = {.type = &greet_type}, .client = *client};
}

struct serve {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *listener;
    uint32_t guests; // still to come
    struct fb_join_set clients;
    char scratch[NAME_BYTES]; // all clients share it: see greeter.h
    struct fb_select select;
    struct fb_accept newcomer; // the arms of select
    struct fb_join_next finished;
};
enum { ARM_NEWCOMER, ARM_FINISHED };

// The arms of the next round; NULL where one is not offered.
static struct fb_future *arm_newcomer(struct serve *self) {
    if (self->guests == 0) {
        return NULL;
    }
    self->newcomer = fb_tcp_accept(self->listener);
    return &self->newcomer.future;
}

static struct fb_future *arm_finished(struct serve *self) {
    if (self->clients.members == 0) {
        return NULL;
    }
    self->finished = fb_join_next(&self->clients);
    return &self->finished.future;
}

// A conversation is over: says what it could not say itself.
static void say_farewell(const struct fb_join_result *result) {
    if (result->outcome == FB_OUTCOME_ERROR) {
        greeter_print_error(result->out);
    }
}

// Who has just come, as a conversation. It takes the connection over.
static struct greet serve_guest(struct serve *host) {
    const struct greeter_client client = {.stream = host->newcomer.stream,
                                          .peer = host->newcomer.peer,
                                          .scratch = host->scratch};

    return greet(&client);
}

static enum fb_poll serve_poll(struct fb_future *f, struct fb_context *cx) {
    struct serve *self = fb_container_of(f, struct serve, future);

    FB_ASYNC(self, cx);
    fb_join_set_init(&self->clients, cx->runtime);
    while (self->guests > 0 || self->clients.members > 0) {
        FB_AWAIT(self->select,
                 FB_SELECT(arm_newcomer(self), arm_finished(self)));
        if (self->select.out == ARM_FINISHED) {
            say_farewell(&self->finished.result);
            continue;
        }
        FB_TRY(self->newcomer.out);
        self->guests--;
        // clients.spawn(greet(socket, peer));
        FB_TRY(FB_JOIN_SET_SPAWN(&self->clients, serve_guest(self)));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void serve_drop(struct fb_future *f) {
    struct serve *self = fb_container_of(f, struct serve, future);

    fb_join_set_deinit(&self->clients);
}

static struct fb_type serve_type =
    FB_TYPE(serve, .poll = serve_poll, .drop = serve_drop);

int serve_spawn(struct fb_runtime *rt, struct fb_tcp_listener *listener,
                uint32_t guests) {
    return FB_SPAWN(rt,
                    ((struct serve){.future = {.type = &serve_type},
                                    .listener = listener,
                                    .guests = guests}),
                    NULL);
}
