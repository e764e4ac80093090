// The kit: what the check.c of an exercise is written with.
//
// A check has two halves, and they never meet in one process:
//
//     play    calls the learner's code, once, in a world made for it, traced.
//             Runs in a child with limits; it may crash, hang or lie.
//     judge   looks at the trace that is left, and at the facts that the world
//             wrote down, and claims (claims.h). Never runs the learner's code.
//
// The kit plays the exercise in many orders (FIFO, LIFO, seeds), with the
// world's faults where the exercise wants them, and judges each run; the first
// that fails is what the learner is told, with its order and seed.
//
//     learner's file ─► play ─► trace + facts ─► judge ─► verdict.json
//
// The judge is asked about every run, also one that crashed or was killed: what
// the trace shows comes first, how the process ended after it.
#ifndef FISHBOWL_KIT_H
#define FISHBOWL_KIT_H

#include "claims.h"
#include "fishbowl/fishbowl.h"
#include <stdio.h>

struct kit_play; // one run, inside the child
struct kit_case; // the same run afterwards

struct kit_exercise {
    // 0, or -errno of what is not the learner's fault (no memory, no file).
    int (*play)(struct kit_play *play);
    void (*judge)(struct kit_case *c);
    // The shipped way to do the same, for T13: played first, in the same order
    // and world; its trace is kit_golden(c). May be NULL.
    int (*golden)(struct kit_play *play);
    // The order makes no difference to what is compared with it: it is played
    // in one order, once or twice a world, which takes half the time.
    bool golden_in_one_order;
    // How many of the worlds that `play` knows (kit_world); 0: one. Each is
    // played in every order. By convention world 0 is the friendly one.
    unsigned worlds;
    // For an exercise whose file is a list of decisions, a line each: they can
    // be asked for one by one (--ask). Its file, and the question; `show` says
    // on `out` where the decisions so far lead to. It gives false if the last
    // one cannot be followed, and then has said why: the line is taken back.
    const char *ask_file, *ask;
    bool (*show)(struct kit_case *c, FILE *out);
};
// Defined by check.c.
extern const struct kit_exercise kit_exercise;

// ---- inside play ----

uint64_t kit_seed(const struct kit_play *play);
enum fb_order kit_order(const struct kit_play *play);
unsigned kit_world(const struct kit_play *play); // 0 …
// A file of the learner's, beside the exercise's main one; borrowed.
const char *kit_path(struct kit_play *play, const char *name);

// The runtime of this run: traced, in this run's order, with a virtual clock
// that jumps. Once; the kit destroys it. NULL: no memory (give -ENOMEM).
struct fb_runtime *kit_runtime(struct kit_play *play);
// The same in a kernel in memory (exercises/world): sockets, epoll and time come
// from there. `faults`: short reads and writes, EINTR, EAGAIN, spurious
// readiness. The clock is the world's: 200 ns a call, and jumps.
struct fb_runtime *kit_net_runtime(struct kit_play *play, bool faults);
// Before it: how many bytes of one direction of a connection lie in the kernel,
// so that a write has to wait where the other side is slow. 0: the usual.
void kit_net_buffers(struct kit_play *play, unsigned bytes);
// Runs until all tasks are complete, or nothing can happen any more; what it
// gives is kept as kit_end(c).
int kit_run(struct kit_play *play);
// The same with fb_block_on: until `future` is Ready.
int kit_run_until(struct kit_play *play, struct fb_future *future);

// How long calls of the learner's file would have blocked other threads so far,
// all together: a thread of the pool takes no time, real or virtual.
uint64_t kit_slept_elsewhere_ns(const struct kit_play *play);

// One client of the simulated network, and what it does after what.
enum kit_act {
    KIT_SAY,     // `text`
    KIT_FINISH,  // half-closes
    KIT_HANG_UP, // closes
    KIT_RESET,   // dies
};
struct kit_step {
    uint64_t at_ns; // after it dialled
    enum kit_act act;
    const char *text;
};
// Dials 127.0.0.1:port at `at_ns`, does its steps, and listens to the end.
// Copies all. Requires: kit_net_runtime.
void kit_client(struct kit_play *play, const char *label, uint16_t port,
                uint64_t at_ns, const struct kit_step *steps, size_t count);

