// Problem: a recorded command must begin after its recorder is there, and its
//     end must be in the recording, also when Ctrl-C ends both.
//
// Idea: it is told who records it, and waits for us when it opens its trace.
//     Of a signal it is told first; we go on until it is gone:
//
//     Ctrl-C ── the terminal tells both ──┐
//     kill ──── we pass it on ────────────┴─ patience ─ SIGTERM ─ SIGKILL
//
// Invariants: never waits without a bound for a command that was told to end.
#include "command.h"
#include "fishbowl/trace/reader.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static const uint64_t S = 1000000000, PATIENCE_S = 10, LAST_S = 5;
enum { LOOK_NS = 5000000, SAY_AFTER = 400 }; // looks

static volatile sig_atomic_t signals, last_signal, terminal_told;

static uint64_t now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void look_later(void) {
    const struct timespec pause = {.tv_nsec = LOOK_NS};

    nanosleep(&pause, NULL);
}

// ---- signals ----

// What the kernel sends, the terminal has sent to all who sit at it.
static void on_signal(int number, siginfo_t *info, void *context) {
    (void)context;
    signals = signals + 1;
    last_signal = number;
    terminal_told = info->si_code == SI_KERNEL;
}

void fb_ending_catch(void) {
    const struct sigaction action = {.sa_sigaction = on_signal,
                                     .sa_flags = SA_SIGINFO};
    struct sigaction hangup;

    (void)sigaction(SIGINT, &action, NULL);
    (void)sigaction(SIGTERM, &action, NULL);
    if (sigaction(SIGHUP, NULL, &hangup) == 0 &&
        hangup.sa_handler != SIG_IGN) { // nohup
        (void)sigaction(SIGHUP, &action, NULL);
    }
    (void)signal(SIGPIPE, SIG_IGN);
    (void)signal(SIGXFSZ, SIG_IGN);
}

bool fb_ending_wanted(void) {
    return signals != 0;
}

// ---- start ----

__attribute__((noreturn)) static void become(const char *file, char **argv,
                                             pid_t recorder, int say_fd) {
    char pid[24];
    int err;

    // Handlers do not survive exec, what is ignored does.
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    snprintf(pid, sizeof(pid), "%ld", (long)recorder);
    (void)setenv(FB_RECORDER_VARIABLE, pid, 1);
    execvp(file, argv);
    err = errno;
    while (write(say_fd, &err, sizeof(err)) < 0 && errno == EINTR) {
    }
    _exit(127);
}

int fb_command_start(struct fb_command *c, const char *file, char **argv) {
    const pid_t own = getpid();
    int ends[2], err = 0;
    ssize_t n;

    *c = (struct fb_command){0};
    if (pipe2(ends, O_CLOEXEC) < 0) {
        return -errno;
    }
    c->pid = fork();
    if (c->pid == 0) {
        become(file, argv, own, ends[1]);
    }
    (void)close(ends[1]);
    if (c->pid < 0) {
        err = errno;
        (void)close(ends[0]);
        return -err;
    }
    do { // closed by a successful exec
        n = read(ends[0], &err, sizeof(err));
    } while (n < 0 && errno == EINTR);
    (void)close(ends[0]);
    if (n == (ssize_t)sizeof(err)) {
        (void)waitpid(c->pid, NULL, 0);
        return -err;
    }
    return 0;
}

// ---- its trace ----

static bool is_trace_of(const char *path, pid_t pid) {
    struct fb_trace_reader r;
    struct stat st;
    bool is = false;

    if (stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
        fb_trace_reader_open(&r, path, false) == 0) {
        is = r.header.pid == (uint32_t)pid &&
             fb_trace_reader_life(&r) == FB_LIFE_RUNNING;
        fb_trace_reader_close(&r);
    }
    return is;
}

// Where every traced program's trace lies; else among the files that it has
// open, for a trace may lie anywhere and its writer holds it open.
static bool find_trace(pid_t pid, char *path, size_t path_bytes) {
    char dir[PATH_MAX - 64], link[300];
    const struct dirent *entry;
    bool found = false;
    ssize_t n;
    DIR *fds;

    if (fb_trace_dir(dir, sizeof(dir), false) == 0 &&
        snprintf(path, path_bytes, "%s/%ld.ring", dir, (long)pid) <
            (int)path_bytes &&
        is_trace_of(path, pid)) {
        return true;
    }
    snprintf(link, sizeof(link), "/proc/%ld/fd", (long)pid);
    fds = opendir(link);
    while (fds != NULL && !found && (entry = readdir(fds)) != NULL) {
        snprintf(link, sizeof(link), "/proc/%ld/fd/%s", (long)pid,
                 entry->d_name);
        n = readlink(link, path, path_bytes - 1);
        if (n > 0 && path[0] == '/') {
            path[n] = '\0';
            found = is_trace_of(path, pid);
        }
    }
    if (fds != NULL) {
        (void)closedir(fds);
    }
    return found;
}

int fb_command_trace(struct fb_command *c, char *path, size_t path_bytes) {
    for (int i = 0;; i++) {
        fb_command_tend(c);
        if (c->ended) {
            return -ECHILD;
        }
        if (find_trace(c->pid, path, path_bytes)) {
            return 0;
        }
        if (fb_ending_wanted()) {
            return -EINTR;
        }
        if (i == SAY_AFTER) {
            fprintf(stderr,
                    "fishbowl: record: it has not opened a trace yet (is it "
                    "built with Fishbowl's runtime, and traced?)\n");
        }
        look_later();
    }
}

// ---- its end ----

static void look_whether_ended(struct fb_command *c) {
    if (!c->ended && waitpid(c->pid, &c->status, WNOHANG) == c->pid) {
        c->ended = true;
    }
}

static void tell(struct fb_command *c, int number) {
    if (!c->ended) {
        (void)kill(c->pid, number);
    }
}

// One step harder than before. `first`: the signal it is asked by; 0: it was
// asked already.
static void tell_harder(struct fb_command *c, int first) {
    c->told++;
    if (c->told == 1) {
        c->told_ns = now_ns();
        if (first != 0) {
            tell(c, first);
        }
    } else {
        tell(c, c->told == 2 ? SIGTERM : SIGKILL);
    }
}

void fb_command_tend(struct fb_command *c) {
    const unsigned count = (unsigned)signals;

    look_whether_ended(c);
    if (c->ended) {
        return;
    }
    if (count > c->heard) {
        c->heard = count;
        tell_harder(c, terminal_told ? 0 : last_signal);
    }
    if ((c->told == 1 && now_ns() - c->told_ns > PATIENCE_S * S) ||
        (c->told == 2 && now_ns() - c->told_ns > (PATIENCE_S + LAST_S) * S)) {
        tell_harder(c, 0);
    }
}

void fb_command_end(struct fb_command *c) {
    look_whether_ended(c);
    if (c->told == 0) {
        tell_harder(c, SIGTERM);
    }
}

void fb_command_wait(struct fb_command *c) {
    for (fb_command_tend(c); !c->ended; fb_command_tend(c)) {
        look_later();
    }
}

int fb_command_status(const struct fb_command *c) {
    return WIFSIGNALED(c->status) ? 128 + WTERMSIG(c->status)
                                  : WEXITSTATUS(c->status);
}
