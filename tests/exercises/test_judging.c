// Judging: what is built and run, ended, heard and believed.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "small_course.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- judging ----

static void words_of_progress(void *arg, const char *word) {
    strcat(arg, word);
    strcat(arg, ";");
}

static void a_right_file_passes_and_a_wrong_one_says_why(void **state) {
    struct course *c = open_course();
    struct course_result r;
    char words[256] = "";
    struct course_job job = {.progress = words_of_progress,
                             .progress_arg = words};

    (void)state;
    assert_int_equal(judge_text(c, GIVES(7), &job, &r), 0);
    assert_true(r.passed);
    assert_string_equal(r.claim, "");
    assert_int_equal(r.runs, 5);
    assert_string_equal(r.order, "all");
    assert_null(r.compiler);
    assert_string_equal(words, "compiling;run 1 of 3;");
    course_result_deinit(&r);

    job.seeds = 2;
    job.order = "seed:17/2";
    assert_int_equal(judge_text(c, GIVES(8), &job, &r), 0);
    assert_false(r.passed);
    assert_string_equal(r.claim, "T14");
    assert_string_equal(r.said, "it gave 8");
    assert_string_equal(r.order, "seed:2");
    assert_int_equal(r.at, 12);
    assert_non_null(strstr(words, "run 1 of 2;"));
    assert_int_equal(access(r.trace, R_OK), 0);
    course_result_deinit(&r);
    course_close(c);
}

static void the_check_is_compiled_again_only_when_it_changed(void **state) {
    struct course *c = open_course();
    struct course_job job = {0};
    struct course_result r;
    struct stat before, after;

    (void)state;
    assert_int_equal(judge_text(c, GIVES(7), &job, &r), 0);
    course_result_deinit(&r);
    assert_int_equal(stat(in("scratch folder/check.o"), &before), 0);
    assert_int_equal(judge_text(c, GIVES(8), &job, &r), 0);
    course_result_deinit(&r);
    assert_int_equal(stat(in("scratch folder/check.o"), &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim, sizeof(after.st_mtim));
    course_close(c);

    put("course/07_say_seven/check.c",
        "#include \"seven.h\"\nint main(void) { return seven() + 2; }\n");
    c = open_course();
    assert_int_equal(judge_text(c, GIVES(7), &job, &r), -EPROTO);
    assert_non_null(strstr(why, "gave no verdict"));
    course_close(c);
}

static void a_check_that_does_not_compile_is_not_the_learners(void **state) {
    struct course_job job = {0};
    struct course_result r;
    struct course *c;

    (void)state;
    put("course/07_say_seven/check.c", "int main(void) { return x; }\n");
    c = open_course();
    assert_int_equal(judge_text(c, GIVES(7), &job, &r), -EINVAL);
    assert_non_null(strstr(why, "the exercise is broken, not your file"));
    assert_non_null(strstr(why, "check.c does not compile. Line 1: "));
    course_close(c);
}

static void an_error_of_the_compiler_is_an_x1_with_its_line(void **state) {
    struct course *c = open_course();
    struct course_job job = {0};
    struct course_result r;
    const char *first;

    (void)state;
    assert_int_equal(judge_text(c,
                                "#include \"seven.h\"\n"
                                "int seven(void) {\n"
                                "#warning early\n"
                                "    return sveen;\n"
                                "}\n",
                                &job, &r),
                     0);
    assert_false(r.passed);
    assert_string_equal(r.claim, "X1");
    assert_non_null(strstr(r.said, "seven.c does not compile. Line 4: "));
    assert_non_null(strstr(r.help, "has not met this name"));
    assert_int_equal(r.place_count, 1);
    assert_string_equal(r.places[0].file, "seven.c");
    assert_int_equal(r.places[0].line, 4);
    assert_string_equal(r.places[0].text, "return sveen;");
    // the error stands before the warning of the line above it
    first = strstr(r.compiler, "error:");
    assert_non_null(first);
    assert_non_null(strstr(r.compiler, "warning:"));
    assert_true(first < strstr(r.compiler, "warning:"));
    course_result_deinit(&r);
    course_close(c);
}

static void what_beginners_write_is_explained(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {
        {"int seven(void) {\n    return 7\n}\n", "ends with ';'"},
        {"int seven(void) {\n    return 7;\n", "Count the braces"},
        {"int seven(void) {\n    return 7;\n}\n}\n", "a '}' too many"},
        {"int six(void) {\n    return 6;\n}\n", "renamed or deleted"},
        {"static int seven(void) {\n    return 7;\n}\n", "renamed or deleted"},
        {"int seven(void) { return 7; }\nint main(void) { return 0; }\n",
         "defines this already"},
        {"struct s { int a; };\nint seven(void) {\n    struct s s = {0};\n"
         "    return s.b;\n}\n",
         "has no such field"},
        {"int seven(void) {\n    return sevne();\n}\n",
         "has not met this function"},
        {"int seven(void) {\n}\n", "Every path of it must end"},
        {"int seven(void) {\n    int *p = 7;\n    return *p;\n}\n",
         "A number is given where a pointer"},
        {"#include <fishbone.h>\n", "no such header"},
    };
    struct course *c = open_course();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct course_job job = {0};
        struct course_result r;

        assert_int_equal(judge_text(c, cases[i].text, &job, &r), 0);
        assert_string_equal(r.claim, "X1");
        if (strstr(r.help, cases[i].says) == NULL) {
            fail_msg("%zu: \"%s\" helps with \"%s\"", i, r.said, r.help);
        }
        course_result_deinit(&r);
    }
    course_close(c);
}

