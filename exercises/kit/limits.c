// Problem: a learner's program may loop, eat the machine's memory, fork without
// end or kill whom it can; the runner must go on and explain.
// Idea: limits that end the child alone, from the inside where that tells more.
//
//     time      an alarm of its own processor time; its handler has the
//               sanitizer print where the program stands
//     memory    each allocation is counted as it happens
//     fork …    a filter of system calls says EPERM; their names are the kit's
//               own for the learner's file (blocking.c), which tells which
//     files     none larger than 16 MiB, few descriptors, no core dumps
//
// What has no hook here (mapped memory, a stack) the parent sees (child.c).
// Concurrency: allocations are counted by any thread.
#include "kit_impl.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sanitizer/common_interface_defs.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

// Of the sanitizers' run-time library; gcc brings no header for these.
size_t __sanitizer_get_current_allocated_bytes(void);
size_t __sanitizer_get_allocated_size(const volatile void *memory);
int __sanitizer_get_ownership(const volatile void *memory);
int __sanitizer_install_malloc_and_free_hooks(
    void (*on_malloc)(const volatile void *memory, size_t bytes),
    void (*on_free)(const volatile void *memory));

enum { FILE_BYTES = 16 << 20, DESCRIPTORS = 256, MIB = 1 << 20 };

static struct kit_board *board;
static _Atomic int64_t allocated, limit_bytes;

// What every program with these sanitizers asks at its start. The kit looks for
// leaks itself, and for the rest one exit status is enough.
const char *__asan_default_options(void);
const char *__asan_default_options(void) {
    return "detect_leaks=1:leak_check_at_exit=0:exitcode=66:"
           "handle_abort=0:allocator_may_return_null=0:"
           "detect_stack_use_after_return=1:strict_string_checks=1:"
           "max_allocation_size_mb=1024:abort_on_error=0:print_summary=0:"
           "print_legend=0:color=never";
}

const char *__ubsan_default_options(void);
const char *__ubsan_default_options(void) {
    return "print_stacktrace=1:exitcode=66:color=never";
}

void kit_print_stack(void) {
    __sanitizer_print_stack_trace();
}

void kit_stop(enum kit_stop why, const char *what) {
    if (board != NULL) {
        (void)snprintf(board->stopped_by, sizeof board->stopped_by, "%s", what);
        board->stop = why;
    }
    kit_print_stack();
    _exit(67);
}

// ---- memory ----

static void on_malloc(const volatile void *memory, size_t bytes) {
    const int64_t more = (int64_t)bytes;

    (void)memory;
    if (atomic_fetch_add(&allocated, more) + more > atomic_load(&limit_bytes)) {
        atomic_store(&limit_bytes, INT64_MAX); // printing allocates
        kit_stop(KIT_STOP_MEMORY, "");
    }
}

static void on_free(const volatile void *memory) {
    // What is not allocated is not asked for its size: the free itself will say
    // what is wrong with it.
    if (memory != NULL && __sanitizer_get_ownership(memory) != 0) {
        atomic_fetch_sub(&allocated,
                         (int64_t)__sanitizer_get_allocated_size(memory));
    }
}

uint64_t kit_limits_bytes(void) {
    return __sanitizer_get_current_allocated_bytes();
}

static void limit_memory(unsigned memory_mb) {
    const int64_t bytes = (int64_t)memory_mb * MIB;

    atomic_store(&allocated, 0);
    atomic_store(&limit_bytes, bytes);
    (void)__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}

// ---- time ----

static void on_time_out(int number) {
    (void)number;
    atomic_store(&limit_bytes, INT64_MAX);
    kit_stop(KIT_STOP_CPU, "");
}

static void limit_time(unsigned cpu_ms) {
    static char stack[256 * 1024]; // the program's own may be what overflows
    const stack_t own = {.ss_sp = stack, .ss_size = sizeof stack};
    const struct sigaction action = {.sa_handler = on_time_out,
                                     .sa_flags = SA_ONSTACK};
    const struct itimerval alarm = {
        .it_value = {.tv_sec = cpu_ms / 1000,
                     .tv_usec = (suseconds_t)(cpu_ms % 1000) * 1000}};
    // Later, should the handler never be called, or come to no end.
    const rlim_t hard = cpu_ms / 1000 + KIT_CPU_GRACE_S;
    const struct rlimit seconds = {.rlim_cur = hard, .rlim_max = hard};

    (void)sigaltstack(&own, NULL);
    (void)sigaction(SIGPROF, &action, NULL);
    (void)setitimer(ITIMER_PROF, &alarm, NULL);
    (void)setrlimit(RLIMIT_CPU, &seconds);
}

// ---- system calls ----

#if defined(__x86_64__)
#define THIS_MACHINE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define THIS_MACHINE AUDIT_ARCH_AARCH64
#endif

#ifdef THIS_MACHINE
#define WORD(field_)                                                           \
    BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field_))
#define ALLOW      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define REFUSE(e_) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (e_))
// The next statement is for this call only.
#define IF_CALL(nr_) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr_), 0, 1)
#define REFUSED(nr_) IF_CALL(nr_), REFUSE(EPERM)

// No new process, no other program, no signal to anyone else. A thread is a
// clone that shares its process (CLONE_THREAD); the sanitizer's own search for
// leaks is one that shares its memory and is no vfork.
static void limit_calls(void) {
    const unsigned self = (unsigned)getpid();
    struct sock_filter filter[] = {
        WORD(arch),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, THIS_MACHINE, 1, 0),
        REFUSE(EPERM), // another machine's calls have other numbers
        WORD(nr),
#ifdef __NR_fork
        REFUSED(__NR_fork),
        REFUSED(__NR_vfork),
#endif
        REFUSED(__NR_execve),
        REFUSED(__NR_execveat),
        REFUSED(__NR_tkill),
        REFUSED(__NR_rt_sigqueueinfo),
        REFUSED(__NR_pidfd_send_signal),
        // its flags lie in memory that a filter cannot see; libc then uses clone
        IF_CALL(__NR_clone3),
        REFUSE(ENOSYS),
        // kill and tgkill: oneself only
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_kill, 1, 0),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_tgkill, 0, 4),
        WORD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, self, 0, 1),
        ALLOW,
        REFUSE(EPERM),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_clone, 1, 0),
        ALLOW,
        WORD(args[0]),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_VM, 0, 2),
        BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, CLONE_VFORK, 1, 0),
        ALLOW,
        REFUSE(EPERM),
    };
    const struct sock_fprog program = {.len = sizeof filter / sizeof filter[0],
                                       .filter = filter};

    (void)prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    // A kernel without filters is no reason not to learn: RLIMIT_NPROC and the
    // names that are the kit's own remain.
    (void)prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}
#else
static void limit_calls(void) {}
#endif

static void limit(int what, rlim_t value) {
    const struct rlimit both = {.rlim_cur = value, .rlim_max = value};

    (void)setrlimit((__rlimit_resource_t)what, &both);
}

void kit_limits_begin(struct kit_board *shared,
                      const struct kit_options *options) {
    board = shared;
    limit(RLIMIT_CORE, 0);
    limit(RLIMIT_FSIZE, FILE_BYTES);
    limit(RLIMIT_NOFILE, DESCRIPTORS);
    (void)prctl(PR_SET_DUMPABLE, 1, 0, 0, 0); // else no search for leaks
    (void)signal(SIGXFSZ, SIG_IGN);           // what is too much is not written
    limit_calls();
    limit_memory(options->memory_mb);
    limit_time(options->cpu_ms);
}
