// The scripted clients: the judge alone, then whole conversations with a
// greeter and with liars, in one process. Real sockets, so real time: a virtual
// clock would overtake a packet that the kernel has not delivered yet.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "accept.h"
#include "cli.h"
#include "desk.h"
#include "dial_names.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- the judge ----

static bool is_true(const char *heard, const char *sent, bool pieces) {
    return dial_is_true(heard, strlen(heard), sent, strlen(sent), pieces);
}
#define ASK "Who are you?\n"

static void the_judge_wants_every_byte(void **state) {
    (void)state;
    assert_true(is_true(ASK "Thanks for dialing in, Ada!\n", "Ada\n", false));
    assert_true(is_true(ASK "Thanks for dialing in, !\n", "\n", false));
    assert_true(is_true(ASK "Thanks for dialing in, !\n", "", false));
    assert_false(is_true(ASK "Thanks for dialing in, Ada!", "Ada\n", false));
    assert_false(
        is_true(ASK "Thanks for dialing in, Ada!\n\n", "Ada\n", false));
    assert_false(is_true(ASK "Thanks for dialing in, Bob!\n", "Ada\n", false));
    assert_false(is_true(ASK "Thanks for dialing in, A!\n", "Ada\n", false));
    assert_false(is_true(ASK, "Ada\n", false));
    assert_false(is_true("", "Ada\n", false));
    assert_false(
        is_true("who are you?\nThanks for dialing in, Ada!\n", "Ada\n", false));
}

static void the_judge_of_garbage_wants_silence(void **state) {
    (void)state;
    assert_true(is_true(ASK, "\xff\n", false));
    assert_false(
        is_true(ASK "Thanks for dialing in, \xff!\n", "\xff\n", false));
}

static void the_judge_takes_any_piece_of_a_slow_name(void **state) {
    (void)state;
    assert_true(is_true(ASK "Thanks for dialing in, A!\n", "Ada\n", true));
    assert_true(is_true(ASK "Thanks for dialing in, Ada!\n", "Ada\n", true));
    assert_false(is_true(ASK "Thanks for dialing in, !\n", "Ada\n", true));
    assert_false(is_true(ASK "Thanks for dialing in, da!\n", "Ada\n", true));
    assert_false(is_true(ASK, "Ada\n", true));
    assert_true(is_true(ASK, "\xc3\xab\n", true)); // cut inside the letter
    assert_true(is_true(ASK "Thanks for dialing in, !\n", "", true));
}

static void the_judge_knows_the_read_takes_1024_bytes(void **state) {
    char sent[1101] = "", heard[1200];

    (void)state;
    memset(sent, 'a', 1100);
    snprintf(heard, sizeof heard, ASK "Thanks for dialing in, %.1024s!\n",
             sent);
    assert_true(is_true(heard, sent, false));
    snprintf(heard, sizeof heard, ASK "Thanks for dialing in, %.1025s!\n",
             sent);
    assert_false(is_true(heard, sent, false));
}

// ---- names and numbers ----

static void a_names_file_gives_a_line_each_with_any_bytes(void **state) {
    static const char text[] = "Ada\nZo\xc3\xab\n\n\xff\0x\nlast";
    struct dial_names names = {0};
    char path[] = "/tmp/fishbowl-names-XXXXXX";
    const int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof text - 1), sizeof text - 1);
    close(fd);
    assert_int_equal(dial_names_file(&names, path), 0);
    unlink(path);
    assert_int_equal(names.count, 5);
    assert_memory_equal(names.lines[0].bytes, "Ada\n", names.lines[0].len);
    assert_int_equal(names.lines[0].len, 4);
    assert_int_equal(names.lines[2].len, 1);
    assert_int_equal(names.lines[3].len, 4);
    assert_memory_equal(names.lines[3].bytes, "\xff\0x\n", 4);
    assert_int_equal(names.lines[4].len, 5);
    assert_memory_equal(names.lines[4].bytes, "last\n", 5);
    dial_names_deinit(&names);
    assert_int_equal(dial_names_file(&names, path), -ENOENT);
    dial_names_deinit(&names);
    assert_int_equal(dial_names_file(&names, "/dev/null"), -ENODATA);
    dial_names_deinit(&names);
}

