// The story: one plain sentence for each event.
//
// Idea: a sentence says who did what, and what it means for the one who waits.
// It is made from the typed fields of the event and from the world before and
// after it; nothing is guessed, and what is not known is not said.
#include "history.h"
#include "story_parts.h"

// ---- tasks ----

static void say_spawn(struct fb__telling *s) {
    const struct fb_event *e = s->e;

    if (e->spawn.parent != 0) {
        fb__phrase_task(&s->p, "Task", s->names, s->before, e->spawn.parent);
        fb__phrase_add(&s->p, " spawns task %u", e->subject);
    } else {
        fb__phrase_add(&s->p, "Task %u is spawned", e->subject);
    }
    if (fb__names_knows(s->names, e->spawn.type)) {
        fb__phrase_add(&s->p, " to run ");
        fb__phrase_type(&s->p, s->names, e->spawn.type);
    }
    if (fb__names_knows(s->names, e->spawn.site)) {
        fb__phrase_add(&s->p, ", in ");
        fb__phrase_place(&s->p, s->names, e->spawn.site,
                         fb__names_line(s->names, e->spawn.site));
    }
    if (e->spawn.bytes > 0) { // not every writer knows
        fb__phrase_add(&s->p, " (%u bytes)", e->spawn.bytes);
    }
    fb__phrase_add(&s->p, ".");
}

static void say_stolen(struct fb__telling *s) {
    const struct fb_model_task *t = fb_model_task(s->before, s->e->subject);

    fb__phrase_add(&s->p, " is stolen by worker %u", fb_event_worker(s->e));
    if (t != NULL && t->state == FB_TASK_SCHEDULED) {
        fb__phrase_add(&s->p, " from worker %u's run queue", t->worker);
    }
    fb__phrase_add(&s->p, ".");
}

static void say_scheduled(struct fb__telling *s) {
    fb__tell_task(s, s->e->subject);
    if (s->e->detail == FB_QUEUE_STOLEN) {
        say_stolen(s);
        return;
    }
    if (fb__tell_several(s)) {
        fb__phrase_add(&s->p, " joins worker %u's run queue",
                       fb_event_worker(s->e));
    } else {
        fb__phrase_add(&s->p, " joins the run queue");
    }
    if (s->e->scheduled.depth == 1) {
        fb__phrase_add(&s->p, ", alone in it.");
    } else {
        fb__phrase_add(&s->p, " (%u waiting).", s->e->scheduled.depth);
    }
}

static void add_ordinal(struct fb__phrase *p, uint32_t n) {
    const uint32_t tens = n / 10 % 10;
    const char *end = "th";

    if (tens != 1) {
        end = n % 10 == 1   ? "st"
              : n % 10 == 2 ? "nd"
              : n % 10 == 3 ? "rd"
                            : "th";
    }
    fb__phrase_add(p, "%u%s", n, end);
}

// ", after the reactor woke it for fd 7"
static void add_cause(struct fb__telling *s, const struct fb_model_task *t) {
    struct fb__phrase *p = &s->p;

    if (t->woken_event == 0) {
        return;
    }
    if (t->unwoken) {
        fb__phrase_add(p, ", though nobody woke it");
        return;
    }
    switch ((enum fb_party)t->woken_by_party) {
    case FB_PARTY_SOURCE:
        fb__phrase_add(p, ", after the reactor woke it for ");
        if (t->woken_by_fd >= 0) {
            fb__phrase_add(p, "fd %d", t->woken_by_fd);
        } else {
            fb__phrase_source(p, s->after, t->woken_by);
        }
        break;
    case FB_PARTY_TIMER:
        fb__phrase_add(p, ", after timer %u woke it", t->woken_by);
        break;
    case FB_PARTY_TASK:
        if (t->woken_by == t->id) {
            fb__phrase_add(p, ", after it woke itself");
        } else {
            fb__phrase_add(p, ", after task %u woke it", t->woken_by);
        }
        break;
    case FB_PARTY_EXECUTOR: fb__phrase_add(p, ", after its yield"); break;
    case FB_PARTY_ABORT: fb__phrase_add(p, ", to be aborted"); break;
    default:
        fb__phrase_add(p, ", woken by ");
        fb__phrase_party(p, s->after, t->woken_by_party, t->woken_by);
        break;
    }
}

