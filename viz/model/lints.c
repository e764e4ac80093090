// Lints: the findings, and which rule looks at which event.
//
// Problem: a false alarm costs more than a bug that is not found; and every
// event of a program that makes millions a second comes through here.
//
// Idea: a rule speaks only where events prove it, so nothing is judged while
// the world is uncertain or a census is under way. Most events need one look
// into a table of cases; what a rule must remember is kept per worker (the poll
// under way) or per slot of the model's tasks (self-wakes in a row), nowhere
// per event.
//
//     lints_polls.c   what polls do: never yielded, storm, blocking call
//     lints_wakes.c   what was promised: lost wake, stale waker, after Ready
//     lints_words.c   how all of it is said
//
// Invariants: findings stand in order of the events at which they fired, at
// most FB_LINTS_KEPT; the same one of the same task is counted, not repeated.
#include "lints_state.h"
#include "world.h"
#include <errno.h>
#include <stdlib.h>

// ---- memory ----

static const struct fb_lint_options usual = FB_LINT_USUAL;

int fb_lints_create(struct fb_lints **ret_lints,
                    const struct fb_lint_options *options) {
    struct fb_lints *l = calloc(1, sizeof *l);
    int err = 0;

    if (l == NULL) {
        return -ENOMEM;
    }
    l->options = options != NULL ? *options : usual;
    l->in_sight = true;
    l->findings = calloc(FB_LINTS_KEPT, sizeof *l->findings);
    for (int i = 0; i < FB_LINTS && err == 0; i++) {
        err = fb__index_reserve(&l->found[i], FB_LINTS_KEPT);
    }
    if (l->findings == NULL || err < 0) {
        fb_lints_destroy(l);
        return -ENOMEM;
    }
    *ret_lints = l;
    return 0;
}

void fb_lints_destroy(struct fb_lints *l) {
    if (l == NULL) {
        return;
    }
    for (int i = 0; i < FB_LINTS; i++) {
        fb__index_deinit(&l->found[i]);
    }
    free(l->findings);
    free(l->streaks);
    free(l);
}

// ---- findings ----

bool fb__lint_known(const struct fb_lints *l, enum fb_lint_kind kind,
                    uint32_t key) {
    return fb__index_find(&l->found[kind], key) != FB_MODEL_NONE;
}

struct fb_finding *fb__lint_found(struct fb_lints *l, const struct fb_model *m,
                                  enum fb_lint_kind kind, uint32_t key,
                                  uint32_t task) {
    const uint32_t at = fb__index_find(&l->found[kind], key);
    const struct fb_model_task *t = fb_model_task(m, task);
    struct fb_finding *f;

    if (at != FB_MODEL_NONE) {
        f = &l->findings[at];
        f->times += f->times < UINT32_MAX;
        f->last_event = m->event;
        return NULL;
    }
    if (l->count == FB_LINTS_KEPT || key == 0) {
        l->left_out++;
        return NULL;
    }
    f = &l->findings[l->count];
    *f = (struct fb_finding){.event = m->event,
                             .last_event = m->event,
                             .times = 1,
                             .kind = (uint8_t)kind,
                             .task = task,
                             .type = t != NULL ? t->type : 0};
    fb__index_put(&l->found[kind], key, (uint32_t)l->count++);
    return f;
}

void fb__lint_show(struct fb_finding *f, uint64_t event,
                   enum fb_lint_role role) {
    if (event != 0 && f->evidence_count < FB_LINT_EVIDENCE) {
        f->evidence[f->evidence_count++] =
            (struct fb_lint_evidence){.event = event, .role = (uint8_t)role};
    }
}

size_t fb_lints_count(const struct fb_lints *l) {
    return l->count;
}

const struct fb_finding *fb_lints_at(const struct fb_lints *l, size_t index) {
    return index < l->count ? &l->findings[index] : NULL;
}

