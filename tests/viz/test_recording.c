// What was recorded comes back: whole, up to where it was cut off, or not at
// all and with a word. No damage makes a reader crash, hang or grow.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "needs.h"
#include "random_events.h"
#include "records.h"
#include "sources.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>

enum { GROUPS = 40, GROUP = 25 };

static char path[] = "/tmp/fishbowl-recording-XXXXXX";
static char *file; // the whole recording
static size_t file_bytes;

static const struct fb_recording_head head = {.pid = 4242,
                                              .flags = 6,
                                              .workers = 2,
                                              .start_realtime_ns = 1234567,
                                              .start_time_ns = 89,
                                              .program = "greeter",
                                              .address = ""};

static struct fb_event event_of(uint64_t number) {
    uint64_t seed = number * 0x9e3779b97f4a7c15u | 1;

    return random_event(&seed);
}

static void write_recording(void) {
    struct fb_recording_head with_address = head;
    struct fb_recording_writer *w;
    struct fb_event events[GROUP];
    uint64_t number = 1;

    assert_int_equal(fb_recording_create(&w, path, &head), 0);
    assert_int_equal(fb_recording_name(w, 1, "greet", "server/named.c", 12, 99),
                     0);
    assert_int_equal(fb_recording_source(w, "server/named.c", "int x;\n\0y", 9),
                     0);
    with_address.address = "127.0.0.1:6142";
    assert_int_equal(fb_recording_head(w, &with_address), 0);
    for (int group = 0; group < GROUPS; group++) {
        for (int i = 0; i < GROUP; i++) {
            events[i] = event_of(number + (uint64_t)i);
        }
        assert_int_equal(fb_recording_events(w, number, events, GROUP), 0);
        assert_int_equal(fb_recording_flush(w), 0);
        number += GROUP + (group == 20 ? 100 : 0); // some were lost
    }
    assert_int_equal(fb_recording_events(w, 5, events, 1), -EINVAL);
    assert_int_equal(fb_recording_finish(w, FB_RECORDING_CLOSED), 0);
}

static void read_file(void) {
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    file = malloc(1 << 20);
    assert_non_null(file);
    file_bytes = fread(file, 1, 1 << 20, f);
    assert_int_equal(fclose(f), 0);
}

// In place: a file made anew ten thousand times would wait for the disk.
static void put_file(const char *bytes, size_t len) {
    const int fd = open(path, O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, 0), len);
    assert_int_equal(ftruncate(fd, (off_t)len), 0);
    assert_int_equal(close(fd), 0);
}

static int set_up(void **state) {
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
    write_recording();
    read_file();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    free(file);
    return unlink(path);
}

struct found {
    uint64_t events, gaps, names, sources, heads;
    int result; // of the last read
};

// Reads all there is, and compares what was given with what was written.
static struct found read_all(bool honest) {
    struct fb_recording_reader *r;
    struct fb_recording_head h;
    struct fb_record record;
    struct found f = {0};
    char why[FB_RECORDING_WHY_BYTES] = "";

    f.result = fb_recording_open(&r, path, &h, why, sizeof(why));
    if (f.result < 0) {
        assert_true(why[0] != '\0');
        return f;
    }
    assert_true(!honest || strcmp(h.program, "greeter") == 0);
    while ((f.result = fb_recording_read(r, &record)) == 1) {
        f.events += record.kind == FB_RECORD_EVENTS ? record.count : 0;
        f.gaps += record.kind == FB_RECORD_GAP;
        f.names += record.kind == FB_RECORD_NAME;
        f.sources += record.kind == FB_RECORD_SOURCE;
        f.heads += record.kind == FB_RECORD_HEAD;
        for (size_t i = 0;
             honest && record.kind == FB_RECORD_EVENTS && i < record.count;
             i++) {
            const struct fb_event e = event_of(record.first + i);

            assert_memory_equal(&record.events[i], &e, sizeof(e));
        }
        if (honest && record.kind == FB_RECORD_SOURCE) {
            assert_int_equal(record.text_len, 9);
            assert_memory_equal(record.text, "int x;\n\0y", 9);
            assert_string_equal(record.file, "server/named.c");
        }
        if (honest && record.kind == FB_RECORD_NAME) {
            assert_int_equal(record.index, 1);
            assert_int_equal(record.line, 12);
            assert_string_equal(record.name, "greet");
        }
    }
    fb_recording_close(r);
    return f;
}

