// The rules of tasks: queue, polls, ends; and which rule judges which event.
//
// What is legal although it looks odd: a wake by another thread during a poll
// is never written, so a task may be scheduled again right after its POLL_END;
// an abort by another thread is written when the task's turn comes; the futures
// of a task that ends may still wake it. With several workers, the events of
// the others come between those of a task's own step, a queue's length is told
// by its owner while a thief is at it, and each worker has its own clock.
#include "lives_state.h"

const struct fb_model_task *fb__lives_task(struct fb_lives *l,
                                           const struct fb_event *e,
                                           enum fb_life_rule rule) {
    const struct fb_model_task *t = fb_model_task(&l->world, e->subject);

    if (t == NULL) {
        fb__fault(l, rule,
                  "Event kind %u speaks of task %u, which does not "
                  "exist.",
                  e->kind, e->subject);
    } else if (t->state == FB_TASK_FREED) {
        fb__fault(l, rule, "Event kind %u speaks of task %u, which is freed.",
                  e->kind, e->subject);
        t = NULL;
    }
    return t;
}

static void judge_spawn(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_task *t = fb_model_task(&l->world, e->subject);

    if (e->subject == 0) {
        fb__fault(l, FB_LIFE_SPAWN, "A task without an id is spawned.");
    } else if (t != NULL && t->state < FB_TASK_COMPLETE) {
        fb__fault(l, FB_LIFE_SPAWN, "Task %u is spawned while it is alive.",
                  e->subject);
    }
    if (fb_model_future(&l->world, e->spawn.root_future) != NULL) {
        fb__fault(l, FB_LIFE_SPAWN,
                  "The root future %u of task %u belongs to another task.",
                  e->spawn.root_future, e->subject);
    }
}

// A thief takes what lies in another worker's queue, and nothing else.
static void judge_steal(struct fb_lives *l, const struct fb_event *e,
                        const struct fb_model_task *t) {
    const uint32_t thief = fb_event_worker(e);

    if (t->state != FB_TASK_SCHEDULED) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u is stolen by worker %u, but it is in no run queue.",
                  t->id, thief);
    } else if (t->worker == thief) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u is stolen by worker %u, in whose queue it is.",
                  t->id, thief);
    }
}

static void judge_scheduled(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model *m = &l->world;
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_QUEUE);

    if (t == NULL) {
        return;
    }
    if (e->detail == FB_QUEUE_STOLEN) {
        judge_steal(l, e, t);
        return;
    }
    if (t->state == FB_TASK_SCHEDULED || t->state == FB_TASK_RUNNING) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u joins the run queue while it is "
                  "%s.",
                  t->id,
                  t->state == FB_TASK_RUNNING ? "being polled" : "in it");
        return;
    }
    if (t->state == FB_TASK_COMPLETE && !t->aborted) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u joins the run queue after it is "
                  "complete.",
                  t->id);
        return;
    }
    if (!(t->polls == 0 && t->scheduled_ns == t->spawn_ns) && l->due != t->id &&
        !fb__set_has(&l->dues, t->id) &&
        fb__lives_worker(l, e)->just_ended != t->id && !t->wake_during_poll &&
        !t->aborted && e->detail != FB_QUEUE_INJECT) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u joins the run queue, but nobody woke it.", t->id);
    }
    if (l->depth_known && !l->several &&
        e->scheduled.depth != m->queue_len + 1) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u makes the run queue %u long, but it was %u before.",
                  t->id, e->scheduled.depth, m->queue_len);
    }
}

// A task is polled by one worker at a time, out of that worker's own queue.
static void judge_where(struct fb_lives *l, const struct fb_event *e,
                        const struct fb_model_task *t) {
    const uint32_t worker = fb_event_worker(e);

    if (t->worker == worker) {
        return;
    }
    if (t->state == FB_TASK_RUNNING) {
        fb__fault(l, FB_LIFE_POLL,
                  "Task %u is polled by worker %u while worker %u polls it.",
                  t->id, worker, t->worker);
    } else if (t->state == FB_TASK_SCHEDULED) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u is polled by worker %u, but it is in the run queue "
                  "of worker %u.",
                  t->id, worker, t->worker);
    }
}

