// fishbowl list: what runs, what is left of what has ended, and clearing it
// away.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run.h"
#include "scene.h"
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scene scene;

static void list_of_nothing_says_how_to_start(void **state) {
    (void)state;
    assert_int_equal(RUN("list"), 0);
    assert_string_equal(run_out, "");
    assert_non_null(strstr(run_err, "fishbowl serve"));
}

static void list_shows_a_live_program_and_its_tasks(void **state) {
    const struct fb_trace_options options = {.program = "g\x1b[1mreeter",
                                             .ring_events = 1024};
    char pid[32];

    (void)state;
    scene = (struct scene){0};
    assert_int_equal(fb_trace_open(&scene.w, &options), 0);
    fb_trace_set_address(&scene.w, "127.0.0.1:6142");
    scene_listen(&scene);
    scene_connect(&scene, 9, "Ada");
    assert_int_equal(RUN("list"), 0);
    snprintf(pid, sizeof(pid), "%7d  ", (int)getpid());
    assert_non_null(strstr(run_out, pid));
    assert_non_null(strstr(run_out, "g\\x1b[1mreeter"));
    assert_null(strchr(run_out, '\x1b'));
    assert_non_null(strstr(run_out, "127.0.0.1:6142              2  "));
    assert_non_null(strstr(run_out, "running"));
    fb_trace_close(&scene.w, false);
}

// A lossless trace that nobody records: the program waits, and that is told.
static void who_waits_for_a_recorder_is_shown_to_wait(void **state) {
    const struct fb_trace_options options = {
        .program = "patient", .ring_events = 64, .flags = FB_TRACE_LOSSLESS};
    const pid_t child = fork();
    int status, tries = 0;

    (void)state;
    assert_true(child >= 0);
    if (child == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        scene = (struct scene){0};
        if (fb_trace_open(&scene.w, &options) < 0) {
            _exit(1);
        }
        scene_listen(&scene);
        for (;;) {
            scene_connect(&scene, 9, "Ada");
        }
    }
    do {
        assert_int_equal(RUN("list"), 0);
    } while (strstr(run_out, "waiting") == NULL && tries++ < 1000);
    assert_non_null(strstr(run_out, "patient"));
    assert_non_null(strstr(run_out, "waiting"));
    assert_int_equal(kill(child, SIGKILL), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(RUN("list", "--clean"), 0);
}

static void dead_traces_are_listed_on_request_and_cleaned(void **state) {
    const struct fb_trace_options options = {.program = "gone",
                                             .ring_events = 1024};
    char path[160], bell[192], ring[64];
    struct stat st;
    int status;
    pid_t child = fork();

    (void)state;
    assert_true(child >= 0);
    if (child == 0) { // is traced, and vanishes without closing
        scene = (struct scene){0};
        if (fb_trace_open(&scene.w, &options) < 0) {
            _exit(1);
        }
        scene_listen(&scene);
        _exit(0);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    snprintf(ring, sizeof(ring), "%d.ring", (int)child);
    snprintf(path, sizeof(path), "%s/fishbowl/%s", run_dir, ring);
    snprintf(bell, sizeof(bell), "%s.bell", path);

    assert_int_equal(RUN("list"), 0);
    assert_null(strstr(run_out, ring));
    assert_int_equal(RUN("list", "--all"), 0);
    assert_non_null(strstr(run_out, ring));
    assert_non_null(strstr(run_out, "killed"));
    snprintf(ring, sizeof(ring), "%d", (int)child);
    assert_int_equal(RUN("print", "--tree", ring), 0);
    assert_non_null(strstr(run_out, "was killed"));
    assert_non_null(strstr(run_out, "pending: fd 5 readable"));

    assert_int_equal(RUN("list", "--clean"), 0);
    assert_string_equal(run_out, "removed 1 trace\n");
    assert_int_equal(stat(path, &st), -1);
    assert_int_equal(lstat(bell, &st), -1);
}

static void clean_leaves_live_traces_alone(void **state) {
    const struct fb_trace_options options = {.ring_events = 1024};
    struct fb_trace_writer w;
    struct stat st;

    (void)state;
    assert_int_equal(fb_trace_open(&w, &options), 0);
    assert_int_equal(RUN("list", "--clean"), 0);
    assert_string_equal(run_out, "removed 0 traces\n");
    assert_int_equal(stat(w.path, &st), 0);
    fb_trace_close(&w, false);
}

static void what_it_does_not_understand_is_shown_escaped(void **state) {
    (void)state;
    assert_int_equal(RUN("list", "\x1b[2J"), 2);
    assert_null(strchr(run_err, '\x1b'));
    assert_non_null(strstr(run_err, "\\x1b[2J: it takes no arguments"));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(list_of_nothing_says_how_to_start),
        cmocka_unit_test(list_shows_a_live_program_and_its_tasks),
        cmocka_unit_test(who_waits_for_a_recorder_is_shown_to_wait),
        cmocka_unit_test(dead_traces_are_listed_on_request_and_cleaned),
        cmocka_unit_test(clean_leaves_live_traces_alone),
        cmocka_unit_test(what_it_does_not_understand_is_shown_escaped),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
