// The writer: its file, its lock, its bell, its numbers and texts.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static bool exists(const char *name) {
    return access(support_path(name), F_OK) == 0;
}

static int open_at(struct fb_trace_writer *w, const char *name) {
    return fb_trace_open(w, &(struct fb_trace_options){
                                .path = support_path(name), .ring_events = 64});
}

static void
open_makes_a_private_file_a_bell_and_leaks_no_fd_to_children(void **state) {
    struct fb_trace_writer w;
    struct stat st;
    mode_t mask = umask(0777); // takes every bit it can

    (void)state;
    support_open(&w, "a.ring", 64);
    (void)umask(mask);
    assert_int_equal(stat(support_path("a.ring"), &st), 0);
    assert_int_equal(st.st_mode, S_IFREG | 0600);
    assert_int_equal(st.st_size, w.header->file_bytes);
    assert_int_equal(stat(support_path("a.ring.bell"), &st), 0);
    assert_true(S_ISFIFO(st.st_mode));
    assert_int_equal(st.st_mode & 0077, 0);
    assert_true(fcntl(w.fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(w.bell_fd, F_GETFD) & FD_CLOEXEC);
    assert_true(fcntl(w.bell_fd, F_GETFL) & O_NONBLOCK);
    fb_trace_close(&w, false);
    assert_false(exists("a.ring"));
    assert_false(exists("a.ring.bell"));
}

static void without_a_path_it_lies_in_the_users_directory(void **state) {
    struct fb_trace_writer w;
    char name[64];

    (void)state;
    assert_int_equal(
        fb_trace_open(&w, &(struct fb_trace_options){.ring_events = 64}), 0);
    (void)snprintf(name, sizeof name, "fishbowl/%ld.ring", (long)getpid());
    assert_string_equal(w.path, support_path(name));
    assert_true(exists(name));
    fb_trace_close(&w, false);
}

static void closing_keeps_the_file_when_asked_and_marks_it(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;

    (void)state;
    support_open(&w, "a.ring", 64);
    fb_trace_close(&w, true);
    assert_int_equal(fb_trace_reader_open(&r, support_path("a.ring"), false),
                     0);
    assert_int_equal(fb_trace_reader_life(&r), FB_LIFE_CLOSED);
    fb_trace_reader_close(&r);
    assert_false(exists("a.ring.bell"));
}

static void closing_a_zeroed_writer_does_nothing(void **state) {
    struct fb_trace_writer w = {0};

    (void)state;
    fb_trace_close(&w, false);
    assert_true(fcntl(0, F_GETFD) >= 0 || errno != EBADF);
    fb_trace_close(&w, false);
}

static void ring_sizes_must_be_powers_of_two_and_not_tiny(void **state) {
    const uint64_t bad[] = {1, 32, 63, 65, 100, (1ull << 33), UINT64_MAX};
    struct fb_trace_writer w;

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        assert_int_equal(
            fb_trace_open(&w,
                          &(struct fb_trace_options){.anonymous = true,
                                                     .ring_events = bad[i]}),
            -EINVAL);
    }
}

static void a_live_trace_is_not_replaced_but_a_closed_one_is(void **state) {
    struct fb_trace_writer a, b;

    (void)state;
    support_open(&a, "a.ring", 64);
    assert_int_equal(open_at(&b, "a.ring"), -EEXIST);
    assert_true(exists("a.ring"));
    assert_true(exists("a.ring.bell"));
    fb_trace_close(&a, true);
    assert_int_equal(open_at(&b, "a.ring"), 0);
    fb_trace_close(&b, false);
}

static bool has_events(void *arg) {
    return fb_trace_reader_head(arg, 0) >= 10;
}

static bool is_there(void *arg) {
    struct fb_trace_reader *r = arg;

    return fb_trace_reader_open(r, support_path("k.ring"), false) == 0;
}

