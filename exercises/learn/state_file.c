// The state's file: read as a whole, replaced as a whole.
#include "state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Reads all of it, NUL-ended. What is no text of a sensible size is refused.
static int read_whole(int fd, char **ret_text) {
    char *text = malloc(STATE_BYTES + 1);
    size_t len = 0;
    ssize_t n = 0;

    if (text == NULL) {
        return -ENOMEM;
    }
    while (len < STATE_BYTES &&
           (n = read(fd, text + len, STATE_BYTES - len)) > 0) {
        len += (size_t)n;
    }
    text[len] = '\0';
    if (n < 0 || len == STATE_BYTES || strlen(text) != len) {
        const int err = n < 0 ? -errno : -EBADMSG;

        free(text);
        return err;
    }
    *ret_text = text;
    return 0;
}

int state_load(const char *path, struct state *ret_state, char *why, size_t n) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = NULL, detail[300];
    int err;

    if (fd < 0 && errno == ENOENT) {
        *ret_state = (struct state){0};
        return 0;
    }
    err = fd < 0 ? -errno : read_whole(fd, &text);
    if (fd >= 0) {
        (void)close(fd);
    }
    if (err) {
        snprintf(why, n, "%s: %s (move it away, and a new one is begun)", path,
                 err == -EBADMSG ? "it is no text of ours" : strerror(-err));
        return err;
    }
    err = state_parse(text, ret_state, detail, sizeof(detail));
    if (err) {
        snprintf(why, n, "%s: %s", path, detail);
    }
    free(text);
    return err;
}

int state_save(const char *path, const struct state *s, char *why, size_t n) {
    char beside[4096];
    FILE *out;
    int err = 0;

    // Who saves holds the lock, so one name is enough.
    if (snprintf(beside, sizeof(beside), "%s.new", path) >=
        (int)sizeof(beside)) {
        return -ENAMETOOLONG;
    }
    out = fopen(beside, "we");
    if (out == NULL) {
        err = -errno;
        goto fail;
    }
    state_print(s, out);
    if (fflush(out) != 0 || fsync(fileno(out)) != 0) {
        err = -errno;
    }
    if (fclose(out) != 0 && err == 0) {
        err = -errno;
    }
    if (err == 0 && rename(beside, path) != 0) {
        err = -errno;
    }
    if (err == 0) {
        return 0;
    }
    (void)unlink(beside);
fail:
    snprintf(why, n, "%s: %s (your progress is as it was before)", path,
             strerror(-err));
    return err;
}
