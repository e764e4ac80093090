// Which forms there are, and the file that one is written to.
//
// Problem: a disk may be full, a person may stop it, and the name may be that
//     of something dear.
// Idea: the file has no name until it is whole, so that whoever stops it, even
//     by force, leaves nothing. The system itself refuses to replace what is
//     there, however late it came.
#include "export.h"
#include "resolve.h"
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A form is a row here.
static const struct fb_export_form forms[] = {
    {.name = "chrome",
     .extension = ".json",
     .what = "for Perfetto and chrome://tracing",
     .write = fb_export_chrome,
     .events_per_ms = 800},
    {.name = "csv",
     .extension = ".csv",
     .what = "for a spreadsheet",
     .takes = FB_EXPORT_TAKES_TABLE,
     .write = fb_export_csv,
     .events_per_ms = 300},
    {.name = "svg",
     .extension = ".svg",
     .what = "a picture",
     .takes =
         FB_EXPORT_TAKES_AT | FB_EXPORT_TAKES_TITLE | FB_EXPORT_TAKES_PICTURE,
     .write = fb_export_svg,
     .events_per_ms = 3000},
    {.name = "html",
     .extension = ".html",
     .what = "a page that replays it in any browser",
     .takes =
         FB_EXPORT_TAKES_AT | FB_EXPORT_TAKES_TITLE | FB_EXPORT_TAKES_SOURCE,
     .write = fb_export_html,
     .ready = fb_export_html_check,
     .events_per_ms = 300},
};

const struct fb_export_form *fb_export_forms(size_t *ret_count) {
    *ret_count = sizeof(forms) / sizeof(forms[0]);
    return forms;
}