static void
a_killed_writer_leaves_a_readable_trace_that_can_be_replaced(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    struct fb_event events[16];
    uint64_t first;
    pid_t pid = support_fork();

    (void)state;
    if (pid == 0) {
        support_open(&w, "k.ring", 64);
        for (int i = 0; i < 10; i++) {
            support_emit(&w);
        }
        for (;;) {
            (void)pause();
        }
    }
    support_wait(is_there, &r);
    support_wait(has_events, &r);
    assert_int_equal(fb_trace_reader_life(&r), FB_LIFE_RUNNING);
    assert_int_equal(open_at(&w, "k.ring"), -EEXIST);
    assert_int_equal(kill(pid, SIGKILL), 0);
    (void)support_reap(pid);

    assert_int_equal(fb_trace_reader_life(&r), FB_LIFE_KILLED);
    assert_int_equal(fb_trace_reader_read(&r, 0, 1, events, 16, &first), 10);
    for (uint64_t i = 0; i < 10; i++) {
        assert_true(support_is(&events[i], i + 1));
    }
    fb_trace_reader_close(&r);
    assert_int_equal(open_at(&w, "k.ring"), 0);
    assert_int_equal(w.head, 0);
    fb_trace_close(&w, false);
}

static void write_file(const char *name, const void *bytes, size_t len) {
    FILE *f = fopen(support_path(name), "w");

    assert_non_null(f);
    assert_int_equal(fwrite(bytes, 1, len, f), len);
    assert_int_equal(fclose(f), 0);
}

static void what_is_no_old_trace_of_ours_is_never_removed(void **state) {
    struct fb_trace_header recording = {.flags = FB_TRACE_RECORDING};
    struct fb_trace_writer w;
    char target[256];

    (void)state;
    memcpy(recording.magic, FB_TRACE_MAGIC, sizeof recording.magic);
    write_file("letter.txt", "dear Ada", 8);
    write_file("recording.ring", &recording, sizeof recording);
    strcpy(target, support_path("letter.txt"));
    assert_int_equal(symlink(target, support_path("link.ring")), 0);
    assert_int_equal(symlink("nowhere", support_path("loose.ring")), 0);
    assert_int_equal(mkfifo(support_path("pipe.ring"), 0600), 0);
    assert_int_equal(mkdir(support_path("dir.ring"), 0700), 0);

    assert_int_equal(open_at(&w, "letter.txt"), -EEXIST);
    assert_int_equal(open_at(&w, "recording.ring"), -EEXIST);
    assert_int_equal(open_at(&w, "link.ring"), -EEXIST);
    assert_int_equal(open_at(&w, "loose.ring"), -EEXIST);
    assert_int_equal(open_at(&w, "pipe.ring"), -EEXIST);
    assert_int_equal(open_at(&w, "dir.ring"), -EEXIST);
    assert_true(exists("letter.txt"));
    assert_true(exists("recording.ring"));
    assert_false(exists("nowhere"));

    write_file("b.ring.bell", "not a bell", 10);
    assert_int_equal(open_at(&w, "b.ring"), -EEXIST);
    assert_true(exists("b.ring.bell"));
    assert_false(exists("b.ring")); // the half-opened writer is undone
}

static void
events_are_numbered_from_one_and_overwrite_the_oldest(void **state) {
    struct fb_trace_writer w;

    (void)state;
    assert_int_equal(
        fb_trace_open(&w, &(struct fb_trace_options){.anonymous = true,
                                                     .ring_events = 64}),
        0);
    assert_int_equal(w.bell_fd, -1);
    for (int i = 0; i < 100; i++) {
        support_emit(&w);
    }
    assert_int_equal(w.head, 100);
    assert_int_equal(atomic_load(&w.ring->head), 100);
    for (uint64_t n = 37; n <= 100; n++) {
        assert_true(support_is(&w.events[(n - 1) & w.mask], n));
    }
    fb_trace_close(&w, false);
}

static void check_text(enum fb_event_kind kind, const char *text, size_t len,
                       size_t kept) {
    struct fb_trace_writer w;
    char got[96] = {0};
    size_t parts = kept ? (kept + 15) / 16 : 1;

    assert_int_equal(
        fb_trace_open(&w, &(struct fb_trace_options){.anonymous = true,
                                                     .ring_events = 64}),
        0);
    fb_trace_text(&w, kind, 7, text, len, FB_EV_FLAG_CENSUS);
    assert_int_equal(w.head, parts);
    for (size_t i = 0; i < parts; i++) {
        assert_int_equal(w.events[i].kind, kind);
        assert_int_equal(w.events[i].detail, i);
        assert_int_equal(w.events[i].subject, 7);
        assert_int_equal(w.events[i].flags, FB_EV_FLAG_CENSUS | kept);
        memcpy(got + i * 16, w.events[i].text, 16);
    }
    assert_memory_equal(got, text, kept);
    for (size_t i = kept; i < sizeof got; i++) {
        assert_int_equal(got[i], 0);
    }
    fb_trace_close(&w, false);
}

