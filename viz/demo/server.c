// Starting, hearing and ending the greeter.
//
// Problem: a demo that leaves a server behind spoils the next one, and a
// server that prints over the picture spoils this one.
// Idea: fork and exec with both outputs in one pipe; the port comes back
// through a port file in a private directory, so that nothing is parsed that
// is meant for people. The child asks the kernel to be killed when we die, so
// that not even SIGKILL of the demo leaves it running; it lives in a process
// group of its own, so that the terminal's Ctrl-C and Ctrl-Z reach the demo
// alone.
// Invariants: pid > 0 only while a child of ours has not been waited for; the
// directory exists only while `dir` is not empty, and never longer than the
// start takes.
#include "server.h"
#include "beside.h"
#include "fishbowl/trace/text.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { START_LIMIT_MS = 5000, TURN_MS = 20 };

static uint64_t clock_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// ---- its output ------------------------------------------------------------

static void give_line(struct fb_server *s) {
    // The last words of a server that failed to start are its reason.
    fb_text_sanitise(s->partial, s->partial_len, s->last_line,
                     sizeof(s->last_line));
    if (s->options.line) {
        s->options.line(s->options.arg, s->partial, s->partial_len);
    }
    s->partial_len = 0;
}

static void take_bytes(struct fb_server *s, const char *bytes, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (bytes[i] == '\n') {
            give_line(s);
            continue;
        }
        if (s->partial_len == sizeof(s->partial)) {
            give_line(s); // too long: goes on in the next line
        }
        s->partial[s->partial_len++] = bytes[i];
    }
}

static bool pump_output(struct fb_server *s) {
    char buf[4096];
    bool moved = false;

    // Bounded, so that a server that never stops talking cannot keep us here.
    for (int turn = 0; turn < 16 && s->out_fd >= 0; turn++) {
        ssize_t n = read(s->out_fd, buf, sizeof(buf));
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) {
            break;
        }
        if (n <= 0) {
            if (s->partial_len > 0) {
                give_line(s);
            }
            close(s->out_fd);
            s->out_fd = -1;
            return true;
        }
        take_bytes(s, buf, (size_t)n);
        moved = true;
    }
    return moved;
}

bool fb_server_pump(struct fb_server *s) {
    bool moved = pump_output(s);

    if (s->pid > 0 && waitpid(s->pid, &s->status, WNOHANG) == s->pid) {
        s->pid = 0;
        s->ended = true;
        pump_output(s);
        moved = true;
    }
    return moved;
}

void fb_server_status(const struct fb_server *s, char *out, size_t out_bytes) {
    if (!s->ended) {
        snprintf(out, out_bytes, "runs");
    } else if (WIFSIGNALED(s->status)) {
        snprintf(out, out_bytes, "killed by signal %d (%s)",
                 WTERMSIG(s->status), strsignal(WTERMSIG(s->status)));
    } else {
        snprintf(out, out_bytes, "exited with status %d",
                 WEXITSTATUS(s->status));
    }
}

// ---- starting --------------------------------------------------------------

static int make_dir(struct fb_server *s) {
    const char *tmp = getenv("TMPDIR");
    int n;

    if (!tmp || tmp[0] != '/') {
        tmp = "/tmp";
    }
    n = snprintf(s->dir, sizeof(s->dir), "%s/fishbowl-demo-XXXXXX", tmp);
    if (n < 0 || (size_t)n >= sizeof(s->dir)) {
        snprintf(s->dir, sizeof(s->dir), "/tmp/fishbowl-demo-XXXXXX");
    }
    if (!mkdtemp(s->dir)) {
        int err = -errno;
        s->dir[0] = '\0';
        return err;
    }
    return 0;
}

static void remove_dir(struct fb_server *s) {
    char path[96];

    if (s->dir[0] == '\0') {
        return;
    }
    snprintf(path, sizeof(path), "%s/port", s->dir);
    unlink(path);
    rmdir(s->dir);
    s->dir[0] = '\0';
}

