// Problem: a call that blocks inside a poll stops every task, and nothing in a
// trace would say so; in a check it would cost real time, too.
// Idea: in the learner's file such calls have our functions' names (learner.h).
// On the executor's thread, inside a poll, one takes no real time: the virtual
// clock goes on by what it would have taken, and the trace says who called what
// on which line. A call with no limit takes WITHOUT_LIMIT: long enough to be
// seen, and the run goes on to its verdict.
//
// On another thread (fb_spawn_blocking's) a sleep takes no time at all: virtual
// time stands still while such work is out, and real time is nobody's business.
// What it would have taken is counted (kit_slept_elsewhere_ns).
// Its work is in the trace by BLOCK_BEGIN and BLOCK_END.
//
// Calls that no exercise may make end the run, named.
// Concurrency: the executor's thread; sleeps on any.
#include "kit_impl.h"
#include "net.h"
#include "sys.h"

#include <errno.h>
#include <poll.h>
#include <sanitizer/common_interface_defs.h>
#include <signal.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#include "fishbowl/time.h"

enum { SITES = 64 };
#define WITHOUT_LIMIT (60 * FB_S)

static struct kit_play *playing;
static pthread_t executor;
static _Atomic uint64_t elsewhere_ns;

void kit_blocking_begin(struct kit_play *play) {
    playing = play;
    executor = pthread_self();
}

// ---- who called ----

struct place {
    const void *caller;
    struct fb_trace_site site;
    char file[120];
};

// File, without its folder as all sites of a learner's file, and line of an
// address; false where the sanitizer cannot tell.
static bool find_place(const void *caller, struct place *p) {
    char text[KIT_PATH_BYTES] = "", *colon;
    const char *base;

    __sanitizer_symbolize_pc((char *)(uintptr_t)caller - 1, "%s:%l", text,
                             sizeof text);
    colon = strrchr(text, ':');
    if (colon == NULL || text[0] == '(' || text[0] == '<') {
        return false;
    }
    *colon = '\0';
    base = strrchr(text, '/');
    (void)snprintf(p->file, sizeof p->file, "%.119s",
                   base != NULL ? base + 1 : text);
    p->site.line = (uint32_t)strtoul(colon + 1, NULL, 10);
    return true;
}

static struct fb_trace_site *site_of(const char *call, const void *caller) {
    static struct place places[SITES];
    static unsigned count;
    struct place *p;

    for (unsigned i = 0; i < count; i++) {
        if (places[i].caller == caller) {
            return &places[i].site;
        }
    }
    p = &places[count < SITES ? count++ : SITES - 1];
    *p = (struct place){.caller = caller, .site.name = call};
    p->site.file = find_place(caller, p) ? p->file : "?";
    return &p->site;
}

static bool on_executor(void) {
    return playing != NULL && playing->rt != NULL &&
           pthread_equal(executor, pthread_self());
}

// Lets the time of a call pass. False: this is no call of the executor's.
static bool pass(const char *call, const void *caller, uint64_t ns) {
    if (!on_executor()) {
        elsewhere_ns += ns;
        return false;
    }
    if (playing->has_net) {
        net_pass(ns);
    }
    fb__clock_blocked(playing->rt, site_of(call, caller), ns);
    return true;
}

uint64_t kit_slept_elsewhere_ns(const struct kit_play *play) {
    (void)play;
    return elsewhere_ns;
}

#define CALLER __builtin_return_address(0)
// Every one of these is called under the name that learner.h gives it.
#define LEARNER(type_, name_, ...)                                             \
    type_ kit_learner_##name_(__VA_ARGS__);                                    \
    type_ kit_learner_##name_(__VA_ARGS__)

// ---- sleeping ----

static uint64_t nanoseconds(const struct timespec *t) {
    return t == NULL || t->tv_sec < 0
               ? 0
               : (uint64_t)t->tv_sec * FB_S + (uint64_t)t->tv_nsec;
}

LEARNER(unsigned, sleep, unsigned seconds) {
    (void)pass("sleep", CALLER, seconds * FB_S);
    return 0;
}

LEARNER(int, usleep, useconds_t us) {
    (void)pass("usleep", CALLER, us * 1000ull);
    return 0;
}

LEARNER(int, nanosleep, const struct timespec *wanted, struct timespec *left) {
    (void)left;
    (void)pass("nanosleep", CALLER, nanoseconds(wanted));
    return 0;
}

LEARNER(int, clock_nanosleep, clockid_t clock, int flags,
        const struct timespec *wanted, struct timespec *left) {
    uint64_t ns = nanoseconds(wanted);

    (void)clock;
    (void)left;
    if ((flags & TIMER_ABSTIME) != 0 && on_executor()) {
        const uint64_t now_ns = fb_runtime_now_ns(playing->rt);

        ns = ns > now_ns ? ns - now_ns : 0;
    }
    (void)pass("clock_nanosleep", CALLER, ns);
    return 0;
}

LEARNER(int, thrd_sleep, const struct timespec *wanted, struct timespec *left) {
    (void)left;
    (void)pass("thrd_sleep", CALLER, nanoseconds(wanted));
    return 0;
}

// ---- waiting for descriptors: nothing ever comes ----

static uint64_t milliseconds(int ms) {
    return ms < 0 ? WITHOUT_LIMIT : (uint64_t)ms * FB_MS;
}

LEARNER(int, poll, struct pollfd *fds, nfds_t count, int timeout_ms) {
    if (timeout_ms != 0 && pass("poll", CALLER, milliseconds(timeout_ms))) {
        timeout_ms = 0;
    }
    return poll(fds, count, timeout_ms);
}

