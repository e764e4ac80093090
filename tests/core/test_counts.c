// How often things happen: as often as there is a reason, and not once more.
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/eventfd.h>
#include <unistd.h>

// How often a future of this type was polled below its task's root.
static unsigned polls_of(const struct world *w, const struct fb_type *type) {
    const struct fb_trace_writer *t = &w->trace;
    unsigned count = 0;

    for (uint64_t i = 0; i < t->head; i++) {
        const struct fb_event *e = &t->events[i & t->mask];

        count +=
            e->kind == FB_EV_FUTURE_ENTER && e->enter.type == type->site.index;
    }
    return count;
}

// ---- polls ----

// Receives until the end.
struct listener {
    struct fb_future future;
    int out;
    struct fb_mpsc_receiver *inbox;
    int last;
    struct fb_mpsc_receive receive;
};

static enum fb_poll listener_poll(struct fb_future *future,
                                  struct fb_context *cx) {
    struct listener *self = fb_container_of(future, struct listener, future);

    FB_ASYNC(self, cx);
    for (;;) {
        FB_AWAIT(self->receive, fb_mpsc_receive(self->inbox, &self->last));
        if (self->receive.out == 0) {
            FB_RETURN(self->last);
        }
    }
    FB_ASYNC_END;
}

static struct fb_type listener_type = FB_TYPE(listener, .poll = listener_poll);

static const struct fb_values ints = {.bytes = sizeof(int)};

// peer tokio/rt_basic.polls
static void a_message_costs_one_poll_and_two_of_its_receive(void **state) {
    struct world *w = *state;
    struct fb_mpsc_sender sender;
    struct fb_mpsc_receiver inbox;
    struct listener l = {.future.type = &listener_type, .inbox = &inbox};
    const struct fb_type *receive;

    assert_int_equal(fb_mpsc_create(w->rt, ints, 4, &sender, &inbox), 0);
    receive = fb_mpsc_receive(&inbox, &l.last).future.type;
    assert_int_equal(FB_SPAWN(w->rt, l, NULL), 0);
    assert_int_equal(world_settle(w), 1);
    assert_int_equal(polls_of(w, receive), 1);
    for (int i = 1; i <= 5; i++) {
        assert_int_equal(fb_mpsc_try_send(&sender, &i), 0);
        assert_int_equal(world_settle(w), 1);
        assert_int_equal(polls_of(w, receive), 1 + 2 * i);
        assert_int_equal(world_settle(w), 0);
    }
    fb_mpsc_sender_close(&sender);
    assert_int_equal(world_settle(w), 1);
    assert_int_equal(polls_of(w, receive), 1 + 2 * 5 + 1);
    fb_mpsc_receiver_close(&inbox);
}

// Accepts and hangs up, for ever.
struct porter {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *door;
    struct fb_accept accept;
};

static enum fb_poll porter_poll(struct fb_future *future,
                                struct fb_context *cx) {
    struct porter *self = fb_container_of(future, struct porter, future);

    FB_ASYNC(self, cx);
    for (;;) {
        FB_AWAIT_TRY(self->accept, fb_tcp_accept(self->door));
        fb_tcp_close(&self->accept.stream);
    }
    FB_ASYNC_END;
}

static struct fb_type porter_type = FB_TYPE(porter, .poll = porter_poll);

// peer tokio/tcp_accept.polls
static void a_connection_costs_one_poll_and_two_of_its_accept(void **state) {
    struct world *w = *state;
    struct fb_addr any;
    struct fb_tcp_listener door;
    struct porter p = {.future.type = &porter_type, .door = &door};
    struct fb_join_handle handle;
    const struct fb_type *accept = fb_tcp_accept(&door).future.type;

    assert_int_equal(fb_addr_parse("127.0.0.1:0", &any), 0);
    assert_int_equal(fb_tcp_listen(w->rt, &any, 8, &door), 0);
    assert_int_equal(FB_SPAWN(w->rt, p, &handle), 0);
    assert_int_equal(world_settle(w), 1);
    assert_int_equal(polls_of(w, accept), 1);
    for (unsigned i = 1; i <= 5; i++) {
        const int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

        assert_int_equal(
            connect(client, &door.local.u.any, sizeof door.local.u.v4),
            0); // over loopback it is in the queue now
        assert_int_equal(world_settle(w), 1);
        assert_int_equal(polls_of(w, accept), 1 + 2 * i);
        close(client);
    }
    fb_task_abort(&handle);
    fb_task_detach(&handle);
    assert_int_equal(fb_run(w->rt), 0);
    fb_tcp_listener_close(&door);
}

