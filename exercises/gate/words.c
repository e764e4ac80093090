// What is written about an exercise is true of it.
//
// Problem: a hint that shows code is wrong as soon as the code is.
// Idea: a block of C in README.md or hints.md must be found, line by line, in
//     what is built: the starter, the header, the solution or an alternative;
//     or it must compile by itself.
#include "course_parts.h"
#include "gate.h"
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 1 << 20, CORPUS = 96, README_LINES = 40, BLOCK_MOST = 4096 };

// All texts in which an excerpt may be found.
struct corpus {
    char *texts[CORPUS];
    unsigned count;
};

static void add(struct corpus *c, const char *folder, const char *name) {
    char path[PATH_MAX];

    if (c->count < CORPUS &&
        course__path(path, sizeof(path), folder, name) == 0 &&
        course__slurp(path, TEXT_MOST, &c->texts[c->count], NULL) == 0) {
        c->count++;
    }
}

static int is_header(const struct dirent *entry) {
    const size_t len = strlen(entry->d_name);

    return len > 2 && strcmp(entry->d_name + len - 2, ".h") == 0;
}

static void gather(const struct gate *g, struct corpus *c) {
    struct dirent **list = NULL;
    const int count = scandir(g->e->folder, &list, is_header, alphasort);

    for (int i = 0; i < count; i++) {
        add(c, g->e->folder, list[i]->d_name);
        free(list[i]);
    }
    free(list);
    for (unsigned i = 0; i < g->count; i++) {
        const struct gate_variant *v = &g->variants[i];

        if (v->wants[0] != '\0' && strcmp(v->name, "untouched") != 0) {
            continue; // a mutant, or emptied
        }
        for (unsigned k = 0; k < g->e->file_count; k++) {
            add(c, v->folder, g->e->files[k]);
        }
    }
}

// ---- one block ----

// The next line without the blanks around it.
static const char *line_of(const char **at, size_t *len) {
    const char *line = *at + strspn(*at, " \t");
    const char *end = line + strcspn(line, "\n");

    *at = *end == '\n' ? end + 1 : end;
    while (end > line && (end[-1] == ' ' || end[-1] == '\t')) {
        end--;
    }
    *len = (size_t)(end - line);
    return line;
}

static bool begins_with(const char *text, const char *block) {
    while (*block != '\0') {
        size_t want, have;
        const char *wanted = line_of(&block, &want);
        const char *line;

        if (*text == '\0') {
            return false;
        }
        line = line_of(&text, &have);
        if (want != have || memcmp(wanted, line, want) != 0) {
            return false;
        }
    }
    return true;
}

static bool holds(const struct corpus *c, const char *block) {
    for (unsigned i = 0; i < c->count; i++) {
        for (const char *at = c->texts[i]; at != NULL && *at != '\0';) {
            if (begins_with(at, block)) {
                return true;
            }
            at = strchr(at, '\n');
            at = at != NULL ? at + 1 : NULL;
        }
    }
    return false;
}

// As a file of the learner's would, without the check.
static bool compiles(const struct gate *g, const char *block, char **ret_said) {
    const struct course_toolchain *t = &g->course->toolchain;
    const char *argv[4 * COURSE_FLAGS + 16];
    char path[PATH_MAX];
    struct course_process p = {.argv = argv, .silence_ms = 60000};
    struct course_process *const one[] = {&p};
    size_t n = 0;

    if (course__path(path, sizeof(path), g->scratch, "block.c") < 0 ||
        course__put(path, block, strlen(block), true) < 0) {
        return false;
    }
    argv[n++] = t->cc;
    for (size_t i = 0; t->cflags[i] != NULL; i++) {
        argv[n++] = t->cflags[i];
    }
    for (size_t i = 0; t->includes[i] != NULL; i++) {
        argv[n++] = "-I";
        argv[n++] = t->includes[i];
    }
    argv[n++] = "-I";
    argv[n++] = g->e->folder;
    argv[n++] = "-fsyntax-only";
    argv[n++] = path;
    argv[n] = NULL;
    if (course__processes_run(one, 1, NULL, NULL, NULL, 0) < 0) {
        course__process_deinit(&p);
        return false;
    }
    *ret_said = p.said;
    return p.status == 0;
}

