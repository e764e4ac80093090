// Questions about the real greeter, on one thread and on several, in every
// order of its queues: all that can be asked is judged from the bare events.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "quiz_check.h"
#include "run.h"
#include "session.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static char ring[160];

// Serves some clients at once, and leaves its trace in `ring`.
static void serve(const char *workers, const char *order) {
    char address[40];
    int fd, status;
    pid_t server;

    snprintf(ring, sizeof(ring), "%s/quiz.ring", run_dir);
    server = run_start((const char *const[]){"serve", "--listen=127.0.0.1:0",
                                             "--ring", ring, "--workers",
                                             workers, "--order", order, NULL},
                       &fd);
    run_read_until(fd, "\n");
    assert_non_null(strpbrk(run_out, "0123456789"));
    snprintf(address, sizeof(address), "127.0.0.1:%d",
             atoi(strpbrk(run_out, "0123456789")));
    assert_int_equal(
        RUN("dial", address, "--clients", "40", "--concurrency", "16"), 0);
    kill(server, SIGINT);
    while (read(fd, run_out, RUN_ROOM) > 0) {
    }
    close(fd);
    assert_int_equal(waitpid(server, &status, 0), server);
}

static void ask_everything(uint32_t asked[FB_QUIZ_KINDS]) {
    struct quiz_tape tape = {0};
    struct fb_session *session;
    struct fb_history *h;
    struct fb_event *events;
    char why[FB_SESSION_WHY_BYTES];

    if (fb_session_open(&session, ring, false, why, sizeof(why))) {
        fail_msg("%s", why);
    }
    h = fb_session_history(session);
    tape.count = fb_history_last(h);
    events = calloc(tape.count + 1, sizeof(*events));
    assert_non_null(events);
    for (uint64_t n = 1; n <= tape.count; n++) {
        assert_non_null(fb_history_event(h, n)); // all of it is there
        events[n - 1] = *fb_history_event(h, n);
    }
    tape.events = events;
    quiz_check_all(&tape, h, fb_session_names(session), asked);
    free(events);
    fb_session_close(session);
    (void)unlink(ring);
}

static void every_question_about_the_real_greeter_is_true(void **state) {
    static const struct {
        const char *workers, *order;
    } runs[] = {{"1", "fifo"}, {"1", "lifo"}, {"1", "seed:7"}, {"3", "fifo"}};

    (void)state;
    for (size_t i = 0; i < sizeof(runs) / sizeof(runs[0]); i++) {
        uint32_t asked[FB_QUIZ_KINDS] = {0};

        serve(runs[i].workers, runs[i].order);
        ask_everything(asked);
        for (int kind = 0; kind < FB_QUIZ_KINDS; kind++) {
            print_message("%s worker, %s: %s %u\n", runs[i].workers,
                          runs[i].order, fb_quiz_name((enum fb_quiz_kind)kind),
                          asked[kind]);
            // who waits in a queue together is the kernel's affair
            assert_true(asked[kind] > 10 || kind == FB_QUIZ_NEXT);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_question_about_the_real_greeter_is_true),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
