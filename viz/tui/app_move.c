// Problem: three ways in which the picture can stand or move, which a class
//     must never confuse, over a program that may stop, run on or die.
// Idea: the mode says who holds still. LIVE: nobody. FROZEN: the picture.
//     STOPPED: the executor; the picture may look back meanwhile.
//
//          space              s
//     LIVE <---> FROZEN,  LIVE <---> STOPPED,  FROZEN --s--> STOPPED
//
//     A program that ends leaves its trace: FROZEN, at its last event.
// Invariants: at_edge means that the picture shows the newest event. The
//     control page is claimed exactly while STOPPED or in slow motion.
#include "app_state.h"
#include <errno.h>
#include <inttypes.h>

static const uint64_t MS = 1000000u;

static struct fb_history *history(struct fb_app *app) {
    return fb_session_history(app->session);
}

static bool stands_still(const struct fb_app *app) {
    uint64_t after;

    return fb_session_stopped(app->session, &after);
}

// A page that was claimed by somebody else is the usual reason for a no.
static int claim(struct fb_app *app) {
    int err = 0;

    if (!app->alive) {
        return -ENOTSUP;
    }
    if (!fb_session_claimed(app->session)) {
        err = fb_session_claim(app->session);
    }
    if (err == -EBUSY) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "another viewer controls this program");
    } else if (err) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "this program cannot be controlled");
    }
    app->beat_ns = app->now_ns;
    return err;
}

uint32_t fb__app_events_per_second(const struct fb_app *app) {
    const uint32_t *speeds;
    size_t count = fb_speeds(&speeds);

    return app->speed < count ? speeds[app->speed] : 0;
}

// The speed that a finished run plays at.
static unsigned play_speed(const struct fb_app *app) {
    const uint32_t *speeds;
    size_t count = fb_speeds(&speeds);
    unsigned at = 1;

    while (at + 1 < count && speeds[at] > app->config.speed) {
        at++;
    }
    return at;
}

// Lets the executor go at the chosen speed.
static void release(struct fb_app *app) {
    app->stepping = false;
    app->run_begun = !fb_session_stopped(app->session, &app->run_from);
    if (app->speed > 0) {
        fb_session_slow(app->session,
                        1000000000u / fb__app_events_per_second(app));
    } else {
        fb_session_run(app->session);
        if (app->breaks.count == 0) {
            fb_session_release(app->session);
        }
    }
}

void fb__app_begin(struct fb_app *app, bool start_frozen) {
    app->alive = fb_session_life(app->session) == FB_LIFE_RUNNING;
    app->at_edge = app->alive && !start_frozen;
    app->mode = app->at_edge ? FB_MODE_LIVE : FB_MODE_FROZEN;
    app->at = fb_history_first(history(app));
    if (!app->alive) {
        app->scene.killed = fb_session_life(app->session) == FB_LIFE_KILLED;
        app->speed = play_speed(app);
    } else if (stands_still(app) && claim(app) == 0) {
        fb_session_stop(app->session); // it was started to wait for a viewer
        app->mode = FB_MODE_STOPPED;
        app->at_edge = true;
    }
}

// The last event has been taken and nobody is left to write another one.
void fb__app_watch_life(struct fb_app *app) {
    enum fb_trace_life life;

    if (app->life_ns != 0 && app->now_ns - app->life_ns < 250 * MS) {
        return;
    }
    app->life_ns = app->now_ns;
    life = fb_session_life(app->session);
    if (life == FB_LIFE_RUNNING) {
        return;
    }
    while (fb_session_pump(app->session) > 0) {
    }
    app->alive = false;
    app->mode = FB_MODE_FROZEN;
    if (app->at_edge) {
        app->at = fb_history_last(history(app));
        app->at_edge = false;
    }
    app->speed = play_speed(app);
    app->stepping = false;
    app->scene.stopping = false;
    app->scene.killed = life == FB_LIFE_KILLED;
    fb__app_status(app, FB_STYLE_STRONG,
                   life == FB_LIFE_KILLED
                       ? "The program was killed; its trace is still here."
                       : "The program has ended; its trace is still here.");
    fb__app_changed(app);
}

static bool wants_control(const struct fb_app *app) {
    return app->mode == FB_MODE_STOPPED || app->speed > 0 ||
           app->breaks.count > 0;
}

// A viewer that was away too long (suspended, say) has lost the page and the
// program ran on. Takes the page again, or gives in to who has it now.
static void regain(struct fb_app *app) {
    app->stepping = false;
    app->told_breaks = 0; // the program has forgotten them
    if (claim(app)) {
        app->speed = 0;
        app->breaks.count = 0;
        if (app->mode == FB_MODE_STOPPED) {
            fb__app_resume(app);
        }
    } else if (app->mode == FB_MODE_STOPPED) {
        fb__app_arm_breaks(app);
        fb_session_stop(app->session);
        fb__app_status(app, FB_STYLE_WARNING,
                       "The program ran on while this viewer was away.");
    } else {
        fb__app_arm_breaks(app);
        release(app);
    }
    fb__app_changed(app);
}

