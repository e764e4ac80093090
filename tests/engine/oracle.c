// What `print` says at every event of a trace, for whoever claims the same.
//
// usage: oracle TRACE EVERY     every EVERYth event, and the last
//        oracle --hostile SEED FILE     writes a trace of random events there
// For each: four texts, each ended by a zero byte: --json, --tree and --tasks
// at that event, and its sentence of --story.
#include "print.h"
#include "random_events.h"
#include "scene.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int refuse(const char *what, int err) {
    fprintf(stderr, "oracle: %s: %s\n", what, strerror(-err));
    return 1;
}

static int print_one(struct fb_session *s, uint64_t number) {
    struct fb_print_options o = {.at = number, .bare = true, .out = stdout};
    int err = fb_print_json(s, &o);

    if (err >= 0) {
        putchar('\0');
        err = fb_print_tree(s, &o);
    }
    if (err >= 0) {
        putchar('\0');
        err = fb_print_tasks(s, &o);
    }
    if (err >= 0) {
        putchar('\0');
        o.from = number;
        err = fb_print_story(s, &o);
    }
    putchar('\0');
    return err < 0 ? err : 0;
}

enum { HOSTILE_EVENTS = 400 };

static int write_hostile(uint64_t seed, const char *path) {
    struct scene scene;
    int err;

    scene_open(&scene, 0);
    scene_listen(&scene); // so that names are known
    for (int i = 0; i < HOSTILE_EVENTS; i++) {
        scene_put(&scene, random_event(&seed));
    }
    scene_end(&scene);
    err = rename(scene.path, path) < 0 ? -errno : 0;
    scene_close(&scene);
    return err < 0 ? refuse(path, err) : 0;
}

int main(int argc, char **argv) {
    const bool hostile = argc == 4 && strcmp(argv[1], "--hostile") == 0;
    const unsigned long every = argc == 3 ? strtoul(argv[2], NULL, 10) : 0;
    char why[FB_SESSION_WHY_BYTES];
    struct fb_history *h;
    struct fb_session *s;
    unsigned long seen = 0;
    int err;

    if (hostile) {
        return write_hostile(strtoull(argv[2], NULL, 10), argv[3]);
    }
    if (every == 0) {
        fprintf(stderr, "usage: oracle TRACE EVERY\n");
        return 2;
    }
    err = fb_session_open(&s, argv[1], false, why, sizeof(why));
    if (err < 0) {
        return refuse(why, err);
    }
    h = fb_session_history(s);
    for (uint64_t n = fb_history_first(h); err == 0 && n != 0;
         n = fb_history_next(h, n)) {
        if (seen++ % every == 0 || n == fb_history_last(h)) {
            err = print_one(s, n);
        }
    }
    fb_session_close(s);
    return err < 0 ? refuse(argv[1], err) : 0;
}