// ---- what is told of each task ----

static void spawn_one_more(struct probe_log *log, struct fb_context *cx) {
    if (log->polls == 1) {
        assert_int_equal(FB_SPAWN(cx->runtime, probe_ready(log->arg, 0), NULL),
                         0);
    }
}

struct told {
    unsigned spawned[16], ended[16], begun, over;
    const char *file;
    uint32_t line;
};

static void listen_to(const struct world *w, struct told *told) {
    const struct fb_trace_writer *t = &w->trace;
    const char *base = (const char *)t->header;
    const struct fb_trace_entry *table =
        (const void *)(base + t->header->table_offset);

    *told = (struct told){.begun = 0};
    for (uint64_t i = 0; i < t->head; i++) {
        const struct fb_event *e = &t->events[i & t->mask];

        told->begun += e->kind == FB_EV_POLL_BEGIN;
        told->over += e->kind == FB_EV_POLL_END;
        told->ended[e->subject % 16] += e->kind == FB_EV_TASK_DONE;
        if (e->kind == FB_EV_TASK_SPAWN) {
            const struct fb_trace_entry *site = &table[e->spawn.site];
            const struct fb_trace_entry *type = &table[e->spawn.type];

            told->spawned[e->subject % 16]++;
            told->line = site->line;
            told->file = base + t->header->strings_offset + site->file;
            assert_string_equal(told->file, __FILE__);
            assert_string_equal(base + t->header->strings_offset + type->name,
                                "probe");
            assert_int_equal(type->size, sizeof(struct probe));
        }
    }
}

// peer tokio/task_hooks, peer tokio/rt_poll_callbacks
// peer tokio/tracing_task, peer fuchsia/hooks
static void each_task_is_begun_and_ended_once_whatever_its_end(void **state) {
    struct world *w = *state;
    struct probe_log logs[5] = {{0}}, child = {0};
    struct fb_join_handle aborted;
    struct told told;
    uint32_t first_line;

    world_mistake(w, FB_LINT_LOST_WAKE);
    logs[0].on_poll = spawn_one_more;
    logs[0].arg = &child;
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&logs[0], 0), NULL), 0);
    listen_to(w, &told);
    first_line = told.line;
    assert_int_equal(FB_SPAWN(w->rt, probe_ready(&logs[1], -EPERM), NULL), 0);
    listen_to(w, &told);
    assert_in_range(told.line, first_line + 1, first_line + 8);
    assert_int_equal(FB_SPAWN(w->rt, probe(&logs[2], 7, PROBE_SELF), NULL), 0);
    assert_int_equal(
        FB_SPAWN(w->rt, probe(&logs[3], -1, PROBE_SILENT), &aborted), 0);
    assert_int_equal(world_settle(w), 1 + 1 + 8 + 1 + 1);
    fb_task_abort(&aborted);
    fb_task_detach(&aborted);
    assert_int_equal(fb_run(w->rt), 0);
    listen_to(w, &told);
    for (int id = 1; id <= 5; id++) {
        assert_int_equal(told.spawned[id], 1);
        assert_int_equal(told.ended[id], 1);
    }
    assert_int_equal(told.begun, 12);
    assert_int_equal(told.over, 12);
    assert_int_equal(fb_runtime_stats(w->rt).polls, 12);
}

// ---- the runtime's own counters ----

static void expect_counts(struct world *w, struct fb_runtime_stats want) {
    const struct fb_runtime_stats is = fb_runtime_stats(w->rt);

    assert_int_equal(is.polls, want.polls);
    assert_int_equal(is.wakes, want.wakes);
    assert_int_equal(is.spawned, want.spawned);
    assert_int_equal(is.completed, want.completed);
    assert_int_equal(is.parks, want.parks);
    assert_int_equal(is.empty_parks, want.empty_parks);
    assert_int_equal(is.forced_yields, want.forced_yields);
    assert_int_equal(is.remote_wakes, want.remote_wakes);
    assert_int_equal(is.live_tasks, want.live_tasks);
    assert_int_equal(is.sources, want.sources);
}

static void *wake_thrice(void *arg) {
    fb_waker_wake_by_ref(arg);
    fb_waker_wake_by_ref(arg);
    fb_waker_wake(arg);
    return NULL;
}

