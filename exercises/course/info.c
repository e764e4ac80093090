// What the runner must know of an exercise: its `info` file.
//
// Problem: infos are written by hand, by teachers too; a typing mistake must be
//     found here, with its line, and not as a strange exercise.
// Idea: one table of keys. Each line is looked up there; what is missing at
//     the end, and names files that are not there, is said as well. The digest
//     covers what a learner is judged by.
// Invariants: a struct that is given out is complete; every text in it is
//     sanitised, every file name is one of the exercise's folder.
#include "course_parts.h"
#include "fishbowl/trace/text.h"
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { INFO_MOST = 16 * 1024, SOURCE_MOST = 1 << 20 };

const char *course_kind_name(enum course_kind kind) {
    static const char *const NAMES[COURSE_KINDS] = {
        "step", "predict", "parsons", "code", "faded", "hunt", "drill"};

    return (unsigned)kind < COURSE_KINDS ? NAMES[kind] : "";
}

struct reading {
    const char *path;
    unsigned line;
    struct course_exercise *e;
    char *why;
    size_t why_bytes;
    unsigned seen; // keys, a bit each
};

#define COMPLAIN(r, ...)                                                       \
    course__wrong(-EINVAL, (r)->why, (r)->why_bytes, __VA_ARGS__)

// ---- values ----

// A whole number between least and most.
static int take_number(struct reading *r, const char *key, const char *value,
                       unsigned least, unsigned most, unsigned *ret) {
    char *end;
    unsigned long n;

    errno = 0;
    n = strtoul(value, &end, 10);
    if (errno != 0 || !isdigit((unsigned char)value[0]) || *end != '\0' ||
        n < least || n > most) {
        return COMPLAIN(
            r, "%s:%u: %s: '%s' is not a number from %u to %u (write one)",
            r->path, r->line, key, value, least, most);
    }
    *ret = (unsigned)n;
    return 0;
}

static bool is_file_name(const char *name) {
    if (name[0] == '.' || name[0] == '-' || name[0] == '\0') {
        return false;
    }
    for (const char *at = name; *at != '\0'; at++) {
        if (!isalnum((unsigned char)*at) && strchr("._-", *at) == NULL) {
            return false;
        }
    }
    return true;
}

static int take_file(struct reading *r, const char *value) {
    struct course_exercise *e = r->e;

    if (!is_file_name(value) || strlen(value) >= sizeof(e->files[0])) {
        return COMPLAIN(r,
                        "%s:%u: file: '%s' is no file name (letters, digits, "
                        "'.', '_' and '-', without a folder)",
                        r->path, r->line, value);
    }
    if (e->file_count == COURSE_FILES) {
        return COMPLAIN(r, "%s:%u: file: an exercise has at most %d files",
                        r->path, r->line, COURSE_FILES);
    }
    strcpy(e->files[e->file_count++], value);
    return 0;
}

static int take_kind(struct reading *r, const char *value) {
    for (int i = 0; i < COURSE_KINDS; i++) {
        if (strcmp(value, course_kind_name((enum course_kind)i)) == 0) {
            r->e->kind = (enum course_kind)i;
            return 0;
        }
    }
    return COMPLAIN(r,
                    "%s:%u: kind: '%s' is none (step, predict, parsons, code, "
                    "faded, hunt or drill)",
                    r->path, r->line, value);
}

static int take_claim(struct reading *r, const char *value) {
    const char letter = value[0];
    char *end = NULL;
    unsigned long n = 0;

    if (isdigit((unsigned char)(letter != '\0' ? value[1] : '\0'))) {
        n = strtoul(value + 1, &end, 10);
    }
    if (strcmp(value, "A") != 0 && !(end != NULL && *end == '\0' &&
                                     ((letter == 'T' && n >= 1 && n <= 14) ||
                                      (letter == 'X' && n >= 1 && n <= 7)))) {
        return COMPLAIN(r,
                        "%s:%u: untouched: '%s' is no claim (T1 to T14, A, or "
                        "X1 to X7)",
                        r->path, r->line, value);
    }
    snprintf(r->e->untouched, sizeof(r->e->untouched), "%s", value);
    return 0;
}

// ---- keys ----

