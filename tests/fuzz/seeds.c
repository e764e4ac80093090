// Writes the seeds that no fuzzer would find by itself: real events of a
// simulated greeter for `model`, a small but whole trace file for `trace`, and
// the records of a recording for `recording`.
// usage: fuzz_seeds CORPUS     (run it again when the format changes)
#include "fuzz.h"

#include "pack.h"
#include "run.h"

#include <string.h>

enum { KEPT = 4096, PIECE = 48, FILE_EVENTS = 8 };

static struct fb_event kept[KEPT];
static size_t kept_count;

static void keep(void *arg, uint64_t number, const struct fb_event *e) {
    (void)arg;
    (void)number;
    if (kept_count < KEPT) {
        kept[kept_count++] = *e;
    }
}

static void write_seed(const char *corpus, const char *name,
                       const uint8_t *bytes, size_t len) {
    char path[4096];
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/%s", corpus, name);
    file = fopen(path, "wb");
    FUZZ_REQUIRE(file != NULL);
    FUZZ_REQUIRE(fwrite(bytes, 1, len, file) == len);
    FUZZ_REQUIRE(fclose(file) == 0);
}

// One run of three clients, cut into pieces: the first begins with event 1.
static void write_model_seeds(const char *corpus,
                              const struct greeter_handler *handler) {
    const struct run_options o = {.crowd = {.clients = 3, .alive = 2},
                                  .net = {.buffer_bytes = 64},
                                  .handler = handler,
                                  .seed = 5,
                                  .traced = true,
                                  .ring_events = KEPT,
                                  .on_event = keep};
    struct run_result r;

    kept_count = 0;
    run_simulation(&o, &r);
    FUZZ_REQUIRE(r.failure[0] == '\0');
    for (size_t at = 0; at < kept_count; at += PIECE) {
        size_t count = kept_count - at < PIECE ? kept_count - at : PIECE;
        uint8_t bytes[2 + PIECE * sizeof kept[0]] = {at > 0, 20};
        char name[64];

        memcpy(bytes + 2, kept + at, count * sizeof kept[0]);
        (void)snprintf(name, sizeof name, "model/seed_%s_%zu", handler->name,
                       at / PIECE);
        write_seed(corpus, name, bytes, 2 + count * sizeof kept[0]);
    }
}

// The regions in another order than the writer's, and no control page.
static void write_trace_seed(const char *corpus) {
    static uint8_t file[4 * FB_TRACE_PAGE_BYTES], packed[sizeof file];
    const uint64_t ring = FB_TRACE_PAGE_BYTES,
                   stride = ring + FILE_EVENTS * sizeof kept[0],
                   table = ring + stride, strings = table + 64;
    struct fb_trace_header h = {
        .version = FB_TRACE_VERSION,
        .byte_order = FB_TRACE_BYTE_ORDER,
        .event_bytes = sizeof kept[0],
        .file_bytes = strings + 64,
        .table_offset = table,
        .table_entry_bytes = sizeof(struct fb_trace_entry),
        .table_capacity = 4,
        .strings_offset = strings,
        .strings_bytes = 64,
        .rings_offset = ring,
        .ring_stride = stride,
        .ring_capacity = FILE_EVENTS,
        .ring_count = 1,
        .program = "serve",
        .table_count = 2,
    };
    const struct fb_trace_entry entry = {1, 7, 20, 120};
    const uint64_t head = FILE_EVENTS + 3; // it has wrapped

    memcpy(h.magic, FB_TRACE_MAGIC, sizeof h.magic);
    memcpy(file, &h, sizeof h);
    memcpy(file + ring, &head, sizeof head);
    memcpy(file + ring + FB_TRACE_PAGE_BYTES, kept,
           FILE_EVENTS * sizeof kept[0]);
    memcpy(file + table + sizeof entry, &entry, sizeof entry);
    memcpy(file + strings, "\0greet\0named.c", 15);
    write_seed(corpus, "trace/seed_wrapped", packed,
               fuzz_pack(file, h.file_bytes, packed, sizeof packed));
    write_seed(corpus, "trace/seed_cut", packed,
               fuzz_pack(file, table - 40, packed, sizeof packed));
}

static size_t put_record(uint8_t *at, uint32_t kind, const void *fixed,
                         size_t fixed_len, const void *rest, size_t rest_len) {
    const uint32_t len = (uint32_t)(fixed_len + rest_len);

    memcpy(at, &kind, sizeof kind);
    memcpy(at + 4, &len, sizeof len);
    memcpy(at + 8, fixed, fixed_len);
    memcpy(at + 8 + fixed_len, rest, rest_len);
    return 8 + len;
}

// One record of each kind: whole, and cut off in its middle.
static void write_recording_seeds(const char *corpus) {
    static const uint32_t head[8] = {4242, 0, 1, sizeof kept[0], 1, 0, 1, 0};
    static const uint32_t name[3] = {1, 12, 99};
    static const uint64_t events = 1, gap[2] = {4, 9}, end[2] = {1, 3};
    uint8_t bytes[600] = {0, 0};
    size_t len = 2;

    len += put_record(bytes + len, 1, head, sizeof head, "serve\0here", 11);
    len += put_record(bytes + len, 2, name, sizeof name, "greet\0named.c", 14);
    len += put_record(bytes + len, 3, "named.c", 8, "int x;\n", 7);
    len += put_record(bytes + len, 4, &events, 8, kept, 3 * sizeof kept[0]);
    len += put_record(bytes + len, 5, gap, sizeof gap, "", 0);
    len += put_record(bytes + len, 77, "a later version's", 17, "", 0);
    len += put_record(bytes + len, 6, end, sizeof end, "", 0);
    write_seed(corpus, "recording/seed_whole", bytes, len);
    bytes[1] = 100;
    write_seed(corpus, "recording/seed_cut", bytes, len);
}

int main(int argc, char **argv) {
    if (argc != 2) {
        fprintf(stderr, "usage: fuzz_seeds CORPUS\n");
        return 2;
    }
    write_model_seeds(argv[1], &greeter_inline);
    write_model_seeds(argv[1], &greeter_states);
    write_model_seeds(argv[1], &greeter_named);
    write_trace_seed(argv[1]);
    write_recording_seeds(argv[1]);
    return 0;
}
