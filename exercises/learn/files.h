// Which of the learner's files were saved.
//
// inotify says so at once where it works. It does not everywhere (network and
// shared folders of virtual machines tell nothing), so what the files look like
// is compared as well, twice a second: size, time and inode, because editors
// replace files.
#ifndef FISHBOWL_LEARN_FILES_H
#define FISHBOWL_LEARN_FILES_H

#include "learn.h"
#include <stdint.h>

struct files_look; // of one file

struct files {
    const struct learn *l;
    int notify_fd; // -1: polling alone; readable when something was saved
    struct files_look *looks;
    size_t count;
    uint64_t looked_ns; // when they were last compared
};

// FISHBOWL_LEARN_POLL in the environment leaves inotify out.
// Errors: -ENOMEM.
__attribute__((warn_unused_result)) int files_open(struct files *f,
                                                   const struct learn *l);
void files_close(struct files *f);
// The exercise of which a file was saved since the last call, or NULL; of
// several the one with `first`, if it is among them.
const struct course_exercise *files_saved(struct files *f, uint64_t now_ns,
                                          const struct course_exercise *first);

#endif
