// The course: what is read of it, found, given out and patched.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "small_course.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- info ----

static void an_info_is_read_whole(void **state) {
    struct course_exercise e;

    (void)state;
    assert_int_equal(
        course__read_info(in("course/07_say_seven"), &e, why, sizeof(why)), 0);
    assert_string_equal(e.id, "07_say_seven");
    assert_string_equal(e.name, "say_seven");
    assert_int_equal(e.number, 7);
    assert_string_equal(e.title, "Say seven");
    assert_int_equal(e.kind, COURSE_CODE);
    assert_int_equal(e.minutes, 5);
    assert_int_equal(e.seeds, 3);
    assert_int_equal(e.file_count, 1);
    assert_string_equal(e.files[0], "seven.c");
    assert_string_equal(e.untouched, "T14");
    assert_int_equal(e.wall_ms, 10000); // what is not said
}

static void a_wrong_info_names_its_line_and_what_to_do(void **state) {
    static const struct {
        const char *line, *says;
    } wrong[] = {
        {"minutes: soon\n", "info:10: 'minutes' stands here twice"},
        {"colour: red\n", "info:10: there is no key 'colour'"},
        {"just words\n", "info:10: 'just words' is not 'key: value'"},
        {"file: ../check.c\n", "info:10: file: '../check.c' is no file name"},
        {"cpu-ms: 1\n", "info:10: cpu-ms: '1' is not a number from 100"},
        {"memory-mb: 99999999999999999999\n", "is not a number"},
        {"wall-ms:\n", "info:10: 'wall-ms' has no value"},
        {"file: other.c\n", "other.c: No such file or directory"},
        {"wall-ms: \x1b[31m\n", "'\\x1b[31m' is not a number"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        struct course_exercise e;
        char text[1024];

        snprintf(text, sizeof(text), "%s%s", INFO, wrong[i].line);
        put("course/07_say_seven/info", text);
        assert_true(course__read_info(in("course/07_say_seven"), &e, why,
                                      sizeof(why)) < 0);
        if (strstr(why, wrong[i].says) == NULL) {
            fail_msg("\"%s\" says not \"%s\"", why, wrong[i].says);
        }
    }
}

static void an_info_without_a_line_is_told_which(void **state) {
    static const char *const keys[] = {"format",  "title",    "kind",
                                       "concept", "minutes",  "misconception",
                                       "file",    "untouched"};

    (void)state;
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        struct course_exercise e;
        char text[1024], key[64];
        char *at;

        strcpy(text, INFO);
        snprintf(key, sizeof(key), "%s: ", keys[i]);
        at = strstr(text, key);
        assert_non_null(at);
        *at = '#'; // the whole line is a remark
        put("course/07_say_seven/info", text);
        assert_int_equal(
            course__read_info(in("course/07_say_seven"), &e, why, sizeof(why)),
            -EINVAL);
        snprintf(key, sizeof(key), "there is no line '%s: ", keys[i]);
        assert_non_null(strstr(why, key));
    }
}

static void the_hash_follows_what_a_learner_is_judged_by(void **state) {
    static const char *const parts[] = {"seven.c", "check.c", "seven.h",
                                        "new.h", "questions"};
    struct course_exercise e;
    char before[20], name[128];

    (void)state;
    assert_int_equal(
        course__read_info(in("course/07_say_seven"), &e, why, sizeof(why)), 0);
    put("course/07_say_seven/README.md", "Words decide nothing.\n");
    strcpy(before, e.hash);
    assert_int_equal(
        course__read_info(in("course/07_say_seven"), &e, why, sizeof(why)), 0);
    assert_string_equal(e.hash, before);
    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++) {
        strcpy(before, e.hash);
        snprintf(name, sizeof(name), "course/07_say_seven/%s", parts[i]);
        put(name, "int changed;\n");
        assert_int_equal(
            course__read_info(in("course/07_say_seven"), &e, why, sizeof(why)),
            0);
        assert_string_not_equal(e.hash, before);
    }
}

// ---- the course ----

static void exercises_come_by_number_and_are_found_by_any_name(void **state) {
    const struct course_exercise *near;
    struct course *c;

    (void)state;
    make_exercise("course/12_stuck_room");
    make_exercise("course/02_stuck_door");
    c = open_course();
    assert_int_equal(course_count(c), 3);
    assert_int_equal(course_at(c, 0)->number, 2);
    assert_int_equal(course_at(c, 2)->number, 12);
    assert_null(course_at(c, 3));
    assert_ptr_equal(course_find(c, "7", NULL), course_at(c, 1));
    assert_ptr_equal(course_find(c, "07", NULL), course_at(c, 1));
    assert_ptr_equal(course_find(c, "say_seven", NULL), course_at(c, 1));
    assert_ptr_equal(course_find(c, "SAY", NULL), course_at(c, 1));
    assert_ptr_equal(course_find(c, "12_stuck_room/", NULL), course_at(c, 2));
    assert_null(course_find(c, "stuck", &near)); // two begin so
    assert_ptr_equal(near, course_at(c, 0));
    assert_null(course_find(c, "say_sevne", &near));
    assert_ptr_equal(near, course_at(c, 1));
    assert_null(course_find(c, "borrow checker", &near));
    assert_null(near);
    assert_null(course_find(c, "", &near));
    course_close(c);
}

static void a_folder_with_an_info_is_a_course_of_one(void **state) {
    struct course *c;

    (void)state;
    put("course/08_broken", "a file where a folder would be");
    assert_int_equal(
        course_open(in("course/07_say_seven"), &c, why, sizeof(why)), 0);
    assert_int_equal(course_count(c), 1);
    assert_string_equal(course_at(c, 0)->name, "say_seven");
    course_close(c);
}

