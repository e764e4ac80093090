// The fishbowl program as a person uses it: its verbs, and print.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "run.h"
#include "scene.h"
#include "session.h"
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- the program -----------------------------------------------------------

static void help_lists_the_verbs_on_stdout(void **state) {
    (void)state;
    assert_int_equal(RUN("help"), 0);
    assert_non_null(strstr(run_out, "Usage: fishbowl VERB"));
    assert_non_null(strstr(run_out, "\n  serve "));
    assert_non_null(strstr(run_out, "\n  dial "));
    assert_non_null(strstr(run_out, "\n  demo "));
    assert_non_null(strstr(run_out, "\n  watch "));
    assert_non_null(strstr(run_out, "\n  list "));
    assert_non_null(strstr(run_out, "\n  print "));
    assert_string_equal(run_err, "");
    assert_int_equal(RUN("--help"), 0);
    assert_non_null(strstr(run_out, "Usage: fishbowl VERB"));
}

static void nothing_at_all_is_a_usage_error(void **state) {
    (void)state;
    assert_int_equal(run((const char *const[]){NULL}), 2);
    assert_string_equal(run_out, "");
    assert_non_null(strstr(run_err, "Usage: fishbowl VERB"));
}

static void version_is_one_line(void **state) {
    (void)state;
    assert_int_equal(RUN("--version"), 0);
    assert_memory_equal(run_out, "fishbowl ", 9);
    assert_ptr_equal(strchr(run_out, '\n'), run_out + strlen(run_out) - 1);
    assert_int_equal(RUN("print", "--version"), 0);
    assert_memory_equal(run_out, "fishbowl ", 9);
}

static void mistyped_verb_gets_the_near_one(void **state) {
    static const char *const NEAR[][2] = {
        {"prnt", "print"}, {"serv", "serve"}, {"lsit", "list"},
        {"dail", "dial"},  {"pr", "print"},   {"seve", "serve"},
    };
    char wanted[64];

    (void)state;
    for (size_t i = 0; i < sizeof(NEAR) / sizeof(NEAR[0]); i++) {
        assert_int_equal(RUN(NEAR[i][0]), 2);
        snprintf(wanted, sizeof(wanted), "(did you mean `fishbowl %s`?)",
                 NEAR[i][1]);
        if (strstr(run_err, wanted) == NULL) {
            fail_msg("%s gives: %s", NEAR[i][0], run_err);
        }
        assert_string_equal(run_out, "");
    }
}

static void verb_near_to_none_points_to_help(void **state) {
    (void)state;
    assert_int_equal(RUN("xylophone"), 2);
    assert_string_equal(run_err, "fishbowl: xylophone: there is no such verb "
                                 "(`fishbowl help` lists them)\n");
    // a verb that this version does not have is not near to one that it has
    assert_int_equal(RUN("aquarium"), 2);
    assert_null(strstr(run_err, "did you mean"));
}

static void slides_belong_to_the_source_tree(void **state) {
    (void)state;
    assert_int_equal(RUN("slides"), 2);
    assert_string_equal(run_out, "");
    assert_non_null(strstr(run_err, "(there: ./fishbowl slides)"));
}

static void hostile_verb_is_shown_escaped(void **state) {
    (void)state;
    assert_int_equal(RUN("\x1b[2J"), 2);
    assert_null(strchr(run_err, '\x1b'));
    assert_non_null(strstr(run_err, "\\x1b[2J"));
}

static void every_verb_has_help_with_an_example(void **state) {
    static const char *const VERBS[] = {"demo",  "serve", "scene", "dial",
                                        "watch", "list",  "print"};

    (void)state;
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++) {
        char example[64];

        snprintf(example, sizeof(example), "  fishbowl %s ", VERBS[i]);
        assert_int_equal(RUN(VERBS[i], "--help"), 0);
        assert_non_null(strstr(run_out, example));
        assert_int_equal(RUN("help", VERBS[i]), 0);
        assert_non_null(strstr(run_out, example));
    }
    assert_int_equal(RUN("help", "prnt"), 2);
}

