// Problem: a recording of a hundred million events takes seconds to load, and
//     a person wants to see its beginning at once.
// Idea: each tick takes a slice that is too short to be felt, and the header
//     says how much is still to come. Whoever asks for what is not there yet (an
//     event by its number, the next wake) waits for just that.
// Invariants: what is there is exact; only the newest event is not the last.
#include "app_state.h"
#include "session.h"
#include <errno.h>
#include <string.h>

enum {
    SLICES = 4,  // of FB_SESSION_PUMP_EVENTS, per tick: about 20 ms
    MORE = 65536 // events that a search waits for before it looks again
};

void fb__app_say_end(struct fb_app *app) {
    char text[FB_LOG_BYTES];

    fb_session_say_end(app->session, text, sizeof(text));
    if (text[0]) {
        text[0] = 'T'; // here it begins a line
        fb__app_status(app, FB_STYLE_WARNING, "%s.", text);
    }
}

static bool take_slice(struct fb_app *app) {
    const int taken = fb_session_pump(app->session);

    if (taken == -EBADMSG) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "This trace is damaged: its rings contradict each "
                       "other.");
    } else if (taken < 0 && taken != -ENOMEM) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "The rest of this trace cannot be read: %s.",
                       strerror(-taken));
    } else if (taken < 0) {
        fb__app_status(app, FB_STYLE_WARNING,
                       "Out of memory: the rest of this trace is not loaded.");
    } else if (taken == 0) {
        fb__app_say_end(app);
    }
    fb__app_changed(app); // the header at least
    return taken > 0;
}

bool fb__app_load(struct fb_app *app) {
    for (int i = 0; i < SLICES && fb_session_missing(app->session) > 0; i++) {
        if (!take_slice(app)) {
            break;
        }
    }
    return fb_session_missing(app->session) > 0;
}

void fb__app_load_to(struct fb_app *app, uint64_t event) {
    const struct fb_history *h = fb_session_history(app->session);

    while (fb_history_last(h) < event && fb_session_missing(app->session) > 0) {
        if (!take_slice(app)) {
            return;
        }
    }
}

bool fb__app_load_more(struct fb_app *app) {
    const struct fb_history *h = fb_session_history(app->session);
    const uint64_t last = fb_history_last(h);

    fb__app_load_to(app, last + MORE);
    return fb_history_last(h) > last;
}
