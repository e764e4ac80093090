// Problem: a trace names files as the compiler saw them, usually relative to
// the root of a source tree; where that tree lies now nobody tells.
//
// Idea: a short list of directories, in order of trust, each joined with the
// name. What was found (or not) is kept, so that a picture drawn 20 times a
// second opens nothing twice.
//
// Invariants: cached[i].name is the key; a failure has no lines and a `why`.
// No name leads out of a directory of the list: absolute names and ".." are
// refused, except an absolute name that ends like a source file's.
#include "sources.h"
#include "fishbowl/trace/text.h"
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    ABOVE = 5, // how many directories above a program's own
};

struct file {
    char *name; // NULL: free
    char *bytes;
    struct fb_source_line *lines;
    struct fb_source_text text;
};

struct fb_sources {
    char *dirs[FB_SOURCE_DIRS];
    size_t dir_count;
    uint64_t started_ns;
    const struct fb_source_provider *provider;
    struct file files[FB_SOURCE_FILES];
    size_t next; // which file goes next
    struct fb_source_text out_of_memory;
};

// ---- where to look ----

static int add_dir(struct fb_sources *s, const char *dir) {
    char *copy;

    for (size_t i = 0; i < s->dir_count; i++) {
        if (strcmp(s->dirs[i], dir) == 0) {
            return 0;
        }
    }
    if (dir[0] == '\0' || s->dir_count == FB_SOURCE_DIRS) {
        return 0;
    }
    copy = strdup(dir);
    if (copy == NULL) {
        return -ENOMEM;
    }
    s->dirs[s->dir_count++] = copy;
    return 0;
}

static int add_list(struct fb_sources *s, const char *list) {
    char *copy, *rest, *dir;
    int err = 0;

    if (list == NULL) {
        return 0;
    }
    copy = rest = strdup(list);
    if (copy == NULL) {
        return -ENOMEM;
    }
    while (err == 0 && (dir = strsep(&rest, ":")) != NULL) {
        err = add_dir(s, dir);
    }
    free(copy);
    return err;
}

// A build lies inside its source tree more often than not.
static int add_program(struct fb_sources *s, const char *link) {
    char path[PATH_MAX];
    const ssize_t len = readlink(link, path, sizeof(path) - 1);
    int err = 0;

    if (len <= 0) {
        return 0;
    }
    path[len] = '\0';
    for (int i = 0; err == 0 && i < ABOVE; i++) {
        char *slash = strrchr(path, '/');

        if (slash == NULL || slash == path) {
            break;
        }
        *slash = '\0';
        err = add_dir(s, path);
        if (err == 0 && i == 1 &&
            (size_t)(slash - path) + sizeof("/share/fishbowl/source") <
                sizeof(path)) { // PREFIX/bin/.. has PREFIX/share
            strcpy(slash, "/share/fishbowl/source");
            err = add_dir(s, path);
            *slash = '\0';
        }
    }
    return err;
}

static int add_dirs(struct fb_sources *s, const struct fb_sources_options *o) {
    char link[64];
    int err = add_dir(s, o->dir != NULL ? o->dir : "");

    if (err == 0) {
        err = add_list(s, getenv("FISHBOWL_SOURCE"));
    }
    if (err == 0) {
        err = add_dir(s, ".");
    }
    if (err == 0 && o->pid != 0) {
        snprintf(link, sizeof(link), "/proc/%u/exe", (unsigned)o->pid);
        err = add_program(s, link);
    }
    return err == 0 ? add_program(s, "/proc/self/exe") : err;
}

int fb_sources_create(struct fb_sources **ret_sources,
                      const struct fb_sources_options *options) {
    struct fb_sources *s = calloc(1, sizeof(*s));
    int err;

    if (s == NULL) {
        return -ENOMEM;
    }
    s->started_ns = options->started_ns;
    s->provider = options->provider;
    snprintf(s->out_of_memory.why, sizeof(s->out_of_memory.why),
             "source: out of memory");
    err = add_dirs(s, options);
    if (err < 0) {
        fb_sources_destroy(s);
        return err;
    }
    *ret_sources = s;
    return 0;
}

static void forget(struct file *f) {
    free(f->name);
    free(f->bytes);
    free(f->lines);
    *f = (struct file){0};
}

void fb_sources_destroy(struct fb_sources *s) {
    if (s == NULL) {
        return;
    }
    for (size_t i = 0; i < FB_SOURCE_FILES; i++) {
        forget(&s->files[i]);
    }
    for (size_t i = 0; i < s->dir_count; i++) {
        free(s->dirs[i]);
    }
    free(s);
}

// ---- one file ----

