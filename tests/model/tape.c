#include "tape.h"

#include <errno.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fb_event *tape_add(struct tape *t, enum fb_event_kind kind,
                          unsigned detail, unsigned flags, uint32_t subject) {
    struct fb_event *e = &t->events[t->count++];

    assert_true(t->count <= TAPE_MAX);
    t->now_ns += 1000;
    *e = (struct fb_event){.time_ns = t->now_ns,
                           .kind = (uint8_t)kind,
                           .detail = (uint8_t)detail,
                           .flags = (uint16_t)flags,
                           .subject = subject};
    return e;
}

void tape_spawn(struct tape *t, uint32_t task, uint32_t parent, uint32_t root,
                uint16_t type) {
    struct fb_event *e = tape_add(t, FB_EV_TASK_SPAWN, 0, 0, task);

    e->spawn.parent = parent;
    e->spawn.root_future = root;
    e->spawn.type = type;
    e->spawn.site = 6;
    e->spawn.bytes = 256;
    t->now_ns -= 1000; // the schedule is of the same step
}

void tape_scheduled(struct tape *t, uint32_t task, uint32_t depth) {
    tape_add(t, FB_EV_TASK_SCHEDULED, FB_QUEUE_RUN, 0, task)->scheduled.depth =
        depth;
}

void tape_begin(struct tape *t, uint32_t task, uint32_t root, uint32_t polls) {
    struct fb_event *e = tape_add(t, FB_EV_POLL_BEGIN, 0, 0, task);

    e->poll.future = root;
    e->poll.polls = polls;
}

void tape_end(struct tape *t, uint32_t task, uint32_t root,
              enum fb_poll_result result, uint32_t line, int out) {
    struct fb_event *e = tape_add(t, FB_EV_POLL_END, result, 0, task);

    e->poll.future = root;
    e->poll.line = line;
    e->poll.out = out;
}

void tape_enter(struct tape *t, uint32_t task, uint32_t parent, uint32_t future,
                uint16_t type, uint32_t line) {
    struct fb_event *e = tape_add(t, FB_EV_FUTURE_ENTER, 0, 0, future);

    e->enter.parent = parent;
    e->enter.task = task;
    e->enter.type = type;
    e->enter.line = line;
}

void tape_exit(struct tape *t, uint32_t task, uint32_t parent, uint32_t future,
               enum fb_poll_result result, int out) {
    struct fb_event *e = tape_add(t, FB_EV_FUTURE_EXIT, result, 0, future);

    e->exit.parent = parent;
    e->exit.task = task;
    e->exit.out = out;
}

void tape_drop(struct tape *t, uint32_t task, uint32_t future,
               enum fb_drop_why why) {
    tape_add(t, FB_EV_FUTURE_DROP, why, 0, future)->drop.task = task;
}

void tape_clone(struct tape *t, uint32_t task, enum fb_party party,
                uint32_t holder, uint32_t future, unsigned interest) {
    struct fb_event *e = tape_add(t, FB_EV_WAKER_CLONE, party, interest, task);

    e->waker.holder = holder;
    e->waker.future = future;
}

void tape_waker_drop(struct tape *t, uint32_t task, enum fb_party party,
                     uint32_t holder, uint32_t future,
                     enum fb_waker_drop_why why) {
    struct fb_event *e = tape_add(t, FB_EV_WAKER_DROP, party, why, task);

    e->waker.holder = holder;
    e->waker.future = future;
}

void tape_wake(struct tape *t, uint32_t task, enum fb_wake_effect effect,
               enum fb_party party, uint32_t cause) {
    tape_add(t, FB_EV_WAKE, effect, party, task)->wake.cause = cause;
}

void tape_source(struct tape *t, enum fb_event_kind kind, uint32_t source,
                 int fd, enum fb_source_kind what, unsigned bits,
                 uint32_t task) {
    struct fb_event *e = tape_add(t, kind, what, bits, source);

    e->source.fd = fd;
    e->source.generation = source;
    e->source.task = task;
}

