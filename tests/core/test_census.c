// A census rebuilds the world: what a viewer that comes late sees is what one
// sees who has followed from the first event.
//
// Every future of the run asks for a census at each of its polls, so one is
// written before every next poll. For each of them the world that the model
// makes of the census alone must equal the world made of the whole history.
#include "probe.h"

#include "model.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- a world as text ----

static void tell_tree(FILE *out, const struct fb_model *m, uint32_t task) {
    struct fb_model_row rows[64];
    const size_t count = fb_model_tree(m, task, rows, 64);

    for (size_t i = 0; i < count; i++) {
        const struct fb_model_future *f = rows[i].future;
        const struct fb_model_hold *hold = fb_model_future_hold(m, f->id);

        if (f->state == FB_FUTURE_DROPPED) {
            continue; // shown for a while, but gone
        }
        fprintf(out, "  %*s future %u type %u line %u state %d",
                (int)rows[i].depth, "", f->id, f->type, f->line, (int)f->state);
        if (hold != NULL) {
            fprintf(out, " held by %d %u interest %d", hold->party,
                    hold->holder, hold->interest);
        }
        fprintf(out, "\n");
    }
}

static void tell_holds(FILE *out, const struct fb_model *m,
                       const struct fb_model_task *t) {
    const struct fb_model_hold *hold;
    unsigned holds = 0, outside = 0;

    for (uint32_t at = t->holds; (hold = fb_model_hold_at(m, at)) != NULL;
         at = hold->next_of_task) {
        holds++;
        outside += hold->party == FB_PARTY_OUTSIDE;
    }
    fprintf(out, "  holds %u, outside %u\n", holds, outside);
}

static char *world_of(const struct fb_model *m) {
    const struct fb_model_source *s;
    const struct fb_model_timer *timer;
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);

    assert_non_null(out);
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        fprintf(out,
                "task %u of %u state %d outcome %u polls %u wakes %u type %u "
                "site %u bytes %u \"%s\"\n",
                t->id, t->parent, (int)t->state, t->outcome, t->polls, t->wakes,
                t->type, t->site, t->bytes, t->label);
        tell_tree(out, m, t->id);
        tell_holds(out, m, t);
    }
    fprintf(out, "queue:");
    for (uint32_t at = m->first.queue_head;
         (t = fb_model_task_at(m, at)) != NULL; at = t->queue_next) {
        fprintf(out, " %u", t->id);
    }
    fprintf(out, "\n");
    for (cursor = 0; (s = fb_model_source_next(m, &cursor)) != NULL;) {
        fprintf(out, "source %u fd %d generation %u kind %u ready %u of %u\n",
                s->id, s->fd, s->generation, s->kind, s->ready, s->task);
    }
    // by id: a census names timers in the order of the heap
    for (uint32_t id = 1; id < 256; id++) {
        if ((timer = fb_model_timer(m, id)) == NULL) {
            continue;
        }
        fprintf(out, "timer %u @%llu of %u future %u\n", timer->id,
                (unsigned long long)timer->deadline_ns, timer->task,
                timer->future);
    }
    fprintf(out, "live %u, zombies %u\n", m->live_tasks, m->zombie_tasks);
    fclose(out);
    return text;
}

// ---- each census against the history ----

static void must_be_equal(uint64_t event, const char *what, const char *a,
                          const char *b) {
    while (*a != '\0' || *b != '\0') {
        const size_t la = strcspn(a, "\n"), lb = strcspn(b, "\n");

        if (la != lb || memcmp(a, b, la) != 0) {
            fail_msg("census at event %llu: %s: \"%.*s\" is \"%.*s\"",
                     (unsigned long long)event, what, (int)la, a, (int)lb, b);
        }
        a += la + (a[la] != '\0');
        b += lb + (b[lb] != '\0');
    }
}

static bool is_edge(const struct fb_event *e, enum fb_census_step step) {
    return e->kind == FB_EV_CENSUS && e->detail == step;
}

// A task that is said to be queued is in the queue that is said at the end.
static void check_queued(const struct world *w, uint64_t number) {
    unsigned queued = 0, in_queue = 0;

    for (; !is_edge(&w->trace.events[number - 1], FB_CENSUS_END); number++) {
        const struct fb_event *e = &w->trace.events[number - 1];

        queued += is_edge(e, FB_CENSUS_TASK) && e->counts.queued != 0;
        in_queue += e->kind == FB_EV_TASK_SCHEDULED;
    }
    assert_int_equal(queued, in_queue);
}

