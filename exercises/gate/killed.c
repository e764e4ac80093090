// No claim is there for show.
//
// Problem: a claim that nothing fails proves nothing; perhaps it cannot fail.
// Idea: the claims that check.c makes are read from its text; each must be one
//     that the untouched starter or a mutant is declared to fail with (and
//     gate_judge holds them to that).
#include "course_parts.h"
#include "gate.h"
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MOST = 1 << 20, CLAIMS = 16 }; // 1 to 14: T; 15: A

static const struct {
    const char *call;
    int claim;
} CALLS[] = {
    {"fb_claim_pending_has_source", 1},
    {"fb_claim_wake_then_poll", 2},
    {"fb_claim_wakes_reach", 2},
    {"fb_claim_no_poll_after_done", 3},
    {"fb_claim_polls_earned", 4},
    {"fb_claim_poll_count", 4},
    {"fb_claim_overlap", 5},
    {"fb_claim_poll_span", 6},
    {"fb_claim_bytes_kept", 7},
    {"fb_claim_closed_once", 8},
    {"fb_claim_spawns_joined", 9},
    {"fb_claim_errors_seen_once", 10},
    {"fb_claim_timer_exact", 11},
    {"fb_claim_ready_at", 11},
    {"fb_claim_ends_quiet", 12},
    {"fb_claim_same_behaviour", 13},
    {"kit_same_transcript", 13},
    {"fb_claim_must_happen", 14},
    // of exercises/drill
    {"evening_claim_closed_once", 8},
    {"evening_claim_errors_said", 10},
    {"evening_claim_errors_read_soon", 10},
    {"evening_claim_heard", 13},
    {"evening_claim_tree", 13},
    {"evening_claim_errors_given_back", 10},
    {"kit_claim_answer", 15},
    {"kit_claim_questions", 15},
    {"FB_CLAIM_ANSWER", 15},
};

static int claim_of(const char *word, size_t len) {
    for (size_t i = 0; i < sizeof(CALLS) / sizeof(CALLS[0]); i++) {
        if (strlen(CALLS[i].call) == len &&
            memcmp(CALLS[i].call, word, len) == 0) {
            return CALLS[i].claim;
        }
    }
    if (len >= 5 && len <= 6 && memcmp(word, "FB_T", 4) == 0 &&
        isdigit((unsigned char)word[4])) {
        const int n = atoi(word + 4);

        return n >= 1 && n <= 14 ? n : 0;
    }
    return 0;
}

// Looks like a claim, and is in no row above.
static bool is_unknown(const char *word, size_t len) {
    return claim_of(word, len) == 0 &&
           ((len > 9 && memcmp(word, "fb_claim_", 9) == 0) ||
            (len > 10 && memcmp(word, "kit_claim_", 10) == 0) ||
            (len > 14 && memcmp(word, "evening_claim_", 14) == 0));
}

// Which claims a source makes. Comments make none.
static void find(struct gate *g, const char *text, bool *made) {
    while (*text != '\0') {
        size_t len = 0;

        if (strncmp(text, "//", 2) == 0) {
            text += strcspn(text, "\n");
            continue;
        }
        while (isalnum((unsigned char)text[len]) || text[len] == '_') {
            len++;
        }
        if (len > 0) {
            made[claim_of(text, len)] = true;
            if (is_unknown(text, len)) {
                gate_say(g, false,
                         "%.*s is a claim that the gate does not know (add its "
                         "number to exercises/gate/killed.c)",
                         (int)len, text);
            }
        }
        text += len > 0 ? len : 1;
    }
    made[0] = false; // of all other words
}

void gate_killed(struct gate *g) {
    char path[PATH_MAX], *text, name[16];
    bool made[CLAIMS] = {0}, any = false;

    if (course__path(path, sizeof(path), g->e->folder, "check.c") < 0 ||
        course__slurp(path, TEXT_MOST, &text, NULL) < 0) {
        gate_say(g, false, "there is no check.c in %s", g->e->folder);
        return;
    }
    find(g, text, made);
    free(text);
    for (int i = 1; i < CLAIMS; i++) {
        bool killed = false;

        if (!made[i]) {
            continue;
        }
        any = true;
        snprintf(name, sizeof(name), i == 15 ? "A" : "T%d", i);
        for (unsigned k = 0; k < g->count; k++) {
            killed = killed || strcmp(g->variants[k].wants, name) == 0;
        }
        gate_say(g, killed, "check.c claims %s, and something fails with it%s",
                 name,
                 killed ? ""
                        : ": nothing does (write a mutant that only this claim "
                          "finds, or leave the claim out)");
    }
    gate_say(g, any, "check.c makes claims");
}