static void durations_and_numbers_are_read_strictly(void **state) {
    static const struct {
        const char *text;
        uint64_t ns;
    } good[] = {{"0", 0},          {"250ms", 250 * FB_MS}, {"2s", 2 * FB_S},
                {"1m", 60 * FB_S}, {"1.5s", 1500 * FB_MS}, {"7us", 7000},
                {"9ns", 9},        {"0.25ms", 250000}};
    static const char *const bad[] = {"",   "2",   "s",    "-1s", "1 s",
                                      "1h", "1sx", "1.s2", "ms",  "99999999s"};
    uint64_t n = 77;

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++) {
        assert_int_equal(cli_duration(good[i].text, &n), 0);
        assert_int_equal(n, good[i].ns);
    }
    n = 77;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(cli_duration(bad[i], &n), -EINVAL);
        assert_int_equal(n, 77);
    }
    assert_int_equal(cli_number("18446744073709551615", 0, UINT64_MAX, &n), 0);
    assert_int_equal(n, UINT64_MAX);
    assert_int_equal(cli_number("18446744073709551616", 0, UINT64_MAX, &n),
                     -ERANGE);
    assert_int_equal(cli_number("0", 1, 9, &n), -ERANGE);
    assert_int_equal(cli_number("10", 1, 9, &n), -ERANGE);
    assert_int_equal(cli_number("", 0, 9, &n), -EINVAL);
    assert_int_equal(cli_number("-1", 0, 9, &n), -EINVAL);
    assert_int_equal(cli_number("1x", 0, 9, &n), -EINVAL);
}

// ---- conversations ----

struct town {
    struct desk desk;
    struct fb_tcp_listener listener;
    struct acceptor_options options;
    struct fb_join_handle acceptor;
    struct capture out, err;
};

static void town_open(struct town *t, bool greeter) {
    struct fb_addr addr;

    memset(t, 0, sizeof *t);
    desk_open(&t->desk, false);
    t->options.handler = &greeter_named;
    assert_int_equal(fb_addr_parse("127.0.0.1:0", &addr), 0);
    assert_int_equal(fb_tcp_listen(t->desk.rt, &addr, 64, &t->listener), 0);
    capture_begin(&t->out, STDOUT_FILENO);
    capture_begin(&t->err, STDERR_FILENO);
    if (greeter) {
        assert_int_equal(FB_SPAWN(t->desk.rt,
                                  acceptor(&t->options, &t->listener, NULL),
                                  &t->acceptor),
                         0);
    }
}

static void town_close(struct town *t) {
    if (t->acceptor.task != NULL) {
        fb_task_abort(&t->acceptor);
        desk_run(&t->desk);
        fb_task_detach(&t->acceptor);
    }
    free(capture_end(&t->err));
    free(capture_end(&t->out));
    fb_tcp_listener_close(&t->listener);
    desk_close(&t->desk);
}

// A crowd of `clients` who all say `line`; gives the counts.
static struct crowd meet(struct town *t, struct dial_script script,
                         const char *text, uint32_t clients,
                         uint32_t concurrency) {
    static struct crowd crowd;
    static struct dial_line line;
    static struct dial_script kept;

    line = (struct dial_line){.bytes = text, .len = strlen(text)};
    kept = script;
    kept.addrs[kept.addr_count++] = t->listener.local;
    crowd = (struct crowd){.script = &kept,
                           .lines = &line,
                           .line_count = 1,
                           .clients = clients,
                           .concurrency = concurrency};
    crowd_init(&crowd);
    assert_int_equal(fb_block_on(t->desk.rt, &crowd.future), 0);
    assert_int_equal(crowd.out, 0);
    return crowd;
}

