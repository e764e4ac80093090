// From the learner's files to a program.
//
// Problem: whoever saves wants to know at once; but the check must be compiled
//     too, and with sanitizers that takes as long as the learner's file.
// Idea: the check's object stays in the scratch folder beside a key of all it
//     was made of, and is made again only when that changes. What has to be
//     compiled is compiled at the same time. No shell: an argument is an
//     argument, whatever blanks are in it. The compiler runs in the files' own
//     folder, so that it, the sanitizers and the trace call them by their name.
//
//     yield.c ── cc -include kit ──► 0.o ──┐
//     check.c ── cc (if it changed) ► check.o ─ cc ─► program
//
#include "course_parts.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    WORDS = 4 * COURSE_FLAGS + 32,
    COMPILER_MEMORY_MB = 2048,
    COMPILER_SILENCE_MS = 60000,
};

// C lets these pass with a warning; what comes of them at run time teaches
// nothing about futures.
static const char *const STRICT[] = {
    "-Werror=implicit-function-declaration",
    "-Werror=incompatible-pointer-types",
    "-Werror=int-conversion",
    "-Werror=return-type",
};

// A command line that grows. Words are borrowed.
struct words {
    const char *at[WORDS];
    size_t count;
};

static void add(struct words *w, const char *word) {
    if (w->count < WORDS - 1) { // sized for all that a toolchain may hold
        w->at[w->count++] = word;
    }
}

static void add_all(struct words *w, const char *flag, char *const *list) {
    for (; *list != NULL; list++) {
        if (flag != NULL) {
            add(w, flag);
        }
        add(w, *list);
    }
}

// One source to compile.
struct unit {
    const char *source;
    char object[PATH_MAX];
    struct words words;
    struct course_process process;
};

struct build {
    const struct course_toolchain *tools;
    const struct course_job *job;
    struct unit units[COURSE_FILES + 1]; // the learner's, then the check
    size_t count;                        // of the learner's
    char program[PATH_MAX], key_file[PATH_MAX], key[COURSE_DIGEST];
    char *why;
    size_t why_bytes;
};

static void compile_words(struct build *b, struct unit *u, const char *folder,
                          bool learners) {
    struct words *w = &u->words;

    add(w, b->tools->cc);
    add_all(w, NULL, b->tools->cflags);
    add(w, "-fdiagnostics-color=never");
    add(w, "-fmessage-length=0");
    add(w, "-I");
    add(w, b->job->exercise->folder);
    add_all(w, "-I", b->tools->includes);
    if (learners) {
        add_all(w, "-include", b->tools->preincludes);
        for (size_t i = 0; i < sizeof(STRICT) / sizeof(STRICT[0]); i++) {
            add(w, STRICT[i]);
        }
    }
    add(w, "-c");
    add(w, u->source);
    add(w, "-o");
    add(w, u->object);
    u->process = (struct course_process){.argv = w->at,
                                         .folder = folder,
                                         .memory_bytes =
                                             (uint64_t)COMPILER_MEMORY_MB << 20,
                                         .silence_ms = COMPILER_SILENCE_MS};
}

static bool is_source(const char *name) {
    const size_t len = strlen(name);

    return len > 2 && strcmp(name + len - 2, ".c") == 0;
}

// ---- the check's object ----

static bool check_is_made(const struct build *b) {
    char *key;
    bool same = false;

    if (access(b->units[b->count].object, R_OK) == 0 &&
        course__slurp(b->key_file, COURSE_DIGEST, &key, NULL) == 0) {
        same = strcmp(key, b->key) == 0;
        free(key);
    }
    return same;
}

static int make_key(struct build *b) {
    const struct course_exercise *e = b->job->exercise;
    struct course_digest d = {0};

    course__digest_add(&d, b->tools->stamp, strlen(b->tools->stamp));
    course__digest_add(&d, e->folder, strlen(e->folder));
    course__digest_add(&d, e->hash, strlen(e->hash));
    course__digest_text(&d, b->key);
    return course__path(b->key_file, sizeof(b->key_file), b->job->scratch,
                        "check.key");
}

// ---- the steps ----

static int prepare(struct build *b) {
    const struct course_exercise *e = b->job->exercise;
    struct unit *check;
    char name[16];
    int err = make_key(b);

    for (unsigned i = 0; err == 0 && i < e->file_count; i++) {
        struct unit *u = &b->units[b->count];

        if (!is_source(e->files[i])) {
            continue;
        }
        snprintf(name, sizeof(name), "%u.o", i);
        u->source = e->files[i];
        err = course__path(u->object, sizeof(u->object), b->job->scratch, name);
        compile_words(b, u, b->job->files, true);
        b->count++;
    }
    check = &b->units[b->count];
    check->source = "check.c";
    if (err == 0) {
        err = course__path(check->object, sizeof(check->object),
                           b->job->scratch, "check.o");
    }
    if (err == 0) {
        err = course__path(b->program, sizeof(b->program), b->job->scratch,
                           "program");
    }
    compile_words(b, check, e->folder, false);
    return err;
}

// All that the learner's units said, one after another.
static int gather(const struct build *b, char **ret_said, size_t *ret_len) {
    size_t len = 0;
    char *said;

    for (size_t i = 0; i < b->count; i++) {
        len += b->units[i].process.said_len;
    }
    said = malloc(len + 1);
    if (said == NULL) {
        return -ENOMEM;
    }
    len = 0;
    for (size_t i = 0; i < b->count; i++) {
        const struct course_process *p = &b->units[i].process;

        memcpy(said + len, p->said, p->said_len);
        len += p->said_len;
    }
    said[len] = '\0';
    *ret_said = said;
    *ret_len = len;
    return 0;
}