void tape_io(struct tape *t, uint32_t source, int fd, uint32_t future,
             enum fb_io_op op, int result, uint32_t asked) {
    struct fb_event *e = tape_add(t, FB_EV_IO, op, 0, source);

    e->io.fd = fd;
    e->io.result = result;
    e->io.future = future;
    e->io.asked = asked;
}

void tape_timer(struct tape *t, enum fb_event_kind kind, uint32_t timer,
                uint64_t deadline_ns, uint32_t task, uint32_t future,
                enum fb_timer_end end) {
    struct fb_event *e = tape_add(t, kind, end, 0, timer);

    e->timer.deadline_ns = deadline_ns;
    e->timer.task = task;
    e->timer.future = future;
}

void tape_done(struct tape *t, uint32_t task, enum fb_task_outcome outcome,
               int out) {
    tape_add(t, FB_EV_TASK_DONE, outcome, 0, task)->done.out = out;
}

void tape_label(struct tape *t, uint32_t task, const char *text, size_t len) {
    size_t at = 0;
    unsigned part = 0;

    do {
        struct fb_event *e =
            tape_add(t, FB_EV_TASK_LABEL, part++, (unsigned)len, task);
        const size_t n = len - at < 16 ? len - at : 16;

        memcpy(e->text, text + at, n);
        at += n;
    } while (at < len);
}

void tape_park(struct tape *t, int64_t timeout_ns) {
    tape_add(t, FB_EV_PARK, 0, 0, 0)->park.timeout_ns = timeout_ns;
}

void tape_unpark(struct tape *t, uint32_t events) {
    tape_add(t, FB_EV_UNPARK, 0, 0, 0)->park.events = events;
}

// ---- the greeter ----

static void accept_would_block(struct tape *t, uint32_t polls) {
    tape_begin(t, 1, 1, polls);
    tape_enter(t, 1, 1, 2, 3, 40);
    tape_io(t, 1, 4, 2, FB_IO_ACCEPT, -EAGAIN, 0);
    tape_source(t, FB_EV_SOURCE_CLEAR, 1, 4, FB_SOURCE_LISTENER, FB_READABLE,
                0);
    tape_clone(t, 1, FB_PARTY_SOURCE, 1, 2, FB_READABLE);
    tape_exit(t, 1, 1, 2, FB_RESULT_PENDING, 0);
    tape_end(t, 1, 1, FB_RESULT_PENDING, 40, 0);
}

static void dial_in(struct tape *t) {
    tape_park(t, -1);
    tape_unpark(t, 1);
    tape_source(t, FB_EV_SOURCE_READY, 1, 4, FB_SOURCE_LISTENER, FB_READABLE,
                0);
    tape_waker_drop(t, 1, FB_PARTY_SOURCE, 1, 2, FB_WAKER_WOKEN);
    tape_wake(t, 1, FB_WAKE_SCHEDULED, FB_PARTY_SOURCE, 1);
    tape_scheduled(t, 1, 1);
    tape_begin(t, 1, 1, 2);
    tape_enter(t, 1, 1, 2, 3, 40);
    tape_io(t, 1, 4, 2, FB_IO_ACCEPT, 7, 0);
    tape_source(t, FB_EV_SOURCE_ADD, 2, 7, FB_SOURCE_STREAM, 0, 1);
    tape_exit(t, 1, 1, 2, FB_RESULT_READY, 0);
    tape_drop(t, 1, 2, FB_DROP_FINISHED);
    tape_spawn(t, 2, 1, 3, 2);
    tape_scheduled(t, 2, 1);
    tape_enter(t, 1, 1, 4, 3, 40);
    tape_io(t, 1, 4, 4, FB_IO_ACCEPT, -EAGAIN, 0);
    tape_source(t, FB_EV_SOURCE_CLEAR, 1, 4, FB_SOURCE_LISTENER, FB_READABLE,
                0);
    tape_clone(t, 1, FB_PARTY_SOURCE, 1, 4, FB_READABLE);
    tape_exit(t, 1, 1, 4, FB_RESULT_PENDING, 0);
    tape_end(t, 1, 1, FB_RESULT_PENDING, 40, 0);
}

