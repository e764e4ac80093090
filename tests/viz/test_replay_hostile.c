// Recordings made to harm: numbers that jump, records without end, names that
// lie, bombs. Each opens or is refused, soon, and in bounded memory.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "print.h"
#include "random_events.h"
#include "recording.h"
#include "session.h"
#include "sources.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include <zstd.h>

static char path[] = "/tmp/fishbowl-replay-XXXXXX";
static char why[FB_SESSION_WHY_BYTES];

static const struct fb_recording_head head = {.pid = 7,
                                              .flags = 0,
                                              .workers = 1,
                                              .program = "bad \033[31m",
                                              .address = "ad\033]0;x\007dr"};

static const struct fb_event idle = {.kind = FB_EV_PARK, .park.timeout_ns = -1};

static struct fb_recording_writer *create(void) {
    struct fb_recording_writer *w;

    assert_int_equal(fb_recording_create(&w, path, &head), 0);
    return w;
}

static void finish(struct fb_recording_writer *w) {
    assert_int_equal(fb_recording_finish(w, FB_RECORDING_CLOSED), 0);
}

static struct fb_session *open_with(uint64_t max_events) {
    const struct fb_session_options options = {.what = path,
                                               .max_events = max_events};
    struct fb_session *s;

    if (fb_session_open_with(&s, &options, why, sizeof(why)) < 0) {
        fail_msg("%s", why);
    }
    return s;
}

static char *story_of(struct fb_session *s) {
    struct fb_print_options o = {0};
    char *text = NULL;
    size_t len = 0;

    o.out = open_memstream(&text, &len);
    assert_non_null(o.out);
    assert_int_equal(fb_print_story(s, &o), 0);
    assert_int_equal(fclose(o.out), 0);
    return text;
}

// ---- records that the writer would not write ----

struct raw {
    char *bytes; // what the frame will hold
    size_t len;
};

static void put(struct raw *r, const void *bytes, size_t len) {
    r->bytes = realloc(r->bytes, r->len + len);
    assert_non_null(r->bytes);
    memcpy(r->bytes + r->len, bytes, len);
    r->len += len;
}

static void put32(struct raw *r, uint32_t value) {
    put(r, &value, sizeof(value));
}

static void put64(struct raw *r, uint64_t value) {
    put(r, &value, sizeof(value));
}

static void put_head(struct raw *r, uint32_t pid, const char *address) {
    put32(r, FB_RECORD_HEAD);
    put32(r, (uint32_t)(32 + 2 + strlen(address) + 1));
    put32(r, pid);
    put32(r, 0);
    put32(r, 1);
    put32(r, sizeof(struct fb_event));
    put64(r, 1000);
    put64(r, 0);
    put(r, "p", 2);
    put(r, address, strlen(address) + 1);
}

static void put_events(struct raw *r, uint64_t first, uint32_t count) {
    put32(r, FB_RECORD_EVENTS);
    put32(r, 8 + count * (uint32_t)sizeof(idle));
    put64(r, first);
    for (uint32_t i = 0; i < count; i++) {
        put(r, &idle, sizeof(idle));
    }
}

// Appends `times` times `zeros` zero bytes, which pack to almost nothing.
static void write_raw(struct raw *r, size_t zeros, size_t times) {
    static const char start[16] = {'F', 'I', 'S', 'H', 'R', 'E', 'C', 0, 1};
    const size_t room = ZSTD_CStreamOutSize();
    ZSTD_CCtx *z = ZSTD_createCCtx();
    char *out = malloc(room), *none = calloc(1, zeros > 0 ? zeros : 1);
    FILE *f = fopen(path, "wb");

    assert_true(z != NULL && out != NULL && none != NULL && f != NULL);
    assert_int_equal(fwrite(start, 1, sizeof(start), f), sizeof(start));
    for (size_t i = 0; i <= times; i++) {
        ZSTD_inBuffer in = {i == 0 ? r->bytes : none, i == 0 ? r->len : zeros,
                            0};
        size_t left;

        do {
            ZSTD_outBuffer o = {out, room, 0};

            left = ZSTD_compressStream2(
                z, &o, &in, i == times ? ZSTD_e_end : ZSTD_e_continue);
            assert_false(ZSTD_isError(left));
            assert_int_equal(fwrite(out, 1, o.pos, f), o.pos);
        } while (i == times ? left > 0 : in.pos < in.size);
    }
    assert_int_equal(fclose(f), 0);
    ZSTD_freeCCtx(z);
    free(out);
    free(none);
    free(r->bytes);
    *r = (struct raw){0};
}

