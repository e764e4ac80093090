// What the command lines of `serve`, `scene` and `dial` have in common.
#include "cli.h"

#include "fishbowl/trace/text.h"
#include "fishbowl/trace/writer.h"
#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

int cli_number(const char *text, uint64_t min, uint64_t max,
               uint64_t *ret_number) {
    uint64_t number = 0;

    if (*text == '\0') {
        return -EINVAL;
    }
    for (; *text != '\0'; text++) {
        if (*text < '0' || *text > '9') {
            return -EINVAL;
        }
        if (__builtin_mul_overflow(number, 10u, &number) ||
            __builtin_add_overflow(number, (uint64_t)(*text - '0'), &number)) {
            return -ERANGE;
        }
    }
    if (number < min || number > max) {
        return -ERANGE;
    }
    *ret_number = number;
    return 0;
}

int cli_duration(const char *text, uint64_t *ret_ns) {
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {{"ns", 1},
                 {"us", 1000},
                 {"ms", 1000000},
                 {"s", 1000000000u},
                 {"m", 60000000000ull}};
    uint64_t whole = 0, fraction = 0, scale = 1;
    const char *p = text;

    if (strcmp(text, "0") == 0) {
        *ret_ns = 0;
        return 0;
    }
    for (; *p >= '0' && *p <= '9' && whole < 1000000; p++) {
        whole = whole * 10 + (uint64_t)(*p - '0');
    }
    if (p == text) {
        return -EINVAL;
    }
    if (*p == '.') {
        for (p++; *p >= '0' && *p <= '9' && scale < 1000000; p++) {
            fraction = fraction * 10 + (uint64_t)(*p - '0');
            scale *= 10;
        }
    }
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (strcmp(p, units[i].name) == 0) {
            *ret_ns = whole * units[i].ns + fraction * units[i].ns / scale;
            return 0;
        }
    }
    return -EINVAL;
}

void cli_reason(int err, char *out, size_t out_bytes) {
    (void)snprintf(out, out_bytes, "%s", strerror(-err));
    if (isupper((unsigned char)out[0]) && !isupper((unsigned char)out[1])) {
        out[0] = (char)tolower((unsigned char)out[0]);
    }
}

int cli_problem(const char *what, const char *why, const char *hint) {
    char safe[512];

    fb_text_sanitise(what, strlen(what), safe, sizeof safe);
    if (hint == NULL) {
        (void)fprintf(stderr, "fishbowl: %s: %s\n", safe, why);
    } else {
        (void)fprintf(stderr, "fishbowl: %s: %s (%s)\n", safe, why, hint);
    }
    return 1;
}

int cli_error(const char *what, int err, const char *hint) {
    char reason[128];

    cli_reason(err, reason, sizeof reason);
    return cli_problem(what, reason, hint);
}

void cli_hold_standard_files(void) {
    int fd;

    do {
        fd = open("/dev/null", O_RDWR); // inherited, as they would be
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        (void)close(fd);
    }
}

void cli_raise_open_files(void) {
    struct rlimit limit;

    // Failing is no harm: the program then serves fewer clients at once.
    if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
        limit.rlim_cur = limit.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
}

sigset_t cli_block_stop_signals(void) {
    sigset_t stop;

    sigemptyset(&stop);
    sigaddset(&stop, SIGINT);
    sigaddset(&stop, SIGTERM);
    (void)sigprocmask(SIG_BLOCK, &stop, NULL); // cannot fail: valid arguments
    return stop;
}

bool cli_stop_is_pending(void *unused) {
    sigset_t pending;

    (void)unused;
    sigemptyset(&pending);
    (void)sigpending(&pending);
    return sigismember(&pending, SIGINT) == 1 ||
           sigismember(&pending, SIGTERM) == 1;
}

int cli_listen(const char *where, struct fb_runtime *rt, int backlog,
               struct fb_trace_writer *trace,
               struct fb_tcp_listener *ret_listener) {
    struct fb_addr addr;
    char text[FB_ADDR_TEXT_BYTES], what[FB_ADDR_TEXT_BYTES + 16];
    int err = fb_addr_parse(where, &addr);

    if (err < 0) {
        return cli_error(where, err, "an address is like 127.0.0.1:6142");
    }
    err = fb_tcp_listen(rt, &addr, backlog, ret_listener);
    if (err < 0) {
        fb_addr_format(&addr, text, sizeof text);
        (void)snprintf(what, sizeof what, "listen %s", text);
        return cli_error(what, err,
                         err == -EADDRINUSE
                             ? "another greeter? try --listen 127.0.0.1:0"
                             : NULL);
    }
    if (trace != NULL) {
        fb_addr_format(&ret_listener->local, text, sizeof text);
        fb_trace_set_address(trace, text);
    }
    return 0;
}

void cli_setup_argp(const char *version_text) {
    argp_program_version = version_text;
    argp_err_exit_status = 2;
}

int cli_port_file_write(const char *path, uint16_t port) {
    char *temporary = NULL;
    int fd, err = 0;

    if (asprintf(&temporary, "%s.%ld", path, (long)getpid()) < 0) {
        return -ENOMEM;
    }
    fd = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
    if (fd < 0) {
        err = -errno;
        free(temporary);
        return err;
    }
    if (dprintf(fd, "%u\n", port) < 0) {
        err = -errno;
    }
    if (close(fd) < 0 && err == 0) {
        err = -errno;
    }
    if (err == 0 && rename(temporary, path) < 0) {
        err = -errno;
    }
    if (err < 0) {
        unlink(temporary);
    }
    free(temporary);
    return err;
}
