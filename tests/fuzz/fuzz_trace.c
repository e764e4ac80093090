// Fuzz entry: any bytes as a trace file, packed: a zero stands before how many
// more zeros follow it. A file of three pages is some hundred bytes then, and
// what libFuzzer changes is what the reader decides by.
//
// What must hold of a file is tests/trace/fuzz_reader.c, which is compiled
// beside this under the name fuzz_trace_file.
#include "fuzz.h"

#include "fishbowl/trace/format.h"
#include "pack.h"

#include <string.h>

int fuzz_trace_file(const uint8_t *data, size_t size);

enum { FILE_MAX = 64 << 10 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static uint8_t file[FILE_MAX];

    return fuzz_trace_file(file, fuzz_unpack(data, size, file, FILE_MAX));
}

#ifdef FUZZ_LIBFUZZER
// Changes a number where numbers are: in the header, in a ring's page. Bytes at
// random come after that.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed) {
    static const uint64_t nasty[] = {
        0,    1,         2,          7,         8,          4096,
        4097, INT32_MAX, UINT32_MAX, INT64_MAX, UINT64_MAX, UINT64_MAX - 7};
    static uint8_t file[FILE_MAX];
    size_t bytes = fuzz_unpack(data, size, file, FILE_MAX), packed, at;
    const size_t header = sizeof(struct fb_trace_header);
    uint64_t value = nasty[seed % (sizeof nasty / sizeof nasty[0])];

    if (seed % 3 == 0 || bytes < header + 8) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    at = (seed / 16 % 4 == 0 ? seed / 64 % (bytes - 8) : seed / 64 % header) &
         ~(size_t)3;
    if (seed % 3 == 1) {
        memcpy(file + at, &value, seed / 7 % 2 ? 8 : 4);
    } else {
        (void)LLVMFuzzerMutate(file + at, 8, 8);
    }
    packed = fuzz_pack(file, bytes, data, max_size);
    return packed > 0 ? packed : size;
}
#endif
