// The checker: memory, reports, and the course of one event through it.
//
// Idea: the model says how the world stood before an event; a rule says whether
// the event is possible in it. What the model forgets on purpose (futures that
// were dropped, how deep a poll is) is kept here beside it. Only then is the
// event folded in, so one bad event is reported once and not for ever.
//
// A lint is about the watched program: its trace is honest, but one of its
// futures returned Pending although nobody could wake it.
#include "lives_state.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

int fb_lives_create(struct fb_lives **ret_lives) {
    struct fb_lives *l = calloc(1, sizeof *l);

    if (l == NULL || fb_model_init(&l->world) < 0) {
        free(l);
        return -ENOMEM;
    }
    l->depth_known = l->works_known = true;
    *ret_lives = l;
    return 0;
}

void fb_lives_destroy(struct fb_lives *l) {
    if (l == NULL) {
        return;
    }
    fb_model_deinit(&l->world);
    fb__index_deinit(&l->dropped);
    fb__index_deinit(&l->loose);
    fb__index_deinit(&l->failed);
    fb__index_deinit(&l->ready);
    fb__index_deinit(&l->channels);
    fb__index_deinit(&l->works);
    fb__index_deinit(&l->dues);
    for (size_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        free(l->workers[i].stack);
    }
    free(l);
}

static struct fb_life_fault *next_fault(struct fb_lives *l,
                                        enum fb_life_rule rule) {
    const enum fb_life_severity severity =
        rule == FB_LIFE_LOST_WAKE ? FB_LIFE_LINT : FB_LIFE_VIOLATION;

    if (severity == FB_LIFE_LINT) {
        l->lints++;
    } else {
        l->violations++;
    }
    if (l->kept == FB_LIVES_FAULTS_KEPT) {
        return NULL;
    }
    l->faults[l->kept] = (struct fb_life_fault){
        .event = l->number, .rule = rule, .severity = severity};
    return &l->faults[l->kept++];
}

void fb__fault(struct fb_lives *l, enum fb_life_rule rule, const char *format,
               ...) {
    struct fb_life_fault *fault = next_fault(l, rule);
    va_list args;

    if (fault == NULL) {
        return;
    }
    va_start(args, format);
    (void)vsnprintf(fault->text, sizeof fault->text, format, args);
    va_end(args);
}

// ---- workers ----

void fb_lives_several(struct fb_lives *l) {
    l->several = true;
}

struct fb__lives_worker *fb__lives_worker(struct fb_lives *l,
                                          const struct fb_event *e) {
    const struct fb_model_task *t = fb_model_task(&l->world, fb_event_task(e));
    uint32_t number = fb_event_worker(e);

    if (number == FB_MODEL_NONE) {
        number = t != NULL ? t->worker : 0;
    }
    return &l->workers[number < FB_TRACE_RINGS_MAX ? number : 0];
}

const struct fb_model_worker *fb__lives_named(const struct fb_lives *l,
                                              const struct fb_event *e) {
    static const struct fb_model_worker idle = {.running = FB_MODEL_NONE,
                                                .queue_head = FB_MODEL_NONE,
                                                .queue_tail = FB_MODEL_NONE};
    const struct fb_model_worker *w =
        fb_model_worker(&l->world, fb_event_worker(e));

    return w != NULL ? w : &idle;
}

bool fb__lives_polling(const struct fb_lives *l) {
    for (uint32_t i = 0; i < fb_model_workers(&l->world); i++) {
        if (fb_model_worker(&l->world, i)->running != FB_MODEL_NONE) {
            return true;
        }
    }
    return false;
}

// ---- one event ----

static int make_room(struct fb_lives *l, const struct fb_event *e) {
    struct fb_model_index *const sets[] = {
        &l->dropped,  &l->loose, &l->failed, &l->ready,
        &l->channels, &l->works, &l->dues};
    struct fb__lives_worker *w = fb__lives_worker(l, e);
    int err = 0;

    for (size_t i = 0; i < sizeof sets / sizeof *sets && err == 0; i++) {
        err = fb__index_reserve(sets[i], 1);
    }
    if (err == 0 && w->depth + 2 > w->capacity) {
        const size_t capacity = 2 * w->capacity + 64;
        uint32_t *grown = realloc(w->stack, capacity * sizeof *grown);

        if (grown == NULL) {
            return -ENOMEM;
        }
        w->stack = grown;
        w->capacity = capacity;
    }
    return err;
}

static void push(struct fb__lives_worker *w, uint32_t future) {
    w->stack[w->depth++] = future;
}

