// Runs `fishbowl demo …` without a terminal and gathers what it says.
#ifndef FISHBOWL_TEST_PLAY_H
#define FISHBOWL_TEST_PLAY_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

enum { FB_PLAY_BYTES = 1 << 20, FB_PLAY_LIMIT_MS = 30000 };

struct fb_play {
    pid_t pid; // 0: has ended
    int status;
    int out_fd, err_fd;
    char *out, *err; // NUL-ended, grow as it is read
    size_t out_len, err_len;
    char dir[64]; // private: its TMPDIR and XDG_RUNTIME_DIR
};

// Starts it with these arguments after "demo" (NULL-ended), stdin /dev/null.
// The caller becomes the reaper of orphans, so that who is left behind can be
// seen. Failures fail the test.
void fb_play_start(struct fb_play *p, const char *const *args);
// Reads until stdout holds `text`; false: it ended without, or took too long.
bool fb_play_says(struct fb_play *p, const char *text);
// Reads to the end and waits. Returns the exit status, or 128 + the signal.
int fb_play_finish(struct fb_play *p);
// Its server: the first child. 0: none.
pid_t fb_play_server(const struct fb_play *p);
// Whether nothing is left: no process, no file in the private directory (but
// traces of killed programs if `traces_stay`).
bool fb_play_left_nothing(struct fb_play *p, bool traces_stay);
// Waits until an orphaned process has ended, and reaps it.
bool fb_play_orphan_ends(pid_t pid);
// Frees; removes the directory.
void fb_play_close(struct fb_play *p);

#endif
