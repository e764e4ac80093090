// Problem: what a program does when a call fails, is interrupted or comes short
// is seldom tried, for a kernel seldom does so.
// Idea: every call that core makes comes through here: it is counted, may be
// made to fail (the n-th) or to misbehave (net_faults), and its result goes
// into a hash. Two runs with the same hash made the same calls with the same
// results in the same order.
// Invariants: an injected EAGAIN is no lie: until the edge that follows it,
// the file is not ready for epoll either. Close never fails.
// Concurrency: one thread.
#include "net_internal.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/signalfd.h>

#include "sys.h"

enum { CALL_NS = 200 }; // what a call takes of the virtual time

static uint64_t mix(uint64_t hash, uint64_t value) {
    hash = (hash ^ value) * 0x9fb21c651e98df25u;
    return hash ^ hash >> 32;
}

// The end of every call: `result` as a count or -errno.
static int64_t done(unsigned op, int fd, int64_t result) {
    net.stats.calls++;
    net.stats.calls_hash = mix(
        net.stats.calls_hash,
        (uint64_t)op << 56 ^ (uint64_t)(unsigned)fd << 24 ^ (uint64_t)result);
    net.now_ns += CALL_NS;
    if (result < 0) {
        errno = (int)-result;
        return -1;
    }
    return result;
}

// Whether this call is the one that is made to fail.
static int refusal(int usual_errno) {
    if (++net.stats.fallible_calls != net.options.fail_call) {
        return 0;
    }
    net.stats.faults++;
    return net.options.fail_errno != 0 ? -net.options.fail_errno : -usual_errno;
}

enum {
    OP_EPOLL_CREATE = 1,
    OP_EPOLL_CTL,
    OP_EPOLL_WAIT,
    OP_EVENTFD,
    OP_SIGNALFD,
    OP_SOCKET,
    OP_BIND,
    OP_LISTEN,
    OP_ACCEPT,
    OP_CONNECT,
    OP_SOCKOPT,
    OP_SOCKNAME,
    OP_RECV,
    OP_SEND,
    OP_READ,
    OP_WRITE,
    OP_SHUTDOWN,
    OP_CLOSE
};

// ---- memory and time ----

static void *sim_resize(void *memory, size_t bytes) {
    void *moved;

    if (++net.stats.allocations == net.options.fail_allocation) {
        net.stats.faults++;
        return NULL;
    }
    moved = net_resize(memory, bytes);
    net.stats.blocks += memory == NULL;
    return moved;
}

// No counter: the simulated clock is the only time there is.
static uint64_t sim_ticks(void) {
    return 0;
}

static void *sim_alloc(size_t bytes) {
    if (++net.stats.allocations == net.options.fail_allocation) {
        net.stats.faults++;
        return NULL;
    }
    net.stats.blocks++;
    return net_memory(bytes);
}

static void sim_free(void *memory) {
    net.stats.blocks -= memory != NULL;
    fb__sys_real.free(memory);
}

// ---- epoll, eventfd, signalfd ----

static int open_file(unsigned op, enum net_kind kind, size_t bytes) {
    int result = refusal(EMFILE);

    if (result == 0) {
        result = net_fd_give(net_file_new(kind, bytes));
    }
    return (int)done(op, 0, result);
}

static int sim_epoll_create(int flags) {
    (void)flags;
    return open_file(OP_EPOLL_CREATE, NET_EPOLL, sizeof(struct net_poller));
}

static int sim_eventfd(unsigned count, int flags) {
    (void)count; // core asks for 0
    (void)flags;
    return open_file(OP_EVENTFD, NET_EVENT, sizeof(struct net_counter));
}

static int sim_signalfd(int fd, const sigset_t *mask, int flags) {
    int made = open_file(OP_SIGNALFD, NET_SIGNAL, sizeof(struct net_counter));

    (void)fd; // core asks for a new one
    (void)mask;
    (void)flags;
    if (made >= 0) {
        net.signals = (struct net_counter *)net.files[made];
    }
    return made;
}