// Judges a file with this in front, which gives 7: it is refused, unbuilt.
static void refused(struct course *c, const char *claim, const char *text,
                    const char *says) {
    struct course_job job = {0};
    struct course_result r;
    char file[1024];

    snprintf(file, sizeof(file), "%s\n" GIVES(7), text);
    assert_int_equal(judge_text(c, file, &job, &r), 0);
    assert_false(r.passed);
    assert_string_equal(r.claim, claim);
    if (strstr(r.said, says) == NULL) {
        fail_msg("\"%s\" does not say: %s", r.said, says);
    }
    assert_true(r.help[0] != '\0');
    assert_int_not_equal(access(in("scratch folder/program"), F_OK), 0);
    course_result_deinit(&r);
}

static void what_would_run_outside_of_a_run_is_refused(void **state) {
    struct course *c = open_course();

    (void)state;
    refused(c, "X5",
            "__attribute__((constructor)) static void f(void) { for (;;); }",
            "before or after");
    refused(c, "X5",
            "__attribute__((constructor(200))) static void f(void) { for (;;);"
            " }",
            "before or after");
    refused(c, "X5",
            "__attribute__((destructor)) static void f(void) { for (;;); }",
            "before or after");
    refused(c, "X5",
            "void f(void);\nvoid f(void) { for (;;); }\n"
            "__asm__(\".pushsection .preinit_array,\\\"aw\\\"\\n\"\n"
            "    \".quad f\\n.popsection\");",
            "before or after");
    refused(c, "X1", "int main(void) { return 0; }", "main");
    refused(c, "X1", "int kit_judge(void) { return 0; }", "kit_judge");
    refused(c, "X1",
            "const char *__asan_default_options(void) { return \"\"; }\n"
            "const char *__asan_default_options(void);",
            "__asan_default_options");
    refused(c, "X5", "int kit_stop(int);\nint f(void) { return kit_stop(1); }",
            "kit_stop");
    course_close(c);
}

static void what_a_file_keeps_to_itself_has_any_name(void **state) {
    struct course *c = open_course();
    struct course_job job = {0};
    struct course_result r;

    (void)state;
    assert_int_equal(
        judge_text(c,
                   "int kit_learner_close(int);\n"
                   "static volatile int kit_count, fb_count;\n"
                   "int mainly(int fd) { return fd < 0 ? kit_count + fb_count "
                   ": 0; }\n" GIVES(7),
                   &job, &r),
        0);
    assert_true(r.passed);
    course_result_deinit(&r);
    course_close(c);
}

