// Problem: one thread polls one task at a time; a machine has more.
// Idea: several workers, each a thread with a run queue and the step it has
// under way in a struct fb_runtime of its own, around one world of tasks,
// timers and sources, which is their home's. A worker's turn is the executor's
// (executor.c), with two differences: an empty queue is filled from another
// one's, and only one worker at a time waits for the kernel.
//
//     ┌► gap (workers_gap.c)
//     │  own queue empty? take from the door; steal; else be idle
//     │  poll one task
//     └─ each 61st time: a look at the reactor, the timers and the door
//
// The threads live as long as a run. Between runs, and in what is not one
// (fb_run_until_stalled), the runtime is the calling thread's alone, and what
// the others had queued is in its queue.
// Invariants: a task is polled by one worker at a time; a run that has
// returned has left no thread behind.
// Concurrency: workers_lock.c says what is shared, workers_impl.h who may
// touch which field.
#include "workers_impl.h"

#include "emit.h"
#include "hostile.h"

#include <errno.h>

enum { POLLS_A_TURN = 61, POLLS_OF_A_BUDGET = 8, FUTURE_IDS = 256 };

// ---- making and ending them ----

static void init_worker(struct fb__group *g, uint32_t index) {
    struct fb__worker *w = &g->workers[index];
    struct fb_runtime *home = g->home;

    w->group = g;
    w->rt = index == 0 ? home : &w->part;
    // Default attributes: none of these can fail on Linux.
    pthread_mutex_init(&w->queue_lock, NULL);
    pthread_cond_init(&w->woken, NULL);
    w->rt->home = home;
    w->rt->group = g;
    w->rt->worker = (uint16_t)index;
    w->rt->end_future_id = 0; // they come from home
    if (index > 0) {
        w->part.polls_at_park = home->polls_at_park;
        w->part.order = home->order;
        w->part.picks = home->picks;
        w->part.random = (home->random ^ index) * 0x9e3779b97f4a7c15u | 1;
#ifdef FB_HOSTILE
        w->part.hostile = home->hostile != 0 ? w->part.random : 0;
#endif
    }
}

static int open_rings(struct fb__group *g) {
    int err = 0;

    for (uint32_t i = 1; g->home->trace != NULL && err == 0 && i < g->count;
         i++) {
        struct fb__worker *w = &g->workers[i];

        err = fb_trace_ring_open(&w->writer, g->home->trace, i);
        w->part.trace = err == 0 ? &w->writer : NULL;
    }
    return err;
}

int fb__workers_create(struct fb_runtime *home, uint32_t count) {
    struct fb__group *g;
    int err;

    if (count > FB_WORKERS_MAX) {
        return -EINVAL;
    }
    g = fb__sys.alloc(sizeof *g + count * sizeof g->workers[0]);
    if (g == NULL) {
        return -ENOMEM;
    }
    g->home = home;
    g->count = count;
    pthread_mutex_init(&g->lock, NULL);
    pthread_cond_init(&g->news, NULL);
    pthread_mutex_init(&g->idle_lock, NULL);
    pthread_cond_init(&g->gate, NULL);
    pthread_mutex_init(&g->gap_lock, NULL);
    pthread_cond_init(&g->gap_moved, NULL);
    for (uint32_t i = 0; i < count; i++) {
        init_worker(g, i);
    }
    err = open_rings(g);
    if (err < 0) {
        fb__workers_destroy(home);
    }
    return err;
}

void fb__workers_destroy(struct fb_runtime *home) {
    struct fb__group *g = home->group;

    if (g == NULL) {
        return;
    }
    for (uint32_t i = 0; i < g->count; i++) {
        struct fb__worker *w = &g->workers[i];

        fb_trace_ring_close(&w->writer);
        pthread_mutex_destroy(&w->queue_lock);
        pthread_cond_destroy(&w->woken);
    }
    pthread_mutex_destroy(&g->lock);
    pthread_cond_destroy(&g->news);
    pthread_mutex_destroy(&g->idle_lock);
    pthread_cond_destroy(&g->gate);
    pthread_mutex_destroy(&g->gap_lock);
    pthread_cond_destroy(&g->gap_moved);
    home->group = NULL;
    fb__sys.free(g);
}

