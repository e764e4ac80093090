// Setting up and clearing away.
//
// Order matters at the end: first the clients hang up (else the greeter would
// wait for them), then the trace is let go (else a stopped executor would
// never notice the signal), then the greeter is ended.
#include "stage.h"
#include <limits.h>
#include <stdio.h>
#include <string.h>

int fb_stage_open(struct fb_stage *st, const struct fb_demo_options *options,
                  void (*line)(void *arg, const char *text, size_t len),
                  void *arg, char *why, size_t why_bytes) {
    struct fb_server_options server = {.args = options->server_args,
                                       .port = options->port,
                                       .line = line,
                                       .arg = arg};
    char what[PATH_MAX]; // the trace: a path, or the greeter's pid
    int err;

    *st = (struct fb_stage){.server.out_fd = -1};
    err = fb_script_read(&st->script, options->script, why, why_bytes);
    if (err) {
        return err;
    }
    err = fb_server_start(&st->server, &server, why, why_bytes);
    if (!err) {
        if (options->ring) { // a name of digits would be a pid
            snprintf(what, sizeof(what), "%s%s",
                     strchr(options->ring, '/') ? "" : "./", options->ring);
        } else {
            snprintf(what, sizeof(what), "%d", (int)st->server.pid);
        }
        err = fb_session_open(&st->session, what, false, why, why_bytes);
    }
    if (err) {
        fb_stage_close(st);
    }
    return err;
}

void fb_stage_close(struct fb_stage *st) {
    fb_clients_deinit(&st->clients);
    fb_session_close(st->session);
    st->session = NULL;
    fb_server_end(&st->server);
    fb_script_deinit(&st->script);
}

bool fb_stage_pump(struct fb_stage *st) {
    bool moved = fb_server_pump(&st->server);

    moved = fb_clients_pump(&st->clients) || moved;
    return fb_clients_match(&st->clients,
                            fb_history_live(fb_session_history(st->session))) ||
           moved;
}
