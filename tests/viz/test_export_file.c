// The file of an export appears whole or not at all, and never over another;
// the verb says what it did not do, and how to do it.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "export.h"
#include "run.h"
#include "scene.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scene trace;
static char folder[64], path[100];

static int set_up(void **state) {
    (void)state;
    strcpy(folder, "/tmp/fishbowl-file-XXXXXX");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/a.json", folder);
    scene_open(&trace, 0);
    scene_listen(&trace);
    (void)scene_connect(&trace, 7, "Ada");
    scene_end(&trace);
    return 0;
}

static int tear_down(void **state) {
    char command[100];

    (void)state;
    scene_close(&trace);
    snprintf(command, sizeof(command), "rm -r '%s'", folder);
    return system(command);
}

static int files_there(void) {
    DIR *dir = opendir(folder);
    int count = -2; // "." and ".."

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    assert_int_equal(closedir(dir), 0);
    return count;
}

static void put(const char *text) {
    FILE *f = fopen(path, "w");

    assert_non_null(f);
    fputs(text, f);
    assert_int_equal(fclose(f), 0);
}

static bool begins_with(const char *text) {
    char got[64] = "";
    FILE *f = fopen(path, "r");

    assert_non_null(f);
    (void)fread(got, 1, sizeof(got) - 1, f);
    assert_int_equal(fclose(f), 0);
    return strncmp(got, text, strlen(text)) == 0;
}

// A form that fails after so many bytes, as on a disk that is full; it looks
// whether the file has its name already.
static bool seen_by_name;

static int write_half(struct fb_session *s, const struct fb_export_options *o) {
    (void)s;
    fputs("half", o->out);
    (void)fflush(o->out);
    seen_by_name = files_there() > 0;
    return -ENOSPC;
}

static int write_late(struct fb_session *s, const struct fb_export_options *o) {
    (void)s;
    fputs("late", o->out);
    put("first"); // somebody else takes the name meanwhile
    return 0;
}

static void what_fails_leaves_nothing(void **state) {
    const struct fb_export_form half = {.name = "half", .write = write_half};
    struct fb_export_options o = {0};
    char why[200];

    (void)state;
    assert_int_equal(
        fb_export_file(NULL, &half, &o, path, false, why, sizeof(why)),
        -ENOSPC);
    assert_non_null(strstr(why, "a.json: No space left on device"));
    assert_false(seen_by_name);
    assert_int_equal(files_there(), 0);
    put("dear");
    assert_int_equal(
        fb_export_file(NULL, &half, &o, path, true, why, sizeof(why)), -ENOSPC);
    assert_true(begins_with("dear"));
    assert_int_equal(files_there(), 1);
}

static void a_name_that_was_taken_meanwhile_stays(void **state) {
    const struct fb_export_form late = {.name = "late", .write = write_late};
    struct fb_export_options o = {0};
    char why[200];

    (void)state;
    assert_int_equal(
        fb_export_file(NULL, &late, &o, path, false, why, sizeof(why)),
        -EEXIST);
    assert_true(begins_with("first"));
    assert_int_equal(files_there(), 1);
    assert_int_equal(
        fb_export_file(NULL, &late, &o, path, true, why, sizeof(why)), 0);
    assert_true(begins_with("late"));
    assert_int_equal(files_there(), 1);
}

static void the_verb_replaces_only_by_force(void **state) {
    struct stat st;
    mode_t mask;

    (void)state;
    assert_int_equal(RUN("export", trace.path, "-o", path), 0);
    assert_true(begins_with("{\"traceEvents\":["));
    assert_int_equal(stat(path, &st), 0);
    mask = umask(0);
    (void)umask(mask);
    assert_int_equal(st.st_mode & 0777, 0666 & ~mask); // as any file of ours
    put("dear");
    assert_int_equal(RUN("export", trace.path, "-o", path), 1);
    assert_non_null(strstr(run_err, "it is there already (--force"));
    assert_true(begins_with("dear"));
    assert_int_equal(RUN("export", trace.path, "-o", path, "--force"), 0);
    assert_true(begins_with("{\"traceEvents\":["));
    assert_int_equal(files_there(), 1);
}

