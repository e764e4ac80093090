// A variant of an exercise as a program, for a class to look at.
//
// Problem: nobody waits in a lesson for a compiler, and what is shown must be
//     what the course has now, not what it had when it was built.
// Idea: each variant has a folder of its own, with its files and its program,
//     beside a key of all that they were made of: the toolchain, the exercise,
//     the patches. Only another key builds again. Two that come at the same time
//     take turns, and the second finds it built.
//
//     FOLDER/10_lost_wake/mutants-no_tea-DIGEST/   porter.c check.c key build/
//
//     The files lie above the program, where a viewer looks for source.
//
//     The digest is of where the course and the toolchain lie, so that two
//     versions of Fishbowl do not build over each other.
//     What lies there is run, so nobody else may write it, or the folders that
//     it lies in: who could, would decide what we run.
// Invariants: with the key there, the program is whole and made of it.
#include "course_parts.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PATCH_MOST = 1 << 20, CHECK_MOST = 1 << 20, PATCHES = 2 };

// From a variant's folder up to the application's: FISHBOWL/stage/ID/VARIANT.
enum { OWN_FOLDERS = 4 };

struct stage {
    struct course *course;
    const struct course_exercise *e;
    struct course_job job; // scratch: its folder `build`
    char patches[PATCHES][128];
    unsigned patch_count;
    char key[COURSE_DIGEST], key_file[PATH_MAX], folder[PATH_MAX],
        build[PATH_MAX];
    char *why;
    size_t why_bytes;
};

// ---- which patches ----

// What may stand between a folder and ".patch": a word, never a path.
static bool is_word(const char *text) {
    const size_t len = strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789_-");

    return len > 0 && len < 64 && text[len] == '\0';
}

// "no_tea, no_waker", as far as there is room.
static void list_patches(const char *folder, char *out, size_t bytes) {
    struct dirent **entries;
    const int count = scandir(folder, &entries, NULL, alphasort);
    size_t len = 0;

    out[0] = '\0';
    for (int i = 0; i < count; i++) {
        const char *end = strstr(entries[i]->d_name, ".patch");

        if (end != NULL && len < bytes) {
            const int n =
                snprintf(out + len, bytes - len, "%s%.*s", len ? ", " : "",
                         (int)(end - entries[i]->d_name), entries[i]->d_name);
            len += n > 0 ? (size_t)n : 0;
        }
        free(entries[i]);
    }
    if (count >= 0) {
        free(entries);
    }
}

static int no_such(struct stage *s, const char *what, const char *folder,
                   const char *name) {
    char path[PATH_MAX], there[200];

    snprintf(path, sizeof(path), "%s/%s", s->e->folder, folder);
    list_patches(path, there, sizeof(there));
    return course__wrong(-ENOENT, s->why, s->why_bytes,
                         "%s: there is no %s %s (there are: %s)", s->e->id,
                         what, name, there);
}

static int find_patches(struct stage *s, const char *variant) {
    static const struct {
        const char *begin, *folder, *what;
        bool of_solution;
    } kinds[] = {{"alternatives/", "alt", "alternative", false},
                 {"mutants/", "mutants", "mutant", true}};

    if (variant[0] == '\0') {
        return 0;
    }
    if (strcmp(variant, "solution") == 0) {
        strcpy(s->patches[s->patch_count++], "solution.patch");
        return 0;
    }
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        const size_t len = strlen(kinds[i].begin);
        char path[PATH_MAX];

        if (strncmp(variant, kinds[i].begin, len) != 0 ||
            !is_word(variant + len)) {
            continue;
        }
        if (kinds[i].of_solution) {
            strcpy(s->patches[s->patch_count++], "solution.patch");
        }
        snprintf(s->patches[s->patch_count], sizeof(s->patches[0]),
                 "%s/%s.patch", kinds[i].folder, variant + len);
        if (course__path(path, sizeof(path), s->e->folder,
                         s->patches[s->patch_count++]) < 0 ||
            access(path, R_OK) < 0) {
            return no_such(s, kinds[i].what, kinds[i].folder, variant + len);
        }
        return 0;
    }
    return course__wrong(-EINVAL, s->why, s->why_bytes,
                         "%s: there is no such variant (solution, "
                         "alternatives/NAME, mutants/NAME)",
                         variant);
}