static int sim_epoll_ctl(int epoll, int op, int fd, struct epoll_event *event) {
    struct net_poller *p = (struct net_poller *)net_file_at(epoll, NET_EPOLL);
    int result = refusal(ENOSPC);

    if (result == 0) {
        result = p == NULL ? -EBADF : net_epoll_control(p, op, fd, event);
    }
    return (int)done(OP_EPOLL_CTL, fd, result);
}

static int sim_epoll_wait(int epoll, struct epoll_event *events, int max,
                          int64_t timeout_ns) {
    struct net_poller *p = (struct net_poller *)net_file_at(epoll, NET_EPOLL);
    int result = refusal(EINTR);

    if (net.on_wait != NULL) {
        net.on_wait(net.on_wait_arg, net.stats.calls);
    }
    // A look without waiting is never interrupted, as in Linux.
    if (result == 0 && timeout_ns != 0 &&
        net_chance(net.options.faults.eintr)) {
        result = -EINTR;
    }
    if (result == 0) {
        result =
            p == NULL ? -EBADF : net_epoll_wait_for(p, events, max, timeout_ns);
    }
    return (int)done(OP_EPOLL_WAIT, epoll, result);
}

void net_signal(int number) {
    if (net.signals != NULL) {
        net.signals->count |= (uint64_t)1 << number;
        net_wake(&net.signals->file, EPOLLIN);
    }
}

static ssize_t take_count(struct net_counter *c, void *buf) {
    memcpy(buf, &c->count, sizeof c->count);
    c->count = 0;
    return sizeof c->count;
}

static ssize_t take_signal(struct net_counter *c, void *buf) {
    struct signalfd_siginfo info = {0};

    info.ssi_signo = (uint32_t)__builtin_ctzll(c->count);
    c->count &= c->count - 1;
    memcpy(buf, &info, sizeof info);
    return sizeof info;
}

static ssize_t sim_read(int fd, void *buf, size_t len) {
    struct net_counter *c = (struct net_counter *)net_file_at(fd, NET_EVENT);
    int64_t result = refusal(EINTR);

    if (c == NULL) {
        c = (struct net_counter *)net_file_at(fd, NET_SIGNAL);
    }
    if (result == 0 && (c == NULL || c->count == 0)) {
        result = c == NULL ? -EBADF : -EAGAIN;
    } else if (result == 0 && c->file.kind == NET_EVENT) {
        result = len < sizeof c->count ? -EINVAL : take_count(c, buf);
    } else if (result == 0) {
        result = len < sizeof(struct signalfd_siginfo) ? -EINVAL
                                                       : take_signal(c, buf);
    }
    return done(OP_READ, fd, result);
}

// Ringing cannot fail, as at a real eventfd.
static ssize_t sim_write(int fd, const void *buf, size_t len) {
    struct net_counter *c = (struct net_counter *)net_file_at(fd, NET_EVENT);
    uint64_t count = 0;

    if (c == NULL || len != sizeof count) {
        return done(OP_WRITE, fd, c == NULL ? -EBADF : -EINVAL);
    }
    memcpy(&count, buf, sizeof count);
    c->count += count;
    net_wake(&c->file, EPOLLIN);
    return done(OP_WRITE, fd, (int64_t)len);
}

// ---- listening ----

static struct net_listener *listener_at(int fd) {
    return (struct net_listener *)net_file_at(fd, NET_LISTENER);
}

// The program under test only listens; its clients are scripts.
static int sim_socket(int domain, int type, int protocol) {
    (void)domain;
    (void)type;
    (void)protocol;
    return open_file(OP_SOCKET, NET_LISTENER, sizeof(struct net_listener));
}

