// The simulated clients: each dials, hears the question, answers in its own
// way, and checks every byte that comes back.
//
//     talker     says a name, hears the thanks for what the ONE read brought
//     mute       finishes without a word: is thanked with an empty name
//     garbler    says what is not UTF-8: is hung up on
//     leaver     hangs up at the question
//     breaker    resets the connection at the question
//
// What a client does follows from the seed and its number alone. What it must
// hear is worked out here, from the name as it was put together, without the
// server's own code.
#ifndef FISHBOWL_TESTS_SIM_CROWD_H
#define FISHBOWL_TESTS_SIM_CROWD_H

#include "net.h"

struct crowd_options {
    uint64_t clients; // in all
    uint64_t alive;   // at most so many at once
    uint64_t seed;
    uint16_t port;
    // Nobody says a name before `alive` clients have been asked for theirs.
    bool hold;
    // Calls of the server are made to fail: a conversation may then end early
    // anywhere. What is heard must still be the beginning of what is expected.
    bool lenient;
};

struct crowd_stats {
    uint64_t begun, ended;
    uint64_t thanked; // heard the whole reply, name or not
    uint64_t garbled; // hung up on, as it must be
    uint64_t left, broken;
    uint64_t cut;     // lenient only: ended early
    uint64_t redials; // aborted by the kernel before accept, and tried again
    uint64_t alive, peak;
};

struct crowd; // opaque

struct crowd *crowd_open(const struct crowd_options *options);
// Hangs up on whoever is still there.
void crowd_close(struct crowd *c);
struct crowd_stats crowd_stats(const struct crowd *c);
// Whether every client has ended.
bool crowd_is_over(const struct crowd *c);
// The first reply that was wrong, as a sentence; NULL: none.
const char *crowd_failure(const struct crowd *c);

#endif
