// A demo in a pipe.
#include "play.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static uint64_t clock_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void must(bool ok, const char *what) {
    if (!ok) {
        perror(what);
        abort();
    }
}

__attribute__((noreturn)) static void
run(struct fb_play *p, const char *const *args, const int *fds, pid_t parent) {
    const char *bin = getenv("FB_BIN");
    // Whatever else plays on this machine has its own port.
    const char *argv[16] = {NULL, "demo", "--port", "0"};
    char path[1024], cache[1024];
    int n = 4, null = open("/dev/null", O_RDONLY);

    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent || null < 0) {
        _exit(127);
    }
    snprintf(path, sizeof(path), "%s/fishbowl", bin ? bin : ".");
    argv[0] = path;
    for (size_t i = 0; args[i] && n < 15; i++) {
        argv[n++] = args[i];
    }
    setenv("TMPDIR", p->dir, 1);
    setenv("XDG_RUNTIME_DIR", p->dir, 1);
    // What exercises are built into is built once for all tests.
    snprintf(cache, sizeof(cache), "%s/../tests/cache", bin ? bin : ".");
    setenv("XDG_CACHE_HOME", cache, 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    dup2(null, STDIN_FILENO);
    dup2(fds[1], STDOUT_FILENO);
    dup2(fds[3], STDERR_FILENO);
    execv(path, (char *const *)argv);
    perror(path);
    _exit(127);
}

void fb_play_start(struct fb_play *p, const char *const *args) {
    int fds[4];
    pid_t parent = getpid();

    *p = (struct fb_play){.dir = "/tmp/fishbowl-play-XXXXXX"};
    must(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0, "subreaper");
    must(mkdtemp(p->dir) != NULL, "mkdtemp");
    p->out = calloc(1, FB_PLAY_BYTES + 1);
    p->err = calloc(1, FB_PLAY_BYTES + 1);
    must(p->out && p->err, "calloc");
    must(pipe2(fds, O_CLOEXEC) == 0 && pipe2(fds + 2, O_CLOEXEC) == 0, "pipe2");
    p->pid = fork();
    must(p->pid >= 0, "fork");
    if (p->pid == 0) {
        run(p, args, fds, parent);
    }
    close(fds[1]);
    close(fds[3]);
    p->out_fd = fds[0];
    p->err_fd = fds[2];
    fcntl(p->out_fd, F_SETFL, O_NONBLOCK);
    fcntl(p->err_fd, F_SETFL, O_NONBLOCK);
}

// Takes what is there. False: the other side is closed.
static bool take(int *fd, char *buf, size_t *len) {
    while (*fd >= 0) {
        size_t room = FB_PLAY_BYTES - *len;
        ssize_t n = room > 0 ? read(*fd, buf + *len, room) : 0;
        if (n < 0) {
            return errno == EAGAIN || errno == EINTR;
        }
        if (n == 0) {
            close(*fd);
            *fd = -1;
            return false;
        }
        *len += (size_t)n;
        buf[*len] = '\0';
    }
    return false;
}

// One bounded wait. False: both outputs are closed.
static bool pump(struct fb_play *p) {
    struct pollfd fds[2] = {{.fd = p->out_fd, .events = POLLIN},
                            {.fd = p->err_fd, .events = POLLIN}};

    if (p->out_fd < 0 && p->err_fd < 0) {
        return false;
    }
    poll(fds, 2, 100);
    take(&p->out_fd, p->out, &p->out_len);
    take(&p->err_fd, p->err, &p->err_len);
    return true;
}

bool fb_play_says(struct fb_play *p, const char *text) {
    uint64_t deadline_ms = clock_ms() + FB_PLAY_LIMIT_MS;

    while (!strstr(p->out, text)) {
        if (clock_ms() >= deadline_ms || !pump(p)) {
            fprintf(stderr, "in vain for \"%s\" in:\n%s\n%s\n", text, p->out,
                    p->err);
            return false;
        }
    }
    return true;
}

int fb_play_finish(struct fb_play *p) {
    uint64_t deadline_ms = clock_ms() + FB_PLAY_LIMIT_MS;

    while (p->pid > 0) {
        bool more = pump(p);
        if (waitpid(p->pid, &p->status, WNOHANG) == p->pid) {
            p->pid = 0;
        } else if (clock_ms() >= deadline_ms) {
            fprintf(stderr, "does not end:\n%s\n%s\n", p->out, p->err);
            kill(p->pid, SIGKILL);
        } else if (!more) {
            poll(NULL, 0, 10);
        }
    }
    take(&p->out_fd, p->out, &p->out_len);
    take(&p->err_fd, p->err, &p->err_len);
    return WIFSIGNALED(p->status) ? 128 + WTERMSIG(p->status)
                                  : WEXITSTATUS(p->status);
}

pid_t fb_play_server(const struct fb_play *p) {
    char path[64];
    int child = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)p->pid,
             (int)p->pid);
    f = fopen(path, "re");
    if (f) {
        if (fscanf(f, "%d", &child) != 1) {
            child = 0;
        }
        fclose(f);
    }
    return child;
}

bool fb_play_orphan_ends(pid_t pid) {
    uint64_t deadline_ms = clock_ms() + FB_PLAY_LIMIT_MS;

    while (clock_ms() < deadline_ms) {
        if (waitpid(pid, NULL, WNOHANG) == pid ||
            (kill(pid, 0) < 0 && errno == ESRCH)) {
            return true;
        }
        poll(NULL, 0, 10);
    }
    return false;
}

// Files below `path`, of those that count; removes what it finds.
static size_t sweep(const char *path, bool traces_stay) {
    DIR *dir = opendir(path);
    struct dirent *entry;
    size_t found = 0;

    while (dir && (entry = readdir(dir)) != NULL) {
        const char *name = entry->d_name;
        char below[512];
        struct stat st;

        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
            continue;
        }
        snprintf(below, sizeof(below), "%s/%s", path, name);
        if (lstat(below, &st) == 0 && S_ISDIR(st.st_mode)) {
            // The per-user directory of traces may stay.
            found += sweep(below, traces_stay) +
                     (strcmp(name, "fishbowl") != 0 ? 1 : 0);
            rmdir(below);
        } else {
            if (!traces_stay) {
                fprintf(stderr, "left behind: %s\n", below);
                found++;
            }
            unlink(below);
        }
    }
    if (dir) {
        closedir(dir);
    }
    return found;
}

bool fb_play_left_nothing(struct fb_play *p, bool traces_stay) {
    // Orphans become our children: with none left, waitpid has no one.
    if (waitpid(-1, NULL, WNOHANG) != -1 || errno != ECHILD) {
        fprintf(stderr, "left behind: a process\n");
        return false;
    }
    return sweep(p->dir, traces_stay) == 0;
}

void fb_play_close(struct fb_play *p) {
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    if (p->out_fd >= 0) {
        close(p->out_fd);
    }
    if (p->err_fd >= 0) {
        close(p->err_fd);
    }
    sweep(p->dir, true);
    rmdir(p->dir);
    free(p->out);
    free(p->err);
}