// A runtime that begins after another numbers its things from 1 again.
static void begin_again(struct fb_lives *l) {
    fb__index_deinit(&l->dropped);
    fb__index_deinit(&l->loose);
    fb__index_deinit(&l->failed);
    fb__index_deinit(&l->ready);
    fb__index_deinit(&l->works);
    fb__index_deinit(&l->dues);
    l->works_out = 0;
}

// Who was woken to be scheduled, until it is.
static void remember_due(struct fb_lives *l, const struct fb_event *e) {
    const bool due = e->kind == FB_EV_WAKE && e->detail == FB_WAKE_SCHEDULED;

    l->due = due ? e->subject : 0;
    if (!due) {
        fb__index_remove(&l->dues, e->subject);
    } else if (l->several) {
        fb__set_add(&l->dues, e->subject);
    }
}

// Keeps what the rules need and the model does not. `w` is the event's worker.
static void remember(struct fb_lives *l, struct fb__lives_worker *w,
                     const struct fb_event *e) {
    const bool census = (e->flags & FB_EV_FLAG_CENSUS) != 0;

    if (!l->several || e->kind == FB_EV_POLL_BEGIN || e->kind == FB_EV_PARK) {
        w->just_ended = 0;
    }
    if (fb_event_worker(e) != FB_MODEL_NONE && !census) {
        w->time_ns = e->time_ns;
    }
    switch ((enum fb_event_kind)e->kind) {
    case FB_EV_POLL_BEGIN:
        w->depth = 0;
        w->chosen = 0;
        push(w, e->poll.future);
        break;
    case FB_EV_FUTURE_ENTER:
        if (census) {
            break;
        }
        if (e->enter.task == 0) {
            fb__set_add(&l->loose, e->subject);
        } else {
            push(w, e->subject);
        }
        break;
    case FB_EV_FUTURE_EXIT:
        w->depth -= e->exit.task != 0 && w->depth > 0;
        if (e->detail == FB_RESULT_FAILED) {
            fb__set_add(&l->failed, e->exit.task);
        }
        break;
    case FB_EV_POLL_END:
        w->depth = 0;
        w->just_ended = e->subject;
        if (e->detail == FB_RESULT_FAILED) {
            fb__set_add(&l->failed, e->subject);
        } else if (e->detail == FB_RESULT_READY) {
            fb__set_add(&l->ready, e->subject);
        }
        break;
    case FB_EV_FUTURE_DROP: fb__set_add(&l->dropped, e->subject); break;
    case FB_EV_BLOCK_BEGIN:
        l->works_out += !fb__set_has(&l->works, e->subject);
        fb__set_add(&l->works, e->subject);
        break;
    case FB_EV_BLOCK_END:
        l->works_out -= fb__set_has(&l->works, e->subject);
        fb__index_remove(&l->works, e->subject);
        break;
    case FB_EV_TASK_ABORT: l->depth_known = false; break;
    case FB_EV_CHOICE: w->chosen = e->subject; break;
    case FB_EV_TASK_DONE: // aborted: its turn ends it
        w->chosen = w->chosen == e->subject ? 0 : w->chosen;
        break;
    case FB_EV_CHANNEL: fb__lives_note_channel(l, e); break;
    case FB_EV_PARK: l->depth_known = true; break;
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_WAKE: remember_due(l, e); break;
    default: break;
    }
}

// Events were lost: what was under way is not known any more.
static void forget_steps(struct fb_lives *l) {
    l->due = 0;
    l->works_known = false; // what began or ended unseen
    fb__index_deinit(&l->dues);
    for (size_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        l->workers[i].doubtful = l->workers[i].just_ended = 0;
        l->workers[i].chosen = 0;
        l->workers[i].depth = 0;
    }
}

int fb_lives_feed(struct fb_lives *l, uint64_t number,
                  const struct fb_event *e) {
    struct fb__lives_worker *w;
    int err;

    if (number <= l->world.event) {
        return -EINVAL;
    }
    if (e->kind == FB_EV_TASK_SPAWN && l->world.live_tasks == 0 &&
        l->world.spawned > 0 && e->subject == 1) {
        begin_again(l);
    }
    if (number != l->world.event + 1 || l->world.uncertain) {
        forget_steps(l);
    }
    err = make_room(l, e);
    if (err < 0) {
        return err;
    }
    w = fb__lives_worker(l, e);
    l->number = number;
    l->several |= w != l->workers;
    if (number == l->world.event + 1 && !l->world.uncertain) {
        fb__lives_judge(l, e);
    }
    err = fb_model_feed(&l->world, number, e);
    if (err == 0) {
        remember(l, w, e);
    }
    return err;
}

