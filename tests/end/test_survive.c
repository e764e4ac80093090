// One side dies: the other goes on, and what was written can be looked at.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process.h"
#include "stagehand.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int set_up(void **state) {
    (void)state;
    private_dir();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    private_dir_remove();
    return 0;
}

static uint16_t serve(struct process *p, const char *ring) {
    const char *port_file = private_path("port");
    const char *argv[] = {program("fishbowl-serve"),
                          "--listen",
                          "127.0.0.1:0",
                          "--port-file",
                          port_file,
                          ring ? "--ring" : NULL,
                          ring,
                          NULL};

    unlink(port_file); // a killed server leaves it
    process_start(p, argv, 0);
    return await_port(p, port_file);
}

static char *print(const char *what, const char *form, int *ret_status) {
    const char *argv[] = {program("fishbowl"), "print", what, form, NULL};
    struct process p;
    char *out;

    process_start(&p, argv, 0);
    *ret_status = process_wait(&p);
    out = process_out(&p);
    process_close(&p);
    return out;
}

static void server_runs_on_after_its_viewer_was_killed(void **state) {
    struct process server;
    uint16_t port = serve(&server, NULL);
    uint64_t killed_ms;
    struct fb_pty *t;
    char pid[16];
    int fd, status;

    (void)state;
    snprintf(pid, sizeof(pid), "%d", (int)server.pid);
    t = on_terminal("watch", pid, 100, 30);
    assert_true(fb_pty_shows(t, "LIVE"));
    fb_pty_type(t, "s");
    assert_true(fb_pty_shows(t, "STOPPED"));
    fd = dial(port); // the kernel takes it; nobody is there to greet
    assert_false(hears(fd, "Who are you?\n", 300));
    kill(fb_pty_pid(t), SIGKILL);
    killed_ms = clock_now_ms();
    assert_true(fb_pty_ends(t, &status));
    assert_true(hears(fd, "Who are you?\n", 10000));
    // About a second; more only where the machine itself is late.
    assert_in_range(clock_now_ms() - killed_ms, 0, 3000);
    assert_int_equal(write(fd, "Ada\n", 4), 4);
    assert_true(hears(fd, "Thanks for dialing in, Ada!\n", 10000));
    close(fd);
    fb_pty_close(t);
    process_signal(&server, SIGINT);
    assert_int_equal(process_wait(&server), 0);
    process_close(&server);
}

static void leaving_a_stopped_server_lets_it_run(void **state) {
    struct process server;
    uint16_t port = serve(&server, NULL);
    struct fb_pty *t;
    char pid[16];
    int fd;

    (void)state;
    snprintf(pid, sizeof(pid), "%d", (int)server.pid);
    t = on_terminal("watch", pid, 100, 30);
    assert_true(fb_pty_shows(t, "LIVE"));
    fb_pty_type(t, "s");
    assert_true(fb_pty_shows(t, "STOPPED"));
    fd = dial(port);
    fb_pty_type(t, "q");
    assert_exits(t, 0);
    assert_restored(t);
    assert_true(hears(fd, "Who are you?\n", 10000));
    close(fd);
    fb_pty_close(t);
    process_signal(&server, SIGINT);
    assert_int_equal(process_wait(&server), 0);
    process_close(&server);
}

static void killed_server_leaves_a_trace_that_print_opens(void **state) {
    const char *ring = private_path("killed.ring");
    struct process server;
    uint16_t port = serve(&server, ring);
    int fds[3], status;
    char *out;

    (void)state;
    for (int i = 0; i < 3; i++) {
        fds[i] = dial(port);
        assert_true(hears(fds[i], "Who are you?\n", 10000));
    }
    assert_int_equal(write(fds[1], "Grace\n", 6), 6);
    assert_true(hears(fds[1], "Thanks for dialing in, Grace!\n", 10000));
    process_signal(&server, SIGKILL);
    assert_int_equal(process_wait(&server), 128 + SIGKILL);

    out = print(ring, "--tree", &status);
    assert_int_equal(status, 0);
    assert_non_null(strstr(out, "acceptor"));
    assert_non_null(strstr(out, "task 2 "));
    assert_non_null(strstr(out, "task 4 "));
    assert_non_null(strstr(out, "readable"));
    free(out);
    out = print(ring, "--story", &status);
    assert_int_equal(status, 0);
    assert_non_null(strstr(out, "is now called \"Grace 127.0.0.1:"));
    free(out);
    out = print(ring, "--json", &status);
    assert_int_equal(status, 0);
    assert_int_equal(out[0], '{');
    free(out);
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
    process_close(&server);
}

static void killed_server_s_trace_can_be_watched(void **state) {
    const char *ring = private_path("watched.ring");
    struct process server;
    uint16_t port = serve(&server, ring);
    struct fb_pty *t;
    int fd = dial(port);

    (void)state;
    assert_true(hears(fd, "Who are you?\n", 10000));
    process_signal(&server, SIGKILL);
    assert_int_equal(process_wait(&server), 128 + SIGKILL);
    t = on_terminal("watch", ring, 100, 30);
    assert_true(fb_pty_shows(t, "FROZEN"));
    fb_pty_type(t, "q");
    assert_exits(t, 0);
    assert_restored(t);
    fb_pty_close(t);
    close(fd);
    process_close(&server);
}

static void
server_that_is_killed_while_watched_stays_on_the_screen(void **state) {
    struct process server;
    uint16_t port = serve(&server, NULL);
    struct fb_pty *t;
    char pid[16];
    int fd = dial(port);

    (void)state;
    assert_true(hears(fd, "Who are you?\n", 10000));
    snprintf(pid, sizeof(pid), "%d", (int)server.pid);
    t = on_terminal("watch", pid, 100, 30);
    assert_true(fb_pty_shows_row(t, " 2 ", "127.0.0.1:"));
    process_signal(&server, SIGKILL);
    assert_int_equal(process_wait(&server), 128 + SIGKILL);
    assert_true(fb_pty_shows(t, "killed"));
    assert_true(fb_pty_shows_row(t, " 2 ", "127.0.0.1:"));
    fb_pty_type(t, "P"); // and backwards still works
    assert_true(fb_pty_shows(t, "FROZEN"));
    fb_pty_type(t, "q");
    assert_exits(t, 0);
    assert_restored(t);
    fb_pty_close(t);
    close(fd);
    process_close(&server);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(server_runs_on_after_its_viewer_was_killed),
        cmocka_unit_test(leaving_a_stopped_server_lets_it_run),
        cmocka_unit_test(killed_server_leaves_a_trace_that_print_opens),
        cmocka_unit_test(killed_server_s_trace_can_be_watched),
        cmocka_unit_test(
            server_that_is_killed_while_watched_stays_on_the_screen),
    };

    return cmocka_run_group_tests_name("end/survive", tests, set_up, tear_down);
}
