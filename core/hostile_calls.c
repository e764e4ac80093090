// Problem: a kernel may interrupt any call, hand over one byte of a thousand,
// and say "not now" of a socket that was readable a moment ago; on a loopback
// it hardly ever does.
// Idea: these stand in the seam (sys.c) before the kernel and answer so at the
// seed's will. All are answers that the caller survives unseen: a call that
// fails for good is no accident of a run but a case to try one by one
// (tests/core/test_faults.c). The one exception is asked for by name.
//
// An invented EAGAIN needs an edge after it, or an edge-triggered program waits
// for ever. The kernel gives one on request: a change of a registration, even
// to what it was, reports again what is ready. So each registration is kept:
//
//     recv ──► EAGAIN, said here ──► epoll_ctl(MOD, as registered)
//                                          └──► the next wait brings the event
//
// A descriptor that is not registered yet needs none: its first registration
// brings what is ready by then.
// Switches, for programs whose promise is weaker than the runtime's:
// FB_HOSTILE_READS=0, FB_HOSTILE_SENDS=0: none comes short (a greeter takes
// what its first read brings); FB_HOSTILE_EMFILE=1: accept finds no descriptor
// free now and then (whoever accepts must try again).
// Concurrency: any thread; the lock covers the registrations and each change of
// them in the kernel.
#include "hostile.h"

#ifdef FB_HOSTILE

#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum {
    DESCRIPTORS = 1 << 16, // those above are never told EAGAIN
};

static struct registration {
    int epoll; // that watches the descriptor; 0: none
    bool is_epoll;
    struct epoll_event event;
} registrations[DESCRIPTORS];
static int registrations_end; // above the highest in use so far
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

// ---- the switches ----

static struct { bool whole_reads, whole_sends, emfile; } switches;

static void read_switches(void) {
    const char *reads = getenv("FB_HOSTILE_READS");
    const char *sends = getenv("FB_HOSTILE_SENDS");
    const char *emfile = getenv("FB_HOSTILE_EMFILE");

    switches.whole_reads = reads != NULL && strcmp(reads, "0") == 0;
    switches.whole_sends = sends != NULL && strcmp(sends, "0") == 0;
    switches.emfile = emfile != NULL && strcmp(emfile, "1") == 0;
}

static void need_switches(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;

    pthread_once(&once, read_switches);
}

// ---- registrations ----

static bool is_known(int fd) {
    return fd > 0 && fd < DESCRIPTORS;
}

int fb__hostile_epoll_ctl(int epoll, int op, int fd,
                          struct epoll_event *event) {
    int result;

    pthread_mutex_lock(&lock);
    result = epoll_ctl(epoll, op, fd, event);
    if (result == 0 && is_known(fd) && is_known(epoll)) {
        registrations[fd] = (struct registration){0};
        if (op != EPOLL_CTL_DEL) {
            registrations[fd].epoll = epoll;
            registrations[fd].event = *event;
        }
        registrations[epoll].is_epoll = true;
        registrations_end = fd < registrations_end ? registrations_end : fd + 1;
    }
    pthread_mutex_unlock(&lock);
    return result;
}

// A closed descriptor is registered nowhere, and watches nothing.
int fb__hostile_close(int fd) {
    int result;

    pthread_mutex_lock(&lock);
    if (is_known(fd)) {
        for (int i = 0; registrations[fd].is_epoll && i < registrations_end;
             i++) {
            if (registrations[i].epoll == fd) {
                registrations[i] = (struct registration){0};
            }
        }
        registrations[fd] = (struct registration){0};
    }
    result = close(fd);
    pthread_mutex_unlock(&lock);
    return result;
}

// Makes the kernel report again what is ready. It may refuse, where somebody
// closed the descriptor behind the seam's back: then nobody waits for it.
static void renew(const struct registration *at) {
    struct epoll_event event = at->event;

    (void)epoll_ctl(at->epoll, EPOLL_CTL_MOD, (int)(at - registrations),
                    &event);
}