// Feeds the census that begins at `number` to a model that knows nothing.
static char *world_of_census(const struct world *w, uint64_t number) {
    struct fb_model fresh;
    char *text;

    assert_int_equal(fb_model_init(&fresh), 0);
    for (;; number++) {
        const struct fb_event *e = &w->trace.events[number - 1];

        assert_int_equal(fb_model_feed(&fresh, number, e), 0);
        if (is_edge(e, FB_CENSUS_END)) {
            break;
        }
    }
    assert_false(fresh.uncertain);
    assert_int_equal(fresh.anomalies, 0);
    text = world_of(&fresh);
    fb_model_deinit(&fresh);
    return text;
}

static unsigned check_every_census(const struct world *w) {
    struct fb_model model;
    char *before = NULL;
    uint64_t begin = 0;
    unsigned censuses = 0;

    assert_true(w->trace.head <= w->trace.mask + 1);
    assert_int_equal(fb_model_init(&model), 0);
    for (uint64_t n = 1; n <= w->trace.head; n++) {
        const struct fb_event *e = &w->trace.events[n - 1];

        if (is_edge(e, FB_CENSUS_BEGIN)) {
            before = world_of(&model);
            begin = n;
        }
        assert_int_equal(fb_model_feed(&model, n, e), 0);
        if (is_edge(e, FB_CENSUS_END)) {
            char *after = world_of(&model), *alone = world_of_census(w, begin);

            check_queued(w, begin);
            must_be_equal(begin, "it changes an exact world", before, after);
            must_be_equal(begin, "it rebuilds another world", before, alone);
            free(before);
            free(after);
            free(alone);
            before = NULL;
            censuses++;
        }
    }
    assert_null(before);
    assert_int_equal(model.anomalies, 0);
    fb_model_deinit(&model);
    return censuses;
}

// ---- a run with something of everything ----

// Awaits `inner` and asks for a census at each poll.
struct watched {
    struct fb_future future;
    int out;
    struct fb_future *inner;
    struct fb_trace_writer *trace;
    const char *label;
};

static enum fb_poll watched_poll(struct fb_future *future,
                                 struct fb_context *cx) {
    struct watched *self = fb_container_of(future, struct watched, future);

    if (self->label != NULL && future->state == 0) {
        fb_context_label(cx, self->label, strlen(self->label));
    }
    self->trace->census_due = 0;
    if (fb_future_await(future, self->inner, cx, __LINE__) == FB_PENDING) {
        return FB_PENDING;
    }
    self->out = fb_future_out(self->inner);
    return FB_READY;
}

static struct fb_type watched_type = FB_TYPE(watched, .poll = watched_poll);

static struct watched watch(struct world *w, struct fb_future *inner,
                            const char *label) {
    return (struct watched){.future.type = &watched_type,
                            .inner = inner,
                            .trace = &w->trace,
                            .label = label};
}

static void spawn_watched(struct world *w, struct fb_future *inner,
                          const char *label) {
    assert_int_equal(FB_SPAWN(w->rt, watch(w, inner, label), NULL), 0);
}

// contract 61
// peer tokio/dump, peer async-backtrace/contention
static void every_census_of_timers_and_combinators(void **state) {
    struct world *w = *state;
    struct fb_sleep naps[6];
    struct fb_join join;
    struct fb_select select, inner;
    struct fb_timeout timeout;
    struct fb_yield yields[3];
    struct probe_log log = {0};
    struct probe self = probe(&log, 5, PROBE_SELF);

    for (unsigned i = 0; i < 6; i++) {
        naps[i] = fb_sleep((7 * i % 6 + 1) * FB_MS);
    }
    join = FB_JOIN(&naps[0].future, &naps[1].future);
    inner = FB_SELECT(&naps[2].future, NULL, &naps[3].future);
    timeout = fb_timeout(4 * FB_MS, &inner.future);
    select = FB_SELECT(&timeout.future, &naps[4].future);
    spawn_watched(w, &join.future, "Ada 127.0.0.1:51234");
    spawn_watched(w, &select.future, NULL);
    spawn_watched(w, &naps[5].future, "a label that takes several parts");
    for (int i = 0; i < 3; i++) {
        yields[i] = fb_yield();
        spawn_watched(w, &yields[i].future, NULL);
    }
    spawn_watched(w, &self.future, NULL);
    assert_int_equal(fb_run(w->rt), 0);
    assert_true(check_every_census(w) >= 15);
}

