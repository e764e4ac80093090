// Programs under test: started, watched and ended by their pid.
#ifndef TEST_PROCESS_H
#define TEST_PROCESS_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

struct process {
    pid_t pid;
    int out, err; // files that collect what it prints
};

// Starts argv[0] with RLIMIT_NOFILE soft and hard at `files` (0: as ours).
void process_start(struct process *p, const char *const argv[], rlim_t files);
// What it has printed so far. Caller frees.
char *process_out(const struct process *p);
char *process_err(const struct process *p);
// Waits until its stderr contains `text`; fails the test after 20 s.
void process_await_err(const struct process *p, const char *text);
void process_signal(const struct process *p, int signal);
// Waits for its end; fails the test after 30 s. Exit status, or 128 + signal.
// The output stays readable until process_close.
int process_wait(struct process *p);
// CPU time it has taken so far.
double process_cpu_seconds(const struct process *p);
void process_close(struct process *p);

// The path of program NAME of this build. Static memory.
const char *program(const char *name);
// A fresh directory of mode 0700; XDG_RUNTIME_DIR points there.
const char *private_dir(void);
void private_dir_remove(void);
// A path inside it. Static memory, four calls deep.
const char *private_path(const char *name);
// Waits until the port file is there and gives its number.
uint16_t await_port(const struct process *p, const char *path);

#endif
