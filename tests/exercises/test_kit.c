// The kit against learners' files that do whatever a program can do: each ends
// in its verdict, the kit goes on, and no process is left.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// Only who never comes back is ended by it.
static const char *wall_ms = "60000";
static char folder[] = "/tmp/fishbowl-zoo-XXXXXX";

struct visit {
    int status;      // as waitpid gives it
    json_t *root;    // NULL: no verdict
    char said[4096]; // standard output of the kit
};

static const char *beside(const char *name) {
    static char path[256];

    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    return path;
}

static size_t slurp(const char *path, char *out, size_t out_bytes) {
    FILE *file = fopen(path, "re");
    size_t len = 0;

    if (file != NULL) {
        len = fread(out, 1, out_bytes - 1, file);
        (void)fclose(file);
    }
    out[len] = '\0';
    return len;
}

// The program of the zoo with this beast in it.
static void exec_zoo(const char *name, const char *seeds) {
    char out[256], trace[256];
    const char *zoo = getenv("FB_ZOO");
    int said = open(beside("stdout"), O_WRONLY | O_CREAT | O_TRUNC, 0600);

    (void)snprintf(out, sizeof out, "%s", beside("v.json"));
    (void)snprintf(trace, sizeof trace, "%s", beside("trace"));
    (void)dup2(said, STDOUT_FILENO);
    (void)setenv("FB_BEAST", name, 1);
    (void)setpgid(0, 0); // a beast that kills a group shall not hit the tests
    (void)execl(zoo, zoo, "--files", getenv("FB_ZOO_FILES"), "--out", out,
                "--trace", trace, "--seeds", seeds, "--cpu-ms", "300",
                "--wall-ms", wall_ms, "--memory-mb", "64", (char *)NULL);
    _exit(127);
}

static struct visit see(const char *name, const char *seeds) {
    struct visit v = {0};
    json_error_t error;
    pid_t pid;

    (void)unlink(beside("v.json"));
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        exec_zoo(name, seeds);
    }
    assert_int_equal(waitpid(pid, &v.status, 0), pid);
    v.root = json_load_file(beside("v.json"), 0, &error);
    (void)slurp(beside("stdout"), v.said, sizeof v.said);
    // What a beast has left behind has been given to us (a sub-reaper).
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
    assert_int_equal(errno, ECHILD);
    return v;
}

static const char *text(const struct visit *v, const char *key) {
    const char *value = json_string_value(json_object_get(v->root, key));

    return value != NULL ? value : "";
}

// The line of beasts.c with "// line: NAME", or 0.
static long long line_of(const char *name) {
    char path[512], line[400], mark[64];
    long long number = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "%s/beasts.c", getenv("FB_ZOO_FILES"));
    (void)snprintf(mark, sizeof mark, "// line: %s\n", name);
    file = fopen(path, "re");
    assert_non_null(file);
    while (fgets(line, sizeof line, file) != NULL) {
        number++;
        if (strstr(line, mark) != NULL) {
            (void)fclose(file);
            return number;
        }
    }
    (void)fclose(file);
    return 0;
}

static bool names_line(const struct visit *v, const char *name) {
    const json_t *places = json_object_get(v->root, "places");
    const long long wanted = line_of(name);
    const json_t *place;
    size_t i;

    json_array_foreach(places, i, place) {
        if (json_integer_value(json_object_get(place, "line")) == wanted) {
            return true;
        }
    }
    return false;
}

static void expect(const char *name, const char *claim, const char *words,
                   const char *line) {
    struct visit v = see(name, "0");

    if (v.root == NULL || strcmp(text(&v, "claim"), claim) != 0 ||
        strstr(text(&v, "said"), words) == NULL ||
        (line != NULL && !names_line(&v, line))) {
        fail_msg("%s: status %x, %s, \"%s\"; wanted %s, \"%s\", line %s", name,
                 (unsigned)v.status, text(&v, "claim"), text(&v, "said"), claim,
                 words, line != NULL ? line : "-");
    }
    assert_true(WIFEXITED(v.status));
    assert_int_equal(WEXITSTATUS(v.status), 1);
    assert_string_equal(text(&v, "order"), "fifo");
    json_decref(v.root);
}

