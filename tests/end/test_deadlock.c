// Real deadlocks: the runtime's own report of the stall and the picture of the
// trace name the same tasks, the same reasons and the same lines.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/fishbowl.h"
#include "fishbowl/trace/writer.h"
#include "frame.h"
#include "print.h"
#include "waits.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- the program ----

struct program {
    char dir[32], path[64];
    struct fb_trace_writer trace;
    struct fb_runtime *rt;
    char *report; // of its stall
    size_t report_bytes;
};

static void keep_report(struct fb_runtime *rt, void *arg) {
    struct program *p = arg;
    FILE *out = open_memstream(&p->report, &p->report_bytes);

    assert_non_null(out);
    fb_runtime_report(rt, out);
    fclose(out);
}

static void begin(struct program *p) {
    const struct fb_runtime_options options = {.virtual_clock = true,
                                               .trace = &p->trace,
                                               .on_stall = keep_report,
                                               .on_stall_arg = p};
    struct fb_trace_options trace = {.program = "deadlock",
                                     .flags = FB_TRACE_VIRTUAL_CLOCK};

    *p = (struct program){.dir = "/tmp/fb-deadlock-XXXXXX"};
    assert_non_null(mkdtemp(p->dir));
    snprintf(p->path, sizeof p->path, "%s/ring", p->dir);
    trace.path = p->path;
    assert_int_equal(fb_trace_open(&p->trace, &trace), 0);
    assert_int_equal(fb_runtime_create(&options, &p->rt), 0);
}

static void end(struct program *p) {
    char bell[80];

    fb_runtime_destroy(p->rt);
    fb_trace_close(&p->trace, true);
    snprintf(bell, sizeof bell, "%s.bell", p->path);
    (void)unlink(bell);
    (void)unlink(p->path);
    (void)rmdir(p->dir);
    free(p->report);
}

// ---- what a viewer sees of it ----

// `print --waits`; *ret_status as the page says.
static char *print_waits(const struct program *p, int *ret_status) {
    struct fb_print_options options = {0};
    char why[FB_SESSION_WHY_BYTES], *text = NULL;
    struct fb_session *s;
    size_t len;

    assert_int_equal(fb_session_open(&s, p->path, false, why, sizeof why), 0);
    options.out = open_memstream(&text, &len);
    assert_non_null(options.out);
    *ret_status = fb_print_waits(s, &options);
    fclose(options.out);
    fb_session_close(s);
    return text;
}

// The page has the row, and the report the same in its own words.
static void check_row(const struct program *p, const char *page,
                      const char *mark, uint32_t task, const char *what,
                      const char *report_what, int line) {
    char row[200], report[200];

    snprintf(row, sizeof row, "%s task %u", mark, task);
    if (strstr(page, row) == NULL) {
        fail_msg("no \"%s\" in\n%s", row, page);
    }
    snprintf(row, sizeof row, "waits for %s (test_deadlock.c:%d)\n", what,
             line);
    if (strstr(strstr(page, mark), row) == NULL) {
        fail_msg("no \"%s\" in\n%s", row, page);
    }
    snprintf(report, sizeof report,
             "awaited at test_deadlock.c:%d, waits for %s\n", line,
             report_what);
    if (strstr(p->report, report) == NULL) {
        fail_msg("no \"%s\" in\n%s", report, p->report);
    }
}

// The same ring on the screen, with the task that comes first selected.
static void check_screen(const struct program *p, int cols, int rows,
                         const char *const words[]) {
    struct fb_scene *scene = calloc(1, sizeof *scene);
    struct fb_pane pane = {.focused = true};
    struct fb_area area = {.rows = rows, .cols = cols};
    char why[FB_SESSION_WHY_BYTES], *text = NULL;
    struct fb_session *s;
    struct fb_grid g;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(scene);
    assert_non_null(out);
    assert_int_equal(fb_session_open(&s, p->path, false, why, sizeof why), 0);
    scene->model = fb_history_live(fb_session_history(s));
    scene->names = fb_session_names(s);
    scene->history = fb_session_history(s);
    assert_int_equal(fb_grid_init(&g, cols, rows), 0);
    fb_view_waits.draw(scene, &pane, &g, area);
    fb_grid_print(&g, out);
    fclose(out);
    for (int i = 0; words[i] != NULL; i++) {
        if (strstr(text, words[i]) == NULL) {
            fail_msg("no \"%s\" in\n%s", words[i], text);
        }
    }
    free(text);
    fb_grid_deinit(&g);
    fb_session_close(s);
    free(scene);
}

