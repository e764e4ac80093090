// Programs that work for us: compilers, patch(1), the check of an exercise.
//
// Problem: a compiler may say megabytes, a learner's program may hang, and
//     whoever waits may want to give up; nothing of theirs may stay behind.
// Idea: each gets a group of its own, no terminal to read from, and one pipe
//     for all that it says. One loop looks at the pipes, at the ends (a pidfd
//     each) and, every 50 ms, whether to give up. To end one is to end its
//     group: asked first, so that a program that has children elsewhere can end
//     those, then by force.
//     Whoever kills us kills them, too.
// Invariants: on return no child of ours is left and no descriptor is open.
#include "course_parts.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

enum {
    SAID_MOST = 64 * 1024,
    LINE_MOST = 512,
    LOOK_MS = 50,
    PATIENCE_MS = 500,
    PROCESSES_MOST = 8,
};

int64_t course__now_ms(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

// ---- start ----

// Ours, but for what would change what a compiler says or how a check judges.
static const char **make_environment(void) {
    static const char *const OUT[] = {
        "LC_ALL=",        "LANG=",         "LANGUAGE=",       "ASAN_OPTIONS=",
        "UBSAN_OPTIONS=", "LSAN_OPTIONS=", "TSAN_OPTIONS=",   "LD_PRELOAD=",
        "GCC_COLORS=",    "MALLOC_",       "POSIXLY_CORRECT="};
    size_t n = 0, count = 0;
    const char **list;

    while (environ[count] != NULL) {
        count++;
    }
    list = calloc(count + 2, sizeof(*list));
    if (list == NULL) {
        return NULL;
    }
    list[n++] = "LC_ALL=C";
    for (size_t i = 0; i < count; i++) {
        bool out = false;

        for (size_t k = 0; k < sizeof(OUT) / sizeof(OUT[0]); k++) {
            out = out || strncmp(environ[i], OUT[k], strlen(OUT[k])) == 0;
        }
        if (!out) {
            list[n++] = environ[i];
        }
    }
    return list;
}

// In the child: its group, its signals, its place; and its end with ours, also
// when we are killed.
static int settle(const struct course_process *p, int out, pid_t parent) {
    const struct rlimit memory = {p->memory_bytes, p->memory_bytes};
    const int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    for (int number = 1; number < NSIG; number++) {
        (void)signal(number, SIG_DFL); // what is ignored would stay so
    }
    sigemptyset(&none);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || setpgid(0, 0) < 0 ||
        sigprocmask(SIG_SETMASK, &none, NULL) < 0 ||
        (p->folder != NULL && chdir(p->folder) < 0) || dup2(null, 0) < 0 ||
        dup2(out, 1) < 0 || dup2(out, 2) < 0 ||
        (p->memory_bytes != 0 && setrlimit(RLIMIT_AS, &memory) < 0)) {
        return errno;
    }
    return getppid() == parent ? 0 : ESRCH; // it was killed before that
}

// The child tells its error, if it does not come to exec.
static int fork_it(struct course_process *p, int out) {
    const char **environment = make_environment();
    const pid_t parent = getpid();
    int tell[2], err = 0;
    ssize_t n;

    if (environment == NULL) {
        return -ENOMEM;
    }
    if (pipe2(tell, O_CLOEXEC) < 0) {
        err = -errno;
        free(environment);
        return err;
    }
    p->pid = fork();
    if (p->pid == 0) {
        err = settle(p, out, parent);
        if (err == 0) {
            (void)execvpe(p->argv[0], (char *const *)(uintptr_t)p->argv,
                          (char *const *)(uintptr_t)environment);
            err = errno;
        }
        n = write(tell[1], &err, sizeof(err));
        _exit(127);
    }
    err = p->pid < 0 ? errno : 0;
    (void)close(tell[1]);
    do { // closed by a successful exec
        n = p->pid > 0 ? read(tell[0], &err, sizeof(err)) : 0;
    } while (n < 0 && errno == EINTR);
    (void)close(tell[0]);
    free(environment);
    if (n > 0) {
        (void)waitpid(p->pid, NULL, 0);
    }
    return -err;
}

static int start(struct course_process *p) {
    int ends[2], err;

    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -errno;
    }
    err = fork_it(p, ends[1]);
    (void)close(ends[1]);
    if (err < 0) {
        (void)close(ends[0]);
        p->pid = 0;
        return err;
    }
    (void)fcntl(ends[0], F_SETFL, O_NONBLOCK);
    p->out_fd = ends[0];
    p->pid_fd = (int)syscall(SYS_pidfd_open, p->pid, 0); // -1: looks only
    p->heard_ms = course__now_ms();
    return 0;
}

// ---- what it says ----

static void give_lines(struct course_process *p) {
    char line[LINE_MOST], *stop;

    while (p->line != NULL && p->said != NULL &&
           (stop = memchr(p->said + p->line_from, '\n',
                          p->said_len - p->line_from)) != NULL) {
        const size_t len = (size_t)(stop - p->said) - p->line_from;

        snprintf(line, sizeof(line), "%.*s", (int)len, p->said + p->line_from);
        p->line_from += len + 1;
        p->line(p->arg, line);
    }
}

