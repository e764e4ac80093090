// `fishbowl record` on a terminal: one line tells how far it is, and Ctrl-C,
// which the terminal sends to recorder and command alike, ends both in order.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pty.h"
#include "recording.h"
#include "run.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char out[96], program[512];

static int enter(void **state) {
    const char *bin = getenv("FB_BIN");

    if (run_setup(state) != 0 || bin == NULL) {
        return -1;
    }
    snprintf(out, sizeof(out), "%s/run.fish", run_dir);
    snprintf(program, sizeof(program), "%s/fishbowl", bin);
    return 0;
}

static int clear(void **state) {
    (void)state;
    return unlink(out);
}

static bool ended_in_good_order(void) {
    char why[FB_RECORDING_WHY_BYTES];
    struct fb_recording_reader *r;
    struct fb_recording_head head;
    struct fb_record record;
    bool good = false;

    if (fb_recording_open(&r, out, &head, why, sizeof(why)) < 0) {
        return false;
    }
    while (fb_recording_read(r, &record) == 1) {
        good |=
            record.kind == FB_RECORD_END && record.end == FB_RECORDING_CLOSED;
    }
    fb_recording_close(r);
    return good;
}

static void ctrl_c_ends_the_command_and_is_recorded(void **state) {
    const char *argv[] = {program, "record", "-o",       out,           "--",
                          program, "serve",  "--listen", "127.0.0.1:0", NULL};
    struct fb_pty *p;
    int status = 0;

    (void)state;
    assert_int_equal(
        fb_pty_open(&p, &(struct fb_pty_options){.argv = argv, .cols = 120}),
        0);
    assert_true(fb_pty_shows(p, "listening on port"));
    assert_true(fb_pty_shows_row(p, "recording: ", " 0 lost"));
    fb_pty_type(p, "\003");
    assert_true(fb_pty_ends(p, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    assert_true(fb_pty_shows_row(p, "none lost", "until the program ended"));
    assert_true(fb_pty_shows(p, "Replay: fishbowl watch"));
    // The command writes here, too: nothing is written over.
    assert_true(fb_pty_shows(p, "listening on port"));
    assert_true(fb_pty_shows_row(p, "recording: ", " 0 lost"));
    fb_pty_close(p);
    assert_true(ended_in_good_order());
}

// It ignores what asks it: the second Ctrl-C is SIGTERM, the third kills.
static void a_command_that_does_not_hear_is_killed(void **state) {
    const char *argv[] = {program,
                          "record",
                          "-o",
                          out,
                          "--",
                          "sh",
                          "-c",
                          "trap 'echo heard' INT; trap 'echo told' TERM; "
                          "echo ready; while :; do read x; done",
                          NULL};
    struct fb_pty *p;
    int status = 0;

    (void)state;
    assert_int_equal(fb_pty_open(&p, &(struct fb_pty_options){.argv = argv}),
                     0);
    assert_true(fb_pty_shows(p, "ready"));
    fb_pty_type(p, "\003");
    assert_true(fb_pty_shows(p, "heard"));
    fb_pty_type(p, "\003");
    assert_true(fb_pty_shows(p, "told"));
    fb_pty_type(p, "\003");
    assert_true(fb_pty_ends(p, &status));
    assert_true(fb_pty_shows(p, "signal 9"));
    assert_int_equal(WEXITSTATUS(status), 128 + 9);
    fb_pty_close(p);
    assert_int_equal(access(out, F_OK), -1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(ctrl_c_ends_the_command_and_is_recorded,
                                  clear),
        cmocka_unit_test(a_command_that_does_not_hear_is_killed),
    };

    return cmocka_run_group_tests_name("viz/record_pty", tests, enter,
                                       run_teardown);
}
