// The demo's own clients: a few plain non-blocking sockets with names.
//
// They are real TCP clients of a real server, so that what the class sees is
// what any client would cause. Nothing here waits: the owner polls the
// descriptors and calls fb_clients_pump.
#ifndef FISHBOWL_DEMO_CLIENTS_H
#define FISHBOWL_DEMO_CLIENTS_H

#include "model.h"
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FB_CLIENT_NAME_BYTES = 31,
    FB_CLIENT_TRANSCRIPT_BYTES = 65536, // kept of what a server says
    FB_CLIENTS_MAX = 64,
};

enum fb_client_state {
    FB_CLIENT_CONNECTING, // no whole line from the server yet
    FB_CLIENT_PROMPTED,
    FB_CLIENT_SENT,
    FB_CLIENT_REPLIED,
    FB_CLIENT_CLOSED, // by either side
};

struct fb_client {
    char name[FB_CLIENT_NAME_BYTES + 1]; // printable ASCII
    enum fb_client_state state;
    int fd;              // -1: closed
    uint16_t local_port; // in host order; names it in its task's label
    uint32_t task;       // id of the server's task for it, 0 not seen yet
    bool connected, half_closed;
    bool hung_up; // we closed, not the server
    bool deaf;    // does not read
    bool has_prompt, has_sent, has_reply;
    int error;      // errno that ended it, 0 none
    uint64_t came;  // bytes ever received; the transcript may hold fewer
    bool ends_line; // and the last one was a line's end
    char *received; // raw and hostile: sanitise
    size_t received_len;
    size_t mark; // where what answers the last send begins
    char *unsent;
    size_t unsent_len;
    char *later; // what fb_client_send_later will send
    size_t later_len;
    size_t spelled;  // letters of its name that somebody has sent by hand
    size_t heard;    // bytes of `received` that fb_client_news has told
    bool told_close; // and that it is closed
};

struct fb_clients {
    struct fb_client *items[FB_CLIENTS_MAX]; // in order of their coming
    size_t count;
};

// Hangs all up and frees them. Legal on a zeroed list.
void fb_clients_deinit(struct fb_clients *cs);

// Begins to connect a new client. Requires: `name` is not in use and is
// printable ASCII of at most FB_CLIENT_NAME_BYTES.
// Errors: -ENOSPC too many, -ENOMEM, and those of socket and connect.
__attribute__((warn_unused_result)) int
fb_clients_add(struct fb_clients *cs, const char *name,
               const struct sockaddr_in *server, struct fb_client **ret_client);
// Forgets the oldest client that is closed. False: there is none.
bool fb_clients_forget(struct fb_clients *cs);
struct fb_client *fb_clients_find(const struct fb_clients *cs,
                                  const char *name);
struct fb_client *fb_clients_of_task(const struct fb_clients *cs,
                                     uint32_t task);

// Fills at most `max` descriptors to wait for; returns how many.
size_t fb_clients_fds(const struct fb_clients *cs, struct pollfd *fds,
                      size_t max);
// Moves every client on as far as it goes without waiting.
// Returns whether anything changed.
bool fb_clients_pump(struct fb_clients *cs);
// Finds the task of each client that has none yet, by the client's port in
// the task's label. Returns whether one was found.
bool fb_clients_match(struct fb_clients *cs, const struct fb_model *m);

// What a person does. Errors: -ENOTCONN it is closed, -EPIPE it has
// half-closed, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_client_send(struct fb_client *c, const char *text, size_t len);
// Sends the first `first` bytes; the others wait for fb_client_send_later, or
// are lost when the connection ends before. Errors: the same.
__attribute__((warn_unused_result)) int
fb_client_send_pieces(struct fb_client *c, const char *text, size_t len,
                      size_t first);
void fb_client_send_later(struct fb_client *c); // legal when closed
__attribute__((warn_unused_result)) int
fb_client_half_close(struct fb_client *c);
// Whether it takes what the server sends. What it does not take stays in the
// kernel's buffers, and once these are full, with the server.
void fb_client_read(struct fb_client *c, bool reads);
void fb_client_hang_up(struct fb_client *c); // legal when closed
void fb_client_reset(struct fb_client *c);   // the same with a TCP reset

// What came since the last send (or since the connect).
const char *fb_client_reply(const struct fb_client *c, size_t *ret_len);
// What happened to it that has not been told yet, one piece a call, safe to
// print: `Ada hears "Who are you?\n"`, "Ada is let go by the server". What the
// client did itself is not told. False: there is nothing new.
bool fb_client_news(struct fb_client *c, char *out, size_t out_bytes);
// In a word: "prompted", "closed" …
const char *fb_client_state_name(const struct fb_client *c);

#endif