static void every_script_meets_a_true_greeter(void **state) {
    static const struct {
        struct dial_script script;
        const char *line;
    } scripts[] = {
        {{.role = DIAL_TALK}, "Ada\n"},
        {{.role = DIAL_TALK, .half_open = true}, "Ada\n"},
        {{.role = DIAL_TALK, .slow = true}, "Ada\n"},
        {{.role = DIAL_TALK, .slow = true, .half_open = true}, "Zo\xc3\xab\n"},
        {{.role = DIAL_TALK, .slow = true}, "\xc3\xab\n"},
        {{.role = DIAL_TALK, .think_ns = 5 * FB_MS}, "Ada\n"},
        {{.role = DIAL_TALK}, "\xff\xfe\n"},
        {{.role = DIAL_TALK, .half_open = true}, ""},
        {{.role = DIAL_HANG_UP}, "Ada\n"},
        {{.role = DIAL_SILENT, .hold_ns = 20 * FB_MS}, "Ada\n"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof scripts / sizeof scripts[0]; i++) {
        static struct town t;
        struct crowd crowd;

        town_open(&t, true);
        crowd = meet(&t, scripts[i].script, scripts[i].line, 20, 20);
        assert_int_equal(crowd.finished, 20);
        assert_int_equal(crowd.verdicts[DIAL_OK], 20);
        town_close(&t);
    }
}

static void slow_is_a_byte_at_a_time_both_ways(void **state) {
    static struct town t;
    struct crowd crowd;

    (void)state;
    town_open(&t, true);
    crowd = meet(&t, (struct dial_script){.slow = true}, "Ada\n", 1, 1);
    assert_int_equal(crowd.verdicts[DIAL_OK], 1);
#ifdef TEST_TRACE
    assert_int_equal(desk_count_io(&t.desk, FB_IO_READ, 4), 0);
    assert_true(desk_count_io(&t.desk, FB_IO_READ, 1) >= 13 + 26);
    assert_true(desk_count_io(&t.desk, FB_IO_WRITE, 1) >= 1);
#endif
    town_close(&t);
}

static void a_long_name_is_answered_though_the_end_resets(void **state) {
    static struct town t;
    struct crowd crowd;
    char line[1501] = "";

    (void)state;
    memset(line, 'a', 1500);
    town_open(&t, true);
    crowd = meet(&t, (struct dial_script){0}, line, 20, 20);
    assert_int_equal(crowd.verdicts[DIAL_OK], 20);
    town_close(&t);
}

static void concurrency_is_a_limit(void **state) {
    static struct town t;
    struct crowd crowd;
    uint64_t start_ns;

    (void)state;
    town_open(&t, true);
    start_ns = fb_runtime_now_ns(t.desk.rt);
    crowd =
        meet(&t, (struct dial_script){.think_ns = 10 * FB_MS}, "Ada\n", 12, 3);
    assert_int_equal(crowd.verdicts[DIAL_OK], 12);
    // Four rounds: a sleep is never early.
    assert_true(fb_runtime_now_ns(t.desk.rt) - start_ns >= 40 * FB_MS);
    town_close(&t);
}

static void nobody_there_is_refused(void **state) {
    static struct town t;
    struct crowd crowd;

    (void)state;
    town_open(&t, false);
    fb_tcp_listener_close(&t.listener);
    crowd = meet(&t, (struct dial_script){0}, "Ada\n", 3, 3);
    assert_int_equal(crowd.verdicts[DIAL_REFUSED], 3);
    town_close(&t);
}

static void a_host_is_tried_at_each_of_its_addresses(void **state) {
    static struct town t, dark;
    struct dial_script script = {.addr_count = 1};
    struct crowd crowd;

    (void)state;
    town_open(&dark, false);
    script.addrs[0] = dark.listener.local; // nobody's by the time they dial
    town_close(&dark);
    town_open(&t, true);
    crowd = meet(&t, script, "Ada\n", 3, 3);
    assert_int_equal(crowd.verdicts[DIAL_OK], 3);
    town_close(&t);
}

static void who_never_asks_times_out(void **state) {
    static struct town t;
    struct crowd crowd;

    (void)state;
    town_open(&t, false); // the kernel connects, nobody accepts
    crowd =
        meet(&t, (struct dial_script){.timeout_ns = 20 * FB_MS}, "Ada\n", 2, 2);
    assert_int_equal(crowd.verdicts[DIAL_TIMED_OUT], 2);
    town_close(&t);
}

// A server of one answer, whatever it is told.
struct liar {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *listener;
    const char *text;
    struct fb_tcp_stream stream;
    char name[64];
    bool reset;
    union {
        struct fb_accept accept;
        struct fb_write_all write;
        struct fb_read read;
    } u;
};

static enum fb_poll liar_poll(struct fb_future *f, struct fb_context *cx) {
    struct liar *self = fb_container_of(f, struct liar, future);
    const struct linger hard = {.l_onoff = 1, .l_linger = 0};

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->u.accept, fb_tcp_accept(self->listener));
    self->stream = self->u.accept.stream;
    FB_AWAIT_TRY(self->u.write,
                 fb_tcp_write_all(&self->stream, ASK, strlen(ASK)));
    FB_AWAIT_TRY(self->u.read,
                 fb_tcp_read(&self->stream, self->name, sizeof self->name));
    FB_AWAIT_TRY(self->u.write, fb_tcp_write_all(&self->stream, self->text,
                                                 strlen(self->text)));
    if (self->reset) {
        setsockopt(self->stream.source.fd, SOL_SOCKET, SO_LINGER, &hard,
                   sizeof hard);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void liar_drop(struct fb_future *f) {
    struct liar *self = fb_container_of(f, struct liar, future);

    fb_tcp_close(&self->stream);
}

static struct fb_type liar_type =
    FB_TYPE(liar, .poll = liar_poll, .drop = liar_drop);

static struct crowd meet_liar(struct town *t, const char *text, bool reset) {
    struct liar liar = {.future = {.type = &liar_type},
                        .listener = &t->listener,
                        .text = text,
                        .reset = reset};

    assert_int_equal(FB_SPAWN(t->desk.rt, liar, NULL), 0);
    return meet(t, (struct dial_script){0}, "Ada\n", 1, 1);
}

static void a_wrong_byte_is_noticed(void **state) {
    static const char *const lies[] = {
        "Thanks for dialing in, Bob!\n", "Thanks for dialing in, Ada!",
        "Thanks for dialing in, Ada!\n.", "thanks for dialing in, Ada!\n", ""};

    (void)state;
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        static struct town t;

        town_open(&t, false);
        assert_int_equal(meet_liar(&t, lies[i], false).verdicts[DIAL_WRONG], 1);
        town_close(&t);
    }
}

static void a_reset_counts_only_without_the_reply(void **state) {
    static struct town t;

    (void)state;
    town_open(&t, false);
    assert_int_equal(meet_liar(&t, "", true).verdicts[DIAL_RESET], 1);
    town_close(&t);
}

static void a_reply_that_never_ends_is_wrong(void **state) {
    static struct town t;
    char *flood = malloc(65536);

    (void)state;
    assert_non_null(flood);
    memset(flood, 'x', 65535);
    flood[65535] = '\0';
    town_open(&t, false);
    assert_int_equal(meet_liar(&t, flood, false).verdicts[DIAL_WRONG], 1);
    town_close(&t);
    free(flood);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(slow_is_a_byte_at_a_time_both_ways,
                                  capture_teardown),
        cmocka_unit_test_teardown(the_judge_wants_every_byte, capture_teardown),
        cmocka_unit_test_teardown(the_judge_of_garbage_wants_silence,
                                  capture_teardown),
        cmocka_unit_test_teardown(the_judge_takes_any_piece_of_a_slow_name,
                                  capture_teardown),
        cmocka_unit_test_teardown(the_judge_knows_the_read_takes_1024_bytes,
                                  capture_teardown),
        cmocka_unit_test_teardown(a_names_file_gives_a_line_each_with_any_bytes,
                                  capture_teardown),
        cmocka_unit_test_teardown(durations_and_numbers_are_read_strictly,
                                  capture_teardown),
        cmocka_unit_test_teardown(every_script_meets_a_true_greeter,
                                  capture_teardown),
        cmocka_unit_test_setup_teardown(
            a_long_name_is_answered_though_the_end_resets, exact_setup,
            exact_teardown),
        cmocka_unit_test_teardown(concurrency_is_a_limit, capture_teardown),
        cmocka_unit_test_teardown(nobody_there_is_refused, capture_teardown),
        cmocka_unit_test_teardown(a_host_is_tried_at_each_of_its_addresses,
                                  capture_teardown),
        cmocka_unit_test_teardown(who_never_asks_times_out, capture_teardown),
        cmocka_unit_test_teardown(a_wrong_byte_is_noticed, capture_teardown),
        cmocka_unit_test_teardown(a_reset_counts_only_without_the_reply,
                                  capture_teardown),
        cmocka_unit_test_teardown(a_reply_that_never_ends_is_wrong,
                                  capture_teardown),
    };

    return cmocka_run_group_tests_name("dial", tests, NULL, NULL);
}