enum { REQUIRED = 1, MANY = 2 };
static const struct {
    const char *name;
    int how;
} KEYS[] = {
    {"format", REQUIRED},  {"title", REQUIRED},
    {"kind", REQUIRED},    {"concept", REQUIRED},
    {"minutes", REQUIRED}, {"misconception", REQUIRED},
    {"seeds", 0},          {"file", REQUIRED | MANY},
    {"cpu-ms", 0},         {"wall-ms", 0},
    {"memory-mb", 0},      {"untouched", REQUIRED},
};
enum { KEY_COUNT = sizeof(KEYS) / sizeof(KEYS[0]) };

static int take(struct reading *r, const char *key, const char *value) {
    struct course_exercise *e = r->e;
    const char letter = key[0];
    unsigned format;

    if (strcmp(key, "format") == 0) {
        return take_number(r, key, value, 1, 1, &format);
    }
    if (strcmp(key, "minutes") == 0) {
        return take_number(r, key, value, 1, 120, &e->minutes);
    }
    if (strcmp(key, "seeds") == 0) {
        return take_number(r, key, value, 0, 1000, &e->seeds);
    }
    if (strcmp(key, "cpu-ms") == 0) {
        return take_number(r, key, value, 100, 60000, &e->cpu_ms);
    }
    if (strcmp(key, "wall-ms") == 0) {
        return take_number(r, key, value, 100, 120000, &e->wall_ms);
    }
    if (strcmp(key, "memory-mb") == 0) {
        return take_number(r, key, value, 32, 4096, &e->memory_mb);
    }
    switch (letter) {
    case 'f': return take_file(r, value);
    case 'k': return take_kind(r, value);
    case 'u': return take_claim(r, value);
    case 't': course__copy(e->title, sizeof(e->title), value); return 0;
    case 'c': course__copy(e->concept, sizeof(e->concept), value); return 0;
    default:
        course__copy(e->misconception, sizeof(e->misconception), value);
        return 0;
    }
}

static int take_line(struct reading *r, char *line) {
    char *colon = strchr(line, ':'), *value;
    size_t key = 0;

    if (line[strspn(line, " \t")] == '\0' || line[0] == '#') {
        return 0;
    }
    if (colon == NULL) {
        return COMPLAIN(r, "%s:%u: '%s' is not 'key: value'", r->path, r->line,
                        line);
    }
    *colon = '\0';
    value = colon + 1 + strspn(colon + 1, " \t");
    for (char *end = value + strlen(value);
         end > value && isspace((unsigned char)end[-1]);) {
        *--end = '\0';
    }
    while (key < KEY_COUNT && strcmp(KEYS[key].name, line) != 0) {
        key++;
    }
    if (key == KEY_COUNT) {
        return COMPLAIN(r, "%s:%u: there is no key '%s' (exercises/README.md)",
                        r->path, r->line, line);
    }
    if ((r->seen & 1u << key) != 0 && (KEYS[key].how & MANY) == 0) {
        return COMPLAIN(r, "%s:%u: '%s' stands here twice (leave one)", r->path,
                        r->line, line);
    }
    if (value[0] == '\0') {
        return COMPLAIN(r, "%s:%u: '%s' has no value (write one)", r->path,
                        r->line, line);
    }
    r->seen |= 1u << key;
    return take(r, line, value);
}

static int take_lines(struct reading *r, char *text) {
    int err = 0;

    while (err == 0 && text != NULL && *text != '\0') {
        char *stop = strchr(text, '\n');

        if (stop != NULL) {
            *stop++ = '\0';
        }
        r->line++;
        err = take_line(r, text);
        text = stop;
    }
    for (size_t key = 0; err == 0 && key < KEY_COUNT; key++) {
        if ((KEYS[key].how & REQUIRED) != 0 && (r->seen & 1u << key) == 0) {
            err = COMPLAIN(r, "%s: there is no line '%s: …' (add one)", r->path,
                           KEYS[key].name);
        }
    }
    return err;
}

// ---- the folder ----

