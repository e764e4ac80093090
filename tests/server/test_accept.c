// The accept loop over real loopback sockets, on a virtual clock.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "accept.h"
#include "desk.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <unistd.h>

struct hall {
    struct desk desk;
    struct acceptor_options options;
    struct fb_tcp_listener listener;
    struct fb_signals signals;
    struct fb_join_handle acceptor;
    struct capture out, err;
};

static void hall_open(struct hall *h, struct acceptor_options options,
                      bool signals) {
    struct fb_addr addr;
    sigset_t stop;

    memset(h, 0, sizeof *h);
    desk_open(&h->desk, true);
    h->options = options;
    if (h->options.handler == NULL) {
        h->options.handler = &greeter_named;
    }
    assert_int_equal(fb_addr_parse("127.0.0.1:0", &addr), 0);
    assert_int_equal(fb_tcp_listen(h->desk.rt, &addr, 128, &h->listener), 0);
    if (signals) {
        sigemptyset(&stop);
        sigaddset(&stop, SIGTERM);
        assert_int_equal(fb_signals_open(&h->signals, h->desk.rt, &stop), 0);
    }
    capture_begin(&h->out, STDOUT_FILENO);
    capture_begin(&h->err, STDERR_FILENO);
    assert_int_equal(FB_SPAWN(h->desk.rt,
                              acceptor(&h->options, &h->listener,
                                       signals ? &h->signals : NULL),
                              &h->acceptor),
                     0);
    desk_run(&h->desk);
}

static void hall_close(struct hall *h) {
    fb_task_abort(&h->acceptor);
    desk_run(&h->desk);
    fb_task_detach(&h->acceptor);
    fb_tcp_listener_close(&h->listener);
    fb_signals_close(&h->signals);
    desk_close(&h->desk);
}

// Ends both captures. Caller frees.
static void hall_printed(struct hall *h, char **ret_out, char **ret_err) {
    *ret_err = capture_end(&h->err);
    *ret_out = capture_end(&h->out);
}

static int hall_dial(struct hall *h) {
    const struct fb_addr *addr = &h->listener.local;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, &addr->u.any, sizeof addr->u.v4), 0);
    return fd;
}

// Runs the hall until `fd` has something to say, or for a while in vain.
static bool speaks(struct hall *h, int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (int i = 0; i < 2000; i++) {
        desk_run(&h->desk);
        if (poll(&p, 1, 1) == 1) {
            return true;
        }
    }
    return false;
}

// What must not happen needs no waiting: the kernel has told us all by now.
static bool is_silent(struct hall *h, int fd) {
    struct pollfd p = {.fd = fd, .events = POLLIN};

    for (int i = 0; i < 20; i++) {
        desk_run(&h->desk);
    }
    return poll(&p, 1, 0) == 0;
}

static void expect_text(struct hall *h, int fd, const char *want) {
    char heard[256];
    size_t len = 0;

    while (len < strlen(want)) {
        ssize_t n;

        assert_true(speaks(h, fd));
        n = recv(fd, heard + len, strlen(want) - len, 0);
        assert_true(n > 0);
        len += (size_t)n;
    }
    assert_memory_equal(heard, want, len);
}

static void expect_end(struct hall *h, int fd) {
    char byte;

    assert_true(speaks(h, fd));
    assert_int_equal(recv(fd, &byte, 1, 0), 0);
}

static uint16_t local_port(int fd) {
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;

    assert_int_equal(getsockname(fd, (struct sockaddr *)&addr, &len), 0);
    return ntohs(addr.sin_port);
}

static void a_fourth_client_is_answered_while_three_are_silent(void **state) {
    static struct hall h;
    int fd[4];
    char want[256] = "", *out, *err;

    (void)state;
    hall_open(&h, (struct acceptor_options){0}, false);
    for (int i = 0; i < 4; i++) {
        fd[i] = hall_dial(&h);
        expect_text(&h, fd[i], "Who are you?\n");
        snprintf(want + strlen(want), sizeof want - strlen(want),
                 "connection from 127.0.0.1:%u\n", local_port(fd[i]));
    }
    desk_send(fd[3], "Ada\n", 4);
    expect_text(&h, fd[3], "Thanks for dialing in, Ada!\n");
    expect_end(&h, fd[3]);
    desk_run(&h.desk);
    assert_int_equal(fb_runtime_stats(h.desk.rt).tasks, 4); // and it is reaped
    hall_printed(&h, &out, &err);
    assert_string_equal(out, want);
    assert_string_equal(err, "");
    free(out);
    free(err);
    for (int i = 0; i < 4; i++) {
        close(fd[i]);
    }
    hall_close(&h);
}

