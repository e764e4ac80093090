// Two ways to hear of a save: inotify on each exercise's folder, and a look at
// the files twice a second, which decides (files.h says why). The first only
// makes the look come at once.
#include "files.h"

#include "work.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILES_POLL_NS 500000000ull

struct files_look {
    const struct course_exercise *exercise;
    unsigned index; // which of its files
    struct stat st; // st_nlink 0: it is not there
};

static void look(const struct files *f, const struct files_look *file,
                 struct stat *ret) {
    char path[PLACE_BYTES];

    if (!work_file(f->l, file->exercise, file->index, path) ||
        stat(path, ret) < 0) {
        *ret = (struct stat){0};
    }
}

static bool is_same(const struct stat *a, const struct stat *b) {
    return a->st_ino == b->st_ino && a->st_size == b->st_size &&
           a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
           a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
           (a->st_nlink == 0) == (b->st_nlink == 0);
}

static void watch_folder(struct files *f, const struct course_exercise *e) {
    char path[PLACE_BYTES];

    // failing leaves the comparing
    if (f->notify_fd >= 0 && work_folder(f->l, e, path)) {
        (void)inotify_add_watch(f->notify_fd, path,
                                IN_CLOSE_WRITE | IN_MOVED_TO | IN_ATTRIB);
    }
}

int files_open(struct files *f, const struct learn *l) {
    const size_t exercises = course_count(l->course);

    *f = (struct files){.l = l, .notify_fd = -1};
    f->looks = calloc(exercises * COURSE_FILES + 1, sizeof(*f->looks));
    if (f->looks == NULL) {
        return -ENOMEM;
    }
    if (getenv("FISHBOWL_LEARN_POLL") == NULL) {
        f->notify_fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
    }
    for (size_t i = 0; i < exercises; i++) {
        const struct course_exercise *e = course_at(l->course, i);

        for (unsigned k = 0; k < e->file_count; k++) {
            struct files_look *file = &f->looks[f->count++];

            *file = (struct files_look){.exercise = e, .index = k};
            look(f, file, &file->st);
        }
        watch_folder(f, e);
    }
    return 0;
}

void files_close(struct files *f) {
    if (f->notify_fd >= 0) {
        (void)close(f->notify_fd);
    }
    free(f->looks);
    *f = (struct files){.notify_fd = -1};
}

static bool was_told(const struct files *f) {
    char events[4096];
    bool told = false;

    while (f->notify_fd >= 0 &&
           read(f->notify_fd, events, sizeof(events)) > 0) {
        told = true;
    }
    return told;
}

// Every file is looked at, so that each save is told once.
const struct course_exercise *files_saved(struct files *f, uint64_t now_ns,
                                          const struct course_exercise *first) {
    const struct course_exercise *saved = NULL;

    if (!was_told(f) && now_ns - f->looked_ns < FILES_POLL_NS) {
        return NULL;
    }
    f->looked_ns = now_ns;
    for (size_t i = 0; i < f->count; i++) {
        struct files_look *file = &f->looks[i];
        struct stat now;

        look(f, file, &now);
        // a file that is away for a moment is being replaced
        if (now.st_nlink != 0 && !is_same(&now, &file->st)) {
            file->st = now;
            saved = saved == NULL || file->exercise == first ? file->exercise
                                                             : saved;
        }
    }
    return saved;
}