static void judge_poll_begin(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model *m = &l->world;
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_POLL);
    const struct fb_model_worker *w = fb__lives_named(l, e);
    const struct fb_model_future *root;

    fb__lives_worker(l, e)->budget_out = false;
    if (t == NULL) {
        return;
    }
    if (w->running != FB_MODEL_NONE) {
        fb__fault(l, FB_LIFE_POLL, "Task %u is polled while task %u is.", t->id,
                  fb_model_task_at(m, w->running)->id);
    }
    if (w->parked) {
        fb__fault(l, FB_LIFE_POLL, "Task %u is polled by a parked executor.",
                  t->id);
    }
    judge_where(l, e, t);
    if (t->state == FB_TASK_COMPLETE) {
        fb__fault(l, FB_LIFE_POLL, "Task %u is polled after it is complete.",
                  t->id);
    } else if (t->state == FB_TASK_IDLE) {
        fb__fault(l, FB_LIFE_POLL,
                  "Task %u is polled, but it is not in the run queue.", t->id);
    }
    root = fb_model_future_at(m, t->root);
    if (root != NULL && root->id != e->poll.future) {
        fb__fault(l, FB_LIFE_POLL,
                  "Task %u is polled with root future %u; it "
                  "was spawned with %u.",
                  t->id, e->poll.future, root->id);
    }
    if (fb__set_has(&l->ready, t->id) || fb__set_has(&l->failed, t->id)) {
        fb__fault(l, FB_LIFE_POLL, "Task %u is polled after its root was done.",
                  t->id);
    }
}

// Nobody holds its waker now; whether another thread has woken it meanwhile is
// seen from the next event.
static void judge_promise(struct fb_lives *l, struct fb__lives_worker *w,
                          const struct fb_model_task *t) {
    if (t->holds == FB_MODEL_NONE && !t->wake_during_poll && !t->aborted) {
        w->doubtful = t->id;
        w->doubtful_event = l->number;
    }
}

void fb__lives_doubt(struct fb_lives *l, struct fb__lives_worker *w) {
    const uint64_t number = l->number;

    if (w->doubtful != 0) {
        l->number = w->doubtful_event;
        fb__fault(l, FB_LIFE_LOST_WAKE,
                  "Task %u returned Pending, and nobody holds its waker.",
                  w->doubtful);
        l->number = number;
    }
    w->doubtful = 0;
}

static void judge_poll_end(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_POLL);
    struct fb__lives_worker *w = fb__lives_worker(l, e);

    if (t == NULL) {
        return;
    }
    if (t->state != FB_TASK_RUNNING) {
        fb__fault(l, FB_LIFE_POLL,
                  "The poll of task %u ends, but it never began.", t->id);
        return;
    }
    if (t->worker != fb_event_worker(e)) {
        fb__fault(l, FB_LIFE_POLL,
                  "The poll of task %u ends on worker %u, but worker %u polls "
                  "it.",
                  t->id, fb_event_worker(e), t->worker);
        return;
    }
    if (w->depth > 1) {
        fb__fault(l, FB_LIFE_NESTING,
                  "The poll of task %u ends while future "
                  "%u is still being polled.",
                  t->id, w->stack[w->depth - 1]);
    }
    if (e->detail == FB_RESULT_PENDING) {
        judge_promise(l, w, t);
    } else if (e->detail > FB_RESULT_FAILED) {
        fb__fault(l, FB_LIFE_NUMBERS, "A poll of task %u has result %u.", t->id,
                  e->detail);
    }
}