// Whether a greeter could listen there; who comes between us and it is told
// by the second try in fb_server_start.
static bool port_is_free(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    int on = 1;
    bool is_free;

    if (fd < 0) {
        return true;
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    is_free = bind(fd, (const struct sockaddr *)&address, sizeof(address)) == 0;
    close(fd);
    return is_free;
}

// In the child. Only what is async-signal-safe, and exec.
__attribute__((noreturn)) static void run_child(char *const *argv, int out_fd,
                                                pid_t parent) {
    static const char failed[] = "the program could not be started\n";
    int null = open("/dev/null", O_RDONLY | O_CLOEXEC);
    sigset_t none;

    // Signals we ignore or block would be inherited through exec.
    for (int sig = 1; sig < NSIG; sig++) {
        signal(sig, SIG_DFL);
    }
    sigemptyset(&none);
    sigprocmask(SIG_SETMASK, &none, NULL);
    setpgid(0, 0);
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) {
        _exit(127); // died in between: nobody would send the signal any more
    }
    if (null >= 0) {
        dup2(null, STDIN_FILENO);
    }
    dup2(out_fd, STDOUT_FILENO);
    dup2(out_fd, STDERR_FILENO);
    execv(argv[0], argv);
    if (write(STDERR_FILENO, failed, sizeof(failed) - 1) < 0) {
        _exit(126);
    }
    _exit(127);
}

static int spawn(struct fb_server *s, const char *path, uint16_t port) {
    char listen_at[32], port_file[96];
    char *argv[8 + FB_SERVER_ARGS_MAX];
    int argc = 0, fds[2];
    pid_t parent = getpid();

    snprintf(listen_at, sizeof(listen_at), "127.0.0.1:%u", (unsigned)port);
    snprintf(port_file, sizeof(port_file), "%s/port", s->dir);
    argv[argc++] = (char *)path;
    if (!s->options.is_deaf) {
        argv[argc++] = (char *)"--listen";
        argv[argc++] = listen_at;
    }
    argv[argc++] = (char *)"--port-file";
    argv[argc++] = port_file;
    for (int i = 0; s->options.args && s->options.args[i]; i++) {
        if (i == FB_SERVER_ARGS_MAX) {
            return -E2BIG;
        }
        argv[argc++] = (char *)s->options.args[i];
    }
    argv[argc] = NULL;
    if (s->out_fd >= 0) { // of a first try
        close(s->out_fd);
        s->out_fd = -1;
    }
    s->partial_len = 0;
    if (pipe2(fds, O_CLOEXEC) < 0) {
        return -errno;
    }
    s->pid = fork();
    if (s->pid == 0) {
        run_child(argv, fds[1], parent);
    }
    if (s->pid < 0) {
        int err = -errno;
        s->pid = 0;
        close(fds[0]);
        close(fds[1]);
        return err;
    }
    close(fds[1]);
    fcntl(fds[0], F_SETFL, O_NONBLOCK);
    s->out_fd = fds[0];
    s->ended = false;
    return 0;
}