static void say_poll_begin(struct fb__telling *s) {
    const struct fb_model_task *t = fb_model_task(s->after, s->e->subject);

    fb__tell_task(s, s->e->subject);
    if (t == NULL) {
        fb__phrase_add(&s->p, " is polled.");
        return;
    }
    if (t->exact) {
        fb__phrase_add(&s->p, " is polled for the ");
        add_ordinal(&s->p, t->polls);
        fb__phrase_add(&s->p, " time");
    } else {
        fb__phrase_add(&s->p, " is polled");
    }
    add_cause(s, t);
    fb__phrase_add(&s->p, ".");
}

static void say_poll_end(struct fb__telling *s) {
    const struct fb_model_task *t = fb_model_task(s->after, s->e->subject);
    char waits[160];

    fb__tell_task(s, s->e->subject);
    if (s->e->detail == FB_RESULT_READY) {
        fb__phrase_add(&s->p, " returns Ready");
        fb__tell_out(s, s->e->poll.out);
        fb__phrase_add(&s->p, ": it is done.");
        return;
    }
    if (s->e->detail == FB_RESULT_FAILED) {
        fb__phrase_add(&s->p, " fails: none of its code runs any more.");
        return;
    }
    fb__phrase_add(&s->p, " returns Pending");
    if (t == NULL) {
        fb__phrase_add(&s->p, ".");
        return;
    }
    if (t->aborted) {
        fb__phrase_add(&s->p, "; it was aborted and goes no further.");
        return;
    }
    if (t->wake_during_poll) {
        fb__phrase_add(&s->p, "; it was woken meanwhile, so it goes back "
                              "to the run queue.");
        return;
    }
    fb__phrase_add(&s->p, "; it waits");
    if (s->e->poll.line != 0) {
        fb__tell_line(s, t->type, s->e->poll.line);
    }
    fb_say_task_waits(waits, sizeof waits, s->names, s->after, t->id);
    fb__phrase_add(&s->p, " for %s.", waits);
}

static void say_done(struct fb__telling *s) {
    fb__tell_task(s, s->e->subject);
    switch ((enum fb_task_outcome)s->e->detail) {
    case FB_OUTCOME_OK: fb__phrase_add(&s->p, " is complete: ok"); break;
    case FB_OUTCOME_ERROR:
        fb__phrase_add(&s->p, " is complete, with an error");
        break;
    case FB_OUTCOME_FAILED:
        fb__phrase_add(&s->p, " is complete: it failed. The other tasks go "
                              "on.");
        return;
    case FB_OUTCOME_CANCELLED:
        fb__phrase_add(&s->p, " is complete: cancelled, all its futures are "
                              "dropped.");
        return;
    case FB_OUTCOME_NONE:
    default:
        fb__phrase_add(&s->p, " is complete, with outcome %u.", s->e->detail);
        return;
    }
    fb__tell_out(s, s->e->done.out);
    fb__phrase_add(&s->p, ".");
}

static void say_free(struct fb__telling *s) {
    fb__tell_task(s, s->e->subject);
    fb__phrase_add(&s->p, " is freed: nobody refers to it any more.");
}

static void say_abort(struct fb__telling *s) {
    const uint32_t by = s->e->by.by;

    if (by != 0) {
        fb__phrase_task(&s->p, "Task", s->names, s->before, by);
        fb__phrase_add(&s->p, " aborts ");
        fb__phrase_task(&s->p, "task", s->names, s->before, s->e->subject);
    } else {
        fb__tell_task(s, s->e->subject);
        fb__phrase_add(&s->p, " is aborted");
    }
    fb__phrase_add(&s->p, ": its futures will be dropped at its next turn.");
}

