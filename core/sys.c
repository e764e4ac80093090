// Problem: contracts must hold when the n-th system call or allocation fails,
// and a test cannot make the kernel fail on demand.
// Idea: one table of functions; tests swap entries. Nothing else in core
// names a system call.
#include "sys.h"

#include "hostile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <time.h>
#include <unistd.h>

#ifdef __x86_64__
#include <cpuid.h>
#include <x86intrin.h>
#endif

enum { SMALL_BYTES = 1024 };

// What is small is zeroed here: glibc's calloc passes over what this thread has
// freed last. A task spawned and awaited takes 0.94 of the instructions without
// it. What is large may come from the kernel, and be zero already.
static void *sys_alloc(size_t bytes) {
    void *memory;

    if (bytes > SMALL_BYTES) {
        return calloc(1, bytes);
    }
    memory = malloc(bytes);
    __asm__("" : "+r"(memory)); // else compilers make a calloc of the two
    return memory != NULL ? memset(memory, 0, bytes) : NULL;
}

// Twice as much, and what is before and behind an aligned half given back.
static void *sys_map(size_t bytes, bool huge) {
    char *all = mmap(NULL, 2 * bytes, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    size_t before;

    if (all == MAP_FAILED) {
        return NULL;
    }
    before = -(uintptr_t)all & (bytes - 1);
    if (before > 0) {
        (void)munmap(all, before);
    }
    (void)munmap(all + before + bytes, bytes - before);
    if (huge) {
        (void)madvise(all + before, bytes, MADV_HUGEPAGE); // a mere wish
    }
    return all + before;
}

static void sys_unmap(void *memory, size_t bytes) {
    (void)munmap(memory, bytes);
}

static uint64_t sys_now_ns(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

// ---- the processor's counter ----

#ifdef __x86_64__

// Whether the counter runs at one rate, whatever the processor does to save
// power. Source: AMD APM 3, Intel SDM 2: CPUID 8000_0007h, EDX bit 8.
static bool is_invariant(void) {
    unsigned eax, ebx, ecx, edx;

    return __get_cpuid(0x80000007u, &eax, &ebx, &ecx, &edx) && (edx >> 8 & 1);
}

// Whether the kernel keeps its own time by it: it has found that all
// processors count alike, and goes on looking.
static bool kernel_trusts_it(void) {
    char name[8] = "";
    int fd = open("/sys/devices/system/clocksource/clocksource0/"
                  "current_clocksource",
                  O_RDONLY | O_CLOEXEC);

    if (fd < 0) {
        return false;
    }
    (void)!read(fd, name, sizeof name - 1);
    (void)close(fd);
    return strcmp(name, "tsc\n") == 0;
}

static uint64_t sys_ticks(void) {
    enum { NOT_ASKED, NO, YES };
    static _Atomic int trusted = NOT_ASKED;
    // Relaxed: whoever asks at the same time gets the same answer.
    int known = atomic_load_explicit(&trusted, memory_order_relaxed);

    if (__builtin_expect(known == NOT_ASKED, 0)) {
        known = is_invariant() && kernel_trusts_it() ? YES : NO;
        atomic_store_explicit(&trusted, known, memory_order_relaxed);
    }
    return known == YES ? __rdtsc() : 0;
}

#else

static uint64_t sys_ticks(void) {
    return 0;
}

#endif

// ---- calls that need a word more ----

int fb__sys_epoll_wait(int epoll, struct epoll_event *events, int max,
                       int64_t timeout_ns) {
    // epoll_pwait2 takes nanoseconds; rounding up to its unit is then not
    // needed for a timer that must never be early.
    struct timespec limit = {.tv_sec = timeout_ns / 1000000000,
                             .tv_nsec = timeout_ns % 1000000000};
    int count =
        epoll_pwait2(epoll, events, max, timeout_ns < 0 ? NULL : &limit, NULL);

    if (count < 0 && errno == ENOSYS) { // kernels before 5.11
        int64_t ms = (timeout_ns + 999999) / 1000000;
        if (timeout_ns < 0) {
            ms = -1;
        } else if (ms > INT32_MAX) {
            ms = INT32_MAX;
        }
        count = epoll_wait(epoll, events, max, (int)ms);
    }
    return count;
}

static int sys_bind(int fd, const struct sockaddr *addr, socklen_t len) {
    return bind(fd, addr, len);
}

static int sys_getsockname(int fd, struct sockaddr *addr, socklen_t *len) {
    return getsockname(fd, addr, len);
}

static int sys_getpeername(int fd, struct sockaddr *addr, socklen_t *len) {
    return getpeername(fd, addr, len);
}

#ifndef FB_HOSTILE
static int sys_accept(int fd, struct sockaddr *addr, socklen_t *len,
                      int flags) {
    return accept4(fd, addr, len, flags);
}

static int sys_connect(int fd, const struct sockaddr *addr, socklen_t len) {
    return connect(fd, addr, len);
}

static ssize_t sys_recvfrom(int fd, void *buf, size_t len, int flags,
                            struct sockaddr *addr, socklen_t *addr_len) {
    return recvfrom(fd, buf, len, flags, addr, addr_len);
}

static ssize_t sys_sendto(int fd, const void *buf, size_t len, int flags,
                          const struct sockaddr *addr, socklen_t addr_len) {
    return sendto(fd, buf, len, flags, addr, addr_len);
}
#endif

// A thread that no signal reaches: those are for the program's own threads.
// Like pthread_create it returns the error.
static int sys_thread_create(pthread_t *thread, void *(*run)(void *arg),
                             void *arg) {
    sigset_t all, before;
    int err;

    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    err = pthread_create(thread, NULL, run, arg);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return err;
}
// The hostile build stands in front of the kernel, too.
#ifdef FB_HOSTILE
#define SYS(call_, real_) fb__hostile_##call_
#else
#define SYS(call_, real_) real_
#endif

// Two objects, one list: the table in force starts as a copy of the real one.
#define REAL_CALLS                                                             \
    {                                                                          \
        .alloc = sys_alloc, .resize = realloc, .free = free, .map = sys_map,   \
        .unmap = sys_unmap, .now_ns = sys_now_ns, .ticks = sys_ticks,          \
        .epoll_create = epoll_create1, .epoll_ctl = SYS(epoll_ctl, epoll_ctl), \
        .epoll_wait = SYS(epoll_wait, fb__sys_epoll_wait), .eventfd = eventfd, \
        .signalfd = signalfd, .socket = socket, .bind = sys_bind,              \
        .listen = listen, .accept = SYS(accept, sys_accept),                   \
        .connect = SYS(connect, sys_connect), .getsockopt = getsockopt,        \
        .setsockopt = setsockopt, .getsockname = sys_getsockname,              \
        .getpeername = sys_getpeername, .socketpair = socketpair,              \
        .recv = SYS(recv, recv), .send = SYS(send, send),                      \
        .recvfrom = SYS(recvfrom, sys_recvfrom),                               \
        .sendto = SYS(sendto, sys_sendto), .read = SYS(read, read),            \
        .write = write, .shutdown = shutdown, .close = SYS(close, close),      \
        .lstat = lstat, .unlink = unlink, .thread_create = sys_thread_create,  \
        .getaddrinfo = getaddrinfo, .freeaddrinfo = freeaddrinfo,              \
    }

const struct fb_sys fb__sys_real = REAL_CALLS;
struct fb_sys fb__sys = REAL_CALLS;
