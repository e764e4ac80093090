// The seam of the tests: counts what is taken and given back, and makes the
// n-th allocation or system call fail.
//
// Concurrency: the balances are atomic, for other threads give tasks back; the
// injection belongs to the test's own thread.
#include "harness.h"

#include <errno.h>
#include <malloc.h>
#include <string.h>

struct seam seam;

void seam_install(void);
void seam_remove(void);

static _Thread_local char mark;
static char *injecting; // `mark` of the thread whose calls are made to fail

static bool refused(int usual_errno) {
    if (injecting != &mark || ++seam.calls != seam.fail_call) {
        return false;
    }
    errno = seam.fail_errno != 0 ? seam.fail_errno : usual_errno;
    return true;
}

static bool starved(void) {
    return injecting == &mark && ++seam.allocations == seam.fail_allocation;
}

static int opened(int fd) {
    seam.descriptors += fd >= 0;
    return fd;
}

int seam_adopt(int fd) {
    assert_true(fd >= 0);
    return opened(fd);
}

// ---- memory ----

static void *seam_alloc(size_t bytes) {
    void *memory = starved() ? NULL : fb__sys_real.alloc(bytes);

    seam.bytes_blocks += memory != NULL;
    return memory;
}

static void *seam_resize(void *memory, size_t bytes) {
    void *moved = starved() ? NULL : fb__sys_real.resize(memory, bytes);

    seam.bytes_blocks += memory == NULL && moved != NULL;
    return moved;
}

// Whoever still reads what is freed gets something senseless at once, and not
// what was there.
static void seam_free(void *memory) {
    if (memory != NULL) {
        seam.bytes_blocks--;
        memset(memory, 0xdd, malloc_usable_size(memory));
        __asm__("" : : "r"(memory) : "memory"); // else it is left out
    }
    fb__sys_real.free(memory);
}

// ---- descriptors ----

static int seam_epoll_create(int flags) {
    return refused(EMFILE) ? -1 : opened(fb__sys_real.epoll_create(flags));
}

static int seam_epoll_ctl(int epoll, int op, int fd, struct epoll_event *e) {
    return refused(ENOSPC) ? -1 : fb__sys_real.epoll_ctl(epoll, op, fd, e);
}

static int seam_epoll_wait(int epoll, struct epoll_event *events, int max,
                           int64_t timeout_ns) {
    return refused(EINTR)
               ? -1
               : fb__sys_real.epoll_wait(epoll, events, max, timeout_ns);
}

static int seam_eventfd(unsigned count, int flags) {
    return refused(EMFILE) ? -1 : opened(fb__sys_real.eventfd(count, flags));
}

static int seam_signalfd(int fd, const sigset_t *mask, int flags) {
    return refused(EMFILE) ? -1
                           : opened(fb__sys_real.signalfd(fd, mask, flags));
}

static int seam_socket(int domain, int type, int protocol) {
    return refused(EMFILE)
               ? -1
               : opened(fb__sys_real.socket(domain, type, protocol));
}

static int seam_close(int fd) {
    int result = fb__sys_real.close(fd);

    seam.descriptors--;
    seam.bad_closes += result < 0;
    return result;
}

// ---- sockets ----

static int seam_bind(int fd, const struct sockaddr *addr, socklen_t len) {
    return refused(EADDRINUSE) ? -1 : fb__sys_real.bind(fd, addr, len);
}

static int seam_listen(int fd, int backlog) {
    return refused(EADDRINUSE) ? -1 : fb__sys_real.listen(fd, backlog);
}

static int seam_accept(int fd, struct sockaddr *addr, socklen_t *len,
                       int flags) {
    return refused(EMFILE) ? -1
                           : opened(fb__sys_real.accept(fd, addr, len, flags));
}

static int seam_connect(int fd, const struct sockaddr *addr, socklen_t len) {
    return refused(ECONNREFUSED) ? -1 : fb__sys_real.connect(fd, addr, len);
}

static int seam_getsockopt(int fd, int level, int name, void *value,
                           socklen_t *len) {
    return refused(ENOBUFS)
               ? -1
               : fb__sys_real.getsockopt(fd, level, name, value, len);
}

static int seam_setsockopt(int fd, int level, int name, const void *value,
                           socklen_t len) {
    return refused(ENOBUFS)
               ? -1
               : fb__sys_real.setsockopt(fd, level, name, value, len);
}

