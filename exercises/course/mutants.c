// The wrong solutions of an exercise.
//
// Each is a patch to the solution, and says above its diff what it is:
//     Fails: T8
//     Why: Every way out closes for itself, and the second error has forgotten
//     to.
#include "course_parts.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PATCH_MOST = 1 << 20 };

static const char SUFFIX[] = ".patch", FAILS[] = "Fails: ", WHY[] = "Why: ";

// Where the text after `word` begins, on a line that begins with it; or NULL.
static const char *after(const char *text, const char *word) {
    const size_t len = strlen(word);

    for (const char *line = text; line != NULL;) {
        if (strncmp(line, word, len) == 0) {
            return line + len;
        }
        line = strchr(line, '\n');
        line = line != NULL ? line + 1 : NULL;
    }
    return NULL;
}

// The sentence may go over several lines, up to an empty one.
static void take_sentence(const char *text, char *out, size_t out_bytes) {
    const char *end = strstr(text, "\n\n");
    const size_t len = end != NULL ? (size_t)(end - text) : strlen(text);
    char flat[COURSE_TEXT];

    snprintf(flat, sizeof(flat), "%.*s", (int)len, text);
    for (char *at = flat; *at != '\0'; at++) {
        *at = *at == '\n' ? ' ' : *at;
    }
    for (size_t last = strlen(flat); last > 0 && flat[last - 1] == ' ';) {
        flat[--last] = '\0';
    }
    course__copy(out, out_bytes, flat);
}

static bool read_head(char *text, struct course_mutant *m) {
    char *diff = strstr(text, "\n--- ");
    const char *fails, *why;

    if (diff == NULL) {
        return false;
    }
    *diff = '\0';
    fails = after(text, FAILS);
    why = after(text, WHY);
    if (fails == NULL || why == NULL) {
        return false;
    }
    snprintf(m->fails, sizeof(m->fails), "%.*s", (int)strcspn(fails, " \n"),
             fails);
    take_sentence(why, m->mistake, sizeof(m->mistake));
    return isalpha((unsigned char)m->fails[0]) &&
           isgraph((unsigned char)m->mistake[0]);
}

static int read_mutant(const struct course_exercise *e, const char *file,
                       struct course_mutant *m, char *why, size_t why_bytes) {
    const size_t stem = strlen(file) - (sizeof(SUFFIX) - 1);
    char path[PATH_MAX], *text;
    int err;

    if (stem >= sizeof(m->name) ||
        snprintf(m->patch, sizeof(m->patch), "mutants/%s", file) >=
            (int)sizeof(m->patch)) {
        return course__wrong(-ENAMETOOLONG, why, why_bytes,
                             "mutants/%s: too long a name", file);
    }
    snprintf(m->name, sizeof(m->name), "%.*s", (int)stem, file);
    err = course__path(path, sizeof(path), e->folder, m->patch);
    err = err < 0 ? err : course__slurp(path, PATCH_MOST, &text, NULL);
    if (err < 0) {
        return course__wrong(err, why, why_bytes, "%s/%s cannot be read: %s",
                             e->folder, m->patch, strerror(-err));
    }
    if (!read_head(text, m)) {
        err = course__wrong(-EINVAL, why, why_bytes,
                            "%s says above its diff neither which claim it "
                            "fails with nor why (write 'Fails: T8' and 'Why: "
                            "…')",
                            path);
    }
    free(text);
    return err;
}

static int is_patch(const struct dirent *entry) {
    const size_t len = strlen(entry->d_name);

    return len >= sizeof(SUFFIX) &&
           strcmp(entry->d_name + len - (sizeof(SUFFIX) - 1), SUFFIX) == 0;
}

int course_mutants(const struct course_exercise *e,
                   struct course_mutant **ret_list, char *why,
                   size_t why_bytes) {
    struct course_mutant *list = NULL;
    struct dirent **files = NULL;
    char folder[PATH_MAX];
    int count, err;

    err = course__path(folder, sizeof(folder), e->folder, "mutants");
    count = err < 0 ? err : scandir(folder, &files, is_patch, alphasort);
    if (count < 0) {
        err = err < 0 ? err : -errno;
        return course__wrong(err, why, why_bytes, "%s: %s", folder,
                             strerror(-err));
    }
    list = calloc((size_t)count + 1, sizeof(*list));
    err = list == NULL ? -ENOMEM : 0;
    for (int i = 0; i < count; i++) {
        if (err == 0) {
            err = read_mutant(e, files[i]->d_name, &list[i], why, why_bytes);
        }
        free(files[i]);
    }
    free(files);
    if (err < 0) {
        free(list);
        return err;
    }
    *ret_list = list;
    return count;
}
