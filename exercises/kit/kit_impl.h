// What the parts of the kit know of each other.
//
//     main.c       the command line                       parent
//     rounds.c     all worlds in all orders               parent
//     child.c      one run: fork, wait, its end           both
//     limits.c     what the child may use                 child
//     blocking.c   calls of the learner's file that block,
//                  and those that exercises may not make  child
//     play.c       the runtime, its trace, its world      child
//     client.c     clients of the simulated network       child
//     board.c      facts, in memory that both share       both
//     judge.c      the case: trace and facts              parent
//     answers.c    files of answers                       parent
//     greet.c      the shipped greeter in the world         child
//     questions.c  answers to a lesson's questions        parent
//     report.c     what a sanitizer has said              parent
//     ending.c     ends that claim nothing: X2 …          parent
//     advice.c     what decides nothing                   parent
//     ask.c        decisions asked for one by one         parent
//     stage.c      one run that is watched as it goes on  itself
//     verdict.c    verdict.json                           parent
#ifndef FISHBOWL_KIT_IMPL_H
#define FISHBOWL_KIT_IMPL_H

#include "fishbowl/trace/text.h"
#include "kit.h"
#include "session.h"

#include <stdio.h>
#include <sys/types.h>

enum {
    KIT_RING_EVENTS = 1 << 16,
    KIT_EVENTS_MAX = 60000, // then a run that does not end is ended
    KIT_PATH_BYTES = 1024,
    KIT_EXIT_SANITIZER = 66, // limits.c asks for it
    KIT_CPU_GRACE_S = 3,     // over the limit, should its alarm end nothing
};

// ---- one run ----

struct kit_round {
    unsigned world;
    enum fb_order order;
    uint64_t seed; // of FB_ORDER_SEEDED; else 0
    bool golden;
};
// "fifo", "seed:17", with a world but the first "seed:17/2".
void kit_round_name(const struct kit_round *round, char *out, size_t out_bytes);
// Errors: -EINVAL.
int kit_round_parse(const char *text, struct kit_round *ret_round);

struct kit_options {
    const char *files, *out, *trace;
    unsigned seeds;
    const char *order; // NULL: all
    bool ask;
    enum fb_claim_id without; // this claim is not asked
    const char *stage;     // the exercise's id: one run, watched; NULL: judge
    const char *port_file; // written once it can be watched; NULL: none
    bool stopped;          // it stands before its first poll
    unsigned cpu_ms, wall_ms, memory_mb;
};

// ---- the board: what outlives the child ----

// Why the child ended itself.
enum kit_stop {
    KIT_STOP_NONE,
    KIT_STOP_CPU,     // time limit, by its own alarm
    KIT_STOP_MEMORY,  // memory limit
    KIT_STOP_FORBID,  // fork, exec, kill
    KIT_STOP_ENDLESS, // KIT_EVENTS_MAX
};

enum kit_phase { KIT_BEFORE, KIT_PLAYING, KIT_PLAYED, KIT_CLOSED };

enum {
    KIT_NAME_BYTES = 32,
    KIT_FACTS = 64,
    KIT_TEXTS = 32,
    KIT_TEXT_BYTES = 4096,
    KIT_EARS = 32,
    KIT_HEARD_BYTES = 8192,
};

struct kit_board {
    enum kit_phase phase;
    enum kit_stop stop;
    char stopped_by[KIT_NAME_BYTES]; // "fork"
    int err;                         // what play gave
    bool ran;                        // kit_run came back
    int end;                         // what it gave
    int64_t leaked_blocks;           // of the runtime's own, at its end
    uint64_t leaked_bytes;           // of all, as the sanitizer counts them
    unsigned fact_count, text_count, ear_count;
    struct kit_fact {
        char name[KIT_NAME_BYTES];
        int64_t value;
    } facts[KIT_FACTS];
    struct kit_paper {
        char name[KIT_NAME_BYTES];
        uint32_t len;
        char text[KIT_TEXT_BYTES];
    } texts[KIT_TEXTS];
    struct kit_ear {
        char label[KIT_NAME_BYTES];
        uint32_t len;
        char heard[KIT_HEARD_BYTES];
    } ears[KIT_EARS];
};
// Shared with children. NULL: no memory.
struct kit_board *kit_board_open(void);
void kit_board_clear(struct kit_board *b);
void kit_board_close(struct kit_board *b);
// NULL: there is no room for one more.
struct kit_fact *kit_board_fact(struct kit_board *b, const char *name);
struct kit_ear *kit_board_ear(struct kit_board *b, const char *label);
const struct kit_fact *kit_board_find(const struct kit_board *b,
                                      const char *name);
const char *kit_board_text(const struct kit_board *b, const char *name);
const char *kit_board_heard(const struct kit_board *b, const char *label);

// ---- inside the child ----

