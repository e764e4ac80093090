// The control page: how a viewer runs, slows, stops and steps a program.
//
// One viewer at a time owns it (`viewer_pid`, claimed by compare-exchange).
// The owner makes `sequence` odd, writes its wish, makes `sequence` even again
// (one more), wakes the futex word and rings the bell (a FIFO beside the trace,
// "<trace>.bell") so that a parked executor looks. The executor looks between
// two polls; while a step is under way its writer also looks after each event.
// While stopped, nothing is polled and the runtime's clock stands still.
//
// An owner must refresh `beat_ns` at least every 250 ms. An executor that has
// stood still for FB_CONTROL_BEAT_LIMIT_NS without a beat, or whose owner's
// process is gone, takes the page back and runs on: a dead viewer never leaves
// a program stopped.
#ifndef FISHBOWL_TRACE_CONTROL_H
#define FISHBOWL_TRACE_CONTROL_H

#include "fishbowl/trace/format.h"
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#define FB_CONTROL_BEAT_LIMIT_NS 800000000ull
// A recorder may be held up by its disk.
#define FB_RECORDER_LIMIT_NS 5000000000ull
// In the environment of a program that is started to be recorded: the process
// id of its recorder. It waits for it, at most so long, when it opens a trace.
#define FB_RECORDER_VARIABLE "FISHBOWL_RECORDER"

enum fb_control_mode {
    FB_CONTROL_RUN,
    FB_CONTROL_STOP, // stand still, or run until `step` is met, then stop
    FB_CONTROL_SLOW, // run, waiting `delay_ns` before each event
};

enum fb_control_step {
    FB_STEP_NONE,  // stop at once (between two polls)
    FB_STEP_EVENT, // after one more event
    FB_STEP_POLL,  // after the next POLL_END
    FB_STEP_WAKE,  // after the next WAKE
    FB_STEP_TASK,  // after the next event about task `step_task`
    FB_STEP_TURN,  // after the next UNPARK
};

// What became of a choice.
enum fb_choice_answer {
    FB_CHOICE_NONE,    // there was none, or it was taken back
    FB_CHOICE_TAKEN,   // it is polled next
    FB_CHOICE_WAITING, // no: of several workers, each polls only who is woken
    FB_CHOICE_OVER,    // no: it is complete
    FB_CHOICE_NO_TASK, // no: there is no such task
    FB_CHOICE_UNABLE,  // no: this program does not let anybody choose
    FB_CHOICE_ANSWERS
};

enum { FB_CONTROL_BREAKS = 8 }; // breakpoints at once

// A breakpoint: stop after an event that meets all that it names. All zero:
// none.
struct fb_trace_break {
    uint64_t kinds; // bit per fb_event_kind; 0: any
    uint32_t task;  // it is about this task; 0: any
    uint32_t line;  // it is a FUTURE_ENTER, by an await at this line …
    uint32_t place; // … of the file of this entry of the table
};

struct fb_trace_control {
    // ---- written by the owning viewer ----
    _Atomic uint32_t sequence;   // of wishes: odd while one is written; futex
    _Atomic uint32_t mode;       // enum fb_control_mode
    _Atomic uint32_t step;       // enum fb_control_step, with STOP
    _Atomic uint32_t step_task;  // for FB_STEP_TASK
    _Atomic uint32_t viewer_pid; // owner; 0 none
    _Atomic uint32_t census_wanted; // any viewer: fetch_add 1, then ring
    _Atomic uint64_t beat_ns;       // CLOCK_MONOTONIC
    _Atomic uint64_t delay_ns;      // for FB_CONTROL_SLOW
    _Atomic uint64_t break_kinds;   // bit per fb_event_kind: stop after it
    _Atomic uint32_t break_task;    // only if it is about this task; 0 any.
                                    // Without kinds: any event about it
    _Atomic uint32_t enabled;       // 0: the global off switch
    _Atomic uint32_t choose_task;   // poll this one next; 0: no longer
    _Atomic uint32_t choose_wanted; // + 1 with each choice; part of a wish
    _Atomic uint32_t move_wanted; // + 1 with each mode or step; part of a wish
    uint8_t pad0[52];
    // ---- written by the executor ----
    _Atomic uint32_t stopped;     // 1 while it stands still
    _Atomic uint32_t wait_viewer; // 1: started with --stopped, waits for one
    _Atomic uint32_t census_done; // last census_wanted answered
    _Atomic uint32_t sequence_seen;
    _Atomic uint64_t stopped_after; // number of the event it stands after
    _Atomic uint64_t stopped_ns;    // how long it has stood still, in all
    _Atomic uint32_t choose_done;   // last choose_wanted answered
    _Atomic uint32_t choose_answer; // enum fb_choice_answer
    // ---- written by the owning viewer ----
    struct { // as struct fb_trace_break, besides break_kinds and break_task
        _Atomic uint64_t kinds;
        _Atomic uint32_t task, line, place, pad;
    } breaks[FB_CONTROL_BREAKS];
    // ---- written by the recorder, if there is one (recorder.c) ----
    uint8_t pad1[64];
    _Atomic uint32_t recorder_pid;      // 0 none; the executor strikes it off
    _Atomic uint32_t recorder_progress; // +1 whenever it took some; futex
    _Atomic uint64_t recorder_beat_ns;  // CLOCK_MONOTONIC
    _Atomic uint64_t taken[FB_TRACE_RINGS_MAX]; // places of each ring that it
                                                // has: they may be overwritten
    // ---- written by the executor ----
    _Atomic uint32_t recorder_waiting; // rings that wait for room now
    uint32_t pad2;
    _Atomic uint64_t recorder_waited_ns; // how long they have waited, in all
};

_Static_assert(sizeof(struct fb_trace_control) <= 4096,
               "the control page is one page");

// The task an event is about, as far as it says; 0 none.
uint32_t fb_trace_event_task(const struct fb_event *event);
// Whether `event` ends such a step: the one definition of a step. Events of a
// census end none.
bool fb_trace_event_ends(const struct fb_event *event,
                         enum fb_control_step step, uint32_t task);

// Whether `event` meets all that the break names but the file of its line: that
// is the caller's to compare. Events of a census meet none.
bool fb_trace_event_meets(const struct fb_event *event,
                          const struct fb_trace_break *brk);

#endif