// ---- what the rest of core asks ----

struct fb_runtime *fb__workers_at(struct fb_runtime *home, uint32_t index) {
    if (index == 0) {
        return home;
    }
    return home->group != NULL && index < home->group->count
               ? home->group->workers[index].rt
               : NULL;
}

static uint64_t count_of(const _Atomic uint64_t *counter) {
    // Relaxed: a count, not an order.
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void fb__workers_count(struct fb_runtime *home, struct fb_runtime_stats *ret) {
    const struct fb_runtime *rt;

    for (uint32_t i = 0; (rt = fb__workers_at(home, i)) != NULL; i++) {
        ret->polls += count_of(&rt->polls);
        ret->wakes += count_of(&rt->wakes);
        ret->parks += count_of(&rt->parks);
        ret->empty_parks += count_of(&rt->empty_parks);
        ret->forced_yields += count_of(&rt->forced_yields);
        ret->remote_wakes += count_of(&rt->remote_wakes);
    }
}

void fb__more_future_ids(struct fb_runtime *rt) {
    struct fb_runtime *home = rt->home;

    if (rt->group == NULL) {
        rt->last_future_id = 0; // all 2^32 were given away: from the start
        return;
    }
    fb__shared_begin();
    rt->last_future_id = home->next_future_ids;
    home->next_future_ids += FUTURE_IDS;
    rt->end_future_id = home->next_future_ids;
    fb__shared_end();
}

void fb__group_end(struct fb__group *g, int result) {
    pthread_mutex_lock(&g->idle_lock);
    if (!fb__group_is_over(g)) {
        g->result = result;
        // Release: pairs with the acquire in fb__group_is_over.
        atomic_store_explicit(&g->over, true, memory_order_release);
        fb__workers_rouse_all(g);
    }
    pthread_mutex_unlock(&g->idle_lock);
}

void fb__workers_note_done(struct fb_runtime *rt, const struct fb_task *task) {
    struct fb__group *g = fb__group_here;

    if (rt->group != g) {
        return; // of a runtime that this one's task has made
    }
    fb__shared_news();
    if (g->until != NULL ? task == g->until : g->home->live == 0) {
        fb__group_end(g, 0);
    }
}

// ---- a worker's turns ----

static void obey_interrupt(struct fb__group *g) {
    struct fb__door *door = g->home->door;

    // Relaxed: only a hint to look.
    if (atomic_load_explicit(&door->interrupted, memory_order_relaxed) &&
        atomic_exchange_explicit(&door->interrupted, 0, memory_order_acquire)) {
        fb__group_end(g, -EINTR);
    }
}

static bool someone_yielded(const struct fb_runtime *home) {
    bool some;

    fb__shared_begin();
    some = home->deferred.first != NULL;
    fb__shared_end();
    return some;
}

// The own queue is empty. NULL: look there again.
static struct fb_task *find_work(struct fb__worker *w) {
    struct fb_task *stolen;

    obey_interrupt(w->group);
    fb__take_from_door(w->rt);
    if (atomic_load(&w->ready) > 0) {
        return NULL;
    }
    stolen = fb__workers_steal(w);
    if (stolen != NULL) {
        return stolen;
    }
    if (someone_yielded(w->group->home)) {
        fb__workers_look(w);
    } else {
        fb__workers_idle(w);
    }
    return NULL;
}

// Gives what it counts in a turn.
static int run_one(struct fb__worker *w, struct fb_task *task) {
    struct fb_runtime *rt = w->rt;
    bool was_long;

    fb__workers_found(w);
    fb__reactor_unpark(rt, 0);
    fb__run_task(rt, task);
    was_long = rt->long_poll;
    rt->long_poll = false;
    return was_long ? POLLS_OF_A_BUDGET : 1;
}

static void work(struct fb__worker *w) {
    int done = 0;

    fb__gap_pass(w);
    fb__clock_refresh(w->rt);
    while (!fb__group_is_over(w->group)) {
        struct fb_task *task;

        if (atomic_load(&w->ready) > 0) {
            fb__hostile_between_polls(w->rt);
        }
        task = fb__workers_take(w);
        if (task == NULL) {
            task = find_work(w);
        }
        if (task != NULL) {
            done += run_one(w, task);
        }
        if (done >= POLLS_A_TURN) {
            obey_interrupt(w->group);
            fb__workers_look(w);
            done = 0;
        }
        fb__gap_pass(w);
    }
    fb__reactor_unpark(w->rt, 0);
    fb__gap_leave(w);
}

// ---- the threads of a run ----

// Whether the run takes place: false if some thread could not be made.
static bool pass_gate(struct fb__group *g) {
    bool refused;

    pthread_mutex_lock(&g->idle_lock);
    while (!g->gate_open) {
        pthread_cond_wait(&g->gate, &g->idle_lock);
    }
    refused = g->refused;
    pthread_mutex_unlock(&g->idle_lock);
    return !refused;
}

static void *thread_main(void *arg) {
    struct fb__worker *w = arg;

    if (pass_gate(w->group)) {
        fb__enter_thread(w->rt);
        fb__thread_runs = true;
        fb__group_here = w->group;
        work(w);
    }
    return NULL;
}

static void open_gate(struct fb__group *g, bool refused) {
    pthread_mutex_lock(&g->idle_lock);
    g->gate_open = true;
    g->refused = refused;
    pthread_cond_broadcast(&g->gate);
    pthread_mutex_unlock(&g->idle_lock);
}

static void begin_run(struct fb__group *g, const struct fb_task *until) {
    const struct fb_trace_writer *trace = g->home->trace;

    g->until = until;
    g->result = 0;
    g->gate_open = g->refused = false;
    atomic_store(&g->over, false);
    atomic_store(&g->one_by_one, trace != NULL && trace->attention == 0);
    atomic_store(&g->workers[0].ready, g->home->queue_len);
}

static int run_threads(struct fb__group *g) {
    uint32_t made = 1;
    int err = 0;

    for (; err == 0 && made < g->count; made += err == 0) {
        struct fb__worker *w = &g->workers[made];

        err = -fb__sys.thread_create(&w->thread, thread_main, w);
    }
    open_gate(g, err < 0);
    if (err == 0) {
        fb__group_here = g;
        work(&g->workers[0]);
        fb__group_here = NULL;
    }
    while (made > 1) {
        pthread_join(g->workers[--made].thread, NULL);
    }
    return err < 0 ? err : g->result;
}

int fb__workers_run(struct fb_runtime *home, const struct fb_task *until) {
    struct fb__group *g = home->group;
    int err = 0;

    while (err == 0 && (until != NULL ? until->outcome == FB_OUTCOME_NONE
                                      : home->live > 0)) {
        begin_run(g, until);
        // Relaxed: whoever has to see it is made, or goes on, after this.
        atomic_fetch_add_explicit(&fb__group_runs, 1, memory_order_relaxed);
        err = run_threads(g);
        atomic_fetch_sub_explicit(&fb__group_runs, 1, memory_order_relaxed);
        fb__workers_collect(g);
    }
    // The last task may have ended before others that were cancelled in a
    // queue have left it; with one worker they go in the same turn.
    while (err == 0 && until == NULL && home->queue_len > 0) {
        fb__run_task(home, fb__queue_take(home));
    }
    return err == -EDEADLK ? fb__say_stall(home) : err;
}