static void spend_300(struct probe_log *log, struct fb_context *cx) {
    int *left = log->arg;

    while (*left > 0 && fb_budget_left(cx)) {
        fb_budget_spend(cx);
        --*left;
    }
}

// peer tokio/rt_metrics.tasks, peer tokio/rt_metrics.remote
// peer tokio/rt_metrics.forced_yields
static void the_counters_of_tasks_match_a_known_run(void **state) {
    struct world *w = *state;
    int meals = 300;
    struct probe_log remote = {0},
                     eater = {.on_poll = spend_300, .arg = &meals};
    pthread_t thread;

    expect_counts(w, (struct fb_runtime_stats){0});
    assert_int_equal(FB_SPAWN(w->rt, probe(&remote, 1, PROBE_KEEP), NULL), 0);
    assert_int_equal(world_settle(w), 1);
    assert_int_equal(pthread_create(&thread, NULL, wake_thrice, &remote.kept),
                     0);
    pthread_join(thread, NULL);
    assert_int_equal(fb_run(w->rt), 0);
    // three wakes, of which one queued it
    expect_counts(w, (struct fb_runtime_stats){.polls = 2,
                                               .wakes = 3,
                                               .spawned = 1,
                                               .completed = 1,
                                               .remote_wakes = 1});
    assert_int_equal(FB_SPAWN(w->rt, probe(&eater, 2, PROBE_SILENT), NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    // 128, 128 and the rest: two polls ended early, each with one self-wake
    assert_int_equal(meals, 0);
    expect_counts(w, (struct fb_runtime_stats){.polls = 5,
                                               .wakes = 5,
                                               .spawned = 2,
                                               .completed = 2,
                                               .forced_yields = 2,
                                               .remote_wakes = 1});
}

// Comes back empty-handed from so many waits.
static struct {
    int empty;
    int (*wait)(int epoll, struct epoll_event *events, int max,
                int64_t timeout_ns);
} kernel;

static int wait_in_vain(int epoll, struct epoll_event *events, int max,
                        int64_t timeout_ns) {
    if (timeout_ns < 0 && kernel.empty > 0) {
        kernel.empty--;
        errno = EINTR;
        return -1;
    }
    return kernel.wait(epoll, events, max, timeout_ns);
}

// peer tokio/rt_metrics.parks, peer tokio/rt_metrics.descriptors
static void the_counters_of_parks_match_a_known_run(void **state) {
    struct world *w = *state;
    struct fb_unix_stream ends[2];
    char byte;

    assert_int_equal(fb_unix_pair(w->rt, ends), 0);
    assert_int_equal(FB_SPAWN(w->rt, fb_unix_read(&ends[0], &byte, 1), NULL),
                     0);
    assert_int_equal(world_settle(w), 1);
    // stepping waits for nobody
    expect_counts(w,
                  (struct fb_runtime_stats){
                      .polls = 1, .spawned = 1, .live_tasks = 1, .sources = 2});
    assert_int_equal(send(ends[1].source.fd, "x", 1, MSG_NOSIGNAL), 1);
    kernel.empty = 2;
    kernel.wait = fb__sys.epoll_wait;
    fb__sys.epoll_wait = wait_in_vain;
    assert_int_equal(fb_run(w->rt), 0);
    fb__sys.epoll_wait = kernel.wait;
    // Two waits for nothing, and one for the byte. Only the second and third
    // come after one that led to no poll.
    expect_counts(w, (struct fb_runtime_stats){.polls = 2,
                                               .wakes = 1,
                                               .spawned = 1,
                                               .completed = 1,
                                               .parks = 3,
                                               .empty_parks = 2,
                                               .sources = 2});
    fb_source_close(&ends[0].source);
    fb_source_close(&ends[1].source);
    assert_int_equal(fb_runtime_stats(w->rt).sources, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST_EXACT(a_message_costs_one_poll_and_two_of_its_receive),
        WORLD_TEST_EXACT(a_connection_costs_one_poll_and_two_of_its_accept),
        WORLD_TEST_EXACT(each_task_is_begun_and_ended_once_whatever_its_end),
        WORLD_TEST_EXACT(the_counters_of_tasks_match_a_known_run),
        WORLD_TEST_EXACT(the_counters_of_parks_match_a_known_run),
    };

    return cmocka_run_group_tests_name("counts", tests, NULL, NULL);
}
