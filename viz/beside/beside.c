// What stands beside this program.
//
// In a build tree all programs lie in one folder; installed, helpers lie in
// the libexec folder, named relative to the programs' own so that a tree which
// is moved as a whole still works. The folder of the running program comes from
// the kernel, not from argv[0], which may be anything. PATH is not searched: a
// `serve` of some other package is not ours.
#include "beside.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool fb_beside_is_program(const char *path) {
    struct stat st;

    return stat(path, &st) == 0 && S_ISREG(st.st_mode) &&
           access(path, X_OK) == 0;
}

int fb_beside_path(const char *place, const char *name, char *ret,
                   size_t ret_bytes) {
    char self[PATH_MAX];
    const ssize_t len = readlink("/proc/self/exe", self, sizeof(self) - 1);
    int n;

    if (len <= 0) {
        return len < 0 ? -errno : -ENOENT;
    }
    self[len] = '\0';
    *strrchr(self, '/') = '\0'; // the kernel gives an absolute path
    n = snprintf(ret, ret_bytes, "%s/%s%s", self, place, name);
    return n < 0 || (size_t)n >= ret_bytes ? -ENAMETOOLONG : 0;
}

int fb_beside_program(const char *name, char *ret, size_t ret_bytes) {
    static const char *const PLACES[] = {"", FB_LIBEXEC_FROM_BIN "/"};

    for (size_t i = 0; i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        const int err = fb_beside_path(PLACES[i], name, ret, ret_bytes);

        if (err < 0 || fb_beside_is_program(ret)) {
            return err;
        }
    }
    return -ENOENT;
}
