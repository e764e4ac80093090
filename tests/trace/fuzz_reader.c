// Fuzz entry: any bytes as a trace file. Opens, reads, syncs and names all
// there is; the only wrong answer is a crash or a lie about bounds.
//
// fuzz_main.c drives it with damaged copies of a real trace, tests/fuzz with
// packed files of its own.
#include "fishbowl/trace/merge.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void require(int condition) {
    if (!condition) {
        abort();
    }
}

static void read_ring(const struct fb_trace_reader *r, uint32_t ring) {
    struct fb_event events[64];
    uint64_t sync = fb_trace_reader_sync(r, ring);
    uint64_t head = fb_trace_reader_head(r, ring);
    uint64_t next = fb_trace_reader_tail(r, ring);

    require(next >= 1 && next <= head + 1);
    require(sync <= head || head == 0);
    for (int rounds = 0; rounds < 64; rounds++) {
        uint64_t first;
        size_t n = fb_trace_reader_read(r, ring, next, events, 64, &first);

        require(n <= 64 && first >= next);
        require(n == 0 || first + n - 1 <= head);
        if (n == 0) {
            break;
        }
        next = first + n;
    }
}

// All rings as one row: numbers only rise, and it ends, however they lie.
static void read_row(const struct fb_trace_reader *r) {
    struct fb_event events[64];
    struct fb_trace_merge *m;
    uint64_t next, first;
    int rounds = 0;
    size_t n;

    require(fb_trace_merge_open(&m, r) == 0);
    (void)fb_trace_merge_sync(m);
    (void)fb_trace_merge_head(m);
    next = fb_trace_merge_tail(m);
    require(next >= 1 && next - 1 <= INT64_MAX);
    do {
        n = fb_trace_merge_read(m, next, events, 64, &first);
        require(n <= 64 && first >= next && first - 1 <= INT64_MAX);
        next = first + n;
        // A hole ends a piece: no more pieces than there are slots.
    } while (n > 0 && ++rounds < 1000);
    require(rounds < 1000);
    fb_trace_merge_close(m);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fb_trace_reader r;
    char path[64];
    size_t letters = 0;
    int fd = memfd_create("fuzz", MFD_CLOEXEC);

    require(fd >= 0);
    require(write(fd, data, size) == (ssize_t)size);
    (void)snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fb_trace_reader_open(&r, path, true) < 0) {
        require(r.reason[0] != '\0' && r.fd == -1 && !r.table);
    } else {
        for (uint32_t i = 0; i < r.header.ring_count && i < 4; i++) {
            read_ring(&r, i);
        }
        read_row(&r);
        for (uint32_t i = 0; i < 80; i++) {
            struct fb_trace_place p = fb_trace_reader_place(&r, i);

            letters += strlen(p.name) + strlen(p.file);
        }
        (void)fb_trace_reader_place(&r, UINT32_MAX);
        require(letters > 0);
        require(strlen(r.header.program) < sizeof r.header.program);
    }
    fb_trace_reader_close(&r);
    (void)close(fd);
    return 0;
}
