// Names that simulated clients say, and what the greeter must make of them.
#ifndef FISHBOWL_TESTS_SIM_NAMES_H
#define FISHBOWL_TESTS_SIM_NAMES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { NAMES_MAX_BYTES = 1024, NAMES_MAX_REPLY = NAMES_MAX_BYTES + 64 };

struct sim_name {
    char bytes[NAMES_MAX_BYTES];
    uint16_t len;
    uint16_t units;                // how many pieces it was made of
    uint8_t unit[NAMES_MAX_BYTES]; // which piece, in order
};

// The name of client `who`: mostly short; sometimes with space around it, with
// bytes of several lengths, empty of all but space, or very long. `garbled`:
// with something that is not UTF-8 in it.
void sim_name_make(uint64_t seed, uint64_t who, bool garbled,
                   struct sim_name *ret_name);

// What the greeter must answer if its read brought the first `taken` bytes:
// the length of the reply, or -1 if they are not UTF-8, which it answers by
// hanging up.
int sim_name_reply(const struct sim_name *name, size_t taken, char *ret_reply);

#endif
