// Problem: a learner's folder may lack files, hold old ones, be written by two
//     learns at once, or belong to an exercise that has changed since.
// Idea: everything about one exercise in the folder goes through here. Records
//     are read, changed and replaced under one lock.
// Concurrency: work_judge may run in a thread beside the screen; it reads only
//     what does not change. All else belongs to the main thread.
#include "work.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

bool work_folder(const struct learn *l, const struct course_exercise *e,
                 char out[PLACE_BYTES]) {
    return place_path(&l->place, out, "%s", e->id);
}

bool work_file(const struct learn *l, const struct course_exercise *e,
               unsigned index, char out[PLACE_BYTES]) {
    return index < e->file_count &&
           place_path(&l->place, out, "%s/%s", e->id, e->files[index]);
}

bool work_scratch(const struct learn *l, const struct course_exercise *e,
                  char out[PLACE_BYTES]) {
    return place_path(&l->place, out, ".fishbowl-learn/%s", e->id);
}

bool work_is_there(const struct learn *l, const struct course_exercise *e) {
    char path[PLACE_BYTES];

    for (unsigned i = 0; i < e->file_count; i++) {
        if (!work_file(l, e, i, path) || access(path, R_OK) != 0) {
            return false;
        }
    }
    return true;
}

static bool starter_path(const struct course_exercise *e, const char *file,
                         char out[PLACE_BYTES]) {
    return snprintf(out, PLACE_BYTES, "%s/%s", e->folder, file) < PLACE_BYTES;
}

bool work_untouched(const struct learn *l, const struct course_exercise *e) {
    char mine[PLACE_BYTES], starter[PLACE_BYTES];

    for (unsigned i = 0; i < e->file_count; i++) {
        if (!work_file(l, e, i, mine) ||
            !starter_path(e, e->files[i], starter) ||
            !place_same_file(mine, starter)) {
            return false;
        }
    }
    return true;
}

int work_give(const struct learn *l, const struct course_exercise *e, char *why,
              size_t n) {
    char folder[PLACE_BYTES], from[PLACE_BYTES], to[PLACE_BYTES];
    int err;

    if (!work_folder(l, e, folder)) {
        snprintf(why, n, "%s: the path is too long", e->id);
        return -ENAMETOOLONG;
    }
    err = course_give(e, folder, false, why, n);
    if (err < 0) {
        return err;
    }
    if (starter_path(e, "README.md", from) && access(from, R_OK) == 0 &&
        place_path(&l->place, to, "%s/README.md", e->id) &&
        !place_same_file(from, to)) {
        err = place_copy(from, to);
    }
    if (err < 0) {
        snprintf(why, n, "%s/README.md: %s", e->id, strerror(-err));
    }
    return err < 0 ? err : 0;
}

int work_keep(const char *file, const char *what, char ret_kept[PLACE_BYTES]) {
    for (int i = 1; i < 1000; i++) {
        if (snprintf(ret_kept, PLACE_BYTES, "%s.before-%s-%d", file, what, i) >=
            PLACE_BYTES) {
            return -ENAMETOOLONG;
        }
        if (access(ret_kept, F_OK) != 0) {
            return errno == ENOENT ? place_copy(file, ret_kept) : -errno;
        }
    }
    return -EEXIST;
}

// ---- records ----

static void note_result(struct state_entry *e, const struct work_note *note) {
    const struct course_result *r = note->result;

    snprintf(e->last, sizeof(e->last), "%s", r->claim);
    snprintf(e->order, sizeof(e->order), "%s", r->passed ? "" : r->order);
    e->at = r->at;
    if (r->passed && !note->partly) {
        e->mark = STATE_PASSED;
    } else if (!r->passed && !note->untouched) {
        e->mark = e->mark == STATE_PASSED ? STATE_PASSED : STATE_FAILED;
        state_count_claim(e, r->claim);
    }
    e->attempts += note->untouched && !r->passed ? 0 : 1;
}

static void apply(struct state_entry *s, const struct course_exercise *e,
                  const struct work_note *note) {
    state_touch(s, (uint64_t)time(NULL));
    // a pass is of the exercise as it is now; before it, what it was first met
    if (s->hash[0] == '\0' ||
        (note->result != NULL && note->result->passed && !note->partly)) {
        snprintf(s->hash, sizeof(s->hash), "%s", e->hash);
    }
    if (note->result != NULL) {
        note_result(s, note);
    }
    if (note->hint > s->hints) {
        s->hints = note->hint;
    }
    s->resets += note->reset ? 1 : 0;
    s->given_up = s->given_up || (note->gave_up && s->mark != STATE_PASSED);
}

