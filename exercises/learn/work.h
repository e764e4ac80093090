// One exercise in the learner's folder: its files, its judging, its record.
#ifndef FISHBOWL_LEARN_WORK_H
#define FISHBOWL_LEARN_WORK_H

#include "learn.h"

// The learner's folder of it, its (first) file there, and where it is built.
bool work_folder(const struct learn *l, const struct course_exercise *e,
                 char out[PLACE_BYTES]);
bool work_file(const struct learn *l, const struct course_exercise *e,
               unsigned index, char out[PLACE_BYTES]);
bool work_scratch(const struct learn *l, const struct course_exercise *e,
                  char out[PLACE_BYTES]);
// Whether all files are there, and whether they are still as handed out.
bool work_is_there(const struct learn *l, const struct course_exercise *e);
bool work_untouched(const struct learn *l, const struct course_exercise *e);
// Brings what is missing of README.md and the learner's files.
int work_give(const struct learn *l, const struct course_exercise *e, char *why,
              size_t n);
// A file keeps its old content beside itself, as NAME.before-WHAT-N; *ret_kept
// is that path.
int work_keep(const char *file, const char *what, char ret_kept[PLACE_BYTES]);

// The folder's lock: one learn at a time changes files or progress there. Gives
// its descriptor, for work_unlock, or -errno with a sentence in `why`.
int work_lock(const struct learn *l, char *why, size_t n);
void work_unlock(int lock); // legal on an error's number

// What becomes of an exercise is written into the state under the lock, so that
// two learns at once lose nothing of each other.
struct work_note {
    const struct course_result *result; // of a run
    bool untouched;                     // it was of the starter: no attempt
    bool partly;                        // in one order only: no pass
    unsigned hint;                      // this level was shown
    bool reset, gave_up;
};
int work_record(const struct learn *l, const struct course_exercise *e,
                const struct work_note *note, char *why, size_t n);
// The same for who holds the lock.
int work_record_locked(const struct learn *l, const struct course_exercise *e,
                       const struct work_note *note, char *why, size_t n);

// The trace that viz shows: of the last run. False: there is none.
bool work_trace(const struct learn *l, const struct course_exercise *e,
                char out[PLACE_BYTES]);

struct work_run {
    const char *order; // as course_job
    void (*progress)(void *arg, const char *word);
    void *progress_arg;
    bool (*give_up)(void *arg);
    void *give_up_arg;
};
// Builds, plays and judges; changes nothing else. Errors as course_judge.
int work_judge(const struct learn *l, const struct course_exercise *e,
               const struct work_run *run, struct course_result *ret_result,
               char *why, size_t n);

#endif
