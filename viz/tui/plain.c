// Problem: a person who hears the screen cannot follow a picture that changes
//     all over; but wants to stop, step and ask like everybody else.
// Idea: the same app, driven by words instead of keys. After each line, and
//     whenever something happens, only what is new is said: the sentences of
//     the events that were passed, a change of mode, the answer to a command.
//     Tables are printed when they are asked for, by `print`'s own functions.
// Invariants: a sentence is told once for each time its event is passed
//     forwards; a jump over many events says how many it leaves out.
#include "plain.h"
#include "app_state.h"
#include "print.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum {
    TELL_STEP = 60, // sentences at once after a command
    TELL_LAST = 5,  // of those left out
};

// ---- saying what is new ----------------------------------------------------

void fb__plain_sentences(struct fb_plain *p, uint64_t from, uint64_t to) {
    struct fb_print_options options = {
        .from = from, .to = to, .out = p->out, .bare = true};

    if (fb_print_story(p->app->session, &options) == -ENOMEM) {
        fprintf(p->out, "* out of memory: sentences are missing\n");
    }
    p->app->stale = true; // the history was asked for other worlds
}

// The event so many kept ones before `at`.
uint64_t fb__plain_before(const struct fb_history *h, uint64_t at, int many) {
    while (many-- > 0 && fb_history_prev(h, at) != 0) {
        at = fb_history_prev(h, at);
    }
    return at;
}

static void tell_events(struct fb_plain *p) {
    const struct fb_history *h = fb_session_history(p->app->session);
    const uint64_t at = p->app->scene.at;
    const uint64_t most =
        p->app->mode == FB_MODE_LIVE ? FB_PLAIN_LIVE : TELL_STEP;
    uint64_t from = p->told + 1;

    if (at < p->told) {
        from = at; // looked back: where it stands now
    } else if (at - p->told > most) {
        from = fb__plain_before(h, at, TELL_LAST - 1);
        fprintf(p->out,
                "        … events %" PRIu64 " to %" PRIu64 " are passed over\n",
                p->told + 1, from - 1);
    }
    if (at != p->told) {
        fb__plain_sentences(p, from, at);
    }
    p->told = at;
}

static void tell_mode(struct fb_plain *p) {
    const struct fb_scene *s = &p->app->scene;

    if (p->app->mode == p->mode && s->recording == p->finished) {
        return;
    }
    p->mode = p->app->mode;
    p->finished = s->recording;
    if (p->mode == FB_MODE_LIVE) {
        fprintf(p->out, "* LIVE: the program runs, the story follows.\n");
    } else {
        fprintf(p->out, "* %s %" PRIu64 ".\n",
                (s->end && s->end[0]) || s->ran_on
                    ? "FROZEN: a recording, at event"
                : s->recording ? "FROZEN: a finished run, at event"
                : p->mode == FB_MODE_FROZEN
                    ? "FROZEN: the program runs on, the story stands at event"
                    : "STOPPED: the program stands still after event",
                s->at);
    }
}

void fb_plain_tell(struct fb_plain *p) {
    struct fb_app *app = p->app;

    if (p->left > 0 && !app->stepping) {
        p->left--;
        fb_app_key(app, (uint32_t)p->unit);
    }
    fb__app_refresh(app);
    tell_events(p);
    fb__app_refresh(app);
    tell_mode(p);
    if (strcmp(p->status, app->scene.status) != 0) {
        memcpy(p->status, app->scene.status, sizeof(p->status));
        if (p->status[0]) {
            fprintf(p->out, "* %s\n", p->status);
        }
    }
    fflush(p->out);
}

void fb_plain_begin(struct fb_plain *p, struct fb_app *app, FILE *out) {
    *p = (struct fb_plain){.app = app, .out = out, .mode = (enum fb_mode) - 1};
    fb__app_refresh(app);
    p->told = app->scene.at;
    fb_plain_line(p, "where");
    fb_plain_tell(p);
    fprintf(out, "* help lists the commands.\n");
    fflush(out);
}

// ---- the terminal ----------------------------------------------------------

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number) {
    (void)signal_number;
    interrupted = 1;
}

static uint64_t now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Takes the whole lines off the buffer. What is longer than it is cut.
static void take_lines(struct fb_plain *p, char *buffer, size_t *len,
                       size_t room) {
    char *end;

    while ((end = memchr(buffer, '\n', *len)) || *len == room) {
        const size_t used = end ? (size_t)(end - buffer) + 1 : *len;

        buffer[used - 1] = '\0';
        fb_plain_line(p, buffer);
        fb_plain_tell(p);
        memmove(buffer, buffer + used, *len - used);
        *len -= used;
    }
}

int fb_plain_run(struct fb_app *app) {
    struct sigaction action = {.sa_handler = on_interrupt};
    struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
    struct fb_plain p;
    char buffer[512];
    size_t len = 0;

    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGPIPE, SIG_IGN);
    fb_app_tick(app, now_ns());
    fb_plain_begin(&p, app, stdout);
    while (!fb_app_done(app) && !interrupted && !ferror(stdout)) {
        const int wait = fb_app_tick(app, now_ns());

        fb_plain_tell(&p);
        if (poll(&input, 1, p.left > 0 ? 1 : wait) > 0) {
            const ssize_t n =
                read(STDIN_FILENO, buffer + len, sizeof(buffer) - len);

            if (n <= 0) {
                break;
            }
            len += (size_t)n;
            take_lines(&p, buffer, &len, sizeof(buffer));
        }
    }
    return ferror(stdout) ? 1 : 0;
}
