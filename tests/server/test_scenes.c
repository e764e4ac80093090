// The scenes as programs: what each of them says, how it ends, and that its
// trace is a legal life. Their clock jumps, so nothing here takes its time.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "fishbowl/trace/merge.h"
#include "fishbowl/trace/reader.h"
#ifdef TEST_MODEL
#include "lives.h"
#endif
#include "process.h"

#include <arpa/inet.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static const char *ring(void) {
    return private_path("scene.ring");
}

// All that happened, from the first event to the last, is a legal life.
static void check_lives(void) {
#ifdef TEST_MODEL
    struct fb_trace_reader r;
    struct fb_trace_merge *rings = NULL;
    struct fb_event *events;
    struct fb_lives *lives;
    uint64_t first = 0, head;

    assert_int_equal(fb_trace_reader_open(&r, ring(), false), 0);
    assert_int_equal(fb_trace_merge_open(&rings, &r), 0);
    head = fb_trace_merge_head(rings);
    events = calloc(head, sizeof *events);
    assert_non_null(events);
    assert_int_equal(fb_trace_merge_read(rings, 1, events, head, &first), head);
    assert_int_equal(first, 1);
    assert_int_equal(fb_lives_create(&lives), 0);
    for (uint64_t i = 0; i < head; i++) {
        assert_int_equal(fb_lives_feed(lives, i + 1, &events[i]), 0);
    }
    fb_lives_finish(lives, FB_LIVES_ENDED);
    if (fb_lives_violations(lives) > 0) {
        fail_msg("event %llu: %s",
                 (unsigned long long)fb_lives_fault(lives, 0)->event,
                 fb_lives_fault(lives, 0)->text);
    }
    fb_lives_destroy(lives);
    free(events);
    fb_trace_merge_close(rings);
    fb_trace_reader_close(&r);
#endif
}

static void start(struct process *p, const char *scene, const char *more) {
    const char *const argv[] = {
        program("fishbowl-scene"), scene, "--ring", ring(), more, NULL};

    process_start(p, argv, 0);
}

// Runs a scene to its end; it must print exactly `want`.
static void plays(const char *scene, const char *want) {
    struct process p;
    char *out;

    start(&p, scene, "--virtual");
    assert_int_equal(process_wait(&p), 0);
    out = process_out(&p);
    assert_string_equal(out, want);
    free(out);
    process_close(&p);
    check_lives();
}

// Times are counted from the start, so start and events share a clock: the
// longer waits take their 2 + 3 + 3 + 3 s of it.
static void a_virtual_scene_tells_its_own_time(void **state) {
    struct fb_trace_merge *rings = NULL;
    struct fb_trace_reader r;
    struct fb_event last;
    uint64_t first = 0;
    struct process p;

    (void)state;
    start(&p, "join", "--virtual");
    assert_int_equal(process_wait(&p), 0);
    process_close(&p);
    assert_int_equal(fb_trace_reader_open(&r, ring(), false), 0);
    assert_true(r.header.flags & FB_TRACE_VIRTUAL_CLOCK);
    assert_int_equal(fb_trace_merge_open(&rings, &r), 0);
    assert_int_equal(fb_trace_merge_read(rings, fb_trace_merge_head(rings),
                                         &last, 1, &first),
                     1);
    assert_int_equal(last.time_ns - r.header.start_time_ns, 11000000000);
    fb_trace_merge_close(rings);
    fb_trace_reader_close(&r);
}

static void joined_waits_take_as_long_as_the_longest(void **state) {
    (void)state;
    plays("join", "one after the other: breakfast after 5 s\n"
                  "joined: breakfast after 3 s\n"
                  "spawned: breakfast after 3 s\n");
}

static void a_race_is_lost_by_who_is_later(void **state) {
    (void)state;
    plays("race", "round 1: no answer in time\n"
                  "the oracle: nobody listens any more\n"
                  "round 2: the answer is 42\n");
}

static void an_abort_runs_the_drops(void **state) {
    (void)state;
    plays("abort", "the lamp is lit\n"
                   "the keeper's drop runs: the lamp is out\n"
                   "the keeper was aborted\n");
}

static void a_full_queue_holds_the_sender(void **state) {
    (void)state;
    plays("channel", "the baker puts roll 1 on the belt\n"
                     "the guest takes roll 1\n"
                     "the baker puts roll 2 on the belt\n"
                     "the guest takes roll 2\n"
                     "the baker puts roll 3 on the belt\n"
                     "the guest takes roll 3\n");
}

static void a_stall_ends_with_its_report_and_1(void **state) {
    struct process p;
    char *out;

    (void)state;
    start(&p, "stall", "--virtual");
    assert_int_equal(process_wait(&p), 1);
    out = process_out(&p);
    assert_memory_equal(out, "stalled: nothing can ever happen again\n", 39);
    assert_non_null(strstr(out, "Plato"));
    assert_non_null(strstr(out, "waits for mutex 1"));
    assert_non_null(strstr(out, "waits for mutex 2"));
    assert_null(strstr(out, "eats"));
    free(out);
    process_close(&p);
    check_lives();
}