struct kit_play {
    const struct kit_round *round;
    const struct kit_options *options;
    const char *trace_path;
    struct kit_board *board;
    struct fb_trace_writer trace;
    bool traced, has_net, was_idle;
    int no_runtime;        // why there is none; 0
    unsigned buffer_bytes; // of the world; 0: the usual
    struct fb_runtime *rt;
    struct kit_client *clients;
    char path[KIT_PATH_BYTES];
};
// Takes down what play has set up: runtime, world, trace.
void kit_play_close(struct kit_play *play);
// Gives up clients' memory; the world is closed.
void kit_clients_hang_up(struct kit_play *play);
void kit_clients_close(struct kit_play *play);

// The run that blocking calls belong to; NULL: none.
void kit_blocking_begin(struct kit_play *play);

// Limits the calling process. Never gives them back.
void kit_limits_begin(struct kit_board *board,
                      const struct kit_options *options);
// Bytes that are allocated now, by whomever.
uint64_t kit_limits_bytes(void);
// Writes down why, and ends this process at once.
__attribute__((noreturn)) void kit_stop(enum kit_stop why, const char *what);
// Has the sanitizer tell where the process stands.
void kit_print_stack(void);

// ---- the child as the parent sees it ----

struct kit_ending {
    bool by_signal, out_of_time, out_of_memory;
    bool out_of_cpu; // its own alarm had not ended it
    int code;        // the signal's, or the exit status
    pid_t pid;
};
// Plays `round` in a child and waits for its end. Leaves the trace at
// `trace_path`, what the child printed at `output_path`.
// Errors: -errno of fork and of what it needs.
int kit_child_play(const struct kit_options *options,
                   const struct kit_round *round, const char *trace_path,
                   const char *output_path, struct kit_board *board,
                   struct kit_ending *ret_ending);

// Real time, for limits.
uint64_t kit_now_ms(void);

// ---- what a sanitizer says ----

enum kit_finding {
    KIT_FOUND_NOTHING,
    KIT_FOUND_CRASH, // a bad address, a stack that overflows, abort
    KIT_FOUND_MEMORY_LIMIT,
    KIT_FOUND_LEAK,
    KIT_FOUND_BROKEN, // use after free, overflow …
    KIT_FOUND_STACK,  // only where it stands
};
struct kit_report {
    enum kit_finding finding;
    char what[160]; // "heap-use-after-free", "signed integer overflow: …"
    struct {
        char file[120]; // as in the learner's folder
        unsigned line;
    } places[FB_VERDICT_PLACES];
    int place_count;
    char assertion[200]; // what fb_assert said
};
// Reads what process `pid` left beside `path`, and the last lines of `output`.
void kit_report_read(struct kit_report *r, const struct kit_options *options,
                     const char *path, pid_t pid, const char *output);

// ---- inside the judge ----

struct kit_advice {
    char text[6][240];
    unsigned count;
};
struct kit_case {
    const struct kit_options *options;
    const struct kit_round *round;
    const struct kit_board *board, *golden_board; // golden: NULL
    struct fb_session *session, *golden_session;
    struct fb_history *empty, *golden_empty; // without a session
    struct fb_trial *trial, *golden;
    struct kit_ending ending;
    struct kit_report report;
    char *answers; // the file; NULL: not read yet
    char *source;  // the file that was read last, or NULL
    struct kit_advice advice;
    char last_answer[200];
    char files[KIT_PATH_BYTES];
};
// Opens the traces that are there. Errors: those of fb_session_open.
int kit_case_open(struct kit_case *c, const char *trace, const char *golden,
                  char *why, size_t why_bytes);
void kit_case_close(struct kit_case *c);
// Judges: the exercise's claims, then how the run ended.
int kit_case_judge(struct kit_case *c);
// Fails the trial if the run ended in a way that claims nothing.
void kit_judge_ending(struct kit_case *c);
// What to do now; "" for what is no X.
const char *kit_help(const struct fb_verdict *v);

// ---- the whole ----

struct kit_result {
    bool failed;
    struct kit_case *c; // of the failing run; NULL: none has failed
    char order[32];
    unsigned runs;
};
// Asks for the lines of the learner's file, one by one, on standard input and
// output, until it passes. Errors: -errno; -ENOTSUP: the exercise has none.
int kit_ask(const struct kit_options *options, int *ret_failed);
// Plays once, in this process, for who watches it. Returns an exit status: 0 it
// has come to its end, 1 it was interrupted or nothing could ever happen again,
// 2 it cannot be played (said on standard error). Errors: -EINVAL its order is
// none, -ENOMEM.
int kit_stage(const struct kit_options *options);
// What play.c needs of it then: whether to give up standing, what is said of a
// stall, and that the trace can be opened now.
bool kit_stage_is_over(void *unused);
void kit_stage_stalled(struct fb_runtime *rt, void *unused);
int kit_stage_ready(const struct kit_options *options);
// Plays and judges until a run fails. Errors: -errno, said on standard error.
int kit_rounds(const struct kit_options *options, int *ret_failed);
int kit_verdict_write(const struct kit_options *options, struct kit_case *c,
                      const struct kit_advice *advice, const char *order,
                      unsigned runs, unsigned run_ms);

#endif
