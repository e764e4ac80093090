// Problem: the server's cost must not depend on a slow or clever client.
// Idea: each conversation is connect, read the question, send "Ada", read to
// the end. A conversation that ends makes room for the next.
// Invariants: at most in_flight sockets; one epoll entry each, edge-triggered,
// so every event is followed by reading until EAGAIN or the end. The clients
// come from several addresses of the loopback in turn: ports of one address run
// out when tens of thousands of conversations have just ended.
#include "load.h"
#include <errno.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define QUESTION "Who are you?\n"
#define NAME     "Ada\n"
#define REPLY    QUESTION "Thanks for dialing in, Ada!\n"

#define ADDRESSES 16

struct talk {
    int fd;
    uint64_t began_ns;
    bool named; // the name was sent
    size_t got;
    char text[sizeof(REPLY)]; // one more than a right answer has
};

struct load {
    int epoll_fd;
    struct sockaddr_in server;
    unsigned to_start, open, ended;
    long right;
    double *latency_us; // NULL: nobody asks
};

static uint64_t now_ns(void) {
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static struct sockaddr_in loopback(uint16_t port) {
    return (struct sockaddr_in){.sin_family = AF_INET,
                                .sin_port = htons(port),
                                .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
}

// Binds to the n-th source address and no port yet: connect finds a free one.
static int come_from(int fd, unsigned n) {
    struct sockaddr_in source = loopback(0);
    int one = 1;

    source.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1 + n % ADDRESSES);
    if (setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &one, sizeof(one)) <
            0 ||
        bind(fd, (struct sockaddr *)&source, sizeof(source)) < 0) {
        return -1;
    }
    return 0;
}

static int talk_start(struct load *l, struct talk *t) {
    struct epoll_event wish = {.events = EPOLLIN | EPOLLRDHUP | EPOLLET,
                               .data.ptr = t};

    *t = (struct talk){.fd = -1, .began_ns = now_ns()};
    t->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (t->fd < 0) {
        return -errno;
    }
    if (come_from(t->fd, l->to_start) < 0 ||
        (connect(t->fd, (struct sockaddr *)&l->server, sizeof(l->server)) < 0 &&
         errno != EINPROGRESS) ||
        epoll_ctl(l->epoll_fd, EPOLL_CTL_ADD, t->fd, &wish) < 0) {
        int err = -errno;

        close(t->fd);
        return err;
    }
    l->to_start--;
    l->open++;
    return 0;
}

// Reads what is there. Returns true when the conversation is over.
static bool talk_read(struct talk *t) {
    for (;;) {
        ssize_t n = recv(t->fd, t->text + t->got, sizeof(t->text) - t->got, 0);

        if (n <= 0) {
            return n == 0 || errno != EAGAIN;
        }
        t->got += (size_t)n;
        if (!t->named && t->got >= sizeof(QUESTION) - 1) {
            t->named = true;
            // five bytes always fit an empty socket buffer
            (void)send(t->fd, NAME, sizeof(NAME) - 1, MSG_NOSIGNAL);
        }
        if (t->got == sizeof(t->text)) {
            return true; // more than a right answer: enough seen
        }
    }
}

static void talk_end(struct load *l, struct talk *t) {
    if (t->got == sizeof(REPLY) - 1 &&
        memcmp(t->text, REPLY, sizeof(REPLY) - 1) == 0) {
        l->right++;
    }
    if (l->latency_us != NULL) {
        l->latency_us[l->ended] = (double)(now_ns() - t->began_ns) / 1e3;
    }
    close(t->fd);
    l->ended++;
    l->open--;
}

static int load_run(struct load *l, struct talk *talks, unsigned in_flight) {
    struct epoll_event events[128];
    int err = 0;

    for (unsigned i = 0; i < in_flight && l->to_start > 0 && err == 0; i++) {
        err = talk_start(l, &talks[i]);
    }
    while (l->open > 0) {
        // A server that stands still for ten seconds has failed.
        int n = epoll_wait(l->epoll_fd, events, 128, 10000);

        if (n == 0) {
            return -ETIMEDOUT;
        }
        for (int i = 0; i < n; i++) {
            struct talk *t = events[i].data.ptr;

            if (!talk_read(t)) {
                continue;
            }
            talk_end(l, t);
            if (l->to_start > 0 && err == 0) {
                err = talk_start(l, t);
            }
        }
    }
    return err;
}

long load_converse(uint16_t port, unsigned total, unsigned in_flight,
                   double *latency_us) {
    struct load l = {.epoll_fd = epoll_create1(EPOLL_CLOEXEC),
                     .server = loopback(port),
                     .to_start = total,
                     .latency_us = latency_us};
    struct talk *talks = calloc(in_flight, sizeof(*talks));
    int err = -ENOMEM;

    if (talks != NULL && l.epoll_fd >= 0) {
        err = load_run(&l, talks, in_flight);
    }
    if (l.epoll_fd >= 0) {
        close(l.epoll_fd);
    }
    free(talks);
    return err < 0 ? err : l.right;
}

static int hold_one(const struct sockaddr_in *server, unsigned n) {
    struct timeval patience = {.tv_sec = 10};
    char text[sizeof(QUESTION) - 1];
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int err;

    if (fd < 0) {
        return -errno;
    }
    errno = EPROTO; // what a wrong question leaves
    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience)) ==
            0 &&
        come_from(fd, n) == 0 &&
        connect(fd, (const struct sockaddr *)server, sizeof(*server)) == 0 &&
        recv(fd, text, sizeof(text), MSG_WAITALL) == (ssize_t)sizeof(text) &&
        memcmp(text, QUESTION, sizeof(text)) == 0) {
        return fd;
    }
    err = -errno;
    close(fd);
    return err;
}

int load_hold(uint16_t port, unsigned count, int *fds) {
    struct sockaddr_in server = loopback(port);

    for (unsigned i = 0; i < count; i++) {
        fds[i] = hold_one(&server, i);
        if (fds[i] < 0) {
            load_release(i, fds);
            return fds[i];
        }
    }
    return 0;
}

void load_release(unsigned count, const int *fds) {
    for (unsigned i = 0; i < count; i++) {
        close(fds[i]);
    }
}