// ---- two that join each other ----

struct joiner {
    struct fb_future future;
    int out;
    bool second;
    struct fb_join_handle *other;
    struct fb_join_task join;
};
enum { LEFT_LINE = __LINE__ + 8, RIGHT_LINE = LEFT_LINE + 2 };

static enum fb_poll joiner_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct joiner *self = fb_container_of(future, struct joiner, future);

    FB_ASYNC(self, cx);
    if (!self->second) {
        FB_AWAIT(self->join, fb_join_task(self->other));
    } else {
        FB_AWAIT(self->join, fb_join_task(self->other));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type joiner_type = FB_TYPE(joiner, .poll = joiner_poll);

static void two_that_join_each_other(void **state) {
    static const char *const screen[] = {
        "Deadlock: tasks 1 and 2 wait for each other, and nothing else wakes",
        "┌▸ 1 joiner", "→ task 2 finishing", "└─ 2 joiner", NULL};
    struct fb_join_handle first, second;
    struct joiner a = {.future.type = &joiner_type, .other = &second};
    struct joiner b = {
        .future.type = &joiner_type, .other = &first, .second = true};
    struct program p;
    char *page;
    int status;

    (void)state;
    begin(&p);
    assert_int_equal(FB_SPAWN(p.rt, a, &first), 0);
    assert_int_equal(FB_SPAWN(p.rt, b, &second), 0);
    assert_int_equal(fb_run(p.rt), -EDEADLK);
    page = print_waits(&p, &status);
    assert_int_equal(status, 1);
    check_row(&p, page, "┌▸", 1, "task 2 finishing", "task 2 to finish",
              LEFT_LINE);
    check_row(&p, page, "└─", 2, "task 1 finishing", "task 1 to finish",
              RIGHT_LINE);
    check_screen(&p, 100, 12, screen);
    free(page);
    fb_runtime_destroy(p.rt); // while the handles are there
    p.rt = NULL;
    fb_task_detach(&first);
    fb_task_detach(&second);
    end(&p);
}

// ---- two mutexes in opposite order ----

struct locker {
    struct fb_future future;
    int out;
    bool second;
    struct fb_mutex *mine, *other;
    struct fb_mutex_guard guards[2];
    union {
        struct fb_lock lock;
        struct fb_yield yield;
    };
};
enum { LOCK_LEFT_LINE = __LINE__ + 10, LOCK_RIGHT_LINE = LOCK_LEFT_LINE + 2 };

static enum fb_poll locker_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct locker *self = fb_container_of(future, struct locker, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->lock, fb_mutex_lock(self->mine, &self->guards[0]));
    FB_AWAIT(self->yield, fb_yield());
    if (!self->second) {
        FB_AWAIT_TRY(self->lock, fb_mutex_lock(self->other, &self->guards[1]));
    } else {
        FB_AWAIT_TRY(self->lock, fb_mutex_lock(self->other, &self->guards[1]));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void locker_drop(struct fb_future *future) {
    struct locker *self = fb_container_of(future, struct locker, future);

    fb_mutex_unlock(&self->guards[1]);
    fb_mutex_unlock(&self->guards[0]);
}

static struct fb_type locker_type =
    FB_TYPE(locker, .poll = locker_poll, .drop = locker_drop);

static void two_mutexes_in_opposite_order(void **state) {
    static const char *const screen[] = {"Deadlock:", "▸ 1 locker",
                                         "→ mutex 2, locked by task 2",
                                         "└─ 2 locker", NULL};
    struct fb_mutex mutexes[2];
    struct program p;
    char *page;
    int status;

    (void)state;
    begin(&p);
    for (int i = 0; i < 2; i++) {
        fb_mutex_init(&mutexes[i], p.rt);
    }
    for (int i = 0; i < 2; i++) {
        struct locker l = {.future.type = &locker_type,
                           .second = i == 1,
                           .mine = &mutexes[i],
                           .other = &mutexes[1 - i]};

        assert_int_equal(FB_SPAWN(p.rt, l, NULL), 0);
    }
    assert_int_equal(fb_run(p.rt), -EDEADLK);
    page = print_waits(&p, &status);
    assert_int_equal(status, 1);
    check_row(&p, page, "┌▸", 1, "mutex 2, locked by task 2", "mutex 2",
              LOCK_LEFT_LINE);
    check_row(&p, page, "└─", 2, "mutex 1, locked by task 1", "mutex 1",
              LOCK_RIGHT_LINE);
    check_screen(&p, 40, 12, screen); // of a narrow pane
    free(page);
    end(&p);
}

// ---- two channels ----

struct talker {
    struct fb_future future;
    int out;
    bool second;
    struct fb_mpsc_sender to;
    struct fb_mpsc_receiver from;
    int got, sent;
    union {
        struct fb_mpsc_send send;
        struct fb_mpsc_receive receive;
    };
};
enum { TALK_LEFT_LINE = __LINE__ + 10, TALK_RIGHT_LINE = TALK_LEFT_LINE + 2 };

static enum fb_poll talker_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct talker *self = fb_container_of(future, struct talker, future);

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->send, fb_mpsc_send(&self->to, &self->sent));
    FB_AWAIT_TRY(self->receive, fb_mpsc_receive(&self->from, &self->got));
    if (!self->second) { // each waits for the other to begin again
        FB_AWAIT_TRY(self->receive, fb_mpsc_receive(&self->from, &self->got));
    } else {
        FB_AWAIT_TRY(self->receive, fb_mpsc_receive(&self->from, &self->got));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void talker_drop(struct fb_future *future) {
    struct talker *self = fb_container_of(future, struct talker, future);

    fb_mpsc_sender_close(&self->to);
    fb_mpsc_receiver_close(&self->from);
}

static struct fb_type talker_type =
    FB_TYPE(talker, .poll = talker_poll, .drop = talker_drop);

static void two_channels_each_waiting_for_the_other(void **state) {
    static const char *const screen[] = {"Deadlock:", "┌▸ 1 talker",
                                         "a message in channel 2", NULL};
    const struct fb_values values = {.bytes = sizeof(int)};
    struct fb_mpsc_sender senders[2];
    struct fb_mpsc_receiver receivers[2];
    struct program p;
    char *page;
    int status;

    (void)state;
    begin(&p);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            fb_mpsc_create(p.rt, values, 4, &senders[i], &receivers[i]), 0);
    }
    for (int i = 0; i < 2; i++) {
        struct talker t = {.future.type = &talker_type,
                           .second = i == 1,
                           .to = senders[i],
                           .from = receivers[1 - i]};

        assert_int_equal(FB_SPAWN(p.rt, t, NULL), 0);
    }
    assert_int_equal(fb_run(p.rt), -EDEADLK);
    page = print_waits(&p, &status);
    assert_int_equal(status, 1); // a stall makes it certain
    check_row(&p, page, "┌▸", 1, "a message in channel 2; task 2 sent before",
              "a message in channel 2", TALK_LEFT_LINE);
    check_row(&p, page, "└─", 2, "a message in channel 1; task 1 sent before",
              "a message in channel 1", TALK_RIGHT_LINE);
    check_screen(&p, 100, 12, screen);
    free(page);
    end(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_that_join_each_other),
        cmocka_unit_test(two_mutexes_in_opposite_order),
        cmocka_unit_test(two_channels_each_waiting_for_the_other),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
