// Files that are mostly zeros, small: each run of zeros is a zero and how many
// more there are (0 to 255). Any bytes unpack to something.
#ifndef FB_TEST_PACK_H
#define FB_TEST_PACK_H

#include <stddef.h>
#include <stdint.h>

// Returns how many bytes came out; stops when `max` are full.
static inline size_t fuzz_unpack(const uint8_t *in, size_t in_len, uint8_t *out,
                                 size_t max) {
    size_t len = 0;

    for (size_t i = 0; i < in_len && len < max; i++) {
        size_t more = in[i] == 0 && i + 1 < in_len ? in[i + 1] : 0;

        out[len++] = in[i];
        i += in[i] == 0; // the count is taken too
        for (; more > 0 && len < max; more--) {
            out[len++] = 0;
        }
    }
    return len;
}

// Returns the packed length, 0 if it is more than `max`.
static inline size_t fuzz_pack(const uint8_t *in, size_t in_len, uint8_t *out,
                               size_t max) {
    size_t len = 0;

    for (size_t i = 0; i < in_len; i++) {
        uint8_t more = 0;

        if (len + 2 > max) {
            return 0;
        }
        out[len++] = in[i];
        if (in[i] == 0) {
            while (more < 255 && i + 1 < in_len && in[i + 1] == 0) {
                more++;
                i++;
            }
            out[len++] = more;
        }
    }
    return len;
}

#endif
