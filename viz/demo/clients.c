// Scripted clients over plain sockets.
//
// Problem: the class must see what a silent, a talking and a vanishing client
// do to the server; for that the clients must be real but never in the way.
// Idea: one struct a client, every system call non-blocking; fb_clients_pump
// tries all that may have moved, which is cheap for a few clients and spares
// a second table of who is ready.
// Invariants: fd >= 0 until the state is CLOSED; `mark` never exceeds
// received_len; bytes beyond the transcript's bound are read and dropped, so
// that a server that floods us cannot fill the memory.
#include "clients.h"
#include "fishbowl/trace/text.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LONG_LINE = 2048 }; // longer than any greeting: only its begin is told

static void close_client(struct fb_client *c, int error) {
    if (c->fd >= 0) {
        close(c->fd);
    }
    c->fd = -1;
    c->state = FB_CLIENT_CLOSED;
    c->error = error;
    free(c->unsent);
    c->unsent = NULL;
    c->unsent_len = 0;
}

static void free_client(struct fb_client *c) {
    close_client(c, 0);
    free(c->later);
    free(c->received);
    free(c);
}

void fb_clients_deinit(struct fb_clients *cs) {
    for (size_t i = 0; i < cs->count; i++) {
        free_client(cs->items[i]);
    }
    cs->count = 0;
}

bool fb_clients_forget(struct fb_clients *cs) {
    for (size_t i = 0; i < cs->count; i++) {
        if (cs->items[i]->state == FB_CLIENT_CLOSED) {
            free_client(cs->items[i]);
            memmove(&cs->items[i], &cs->items[i + 1],
                    (cs->count - i - 1) * sizeof(cs->items[0]));
            cs->count--;
            return true;
        }
    }
    return false;
}

struct fb_client *fb_clients_find(const struct fb_clients *cs,
                                  const char *name) {
    for (size_t i = 0; i < cs->count; i++) {
        if (strcmp(cs->items[i]->name, name) == 0) {
            return cs->items[i];
        }
    }
    return NULL;
}

struct fb_client *fb_clients_of_task(const struct fb_clients *cs,
                                     uint32_t task) {
    for (size_t i = 0; i < cs->count && task != 0; i++) {
        if (cs->items[i]->task == task) {
            return cs->items[i];
        }
    }
    return NULL;
}

// ---- connecting ------------------------------------------------------------

static void note_local_port(struct fb_client *c) {
    struct sockaddr_in local;
    socklen_t len = sizeof(local);

    if (getsockname(c->fd, (struct sockaddr *)&local, &len) == 0) {
        c->local_port = ntohs(local.sin_port);
    }
}

static int start_connect(struct fb_client *c,
                         const struct sockaddr_in *server) {
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (c->fd < 0) {
        return -errno;
    }
    if (connect(c->fd, (const struct sockaddr *)server, sizeof(*server)) == 0) {
        c->connected = true;
    } else if (errno != EINPROGRESS) {
        return -errno;
    }
    note_local_port(c);
    return 0;
}

int fb_clients_add(struct fb_clients *cs, const char *name,
                   const struct sockaddr_in *server,
                   struct fb_client **ret_client) {
    struct fb_client *c;
    int err;

    if (cs->count == FB_CLIENTS_MAX && !fb_clients_forget(cs)) {
        return -ENOSPC;
    }
    c = calloc(1, sizeof(*c));
    if (!c) {
        return -ENOMEM;
    }
    c->fd = -1;
    snprintf(c->name, sizeof(c->name), "%s", name);
    err = start_connect(c, server);
    if (err) {
        free_client(c);
        return err;
    }
    cs->items[cs->count++] = c;
    *ret_client = c;
    return 0;
}

// ---- moving on -------------------------------------------------------------

size_t fb_clients_fds(const struct fb_clients *cs, struct pollfd *fds,
                      size_t max) {
    size_t n = 0;

    for (size_t i = 0; i < cs->count && n < max; i++) {
        const struct fb_client *c = cs->items[i];
        bool writes = !c->connected || c->unsent_len > 0;
        int events = (writes ? POLLOUT : 0) | (c->deaf ? 0 : POLLIN);
        if (c->fd >= 0 && events) {
            fds[n++] = (struct pollfd){.fd = c->fd, .events = (short)events};
        }
    }
    return n;
}