static void an_object_that_is_damaged_is_not_read_beyond_its_end(void **state) {
    struct course *c = open_course();
    struct course_job job = {0};
    struct course_result r = {0};
    char *whole, *check;
    size_t len;

    (void)state;
    assert_int_equal(judge_text(c, GIVES(7), &job, &r), 0);
    course_result_deinit(&r);
    check = strdup(in("scratch folder/check.o"));
    assert_int_equal(course__slurp(check, 1 << 20, &whole, &len), 0);
    for (size_t i = 0; i < len; i += 3) {
        char *cut = malloc(len);

        memcpy(cut, whole, len);
        cut[i] = (char)(cut[i] ^ 0xff);
        assert_int_equal(
            course__put(in("cut.o"), cut, i % 2 == 0 ? len : i, true), 0);
        (void)course__look_at_object(&r, "seven.c", in("cut.o"), check);
        (void)course__look_at_object(&r, "seven.c", check, in("cut.o"));
        free(cut);
    }
    free(whole);
    free(check);
    course_close(c);
}

static void a_file_that_is_gone_is_an_x1(void **state) {
    struct course *c = open_course();
    struct course_result r;
    char files[PATH_MAX], scratch[PATH_MAX];
    const struct course_job job = {
        .exercise = course_at(c, 0), .files = files, .scratch = scratch};

    (void)state;
    strcpy(files, in("ada's files"));
    strcpy(scratch, in("scratch folder"));
    assert_int_equal(course__make_folder(files), 0);
    assert_int_equal(course_judge(c, &job, &r, why, sizeof(why)), 0);
    assert_string_equal(r.claim, "X1");
    assert_string_equal(r.said, "There is no file seven.c.");
    course_result_deinit(&r);
    course_close(c);
}

static void a_compiler_that_says_megabytes_is_heard_to_a_bound(void **state) {
    struct course *c = open_course();
    struct course_job job = {0};
    struct course_result r;
    char *text = malloc(1 << 20);
    size_t len = 0;

    (void)state;
    for (int i = 0; i < 20000; i++) {
        len += (size_t)sprintf(text + len, "int f%d(void) { return x; }\n", i);
    }
    assert_int_equal(judge_text(c, text, &job, &r), 0);
    assert_string_equal(r.claim, "X1");
    assert_int_equal(r.places[0].line, 1);
    assert_true(strlen(r.compiler) < 300 * 1024);
    course_result_deinit(&r);
    free(text);
    course_close(c);
}

static void text_of_a_learner_reaches_no_terminal_raw(void **state) {
    struct course *c = open_course();
    struct course_job job = {0};
    struct course_result r;

    (void)state;
    assert_int_equal(judge_text(c,
                                "#error \x1b]0;owned\x07 \xe2\x80\xae\n"
                                "int seven(void) { return x\x1b[2J; }\n",
                                &job, &r),
                     0);
    assert_string_equal(r.claim, "X1");
    assert_null(strchr(r.compiler, '\x1b'));
    assert_null(strchr(r.said, '\x1b'));
    assert_null(strstr(r.compiler, "\xe2\x80\xae"));
    assert_null(strchr(r.places[0].text, '\x1b'));
    course_result_deinit(&r);
    course_close(c);
}

// ---- ends ----

static bool after_it_runs(void *arg) {
    return strstr(arg, "run 1") != NULL;
}

static void a_run_is_given_up_at_once(void **state) {
    struct course *c = open_course();
    char words[256] = "";
    struct course_job job = {.progress = words_of_progress,
                             .progress_arg = words,
                             .give_up = after_it_runs,
                             .give_up_arg = words};
    struct course_result r;

    (void)state;
    assert_int_equal(judge_text(c, GIVES(100), &job, &r), -ECANCELED);
    course_close(c);
}

struct heard {
    long group;
};

static void hear_group(void *arg, const char *line) {
    (void)sscanf(line, "%ld", &((struct heard *)arg)->group);
}

static bool once_heard(void *arg) {
    return ((struct heard *)arg)->group != 0;
}

static void nothing_of_an_ended_program_stays_behind(void **state) {
    // it ignores the asking, and so does its child
    static const char *const argv[] = {
        "sh", "-c",
        "trap '' TERM; (while :; do sleep 1; done) & echo $$; "
        "while :; do sleep 1; done",
        NULL};
    struct heard h = {0};
    struct course_process p = {.argv = argv, .line = hear_group, .arg = &h};
    struct course_process *const one[] = {&p};

    (void)state;
    assert_int_equal(
        course__processes_run(one, 1, once_heard, &h, why, sizeof(why)),
        -ECANCELED);
    assert_true(h.group > 1);
    // a child of a child is init's to collect: it may be a corpse for a moment
    for (int i = 0; kill((pid_t)-h.group, 0) == 0 && i < 5000; i++) {
        (void)poll(NULL, 0, 1);
    }
    assert_int_equal(kill((pid_t)-h.group, 0), -1);
    assert_int_equal(errno, ESRCH);
    course__process_deinit(&p);
}

