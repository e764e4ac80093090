// `fishbowl learn` without a terminal, as a person or a script calls it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn_bed.h"
#include "run.h"
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

static void assert_state_has(const char *words) {
    char *text = get("fish/progress.txt");

    assert_has(text, words);
    free(text);
}

static void without_a_folder_it_says_how_to_get_one(void **state) {
    (void)state;
    (void)setenv("XDG_STATE_HOME", in("nothing here"), 1);
    assert_int_equal(learn((const char *const[]){NULL}), 0);
    assert_has(run_out, "learn init ~/fish");
    assert_int_equal(LEARN("run"), 1);
    assert_has(run_err, "there is no folder of yours yet");
    assert_int_equal(LEARN("run", "--folder", in("course")), 1);
    assert_has(run_err, "no folder of exercises");
}

static void the_first_run_tells_what_is_wrong_and_is_no_attempt(void **state) {
    (void)state;
    assert_int_equal(learn((const char *const[]){NULL}), 0);
    assert_has(run_out, "0 of 2 passed");
    assert_has(run_out, "Make it give 7.");
    assert_int_equal(LEARN("run"), 1);
    assert_has(run_out, "07 Say seven");
    assert_has(run_out, "T14");
    assert_has(run_out, "it gave 0");
    assert_has(run_out, "seed:2");
    assert_has(run_out, "at event 12");
    assert_has_not(run_out, "\033"); // no terminal, no colours
    assert_state_has("state: new");
    assert_state_has("last: T14");
}

static void a_failure_counts_and_a_pass_stays(void **state) {
    (void)state;
    save(GIVES(3));
    assert_int_equal(LEARN("run", "7"), 1);
    assert_state_has("claims: T14=1");
    save(GIVES(7));
    assert_int_equal(LEARN("run", "say_seven"), 0);
    assert_has(run_out, "passed");
    assert_has(run_out, "1 of 2 passed");
    assert_has(run_out, "08 Say seven"); // what comes next
    save(GIVES(4));
    assert_int_equal(LEARN("run", "7"), 1);
    assert_state_has("state: passed");
    assert_state_has("attempts: 3");
    assert_state_has("claims: T14=2");
}

static void the_first_error_of_the_compiler_comes_alone(void **state) {
    (void)state;
    save("#include \"seven.h\"\nint seven(void) {\n    return 7\n}\n"
         "int more(void) {\n    return nonsense;\n}\n");
    assert_int_equal(LEARN("run", "7"), 1);
    assert_has(run_out, "X1");
    assert_has(run_out, "seven.c:3");
    assert_has(run_out, "return 7\n");
    assert_has(run_out, "more; the first one often causes the others");
    assert_has_not(run_out, "nonsense");
}

static void hints_come_in_turn_and_are_noted(void **state) {
    (void)state;
    assert_int_equal(LEARN("hint"), 0);
    assert_has(run_out, "hint 1 of 3: a question");
    assert_has(run_out, "What is six and one?");
    assert_has_not(run_out, "Look at");
    assert_int_equal(LEARN("hint"), 0);
    assert_has(run_out, "Look at the return.");
    assert_int_equal(LEARN("hint"), 0);
    assert_int_equal(LEARN("hint"), 0);
    assert_has(run_out, "hint 3 of 3");
    assert_has(run_out, "    return 7;");
    assert_state_has("hints: 3");
    assert_int_equal(LEARN("hint", "8"), 1); // it has none
    assert_has(run_err, "08_say_more has none");
}

static void a_solution_needs_a_pass_or_giving_up(void **state) {
    char *text;

    (void)state;
    assert_int_equal(LEARN("solution", "7"), 1);
    assert_has(run_err, "--give-up");
    assert_int_equal(LEARN("solution", "7", "--give-up"), 0);
    assert_has(run_out, "-    return 0;");
    assert_has(run_out, "+    return 7;");
    assert_state_has("gave-up: yes");
    text = get("fish/07_say_seven/seven.c");
    assert_string_equal(text, STARTER); // looking changes nothing
    free(text);
    assert_int_equal(LEARN("solution", "7", "--apply"), 0);
    text = get("fish/07_say_seven/seven.c.before-solution-1");
    assert_string_equal(text, STARTER);
    free(text);
    assert_int_equal(LEARN("run", "7"), 0);
    assert_int_equal(LEARN("solution", "7", "--other", "x"), 1);
}

