// Drives fuzz_reader.c over some thousand damaged copies of a real trace.
// Usage: fuzz_trace_reader [SEED [ROUNDS]]. Same seed, same files.
#include "fishbowl/trace/writer.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct fb_trace_site sites[] = {
    {.name = "greet", .file = "named.c", .line = 20, .size = 120},
    {.name = "TcpRead", .file = "net.c", .line = 7, .size = 64},
};

static uint64_t next_random(uint64_t *seed) {
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return *seed;
}

enum { RINGS_MOST = 3 };

// A trace in memory with wrapped rings, a census and names; w[0] is its first
// writer.
static void make_trace(struct fb_trace_writer *w, uint32_t rings) {
    const struct fb_trace_options options = {.anonymous = true,
                                             .ring_events = 64,
                                             .rings = rings,
                                             .program = "fuzz"};

    if (fb_trace_open(&w[0], &options) < 0) {
        abort();
    }
    for (uint32_t i = 1; i < rings; i++) {
        if (fb_trace_ring_open(&w[i], &w[0], i) < 0) {
            abort();
        }
    }
    for (uint32_t i = 0; i < 100 * rings; i++) {
        struct fb_trace_writer *at = &w[i * 7 / 3 % rings];
        struct fb_event *e = fb_trace_next(at,
                                           i == 70 * rings || i == 75 * rings
                                               ? FB_EV_CENSUS
                                               : FB_EV_FUTURE_ENTER,
                                           i);

        e->detail = i == 75 * rings ? FB_CENSUS_END : FB_CENSUS_BEGIN;
        e->enter.type = fb_trace_site_index(at, &sites[i % 2]);
        fb_trace_commit(at);
    }
}

// Damages one of the words that say where events are and which they are: a
// ring's head, or a number in its column.
static void mutate_ring(uint8_t *data, uint64_t value, uint64_t *seed) {
    const struct fb_trace_header *h = (const void *)data;
    uint64_t at =
        h->rings_offset + next_random(seed) % h->ring_count * h->ring_stride;

    if (h->ring_count > 1 && next_random(seed) % 4 != 0) {
        at += FB_TRACE_PAGE_BYTES + h->ring_capacity * sizeof(struct fb_event) +
              next_random(seed) % h->ring_capacity * sizeof(uint64_t);
    }
    if (next_random(seed) % 2) {
        memcpy(&value, data + at, sizeof value); // a little wrong
        value += next_random(seed) % 100 - 50;
    }
    memcpy(data + at, &value, sizeof value);
}

// Damages the header most of the time: that is where the decisions are.
static void mutate(uint8_t *data, size_t size, uint64_t *seed) {
    static const uint64_t nasty[] = {
        0,          1,          7,         0x7fffffff,         0x80000000,
        0xffffffff, UINT64_MAX, INT64_MAX, 0x8000000000000000, 4096};
    size_t edits = 1 + next_random(seed) % 4;

    while (edits-- > 0) {
        uint64_t r = next_random(seed);
        size_t area = r % 4 == 0 ? size : sizeof(struct fb_trace_header);
        size_t at = next_random(seed) % (area - 8);
        uint64_t value = nasty[next_random(seed) % 10];

        switch (r >> 8 & 3) {
        case 0: data[at] ^= (uint8_t)(1u << (r >> 16 & 7)); break;
        case 1: data[at] = (uint8_t)(r >> 24); break;
        case 2: memcpy(data + at / 4 * 4, &value, 4); break;
        default: memcpy(data + at / 8 * 8, &value, 8); break;
        }
    }
}

static void fuzz(uint32_t rings, unsigned long rounds, uint64_t *seed) {
    static const uint64_t nasty[] = {0, 1, 64, INT64_MAX, UINT64_MAX};
    struct fb_trace_writer w[RINGS_MOST];
    uint8_t *data;

    make_trace(w, rings);
    data = malloc(w->map_bytes);
    if (!data) {
        abort();
    }
    for (size_t size = 0; size < w->map_bytes; size += 4096) {
        LLVMFuzzerTestOneInput((const uint8_t *)w->header, size);
    }
    for (unsigned long i = 0; i < 300; i++) {
        LLVMFuzzerTestOneInput((const uint8_t *)w->header,
                               next_random(seed) % w->map_bytes);
    }
    for (unsigned long i = 0; i < rounds; i++) {
        memcpy(data, w->header, w->map_bytes);
        for (uint64_t k = next_random(seed) % 20; k > 10; k--) {
            mutate_ring(data, nasty[next_random(seed) % 5], seed);
        }
        if (next_random(seed) % 2) {
            mutate(data, w->map_bytes, seed);
        }
        LLVMFuzzerTestOneInput(data, w->map_bytes);
    }
    free(data);
    fb_trace_close(w, false);
}

int main(int argc, char **argv) {
    uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 0x66697368;
    unsigned long rounds = argc > 2 ? strtoul(argv[2], NULL, 0) : 3000;

    printf("seed %#llx, %lu rounds\n", (unsigned long long)seed, rounds);
    seed = seed ? seed : 1; // xorshift stays at 0
    for (uint32_t rings = 1; rings <= RINGS_MOST; rings++) {
        fuzz(rings, rounds, &seed);
    }
    return 0;
}
