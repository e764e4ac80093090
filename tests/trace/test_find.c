// The per-user directory and the traces in it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "support.h"

static void the_directory_is_made_private_whatever_the_umask(void **state) {
    char dir[256];
    struct stat st;
    mode_t mask;

    (void)state;
    assert_int_equal(fb_trace_dir(dir, sizeof dir, false), -ENOENT);
    mask = umask(0);
    assert_int_equal(fb_trace_dir(dir, sizeof dir, true), 0);
    (void)umask(mask);
    assert_string_equal(dir, support_path("fishbowl"));
    assert_int_equal(lstat(dir, &st), 0);
    assert_int_equal(st.st_mode, S_IFDIR | 0700);
    assert_int_equal(fb_trace_dir(dir, sizeof dir, true), 0);
    assert_int_equal(fb_trace_dir(dir, 10, true), -ENAMETOOLONG);
}

static void a_directory_others_can_enter_is_refused(void **state) {
    char dir[256] = "untouched";

    (void)state;
    assert_int_equal(mkdir(support_path("fishbowl"), 0700), 0);
    assert_int_equal(chmod(support_path("fishbowl"), 0755), 0);
    assert_int_equal(fb_trace_dir(dir, sizeof dir, true), -EPERM);
    assert_string_equal(dir, "untouched");
    assert_int_equal(fb_trace_list(NULL, 0), -EPERM);
}

static void a_link_or_a_file_in_its_place_is_refused(void **state) {
    char dir[256];
    char target[256];

    (void)state;
    strcpy(target, support_path("elsewhere"));
    assert_int_equal(mkdir(target, 0700), 0);
    assert_int_equal(symlink(target, support_path("fishbowl")), 0);
    assert_int_equal(fb_trace_dir(dir, sizeof dir, true), -EPERM);
    assert_int_equal(unlink(support_path("fishbowl")), 0);
    assert_int_equal(fclose(fopen(support_path("fishbowl"), "w")), 0);
    assert_int_equal(fb_trace_dir(dir, sizeof dir, true), -EPERM);
}

static void without_a_runtime_directory_it_is_in_tmp(void **state) {
    const char *bad[] = {NULL, "", "relative", "/nowhere/at/all"};
    char dir[256], want[64];
    int err;

    (void)state;
    (void)snprintf(want, sizeof want, "/tmp/fishbowl-%lu",
                   (unsigned long)geteuid());
    for (size_t i = 0; i < 4; i++) {
        if (bad[i]) {
            assert_int_equal(setenv("XDG_RUNTIME_DIR", bad[i], 1), 0);
        } else {
            assert_int_equal(unsetenv("XDG_RUNTIME_DIR"), 0);
        }
        err = fb_trace_dir(dir, sizeof dir, false);
        assert_true(err == 0 || err == -ENOENT);
        if (err == 0) {
            assert_string_equal(dir, want);
        }
    }
}

static void traces_are_listed_newest_first_with_their_state(void **state) {
    struct fb_trace_writer a, b, c;
    struct fb_trace_found found[4];

    (void)state;
    assert_int_equal(fb_trace_list(found, 4), 0);
    assert_int_equal(mkdir(support_path("fishbowl"), 0700), 0);
    support_open(&a, "fishbowl/a.ring", 64);
    support_open(&b, "fishbowl/b.ring", 64);
    support_open(&c, "fishbowl/c.ring", 64);
    a.header->start_realtime_ns = 2;
    b.header->start_realtime_ns = 3;
    c.header->start_realtime_ns = 1;
    memset(c.header->program, 'x', sizeof c.header->program); // no NUL
    fb_trace_set_address(&a, "127.0.0.1:6142");
    fb_trace_close(&b, true);

    // And what is no trace.
    assert_int_equal(mkfifo(support_path("fishbowl/d.ring"), 0600), 0);
    assert_int_equal(mkdir(support_path("fishbowl/e.ring"), 0700), 0);
    assert_int_equal(symlink("a.ring", support_path("fishbowl/f.ring")), 0);
    assert_int_equal(fclose(fopen(support_path("fishbowl/g.ring"), "w")), 0);

    assert_int_equal(fb_trace_list(found, 4), 3);
    assert_string_equal(found[0].path, support_path("fishbowl/b.ring"));
    assert_string_equal(found[1].path, support_path("fishbowl/a.ring"));
    assert_string_equal(found[2].path, support_path("fishbowl/c.ring"));
    assert_false(found[0].alive);
    assert_true(found[1].alive);
    assert_true(found[2].alive);
    assert_int_equal(found[1].pid, getpid());
    assert_string_equal(found[1].program, "test");
    assert_string_equal(found[1].address, "127.0.0.1:6142");
    assert_int_equal(strlen(found[2].program), 63);
    memset(found, 0, sizeof found);
    assert_int_equal(fb_trace_list(found, 1), 3); // the newest is kept
    assert_string_equal(found[0].path, support_path("fishbowl/b.ring"));
    assert_int_equal(found[1].pid, 0);
    fb_trace_close(&a, false);
    fb_trace_close(&c, false);
}

#define TEST(name)                                                             \
    cmocka_unit_test_setup_teardown(name, support_enter, support_leave)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(the_directory_is_made_private_whatever_the_umask),
        TEST(a_directory_others_can_enter_is_refused),
        TEST(a_link_or_a_file_in_its_place_is_refused),
        TEST(without_a_runtime_directory_it_is_in_tmp),
        TEST(traces_are_listed_newest_first_with_their_state),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
