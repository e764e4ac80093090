// The rules of choices: only who is in a worker's run queue can be chosen, and
// what comes of it is that the worker polls that task next, or ends it. A lone
// worker can also be told to poll who waits: that task is woken by nobody first.
#include "lives_state.h"

static bool waits_at(const struct fb_model_task *t, uint32_t worker) {
    return t->state == FB_TASK_SCHEDULED && t->worker == worker;
}

void fb__lives_judge_choice(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_task *t = fb__lives_task(l, e, FB_LIFE_QUEUE);
    const uint32_t worker = fb_event_worker(e);
    const struct fb_model_task *instead;

    if (fb__lives_named(l, e)->running != FB_MODEL_NONE) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u is chosen to be polled next inside a poll.",
                  e->subject);
    }
    if (t != NULL && !waits_at(t, worker) &&
        (l->several || t->state != FB_TASK_IDLE)) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u is chosen to be polled next, but it is not in the "
                  "run queue of worker %u.",
                  t->id, worker);
    }
    instead = fb_model_task(&l->world, e->choice.instead);
    // One that was cancelled where it stood may still have been the next.
    if (e->choice.instead != 0 &&
        (instead == NULL ||
         (instead->state != FB_TASK_COMPLETE && !waits_at(instead, worker)))) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u is chosen instead of task %u, which is not in the "
                  "run queue of worker %u.",
                  e->subject, e->choice.instead, worker);
    }
}

void fb__lives_judge_chosen(struct fb_lives *l,
                            const struct fb__lives_worker *w,
                            const struct fb_event *e) {
    if (w->chosen == 0 || (e->flags & FB_EV_FLAG_CENSUS) != 0) {
        return;
    }
    if (e->kind == FB_EV_CHOICE ||
        (e->kind == FB_EV_POLL_BEGIN && e->subject != w->chosen)) {
        fb__fault(l, FB_LIFE_QUEUE,
                  "Task %u was chosen to be polled next, and is not.",
                  w->chosen);
    }
}
