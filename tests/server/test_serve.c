// The programs fishbowl-serve and fishbowl-dial as their users run them.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fishbowl/trace/merge.h"
#include "fishbowl/trace/reader.h"
#ifdef TEST_MODEL
#include "linter.h"
#include "lives.h"
#endif
#include "process.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct served {
    struct process process;
    uint16_t port;
    char port_file[256];
};

// Starts a greeter on a free port of loopback with three more arguments.
static void serve(struct served *s, rlim_t files, const char *a, const char *b,
                  const char *c) {
    snprintf(s->port_file, sizeof s->port_file, "%s", private_path("port"));
    {
        const char *const argv[] = {program("fishbowl-serve"),
                                    "--listen",
                                    "127.0.0.1:0",
                                    "--port-file",
                                    s->port_file,
                                    a,
                                    b,
                                    c,
                                    NULL};

        process_start(&s->process, argv, files);
    }
    s->port = await_port(&s->process, s->port_file);
}

// A descriptor that is connected, or was not let in: -errno in *ret_err.
static int try_connect(uint16_t port, int *ret_err) {
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons(port),
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    *ret_err =
        connect(fd, (struct sockaddr *)&addr, sizeof addr) < 0 ? -errno : 0;
    return fd;
}

static int connect_to(uint16_t port) {
    int err, fd = try_connect(port, &err);

    assert_int_equal(err, 0);
    return fd;
}

// Reads exactly `want`, then, if `end`, the end of the stream.
static void expect(int fd, const char *want, bool end) {
    char heard[256];
    size_t len = 0;

    while (len < strlen(want) + end) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        ssize_t n;

        assert_int_equal(poll(&p, 1, 20000), 1);
        n = recv(fd, heard + len, sizeof heard - len, 0);
        if (n == 0) {
            break;
        }
        assert_true(n > 0);
        len += (size_t)n;
    }
    assert_int_equal(len, strlen(want));
    assert_memory_equal(heard, want, len);
}

static int run(const char *const argv[], char **ret_out, char **ret_err) {
    struct process p;
    int status;

    process_start(&p, argv, 0);
    status = process_wait(&p);
    *ret_out = process_out(&p);
    *ret_err = process_err(&p);
    process_close(&p);
    return status;
}

static void expect_run(const char *const argv[], int status, const char *out,
                       const char *err) {
    char *real_out, *real_err;
    const int real_status = run(argv, &real_out, &real_err);

    if (err != NULL) {
        assert_string_equal(real_err, err);
    }
    if (out != NULL) {
        assert_string_equal(real_out, out);
    }
    assert_int_equal(real_status, status);
    free(real_out);
    free(real_err);
}

static void nc_gets_the_exact_transcript(void **state) {
    struct served s;
    char command[128], want[128], *out;
    unsigned client;

    serve(&s, 0, "--handler", *state, NULL);
    snprintf(command, sizeof command, "printf 'Ada\\n' | nc -q1 127.0.0.1 %u",
             s.port);
    expect_run((const char *const[]){"sh", "-c", command, NULL}, 0,
               "Who are you?\nThanks for dialing in, Ada!\n", "");

    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    out = process_out(&s.process);
    snprintf(want, sizeof want, "listening on port %u\nconnection from %s",
             s.port, "127.0.0.1:%u\n");
    assert_int_equal(sscanf(out,
                            "listening on port %*u\nconnection from "
                            "127.0.0.1:%u\n",
                            &client),
                     1);
    snprintf(command, sizeof command, want, client);
    assert_string_equal(out, command); // and not a byte more
    free(out);
    process_close(&s.process);
}