static void reset_keeps_what_was_there(void **state) {
    char *text;

    (void)state;
    save("mine, one\n");
    assert_int_equal(LEARN("reset", "7"), 0);
    save("mine, two\n");
    assert_int_equal(LEARN("reset", "7"), 0);
    text = get("fish/07_say_seven/seven.c.before-reset-1");
    assert_string_equal(text, "mine, one\n");
    free(text);
    text = get("fish/07_say_seven/seven.c.before-reset-2");
    assert_string_equal(text, "mine, two\n");
    free(text);
    text = get("fish/07_say_seven/seven.c");
    assert_string_equal(text, STARTER);
    free(text);
    assert_state_has("resets: 2");
}

static void an_update_touches_no_answers_and_is_told(void **state) {
    char *text;

    (void)state;
    save(GIVES(7));
    assert_int_equal(LEARN("run", "7"), 0);
    put("course/07_say_seven/seven.c", "#include \"seven.h\"\n// new\n");
    put("course/07_say_seven/README.md", "# New\n\nNew words.\n");
    make_exercise("course/09_say_most");
    assert_int_equal(LEARN("init", in("fish")), 0);
    assert_has(run_out, "07 Say seven has changed since you passed it");
    text = get("fish/07_say_seven/seven.c");
    assert_string_equal(text, GIVES(7));
    free(text);
    text = get("fish/07_say_seven/README.md");
    assert_has(text, "New words.");
    free(text);
    text = get("fish/09_say_most/seven.c");
    assert_string_equal(text, STARTER);
    free(text);
    assert_state_has("state: passed");
}

static void a_folder_with_other_things_is_left_alone(void **state) {
    (void)state;
    assert_int_equal(mkdir(in("full"), 0700), 0);
    put("full/thesis.tex", "x\n");
    assert_int_equal(LEARN("init", in("full")), 1);
    assert_has(run_err, "there are other things in it");
    assert_int_equal(access(in("full/progress.txt"), F_OK), -1);
}

static void a_broken_state_stops_with_its_line_and_stays(void **state) {
    static const char BROKEN[] = "format: 1\n\n[07_say_seven]\nattempts: x\n";
    char *text;

    (void)state;
    put("fish/progress.txt", BROKEN);
    save(GIVES(7));
    assert_int_equal(LEARN("run", "7"), 1);
    assert_has(run_err, "line 4");
    assert_int_equal(LEARN("list"), 1);
    assert_int_equal(LEARN("hint", "7"), 1);
    text = get("fish/progress.txt");
    assert_string_equal(text, BROKEN);
    free(text);
}

static void it_is_found_from_below_and_from_anywhere(void **state) {
    char here[PATH_MAX];

    (void)state;
    assert_non_null(getcwd(here, sizeof(here)));
    assert_int_equal(LEARN("next"), 0); // remembered by init
    (void)setenv("XDG_STATE_HOME", in("nothing here"), 1);
    assert_int_equal(chdir(in("fish/08_say_more")), 0);
    assert_int_equal(LEARN("run"), 1);
    assert_int_equal(chdir(here), 0);
    assert_has(run_out, "08 Say seven"); // the one in whose folder it was
}

static void the_launcher_calls_it_for_its_own_folder(void **state) {
    char command[PATH_MAX + 64], out[4096];
    FILE *pipe;

    (void)state;
    (void)setenv("XDG_STATE_HOME", in("nothing here"), 1);
    snprintf(command, sizeof(command), "'%s/learn' run 7", in("fish"));
    save(GIVES(7));
    pipe = popen(command, "r");
    assert_non_null(pipe);
    out[fread(out, 1, sizeof(out) - 1, pipe)] = '\0';
    assert_int_equal(pclose(pipe), 0);
    assert_has(out, "passed");
    assert_has(out, "fish/learn viz 07"); // called as people call it
}

static void names_that_are_nearly_right_are_guessed(void **state) {
    (void)state;
    assert_int_equal(LEARN("run", "70"), 1);
    assert_has(run_err, "no such exercise");
    assert_int_equal(LEARN("wach"), 2);
    assert_has(run_err, "did you mean `fishbowl learn watch`");
    assert_int_equal(LEARN("list", "--json"), 2);
    assert_has(run_err, "--json: not for list");
    assert_int_equal(LEARN("run", "\033[31m"), 1);
    assert_has(run_err, "\\x1b[31m");
    assert_has_not(run_err, "\033");
}