// ---- the folder and its key ----

static int make_folder(struct stage *s, const char *folder,
                       const char *variant) {
    struct course_digest where = {0};
    char name[200], digest[COURSE_DIGEST], path[PATH_MAX];
    int err;

    course__digest_add(&where, s->e->folder, strlen(s->e->folder));
    course__digest_add(&where, s->course->toolchain.file,
                       strlen(s->course->toolchain.file));
    course__digest_text(&where, digest);
    snprintf(name, sizeof(name), "%s/%s%s%.8s", s->e->id, variant,
             variant[0] != '\0' ? "-" : "", digest);
    for (char *at = strchr(name, '/') + 1; *at != '\0'; at++) {
        *at = *at == '/' ? '-' : *at;
    }
    err = course__path(path, sizeof(path), folder, name);
    if (err == 0) {
        err = course__make_folder(path);
    }
    if (err == 0) { // compilers run in other folders than we do
        err = realpath(path, s->folder) != NULL ? 0 : -errno;
    }
    if (err == 0) {
        err = course__path(s->build, sizeof(s->build), s->folder, "build");
    }
    if (err == 0) {
        err = course__path(s->key_file, sizeof(s->key_file), s->folder, "key");
    }
    return err < 0 ? course__wrong(err, s->why, s->why_bytes,
                                   "%s: %s (what is built needs a folder "
                                   "there; XDG_CACHE_HOME names another one)",
                                   folder, strerror(-err))
                   : 0;
}

static int not_ours(struct stage *s, const char *path, const char *why) {
    return course__wrong(-EPERM, s->why, s->why_bytes,
                         "%s: %s, and what lies there would be run (remove it; "
                         "XDG_CACHE_HOME names another folder)",
                         path, why);
}

static int check_ours(struct stage *s, const char *path) {
    struct stat st;

    if (lstat(path, &st) < 0) { // what is not there was not put there
        return errno == ENOENT ? 0 : not_ours(s, path, strerror(errno));
    }
    if (st.st_uid != geteuid()) {
        return not_ours(s, path, "it belongs to somebody else");
    }
    return st.st_mode & (S_IWGRP | S_IWOTH)
               ? not_ours(s, path, "others may write there")
               : 0;
}

// The folder that ours are in may be the system's, or /tmp, where nobody takes
// away what is another's.
static int check_around(struct stage *s, const char *path) {
    struct stat st;

    if (stat(path, &st) < 0) {
        return not_ours(s, path, strerror(errno));
    }
    if (st.st_uid != geteuid() && st.st_uid != 0) {
        return not_ours(s, path, "it belongs to somebody else");
    }
    return (st.st_mode & (S_IWOTH | S_ISVTX)) == S_IWOTH
               ? not_ours(s, path, "others may write there")
               : 0;
}

static int check_folders(struct stage *s) {
    char path[PATH_MAX];
    int err = check_ours(s, s->build);

    memcpy(path, s->folder, sizeof(path)); // real: no links in it
    for (unsigned i = 0; i < OWN_FOLDERS && err == 0; i++) {
        err = check_ours(s, path);
        *strrchr(path, '/') = '\0';
    }
    return err < 0 ? err : check_around(s, path[0] != '\0' ? path : "/");
}

static int make_key(struct stage *s) {
    struct course_digest d = {0};
    int err = 0;

    course__digest_add(&d, s->course->toolchain.stamp,
                       strlen(s->course->toolchain.stamp));
    course__digest_add(&d, s->e->hash, strlen(s->e->hash));
    for (unsigned i = 0; i < s->patch_count && err == 0; i++) {
        char path[PATH_MAX], *text = NULL;
        size_t len;

        err = course__path(path, sizeof(path), s->e->folder, s->patches[i]);
        if (err == 0) {
            err = course__slurp(path, PATCH_MOST, &text, &len);
        }
        if (err == 0) {
            course__digest_add(&d, text, len);
        }
        free(text);
    }
    course__digest_text(&d, s->key);
    return err < 0 ? course__wrong(err, s->why, s->why_bytes, "%s: %s",
                                   s->e->folder, strerror(-err))
                   : 0;
}