static void a_signal_ends_it_cleanly_and_leaves_no_file(void **state) {
    static const int signals[] = {SIGINT, SIGTERM};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct served s;
        struct dirent *entry;
        char *err;
        DIR *dir;
        int fd;

        serve(&s, 0, "--grace", "50ms", NULL);
        fd = connect_to(s.port);
        expect(fd, "Who are you?\n", false);
        process_signal(&s.process, signals[i]);
        expect(fd, "", true); // aborted after the grace period
        assert_int_equal(process_wait(&s.process), 0);
        err = process_err(&s.process);
        assert_string_equal(err, "");
        free(err);
        close(fd);
        process_close(&s.process);
        assert_int_equal(access(s.port_file, F_OK), -1);
        dir = opendir(private_path("fishbowl"));
        assert_non_null(dir); // where the trace was
        while ((entry = readdir(dir)) != NULL) {
            assert_true(entry->d_name[0] == '.');
        }
        closedir(dir);
    }
}

static void a_taken_address_is_explained(void **state) {
    struct served s;
    char addr[32], want[160];

    (void)state;
    serve(&s, 0, NULL, NULL, NULL);
    snprintf(addr, sizeof addr, "127.0.0.1:%u", s.port);
    snprintf(want, sizeof want,
             "fishbowl: listen %s: address already in use (another greeter? "
             "try --listen 127.0.0.1:0)\n",
             addr);
    expect_run((const char *const[]){program("fishbowl-serve"), "--listen",
                                     addr, NULL},
               1, "", want);
    process_signal(&s.process, SIGTERM);
    assert_int_equal(process_wait(&s.process), 0);
    process_close(&s.process);
}

static void bad_usage_is_2_and_help_is_0(void **state) {
    static const char *const bad[][2] = {
        {"--handler", "x"},       {"--order", "seed:x"},
        {"--grace", "5"},         {"--accept-errors", "maybe"},
        {"--ring-events", "100"}, {"--max-clients", "-1"},
        {"--workers", "0"},       {"--workers", "65"},
        {"--workers", "two"},     {"--no-trace", "--stopped"},
        {"--record", "x"}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        expect_run((const char *const[]){program("fishbowl-serve"), bad[i][0],
                                         bad[i][1], NULL},
                   2, "", NULL);
    }
    expect_run((const char *const[]){program("fishbowl-serve"), "--listen",
                                     "localhost", NULL},
               1, "",
               "fishbowl: localhost: invalid argument (an address is like "
               "127.0.0.1:6142)\n");
    expect_run((const char *const[]){program("fishbowl-dial"), "6142", NULL}, 1,
               "",
               "fishbowl: 6142: invalid argument (an address is like "
               "127.0.0.1:6142, or localhost:6142)\n");
    for (int i = 0; i < 2; i++) {
        const char *name = program(i == 0 ? "fishbowl-serve" : "fishbowl-dial");

        expect_run((const char *const[]){name, "--help", NULL}, 0, NULL, "");
        expect_run((const char *const[]){name, "--version", NULL}, 0, NULL, "");
    }
    expect_run((const char *const[]){program("fishbowl-dial"), "--hang-up",
                                     "--silent", NULL},
               2, "", NULL);
}

// ---- the trace ----

static void a_trace_that_cannot_be_written_is_a_clear_error(void **state) {
    (void)state;
    char *out, *err;

    assert_int_equal(
        run((const char *const[]){program("fishbowl-serve"), "--listen",
                                  "127.0.0.1:0", "--ring",
                                  "/dev/null/none/ring", NULL},
            &out, &err),
        1);
    assert_string_equal(out, "");
    assert_non_null(strstr(err, "fishbowl: /dev/null/none/ring: "));
    assert_non_null(strstr(err, "(--no-trace serves without one)\n"));
    free(out);
    free(err);
}

static void without_a_trace_it_serves_the_same(void **state) {
    struct served s;
    int fd;

    (void)state;
    serve(&s, 0, "--no-trace", NULL, NULL);
    fd = connect_to(s.port);
    expect(fd, "Who are you?\n", false);
    assert_int_equal(send(fd, "Ada\n", 4, 0), 4);
    expect(fd, "Thanks for dialing in, Ada!\n", true);
    close(fd);
    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    process_close(&s.process);
}