// Every option that a verb's help names is completed; this keeps the two
// together.
static void completion_knows_every_option(void **state) {
    static const char *const VERBS[] = {"demo",  "serve", "scene", "dial",
                                        "watch", "list",  "print"};
    const char *source = getenv("FB_SOURCE");
    static char script[RUN_ROOM];
    char path[512];
    FILE *file;
    int checked = 0;

    (void)state;
    snprintf(path, sizeof(path), "%s/viz/main/completions/fishbowl.bash",
             source != NULL ? source : ".");
    file = fopen(path, "r");
    assert_non_null(file);
    run_read_back(file, script);
    for (size_t i = 0; i < sizeof(VERBS) / sizeof(VERBS[0]); i++) {
        assert_int_equal(RUN(VERBS[i], "--help"), 0);
        for (char *c = strstr(run_out, "\n      --"); c != NULL;
             c = strstr(c, "\n      --")) {
            char *option = c + 7;
            const size_t len = strcspn(option, " =[\n");

            c = option + len;
            if (strncmp(option, "--usage", len) != 0) {
                char wanted[64];

                snprintf(wanted, sizeof(wanted), "%.*s", (int)len, option);
                if (strstr(script, wanted) == NULL) {
                    fail_msg("%s %s is not completed", VERBS[i], wanted);
                }
                checked++;
            }
        }
    }
    assert_true(checked > 30);
}

// Helpers are looked for beside the program itself, whatever PATH and the
// working directory say.
static void verb_of_a_neighbour_runs_the_program_beside(void **state) {
    char *bin = strdup(getenv("FB_BIN")); // setenv below replaces it
    char dir[] = "/tmp/fishbowl-test-XXXXXX";
    char copy[64], helper[64], command[1200];
    FILE *file;

    (void)state;
    assert_non_null(mkdtemp(dir));
    snprintf(copy, sizeof(copy), "%s/fishbowl", dir);
    snprintf(helper, sizeof(helper), "%s/fishbowl-dial", dir);
    snprintf(command, sizeof(command), "cp '%s/fishbowl' '%s'", bin, copy);
    assert_int_equal(system(command), 0);
    assert_int_equal(setenv("FB_BIN", dir, 1), 0);
    assert_int_equal(RUN("dial"), 1);
    assert_non_null(
        strstr(run_err, "fishbowl: dial: fishbowl-dial cannot be run"));

    file = fopen(helper, "w");
    assert_non_null(file);
    fputs("#!/bin/sh\necho \"$1,$2\"\nexit 7\n", file);
    assert_int_equal(fclose(file), 0);
    assert_int_equal(chmod(helper, 0700), 0);
    assert_int_equal(RUN("dial", "a", "--clients=2"), 7);
    assert_string_equal(run_out, "a,--clients=2\n");

    assert_int_equal(setenv("FB_BIN", bin, 1), 0);
    free(bin);
    assert_int_equal(unlink(helper), 0);
    assert_int_equal(unlink(copy), 0);
    assert_int_equal(rmdir(dir), 0);
}

// ---- print -----------------------------------------------------------------

static struct scene scene;

static void print_tells_the_story_of_a_file(void **state) {
    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_end(&scene);
    assert_int_equal(RUN("print", scene.path), 0);
    assert_non_null(strstr(run_out, "what happened"));
    assert_non_null(strstr(run_out, "\n      1  "));
    assert_string_equal(run_err, "");
    scene_close(&scene);
}

static void print_of_nothing_live_fails_with_a_remedy(void **state) {
    (void)state;
    assert_int_equal(RUN("print"), 1);
    assert_string_equal(run_out, "");
    assert_string_equal(run_err,
                        "fishbowl: trace: no traced program is running "
                        "(start one with `fishbowl serve`, or name a "
                        "file)\n");
}

