// Recording a live program, losing nothing: `fishbowl record`.
#ifndef FISHBOWL_RECORD_H
#define FISHBOWL_RECORD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum fb_record_why { // a recording ended
    FB_RECORD_PROGRAM_CLOSED,
    FB_RECORD_PROGRAM_KILLED,
    FB_RECORD_BOUND,   // the time or the number of events asked for
    FB_RECORD_STOPPED, // `go_on` said so
};

struct fb_record_result {
    uint64_t first, last; // event numbers; 0: none
    uint64_t events, lost, bytes;
    uint64_t waited_ns; // the program waited for us, in all
    uint64_t run_ns;    // since the beginning
    size_t missing;     // source files whose text was not to be had
    size_t changed;     // that were written after the program was started
    enum fb_record_why why;
};

struct fb_record_options {
    const char *trace;      // path of the live trace
    int fd;                 // of the recording, empty; becomes fb_record's
    const char *source_dir; // searched first for source; NULL none
    uint64_t most_events;   // ends after so many; 0: no bound
    uint64_t most_ns;       // ends after so long; 0: no bound
    // Asked at least 50 times a second, and after each signal; false ends the
    // recording in good order. May be NULL.
    bool (*go_on)(void *arg);
    // Called about twice a second. May be NULL.
    void (*progress)(void *arg, const struct fb_record_result *so_far);
    void *arg;
};

// Records until the program ends, a bound is met, or `go_on` says no. Errors:
// -EBUSY another recorder has it, -ENOTSUP it is not live or cannot be
// controlled, -ETIMEDOUT it does not answer, those of fb_trace_reader_open and
// fb_recording_create_in; on an error of writing (-ENOSPC) *ret_result says how
// far it came, and the file holds most of that. `why` gets the reason.
__attribute__((warn_unused_result)) int
fb_record(const struct fb_record_options *options,
          struct fb_record_result *ret_result, char *why, size_t why_bytes);

// The verb. Returns an exit status: 0, 1, 2, or that of the command.
int fb_record_main(int argc, char **argv);
// `serve --record FILE …` as a recording of the greeter; any other `serve` is
// none of its business: -1.
int fb_record_serve(int argc, char **argv);

#endif
