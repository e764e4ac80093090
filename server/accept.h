// The acceptor: the root future of `serve`.
#ifndef ACCEPT_H
#define ACCEPT_H

#include "greeter.h"

struct acceptor_options {
    const struct greeter_handler *handler;
    uint32_t max_clients;     // stop accepting while so many talk; 0: no limit
    uint64_t idle_timeout_ns; // a whole conversation; 0: as long as it takes
    uint64_t grace_ns;        // after a stop signal, for those still talking
    bool errors_fatal;        // the course's way: an accept error ends it all
    bool own_scratch;         // several workers: a buffer for each client
};

// Accepts until a signal comes, spawns a task per client, joins each.
// out: 0 after a signal, else -errno of what could not be survived: an accept,
// or waiting for a signal.
struct acceptor {
    struct fb_future future;
    int out;
    const struct acceptor_options *options;
    struct fb_tcp_listener *listener; // closed when the acceptor stops
    struct fb_signals *signals;       // NULL: nothing stops it
    struct fb_join_set clients;
    uint32_t rounds;        // since others were let run
    uint64_t pause_ns;      // last back-off; 0: there was no trouble yet
    uint64_t trouble_ns;    // when an accept last failed
    uint64_t rest_until_ns; // no accept before; 0: at once
    uint64_t end_ns;        // when the grace period is over
    union {
        struct fb_select select;
        struct fb_yield yield;
    };
    // the arms of select
    struct fb_signal_wait stop;
    struct fb_join_next finished;
    struct fb_accept newcomer;
    struct fb_sleep rest;
    char scratch[NAME_BYTES]; // see struct greeter_client
};

// Ownership: the listener, the signals and the options stay with the caller
// and outlive the acceptor.
FB_MUST_USE struct acceptor acceptor(const struct acceptor_options *options,
                                     struct fb_tcp_listener *listener,
                                     struct fb_signals *signals);

// One conversation under a time limit (idle.c): spawns it into `clients`.
// Takes the client over. Errors: -ENOMEM.
FB_MUST_USE int idle_spawn(struct fb_join_set *clients,
                           const struct greeter_client *client,
                           const struct greeter_handler *handler,
                           uint64_t limit_ns);

#endif