// ---- numbers ----

static void a_gap_as_wide_as_it_can_be_costs_nothing(void **state) {
    const uint64_t far = (uint64_t)1 << 60;
    struct fb_recording_writer *w = create();
    const struct fb_session_gap *gaps;
    struct fb_session *s;
    uint64_t lost;
    char *text;

    (void)state;
    assert_int_equal(fb_recording_events(w, 1, &idle, 1), 0);
    assert_int_equal(fb_recording_events(w, far, &idle, 1), 0);
    assert_int_equal(fb_recording_events(w, INT64_MAX, &idle, 1), 0);
    finish(w);
    s = open_with(0);
    assert_int_equal(fb_session_gaps(s, &gaps, &lost), 2);
    assert_int_equal(gaps[0].first, 2);
    assert_int_equal(gaps[0].last, far - 1);
    assert_int_equal(lost, (uint64_t)INT64_MAX - 3);
    assert_int_equal(fb_history_count(fb_session_history(s)), 3);
    text = story_of(s);
    assert_non_null(strstr(text, "9223372036854775807"));
    free(text);
    fb_session_close(s);
}

static void a_gap_at_the_end_is_a_gap(void **state) {
    const struct fb_session_gap *gaps;
    struct fb_session *s;
    struct raw r = {0};
    uint64_t lost;

    (void)state;
    put_head(&r, 1, "");
    put_events(&r, 1, 2);
    put32(&r, FB_RECORD_GAP);
    put32(&r, 16);
    put64(&r, 3);
    put64(&r, 9);
    write_raw(&r, 0, 0);
    s = open_with(0);
    assert_int_equal(fb_session_gaps(s, &gaps, &lost), 1);
    assert_int_equal(lost, 7);
    assert_int_equal(fb_session_pump(s), 0);
    assert_int_equal(fb_session_gaps(s, &gaps, &lost), 1);
    fb_session_close(s);
}

static void numbers_that_fall_are_damage(void **state) {
    struct fb_session *s;
    struct raw r = {0};

    (void)state;
    put_head(&r, 1, "");
    put_events(&r, 10, 5);
    put_events(&r, 12, 5);
    write_raw(&r, 0, 0);
    s = open_with(0);
    assert_int_equal(fb_session_facts(s)->end, FB_SESSION_DAMAGED);
    assert_int_equal(fb_history_last(fb_session_history(s)), 14);
    assert_false(fb_session_facts(s)->exact); // 10 is no census
    fb_session_close(s);
}

static void a_census_that_is_cut_off_is_no_place_to_begin_at(void **state) {
    struct fb_recording_writer *w = create();
    const struct fb_event begin = {.kind = FB_EV_CENSUS,
                                   .detail = FB_CENSUS_BEGIN,
                                   .flags = FB_EV_FLAG_CENSUS};
    const struct fb_event end = {.kind = FB_EV_CENSUS,
                                 .detail = FB_CENSUS_END,
                                 .flags = FB_EV_FLAG_CENSUS};
    struct fb_session *s;

    (void)state;
    assert_int_equal(fb_recording_events(w, 50, &begin, 1), 0);
    assert_int_equal(fb_recording_flush(w), 0);
    fb_recording_abandon(w);
    s = open_with(0);
    assert_int_equal(fb_session_facts(s)->first, 50);
    assert_false(fb_session_facts(s)->exact);
    fb_session_close(s);
    w = create();
    assert_int_equal(fb_recording_events(w, 50, &begin, 1), 0);
    assert_int_equal(fb_recording_events(w, 51, &end, 1), 0);
    finish(w);
    s = open_with(0);
    assert_true(fb_session_facts(s)->exact);
    fb_session_close(s);
}

static void one_without_events_is_empty(void **state) {
    struct fb_session *s;
    char *text;

    (void)state;
    finish(create());
    s = open_with(0);
    assert_int_equal(fb_history_count(fb_session_history(s)), 0);
    assert_int_equal(fb_session_life(s), FB_LIFE_CLOSED);
    text = story_of(s);
    assert_non_null(strstr(text, "bad \\x1b[31m"));
    assert_null(strchr(text, '\033'));
    free(text);
    fb_session_close(s);
}

// ---- names and texts ----

