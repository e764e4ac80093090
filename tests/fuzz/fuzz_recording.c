// Fuzz entry: any bytes as a recording. What is read keeps its promises: records
// only, numbers that rise, texts that end, and never more memory than one record
// and Zstandard's window.
//
// Input: a byte that says what the rest is. Odd: a file as it is. Even: records,
// which are packed here, for no fuzzer would find its way through a checksum;
// a byte that says where the file is cut off (0: nowhere) comes before them.
#include "fuzz.h"
#include "memory.h"

#include "recording.h"
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include <zstd.h>

enum {
    PREFIX = 16,
    // Two copies of the largest record, the window, and what Zstandard needs.
    MEMORY_MOST = 2 * FB_RECORDING_RECORD_BYTES + (12 << 20),
};

struct bytes {
    uint8_t *at;
    size_t len;
};

static struct bytes pack(const uint8_t *records, size_t len, uint8_t cut) {
    static const uint8_t prefix[PREFIX] = "FISHREC\0\1";
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    struct bytes file = {.len = PREFIX + ZSTD_compressBound(len)};

    file.at = malloc(file.len);
    FUZZ_REQUIRE(zstd != NULL && file.at != NULL);
    memcpy(file.at, prefix, PREFIX);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_compressionLevel, 1);
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_contentSizeFlag, 0);
    file.len = PREFIX + ZSTD_compress2(zstd, file.at + PREFIX,
                                       file.len - PREFIX, records, len);
    ZSTD_freeCCtx(zstd);
    if (cut > 0) {
        file.len -= file.len * cut / 256;
    }
    return file;
}

// Every byte that a record names is looked at: a sanitizer looks, too.
static uint64_t sum(const void *bytes, size_t len) {
    uint64_t all = 0;

    for (size_t i = 0; i < len; i++) {
        all += ((const uint8_t *)bytes)[i];
    }
    return all;
}

static void check_head(const struct fb_recording_head *h) {
    FUZZ_REQUIRE(h->workers <= FB_TRACE_RINGS_MAX);
    (void)sum(h->program, strlen(h->program));
    (void)sum(h->address, strlen(h->address));
}

// `next`: the first number that may come. Returns the one after this record.
static uint64_t check_record(const struct fb_record *r, uint64_t next) {
    switch (r->kind) {
    case FB_RECORD_HEAD: check_head(&r->head); break;
    case FB_RECORD_NAME:
        FUZZ_REQUIRE(r->index <= UINT16_MAX);
        (void)sum(r->name, strlen(r->name));
        (void)sum(r->file, strlen(r->file));
        break;
    case FB_RECORD_SOURCE:
        FUZZ_REQUIRE(r->text_len < FB_RECORDING_RECORD_BYTES);
        (void)sum(r->file, strlen(r->file));
        (void)sum(r->text, r->text_len);
        break;
    case FB_RECORD_EVENTS:
        FUZZ_REQUIRE(r->count > 0 && r->last - r->first + 1 == r->count);
        (void)sum(r->events, r->count * sizeof *r->events);
        __attribute__((fallthrough));
    case FB_RECORD_GAP:
        FUZZ_REQUIRE(r->first >= next && r->first > 0);
        FUZZ_REQUIRE(r->last >= r->first && r->last - 1 < INT64_MAX);
        return r->last + 1;
    case FB_RECORD_END: FUZZ_REQUIRE(r->end <= FB_RECORDING_KILLED); break;
    default: fuzz_broken("a kind that is not known", __FILE__, __LINE__);
    }
    return next;
}

static void read_all(const char *path) {
    const int64_t before = memory_reset();
    struct fb_recording_reader *r;
    struct fb_recording_head head;
    struct fb_record record;
    char why[FB_RECORDING_WHY_BYTES] = "";
    uint64_t next = 1;
    int err = fb_recording_open(&r, path, &head, why, sizeof why);

    FUZZ_REQUIRE(err == 0 || why[0] != '\0');
    if (err == 0) {
        check_head(&head);
        while ((err = fb_recording_read(r, &record)) == 1) {
            next = check_record(&record, next);
        }
        FUZZ_REQUIRE(err == 0 || err == -ENODATA || err == -EBADMSG);
        fb_recording_close(r);
    } else {
        FUZZ_REQUIRE(err == -EINVAL || err == -EPROTO || err == -EBADMSG);
    }
    FUZZ_REQUIRE(memory_peak() - before <= MEMORY_MOST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static int fd = -1; // one file for all inputs
    struct fuzz_input in = {data, size};
    const bool raw = fuzz_byte(&in) % 2 == 1;
    const uint8_t cut = raw ? 0 : fuzz_byte(&in);
    struct bytes file = {(uint8_t *)in.at, in.left};
    char path[64];

    if (fd < 0) {
        fd = memfd_create("fuzz", MFD_CLOEXEC);
    }
    if (!raw) {
        file = pack(in.at, in.left, cut);
    }
    FUZZ_REQUIRE(fd >= 0 && ftruncate(fd, 0) == 0);
    FUZZ_REQUIRE(pwrite(fd, file.at, file.len, 0) == (ssize_t)file.len);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    read_all(path);
    if (!raw) {
        free(file.at);
    }
    return 0;
}

#ifdef FUZZ_LIBFUZZER
// Records are doubled, moved, taken away, or given another kind, length or
// number; what that leaves is bytes as ever.
static size_t mutate_records(uint8_t *at, size_t len, size_t room,
                             unsigned seed) {
    static const uint64_t nasty[] = {0,          1,          7,
                                     8,          16,         (16u << 20) - 1,
                                     16u << 20,  UINT32_MAX, INT64_MAX,
                                     UINT64_MAX, 1ull << 63, 65536};
    const uint64_t value = nasty[seed / 8 % (sizeof nasty / sizeof *nasty)];
    size_t record = 0, next = 0, past = seed / 128 % 64;
    uint32_t payload = 0;

    while (len - next >= 8) { // to the record that is chosen
        memcpy(&payload, at + next + 4, sizeof payload);
        record = next;
        if (payload > len - next - 8 || past-- == 0) {
            break;
        }
        next += 8 + payload;
    }
    next = payload <= len - record - 8 ? record + 8 + payload : len;
    switch (seed % 6) {
    case 0: // gone
        memmove(at + record, at + next, len - next);
        return len - (next - record);
    case 1: // twice
        if (len + (next - record) > room) {
            return len;
        }
        memmove(at + next, at + record, len - record);
        return len + (next - record);
    case 2: at[record] = (uint8_t)(value % 8); return len;
    case 3: memcpy(at + record + 4, &value, 4); return len;
    default: // the first words of the payload
        if (len - record >= 32) {
            memcpy(at + record + 8 + seed / 8192 % 2 * 8, &value,
                   seed % 6 == 4 ? 8 : 4);
        }
        return len;
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed) {
    if (size < 2 + 8 || data[0] % 2 == 1 || seed % 3 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    return 2 + mutate_records(data + 2, size - 2, max_size - 2, seed / 3);
}
#endif