// contract 61
// peer tokio/dump
static void every_census_of_joins_aborts_and_zombies(void **state) {
    struct world *w = *state;
    struct probe_log kept = {0}, silent = {0}, quick = {0};
    struct probe keeper = probe(&kept, -1, PROBE_KEEP);
    struct probe never = probe(&silent, -1, PROBE_SILENT);
    struct probe soon = probe(&quick, 2, PROBE_SELF);
    struct fb_join_handle handles[3];
    struct fb_join_task join_never, join_soon;
    struct fb_join_set set;
    struct fb_join_next next;
    struct fb_sleep nap = fb_sleep(FB_MS), member = fb_sleep(2 * FB_MS);

    world_mistake(w, FB_LINT_LOST_WAKE);
    fb_join_set_init(&set, w->rt);
    assert_int_equal(
        FB_SPAWN(w->rt, watch(w, &keeper.future, NULL), &handles[0]), 0);
    assert_int_equal(
        FB_SPAWN(w->rt, watch(w, &never.future, NULL), &handles[1]), 0);
    assert_int_equal(FB_SPAWN(w->rt, watch(w, &soon.future, NULL), &handles[2]),
                     0);
    join_never = fb_join_task(&handles[1]);
    join_soon = fb_join_task(&handles[2]);
    spawn_watched(w, &join_never.future, NULL);
    spawn_watched(w, &join_soon.future, NULL);
    assert_int_equal(FB_JOIN_SET_SPAWN(&set, watch(w, &member.future, NULL)),
                     0);
    next = fb_join_next(&set);
    spawn_watched(w, &next.future, NULL);
    spawn_watched(w, &nap.future, NULL);
    assert_true(fb_runtime_advance(w->rt, FB_MS) > 0);
    assert_int_equal(fb_task_abort(&handles[1]), 1);
    assert_true(fb_runtime_advance(w->rt, 5 * FB_MS) >= 0);
    assert_int_equal(fb_task_abort(&handles[0]), 1);
    assert_int_equal(fb_run(w->rt), 0);
    fb_waker_drop(&kept.kept);
    for (int i = 0; i < 3; i++) {
        fb_task_detach(&handles[i]);
    }
    fb_join_set_deinit(&set);
    assert_true(check_every_census(w) >= 10);
}

struct wire {
    struct fb_tcp_listener listener;
    struct fb_tcp_stream ends[2];
};

static void open_wire(struct world *w, struct wire *wire) {
    struct fb_addr addr;
    struct fb_accept accept;
    struct fb_connect connect;
    struct fb_join both;

    memset(wire, 0, sizeof *wire);
    assert_int_equal(fb_addr_parse("127.0.0.1:0", &addr), 0);
    assert_int_equal(fb_tcp_listen(w->rt, &addr, 8, &wire->listener), 0);
    accept = fb_tcp_accept(&wire->listener);
    connect = fb_tcp_connect(&wire->listener.local);
    both = FB_JOIN(&accept.future, &connect.future);
    {
        struct watched root = watch(w, &both.future, NULL);

        assert_int_equal(fb_block_on(w->rt, &root.future), 0);
    }
    wire->ends[0] = accept.stream;
    wire->ends[1] = connect.stream;
}

// contract 61
static void every_census_of_sources_and_streams(void **state) {
    struct world *w = *state;
    struct wire wire;
    char buf[2][8];
    struct fb_accept accept;
    struct fb_read reads[2];
    struct fb_write_all hello;
    struct fb_timeout limits[2];

    open_wire(w, &wire);
    accept = fb_tcp_accept(&wire.listener);
    limits[0] = fb_timeout(50 * FB_MS, &accept.future);
    spawn_watched(w, &limits[0].future, "acceptor");
    for (int i = 0; i < 2; i++) {
        reads[i] = fb_tcp_read(&wire.ends[i], buf[i], sizeof buf[i]);
    }
    limits[1] = fb_timeout(50 * FB_MS, &reads[0].future);
    spawn_watched(w, &limits[1].future, NULL);
    spawn_watched(w, &reads[1].future, NULL);
    assert_true(fb_run_until_stalled(w->rt) > 0);
    hello = fb_tcp_write_all(&wire.ends[0], "hello", 5);
    spawn_watched(w, &hello.future, NULL);
    assert_int_equal(fb_run(w->rt), 0);
    assert_in_range(reads[1].out, 1, 5);
    fb_tcp_close(&wire.ends[0]);
    fb_tcp_close(&wire.ends[1]);
    fb_tcp_listener_close(&wire.listener);
    assert_true(check_every_census(w) >= 8);
}