static void read_line(const char *path, char *text, size_t bytes) {
    FILE *file = fopen(path, "re");

    text[0] = '\0';
    if (file != NULL) {
        text[fread(text, 1, bytes - 1, file)] = '\0';
        (void)fclose(file);
    }
}

// Whether it has a child that has come to be sleep(1).
static bool has_sleeper(pid_t pid) {
    char path[64], text[64];

    snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid, pid);
    read_line(path, text, sizeof(text));
    snprintf(path, sizeof(path), "/proc/%d/comm", atoi(text));
    read_line(path, text, sizeof(text));
    return strcmp(text, "sleep\n") == 0;
}

static void a_program_ends_with_a_runner_that_is_killed(void **state) {
    static const char *const argv[] = {"sleep", "1000", NULL};
    struct course_process p = {.argv = argv};
    struct course_process *const one[] = {&p};
    int ends[2];
    char byte;
    pid_t runner;

    (void)state;
    assert_int_equal(pipe(ends), 0); // the program holds an end of it
    runner = fork();
    if (runner == 0) {
        (void)course__processes_run(one, 1, NULL, NULL, why, sizeof(why));
        _exit(0);
    }
    assert_int_equal(close(ends[1]), 0);
    while (!has_sleeper(runner)) {
        (void)poll(NULL, 0, 1);
    }
    assert_int_equal(kill(runner, SIGKILL), 0);
    assert_int_equal(waitpid(runner, NULL, 0), runner);
    assert_int_equal(read(ends[0], &byte, 1), 0); // comes back when it is gone
    assert_int_equal(close(ends[0]), 0);
}

static void a_silent_program_is_ended(void **state) {
    static const char *const argv[] = {"sleep", "1000", NULL};
    struct course_process p = {.argv = argv, .silence_ms = 20};
    struct course_process *const one[] = {&p};

    (void)state;
    assert_int_equal(
        course__processes_run(one, 1, NULL, NULL, why, sizeof(why)), 0);
    assert_true(p.silent);
    assert_int_equal(p.status, 128 + SIGTERM);
    course__process_deinit(&p);
}

static void a_program_that_is_not_there_is_named(void **state) {
    static const char *const argv[] = {"no-such-compiler", NULL};
    struct course_process p = {.argv = argv};
    struct course_process *const one[] = {&p};

    (void)state;
    assert_int_equal(
        course__processes_run(one, 1, NULL, NULL, why, sizeof(why)), -ENOENT);
    assert_non_null(strstr(why, "cannot run no-such-compiler"));
    course__process_deinit(&p);
}

// Judges with a compiler that ends like this one.
static void judged_by(const char *script, int err, const char *says) {
    struct course_job job = {0};
    struct course_result r;
    struct course *c = open_course();

    put("cc", script);
    assert_int_equal(chmod(in("cc"), 0700), 0);
    free(c->toolchain.cc);
    c->toolchain.cc = strdup(in("cc"));
    assert_int_equal(judge_text(c, GIVES(7), &job, &r), err);
    if (err < 0) {
        assert_non_null(strstr(why, says));
    } else {
        assert_string_equal(r.claim, says);
        course_result_deinit(&r);
    }
    course_close(c);
}

static void a_full_disk_is_nobodys_mistake(void **state) {
    (void)state;
    judged_by("#!/bin/sh\necho >&2 'x.o: No space left on device'\nexit 1\n",
              -ENOSPC, "make room");
    judged_by("#!/bin/sh\ncase $* in *' -c '*) exec \"$FB_CC\" \"$@\" ;; esac\n"
              "echo >&2 'ld: final link failed: No space left on device'\n"
              "exit 1\n",
              -ENOSPC, "make room");
    judged_by("#!/bin/sh\ncase $* in *' -c '*) exec \"$FB_CC\" \"$@\" ;; esac\n"
              "echo >&2 'ld: final link failed: bad value'\nexit 1\n",
              0, "X1");
}

