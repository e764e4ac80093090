// A learner's file with all that one may do to the program that it is part of:
// which of it is in the environment. Compiled as learners' files are.
#include "zoo.h"
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <string.h>
#include <sys/syscall.h>

static volatile int zero;
static int *volatile nowhere;
static void *volatile kept;
static jmp_buf long_ago;

static __attribute__((noinline)) void remember(void) {
    (void)setjmp(long_ago);
}

static __attribute__((noinline)) int sink(volatile char *below, int depth) {
    volatile char here[4096];

    here[depth % 4096] = below[0];
    return depth == -1 ? 0 : sink(here, depth + 1) + here[1];
}

static int nap(void *args) {
    (void)args;
    (void)sleep(30);
    return 7;
}

// ---- beasts: each gives what the poll gives ----

static enum fb_poll loop(struct fb_context *cx) {
    for (volatile unsigned i = 0;; i++) { // line: loop
        (void)cx;
    }
    return FB_READY;
}

static enum fb_poll spin(struct fb_context *cx) {
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

static void *thread_nap(void *unused) {
    (void)unused;
    (void)usleep(3000);
    return NULL;
}

static enum fb_poll thread(struct fb_context *cx) {
    pthread_t made;

    (void)cx;
    if (pthread_create(&made, NULL, thread_nap, NULL) == 0) {
        (void)pthread_join(made, NULL); // line: thread
    }
    return FB_READY;
}

static enum fb_poll nag(struct fb_context *cx) {
    for (;;) {
        fb_waker_wake_by_ref(cx->waker);
    }
    return FB_READY;
}

static enum fb_poll crash(struct fb_context *cx) {
    (void)cx;
    *nowhere = 1; // line: crash
    return FB_READY;
}

static enum fb_poll give_up(struct fb_context *cx) {
    (void)cx;
    abort(); // line: abort
}

static enum fb_poll leave(struct fb_context *cx) {
    (void)cx;
    exit(0);
}

static enum fb_poll storm(struct fb_context *cx) {
    (void)cx;
    while (fork() >= 0) {
    }
    return FB_READY;
}

// Not by its name: only the filter of system calls is in the way.
static enum fb_poll secret_storm(struct fb_context *cx) {
    (void)cx;
    for (int i = 0; i < 100; i++) {
        if (syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL) == 0) {
            for (;;) {
            }
        }
    }
    return FB_READY;
}

static enum fb_poll run_shell(struct fb_context *cx) {
    (void)cx;
    return system("touch /tmp/fishbowl-was-here") == 0 ? FB_READY : FB_PENDING;
}

static enum fb_poll big(struct fb_context *cx) {
    char *much = malloc((size_t)2 << 30); // line: big

    (void)cx;
    if (much != NULL) {
        memset(much, 1, (size_t)2 << 30);
    }
    kept = much;
    return FB_READY;
}

static enum fb_poll slow_leak(struct fb_context *cx) {
    for (int i = 0; i < 64; i++) {
        char *some = malloc(4096);

        if (some != NULL) {
            some[0] = 1;
        }
        kept = some;
    }
    fb_waker_wake_by_ref(cx->waker);
    return FB_PENDING;
}

static enum fb_poll small_leak(struct fb_context *cx) {
    kept = malloc(100); // line: leak
    kept = NULL;
    (void)cx;
    return FB_READY;
}

static enum fb_poll double_free(struct fb_context *cx) {
    void *volatile once = malloc(10);

    (void)cx;
    free(once);
    free(once); // line: double free
    return FB_READY;
}

static enum fb_poll use_after_free(struct fb_context *cx) {
    int *some = malloc(sizeof *some);

    (void)cx;
    kept = some;
    free(some);
    return *(volatile int *)kept == 12345 ? FB_PENDING : FB_READY; // line: uaf
}

static enum fb_poll undefined(struct fb_context *cx) {
    volatile int most = 2147483647;

    (void)cx;
    most = most + 1; // line: undefined
    return FB_READY;
}

static enum fb_poll divide(struct fb_context *cx) {
    (void)cx;
    return 7 / zero == 1 ? FB_PENDING : FB_READY;
}

static enum fb_poll close_all(struct fb_context *cx) {
    (void)cx;
    for (int fd = 0; fd < 1024; fd++) {
        (void)close(fd);
    }
    *nowhere = 1;
    return FB_READY;
}

static enum fb_poll shout(struct fb_context *cx) {
    (void)cx;
    printf("run 99 of 1\n{\"passed\": true}\n");
    (void)fprintf(stderr, "\033[2J\033]0;mine\007");
    return FB_READY;
}

static enum fb_poll flood(struct fb_context *cx) {
    static char line[4096];

    (void)cx;
    memset(line, 'x', sizeof line);
    for (;;) {
        if (write(1, line, sizeof line) < 0) {
            return FB_READY;
        }
    }
}

static enum fb_poll murder(struct fb_context *cx) {
    (void)cx;
    (void)syscall(SYS_kill, getppid(), SIGKILL);
    (void)syscall(SYS_kill, -getpgid(getppid()), SIGKILL);
    (void)kill(getppid(), SIGKILL);
    return FB_READY;
}