static void expect_pass(const char *name) {
    struct visit v = see(name, "2");

    if (!json_is_true(json_object_get(v.root, "passed"))) {
        fail_msg("%s: %s, \"%s\"", name, text(&v, "claim"), text(&v, "said"));
    }
    assert_int_equal(WEXITSTATUS(v.status), 0);
    assert_string_equal(v.said, "run 1 of 4\nrun 2 of 4\nrun 3 of 4\n"
                                "run 4 of 4\n");
    assert_int_equal(json_integer_value(json_object_get(v.root, "runs")), 4);
    json_decref(v.root);
}

// ---- what they do ----

static void a_loop_inside_a_poll_ends_and_its_line_is_named(void **state) {
    (void)state;
    expect("loop", "X3", "was in the middle of a poll", "loop");
}

static void
a_task_that_wakes_itself_for_ever_ends_the_same_each_time(void **state) {
    struct visit first, second;
    const json_t *last;

    (void)state;
    first = see("spin", "0");
    second = see("spin", "0");
    assert_string_equal(text(&first, "claim"), "X3");
    assert_non_null(strstr(text(&first, "said"), "does not come to an end"));
    assert_int_equal(json_integer_value(json_object_get(first.root, "at")),
                     json_integer_value(json_object_get(second.root, "at")));
    last = json_object_get(first.root, "last"); // its own, not its cancelling
    assert_non_null(strstr(
        json_string_value(json_array_get(last, json_array_size(last) - 1)),
        "goes back to the run queue"));
    json_decref(first.root);
    json_decref(second.root);
}

static void a_run_whose_first_events_are_lost_does_not_pass(void **state) {
    (void)state;
    expect("chatter", "X3", "cannot be judged", NULL);
}

static void what_happens_again_and_again_is_said_once(void **state) {
    struct visit v;
    const json_t *last;

    (void)state;
    v = see("nag", "0");
    last = json_object_get(v.root, "last");
    assert_string_equal(text(&v, "claim"), "X3");
    assert_int_equal(json_array_size(last), 1);
    assert_non_null(
        strstr(json_string_value(json_array_get(last, 0)), "times in a row"));
    json_decref(v.root);
}

static void a_crash_names_its_line(void **state) {
    (void)state;
    expect("crash", "X2", "null pointer", "crash");
    expect("abort", "X2", "called abort", NULL);
    expect("dive", "X2", "the stack overflowed", NULL);
    expect("exit", "X2", "exit status 0", NULL);
    expect("broken promise", "X2", "zero is not zero", NULL);
}

static void no_process_is_made(void **state) {
    (void)state;
    expect("fork", "X5", "called fork", NULL);
    expect("system", "X5", "called system", NULL);
    expect("daemon", "X5", "called daemon", NULL);
    expect_pass("secret fork"); // was refused, and said so to nobody
    assert_int_equal(access("/tmp/fishbowl-was-here", F_OK), -1);
}

static void nobody_else_can_be_killed(void **state) {
    (void)state;
    expect("kill", "X5", "called kill", NULL);
}

static void memory_has_a_limit(void **state) {
    (void)state;
    expect("big", "X4", "more than 64 MiB", "big");
    expect("slow leak", "X4", "more than 64 MiB", NULL);
}

static void what_is_left_allocated_is_named(void **state) {
    (void)state;
    expect("small leak", "X6", "100 bytes", "leak");
}

static void broken_memory_is_told_in_words(void **state) {
    (void)state;
    expect("use after free", "X7", "after it was freed", "uaf");
    expect("double free", "X7", "memory is freed twice", "double free");
    expect("undefined", "X7", "overflow", "undefined");
    expect("divide", "X7", "division by zero", NULL);
}

static void closing_every_descriptor_hides_nothing_but_words(void **state) {
    (void)state;
    // gcc's second sanitizer has only its standard error to say so
    expect("close all", "X2", "", NULL);
}

static void what_it_prints_is_kept_apart(void **state) {
    char printed[4096];
    struct stat st;

    (void)state;
    expect_pass("shout"); // standard output is the kit's: expect_pass compares
    (void)slurp(beside("trace.out"), printed, sizeof printed);
    assert_non_null(strstr(printed, "run 99 of 1"));
    expect_pass("flood");
    assert_int_equal(stat(beside("trace.out"), &st), 0);
    assert_true(st.st_size <= 16 << 20);
}