static void names_that_lie_do_no_harm(void **state) {
    static const char zeros[3] = {0};
    struct fb_recording_writer *w = create();
    const struct fb_source_provider *p;
    const char *name, *file;
    uint32_t line, size;
    struct fb_session *s;
    const struct fb_names *n;
    char *bytes;
    size_t len;

    (void)state;
    assert_int_equal(fb_recording_events(w, 1, &idle, 1), 0); // before them
    assert_int_equal(fb_recording_name(w, 0, "zero", "z.c", 1, 1), 0);
    assert_int_equal(fb_recording_name(w, 65535, "last", "l.c", 2, 3), 0);
    assert_int_equal(fb_recording_name(w, 65535, "again", "a.c", 4, 5), 0);
    assert_int_equal(fb_recording_name(w, 8, "", "", 6, 7), 0);
    assert_int_equal(fb_recording_source(w, "../../etc/passwd", "mine", 4), 0);
    assert_int_equal(fb_recording_source(w, "../../etc/passwd", "two", 3), 0);
    assert_int_equal(fb_recording_source(w, "empty.c", "", 0), 0);
    assert_int_equal(fb_recording_source(w, "zeros.c", zeros, 3), 0);
    finish(w);
    s = open_with(0);
    n = fb_session_names(s);
    n->place(n->arg, 65535, &name, &file, &line, &size);
    assert_string_equal(name, "last");
    assert_string_equal(file, "l.c");
    assert_int_equal(line, 2);
    assert_int_equal(size, 3);
    for (uint32_t bad = 0; bad < 9; bad++) {
        n->place(n->arg, bad, &name, &file, &line, &size);
        assert_string_equal(name, "?");
        assert_string_equal(file, "?");
    }
    n->place(n->arg, UINT32_MAX, &name, &file, &line, &size);
    assert_string_equal(name, "?");
    assert_int_equal(line, 0);
    p = fb_session_source_provider(s);
    assert_int_equal(p->load(p->arg, "../../etc/passwd", &bytes, &len), 0);
    assert_int_equal(len, 4);
    assert_memory_equal(bytes, "mine", 4);
    free(bytes);
    assert_int_equal(p->load(p->arg, "empty.c", &bytes, &len), 0);
    assert_int_equal(len, 0);
    free(bytes);
    assert_int_equal(p->load(p->arg, "other.c", &bytes, &len), -ENOENT);
    fb_session_close(s);
}

static void more_heads_change_the_address_alone(void **state) {
    const struct fb_session_facts *f;
    struct fb_session *s;
    struct raw r = {0};

    (void)state;
    put_head(&r, 41, "");
    put_events(&r, 1, 2);
    put_head(&r, 42, "here\033[2J:1");
    put_head(&r, 43, "");
    put_events(&r, 3, 2);
    write_raw(&r, 0, 0);
    s = open_with(0);
    f = fb_session_facts(s);
    assert_int_equal(f->pid, 41);
    assert_string_equal(f->address, "here\\x1b[2J:1");
    assert_int_equal(fb_history_last(fb_session_history(s)), 4);
    fb_session_close(s);
}

// ---- too much of something ----

static size_t peak_bytes(void) {
    struct rusage use;

    assert_int_equal(getrusage(RUSAGE_SELF, &use), 0);
    return (size_t)use.ru_maxrss * 1024;
}

static size_t file_bytes(void) {
    FILE *f = fopen(path, "rb");
    long len;

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    len = ftell(f);
    assert_int_equal(fclose(f), 0);
    return (size_t)len;
}

// 4 GiB of records of kind 0 in a file of a few hundred kilobytes.
static void unknown_records_without_end_are_damage(void **state) {
    const size_t before = peak_bytes();
    struct fb_session *s;
    struct raw r = {0};

    (void)state;
    put_head(&r, 1, "");
    put_events(&r, 1, 2);
    write_raw(&r, 1 << 20, 4096);
    assert_true(file_bytes() < 1 << 20);
    s = open_with(0);
    assert_int_equal(fb_session_facts(s)->end, FB_SESSION_DAMAGED);
    assert_int_equal(fb_history_last(fb_session_history(s)), 2);
    fb_session_close(s);
    assert_true(peak_bytes() - before < 64 << 20);
}

// Names by the million, each with another number.
static void names_without_end_are_damage(void **state) {
    const size_t before = peak_bytes();
    enum { NAMES = 1000, LONG = 1 << 19 };
    struct fb_recording_writer *w = create();
    char *name = malloc(LONG);
    struct fb_session *s;

    (void)state;
    assert_non_null(name);
    memset(name, 'n', LONG - 1);
    name[LONG - 1] = '\0';
    for (uint32_t i = 0; i < NAMES; i++) {
        assert_int_equal(fb_recording_name(w, 1 + i, name, "f.c", 1, 1), 0);
    }
    assert_int_equal(fb_recording_events(w, 1, &idle, 1), 0);
    finish(w);
    free(name);
    s = open_with(0);
    assert_int_equal(fb_session_facts(s)->end, FB_SESSION_DAMAGED);
    fb_session_close(s);
    assert_true(peak_bytes() - before < 64 << 20);
}