static enum fb_poll jump(struct fb_context *cx) {
    (void)cx;
    longjmp(long_ago, 1);
}

static enum fb_poll dive(struct fb_context *cx) {
    char top = 0;

    return sink(&top, cx == NULL) != 0 ? FB_READY : FB_PENDING;
}

static enum fb_poll sleeper(struct fb_context *cx) {
    (void)cx;
    (void)sleep(30); // line: sleep
    return FB_READY;
}

static enum fb_poll reader(struct fb_context *cx) {
    int ends[2];
    char byte = 0;
    ssize_t got;

    (void)cx;
    if (pipe(ends) < 0) {
        return FB_PENDING;
    }
    got = read(ends[0], &byte, 1); // line: read
    (void)close(ends[0]);
    (void)close(ends[1]);
    return got <= 0 ? FB_READY : FB_PENDING;
}

static enum fb_poll deaf(struct fb_context *cx) {
    (void)cx;
    (void)signal(SIGPROF, SIG_IGN);
    for (;;) {
        struct timespec nap = {.tv_sec = 1000};

        (void)syscall(SYS_nanosleep, &nap, NULL);
    }
    return FB_READY;
}

static enum fb_poll broken_promise(struct fb_context *cx) {
    (void)cx;
    fb_assert(zero != 0, "zero is not zero");
    return FB_READY;
}

// More events in one poll than the trace has room for, as the last that happens.
static enum fb_poll chatter(struct fb_context *cx) {
    static struct fb_sleep rest;

    if (rest.future.type == NULL) {
        rest = fb_sleep(2 * FB_S);
    }
    if (fb_future_poll(&rest.future, cx) == FB_PENDING) {
        return FB_PENDING;
    }
    for (int i = 0; i < 40000; i++) {
        struct fb_waker waker = fb_waker_clone(cx->waker);

        fb_waker_drop(&waker);
    }
    return FB_READY;
}

static enum fb_poll silent(struct fb_context *cx) {
    (void)cx;
    return FB_PENDING;
}

// Its time is over and it is told, but does not hear.
static enum fb_poll deaf_loop(struct fb_context *cx) {
    volatile unsigned n = 0;

    (void)cx;
    (void)signal(SIGPROF, SIG_IGN);
    for (;;) {
        n++;
    }
    return FB_READY;
}

static enum fb_poll start_daemon(struct fb_context *cx) {
    (void)cx;
    return daemon(1, 1) < 0 ? FB_READY : FB_PENDING;
}

static enum fb_poll good(struct fb_context *cx) {
    (void)cx;
    return FB_READY;
}

static const struct {
    const char *name;
    enum fb_poll (*poll)(struct fb_context *cx);
} beasts[] = {
    {"loop", loop},
    {"spin", spin},
    {"crash", crash},
    {"abort", give_up},
    {"exit", leave},
    {"fork", storm},
    {"secret fork", secret_storm},
    {"system", run_shell},
    {"big", big},
    {"slow leak", slow_leak},
    {"small leak", small_leak},
    {"use after free", use_after_free},
    {"double free", double_free},
    {"undefined", undefined},
    {"divide", divide},
    {"close all", close_all},
    {"shout", shout},
    {"flood", flood},
    {"kill", murder},
    {"longjmp", jump},
    {"dive", dive},
    {"sleep", sleeper},
    {"thread", thread},
    {"read", reader},
    {"deaf", deaf},
    {"deaf loop", deaf_loop},
    {"daemon", start_daemon},
    {"broken promise", broken_promise},
    {"nag", nag},
    {"chatter", chatter},
    {"silent", silent},
    {"good", good},
};

static enum fb_poll beast_poll(struct fb_future *self, // line: beast
                               struct fb_context *cx) {
    const char *name = getenv("FB_BEAST");

    (void)self;
    remember();
    for (size_t i = 0; name != NULL && i < sizeof beasts / sizeof beasts[0];
         i++) {
        if (strcmp(beasts[i].name, name) == 0) {
            return beasts[i].poll(cx);
        }
    }
    return FB_PENDING;
}

// ---- one that hands its sleep to the pool ----

struct offload {
    struct fb_future future;
    int out;
    char none;
    struct fb_blocking work;
};

static enum fb_poll offload_poll(struct fb_future *self,
                                 struct fb_context *cx) {
    struct offload *o = fb_container_of(self, struct offload, future);

    FB_ASYNC(o, cx);
    FB_AWAIT(o->work, fb_spawn_blocking(cx->runtime, nap, NULL, &o->none, 1));
    FB_RETURN(o->work.out == 7 ? 0 : -EIO);
    FB_ASYNC_END;
}

static struct fb_type offload_type = FB_TYPE(offload, .poll = offload_poll);
static struct fb_type beast_type = FB_TYPE(beast, .poll = beast_poll);

struct beast beast(void) {
    return (struct beast){.future.type = &beast_type};
}

int spawn_offload(struct fb_runtime *rt) {
    struct offload o = {.future.type = &offload_type};

    return FB_SPAWN(rt, o, NULL);
}
