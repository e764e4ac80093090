// What the learner's file includes, so that it can be read.
//
// Problem: what a file is written against lies in the course's folder and in
// Fishbowl's; neither is the learner's, and the compiler alone knows where.
// Idea: the starter's own #include lines, in order. Those that the exercise's
// folder has are the exercise's; Fishbowl's is the one umbrella header.
#include "course_parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { STARTER_MOST = 1 << 20 };

static bool is_there(const char *folder, const char *name, char out[PATH_MAX]) {
    return course__path(out, PATH_MAX, folder, name) == 0 &&
           access(out, R_OK) == 0;
}

// The next name in `#include "name"`; *text moves on.
static bool next_include(char **text, char *name, size_t name_bytes) {
    static const char INCLUDE[] = "\n#include \"";
    char *from = strstr(*text, INCLUDE);
    size_t len;

    if (from == NULL) {
        return false;
    }
    from += sizeof(INCLUDE) - 1;
    len = strcspn(from, "\"\n");
    *text = from + len;
    (void)snprintf(name, name_bytes, "%.*s", (int)len, from);
    return true;
}

static bool own_header(const struct course_exercise *e, size_t *index,
                       char out[PATH_MAX]) {
    char path[PATH_MAX], name[256], *text, *rest;
    bool found = false;

    if (e->file_count == 0 ||
        course__path(path, sizeof(path), e->folder, e->files[0]) < 0 ||
        course__slurp(path, STARTER_MOST, &text, NULL) < 0) {
        return false;
    }
    rest = text;
    while (!found && next_include(&rest, name, sizeof(name))) {
        found = strchr(name, '/') == NULL && is_there(e->folder, name, out) &&
                (*index)-- == 0;
    }
    free(text);
    return found;
}

bool course_header(const struct course *c, const struct course_exercise *e,
                   size_t index, char *out, size_t out_bytes) {
    char path[PATH_MAX];
    bool found = own_header(e, &index, path);

    // answers.txt includes nothing, and there is nothing to look up for it
    if (!found && index == 0 && c->has_toolchain && e->file_count > 0 &&
        strstr(e->files[0], ".c") != NULL) {
        for (size_t i = 0; !found && c->toolchain.includes[i] != NULL; i++) {
            found =
                is_there(c->toolchain.includes[i], "fishbowl/fishbowl.h", path);
        }
    }
    return found && snprintf(out, out_bytes, "%s", path) < (int)out_bytes;
}