static void say_join(struct fb__telling *s) {
    const uint32_t by = s->e->by.by;

    if (s->e->detail == FB_JOIN_DETACH) {
        fb__tell_task(s, s->e->subject);
        fb__phrase_add(&s->p, " is detached: it runs on, and nobody will ask "
                              "for its result.");
        return;
    }
    if (by != 0) {
        fb__phrase_task(&s->p, "Task", s->names, s->before, by);
    } else {
        fb__phrase_add(&s->p, "The program");
    }
    if (s->e->detail == FB_JOIN_AWAIT) {
        fb__phrase_add(&s->p, " begins to wait for ");
        fb__phrase_task(&s->p, "task", s->names, s->before, s->e->subject);
        fb__phrase_add(&s->p, " to finish.");
    } else {
        fb__phrase_add(&s->p, " takes the result of ");
        fb__phrase_task(&s->p, "task", s->names, s->before, s->e->subject);
        fb__phrase_add(&s->p, ".");
    }
}

// Said once, when the last part has come.
static void say_text(struct fb__telling *s) {
    const struct fb_model_task *t = fb_model_task(s->after, s->e->subject);
    const bool label = s->e->kind == FB_EV_TASK_LABEL;
    const size_t len = s->e->flags & 0x7fffu;
    const size_t end = ((size_t)s->e->detail + 1) * sizeof s->e->text;

    if (t == NULL) {
        fb__phrase_add(&s->p, "Task %u is given a %s.", s->e->subject,
                       label ? "name" : "message");
        return;
    }
    if (end < len && end < FB_TRACE_LABEL_BYTES) {
        fb__phrase_add(&s->p, "Task %u is given a %s: part %u of it.",
                       s->e->subject, label ? "name" : "message",
                       s->e->detail + 1u);
        return;
    }
    fb__phrase_add(&s->p, "Task %u %s \"", s->e->subject,
                   label ? "is now called" : "failed with the message");
    if (label) {
        fb__phrase_hostile(&s->p, t->label, t->label_len);
    } else {
        fb__phrase_hostile(&s->p, t->message, t->message_len);
    }
    fb__phrase_add(&s->p, "\".");
}

static void say_yield(struct fb__telling *s) {
    fb__tell_task(s, s->e->subject);
    fb__phrase_add(&s->p, " yields: every runnable task and the reactor come "
                          "first.");
}

static void say_budget_out(struct fb__telling *s) {
    fb__tell_task(s, s->e->subject);
    fb__phrase_add(&s->p,
                   " has used up its poll's budget of %u operations: the "
                   "others come first.",
                   s->e->budget.spent);
}

// "The viewer chose task 7 (Bob) to be polled before task 5 (Ada), though nobody
// woke it."
static void say_choice(struct fb__telling *s) {
    const bool list = s->e->detail == FB_CHOICE_BY_LIST;
    const uint32_t instead = s->e->choice.instead;
    const struct fb_model_task *t = fb_model_task(s->after, s->e->subject);

    fb__phrase_add(&s->p, list ? "Chosen at the start: " : "The viewer chose ");
    fb__phrase_task(&s->p, "task", s->names, s->after, s->e->subject);
    fb__phrase_add(&s->p, list ? " is polled" : " to be polled");
    if (instead == s->e->subject) {
        fb__phrase_add(&s->p, ", which was next anyway");
    } else if (instead != 0) {
        fb__phrase_add(&s->p, " before ");
        fb__phrase_task(&s->p, "task", s->names, s->after, instead);
    } else {
        fb__phrase_add(&s->p, " next");
    }
    if (t != NULL && t->state == FB_TASK_IDLE) {
        fb__phrase_add(&s->p, ", though nobody woke it");
    }
    if (fb__tell_several(s)) {
        fb__phrase_add(&s->p, ", by worker %u", fb_event_worker(s->e));
    }
    fb__phrase_add(&s->p, ".");
}