static bool pump_connect(struct fb_client *c) {
    struct pollfd p = {.fd = c->fd, .events = POLLOUT};
    int error = 0;
    socklen_t len = sizeof(error);

    if (c->connected || poll(&p, 1, 0) <= 0) {
        return false;
    }
    if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &len) < 0) {
        error = errno;
    }
    if (error) {
        close_client(c, error);
        return true;
    }
    c->connected = true;
    note_local_port(c);
    return true;
}

static bool pump_unsent(struct fb_client *c) {
    ssize_t n;

    if (!c->connected || c->unsent_len == 0) {
        return false;
    }
    n = send(c->fd, c->unsent, c->unsent_len, MSG_NOSIGNAL);
    if (n < 0) {
        if (errno == EAGAIN || errno == EINTR) {
            return false;
        }
        close_client(c, errno);
        return true;
    }
    c->unsent_len -= (size_t)n;
    memmove(c->unsent, c->unsent + n, c->unsent_len);
    if (c->unsent_len == 0 && c->half_closed) {
        shutdown(c->fd, SHUT_WR);
    }
    return true;
}

static void keep_received(struct fb_client *c, const char *text, size_t len) {
    size_t room = FB_CLIENT_TRANSCRIPT_BYTES - c->received_len;
    size_t keep = len < room ? len : room;
    char *grown;

    if (keep == 0) {
        return;
    }
    grown = realloc(c->received, c->received_len + keep);
    if (grown) {
        c->received = grown;
        memcpy(grown + c->received_len, text, keep);
        c->received_len += keep;
    }
}

// A line's end is what the greeter ends both its prompt and its reply with.
// Who talks before being asked still gets the prompt first: it is no reply.
static void note_progress(struct fb_client *c) {
    const char *prompt_end =
        c->received ? memchr(c->received, '\n', c->received_len) : NULL;

    if (!c->has_prompt && prompt_end) {
        c->has_prompt = true;
        if (c->has_sent) {
            c->mark = (size_t)(prompt_end + 1 - c->received);
        } else {
            c->state = FB_CLIENT_PROMPTED;
        }
    }
    if (c->has_sent && c->has_prompt && c->received_len > c->mark &&
        c->ends_line) {
        c->has_reply = true;
        c->state = FB_CLIENT_REPLIED;
    }
}

static bool pump_received(struct fb_client *c) {
    char buf[65536];
    bool moved = false;

    // Bounded, so that a server that never stops talking cannot keep us here.
    for (int turn = 0; turn < 16 && c->connected && c->fd >= 0 && !c->deaf;
         turn++) {
        ssize_t n = recv(c->fd, buf, sizeof(buf), 0);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        moved = true;
        if (n <= 0) {
            close_client(c, n < 0 ? errno : 0);
            break;
        }
        c->came += (size_t)n;
        c->ends_line = buf[n - 1] == '\n';
        keep_received(c, buf, (size_t)n);
        note_progress(c);
    }
    return moved;
}

bool fb_clients_pump(struct fb_clients *cs) {
    bool moved = false;

    for (size_t i = 0; i < cs->count; i++) {
        struct fb_client *c = cs->items[i];
        if (c->fd >= 0 && pump_connect(c)) {
            moved = true;
        }
        if (c->fd >= 0 && pump_unsent(c)) {
            moved = true;
        }
        if (c->fd >= 0 && pump_received(c)) {
            moved = true;
        }
    }
    return moved;
}

// A label is "ADDR" at first and "NAME ADDR" later; NAME is hostile and may
// look like somebody else's address, so only the label's end counts.
static bool label_has_port(const struct fb_model_task *t, uint16_t port) {
    char address[32];
    size_t len = (size_t)snprintf(address, sizeof(address), "127.0.0.1:%u",
                                  (unsigned)port);

    if (t->label_len < len ||
        memcmp(t->label + t->label_len - len, address, len) != 0) {
        return false;
    }
    return t->label_len == len || t->label[t->label_len - len - 1] == ' ';
}

bool fb_clients_match(struct fb_clients *cs, const struct fb_model *m) {
    bool found = false;

    for (size_t i = 0; i < cs->count; i++) {
        struct fb_client *c = cs->items[i];
        const struct fb_model_task *t;
        uint32_t cursor = 0;

        if (c->task != 0 || c->local_port == 0) {
            continue;
        }
        // Ports come back after a while: the newest task is meant, be it
        // that it has ended already.
        while ((t = fb_model_task_next(m, &cursor)) != NULL) {
            if (label_has_port(t, c->local_port)) {
                c->task = t->id;
            }
        }
        cursor = 0;
        while (c->task == 0 && (t = fb_model_freed_next(m, &cursor)) != NULL) {
            if (label_has_port(t, c->local_port)) {
                c->task = t->id;
            }
        }
        found = found || c->task != 0;
    }
    return found;
}