static void the_trace_itself_is_never_replaced(void **state) {
    char other[120];
    struct stat before, after;

    (void)state;
    assert_int_equal(stat(trace.path, &before), 0);
    assert_int_equal(
        RUN("export", trace.path, "--to", "csv", "-o", trace.path, "--force"),
        1);
    assert_non_null(strstr(run_err, "it is the trace itself"));
    snprintf(other, sizeof(other), "%s/other.csv", folder);
    assert_int_equal(link(trace.path, other), 0); // by another name, too
    assert_int_equal(RUN("export", trace.path, "-o", other, "--force"), 1);
    assert_int_equal(stat(other, &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_int_equal(before.st_size, after.st_size);
}

static void what_the_trace_does_not_hold_is_refused(void **state) {
    static const char *const wanted[][2] = {{"--first", "1000"},
                                            {"--from", "1000"}};
    static const char *const forms[] = {"chrome", "csv", "svg"};

    (void)state;
    for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
        for (size_t j = 0; j < 2; j++) {
            assert_int_equal(RUN("export", trace.path, "--to", forms[i],
                                 wanted[j][0], wanted[j][1], "-o", path),
                             1);
            assert_non_null(
                strstr(run_err, "event 1000: this trace does not hold it"));
        }
    }
    assert_int_equal(
        RUN("export", trace.path, "--to", "svg", "--at", "1000", "-o", path),
        1);
    assert_non_null(strstr(run_err, "event 1000: this trace does not hold it"));
    assert_int_equal(RUN("export", trace.path, "--to", "svg", "--at", "3",
                         "--first", "4", "-o", path),
                     1);
    assert_non_null(strstr(run_err, "event 3 is not among those from --first"));
    assert_int_equal(files_there(), 0);
}

static void a_moment_counts_back_from_the_end_as_in_print(void **state) {
    char after[80];

    (void)state;
    assert_int_equal(RUN("print", trace.path, "--tasks", "--at=-2"), 0);
    assert_int_equal(sscanf(strstr(run_out, "after event "), "%40[^:]", after),
                     1);
    assert_int_equal(RUN("export", trace.path, "--to", "svg", "--view", "lanes",
                         "--at=-2", "-o", "-"),
                     0);
    assert_non_null(strstr(run_out, after));
}

static void a_view_says_what_it_does_not_obey(void **state) {
    static const char *const wrong[][4] = {
        {"tree", "--first", "2", "one moment"},
        {"lanes", "--last", "2", "one moment"},
        {"run", "--task", "1", "all tasks"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
        assert_int_equal(RUN("export", trace.path, "--to", "svg", "--view",
                             wrong[i][0], wrong[i][1], wrong[i][2], "-o", "-"),
                         2);
        assert_non_null(strstr(run_err, wrong[i][3]));
    }
}

static int not_ready(char *why, size_t why_bytes) {
    snprintf(why, why_bytes, "it lacks something");
    return -ENOENT;
}

static void a_form_that_lacks_something_says_what(void **state) {
    const struct fb_export_form lame = {
        .name = "lame", .write = write_late, .ready = not_ready};
    struct fb_export_options o = {0};
    char why[200];

    (void)state;
    assert_int_equal(
        fb_export_file(NULL, &lame, &o, path, false, why, sizeof(why)),
        -ENOENT);
    assert_string_equal(why, "it lacks something");
    assert_int_equal(files_there(), 0);
}

static void a_full_device_is_said(void **state) {
    (void)state;
    assert_int_equal(
        RUN("export", trace.path, "--to", "csv", "-o", "/dev/full"), 1);
    assert_non_null(strstr(run_err, "/dev/full: "));
    assert_int_equal(
        RUN("export", trace.path, "--to", "svg", "-o", "/dev/null"), 0);
    assert_int_equal(RUN("export", trace.path, "--to", "svg", "-o", folder), 1);
    assert_non_null(strstr(run_err, "Is a directory"));
}

static void the_form_is_how_the_name_ends(void **state) {
    (void)state;
    snprintf(path, sizeof(path), "%s/a.csv", folder);
    assert_int_equal(RUN("export", trace.path, "-o", path, "--table", "tasks"),
                     0);
    assert_true(begins_with("task,label,"));
    assert_int_equal(RUN("export", trace.path, "--to", "svg", "-o", "-",
                         "--view", "tree", "--at", "start"),
                     0);
    assert_non_null(strstr(run_out, "after event 1 at "));
    assert_int_equal(RUN("export", trace.path, "-o", "a.doc"), 2);
    assert_non_null(strstr(run_err, "chrome (.json), csv (.csv), svg (.svg) or "
                                    "html (.html)"));
    assert_int_equal(RUN("export", trace.path, "-o", path, "--view", "run"), 2);
    assert_non_null(strstr(run_err, "--view: it is not for csv"));
    assert_int_equal(RUN("export", trace.path, "--view", "run", "--table",
                         "tasks", "--to", "csv", "-o", path),
                     2);
    assert_non_null(strstr(run_err, "--view: it is not for csv"));
    assert_int_equal(RUN("export", trace.path, "--to", "svg", "-o", "-",
                         "--view", "tree", "--task", "77"),
                     1);
    assert_non_null(strstr(run_err, "there is no such task then"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void) {
    const struct CMUnitTest tests[] = {
        TEST(what_fails_leaves_nothing),
        TEST(a_name_that_was_taken_meanwhile_stays),
        TEST(the_verb_replaces_only_by_force),
        TEST(the_trace_itself_is_never_replaced),
        TEST(what_the_trace_does_not_hold_is_refused),
        TEST(a_moment_counts_back_from_the_end_as_in_print),
        TEST(a_view_says_what_it_does_not_obey),
        TEST(a_form_that_lacks_something_says_what),
        TEST(a_full_device_is_said),
        TEST(the_form_is_how_the_name_ends),
    };

    return cmocka_run_group_tests_name("viz/export/file", tests, run_setup,
                                       run_teardown);
}