// One of the descriptors that `epoll` watches is reported again.
static void repeat_an_event(int epoll) {
    pthread_mutex_lock(&lock);
    for (int fd = 0; fd < registrations_end; fd++) {
        if (registrations[fd].epoll == epoll && fb__hostile_one_in(4)) {
            renew(&registrations[fd]);
            break;
        }
    }
    pthread_mutex_unlock(&lock);
}

// ---- what may be answered to any call ----

static bool interrupted(void) {
    if (fb__hostile_one_in(8)) {
        errno = EINTR;
        return true;
    }
    return false;
}

static bool not_now(int fd) {
    if (!is_known(fd) || !fb__hostile_one_in(8)) {
        return false;
    }
    pthread_mutex_lock(&lock);
    if (registrations[fd].epoll != 0) {
        renew(&registrations[fd]);
    }
    pthread_mutex_unlock(&lock);
    errno = EAGAIN;
    return true;
}

// Of `len` bytes one, or half of them, or all.
static size_t piece(size_t len, const bool *whole) {
    need_switches();
    if (*whole || len <= 1) {
        return len;
    }
    return fb__hostile_one_in(4) ? 1 : fb__hostile_one_in(4) ? len / 2 : len;
}

// ---- the calls ----

int fb__hostile_epoll_wait(int epoll, struct epoll_event *events, int max,
                           int64_t timeout_ns) {
    // A look without waiting is never interrupted, as in Linux.
    if (timeout_ns != 0 && interrupted()) {
        return -1;
    }
    if (fb__hostile_one_in(8)) {
        repeat_an_event(epoll);
    }
    return fb__sys_epoll_wait(epoll, events, fb__hostile_one_in(4) ? 1 : max,
                              timeout_ns);
}

int fb__hostile_accept(int fd, struct sockaddr *addr, socklen_t *len,
                       int flags) {
    if (interrupted() || not_now(fd)) {
        return -1;
    }
    need_switches();
    if (fb__hostile_one_in(16)) {
        errno = ECONNABORTED;
        return -1;
    }
    if (switches.emfile && fb__hostile_one_in(16)) {
        errno = fb__hostile_one_in(2) ? EMFILE : ENFILE;
        return -1;
    }
    return accept4(fd, addr, len, flags);
}

// A TCP connect that is interrupted goes on by itself; any other has not begun.
int fb__hostile_connect(int fd, const struct sockaddr *addr, socklen_t len) {
    int type = 0, result;
    socklen_t size = sizeof type;

    if ((addr->sa_family == AF_UNIX ||
         (getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &size) == 0 &&
          type == SOCK_DGRAM)) &&
        interrupted()) {
        return -1;
    }
    result = connect(fd, addr, len);
    if (result < 0 && errno == EINPROGRESS && fb__hostile_one_in(4)) {
        errno = EINTR;
    }
    return result;
}

ssize_t fb__hostile_recv(int fd, void *buf, size_t len, int flags) {
    if (interrupted() || not_now(fd)) {
        return -1;
    }
    return recv(fd, buf, piece(len, &switches.whole_reads), flags);
}

ssize_t fb__hostile_send(int fd, const void *buf, size_t len, int flags) {
    if (interrupted() || not_now(fd)) {
        return -1;
    }
    return send(fd, buf, piece(len, &switches.whole_sends), flags);
}

// A datagram is whole or not at all.
ssize_t fb__hostile_recvfrom(int fd, void *buf, size_t len, int flags,
                             struct sockaddr *addr, socklen_t *addr_len) {
    return interrupted() || not_now(fd)
               ? -1
               : recvfrom(fd, buf, len, flags, addr, addr_len);
}

ssize_t fb__hostile_sendto(int fd, const void *buf, size_t len, int flags,
                           const struct sockaddr *addr, socklen_t addr_len) {
    return interrupted() || not_now(fd)
               ? -1
               : sendto(fd, buf, len, flags, addr, addr_len);
}

// Of a signalfd, or of the door's eventfd: those are taken whole.
ssize_t fb__hostile_read(int fd, void *buf, size_t len) {
    return interrupted() || not_now(fd) ? -1 : read(fd, buf, len);
}

#endif