// The budget is a poll's: only who is being polled can use it up, and once.
static void judge_budget_out(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_END);
    struct fb__lives_worker *w = fb__lives_worker(l, e);

    if (t == NULL) {
        return;
    }
    if (t->state != FB_TASK_RUNNING) {
        fb__fault(l, FB_LIFE_POLL,
                  "Task %u has used up its budget, but it is not being polled.",
                  t->id);
    } else if (w->budget_out) {
        fb__fault(l, FB_LIFE_POLL,
                  "Task %u has used up its budget twice in one poll.", t->id);
    }
    w->budget_out = true;
}

static void judge_done(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model *m = &l->world;
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_END);
    const struct fb_model_future *root;
    const bool ready = fb__set_has(&l->ready, e->subject);
    const bool failed = fb__set_has(&l->failed, e->subject);

    if (t == NULL) {
        return;
    }
    if (t->state == FB_TASK_COMPLETE) {
        fb__fault(l, FB_LIFE_END, "Task %u is complete a second time.", t->id);
        return;
    }
    if (t->state == FB_TASK_RUNNING) {
        fb__fault(l, FB_LIFE_END, "Task %u is complete inside its own poll.",
                  t->id);
    }
    if (e->detail <= FB_OUTCOME_ERROR && (!ready || e->detail == 0)) {
        fb__fault(l, FB_LIFE_END,
                  "Task %u is complete, but its root was never "
                  "Ready.",
                  t->id);
    } else if (e->detail == FB_OUTCOME_FAILED && !failed) {
        fb__fault(l, FB_LIFE_END,
                  "Task %u is complete as failed, but no poll "
                  "of it failed.",
                  t->id);
    } else if (e->detail == FB_OUTCOME_CANCELLED && ready) {
        fb__fault(l, FB_LIFE_END,
                  "Task %u is complete as cancelled, but its "
                  "root was Ready.",
                  t->id);
    }
    root = fb_model_future_at(m, t->root);
    if (root != NULL && root->state != FB_FUTURE_DROPPED) {
        fb__fault(l, FB_LIFE_END,
                  "Task %u is complete, but its root future %u "
                  "is not dropped.",
                  t->id, root->id);
    }
}

static void judge_free(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_END);
    const struct fb_model_hold *h;

    if (t == NULL) {
        return;
    }
    if (t->state != FB_TASK_COMPLETE) {
        fb__fault(l, FB_LIFE_END, "Task %u is freed before it is complete.",
                  t->id);
    }
    // A waker that the program keeps may have gone on another thread, unseen.
    for (uint32_t at = t->holds; (h = fb_model_hold_at(&l->world, at)) != NULL;
         at = h->next_of_task) {
        if (h->party != FB_PARTY_OUTSIDE) {
            fb__fault(l, FB_LIFE_WAKER,
                      "Task %u is freed, but its waker for "
                      "future %u (event %llu) was never "
                      "released.",
                      t->id, h->future, (unsigned long long)h->event);
            break;
        }
    }
}

// Whether the event tells what becomes of the task after all.
static bool resolves(const struct fb_event *e, uint32_t task) {
    return e->kind == FB_EV_FUTURE_DROP ||
           (e->subject == task &&
            (e->kind == FB_EV_TASK_SCHEDULED || e->kind == FB_EV_TASK_ABORT ||
             e->kind == FB_EV_TASK_DONE));
}

// A worker that goes on to its next step has said all about the last one.
static void judge_doubts(struct fb_lives *l, const struct fb_event *e) {
    for (uint32_t i = 0; i < fb_model_workers(&l->world); i++) {
        struct fb__lives_worker *w = &l->workers[i];

        if (w->doubtful == 0) {
            continue;
        }
        if (resolves(e, w->doubtful)) {
            w->doubtful = 0;
        } else if (!l->several ||
                   (w == fb__lives_worker(l, e) &&
                    (e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_PARK))) {
            fb__lives_doubt(l, w);
        }
    }
}