// The breakpoints are others: a live program is told, a picture that plays
// looks again where to stop.
void fb__app_breaks_changed(struct fb_app *app) {
    fb__app_plan_play(app);
    fb__app_forget_met(app);
    fb__app_changed(app);
    if (!app->alive) {
        return;
    }
    if (app->breaks.count > 0 && claim(app) != 0) {
        app->breaks.count = 0; // it has said why
        return;
    }
    app->told_breaks = SIZE_MAX;
    fb__app_arm_breaks(app);
    if (app->mode != FB_MODE_STOPPED && app->speed == 0) {
        release(app);
    }
}

// Notices that the program has met a breakpoint, and says which once its event
// is here.
void fb__app_watch_breaks(struct fb_app *app) {
    uint64_t after = 0;
    bool stands = fb_session_stopped(app->session, &after);

    if (app->breaks.count == 0) {
        return;
    }
    if (app->untold) {
        fb__app_arm_breaks(app);
    }
    app->run_begun = app->run_begun || !stands;
    if (app->mode != FB_MODE_STOPPED && stands &&
        (app->run_begun || after != app->run_from) &&
        fb_session_claimed(app->session)) {
        app->at = app->scene.at;
        app->mode = FB_MODE_STOPPED; // a picture that stood looks back now
        app->break_event = after;
        // The page still says RUN: let it say what the program does.
        fb_session_stop(app->session);
        fb__app_changed(app);
    }
    if (app->break_event && fb_history_last(history(app)) >= app->break_event) {
        fb__app_say_break(app, app->break_event);
        app->break_event = 0;
    }
}

// A step is over when the executor stands still again. It may not have heard of
// the step yet, or have made it between two looks: then it stands elsewhere.
static bool step_is_over(struct fb_app *app) {
    uint64_t after;

    if (!fb_session_stopped(app->session, &after)) {
        app->step_begun = true;
        return false;
    }
    return app->step_begun || after != app->step_from;
}

// Keeps the beat, and notices when the executor reaches or leaves its stop.
void fb__app_watch_control(struct fb_app *app) {
    bool stopping;

    if (wants_control(app) && !fb_session_claimed(app->session)) {
        regain(app);
    } else if (wants_control(app) && app->now_ns - app->beat_ns >= 100 * MS) {
        fb_session_beat(app->session);
        app->beat_ns = app->now_ns;
    }
    stopping = app->mode == FB_MODE_STOPPED && !stands_still(app);
    if (app->stepping && step_is_over(app)) {
        app->stepping = false;
        if (app->breaks.count > 0) {
            (void)fb_session_stopped(app->session, &app->break_event);
        }
        fb__app_changed(app);
    }
    if (stopping != app->scene.stopping) {
        app->scene.stopping = stopping;
        fb__app_changed(app);
    }
}

void fb__app_freeze(struct fb_app *app) {
    fb__app_refresh(app); // freeze what is seen, not what came since
    app->mode = FB_MODE_FROZEN;
    app->at = app->scene.at;
    app->at_edge = false;
    fb__app_changed(app);
}

void fb__app_resume(struct fb_app *app) {
    app->mode = FB_MODE_LIVE;
    app->at_edge = true;
    fb__app_changed(app);
}

void fb__app_to_edge(struct fb_app *app) {
    app->at_edge = true;
    fb__app_changed(app);
}

int fb_app_stop(struct fb_app *app) {
    int err = claim(app);

    if (err) {
        return err;
    }
    fb_session_stop(app->session);
    app->mode = FB_MODE_STOPPED;
    app->scene.stopping = true; // until it is seen to stand
    fb__app_changed(app);
    return 0;
}

int fb_app_run(struct fb_app *app) {
    if (!fb_session_claimed(app->session)) {
        return -ENOTSUP;
    }
    release(app);
    fb__app_resume(app);
    return 0;
}

void fb__app_change_speed(struct fb_app *app, int by) {
    const uint32_t *speeds;
    int speed = (int)app->speed + by;

    if (speed < (app->alive ? 0 : 1) || speed >= (int)fb_speeds(&speeds)) {
        return;
    }
    if (app->alive && claim(app) != 0) {
        return;
    }
    app->speed = (unsigned)speed;
    if (app->alive && app->mode != FB_MODE_STOPPED) {
        release(app);
    }
    fb__app_changed(app);
}

void fb_app_slow(struct fb_app *app, uint64_t events_per_second) {
    const uint32_t *speeds;
    const size_t count = fb_speeds(&speeds);
    unsigned speed = 0;

    if (!app->alive || claim(app) != 0) {
        return;
    }
    if (events_per_second > 0) {
        for (speed = 1; speed + 1 < count; speed++) {
            if (speeds[speed] <= events_per_second) {
                break;
            }
        }
    }
    app->speed = speed;
    if (app->mode != FB_MODE_STOPPED) {
        release(app);
    }
    fb__app_changed(app);
}

void fb__app_toggle_play(struct fb_app *app) {
    app->playing = !app->playing;
    app->play_due_ns = app->now_ns;
    fb__app_plan_play(app);
    fb__app_changed(app);
}