static void keep(struct course_process *p, const char *text, size_t len) {
    if (p->said == NULL && (p->said = malloc(SAID_MOST + 1)) == NULL) {
        return;
    }
    // A program that tells how it goes on may do so for ever: of it the latest
    // is kept. Of a compiler the first, where the first error is.
    if (p->line != NULL && p->said_len + len > SAID_MOST) {
        p->said_len = p->line_from = 0;
    }
    if (len > SAID_MOST - p->said_len) {
        len = SAID_MOST - p->said_len;
        p->full = true;
    }
    memcpy(p->said + p->said_len, text, len);
    p->said_len += len;
    p->said[p->said_len] = '\0';
    give_lines(p);
}

static void hear(struct course_process *p) {
    char text[16 * 1024];
    ssize_t n;

    while (p->out_fd >= 0) {
        n = read(p->out_fd, text, sizeof(text));
        if (n > 0) {
            p->heard_ms = course__now_ms();
            keep(p, text, (size_t)n);
            return; // the others' turn; poll comes back
        }
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0 && errno == EAGAIN) {
            return;
        }
        (void)close(p->out_fd);
        p->out_fd = -1;
    }
}

// ---- its end ----

static void look(struct course_process *p) {
    int status;

    if (p->pid == 0 || waitpid(p->pid, &status, WNOHANG) != p->pid) {
        return;
    }
    p->status =
        WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
    (void)kill(-p->pid, SIGKILL); // whom it has left behind in its group
    p->pid = 0;
    if (p->pid_fd >= 0) {
        (void)close(p->pid_fd);
        p->pid_fd = -1;
    }
    for (int i = 0; i < 16 && p->out_fd >= 0; i++) {
        hear(p); // what is left in the pipe
    }
    if (p->out_fd >= 0) {
        (void)close(p->out_fd);
        p->out_fd = -1;
    }
    if (p->line != NULL && p->said != NULL && p->said_len > p->line_from) {
        keep(p, "\n", 1); // its last line had no end
    }
}

static void finish(struct course_process *p) {
    if (p->pid == 0) {
        return;
    }
    (void)kill(-p->pid, SIGTERM);
    for (const int64_t until = course__now_ms() + PATIENCE_MS;
         p->pid != 0 && course__now_ms() < until;) {
        struct pollfd end = {.fd = p->pid_fd, .events = POLLIN};

        (void)poll(&end, 1, p->pid_fd >= 0 ? LOOK_MS : 5);
        look(p);
    }
    if (p->pid != 0) {
        (void)kill(-p->pid, SIGKILL);
    }
    while (p->pid != 0) {
        struct pollfd end = {.fd = p->pid_fd, .events = POLLIN};

        (void)poll(&end, 1, p->pid_fd >= 0 ? LOOK_MS : 5);
        look(p);
    }
}

// ---- all of them ----

// Waits for one of them to speak or end, at most a look's time.
static bool wait_for(struct course_process *const *all, size_t count) {
    struct pollfd fds[2 * PROCESSES_MOST];
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        fds[2 * i] = (struct pollfd){.fd = all[i]->out_fd, .events = POLLIN};
        fds[2 * i + 1] =
            (struct pollfd){.fd = all[i]->pid_fd, .events = POLLIN};
        any = any || all[i]->pid != 0;
    }
    if (!any) {
        return false;
    }
    (void)poll(fds, 2 * count, LOOK_MS);
    for (size_t i = 0; i < count; i++) {
        struct course_process *p = all[i];

        hear(p);
        look(p);
        if (p->pid != 0 && p->silence_ms != 0 &&
            course__now_ms() - p->heard_ms > p->silence_ms) {
            p->silent = true;
            finish(p);
        }
        if (p->full) {
            finish(p); // nobody reads on, and more is only more of it
        }
    }
    return true;
}

int course__processes_run(struct course_process *const *all, size_t count,
                          bool (*give_up)(void *arg), void *give_up_arg,
                          char *why, size_t why_bytes) {
    int err = count > PROCESSES_MOST ? -E2BIG : 0;

    for (size_t i = 0; i < count; i++) {
        all[i]->pid = 0;
        all[i]->pid_fd = all[i]->out_fd = -1;
    }
    for (size_t i = 0; err == 0 && i < count; i++) {
        err = start(all[i]);
        if (err < 0) {
            (void)course__wrong(err, why, why_bytes,
                                "cannot run %s: %s (is it installed?)",
                                all[i]->argv[0], strerror(-err));
        }
    }
    while (err == 0 && wait_for(all, count)) {
        if (give_up != NULL && give_up(give_up_arg)) {
            err = course__wrong(-ECANCELED, why, why_bytes,
                                "ended before it was done");
        }
    }
    for (size_t i = 0; i < count; i++) {
        finish(all[i]);
        if (all[i]->said == NULL && (all[i]->said = calloc(1, 1)) == NULL) {
            err = err == 0 ? -ENOMEM : err; // callers need not ask
        }
    }
    return err;
}

int course__no_space(const struct course_job *job,
                     const struct course_process *p, char *why,
                     size_t why_bytes) {
    static const char WORDS[] = "No space left on device"; // in LC_ALL=C

    if (p->status == 0 || p->said == NULL || strstr(p->said, WORDS) == NULL) {
        return 0;
    }
    return course__wrong(-ENOSPC, why, why_bytes,
                         "%s: %s (a program is built there: make room for it)",
                         job->scratch, strerror(ENOSPC));
}

void course__process_deinit(struct course_process *p) {
    free(p->said);
    p->said = NULL;
    p->said_len = 0;
}
