// How findings are said: the same words on the screen, in print and in JSON.
//
// Idea: a sentence is made from the finding alone, not from a world: it stays
// the same at whatever moment it is read, and when its task is long forgotten.
#include "lints.h"
#include "phrase.h"

struct words {
    const char *name, *explains, *remedy;
};

static const struct words table[FB_LINTS] = {
    [FB_LINT_LOST_WAKE] =
        {"lost wake",
         "A future that returns Pending has promised that its waker is stored "
         "somewhere, or that a wake is on its way. Nobody else knows that the "
         "task waits, so without a waker it is never polled again.",
         "Before returning Pending, store the waker with whoever knows when "
         "it goes on (fb_waiter_arm), in every poll; and wake it there."},
    [FB_LINT_NEVER_YIELDED] =
        {"never yielded",
         "A poll cannot be interrupted. Until it returns, its worker polls no "
         "other task and looks at no socket and no timer.",
         "In a long loop await fb_yield() now and then, or spend the budget "
         "(fb_consume_budget); give a long computation to "
         "fb_spawn_blocking()."},
    [FB_LINT_SELF_WAKE_STORM] =
        {"self-wake storm",
         "A task that wakes itself is polled again at once, whether what it "
         "waits for has happened or not. The executor never parks, and one "
         "core does nothing but ask.",
         "Store the waker with whoever knows when it goes on, and wake it "
         "there. To let others run first, await fb_yield()."},
    [FB_LINT_POLL_AFTER_READY] =
        {"poll after Ready",
         "A future is polled until it is Ready and never again: its result is "
         "taken and what it owned is gone. Fishbowl's own runtime ends the "
         "program here, as a broken contract.",
         "Let go of a child once it is Ready, as FB_AWAIT, join and select do; "
         "in a loop, make a new future for each round."},
    [FB_LINT_STALE_WAKER] =
        {"stale waker",
         "A waker is good for the future that stored it and as long as it "
         "waits. One that is kept longer wakes for nothing, and keeps its "
         "task's memory; in a list, it may point into memory that is gone.",
         "Take the waker out where the waiting ends: fb_waiter_disarm in the "
         "future's drop, fb_waker_drop for a clone of your own."},
    [FB_LINT_BLOCKING_CALL] =
        {"blocking call",
         "A poll that sleeps, reads a disk, looks up a name, waits for a lock "
         "or computes for long holds its worker's thread: every other task, "
         "socket and timer there waits with it.",
         "Await the asynchronous call instead, or hand the work to the pool "
         "of threads: fb_spawn_blocking()."},
    [FB_LINT_UNJOINED_TASK] =
        {"unjoined task",
         "Only whoever joins a task learns how it ended. With nobody to ask, a "
         "failure is as silent as success.",
         "Keep the handle and await fb_join_task, or spawn it in a join set or "
         "a scope, which hand their failures on."},
    [FB_LINT_LARGE_FUTURE] =
        {"large future",
         "A future holds all that it needs between its polls. It is copied "
         "when it is spawned, and its memory is taken for as long as its task "
         "lives, once for each task.",
         "Keep large buffers behind a pointer, let children that never live "
         "at the same time share a union, and shorten what is kept across an "
         "await."},
};

static const char *const roles[FB_LINT_ROLES] = {
    [FB_LINT_ROLE_SPAWNED] = "it was spawned",
    [FB_LINT_ROLE_POLLED] = "it was polled",
    [FB_LINT_ROLE_PENDING] = "its poll returned Pending",
    [FB_LINT_ROLE_WENT_ON] = "the executor went on: nobody holds its waker",
    [FB_LINT_ROLE_STALL] = "the executor found that nothing can ever happen",
    [FB_LINT_ROLE_RESULT] = "one more result, in the same poll",
    [FB_LINT_ROLE_STILL] = "it was in the same poll still",
    [FB_LINT_ROLE_QUIET] = "nothing has come after this event for long",
    [FB_LINT_ROLE_POLL_END] = "its poll ended",
    [FB_LINT_ROLE_FIRST_WAKE] = "it woke itself for the first time",
    [FB_LINT_ROLE_LAST_WAKE] = "it woke itself once more",
    [FB_LINT_ROLE_READY] = "the future was Ready",
    [FB_LINT_ROLE_DROPPED] = "the future was dropped",
    [FB_LINT_ROLE_AGAIN] = "it was polled again",
    [FB_LINT_ROLE_COMPLETE] = "the task was complete",
    [FB_LINT_ROLE_WOKEN] = "it was woken",
    [FB_LINT_ROLE_STORED] = "its waker was stored",
    [FB_LINT_ROLE_FAILED] = "the task ended",
    [FB_LINT_ROLE_TRACE_ENDED] = "the trace ended, and nobody had asked",
};

const char *fb_name_lint(enum fb_lint_kind kind) {
    return (unsigned)kind < FB_LINTS ? table[kind].name : "?";
}

const char *fb_lint_explains(enum fb_lint_kind kind) {
    return (unsigned)kind < FB_LINTS ? table[kind].explains : "";
}

const char *fb_lint_remedy(enum fb_lint_kind kind) {
    return (unsigned)kind < FB_LINTS ? table[kind].remedy : "";
}

const char *fb_name_lint_role(enum fb_lint_role role) {
    return (unsigned)role < FB_LINT_ROLES ? roles[role] : "?";
}

// ---- sentences ----

// "12,345"
static void add_count(struct fb__phrase *p, uint64_t n) {
    if (n >= 1000) {
        add_count(p, n / 1000);
        fb__phrase_add(p, ",%03u", (unsigned)(n % 1000));
    } else {
        fb__phrase_add(p, "%u", (unsigned)n);
    }
}

