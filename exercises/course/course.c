// Which exercises there are.
//
// Problem: the course lies beside the program, in a build tree or installed;
//     learners name an exercise as they remember it.
// Idea: a course is a folder of folders called NN_name, read whole when it is
//     opened, in the order of their numbers. A folder that has an `info` itself
//     is a course of one exercise. Where the toolchain file is missing
//     everything but judging works.
#include "beside.h"
#include "course_parts.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

// From the folder of a program: in a build tree and in most installations;
// from an installation's folder of helpers.
static const char *const SHARES[] = {"../share/fishbowl/",
                                     "../../share/fishbowl/"};

static int find_shared(const char *name, char *ret, size_t ret_bytes) {
    struct stat st;
    int err = -ENOENT;

    for (size_t i = 0; i < sizeof(SHARES) / sizeof(SHARES[0]); i++) {
        err = fb_beside_path(SHARES[i], name, ret, ret_bytes);
        if (err < 0 || stat(ret, &st) == 0) {
            return err;
        }
        err = -ENOENT;
    }
    return err;
}

static int is_exercise(const struct dirent *entry) {
    return isdigit((unsigned char)entry->d_name[0]) &&
           isdigit((unsigned char)entry->d_name[1]) && entry->d_name[2] == '_';
}

// ---- opening ----

static int read_one(struct course *c, const char *folder, char *why,
                    size_t why_bytes) {
    c->exercises = calloc(1, sizeof(*c->exercises));
    if (c->exercises == NULL) {
        return -ENOMEM;
    }
    c->count = 1;
    return course__read_info(folder, &c->exercises[0], why, why_bytes);
}

static int read_each(struct course *c, const char *folder,
                     struct dirent **names, size_t count, char *why,
                     size_t why_bytes) {
    char path[PATH_MAX];
    int err = 0;

    c->exercises = calloc(count, sizeof(*c->exercises));
    if (c->exercises == NULL) {
        return -ENOMEM;
    }
    for (size_t i = 0; err == 0 && i < count; i++) {
        struct course_exercise *e = &c->exercises[i];

        err = course__path(path, sizeof(path), folder, names[i]->d_name);
        if (err == 0) {
            err = course__read_info(path, e, why, why_bytes);
        }
        if (err == 0 && i > 0 && e[-1].number == e->number) {
            err = course__wrong(-EINVAL, why, why_bytes,
                                "%s and %s have the same number (rename one)",
                                e[-1].folder, e->folder);
        }
        c->count += err == 0;
    }
    return err;
}

static int read_all(struct course *c, const char *folder, char *why,
                    size_t why_bytes) {
    struct dirent **names = NULL;
    const int count = scandir(folder, &names, is_exercise, alphasort);
    int err;

    if (count <= 0) {
        free(names);
        return course__wrong(count < 0 ? -errno : -ENOENT, why, why_bytes,
                             "%s: %s", folder,
                             count < 0 ? strerror(errno)
                                       : "no exercise is there, as it would be "
                                         "in a folder called 06_yield_once");
    }
    err = read_each(c, folder, names, (size_t)count, why, why_bytes);
    for (int i = 0; i < count; i++) {
        free(names[i]);
    }
    free(names);
    return err;
}

static int open_folder(struct course *c, const char *folder, char *why,
                       size_t why_bytes) {
    char given[PATH_MAX], whole[PATH_MAX], info[PATH_MAX];
    struct stat st;
    int err;

    if (folder == NULL) {
        err = find_shared("exercises", given, sizeof(given));
        if (err < 0) {
            return course__wrong(err, why, why_bytes,
                                 "the exercises are not beside this program "
                                 "(build Fishbowl again, or name their folder "
                                 "with --course)");
        }
        folder = given;
    }
    if (realpath(folder, whole) == NULL) {
        return course__wrong(-errno, why, why_bytes, "%s: %s", folder,
                             strerror(errno));
    }
    err = course__path(info, sizeof(info), whole, "info");
    if (err == 0 && stat(info, &st) == 0) {
        return read_one(c, whole, why, why_bytes);
    }
    return err < 0 ? err : read_all(c, whole, why, why_bytes);
}

