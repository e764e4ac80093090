// A course of one exercise, whose check is this file's own instead of the kit.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "small_course.h"
#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

char small_root[64]; // of the running test; with a blank in its name
char why[COURSE_WHY];

// ---- a course made for a test ----

const char INFO[] = "format: 1\ntitle: Say seven\nkind: code\n"
                    "concept: c\nmisconception: m\nminutes: 5\n"
                    "file: seven.c\nseeds: 3\nuntouched: T14\n";
const char STARTER[] = "#include \"seven.h\"\n\nint seven(void) {\n"
                       "    // YOURS: begin\n    return 0;\n"
                       "    // YOURS: end\n}\n";
// Fails with T14 unless seven() is 7. Other numbers have it misbehave.
static const char CHECK[] =
    "#include \"seven.h\"\n"
    "#include <signal.h>\n#include <stdio.h>\n#include <string.h>\n"
    "#include <unistd.h>\n"
    "int main(int argc, char **argv) {\n"
    "    const char *out = \"\", *trace = \"\", *seeds = \"\", *order = "
    "\"all\";\n"
    "    const int got = seven();\n"
    "    FILE *f;\n"
    "    for (int i = 1; i + 1 < argc; i += 2) {\n"
    "        if (strcmp(argv[i], \"--out\") == 0) out = argv[i + 1];\n"
    "        if (strcmp(argv[i], \"--trace\") == 0) trace = argv[i + 1];\n"
    "        if (strcmp(argv[i], \"--seeds\") == 0) seeds = argv[i + 1];\n"
    "        if (strcmp(argv[i], \"--order\") == 0) order = argv[i + 1];\n"
    "    }\n"
    "    f = fopen(trace, \"w\");\n"
    "    fclose(f);\n"
    "    printf(\"run 1 of %s\\n\", seeds);\n"
    "    fflush(stdout);\n"
    "    if (got == 100) { fork(); printf(\"in group %d\\n\", getpgrp());\n"
    "        fflush(stdout); for (;;) pause(); }\n"
    "    if (got == 101) { puts(\"oh no\"); return 3; }\n"
    "    if (got == 102) { raise(SIGKILL); }\n"
    "    f = fopen(out, \"w\");\n"
    "    if (got == 103) { fprintf(f, \"{\\\"format\\\": 1}\"); }\n"
    "    else if (got == 7) fprintf(f, \"{\\\"format\\\": 1, \\\"passed\\\": "
    "true,\"\n"
    "        \"\\\"runs\\\": 5, \\\"order\\\": \\\"%s\\\"}\", order);\n"
    "    else fprintf(f, \"{\\\"format\\\": 1, \\\"passed\\\": false,\"\n"
    "        \"\\\"claim\\\": \\\"T14\\\", \\\"said\\\": \\\"it gave "
    "%d\\\",\"\n"
    "        \"\\\"order\\\": \\\"seed:2\\\", \\\"at\\\": 12}\", got);\n"
    "    fclose(f);\n"
    "    return got == 7 ? 0 : 1;\n"
    "}\n";
static const char SOLUTION[] = "Seven is seven.\n"
                               "--- a/seven.c\n+++ b/seven.c\n"
                               "@@ -2,6 +2,6 @@\n \n int seven(void) {\n"
                               "     // YOURS: begin\n-    return 0;\n"
                               "+    return 7;\n     // YOURS: end\n }\n";

const char *in(const char *name) {
    static char paths[4][PATH_MAX];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, PATH_MAX, "%s/%s", small_root, name);
    return path;
}

void put(const char *name, const char *text) {
    assert_int_equal(course__put(in(name), text, strlen(text), true), 0);
}

char *get(const char *name) {
    char *text;

    assert_int_equal(course__slurp(in(name), 1 << 20, &text, NULL), 0);
    return text;
}

void make_exercise(const char *id) {
    char name[128];

    assert_int_equal(course__make_folder(in(id)), 0);
    snprintf(name, sizeof(name), "%s/info", id);
    put(name, INFO);
    snprintf(name, sizeof(name), "%s/seven.c", id);
    put(name, STARTER);
    snprintf(name, sizeof(name), "%s/seven.h", id);
    put(name, "int seven(void);\n");
    snprintf(name, sizeof(name), "%s/check.c", id);
    put(name, CHECK);
    snprintf(name, sizeof(name), "%s/solution.patch", id);
    put(name, SOLUTION);
}

int setup(void **state) {
    char toolchain[256];

    (void)state;
    snprintf(small_root, sizeof(small_root), "/tmp/a course.XXXXXX");
    assert_non_null(mkdtemp(small_root));
    make_exercise("course/07_say_seven");
    snprintf(toolchain, sizeof(toolchain),
             "cc: %s\ncflags: -O0 -Wall\n"
             "libs: -lm\n",
             getenv("FB_CC"));
    put("toolchain", toolchain);
    return 0;
}

static int remove_one(const char *path, const struct stat *st, int type,
                      struct FTW *at) {
    (void)st;
    (void)type;
    (void)at;
    return remove(path);
}

int teardown(void **state) {
    (void)state;
    return nftw(small_root, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

struct course *open_course(void) {
    struct course *c = NULL;

    assert_int_equal(course_open(in("course"), &c, why, sizeof(why)), 0);
    assert_int_equal(course_use_toolchain(c, in("toolchain"), why, sizeof(why)),
                     0);
    return c;
}

// The learner's file is this text; then it is judged.
int judge_text(struct course *c, const char *text, struct course_job *job,
               struct course_result *r) {
    char files[PATH_MAX], scratch[PATH_MAX];

    snprintf(files, sizeof(files), "%s/ada's files", small_root);
    snprintf(scratch, sizeof(scratch), "%s/scratch folder", small_root);
    assert_int_equal(course__make_folder(files), 0);
    put("ada's files/seven.c", text);
    job->exercise = course_at(c, 0);
    job->files = files;
    job->scratch = scratch;
    return course_judge(c, job, r, why, sizeof(why));
}