static void a_run_comes_back_whole(void **state) {
    struct found f;

    (void)state;
    put_file(file, file_bytes);
    assert_true(fb_recording_is(path));
    f = read_all(true);
    assert_int_equal(f.result, 0);
    assert_int_equal(f.events, GROUPS * GROUP);
    assert_int_equal(f.gaps, 1);
    assert_int_equal(f.names, 1);
    assert_int_equal(f.sources, 1);
    assert_int_equal(f.heads, 1); // the second; the first came with open
}

// Cut off after every byte: never less than before, and every event is right.
static void a_recording_cut_off_gives_what_came_before(void **state) {
    uint64_t most = 0;

    (void)state;
    for (size_t len = 0; len < file_bytes; len++) {
        struct found f;

        put_file(file, len);
        f = read_all(true);
        assert_true(f.events >= most);
        most = f.events;
        if (len < 200) { // the head is there by then
            assert_true(f.result == -ENODATA || f.result == -EINVAL);
        } else if (len < file_bytes - 4) { // a checksum may be missing
            assert_int_equal(f.result, -ENODATA);
        } else {
            assert_int_equal(f.result, 0);
        }
    }
    assert_int_equal(most, GROUPS * GROUP);
}

// A block of the compressor ends where it ends, also inside a record.
static void of_a_cut_record_the_whole_events_are_kept(void **state) {
    enum { MANY = 20000 };
    struct fb_event *events = malloc(MANY * sizeof(*events));
    struct fb_recording_writer *w;
    char *copy = malloc(MANY * sizeof(*events));
    size_t len;
    uint64_t most = 0, parts = 0;
    FILE *f;

    (void)state;
    assert_non_null(events);
    assert_non_null(copy);
    for (uint64_t i = 0; i < MANY; i++) {
        events[i] = event_of(i + 1);
    }
    assert_int_equal(fb_recording_create(&w, path, &head), 0);
    assert_int_equal(fb_recording_events(w, 1, events, MANY), 0);
    assert_int_equal(fb_recording_finish(w, FB_RECORDING_CLOSED), 0);
    f = fopen(path, "rb");
    assert_non_null(f);
    len = fread(copy, 1, MANY * sizeof(*events), f);
    assert_int_equal(fclose(f), 0);
    for (size_t cut = 100; cut < len; cut += 1000) {
        struct found found;

        put_file(copy, cut);
        found = read_all(true);
        assert_int_equal(found.result, -ENODATA);
        assert_true(found.events >= most);
        parts += found.events > most;
        most = found.events;
    }
    assert_true(parts > 1);
    free(copy);
    free(events);
}

// Of a recording with three events and an END that claims `total`.
static int result_with_total(uint64_t total) {
    struct fb__records r = {0};
    struct fb_event events[3] = {{0}, {0}, {0}};
    struct fb_record record;
    char payload[8 + sizeof(events)] = {1}, end[16] = {0};
    int err;

    memcpy(payload + 8, events, sizeof(events));
    memcpy(end + 8, &total, sizeof(total));
    assert_int_equal(fb__record_parse(&r, FB_RECORD_EVENTS, payload,
                                      sizeof(payload), &record),
                     1);
    assert_int_equal(record.count, 3);
    err = fb__record_parse(&r, FB_RECORD_END, end, sizeof(end), &record);
    fb__records_deinit(&r);
    return err;
}

static void an_end_that_counts_otherwise_is_damage(void **state) {
    (void)state;
    assert_int_equal(result_with_total(3), 1);
    assert_int_equal(result_with_total(2), -EBADMSG);
    assert_int_equal(result_with_total(UINT64_MAX), -EBADMSG);
}

