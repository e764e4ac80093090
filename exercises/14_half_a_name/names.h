// What names.c and its check agree on.
#ifndef NAMES_H
#define NAMES_H

#include "exercise.h"

enum { NAME_BYTES = 64 };

// The list that the names are written on.
struct roll;
// A whole name has come. Copies it.
void roll_add(struct roll *roll, const char *name, size_t len);
// The clock has ticked: the list is shown to the people in the room.
void roll_show(struct roll *roll);

// Spawns the task that reads names from `stream` until its end, a line each,
// and shows the list at every tick. All three outlive the task.
int names_spawn(struct fb_runtime *rt, struct fb_tcp_stream *stream,
                struct fb_interval *ticks, struct roll *roll);

#endif