// Each worker's own clock only goes on; so does the only one's, event by event.
// A census names queues of workers by the clock of the one that writes it.
static void judge_clock(struct fb_lives *l, const struct fb_event *e) {
    uint64_t before = l->world.time_ns;

    if (l->several) {
        before = fb_event_worker(e) != FB_MODEL_NONE &&
                         (e->flags & FB_EV_FLAG_CENSUS) == 0
                     ? fb__lives_worker(l, e)->time_ns
                     : 0;
    }
    if (e->time_ns < before && l->world.live_tasks > 0) {
        fb__fault(l, FB_LIFE_NUMBERS,
                  "The clock runs backwards, from %llu to "
                  "%llu.",
                  (unsigned long long)before, (unsigned long long)e->time_ns);
    }
}

// A call that blocks is made by someone, and takes its time.
static void judge_blocked(struct fb_lives *l, const struct fb_event *e) {
    if (e->detail == FB_CLOCK_BLOCKED &&
        fb__lives_task(l, e, FB_LIFE_POLL) != NULL &&
        (e->clock.to_ns < e->clock.from_ns || e->time_ns < e->clock.to_ns)) {
        fb__fault(l, FB_LIFE_NUMBERS,
                  "A call that blocks ends before it began, or after it is "
                  "told of.");
    }
}

// Who was woken to be scheduled joins the run queue before anything else.
static void judge_due(struct fb_lives *l, const struct fb_event *e) {
    uint32_t due = 0;

    if (e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_WAKE) {
        due = fb__set_has(&l->dues, e->subject) ? e->subject : 0;
    }
    if (!l->several && (e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_PARK ||
                        e->kind == FB_EV_WAKE)) {
        due = l->due;
    }
    if (due != 0) {
        fb__fault(l, FB_LIFE_WAKE,
                  "Task %u was woken to be scheduled, but did "
                  "not join the run queue.",
                  due);
    }
}

static void judge_order(struct fb_lives *l, const struct fb_event *e) {
    const uint32_t worker = fb_event_worker(e);

    judge_doubts(l, e);
    if (e->kind == FB_EV_NONE || e->kind >= FB_EV_KINDS) {
        fb__fault(l, FB_LIFE_NUMBERS, "There is no event kind %u.", e->kind);
    }
    if (worker != FB_MODEL_NONE && worker >= FB_TRACE_RINGS_MAX) {
        fb__fault(l, FB_LIFE_NUMBERS, "There is no worker %u.", worker);
    }
    judge_clock(l, e);
    judge_due(l, e);
    fb__lives_judge_chosen(l, fb__lives_worker(l, e), e);
}

void fb__lives_judge(struct fb_lives *l, const struct fb_event *e) {
    judge_order(l, e);
    if ((e->flags & FB_EV_FLAG_CENSUS) != 0 && e->kind != FB_EV_TASK_MESSAGE) {
        fb__lives_judge_census(l, e);
        return;
    }
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN: judge_spawn(l, e); break;
    case FB_EV_TASK_SCHEDULED: judge_scheduled(l, e); break;
    case FB_EV_POLL_BEGIN: judge_poll_begin(l, e); break;
    case FB_EV_POLL_END: judge_poll_end(l, e); break;
    case FB_EV_TASK_DONE: judge_done(l, e); break;
    case FB_EV_TASK_FREE: judge_free(l, e); break;
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_JOIN:
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE:
    case FB_EV_YIELD: (void)fb__lives_task(l, e, FB_LIFE_END); break;
    case FB_EV_CLOCK: judge_blocked(l, e); break;
    case FB_EV_BUDGET_OUT: judge_budget_out(l, e); break;
    case FB_EV_CHOICE: fb__lives_judge_choice(l, e); break;
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT:
    case FB_EV_FUTURE_DROP: fb__lives_judge_future(l, e); break;
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP:
    case FB_EV_WAKE: fb__lives_judge_waker(l, e); break;
    case FB_EV_CHANNEL: fb__lives_judge_channel(l, e); break;
    default: fb__lives_judge_reactor(l, e); break;
    }
}
