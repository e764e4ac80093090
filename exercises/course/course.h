// The course: which exercises there are, and how one is built and played.
//
// What the runner and the gate share. It reads an exercise's `info`, applies
// patches, compiles the learner's files with the exercise's check and the kit
// into a scratch folder, runs the result under limits, and reads the verdict
// that the kit has written. It prints nothing, knows no state and asks nobody.
//
//     struct course *course;
//     course_open(NULL, &course, why, sizeof(why));
//     const struct course_exercise *e = course_find(course, "06", &near);
//     struct course_job job = {.exercise = e, .files = "/home/ada/06_yield_once",
//                              .scratch = "/home/ada/.fishbowl/06"};
//     course_judge(course, &job, &result);
//
// Errors are -errno with one sentence in `why`: what, why, what to do.
// All text that comes from files or the learner's program is sanitised.
#ifndef FISHBOWL_COURSE_H
#define FISHBOWL_COURSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    COURSE_FILES = 4,
    COURSE_TEXT = 160,
    COURSE_WHY = 400,
    COURSE_SAID = 512,
    COURSE_EVENTS = 6,
    COURSE_PLACES = 4,
    COURSE_LAST = 20, // sentences of the last events of a run that was ended
    COURSE_ADVICE = 6,
};

enum course_kind {
    COURSE_STEP,
    COURSE_PREDICT,
    COURSE_PARSONS,
    COURSE_CODE,
    COURSE_FADED,
    COURSE_HUNT,
    COURSE_DRILL,
    COURSE_KINDS
};
const char *course_kind_name(enum course_kind kind); // "step"

// One exercise, as its `info` says.
struct course_exercise {
    char id[64];      // "06_yield_once": its folder, its key in every file
    unsigned number;  // 6
    const char *name; // "yield_once", within id
    char folder[512]; // where the course keeps it
    char title[COURSE_TEXT], concept[COURSE_TEXT], misconception[COURSE_TEXT];
    enum course_kind kind;
    unsigned minutes;
    char files[COURSE_FILES][64]; // the learner's
    unsigned file_count;
    unsigned seeds;
    unsigned cpu_ms, wall_ms, memory_mb;
    char untouched[8]; // "T14"
    // Of the starter, the check and the headers: another hash means that the
    // exercise itself has changed since.
    char hash[20];
};

struct course; // opaque

// `folder`: NULL looks beside the program (share/fishbowl/exercises of an
// installation, or the source tree that the build knows). A folder that has an
// `info` itself is a course of one exercise.
int course_open(const char *folder, struct course **ret_course, char *why,
                size_t why_bytes);
void course_close(struct course *c); // NULL is legal
// Compiles by another toolchain file than the one beside the program.
int course_use_toolchain(struct course *c, const char *file, char *why,
                         size_t why_bytes);
size_t course_count(const struct course *c);
const struct course_exercise *course_at(const struct course *c, size_t index);
// By number ("6", "06"), name, id or an unambiguous beginning. NULL: none;
// *ret_near (may be NULL) is the one that was probably meant, or NULL.
const struct course_exercise *
course_find(const struct course *c, const char *what,
            const struct course_exercise **ret_near);

// Copies the starter's files to `folder`, which is made; files that are there
// stay (`over` replaces them). Returns how many were written.
int course_give(const struct course_exercise *e, const char *folder, bool over,
                char *why, size_t why_bytes);
// The learner's files in `folder` become what `patch` (a file, relative to the
// exercise's folder) makes of them.
int course_patch(const struct course_exercise *e, const char *folder,
                 const char *patch, char *why, size_t why_bytes);
// Section 1 to 3 of hints.md as text; the caller frees it. -ENOENT: none.
int course_hint(const struct course_exercise *e, unsigned level,
                char **ret_text);

// What a learner may want to look up: header `index` of those that the first of
// the learner's files includes from the exercise's folder, as an absolute path;
// after them fishbowl.h, which says where what is. False: no more.
bool course_header(const struct course *c, const struct course_exercise *e,
                   size_t index, char *out, size_t out_bytes);