void fb__tell_of_task(struct fb__telling *s) {
    switch ((enum fb_event_kind)s->e->kind) {
    case FB_EV_TASK_SPAWN: say_spawn(s); break;
    case FB_EV_TASK_SCHEDULED: say_scheduled(s); break;
    case FB_EV_POLL_BEGIN: say_poll_begin(s); break;
    case FB_EV_POLL_END: say_poll_end(s); break;
    case FB_EV_TASK_DONE: say_done(s); break;
    case FB_EV_TASK_FREE: say_free(s); break;
    case FB_EV_TASK_ABORT: say_abort(s); break;
    case FB_EV_TASK_JOIN: say_join(s); break;
    case FB_EV_YIELD: say_yield(s); break;
    case FB_EV_BUDGET_OUT: say_budget_out(s); break;
    case FB_EV_CHOICE: say_choice(s); break;
    default: say_text(s); break;
    }
}

// ---- the whole sentence ----

// "Worker 2: ", where several poll at once and the event is part of one poll.
static void tell_worker(struct fb__telling *s) {
    const struct fb_model_task *t;

    if (!fb__tell_several(s)) {
        return;
    }
    switch ((enum fb_event_kind)s->e->kind) {
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_IO:
        fb__phrase_add(&s->p, "Worker %u: ", fb_event_worker(s->e));
        break;
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT:
    case FB_EV_YIELD:
    case FB_EV_BUDGET_OUT:
        t = fb_model_task(s->before, fb_event_task(s->e));
        if (t != NULL && t->state == FB_TASK_RUNNING) {
            fb__phrase_add(&s->p, "Worker %u: ", t->worker);
        }
        break;
    default: break;
    }
}

static void tell(struct fb__telling *s) {
    if ((s->e->flags & FB_EV_FLAG_CENSUS) != 0 || s->e->kind == FB_EV_CENSUS) {
        fb__tell_of_census(s);
        return;
    }
    tell_worker(s);
    switch ((enum fb_event_kind)s->e->kind) {
    case FB_EV_TASK_SPAWN:
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_TASK_DONE:
    case FB_EV_TASK_FREE:
    case FB_EV_TASK_ABORT:
    case FB_EV_TASK_JOIN:
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE:
    case FB_EV_YIELD:
    case FB_EV_BUDGET_OUT:
    case FB_EV_CHOICE: fb__tell_of_task(s); break;
    case FB_EV_FUTURE_ENTER:
    case FB_EV_FUTURE_EXIT:
    case FB_EV_FUTURE_DROP: fb__tell_of_future(s); break;
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP:
    case FB_EV_WAKE: fb__tell_of_waker(s); break;
    case FB_EV_SOURCE_ADD:
    case FB_EV_SOURCE_READY:
    case FB_EV_SOURCE_CLEAR:
    case FB_EV_SOURCE_STALE:
    case FB_EV_SOURCE_DEL:
    case FB_EV_IO:
    case FB_EV_TIMER_SET:
    case FB_EV_TIMER_END: fb__tell_of_reactor(s); break;
    case FB_EV_CHANNEL: fb__tell_of_channel(s); break;
    case FB_EV_NONE:
    case FB_EV_PARK:
    case FB_EV_UNPARK:
    case FB_EV_CLOCK:
    case FB_EV_CENSUS:
    case FB_EV_STALL:
    case FB_EV_BLOCK_BEGIN:
    case FB_EV_BLOCK_END:
    case FB_EV_KINDS:
    default: fb__tell_of_executor(s); break;
    }
}

size_t fb_story_sentence(char *out, size_t out_bytes, const struct fb_names *n,
                         uint64_t number, const struct fb_event *e,
                         const struct fb_model *before,
                         const struct fb_model *after) {
    struct fb__telling s = {.p = fb__phrase_begin(out, out_bytes),
                            .names = n,
                            .e = e,
                            .before = before,
                            .after = after};

    if (before->event != 0 && number > before->event + 1) {
        fb__tell_gap(&s, before->event + 1, number - 1);
    }
    tell(&s);
    return fb__phrase_end(&s.p);
}
