// Problem: what does the greeter cost without any runtime? This is the floor
// that the runtime is measured against, so it must be a good one.
// Idea: one edge-triggered epoll loop; a client is a state of 16 bytes.
//
//     accepted --question written--> ASKED --one read--> reply written, closed
//         |                                    |
//         '------- socket full: WRITING, the rest waits for EPOLLOUT
//
// A fresh client is registered before anything was read: its name is hardly
// ever there yet, so a read right away would be a system call for nothing; and
// an edge-triggered ADD reports bytes that came before it.
// With --fast it knows three tricks more, to be the fastest loop that we could
// write: the reply is sent with MSG_MORE, so that its bytes leave with the
// close's FIN in one segment; the listener is level-triggered and accepts no
// more in a turn than the turn has events, so that hardly any accept is made
// only to learn that nobody is left; and a client's memory is used again.
// Invariants: a client is in the epoll set from accept to close, and closing
// its only descriptor takes it out. An event batch never holds a client twice.
#include "greet.h"
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

struct client {
    int fd;
    uint16_t left;       // bytes of `rest` that the socket did not take
    uint16_t asked;      // 1: the question is out, the name is awaited
    char *rest;          // NULL but for a full socket
    struct client *next; // of those that can be used again
};

static int epoll_fd;
static bool fast;
static struct client *unused;

static void client_close(struct client *c) {
    close(c->fd);
    free(c->rest);
    if (fast) {
        c->next = unused;
        unused = c;
    } else {
        free(c);
    }
}

static struct client *client_new(void) {
    struct client *c = unused;

    if (c == NULL) {
        return calloc(1, sizeof(*c));
    }
    unused = c->next;
    *c = (struct client){0};
    return c;
}

// Writes all, or keeps the rest for when the socket is writable.
// Returns 1 done, 0 kept, -1 the client is to be closed.
static int client_write(struct client *c, const char *bytes, size_t len,
                        int flags) {
    struct epoll_event wish = {.events = EPOLLOUT | EPOLLET, .data.ptr = c};
    ssize_t n = send(c->fd, bytes, len, MSG_NOSIGNAL | flags);

    if (n == (ssize_t)len) {
        return 1;
    }
    if (n < 0) {
        if (errno != EAGAIN) {
            return -1;
        }
        n = 0;
    }
    c->left = (uint16_t)(len - (size_t)n);
    c->rest = malloc(c->left);
    if (c->rest == NULL ||
        epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &wish) < 0) {
        return -1;
    }
    memcpy(c->rest, bytes + n, c->left);
    return 0;
}

static void client_flush(struct client *c) {
    struct epoll_event wish = {.events = EPOLLIN | EPOLLET, .data.ptr = c};
    char *rest = c->rest;
    int done;

    c->rest = NULL;
    done = client_write(c, rest, c->left, 0);
    free(rest);
    if (done == 0) {
        return;
    }
    if (done < 0 || c->asked) {
        client_close(c);
        return;
    }
    c->asked = 1;
    if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &wish) < 0) {
        client_close(c);
    }
}

static void client_read(struct client *c) {
    char name[GREET_READ_MAX];
    char reply[GREET_REPLY_MAX];
    ssize_t n = recv(c->fd, name, sizeof(name), 0);
    size_t len;

    if (n < 0) {
        if (errno != EAGAIN && errno != EINTR) {
            client_close(c);
        }
        return;
    }
    len = greet_reply(name, (size_t)n, reply);
    if (len == 0 || client_write(c, reply, len, fast ? MSG_MORE : 0) != 0) {
        client_close(c);
    }
}

static void client_open(int fd, const struct sockaddr_in *peer) {
    struct epoll_event wish = {.events = EPOLLIN | EPOLLET};
    struct client *c = client_new();
    int done;

    if (c == NULL) {
        close(fd);
        return;
    }
    c->fd = fd;
    wish.data.ptr = c;
    greet_announce(peer);
    if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &wish) < 0) {
        client_close(c);
        return;
    }
    done = client_write(c, GREET_QUESTION, sizeof(GREET_QUESTION) - 1, 0);
    c->asked = done == 1;
    if (done < 0) {
        client_close(c);
    }
}

// At most `count` newcomers.
static void accept_some(int listener, unsigned count) {
    while (count-- > 0) {
        struct sockaddr_in peer;
        socklen_t len = sizeof(peer);
        int fd = accept4(listener, (struct sockaddr *)&peer, &len,
                         SOCK_NONBLOCK | SOCK_CLOEXEC);

        if (fd >= 0) {
            client_open(fd, &peer);
        } else if (errno == EAGAIN) {
            return;
        } else if (errno != EINTR && errno != ECONNABORTED) {
            // out of descriptors: the benchmark asked for too much
            perror("accept");
            exit(1);
        }
    }
}

int main(int argc, char **argv) {
    struct epoll_event events[256];
    struct epoll_event bell = {.events = EPOLLIN | EPOLLET}; // ptr NULL
    int listener;

    fast = greet_option(&argc, argv, "--fast");
    if (fast) {
        bell.events = EPOLLIN;
    }
    listener = greet_listen(argc, argv, SOCK_NONBLOCK);
    epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (epoll_fd < 0 ||
        epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &bell) < 0) {
        perror("epoll");
        return 1;
    }
    for (;;) {
        int n = epoll_wait(epoll_fd, events, 256, -1);

        for (int i = 0; i < n; i++) {
            struct client *c = events[i].data.ptr;

            if (c == NULL) {
                accept_some(listener, fast ? (unsigned)n : UINT32_MAX);
            } else if (c->rest != NULL) {
                client_flush(c);
            } else {
                client_read(c);
            }
        }
        if (n < 0 && errno != EINTR) {
            perror("epoll_wait");
            return 1;
        }
    }
}
