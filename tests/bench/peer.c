// Problem: knowing without sleeping when a server is ready, and what it used.
// Idea: the server writes its port into a file of a fresh folder; inotify says
// when that is done, a pidfd says when it died instead. Costs are read from
// outside: the process's CPU clock and its memory map's summary.
#include "peer.h"
#include "place.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS 10000

__attribute__((noreturn)) static void exec_peer(const struct peer *p,
                                                const char *bin, int cpu,
                                                const struct peer_run *run,
                                                const char *port_file) {
    char path[4096];
    const char *args[9] = {path, "--listen", "127.0.0.1:0", "--port-file",
                           port_file};
    unsigned count = 5;
    int null_fd = open("/dev/null", O_WRONLY | O_CLOEXEC);

    (void)snprintf(path, sizeof(path), "%s/%s", bin, p->program);
    if (p->flag != NULL) {
        args[count++] = p->flag;
    }
    if (p->traced) {
        args[count++] = "--ring";
        args[count++] = run->ring;
    }
    place_pin(cpu);
    (void)prctl(PR_SET_PDEATHSIG, SIGTERM); // an interrupted benchmark
    if (null_fd >= 0 && dup2(null_fd, STDOUT_FILENO) >= 0) {
        (void)execv(path, (char *const *)args);
    }
    perror(path);
    _exit(127);
}

// Whether the port file is whole; a port of 0 is none.
static uint16_t read_port(const char *path) {
    FILE *file = fopen(path, "re");
    char text[16] = "";
    unsigned long port;

    if (file == NULL) {
        return 0;
    }
    if (fgets(text, sizeof(text), file) == NULL) {
        text[0] = '\0';
    }
    (void)fclose(file);
    port = strtoul(text, NULL, 10);
    return port <= UINT16_MAX ? (uint16_t)port : 0;
}

static int wait_port(struct peer_run *run, int watch_fd, const char *path) {
    char events[4096];
    struct pollfd fds[] = {{.fd = watch_fd, .events = POLLIN},
                           {.fd = run->pid_fd, .events = POLLIN}};

    for (;;) {
        int n = poll(fds, 2, PATIENCE_MS);

        if (n == 0) {
            return -ETIMEDOUT;
        }
        if (fds[1].revents != 0) {
            return -ECHILD;
        }
        if (n > 0 && read(watch_fd, events, sizeof(events)) > 0) {
            run->port = read_port(path);
            if (run->port != 0) {
                return 0;
            }
        }
    }
}

static int start_in_dir(const struct peer *p, const char *bin, int cpu,
                        struct peer_run *run) {
    char path[sizeof(run->ring)];
    int watch_fd = inotify_init1(IN_CLOEXEC);
    int err;

    (void)snprintf(path, sizeof(path), "%s/port", run->dir);
    (void)snprintf(run->ring, sizeof(run->ring), "%s/ring", run->dir);
    if (watch_fd < 0) {
        return -errno;
    }
    if (inotify_add_watch(watch_fd, run->dir, IN_CLOSE_WRITE | IN_MOVED_TO) <
            0 ||
        (run->pid = fork()) < 0) {
        err = -errno;
        close(watch_fd);
        return err;
    }
    if (run->pid == 0) {
        exec_peer(p, bin, cpu, run, path);
    }
    run->pid_fd = (int)syscall(SYS_pidfd_open, run->pid, 0);
    err = run->pid_fd < 0 ? -errno : wait_port(run, watch_fd, path);
    close(watch_fd);
    return err;
}

int peer_start(const struct peer *p, const char *bin, int cpu,
               struct peer_run *ret) {
    int err;

    *ret = (struct peer_run){.pid = -1, .pid_fd = -1};
    (void)snprintf(ret->dir, sizeof(ret->dir), "%s/fb-bench-XXXXXX",
                   access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
    if (mkdtemp(ret->dir) == NULL) {
        return -errno;
    }
    err = start_in_dir(p, bin, cpu, ret);
    if (err < 0) {
        peer_stop(ret);
    }
    return err;
}

static void end_process(struct peer_run *run) {
    struct pollfd ended = {.fd = run->pid_fd, .events = POLLIN};

    (void)kill(run->pid, SIGTERM);
    if (run->pid_fd < 0 || poll(&ended, 1, PATIENCE_MS) <= 0) {
        (void)kill(run->pid, SIGKILL);
    }
    while (waitpid(run->pid, NULL, 0) < 0 && errno == EINTR) {
    }
    if (run->pid_fd >= 0) {
        close(run->pid_fd);
    }
}

// What a server leaves, and what one that was killed leaves.
static void remove_dir(const struct peer_run *run) {
    static const char *const files[] = {"port", "ring", "ring.bell"};
    char path[sizeof(run->dir) + 16];

    for (unsigned i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
        (void)snprintf(path, sizeof(path), "%s/%s", run->dir, files[i]);
        (void)unlink(path);
    }
    (void)rmdir(run->dir);
}

void peer_stop(struct peer_run *run) {
    if (run->pid > 0) {
        end_process(run);
    }
    if (run->dir[0] != '\0') {
        remove_dir(run);
    }
    *run = (struct peer_run){.pid = -1, .pid_fd = -1};
}

uint64_t peer_cpu_ns(const struct peer_run *run) {
    struct timespec used;
    clockid_t clock;

    if (clock_getcpuclockid(run->pid, &clock) != 0 ||
        clock_gettime(clock, &used) != 0) {
        return 0;
    }
    return (uint64_t)used.tv_sec * 1000000000u + (uint64_t)used.tv_nsec;
}

uint64_t peer_anonymous_bytes(const struct peer_run *run) {
    char path[64];
    char line[128];
    uint64_t bytes = 0;
    FILE *file;

    (void)snprintf(path, sizeof(path), "/proc/%d/smaps_rollup", (int)run->pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    while (fgets(line, sizeof(line), file) != NULL) {
        if (strncmp(line, "Anonymous:", 10) == 0) {
            bytes = strtoull(line + 10, NULL, 10) * 1024u;
        }
    }
    (void)fclose(file);
    return bytes;
}
