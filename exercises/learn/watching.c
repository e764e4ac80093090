// Problem: edit, save, verdict must be one second and no key; and while a
//     program of the learner's runs for ever, the screen must stay ours.
// Idea: one page is on the screen: the task, a verdict, a hint, a solution.
//     A tick every 100 ms looks for saved files and for the end of the run that
//     goes on in a thread beside. What needs the terminal for itself (the
//     visualiser, the list) leaves the screen and comes back.
// Invariants: at most one run at a time; the state is written by this thread.
#include "watching_state.h"

#include "help.h"
#include "list.h"
#include "predict.h"
#include "show.h"
#include "verdict.h"
#include "view.h"
#include "watch.h"
#include "work.h"
#include <errno.h>
#include <string.h>

enum { TICK_MS = 100, BUSY_MS = 50 };

static void new_page(struct watching *w) {
    page_deinit(&w->page);
    w->top = 0;
    w->dirty = true;
    w->asked = false;
}

// Complaints of the parts go to the status line while the screen is up.
static void reread(struct watching *w) {
    struct state s;

    if (learn_state(w->l, &s)) {
        state_deinit(&w->s);
        w->s = s;
    }
}

void watching_show_task(struct watching *w) {
    new_page(w);
    verdict_task(&w->page, w->l, w->exercise);
    page_gap(&w->page);
    page_add(&w->page, FB_STYLE_DIM,
             predict_is_open(w->l, w->exercise)
                 ? "Press Enter: you predict, then you see what happens."
                 : "Open the file in your editor. It is judged each time you "
                   "save it.");
}

void watching_show_verdict(struct watching *w) {
    if (w->judging.started || w->judging.exercise != w->exercise ||
        w->judging.err != 0 ||
        !(w->judging.result.passed || w->judging.result.claim[0] != '\0')) {
        watching_show_task(w);
        return;
    }
    new_page(w);
    w->passed = w->judging.result.passed;
    verdict_page(&w->page, w->l, w->exercise, &w->judging.result, &w->s);
}

void watching_judge(struct watching *w) {
    int err;

    if (judging_busy(&w->judging)) {
        atomic_store_explicit(&w->judging.stop, true, memory_order_relaxed);
        w->again = true;
        return;
    }
    err = judging_start(&w->judging, w->l, w->exercise);
    snprintf(w->status, sizeof(w->status), "%s", err < 0 ? strerror(-err) : "");
    w->dirty = true;
}

void watching_turn(struct watching *w, const struct course_exercise *e) {
    w->exercise = e;
    w->passed = false;
    w->status[0] = '\0';
    watching_show_task(w);
    if (work_is_there(w->l, e) && !work_untouched(w->l, e) &&
        !predict_is_open(w->l, e)) {
        watching_judge(w);
    }
}

static void take_verdict(struct watching *w) {
    const bool stop =
        atomic_load_explicit(&w->judging.stop, memory_order_relaxed);
    const int err = judging_finish(&w->judging, stop);

    w->dirty = true;
    if (w->again) {
        w->again = false;
        watching_judge(w);
        return;
    }
    if (err == -ECANCELED) {
        snprintf(w->status, sizeof(w->status), "The run was ended by you.");
        return;
    }
    reread(w);
    if (err < 0) {
        snprintf(w->status, sizeof(w->status), "%s", w->judging.why);
        return;
    }
    if (w->judging.exercise == w->exercise) {
        watching_show_verdict(w);
    }
}

int watching_tick(void *arg, uint64_t now_ns) {
    struct watching *w = arg;
    const struct course_exercise *saved =
        files_saved(&w->files, now_ns, w->exercise);
    char word[sizeof(w->word)];

    if (saved != NULL) {
        if (saved != w->exercise) {
            w->exercise = saved;
            watching_show_task(w);
        }
        if (!predict_is_open(w->l, saved)) {
            watching_judge(w);
        } else {
            snprintf(w->status, sizeof(w->status),
                     "Saved. Answers are still empty: Enter asks for them.");
            w->dirty = true;
        }
    }
    if (!w->judging.started) {
        return TICK_MS;
    }
    if (!judging_busy(&w->judging)) {
        take_verdict(w);
        return 0;
    }
    judging_word(&w->judging, word, sizeof(word));
    if (strcmp(word, w->word) != 0) {
        memcpy(w->word, word, sizeof(word));
        w->dirty = true;
    }
    return BUSY_MS;
}

// ---- as a client of the terminal's loop ----

static bool is_dirty(void *arg) {
    const struct watching *w = arg;

    return w->dirty;
}

static bool is_done(void *arg) {
    const struct watching *w = arg;

    return w->leave != WATCHING_STAY;
}

static void touch(void *arg) {
    struct watching *w = arg;

    w->dirty = true;
}

// Ctrl-C ends the learner's program first, and only then us.
static bool interrupt(void *arg) {
    struct watching *w = arg;

    if (!judging_busy(&w->judging)) {
        return false;
    }
    atomic_store_explicit(&w->judging.stop, true, memory_order_relaxed);
    return true;
}

static int show(struct watching *w) {
    const struct fb_tui_client client = {.arg = w,
                                         .key = watching_key,
                                         .tick = watching_tick,
                                         .draw = watching_draw,
                                         .dirty = is_dirty,
                                         .done = is_done,
                                         .touch = touch,
                                         .interrupt = interrupt};
    const struct fb_tui_options options = {.ascii = w->l->options.ascii,
                                           .no_color = w->l->options.no_color,
                                           .no_mouse = true};
    int status;

    w->leave = WATCHING_STAY;
    w->dirty = true;
    w->l->complaint = w->status;
    w->l->complaint_bytes = sizeof(w->status);
    status = fb_tui_show(&client, &options);
    w->l->complaint = NULL;
    return status;
}

static int obey(struct watching *w) {
    const struct course_exercise *chosen;
    int status = 0;

    switch (w->leave) {
    case WATCHING_LIST:
        status = list_show(w->l, w->exercise, &chosen);
        if (chosen != NULL) {
            watching_turn(w, chosen);
        }
        break;
    case WATCHING_VIZ: (void)show_screen(w->l, w->exercise); break;
    case WATCHING_PREDICT:
        if (predict_ask(w->l, w->exercise) == 0 &&
            !predict_is_open(w->l, w->exercise)) {
            watching_judge(w);
        }
        break;
    case WATCHING_STAY:
    case WATCHING_QUIT: break;
    }
    return status;
}

static int say_goodbye(struct watching *w) {
    struct page p = {0};
    char bar[128];

    reread(w);
    learn_bar(w->l, &w->s, w->l->look.cols, bar, sizeof(bar));
    page_add(&p, FB_STYLE_NORMAL, "%s", bar);
    page_add(&p, FB_STYLE_DIM, "Go on with `%s watch`.", w->l->me);
    return learn_say(w->l, &p, 0);
}

int watching_run(struct learn *l, const struct course_exercise *e) {
    struct watching w = {.l = l};
    int status;

    if (!learn_state(l, &w.s)) {
        return 1;
    }
    if (files_open(&w.files, l) < 0) {
        state_deinit(&w.s);
        return learn_fail(l, "out of memory");
    }
    watching_turn(&w, e);
    do {
        status = show(&w);
        if (status == 0) {
            status = obey(&w);
        }
    } while (status == 0 && w.leave != WATCHING_QUIT &&
             w.leave != WATCHING_STAY);
    judging_deinit(&w.judging);
    files_close(&w.files);
    page_deinit(&w.page);
    if (status == 0) {
        status = say_goodbye(&w);
    }
    state_deinit(&w.s);
    return status;
}