static void a_check_without_a_verdict_is_no_pass(void **state) {
    static const struct {
        const char *text, *says;
    } cases[] = {{GIVES(101), "last words: oh no"},
                 {GIVES(102), "gave no verdict"},
                 {GIVES(103), "is no verdict of format 1"}};
    struct course *c = open_course();

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct course_job job = {0};
        struct course_result r;

        // an old verdict that says "passed" lies there
        assert_int_equal(judge_text(c, GIVES(7), &job, &r), 0);
        course_result_deinit(&r);
        assert_int_equal(judge_text(c, cases[i].text, &job, &r), -EPROTO);
        assert_non_null(strstr(why, cases[i].says));
    }
    course_close(c);
}

// ---- verdicts ----

static void a_verdict_is_believed_as_far_as_its_form_goes(void **state) {
    static const char *const bad[] = {
        "",
        "{",
        "[]",
        "null",
        "{\"format\":1}",
        "{\"format\":2,\"passed\":true}",
        "{\"format\":1,\"passed\":1}",
        "{\"format\":1,\"passed\":true,\"claim\":\"T3\"}",
        "{\"format\":1,\"passed\":false}",
        "{\"format\":1,\"passed\":false,\"claim\":3}",
    };
    struct course_result *r = calloc(1, sizeof(*r));

    (void)state;
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        memset(r, 0, sizeof(*r));
        put("v.json", bad[i]);
        assert_int_equal(
            course__read_verdict(in("v.json"), r, why, sizeof(why)), -EPROTO);
    }
    memset(r, 0, sizeof(*r));
    put("v.json",
        "{\"format\":1,\"passed\":false,\"claim\":\"T1 and far too long\","
        "\"said\":\"\\u001b[2Jhi\",\"at\":-5,\"events\":[1,{\"event\":3,"
        "\"role\":\"r\",\"sentence\":\"s\"},2,3,4,5,6,7,8],"
        "\"places\":\"none\",\"last\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,"
        "16,17,18,19,20,21,\"z\"],\"advice\":[\"shorter\"],\"runs\":1e9}");
    assert_int_equal(course__read_verdict(in("v.json"), r, why, sizeof(why)),
                     0);
    assert_string_equal(r->said, "\\x1b[2Jhi");
    assert_true(strlen(r->claim) < sizeof(r->claim));
    assert_int_equal(r->at, 0);
    assert_int_equal(r->event_count, COURSE_EVENTS);
    assert_int_equal(r->events[1].event, 3);
    assert_string_equal(r->events[1].sentence, "s");
    assert_int_equal(r->place_count, 0);
    assert_int_equal(r->last_count, COURSE_LAST);
    assert_string_equal(r->last[COURSE_LAST - 1], "z");
    assert_int_equal(r->advice_count, 1);
    assert_string_equal(r->advice[0], "shorter");
    free(r);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(a_right_file_passes_and_a_wrong_one_says_why),
        T(the_check_is_compiled_again_only_when_it_changed),
        T(a_check_that_does_not_compile_is_not_the_learners),
        T(an_error_of_the_compiler_is_an_x1_with_its_line),
        T(what_beginners_write_is_explained),
        T(what_would_run_outside_of_a_run_is_refused),
        T(what_a_file_keeps_to_itself_has_any_name),
        T(an_object_that_is_damaged_is_not_read_beyond_its_end),
        T(a_file_that_is_gone_is_an_x1),
        T(a_compiler_that_says_megabytes_is_heard_to_a_bound),
        T(text_of_a_learner_reaches_no_terminal_raw),
        T(a_run_is_given_up_at_once),
        T(nothing_of_an_ended_program_stays_behind),
        T(a_program_ends_with_a_runner_that_is_killed),
        T(a_silent_program_is_ended),
        T(a_program_that_is_not_there_is_named),
        T(a_full_disk_is_nobodys_mistake),
        T(a_check_without_a_verdict_is_no_pass),
        T(a_verdict_is_believed_as_far_as_its_form_goes),
    };

    return cmocka_run_group_tests_name("judging", tests, NULL, NULL);
}