const struct fb_export_form *fb_export_form(const char *name) {
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        if (strcmp(forms[i].name, name) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

const struct fb_export_form *fb_export_form_of(const char *path) {
    const size_t len = strlen(path);

    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        const size_t ext = strlen(forms[i].extension);

        if (len > ext && strcmp(path + len - ext, forms[i].extension) == 0) {
            return &forms[i];
        }
    }
    return NULL;
}

size_t fb_export_say_forms(char *out, size_t out_bytes) {
    const size_t count = sizeof(forms) / sizeof(forms[0]);
    size_t len = 0;

    out[0] = '\0';
    for (size_t i = 0; i < count && len < out_bytes; i++) {
        len += (size_t)snprintf(out + len, out_bytes - len, "%s%s (%s)",
                                i == 0           ? ""
                                : i == count - 1 ? " or "
                                                 : ", ",
                                forms[i].name, forms[i].extension);
    }
    return len;
}

// ---- the file ----

static int fill(struct fb_session *s, const struct fb_export_form *form,
                const struct fb_export_options *options, int fd) {
    struct fb_export_options o = *options;
    int err;

    o.out = fd < 0 ? NULL : fdopen(fd, "w");
    if (o.out == NULL) {
        err = -errno;
        if (fd >= 0) {
            (void)close(fd);
        }
        return err;
    }
    err = form->write(s, &o);
    if (fclose(o.out) != 0 && err == 0) {
        err = -errno;
    }
    return err;
}

// Errors: -EEXIST there is one and it must stay.
static int rename_to(const char *temporary, const char *path, bool force) {
    const unsigned flags = force ? 0 : RENAME_NOREPLACE;

    return renameat2(AT_FDCWD, temporary, AT_FDCWD, path, flags) < 0 ? -errno
                                                                     : 0;
}

// A name beside `path` that nobody has. NULL: out of memory.
static char *name_beside(const char *path) {
    char *name = NULL;

    return asprintf(&name, "%s.%ld", path, (long)getpid()) < 0 ? NULL : name;
}

// Gives the file its name: it has none yet, so a name that is taken stops it.
static int give_name(int fd, const char *path, bool force) {
    char self[32], *beside;
    int err;

    snprintf(self, sizeof(self), "/proc/self/fd/%d", fd);
    if (linkat(AT_FDCWD, self, AT_FDCWD, path, AT_SYMLINK_FOLLOW) == 0) {
        return 0;
    }
    if (errno != EEXIST || !force) {
        return -errno;
    }
    beside = name_beside(path);
    if (beside == NULL) {
        return -ENOMEM;
    }
    err = linkat(AT_FDCWD, self, AT_FDCWD, beside, AT_SYMLINK_FOLLOW) < 0
              ? -errno
              : rename_to(beside, path, true);
    if (err < 0 && err != -EEXIST) {
        (void)unlink(beside);
    }
    free(beside);
    return err;
}

// Where a file cannot be without a name.
static int write_named(struct fb_session *s, const struct fb_export_form *form,
                       const struct fb_export_options *options,
                       const char *path, bool force) {
    char *beside = name_beside(path);
    int fd, err;

    if (beside == NULL) {
        return -ENOMEM;
    }
    fd = open(beside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) {
        err = -errno;
        free(beside);
        return err;
    }
    err = fill(s, form, options, fd);
    if (err == 0) {
        err = rename_to(beside, path, force);
    }
    if (err < 0) {
        (void)unlink(beside);
    }
    free(beside);
    return err;
}

static int write_nameless(struct fb_session *s,
                          const struct fb_export_form *form,
                          const struct fb_export_options *options,
                          const char *path, bool force) {
    char *folder = strdup(path);
    int fd, err;

    if (folder == NULL) {
        return -ENOMEM;
    }
    fd = open(dirname(folder), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    err = -errno;
    free(folder);
    if (fd < 0) {
        return err == -EOPNOTSUPP || err == -EISDIR
                   ? write_named(s, form, options, path, force)
                   : err;
    }
    err = fill(s, form, options, dup(fd));
    if (err == 0) {
        err = give_name(fd, path, force);
    }
    (void)close(fd); // without a name it is gone
    return err;
}

// What nobody means by "replace it": the trace that is read, and one that a
// program writes just now.
static bool is_wanted_trace(const struct fb_session *s, const char *path) {
    return (s != NULL && fb_session_is_of(s, path)) ||
           fb_session_is_written(path);
}

static int write_to(struct fb_session *s, const struct fb_export_form *form,
                    const struct fb_export_options *options, const char *path,
                    bool force) {
    struct stat st;
    int fd;

    if (stat(path, &st) < 0) {
        return errno == ENOENT ? write_nameless(s, form, options, path, force)
                               : -errno;
    }
    if (S_ISREG(st.st_mode)) {
        return !force ? -EEXIST
               : is_wanted_trace(s, path)
                   ? -EBUSY
                   : write_nameless(s, form, options, path, true);
    }
    if (S_ISDIR(st.st_mode)) {
        return -EISDIR;
    }
    fd = open(path, O_WRONLY | O_CLOEXEC);
    return fd < 0 ? -errno : fill(s, form, options, fd);
}

int fb_export_file(struct fb_session *s, const struct fb_export_form *form,
                   const struct fb_export_options *options, const char *path,
                   bool force, char *why, size_t why_bytes) {
    int err = form->ready != NULL ? form->ready(why, why_bytes) : 0;

    if (err < 0) {
        return err;
    }
    err = write_to(s, form, options, path, force);
    switch (err) {
    case 0: break;
    case -EEXIST:
        snprintf(why, why_bytes, "%s: it is there already", path);
        break;
    case -EBUSY:
        snprintf(why, why_bytes,
                 "%s: it is the trace itself, or one that a program writes "
                 "just now (choose another name)",
                 path);
        break;
    case -ERANGE:
        snprintf(why, why_bytes, "%s: these events are not in the trace", path);
        break;
    case -ESRCH:
        snprintf(why, why_bytes, "%s: there is no such task then", path);
        break;
    case -EIO:
        snprintf(why, why_bytes, "%s: it could not be written (is there room?)",
                 path);
        break;
    default: snprintf(why, why_bytes, "%s: %s", path, strerror(-err)); break;
    }
    return err;
}