// The shipped greeter (server/named.c) at 127.0.0.1:KIT_PORT, in a world without
// faults, until nothing can happen any more. `dial_in` is where clients are
// made (kit_client). Instead of kit_net_runtime and kit_run.
enum { KIT_PORT = 6142 };
int kit_greeter(struct kit_play *play, void (*dial_in)(struct kit_play *play));

// Writes a fact down where the judge finds it, even if the process dies next.
// A name has at most 31 bytes; 64 facts. The second form counts up.
// The kit's own: "net.bad_closes" (of what was not open), "net.descriptors"
// (left open), "net.faults" (injected), "net.closed_by_hand" (the event after
// which the learner's file last called close(2) itself).
void kit_note(struct kit_play *play, const char *name, int64_t value);
void kit_count(struct kit_play *play, const char *name, int64_t more);
// Appends to a text of that name (what a consumer got, say); 4 KiB each, 32.
void kit_write(struct kit_play *play, const char *name, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

// ---- inside judge ----

struct fb_trial *kit_trial(struct kit_case *c);
struct fb_trial *kit_golden(struct kit_case *c); // NULL: the exercise has none
unsigned kit_case_world(const struct kit_case *c);
// What kit_run gave; INT_MIN: it did not come so far.
int kit_end(const struct kit_case *c);
int64_t kit_fact(const struct kit_case *c, const char *name, int64_t otherwise);
const char *kit_text(const struct kit_case *c, const char *name); // "" : none
// What event `event` is, in the story's words; "" if there is none.
void kit_sentence(struct kit_case *c, uint64_t event, char *out,
                  size_t out_bytes);
// The first event after number `after` of that kind about that subject (0: any),
// for what an exercise's own rule shows; 0: there is none.
uint64_t kit_event(struct kit_case *c, enum fb_event_kind kind,
                   uint32_t subject, uint64_t after);
// The last one of all; 0: there is none.
uint64_t kit_last_event(struct kit_case *c, enum fb_event_kind kind,
                        uint32_t subject);
// What a client of that label heard, "" nothing; the golden run's: the next.
const char *kit_heard(const struct kit_case *c, const char *label);
const char *kit_golden_heard(const struct kit_case *c, const char *label);
// T13: every client heard byte for byte what it heard in the golden run.
bool kit_same_transcript(struct kit_case *c);

// A sentence about the shape of the learner's code, for the verdict's list of
// advice, whether it fails or not (of the newest run judged; at most 6 of them).
// It decides nothing: what a trace does not show is a matter of taste.
void kit_advise(struct kit_case *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
// A file of the learner's as text, for that; "" if it cannot be read. Valid
// until the next call.
const char *kit_source(struct kit_case *c, const char *name);

// ---- answers: exercises whose file is answers.txt ----

// One line each: "name: answer". What stands for `name`, trimmed; "" if the
// line is missing or empty. Read in the judge.
const char *kit_answer(struct kit_case *c, const char *name);
// "A": fails with the question's name unless the answer is `right`, comparing
// numbers as numbers and words without regard to case. `at`: the event that
// shows it. `why`: what the trace says instead, one sentence. An empty answer
// fails as T14: nothing was predicted.
bool kit_claim_answer(struct kit_case *c, const char *name, const char *right,
                      uint64_t at, const char *why);

// The exercise's file `questions`, as a text in the check's program. Once, in
// check.c, outside of any function.
#define KIT_QUESTIONS(name)                                                    \
    extern const char name[];                                                  \
    __asm__(".pushsection .rodata\n"                                           \
            ".global " #name "\n" #name ":\n"                                  \
            ".incbin \"questions\"\n"                                          \
            ".byte 0\n"                                                        \
            ".popsection\n")
// "A", "T14": as kit_claim_answer, of every question in it; what is right is
// measured in this run's trace (viz/model/lesson.h). Such a check is played
// without the hostile build's additions.
bool kit_claim_questions(struct kit_case *c, const char *questions);

#endif