static void open_toolchain(struct course *c) {
    char path[PATH_MAX];

    if (find_shared("learn/toolchain", path, sizeof(path)) < 0) {
        (void)course__wrong(0, c->no_toolchain, sizeof(c->no_toolchain),
                            "how exercises are compiled is not written down "
                            "beside this program (build Fishbowl with its "
                            "visualiser and its trace points)");
        return;
    }
    c->has_toolchain =
        course__toolchain_read(path, &c->toolchain, c->no_toolchain,
                               sizeof(c->no_toolchain)) == 0;
}

int course_open(const char *folder, struct course **ret_course, char *why,
                size_t why_bytes) {
    struct course *c = calloc(1, sizeof(*c));
    int err;

    if (c == NULL) {
        return course__wrong(-ENOMEM, why, why_bytes, "%s", strerror(ENOMEM));
    }
    err = open_folder(c, folder, why, why_bytes);
    if (err < 0) {
        course_close(c);
        return err;
    }
    for (size_t i = 0; i < c->count; i++) {
        c->exercises[i].name = c->exercises[i].id + 3; // they were copied
    }
    open_toolchain(c);
    *ret_course = c;
    return 0;
}

int course_use_toolchain(struct course *c, const char *file, char *why,
                         size_t why_bytes) {
    struct course_toolchain t;
    const int err = course__toolchain_read(file, &t, why, why_bytes);

    if (err == 0) {
        course__toolchain_deinit(&c->toolchain);
        c->toolchain = t;
        c->has_toolchain = true;
    }
    return err;
}

void course_close(struct course *c) {
    if (c != NULL) {
        course__toolchain_deinit(&c->toolchain);
        free(c->exercises);
        free(c);
    }
}

size_t course_count(const struct course *c) {
    return c->count;
}

const struct course_exercise *course_at(const struct course *c, size_t index) {
    return index < c->count ? &c->exercises[index] : NULL;
}

// ---- finding ----

// How many letters have to be typed, left out or changed (Levenshtein).
static unsigned distance(const char *a, const char *b) {
    unsigned row[65];
    const size_t len = strnlen(b, 64);

    for (unsigned i = 0; i <= len; i++) {
        row[i] = i;
    }
    for (unsigned k = 1; *a != '\0' && k <= 64; a++, k++) {
        unsigned corner = row[0];

        row[0] = k;
        for (size_t i = 1; i <= len; i++) {
            const unsigned same = corner + (tolower((unsigned char)*a) !=
                                            tolower((unsigned char)b[i - 1]));
            const unsigned one =
                1 + (row[i] < row[i - 1] ? row[i] : row[i - 1]);

            corner = row[i];
            row[i] = same < one ? same : one;
        }
    }
    return row[len];
}

// A third of the letters may be wrong.
static const struct course_exercise *nearest(const struct course *c,
                                             const char *what) {
    const struct course_exercise *best = NULL;
    unsigned least = (unsigned)strnlen(what, 64) / 3 + 1;

    for (size_t i = 0; i < c->count; i++) {
        const struct course_exercise *e = &c->exercises[i];
        const unsigned by_name = distance(what, e->name);
        const unsigned by_id = distance(what, e->id);
        const unsigned far = by_name < by_id ? by_name : by_id;

        if (far < least) {
            least = far;
            best = e;
        }
    }
    return best;
}

static bool is_number(const char *what, const struct course_exercise *e) {
    char *end;

    return isdigit((unsigned char)what[0]) &&
           strtoul(what, &end, 10) == e->number && *end == '\0';
}

const struct course_exercise *
course_find(const struct course *c, const char *what,
            const struct course_exercise **ret_near) {
    const struct course_exercise *begins = NULL;
    size_t many = 0, len = strlen(what);

    while (len > 0 && what[len - 1] == '/') {
        len--; // as a shell completes a folder
    }
    for (size_t i = 0; i < c->count; i++) {
        const struct course_exercise *e = &c->exercises[i];

        if (is_number(what, e) ||
            (strncasecmp(what, e->id, len) == 0 && e->id[len] == '\0') ||
            (strncasecmp(what, e->name, len) == 0 && e->name[len] == '\0')) {
            return e;
        }
        if (len > 0 && (strncasecmp(what, e->id, len) == 0 ||
                        strncasecmp(what, e->name, len) == 0)) {
            begins = many++ == 0 ? e : begins;
        }
    }
    if (ret_near != NULL) {
        *ret_near = many > 1 ? begins : nearest(c, what);
    }
    return many == 1 ? begins : NULL;
}
