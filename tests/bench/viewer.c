// Problem: what does a viewer cost the program it looks at? A screen would add
// its own cost to the machine and needs a terminal.
// Idea: what `fishbowl watch` does without the drawing: a session that claims
// the control page, beats, asks for a census, and feeds the model with all new
// events 30 times a second. Prints a line when it has seen the program, and
// ends when its input does: how many events it has read and how many it lost.
#include "session.h"
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FRAME_MS 33

// Takes what has come since the last frame. Returns how much, or -ENOMEM.
static long take_all(struct fb_session *session) {
    long taken = 0;
    int n;

    while ((n = fb_session_pump(session)) > 0) {
        taken += n;
        if ((unsigned)n < FB_SESSION_PUMP_EVENTS) {
            break; // the rest comes with the next frame
        }
    }
    return n < 0 ? n : taken;
}

static int look(struct fb_session *session) {
    struct pollfd in = {.fd = STDIN_FILENO, .events = POLLIN};
    const struct fb_session_gap *gaps;
    uint64_t events = 0, lost = 0;
    int ended;
    long n;

    printf("attached\n");
    (void)fflush(stdout);
    do { // once more at the end: a short run lies between two frames
        ended = poll(&in, 1, FRAME_MS);
        fb_session_beat(session);
        n = take_all(session);
        if (n < 0) {
            return 1;
        }
        events += (uint64_t)n;
    } while (ended == 0);
    (void)fb_session_gaps(session, &gaps, &lost);
    printf("%llu events, %llu lost\n", (unsigned long long)events,
           (unsigned long long)lost);
    return events == 0; // it has seen nothing: no viewer
}

int main(int argc, char **argv) {
    const struct fb_session_options options = {.what = argv[argc - 1],
                                               .control = true};
    struct fb_session *session;
    char why[FB_SESSION_WHY_BYTES];
    int failed;

    if (argc != 2) {
        (void)fprintf(stderr, "usage: viewer TRACE\n");
        return 2;
    }
    if (fb_session_open_with(&session, &options, why, sizeof(why)) < 0) {
        (void)fprintf(stderr, "viewer: %s\n", why);
        return 1;
    }
    failed = look(session);
    fb_session_close(session);
    return failed;
}
