// What the parts of the simulated kernel know of each other.
//
//     net.c        descriptors, the table, opening and closing a net
//     net_stream.c connections: pipes, FIN, reset, the listener's queue
//     net_epoll.c  readiness and edges, the clock and its appointments
//     net_seam.c   the system calls as core makes them, and their faults
#ifndef FISHBOWL_WORLD_NET_INTERNAL_H
#define FISHBOWL_WORLD_NET_INTERNAL_H

#include "net.h"

#include <sys/epoll.h>
#include <sys/socket.h>

enum net_kind { NET_EPOLL, NET_EVENT, NET_SIGNAL, NET_LISTENER, NET_STREAM };

// What a descriptor refers to. Every open file is watched by one epoll at most.
struct net_file {
    enum net_kind kind;
    int fd; // -1: it has none (a script's end, or it waits in accept's queue)
    uint64_t serial; // never used twice: an appointment can tell it is gone
    // as epoll sees it
    struct net_file *epoll; // NULL: not watched
    uint32_t mask;
    bool queued;   // in the epoll's list of those with an edge
    uint32_t held; // directions that an injected EAGAIN keeps back for a while
    uint64_t token;
    struct net_file *ready_next, *ready_prev;
};

struct net_pipe {
    char *bytes; // NULL while empty
    uint32_t at, len, room, limit;
};

struct net_end {
    struct net_file file;
    struct net_end *peer;  // NULL: gone
    struct net_pipe inbox; // what this end has not read yet
    struct net_end *queue_next;
    struct net_listener *listener; // while it waits to be accepted
    net_fn *notify;                // NULL: a descriptor's end
    void *arg;
    uint64_t who;
    int error;      // pending: told once
    int first_read; // of the peer
    bool read_shut, write_shut, was_reset, aborted;
    bool wants_room; // a send came short: tell when there is room
};

struct net_listener {
    struct net_file file;
    uint16_t port;
    int waiting, backlog;
    struct net_end *first, *last;
};

struct net_counter { // eventfd and signalfd
    struct net_file file;
    uint64_t count; // eventfd: rings; signalfd: a bit for each signal
};

struct net_poller {
    struct net_file file;
    struct net_file *first, *last; // those with an edge
};

struct net_appointment {
    uint64_t at_ns, turn;
    net_fn *fn;
    void *arg;
    uint64_t who;
};

struct net {
    struct net_options options;
    struct net_stats stats;
    uint64_t random, now_ns, next_serial, next_turn;
    struct net_file **files; // by descriptor
    uint64_t *used;          // a bit for each descriptor
    size_t files_len, lowest_word;
    struct net_listener *listener; // one server at a time
    struct net_counter *signals;
    struct net_appointment *heap;
    size_t heap_len, heap_room;
    net_fn *on_idle, *on_wait;
    void *on_idle_arg, *on_wait_arg;
    bool open;
};
extern struct net net;

// net.c: memory of the kernel itself never fails
void *net_memory(size_t bytes);
void *net_resize(void *memory, size_t bytes);
int net_fd_give(struct net_file *file); // the lowest free, from 3
void net_fd_take(struct net_file *file);
struct net_file *net_file_at(int fd, enum net_kind kind); // NULL: EBADF
struct net_file *net_file_new(enum net_kind kind, size_t bytes);
void net_file_free(struct net_file *file);
bool net_chance(unsigned of_1024);

// net_stream.c
uint32_t net_end_ready(struct net_end *end);
int net_end_recv(struct net_end *end, void *buf, size_t len);
int net_end_send(struct net_end *end, const void *buf, size_t len);
void net_end_shutdown(struct net_end *end);
void net_end_close(struct net_end *end, bool by_reset);
struct net_end *net_queue_take(struct net_listener *l);
void net_listener_close(struct net_listener *l);

// net_epoll.c
void net_wake(struct net_file *file, uint32_t events);
int net_epoll_control(struct net_poller *p, int op, int fd,
                      struct epoll_event *event);
int net_epoll_wait_for(struct net_poller *p, struct epoll_event *events,
                       int max, int64_t timeout_ns);
void net_epoll_forget(struct net_file *file);
void net_epoll_close(struct net_file *poller); // legal for any file
// `direction` (EPOLLIN or EPOLLOUT) is not ready for a while; then there is a
// fresh edge, for a program that was told EAGAIN relies on one.
void net_hold(struct net_file *file, uint32_t direction);

// net_seam.c
void net_seam_install(void);

#endif