LEARNER(int, epoll_wait, int epoll, struct epoll_event *events, int max,
        int timeout_ms) {
    if (timeout_ms != 0 &&
        pass("epoll_wait", CALLER, milliseconds(timeout_ms))) {
        timeout_ms = 0;
    }
    return epoll_wait(epoll, events, max, timeout_ms);
}

LEARNER(int, select, int count, fd_set *in, fd_set *out, fd_set *other,
        struct timeval *timeout) {
    struct timeval none = {0};
    const uint64_t ns = timeout == NULL ? WITHOUT_LIMIT
                                        : (uint64_t)timeout->tv_sec * FB_S +
                                              (uint64_t)timeout->tv_usec * 1000;

    return select(count, in, out, other,
                  ns != 0 && pass("select", CALLER, ns) ? &none : timeout);
}

// A descriptor that says it would block is asked as it is. One that would wait
// for bytes holds up the thread, and has none in the end.
static bool would_wait(int fd, const char *call, const void *caller) {
    struct pollfd p = {.fd = fd, .events = POLLIN};

    return on_executor() && poll(&p, 1, 0) == 0 &&
           pass(call, caller, WITHOUT_LIMIT);
}

LEARNER(ssize_t, read, int fd, void *buf, size_t len) {
    return would_wait(fd, "read", CALLER) ? 0 : read(fd, buf, len);
}

LEARNER(ssize_t, readv, int fd, const struct iovec *parts, int count) {
    return would_wait(fd, "readv", CALLER) ? 0 : readv(fd, parts, count);
}

LEARNER(ssize_t, recv, int fd, void *buf, size_t len, int flags) {
    return (flags & MSG_DONTWAIT) == 0 && would_wait(fd, "recv", CALLER)
               ? 0
               : recv(fd, buf, len, flags);
}

LEARNER(int, accept, int fd, struct sockaddr *addr, socklen_t *len) {
    if (would_wait(fd, "accept", CALLER)) {
        errno = EAGAIN;
        return -1;
    }
    return accept(fd, addr, len);
}

// In a world its descriptors are meant: closed by hand, one is closed there.
LEARNER(int, close, int fd) {
    if (!on_executor() || !playing->has_net) {
        return close(fd);
    }
    kit_note(playing, "net.closed_by_hand", (int64_t)playing->trace.head);
    return fb__sys.close(fd);
}

static int interrupted(const char *call, const void *caller) {
    (void)pass(call, caller, WITHOUT_LIMIT);
    errno = EINTR;
    return -1;
}

LEARNER(int, pause, void) {
    return interrupted("pause", CALLER);
}

LEARNER(pid_t, wait, int *status) {
    (void)status;
    return interrupted("wait", CALLER);
}

LEARNER(pid_t, waitpid, pid_t pid, int *status, int flags) {
    (void)status;
    (void)flags;
    (void)pid;
    return interrupted("waitpid", CALLER);
}

// To wait for a thread takes as long as that one has slept: what has come since
// the last wait for one.
static void joined(const char *call, const void *caller) {
    static uint64_t counted_ns;
    const uint64_t ns = elsewhere_ns - counted_ns;

    if (on_executor()) {
        counted_ns += ns;
        (void)pass(call, caller, ns > 0 ? ns : WITHOUT_LIMIT);
    }
}

LEARNER(int, pthread_join, pthread_t thread, void **ret_value) {
    const int err = pthread_join(thread, ret_value);

    joined("pthread_join", CALLER);
    return err;
}

LEARNER(int, thrd_join, thrd_t thread, int *ret_value) {
    const int err = thrd_join(thread, ret_value);

    joined("thrd_join", CALLER);
    return err;
}

LEARNER(int, sigwait, const sigset_t *set, int *number) {
    (void)set;
    (void)number;
    (void)interrupted("sigwait", CALLER);
    return EINTR;
}

// ---- what exercises may not do ----

#define FORBIDDEN(type_, name_, ...)                                           \
    LEARNER(type_, name_, __VA_ARGS__) {                                       \
        kit_stop(KIT_STOP_FORBID, #name_);                                     \
    }

#pragma GCC diagnostic ignored "-Wunused-parameter"
FORBIDDEN(pid_t, fork, void)
FORBIDDEN(pid_t, vfork, void)
FORBIDDEN(int, daemon, int same_folder, int same_output)
FORBIDDEN(int, system, const char *command)
FORBIDDEN(FILE *, popen, const char *command, const char *mode)
FORBIDDEN(int, execv, const char *path, char *const args[])
FORBIDDEN(int, execve, const char *path, char *const args[], char *const env[])
FORBIDDEN(int, execvp, const char *file, char *const args[])
FORBIDDEN(int, execl, const char *path, const char *arg, ...)
FORBIDDEN(int, execlp, const char *file, const char *arg, ...)
FORBIDDEN(int, execle, const char *path, const char *arg, ...)
FORBIDDEN(int, posix_spawn, pid_t *pid, const char *path,
          const posix_spawn_file_actions_t *actions,
          const posix_spawnattr_t *attributes, char *const args[],
          char *const env[])
FORBIDDEN(int, posix_spawnp, pid_t *pid, const char *file,
          const posix_spawn_file_actions_t *actions,
          const posix_spawnattr_t *attributes, char *const args[],
          char *const env[])
FORBIDDEN(int, killpg, pid_t group, int number)

// To oneself it is a way to end, and the end is told.
LEARNER(int, kill, pid_t pid, int number) {
    if (pid == getpid()) {
        return kill(pid, number);
    }
    kit_stop(KIT_STOP_FORBID, "kill");
}
