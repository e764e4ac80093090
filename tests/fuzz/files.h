// Trace files to be damaged, and ways to damage them.
//
// The honest ones come from a simulated greeter: a ring that is whole, one that
// has wrapped, one of several workers, and a recording with names and sources.
// Everything that is made up comes from one number: the same seed, the same
// file.
#ifndef FB_TEST_FILES_H
#define FB_TEST_FILES_H

#include <stddef.h>
#include <stdint.h>

enum file_form {
    FILE_RING,    // whole
    FILE_WRAPPED, // its first events are gone
    FILE_ROWS,    // several rings, each with its column of numbers
    FILE_RECORDING,
    FILE_FORMS,
};

struct file {
    uint8_t *bytes;
    size_t len;
    size_t plain; // what it says when unpacked: `len`, unless it is packed
};

const char *file_form_name(enum file_form form);

// Makes the honest ones, once. Aborts if it cannot.
void files_make(void);
// The honest file; the caller leaves it as it is.
const struct file *files_honest(enum file_form form);
// A damaged copy, the same for the same seed. Ownership: free(bytes).
struct file files_damaged(enum file_form form, uint64_t seed);

#endif