static void greet(struct tape *t, struct moments *m) {
    static const char name[] = "127.0.0.1:51234";

    tape_begin(t, 2, 3, 1);
    tape_label(t, 2, name, sizeof name - 1);
    tape_enter(t, 2, 3, 5, 5, 29);
    tape_io(t, 2, 7, 5, FB_IO_WRITE, 13, 13);
    tape_exit(t, 2, 3, 5, FB_RESULT_READY, 0);
    tape_drop(t, 2, 5, FB_DROP_FINISHED);
    tape_enter(t, 2, 3, 6, 4, 31);
    tape_io(t, 2, 7, 6, FB_IO_READ, -EAGAIN, 1024);
    tape_source(t, FB_EV_SOURCE_CLEAR, 2, 7, FB_SOURCE_STREAM, FB_READABLE, 1);
    tape_clone(t, 2, FB_PARTY_SOURCE, 2, 6, FB_READABLE);
    tape_exit(t, 2, 3, 6, FB_RESULT_PENDING, 0);
    tape_end(t, 2, 3, FB_RESULT_PENDING, 31, 0);
    m->greet_waits = t->count;
}

static void answer(struct tape *t, struct moments *m) {
    static const char name[] = "Ada 127.0.0.1:51234";

    tape_park(t, -1);
    tape_unpark(t, 1);
    tape_source(t, FB_EV_SOURCE_READY, 2, 7, FB_SOURCE_STREAM, FB_READABLE, 1);
    tape_waker_drop(t, 2, FB_PARTY_SOURCE, 2, 6, FB_WAKER_WOKEN);
    tape_wake(t, 2, FB_WAKE_SCHEDULED, FB_PARTY_SOURCE, 2);
    m->greet_woken = t->count;
    tape_scheduled(t, 2, 1);
    tape_begin(t, 2, 3, 2);
    m->greet_again = t->count;
    tape_enter(t, 2, 3, 6, 4, 31);
    tape_io(t, 2, 7, 6, FB_IO_READ, 4, 1024);
    tape_exit(t, 2, 3, 6, FB_RESULT_READY, 4);
    tape_drop(t, 2, 6, FB_DROP_FINISHED);
    tape_label(t, 2, name, sizeof name - 1);
    tape_enter(t, 2, 3, 7, 5, 36);
    tape_io(t, 2, 7, 7, FB_IO_WRITE, 28, 28);
    tape_exit(t, 2, 3, 7, FB_RESULT_READY, 0);
    tape_drop(t, 2, 7, FB_DROP_FINISHED);
    tape_end(t, 2, 3, FB_RESULT_READY, 0, 0);
    tape_source(t, FB_EV_SOURCE_DEL, 2, 7, FB_SOURCE_STREAM, 0, 1);
    tape_drop(t, 2, 3, FB_DROP_FINISHED);
    tape_done(t, 2, FB_OUTCOME_OK, 0);
    m->greet_done = t->count;
    tape_add(t, FB_EV_TASK_FREE, 0, 0, 2);
    m->greet_free = t->count;
}

void tape_greeter(struct tape *t, struct moments *m) {
    tape_source(t, FB_EV_SOURCE_ADD, 1, 4, FB_SOURCE_LISTENER, 0, 0);
    tape_spawn(t, 1, 0, 1, 1);
    tape_scheduled(t, 1, 1);
    accept_would_block(t, 1);
    m->accept_waits = t->count;
    dial_in(t);
    greet(t, m);
    answer(t, m);
}

void tape_greeter_end(struct tape *t) {
    tape_add(t, FB_EV_TASK_ABORT, 0, 0, 1);
    tape_scheduled(t, 1, 1);
    tape_waker_drop(t, 1, FB_PARTY_SOURCE, 1, 4, FB_WAKER_DROPPED);
    tape_drop(t, 1, 4, FB_DROP_CANCELLED);
    tape_source(t, FB_EV_SOURCE_DEL, 1, 4, FB_SOURCE_LISTENER, 0, 0);
    tape_drop(t, 1, 1, FB_DROP_CANCELLED);
    tape_done(t, 1, FB_OUTCOME_CANCELLED, 0);
    tape_add(t, FB_EV_TASK_FREE, 0, 0, 1);
}