static int sim_bind(int fd, const struct sockaddr *addr, socklen_t len) {
    struct net_listener *l = listener_at(fd);
    struct sockaddr_in in = {0};
    int result = refusal(EADDRINUSE);

    if (result == 0 && (l == NULL || len < sizeof in)) {
        result = l == NULL ? -EBADF : -EINVAL;
    } else if (result == 0) {
        memcpy(&in, addr, sizeof in);
        l->port = ntohs(in.sin_port) != 0 ? ntohs(in.sin_port) : 6142;
    }
    return (int)done(OP_BIND, fd, result);
}

static int sim_listen(int fd, int backlog) {
    struct net_listener *l = listener_at(fd);
    int result = refusal(EADDRINUSE);

    if (result == 0 && l == NULL) {
        result = -EBADF;
    } else if (result == 0) {
        l->backlog = backlog;
        net.listener = l;
    }
    return (int)done(OP_LISTEN, fd, result);
}

static int sim_setsockopt(int fd, int level, int name, const void *value,
                          socklen_t len) {
    (void)level;
    (void)name;
    (void)value;
    (void)len;
    return (int)done(OP_SOCKOPT, fd, refusal(ENOBUFS));
}

static int sim_getsockname(int fd, struct sockaddr *addr, socklen_t *len) {
    const struct net_listener *l = listener_at(fd);
    struct sockaddr_in in = {.sin_family = AF_INET,
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int result = refusal(ENOBUFS);

    if (result == 0 && l == NULL) {
        result = -EBADF;
    } else if (result == 0) {
        in.sin_port = htons(l->port);
        memcpy(addr, &in, *len < sizeof in ? *len : sizeof in);
        *len = sizeof in;
    }
    return (int)done(OP_SOCKNAME, fd, result);
}

// 10.0.0.0/8 has room for 16 million clients with a port each.
static void peer_name(uint64_t who, struct sockaddr *addr, socklen_t *len) {
    struct sockaddr_in in = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)(1024 + who % 60000)),
        .sin_addr.s_addr = htonl(0x0a000000u | (uint32_t)(who & 0xffffff))};

    if (addr != NULL) {
        memcpy(addr, &in, *len < sizeof in ? *len : sizeof in);
        *len = sizeof in;
    }
}

static int accept_from(struct net_listener *l, struct sockaddr *addr,
                       socklen_t *len) {
    struct net_end *end;

    if (l->waiting == 0 || (l->file.held & EPOLLIN)) {
        return -EAGAIN;
    }
    if (net_chance(net.options.faults.eintr)) {
        return -EINTR;
    }
    if (net_chance(net.options.faults.eagain)) {
        net_hold(&l->file, EPOLLIN);
        return -EAGAIN;
    }
    if (net_chance(net.options.faults.emfile)) {
        return -EMFILE;
    }
    end = net_queue_take(l);
    if (net_chance(net.options.faults.aborted)) {
        if (end->peer != NULL) { // or the newcomer has left by itself
            end->peer->aborted = true;
        }
        net_end_close(end, true);
        return -ECONNABORTED;
    }
    peer_name(end->who, addr, len);
    return net_fd_give(&end->file);
}

static int sim_accept(int fd, struct sockaddr *addr, socklen_t *len,
                      int flags) {
    struct net_listener *l = listener_at(fd);
    int result = refusal(EMFILE);

    (void)flags;
    if (result == 0) {
        result = l == NULL ? -EBADF : accept_from(l, addr, len);
    }
    return (int)done(OP_ACCEPT, fd, result);
}

// ---- streams ----

// The faults that recv and send have in common; 0: none.
static int mischief(struct net_end *end, uint32_t direction) {
    if (end->file.held & direction) {
        return -EAGAIN;
    }
    if (net_chance(net.options.faults.eintr)) {
        return -EINTR;
    }
    if (!end->was_reset && net_chance(net.options.faults.eagain)) {
        net_hold(&end->file, direction);
        return -EAGAIN;
    }
    return 0;
}

