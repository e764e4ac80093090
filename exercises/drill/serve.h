// The small greeter of the drills: what a learner's file and its check share.
//
// The conversation is the shipped one (server/greeter.h: the texts, the labels,
// the reply). The accept loop is the plain one that a first server has; what a
// hardened one looks like stands in server/accept.c.
#ifndef SERVE_H
#define SERVE_H

#include "greeter.h"

// Spawns the accept loop as a detached task: it takes `guests` clients from the
// listener, greets each in a task of its own, and is Ready when the last one
// has gone. A client's trouble is the client's: the others are greeted.
// The caller keeps the listener open meanwhile. Gives 0 or -ENOMEM.
// Defined by the learner's file.
int serve_spawn(struct fb_runtime *rt, struct fb_tcp_listener *listener,
                uint32_t guests);

#endif