void fb__app_play(struct fb_app *app) {
    uint64_t pace_ns = 1000000000u / fb__app_events_per_second(app);

    while (app->playing && app->play_due_ns <= app->now_ns) {
        uint64_t next = fb_history_next(history(app), app->at);

        if (next > app->play_known) {
            fb__app_plan_play(app); // more has been loaded since
        }
        if (next == 0) {
            app->playing = false;
        } else {
            app->at = next;
        }
        if (next != 0 && next == app->play_until) {
            app->playing = false;
            fb__app_say_break(app, next);
        }
        app->play_due_ns += pace_ns;
        fb__app_changed(app);
        fb__app_lesson_moved(app);
    }
}

void fb__app_go(struct fb_app *app, uint64_t event) {
    uint64_t first = fb_history_first(history(app)), last;

    fb__app_load_to(app, event);
    last = fb_history_last(history(app));
    if (app->mode == FB_MODE_LIVE) {
        app->mode = FB_MODE_FROZEN;
    }
    app->playing = false;
    app->at = event < first ? first : event > last ? last : event;
    app->at_edge = app->mode == FB_MODE_STOPPED && app->at == last;
    fb__app_changed(app);
    fb__app_lesson_moved(app);
}

// A wake is an event of its own: the task is in the run queue only after the
// next one. Said where somebody steps from wake to wake.
static void explain_wake(struct fb_app *app, uint64_t event) {
    const struct fb_event *e = fb_history_event(history(app), event);

    if (e && e->kind == FB_EV_WAKE && e->detail == FB_WAKE_SCHEDULED &&
        app->scene.status_style != FB_STYLE_SAY) {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "Task %" PRIu32 " is woken; with the next event it is "
                       "in the run queue.",
                       e->subject);
    }
}

// Moves the picture through what is kept. Returns false at the end.
static bool scrub(struct fb_app *app, enum fb_unit unit, int direction) {
    uint64_t to = fb_history_step(history(app), app->at, unit, direction,
                                  app->scene.task);

    if (to == 0 && direction > 0 && fb_session_missing(app->session) > 0) {
        fb__app_load_to(app, UINT64_MAX);
        to = fb_history_step(history(app), app->at, unit, direction,
                             app->scene.task);
    }
    if (to == 0 || to == app->at) {
        return false;
    }
    fb__app_go(app, to);
    if (unit == FB_UNIT_WAKE) {
        explain_wake(app, to);
    }
    return true;
}

static const struct {
    const char *name;
    enum fb_control_step step;
} units[] = {
    [FB_UNIT_EVENT] = {"event", FB_STEP_EVENT},
    [FB_UNIT_POLL] = {"poll", FB_STEP_POLL},
    [FB_UNIT_WAKE] = {"wake", FB_STEP_WAKE},
    [FB_UNIT_TASK] = {"change of this task", FB_STEP_TASK},
    [FB_UNIT_TURN] = {"turn of the reactor", FB_STEP_TURN},
};

static int step_forwards(struct fb_app *app, enum fb_unit unit) {
    if (app->mode == FB_MODE_FROZEN) {
        if (!scrub(app, unit, 1)) {
            fb__app_status(app, FB_STYLE_NORMAL, "There is no later %s%s.",
                           units[unit].name, app->alive ? " yet" : "");
        }
        return 0;
    }
    if (app->mode == FB_MODE_LIVE) {
        return -ENOTSUP;
    }
    if (!app->at_edge) { // looking back: first catch up with the executor
        if (!scrub(app, unit, 1)) {
            fb__app_to_edge(app);
        }
        return 0;
    }
    app->step_begun = !fb_session_stopped(app->session, &app->step_from);
    fb_session_step(app->session, units[unit].step, app->scene.task);
    app->stepping = true;
    fb__app_changed(app);
    return 0;
}

bool fb__app_step_choice(struct fb_app *app, uint32_t task) {
    app->step_begun = !fb_session_stopped(app->session, &app->step_from);
    app->choose_token = fb_session_choose(app->session, task, FB_STEP_TASK);
    app->stepping = app->choose_token != 0;
    fb__app_changed(app);
    return app->stepping;
}

static int step_back(struct fb_app *app, enum fb_unit unit) {
    if (app->mode == FB_MODE_LIVE) {
        fb__app_freeze(app);
    } else if (app->at_edge) {
        app->at = fb_history_last(history(app));
    }
    if (!scrub(app, unit, -1)) {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "There is no earlier %s in what is kept (first: event "
                       "%" PRIu64 ").",
                       units[unit].name, fb_history_first(history(app)));
    }
    return 0;
}

int fb_app_step(struct fb_app *app, enum fb_unit unit, int direction) {
    app->playing = false;
    return direction < 0 ? step_back(app, unit) : step_forwards(app, unit);
}

void fb__app_walk(struct fb_app *app, enum fb_unit unit, int direction) {
    if (fb_app_step(app, unit, direction)) {
        fb__app_status(app, FB_STYLE_NORMAL,
                       "Steps forward need a picture that stands: space "
                       "freezes it, s stops the program.");
    }
}