// What it prints must not find its way into what got the freed numbers.
static void
with_its_output_closed_it_spoils_no_trace_and_no_client(void **state) {
    char ring[256], port_file[256], line[1024];
    const char *const argv[] = {"/bin/sh", "-c", line, NULL};
    struct fb_trace_reader r;
    struct process p;
    int fd;

    (void)state;
    snprintf(ring, sizeof ring, "%s", private_path("closed.ring"));
    snprintf(port_file, sizeof port_file, "%s", private_path("port"));
    snprintf(line, sizeof line,
             "exec '%s' --listen 127.0.0.1:0 --port-file '%s' --ring '%s' "
             "<&- >&- 2>&-",
             program("fishbowl-serve"), port_file, ring);
    process_start(&p, argv, 0);
    fd = connect_to(await_port(&p, port_file));
    expect(fd, "Who are you?\n", false);
    assert_int_equal(send(fd, "Ada\n", 4, 0), 4);
    expect(fd, "Thanks for dialing in, Ada!\n", true);
    close(fd);
    process_signal(&p, SIGINT);
    assert_int_equal(process_wait(&p), 0);
    process_close(&p);
    assert_int_equal(fb_trace_reader_open(&r, ring, false), 0);
    assert_int_equal(fb_trace_reader_sync(&r, 0), 1);
    fb_trace_reader_close(&r);
    assert_int_equal(unlink(ring), 0);
}

static void who_waits_for_a_viewer_still_ends_at_a_signal(void **state) {
    struct served s;
    int fd;

    (void)state;
    serve(&s, 0, "--stopped", "--grace=0", NULL);
    fd = connect_to(s.port); // by the kernel: nothing is polled yet
    process_signal(&s.process, SIGTERM);
    assert_int_equal(process_wait(&s.process), 0);
    assert_int_equal(access(s.port_file, F_OK), -1);
    close(fd);
    process_close(&s.process);
}

// ---- out of descriptors ----

enum { FILES = 20, NEWCOMERS = 40 };

static void a_shortage_costs_no_cpu_and_everyone_is_served(void **state) {
    struct served s;
    int fd[NEWCOMERS];
    double before;

    (void)state;
    serve(&s, FILES, NULL, NULL, NULL);
    for (int i = 0; i < NEWCOMERS; i++) {
        fd[i] = connect_to(s.port);
    }
    process_await_err(&s.process, "fishbowl: accept: too many open files");
    before = process_cpu_seconds(&s.process);
    poll(NULL, 0, 1000); // the time in which it could spin
    assert_true(process_cpu_seconds(&s.process) - before < 0.3);
    for (int i = 0; i < NEWCOMERS; i++) {
        expect(fd[i], "Who are you?\n", false);
        assert_int_equal(send(fd[i], "Ada\n", 4, 0), 4);
        expect(fd[i], "Thanks for dialing in, Ada!\n", true);
        close(fd[i]);
    }
    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    process_close(&s.process);
}

static void fatal_accept_errors_end_the_program(void **state) {
    struct served s;
    int fd[NEWCOMERS], refused;
    char *err;

    (void)state;
    serve(&s, FILES, "--accept-errors", "fatal", NULL);
    fd[0] = connect_to(s.port);
    expect(fd[0], "Who are you?\n", false);
    for (int i = 1; i < NEWCOMERS; i++) {
        fd[i] = try_connect(s.port, &refused); // it may have ended by now
    }
    assert_int_equal(process_wait(&s.process), 1);
    err = process_err(&s.process);
    assert_string_equal(err, "fishbowl: accept: too many open files\n");
    free(err);
    expect(fd[0], "", true); // cancelled with it
    for (int i = 0; i < NEWCOMERS; i++) {
        close(fd[i]);
    }
    process_close(&s.process);
}

// ---- dial against serve ----

static void dial(const struct served *s, const char *a, const char *b,
                 const char *c, int status, const char *start) {
    char addr[32], *out, *err;

    snprintf(addr, sizeof addr, "127.0.0.1:%u", s->port);
    {
        const char *const argv[] = {
            program("fishbowl-dial"), addr, a, b, c, NULL};

        assert_int_equal(run(argv, &out, &err), status);
    }
    if (strncmp(out, start, strlen(start)) != 0) {
        fail_msg("%s: \"%s\", not \"%s\"; stderr: %s", a, out, start, err);
    }
    free(out);
    free(err);
}

