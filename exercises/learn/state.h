// The state: what a learner has done so far, in a file that a person can read.
//
//     format: 1
//     learner: Ada
//
//     [06_yield_once]
//     state: failed
//     attempts: 3
//     last: T14
//
// It is keyed by the exercise's id; `hash` is the exercise as it was when the
// learner met it, so that an update of Fishbowl keeps progress and can say what
// has changed. Keys, comments and exercises that are not known (of a newer
// Fishbowl, or written by hand) are kept as they are. A line that makes no
// sense is an error with its number; nothing is written then, so nothing is
// lost.
#ifndef FISHBOWL_LEARN_STATE_H
#define FISHBOWL_LEARN_STATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum { STATE_CLAIMS = 24, STATE_BYTES = 1 << 20 };

enum state_mark {
    STATE_NEW,    // not tried
    STATE_FAILED, // tried; the last run failed
    STATE_PASSED, // and stays so, whatever is tried after it
    STATE_MARKS
};

struct state_entry {
    char id[64], hash[20];
    enum state_mark mark;
    unsigned attempts, hints, resets; // hints: levels seen, 0 to 3
    bool given_up;                    // saw the solution before passing
    uint64_t seconds;                 // spent on it, breaks left out
    uint64_t touched;                 // wall clock of the last act, seconds
    char last[8];                     // claim that the last run failed with
    uint64_t at;                      // event to look at, of the last run
    char order[32];                   // in which it failed
    struct state_claim {
        char id[8];
        unsigned times;
    } claims[STATE_CLAIMS]; // all that runs have failed with
    size_t claim_count;
    char *kept; // lines that are not understood
};

struct state {
    char learner[160]; // sanitised
    char *kept;        // likewise, before the first exercise
    struct state_entry *entries;
    size_t count;
};

void state_deinit(struct state *s); // legal on a zeroed one

// Errors: -EBADMSG with the line, -ENOMEM; `why` gets a sentence.
__attribute__((warn_unused_result)) int state_parse(const char *text,
                                                    struct state *ret_state,
                                                    char *why,
                                                    size_t why_bytes);
void state_print(const struct state *s, FILE *out);

// A file that is not there is the empty state. Errors also: those of open.
__attribute__((warn_unused_result)) int
state_load(const char *path, struct state *ret_state, char *why, size_t n);
// All of it or nothing: written beside, then renamed.
__attribute__((warn_unused_result)) int
state_save(const char *path, const struct state *s, char *why, size_t n);

// NULL: not there.
const struct state_entry *state_find(const struct state *s, const char *id);
// Made if it is not there. NULL: no memory. Valid until the next state_get.
struct state_entry *state_get(struct state *s, const char *id);

// The learner did something at `now` (wall clock, seconds): the time since the
// last act counts as spent, up to STATE_BREAK.
enum { STATE_BREAK = 600 };
void state_touch(struct state_entry *e, uint64_t now);
// A run failed with this claim.
void state_count_claim(struct state_entry *e, const char *claim);
const char *state_mark_name(enum state_mark mark); // "passed"

#endif