// A record of 16 MiB is held once.
static void events_are_copied_only_where_they_lie_crooked(void **state) {
    struct fb__records r = {0};
    struct fb_event room[3] = {{0}};
    struct fb_event *event = &room[1];
    char *payload = (char *)event - 8;
    struct fb_record record;

    (void)state;
    payload[0] = 1; // its number
    event->time_ns = 77;
    assert_int_equal(
        fb__record_parse(&r, FB_RECORD_EVENTS, payload, 8 + 32, &record), 1);
    assert_ptr_equal(record.events, event);
    payload[0] = 2;
    memmove(payload + 1, payload, 8 + 32);
    assert_int_equal(
        fb__record_parse(&r, FB_RECORD_EVENTS, payload + 1, 8 + 32, &record),
        1);
    assert_int_equal((uintptr_t)record.events % _Alignof(struct fb_event), 0);
    assert_int_equal(record.first, 2);
    assert_int_equal(record.events->time_ns, 77);
    fb__records_deinit(&r);
}

static int count_source(void *arg, const void *bytes, size_t len) {
    size_t *texts = arg;

    *texts += len == 8 && *(const uint32_t *)bytes == FB_RECORD_SOURCE;
    return 0;
}

// How many texts the first event of a program with these flags needs.
static size_t texts_needed(uint32_t flags) {
    const char *source = getenv("FB_SOURCE");
    const struct fb_event spawned = {.kind = FB_EV_TASK_SPAWN, .subject = 1};
    struct fb_needs_options options = {.flags = flags, .workers = 1};
    struct fb_needs *n = calloc(1, sizeof(*n));
    size_t texts = 0;

    assert_non_null(n);
    assert_int_equal(
        fb_sources_create(
            &options.sources,
            &(struct fb_sources_options){.dir = source != NULL ? source : "."}),
        0);
    assert_int_equal(
        fb_recording_stream(&options.out, count_source, &texts, &head), 0);
    fb_needs_init(n, &options);
    assert_int_equal(fb_needs_write(n, &spawned, 1), 0);
    assert_int_equal(fb_needs_write(n, &spawned, 1), 0); // it is there already
    fb_needs_deinit(n);
    free(n);
    fb_recording_abandon(options.out);
    fb_sources_destroy(options.sources);
    return texts;
}

static void of_another_runtime_no_line_of_ours_is_kept(void **state) {
    (void)state;
    assert_true(texts_needed(0) > 0);
    assert_int_equal(texts_needed(FB_TRACE_FOREIGN), 0);
}

static void what_was_flushed_is_there_without_an_end(void **state) {
    struct fb_recording_writer *w;
    const struct fb_event e = event_of(1);
    struct found f;

    (void)state;
    assert_int_equal(fb_recording_create(&w, path, &head), 0);
    assert_int_equal(fb_recording_events(w, 1, &e, 1), 0);
    assert_int_equal(fb_recording_flush(w), 0);
    fb_recording_abandon(w); // as if it had been killed
    f = read_all(true);
    assert_int_equal(f.result, -ENODATA);
    assert_int_equal(f.events, 1);
}