// "NN_name" → number and name. Errors: -EINVAL with `why`.
static int take_id(struct reading *r, const char *folder) {
    struct course_exercise *e = r->e;
    const char *slash = strrchr(folder, '/');
    const char *id = slash != NULL ? slash + 1 : folder;
    bool good = strlen(id) > 3 && strlen(id) < sizeof(e->id) &&
                isdigit((unsigned char)id[0]) &&
                isdigit((unsigned char)id[1]) && id[2] == '_';

    for (const char *at = id; good && *at != '\0'; at++) {
        good = islower((unsigned char)*at) || isdigit((unsigned char)*at) ||
               *at == '_';
    }
    if (!good) {
        return COMPLAIN(r,
                        "%s: the folder of an exercise is called like "
                        "06_yield_once (rename it)",
                        folder);
    }
    strcpy(e->id, id);
    e->number = (unsigned)((id[0] - '0') * 10 + id[1] - '0');
    e->name = e->id + 3;
    return 0;
}

static int is_header(const struct dirent *entry) {
    const size_t len = strlen(entry->d_name);

    return len > 2 && strcmp(entry->d_name + len - 2, ".h") == 0;
}

static int digest_file(struct reading *r, struct course_digest *d,
                       const char *name, bool must) {
    char path[PATH_MAX], *text;
    size_t len;
    int err = course__path(path, sizeof(path), r->e->folder, name);

    if (err == 0) {
        err = course__slurp(path, SOURCE_MOST, &text, &len);
    }
    if (err == -ENOENT && !must) {
        return 0;
    }
    if (err < 0) {
        return course__wrong(err, r->why, r->why_bytes,
                             "%s/%s: %s (the exercise is not complete)",
                             r->e->folder, name, strerror(-err));
    }
    course__digest_add(d, name, strlen(name));
    course__digest_add(d, text, len);
    free(text);
    return 0;
}

// Of what a learner is judged by.
static int take_hash(struct reading *r) {
    struct course_exercise *e = r->e;
    struct course_digest d = {0};
    struct dirent **headers;
    int count, err = 0;

    for (unsigned i = 0; err == 0 && i < e->file_count; i++) {
        err = digest_file(r, &d, e->files[i], true);
    }
    if (err == 0) {
        err = digest_file(r, &d, "check.c", true);
    }
    if (err == 0) {
        err = digest_file(r, &d, "questions", false);
    }
    count = err == 0 ? scandir(e->folder, &headers, is_header, alphasort) : 0;
    if (count < 0) {
        return course__wrong(-errno, r->why, r->why_bytes, "%s: %s", e->folder,
                             strerror(errno));
    }
    for (int i = 0; i < count; i++) {
        if (err == 0) {
            err = digest_file(r, &d, headers[i]->d_name, true);
        }
        free(headers[i]);
    }
    if (count > 0) {
        free(headers);
    }
    course__digest_text(&d, e->hash);
    return err;
}

int course__read_info(const char *folder, struct course_exercise *ret_exercise,
                      char *why, size_t why_bytes) {
    struct course_exercise e = {
        .seeds = 50, .cpu_ms = 2000, .wall_ms = 10000, .memory_mb = 256};
    char path[PATH_MAX], *text;
    struct reading r = {
        .path = path, .e = &e, .why = why, .why_bytes = why_bytes};
    size_t len;
    int err;

    if (strlen(folder) >= sizeof(e.folder)) {
        return course__wrong(-ENAMETOOLONG, why, why_bytes,
                             "%s: the path is too long", folder);
    }
    strcpy(e.folder, folder);
    err = course__path(path, sizeof(path), folder, "info");
    if (err == 0) {
        err = course__slurp(path, INFO_MOST, &text, &len);
    }
    if (err < 0) {
        return course__wrong(err, why, why_bytes, "%s/info: %s", folder,
                             strerror(-err));
    }
    err = take_id(&r, folder);
    if (err == 0 && memchr(text, '\0', len) != NULL) {
        err = COMPLAIN(&r, "%s: holds a zero byte (it is a text)", path);
    }
    if (err == 0) {
        err = take_lines(&r, text);
    }
    free(text);
    if (err == 0) {
        err = take_hash(&r);
    }
    if (err == 0) {
        *ret_exercise = e;
        ret_exercise->name = ret_exercise->id + 3;
    }
    return err;
}