static void print_refuses_wrong_command_lines(void **state) {
    static const char *const WRONG[][4] = {
        {"--tree", "--json"},
        {"--at", "x"},
        {"--at", "0"},
        {"--at", "1x"},
        {"--from", "99999999999999999999"},
        {"--tree", "--from", "3"},
        {"--from", "5", "--to=4"},
        {"--screen", "80"},
        {"--screen", "80x24x"},
        {"--screen", "0x24"},
        {"--screen", "80x9999"},
        {"--task", "4294967296"},
        {"--reactor", "--task=1"},
        {"--waits", "--task=1"},
        {"--stats", "--wakers"},
        {"--nonsense"},
        {"one", "two"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(WRONG) / sizeof(WRONG[0]); i++) {
        const char *args[6] = {"print"};

        memcpy(args + 1, WRONG[i], sizeof(WRONG[i]));
        if (run(args) != 2) {
            fail_msg("`print %s …` is not refused", WRONG[i][0]);
        }
        assert_string_equal(run_out, "");
        assert_memory_equal(run_err, "fishbowl print: ", 16);
    }
}

static void print_takes_the_words_of_the_screen(void **state) {
    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_connect(&scene, 7, "one");
    scene_connect(&scene, 8, "Ada");
    scene_end(&scene);
    assert_int_equal(RUN("print", "--tasks", "--filter=label:ada", scene.path),
                     0);
    assert_non_null(strstr(run_out, "Ada"));
    assert_null(strstr(run_out, "one"));
    assert_int_equal(RUN("print", "--tasks", "--sort=-label", scene.path), 0);
    assert_true(strstr(run_out, "one") < strstr(run_out, "Ada"));
    assert_int_equal(RUN("print", "--tasks", "--filter=x:y", scene.path), 2);
    assert_non_null(strstr(run_err, "\"x:\" is nothing to filter by"));
    assert_int_equal(
        RUN("print", "--tree", "--sort=id", "--filter=idle", scene.path), 2);
    assert_int_equal(RUN("print", "--tasks", "--at=start", scene.path), 0);
    assert_null(strstr(run_out, "Ada"));
    assert_int_equal(RUN("print", "--tasks", "--at=60s", scene.path), 0);
    assert_non_null(strstr(run_out, "Ada"));
    assert_int_equal(RUN("print", "--tasks", "--at=noon", scene.path), 2);
    assert_non_null(strstr(run_err, "--at: an event (1234)"));
    scene_close(&scene);
}

static void print_of_an_event_that_is_gone_says_which_there_are(void **state) {
    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_end(&scene);
    assert_int_equal(RUN("print", "--tree", "--at=500", scene.path), 1);
    assert_string_equal(run_err,
                        "fishbowl: event 500: this trace does not hold "
                        "it (it holds 1 to 11)\n");
    assert_int_equal(RUN("print", "--tree", "--task=5", scene.path), 1);
    assert_non_null(strstr(run_err, "fishbowl: task 5: "));
    scene_close(&scene);
}

// Tasks 1 and 2 join each other.
static void print_waits_ends_with_1_when_there_is_a_ring(void **state) {
    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_connect(&scene, 9, "127.0.0.1:51234");
    scene_end(&scene);
    assert_int_equal(RUN("print", "--waits", scene.path), 0);
    assert_non_null(strstr(run_out, "no task waits for another\n"));
    scene_close(&scene);
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_connect(&scene, 9, "127.0.0.1:51234");
    for (uint32_t task = 1; task <= 2; task++) {
        scene_put(&scene,
                  (struct fb_event){.kind = FB_EV_WAKER_CLONE,
                                    .detail = FB_PARTY_TASK,
                                    .subject = task,
                                    .waker = {.holder = 3 - task,
                                              .future = task == 1 ? 1 : 20}});
    }
    scene_end(&scene);
    assert_int_equal(RUN("print", "--waits", scene.path), 1);
    assert_non_null(strstr(run_out, "A ring: tasks 1 and 2 wait for each "
                                    "other, but task 1 also for fd 5 "
                                    "readable\n"));
    assert_string_equal(run_err, "");
    scene_close(&scene);
}

static void
complaint_without_a_stderr_is_not_written_into_the_trace(void **state) {
    char line[1200];
    int status;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_end(&scene);
    snprintf(line, sizeof(line), "'%s/fishbowl' print --at=500 '%s' 2>&-",
             getenv("FB_BIN"), scene.path);
    status = system(line);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 1);
    assert_int_equal(RUN("print", scene.path), 0);
    scene_close(&scene);
}

static void screen_has_exactly_its_rows(void **state) {
    size_t rows = 0;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    scene_connect(&scene, 9, "Ada");
    scene_end(&scene);
    assert_int_equal(RUN("print", "--screen=100x30", scene.path), 0);
    for (const char *c = run_out; *c != '\0'; c++) {
        rows += *c == '\n';
    }
    assert_int_equal(rows, 30);
    assert_non_null(strstr(run_out, "Ada"));
    assert_non_null(strstr(run_out, "─"));
    assert_int_equal(RUN("print", "--screen=100x30", "--ascii", scene.path), 0);
    assert_non_null(strstr(run_out, "Ada"));
    for (const char *c = run_out; *c != '\0'; c++) {
        assert_true((unsigned char)*c < 0x80);
    }
    assert_int_equal(RUN("print", "--screen=80x24", "--at=999", scene.path), 1);
    assert_string_equal(run_out, "");
    scene_close(&scene);
}