// ---- the end ----

static void judge_leaks(struct fb_lives *l) {
    const struct fb_model *m = &l->world;
    const struct fb_model_task *t;
    const struct fb_model_source *s;
    const struct fb_model_timer *timer;
    uint32_t cursor = 0;

    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        // One that is complete may be kept by a handle or a waker of the
        // program that outlives the runtime.
        if (t->state != FB_TASK_COMPLETE) {
            fb__fault(l, FB_LIFE_LEAK,
                      "Task %u never ended, although its runtime did.", t->id);
        }
    }
    cursor = 0;
    while ((s = fb_model_source_next(m, &cursor)) != NULL) {
        fb__fault(l, FB_LIFE_LEAK, "Source %u (fd %d) was never closed.", s->id,
                  s->fd);
    }
    if (l->works_known && l->works_out > 0) {
        fb__fault(l, FB_LIFE_LEAK, "%zu blocking works never ended.",
                  l->works_out);
    }
    cursor = 0;
    while ((timer = fb_model_timer_next(m, &cursor)) != NULL) {
        fb__fault(l, FB_LIFE_LEAK, "Timer %u never ended.", timer->id);
    }
}

void fb_lives_finish(struct fb_lives *l, enum fb_lives_end end) {
    for (size_t i = 0; i < FB_TRACE_RINGS_MAX; i++) {
        fb__lives_doubt(l, &l->workers[i]);
    }
    if (end == FB_LIVES_ENDED && !l->world.uncertain) {
        l->number = l->world.event;
        judge_leaks(l);
    }
}

size_t fb_lives_violations(const struct fb_lives *l) {
    return l->violations;
}

size_t fb_lives_lints(const struct fb_lives *l) {
    return l->lints;
}

const struct fb_life_fault *fb_lives_fault(const struct fb_lives *l,
                                           size_t index) {
    return index < l->kept ? &l->faults[index] : NULL;
}

const struct fb_model *fb_lives_model(const struct fb_lives *l) {
    return &l->world;
}

// ---- all at once ----

static int verdict(struct fb_lives *l, enum fb_lives_end end, int err,
                   struct fb_life_fault *ret_fault) {
    const struct fb_life_fault *fault;

    if (err == 0) {
        fb_lives_finish(l, end);
        err = l->violations > INT32_MAX ? INT32_MAX : (int)l->violations;
        for (size_t i = 0; (fault = fb_lives_fault(l, i)) != NULL; i++) {
            if (fault->severity == FB_LIFE_VIOLATION && ret_fault != NULL) {
                *ret_fault = *fault;
                break;
            }
        }
    }
    fb_lives_destroy(l);
    return err;
}

int fb_lives_check(const struct fb_event *events, size_t count, uint64_t first,
                   enum fb_lives_end end, struct fb_life_fault *ret_fault) {
    struct fb_lives *l;
    int err = fb_lives_create(&l);

    if (err < 0) {
        return err;
    }
    for (size_t i = 0; i < count && err == 0; i++) {
        err = fb_lives_feed(l, first + i, &events[i]);
    }
    return verdict(l, end, err, ret_fault);
}

const char *fb_name_life_rule(enum fb_life_rule rule) {
    static const char *const names[FB_LIFE_RULES] = {
        [FB_LIFE_NUMBERS] = "numbers",
        [FB_LIFE_SPAWN] = "spawn",
        [FB_LIFE_QUEUE] = "run queue",
        [FB_LIFE_POLL] = "poll",
        [FB_LIFE_NESTING] = "nesting",
        [FB_LIFE_DROP] = "drop",
        [FB_LIFE_END] = "end",
        [FB_LIFE_WAKE] = "wake",
        [FB_LIFE_WAKER] = "waker",
        [FB_LIFE_SOURCE] = "source",
        [FB_LIFE_TIMER] = "timer",
        [FB_LIFE_PARK] = "park",
        [FB_LIFE_BLOCK] = "blocking work",
        [FB_LIFE_CENSUS] = "census",
        [FB_LIFE_CHANNEL] = "channel",
        [FB_LIFE_LEAK] = "leak",
        [FB_LIFE_LOST_WAKE] = "lost wake"};

    return (unsigned)rule < FB_LIFE_RULES ? names[rule] : "?";
}
