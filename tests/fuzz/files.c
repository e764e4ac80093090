// Problem: bytes changed at random in a packed file are caught by its checksum,
//     and in a ring mostly hit an event's time: what decides is seldom met.
// Idea: damage where decisions are taken (lengths, counts, offsets, heads,
//     numbers, ids), with the values at which arithmetic turns over; a recording
//     is unpacked for it and packed again. Bytes at random come as well.
#include "files.h"
#include "fuzz.h"

#include "../sim/run.h" // viz has one of that name, too
#include "fishbowl/trace/reader.h"
#include "random_events.h"
#include "recording.h"
#include "scene.h"
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { KEPT = 1 << 13, PREFIX = 16, PLAIN_MAX = 1 << 22, NAMES = 64 };

static struct file honest[FILE_FORMS];
static uint8_t *records; // what the honest recording holds, unpacked
static size_t records_len;
static struct fb_event kept[KEPT];
static size_t kept_count;

const char *file_form_name(enum file_form form) {
    static const char *const names[FILE_FORMS] = {"ring", "wrapped", "rows",
                                                  "recording"};

    return names[form];
}

// ---- the honest ones ----

static void keep(void *arg, uint64_t number, const struct fb_event *e) {
    (void)arg;
    (void)number;
    if (kept_count < KEPT) {
        kept[kept_count++] = *e;
    }
}

static struct file slurp(const char *path) {
    FILE *f = fopen(path, "rb");
    struct file file;
    long len;

    FUZZ_REQUIRE(f != NULL && fseek(f, 0, SEEK_END) == 0);
    len = ftell(f);
    FUZZ_REQUIRE(len > 0 && fseek(f, 0, SEEK_SET) == 0);
    file = (struct file){malloc((size_t)len), (size_t)len, (size_t)len};
    FUZZ_REQUIRE(file.bytes != NULL);
    FUZZ_REQUIRE(fread(file.bytes, 1, file.len, f) == file.len);
    FUZZ_REQUIRE(fclose(f) == 0);
    return file;
}

static struct file simulated(const char *path, uint64_t ring_events) {
    const struct run_options o = {.crowd = {.clients = 12, .alive = 4},
                                  .net = {.buffer_bytes = 64},
                                  .handler = &greeter_named,
                                  .seed = 5,
                                  .traced = true,
                                  .ring_events = ring_events,
                                  .keep = path,
                                  .on_event = keep};
    struct run_result r;

    kept_count = 0;
    run_simulation(&o, &r);
    FUZZ_REQUIRE(r.failure[0] == '\0');
    FUZZ_REQUIRE(kept_count == r.events && kept_count < KEPT);
    return slurp(path);
}

static struct file several_rings(void) {
    struct scene s;
    struct file file;

    scene_open_workers(&s, 256, 3);
    scene_listen(&s);
    for (int i = 0; i < 20; i++) {
        uint32_t task;

        s.worker = (uint32_t)i % 3;
        task = scene_connect(&s, 7 + i, "Ada 127.0.0.1:50001");
        if (i % 2 == 0) {
            scene_talk(&s, task, 7 + i, 4);
        }
    }
    scene_census(&s, 2, 7, "Ada 127.0.0.1:50001");
    scene_end(&s);
    file = slurp(s.path);
    scene_close(&s);
    return file;
}

// Of the events kept last, with the names of the trace at `path`.
static struct file recorded(const char *ring_path, const char *path) {
    const struct fb_recording_head head = {
        .pid = 4242, .workers = 1, .program = "greeter", .address = "here"};
    struct fb_trace_reader names;
    struct fb_recording_writer *w;

    FUZZ_REQUIRE(fb_trace_reader_open(&names, ring_path, false) == 0);
    FUZZ_REQUIRE(fb_recording_create(&w, path, &head) == 0);
    for (uint32_t i = 1; i < NAMES; i++) {
        const struct fb_trace_place p = fb_trace_reader_place(&names, i);

        FUZZ_REQUIRE(strcmp(p.name, "?") == 0 ||
                     fb_recording_name(w, i, p.name, p.file, p.line, p.size) ==
                         0);
    }
    FUZZ_REQUIRE(fb_recording_source(w, "server/named.c", "int x;\n", 7) == 0);
    for (size_t at = 0; at < kept_count; at += 100) {
        const size_t n = kept_count - at < 100 ? kept_count - at : 100;
        const uint64_t lost = at >= 1000 ? 50 : 0;

        FUZZ_REQUIRE(fb_recording_events(w, at + 1 + lost, kept + at, n) == 0);
        FUZZ_REQUIRE(fb_recording_flush(w) == 0);
    }
    FUZZ_REQUIRE(fb_recording_finish(w, FB_RECORDING_CLOSED) == 0);
    fb_trace_reader_close(&names);
    return slurp(path);
}

