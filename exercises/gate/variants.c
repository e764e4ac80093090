// The forms that the learner's files may take, and what the check says of each.
//
//     untouched                       its declared claim
//     solution.patch, alt/*.patch     passes, every order and world
//     mutants/*.patch (on the solution)  the claim that `Fails:` names
//     emptied: the solution without what stands between the marks   fails
#include "course_parts.h"
#include "gate.h"
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MOST = 1 << 20 };

static const char BEGIN[] = "YOURS: begin", END[] = "YOURS: end";

// ---- making them ----

// A variant with the starter's files; NULL: it was said.
static struct gate_variant *add(struct gate *g, const char *name,
                                const char *wants) {
    struct gate_variant *v = &g->variants[g->count];
    char flat[GATE_NAME], why[COURSE_WHY];

    if (g->count == GATE_VARIANTS || strlen(name) >= sizeof(v->name)) {
        gate_say(g, false, "%s: too many variants, or too long a name", name);
        return NULL;
    }
    strcpy(flat, name);
    for (char *at = flat; *at != '\0'; at++) {
        *at = *at == '/' ? '-' : *at;
    }
    strcpy(v->name, name);
    snprintf(v->wants, sizeof(v->wants), "%s", wants);
    if (snprintf(v->folder, sizeof(v->folder), "%s/files/%s", g->scratch,
                 flat) >= (int)sizeof(v->folder) ||
        course_give(g->e, v->folder, true, why, sizeof(why)) < 0) {
        gate_say(g, false, "%s: %s", name, why);
        return NULL;
    }
    g->count++;
    return v;
}

static bool patch(struct gate *g, const struct gate_variant *v,
                  const char *file) {
    char why[COURSE_WHY];

    if (course_patch(g->e, v->folder, file, why, sizeof(why)) == 0) {
        return true;
    }
    gate_say(g, false, "%s", why);
    return false;
}

static bool add_patched(struct gate *g, const char *file, const char *wants,
                        const char *first) {
    const struct gate_variant *v = add(g, file, wants);

    return v != NULL && (first == NULL || patch(g, v, first)) &&
           patch(g, v, file);
}

static int is_patch(const struct dirent *entry) {
    const size_t len = strlen(entry->d_name);

    return len > 6 && strcmp(entry->d_name + len - 6, ".patch") == 0;
}

static bool is_any(struct gate *g, const char *folder, int count,
                   const char *else_write) {
    if (count <= 0) {
        gate_say(g, false, "%s/%s holds no patch (%s)", g->e->folder, folder,
                 else_write);
    }
    return count > 0;
}

static bool add_alternatives(struct gate *g) {
    char path[PATH_MAX], name[GATE_NAME];
    struct dirent **list = NULL;
    bool good = true;
    int count;

    snprintf(path, sizeof(path), "%s/alt", g->e->folder);
    count = scandir(path, &list, is_patch, alphasort);
    for (int i = 0; i < count; i++) {
        if (snprintf(name, sizeof(name), "alt/%s", list[i]->d_name) >=
            (int)sizeof(name)) {
            gate_say(g, false, "%s: too long a name", list[i]->d_name);
            good = false;
        } else {
            good = add_patched(g, name, "", NULL) && good;
        }
        free(list[i]);
    }
    free(list);
    return is_any(g, "alt", count, "write another right solution") && good;
}

// They begin with the solution.
static bool add_mutants(struct gate *g) {
    struct course_mutant *list = NULL;
    char why[COURSE_WHY];
    bool good = true;
    const int count = course_mutants(g->e, &list, why, sizeof(why));

    if (count < 0) {
        gate_say(g, false, "%s", why);
        return false;
    }
    for (int i = 0; i < count; i++) {
        good = add_patched(g, list[i].patch, list[i].fails, "solution.patch") &&
               good;
    }
    free(list);
    return is_any(g, "mutants", count, "write what a confused learner would") &&
           good;
}

// ---- emptied ----

// Leaves out the lines between the marks; false: there are none.
static bool cut_marked(char *text) {
    bool inside = false, any = false;
    char *to = text;

    for (const char *at = text; *at != '\0';) {
        const size_t len = strcspn(at, "\n");
        const size_t whole = len + (at[len] == '\n');

        if (memmem(at, len, END, strlen(END)) != NULL) {
            inside = false;
        }
        if (!inside) {
            memmove(to, at, whole);
            to += whole;
        }
        if (memmem(at, len, BEGIN, strlen(BEGIN)) != NULL) {
            inside = any = true;
        }
        at += whole;
    }
    *to = '\0';
    return any && !inside;
}

// "name: answer" becomes "name:".
static void cut_answers(char *text) {
    char *to = text;

    for (const char *at = text; *at != '\0';) {
        const size_t len = strcspn(at, "\n");
        const char *colon = at[0] == '#' ? NULL : memchr(at, ':', len);
        const size_t kept = colon != NULL ? (size_t)(colon - at) + 1 : len;

        memmove(to, at, kept);
        to += kept;
        at += len;
        if (*at == '\n') {
            *to++ = *at++;
        }
    }
    *to = '\0';
}

static bool is_text(const char *name) {
    const size_t len = strlen(name);

    return len > 4 && strcmp(name + len - 4, ".txt") == 0;
}

