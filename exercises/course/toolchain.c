// How an exercise is compiled: what the build has written down.
//
// Problem: an installed Fishbowl builds exercises too, wherever it was moved to.
// Idea: `key: value` lines; paths are relative to the file that names them, and
//     become absolute here, since compilers run in other folders.
//
//     cc: gcc                    cflags: -O1 -g …          (words)
//     include: PATH              preinclude: PATH          (a path a line)
//     libs: PATH or -lNAME …     (a path a line, or words that begin with '-')
//
// Invariants: the stamp changes when the file or a library does, so that an
//     object that was compiled before is not taken for one of now.
#include "course_parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { TOOLCHAIN_MOST = 64 * 1024 };

static int add(char **list, const char *text, size_t len) {
    size_t n = 0;

    while (list[n] != NULL) {
        n++;
    }
    if (n == COURSE_FLAGS - 1) { // the last stays NULL
        return -E2BIG;
    }
    list[n] = strndup(text, len);
    return list[n] != NULL ? 0 : -ENOMEM;
}

static int add_words(char **list, const char *text) {
    int err = 0;

    while (err == 0 && *(text += strspn(text, " \t")) != '\0') {
        const size_t len = strcspn(text, " \t");

        err = add(list, text, len);
        text += len;
    }
    return err;
}

static int add_path(char **list, const char *file, const char *path) {
    const char *slash = strrchr(file, '/');
    char whole[PATH_MAX];

    if (path[0] == '/' || slash == NULL) {
        return add(list, path, strlen(path));
    }
    if (snprintf(whole, sizeof(whole), "%.*s/%s", (int)(slash - file), file,
                 path) >= (int)sizeof(whole)) {
        return -ENAMETOOLONG;
    }
    return add(list, whole, strlen(whole));
}

static int take(struct course_toolchain *t, const char *key,
                const char *value) {
    if (strcmp(key, "cc") == 0) {
        free(t->cc);
        t->cc = strdup(value);
        return t->cc != NULL ? 0 : -ENOMEM;
    }
    if (strcmp(key, "cflags") == 0) {
        return add_words(t->cflags, value);
    }
    if (strcmp(key, "include") == 0) {
        return add_path(t->includes, t->file, value);
    }
    if (strcmp(key, "preinclude") == 0) {
        return add_path(t->preincludes, t->file, value);
    }
    if (strcmp(key, "libs") == 0) {
        return value[0] == '-' ? add_words(t->libs, value)
                               : add_path(t->libs, t->file, value);
    }
    return 0; // of a newer build: nothing that an older one would miss
}

static void stamp(struct course_toolchain *t, const char *text, size_t len) {
    struct course_digest d = {0};
    struct stat st;

    course__digest_add(&d, t->file, strlen(t->file));
    course__digest_add(&d, text, len);
    for (size_t i = 0; t->libs[i] != NULL; i++) {
        if (t->libs[i][0] != '-' && stat(t->libs[i], &st) == 0) {
            course__digest_add(&d, &st.st_size, sizeof(st.st_size));
            course__digest_add(&d, &st.st_mtim, sizeof(st.st_mtim));
        }
    }
    course__digest_text(&d, t->stamp);
}

static int take_lines(struct course_toolchain *t, const char *text) {
    char line[PATH_MAX];
    int err = 0;

    while (err == 0 && *text != '\0') {
        const size_t len = strcspn(text, "\n");
        char *value;

        if (len >= sizeof(line)) {
            return -ENAMETOOLONG;
        }
        memcpy(line, text, len);
        line[len] = '\0';
        text += len + (text[len] == '\n');
        value = strstr(line, ": ");
        if (line[0] != '#' && value != NULL) {
            *value = '\0';
            err = take(t, line, value + 2);
        }
    }
    return err;
}

int course__toolchain_read(const char *path, struct course_toolchain *ret,
                           char *why, size_t why_bytes) {
    struct course_toolchain t = {0};
    char *text = NULL;
    size_t len;
    int err;

    if (strlen(path) >= sizeof(t.file)) {
        return course__wrong(-ENAMETOOLONG, why, why_bytes, "%s: too long",
                             path);
    }
    strcpy(t.file, path);
    err = course__slurp(path, TOOLCHAIN_MOST, &text, &len);
    if (err == 0) {
        err = take_lines(&t, text);
    }
    if (err == 0 && (t.cc == NULL || t.libs[0] == NULL)) {
        err = -EINVAL;
    }
    if (err < 0) {
        free(text);
        course__toolchain_deinit(&t);
        return course__wrong(
            err, why, why_bytes,
            "%s: %s (the build writes how exercises are compiled there: build "
            "Fishbowl again, with its visualiser and its trace points)",
            path,
            err == -EINVAL ? "names no compiler or no library"
                           : strerror(-err));
    }
    stamp(&t, text, len);
    free(text);
    *ret = t;
    return 0;
}

static void free_all(char **list) {
    for (size_t i = 0; i < COURSE_FLAGS; i++) {
        free(list[i]);
    }
}

void course__toolchain_deinit(struct course_toolchain *t) {
    free(t->cc);
    free_all(t->cflags);
    free_all(t->preincludes);
    free_all(t->includes);
    free_all(t->libs);
    *t = (struct course_toolchain){0};
}
