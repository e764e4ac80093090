// Included before a learner's file by the build of an exercise.
//
// Calls that would block the executor's thread, and those that an exercise may
// not make, go to the kit under their own names. In a poll the first are
// written into the trace, and virtual time passes instead of the learner's.
// The labels hold whatever headers are included later.
#ifndef FISHBOWL_LEARNER_H
#define FISHBOWL_LEARNER_H

#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <threads.h>
#include <time.h>
#include <unistd.h>

#define KIT_LABEL(name_) __asm__("kit_learner_" #name_)

unsigned sleep(unsigned seconds) KIT_LABEL(sleep);
int usleep(useconds_t us) KIT_LABEL(usleep);
int nanosleep(const struct timespec *wanted, struct timespec *left)
    KIT_LABEL(nanosleep);
int clock_nanosleep(clockid_t clock, int flags, const struct timespec *wanted,
                    struct timespec *left) KIT_LABEL(clock_nanosleep);
int thrd_sleep(const struct timespec *wanted, struct timespec *left)
    KIT_LABEL(thrd_sleep);
int poll(struct pollfd *fds, nfds_t count, int timeout_ms) KIT_LABEL(poll);
int select(int count, fd_set *in, fd_set *out, fd_set *other,
           struct timeval *timeout) KIT_LABEL(select);
int epoll_wait(int epoll, struct epoll_event *events, int max, int timeout_ms)
    KIT_LABEL(epoll_wait);
ssize_t read(int fd, void *buf, size_t len) KIT_LABEL(read);
ssize_t readv(int fd, const struct iovec *parts, int count) KIT_LABEL(readv);
ssize_t recv(int fd, void *buf, size_t len, int flags) KIT_LABEL(recv);
int close(int fd) KIT_LABEL(close);
int accept(int fd, struct sockaddr *addr, socklen_t *len) KIT_LABEL(accept);
int pause(void) KIT_LABEL(pause);
pid_t wait(int *status) KIT_LABEL(wait);
pid_t waitpid(pid_t pid, int *status, int flags) KIT_LABEL(waitpid);
int pthread_join(pthread_t thread, void **ret_value) KIT_LABEL(pthread_join);
int thrd_join(thrd_t thread, int *ret_value) KIT_LABEL(thrd_join);
int sigwait(const sigset_t *set, int *number) KIT_LABEL(sigwait);

pid_t fork(void) KIT_LABEL(fork);
pid_t vfork(void) KIT_LABEL(vfork);
int daemon(int same_folder, int same_output) KIT_LABEL(daemon);
int system(const char *command) KIT_LABEL(system);
FILE *popen(const char *command, const char *mode) KIT_LABEL(popen);
int execv(const char *path, char *const args[]) KIT_LABEL(execv);
int execve(const char *path, char *const args[], char *const env[])
    KIT_LABEL(execve);
int execvp(const char *file, char *const args[]) KIT_LABEL(execvp);
int execl(const char *path, const char *arg, ...) KIT_LABEL(execl);
int execlp(const char *file, const char *arg, ...) KIT_LABEL(execlp);
int execle(const char *path, const char *arg, ...) KIT_LABEL(execle);
int posix_spawn(pid_t *pid, const char *path,
                const posix_spawn_file_actions_t *actions,
                const posix_spawnattr_t *attributes, char *const args[],
                char *const env[]) KIT_LABEL(posix_spawn);
int posix_spawnp(pid_t *pid, const char *file,
                 const posix_spawn_file_actions_t *actions,
                 const posix_spawnattr_t *attributes, char *const args[],
                 char *const env[]) KIT_LABEL(posix_spawnp);
int kill(pid_t pid, int number) KIT_LABEL(kill);
int killpg(pid_t group, int number) KIT_LABEL(killpg);

#undef KIT_LABEL

#endif
