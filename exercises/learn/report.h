// A report: what one learner has done, for who teaches. It is written to a file
// by whoever wants to hand it in, and sent nowhere.
#ifndef FISHBOWL_LEARN_REPORT_H
#define FISHBOWL_LEARN_REPORT_H

#include "learn.h"
#include <jansson.h>

enum { REPORT_EXERCISES = 256, REPORT_BYTES = 1 << 20 };

// Read back from JSON; all text is sanitised.
struct report_exercise {
    char id[64];
    char state[16]; // "passed"
    unsigned attempts, hints, minutes;
    bool given_up;
    struct state_claim claims[STATE_CLAIMS];
    size_t claim_count;
};
struct report {
    char learner[160];
    unsigned passed, attempts, hints, minutes, given_up, total;
    struct report_exercise *exercises;
    size_t count;
};

// As JSON; ownership: json_decref. NULL: no memory.
json_t *report_json(const struct learn *l, const struct state *s);
// Errors: -EBADMSG what it says is no report's, with `why`; -ENOMEM.
int report_read(const char *text, size_t len, struct report *ret_report,
                char *why, size_t n);
void report_deinit(struct report *r);

#endif