int work_lock(const struct learn *l, char *why, size_t n) {
    char path[PLACE_BYTES];
    int lock, err;

    if (!place_path(&l->place, path, ".fishbowl-learn/lock")) {
        snprintf(why, n, "the folder's path is too long");
        return -ENAMETOOLONG;
    }
    lock = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0666);
    if (lock >= 0 && flock(lock, LOCK_EX) == 0) {
        return lock;
    }
    err = -errno;
    snprintf(why, n, "%s: %s", path, strerror(-err));
    work_unlock(lock);
    return err;
}

void work_unlock(int lock) {
    if (lock >= 0) {
        (void)close(lock);
    }
}

int work_record_locked(const struct learn *l, const struct course_exercise *e,
                       const struct work_note *note, char *why, size_t n) {
    char path[PLACE_BYTES];
    struct state s = {0};
    struct state_entry *entry;
    int err;

    if (!place_path(&l->place, path, "progress.txt")) {
        snprintf(why, n, "the folder's path is too long");
        return -ENAMETOOLONG;
    }
    err = state_load(path, &s, why, n);
    if (err) {
        goto out;
    }
    entry = state_get(&s, e->id);
    if (entry == NULL) {
        err = -ENOMEM;
        snprintf(why, n, "out of memory");
        goto out;
    }
    apply(entry, e, note);
    err = state_save(path, &s, why, n);
out:
    state_deinit(&s);
    return err;
}

int work_record(const struct learn *l, const struct course_exercise *e,
                const struct work_note *note, char *why, size_t n) {
    const int lock = work_lock(l, why, n);
    const int err = lock < 0 ? lock : work_record_locked(l, e, note, why, n);

    work_unlock(lock);
    return err;
}

// ---- judging ----

// Where a run's trace lies is the course's to say; the last one said is kept in
// a file beside it, so that viz finds it later.
static void remember_trace(const struct learn *l,
                           const struct course_exercise *e, const char *trace) {
    char path[PLACE_BYTES];
    FILE *out;

    if (!place_path(&l->place, path, ".fishbowl-learn/%s/last-trace", e->id)) {
        return;
    }
    (void)unlink(path);
    out = trace[0] != '\0' ? fopen(path, "we") : NULL;
    if (out != NULL) {
        (void)fputs(trace, out);
        (void)fclose(out);
    }
}

bool work_trace(const struct learn *l, const struct course_exercise *e,
                char out[PLACE_BYTES]) {
    char path[PLACE_BYTES], *text;
    size_t len;
    bool found;

    if (!place_path(&l->place, path, ".fishbowl-learn/%s/last-trace", e->id) ||
        place_read(path, PLACE_BYTES - 1, &text, &len) < 0) {
        return false;
    }
    found = len < PLACE_BYTES && text[0] == '/' && access(text, R_OK) == 0;
    if (found) {
        strcpy(out, text);
    }
    free(text);
    return found;
}

int work_judge(const struct learn *l, const struct course_exercise *e,
               const struct work_run *run, struct course_result *ret_result,
               char *why, size_t n) {
    char folder[PLACE_BYTES], scratch[PLACE_BYTES];
    struct course_job job = {.exercise = e,
                             .files = folder,
                             .scratch = scratch,
                             .order = run->order,
                             .progress = run->progress,
                             .progress_arg = run->progress_arg,
                             .give_up = run->give_up,
                             .give_up_arg = run->give_up_arg};
    int err;

    if (!work_folder(l, e, folder) || !work_scratch(l, e, scratch)) {
        snprintf(why, n, "the folder's path is too long");
        return -ENAMETOOLONG;
    }
    if (!work_is_there(l, e)) {
        snprintf(why, n, "%s: a file of it is not there (`%s init` brings it)",
                 e->id, l->me);
        return -ENOENT;
    }
    err = course_judge(l->course, &job, ret_result, why, n);
    if (err == 0) {
        remember_trace(l, e, ret_result->trace);
    }
    return err;
}