static void who_joins_prints_the_socket_error(void **state) {
    static struct hall h;
    struct linger hard = {.l_onoff = 1, .l_linger = 0};
    char *out, *err;
    int fd;

    hall_open(&h, (struct acceptor_options){.handler = *state}, false);
    fd = hall_dial(&h);
    expect_text(&h, fd, "Who are you?\n");
    assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof hard),
                     0);
    close(fd); // a reset
    for (int i = 0; i < 2000 && fb_runtime_stats(h.desk.rt).live_tasks > 1;
         i++) {
        poll(NULL, 0, 1);
        desk_run(&h.desk);
    }
    desk_run(&h.desk);
    hall_printed(&h, &out, &err);
    assert_non_null(strstr(
        out, "\nsocket error: Connection reset by peer (os error 104)\n"));
    assert_string_equal(err, "");
    free(out);
    free(err);
    hall_close(&h);
}

static void a_failed_client_is_told_and_the_rest_go_on(void **state) {
    static struct hall h;
    char *out, *err;
    int fd[2];

    hall_open(&h, (struct acceptor_options){.handler = *state}, false);
    for (int i = 0; i < 2; i++) {
        fd[i] = hall_dial(&h);
        expect_text(&h, fd[i], "Who are you?\n");
    }
    desk_send(fd[0], "\xff\n", 2);
    expect_end(&h, fd[0]);
    desk_send(fd[1], "Bob\n", 4);
    expect_text(&h, fd[1], "Thanks for dialing in, Bob!\n");
    expect_end(&h, fd[1]);
    hall_printed(&h, &out, &err);
    assert_string_equal(err, "fishbowl: task 2 failed: the name is not "
                             "UTF-8\n");
    assert_null(strstr(out, "error"));
    free(out);
    free(err);
    close(fd[0]);
    close(fd[1]);
    hall_close(&h);
}

static void max_clients_lets_newcomers_wait_until_one_leaves(void **state) {
    static struct hall h;
    char *out, *err;
    int fd[3];

    (void)state;
    hall_open(&h, (struct acceptor_options){.max_clients = 2}, false);
    fd[0] = hall_dial(&h);
    expect_text(&h, fd[0], "Who are you?\n");
    fd[1] = hall_dial(&h);
    expect_text(&h, fd[1], "Who are you?\n");
    fd[2] = hall_dial(&h);
    assert_true(is_silent(&h, fd[2]));
    assert_int_equal(fb_runtime_stats(h.desk.rt).live_tasks, 3);
    desk_send(fd[0], "Ada\n", 4);
    expect_text(&h, fd[2], "Who are you?\n");
    hall_printed(&h, &out, &err);
    free(out);
    free(err);
    for (int i = 0; i < 3; i++) {
        close(fd[i]);
    }
    hall_close(&h);
}

static void the_idle_timeout_hangs_up_and_nothing_earlier(void **state) {
    static struct hall h;
    char want[128], *out, *err;
    int fd;

    hall_open(&h,
              (struct acceptor_options){.handler = *state,
                                        .idle_timeout_ns = 5 * FB_S},
              false);
    fd = hall_dial(&h);
    expect_text(&h, fd, "Who are you?\n");
    assert_true(fb_runtime_advance(h.desk.rt, 5 * FB_S - 1) >= 0);
    assert_true(is_silent(&h, fd));
    assert_true(fb_runtime_advance(h.desk.rt, 1) >= 0);
    expect_end(&h, fd);
    snprintf(want, sizeof want,
             "connection from 127.0.0.1:%u\ntimed out: 127.0.0.1:%u\n",
             local_port(fd), local_port(fd));
    hall_printed(&h, &out, &err);
    assert_string_equal(out, want);
    assert_string_equal(err, "");
    free(out);
    free(err);
    close(fd);
    hall_close(&h);
}

