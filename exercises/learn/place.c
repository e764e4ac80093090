// Problem: people call `learn` from wherever they are, and their answers must
//     never lie in a tree that an update writes to.
// Idea: a hidden folder marks the place. Looking goes up from the current
//     folder, as git does; after that, a remembered path.
#include "place.h"

#include "beside.h"
#include "fishbowl/trace/text.h"
#include "xdg.h"
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MARK ".fishbowl-learn"

bool place_path(const struct place *p, char out[PLACE_BYTES],
                const char *format, ...) {
    va_list args;
    int root, rest;

    va_start(args, format);
    root = snprintf(out, PLACE_BYTES, "%s/", p->root);
    rest =
        root < PLACE_BYTES
            ? vsnprintf(out + root, (size_t)(PLACE_BYTES - root), format, args)
            : 0;
    va_end(args);
    if (root + rest >= PLACE_BYTES) {
        out[0] = '\0';
        return false;
    }
    return true;
}

static bool is_folder(const char *path) {
    struct stat st;

    return stat(path, &st) == 0 && S_ISDIR(st.st_mode);
}

static bool is_place(const char *folder) {
    struct place p;
    char mark[PLACE_BYTES];

    if (snprintf(p.root, sizeof(p.root), "%s", folder) >= (int)sizeof(p.root)) {
        return false;
    }
    return place_path(&p, mark, MARK) && is_folder(mark);
}

static int resolve(const char *folder, struct place *ret) {
    char path[PATH_MAX];

    if (realpath(folder, path) == NULL) {
        return -errno;
    }
    if (strlen(path) >= sizeof(ret->root)) {
        return -ENAMETOOLONG;
    }
    strcpy(ret->root, path);
    return 0;
}

static bool find_above(struct place *ret) {
    struct place p;

    if (resolve(".", &p) < 0) {
        return false;
    }
    for (;;) {
        char *slash;

        if (is_place(p.root)) {
            *ret = p;
            return true;
        }
        slash = strrchr(p.root, '/');
        if (slash == NULL || slash == p.root) {
            return false;
        }
        *slash = '\0';
    }
}

static bool find_remembered(struct place *ret) {
    char path[FB_XDG_BYTES], *text;
    size_t len;
    bool found;

    if (fb_xdg_state(path, "learn-folder") < 0 ||
        place_read(path, PLACE_BYTES, &text, &len) < 0) {
        return false;
    }
    text[strcspn(text, "\n")] = '\0';
    found = text[0] == '/' && is_place(text) && resolve(text, ret) == 0;
    free(text);
    return found;
}

static void say_error(char *why, size_t n, const char *path, const char *what) {
    char safe[FB_TEXT_SAFE_BYTES(200)];

    fb_text_sanitise(path, strnlen(path, 200), safe, sizeof(safe));
    snprintf(why, n, "%s: %s", safe, what);
}

int place_find(const char *asked, struct place *ret_place, char *why,
               size_t n) {
    if (asked == NULL) {
        if (find_above(ret_place) || find_remembered(ret_place)) {
            return 0;
        }
        snprintf(why, n,
                 "there is no folder of yours yet (make one: "
                 "`learn init DIR`)");
        return -ENOENT;
    }
    if (!is_place(asked)) {
        say_error(why, n, asked,
                  "no folder of exercises (make it one: `learn init DIR`)");
        return -ENOENT;
    }
    return resolve(asked, ret_place);
}

void place_remember(const struct place *p) {
    char path[FB_XDG_BYTES], beside[FB_XDG_BYTES + 32];
    FILE *out;

    if (fb_xdg_state(path, "learn-folder") < 0 ||
        fb_xdg_make_folders(path) < 0) {
        return;
    }
    // another learn may read it just now
    snprintf(beside, sizeof(beside), "%s.%ld", path, (long)getpid());
    out = fopen(beside, "we");
    if (out != NULL) {
        fprintf(out, "%s\n", p->root);
        if (fclose(out) != 0 || rename(beside, path) != 0) {
            (void)unlink(beside);
        }
    }
}

