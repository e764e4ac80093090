// One whole simulated run: a net, the real acceptor and one of the real
// handlers in it, a crowd that dials; then everything is taken down and judged.
#ifndef FISHBOWL_TESTS_SIM_RUN_H
#define FISHBOWL_TESTS_SIM_RUN_H

#include "accept.h"
#include "crowd.h"
#include "net.h"

// Who dials, where it is not a crowd. Each is called with `arg` first.
struct run_guests {
    void *arg;
    void (*open)(void *arg, uint16_t port); // nobody listens there yet
    void (*close)(void *arg); // the server is gone: hangs up on what is left
    const char *(*failure)(void *arg); // what was heard wrong; NULL: nothing
    bool (*is_over)(void *arg);        // all have heard their end
};

struct run_options {
    struct crowd_options crowd;      // seed and port are filled in
    const struct run_guests *guests; // instead of the crowd; may be NULL
    struct net_options net;          // seed is filled in
    struct greeter_handler const *handler;
    uint64_t seed;
    enum fb_order order;
    uint64_t idle_timeout_ns;
    bool traced;
    bool aloud; // standard error stays: a sanitizer may have much to say
    uint64_t ring_events; // 0: the default
    const char *keep;     // a file that the trace is left in; NULL: it goes
    // Every event, once, in order. May be NULL.
    void (*on_event)(void *arg, uint64_t number, const struct fb_event *e);
    void *on_event_arg;
    // The run is interrupted at its n-th turn, from 1, and everything that
    // then lives is cancelled; 0: never.
    uint64_t interrupt_turn;
    // The acceptor is dropped after its n-th poll, from 1; 0: never.
    uint64_t cancel_poll;
};

struct run_result {
    int err; // of the run: 0 or -errno
    struct crowd_stats crowd;
    struct net_stats net; // after everything was taken down
    uint64_t events;      // written in all
    uint64_t events_hash; // of every byte of every event
    uint64_t polls, turns, virtual_ns;
    bool events_missed; // the ring was too small for one turn
    char failure[480];  // "" or what went wrong, with the seed
};

// Standard output and error are silent meanwhile: the acceptor prints a line
// for every client.
void run_simulation(const struct run_options *options,
                    struct run_result *ret_result);

// The mixture of `sim_greeter --faults`.
struct net_faults run_usual_faults(void);

#endif
