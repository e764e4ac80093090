#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "process.h"

#include <dirent.h>
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { STEP_MS = 5, START_STEPS = 4000, END_STEPS = 6000 };

static char dir[64];

void process_start(struct process *p, const char *const argv[], rlim_t files) {
    const struct rlimit limit = {.rlim_cur = files, .rlim_max = files};

    p->out = memfd_create("stdout", MFD_CLOEXEC);
    p->err = memfd_create("stderr", MFD_CLOEXEC);
    assert_true(p->out >= 0 && p->err >= 0);
    p->pid = fork();
    assert_true(p->pid >= 0);
    if (p->pid > 0) {
        return;
    }
    prctl(PR_SET_PDEATHSIG, SIGKILL); // a failed test leaves nothing running
    if (dup2(p->out, STDOUT_FILENO) < 0 || dup2(p->err, STDERR_FILENO) < 0 ||
        (files > 0 && setrlimit(RLIMIT_NOFILE, &limit) < 0)) {
        _exit(126);
    }
    execvp(argv[0], (char *const *)argv);
    _exit(127);
}

static char *slurp(int fd) {
    const off_t len = lseek(fd, 0, SEEK_END);
    char *text = calloc(1, (size_t)len + 1);

    assert_non_null(text);
    assert_int_equal(pread(fd, text, (size_t)len, 0), len);
    return text;
}

char *process_out(const struct process *p) {
    return slurp(p->out);
}

char *process_err(const struct process *p) {
    return slurp(p->err);
}

void process_await_err(const struct process *p, const char *text) {
    for (int i = 0; i < START_STEPS; i++) {
        char *err = slurp(p->err);
        const bool found = strstr(err, text) != NULL;

        free(err);
        if (found) {
            return;
        }
        poll(NULL, 0, STEP_MS);
    }
    fail_msg("never said on stderr: %s", text);
}

void process_signal(const struct process *p, int signal) {
    assert_int_equal(kill(p->pid, signal), 0);
}

int process_wait(struct process *p) {
    for (int i = 0; i < END_STEPS; i++) {
        int status;
        const pid_t pid = waitpid(p->pid, &status, WNOHANG);

        assert_true(pid >= 0);
        if (pid == p->pid) {
            p->pid = 0;
            return WIFEXITED(status) ? WEXITSTATUS(status)
                                     : 128 + WTERMSIG(status);
        }
        poll(NULL, 0, STEP_MS);
    }
    fail_msg("process %d does not end", (int)p->pid);
    return -1;
}

double process_cpu_seconds(const struct process *p) {
    unsigned long user, system;
    char path[64];
    FILE *file;

    snprintf(path, sizeof path, "/proc/%d/stat", (int)p->pid);
    file = fopen(path, "re");
    assert_non_null(file);
    assert_int_equal(fscanf(file,
                            "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u "
                            "%*u %*u %lu %lu",
                            &user, &system),
                     2);
    fclose(file);
    return (double)(user + system) / (double)sysconf(_SC_CLK_TCK);
}

void process_close(struct process *p) {
    if (p->pid > 0) {
        kill(p->pid, SIGKILL);
        waitpid(p->pid, NULL, 0);
    }
    close(p->out);
    close(p->err);
    *p = (struct process){.out = -1, .err = -1};
}

const char *program(const char *name) {
    static char paths[4][512];
    static unsigned next;
    const char *bin = getenv("FB_BIN");
    char *path = paths[next++ % 4];

    assert_non_null(bin); // ctest sets it
    snprintf(path, sizeof paths[0], "%s/%s", bin, name);
    return path;
}

const char *private_dir(void) {
    strcpy(dir, "/tmp/fishbowl-test-XXXXXX");
    assert_non_null(mkdtemp(dir));
    assert_int_equal(setenv("XDG_RUNTIME_DIR", dir, 1), 0);
    return dir;
}

static void remove_files(const char *path) {
    DIR *d = opendir(path);
    struct dirent *entry;

    while (d != NULL && (entry = readdir(d)) != NULL) {
        char inside[512];

        snprintf(inside, sizeof inside, "%s/%s", path, entry->d_name);
        if (entry->d_name[0] != '.' && unlink(inside) < 0) {
            remove_files(inside);
        }
    }
    if (d != NULL) {
        closedir(d);
    }
    rmdir(path);
}

void private_dir_remove(void) {
    remove_files(dir);
}

const char *private_path(const char *name) {
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof paths[0], "%s/%s", dir, name);
    return path;
}

uint16_t await_port(const struct process *p, const char *path) {
    unsigned port = 0;

    for (int i = 0; i < START_STEPS && port == 0; i++) {
        FILE *file = fopen(path, "re");

        if (file != NULL) {
            assert_int_equal(fscanf(file, "%u", &port), 1); // whole or absent
            fclose(file);
        } else {
            poll(NULL, 0, STEP_MS);
        }
    }
    if (port == 0) {
        char *err = process_err(p);

        fail_msg("no port file %s; stderr: %s", path, err);
    }
    return (uint16_t)port;
}