// "Task 4 (greet)": by its type, for labels change.
static void add_task(struct fb__phrase *p, const struct fb_names *n,
                     const char *word, const struct fb_finding *f) {
    fb__phrase_add(p, "%s %u", word, f->task);
    if (fb__names_knows(n, f->type)) {
        fb__phrase_add(p, " (");
        fb__phrase_type(p, n, f->type);
        fb__phrase_add(p, ")");
    }
}

// "read (future 12) of task 4 (greet)"
static void add_future(struct fb__phrase *p, const struct fb_names *n,
                       const struct fb_finding *f) {
    if (fb__names_knows(n, f->future_type)) {
        fb__phrase_type(p, n, f->future_type);
        fb__phrase_add(p, " (future %u) of ", f->future);
    } else {
        fb__phrase_add(p, "Future %u of ", f->future);
    }
    add_task(p, n, "task", f);
}

static void say_never_yielded(struct fb__phrase *p, const struct fb_names *n,
                              const struct fb_finding *f) {
    const struct fb_lint_evidence *last =
        f->evidence_count > 0 ? &f->evidence[f->evidence_count - 1] : NULL;

    add_task(p, n, "Task", f);
    if (last != NULL && (last->role == FB_LINT_ROLE_STILL ||
                         last->role == FB_LINT_ROLE_QUIET)) {
        fb__phrase_add(p, " had been in one poll for ");
        fb__phrase_duration(p, f->amount);
        fb__phrase_add(p, ", which had not ended.");
    } else {
        fb__phrase_add(p, " had ");
        add_count(p, f->amount);
        fb__phrase_add(p, " futures Ready in one poll, which had not ended.");
    }
}

static void say_polled_again(struct fb__phrase *p, const struct fb_names *n,
                             const struct fb_finding *f) {
    if (f->future == 0) {
        add_task(p, n, "Task", f);
        fb__phrase_add(p, " was polled although it was complete.");
        return;
    }
    add_future(p, n, f);
    fb__phrase_add(p, " was polled again after it was %s.",
                   f->evidence[0].role == FB_LINT_ROLE_DROPPED ? "dropped"
                                                               : "Ready");
}

static void say_stale_waker(struct fb__phrase *p, const struct fb_names *n,
                            const struct fb_finding *f) {
    if (f->future == 0) {
        add_task(p, n, "Task", f);
        fb__phrase_add(p, " was woken after it was complete: somebody still "
                          "had a waker of it.");
        return;
    }
    add_future(p, n, f);
    fb__phrase_add(p, " was dropped, but its waker is still stored");
    if (f->party == FB_PARTY_SOURCE) { // elsewhere "the reactor, fd 7"
        fb__phrase_add(p, ": source %u has it", f->holder);
    } else if (f->party != FB_PARTY_OUTSIDE && f->party != FB_PARTY_NONE) {
        fb__phrase_add(p, ": %s %u has it",
                       fb_name_party((enum fb_party)f->party), f->holder);
    }
    fb__phrase_add(p, ".");
}

static void say_unjoined(struct fb__phrase *p, const struct fb_names *n,
                         const struct fb_finding *f) {
    add_task(p, n, "Task", f);
    if (f->outcome == FB_OUTCOME_FAILED) {
        fb__phrase_add(p, " failed");
    } else {
        const char *name = fb_name_errno(f->out);

        fb__phrase_add(p, " ended with error ");
        if (name[0] == '?') {
            fb__phrase_add(p, "%d", f->out);
        } else {
            fb__phrase_add(p, "%s", name);
        }
    }
    fb__phrase_add(p, ", and nobody has joined it: no one learns of that.");
}

size_t fb_lint_sentence(char *out, size_t out_bytes, const struct fb_names *n,
                        const struct fb_finding *f) {
    struct fb__phrase p = fb__phrase_begin(out, out_bytes);

    switch ((enum fb_lint_kind)f->kind) {
    case FB_LINT_LOST_WAKE:
        add_task(&p, n, "Task", f);
        fb__phrase_add(&p, " returned Pending, and nobody holds its waker: "
                           "only an abort can end its wait.");
        break;
    case FB_LINT_NEVER_YIELDED: say_never_yielded(&p, n, f); break;
    case FB_LINT_SELF_WAKE_STORM:
        add_task(&p, n, "Task", f);
        fb__phrase_add(&p, " woke itself in ");
        add_count(&p, f->amount);
        fb__phrase_add(&p, " polls in a row, and none of them got anywhere.");
        break;
    case FB_LINT_POLL_AFTER_READY: say_polled_again(&p, n, f); break;
    case FB_LINT_STALE_WAKER: say_stale_waker(&p, n, f); break;
    case FB_LINT_BLOCKING_CALL:
        fb__phrase_add(&p, "One poll of ");
        add_task(&p, n, "task", f);
        fb__phrase_add(&p, " took ");
        fb__phrase_duration(&p, f->amount);
        fb__phrase_add(&p, ": its thread did nothing else meanwhile.");
        break;
    case FB_LINT_UNJOINED_TASK: say_unjoined(&p, n, f); break;
    case FB_LINT_LARGE_FUTURE:
        add_task(&p, n, "Task", f);
        fb__phrase_add(&p, " takes ");
        add_count(&p, f->amount);
        fb__phrase_add(&p, " bytes.");
        break;
    case FB_LINTS:
    default: fb__phrase_add(&p, "?"); break;
    }
    return fb__phrase_end(&p);
}
