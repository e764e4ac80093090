// Opening what may be no trace, a damaged one, a newer one or half of one.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

// A closed trace with a few events at "a.ring"; returns its header.
static struct fb_trace_header make_trace(void) {
    struct fb_trace_header h;
    struct fb_trace_writer w;

    support_open(&w, "a.ring", 64);
    for (int i = 0; i < 10; i++) {
        support_emit(&w);
    }
    h = *w.header;
    fb_trace_close(&w, true);
    return h;
}

static void put_header(const struct fb_trace_header *h) {
    int fd = open(support_path("a.ring"), O_WRONLY);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, h, sizeof *h, 0), sizeof *h);
    assert_int_equal(close(fd), 0);
}

// Opening "a.ring" gives `want`, and if that is an error, a reason.
static void expect(int want) {
    struct fb_trace_reader r;
    int err = fb_trace_reader_open(&r, support_path("a.ring"), true);

    if (err != want) {
        fail_msg("%d, not %d (%s)", err, want, r.reason);
    }
    if (err < 0) {
        assert_true(strlen(r.reason) > 0);
        assert_int_equal(r.fd, -1);
    }
    fb_trace_reader_close(&r);
    fb_trace_reader_close(&r); // twice is legal
}

#define EXPECT_WITH(field_, value_, want_)                                     \
    do {                                                                       \
        struct fb_trace_header h_ = good;                                      \
        h_.field_ = (value_);                                                  \
        put_header(&h_);                                                       \
        expect(want_);                                                         \
    } while (0)

static void every_field_of_the_header_is_checked(void **state) {
    const struct fb_trace_header good = make_trace();

    (void)state;
    expect(0);
    EXPECT_WITH(magic[0], 'f', -EINVAL);
    EXPECT_WITH(version, 0, -EINVAL);
    EXPECT_WITH(version, 2, -EPROTO);
    EXPECT_WITH(byte_order, 0x04030201, -EPROTO);
    EXPECT_WITH(event_bytes, 24, -EINVAL);
    EXPECT_WITH(table_entry_bytes, 12, -EINVAL);
    EXPECT_WITH(table_capacity, 0, -EINVAL);
    EXPECT_WITH(table_capacity, UINT32_MAX, -EINVAL);
    EXPECT_WITH(strings_bytes, 0, -EINVAL);
    EXPECT_WITH(strings_bytes, UINT64_MAX, -EINVAL);
    EXPECT_WITH(ring_count, 0, -EINVAL);
    EXPECT_WITH(ring_count, 2, -EINVAL); // not inside the file
    EXPECT_WITH(ring_count, UINT32_MAX, -EINVAL);
    EXPECT_WITH(ring_capacity, 0, -EINVAL);
    EXPECT_WITH(ring_capacity, 63, -EINVAL);
    EXPECT_WITH(ring_capacity, 128, -EINVAL); // beyond its stride
    EXPECT_WITH(ring_capacity, 1ull << 63, -EINVAL);
    EXPECT_WITH(ring_stride, 0, -EINVAL);
    EXPECT_WITH(ring_stride, UINT64_MAX - 7, -EINVAL);
    EXPECT_WITH(ring_stride, good.ring_stride + 1, -EINVAL);
    EXPECT_WITH(file_bytes, 0, -EINVAL);
    EXPECT_WITH(file_bytes, UINT64_MAX, -EINVAL);
    EXPECT_WITH(control_offset, UINT64_MAX - 7, -EINVAL);
    EXPECT_WITH(control_offset, good.table_offset, -EINVAL); // overlap
    EXPECT_WITH(table_offset, 0, -EINVAL);
    EXPECT_WITH(table_offset, good.table_offset + 4, -EINVAL);
    EXPECT_WITH(strings_offset, good.rings_offset, -EINVAL);
    EXPECT_WITH(rings_offset, UINT64_MAX - 4095, -EINVAL);
    EXPECT_WITH(rings_offset, good.rings_offset + 8, -EINVAL);
    EXPECT_WITH(control_offset, 0, 0); // cannot be controlled, but read
    EXPECT_WITH(program[63], 'x', 0);  // cut, not refused
    EXPECT_WITH(pid, UINT32_MAX, 0);
}

