// The learner's copy of an exercise: given out, patched; and its hints.
//
// Problem: a patch is a text that names files, and patch(1) believes it.
// Idea: the names in it are read first; each must be a file of the learner's.
//     It is tried dry before it changes anything, so that there is never half
//     of one. patch(1) is run without a shell, in the learner's folder.
#include "course_parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { STARTER_MOST = 1 << 20, PATCH_MOST = 1 << 20, HINTS_MOST = 64 * 1024 };

int course_give(const struct course_exercise *e, const char *folder, bool over,
                char *why, size_t why_bytes) {
    int given = 0, err = course__make_folder(folder);

    if (err < 0) {
        return course__wrong(err, why, why_bytes,
                             "%s: %s (choose a folder that you may write to)",
                             folder, strerror(-err));
    }
    for (unsigned i = 0; i < e->file_count; i++) {
        char from[PATH_MAX], to[PATH_MAX], *text = NULL;
        size_t len = 0;

        err = course__path(from, sizeof(from), e->folder, e->files[i]);
        if (err == 0) {
            err = course__path(to, sizeof(to), folder, e->files[i]);
        }
        if (err == 0) {
            err = course__slurp(from, STARTER_MOST, &text, &len);
        }
        if (err < 0) {
            return course__wrong(err, why, why_bytes, "%s: %s", from,
                                 strerror(-err));
        }
        err = course__put(to, text, len, over);
        free(text);
        if (err < 0 && err != -EEXIST) {
            return course__wrong(err, why, why_bytes, "%s: %s", to,
                                 strerror(-err));
        }
        given += err == 0;
    }
    return given;
}

// ---- patches ----

static bool is_learners(const struct course_exercise *e, const char *name,
                        size_t len) {
    for (unsigned i = 0; i < e->file_count; i++) {
        if (strlen(e->files[i]) == len && memcmp(e->files[i], name, len) == 0) {
            return true;
        }
    }
    return false;
}

// What a line names that begins with "--- a/" or "+++ b/".
static int check_name(const struct course_exercise *e, const char *line,
                      const char *path, char *why, size_t why_bytes) {
    const size_t len = strcspn(line, "\t\n");
    const bool form =
        len > 6 && line[5] == '/' && line[4] == (line[0] == '-' ? 'a' : 'b');

    if (form && is_learners(e, line + 6, len - 6)) {
        return 0;
    }
    return course__wrong(-EINVAL, why, why_bytes,
                         "%s: '%.*s' names no file of the learner's (write "
                         "--- a/%s and +++ b/%s)",
                         path, (int)len, line, e->files[0], e->files[0]);
}

static int check_patch(const struct course_exercise *e, const char *path,
                       char *why, size_t why_bytes) {
    char *text;
    const char *line;
    int err = course__slurp(path, PATCH_MOST, &text, NULL);
    unsigned names = 0;

    if (err < 0) {
        return course__wrong(err, why, why_bytes, "%s: %s", path,
                             strerror(-err));
    }
    for (line = text; err == 0 && line != NULL && *line != '\0';) {
        const char *next = strchr(line, '\n');

        // "--- " may also be a line "-- " that goes; only one that is followed
        // by "+++ " is a name.
        if (strncmp(line, "--- ", 4) == 0 && next != NULL &&
            strncmp(next + 1, "+++ ", 4) == 0) {
            err = check_name(e, line, path, why, why_bytes);
            if (err == 0) {
                err = check_name(e, next + 1, path, why, why_bytes);
            }
            names++;
        }
        line = next != NULL ? next + 1 : NULL;
    }
    if (err == 0 && names == 0) {
        err = course__wrong(-EINVAL, why, why_bytes,
                            "%s: is no unified diff (make one with diff -u)",
                            path);
    }
    free(text);
    return err;
}

static int run_patch(const char *folder, const char *path, bool dry, char *why,
                     size_t why_bytes) {
    const char *argv[] = {
        "patch", "-p1", "-u", "-f", "-s", "--no-backup-if-mismatch",
        "-r",    "-",   "-i", path, NULL, NULL};
    struct course_process p = {
        .argv = argv, .folder = folder, .silence_ms = 10000};
    struct course_process *const one[] = {&p};
    int err;

    if (dry) {
        argv[10] = "--dry-run";
    }
    err = course__processes_run(one, 1, NULL, NULL, why, why_bytes);
    if (err == 0 && p.status != 0) {
        char *const stop = strchr(p.said, '\n');

        if (stop != NULL) {
            *stop = '\0';
        }
        err =
            course__wrong(-EINVAL, why, why_bytes,
                          "%s: does not fit the files in %s: %s (it is made "
                          "from the starter, or, a mutant, from the solution)",
                          path, folder, p.said);
    }
    course__process_deinit(&p);
    return err;
}

int course_patch(const struct course_exercise *e, const char *folder,
                 const char *patch, char *why, size_t why_bytes) {
    char path[PATH_MAX];
    int err =
        patch[0] == '/'
            ? snprintf(path, sizeof(path), "%s", patch) < (int)sizeof(path)
                  ? 0
                  : -ENAMETOOLONG
            : course__path(path, sizeof(path), e->folder, patch);

    if (err < 0) {
        return course__wrong(err, why, why_bytes, "%s: %s", patch,
                             strerror(-err));
    }
    err = check_patch(e, path, why, why_bytes);
    if (err == 0) {
        err = run_patch(folder, path, true, why, why_bytes);
    }
    return err < 0 ? err : run_patch(folder, path, false, why, why_bytes);
}

// ---- hints ----

int course_hint(const struct course_exercise *e, unsigned level,
                char **ret_text) {
    char path[PATH_MAX], heading[16], *text;
    const char *from, *to;
    int err = course__path(path, sizeof(path), e->folder, "hints.md");

    if (err == 0) {
        err = course__slurp(path, HINTS_MOST, &text, NULL);
    }
    if (err < 0) {
        return err;
    }
    snprintf(heading, sizeof(heading), "## %u\n", level);
    from = strncmp(text, heading, strlen(heading)) == 0 ? text : NULL;
    if (from == NULL) {
        snprintf(heading, sizeof(heading), "\n## %u\n", level);
        from = strstr(text, heading);
    }
    if (from == NULL) {
        free(text);
        return -ENOENT;
    }
    from += strlen(heading);
    from += strspn(from, "\n");
    to = strstr(from, "\n## ");
    to = to != NULL ? to : from + strlen(from);
    while (to > from && to[-1] == '\n') {
        to--;
    }
    *ret_text = course__lines(from, (size_t)(to - from));
    free(text);
    return *ret_text != NULL ? 0 : -ENOMEM;
}