static void check_block(struct gate *g, const struct corpus *c,
                        const char *file, unsigned line, const char *info,
                        const char *block) {
    char *said = NULL;

    if (strcmp(info, "c build") == 0) {
        if (g->course->has_toolchain) {
            const bool good = compiles(g, block, &said);

            gate_say(g, good, "%s:%u: the block compiles%s%s", file, line,
                     good ? "" : ", it does not: ", good ? "" : said);
        }
        free(said);
        return;
    }
    if (strcmp(info, "c") == 0) {
        const bool found = holds(c, block);

        gate_say(g, found, "%s:%u: the block is code of the exercise%s", file,
                 line,
                 found ? ""
                       : ", it is not: neither starter, header, solution nor "
                         "an alternative has these lines in one piece");
    }
}

// ---- a page ----

static void check_blocks(struct gate *g, const struct corpus *c,
                         const char *file, char *text) {
    char info[32] = "", *block = NULL, *next;
    unsigned line = 0, from = 0;

    for (char *at = text; at != NULL && *at != '\0'; at = next) {
        next = strchr(at, '\n');
        next = next != NULL ? next + 1 : NULL;
        line++;
        if (strncmp(at, "```", 3) != 0) {
            continue;
        }
        if (block == NULL) {
            snprintf(info, sizeof(info), "%.*s", (int)strcspn(at + 3, "\n"),
                     at + 3);
            block = next;
            from = line;
            continue;
        }
        at[0] = '\0';
        check_block(g, c, file, from, info, block);
        block = NULL;
    }
    if (block != NULL) {
        gate_say(g, false, "%s:%u: the block has no end", file, from);
    }
}

static void check_page(struct gate *g, const struct corpus *c,
                       const char *file) {
    char path[PATH_MAX], *text;
    unsigned lines = 0;

    if (course__path(path, sizeof(path), g->e->folder, file) < 0 ||
        course__slurp(path, TEXT_MOST, &text, NULL) < 0) {
        gate_say(g, false, "there is no %s in %s", file, g->e->folder);
        return;
    }
    for (const char *at = text; (at = strchr(at, '\n')) != NULL; at++) {
        lines++;
    }
    if (strcmp(file, "README.md") == 0) {
        gate_say(g, lines >= 5 && lines <= README_LINES,
                 "README.md has %u lines (5 to %d: a screen)", lines,
                 README_LINES);
    }
    check_blocks(g, c, path, text);
    free(text);
}

// `learn new` writes this where something is missing.
static int is_file(const struct dirent *entry) {
    return entry->d_name[0] != '.';
}

static void check_finished(struct gate *g) {
    struct dirent **list = NULL;
    const int count = scandir(g->e->folder, &list, is_file, alphasort);
    bool finished = true;

    for (int i = 0; i < count; i++) {
        struct corpus one = {.count = 0};
        const char *missing;

        add(&one, g->e->folder, list[i]->d_name);
        missing = one.count > 0 ? strstr(one.texts[0], "FILL IN") : NULL;
        if (missing != NULL) {
            gate_say(g, false, "%s/%s is not finished: %.*s", g->e->folder,
                     list[i]->d_name, (int)strcspn(missing, "\n"), missing);
            finished = false;
        }
        if (one.count > 0) {
            free(one.texts[0]);
        }
        free(list[i]);
    }
    free(list);
    gate_say(g, finished, "nothing is left to be filled in");
}

static void check_hints(struct gate *g) {
    for (unsigned level = 1; level <= 4; level++) {
        char *hint = NULL;
        const int err = course_hint(g->e, level, &hint);
        const bool good = level == 4 ? err < 0 : err == 0 && strlen(hint) > 10;

        if (level < 4) {
            gate_say(g, good,
                     "hints.md has a section '## %u' with a hint in it", level);
        } else {
            gate_say(g, good, "hints.md has no fourth hint");
        }
        free(hint);
    }
}

void gate_words(struct gate *g) {
    struct corpus c = {.count = 0};

    gather(g, &c);
    check_page(g, &c, "README.md");
    check_page(g, &c, "hints.md");
    check_hints(g);
    check_finished(g);
    for (unsigned i = 0; i < c.count; i++) {
        free(c.texts[i]);
    }
}
