// Shared by the end-to-end tests.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process.h"
#include "stagehand.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

uint64_t clock_now_ms(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

struct fb_pty *on_terminal(const char *verb, const char *arg, int cols,
                           int rows) {
    // A demo of a test has a port of its own: 6142 may be anybody's.
    const bool demo = strcmp(verb, "demo") == 0;
    const char *argv[] = {program("fishbowl"), verb, demo ? "--port=0" : arg,
                          demo ? arg : NULL, NULL};
    struct fb_pty_options options = {.argv = argv, .cols = cols, .rows = rows};
    struct fb_pty *t = NULL;

    assert_int_equal(fb_pty_open(&t, &options), 0);
    return t;
}

const char *script(const char *name, const char *text) {
    const char *path = private_path(name);
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return path;
}

void reap_orphans(void) {
    assert_int_equal(prctl(PR_SET_CHILD_SUBREAPER, 1), 0);
}

pid_t child_of(pid_t pid) {
    char path[64];
    int child = 0;
    FILE *f;

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", (int)pid,
             (int)pid);
    f = fopen(path, "re");
    if (f) {
        if (fscanf(f, "%d", &child) != 1) {
            child = 0;
        }
        fclose(f);
    }
    return child;
}

bool orphan_ends(pid_t pid) {
    uint64_t deadline_ms = clock_now_ms() + FB_PTY_LIMIT_MS;

    while (clock_now_ms() < deadline_ms) {
        if (waitpid(pid, NULL, WNOHANG) == pid) {
            return true;
        }
        poll(NULL, 0, 10);
    }
    return false;
}

bool nobody_left(void) {
    return waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD;
}

void assert_restored(struct fb_pty *t) {
    struct termios now = fb_pty_termios(t), before = fb_pty_termios_before(t);

    fb_pty_drain(t);
    assert_false(fb_pty_is_alternate(t));
    assert_true(fb_pty_cursor_shown(t));
    assert_false(fb_pty_mouse_on(t));
    assert_int_equal(now.c_lflag, before.c_lflag);
    assert_int_equal(now.c_iflag, before.c_iflag);
    assert_int_equal(now.c_oflag, before.c_oflag);
}

void assert_exits(struct fb_pty *t, int status) {
    int got;

    assert_true(fb_pty_ends(t, &got));
    if (!WIFEXITED(got) || WEXITSTATUS(got) != status) {
        fb_pty_dump(t, "a wrong end");
        fail_msg("status %x instead of exit %d", (unsigned)got, status);
    }
}

int dial(uint16_t port) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(port),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&address, sizeof(address)),
                     0);
    return fd;
}

bool hears(int fd, const char *want, int limit_ms) {
    uint64_t deadline_ms = clock_now_ms() + (uint64_t)limit_ms;
    size_t len = 0;
    char got[256];

    while (len < strlen(want)) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        uint64_t now_ms = clock_now_ms();
        ssize_t n;

        if (now_ms >= deadline_ms ||
            poll(&p, 1, (int)(deadline_ms - now_ms)) <= 0) {
            return false;
        }
        n = read(fd, got + len, sizeof(got) - len);
        if (n <= 0) {
            return false;
        }
        len += (size_t)n;
        if (len > strlen(want) || memcmp(got, want, len) != 0) {
            return false;
        }
    }
    return true;
}