// 1: the learner's files do not compile.
static int judge_units(struct build *b, struct course_result *r) {
    const struct course_process *check = &b->units[b->count].process;
    bool good = true, silent = false;
    char *said;
    size_t len;
    int err;

    for (size_t i = 0; i <= b->count; i++) {
        err = course__no_space(b->job, &b->units[i].process, b->why,
                               b->why_bytes);
        if (err < 0) {
            return err;
        }
    }
    if (check->status != 0) {
        const char *folder = b->job->exercise->folder;
        struct course_result of_check = {0};

        course__explain(&of_check, folder, check->said, check->said_len);
        (void)course__wrong(0, b->why, b->why_bytes,
                            "the exercise is broken, not your file: in %s, %s",
                            folder, of_check.said);
        course_result_deinit(&of_check);
        return -EINVAL;
    }
    for (size_t i = 0; i < b->count; i++) {
        good = good && b->units[i].process.status == 0;
        silent = silent || b->units[i].process.silent;
    }
    err = gather(b, &said, &len);
    if (err < 0) {
        return err;
    }
    if (!good) {
        course__explain(r, b->job->files, said, len);
    } else if (len > 0) {
        r->compiler = course__lines(said, len);
    }
    if (silent) {
        snprintf(r->said, sizeof(r->said),
                 "The compiler worked for a minute and came to no end.");
    }
    free(said);
    return good ? 0 : 1;
}

static int compile(struct build *b, struct course_result *r) {
    struct course_process *all[COURSE_FILES + 1];
    const bool made = check_is_made(b);
    int err;

    for (size_t i = 0; i <= b->count; i++) {
        all[i] = &b->units[i].process;
    }
    if (!made) {
        (void)unlink(b->key_file);
    }
    err = course__processes_run(all, b->count + (made ? 0 : 1), b->job->give_up,
                                b->job->give_up_arg, b->why, b->why_bytes);
    if (err == 0) {
        err = judge_units(b, r);
    }
    if (err >= 0 && !made) {
        (void)course__put(b->key_file, b->key, strlen(b->key), true);
    }
    for (size_t i = 0; i <= b->count; i++) {
        course__process_deinit(all[i]);
    }
    return err;
}

// 1: one would do more than be called.
static int look_at_objects(struct build *b, struct course_result *r) {
    int err = 0;

    for (size_t i = 0; err == 0 && i < b->count; i++) {
        err = course__look_at_object(r, b->units[i].source, b->units[i].object,
                                     b->units[b->count].object);
    }
    return err;
}

// 1: what the check calls is not there.
static int link_all(struct build *b, struct course_result *r) {
    struct words w = {.count = 0};
    struct course_process p = {.argv = w.at, .silence_ms = COMPILER_SILENCE_MS};
    struct course_process *const one[] = {&p};
    int err;

    add(&w, b->tools->cc);
    add_all(&w, NULL, b->tools->cflags);
    for (size_t i = 0; i <= b->count; i++) {
        add(&w, b->units[i].object);
    }
    add_all(&w, NULL, b->tools->libs);
    add(&w, "-o");
    add(&w, b->program);
    err = course__processes_run(one, 1, b->job->give_up, b->job->give_up_arg,
                                b->why, b->why_bytes);
    if (err == 0) {
        err = course__no_space(b->job, &p, b->why, b->why_bytes);
    }
    if (err == 0 && p.status != 0) {
        course__explain(r, b->job->files, p.said, p.said_len);
        err = 1;
    }
    course__process_deinit(&p);
    return err;
}

// 1: a file of the learner's is not there.
static int look_for_files(const struct course_job *job,
                          struct course_result *r) {
    for (unsigned i = 0; i < job->exercise->file_count; i++) {
        char path[PATH_MAX];
        struct stat st;
        const int err = course__path(path, sizeof(path), job->files,
                                     job->exercise->files[i]);

        if (err < 0) {
            return err;
        }
        if (stat(path, &st) < 0 || !S_ISREG(st.st_mode)) {
            snprintf(r->claim, sizeof(r->claim), "X1");
            snprintf(r->name, sizeof(r->name), "compiles");
            snprintf(r->said, sizeof(r->said), "There is no file %s.",
                     job->exercise->files[i]);
            snprintf(r->help, sizeof(r->help),
                     "`learn reset` brings the starter back.");
            return 1;
        }
    }
    return 0;
}

int course__build(struct course *c, const struct course_job *job,
                  struct course_result *r, char *why, size_t why_bytes) {
    struct build *b;
    int err;

    if (!c->has_toolchain) {
        return course__wrong(-ENOENT, why, why_bytes, "%s", c->no_toolchain);
    }
    err = look_for_files(job, r);
    if (err != 0) {
        return err;
    }
    b = calloc(1, sizeof(*b));
    if (b == NULL) {
        return -ENOMEM;
    }
    b->tools = &c->toolchain;
    b->job = job;
    b->why = why;
    b->why_bytes = why_bytes;
    err = prepare(b);
    if (err == 0) {
        err = compile(b, r);
    }
    if (err == 0) {
        err = look_at_objects(b, r);
    }
    if (err == 0) {
        err = link_all(b, r);
    }
    free(b);
    return err;
}
