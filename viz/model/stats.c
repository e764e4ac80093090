// Problem: percentiles of all tasks and of any one, after any event, without
// looking at millions of events for each frame and without making each event
// dearer.
// Idea: the world has one pair of histograms for all tasks; a duration is one
// addition. One task's are read from its own events when somebody looks at it:
// from its spawn on, and no further back than a frame has time for. What could
// not be reached is said.
// Invariants: what fb_stats_task takes for a duration is what the world does:
// an event's own time, no census, no gap in between.
#include "stats.h"
#include "world.h"

// ---- folding ----

// A task that a gap or a census left in the queue may have been polled and
// woken again since its TASK_SCHEDULED: such a wait is no sample.
void fb__world_note_wait(struct fb_model *m, struct fb_model_task *t) {
    const uint64_t took_ns = fb__since(m->time_ns, t->scheduled_ns);

    t->queued_ns += took_ns;
    if (t->scheduled_event != 0 && t->scheduled_event >= m->gap_event) {
        fb_histogram_add(&m->durations[FB_DURATION_LATENCY], took_ns);
    }
}

void fb__world_note_poll(struct fb_model *m, struct fb_model_worker *w,
                         struct fb_model_task *t, const struct fb_event *e) {
    const uint64_t took_ns = fb__since(m->time_ns, t->poll_begin_ns);

    t->busy_ns += took_ns;
    w->busy_ns += took_ns;
    m->busy_ns += took_ns;
    t->max_poll_ns = took_ns > t->max_poll_ns ? took_ns : t->max_poll_ns;
    fb_histogram_add(&m->durations[FB_DURATION_POLL], took_ns);
    if (e->detail == FB_RESULT_PENDING && !w->moved) {
        t->polls_in_vain++;
        m->polls_in_vain++;
    }
}

// Whose poll `e` is a result of, as far as it says; 0: it is none. Entering a
// new future and leaving one that is Ready are noted where that is found out.
static uint32_t moving_task(const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN: return e->spawn.parent;
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_JOIN: return e->by.by;
    case FB_EV_FUTURE_DROP: return e->drop.task;
    case FB_EV_WAKE: return e->flags == FB_PARTY_TASK ? e->wake.cause : 0;
    case FB_EV_SOURCE_ADD: return e->source.task;
    case FB_EV_TIMER_SET: return e->timer.task;
    case FB_EV_YIELD:
    case FB_EV_BUDGET_OUT: return e->subject;
    case FB_EV_CHANNEL: return e->channel.task;
    case FB_EV_BLOCK_BEGIN: return e->block.task;
    default: return 0;
    }
}

void fb__world_note_move(struct fb_model *m, const struct fb_event *e) {
    const struct fb_model_task *t;
    uint32_t task;

    if (e->kind == FB_EV_IO) {
        const uint32_t number = e->flags & FB_EV_WORKER_MASK;

        if (e->io.result >= 0 && number < fb_model_workers(m)) {
            fb__worker_at(m, number)->moved = true;
        }
        return;
    }
    task = moving_task(e);
    if (task == 0) {
        return;
    }
    if (m->workers.count == 0) { // who else
        m->first.moved = true;
        return;
    }
    t = fb_model_task(m, task);
    if (t != NULL && t->state == FB_TASK_RUNNING) {
        fb__worker_at(m, t->worker)->moved = true;
    }
}

// ---- one task ----

// Of the poll and the wait under way: when they began, if that was seen.
struct under_way {
    uint64_t since_ns[FB_DURATIONS];
    bool seen[FB_DURATIONS];
};

static void end_of(struct fb_task_durations *ret, struct under_way *u,
                   enum fb_duration what, uint64_t now_ns) {
    if (u->seen[what]) {
        fb_histogram_add(&ret->of[what], fb__since(now_ns, u->since_ns[what]));
        u->seen[what] = false;
    }
}

static void begin_of(struct under_way *u, enum fb_duration what,
                     uint64_t now_ns) {
    u->since_ns[what] = now_ns;
    u->seen[what] = true;
}

static void look_at(struct fb_task_durations *ret, struct under_way *u,
                    const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SCHEDULED:
        if (!fb__is_census(e) && e->detail != FB_QUEUE_STOLEN) {
            begin_of(u, FB_DURATION_LATENCY, e->time_ns);
        }
        break;
    case FB_EV_POLL_BEGIN:
        end_of(ret, u, FB_DURATION_LATENCY, e->time_ns);
        begin_of(u, FB_DURATION_POLL, e->time_ns);
        break;
    case FB_EV_POLL_END: end_of(ret, u, FB_DURATION_POLL, e->time_ns); break;
    default: break;
    }
}

// The first event to look at.
static uint64_t begin_at(const struct fb_history *h, const struct fb_model *m,
                         const struct fb_model_task *t, uint64_t look_back,
                         struct fb_task_durations *ret) {
    const uint64_t kept = fb_history_first(h);
    uint64_t from = t->spawn_event > kept ? t->spawn_event : kept;

    ret->from_birth = t->spawn_event != 0 && from == t->spawn_event;
    if (look_back != 0 && m->event >= look_back &&
        m->event - look_back + 1 > from) {
        from = m->event - look_back + 1;
        ret->from_birth = false;
    }
    return fb_history_event(h, from) != NULL ? from : fb_history_next(h, from);
}

void fb_stats_task(const struct fb_history *h, const struct fb_model *m,
                   uint32_t task, uint64_t look_back,
                   struct fb_task_durations *ret) {
    const struct fb_model_task *t = fb_model_task(m, task);
    struct under_way u = {0};
    uint64_t end, n, next;

    *ret = (struct fb_task_durations){0};
    if (t == NULL) {
        return;
    }
    end = t->last_event < m->event ? t->last_event : m->event;
    n = ret->from = begin_at(h, m, t, look_back, ret);
    while (n != 0 && n <= end) {
        uint64_t first = 0;
        size_t count = 0;
        const struct fb_event *run = fb_history_run(h, n, &first, &count);

        for (; run != NULL && n - first < count && n <= end; n++) {
            if (run[n - first].subject == task) {
                look_at(ret, &u, &run[n - first]);
            }
        }
        next = fb_history_next(h, n - 1);
        if (next != n) { // a gap ends what was under way
            u = (struct under_way){0};
        }
        n = next;
    }
}

// ---- workers ----

struct fb_worker_time fb_stats_worker(const struct fb_model *m,
                                      uint32_t worker) {
    const struct fb_model_worker *w = fb_model_worker(m, worker);
    struct fb_worker_time time = {0};
    const struct fb_model_task *t;
    uint64_t all, used;

    if (w == NULL || m->event == 0) {
        return time;
    }
    t = fb_model_task_at(m, w->running);
    time.polls_ns = w->busy_ns;
    time.polls_ns += t != NULL ? fb__since(m->time_ns, t->poll_begin_ns) : 0;
    time.parked_ns = w->parked_ns;
    time.parked_ns += w->parked ? fb__since(m->time_ns, w->park_since_ns) : 0;
    all = fb__since(m->time_ns, w->heard_ns);
    used = time.polls_ns + time.parked_ns + (m->gap_ns - w->heard_gap_ns);
    time.rest_ns = fb__since(all, used);
    return time;
}
