// A greeter whose errors nobody reads.
//
// greet gives its error back with `?`, as it should. The error becomes the
// result of its task, and there it stays: the loop below joins every task, at
// the very end, and reads nothing.
//
// Yours: the loop. It reads each result when it comes, and says each error.
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
    // let n = socket.read(&mut buf[..NAME_BYTES]).await?;
    FB_AWAIT_TRY(self->read, fb_tcp_read(socket, buf, NAME_BYTES));
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

// YOURS: begin
struct serve {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *listener;
    uint32_t guests; // still to come
    struct fb_join_set clients;
    char scratch[NAME_BYTES]; // all clients share it: see greeter.h
    union {
        struct fb_accept newcomer;
        struct fb_join_next finished;
    };
};

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
    for (; self->guests > 0; self->guests--) {
        FB_AWAIT_TRY(self->newcomer, fb_tcp_accept(self->listener));
        // clients.spawn(greet(socket, peer));
        FB_TRY(FB_JOIN_SET_SPAWN(&self->clients, serve_guest(self)));
    }
    while (self->clients.members > 0) {
        FB_AWAIT(self->finished, fb_join_next(&self->clients));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}
// YOURS: end

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