static bool is_built(const struct stage *s, const char *program) {
    char *key;
    bool same = false;

    if (access(program, X_OK) == 0 &&
        course__slurp(s->key_file, COURSE_DIGEST, &key, NULL) == 0) {
        same = strcmp(key, s->key) == 0;
        free(key);
    }
    return same;
}

// ---- building ----

// Tasks of the check's own stand in it: it is looked at, too.
static int copy_check(const struct stage *s) {
    char from[PATH_MAX], to[PATH_MAX], *text = NULL;
    size_t len = 0;
    int err = course__path(from, sizeof(from), s->e->folder, "check.c");

    if (err == 0) {
        err = course__path(to, sizeof(to), s->folder, "check.c");
    }
    if (err == 0) {
        err = course__slurp(from, CHECK_MOST, &text, &len);
    }
    if (err == 0) {
        err = course__put(to, text, len, true);
    }
    free(text);
    return err;
}

static int build(struct stage *s) {
    struct course_result r = {0};
    int err;

    (void)unlink(s->key_file);
    err = course_give(s->e, s->folder, true, s->why, s->why_bytes);
    for (unsigned i = 0; i < s->patch_count && err >= 0; i++) {
        err =
            course_patch(s->e, s->folder, s->patches[i], s->why, s->why_bytes);
    }
    if (err >= 0) {
        err = copy_check(s);
    }
    if (err < 0) {
        return err;
    }
    err = course__build(s->course, &s->job, &r, s->why, s->why_bytes);
    if (err > 0) {
        err = course__wrong(-EINVAL, s->why, s->why_bytes,
                            "%s does not compile: %s", s->folder, r.said);
    }
    course_result_deinit(&r);
    if (err == 0) {
        err = course__put(s->key_file, s->key, strlen(s->key), true);
    }
    return err;
}

static int build_once(struct stage *s, char *program, size_t bytes) {
    int lock = -1;
    int err = course__lock(&s->job, &lock, s->why, s->why_bytes);

    if (err < 0) {
        return err;
    }
    err = course__path(program, bytes, s->build, "program");
    if (err == 0) {
        err = check_ours(s, program);
    }
    if (err == 0 && !is_built(s, program)) {
        if (s->job.progress != NULL) {
            s->job.progress(s->job.progress_arg, "compiling");
        }
        err = build(s);
    }
    (void)close(lock);
    return err;
}

int course_stage(struct course *c, const struct course_exercise *e,
                 const char *variant, const char *folder,
                 void (*progress)(void *arg, const char *word),
                 void *progress_arg, struct course_staged *ret, char *why,
                 size_t why_bytes) {
    struct stage *s = calloc(1, sizeof(*s));
    int err = s != NULL ? 0 : -ENOMEM;

    why[0] = '\0';
    if (err == 0 && !c->has_toolchain) {
        err = course__wrong(-ENOENT, why, why_bytes, "%s", c->no_toolchain);
    } else if (err == 0) {
        *s = (struct stage){
            .course = c, .e = e, .why = why, .why_bytes = why_bytes};
        s->job = (struct course_job){.exercise = e,
                                     .files = s->folder,
                                     .scratch = s->build,
                                     .progress = progress,
                                     .progress_arg = progress_arg};
        err = find_patches(s, variant);
    }
    if (err == 0) {
        err = make_folder(s, folder, variant);
    }
    if (err == 0) {
        err = check_folders(s);
    }
    if (err == 0) {
        err = make_key(s);
    }
    if (err == 0) {
        err = build_once(s, ret->program, sizeof(ret->program));
    }
    if (err == 0) {
        snprintf(ret->files, sizeof(ret->files), "%s", s->folder);
    } else if (why[0] == '\0') {
        (void)course__wrong(err, why, why_bytes, "%s", strerror(-err));
    }
    free(s);
    return err;
}