// The port file appears whole (the server renames it into place).
static bool read_port(struct fb_server *s) {
    char path[96];
    unsigned port = 0;
    FILE *f;
    int fields;

    snprintf(path, sizeof(path), "%s/port", s->dir);
    f = fopen(path, "re");
    if (!f) {
        return false;
    }
    fields = fscanf(f, "%5u", &port);
    fclose(f);
    if (fields != 1 || port > 65535 ||
        (port == 0 && !s->options.may_be_silent)) {
        return false;
    }
    s->address =
        (struct sockaddr_in){.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return true;
}

static unsigned start_limit_ms(const struct fb_server *s) {
    return s->options.start_ms ? s->options.start_ms : START_LIMIT_MS;
}

static int await_port(struct fb_server *s) {
    uint64_t deadline_ms = clock_ms() + start_limit_ms(s);

    while (clock_ms() < deadline_ms) {
        struct pollfd p = {.fd = s->out_fd, .events = POLLIN};

        fb_server_pump(s);
        if (s->ended) {
            return -ECHILD;
        }
        if (read_port(s)) {
            return 0;
        }
        poll(&p, s->out_fd >= 0 ? 1 : 0, TURN_MS);
    }
    return -ETIMEDOUT;
}

static void explain(const struct fb_server *s, int err, const char *path,
                    char *why, size_t why_bytes) {
    const char *called = s->options.called ? s->options.called : "greeter";
    char status[64];

    fb_server_status(s, status, sizeof(status));
    if (err == -ECHILD) {
        snprintf(why, why_bytes, "the %s %s%s%s", called, status,
                 s->last_line[0] ? ": " : "", s->last_line);
    } else if (err == -ETIMEDOUT) {
        snprintf(why, why_bytes,
                 "the %s does not listen after %u s (is the machine very "
                 "busy?)",
                 called, start_limit_ms(s) / 1000);
    } else if (err == -ENOENT) {
        snprintf(why, why_bytes,
                 "the %s's program is not at %s (build it, or install "
                 "Fishbowl again)",
                 called, path);
    } else {
        snprintf(why, why_bytes, "the %s cannot be started: %s", called,
                 strerror(-err));
    }
}

// Who takes the port between the look and the server's own bind makes it end
// at once; then a port that the kernel picks is the answer, as it is to a port
// that was taken before.
static int start_on_a_port(struct fb_server *s, const char *path) {
    const uint16_t port = s->options.port;
    int err = 0;

    s->port_taken = port != 0 && !port_is_free(port);
    if (port != 0 && !s->port_taken) {
        err = spawn(s, path, port);
        if (!err) {
            err = await_port(s);
        }
        if (err != -ECHILD) {
            return err;
        }
        // Whatever else ended it ends the second try too, and is told then.
        s->port_taken = true;
    }
    err = spawn(s, path, 0);
    return err ? err : await_port(s);
}

int fb_server_start(struct fb_server *s,
                    const struct fb_server_options *options, char *why,
                    size_t why_bytes) {
    struct sigaction waited_for = {.sa_handler = SIG_DFL};
    char path[768] = "";
    int err = 0;

    // Who started us may have left it ignored: then children vanish without a
    // word, and their number may be somebody else's when we send a signal.
    sigaction(SIGCHLD, &waited_for, NULL);
    *s = (struct fb_server){.options = *options, .out_fd = -1};
    if (options->path) {
        snprintf(path, sizeof(path), "%s", options->path);
        err = fb_beside_is_program(path) ? 0 : -ENOENT;
    } else {
        err = fb_beside_program(options->program ? options->program
                                                 : "fishbowl-serve",
                                path, sizeof(path));
    }
    if (!err) {
        err = make_dir(s);
    }
    if (!err) {
        err = start_on_a_port(s, path);
    }
    if (err) {
        explain(s, err, path, why, why_bytes);
        fb_server_end(s);
    }
    remove_dir(s); // it has done its duty; a later SIGKILL leaves no litter
    return err;
}

// ---- ending ----------------------------------------------------------------

// Waits until the child has ended, keeping its pipe empty meanwhile.
static bool await_end(struct fb_server *s, uint64_t limit_ms) {
    uint64_t deadline_ms = clock_ms() + limit_ms;

    for (;;) {
        struct pollfd p = {.fd = s->out_fd, .events = POLLIN};

        fb_server_pump(s);
        if (s->pid == 0) {
            return true;
        }
        if (clock_ms() >= deadline_ms) {
            return false;
        }
        poll(&p, s->out_fd >= 0 ? 1 : 0, TURN_MS);
    }
}

void fb_server_end(struct fb_server *s) {
    static const struct {
        int signal;
        uint64_t limit_ms;
    } tries[] = {{SIGINT, 3000}, {SIGTERM, 1000}, {SIGKILL, 10000}};

    for (size_t i = 0; i < sizeof(tries) / sizeof(tries[0]) && s->pid > 0;
         i++) {
        kill(s->pid, tries[i].signal);
        await_end(s, tries[i].limit_ms);
    }
    // A zeroed server owns no descriptor, and never descriptor 0.
    if (s->out_fd > 0) {
        close(s->out_fd);
        s->out_fd = -1;
    }
}