static size_t unpack(const struct file *file, uint8_t *out) {
    ZSTD_DCtx *zstd = ZSTD_createDCtx();
    ZSTD_inBuffer in = {file->bytes, file->len, PREFIX};
    ZSTD_outBuffer to = {out, PLAIN_MAX, 0};

    FUZZ_REQUIRE(zstd != NULL && file->len > PREFIX);
    FUZZ_REQUIRE(ZSTD_decompressStream(zstd, &to, &in) == 0);
    ZSTD_freeDCtx(zstd);
    return to.pos;
}

void files_make(void) {
    char ring[] = "/tmp/fishbowl-files-XXXXXX";
    char packed[] = "/tmp/fishbowl-files-XXXXXX";
    const int fds[] = {mkstemp(ring), mkstemp(packed)};

    FUZZ_REQUIRE(fds[0] >= 0 && fds[1] >= 0);
    (void)close(fds[0]);
    (void)close(fds[1]);
    honest[FILE_WRAPPED] = simulated(ring, 1024);
    honest[FILE_RING] = simulated(ring, KEPT);
    honest[FILE_ROWS] = several_rings();
    honest[FILE_RECORDING] = recorded(ring, packed);
    (void)unlink(ring);
    (void)unlink(packed);
    records = malloc(PLAIN_MAX);
    FUZZ_REQUIRE(records != NULL);
    records_len = unpack(&honest[FILE_RECORDING], records);
    honest[FILE_RECORDING].plain = records_len;
}

const struct file *files_honest(enum file_form form) {
    return &honest[form];
}

// ---- damage ----

static uint64_t nasty(uint64_t *random) {
    static const uint64_t edges[] = {0,
                                     1,
                                     UINT8_MAX,
                                     INT16_MAX,
                                     UINT16_MAX,
                                     INT32_MAX,
                                     UINT32_MAX,
                                     1ull << 32,
                                     INT64_MAX,
                                     1ull << 63,
                                     UINT64_MAX,
                                     FB_RECORDING_RECORD_BYTES,
                                     FB_TRACE_PAGE_BYTES};
    const size_t count = sizeof edges / sizeof edges[0];
    const uint64_t edge = edges[random_next(random) % count];

    return random_next(random) % 2 ? edge + random_next(random) % 9 - 4
                                   : random_next(random) % 300;
}

// A word of 2, 4 or 8 bytes somewhere in the first `area` bytes.
static void damage_word(uint8_t *bytes, size_t area, uint64_t *random) {
    const size_t width = (size_t)2 << random_next(random) % 3;
    const uint64_t value = nasty(random);

    if (area >= 8) {
        memcpy(bytes + random_next(random) % (area / width) * width, &value,
               width);
    }
}

static void damage_bytes(uint8_t *bytes, size_t len, uint64_t *random) {
    const size_t at = random_next(random) % len;
    const size_t from = random_next(random) % len;
    size_t most = len - (at > from ? at : from);

    switch (random_next(random) % 4) {
    case 0: bytes[at] ^= (uint8_t)(1u << random_next(random) % 8); break;
    case 1: bytes[at] = (uint8_t)random_next(random); break;
    default: // a piece of it stands somewhere else
        most = most < 400 ? most : 400;
        memmove(bytes + at, bytes + from, random_next(random) % (most + 1));
    }
}

// One of them becomes another, or wild, or has another id.
static void damage_event(uint8_t *events, size_t count, uint64_t *random) {
    uint8_t *a = events + random_next(random) % count * sizeof(struct fb_event);
    uint8_t *b = events + random_next(random) % count * sizeof(struct fb_event);
    struct fb_event e;

    switch (random_next(random) % 4) {
    case 0:
        e = random_event(random);
        memcpy(a, &e, sizeof e);
        break;
    case 1: memmove(a, b, sizeof e); break;
    case 2: memmove(a + 12, b + 12, 4); break; // subject
    default: damage_word(a, sizeof e, random); break;
    }
}

