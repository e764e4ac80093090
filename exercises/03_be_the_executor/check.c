// A small greeter, three callers, and an executor that polls nobody but whom the
// learner's picks name.
#include "kit.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// ---- a caller's task: prompt, name, thanks ----

static const char prompt[] = "Who are you? ";

struct greet {
    struct fb_future future;
    int out;
    struct fb_tcp_stream caller;
    char name[32], thanks[64];
    union { // of these one is alive at a time
        struct fb_write_all write;
        struct fb_read read;
    } now;
};

static enum fb_poll greet_poll(struct fb_future *future,
                               struct fb_context *cx) {
    struct greet *self = fb_container_of(future, struct greet, future);
    int len;

    FB_ASYNC(self, cx);
    FB_AWAIT_TRY(self->now.write,
                 fb_tcp_write_all(&self->caller, prompt, strlen(prompt)));
    FB_AWAIT_TRY(self->now.read,
                 fb_tcp_read(&self->caller, self->name, sizeof self->name - 1));
    len = (int)strcspn(self->name, "\n");
    fb_context_label(cx, self->name, (size_t)len);
    (void)snprintf(self->thanks, sizeof self->thanks, "Thank you, %.*s.\n", len,
                   self->name);
    FB_AWAIT_TRY(
        self->now.write,
        fb_tcp_write_close(&self->caller, self->thanks, strlen(self->thanks)));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void greet_drop(struct fb_future *future) {
    struct greet *self = fb_container_of(future, struct greet, future);

    fb_tcp_close(&self->caller);
}

static struct fb_type greet_type =
    FB_TYPE(greet, .poll = greet_poll, .drop = greet_drop);

// ---- task 1: lets three callers in ----

enum { CALLERS = 3 };

struct doorkeeper {
    struct fb_future future;
    int out;
    struct fb_tcp_listener *door;
    int let_in;
    struct fb_accept accept;
};

static int let_in(struct fb_context *cx, struct fb_tcp_stream caller) {
    struct greet greet = {.future.type = &greet_type, .caller = caller};

    return FB_SPAWN(cx->runtime, greet, NULL);
}

static enum fb_poll doorkeeper_poll(struct fb_future *future,
                                    struct fb_context *cx) {
    struct doorkeeper *self =
        fb_container_of(future, struct doorkeeper, future);

    FB_ASYNC(self, cx);
    for (self->let_in = 0; self->let_in < CALLERS; self->let_in++) {
        FB_AWAIT_TRY(self->accept, fb_tcp_accept(self->door));
        FB_TRY(let_in(cx, self->accept.stream));
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void doorkeeper_drop(struct fb_future *future) {
    struct doorkeeper *self =
        fb_container_of(future, struct doorkeeper, future);

    fb_tcp_listener_close(self->door);
}

static struct fb_type doorkeeper_type =
    FB_TYPE(doorkeeper, .poll = doorkeeper_poll, .drop = doorkeeper_drop);

// ---- the executor: the learner ----

enum { PICKS_MOST = 200 };

struct picks {
    struct kit_play *play;
    FILE *file;
    unsigned line;
    uint32_t picked; // last; 0: nobody
    uint64_t polls;  // before it
    bool waits;
    uint64_t wakes; // before it waited
};

// One line's pick, 0 to wait; -1: none is left, or it cannot be read.
static long next_pick(struct picks *p) {
    char text[128], *at, *end;
    long task;

    while (fgets(text, sizeof text, p->file) != NULL) {
        p->line++;
        text[strcspn(text, "#\r\n")] = '\0';
        for (at = text; isspace((unsigned char)*at); at++) {
        }
        for (end = at + strlen(at); end > at && isspace((unsigned char)end[-1]);
             end--) {
        }
        *end = '\0';
        if (*at == '\0') {
            continue;
        }
        kit_count(p->play, "picks", 1);
        if (strcmp(at, "wait") == 0) {
            return 0;
        }
        task = strtol(at, &end, 10);
        if (end != at && *end == '\0' && task > 0 && task < 1000) {
            return task;
        }
        kit_note(p->play, "unreadable line", p->line);
        return -1;
    }
    return -1;
}

// Who is alive is polled; whoever is not, the runtime waits instead. So a pick
// after which no poll was made was one of nobody.
static bool was_refused(struct picks *p, uint64_t polls) {
    if (p->picked == 0 || polls > p->polls) {
        return false;
    }
    kit_note(p->play, "refused task", p->picked);
    kit_note(p->play, "refused line", p->line);
    return true;
}

static uint32_t pick(struct fb_runtime *rt, void *arg) {
    const struct fb_runtime_stats stats = fb_runtime_stats(rt);
    struct picks *p = arg;
    long task;

    if (p->waits && stats.wakes == p->wakes) {
        return 0; // nothing has happened yet
    }
    task = was_refused(p, stats.polls) ? -1 : next_pick(p);
    if (task < 0) {
        fb_runtime_interrupt(rt);
    }
    p->picked = task > 0 ? (uint32_t)task : 0;
    p->polls = stats.polls;
    p->waits = task == 0;
    p->wakes = stats.wakes;
    return p->picked;
}

// ---- play ----

static const struct {
    const char *name, *says;
    uint64_t after_ns;
} callers[CALLERS] = {{"Ada", "Ada\n", 4 * FB_MS},
                      {"Ben", "Ben\n", 2 * FB_MS},
                      {"Cleo", "Cleo\n", 4 * FB_MS}};

static void dial_in(struct kit_play *play, uint16_t port) {
    for (int i = 0; i < CALLERS; i++) {
        const struct kit_step says = {callers[i].after_ns, KIT_SAY,
                                      callers[i].says};

        kit_client(play, callers[i].name, port, FB_MS, &says, 1);
    }
}

static int play(struct kit_play *play) {
    static struct fb_tcp_listener door;
    struct picks picks = {.play = play};
    struct doorkeeper doorkeeper = {.future.type = &doorkeeper_type,
                                    .door = &door};
    struct fb_runtime *rt = kit_net_runtime(play, false);
    struct fb_addr addr;
    int err = rt != NULL ? fb_addr_parse("127.0.0.1:6142", &addr) : -ENOMEM;

    picks.file = fopen(kit_path(play, "picks.txt"), "re");
    if (err == 0 && picks.file == NULL) {
        err = -errno;
    }
    if (err == 0) {
        err = fb_tcp_listen(rt, &addr, CALLERS, &door);
    }
    if (err == 0) {
        dial_in(play, fb_addr_port(&door.local));
        err = FB_SPAWN(rt, doorkeeper, NULL);
    }
    if (err == 0) {
        fb_runtime_on_pick(rt, pick, &picks);
        (void)kit_run(play);
        (void)was_refused(&picks, fb_runtime_stats(rt).polls);
        fb_runtime_on_pick(rt, NULL, NULL);
    }
    if (picks.file != NULL) {
        (void)fclose(picks.file);
    }
    return err;
}

// ---- judge ----

static const struct fb_model_task *task_at(struct kit_case *c, uint64_t event,
                                           uint32_t task) {
    const struct fb_model *m =
        fb_history_at(fb_trial_history(kit_trial(c)), event);

    return m != NULL ? fb_model_task(m, task) : NULL;
}

static void claim_readable(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const int64_t line = kit_fact(c, "unreadable line", 0);

    if (kit_fact(c, "picks", 0) == 0) {
        fb_trial_fail(
            t, FB_T14, 0,
            "You have picked nobody yet, so nobody was polled. Task 1 "
            "is in the run queue: write 1 into picks.txt.");
    } else if (line != 0) {
        fb_trial_fail(t, FB_T14, 0,
                      "Line %lld of picks.txt is neither the number of a task "
                      "nor `wait`.",
                      (long long)line);
    }
}

static void claim_alive(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const uint32_t task = (uint32_t)kit_fact(c, "refused task", 0);
    const uint64_t done =
        task != 0 ? kit_event(c, FB_EV_TASK_DONE, task, 0) : 0;
    const long long line = kit_fact(c, "refused line", 0);

    if (task != 0 && done != 0) {
        fb_trial_fail(t, FB_T3, done,
                      "Line %lld of picks.txt polls task %u once more, but it "
                      "was Ready at event %llu: it is over.",
                      line, (unsigned)task, (unsigned long long)done);
    } else if (task != 0) {
        fb_trial_fail(t, FB_T14, 0,
                      "Line %lld of picks.txt picks task %u, and there is none "
                      "yet of that number.",
                      line, (unsigned)task);
    }
}

static void claim_awake(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    if (!fb_claim_wake_then_poll(t)) {
        fb_trial_believed(
            t, "The executor may sleep while somebody can run.",
            "Who is in the run queue has news to work on. The executor sleeps "
            "only when the run queue is empty.");
    }
}

enum { WASTED_MOST = 2 }; // in vain, and forgiven

// Polls that nobody had asked for: nothing came of them. Gives how many there
// are; the first of them are written to `begins`.
static unsigned count_wasted(struct kit_case *c, uint64_t *begins,
                             unsigned most) {
    const struct fb_history *h = fb_trial_history(kit_trial(c));
    unsigned wasted = 0;

    for (uint64_t at = kit_event(c, FB_EV_POLL_BEGIN, 0, 0); at != 0;
         at = kit_event(c, FB_EV_POLL_BEGIN, 0, at)) {
        const struct fb_model_task *task =
            task_at(c, at, fb_history_event(h, at)->subject);

        if (task != NULL && task->unwoken) {
            if (wasted < most) {
                begins[wasted] = at;
            }
            wasted++;
        }
    }
    return wasted;
}

static void claim_worth_it(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    uint64_t begins[WASTED_MOST + 1];
    const unsigned wasted = count_wasted(c, begins, WASTED_MOST + 1);

    if (wasted <= WASTED_MOST) {
        return;
    }
    fb_trial_fail(
        t, FB_T4, begins[WASTED_MOST],
        "%u polls were in vain: nobody had woken these tasks, so they "
        "found nothing new. Up to %d are free.",
        wasted, WASTED_MOST);
    for (unsigned i = 0; i <= WASTED_MOST; i++) {
        fb_trial_show(t, begins[i], "nobody woke it, and it is polled");
    }
    fb_trial_believed(t, "The executor polls everyone in turn.",
                      "A task that waits has left its waker with whoever will "
                      "have news for it. Poll only who was woken, and let the "
                      "others rest.");
}

// The last event before the run was taken down, which aborts who is left.
static uint64_t end_of_picks(struct kit_case *c) {
    const uint64_t aborted = kit_event(c, FB_EV_TASK_ABORT, 0, 0);
    struct fb_history *h = fb_trial_history(kit_trial(c));

    return aborted != 0 ? fb_history_prev(h, aborted) : fb_history_last(h);
}

static void claim_served(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const struct fb_history *h = fb_trial_history(t);

    for (uint32_t task = 1; task <= 1 + CALLERS; task++) {
        const uint64_t done = kit_event(c, FB_EV_TASK_DONE, task, 0);

        if (done == 0 || fb_history_event(h, done)->detail != FB_OUTCOME_OK) {
            fb_trial_fail(t, FB_T12, end_of_picks(c),
                          "Your picks are over, and task %u is not. Who is in "
                          "the run queue? If nobody is, `wait`.",
                          (unsigned)task);
            fb_trial_believed(
                t, "A task that was begun gets done by itself.",
                "A task goes on only inside its polls. As long as one is "
                "alive, there is something left for the executor to do.");
            return;
        }
    }
}

static void judge(struct kit_case *c) {
    claim_readable(c);
    claim_alive(c);
    claim_awake(c);
    claim_worth_it(c);
    claim_served(c);
}

// ---- one pick after another ----

enum { WORDS = 300, COLS = 79 };

// Broken at blanks: a terminal would do it in the middle of a word.
static void say(FILE *out, const char *indent, const char *text) {
    const size_t room = COLS - strlen(indent);
    size_t n;

    while (strlen(text) > room) {
        for (n = room; n > 0 && text[n] != ' '; n--) {
        }
        if (n == 0) {
            break;
        }
        (void)fprintf(out, "%s%.*s\n", indent, (int)n, text);
        text += n + 1;
    }
    (void)fprintf(out, "%s%s\n", indent, text);
}

// What came of the last pick, but for what is too small to tell.
static void show_news(struct kit_case *c, uint64_t end, FILE *out) {
    struct fb_history *h = fb_trial_history(kit_trial(c));
    uint64_t from = 1, at;
    char words[WORDS];

    for (at = kit_event(c, FB_EV_CHOICE, 0, 0); at != 0 && at <= end;
         at = kit_event(c, FB_EV_CHOICE, 0, at)) {
        from = at;
    }
    at = kit_event(c, FB_EV_PARK, 0, from - 1); // after it: the last was `wait`
    from = at != 0 && at <= end ? at : from;
    for (at = from; at != 0 && at <= end; at = fb_history_next(h, at)) {
        switch ((enum fb_event_kind)fb_history_event(h, at)->kind) {
        case FB_EV_TASK_SPAWN:
        case FB_EV_POLL_BEGIN:
        case FB_EV_POLL_END:
        case FB_EV_TASK_DONE:
        case FB_EV_PARK:
        case FB_EV_STALL:
        case FB_EV_WAKE:
            kit_sentence(c, at, words, sizeof words);
            say(out, "  ", words);
            break;
        default: break;
        }
    }
}

static void show_tasks(struct kit_case *c, uint64_t end, FILE *out) {
    const struct fb_names *names = fb_trial_names(kit_trial(c));
    const struct fb_model *m =
        fb_history_at(fb_trial_history(kit_trial(c)), end);
    char who[WORDS], why[WORDS];
    uint32_t cursor = 0;
    const struct fb_model_task *t;

    while (m != NULL && (t = fb_model_task_next(m, &cursor)) != NULL) {
        if (t->state == FB_TASK_COMPLETE) {
            continue;
        }
        (void)fb_say_task(who, sizeof who, names, m, t->id);
        if (t->state == FB_TASK_SCHEDULED && t->polls == 0) {
            (void)fprintf(out, "%4u  %-12s can run: it is new\n",
                          (unsigned)t->id, who);
        } else if (t->state == FB_TASK_SCHEDULED) {
            (void)fb_say_waker(why, sizeof why, names, m, t->id);
            (void)fprintf(out, "%4u  %-12s can run: woken by %s\n",
                          (unsigned)t->id, who, why);
        } else {
            (void)fb_say_task_waits(why, sizeof why, names, m, t->id);
            (void)fprintf(out, "%4u  %-12s waits for %s\n", (unsigned)t->id,
                          who, why);
        }
    }
}

// Whether the last line could be followed. That nobody is picked yet, or not
// all are served, is no mistake here.
static bool show(struct kit_case *c, FILE *out) {
    const struct fb_verdict *v = fb_trial_verdict(kit_trial(c));
    const uint64_t end = end_of_picks(c);

    (void)fputc('\n', out);
    if (v->failed && v->id != FB_T12 && kit_fact(c, "picks", 0) != 0) {
        if (v->id == FB_T2) {
            say(out, "", "You went to sleep while somebody could run:");
        }
        say(out, "", v->text);
        if (kit_fact(c, "unreadable line", 0) != 0 ||
            kit_fact(c, "refused task", 0) != 0) {
            return false;
        }
        (void)fprintf(out, "`undo` takes the last pick back.\n");
    } else if (kit_fact(c, "picks", 0) != 0) {
        show_news(c, end, out);
    }
    if (!v->failed) {
        (void)fprintf(out, "All four are done. Well picked.\n");
        return true;
    }
    (void)fprintf(out,
                  "\n%u of %d free polls in vain\ntask  name         "
                  "state\n",
                  count_wasted(c, NULL, 0), WASTED_MOST);
    show_tasks(c, end, out);
    return true;
}

const struct kit_exercise kit_exercise = {
    .play = play,
    .judge = judge,
    .ask_file = "picks.txt",
    .ask = "poll whom? (a task, wait, undo, quit)",
    .show = show};
