// The greeter as a child: the demo starts it, hears it and ends it.
//
// It is the neighbour program fishbowl-serve, started by its path; the demo
// shares no code with it and watches it as it would watch any program.
#ifndef FISHBOWL_DEMO_SERVER_H
#define FISHBOWL_DEMO_SERVER_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

enum {
    FB_SERVER_LINE_BYTES = 512, // longest line kept of its output
    FB_SERVER_PORT = 6142,      // the course's
    FB_SERVER_ARGS_MAX = 16,
};

struct fb_server_options {
    const char *path;        // NULL: `program`, found beside this program
    const char *program;     // NULL: "fishbowl-serve"
    const char *called;      // for messages; NULL: "greeter"
    bool is_deaf;            // it is not told where to listen
    unsigned start_ms;       // how long it may take to start; 0: 5 s
    bool may_be_silent;      // it may listen nowhere: its port is then 0
    const char *const *args; // more arguments, NULL-ended; NULL: none
    uint16_t port;           // asked for first; 0: whichever is free
    // Each line that the server prints, raw: sanitise. May be NULL.
    void (*line)(void *arg, const char *text, size_t len);
    void *arg;
};

struct fb_server {
    struct fb_server_options options;
    pid_t pid;                  // 0: none runs
    int out_fd;                 // its stdout and stderr; -1: closed
    struct sockaddr_in address; // port 0: it has no clients
    bool port_taken;       // options.port was in use, another one was picked
    bool starved;          // fb_server_starve
    uint64_t files;        // while starved: the first number it cannot have
    uint64_t files_before; // its own limit
    bool ended;
    int status;   // of waitpid, once ended
    char dir[64]; // private, holds the port file
    char partial[FB_SERVER_LINE_BYTES];
    size_t partial_len;
    char last_line[FB_SERVER_LINE_BYTES * 4]; // sanitised, for messages
};

// Starts the server and waits (5 s at most) until it listens. `why` gets one
// sentence if it fails; nothing then runs and no file is left.
// The child is killed by the kernel if this process dies in any way.
// Errors: -ENOENT no such program, -ETIMEDOUT, -ECHILD it ended early, and
// those of mkdtemp, pipe2, fork.
__attribute__((warn_unused_result)) int
fb_server_start(struct fb_server *s, const struct fb_server_options *options,
                char *why, size_t why_bytes);
// Takes what it printed, gives the lines to options.line, and notices its end.
// Never waits. Returns whether anything happened.
bool fb_server_pump(struct fb_server *s);
// Ends it: SIGINT, then SIGTERM, then SIGKILL, each only if the one before was
// not enough in time; to this pid only. Legal on a zeroed server.
void fb_server_end(struct fb_server *s);

// Takes all descriptors from it that it does not use now, so that its next
// accept fails with EMFILE, or gives them back: its RLIMIT_NOFILE is lowered to
// the lowest number that is free. Errors: -ESRCH it has ended, those of prlimit.
__attribute__((warn_unused_result)) int fb_server_starve(struct fb_server *s,
                                                         bool starve);

// Writes how a child ended: "exited with status 1", "killed by signal 9 (…)".
void fb_server_status(const struct fb_server *s, char *out, size_t out_bytes);

#endif
