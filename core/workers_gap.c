// Problem: a viewer stops a program, steps it and asks for a census. With
// several workers there is no "between two polls" unless all are there at once.
// Idea: each worker passes a gap between two steps (a poll, a look at the
// reactor). Most of the time it only says so. Who has to talk to the viewer
// draws a ticket, and has the world for itself when it is its turn and all
// others are at a gap or idle:
//
//     in a step ──gap──► nobody has a ticket ──────────────► in a step
//                   │    someone has: wait until he is done ─┘
//                   └──► the viewer wants something, or each event counts:
//                        ticket ─ turn, all others out ─► exclusive
//                                                            │ obey
//                        each event counts? the next step exclusively, then
//                        the turn goes to the next ticket: one moves at a time
//
// Invariants: while one is exclusive no other is in a step, so nobody else
// writes events, polls, or touches what is shared.
// Concurrency: a step begins with a store to in_step, then a look at the
// tickets; a ticket is drawn, then in_step is looked at. All are sequentially
// consistent: one of the two sees the other. An untraced run has no gaps.
#include "workers_impl.h"

#ifdef FB_NO_TRACE

void fb__gap_leave(struct fb__worker *w) {
    (void)w;
}

void fb__gap_pass(struct fb__worker *w) {
    (void)w;
}

#else

static bool no_tickets(const struct fb__group *g) {
    return atomic_load(&g->tickets) == atomic_load(&g->serving);
}

static void tell_moved(struct fb__group *g) {
    pthread_mutex_lock(&g->gap_lock);
    pthread_cond_broadcast(&g->gap_moved);
    pthread_mutex_unlock(&g->gap_lock);
}

static bool others_in_step(const struct fb__worker *w) {
    const struct fb__group *g = w->group;

    for (uint32_t i = 0; i < g->count; i++) {
        if (&g->workers[i] != w && atomic_load(&g->workers[i].in_step)) {
            return true;
        }
    }
    return false;
}

static void become_exclusive(struct fb__worker *w) {
    struct fb__group *g = w->group;
    uint32_t mine;

    pthread_mutex_lock(&g->gap_lock);
    mine = atomic_fetch_add(&g->tickets, 1);
    while (atomic_load(&g->serving) != mine || others_in_step(w)) {
        pthread_cond_wait(&g->gap_moved, &g->gap_lock);
    }
    pthread_mutex_unlock(&g->gap_lock);
    w->exclusive = true;
}

static void end_exclusive(struct fb__worker *w) {
    struct fb__group *g = w->group;

    w->exclusive = false;
    pthread_mutex_lock(&g->gap_lock);
    atomic_fetch_add(&g->serving, 1);
    pthread_cond_broadcast(&g->gap_moved);
    pthread_mutex_unlock(&g->gap_lock);
}

static void wait_for_tickets(struct fb__group *g) {
    pthread_mutex_lock(&g->gap_lock);
    pthread_cond_broadcast(&g->gap_moved); // one may wait for this worker
    // Where each event counts the tickets never end: draw one, too.
    while (!no_tickets(g) && !atomic_load(&g->one_by_one)) {
        pthread_cond_wait(&g->gap_moved, &g->gap_lock);
    }
    pthread_mutex_unlock(&g->gap_lock);
}

void fb__gap_leave(struct fb__worker *w) {
    if (w->rt->trace == NULL) {
        return;
    }
    atomic_store(&w->in_step, false);
    if (w->exclusive) {
        end_exclusive(w);
    } else if (!no_tickets(w->group)) {
        tell_moved(w->group);
    }
}

// True: the next step is this worker's alone, too.
static bool obey_exclusively(struct fb__worker *w) {
    struct fb__group *g = w->group;
    bool one_by_one;

    become_exclusive(w);
    fb__obey_viewer(w->rt);
    one_by_one = g->home->trace->attention == 0;
    atomic_store(&g->one_by_one, one_by_one);
    if (!one_by_one) {
        end_exclusive(w);
    }
    return one_by_one;
}

// While others were exclusive time may have stood still, and a census may have
// told of this worker's queue: its next stamp comes after.
static void catch_up(struct fb__worker *w) {
    uint32_t serving = atomic_load(&w->group->serving);

    if (w->served != serving) {
        w->served = serving;
        fb__clock_refresh(w->rt);
    }
}

static void enter_step(struct fb__worker *w) {
    struct fb__group *g = w->group;

    for (;;) {
        if ((atomic_load(&g->one_by_one) || fb_trace_wanted(w->rt->trace)) &&
            obey_exclusively(w)) {
            atomic_store(&w->in_step, true);
            return;
        }
        atomic_store(&w->in_step, true);
        if (no_tickets(g)) {
            return;
        }
        atomic_store(&w->in_step, false);
        wait_for_tickets(g);
    }
}

void fb__gap_pass(struct fb__worker *w) {
    if (w->rt->trace != NULL) {
        fb__gap_leave(w);
        enter_step(w);
        catch_up(w);
    }
}

#endif
