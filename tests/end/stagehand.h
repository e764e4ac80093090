// What the end-to-end tests do again and again.
#ifndef FISHBOWL_TEST_STAGEHAND_H
#define FISHBOWL_TEST_STAGEHAND_H

#include "pty.h"
#include <stdbool.h>
#include <stdint.h>

// Runs `fishbowl VERB ARG` (ARG may be NULL) on a pseudo terminal of this size.
struct fb_pty *on_terminal(const char *verb, const char *arg, int cols,
                           int rows);
// Writes a script into the private directory; its path, static memory.
const char *script(const char *name, const char *text);

// Makes this process the reaper of orphans; call before starting programs.
void reap_orphans(void);
// The first child of a process, 0 if there is none.
pid_t child_of(pid_t pid);
// Waits until an orphan has ended. Bounded.
bool orphan_ends(pid_t pid);
// Whether this process has no children left, orphans included.
bool nobody_left(void);

// The terminal is as it was before the program ran.
void assert_restored(struct fb_pty *t);
// The program ends and gives this exit status.
void assert_exits(struct fb_pty *t, int status);

// Connects to 127.0.0.1:port; the descriptor.
int dial(uint16_t port);
// Reads until `want` has come, exactly. False: something else, or not in time.
bool hears(int fd, const char *want, int limit_ms);
uint64_t clock_now_ms(void);

#endif
