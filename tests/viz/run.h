// Running the fishbowl program as a person does, and looking at what it says.
//
// Traces lie in a directory of the test's own: XDG_RUNTIME_DIR points there
// from run_setup to run_teardown.
#ifndef FISHBOWL_TESTS_RUN_H
#define FISHBOWL_TESTS_RUN_H

#include <stdio.h>
#include <sys/types.h>

enum { RUN_ROOM = 1 << 16 };

extern char run_out[RUN_ROOM], run_err[RUN_ROOM]; // of the last run
extern char run_dir[64];                          // XDG_RUNTIME_DIR

int run_setup(void **state);    // a group's setup and
int run_teardown(void **state); // teardown; fails if something was left there

// Runs fishbowl with these arguments (NULL-ended); returns its exit status.
int run(const char *const *args);
#define RUN(...) run((const char *const[]){__VA_ARGS__, NULL})

// Starts it with its output in a pipe; *ret_fd is the end to read from.
pid_t run_start(const char *const *args, int *ret_fd);
// Reads from there until `text` has come; what was read is in run_out.
void run_read_until(int fd, const char *text);

// Reads a whole file into `text`, of RUN_ROOM bytes, and closes it.
void run_read_back(FILE *file, char *text);

#endif
