// Running the fishbowl program as a person does, and looking at what it says.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run.h"
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

char run_out[RUN_ROOM], run_err[RUN_ROOM];
char run_dir[64];

void run_read_back(FILE *file, char *text) {
    rewind(file);
    text[fread(text, 1, RUN_ROOM - 1, file)] = '\0';
    fclose(file);
}

// Starts fishbowl with these descriptors as its output; -1: as ours.
static pid_t spawn(const char *const *args, int out, int err) {
    const char *bin = getenv("FB_BIN");
    char path[512];
    char *argv[16] = {path};
    pid_t child;

    assert_non_null(bin);
    snprintf(path, sizeof(path), "%s/fishbowl", bin);
    for (int i = 0; i < 14 && args[i] != NULL; i++) {
        argv[i + 1] = (char *)(uintptr_t)args[i];
    }
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        // a test that fails must not leave a server behind
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        if (dup2(out, STDOUT_FILENO) >= 0 &&
            (err < 0 || dup2(err, STDERR_FILENO) >= 0)) {
            execv(path, argv);
        }
        _exit(127);
    }
    return child;
}

int run(const char *const *args) {
    FILE *out = tmpfile(), *err = tmpfile();
    int status;
    pid_t child;

    assert_non_null(out);
    assert_non_null(err);
    child = spawn(args, fileno(out), fileno(err));
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    run_read_back(out, run_out);
    run_read_back(err, run_err);
    return WEXITSTATUS(status);
}

pid_t run_start(const char *const *args, int *ret_fd) {
    int ends[2];
    pid_t child;

    assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
    child = spawn(args, ends[1], -1);
    close(ends[1]);
    *ret_fd = ends[0];
    return child;
}

void run_read_until(int fd, const char *text) {
    size_t len = 0;

    run_out[0] = '\0';
    while (strstr(run_out, text) == NULL) {
        const ssize_t got = read(fd, run_out + len, RUN_ROOM - 1 - len);

        if (got <= 0) {
            fail_msg("it ended before it printed `%s`: %s", text, run_out);
        }
        len += (size_t)got;
        run_out[len] = '\0';
    }
}

int run_setup(void **state) {
    (void)state;
    strcpy(run_dir, "/tmp/fishbowl-test-XXXXXX");
    return mkdtemp(run_dir) == NULL ||
           setenv("XDG_RUNTIME_DIR", run_dir, 1) < 0;
}

int run_teardown(void **state) {
    char own[96];

    (void)state;
    snprintf(own, sizeof(own), "%s/fishbowl", run_dir);
    (void)rmdir(own);
    return rmdir(run_dir);
}