// The letters of the other two come all the same, and wake them.
static void a_waker_that_was_thrown_away_wakes_nobody(void **state) {
    static const char want[] = "the postman throws a waker away: Ben's\n"
                               "Ada has a letter\n"
                               "Cleo has a letter\n"
                               "stalled: nothing can ever happen again\n";
    struct process p;
    char *out;

    (void)state;
    start(&p, "wakers", "--virtual");
    assert_int_equal(process_wait(&p), 1);
    out = process_out(&p);
    assert_memory_equal(out, want, sizeof want - 1);
    assert_non_null(strstr(out, "Ben"));
    assert_null(strstr(out, "Ben has a letter"));
    free(out);
    process_close(&p);
    check_lives();
}

static int connected(uint16_t port) {
    struct sockaddr_in addr = {.sin_family = AF_INET,
                               .sin_port = htons(port),
                               .sin_addr = {htonl(INADDR_LOOPBACK)}};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&addr, sizeof addr), 0);
    return fd;
}

static size_t hear_all(int fd) {
    static char bytes[65536];
    size_t len = 0;
    ssize_t n;

    while ((n = read(fd, bytes, sizeof bytes)) > 0) {
        len += (size_t)n;
    }
    assert_int_equal(n, 0);
    return len;
}

static void a_slow_reader_gets_all_of_a_reply_that_fits_nowhere(void **state) {
    const char *port_file = private_path("port");
    const char *const argv[] = {program("fishbowl-scene"),
                                "slow",
                                "--port-file",
                                port_file,
                                "--ring",
                                ring(),
                                NULL};
    struct process p;
    uint16_t port;
    int silent, fast;

    (void)state;
    process_start(&p, argv, 0);
    port = await_port(&p, port_file);
    silent = connected(port);
    assert_int_equal(write(silent, "S\n", 2), 2); // and reads nothing
    fast = connected(port);
    assert_int_equal(write(fast, "F\n", 2), 2);
    assert_int_equal(hear_all(fast), 13 + (16 << 20));
    assert_int_equal(hear_all(silent), 13 + (16 << 20));
    close(silent);
    close(fast);
    process_signal(&p, SIGINT);
    assert_int_equal(process_wait(&p), 0);
    process_close(&p);
    check_lives();
}

static void a_stopped_scene_ends_at_a_signal(void **state) {
    const char *port_file = private_path("port");
    const char *const argv[] = {program("fishbowl-scene"),
                                "join",
                                "--stopped",
                                "--ring",
                                ring(),
                                "--port-file",
                                port_file,
                                NULL};
    struct process p;

    (void)state;
    process_start(&p, argv, 0);
    for (int i = 0; i < 4000 && access(port_file, R_OK) < 0; i++) {
        poll(NULL, 0, 5);
    }
    process_signal(&p, SIGTERM);
    assert_int_equal(process_wait(&p), 0);
    process_close(&p);
}

static void bad_usage_ends_with_2(void **state) {
    static const char *const bad[][2] = {
        {"nosuchscene", NULL}, {"join", "race"}, {NULL, NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const char *const argv[] = {program("fishbowl-scene"), bad[i][0],
                                    bad[i][1], NULL};
        struct process p;

        process_start(&p, argv, 0);
        assert_int_equal(process_wait(&p), 2);
        process_close(&p);
    }
}

// The address is right and taken: another hint than for one that is wrong.
static void a_taken_address_is_explained(void **state) {
    const struct sockaddr_in any = {.sin_family = AF_INET,
                                    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in taken;
    socklen_t len = sizeof taken;
    char addr[32], want[160], *err;
    const char *const argv[] = {program("fishbowl-scene"), "slow", "--listen",
                                addr, NULL};
    struct process p;

    (void)state;
    assert_int_equal(bind(fd, (const struct sockaddr *)&any, sizeof any), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&taken, &len), 0);
    snprintf(addr, sizeof addr, "127.0.0.1:%u", ntohs(taken.sin_port));
    snprintf(want, sizeof want,
             "fishbowl: listen %s: address already in use (another greeter? "
             "try --listen 127.0.0.1:0)\n",
             addr);
    process_start(&p, argv, 0);
    assert_int_equal(process_wait(&p), 1);
    err = process_err(&p);
    assert_string_equal(err, want);
    free(err);
    process_close(&p);
    close(fd);
}

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

#define SCENE_TEST(name_)                                                      \
    cmocka_unit_test_setup_teardown(name_, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        SCENE_TEST(a_virtual_scene_tells_its_own_time),
        SCENE_TEST(joined_waits_take_as_long_as_the_longest),
        SCENE_TEST(a_race_is_lost_by_who_is_later),
        SCENE_TEST(an_abort_runs_the_drops),
        SCENE_TEST(a_full_queue_holds_the_sender),
        SCENE_TEST(a_stall_ends_with_its_report_and_1),
        SCENE_TEST(a_waker_that_was_thrown_away_wakes_nobody),
        SCENE_TEST(a_slow_reader_gets_all_of_a_reply_that_fits_nowhere),
        SCENE_TEST(a_stopped_scene_ends_at_a_signal),
        SCENE_TEST(bad_usage_ends_with_2),
        SCENE_TEST(a_taken_address_is_explained),
    };

    return cmocka_run_group_tests_name("server/scenes", tests, NULL, NULL);
}
