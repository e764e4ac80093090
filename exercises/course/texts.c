// Files and lines, as every part of the course reads and writes them.
//
// Problem: infos, patches, learners' files and what compilers say are foreign
//     text; files may be swapped for pipes or grow without bound.
// Idea: a file is read whole, up to a bound, and only if it is a regular one;
//     it is written beside its place and renamed, so that there is never half
//     of one. Text becomes a line only through fb_text_sanitise.
#include "course_parts.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int course__wrong(int err, char *why, size_t why_bytes, const char *format,
                  ...) {
    char text[2 * COURSE_WHY + PATH_MAX];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (why != NULL && why_bytes >= 4) {
        (void)fb_text_sanitise(text, strlen(text), why, why_bytes);
    }
    return err;
}

void course__copy(char *out, size_t out_bytes, const char *text) {
    (void)fb_text_sanitise(text, strlen(text), out, out_bytes);
}

// Tabs become blanks, to the next multiple of four. Returns the length.
static size_t spread(const char *text, size_t len, char *out) {
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        if (text[i] != '\t') {
            out[n++] = text[i];
            continue;
        }
        do {
            out[n++] = ' ';
        } while (n % 4 != 0);
    }
    return n;
}

char *course__lines(const char *text, size_t len) {
    char *plain = malloc(4 * len + 1), *out;
    const char *end = text + len;
    size_t at = 0;

    out = malloc(4 * FB_TEXT_SAFE_BYTES(len) + len + 4);
    while (plain != NULL && out != NULL && text < end) {
        const char *stop = memchr(text, '\n', (size_t)(end - text));
        const size_t line = (size_t)((stop != NULL ? stop : end) - text);
        const size_t n = spread(text, line, plain);

        at += fb_text_sanitise(plain, n, out + at, FB_TEXT_SAFE_BYTES(n) + 3);
        out[at++] = '\n';
        text += line + 1;
    }
    if (plain == NULL || out == NULL) {
        free(plain);
        free(out);
        return NULL;
    }
    free(plain);
    out[at] = '\0';
    return out;
}

// ---- files ----

static int read_all(int fd, char *text, size_t len, size_t *ret_len) {
    size_t at = 0;

    while (at < len) {
        const ssize_t n = read(fd, text + at, len - at);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            break; // shorter than it was a moment ago
        }
        at += (size_t)n;
    }
    *ret_len = at;
    return 0;
}

int course__slurp(const char *path, size_t most, char **ret_text,
                  size_t *ret_len) {
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    struct stat st;
    char *text = NULL;
    size_t len = 0;
    int err = 0;

    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, &st) < 0) {
        err = -errno;
    } else if (!S_ISREG(st.st_mode)) {
        err = -EINVAL;
    } else if ((uint64_t)st.st_size > most) {
        err = -EFBIG;
    } else if ((text = malloc((size_t)st.st_size + 1)) == NULL) {
        err = -ENOMEM;
    } else {
        err = read_all(fd, text, (size_t)st.st_size, &len);
    }
    (void)close(fd);
    if (err < 0) {
        free(text);
        return err;
    }
    text[len] = '\0';
    *ret_text = text;
    if (ret_len != NULL) {
        *ret_len = len;
    }
    return 0;
}

static int write_all(int fd, const char *text, size_t len) {
    while (len > 0) {
        const ssize_t n = write(fd, text, len);

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        text += n;
        len -= (size_t)n;
    }
    return 0;
}

int course__put(const char *path, const char *text, size_t len, bool over) {
    char beside[PATH_MAX];
    int fd, err;

    if (snprintf(beside, sizeof(beside), "%s.XXXXXX", path) >=
        (int)sizeof(beside)) {
        return -ENAMETOOLONG;
    }
    fd = mkostemp(beside, O_CLOEXEC);
    if (fd < 0) {
        return -errno;
    }
    err = write_all(fd, text, len);
    if (err == 0 && fchmod(fd, 0644) < 0) {
        err = -errno;
    }
    if (close(fd) < 0 && err == 0) {
        err = -errno;
    }
    if (err == 0 && over && rename(beside, path) < 0) {
        err = -errno;
    }
    // link() takes no place that is taken, rename() would.
    if (err == 0 && !over && link(beside, path) < 0) {
        err = -errno;
    }
    if (err < 0 || !over) {
        (void)unlink(beside);
    }
    return err;
}

int course__path(char *out, size_t out_bytes, const char *folder,
                 const char *name) {
    const int n = snprintf(out, out_bytes, "%s/%s", folder, name);

    return n < 0 || (size_t)n >= out_bytes ? -ENAMETOOLONG : 0;
}

int course__make_folder(const char *folder) {
    char path[PATH_MAX];
    const size_t len = strlen(folder);
    struct stat st;

    if (len == 0 || len >= sizeof(path)) {
        return len == 0 ? -ENOENT : -ENAMETOOLONG;
    }
    memcpy(path, folder, len + 1);
    for (char *at = path + 1;; at++) {
        const char kept = *at;

        if (kept != '/' && kept != '\0') {
            continue;
        }
        *at = '\0';
        if (mkdir(path, 0777) < 0 && errno != EEXIST) {
            return -errno;
        }
        *at = kept;
        if (kept == '\0') {
            break;
        }
    }
    return stat(path, &st) < 0 ? -errno : !S_ISDIR(st.st_mode) ? -ENOTDIR : 0;
}

// ---- digests ----

void course__digest_add(struct course_digest *d, const void *bytes,
                        size_t len) {
    const unsigned char *at = bytes;

    if (d->value == 0) {
        d->value = UINT64_C(0xcbf29ce484222325);
    }
    for (size_t i = 0; i < len; i++) {
        d->value = (d->value ^ at[i]) * UINT64_C(0x100000001b3);
    }
    // so that "ab", "c" is not "a", "bc"
    d->value = (d->value ^ (len & 0xff)) * UINT64_C(0x100000001b3);
}

void course__digest_text(const struct course_digest *d, char *out) {
    snprintf(out, COURSE_DIGEST, "%016" PRIx64, d->value);
}