static void interrupt_ends_follow_cleanly(void **state) {
    int fd, status;
    pid_t child;

    (void)state;
    scene_open(&scene, 0);
    scene_listen(&scene);
    child = run_start(
        (const char *const[]){"print", "--follow", scene.path, NULL}, &fd);
    run_read_until(fd, "\n     11  ");
    assert_int_equal(kill(child, SIGINT), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), 0);
    close(fd);
    scene_close(&scene);
}

static int dial(int port) {
    struct sockaddr_in to = {.sin_family = AF_INET,
                             .sin_port = htons((uint16_t)port),
                             .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

// Looks on until the server waits with `tasks` tasks.
static void await_rest(const char *pid, uint32_t tasks) {
    char why[FB_SESSION_WHY_BYTES];
    const struct fb_model *m;
    struct fb_session *s;

    assert_int_equal(fb_session_open(&s, pid, false, why, sizeof(why)), 0);
    m = fb_history_live(fb_session_history(s));
    while (m->live_tasks != tasks || !m->parked) {
        assert_true(fb_session_pump(s) >= 0);
        assert_int_equal(fb_session_life(s), FB_LIFE_RUNNING);
        sched_yield();
    }
    fb_session_close(s);
}

static int count(const char *text, const char *what) {
    int n = 0;

    while ((text = strstr(text, what)) != NULL) {
        text += strlen(what);
        n++;
    }
    return n;
}

// The course's question, asked of the real server.
static void tree_of_a_server_with_three_silent_clients(void **state) {
    char pid[32];
    int clients[3], fd, status;
    pid_t server;

    (void)state;
    server = run_start((const char *const[]){"serve", "--listen=127.0.0.1:0",
                                             "--handler=named", NULL},
                       &fd);
    run_read_until(fd, "\n");
    snprintf(pid, sizeof(pid), "%d", (int)server);
    for (int i = 0; i < 3; i++) {
        clients[i] = dial(atoi(strpbrk(run_out, "0123456789")));
    }
    await_rest(pid, 4);
    assert_int_equal(RUN("print", "--tree", pid), 0);
    assert_int_equal(count(run_out, "\ntask "), 4);
    assert_int_equal(count(run_out, "acceptor  server/accept.c:"), 1);
    assert_int_equal(count(run_out, "\n└ greet  server/named.c:"), 3);
    assert_int_equal(count(run_out, "read  pending: fd "), 3);
    assert_int_equal(count(run_out, " idle "), 4);
    for (int i = 0; i < 3; i++) {
        close(clients[i]);
    }
    assert_int_equal(kill(server, SIGTERM), 0);
    assert_int_equal(waitpid(server, &status, 0), server);
    close(fd);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(help_lists_the_verbs_on_stdout),
        cmocka_unit_test(nothing_at_all_is_a_usage_error),
        cmocka_unit_test(version_is_one_line),
        cmocka_unit_test(mistyped_verb_gets_the_near_one),
        cmocka_unit_test(verb_near_to_none_points_to_help),
        cmocka_unit_test(slides_belong_to_the_source_tree),
        cmocka_unit_test(hostile_verb_is_shown_escaped),
        cmocka_unit_test(every_verb_has_help_with_an_example),
        cmocka_unit_test(completion_knows_every_option),
        cmocka_unit_test(verb_of_a_neighbour_runs_the_program_beside),
        cmocka_unit_test(print_tells_the_story_of_a_file),
        cmocka_unit_test(print_of_nothing_live_fails_with_a_remedy),
        cmocka_unit_test(print_refuses_wrong_command_lines),
        cmocka_unit_test(print_takes_the_words_of_the_screen),
        cmocka_unit_test(print_of_an_event_that_is_gone_says_which_there_are),
        cmocka_unit_test(print_waits_ends_with_1_when_there_is_a_ring),
        cmocka_unit_test(
            complaint_without_a_stderr_is_not_written_into_the_trace),
        cmocka_unit_test(screen_has_exactly_its_rows),
        cmocka_unit_test(interrupt_ends_follow_cleanly),
        cmocka_unit_test(tree_of_a_server_with_three_silent_clients),
    };

    return cmocka_run_group_tests(tests, run_setup, run_teardown);
}
