// What the sources of the course share.
#ifndef FISHBOWL_COURSE_PARTS_H
#define FISHBOWL_COURSE_PARTS_H

#include "course.h"
#include <limits.h>

enum {
    COURSE_FLAGS = 64, // words of one kind in the toolchain file
    COURSE_DIGEST = 17,
};

// What the build wrote down: how an exercise is compiled (toolchain.c).
struct course_toolchain {
    char file[PATH_MAX];
    char *cc;
    char *cflags[COURSE_FLAGS];      // of all that is compiled
    char *preincludes[COURSE_FLAGS]; // paths, for the learner's files only
    char *includes[COURSE_FLAGS];    // paths
    char *libs[COURSE_FLAGS];        // paths and -l words, in order
    char stamp[COURSE_DIGEST];       // of the file and of the libraries
};

struct course {
    struct course_exercise *exercises; // rising by number
    size_t count;
    struct course_toolchain toolchain;
    bool has_toolchain;
    char no_toolchain[COURSE_WHY]; // why not
};

// ---- texts.c ----

// Fills `why` with one sanitised line and gives `err`.
__attribute__((format(printf, 4, 5))) int
course__wrong(int err, char *why, size_t why_bytes, const char *format, ...);
// One line of foreign text, sanitised.
void course__copy(char *out, size_t out_bytes, const char *text);
// Several lines, each sanitised; allocated. NULL: no memory.
char *course__lines(const char *text, size_t len);
// A regular file of at most `most` bytes, with a NUL after it; the caller frees.
// Errors: -EFBIG, -EINVAL (no regular file), of open and read, -ENOMEM.
int course__slurp(const char *path, size_t most, char **ret_text,
                  size_t *ret_len);
// Writes the file, or leaves it as it was. `over`: -EEXIST otherwise.
int course__put(const char *path, const char *text, size_t len, bool over);
// Joins with a slash. Errors: -ENAMETOOLONG.
int course__path(char *out, size_t out_bytes, const char *folder,
                 const char *name);
// mkdir -p.
int course__make_folder(const char *folder);
// A digest (FNV-1a, for changes, not against enemies) of all that was added.
struct course_digest {
    uint64_t value;
};
void course__digest_add(struct course_digest *d, const void *bytes, size_t len);
void course__digest_text(const struct course_digest *d, char *out);

// ---- info.c ----

// Errors: -EINVAL and of reading, with `why`.
int course__read_info(const char *folder, struct course_exercise *ret_exercise,
                      char *why, size_t why_bytes);

// ---- toolchain.c ----

int course__toolchain_read(const char *path, struct course_toolchain *ret,
                           char *why, size_t why_bytes);
void course__toolchain_deinit(struct course_toolchain *t);

// ---- process.c ----

// A program that runs for us, its whole group ours to end.
struct course_process {
    const char *const *argv; // borrowed; NULL-ended
    const char *folder;      // it runs in; NULL: ours
    uint64_t memory_bytes;   // of address space; 0: no limit
    // The longest silence; it is ended then. 0: no limit.
    unsigned silence_ms;
    // Called with each line that it says; may be NULL.
    void (*line)(void *arg, const char *line);
    void *arg;

    // Afterwards.
    int status;      // exit status, or 128 + signal
    bool silent;     // it was ended for its silence
    bool full;       // it was ended, for it said more than is kept
    char *said;      // at most 64 KiB; freed by
    size_t said_len; //     course__process_deinit

    int pid, pid_fd, out_fd; // while it runs
    size_t line_from;
    int64_t heard_ms;
};

// Runs all at the same time, until all are over.
// Errors: -ECANCELED (all were ended), of starting (with `why`).
int course__processes_run(struct course_process *const *all, size_t count,
                          bool (*give_up)(void *arg), void *give_up_arg,
                          char *why, size_t why_bytes);
// A program that failed for want of room on the disk: that is nobody's mistake.
// Errors: -ENOSPC, with `why`; 0: it was not that.
int course__no_space(const struct course_job *job,
                     const struct course_process *p, char *why,
                     size_t why_bytes);
void course__process_deinit(struct course_process *p);
int64_t course__now_ms(void);

// ---- build.c, compiler.c ----

// Makes scratch/program. 1: the learner's files do not compile, and `r` says
// how. Errors: as course_judge.
int course__build(struct course *c, const struct course_job *job,
                  struct course_result *r, char *why, size_t why_bytes);
// Reads what a compiler or linker said into an X1. `folder`: the files' own.
void course__explain(struct course_result *r, const char *folder,
                     const char *said, size_t len);

// ---- judge.c ----

// Makes the job's scratch folder and waits for its turn there. The lock is that
// of *ret_fd: close it. Errors: -ECANCELED, and of the folder, with `why`.
int course__lock(const struct course_job *job, int *ret_fd, char *why,
                 size_t why_bytes);

// ---- object.c ----

// 1: what the learner's `source` became has code that would run outside of a
// run, and `r` says so. Errors: of reading, -ENOMEM.
int course__look_at_object(struct course_result *r, const char *source,
                           const char *object, const char *check_object);

// ---- verdict.c ----

// Errors: -ENOENT, -EPROTO.
int course__read_verdict(const char *path, struct course_result *r, char *why,
                         size_t why_bytes);

#endif
