// A client that does not read, and a server that has much to say.
//
// The library sends whoever names themselves the whole of a book. What the
// client does not read fills first its own buffer in the kernel, then ours;
// then write() takes no byte more, and the task waits until the descriptor is
// writable. No other reader notices. (The greeter cannot show this: its one
// line always fits into the buffers, read or not.)
#include "scene.h"
#include <stdio.h>
#include <string.h>

enum { BOOK_BYTES = 16 << 20, NAME_BYTES = 1024 };
static char book[BOOK_BYTES];
static const char QUESTION[] = "Who are you?\n";

struct loan {
    struct fb_future future;
    int out;
    struct fb_tcp_stream socket;
    char name[NAME_BYTES];
    union {
        struct fb_write_all write;
        struct fb_read read;
    };
};

// DOC: slow-scene
static enum fb_poll loan_poll(struct fb_future *f, struct fb_context *cx) {
    struct loan *self = fb_container_of(f, struct loan, future);
    struct fb_tcp_stream *socket = &self->socket;
    struct fb_addr peer;
    char label[FB_ADDR_TEXT_BYTES];

    FB_ASYNC(self, cx);
    FB_TRY(fb_tcp_peer(socket, &peer));
    fb_addr_format(&peer, label, sizeof label);
    fb_context_label(cx, label, strlen(label));
    // socket.write_all(QUESTION).await?;
    FB_AWAIT_TRY(self->write,
                 fb_tcp_write_all(socket, QUESTION, sizeof QUESTION - 1));
    // socket.read(&mut name).await?;
    FB_AWAIT_TRY(self->read, fb_tcp_read(socket, self->name, NAME_BYTES));
    // socket.write_all(BOOK).await?;
    FB_AWAIT_TRY(self->write, fb_tcp_write_close(socket, book, BOOK_BYTES));
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: slow-scene

static void loan_drop(struct fb_future *f) {
    fb_tcp_close(&fb_container_of(f, struct loan, future)->socket);
}

static struct fb_type loan_type =
    FB_TYPE(loan, .poll = loan_poll, .drop = loan_drop);

struct library {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *listener;
    struct fb_accept visitor;
};

static enum fb_poll library_poll(struct fb_future *f, struct fb_context *cx) {
    struct library *self = fb_container_of(f, struct library, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, "library", sizeof "library" - 1);
    for (;;) {
        // let (socket, _) = listener.accept().await?;
        FB_AWAIT_TRY(self->visitor, fb_tcp_accept(self->listener));
        // spawn(loan(socket));
        FB_TRY(FB_SPAWN(cx->runtime,
                        ((struct loan){.future = {.type = &loan_type},
                                       .socket = self->visitor.stream}),
                        NULL));
    }
    FB_ASYNC_END;
}

static struct fb_type library_type = FB_TYPE(library, .poll = library_poll);

static struct fb_future *root(struct fb_tcp_listener *listener) {
    static struct library library;

    memset(book, 'x', BOOK_BYTES - 1); // one long line
    book[BOOK_BYTES - 1] = '\n';
    library = (struct library){.future = {.type = &library_type},
                               .listener = listener};
    return &library.future;
}

const struct scene scene_slow = {.name = "slow",
                                 .about = "a reply of 16 MiB for who reads it",
                                 .serves = true,
                                 .root = root};
