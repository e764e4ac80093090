// Problem: the learner's code may do anything to its process.
// Idea: it has one of its own, in a session and a group of its own, which ends
// at the latest when the parent says so; all it leaves are a trace, a board and
// what it printed. The parent waits on a descriptor of the process and looks
// about: at the clock, and at how much memory the child has.
//
//     parent ── fork ──► child: limits, play, close, look for leaks, _exit
//        └─ waits, kills the group ◄─┘
//
// Invariants: after kit_child_play no process of the run is left: it can have
// made none (limits.c), and its group is killed in any case.
// Concurrency: the parent has one thread.
#include "kit_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sanitizer/common_interface_defs.h>
#include <sanitizer/lsan_interface.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { LOOK_MS = 20 };

// ---- the child ----

static void redirect(const char *output_path) {
    int in = open("/dev/null", O_RDONLY | O_CLOEXEC);
    int out = open(output_path,
                   O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);

    (void)dup2(in, STDIN_FILENO);
    (void)dup2(out, STDOUT_FILENO);
    (void)dup2(out, STDERR_FILENO);
    (void)close(in);
    (void)close(out);
}

static void search_leaks(struct kit_board *board, uint64_t before) {
    const uint64_t after = kit_limits_bytes();

    if (after > before) { // a hint only: libc keeps some memory, too
        board->leaked_bytes = after - before;
        (void)__lsan_do_recoverable_leak_check();
    }
}

__attribute__((noreturn)) static void
live(struct kit_play *play, const char *output_path, pid_t parent) {
    struct kit_board *board = play->board;
    uint64_t before;

    (void)setsid();
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) {
        _exit(1); // it died before we asked
    }
    redirect(output_path);
    __sanitizer_set_report_path(play->trace_path);
    kit_limits_begin(board, play->options);
    kit_blocking_begin(play);
    before = kit_limits_bytes();
    board->phase = KIT_PLAYING;
    board->err = play->round->golden ? kit_exercise.golden(play)
                                     : kit_exercise.play(play);
    if (play->no_runtime < 0) { // to the exercise it was no memory
        board->err = play->no_runtime;
    }
    board->phase = KIT_PLAYED;
    kit_play_close(play);
    (void)fflush(NULL);
    search_leaks(board, before);
    board->phase = KIT_CLOSED;
    _exit(0);
}

// ---- the parent ----

uint64_t kit_now_ms(void) {
    struct timespec now;

    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

// Memory that is really there; the sanitizer's shadow is counted in, which is
// an eighth.
static uint64_t resident_mb(pid_t pid) {
    char path[64];
    unsigned long all = 0, resident = 0;
    FILE *file;

    (void)snprintf(path, sizeof path, "/proc/%d/statm", (int)pid);
    file = fopen(path, "re");
    if (file == NULL) {
        return 0;
    }
    if (fscanf(file, "%lu %lu", &all, &resident) != 2) {
        resident = 0;
    }
    (void)fclose(file);
    return (uint64_t)resident * (uint64_t)sysconf(_SC_PAGESIZE) >> 20;
}

// Sleeps until the child may have ended, LOOK_MS at most.
static void doze(int pidfd) {
    struct pollfd end = {.fd = pidfd, .events = POLLIN};
    const struct timespec nap = {.tv_nsec = 1000000};

    if (pidfd >= 0) {
        (void)poll(&end, 1, LOOK_MS);
    } else { // a kernel before 5.3
        (void)nanosleep(&nap, NULL);
    }
}

// Ended by the kernel, for it was deaf to its own alarm.
static bool used_all(const struct rusage *used,
                     const struct kit_options *options) {
    const uint64_t ms =
        (uint64_t)(used->ru_utime.tv_sec + used->ru_stime.tv_sec) * 1000 +
        (uint64_t)(used->ru_utime.tv_usec + used->ru_stime.tv_usec) / 1000;

    return ms > options->cpu_ms + (KIT_CPU_GRACE_S - 1) * 1000;
}

static void wait_for(pid_t pid, const struct kit_options *options,
                     struct kit_ending *ending) {
    const uint64_t until_ms = kit_now_ms() + options->wall_ms;
    const int pidfd = (int)syscall(SYS_pidfd_open, pid, 0);
    struct rusage used = {0};
    int status = 0;
    pid_t ended;

    while ((ended = wait4(pid, &status, WNOHANG, &used)) == 0 ||
           (ended < 0 && errno == EINTR)) {
        // Well above the limit: allocations are counted exactly in the child,
        // and the sanitizer has memory of its own.
        ending->out_of_memory =
            resident_mb(pid) > 2ull * options->memory_mb + 256;
        ending->out_of_time = kit_now_ms() > until_ms;
        if (ending->out_of_memory || ending->out_of_time) {
            (void)kill(pid, SIGKILL);
            while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
            }
            break;
        }
        doze(pidfd);
    }
    (void)kill(-pid, SIGKILL); // nobody is there, or should be
    if (pidfd >= 0) {
        (void)close(pidfd);
    }
    ending->by_signal = WIFSIGNALED(status);
    ending->code = WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status);
    ending->out_of_cpu = ending->by_signal && ending->code == SIGKILL &&
                         used_all(&used, options);
}

int kit_child_play(const struct kit_options *options,
                   const struct kit_round *round, const char *trace_path,
                   const char *output_path, struct kit_board *board,
                   struct kit_ending *ret_ending) {
    struct kit_play play = {.round = round,
                            .options = options,
                            .trace_path = trace_path,
                            .board = board};
    struct kit_ending ending = {0};
    const pid_t self = getpid();

    kit_board_clear(board);
    (void)unlink(trace_path);
    (void)fflush(NULL);
    ending.pid = fork();
    if (ending.pid < 0) {
        return -errno;
    }
    if (ending.pid == 0) {
        live(&play, output_path, self);
    }
    wait_for(ending.pid, options, &ending);
    *ret_ending = ending;
    return 0;
}