// clang's sanitizers name lines with a program, which a run may not start.
#ifdef __clang__
#define IF_LINES_ARE_NAMED(line_) NULL
#else
#define IF_LINES_ARE_NAMED(line_) (line_)
#endif

static void a_call_that_blocks_takes_virtual_time_only(void **state) {
    (void)state;
    expect("sleep", "T6", "called sleep", NULL);
    expect("thread", "T6",
           "called pthread_join in its poll, at event 14: that blocked the "
           "whole thread for 3 ms",
           IF_LINES_ARE_NAMED("thread"));
    expect("read", "T6", "called read", NULL);
}

static void work_for_the_pool_may_sleep(void **state) {
    (void)state;
    expect_pass("offload");
}

static void who_does_not_come_back_is_ended(void **state) {
    (void)state;
    wall_ms = "500";
    expect("deaf", "X3", "not over after 500 ms", NULL);
    wall_ms = "60000";
    expect("deaf loop", "X3", "still computing after 300 ms", NULL);
}

static void a_claim_comes_first(void **state) {
    (void)state;
    expect("silent", "T1", "", "beast"); // where it is polled, not its type
    expect_pass("good");
}

// ---- orders ----

static void an_order_can_be_played_alone(void **state) {
    static const char *const orders[] = {"fifo", "lifo", "seed:17"};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        char line[1024], verdict[2048], wanted[64];

        (void)snprintf(line, sizeof line,
                       "FB_BEAST=silent '%s' --files '%s' --out '%s/v.json' "
                       "--trace '%s/trace' --order %s >'%s/stdout'",
                       getenv("FB_ZOO"), getenv("FB_ZOO_FILES"), folder, folder,
                       orders[i], folder);
        assert_int_equal(WEXITSTATUS(system(line)), 1);
        (void)slurp(beside("v.json"), verdict, sizeof verdict);
        (void)snprintf(wanted, sizeof wanted, "\"order\": \"%s\"", orders[i]);
        assert_non_null(strstr(verdict, wanted));
    }
}

static void a_wrong_word_is_a_usage_error(void **state) {
    static const char *const words[] = {
        "--order sideways", "--order seed:", "--order fifo/", "--seeds -1",
        "--seeds 1x",       "--cpu-ms 0",    "--nonsense",    "stray"};

    (void)state;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        char line[1024];

        (void)snprintf(line, sizeof line,
                       "'%s' --files . --out '%s/v.json' --trace '%s/trace' %s "
                       ">/dev/null 2>&1",
                       getenv("FB_ZOO"), folder, folder, words[i]);
        if (WEXITSTATUS(system(line)) != 2) {
            fail_msg("%s", words[i]);
        }
    }
}

static int open_folder(void **state) {
    (void)state;
    return mkdtemp(folder) == NULL || prctl(PR_SET_CHILD_SUBREAPER, 1) < 0;
}

static int remove_folder(void **state) {
    char line[128];

    (void)state;
    (void)snprintf(line, sizeof line, "rm -rf '%s'", folder);
    return system(line);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_loop_inside_a_poll_ends_and_its_line_is_named),
        cmocka_unit_test(
            a_task_that_wakes_itself_for_ever_ends_the_same_each_time),
        cmocka_unit_test(a_run_whose_first_events_are_lost_does_not_pass),
        cmocka_unit_test(what_happens_again_and_again_is_said_once),
        cmocka_unit_test(a_crash_names_its_line),
        cmocka_unit_test(no_process_is_made),
        cmocka_unit_test(nobody_else_can_be_killed),
        cmocka_unit_test(memory_has_a_limit),
        cmocka_unit_test(what_is_left_allocated_is_named),
        cmocka_unit_test(broken_memory_is_told_in_words),
        cmocka_unit_test(closing_every_descriptor_hides_nothing_but_words),
        cmocka_unit_test(what_it_prints_is_kept_apart),
        cmocka_unit_test(a_call_that_blocks_takes_virtual_time_only),
        cmocka_unit_test(work_for_the_pool_may_sleep),
        cmocka_unit_test(who_does_not_come_back_is_ended),
        cmocka_unit_test(a_claim_comes_first),
        cmocka_unit_test(an_order_can_be_played_alone),
        cmocka_unit_test(a_wrong_word_is_a_usage_error),
    };

    return cmocka_run_group_tests(tests, open_folder, remove_folder);
}
