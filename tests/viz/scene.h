// Traces with known events, for the tests of the viewers.
//
// The scene is the course's question: an acceptor, and clients that connect and
// then say nothing. It is written event by event as core/trace/README.md says
// a runtime does, in virtual time, so that every page of it can be compared
// byte for byte.
#ifndef FISHBOWL_TESTS_SCENE_H
#define FISHBOWL_TESTS_SCENE_H

#include "fishbowl/trace/writer.h"

enum { SCENE_WORKERS = 4 };

struct scene {
    char dir[64]; // a fresh directory, made and removed by the scene
    char path[128];
    struct fb_trace_writer w;                         // of worker 0
    struct fb_trace_writer others[SCENE_WORKERS - 1]; // of the other workers
    uint32_t worker;                  // who does what is written next
    uint32_t tasks, futures, sources; // ids given so far
};

// A trace of `ring_events` (0: default) with nothing in it; its program is
// called "greeter".
void scene_open(struct scene *s, uint64_t ring_events);
// The same, of a program with several workers, at most SCENE_WORKERS.
void scene_open_workers(struct scene *s, uint64_t ring_events,
                        uint32_t workers);
// Closes the trace in good order and removes the directory.
void scene_close(struct scene *s);
// Closes the trace; the file stays until scene_close.
void scene_end(struct scene *s);

// Writes one event, of worker `worker`; its time is the scene's.
void scene_put(struct scene *s, struct fb_event e);

// Task 1, the acceptor, is spawned and waits for connections: fd 5.
void scene_listen(struct scene *s);
// A client connects on `fd`, is greeted with a question, and says nothing.
// Returns its task.
uint32_t scene_connect(struct scene *s, int fd, const char *label);
// The client's task reads `bytes`, answers, and completes.
void scene_talk(struct scene *s, uint32_t task, int fd, int bytes);
// The client has sent something: its task is woken. It is polled, and has read
// it. Two parts of what scene_talk does.
void scene_wake(struct scene *s, uint32_t task, int fd);
void scene_read(struct scene *s, uint32_t task, int fd, int bytes);
// A task that waits in a run queue is taken by `s->worker`.
void scene_steal(struct scene *s, uint32_t task);
// A census of a world in which only the acceptor and one client live.
void scene_census(struct scene *s, uint32_t task, int fd, const char *label);
// `count` parks and unparks, which change nothing: to fill a ring.
void scene_idle(struct scene *s, unsigned count);

#endif