// Whether something of somebody else's lies in the folder.
static bool is_taken(const char *folder) {
    DIR *dir = opendir(folder);
    const struct dirent *e;
    bool taken = false;

    while (dir != NULL && !taken && (e = readdir(dir)) != NULL) {
        taken = strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0 &&
                strcmp(e->d_name, ".git") != 0;
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    return taken;
}

int place_make(const char *folder, struct place *ret_place, char *why,
               size_t n) {
    char mark[PLACE_BYTES];
    int err = 0;

    if (!is_place(folder) && is_folder(folder) && is_taken(folder)) {
        say_error(why, n, folder,
                  "there are other things in it (name a folder that does not "
                  "exist yet, or an empty one)");
        return -ENOTEMPTY;
    }
    if (mkdir(folder, 0777) < 0 && errno != EEXIST) {
        err = -errno;
    }
    if (err == 0) {
        err = resolve(folder, ret_place);
    }
    if (err == 0 && !place_path(ret_place, mark, MARK)) {
        err = -ENAMETOOLONG;
    }
    if (err == 0 && mkdir(mark, 0777) < 0 && errno != EEXIST) {
        err = -errno;
    }
    if (err) {
        say_error(why, n, folder, strerror(-err));
    }
    return err;
}

// Single quotes make any path one word of the shell.
static void put_quoted(FILE *out, const char *path) {
    (void)fputc('\'', out);
    for (; *path != '\0'; path++) {
        if (*path == '\'') {
            (void)fputs("'\\''", out);
        } else {
            (void)fputc(*path, out);
        }
    }
    (void)fputc('\'', out);
}

// Whether we are what the script at the root of a source tree has built. Then
// the script is what is to be called: it builds what an update has changed.
static bool is_built_by_script(void) {
    char made[PATH_MAX], real[PATH_MAX], self[PATH_MAX];

    return fb_beside_path("../../../build/release/bin/", "fishbowl-learn", made,
                          sizeof(made)) == 0 &&
           realpath(made, real) != NULL &&
           realpath("/proc/self/exe", self) != NULL && strcmp(real, self) == 0;
}

static int find_program(char *path, size_t bytes) {
    static const char *const PLACES[] = {"../../../", "",
                                         FB_BIN_FROM_LIBEXEC "/"};
    char found[PATH_MAX], real[PATH_MAX];

    for (size_t i = is_built_by_script() ? 0 : 1;
         i < sizeof(PLACES) / sizeof(PLACES[0]); i++) {
        const int err =
            fb_beside_path(PLACES[i], "fishbowl", found, sizeof(found));

        if (err < 0) {
            return err;
        }
        if (fb_beside_is_program(found) && realpath(found, real) != NULL &&
            strlen(real) < bytes) {
            strcpy(path, real);
            return 0;
        }
    }
    return -ENOENT;
}

static void put_script(FILE *out, const char *program, const char *course) {
    (void)fputs("#!/bin/sh\n# The exercises of this folder; ./learn --help\n"
                "export FISHBOWL_LEARN_AS=\"$0\"\nexec ",
                out);
    put_quoted(out, program);
    (void)fputs(" learn --folder=\"$(dirname -- \"$0\")\" ", out);
    if (course != NULL) {
        (void)fputs("--course=", out);
        put_quoted(out, course);
        (void)fputc(' ', out);
    }
    (void)fputs("\"$@\"\n", out);
}

int place_launcher(const struct place *p, const char *course) {
    char path[PLACE_BYTES], program[PATH_MAX], real[PATH_MAX];
    FILE *out;
    int err = find_program(program, sizeof(program));

    if (err == 0 && course != NULL && realpath(course, real) == NULL) {
        err = -errno;
    }
    if (err < 0 || !place_path(p, path, "learn")) {
        return err < 0 ? err : -ENAMETOOLONG;
    }
    out = fopen(path, "we");
    if (out == NULL) {
        return -errno;
    }
    put_script(out, program, course != NULL ? real : NULL);
    if (fchmod(fileno(out), 0755) < 0) {
        err = -errno;
    }
    return fclose(out) != 0 ? -errno : err;
}

void place_say(const char *path, char *out, size_t out_bytes) {
    char here[PATH_MAX];
    const char *shown = path;
    size_t len;

    if (getcwd(here, sizeof(here)) != NULL) {
        len = strlen(here);
        if (strncmp(path, here, len) == 0 && path[len] == '/') {
            shown = path + len + 1;
        }
    }
    fb_text_sanitise(shown, strlen(shown), out, out_bytes);
}