// A wrong solution that the course keeps: mutants/NAME.patch.
struct course_mutant {
    char name[64];             // "close_missing"
    char patch[80];            // "mutants/close_missing.patch"
    char fails[8];             // the claim that catches it: "T8"
    char mistake[COURSE_TEXT]; // what it does wrong, in a sentence or two
};
// All of them by name; the caller frees the list. Gives how many there are.
// Errors: -EINVAL (one does not say what it is), of reading, -ENOMEM.
int course_mutants(const struct course_exercise *e,
                   struct course_mutant **ret_list, char *why,
                   size_t why_bytes);

struct course_job {
    const struct course_exercise *exercise;
    const char *files; // folder of the learner's files
    // Folder for what is built; made, kept for the next run. Two jobs in one
    // take turns.
    const char *scratch;
    // So many seeds after FIFO and LIFO; 0: as many as info says.
    unsigned seeds;
    // Only this order: "fifo", "lifo", "seed:17"; NULL: all. With a world:
    // "seed:17/2".
    const char *order;
    // Leaves this claim out, such as "T8": to see what only it catches. NULL:
    // none.
    const char *without;
    // A word while it works ("compiling", "seed 12 of 50"); may be NULL.
    void (*progress)(void *arg, const char *word);
    void *progress_arg;
    // Asked every 50 ms: true ends the run, its whole group, at once. May be
    // NULL.
    bool (*give_up)(void *arg);
    void *give_up_arg;
};

struct course_result {
    bool passed;
    char claim[8];                   // "" if passed, else "T1" … "X3"
    char name[40];                   // "pending_has_source"
    char said[COURSE_SAID];          // what happened
    char misconception[COURSE_SAID]; // what those believe who do this
    char truth[COURSE_SAID];         // why it is not so
    char help[COURSE_SAID];          // for X: what to do now
    uint64_t at;                     // event of the failing moment; 0: none
    struct {
        uint64_t event;
        char role[80];
        char sentence[240]; // the story's
    } events[COURSE_EVENTS];
    int event_count;
    struct {
        char file[120];
        unsigned line;
        char text[120]; // the line itself
    } places[COURSE_PLACES];
    int place_count;
    char order[32];  // "fifo", "seed:17", "lifo/2": replays it
    unsigned runs;   // made in all
    char trace[512]; // of the failing run, or of the FIFO run if it passed
    char last[COURSE_LAST][240]; // the last events of a run that was ended
    int last_count;
    char advice[COURSE_ADVICE][240]; // on the form of the code; decides nothing
    int advice_count;
    // What it said, errors first; NULL: nothing. Freed by course_result_deinit.
    char *compiler;
    unsigned build_ms, run_ms;
};

// Builds and plays. A learner's mistake of any kind is a result, not an error.
// Errors: -ECANCELED give_up, and of what stands in the way (no compiler, a
// folder that cannot be written), with `why`.
int course_judge(struct course *c, const struct course_job *job,
                 struct course_result *ret_result, char *why, size_t why_bytes);
// A variant of an exercise, built to be watched.
struct course_staged {
    char program[4096];
    char files[4096]; // the folder of the files that it was built from
};
// Builds it, unless it was built before of the same texts: `variant` is "" (as it
// was handed out), "solution", "alternatives/NAME" or "mutants/NAME". `folder`
// is where it is kept; it is made. `progress` hears a word while something is
// compiled; may be NULL.
// Errors: -ENOENT no such patch, or no toolchain; -EINVAL no such variant, or it
// does not compile; of what stands in the way; with `why`.
int course_stage(struct course *c, const struct course_exercise *e,
                 const char *variant, const char *folder,
                 void (*progress)(void *arg, const char *word),
                 void *progress_arg, struct course_staged *ret_staged,
                 char *why, size_t why_bytes);

void course_result_deinit(struct course_result *r); // legal on a zeroed one

#endif
