// Prints every transition of the real state word in the form of table.pml, so
// that the model that spin checks is a model of this code.
#include "task_state.h"

#include <setjmp.h>
#include <signal.h>
#include <stdio.h>

enum { BROKEN = 99 };

static sigjmp_buf broken;

static void on_abort(int signal) {
    (void)signal;
    siglongjmp(broken, 1);
}

typedef int event_fn(fb__task_state *state);

static int wake_by_ref(fb__task_state *s) {
    return (int)fb__state_wake_by_ref(s);
}
static int wake_by_value(fb__task_state *s) {
    return (int)fb__state_wake_by_value(s);
}
static int abort_it(fb__task_state *s) {
    return (int)fb__state_abort(s);
}
static int begin_poll(fb__task_state *s) {
    return (int)fb__state_begin_poll(s);
}
static int end_pending(fb__task_state *s) {
    return (int)fb__state_end_pending(s);
}
static int seize(fb__task_state *s) {
    return fb__state_try_seize(s);
}
static int complete(fb__task_state *s) {
    (void)fb__state_complete(s, false);
    return 0;
}
static int fail(fb__task_state *s) {
    (void)fb__state_complete(s, true);
    return 0;
}
static int drop_interest(fb__task_state *s) {
    (void)fb__state_drop_interest(s);
    return 0;
}
static int ref(fb__task_state *s) {
    fb__state_ref(s);
    return 0;
}
static int unref(fb__task_state *s) {
    return fb__state_unref(s);
}

static void print_row(const char *name, event_fn *event, uint32_t word) {
    static fb__task_state state; // outlives the jump
    volatile int action = BROKEN;

    atomic_store(&state, word);
    if (sigsetjmp(broken, 1) == 0) {
        action = event(&state);
    }
    printf("%s %u %d %u\n", name, word, action, atomic_load(&state));
}

int main(void) {
    static const struct {
        const char *name;
        event_fn *event;
    } events[] = {
        {"wake_by_ref", wake_by_ref},
        {"wake_by_value", wake_by_value},
        {"abort", abort_it},
        {"begin_poll", begin_poll},
        {"end_pending", end_pending},
        {"seize", seize},
        {"complete", complete},
        {"fail", fail},
        {"drop_interest", drop_interest},
        {"ref", ref},
        {"unref", unref},
    };

    // Each broken contract says so: hundreds of lines that are no news.
    if (freopen("/dev/null", "w", stderr) == NULL ||
        signal(SIGABRT, on_abort) == SIG_ERR) {
        return 1;
    }
    for (uint32_t word = FB__REF; word < 4 * FB__REF; word++) {
        for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
            print_row(events[i].name, events[i].event, word);
        }
    }
    return 0;
}