size_t fb_lints_until(const struct fb_lints *l, uint64_t event) {
    size_t low = 0, high = l->count;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;

        if (l->findings[mid].event <= event) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

const struct fb_finding *fb_lints_fired(const struct fb_lints *l,
                                        uint64_t event) {
    const size_t before = event > 0 ? fb_lints_until(l, event - 1) : 0;

    return before < l->count && l->findings[before].event == event
               ? &l->findings[before]
               : NULL;
}

uint64_t fb_lints_left_out(const struct fb_lints *l) {
    return l->left_out;
}

// ---- tasks begin and end ----

// A runtime that begins after another one numbers its tasks from 1 again: what
// was found of an earlier task is not about this one.
static void forget_namesake(struct fb_lints *l, uint32_t task) {
    for (int i = 0; l->count > 0 && i < FB_LINTS; i++) {
        if (i != FB_LINT_LARGE_FUTURE) {
            fb__index_remove(&l->found[i], task);
        }
    }
}

// One finding for all tasks of a type: its size is the mistake. A census names
// the same tasks again, so it counts none.
static void judge_size(struct fb_lints *l, const struct fb_model *m,
                       const struct fb_event *e) {
    const uint32_t key = (uint32_t)e->spawn.type + 1;
    struct fb_finding *f;

    if (e->spawn.bytes < l->options.large_bytes ||
        (fb__is_census(e) && fb__lint_known(l, FB_LINT_LARGE_FUTURE, key))) {
        return;
    }
    f = fb__lint_found(l, m, FB_LINT_LARGE_FUTURE, key, e->subject);
    if (f != NULL) {
        f->type = e->spawn.type;
        f->amount = e->spawn.bytes;
        fb__lint_show(f, m->event, FB_LINT_ROLE_SPAWNED);
    }
}

static void unjoined(struct fb_lints *l, const struct fb_model *m,
                     const struct fb_model_task *t) {
    struct fb_finding *f =
        fb__lint_found(l, m, FB_LINT_UNJOINED_TASK, t->id, t->id);

    if (f != NULL) {
        f->outcome = t->outcome;
        f->out = t->out;
        fb__lint_show(f, t->spawn_event, FB_LINT_ROLE_SPAWNED);
        fb__lint_show(f, t->done_event, FB_LINT_ROLE_FAILED);
    }
}

// Who detaches a task does not want its result, so an error in it is no
// mistake. But a failure is one, and here it goes unseen.
static void judge_done(struct fb_lints *l, const struct fb_model *m,
                       const struct fb_event *e) {
    const struct fb_model_task *t = fb_model_task(m, e->subject);

    if (e->detail == FB_OUTCOME_FAILED && t != NULL &&
        t->done_event == m->event && t->detached && !t->join_awaited) {
        unjoined(l, m, t);
    }
}

// A zombie whose handle was never given up: nobody has asked how it ended. One
// that is well may be kept for its output, which outlives the runtime.
void fb_lints_end(struct fb_lints *l, const struct fb_model *m) {
    const struct fb_model_task *t;
    uint32_t cursor = 0;

    if (l->ended || m->uncertain || m->in_census) {
        return;
    }
    l->ended = true;
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        if (t->state == FB_TASK_COMPLETE && !t->taken && !t->detached &&
            !t->join_awaited && t->done_event != 0 &&
            (t->outcome == FB_OUTCOME_ERROR ||
             t->outcome == FB_OUTCOME_FAILED)) {
            const size_t before = l->count;

            unjoined(l, m, t);
            if (l->count > before && t->done_event != m->event) {
                fb__lint_show(&l->findings[before], m->event,
                              FB_LINT_ROLE_TRACE_ENDED);
            }
        }
    }
}

// ---- one event ----

// Events were lost: what was under way is not known any more.
static void forget_polls(struct fb_lints *l, const struct fb_model *m) {
    for (size_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        l->polls[i] = (struct fb__lint_poll){0};
    }
    l->doubts = 0;
    l->streaks_from = m->event;
    l->in_sight = false;
}

static void look_at_wake(struct fb_lints *l, const struct fb_model *m,
                         const struct fb_event *e) {
    if (e->detail == FB_WAKE_AFTER_COMPLETE) {
        fb__lint_late_wake(l, m, e);
    } else if (e->flags == FB_PARTY_TASK && e->wake.cause == e->subject) {
        fb__lint_self_wake(l, m, e);
    } else if (e->flags == FB_PARTY_TASK) {
        fb__lint_progress(l, m, e->wake.cause); // others go on because of it
    }
}

static void look_at(struct fb_lints *l, const struct fb_model *m,
                    const struct fb_event *e) {
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_TASK_SPAWN:
        forget_namesake(l, e->subject);
        judge_size(l, m, e);
        fb__lint_progress(l, m, e->spawn.parent);
        break;
    case FB_EV_POLL_BEGIN: fb__lint_poll_begin(l, m, e); break;
    case FB_EV_POLL_END: fb__lint_poll_end(l, m, e); break;
    case FB_EV_TASK_DONE: judge_done(l, m, e); break;
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_JOIN: fb__lint_progress(l, m, e->by.by); break;
    case FB_EV_FUTURE_EXIT:
        if (e->detail == FB_RESULT_READY) {
            fb__lint_result(l, m, e->exit.task);
        }
        break;
    case FB_EV_FUTURE_DROP: fb__lint_drop(l, m, e); break;
    case FB_EV_WAKE: look_at_wake(l, m, e); break;
    case FB_EV_IO:
        if (e->io.result != -EAGAIN) {
            const uint32_t worker = e->flags & FB_EV_WORKER_MASK;

            l->polls[worker % FB_TRACE_RINGS_MAX].progress = true;
        }
        break;
    case FB_EV_SOURCE_ADD: fb__lint_progress(l, m, e->source.task); break;
    case FB_EV_CHANNEL: fb__lint_progress(l, m, e->channel.task); break;
    case FB_EV_BLOCK_BEGIN: fb__lint_progress(l, m, e->block.task); break;
    case FB_EV_YIELD: fb__lint_progress(l, m, e->subject); break;
    case FB_EV_BUDGET_OUT: fb__lint_budget_out(l, m, e); break;
    case FB_EV_PARK: fb__lint_endless(l, m, e); break;
    case FB_EV_STALL: fb__lint_stall(l, m); break;
    default: break;
    }
}

void fb_lints_feed(struct fb_lints *l, const struct fb_model *m,
                   uint64_t number, const struct fb_event *e) {
    const uint64_t anomalies = l->anomalies;

    l->anomalies = m->anomalies;
    if (number != m->event) {
        return; // not the world that was promised
    }
    if (m->uncertain || m->in_census) {
        if (m->uncertain && l->in_sight) {
            forget_polls(l, m);
        }
        if (e->kind == FB_EV_TASK_SPAWN && fb__is_census(e)) {
            judge_size(l, m, e);
        }
        return;
    }
    l->in_sight = true;
    if (l->doubts != 0 && !fb__is_census(e)) {
        fb__lint_judge_doubts(l, m, e);
    }
    if (m->anomalies != anomalies) { // a poll that cannot be is one
        fb__lint_polled_again(l, m, e);
    }
    look_at(l, m, e);
}