static void two_exercises_of_one_number_are_refused(void **state) {
    struct course *c;

    (void)state;
    make_exercise("course/07_say_eight");
    assert_int_equal(course_open(in("course"), &c, why, sizeof(why)), -EINVAL);
    assert_non_null(strstr(why, "have the same number (rename one)"));
}

// ---- files ----

static void given_files_never_replace_an_answer_unasked(void **state) {
    struct course *c = open_course();
    const struct course_exercise *e = course_at(c, 0);
    char *text;

    (void)state;
    assert_int_equal(course_give(e, in("x/y z"), false, why, sizeof(why)), 1);
    put("x/y z/seven.c", "mine");
    assert_int_equal(course_give(e, in("x/y z"), false, why, sizeof(why)), 0);
    text = get("x/y z/seven.c");
    assert_string_equal(text, "mine");
    free(text);
    assert_int_equal(course_give(e, in("x/y z"), true, why, sizeof(why)), 1);
    text = get("x/y z/seven.c");
    assert_string_equal(text, STARTER);
    free(text);
    course_close(c);
}

static void a_patch_changes_the_learners_file(void **state) {
    struct course *c = open_course();
    const struct course_exercise *e = course_at(c, 0);
    char *text;

    (void)state;
    assert_int_equal(course_give(e, in("a b"), false, why, sizeof(why)), 1);
    assert_int_equal(
        course_patch(e, in("a b"), "solution.patch", why, sizeof(why)), 0);
    text = get("a b/seven.c");
    assert_non_null(strstr(text, "return 7;"));
    free(text);
    // a second time it does not fit, and changes nothing
    assert_int_equal(
        course_patch(e, in("a b"), "solution.patch", why, sizeof(why)),
        -EINVAL);
    assert_non_null(strstr(why, "does not fit"));
    course_close(c);
}

static void a_patch_that_names_other_files_is_refused(void **state) {
    static const char *const names[] = {"b/check.c", "b/../../../etc/passwd",
                                        "/etc/passwd", "b/seven.c.orig",
                                        "seven.c"};
    struct course *c = open_course();
    const struct course_exercise *e = course_at(c, 0);

    (void)state;
    assert_int_equal(course_give(e, in("f"), false, why, sizeof(why)), 1);
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        char patch[512];

        snprintf(patch, sizeof(patch),
                 "--- a/seven.c\n+++ %s\n@@ -1 +1 @@\n-a\n+b\n", names[i]);
        put("course/07_say_seven/bad.patch", patch);
        assert_int_equal(
            course_patch(e, in("f"), "bad.patch", why, sizeof(why)), -EINVAL);
        assert_non_null(strstr(why, "names no file of the learner's"));
    }
    put("course/07_say_seven/bad.patch", "1d\nw /tmp/x\n");
    assert_int_equal(course_patch(e, in("f"), "bad.patch", why, sizeof(why)),
                     -EINVAL);
    assert_non_null(strstr(why, "is no unified diff"));
    course_close(c);
}

static void hints_are_given_one_level_at_a_time(void **state) {
    struct course *c = open_course();
    char *hint;

    (void)state;
    assert_int_equal(course_hint(course_at(c, 0), 1, &hint), -ENOENT);
    put("course/07_say_seven/hints.md",
        "# Hints\n\n## 1\n\nWhat is it?\n\n## 2\nLook\n\tthere \x1b[1m.\n"
        "\n## 3\n\nSeven.\n\n");
    assert_int_equal(course_hint(course_at(c, 0), 1, &hint), 0);
    assert_string_equal(hint, "What is it?\n");
    free(hint);
    assert_int_equal(course_hint(course_at(c, 0), 2, &hint), 0);
    assert_string_equal(hint, "Look\n    there \\x1b[1m.\n");
    free(hint);
    assert_int_equal(course_hint(course_at(c, 0), 3, &hint), 0);
    assert_string_equal(hint, "Seven.\n");
    free(hint);
    assert_int_equal(course_hint(course_at(c, 0), 4, &hint), -ENOENT);
    course_close(c);
}

static void a_header_is_found_where_the_course_has_it(void **state) {
    struct course *c = open_course();
    const struct course_exercise *e = course_at(c, 0);
    char path[512];

    (void)state;
    put("course/07_say_seven/seven.c",
        "// seven\n#include \"seven.h\"\n#include \"not_there.h\"\n"
        "#include \"../../toolchain\"\n#include <stdio.h>\n");
    assert_true(course_header(c, e, 0, path, sizeof(path)));
    assert_string_equal(path, in("course/07_say_seven/seven.h"));
    // no folder of the toolchain has Fishbowl's, and nothing else is told
    assert_false(course_header(c, e, 1, path, sizeof(path)));
    assert_false(course_header(c, e, 0, path, 5));
    course_close(c);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        T(an_info_is_read_whole),
        T(a_wrong_info_names_its_line_and_what_to_do),
        T(an_info_without_a_line_is_told_which),
        T(the_hash_follows_what_a_learner_is_judged_by),
        T(exercises_come_by_number_and_are_found_by_any_name),
        T(a_folder_with_an_info_is_a_course_of_one),
        T(two_exercises_of_one_number_are_refused),
        T(given_files_never_replace_an_answer_unasked),
        T(a_patch_changes_the_learners_file),
        T(a_patch_that_names_other_files_is_refused),
        T(hints_are_given_one_level_at_a_time),
        T(a_header_is_found_where_the_course_has_it),
    };

    return cmocka_run_group_tests_name("course", tests, NULL, NULL);
}