static bool add_emptied(struct gate *g) {
    struct gate_variant *v = add(g, "emptied", "?");
    bool any = false;

    if (v == NULL || !patch(g, v, "solution.patch")) {
        return false;
    }
    for (unsigned i = 0; i < g->e->file_count; i++) {
        char path[PATH_MAX], *text;

        snprintf(path, sizeof(path), "%s/%s", v->folder, g->e->files[i]);
        if (course__slurp(path, TEXT_MOST, &text, NULL) < 0) {
            continue;
        }
        if (cut_marked(text)) {
            any = true;
        } else if (is_text(g->e->files[i])) {
            cut_answers(text);
            any = true;
        }
        (void)course__put(path, text, strlen(text), true);
        free(text);
    }
    if (!any) {
        gate_say(g, false,
                 "%s: no file of the learner's has the marks '// %s' and "
                 "'// %s' (put them around what is theirs)",
                 g->e->folder, BEGIN, END);
    }
    return any;
}

bool gate_make(struct gate *g) {
    bool good;

    if (g->only_passing) {
        return add_patched(g, "solution.patch", "", NULL) &&
               add_alternatives(g);
    }
    good = add(g, "untouched", g->e->untouched) != NULL;
    good = add_patched(g, "solution.patch", "", NULL) && good;
    good = add_alternatives(g) && good;
    good = add_mutants(g) && good;
    return add_emptied(g) && good;
}

// ---- judging them ----

// Its trace stays for whoever looks, until the variant is judged again.
static void keep_trace(const struct gate_variant *v, struct course_result *r) {
    char kept[sizeof(v->folder) + 16];

    snprintf(kept, sizeof(kept), "%s/run.ring", v->folder);
    (void)unlink(kept);
    if (r->trace[0] != '\0' && strlen(kept) < sizeof(r->trace) &&
        rename(r->trace, kept) == 0) {
        strcpy(r->trace, kept);
    }
}

static void say_what_to_do(const struct gate *g, const struct gate_variant *v,
                           const struct course_result *r) {
    printf("          files: %s\n", v->folder);
    if (r->trace[0] != '\0') {
        printf("          look:  fishbowl watch %s --at %llu --source-dir %s\n",
               r->trace, (unsigned long long)r->at, v->folder);
    }
    for (int i = 0; i < r->event_count; i++) {
        printf("          event %llu: %s (%s)\n",
               (unsigned long long)r->events[i].event, r->events[i].sentence,
               r->events[i].role);
    }
    for (int i = 0; i < r->last_count; i++) {
        printf("          last:  %s\n", r->last[i]);
    }
    if (r->claim[0] == 'X' && r->compiler != NULL) {
        printf("%s\n", r->compiler);
    }
    printf("          again: exercise_gate --only %s %s\n", v->name,
           g->e->folder);
}

// What is right stays right in so many random orders, also where the learner's
// own runs are fewer, to be quick.
enum { RIGHT_SEEDS = 50 };

static unsigned seeds_of(const struct gate *g, const struct gate_variant *v) {
    return v->wants[0] == '\0' && g->e->seeds < RIGHT_SEEDS ? RIGHT_SEEDS
                                                            : g->e->seeds;
}

static bool is_as_wanted(struct gate *g, const struct gate_variant *v,
                         const struct course_result *r) {
    const unsigned least =
        seeds_of(g, v) + 2; // FIFO, LIFO, seeds: in each world

    if (v->wants[0] == '\0') {
        gate_say(g, r->passed && r->runs >= least,
                 "%s passes (%u runs, built in %u ms, run in %u ms)%s%s%s%s%s",
                 v->name, r->runs, r->build_ms, r->run_ms,
                 r->passed ? "" : ": ", r->claim, r->passed ? "" : ": ",
                 r->said, r->passed && r->runs < least ? ": too few" : "");
        return r->passed && r->runs >= least;
    }
    if (v->wants[0] == '?') {
        gate_say(g, !r->passed, "%s fails: %s", v->name,
                 r->passed ? "it passes" : r->claim);
        return !r->passed;
    }
    gate_say(g, strcmp(v->wants, r->claim) == 0,
             "%s fails with %s%s%s (%s, event %llu): %s", v->name, v->wants,
             strcmp(v->wants, r->claim) == 0 ? "" : ", but the check says ",
             strcmp(v->wants, r->claim) == 0 ? ""
             : r->passed                     ? "that it passes"
                                             : r->claim,
             r->order, (unsigned long long)r->at, r->said);
    return strcmp(v->wants, r->claim) == 0;
}

static void judge(struct gate *g, const struct gate_variant *v) {
    const struct course_job job = {.exercise = g->e,
                                   .files = v->folder,
                                   .scratch = g->scratch,
                                   .seeds = seeds_of(g, v)};
    struct course_result r = {0};
    char why[COURSE_WHY];

    if (course_judge(g->course, &job, &r, why, sizeof(why)) < 0) {
        gate_say(g, false, "%s: %s", v->name, why);
        return;
    }
    keep_trace(v, &r);
    if (!is_as_wanted(g, v, &r)) {
        say_what_to_do(g, v, &r);
    }
    if (!r.passed && r.said[0] == '\0') {
        gate_say(g, false, "%s: %s says not what happened", v->name, r.claim);
    }
    if (r.claim[0] == 'T' &&
        (r.misconception[0] == '\0' || r.truth[0] == '\0')) {
        gate_say(g, false, "%s: %s names no misconception, or no truth",
                 v->name, r.claim);
    }
    if (strcmp(v->name, "untouched") == 0) {
        snprintf(g->trace, sizeof(g->trace), "%s", r.trace);
        g->at = r.at;
    }
    course_result_deinit(&r);
}

void gate_judge(struct gate *g) {
    for (unsigned i = 0; i < g->count; i++) {
        if (g->only == NULL || strcmp(g->only, g->variants[i].name) == 0) {
            judge(g, &g->variants[i]);
        }
    }
}