static void census_task(struct tape *t, uint32_t task, uint32_t polls,
                        uint32_t wakes) {
    struct fb_event *e = tape_add(t, FB_EV_CENSUS, FB_CENSUS_TASK, 0, task);

    e->counts.polls = polls;
    e->counts.wakes = wakes;
}

void tape_census_two_tasks(struct tape *t) {
    const size_t from = t->count;

    tape_add(t, FB_EV_CENSUS, FB_CENSUS_BEGIN, 0, 0)->census.tasks = 2;
    tape_spawn(t, 1, 0, 1, 1);
    census_task(t, 1, 2, 1);
    tape_enter(t, 1, 1, 4, 3, 40);
    tape_spawn(t, 2, 1, 3, 2);
    tape_label(t, 2, "127.0.0.1:51234", 15);
    census_task(t, 2, 1, 0);
    tape_enter(t, 2, 3, 6, 4, 31);
    tape_source(t, FB_EV_SOURCE_ADD, 1, 4, FB_SOURCE_LISTENER, 0, 0);
    tape_source(t, FB_EV_SOURCE_ADD, 2, 7, FB_SOURCE_STREAM, 0, 1);
    tape_clone(t, 1, FB_PARTY_SOURCE, 1, 4, FB_READABLE);
    tape_clone(t, 2, FB_PARTY_SOURCE, 2, 6, FB_READABLE);
    tape_add(t, FB_EV_CENSUS, FB_CENSUS_END, 0, 0);
    for (size_t i = from; i < t->count; i++) {
        t->events[i].flags |= FB_EV_FLAG_CENSUS;
    }
}

// ---- names ----

static void place(void *arg, uint32_t index, const char **ret_name,
                  const char **ret_file, uint32_t *ret_line,
                  uint32_t *ret_size) {
    static const struct {
        const char *name, *file;
        uint32_t line;
    } table[] = {{"?", "?", 0},
                 {"serve", "server/serve.c", 12},
                 {"greet", "server/named.c", 20},
                 {"accept", "core/net.c", 50},
                 {"read", "core/net.c", 80},
                 {"write_all", "core/net.c", 110},
                 {"spawn", "server/serve.c", 44}};
    const uint32_t at = index < sizeof table / sizeof *table ? index : 0;

    (void)arg;
    *ret_name = table[at].name;
    *ret_file = table[at].file;
    *ret_line = table[at].line;
    *ret_size = 0;
}

const struct fb_names tape_names = {.place = place};

// ---- the world as text ----

static void tell_task(FILE *f, const struct fb_model *m,
                      const struct fb_model_task *t) {
    static struct fb_model_row rows[512];
    const size_t count = fb_model_tree(m, t->id, rows, 512);
    char reason[200];

    fprintf(f,
            "task %u of %u %s %s out %d polls %u wakes %u/%u/%u/%u/%u self %u "
            "clones %u drops %u by %u %u fd %d label %.*s busy %llu queued "
            "%llu exact %d abort %d joiner %u yields %u/%u\n",
            t->id, t->parent, fb_name_task_state((enum fb_task_state)t->state),
            fb_name_outcome((enum fb_task_outcome)t->outcome), t->out, t->polls,
            t->wakes, t->wakes_scheduled, t->wakes_coalesced,
            t->wakes_during_poll, t->wakes_late, t->wakes_self, t->clones,
            t->drops, t->woken_by_party, t->woken_by, t->woken_by_fd,
            t->label_len, t->label, (unsigned long long)t->busy_ns,
            (unsigned long long)t->queued_ns, t->exact, t->aborted, t->joiner,
            t->yields, t->budgets_out);
    for (size_t i = 0; i < count; i++) {
        const struct fb_model_future *x = rows[i].future;

        fb_say_reason(reason, sizeof reason, &tape_names, m, x->id);
        fprintf(f, "  %u future %u type %u line %u %s polls %u out %d: %s\n",
                rows[i].depth, x->id, x->type, x->line,
                fb_name_future_state((enum fb_future_state)x->state), x->polls,
                x->out, reason);
    }
}

