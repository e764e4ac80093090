// A course made for one test: one exercise, 07_say_seven, whose function has to
// give 7. All lies in a folder of the test's own, with a blank in its name.
#ifndef TEST_SMALL_COURSE_H
#define TEST_SMALL_COURSE_H

#include "course_parts.h"

extern char small_root[64];
extern char why[COURSE_WHY];
extern const char INFO[], STARTER[]; // of the exercise

int setup(void **state);
int teardown(void **state);

const char *in(const char *name); // its path; static memory, four calls deep
void put(const char *name, const char *text);
char *get(const char *name);        // caller frees
void make_exercise(const char *id); // another one like it
struct course *open_course(void);

// The learner's file is this text; then it is judged. Fills in `job`.
int judge_text(struct course *c, const char *text, struct course_job *job,
               struct course_result *r);
// A learner's file. The check passes 7; it hangs with a child at 100, dies of
// itself at 101 and of a signal at 102, and writes half a verdict at 103.
#define GIVES(n)                                                               \
    "#include \"seven.h\"\nint seven(void) {\n    return " #n ";\n}\n"

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

#endif
