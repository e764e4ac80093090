// What the command lines of `serve`, `scene` and `dial` have in common.
#ifndef CLI_H
#define CLI_H

#include "fishbowl/base.h"
#include "fishbowl/tcp.h"
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

#define CLI_DEFAULT_ADDR "127.0.0.1:6142"

// "250ms", "2s", "1m", "1.5s", "0": into ns. Errors: -EINVAL.
FB_MUST_USE int cli_duration(const char *text, uint64_t *ret_ns);
// A decimal number from `min` to `max`. Errors: -EINVAL, -ERANGE.
FB_MUST_USE int cli_number(const char *text, uint64_t min, uint64_t max,
                           uint64_t *ret_number);

// Prints "fishbowl: WHAT: why (hint)" to stderr; hint may be NULL. Gives 1, the
// exit status. `what` is sanitised: it may hold words of the command line.
int cli_error(const char *what, int err, const char *hint);
// The same where no errno says why.
int cli_problem(const char *what, const char *why, const char *hint);

// Why, as a person reads it inside a sentence: "address already in use".
void cli_reason(int err, char *out, size_t out_bytes);

// Gives the standard descriptors that were closed to /dev/null. Else the trace
// or a client's socket would get their numbers, and hear all that is printed.
void cli_hold_standard_files(void);

// As many open files as this user may have.
void cli_raise_open_files(void);

// Writes the port that was picked into a file that appears whole or not at all,
// so that who waits for it never reads half. Errors: -ENOMEM, those of open,
// write and rename.
FB_MUST_USE int cli_port_file_write(const char *path, uint16_t port);

// Keeps SIGINT and SIGTERM for the runtime's signal source, until the program
// ends. Gives the set of the two.
sigset_t cli_block_stop_signals(void);
// For fb_trace_options.give_up: whether one of them waits to be taken. A
// program that a viewer holds still must run on to be able to end.
bool cli_stop_is_pending(void *unused);

// Listens at `where`, "127.0.0.1:6142", and tells the trace (NULL: none) which
// address that became. Gives the exit status; if it is 1, why was printed.
FB_MUST_USE int cli_listen(const char *where, struct fb_runtime *rt,
                           int backlog, struct fb_trace_writer *trace,
                           struct fb_tcp_listener *ret_listener);

// "fishbowl PROGRAM VERSION" for --version, and exit status 2 for bad usage.
void cli_setup_argp(const char *version_text);

#endif