static void under_a_limit_the_answer_is_the_same(void **state) {
    static struct hall h;
    char *out, *err;
    int fd;

    hall_open(&h,
              (struct acceptor_options){.handler = *state,
                                        .idle_timeout_ns = 5 * FB_S},
              false);
    fd = hall_dial(&h);
    expect_text(&h, fd, "Who are you?\n");
    desk_send(fd, "Ada\n", 4);
    expect_text(&h, fd, "Thanks for dialing in, Ada!\n");
    expect_end(&h, fd);
    assert_int_equal(fb_runtime_stats(h.desk.rt).timers, 0);
    hall_printed(&h, &out, &err);
    assert_string_equal(err, "");
    free(out);
    free(err);
    close(fd);
    hall_close(&h);
}

static void limits_leave_no_byte_behind(void **state) {
    size_t before = 0;

    for (int i = 0; i < 12; i++) {
        // stdio has what it keeps, and the allocator too: its caches hold up
        // to 7 freed blocks of a size, which count as used.
        if (i == 8) {
            before = count_heap_bytes();
        }
        under_a_limit_the_answer_is_the_same(state);
        the_idle_timeout_hangs_up_and_nothing_earlier(state);
    }
    assert_int_equal(count_heap_bytes(), before);
}

// ---- out of descriptors ----

static struct rlimit limit_files(rlim_t files) {
    struct rlimit old, tight;

    assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
    tight = (struct rlimit){.rlim_cur = files, .rlim_max = old.rlim_max};
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &tight), 0);
    return old;
}

// The lowest free descriptor is the limit's: the next one is too many.
static rlim_t lowest_free(void) {
    int fd = dup(STDIN_FILENO);

    assert_true(fd >= 0);
    close(fd);
    return (rlim_t)fd;
}

// contract 49
// peer libuv/emfile
static void a_shortage_backs_off_says_it_once_and_recovers(void **state) {
    static struct hall h;
    struct rlimit old;
    char *out, *err;
    unsigned tries;
    int fd;

    (void)state;
    hall_open(&h, (struct acceptor_options){0}, false);
    fd = hall_dial(&h);
    old = limit_files(lowest_free());
    for (int i = 0;
         i < 2000 && desk_count_io(&h.desk, FB_IO_ACCEPT, -EMFILE) == 0; i++) {
        desk_run(&h.desk);
        poll(NULL, 0, 1);
    }
    // 10, 20, … 640 ms, then once a second: 17 tries in ten seconds.
    assert_true(fb_runtime_advance(h.desk.rt, 10 * FB_S) >= 0);
    tries = desk_count_io(&h.desk, FB_IO_ACCEPT, -EMFILE);
    assert_in_range(tries, 10, 17);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_true(fb_runtime_advance(h.desk.rt, FB_S) >= 0);
    expect_text(&h, fd, "Who are you?\n");
    assert_int_equal(desk_count_io(&h.desk, FB_IO_ACCEPT, -EMFILE), tries);
    hall_printed(&h, &out, &err);
    assert_string_equal(err, "fishbowl: accept: too many open files (0 clients "
                             "are connected; newcomers wait)\n");
    free(out);
    free(err);
    close(fd);
    hall_close(&h);
}

// contract 49
static void a_client_that_leaves_ends_the_back_off_at_once(void **state) {
    static struct hall h;
    struct rlimit old;
    char *out, *err;
    int first, second;

    (void)state;
    hall_open(&h, (struct acceptor_options){0}, false);
    first = hall_dial(&h);
    expect_text(&h, first, "Who are you?\n");
    second = hall_dial(&h);
    old = limit_files(lowest_free());
    for (int i = 0;
         i < 2000 && desk_count_io(&h.desk, FB_IO_ACCEPT, -EMFILE) == 0; i++) {
        desk_run(&h.desk);
        poll(NULL, 0, 1);
    }
    assert_true(is_silent(&h, second));
    desk_send(first, "Ada\n", 4);
    expect_text(&h, second, "Who are you?\n"); // no time has passed
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    hall_printed(&h, &out, &err);
    free(out);
    free(err);
    close(first);
    close(second);
    hall_close(&h);
}

