// The handler as a function with a name: one error path, read by who joins it.
//
// Problem: the block of inline.c says the same thing three times when a socket
// fails. Idea: a function that returns the error; the accept loop, which joins
// every client, says it once.
//
// Every line of the poll function stands under the line of Rust it mirrors.
// What Rust's compiler makes of an async fn is here the struct: the locals that
// live across an await, and a union of children that are never alive together.
#include "greeter.h"

#include "fishbowl/trace/text.h"
#include <stdlib.h>

// DOC: named-struct
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
// END: named-struct

// DOC: named-handler
static enum fb_poll greet_poll(struct fb_future *f, struct fb_context *cx) {
    struct greet *self = fb_container_of(f, struct greet, future);
    struct fb_tcp_stream *socket = &self->client.stream;
    char *buf = self->client.scratch;
    const char *name;
    size_t len;

    // async fn greet(mut socket: TcpStream, peer: SocketAddr) -> Result<()> {
    FB_ASYNC(self, cx);
    greeter_label(cx, &self->client, "", 0);
    // socket.write_all(PROMPT).await?;
    FB_AWAIT_TRY(self->write, fb_tcp_write_all(socket, PROMPT, PROMPT_BYTES));
    // DOC: named-try
    // let n = socket.read(&mut buf[..NAME_BYTES]).await?;
    FB_AWAIT_TRY(self->read, fb_tcp_read(socket, buf, NAME_BYTES));
    // END: named-try
    // let name = str::from_utf8(&buf[..n]).unwrap().trim();
    if (!fb_text_is_utf8(buf, (size_t)self->read.out)) {
        FB_PANIC(NOT_UTF8);
    }
    name = fb_text_trim(buf, (size_t)self->read.out, &len);
    greeter_label(cx, &self->client, name, len);
    // let reply = format!("Thanks for dialing in, {name}!\n");
    FB_TRY(greeter_reply(name, len, &self->reply, &len));
    // socket.write_all(reply.as_bytes()).await?;
    // The socket is dropped next: said in one call, the FIN travels along.
    FB_AWAIT_TRY(self->write, fb_tcp_write_close(socket, self->reply, len));
    // Ok(())
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: named-handler

// Rust writes this function itself: what goes out of scope at the end.
static void greet_drop(struct fb_future *f) {
    struct greet *self = fb_container_of(f, struct greet, future);

    free(self->reply);
    greeter_client_close(&self->client);
}

static struct fb_type greet_type =
    FB_TYPE(greet, .poll = greet_poll, .drop = greet_drop);

// greet(socket, peer): an async fn that is called does nothing yet.
static struct greet greet(const struct greeter_client *client) {
    return (struct greet){.future = {.type = &greet_type}, .client = *client};
}

// clients.spawn(greet(socket, peer));
static int greet_spawn(struct fb_join_set *clients,
                       const struct greeter_client *client) {
    return FB_JOIN_SET_SPAWN(clients, greet(client));
}

static struct fb_future *greet_box(const struct greeter_client *client) {
    struct greet unboxed = greet(client);

    return greeter_box(&unboxed.future, sizeof unboxed);
}

const struct greeter_handler greeter_named = {
    .name = "named", .spawn = greet_spawn, .box = greet_box};
