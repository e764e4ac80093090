// The handler as it is first taught: a block inside the accept loop.
//
// In Rust the whole of greet_poll stands between the braces of
//     clients.spawn(async move { … });
// and moves `socket` and `peer` in. C has no blocks that outlive their braces,
// so what the compiler makes of one is written out: a struct of what was moved
// in, and a function. A block has no `?` to return through here: each of the
// three awaits brings its own copy of the error branch. named.c is the cure.
#include "greeter.h"

#include "fishbowl/trace/text.h"
#include <stdlib.h>

struct greet {
    struct fb_future future;
    int out;
    // DOC: inline-captures
    struct greeter_client client;
    char *reply; // owned; NULL until the name is known
    union {
        struct fb_write_all write;
        struct fb_read read;
    };
    // END: inline-captures
};

// DOC: inline-handler
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
    // DOC: inline-read
    FB_AWAIT(self->read, fb_tcp_read(socket, buf, NAME_BYTES));
    if (self->read.out < 0) {
        // Err(e) => { println!("socket error: {e}"); return; } };
        greeter_print_error(self->read.out);
        FB_RETURN(0);
    }
    // END: inline-read
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
    // DOC: inline-reply
    FB_AWAIT(self->write, fb_tcp_write_close(socket, self->reply, len));
    if (self->write.out < 0) {
        // println!("socket error: {e}"); }
        greeter_print_error(self->write.out);
        FB_RETURN(0);
    }
    // END: inline-reply
    // }
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: inline-handler

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

// clients.spawn(async move { … });
static int greet_spawn(struct fb_join_set *clients,
                       const struct greeter_client *client) {
    return FB_JOIN_SET_SPAWN(clients, greet(client));
}

static struct fb_future *greet_box(const struct greeter_client *client) {
    struct greet unboxed = greet(client);

    return greeter_box(&unboxed.future, sizeof unboxed);
}

const struct greeter_handler greeter_inline = {
    .name = "inline", .spawn = greet_spawn, .box = greet_box};