// One event a record, and lost ones between all of them.
static void a_million_tiny_records_are_read(void **state) {
    enum { RECORDS = 1000000 };
    struct fb_recording_writer *w = create();
    const struct fb_session_gap *gaps;
    struct fb_session *s;
    uint64_t lost;

    (void)state;
    for (uint64_t i = 0; i < RECORDS; i++) {
        assert_int_equal(fb_recording_events(w, 1 + 2 * i, &idle, 1), 0);
    }
    finish(w);
    s = open_with(0);
    assert_int_equal(fb_session_gaps(s, &gaps, &lost), RECORDS - 1);
    assert_int_equal(lost, RECORDS - 1);
    assert_int_equal(fb_history_count(fb_session_history(s)), RECORDS);
    fb_session_close(s);
}

// A bomb of events, a thousand to one: the first are kept, the rest is not even
// unpacked.
static void a_bomb_of_events_is_left_out_behind_a_bound(void **state) {
    enum { GROUP = 4096, GROUPS = 4000, KEPT = 100000 };
    struct fb_event *events = calloc(GROUP, sizeof(*events));
    struct fb_recording_writer *w = create();
    struct fb_session *s;
    size_t before;

    (void)state;
    assert_non_null(events);
    for (uint64_t i = 0; i < GROUPS; i++) {
        assert_int_equal(fb_recording_events(w, 1 + i * GROUP, events, GROUP),
                         0);
    }
    finish(w);
    free(events);
    assert_true(file_bytes() < 1 << 20); // of 500 MB
    before = peak_bytes();
    s = open_with(KEPT);
    assert_int_equal(fb_session_facts(s)->end, FB_SESSION_TOO_LONG);
    assert_int_equal(fb_history_first(fb_session_history(s)), 1);
    assert_int_equal(fb_history_last(fb_session_history(s)), KEPT);
    fb_session_close(s);
    assert_true(peak_bytes() - before < 32 << 20);
}

static void events_of_any_kind_are_borne(void **state) {
    const char *given = getenv("FB_SEED");
    uint64_t seed = given ? strtoull(given, NULL, 10) : 20261123;

    (void)state;
    print_message("FB_SEED=%" PRIu64 "\n", seed);
    for (int round = 0; round < 50; round++) {
        struct fb_recording_writer *w = create();
        struct fb_session *s;
        uint64_t number = 1 + random_next(&seed) % 5;

        for (int i = 0; i < 40; i++) {
            struct fb_event events[8];
            const size_t n = 1 + random_next(&seed) % 8;

            for (size_t k = 0; k < n; k++) {
                events[k] = random_event(&seed);
            }
            assert_int_equal(fb_recording_events(w, number, events, n), 0);
            number += n + (random_next(&seed) % 8 == 0 ? 3 : 0);
        }
        finish(w);
        s = open_with(0);
        assert_int_equal(fb_history_last(fb_session_history(s)) < number, 1);
        free(story_of(s));
        fb_session_close(s);
    }
}

static int set_up(void **state) {
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    return close(fd);
}

static int tear_down(void **state) {
    (void)state;
    return unlink(path);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_gap_as_wide_as_it_can_be_costs_nothing),
        cmocka_unit_test(a_gap_at_the_end_is_a_gap),
        cmocka_unit_test(numbers_that_fall_are_damage),
        cmocka_unit_test(a_census_that_is_cut_off_is_no_place_to_begin_at),
        cmocka_unit_test(one_without_events_is_empty),
        cmocka_unit_test(names_that_lie_do_no_harm),
        cmocka_unit_test(more_heads_change_the_address_alone),
        cmocka_unit_test(unknown_records_without_end_are_damage),
        cmocka_unit_test(names_without_end_are_damage),
        cmocka_unit_test(a_bomb_of_events_is_left_out_behind_a_bound),
        cmocka_unit_test(events_of_any_kind_are_borne),
        cmocka_unit_test(a_million_tiny_records_are_read), // the greatest
    };

    return cmocka_run_group_tests_name("viz/replay, hostile", tests, set_up,
                                       tear_down);
}
