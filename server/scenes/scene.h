// Scenes: small programs, each of which shows one thing about waiting.
//
// One file each, to be read beside the picture of it. scene_main.c is what
// they share: trace, runtime, clock, signals. A scene is its root future.
#ifndef SCENE_H
#define SCENE_H

#include "fishbowl/fishbowl.h"

struct scene {
    const char *name;  // "join"
    const char *about; // one line
    bool serves;       // it has clients, and so needs a listener
    // The root future, not yet polled: static memory of the scene. The listener
    // is NULL unless it serves.
    struct fb_future *(*root)(struct fb_tcp_listener *listener);
};

extern const struct scene scene_join, scene_race, scene_abort, scene_stall,
    scene_channel, scene_slow, scene_wakers;

#endif
