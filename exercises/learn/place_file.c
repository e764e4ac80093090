// Files of the place: reading, copying, comparing.
#include "place.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static int read_from(int fd, size_t most, char *text, size_t *ret_len) {
    size_t len = 0;

    while (len <= most) {
        const ssize_t n = read(fd, text + len, most + 1 - len);

        if (n < 0 && errno != EINTR) {
            return -errno;
        }
        if (n == 0) {
            text[len] = '\0';
            *ret_len = len;
            return 0;
        }
        len += n > 0 ? (size_t)n : 0;
    }
    return -EFBIG;
}

int place_read(const char *path, size_t most, char **ret_text,
               size_t *ret_len) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    char *text = fd < 0 ? NULL : malloc(most + 2);
    struct stat st;
    int err;

    if (fd < 0) {
        return -errno;
    }
    if (text == NULL) {
        err = -ENOMEM;
    } else if (fstat(fd, &st) < 0 || !S_ISREG(st.st_mode)) {
        err = -EINVAL;
    } else {
        err = read_from(fd, most, text, ret_len);
    }
    (void)close(fd);
    if (err) {
        free(text);
        return err;
    }
    *ret_text = text;
    return 0;
}

enum { COPY_BYTES = 1 << 20 };

int place_copy(const char *from, const char *to) {
    char beside[PLACE_BYTES + 16], *text;
    size_t len;
    FILE *out;
    int err = place_read(from, COPY_BYTES, &text, &len);

    if (err) {
        return err;
    }
    snprintf(beside, sizeof(beside), "%s.new", to);
    out = fopen(beside, "we");
    if (out == NULL) {
        err = -errno;
    } else {
        if (fwrite(text, 1, len, out) != len) {
            err = -EIO;
        }
        if (fclose(out) != 0 && err == 0) {
            err = -errno;
        }
        if (err == 0 && rename(beside, to) != 0) {
            err = -errno;
        }
        if (err) {
            (void)unlink(beside);
        }
    }
    free(text);
    return err;
}

bool place_same_file(const char *a, const char *b) {
    char *one = NULL, *two = NULL;
    size_t one_len = 0, two_len = 0;
    bool same = false;

    if (place_read(a, COPY_BYTES, &one, &one_len) < 0) {
        return false;
    }
    if (place_read(b, COPY_BYTES, &two, &two_len) == 0) {
        same = one_len == two_len && memcmp(one, two, one_len) == 0;
        free(two);
    }
    free(one);
    return same;
}
