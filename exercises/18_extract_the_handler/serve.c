// A greeter in one function, as first versions are written.
//
// serve_poll does two jobs. A serve with a listener accepts. For each guest it
// spawns another serve, which has a client, and runs the block below the loop.
// So both carry the members of both: look at the size of a row.
//
// Yours: take the block out, and give it a name: greet. It gets a struct with
// what one conversation needs, a poll function, a drop and a type.
#include "serve.h"

#include "fishbowl/trace/text.h"
#include <stdlib.h>

// YOURS: begin
struct serve {
    struct fb_future future;
    int out;
    // for the accept loop
    struct fb_tcp_listener *listener; // NULL: this one is a conversation
    uint32_t guests;                  // still to come
    struct fb_join_set clients;
    char scratch[NAME_BYTES]; // all clients share it: see greeter.h
    // for one conversation
    struct greeter_client client;
    char *reply; // owned; NULL until the name is known
    union {
        struct fb_accept newcomer;
        struct fb_join_next finished;
        struct fb_write_all write;
        struct fb_read read;
    };
};

static struct serve serve_guest(struct serve *host);

static enum fb_poll serve_poll(struct fb_future *f, struct fb_context *cx) {
    struct serve *self = fb_container_of(f, struct serve, future);
    struct fb_tcp_stream *socket = &self->client.stream;
    char *buf = self->client.scratch;
    const char *name;
    size_t len;

    FB_ASYNC(self, cx);
    if (self->listener != NULL) {
        fb_join_set_init(&self->clients, cx->runtime);
        for (; self->guests > 0; self->guests--) {
            FB_AWAIT_TRY(self->newcomer, fb_tcp_accept(self->listener));
            // clients.spawn(
            FB_TRY(FB_JOIN_SET_SPAWN(&self->clients, serve_guest(self)));
        }
        while (self->clients.members > 0) {
            FB_AWAIT(self->finished, fb_join_next(&self->clients));
        }
        FB_RETURN(0);
    }
    // async move {
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

static void serve_drop(struct fb_future *f) {
    struct serve *self = fb_container_of(f, struct serve, future);

    free(self->reply);
    greeter_client_close(&self->client);
    fb_join_set_deinit(&self->clients);
}

static struct fb_type serve_type =
    FB_TYPE(serve, .poll = serve_poll, .drop = serve_drop);

// Who has just come, as a serve of its own. It takes the connection over.
static struct serve serve_guest(struct serve *host) {
    return (struct serve){.future = {.type = &serve_type},
                          .client = {.stream = host->newcomer.stream,
                                     .peer = host->newcomer.peer,
                                     .scratch = host->scratch}};
}
// YOURS: end

int serve_spawn(struct fb_runtime *rt, struct fb_tcp_listener *listener,
                uint32_t guests) {
    return FB_SPAWN(rt,
                    ((struct serve){.future = {.type = &serve_type},
                                    .listener = listener,
                                    .guests = guests}),
                    NULL);
}
