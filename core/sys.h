// The one seam: system calls, memory and clock, as tests may replace them.
//
// Core calls the kernel and the allocator only through fb__sys, so that a test
// can make the n-th call fail, come back short, or be interrupted.
#ifndef FB_SYS_H
#define FB_SYS_H

#include <netdb.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/types.h>

struct fb_runtime;
struct fb_trace_site;

struct fb_sys {
    void *(*alloc)(size_t bytes); // zeroed
    void *(*resize)(void *memory, size_t bytes);
    void (*free)(void *memory);
    // Zeroed pages, aligned to `bytes`, a power of two; `huge`: as few as can
    // be. NULL: no memory.
    void *(*map)(size_t bytes, bool huge);
    void (*unmap)(void *memory, size_t bytes);
    uint64_t (*now_ns)(void); // CLOCK_MONOTONIC
    uint64_t (*ticks)(void);  // the processor's counter; 0: not to be trusted

    int (*epoll_create)(int flags);
    int (*epoll_ctl)(int epoll, int op, int fd, struct epoll_event *event);
    int (*epoll_wait)(int epoll, struct epoll_event *events, int max,
                      int64_t timeout_ns);
    int (*eventfd)(unsigned count, int flags);
    int (*signalfd)(int fd, const sigset_t *mask, int flags);

    int (*socket)(int domain, int type, int protocol);
    int (*bind)(int fd, const struct sockaddr *addr, socklen_t len);
    int (*listen)(int fd, int backlog);
    int (*accept)(int fd, struct sockaddr *addr, socklen_t *len, int flags);
    int (*connect)(int fd, const struct sockaddr *addr, socklen_t len);
    int (*getsockopt)(int fd, int level, int name, void *value, socklen_t *len);
    int (*setsockopt)(int fd, int level, int name, const void *value,
                      socklen_t len);
    int (*getsockname)(int fd, struct sockaddr *addr, socklen_t *len);
    int (*getpeername)(int fd, struct sockaddr *addr, socklen_t *len);
    int (*socketpair)(int domain, int type, int protocol, int fds[2]);
    ssize_t (*recv)(int fd, void *buf, size_t len, int flags);
    ssize_t (*send)(int fd, const void *buf, size_t len, int flags);
    ssize_t (*recvfrom)(int fd, void *buf, size_t len, int flags,
                        struct sockaddr *addr, socklen_t *addr_len);
    ssize_t (*sendto)(int fd, const void *buf, size_t len, int flags,
                      const struct sockaddr *addr, socklen_t addr_len);
    ssize_t (*read)(int fd, void *buf, size_t len);
    ssize_t (*write)(int fd, const void *buf, size_t len);
    int (*shutdown)(int fd, int how);
    int (*close)(int fd);
    int (*lstat)(const char *path, struct stat *status);
    int (*unlink)(const char *path);

    int (*thread_create)(pthread_t *thread, void *(*run)(void *arg), void *arg);
    int (*getaddrinfo)(const char *host, const char *service,
                       const struct addrinfo *hints, struct addrinfo **list);
    void (*freeaddrinfo)(struct addrinfo *list);

    // epoll_wait is called in every turn, also where it has nothing to bring:
    // whoever stands in for the kernel wants to see each.
    bool every_turn;
};

// What epoll_wait is where it is real; limits in ns on every kernel.
int fb__sys_epoll_wait(int epoll, struct epoll_event *events, int max,
                       int64_t timeout_ns);

// For those who play a program and have replaced the calls that block: the poll
// under way on this thread has made `call`, which takes `ns`. A virtual clock
// goes on by that; a real one has gone on by itself. Nothing happens on a thread
// that is not an executor's, or between polls. `rt` may be any worker's.
// Trace: CLOCK (blocked).
void fb__clock_blocked(struct fb_runtime *rt, struct fb_trace_site *call,
                       uint64_t ns);

// The table in force. Replaced only while no runtime is running.
extern struct fb_sys fb__sys;
// What it holds from the start.
extern const struct fb_sys fb__sys_real;

#endif
