// A command that is started to be recorded: until it ends, or is ended.
#ifndef FISHBOWL_RECORD_COMMAND_H
#define FISHBOWL_RECORD_COMMAND_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

// ---- signals: who wants an end ----

// From here on SIGINT, SIGTERM and SIGHUP are counted, a full file and a closed
// terminal are errors of write. To be called once.
void fb_ending_catch(void);
bool fb_ending_wanted(void);

// ---- the command ----

struct fb_command {
    pid_t pid;
    bool ended;
    int status;       // as of waitpid, once it has ended
    unsigned heard;   // how many signals we have passed on
    unsigned told;    // how hard: 1 asked, 2 by SIGTERM, 3 killed
    uint64_t told_ns; // when it was first told
};

// Starts the program `file` (looked for in PATH if it has no slash). It knows
// that it is recorded (FB_RECORDER_VARIABLE), and reads, writes and hears
// signals as if nobody were between. Errors: -ENOENT and others of exec, those
// of fork.
__attribute__((warn_unused_result)) int
fb_command_start(struct fb_command *c, const char *file, char **argv);
// Waits until it has opened a trace. Says so once if that takes long. Errors:
// -ECHILD it has ended without one, -EINTR it shall end.
__attribute__((warn_unused_result)) int
fb_command_trace(struct fb_command *c, char *path, size_t path_bytes);
// To be called often. After a signal: passes on what the terminal has not
// already told the command; one that does not end within 10 s, or after the
// second signal, is told by SIGTERM, and 5 s later, or at the third, killed.
void fb_command_tend(struct fb_command *c);
// Tells it to end, as the first signal would.
void fb_command_end(struct fb_command *c);
// Waits for its end, tending it.
void fb_command_wait(struct fb_command *c);
// As a shell would give it: 0 to 255, 128 + n after signal n.
int fb_command_status(const struct fb_command *c);

#endif
