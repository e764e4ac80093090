// Traces with known events, for the tests of the viewers.
//
// The scene is the course's question: an acceptor, and clients that connect and
// then say nothing. It is written event by event as core/trace/README.md says
// a runtime does, in virtual time, so that every page of it can be compared
// byte for byte.
#ifndef FISHBOWL_TESTS_SCENE_H
#define FISHBOWL_TESTS_SCENE_H

#include "fishbowl/trace/writer.h"

struct scene {
    char dir[64]; // a fresh directory, made and removed by the scene
    char path[128];
    struct fb_trace_writer w;
    uint32_t tasks, futures, sources; // ids given so far
};

// A trace of `ring_events` (0: default) with nothing in it; its program is
// called "greeter".
void scene_open(struct scene *s, uint64_t ring_events);
// Closes the trace in good order and removes the directory.
void scene_close(struct scene *s);
// Closes the trace; the file stays until scene_close.
void scene_end(struct scene *s);

// Writes one event; its time is the scene's.
void scene_put(struct scene *s, struct fb_event e);

// Task 1, the acceptor, is spawned and waits for connections: fd 5.
void scene_listen(struct scene *s);
// A client connects on `fd`, is greeted with a question, and says nothing.
// Returns its task.
uint32_t scene_connect(struct scene *s, int fd, const char *label);
// The client's task reads `bytes`, answers, and completes.
void scene_talk(struct scene *s, uint32_t task, int fd, int bytes);
// A census of a world in which only the acceptor and one client live.
void scene_census(struct scene *s, uint32_t task, int fd, const char *label);
// `count` parks and unparks, which change nothing: to fill a ring.
void scene_idle(struct scene *s, unsigned count);

#endif
