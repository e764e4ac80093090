// A learner and a course of two exercises, for tests of `fishbowl learn`: the
// course of small_course.h with a second exercise, and a folder of the
// learner's own, made by `init`.
#ifndef TEST_LEARN_BED_H
#define TEST_LEARN_BED_H

#include "small_course.h"

int bed_setup(void **state);
int bed_teardown(void **state);
// Runs `fishbowl learn` with these words, on that course, in that folder; its
// output is in run_out and run_err (run.h). Returns its exit status.
int learn(const char *const *words);
#define LEARN(...) learn((const char *const[]){__VA_ARGS__, NULL})
// The learner saves 07's file.
void save(const char *text);
// Fails the test unless `text` has `words`; shows it then.
void assert_has(const char *text, const char *words);
void assert_has_not(const char *text, const char *words);

// A learner's file that never comes back; it writes its pid to in("pid").
const char *endless(void);
// Waits until such a run is there, and gives its pid.
pid_t endless_pid(void);
// Waits until no process of that number is left.
bool is_gone(pid_t pid);

#define BED(name) cmocka_unit_test_setup_teardown(name, bed_setup, bed_teardown)

#endif