static int seam_getsockname(int fd, struct sockaddr *addr, socklen_t *len) {
    return refused(ENOBUFS) ? -1 : fb__sys_real.getsockname(fd, addr, len);
}

static int seam_getpeername(int fd, struct sockaddr *addr, socklen_t *len) {
    return refused(ENOTCONN) ? -1 : fb__sys_real.getpeername(fd, addr, len);
}

static int seam_socketpair(int domain, int type, int protocol, int fds[2]) {
    int result = refused(EMFILE)
                     ? -1
                     : fb__sys_real.socketpair(domain, type, protocol, fds);

    seam.descriptors += result == 0 ? 2 : 0;
    return result;
}

static ssize_t seam_recv(int fd, void *buf, size_t len, int flags) {
    if (refused(ECONNRESET)) {
        return -1;
    }
    return fb__sys_real.recv(fd, buf, seam.one_byte && len > 1 ? 1 : len,
                             flags);
}

static ssize_t seam_send(int fd, const void *buf, size_t len, int flags) {
    if (refused(ECONNRESET)) {
        return -1;
    }
    return fb__sys_real.send(fd, buf, seam.one_byte && len > 1 ? 1 : len,
                             flags);
}

// A datagram is whole or not at all: one_byte leaves it alone.
static ssize_t seam_recvfrom(int fd, void *buf, size_t len, int flags,
                             struct sockaddr *addr, socklen_t *addr_len) {
    return refused(ECONNREFUSED)
               ? -1
               : fb__sys_real.recvfrom(fd, buf, len, flags, addr, addr_len);
}

static ssize_t seam_sendto(int fd, const void *buf, size_t len, int flags,
                           const struct sockaddr *addr, socklen_t addr_len) {
    return refused(ECONNREFUSED)
               ? -1
               : fb__sys_real.sendto(fd, buf, len, flags, addr, addr_len);
}

static ssize_t seam_read(int fd, void *buf, size_t len) {
    return refused(EINTR) ? -1 : fb__sys_real.read(fd, buf, len);
}

static int seam_shutdown(int fd, int how) {
    return refused(ENOTCONN) ? -1 : fb__sys_real.shutdown(fd, how);
}

// ---- files, threads, names ----

static int seam_lstat(const char *path, struct stat *status) {
    return refused(EACCES) ? -1 : fb__sys_real.lstat(path, status);
}

static int seam_thread_create(pthread_t *thread, void *(*run)(void *arg),
                              void *arg) {
    // It returns its error, and errno is not told.
    return refused(EAGAIN) ? errno
                           : fb__sys_real.thread_create(thread, run, arg);
}

// `write` and the clock stay the real ones: other threads ring the door with
// it, and neither can fail there.
void seam_install(void) {
    seam = (struct seam){0};
    injecting = &mark;
    fb__sys = fb__sys_real;
    fb__sys.alloc = seam_alloc;
    fb__sys.resize = seam_resize;
    fb__sys.free = seam_free;
    fb__sys.epoll_create = seam_epoll_create;
    fb__sys.epoll_ctl = seam_epoll_ctl;
    fb__sys.epoll_wait = seam_epoll_wait;
    fb__sys.eventfd = seam_eventfd;
    fb__sys.signalfd = seam_signalfd;
    fb__sys.socket = seam_socket;
    fb__sys.bind = seam_bind;
    fb__sys.listen = seam_listen;
    fb__sys.accept = seam_accept;
    fb__sys.connect = seam_connect;
    fb__sys.getsockopt = seam_getsockopt;
    fb__sys.setsockopt = seam_setsockopt;
    fb__sys.getsockname = seam_getsockname;
    fb__sys.getpeername = seam_getpeername;
    fb__sys.socketpair = seam_socketpair;
    fb__sys.recvfrom = seam_recvfrom;
    fb__sys.sendto = seam_sendto;
    fb__sys.lstat = seam_lstat;
    fb__sys.thread_create = seam_thread_create;
    fb__sys.recv = seam_recv;
    fb__sys.send = seam_send;
    fb__sys.read = seam_read;
    fb__sys.shutdown = seam_shutdown;
    fb__sys.close = seam_close;
}

void seam_remove(void) {
    fb__sys = fb__sys_real;
    injecting = NULL;
}