static void what_is_no_file_of_ours_is_refused_with_a_reason(void **state) {
    struct fb_trace_reader r;

    (void)state;
    expect(-ENOENT);
    assert_int_equal(mkfifo(support_path("a.ring"), 0600), 0);
    expect(-EINVAL); // and does not wait for its other end
    assert_int_equal(unlink(support_path("a.ring")), 0);
    assert_int_equal(mkdir(support_path("a.ring"), 0700), 0);
    expect(-EINVAL);
    assert_int_equal(fb_trace_reader_open(&r, "/dev/zero", true), -EINVAL);
    assert_int_equal(rmdir(support_path("a.ring")), 0);
    memset(&r, 0, sizeof r);
    fb_trace_reader_close(&r); // zeroed: legal, and takes nobody's fd 0
}

static void
cut_before_its_events_it_is_refused_and_after_it_opens(void **state) {
    const struct fb_trace_header h = make_trace();
    const uint64_t events = h.rings_offset + FB_TRACE_PAGE_BYTES;

    (void)state;
    for (uint64_t size = h.file_bytes; size > 0;
         size = (size - 1) / 509 * 509) {
        assert_int_equal(truncate(support_path("a.ring"), (off_t)size), 0);
        expect(size >= events ? 0 : -EINVAL);
    }
}

static void a_control_page_beyond_the_file_is_refused(void **state) {
    struct fb_trace_header h = make_trace();

    (void)state;
    h.control_offset = h.file_bytes; // said to be there, but it is not
    h.file_bytes += FB_TRACE_PAGE_BYTES;
    put_header(&h);
    expect(-EINVAL);
}

static void
a_file_that_shrinks_under_an_open_reader_is_merely_short(void **state) {
    struct fb_trace_reader r;
    struct fb_event e[64];
    uint64_t first;

    (void)state;
    (void)make_trace();
    assert_int_equal(fb_trace_reader_open(&r, support_path("a.ring"), true), 0);
    assert_int_equal(fb_trace_reader_read(&r, 0, 1, e, 64, &first), 10);
    assert_int_equal(truncate(support_path("a.ring"), 100), 0);
    assert_int_equal(fb_trace_reader_read(&r, 0, 1, e, 64, &first), 0);
    assert_int_equal(fb_trace_reader_sync(&r, 0), 1);
    assert_string_equal(fb_trace_reader_place(&r, 5).name, "?");
    fb_trace_reader_close(&r);
}

static void a_head_beyond_belief_is_no_head(void **state) {
    struct fb_trace_header h = make_trace();
    const uint64_t heads[] = {UINT64_MAX, 1ull << 63, INT64_MAX, 1ull << 40};
    struct fb_trace_reader r;
    struct fb_event e[64];

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        int fd = open(support_path("a.ring"), O_WRONLY);
        uint64_t first;
        size_t n;

        assert_int_equal(pwrite(fd, &heads[i], 8, (off_t)h.rings_offset), 8);
        assert_int_equal(close(fd), 0);
        assert_int_equal(
            fb_trace_reader_open(&r, support_path("a.ring"), false), 0);
        n = fb_trace_reader_read(&r, 0, 1, e, 64, &first);
        assert_true(n <= 64);
        assert_true(first >= 1 && first + n - 1 <= INT64_MAX);
        (void)fb_trace_reader_sync(&r, 0);
        fb_trace_reader_close(&r);
    }
}

static void a_copy_of_a_live_trace_is_not_alive(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    int fd;

    (void)state;
    support_open(&w, "live.ring", 64);
    support_emit(&w);
    fd = open(support_path("a.ring"), O_WRONLY | O_CREAT, 0600);
    assert_int_equal(write(fd, w.header, w.map_bytes), w.map_bytes);
    assert_int_equal(close(fd), 0);
    assert_int_equal(fb_trace_reader_open(&r, support_path("a.ring"), true), 0);
    assert_int_equal(fb_trace_reader_life(&r), FB_LIFE_KILLED);
    assert_null(r.control);
    assert_int_equal(fb_trace_reader_head(&r, 0), 1);
    fb_trace_reader_close(&r);
    fb_trace_close(&w, false);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(every_field_of_the_header_is_checked),
        TEST(what_is_no_file_of_ours_is_refused_with_a_reason),
        TEST(cut_before_its_events_it_is_refused_and_after_it_opens),
        TEST(a_control_page_beyond_the_file_is_refused),
        TEST(a_file_that_shrinks_under_an_open_reader_is_merely_short),
        TEST(a_head_beyond_belief_is_no_head),
        TEST(a_copy_of_a_live_trace_is_not_alive),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
