// What the fuzzers share: a claim that must hold, and bytes taken one by one.
//
// A fuzzer is one file with LLVMFuzzerTestOneInput: libFuzzer calls it with
// inputs that it invents (preset `fuzz`), replay.c with those of the corpus.
#ifndef FB_TEST_FUZZ_H
#define FB_TEST_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
// libFuzzer's own; a fuzzer that knows its input's shape may define these.
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed);
int LLVMFuzzerInitialize(int *argc, char ***argv);

// Aborts, so that libFuzzer keeps the input and a replay fails.
#define FUZZ_REQUIRE(claim_)                                                   \
    ((claim_) ? (void)0 : fuzz_broken(#claim_, __FILE__, __LINE__))

__attribute__((noreturn)) static inline void
fuzz_broken(const char *claim, const char *file, int line) {
    fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, claim);
    abort();
}

struct fuzz_input {
    const uint8_t *at;
    size_t left;
};

// The next byte; 0 when there is none left.
static inline uint8_t fuzz_byte(struct fuzz_input *in) {
    if (in->left == 0) {
        return 0;
    }
    in->left--;
    return *in->at++;
}

#endif