static void judge(const struct fb_event *events, uint64_t count, bool several) {
#ifdef TEST_MODEL
    struct fb_lives *lives;
    struct linter linter;

    assert_true(linter_begin(&linter, true));
    assert_int_equal(fb_lives_create(&lives), 0);
    if (several) {
        fb_lives_several(lives);
    }
    for (uint64_t i = 0; i < count; i++) {
        assert_int_equal(fb_lives_feed(lives, i + 1, &events[i]), 0);
        assert_true(linter_feed(&linter, i + 1, &events[i]));
    }
    assert_int_equal(linter_end(&linter, true, 0), 0);
    fb_lives_finish(lives, FB_LIVES_ENDED);
    if (fb_lives_violations(lives) > 0) {
        const struct fb_life_fault *fault = fb_lives_fault(lives, 0);

        fail_msg("event %llu: %s: %s", (unsigned long long)fault->event,
                 fb_name_life_rule(fault->rule), fault->text);
    }
    fb_lives_destroy(lives);
#else
    (void)events;
    (void)count;
    (void)several;
#endif
}

// All that happened, from the first event to the last, is a legal life.
static void check_lives(const struct fb_trace_reader *r) {
    struct fb_trace_merge *rings = NULL;
    struct fb_event *events;
    uint64_t first = 0, head;

    assert_int_equal(fb_trace_merge_open(&rings, r), 0);
    head = fb_trace_merge_head(rings);
    events = calloc(head, sizeof *events);
    assert_non_null(events);
    assert_int_equal(fb_trace_merge_read(rings, 1, events, head, &first), head);
    assert_int_equal(first, 1);
    fb_trace_merge_close(rings);
    judge(events, head, r->header.ring_count > 1);
    free(events);
}

