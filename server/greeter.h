// The greeter's vocabulary: what its three handlers share.
//
//     server   Who are you?\n
//     client   whatever ONE read brings, at most 1024 bytes: the name
//     server   Thanks for dialing in, NAME!\n      and closes
#ifndef GREETER_H
#define GREETER_H

#include "fishbowl/fishbowl.h"

#define PROMPT       "Who are you?\n"
#define PROMPT_BYTES (sizeof PROMPT - 1)
#define THANKS       "Thanks for dialing in, "
#define NOT_UTF8     "the name is not UTF-8"

enum {
    NAME_BYTES = 1024, // the most that the one read takes
    REPLY_BYTES = sizeof THANKS - 1 + NAME_BYTES + sizeof "!\n" - 1,
};

// One connection, as the accept loop hands it to a handler, which owns it.
struct greeter_client {
    struct fb_tcp_stream stream;
    struct fb_addr peer;
    // NAME_BYTES that all clients of one server share. A name lives there only
    // from the end of its read until the handler's next await, and nobody else
    // is polled in between: so a client that says nothing costs no buffer. With
    // several workers others are, and it is the client's own: `owned`.
    char *scratch;
    char *owned; // NULL: none
};

// What every handler does at its end: hangs up, frees `owned`. Legal again.
void greeter_client_close(struct greeter_client *client);

// How `serve` offers a handler. Both functions take the client over, also when
// they fail; then its connection is closed.
struct greeter_handler {
    const char *name;
    // Spawns the conversation as a task. Gives 0 or -ENOMEM.
    int (*spawn)(struct fb_join_set *clients,
                 const struct greeter_client *client);
    // The conversation as a heap block, for those who wrap another future
    // around it and free it themselves. NULL: out of memory.
    struct fb_future *(*box)(const struct greeter_client *client);
};
extern const struct greeter_handler greeter_inline, greeter_named,
    greeter_states;
// NULL if there is no handler of that name.
const struct greeter_handler *greeter_handler_find(const char *name);

// Calls the task being polled "NAME ADDR", or "ADDR" while there is no name.
void greeter_label(struct fb_context *cx, const struct greeter_client *client,
                   const char *name, size_t name_len);

// Rust: format!("Thanks for dialing in, {name}!\n"). The name is copied as it
// came. Ownership: the caller frees *ret_reply. Errors: -ENOMEM.
FB_MUST_USE int greeter_reply(const char *name, size_t name_len,
                              char **ret_reply, size_t *ret_len);

// Prints the line that the course prints: "socket error: REASON".
// Requires: err is a negative errno.
void greeter_print_error(int err);

// Moves `future`, `bytes` long and never polled, to the heap. Ownership: what
// it owns moves along, or is dropped if there is no memory (NULL).
struct fb_future *greeter_box(struct fb_future *future, size_t bytes);

#endif