static void no_damage_does_harm(void **state) {
    const char *given = getenv("FB_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261123;
    char *copy = malloc(file_bytes);

    (void)state;
    assert_non_null(copy);
    print_message("FB_SEED=%" PRIu64 "\n", seed);
    for (int round = 0; round < 10000; round++) {
        struct found f;

        memcpy(copy, file, file_bytes);
        for (uint32_t i = random_next(&seed) % 4 + 1; i > 0; i--) {
            copy[random_next(&seed) % file_bytes] = (char)random_next(&seed);
        }
        put_file(copy, random_next(&seed) % 4
                           ? file_bytes
                           : random_next(&seed) % file_bytes);
        f = read_all(false);
        assert_true(f.result == 0 || f.result == -ENODATA ||
                    f.result == -EBADMSG || f.result == -EINVAL ||
                    f.result == -EPROTO);
        assert_true(f.events <= GROUPS * GROUP);
    }
    free(copy);
}

static void other_versions_and_files_are_refused_with_a_word(void **state) {
    struct fb_recording_reader *r;
    struct fb_recording_head h;
    char why[FB_RECORDING_WHY_BYTES];
    char *copy = malloc(file_bytes);

    (void)state;
    assert_non_null(copy);
    memcpy(copy, file, file_bytes);
    copy[8] = 2;
    put_file(copy, file_bytes);
    assert_int_equal(fb_recording_open(&r, path, &h, why, sizeof(why)),
                     -EPROTO);
    assert_non_null(strstr(why, "version 2"));
    copy[0] = 'X';
    put_file(copy, file_bytes);
    assert_false(fb_recording_is(path));
    assert_int_equal(fb_recording_open(&r, path, &h, why, sizeof(why)),
                     -EINVAL);
    assert_int_equal(fb_recording_open(&r, "/dev/null", &h, why, sizeof(why)),
                     -EINVAL);
    assert_int_equal(fb_recording_open(&r, "/no/such", &h, why, sizeof(why)),
                     -ENOENT);
    free(copy);
}

static void nothing_to_write_writes_nothing(void **state) {
    const size_t too_many = FB_RECORDING_RECORD_BYTES / sizeof(struct fb_event);
    const struct fb_event e = event_of(1);
    struct fb_recording_writer *w;
    struct found f;

    (void)state;
    assert_int_equal(fb_recording_create(&w, path, &head), 0);
    assert_int_equal(fb_recording_events(w, 1, &e, 1), 0);
    assert_int_equal(fb_recording_events(w, 2, &e, 0), 0);
    // refused, and the gap before it is told no second time
    assert_int_equal(fb_recording_events(w, 9, &e, too_many), -EINVAL);
    assert_int_equal(fb_recording_events(w, 9, &e, 1), 0);
    assert_int_equal(fb_recording_finish(w, FB_RECORDING_CLOSED), 0);
    f = read_all(false);
    assert_int_equal(f.result, 0);
    assert_int_equal(f.events, 2);
    assert_int_equal(f.gaps, 1);
}

// Found by the fuzzer: the first number was looked at, the last one was not.
static void numbers_beyond_all_counting_are_damage(void **state) {
    const struct fb_event events[3] = {{0}};
    struct fb_recording_writer *w;
    struct found f;

    (void)state;
    assert_int_equal(fb_recording_create(&w, path, &head), 0);
    assert_int_equal(fb_recording_events(w, INT64_MAX - 1, events, 3), 0);
    assert_int_equal(fb_recording_finish(w, FB_RECORDING_CLOSED), 0);
    f = read_all(false);
    assert_int_equal(f.result, -EBADMSG);
    assert_int_equal(f.events, 0);
}

static void a_full_disk_is_an_error_that_stays(void **state) {
    struct fb_recording_writer *w;

    (void)state;
    // already the first bytes meet it
    assert_int_equal(fb_recording_create(&w, "/dev/full", &head), -ENOSPC);
}

// ---- the example of the specification ----

// The bytes of the dump that follows `title` in the page.
static size_t dump_after(const char *page, const char *title, char *out) {
    const char *at = strstr(page, title);
    size_t len = 0;

    assert_non_null(at);
    at = strstr(at, "\n    ");
    assert_non_null(at);
    while (strncmp(at, "\n    ", 5) == 0) {
        unsigned byte;
        int used;

        at += 5 + 4; // the offset
        while (sscanf(at, " %2x%n", &byte, &used) == 1 && at[0] != '\n') {
            out[len++] = (char)byte;
            at += used;
            if (at[0] != ' ' || at[1] == ' ') {
                break; // a remark, or the end of the line
            }
        }
        at = strchr(at, '\n');
        assert_non_null(at);
    }
    return len;
}

static char *read_page(void) {
    const char *source = getenv("FB_SOURCE");
    char *text = calloc(1, 1 << 17), name[4096];
    FILE *f;

    snprintf(name, sizeof(name), "%s/core/trace/RECORDING.md",
             source != NULL ? source : ".");
    f = fopen(name, "r");
    assert_non_null(f);
    assert_non_null(text);
    assert_true(fread(text, 1, (1 << 17) - 1, f) > 0);
    assert_int_equal(fclose(f), 0);
    return text;
}

static void is_example(const struct fb_record *record, int place) {
    static const enum fb_record_kind KINDS[] = {
        FB_RECORD_NAME, FB_RECORD_SOURCE, FB_RECORD_EVENTS,
        FB_RECORD_GAP,  FB_RECORD_EVENTS, FB_RECORD_END};

    assert_int_equal(record->kind, KINDS[place]);
    switch (place) {
    case 0:
        assert_int_equal(record->index, 1);
        assert_int_equal(record->line, 12);
        assert_int_equal(record->size, 48);
        assert_string_equal(record->name, "greet");
        assert_string_equal(record->file, "a.c");
        break;
    case 1:
        assert_int_equal(record->text_len, 7);
        assert_memory_equal(record->text, "int x;\n", 7);
        break;
    case 2:
        assert_int_equal(record->first, 1);
        assert_int_equal(record->count, 2);
        assert_int_equal(record->events[0].kind, FB_EV_TASK_SPAWN);
        assert_int_equal(record->events[0].spawn.type, 1);
        assert_int_equal(record->events[1].scheduled.depth, 1);
        break;
    case 3:
        assert_int_equal(record->first, 3);
        assert_int_equal(record->last, 4);
        break;
    case 4:
        assert_int_equal(record->first, 5);
        assert_int_equal(record->events[0].poll.polls, 1);
        break;
    default:
        assert_int_equal(record->end, FB_RECORDING_KILLED);
        assert_int_equal(record->total, 3);
    }
}

static void the_specifications_example_is_a_recording(void **state) {
    char *page = read_page(), bytes[512], records[512], frame[512];
    const size_t len = dump_after(page, "The whole file:", bytes);
    const size_t records_len =
        dump_after(page, "What its frame holds:", records);
    struct fb_recording_reader *r;
    struct fb_recording_head h;
    struct fb_record record;
    char why[FB_RECORDING_WHY_BYTES];
    int place = 0, err;

    (void)state;
    free(page);
    put_file(bytes, len);
    assert_int_equal(fb_recording_open(&r, path, &h, why, sizeof(why)), 0);
    assert_int_equal(h.pid, 7);
    assert_string_equal(h.program, "tiny");
    while ((err = fb_recording_read(r, &record)) == 1) {
        is_example(&record, place++);
    }
    assert_int_equal(err, 0);
    assert_int_equal(place, 6);
    fb_recording_close(r);
    assert_int_equal(
        ZSTD_decompress(frame, sizeof(frame), bytes + 16, len - 16),
        records_len);
    assert_memory_equal(frame, records, records_len);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_specifications_example_is_a_recording),
        cmocka_unit_test(a_run_comes_back_whole),
        cmocka_unit_test(a_recording_cut_off_gives_what_came_before),
        cmocka_unit_test(of_a_cut_record_the_whole_events_are_kept),
        cmocka_unit_test(an_end_that_counts_otherwise_is_damage),
        cmocka_unit_test(events_are_copied_only_where_they_lie_crooked),
        cmocka_unit_test(of_another_runtime_no_line_of_ours_is_kept),
        cmocka_unit_test(what_was_flushed_is_there_without_an_end),
        cmocka_unit_test(no_damage_does_harm),
        cmocka_unit_test(other_versions_and_files_are_refused_with_a_word),
        cmocka_unit_test(nothing_to_write_writes_nothing),
        cmocka_unit_test(numbers_beyond_all_counting_are_damage),
        cmocka_unit_test(a_full_disk_is_an_error_that_stays),
    };

    return cmocka_run_group_tests_name("viz/recording", tests, set_up,
                                       tear_down);
}