static void fatal_accept_errors_cancel_every_client(void **state) {
    static struct hall h;
    struct fb_join_result result;
    struct rlimit old;
    char *out, *err;
    int first, second;

    (void)state;
    hall_open(&h, (struct acceptor_options){.errors_fatal = true}, false);
    first = hall_dial(&h);
    expect_text(&h, first, "Who are you?\n");
    second = hall_dial(&h);
    old = limit_files(lowest_free());
    expect_end(&h, first);
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
    assert_true(fb_task_result(&h.acceptor, &result));
    assert_int_equal(result.outcome, FB_OUTCOME_ERROR);
    assert_int_equal(result.out, -EMFILE);
    hall_printed(&h, &out, &err);
    free(out);
    free(err);
    close(first);
    close(second);
    hall_close(&h);
}

// ---- the end ----

static void
after_a_signal_clients_may_finish_but_nobody_may_come(void **state) {
    static struct hall h;
    struct fb_join_result result;
    char *out, *err;
    int fd, late;

    (void)state;
    hall_open(&h, (struct acceptor_options){.grace_ns = 2 * FB_S}, true);
    fd = hall_dial(&h);
    expect_text(&h, fd, "Who are you?\n");
    assert_int_equal(raise(SIGTERM), 0);
    assert_true(is_silent(&h, fd));
    assert_false(fb_task_result(&h.acceptor, NULL));
    late = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(
        connect(late, &h.listener.local.u.any, sizeof h.listener.local.u.v4),
        -1);
    assert_int_equal(errno, ECONNREFUSED);
    desk_send(fd, "Ada\n", 4);
    expect_text(&h, fd, "Thanks for dialing in, Ada!\n");
    expect_end(&h, fd);
    desk_run(&h.desk);
    assert_true(fb_task_result(&h.acceptor, &result));
    assert_int_equal(result.out, 0);
    hall_printed(&h, &out, &err);
    free(out);
    free(err);
    close(late);
    close(fd);
    hall_close(&h);
}

static void after_the_grace_period_the_rest_is_aborted(void **state) {
    static struct hall h;
    struct fb_join_result result;
    char *out, *err;
    int fd;

    (void)state;
    hall_open(&h, (struct acceptor_options){.grace_ns = 2 * FB_S}, true);
    fd = hall_dial(&h);
    expect_text(&h, fd, "Who are you?\n");
    assert_int_equal(raise(SIGTERM), 0);
    desk_run(&h.desk);
    assert_true(fb_runtime_advance(h.desk.rt, 2 * FB_S - 1) >= 0);
    assert_true(is_silent(&h, fd));
    assert_true(fb_runtime_advance(h.desk.rt, 1) >= 0);
    expect_end(&h, fd);
    assert_true(fb_task_result(&h.acceptor, &result));
    assert_int_equal(result.outcome, FB_OUTCOME_OK);
    assert_int_equal(result.out, 0);
    assert_int_equal(fb_runtime_stats(h.desk.rt).live_tasks, 0);
    hall_printed(&h, &out, &err);
    free(out);
    free(err);
    close(fd);
    hall_close(&h);
}

static void a_second_signal_ends_the_grace_period(void **state) {
    static struct hall h;
    char *out, *err;
    int fd;

    (void)state;
    hall_open(&h, (struct acceptor_options){.grace_ns = 3600 * FB_S}, true);
    fd = hall_dial(&h);
    expect_text(&h, fd, "Who are you?\n");
    assert_int_equal(raise(SIGTERM), 0);
    assert_true(is_silent(&h, fd));
    assert_int_equal(raise(SIGTERM), 0);
    expect_end(&h, fd);
    desk_run(&h.desk);
    assert_true(fb_task_result(&h.acceptor, NULL));
    hall_printed(&h, &out, &err);
    free(out);
    free(err);
    close(fd);
    hall_close(&h);
}

static void a_crowd_of_newcomers_does_not_starve_who_is_there(void **state) {
    enum { CROWD = 200 };
    static struct hall h;
    char *out, *err;
    int fd[CROWD];

    (void)state;
    hall_open(&h, (struct acceptor_options){0}, false);
    for (int i = 0; i < CROWD; i++) {
        fd[i] = hall_dial(&h); // many at once
        if (i % 8 == 7) {
            expect_text(&h, fd[i], "Who are you?\n");
        }
    }
    for (int i = 0; i < CROWD; i++) {
        char name[16], want[64];

        if (i % 8 != 7) {
            expect_text(&h, fd[i], "Who are you?\n");
        }
        snprintf(name, sizeof name, "g%d\n", i);
        desk_send(fd[i], name, strlen(name));
        snprintf(want, sizeof want, "Thanks for dialing in, g%d!\n", i);
        expect_text(&h, fd[i], want);
        close(fd[i]);
    }
    desk_run(&h.desk);
    assert_int_equal(fb_runtime_stats(h.desk.rt).tasks, 1);
    hall_printed(&h, &out, &err);
    assert_string_equal(err, "");
    free(out);
    free(err);
    hall_close(&h);
}