static void
texts_come_in_parts_of_16_bytes_cut_at_a_whole_sequence(void **state) {
    static const char *const wide[] = {"\xc3\xab", "\xe6\x97\xa5",
                                       "\xf0\x9f\x98\x80"};
    char text[100];

    (void)state;
    memset(text, 'x', sizeof text);
    check_text(FB_EV_TASK_LABEL, "", 0, 0);
    check_text(FB_EV_TASK_LABEL, "Ada", 3, 3);
    check_text(FB_EV_TASK_LABEL, text, 16, 16);
    check_text(FB_EV_TASK_LABEL, text, 17, 17);
    check_text(FB_EV_TASK_LABEL, text, 80, 80);
    check_text(FB_EV_TASK_MESSAGE, text, 81, 80);
    for (size_t k = 0; k < 3; k++) {
        size_t bytes = strlen(wide[k]);

        for (size_t at = 80 - bytes; at <= 80; at++) {
            memset(text, 'x', sizeof text);
            memcpy(text + at, wide[k], bytes);
            check_text(FB_EV_TASK_LABEL, text, sizeof text,
                       at + bytes <= 80 ? 80 : at);
        }
    }
    memset(text, 0x80, sizeof text); // not UTF-8: cut where it falls
    check_text(FB_EV_TASK_LABEL, text, sizeof text, 80);
}

static void addresses_are_kept_whole_or_cut_with_a_nul(void **state) {
    struct fb_trace_writer w;
    char text[200];

    (void)state;
    support_open(&w, "a.ring", 64);
    fb_trace_set_address(&w, "127.0.0.1:6142");
    assert_string_equal(w.header->address, "127.0.0.1:6142");
    memset(text, 'x', sizeof text);
    text[sizeof text - 1] = '\0';
    fb_trace_set_address(&w, text);
    assert_int_equal(strlen(w.header->address), 63);
    fb_trace_close(&w, false);
}

static void the_bell_rings_for_a_viewer_and_is_drained(void **state) {
    struct fb_trace_writer w;
    struct fb_trace_reader r;
    char byte;

    (void)state;
    support_open(&w, "a.ring", 64);
    assert_int_equal(fb_trace_reader_open(&r, support_path("a.ring"), true), 0);
    assert_int_equal(read(w.bell_fd, &byte, 1), -1);
    assert_int_equal(errno, EAGAIN);
    (void)fb_trace_census_ask(&r);
    (void)fb_trace_census_ask(&r);
    assert_int_equal(read(w.bell_fd, &byte, 1), 1);
    fb_trace_bell_drain(&w);
    assert_int_equal(read(w.bell_fd, &byte, 1), -1);
    fb_trace_reader_close(&r);
    fb_trace_close(&w, false);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(open_makes_a_private_file_a_bell_and_leaks_no_fd_to_children),
        TEST(without_a_path_it_lies_in_the_users_directory),
        TEST(closing_keeps_the_file_when_asked_and_marks_it),
        TEST(closing_a_zeroed_writer_does_nothing),
        TEST(ring_sizes_must_be_powers_of_two_and_not_tiny),
        TEST(a_live_trace_is_not_replaced_but_a_closed_one_is),
        TEST(a_killed_writer_leaves_a_readable_trace_that_can_be_replaced),
        TEST(what_is_no_old_trace_of_ours_is_never_removed),
        TEST(events_are_numbered_from_one_and_overwrite_the_oldest),
        TEST(texts_come_in_parts_of_16_bytes_cut_at_a_whole_sequence),
        TEST(addresses_are_kept_whole_or_cut_with_a_nul),
        TEST(the_bell_rings_for_a_viewer_and_is_drained),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
