// What the peers of the benchmark have in common: the greeter's protocol and
// its command line. Their loops are their own.
#ifndef BENCH_GREET_H
#define BENCH_GREET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>

#define GREET_QUESTION  "Who are you?\n"
#define GREET_READ_MAX  1024
#define GREET_REPLY_MAX (GREET_READ_MAX + 64)

// Parses "--listen A.B.C.D:PORT --port-file F", binds and listens
// (flags: SOCK_NONBLOCK or 0), prints the port and writes it to the file.
// Returns the listening descriptor; says why and exits 2 if it cannot.
int greet_listen(int argc, char **argv, int flags);

// Takes `option` out of the arguments; whether it was there.
bool greet_option(int *argc, char **argv, const char *option);

// Prints "connection from ADDR" as the greeter does.
void greet_announce(const struct sockaddr_in *peer);

// The answer to what one read brought: "Thanks for dialing in, NAME!\n".
// Requires: out holds GREET_REPLY_MAX. Returns its length, 0 for bytes that
// are no UTF-8 (such a client gets no answer).
size_t greet_reply(const char *name, size_t len, char *out);

#endif
