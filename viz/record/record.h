// Recording a live program, losing nothing: `fishbowl record`.
#ifndef FISHBOWL_RECORD_H
#define FISHBOWL_RECORD_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb_record_options {
    const char *trace;      // path of the live trace
    const char *out;        // the recording
    const char *source_dir; // searched first for source; NULL none
    uint64_t most_events;   // ends after so many; 0: no bound
    uint64_t most_ns;       // ends after so long; 0: no bound
    const volatile sig_atomic_t *interrupted; // ends it in good order
    // Called about once a second, and at the end. May be NULL.
    void (*progress)(void *arg, uint64_t events, uint64_t bytes);
    void *progress_arg;
};

struct fb_record_result {
    uint64_t first, last; // event numbers; 0: none
    uint64_t events, lost, bytes;
    bool program_ended;
};

// Records until the program ends or a bound is met. Errors: -EBUSY another
// recorder has it, -ENOTSUP it is not live or cannot be controlled, -ETIMEDOUT
// it does not answer, those of fb_trace_reader_open and fb_recording_create; on
// an error of writing (-ENOSPC) *ret_result says how far it came, and the file
// holds that. `why` gets the reason.
__attribute__((warn_unused_result)) int
fb_record(const struct fb_record_options *options,
          struct fb_record_result *ret_result, char *why, size_t why_bytes);

// The verb. Returns an exit status: 0, 1, 2.
int fb_record_main(int argc, char **argv);

#endif