static void check_all_judges_what_was_begun(void **state) {
    (void)state;
    save(GIVES(7));
    assert_int_equal(LEARN("check-all"), 0);
    assert_has(run_out, "07 Say seven: passed");
    assert_has(run_out, "08 Say seven: not begun");
    put("fish/08_say_more/seven.c", GIVES(5));
    assert_int_equal(LEARN("check-all"), 1);
    assert_has(run_out, "08 Say seven: T14");
}

static void
a_signal_ends_the_learners_program_and_writes_nothing(void **state) {
    const char *args[] = {"learn", NULL, "run", "7", NULL};
    char course[PATH_MAX + 16];
    pid_t runner, child;
    int fd, status;

    (void)state;
    snprintf(course, sizeof(course), "--course=%s", in("course"));
    args[1] = course;
    for (int i = 0; i < 2; i++) {
        const int number = i == 0 ? SIGINT : SIGHUP;

        (void)unlink(in("pid"));
        save(endless());
        runner = run_start(args, &fd);
        child = endless_pid();
        assert_int_equal(kill(runner, number), 0);
        assert_int_equal(waitpid(runner, &status, 0), runner);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 128 + number);
        assert_true(is_gone(child));
        (void)close(fd);
    }
    assert_state_has("format: 1");
    assert_int_equal(LEARN("list"), 0);
    assert_has_not(run_out, "not yet"); // no attempt was counted
}

static void a_runner_that_is_killed_leaves_a_whole_state(void **state) {
    const char *args[] = {"learn", NULL, "run", "7", NULL};
    char course[PATH_MAX + 16];
    int fd, status;
    pid_t runner;

    (void)state;
    save(GIVES(3));
    assert_int_equal(LEARN("run", "7"), 1);
    snprintf(course, sizeof(course), "--course=%s", in("course"));
    args[1] = course;
    save(endless());
    runner = run_start(args, &fd);
    (void)endless_pid();
    assert_int_equal(kill(runner, SIGKILL), 0);
    assert_int_equal(waitpid(runner, &status, 0), runner);
    (void)close(fd);
    assert_state_has("attempts: 1");
    save(GIVES(7));
    assert_int_equal(LEARN("run", "7"), 0); // no lock is left behind
}

static void two_at_once_lose_nothing_of_each_other(void **state) {
    enum { EACH = 8 };
    char course[PATH_MAX + 16];
    const char *args[] = {"learn", NULL, "reset", "7", NULL};
    pid_t runners[EACH];
    int fds[EACH], status;

    (void)state;
    snprintf(course, sizeof(course), "--course=%s", in("course"));
    args[1] = course;
    for (int i = 0; i < EACH; i++) {
        runners[i] = run_start(args, &fds[i]);
    }
    for (int i = 0; i < EACH; i++) {
        assert_int_equal(waitpid(runners[i], &status, 0), runners[i]);
        assert_int_equal(status, 0);
        (void)close(fds[i]);
    }
    assert_state_has("resets: 8");
}

static void viz_needs_a_run(void **state) {
    (void)state;
    assert_int_equal(LEARN("viz", "7"), 1);
    assert_has(run_err, "has no run yet");
    assert_int_equal(LEARN("run", "7"), 1);
    // this check leaves a trace that is none; viz hands on what is said of it
    assert_int_equal(LEARN("viz", "7"), 1);
    assert_has(run_err, "trace");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        BED(without_a_folder_it_says_how_to_get_one),
        BED(the_first_run_tells_what_is_wrong_and_is_no_attempt),
        BED(a_failure_counts_and_a_pass_stays),
        BED(the_first_error_of_the_compiler_comes_alone),
        BED(hints_come_in_turn_and_are_noted),
        BED(a_solution_needs_a_pass_or_giving_up),
        BED(reset_keeps_what_was_there),
        BED(an_update_touches_no_answers_and_is_told),
        BED(a_folder_with_other_things_is_left_alone),
        BED(a_broken_state_stops_with_its_line_and_stays),
        BED(it_is_found_from_below_and_from_anywhere),
        BED(the_launcher_calls_it_for_its_own_folder),
        BED(names_that_are_nearly_right_are_guessed),
        BED(check_all_judges_what_was_begun),
        BED(a_signal_ends_the_learners_program_and_writes_nothing),
        BED(a_runner_that_is_killed_leaves_a_whole_state),
        BED(two_at_once_lose_nothing_of_each_other),
        BED(viz_needs_a_run),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