static bool ends_like_source(const char *name) {
    static const char *const ends[] = {".c",  ".h",   ".cc", ".cpp",
                                       ".hh", ".hpp", ".rs", ".inc"};
    const size_t len = strlen(name);

    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        const size_t n = strlen(ends[i]);

        if (len > n && strcmp(name + len - n, ends[i]) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_harmless(const char *name) {
    const char *part = name;

    while (part != NULL) {
        if (strncmp(part, "..", 2) == 0 && (part[2] == '/' || !part[2])) {
            return false;
        }
        part = strchr(part, '/');
        part = part != NULL ? part + 1 : NULL;
    }
    return name[0] != '\0' && ends_like_source(name);
}

// Reads a regular file of a bounded size. Errors: those of open and read,
// -EFBIG, -EINVAL not a regular file, -ENOMEM.
static int read_file(const char *path, char **ret_bytes, size_t *ret_len,
                     uint64_t *ret_mtime_ns) {
    const int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
    struct stat st;
    char *bytes = NULL;
    size_t len = 0;
    int err = 0;

    if (fd < 0) {
        return -errno;
    }
    if (fstat(fd, &st) < 0) {
        err = -errno;
    } else if (!S_ISREG(st.st_mode)) {
        err = -EINVAL;
    } else if (st.st_size > FB_SOURCE_BYTES) {
        err = -EFBIG;
    } else if ((bytes = malloc((size_t)st.st_size + 1)) == NULL) {
        err = -ENOMEM;
    }
    while (err == 0 && len < (size_t)st.st_size) {
        const ssize_t n = read(fd, bytes + len, (size_t)st.st_size - len);

        if (n < 0 && errno != EINTR) {
            err = -errno;
        } else if (n == 0) {
            break; // it became shorter
        } else if (n > 0) {
            len += (size_t)n;
        }
    }
    close(fd);
    if (err < 0) {
        free(bytes);
        return err;
    }
    *ret_bytes = bytes;
    *ret_len = len;
    *ret_mtime_ns = (uint64_t)st.st_mtim.tv_sec * 1000000000u +
                    (uint64_t)st.st_mtim.tv_nsec;
    return 0;
}

// Errors: -ENOENT nowhere; else why the first that is there cannot be read.
static int search(struct fb_sources *s, const char *name, struct file *f,
                  size_t *ret_len) {
    char path[PATH_MAX];
    uint64_t mtime_ns = 0;
    int err = -ENOENT;

    for (size_t i = 0; i < s->dir_count && err == -ENOENT; i++) {
        const int n = name[0] == '/' ? snprintf(path, sizeof(path), "%s", name)
                                     : snprintf(path, sizeof(path), "%s/%s",
                                                s->dirs[i], name);

        if (n > 0 && (size_t)n < sizeof(path)) {
            err = read_file(path, &f->bytes, ret_len, &mtime_ns);
            err = err == -ENOTDIR ? -ENOENT : err;
        }
    }
    f->text.changed =
        err == 0 && s->started_ns != 0 && mtime_ns > s->started_ns;
    return err;
}

static int split(struct file *f, size_t len) {
    const int err = fb_source_split(f->bytes, len, &f->lines, &f->text.count);

    if (err == 0) {
        f->text.bytes = f->bytes;
        f->text.len = len;
        f->text.lines = f->lines;
    }
    return err;
}

static void say_why(struct file *f, const char *name, int err) {
    char safe[FB_SOURCE_WHY_BYTES / 2];
    const char *why = strerror(-err);

    switch (-err) {
    case ENOENT:
        why = "its source is not here (name the directory that holds it with "
              "--source-dir DIR or FISHBOWL_SOURCE)";
        break;
    case EPERM:
        why = "not a name that may be opened (a source file's "
              "name, without \"..\", is)";
        break;
    case EINVAL: why = "it is no regular text file"; break;
    case EFBIG: why = "it is larger than 4 MiB"; break;
    default: break;
    }
    fb_text_sanitise(name, strnlen(name, 200), safe, sizeof(safe));
    snprintf(f->text.why, sizeof(f->text.why), "%s: %s", safe, why);
}

static void load(struct fb_sources *s, struct file *f, const char *name) {
    size_t len = 0;
    int err = -ENOENT;

    if (s->provider != NULL) {
        err = s->provider->load(s->provider->arg, name, &f->bytes, &len);
    }
    if (err < 0) {
        err = is_harmless(name) ? search(s, name, f, &len) : -EPERM;
    }
    if (err == 0 && memchr(f->bytes, '\0', len) != NULL) {
        err = -EINVAL;
    }
    if (err == 0) {
        err = split(f, len);
    }
    if (err < 0) {
        say_why(f, name, err);
    }
}

const struct fb_source_text *fb_sources_get(struct fb_sources *s,
                                            const char *file) {
    struct file *f;

    for (size_t i = 0; i < FB_SOURCE_FILES; i++) {
        if (s->files[i].name != NULL && strcmp(s->files[i].name, file) == 0) {
            return &s->files[i].text;
        }
    }
    f = &s->files[s->next];
    s->next = (s->next + 1) % FB_SOURCE_FILES;
    forget(f);
    f->name = strdup(file);
    if (f->name == NULL) {
        return &s->out_of_memory;
    }
    load(s, f, file);
    return &f->text;
}
