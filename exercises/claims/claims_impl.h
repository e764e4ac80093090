// What the sources of the claims share: the trial, a walk through its run, a
// table by id, and the words that all of them use.
#ifndef FISHBOWL_CLAIMS_IMPL_H
#define FISHBOWL_CLAIMS_IMPL_H

#include "claims.h"
#include "pool.h"

struct fb_trial {
    struct fb_history *history;
    const struct fb_names *names;
    bool ended, exact;
    struct fb_model world; // of the walk under way
    struct fb_verdict verdict;
    bool telling; // the last failure is the verdict: what is added is of it
    enum fb_claim_id left_out;
};

// Whether a claim has nothing more to say: the trial has failed, or events are
// missing.
bool fb__trial_is_over(const struct fb_trial *t);

// ---- the walk ----

// One event, and the world right after it.
struct fb__look {
    struct fb_trial *trial;
    const struct fb_model *world;
    const struct fb_event *event;
    uint64_t number;
};
// Gives whether it wants to see more. One that cannot go on for want of memory
// sets `exact` to false.
typedef bool fb__look_fn(void *arg, const struct fb__look *look);

// Shows every event of the run, in order. False: short of memory; the trial is
// not exact any more, so that nothing is claimed.
bool fb__trial_walk(struct fb_trial *t, fb__look_fn *look, void *arg);

// ---- a table: records by id, in order of their making ----

// A record begins with its id, a uint32_t that is not 0. A record stays where
// it is until the next one is made.
struct fb__table {
    struct fb_model_pool pool;
    struct fb_model_index index;
};
void fb__table_init(struct fb__table *table, uint32_t record_bytes);
void fb__table_deinit(struct fb__table *table);
// NULL: there is none.
void *fb__table_find(const struct fb__table *table, uint32_t id);
// Makes a zeroed one if there is none. NULL: id 0, or short of memory.
void *fb__table_make(struct fb__table *table, uint32_t id);
void fb__table_remove(struct fb__table *table, uint32_t id);
// In order; start with *cursor 0; NULL at the end.
void *fb__table_next(const struct fb__table *table, uint32_t *cursor);

// ---- names and places ----

enum { FB__NAME = 100 };

// Whether entry `type` of the trace's table has this name; NULL is any.
bool fb__type_is(const struct fb_trial *t, uint32_t type, const char *name);
// "task 3 (Ada)"; "task 3" if it has neither label nor name.
void fb__say_who(const struct fb_trial *t, const struct fb_model *m,
                 uint32_t task, char *out, size_t out_bytes);
// As that, with a capital.
void fb__say_Who(const struct fb_trial *t, const struct fb_model *m,
                 uint32_t task, char *out, size_t out_bytes);
// "s" for all numbers but 1.
const char *fb__plural(uint64_t n);

// The verdict's places: where a type is declared; a line of its file. Types of
// the runtime itself are left out.
void fb__place_type(struct fb_trial *t, uint32_t type);
void fb__place_line(struct fb_trial *t, uint32_t type, uint32_t line);
// Where a future stands: its own line, if it is suspended at an await; where
// its type is declared; and the lines at which those around it await it.
void fb__place_future(struct fb_trial *t, const struct fb_model *m,
                      const struct fb_model_future *f);

// The future whose poll an event begins: of FUTURE_ENTER, and of POLL_BEGIN the
// root. NULL for all other events, and where none is known.
const struct fb_model_future *fb__entered(const struct fb__look *look);
// Of FUTURE_EXIT, and of POLL_END the root; *ret_result says with what.
const struct fb_model_future *fb__left(const struct fb__look *look,
                                       enum fb_poll_result *ret_result);
// The first STALL after event `after`; 0: none.
uint64_t fb__stall_after(const struct fb_trial *t, uint64_t after);

#endif
