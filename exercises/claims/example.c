// The smallest program that holds a trace to something: a task gives Pending,
// and has left its waker with nobody. Exit status 0 if that is found.
#include "claims.h"
#include <stdio.h>

static void no_place(void *arg, uint32_t index, const char **ret_name,
                     const char **ret_file, uint32_t *ret_line,
                     uint32_t *ret_size) {
    (void)arg;
    (void)index;
    *ret_name = *ret_file = "?"; // a reader of files takes them from the table
    *ret_line = *ret_size = 0;
}

int main(void) {
    const struct fb_event events[] = {
        {.kind = FB_EV_TASK_SPAWN, .subject = 1, .spawn.root_future = 1},
        {.kind = FB_EV_TASK_SCHEDULED, .subject = 1, .scheduled.depth = 1},
        {.kind = FB_EV_POLL_BEGIN, .subject = 1, .poll.future = 1},
        {.kind = FB_EV_POLL_END, .subject = 1, .poll.future = 1},
        {.kind = FB_EV_PARK, .park.timeout_ns = -1},
    };
    const struct fb_names names = {NULL, no_place};
    struct fb_history *history;
    struct fb_trial *t;
    bool failed;

    if (fb_history_create(&history, 0) < 0) {
        return 1;
    }
    for (size_t i = 0; i < sizeof events / sizeof events[0]; i++) {
        if (fb_history_push(history, i + 1, &events[i]) < 0) {
            return 1;
        }
    }
    if (fb_trial_create(history, &names, true, &t) < 0) {
        return 1;
    }
    (void)fb_claim_pending_has_source(t);
    failed = fb_trial_verdict(t)->failed;
    printf("%s: %s\n%s\n", fb_claim_short(FB_T1), fb_claim_demands(FB_T1),
           failed ? fb_trial_verdict(t)->text : "It holds.");
    fb_trial_destroy(t);
    fb_history_destroy(history);
    return failed ? 0 : 1;
}