// The header, a ring's page, a number in a column, the table, an event.
static void damage_ring(uint8_t *bytes, const struct fb_trace_header *h,
                        uint64_t *random) {
    uint8_t *ring = bytes + h->rings_offset +
                    random_next(random) % h->ring_count * h->ring_stride;
    uint8_t *slots = ring + FB_TRACE_PAGE_BYTES;

    switch (random_next(random) % 8) {
    case 0: // seldom: most of it is refused
        if (random_next(random) % 4 == 0) {
            damage_word(bytes, sizeof *h, random);
        }
        break;
    case 1: damage_word(ring, 8, random); break;
    case 2: damage_word(bytes + h->table_offset, 1024, random); break;
    case 3: damage_bytes(bytes + h->strings_offset, 1024, random); break;
    case 4:
        if (h->ring_count > 1) {
            damage_word(slots + h->ring_capacity * sizeof(struct fb_event),
                        h->ring_capacity * 8, random);
            break;
        }
        __attribute__((fallthrough));
    default: damage_event(slots, 200, random); break;
    }
}

// The place of a record that is chosen at random, and how long it is.
static uint8_t *a_record(uint8_t *bytes, size_t len, uint64_t *random,
                         size_t *ret_len) {
    size_t at = 0, chosen = 0, seen = 0;
    uint32_t payload;

    *ret_len = 0;
    while (len - at >= 8) {
        memcpy(&payload, bytes + at + 4, sizeof payload);
        if (payload > len - at - 8) {
            break;
        }
        if (random_next(random) % ++seen == 0) {
            chosen = at;
            *ret_len = 8 + payload;
        }
        at += 8 + payload;
    }
    return bytes + chosen;
}

static void damage_records(uint8_t *bytes, size_t len, uint64_t *random) {
    size_t one, other;
    uint8_t *a = a_record(bytes, len, random, &one);
    uint8_t *b = a_record(bytes, len, random, &other);
    uint8_t copy[8];

    if (one < 48) {
        damage_word(bytes, len, random);
        return;
    }
    switch (random_next(random) % 7) {
    case 0: damage_word(a, 8, random); break;      // kind, length
    case 1: damage_word(a + 8, 32, random); break; // what it begins with
    case 2:                                        // another kind's payload
        memcpy(copy, b, 4);
        memcpy(a, copy, 4);
        break;
    case 3: damage_bytes(a, one, random); break;
    case 4: memmove(a, b, one < other ? one : other); break; // said twice
    default: damage_event(a + 16, (one - 16) / 32, random); break;
    }
}

// Packs `records` behind the head of the honest file.
static struct file pack(const uint8_t *plain, size_t len) {
    ZSTD_CCtx *zstd = ZSTD_createCCtx();
    struct file f = {.plain = len};
    ZSTD_inBuffer in = {plain, len, 0};
    ZSTD_outBuffer out;

    f.len = PREFIX + ZSTD_compressBound(len);
    f.bytes = malloc(f.len);
    FUZZ_REQUIRE(zstd != NULL && f.bytes != NULL);
    memcpy(f.bytes, honest[FILE_RECORDING].bytes, PREFIX);
    out = (ZSTD_outBuffer){f.bytes, f.len, PREFIX};
    (void)ZSTD_CCtx_setParameter(zstd, ZSTD_c_checksumFlag, 1);
    FUZZ_REQUIRE(ZSTD_compressStream2(zstd, &out, &in, ZSTD_e_end) == 0);
    ZSTD_freeCCtx(zstd);
    f.len = out.pos;
    return f;
}

static struct file damaged_recording(uint64_t *random) {
    uint8_t *plain;
    struct file f;

    plain = malloc(records_len);
    FUZZ_REQUIRE(plain != NULL);
    memcpy(plain, records, records_len);
    for (uint32_t n = random_next(random) % 12; n > 0; n--) {
        damage_records(plain, records_len, random);
    }
    f = pack(plain, records_len);
    free(plain);
    return f;
}

struct file files_damaged(enum file_form form, uint64_t seed) {
    uint64_t random = (seed + 1) * 0x9e3779b97f4a7c15u | 1;
    const struct file *from = &honest[form];
    struct file f;

    if (form == FILE_RECORDING && random_next(&random) % 8 != 0) {
        f = damaged_recording(&random);
    } else {
        f = (struct file){malloc(from->len), from->len, from->plain};
        FUZZ_REQUIRE(f.bytes != NULL);
        memcpy(f.bytes, from->bytes, f.len);
        for (uint32_t n = random_next(&random) % 30; n > 0; n--) {
            if (form == FILE_RECORDING || random_next(&random) % 16 == 0) {
                damage_bytes(f.bytes, f.len, &random);
            } else {
                damage_ring(f.bytes, (const void *)from->bytes, &random);
            }
        }
    }
    if (random_next(&random) % 6 == 0) { // cut off
        f.len = random_next(&random) % (f.len + 1);
    }
    return f;
}