// Somebody waits for each thing that one can wait for with a channel.
// contract 61
static void every_census_of_channels(void **state) {
    struct world *w = *state;
    const struct fb_values none = {0};
    struct fb_notify notify;
    struct fb_semaphore semaphore;
    struct fb_mutex mutex;
    struct fb_permit permit = {0};
    struct fb_mutex_guard guard = {0}, held = {0};
    struct fb_mpsc_sender tx;
    struct fb_mpsc_receiver rx;
    struct fb_watch_sender tell;
    struct fb_watch_receiver told;
    struct fb_notified notified;
    struct fb_acquire acquire;
    struct fb_lock lock;
    struct fb_mpsc_send send;
    struct fb_watch_changed changed;

    fb_notify_init(&notify, w->rt);
    fb_semaphore_init(&semaphore, w->rt, 0);
    fb_mutex_init(&mutex, w->rt);
    assert_int_equal(fb_mutex_try_lock(&mutex, &held), 0);
    assert_int_equal(fb_mpsc_create(w->rt, none, 1, &tx, &rx), 0);
    assert_int_equal(fb_mpsc_try_send(&tx, NULL), 0);
    assert_int_equal(fb_watch_create(w->rt, none, NULL, &tell, &told), 0);
    notified = fb_notify_wait(&notify);
    acquire = fb_semaphore_acquire(&semaphore, 1, &permit);
    lock = fb_mutex_lock(&mutex, &guard);
    send = fb_mpsc_send(&tx, NULL);
    changed = fb_watch_changed(&told);
    spawn_watched(w, &notified.future, NULL);
    spawn_watched(w, &acquire.future, NULL);
    spawn_watched(w, &lock.future, NULL);
    spawn_watched(w, &send.future, NULL);
    spawn_watched(w, &changed.future, NULL);
    assert_int_equal(world_settle(w), 5);
    fb_notify_one(&notify);
    fb_semaphore_add(&semaphore, 1);
    fb_mutex_unlock(&held);
    assert_int_equal(fb_mpsc_try_receive(&rx, NULL), 1);
    assert_int_equal(fb_watch_send(&tell, NULL), 0);
    assert_int_equal(fb_run(w->rt), 0);
    fb_permit_release(&permit);
    fb_mutex_unlock(&guard);
    fb_mpsc_sender_close(&tx);
    fb_mpsc_receiver_close(&rx);
    fb_watch_sender_close(&tell);
    fb_watch_receiver_close(&told);
    fb_mutex_deinit(&mutex);
    fb_semaphore_deinit(&semaphore);
    fb_notify_deinit(&notify);
    assert_true(check_every_census(w) >= 9);
}

static void wake_self_too(struct probe_log *log, struct fb_context *cx) {
    (void)log;
    fb_waker_wake_by_ref(cx->waker);
}

// block_on's future is its caller's again, but its task may live on.
static void
a_census_after_a_block_on_with_its_waker_still_outside(void **state) {
    struct world *w = *state;
    struct probe_log log = {.on_poll = wake_self_too}, other = {0};
    struct probe later = probe(&other, 2, PROBE_SELF);
    struct watched *root = malloc(sizeof *root);
    struct probe p = probe(&log, 1, PROBE_KEEP);

    assert_non_null(root);
    *root = watch(w, &p.future, NULL);
    assert_int_equal(fb_block_on(w->rt, &root->future), 0);
    free(root);
    spawn_watched(w, &later.future, NULL);
    assert_int_equal(fb_run(w->rt), 0);
    fb_waker_drop(&log.kept);
    assert_true(check_every_census(w) >= 2);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(every_census_of_timers_and_combinators),
        WORLD_TEST(every_census_of_joins_aborts_and_zombies),
        WORLD_TEST(every_census_of_sources_and_streams),
        WORLD_TEST_EXACT(every_census_of_channels),
        WORLD_TEST(a_census_after_a_block_on_with_its_waker_still_outside),
    };

    return cmocka_run_group_tests_name("census", tests, NULL, NULL);
}
