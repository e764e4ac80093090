// The verb stage: an exercise in one of its forms, run once to be watched.
//
// For teachers and for plays of `fishbowl demo`; no learner's folder is needed.
// This process becomes the exercise's program, so that who has started us has
// started that.
#include "learn.h"

#include "fishbowl/trace/text.h"
#include "xdg.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { WORDS = 20, GENEROUS = 10 }; // so many times a judged run's processor

static void show_progress(void *arg, const char *word) {
    const struct course_exercise *e = arg;

    printf("%02u %s: %s (once; it is kept)\n", e->number, e->title, word);
    (void)fflush(stdout);
}

static int become(const struct learn *l, const struct course_exercise *e,
                  const struct course_staged *built) {
    const struct learn_options *o = &l->options;
    char cpu[16], memory[16];
    const char *argv[WORDS] = {built->program, "--stage",  e->id, "--files",
                               built->files,   "--cpu-ms", cpu,   "--memory-mb",
                               memory};
    size_t n = 9;

    snprintf(cpu, sizeof(cpu), "%u", e->cpu_ms * GENEROUS);
    snprintf(memory, sizeof(memory), "%u", e->memory_mb);
    if (o->order != NULL) {
        argv[n++] = "--order";
        argv[n++] = o->order;
    }
    if (o->ring != NULL) {
        argv[n++] = "--trace";
        argv[n++] = o->ring;
    }
    if (o->port_file != NULL) {
        argv[n++] = "--port-file";
        argv[n++] = o->port_file;
    }
    if (o->stopped) {
        argv[n++] = "--stopped";
    }
    argv[n] = NULL;
    // A hostile build polls for no reason: that is not what is to be seen.
    (void)setenv("FB_HOSTILE_SEED", "0", 1);
    execv(built->program, (char *const *)(uintptr_t)argv);
    return learn_fail(l, "stage: %s: %s", built->program, strerror(errno));
}

int learn_verb_stage(struct learn *l) {
    const char *variant = l->options.words[2];
    const struct course_exercise *e;
    struct course_staged built;
    char folder[FB_XDG_BYTES], why[COURSE_WHY];
    mode_t mask;
    int err;

    if (l->options.words[1] == NULL) {
        learn_fail(l, "stage: which exercise? (`%s stage 10`)", l->me);
        return 2;
    }
    e = learn_exercise(l);
    if (e == NULL) {
        return 2;
    }
    if (fb_xdg_cache(folder, "stage") < 0) {
        return learn_fail(l, "stage: there is no folder for what is built (set "
                             "HOME or XDG_CACHE_HOME to an absolute path)");
    }
    mask = umask(S_IWGRP | S_IWOTH); // what is run is nobody else's to write
    (void)umask(mask | S_IWGRP | S_IWOTH);
    err = course_stage(l->course, e, variant != NULL ? variant : "", folder,
                       show_progress, (void *)(uintptr_t)e, &built, why,
                       sizeof(why));
    (void)umask(mask);
    if (err < 0) {
        return learn_fail(l, "stage: %s", why);
    }
    return become(l, e, &built);
}
