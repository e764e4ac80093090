// The stall report: a run that can never go on says who waits for whom.
#include "probe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct stall {
    char *text;
    size_t bytes;
    int calls;
};

static void keep_report(struct fb_runtime *rt, void *arg) {
    struct stall *stall = arg;
    FILE *out = open_memstream(&stall->text, &stall->bytes);

    assert_non_null(out);
    fb_runtime_report(rt, out);
    fclose(out);
    stall->calls++;
}

static void begin_reporting(struct world *w, struct stall *stall) {
    world_begin(w, (struct fb_runtime_options){.virtual_clock = true,
                                               .on_stall = keep_report,
                                               .on_stall_arg = stall});
}

// contract 14
static void a_future_nobody_wakes_is_reported_not_hung(void **state) {
    struct world *w = *state;
    struct stall stall = {0};
    struct probe_log log = {0};

    world_mistake(w, FB_LINT_LOST_WAKE);
    begin_reporting(w, &stall);
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, 1, PROBE_SILENT), NULL), 0);
    assert_int_equal(fb_run(w->rt), -EDEADLK);
    assert_int_equal(stall.calls, 1);
    assert_non_null(strstr(stall.text, "1 tasks are not complete:"));
    assert_non_null(strstr(stall.text, "task 1, idle, polled 1 times, "
                                       "spawned at test_report.c:"));
    assert_non_null(strstr(stall.text, "probe, nobody holds its waker"));
    assert_int_equal(world_count(w, FB_EV_STALL, -1), 1);
    free(stall.text);
    world_end(w); // while what its futures point to is there
}

struct cycle {
    struct fb_future future;
    int out;
    struct fb_join_handle *handle;
    struct fb_join_task join;
};

static enum fb_poll cycle_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct cycle *self = fb_container_of(future, struct cycle, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->join, fb_join_task(self->handle)); // the line reported
    FB_RETURN(0);
    FB_ASYNC_END;
}
enum { CYCLE_LINE = __LINE__ - 4 };

static struct fb_type cycle_type = FB_TYPE(cycle, .poll = cycle_poll);

static struct cycle cycle(struct fb_join_handle *handle) {
    return (struct cycle){.future.type = &cycle_type, .handle = handle};
}

static void a_cycle_of_joins_is_reported_with_both_lines(void **state) {
    struct world *w = *state;
    struct stall stall = {0};
    struct fb_join_handle first, second;
    char line[128];

    begin_reporting(w, &stall);
    assert_int_equal(FB_SPAWN(w->rt, cycle(&second), &first), 0);
    assert_int_equal(FB_SPAWN(w->rt, cycle(&first), &second), 0);
    fb_task_label(&first, "Ada\x1b[31m", 8);
    assert_int_equal(fb_run(w->rt), -EDEADLK);
    snprintf(line, sizeof line,
             "join_task, awaited at test_report.c:%d, waits for task 2 to "
             "finish\n",
             CYCLE_LINE);
    assert_non_null(strstr(stall.text, line));
    assert_non_null(strstr(stall.text, "waits for task 1 to finish\n"));
    assert_non_null(strstr(stall.text, "task 1 Ada\\x1b[31m, idle"));
    assert_null(strchr(stall.text, '\x1b')); // a label is hostile
    free(stall.text);
    world_end(w); // while the handles are there
    fb_task_detach(&first);
    fb_task_detach(&second);
}

// No report where something may still happen.
static void an_outside_waker_or_a_timer_is_no_stall(void **state) {
    struct world *w = *state;
    struct stall stall = {0};
    struct probe_log log = {0};
    struct fb_sleep nap = fb_sleep(FB_MS);

    world_mistake(w, FB_LINT_LOST_WAKE);
    begin_reporting(w, &stall);
    assert_int_equal(FB_SPAWN(w->rt, probe(&log, -1, PROBE_KEEP), NULL), 0);
    assert_int_equal(fb_block_on(w->rt, &nap.future), 0);
    fb_waker_drop(&log.kept);
    assert_int_equal(stall.calls, 0);
    assert_int_equal(fb_run(w->rt), -EDEADLK);
    assert_int_equal(stall.calls, 1);
    free(stall.text);
    world_end(w); // while what its futures point to is there
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_future_nobody_wakes_is_reported_not_hung),
        WORLD_TEST(a_cycle_of_joins_is_reported_with_both_lines),
        WORLD_TEST_EXACT(an_outside_waker_or_a_timer_is_no_stall),
    };

    return cmocka_run_group_tests_name("report", tests, NULL, NULL);
}
