// A stage: a real run on a virtual clock, or a tape of events written by hand,
// and the trial of it afterwards.
#ifndef FB_TEST_CLAIMS_STAGE_H
#define FB_TEST_CLAIMS_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "claims.h"
#include "fishbowl/fishbowl.h"
#include "tape.h"

struct stage {
    struct fb_trace_writer trace;
    struct fb_runtime *rt;
    struct fb_history *history;
    struct fb_names names;
    struct fb_trial *trial;
};

// cmocka fixtures; *state is a struct stage. The runtime is FIFO.
int stage_enter(void **state);
int stage_leave(void **state);
#define STAGE_TEST(name_)                                                      \
    cmocka_unit_test_setup_teardown(name_, stage_enter, stage_leave)

// Runs `future` as task 1; what fb_block_on gives.
int stage_run(struct stage *s, struct fb_future *future);
// Ends the runtime; the trial is of its whole trace. Gives it, and again later.
struct fb_trial *stage_judge(struct stage *s);
// Runs `play` in a child that must be killed by its own mistake; the trial is
// of what it has left.
struct fb_trial *stage_judge_dead(struct stage *s,
                                  void (*play)(struct stage *s));
// The trial of a tape; `lost` numbers are missing before event `before`.
struct fb_trial *stage_judge_tape(struct stage *s, const struct tape *tape,
                                  bool ended, uint64_t before, uint64_t lost);
// A new verdict on the same run.
struct fb_trial *stage_again(struct stage *s);

// The claim held.
#define HOLDS(s_, claim_)                                                      \
    do {                                                                       \
        const bool held_ = (claim_);                                           \
        stage_holds((s_), held_, __FILE__, __LINE__);                          \
    } while (0)
void stage_holds(struct stage *s, bool held, const char *file, int line);
// It failed, with this verdict: text, then a line for each event of the
// evidence ("14 it was polled"), then one for each place ("here.c": this file's
// name stands for any line in it). The events stand in rising order.
#define FAILS(s_, claim_, id_, ...)                                            \
    do {                                                                       \
        const bool held_ = (claim_);                                           \
        stage_fails((s_), held_, (id_),                                        \
                    (const char *const[]){__VA_ARGS__, NULL}, __FILE__,        \
                    __LINE__);                                                 \
    } while (0)
void stage_fails(struct stage *s, bool held, enum fb_claim_id id,
                 const char *const *lines, const char *file, int line);

#endif
