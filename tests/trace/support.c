#include "support.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char directory[64];

int support_enter(void **state) {
    (void)state;
    strcpy(directory, "/tmp/fishbowl-test-XXXXXX");
    if (!mkdtemp(directory)) {
        return -1;
    }
    return setenv("XDG_RUNTIME_DIR", directory, 1);
}

static void remove_all(const char *path) {
    DIR *dir = opendir(path);
    struct dirent *entry;

    while (dir && (entry = readdir(dir)) != NULL) {
        char child[512];
        struct stat st;

        if (strcmp(entry->d_name, ".") == 0 ||
            strcmp(entry->d_name, "..") == 0) {
            continue;
        }
        (void)snprintf(child, sizeof child, "%s/%s", path, entry->d_name);
        if (lstat(child, &st) == 0 && S_ISDIR(st.st_mode)) {
            remove_all(child);
        } else {
            (void)unlink(child);
        }
    }
    if (dir) {
        (void)closedir(dir);
    }
    (void)rmdir(path);
}

int support_leave(void **state) {
    (void)state;
    remove_all(directory);
    return unsetenv("XDG_RUNTIME_DIR");
}

const char *support_path(const char *name) {
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", directory, name);
    return path;
}

void support_open(struct fb_trace_writer *w, const char *name,
                  uint64_t events) {
    const struct fb_trace_options options = {
        .path = support_path(name), .program = "test", .ring_events = events};

    assert_int_equal(fb_trace_open(w, &options), 0);
}

void support_emit(struct fb_trace_writer *w) {
    uint64_t number = w->head + 1;
    struct fb_event *e = fb_trace_next(w, FB_EV_WAKE, (uint32_t)number);

    e->time_ns = number;
    e->timer.deadline_ns = number;
    e->timer.task = ~(uint32_t)number;
    e->timer.future = (uint32_t)number;
    fb_trace_commit(w);
}

bool support_is(const struct fb_event *e, uint64_t number) {
    return e->kind == FB_EV_WAKE && e->subject == (uint32_t)number &&
           e->time_ns == number && e->timer.deadline_ns == number &&
           e->timer.task == ~(uint32_t)number &&
           e->timer.future == (uint32_t)number;
}

void support_census(struct fb_trace_writer *w, uint64_t events) {
    uint64_t begin = w->head + 1;

    for (uint64_t i = 0; i < events; i++) {
        struct fb_event *e = fb_trace_next(w, FB_EV_CENSUS, 0);

        e->flags = FB_EV_FLAG_CENSUS;
        e->detail = i == 0            ? FB_CENSUS_BEGIN
                    : i == events - 1 ? FB_CENSUS_END
                                      : FB_CENSUS_TASK;
        fb_trace_commit(w);
    }
    fb_trace_census_done(w, begin);
}

pid_t support_fork(void) {
    pid_t pid = fork();

    if (pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    }
    return pid;
}

void support_wait(bool (*condition)(void *arg), void *arg) {
    const struct timespec pause = {.tv_nsec = 200000};

    for (int i = 0; i < 100000; i++) {
        if (condition(arg)) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("waited 20 seconds in vain");
}

int support_reap(pid_t pid) {
    int status = -1;

    while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
    }
    return status;
}
