// What is said of a step whose effect has not come in time.
#include "player_parts.h"

// The program has ended without it.
static enum fb__verdict never(struct fb_player *p,
                              const struct fb_script_step *step) {
    const char *cast = fb_script_cast(p->script);

    if (step->verb == FB_SCRIPT_STEP) {
        return fb__player_broken(p, "the %s has ended: nothing is left to step",
                                 cast);
    }
    if (step->verb == FB_SCRIPT_WAIT && step->what == FB_WAIT_EVENT) {
        return fb__player_broken(
            p, "no %s since the last act, and the %s has ended",
            fb_name_event((enum fb_event_kind)step->number), cast);
    }
    return fb__player_broken(p, "the %s has ended", cast);
}

enum fb__verdict fb__player_late(struct fb_player *p,
                                 const struct fb_script_step *step) {
    static const char *const waits[] = {"prompt", "reply", "end"};
    const double seconds = (double)p->limit_ns / 1e9;
    const char *name = step->name;

    if (p->server->ended) {
        return never(p, step);
    }
    if (step->verb == FB_SCRIPT_STEP) {
        return fb__player_broken(
            p, "the executor had nothing to step over in %g s", seconds);
    }
    if (step->verb == FB_SCRIPT_BOOKMARK) {
        return fb__player_broken(
            p,
            "the executor did not come to rest in %g s (`stop` it before, or "
            "name the event: mark %s at PLACE)",
            seconds, name);
    }
    if (step->verb != FB_SCRIPT_WAIT) {
        return fb__player_broken(p, "the executor did not come to rest in %g s",
                                 seconds);
    }
    switch ((enum fb_script_wait)step->what) {
    case FB_WAIT_PROMPT:
    case FB_WAIT_REPLY:
    case FB_WAIT_CLOSED:
        return fb__player_broken(p, "no %s for %s in %g s", waits[step->what],
                                 name, seconds);
    case FB_WAIT_TASKS:
        return fb__player_broken(p, "there are %u tasks, not %llu, after %g s",
                                 fb__player_world(p)->live_tasks,
                                 (unsigned long long)step->number, seconds);
    case FB_WAIT_EVENT:
        return fb__player_broken(
            p, "no %s since the last act, in %g s",
            fb_name_event((enum fb_event_kind)step->number), seconds);
    case FB_WAIT_PENDING:
        return fb__player_broken(p, "%s's task does not wait, after %g s", name,
                                 seconds);
    case FB_WAIT_END: break;
    }
    return fb__player_broken(p, "the program has not ended after %g s",
                             seconds);
}