static ssize_t sim_recv(int fd, void *buf, size_t len, int flags) {
    struct net_end *end = (struct net_end *)net_file_at(fd, NET_STREAM);
    int result = refusal(ECONNRESET);

    (void)flags;
    if (result == 0) {
        result = end == NULL ? -EBADF : mischief(end, EPOLLIN);
    }
    if (result == 0) {
        result = net_end_recv(
            end, buf,
            len > 1 && net_chance(net.options.faults.one_byte) ? 1 : len);
    }
    return done(OP_RECV, fd, result);
}

static ssize_t sim_send(int fd, const void *buf, size_t len, int flags) {
    struct net_end *end = (struct net_end *)net_file_at(fd, NET_STREAM);
    int result = refusal(ECONNRESET);

    if (result == 0 && !(flags & MSG_NOSIGNAL)) {
        result = -ENOTSUP; // it would raise SIGPIPE: core never asks for that
    }
    if (result == 0) {
        result = end == NULL ? -EBADF : mischief(end, EPOLLOUT);
    }
    if (result == 0) {
        result = net_end_send(
            end, buf,
            len > 1 && net_chance(net.options.faults.one_byte) ? 1 : len);
    }
    return done(OP_SEND, fd, result);
}

static int sim_shutdown(int fd, int how) {
    struct net_end *end = (struct net_end *)net_file_at(fd, NET_STREAM);
    int result = refusal(ENOTCONN);

    if (result == 0 && (end == NULL || end->was_reset || how != SHUT_WR)) {
        result = end == NULL ? -EBADF : how == SHUT_WR ? -ENOTCONN : -EINVAL;
    } else if (result == 0) {
        net_end_shutdown(end);
    }
    return (int)done(OP_SHUTDOWN, fd, result);
}

static int sim_close(int fd) {
    struct net_file *file =
        fd >= 0 && (size_t)fd < net.files_len ? net.files[fd] : NULL;

    if (file == NULL) {
        net.stats.bad_closes++;
        return (int)done(OP_CLOSE, fd, -EBADF);
    }
    if (file == (struct net_file *)net.signals) {
        net.signals = NULL;
    }
    if (file->kind == NET_STREAM) {
        net_end_close((struct net_end *)file, false);
    } else if (file->kind == NET_LISTENER) {
        net_listener_close((struct net_listener *)file);
    } else {
        net_epoll_close(file);
        net_file_free(file);
    }
    return (int)done(OP_CLOSE, fd, 0);
}

// Dialling is what the scripts do; a program under test that tries is told so.
static int sim_connect(int fd, const struct sockaddr *addr, socklen_t len) {
    (void)addr;
    (void)len;
    return (int)done(OP_CONNECT, fd, -ENOSYS);
}

static int sim_getsockopt(int fd, int level, int name, void *value,
                          socklen_t *len) {
    (void)level;
    (void)name;
    (void)value;
    (void)len;
    return (int)done(OP_SOCKOPT, fd, -ENOSYS);
}

void net_seam_install(void) {
    fb__sys = fb__sys_real;
    fb__sys.alloc = sim_alloc;
    fb__sys.resize = sim_resize;
    fb__sys.free = sim_free;
    fb__sys.now_ns = net_now_ns;
    fb__sys.ticks = sim_ticks;
    fb__sys.epoll_create = sim_epoll_create;
    fb__sys.epoll_ctl = sim_epoll_ctl;
    fb__sys.epoll_wait = sim_epoll_wait;
    fb__sys.eventfd = sim_eventfd;
    fb__sys.signalfd = sim_signalfd;
    fb__sys.socket = sim_socket;
    fb__sys.bind = sim_bind;
    fb__sys.listen = sim_listen;
    fb__sys.accept = sim_accept;
    fb__sys.connect = sim_connect;
    fb__sys.getsockopt = sim_getsockopt;
    fb__sys.setsockopt = sim_setsockopt;
    fb__sys.getsockname = sim_getsockname;
    fb__sys.recv = sim_recv;
    fb__sys.send = sim_send;
    fb__sys.read = sim_read;
    fb__sys.write = sim_write;
    fb__sys.shutdown = sim_shutdown;
    fb__sys.close = sim_close;
}
