// In a build tree fishbowl lies beside us; installed, we lie among its helpers.
#include "neighbour.h"

#include "beside.h"
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <sys/wait.h>
#include <unistd.h>

static int find(char *path, size_t bytes) {
    static const char *const PLACES[] = {"", FB_BIN_FROM_LIBEXEC "/"};

    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        const int err = fb_beside_path(PLACES[i], "fishbowl", path, bytes);

        if (err < 0 || fb_beside_is_program(path)) {
            return err;
        }
    }
    return -ENOENT;
}

enum { ARGS = 24 };

static int become(const char *path, const char *const *args) {
    char *argv[ARGS + 2];
    int n = 0;

    argv[n++] = (char *)(uintptr_t)path; // execv writes to neither
    for (; args[n - 1] != NULL && n <= ARGS; n++) {
        argv[n] = (char *)(uintptr_t)args[n - 1];
    }
    argv[n] = NULL;
    execv(path, argv);
    return -errno;
}

int neighbour_run(const char *const *args) {
    char path[PATH_MAX];
    const int err = find(path, sizeof(path));

    return err < 0 ? err : neighbour_run_program(path, args);
}

int neighbour_run_program(const char *path, const char *const *args) {
    struct sigaction ignore = {.sa_handler = SIG_IGN}, interrupt, quit;
    int status, err;
    pid_t child;

    sigaction(SIGINT, &ignore, &interrupt);
    sigaction(SIGQUIT, &ignore, &quit);
    child = fork();
    if (child == 0) {
        sigaction(SIGINT, &interrupt, NULL);
        sigaction(SIGQUIT, &quit, NULL);
        (void)become(path, args);
        _exit(127);
    }
    err = child < 0 ? -errno : 0;
    while (child > 0 && waitpid(child, &status, 0) < 0 && errno == EINTR) {
    }
    sigaction(SIGINT, &interrupt, NULL);
    sigaction(SIGQUIT, &quit, NULL);
    if (err < 0) {
        return err;
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}
