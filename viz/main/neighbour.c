// Programs that stand beside this one.
//
// In a build tree all programs lie in one folder; installed, helpers lie in
// the libexec folder, named relative to the programs' own so that a tree which
// is moved as a whole still works. The folder of the running program comes from
// the kernel, not from argv[0], which may be anything. PATH is not searched: a
// `serve` of some other package is not ours.
#include "neighbour.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

static int exec_in(const char *dir, const char *program, char **argv) {
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof(path), "%s/%s", dir, program);

    if (len < 0 || (size_t)len >= sizeof(path)) {
        return -ENAMETOOLONG;
    }
    execv(path, argv);
    return -errno;
}

int fb_neighbour_exec(const char *program, char **argv) {
    char self[PATH_MAX], dir[PATH_MAX + sizeof(FB_LIBEXEC_FROM_BIN)];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int err;

    if (len <= 0) {
        return -ENOENT;
    }
    self[len] = '\0';
    *strrchr(self, '/') = '\0'; // the kernel gives an absolute path
    err = exec_in(self, program, argv);
    if (err == -ENOENT) {
        snprintf(dir, sizeof(dir), "%s/%s", self, FB_LIBEXEC_FROM_BIN);
        err = exec_in(dir, program, argv);
    }
    return err;
}