// ---- what a person does ----------------------------------------------------

int fb_client_send(struct fb_client *c, const char *text, size_t len) {
    char *grown;

    if (c->fd < 0) {
        return -ENOTCONN;
    }
    if (c->half_closed) {
        return -EPIPE;
    }
    grown = realloc(c->unsent, c->unsent_len + len + 1);
    if (!grown) {
        return -ENOMEM;
    }
    c->unsent = grown;
    memcpy(c->unsent + c->unsent_len, text, len);
    c->unsent_len += len;
    c->mark = c->received_len;
    c->has_sent = true;
    c->state = FB_CLIENT_SENT;
    pump_unsent(c);
    return 0;
}

int fb_client_send_pieces(struct fb_client *c, const char *text, size_t len,
                          size_t first) {
    char *later = NULL;
    int err;

    first = first < len ? first : len;
    if (first < len) {
        later = malloc(len - first);
        if (!later) {
            return -ENOMEM;
        }
        memcpy(later, text + first, len - first);
    }
    err = fb_client_send(c, text, first);
    if (err) {
        free(later);
        return err;
    }
    free(c->later);
    c->later = later;
    c->later_len = len - first;
    return 0;
}

void fb_client_send_later(struct fb_client *c) {
    if (c->later_len > 0 && fb_client_send(c, c->later, c->later_len) == 0) {
        c->later_len = 0;
    }
}

void fb_client_read(struct fb_client *c, bool reads) {
    c->deaf = !reads;
}

int fb_client_half_close(struct fb_client *c) {
    if (c->fd < 0) {
        return -ENOTCONN;
    }
    if (c->half_closed) {
        return -EPIPE;
    }
    c->half_closed = true;
    if (!c->has_sent) {
        // An end of file is an answer too: the greeter replies to it.
        c->has_sent = true;
        c->mark = c->received_len;
        c->state = FB_CLIENT_SENT;
    }
    if (c->connected && c->unsent_len == 0) {
        shutdown(c->fd, SHUT_WR);
    }
    return 0;
}

void fb_client_hang_up(struct fb_client *c) {
    if (c->fd >= 0) {
        c->hung_up = true;
        close_client(c, 0);
    }
}

void fb_client_reset(struct fb_client *c) {
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    if (c->fd >= 0) {
        setsockopt(c->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
        fb_client_hang_up(c);
    }
}

const char *fb_client_reply(const struct fb_client *c, size_t *ret_len) {
    *ret_len = c->received_len - c->mark;
    return c->received ? c->received + c->mark : "";
}

bool fb_client_news(struct fb_client *c, char *out, size_t out_bytes) {
    char safe[200];

    // A line at a time, or what there is of the last one.
    if (c->heard < c->received_len) {
        const char *at = c->received + c->heard;
        size_t len = c->received_len - c->heard;
        const char *line_end = memchr(at, '\n', len);

        if (!line_end && c->fd >= 0) {
            return false;
        }
        len = line_end ? (size_t)(line_end + 1 - at) : len;
        c->heard += len;
        if (len > LONG_LINE) {
            fb_text_sanitise(at, 20, safe, sizeof(safe));
            snprintf(out, out_bytes, "%s hears \"%s…\", %llu bytes in all",
                     c->name, safe, (unsigned long long)c->came);
        } else {
            fb_text_sanitise(at, len, safe, sizeof(safe));
            snprintf(out, out_bytes, "%s hears \"%s\"", c->name, safe);
        }
        return true;
    }
    if (c->fd >= 0 || c->hung_up || c->told_close) {
        return false;
    }
    c->told_close = true;
    if (c->error) {
        snprintf(out, out_bytes, "%s is cut off: %s", c->name,
                 strerror(c->error));
    } else {
        snprintf(out, out_bytes, "%s is let go by the server", c->name);
    }
    return true;
}

const char *fb_client_state_name(const struct fb_client *c) {
    switch (c->state) {
    case FB_CLIENT_CONNECTING: return "connecting";
    case FB_CLIENT_PROMPTED: return c->deaf ? "reads not" : "prompted";
    case FB_CLIENT_SENT:
        return c->deaf ? "reads not" : c->half_closed ? "half-closed" : "sent";
    case FB_CLIENT_REPLIED: return "replied";
    case FB_CLIENT_CLOSED: return c->hung_up ? "hung up" : "closed";
    }
    return "?";
}