static void a_named_ring_is_kept_and_whole(void **state) {
    struct served s;
    struct fb_trace_reader r;
    struct stat info;
    char want[64];

    (void)state;
    serve(&s, 0, "--ring", private_path("ring"), "--ring-events=65536");
    dial(&s, "--clients=50", NULL, NULL, 0, "50 clients: 50 ok");
    dial(&s, "--clients=5", "--garbage", NULL, 0, "5 clients: 5 ok");
    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    assert_int_equal(stat(private_path("ring"), &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    assert_int_equal(fb_trace_reader_open(&r, private_path("ring"), false), 0);
    assert_int_equal(fb_trace_reader_life(&r), FB_LIFE_CLOSED);
    assert_int_equal(r.header.ring_capacity, 65536);
    assert_string_equal(r.header.program, "serve");
    snprintf(want, sizeof want, "127.0.0.1:%u", s.port);
    assert_string_equal(r.header.address, want);
    check_lives(&r);
    fb_trace_reader_close(&r);
    unlink(private_path("ring"));
    process_close(&s.process);
}

static void dial_in_every_way(const struct served *s) {
    dial(s, NULL, NULL, NULL, 0, "1 client: 1 ok, 0 wrong, 0 refused, 0 res");
    dial(s, "--clients=300", NULL, NULL, 0, "300 clients: 300 ok, 0 wrong");
    dial(s, "--clients=50", "--concurrency=7", "--think=1ms", 0,
         "50 clients: 50 ok");
    dial(s, "--clients=20", "--slow", "--name=Zo\xc3\xab", 0,
         "20 clients: 20 ok");
    dial(s, "--clients=20", "--half-open", NULL, 0, "20 clients: 20 ok");
    dial(s, "--clients=20", "--garbage", NULL, 0, "20 clients: 20 ok");
    dial(s, "--clients=20", "--hang-up", NULL, 0, "20 clients: 20 ok");
    dial(s, "--clients=20", "--silent", "--hold=20ms", 0, "20 clients: 20 ok");
    dial(s, "--name=\x1b[31m", NULL, NULL, 0, "1 client: 1 ok");
}

static void several_workers_serve_as_one_does(void **state) {
    struct served s;
    struct fb_trace_reader r;
    char *err, ring[300];

    snprintf(ring, sizeof ring, "--ring=%s", private_path("rings"));
    serve(&s, 0, "--workers=3", *state, ring);
    dial_in_every_way(&s);
    dial(&s, "--clients=1000", "--concurrency=100", NULL, 0,
         "1000 clients: 1000 ok");
    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    err = process_err(&s.process);
    assert_null(strstr(err, "broken contract"));
    free(err);
    assert_int_equal(fb_trace_reader_open(&r, private_path("rings"), false), 0);
    assert_int_equal(r.header.ring_count, 3);
    check_lives(&r);
    fb_trace_reader_close(&r);
    unlink(private_path("rings"));
    process_close(&s.process);
}

static void every_way_to_dial_is_answered_as_it_must(void **state) {
    struct served s;
    char *err;

    serve(&s, 0, "--handler", *state, "--grace=0");
    dial_in_every_way(&s);
    err = process_err(&s.process);
    assert_null(strchr(err, '\x1b'));
    free(err);
    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    process_close(&s.process);
    dial(&s, "--clients=3", NULL, NULL, 1,
         "3 clients: 0 ok, 0 wrong, 3 refused");
}

static void silent_clients_leave_at_a_signal(void **state) {
    struct served s;
    struct process silent;
    char addr[32], *out;

    (void)state;
    serve(&s, 0, "--max-clients=3", NULL, NULL);
    snprintf(addr, sizeof addr, "127.0.0.1:%u", s.port);
    process_start(&silent,
                  (const char *const[]){program("fishbowl-dial"), "--silent",
                                        "--clients=3", addr, NULL},
                  0);
    for (int i = 0; i < 4000; i++) { // until all three are connected
        char *text = process_out(&s.process);
        int lines = 0;

        for (const char *p = text; *p != '\0'; p++) {
            lines += *p == '\n';
        }
        free(text);
        if (lines == 4) {
            break;
        }
        poll(NULL, 0, 5);
    }
    process_signal(&silent, SIGINT);
    assert_int_equal(process_wait(&silent), 0);
    out = process_out(&silent);
    assert_int_equal(strncmp(out, "3 clients: 3 ok", 15), 0);
    free(out);
    process_close(&silent);
    dial(&s, "--name=Ada", NULL, NULL, 0, "1 client: 1 ok"); // there is room
    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    process_close(&s.process);
}

static void nobody_there_is_said_once(void **state) {
    struct served s;
    char addr[32], want[160], *out, *err;

    (void)state;
    serve(&s, 0, NULL, NULL, NULL); // to know a port that is free afterwards
    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    process_close(&s.process);
    snprintf(addr, sizeof addr, "127.0.0.1:%u", s.port);
    snprintf(want, sizeof want,
             "fishbowl: dial %s: connection refused (is a greeter there? "
             "fishbowl serve starts one)\n",
             addr);
    assert_int_equal(run((const char *const[]){program("fishbowl-dial"),
                                               "--clients=9", addr, NULL},
                         &out, &err),
                     1);
    assert_string_equal(err, want);
    assert_int_equal(strncmp(out, "9 clients: 0 ok, 0 wrong, 9 refused", 35),
                     0);
    free(out);
    free(err);
}

static void it_serves_ipv6(void **state) {
    struct process p;
    char addr[32];
    uint16_t port;
    struct sockaddr_in6 any = {.sin6_family = AF_INET6,
                               .sin6_addr = IN6ADDR_LOOPBACK_INIT};
    const int probe = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);

    (void)state;
    if (probe < 0 || bind(probe, (struct sockaddr *)&any, sizeof any) < 0) {
        close(probe);
        skip(); // this machine has no ::1
    }
    close(probe);
    process_start(&p,
                  (const char *const[]){program("fishbowl-serve"), "--listen",
                                        "[::1]:0", "--port-file",
                                        private_path("port6"), NULL},
                  0);
    port = await_port(&p, private_path("port6"));
    snprintf(addr, sizeof addr, "[::1]:%u", port);
    expect_run((const char *const[]){program("fishbowl-dial"), addr,
                                     "--clients=5", NULL},
               0, NULL, "");
    process_signal(&p, SIGINT);
    assert_int_equal(process_wait(&p), 0);
    process_close(&p);
}

static void every_order_serves(void **state) {
    static const char *const orders[] = {"fifo", "lifo", "seed:7"};

    (void)state;
    for (int i = 0; i < 3; i++) {
        struct served s;

        serve(&s, 0, "--order", orders[i], NULL);
        dial(&s, "--clients=100", NULL, NULL, 0, "100 clients: 100 ok");
        process_signal(&s.process, SIGINT);
        assert_int_equal(process_wait(&s.process), 0);
        process_close(&s.process);
    }
}

static void ten_thousand_are_there_at_once(void **state) {
    struct served s;
    struct rlimit limit;
    char *err;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    if (limit.rlim_max < 10100) {
        skip(); // this machine does not let one process have so many files
    }
    serve(&s, 0, NULL, NULL, NULL);
    // All think until the last one is in, then all talk.
    dial(&s, "--clients=10000", "--think=2s", "--timeout=50s", 0,
         "10000 clients: 10000 ok, 0 wrong, 0 refused, 0 reset in");
    process_signal(&s.process, SIGINT);
    assert_int_equal(process_wait(&s.process), 0);
    err = process_err(&s.process);
    assert_string_equal(err, "");
    free(err);
    process_close(&s.process);
}

static int group_setup(void **state) {
    (void)state;
    private_dir();
    return 0;
}

static int group_teardown(void **state) {
    (void)state;
    private_dir_remove();
    return 0;
}

#define EACH(test)                                                             \
    {#test " (inline)", test, NULL, NULL, (void *)"inline"},                   \
        {#test " (named)", test, NULL, NULL, (void *)"named"}, {               \
#test " (states)", test, NULL, NULL, (void *)"states"                  \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        EACH(nc_gets_the_exact_transcript),
        cmocka_unit_test(a_signal_ends_it_cleanly_and_leaves_no_file),
        cmocka_unit_test(a_taken_address_is_explained),
        cmocka_unit_test(bad_usage_is_2_and_help_is_0),
        cmocka_unit_test(a_named_ring_is_kept_and_whole),
        cmocka_unit_test(a_trace_that_cannot_be_written_is_a_clear_error),
        cmocka_unit_test(without_a_trace_it_serves_the_same),
        cmocka_unit_test(
            with_its_output_closed_it_spoils_no_trace_and_no_client),
        cmocka_unit_test(who_waits_for_a_viewer_still_ends_at_a_signal),
        cmocka_unit_test(a_shortage_costs_no_cpu_and_everyone_is_served),
        cmocka_unit_test(fatal_accept_errors_end_the_program),
        EACH(every_way_to_dial_is_answered_as_it_must),
        {"several_workers_serve_as_one_does (inline)",
         several_workers_serve_as_one_does, NULL, NULL, "--handler=inline"},
        {"several_workers_serve_as_one_does (named)",
         several_workers_serve_as_one_does, NULL, NULL, "--handler=named"},
        {"several_workers_serve_as_one_does (states)",
         several_workers_serve_as_one_does, NULL, NULL, "--handler=states"},
        {"several_workers_serve_as_one_does (a time limit for each)",
         several_workers_serve_as_one_does, NULL, NULL, "--idle-timeout=20s"},
        cmocka_unit_test(silent_clients_leave_at_a_signal),
        cmocka_unit_test(nobody_there_is_said_once),
        cmocka_unit_test(it_serves_ipv6),
        cmocka_unit_test(every_order_serves),
        cmocka_unit_test(ten_thousand_are_there_at_once),
    };

    return cmocka_run_group_tests_name("serve", tests, group_setup,
                                       group_teardown);
}
