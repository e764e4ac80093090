// Recordings of known traces: what lies in the rings of a file, written as
// `fishbowl record` writes it, whole or with something amiss.
#ifndef FISHBOWL_TESTS_RERECORD_H
#define FISHBOWL_TESTS_RERECORD_H

#include "recording.h"

struct rerecord {
    const char *ring;   // the trace
    const char *prefix; // before the name of each of its files; NULL: none
    // The text of its files: the file's own name and a number in each line.
    bool with_sources;
    enum fb_recording_end end;
    bool no_end;                    // as if its recorder had been killed
    uint64_t lost_first, lost_last; // these events are left out; 0: none
    size_t group;                   // events in a record; 0: 1000
};

// Writes the recording; fails the test if that cannot be done.
void rerecord(const struct rerecord *how, const char *path);

#endif
