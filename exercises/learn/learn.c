// What the verbs share: complaints, the exercise that is meant, progress.
#include "learn.h"

#include "fishbowl/trace/text.h"
#include "work.h"
#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int learn_fail(const struct learn *l, const char *format, ...) {
    struct page p = {0};
    const struct page_look plain = {.ascii = l->look.ascii};
    char text[2048];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (l->complaint != NULL) {
        snprintf(l->complaint, l->complaint_bytes, "%s", text);
        return 1;
    }
    page_add(&p, FB_STYLE_NORMAL, "fishbowl learn: %s", text);
    page_write(&p, stderr, &plain);
    page_deinit(&p);
    return 1;
}

int learn_say(const struct learn *l, struct page *p, int status) {
    page_write(p, stdout, &l->look);
    page_deinit(p);
    if (fflush(stdout) != 0) {
        return 1; // a closed pipe, mostly: nobody is there to be told
    }
    return status;
}

bool learn_state(const struct learn *l, struct state *ret_state) {
    char path[PLACE_BYTES], why[1600];

    if (!place_path(&l->place, path, "progress.txt")) {
        learn_fail(l, "the folder's path is too long");
        return false;
    }
    if (state_load(path, ret_state, why, sizeof(why)) < 0) {
        learn_fail(l, "%s", why);
        return false;
    }
    return true;
}

char *learn_as_called(const struct learn *l, const char *text) {
    static const char NAME[] = "fishbowl learn";
    char *out = NULL;
    size_t len;
    FILE *to = open_memstream(&out, &len);
    const char *found;

    if (to == NULL) {
        return NULL;
    }
    while ((found = strstr(text, NAME)) != NULL) {
        (void)fwrite(text, 1, (size_t)(found - text), to);
        (void)fputs(l->me, to);
        text = found + sizeof(NAME) - 1;
    }
    (void)fputs(text, to);
    if (fclose(to) != 0) {
        free(out);
        return NULL;
    }
    return out;
}

static bool is_open(const struct state *s, const struct course_exercise *e) {
    const struct state_entry *entry = state_find(s, e->id);

    return entry == NULL || (entry->mark != STATE_PASSED && !entry->given_up);
}

const struct course_exercise *learn_next(const struct learn *l,
                                         const struct state *s,
                                         const struct course_exercise *after) {
    const size_t count = course_count(l->course);
    size_t from = 0;

    for (size_t i = 0; i < count && after != NULL; i++) {
        if (course_at(l->course, i) == after) {
            from = i + 1;
        }
    }
    for (size_t i = 0; i < count; i++) {
        const struct course_exercise *e =
            course_at(l->course, (from + i) % count);

        if (e != after && is_open(s, e)) {
            return e;
        }
    }
    return NULL;
}

size_t learn_passed(const struct learn *l, const struct state *s) {
    size_t passed = 0;

    for (size_t i = 0; i < course_count(l->course); i++) {
        const struct state_entry *e =
            state_find(s, course_at(l->course, i)->id);

        passed += e != NULL && e->mark == STATE_PASSED ? 1 : 0;
    }
    return passed;
}

void learn_bar(const struct learn *l, const struct state *s, int cols,
               char *out, size_t out_bytes) {
    const size_t all = course_count(l->course), passed = learn_passed(l, s);
    char tail[64];
    int width, full;

    snprintf(tail, sizeof(tail), "  %zu of %zu passed", passed, all);
    width = cols - (int)strlen(tail) - 2;
    width = width < 10 ? 10 : width > 40 ? 40 : width;
    full = all == 0 ? 0 : (int)((size_t)width * passed / all);
    if (out_bytes < (size_t)width + sizeof(tail) + 3) {
        out[0] = '\0';
        return;
    }
    out[0] = '[';
    memset(out + 1, '#', (size_t)full);
    memset(out + 1 + full, '.', (size_t)(width - full));
    snprintf(out + 1 + width, out_bytes - (size_t)width - 1, "]%s", tail);
}

static const struct course_exercise *find_named(struct learn *l,
                                                const char *word) {
    const struct course_exercise *near = NULL, *e;
    char safe[128];

    e = course_find(l->course, word, &near);
    if (e != NULL) {
        return e;
    }
    fb_text_sanitise(word, strlen(word), safe, sizeof(safe));
    if (near != NULL) {
        learn_fail(l, "%s: there is no such exercise (did you mean %02u, %s?)",
                   safe, near->number, near->name);
    } else {
        learn_fail(l, "%s: there is no such exercise (`%s list` names them)",
                   safe, l->me);
    }
    return NULL;
}

// The exercise in whose folder somebody stands; NULL: none.
static const struct course_exercise *find_here(const struct learn *l) {
    const size_t root = strlen(l->place.root);
    char here[PATH_MAX];

    if (getcwd(here, sizeof(here)) == NULL ||
        strncmp(here, l->place.root, root) != 0 || here[root] != '/') {
        return NULL;
    }
    for (size_t i = 0; i < course_count(l->course); i++) {
        const struct course_exercise *e = course_at(l->course, i);
        const size_t len = strlen(e->id);

        if (strncmp(here + root + 1, e->id, len) == 0 &&
            (here[root + 1 + len] == '/' || here[root + 1 + len] == '\0')) {
            return e;
        }
    }
    return NULL;
}

// The one that was worked on last.
static const struct course_exercise *find_latest(const struct learn *l,
                                                 const struct state *s) {
    const struct course_exercise *latest = NULL;
    uint64_t touched = 0;

    for (size_t i = 0; i < course_count(l->course); i++) {
        const struct course_exercise *e = course_at(l->course, i);
        const struct state_entry *entry = state_find(s, e->id);

        if (entry != NULL && entry->touched > touched) {
            latest = e;
            touched = entry->touched;
        }
    }
    return latest;
}

const struct course_exercise *learn_current(const struct learn *l,
                                            const struct state *s) {
    const struct course_exercise *here = find_here(l);
    const struct course_exercise *latest = find_latest(l, s), *next;

    if (here != NULL || (latest != NULL && is_open(s, latest))) {
        return here != NULL ? here : latest;
    }
    next = learn_next(l, s, NULL);
    return next != NULL ? next : latest;
}

const struct course_exercise *learn_exercise(struct learn *l) {
    const struct course_exercise *e;
    struct state s;

    if (l->options.words[1] != NULL) {
        return find_named(l, l->options.words[1]);
    }
    if (!learn_state(l, &s)) {
        return NULL;
    }
    e = learn_current(l, &s);
    state_deinit(&s);
    if (e == NULL) {
        learn_fail(l, "there are no exercises (is the installation whole?)");
    }
    return e;
}
