// Setting up and clearing away.
//
// Order matters at the end: first the clients hang up (else the greeter would
// wait for them), then the trace is let go (else a stopped executor would
// never notice the signal), then the greeter is ended.
#include "stage.h"
#include <errno.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// An exercise is compiled first, if it was not before.
enum { STAND_LIMIT_MS = 5000, BUILD_LIMIT_MS = 120000 };

// The greeter with the play's options behind the person's: the last one wins.
static int cast_greeter(const struct fb_script *script,
                        struct fb_server_options *server,
                        const struct fb_demo_options *options,
                        const char *args[FB_SERVER_ARGS_MAX + 1]) {
    size_t n = 0;

    for (size_t i = 0; options->server_args[i]; i++) {
        args[n++] = options->server_args[i];
    }
    for (size_t i = 0; script->args[i]; i++) {
        if (n == FB_SERVER_ARGS_MAX) {
            return -E2BIG;
        }
        args[n++] = script->args[i];
    }
    args[n] = NULL;
    server->args = args;
    server->port = options->port;
    return 0;
}

// A scene stands before its first poll until the play says `run`.
static int cast_scene(const struct fb_script *script,
                      struct fb_server_options *server,
                      const struct fb_demo_options *options,
                      const char *args[FB_SERVER_ARGS_MAX + 1]) {
    size_t n = 0;

    if (options->greeter_options) {
        return -EINVAL;
    }
    args[n++] = script->scene;
    args[n++] = "--stopped";
    if (!options->in_class) {
        args[n++] = "--virtual";
    }
    if (options->ring) {
        args[n++] = "--ring";
        args[n++] = options->ring;
    }
    args[n] = NULL;
    server->args = args;
    server->program = "fishbowl-scene";
    server->may_be_silent = true;
    return 0;
}

// So does an exercise; its clock is virtual in class too, for its mistakes need
// hours, or no time at all.
static int cast_exercise(const struct fb_script *script,
                         struct fb_server_options *server,
                         const struct fb_demo_options *options,
                         const char *args[FB_SERVER_ARGS_MAX + 1]) {
    size_t n = 0;

    if (options->greeter_options) {
        return -EINVAL;
    }
    args[n++] = "stage";
    args[n++] = script->exercise;
    if (script->variant[0] != '\0') {
        args[n++] = script->variant;
    }
    args[n++] = "--stopped";
    args[n++] = "--order";
    args[n++] = script->order;
    if (options->ring) {
        args[n++] = "--ring";
        args[n++] = options->ring;
    }
    args[n] = NULL;
    server->args = args;
    server->program = "fishbowl-learn";
    server->may_be_silent = true;
    server->is_deaf = true;
    server->start_ms = BUILD_LIMIT_MS;
    return 0;
}

static int cast(struct fb_stage *st, const struct fb_demo_options *options,
                struct fb_server_options *server, char *why, size_t why_bytes) {
    const struct fb_script *s = &st->script;
    int err = s->scene[0] != '\0' ? cast_scene(s, server, options, st->args)
              : s->exercise[0] != '\0'
                  ? cast_exercise(s, server, options, st->args)
                  : cast_greeter(s, server, options, st->args);

    server->called = fb_script_cast(s);

    if (err == -EINVAL) {
        snprintf(
            why, why_bytes,
            "options of the greeter (--handler, --order …) do nothing here: "
            "this play has a program of its own, the %s %s",
            fb_script_cast(s), s->scene[0] != '\0' ? s->scene : s->exercise);
    } else if (err) {
        snprintf(why, why_bytes, "too many options for the greeter");
    }
    return err;
}

// A scene was told to stand before its first poll; once its trace is there, it
// is about to. Whoever looks from here on sees it stand.
static int await_standing(struct fb_stage *st, char *why, size_t why_bytes) {
    uint64_t after;

    for (int i = 0; i < STAND_LIMIT_MS; i++) {
        if (fb_session_stopped(st->session, &after)) {
            return 0;
        }
        poll(NULL, 0, 1);
        fb_server_pump(&st->server);
        if (st->server.ended) {
            snprintf(why, why_bytes, "the %s ended: %s",
                     fb_script_cast(&st->script), st->server.last_line);
            return -ECHILD;
        }
    }
    snprintf(why, why_bytes, "the %s does not stand still after %d s",
             fb_script_cast(&st->script), STAND_LIMIT_MS / 1000);
    return -ETIMEDOUT;
}

int fb_stage_open(struct fb_stage *st, const struct fb_demo_options *options,
                  void (*line)(void *arg, const char *text, size_t len),
                  void *arg, char *why, size_t why_bytes) {
    struct fb_server_options server = {.line = line, .arg = arg};
    char what[PATH_MAX]; // the trace: a path, or the program's pid
    int err;

    *st = (struct fb_stage){.server.out_fd = -1};
    err = fb_script_read(&st->script, options->script, why, why_bytes);
    if (err) {
        return err;
    }
    err = cast(st, options, &server, why, why_bytes);
    if (!err) {
        err = fb_server_start(&st->server, &server, why, why_bytes);
    }
    if (!err) {
        if (options->ring) { // a name of digits would be a pid
            snprintf(what, sizeof(what), "%s%s",
                     strchr(options->ring, '/') ? "" : "./", options->ring);
        } else {
            snprintf(what, sizeof(what), "%d", (int)st->server.pid);
        }
        err = fb_session_open(&st->session, what, false, why, why_bytes);
    }
    if (!err && options->ring == NULL && st->script.exercise[0] != '\0') {
        st->litter = strdup(fb_session_facts(st->session)->path);
    }
    if (!err && fb_script_has_own_program(&st->script)) {
        err = await_standing(st, why, why_bytes);
    }
    if (err) {
        fb_stage_close(st);
    }
    return err;
}

void fb_stage_close(struct fb_stage *st) {
    fb_clients_deinit(&st->clients);
    (void)!fb_server_starve(&st->server, false); // it may need one to end
    fb_session_close(st->session);
    st->session = NULL;
    fb_server_end(&st->server);
    if (st->litter) { // gone already if the program ended in good order
        (void)unlink(st->litter);
        free(st->litter);
        st->litter = NULL;
    }
    fb_script_deinit(&st->script);
}

bool fb_stage_pump(struct fb_stage *st) {
    bool moved = fb_server_pump(&st->server);

    moved = fb_clients_pump(&st->clients) || moved;
    return fb_clients_match(&st->clients,
                            fb_history_live(fb_session_history(st->session))) ||
           moved;
}