static void tell_stats(FILE *f, const struct fb_model *m) {
    for (int what = 0; what < FB_DURATIONS; what++) {
        const struct fb_histogram *h = &m->durations[what];

        fprintf(f, "durations %llu sum %llu max %llu:",
                (unsigned long long)h->count, (unsigned long long)h->sum_ns,
                (unsigned long long)h->max_ns);
        for (uint32_t i = 0; i < FB_HISTOGRAM_BUCKETS; i++) {
            if (h->buckets[i] > 0) {
                fprintf(f, " %u x%llu", i, (unsigned long long)h->buckets[i]);
            }
        }
        fputc('\n', f);
    }
    fprintf(f, "in vain %llu coalesced %llu gaps %llu ns, busy %llu\n",
            (unsigned long long)m->polls_in_vain,
            (unsigned long long)m->wakes_coalesced,
            (unsigned long long)m->gap_ns,
            (unsigned long long)m->first.busy_ns);
}

static void tell_peers(FILE *f, const char *name,
                       const struct fb_model_peers *p) {
    fprintf(f, " %s%s", name, p->more ? " and more" : "");
    for (uint32_t i = 0; i < p->count; i++) {
        fprintf(f, " %u x%u", p->tasks[i].task, p->tasks[i].amount);
    }
}

static void tell_channels(FILE *f, const struct fb_model *m) {
    for (uint32_t id = 0; id < 64; id++) {
        const struct fb_model_channel *c = fb_model_channel(m, id);

        if (c != NULL) {
            fprintf(f, "channel %u kind %u count %u", id, c->kind, c->count);
            tell_peers(f, "givers", &c->givers);
            tell_peers(f, "takers", &c->takers);
            fputc('\n', f);
        }
    }
}

char *world_text(const struct fb_model *m) {
    const struct fb_model_task *t;
    const struct fb_model_source *s;
    const struct fb_model_timer *timer;
    uint32_t cursor = 0;
    char *text = NULL;
    size_t len;
    FILE *f = open_memstream(&text, &len);

    assert_non_null(f);
    fprintf(f,
            "event %llu time %llu polls %llu wakes %llu lost %llu anomalies "
            "%llu live %u zombies %u queue %u running %d stack %u uncertain "
            "%d parked %d\n",
            (unsigned long long)m->event, (unsigned long long)m->time_ns,
            (unsigned long long)m->polls, (unsigned long long)m->wakes,
            (unsigned long long)m->lost, (unsigned long long)m->anomalies,
            m->live_tasks, m->zombie_tasks, m->queue_len,
            m->first.running != FB_MODEL_NONE, m->first.stack_len, m->uncertain,
            m->parked);
    tell_stats(f, m);
    tell_channels(f, m);
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        tell_task(f, m, t);
    }
    cursor = 0;
    while ((t = fb_model_freed_next(m, &cursor)) != NULL) {
        fprintf(f, "freed %u\n", t->id);
    }
    for (uint32_t at = m->first.queue_head;
         (t = fb_model_task_at(m, at)) != NULL; at = t->queue_next) {
        fprintf(f, "queued %u\n", t->id);
    }
    cursor = 0;
    while ((s = fb_model_source_next(m, &cursor)) != NULL) {
        fprintf(f, "source %u fd %d ready %u in %llu out %llu\n", s->id, s->fd,
                s->ready, (unsigned long long)s->bytes_in,
                (unsigned long long)s->bytes_out);
    }
    cursor = 0;
    while ((timer = fb_model_timer_next(m, &cursor)) != NULL) {
        fprintf(f, "timer %u at %llu task %u\n", timer->id,
                (unsigned long long)timer->deadline_ns, timer->task);
    }
    assert_int_equal(fclose(f), 0);
    return text;
}

void tape_play(const struct tape *t, size_t count, struct fb_model *m) {
    assert_int_equal(fb_model_init(m), 0);
    for (size_t i = 0; i < count; i++) {
        assert_int_equal(fb_model_feed(m, i + 1, &t->events[i]), 0);
    }
}

struct fb_lives *tape_lives(const struct tape *t) {
    struct fb_lives *l;

    assert_int_equal(fb_lives_create(&l), 0);
    for (size_t i = 0; i < t->count; i++) {
        assert_int_equal(fb_lives_feed(l, i + 1, &t->events[i]), 0);
    }
    return l;
}
