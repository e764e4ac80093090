// Problem: is the writer of this trace still there? A process id alone lies:
// ids are used again, and a file outlives its program.
//
// Idea: a writer holds a write lock on its file for as long as it lives (an
// open file description lock, POSIX.1-2024). The kernel takes it away however
// the process ends. Anyone may ask who holds it without taking it. A child that
// the program forked shares the lock, so the id in the header must be alive
// too.
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <time.h>
#include <unistd.h>

uint64_t fb__now_ns(void) {
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now); // cannot fail: a known clock
    return (uint64_t)now.tv_sec * FB__SECOND_NS + (uint64_t)now.tv_nsec;
}

int fb__lock(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    if (fcntl(fd, F_OFD_SETLK, &lock) == 0) {
        return 0;
    }
    return errno == EACCES ? -EAGAIN : -errno;
}

bool fb__locked(int fd) {
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET};

    return fcntl(fd, F_OFD_GETLK, &lock) < 0 || lock.l_type != F_UNLCK;
}

bool fb__pid_alive(uint32_t pid) {
    if (pid == 0 || pid > INT_MAX) {
        return false; // kill would read these as process groups
    }
    return kill((pid_t)pid, 0) == 0 || errno != ESRCH;
}

int64_t fb__pread(int fd, void *out, size_t len, uint64_t offset) {
    size_t done = 0;

    if (offset > INT64_MAX - len) {
        return 0; // beyond any file
    }
    while (done < len) {
        ssize_t n =
            pread(fd, (char *)out + done, len - done, (off_t)(offset + done));

        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            break;
        }
        done += (size_t)n;
    }
    return (int64_t)done;
}