#define EACH(test)                                                             \
    {#test " (inline)", test, NULL, capture_teardown,                          \
     (void *)&greeter_inline},                                                 \
        {#test " (named)", test, NULL, capture_teardown,                       \
         (void *)&greeter_named},                                              \
    {                                                                          \
#test " (states)", test, NULL, capture_teardown,                       \
            (void *)&greeter_states                                            \
    }

// Until the other side's kernel has all that was sent.
static void await_delivery(int fd) {
    int unacknowledged = 1;

    for (int i = 0; i < 2000 && unacknowledged > 0; i++) {
        assert_int_equal(ioctl(fd, SIOCOUTQ, &unacknowledged), 0);
        if (unacknowledged > 0) {
            poll(NULL, 0, 1);
        }
    }
    assert_int_equal(unacknowledged, 0);
}

static void a_busy_listener_gives_its_turn_away(void **state) {
    enum { NEWCOMERS = 100 };
    struct desk *d;
    static struct hall h;
    char *out, *err;
    int fd[NEWCOMERS], ada;
    unsigned accepts = 0;

    (void)state;
    hall_open(&h, (struct acceptor_options){0}, false);
    d = &h.desk;
    ada = hall_dial(&h);
    expect_text(&h, ada, "Who are you?\n");
    for (int i = 0; i < NEWCOMERS; i++) {
        fd[i] = hall_dial(&h);
    }
    desk_send(ada, "Ada\n", 4);
    await_delivery(ada); // the reactor will bring both at once
    expect_text(&h, ada, "Thanks for dialing in, Ada!\n");
    for (uint64_t n = 0; n < d->trace.head; n++) {
        const struct fb_event *e = &d->trace.events[n];

        if (e->kind == FB_EV_IO && e->detail == FB_IO_WRITE &&
            e->io.result == 28) {
            break; // Ada's reply
        }
        accepts += e->kind == FB_EV_IO && e->detail == FB_IO_ACCEPT &&
                   e->io.result >= 0;
    }
    assert_in_range(accepts, 1, 1 + 40); // not all hundred went before
    hall_printed(&h, &out, &err);
    free(out);
    free(err);
    for (int i = 0; i < NEWCOMERS; i++) {
        close(fd[i]);
    }
    close(ada);
    hall_close(&h);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(
            a_fourth_client_is_answered_while_three_are_silent,
            capture_teardown),
        EACH(who_joins_prints_the_socket_error),
        EACH(a_failed_client_is_told_and_the_rest_go_on),
        cmocka_unit_test_teardown(
            max_clients_lets_newcomers_wait_until_one_leaves, capture_teardown),
        EACH(the_idle_timeout_hangs_up_and_nothing_earlier),
        EACH(under_a_limit_the_answer_is_the_same),
        EACH(limits_leave_no_byte_behind),
        cmocka_unit_test_setup_teardown(a_busy_listener_gives_its_turn_away,
                                        exact_setup, exact_teardown),
        cmocka_unit_test_teardown(
            a_shortage_backs_off_says_it_once_and_recovers, capture_teardown),
        cmocka_unit_test_teardown(
            a_client_that_leaves_ends_the_back_off_at_once, capture_teardown),
        cmocka_unit_test_teardown(fatal_accept_errors_cancel_every_client,
                                  capture_teardown),
        cmocka_unit_test_teardown(
            after_a_signal_clients_may_finish_but_nobody_may_come,
            capture_teardown),
        cmocka_unit_test_teardown(after_the_grace_period_the_rest_is_aborted,
                                  capture_teardown),
        cmocka_unit_test_teardown(a_second_signal_ends_the_grace_period,
                                  capture_teardown),
        cmocka_unit_test_setup_teardown(
            a_crowd_of_newcomers_does_not_starve_who_is_there, exact_setup,
            exact_teardown),
    };

    return cmocka_run_group_tests_name("accept", tests, NULL, NULL);
}
