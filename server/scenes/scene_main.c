// fishbowl-scene: runs one scene.
//
// Opens trace, runtime and, for a scene with clients, the listener; blocks on
// the scene's root; closes everything in reverse. A stall is a way to end like
// any other, and is reported.
//
// A stop signal must not become a source of the runtime, as it is in `serve`: a
// runtime that can still hear of a signal is never stalled. It interrupts.
#include "../cli.h"
#include "scene.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct scene *const scenes[] = {
    &scene_join, &scene_race,    &scene_abort, &scene_stall,
    &scene_slow, &scene_channel, &scene_wakers};
enum { SCENES = sizeof scenes / sizeof scenes[0], BACKLOG = 16 };

enum {
    KEY_LISTEN = 256,
    KEY_PORT_FILE,
    KEY_RING,
    KEY_STOPPED,
    KEY_VIRTUAL,
    KEY_LIST,
};

static const struct argp_option option_list[] = {
    {"list", KEY_LIST, NULL, 0, "Name the scenes", 0},
    {"stopped", KEY_STOPPED, NULL, 0,
     "Stand still before the first poll until a viewer says run", 0},
    {"virtual", KEY_VIRTUAL, NULL, 0,
     "A clock that jumps to the next timer: no sleep takes time", 0},
    {"listen", KEY_LISTEN, "ADDR:PORT", 0,
     "Where a scene with clients listens (default 127.0.0.1:0)", 0},
    {"port-file", KEY_PORT_FILE, "FILE", 0,
     "Write the port there, or 0, once the trace can be opened", 0},
    {"ring", KEY_RING, "FILE", 0,
     "Write the trace there and keep it at the end", 0},
    {0}};

struct scene_options {
    const struct scene *scene;
    const char *listen, *port_file;
    struct fb_runtime_options runtime;
    struct fb_trace_options trace;
};

static volatile sig_atomic_t ended_by;
static struct fb_runtime *volatile running; // for the signal handler

// Also at the very end, where there is no runtime any more: a scene that is
// about to end must not leave its trace behind.
static void on_stop_signal(int signal_number) {
    ended_by = signal_number;
    if (running != NULL) {
        fb_runtime_interrupt(running);
    }
}

static bool is_ended(void *unused) {
    (void)unused;
    return ended_by != 0;
}

static error_t parse_option(int key, char *arg, struct argp_state *state) {
    struct scene_options *o = state->input;

    switch (key) {
    case KEY_LIST:
        for (size_t i = 0; i < SCENES; i++) {
            printf("%-10s %s\n", scenes[i]->name, scenes[i]->about);
        }
        exit(0);
    case KEY_STOPPED: o->trace.wait_viewer = true; break;
    case KEY_VIRTUAL:
        o->runtime.virtual_clock = true;
        o->trace.flags |= FB_TRACE_VIRTUAL_CLOCK; // it begins at 0, too
        break;
    case KEY_LISTEN: o->listen = arg; break;
    case KEY_PORT_FILE: o->port_file = arg; break;
    case KEY_RING: o->trace.path = arg; break;
    case ARGP_KEY_ARG:
        for (size_t i = 0; i < SCENES && o->scene == NULL; i++) {
            o->scene = strcmp(arg, scenes[i]->name) == 0 ? scenes[i] : NULL;
        }
        if (o->scene == NULL || state->arg_num > 0) {
            argp_error(state, "one scene, please (--list names them)");
        }
        break;
    case ARGP_KEY_NO_ARGS:
        argp_error(state, "which scene? (--list names them)");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    .options = option_list,
    .parser = parse_option,
    .args_doc = "SCENE",
    .doc = "Runs a small program that shows one thing about waiting."
           "\vExample:\n"
           "  fishbowl scene join --stopped &\n"
           "  fishbowl watch        # s lets it run, p makes one poll\n"};

static void report(struct fb_runtime *rt, void *unused) {
    (void)unused;
    printf("stalled: nothing can ever happen again\n");
    fb_runtime_report(rt, stdout);
}

static int play(const struct scene_options *o, struct fb_runtime *rt) {
    struct fb_tcp_listener listener = {0};
    uint16_t port = 0;
    int err, status = 0;

    if (o->scene->serves) {
        status =
            cli_listen(o->listen, rt, BACKLOG, o->runtime.trace, &listener);
    }
    if (status == 0 && o->scene->serves) {
        port = fb_addr_port(&listener.local);
        printf("listening on port %u\n", port);
    }
    if (status == 0 && o->port_file != NULL) {
        err = cli_port_file_write(o->port_file, port);
        status = err < 0 ? cli_error(o->port_file, err, NULL) : 0;
    }
    if (status == 0) {
        err = fb_block_on(rt, o->scene->root(&listener));
        status = err == 0 || err == -EINTR ? 0 : 1;
        if (err < 0 && err != -EDEADLK && err != -EINTR) {
            (void)cli_error(o->scene->name, err, NULL);
        }
    }
    fb_tcp_listener_close(&listener);
    return status;
}

int main(int argc, char **argv) {
    struct scene_options o = {.listen = "127.0.0.1:0",
                              .runtime = {.on_stall = report},
                              .trace = {.give_up = is_ended}};
    const struct sigaction stop = {.sa_handler = on_stop_signal};
    struct fb_trace_writer trace = {0};
    struct fb_runtime *rt;
    int err, status;

    cli_hold_standard_files();
    cli_setup_argp("fishbowl scene " FB_VERSION);
    argp_parse(&argp, argc, argv, 0, NULL, &o);
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    (void)signal(SIGPIPE, SIG_IGN);
    (void)sigaction(SIGINT, &stop, NULL);  // from here on there are things to
    (void)sigaction(SIGTERM, &stop, NULL); // undo

    o.trace.program = o.scene->name;
    err = fb_trace_open(&trace, &o.trace);
    if (err < 0) {
        return cli_error(o.trace.path ? o.trace.path : "trace", err, NULL);
    }
    o.runtime.trace = &trace;
    err = fb_runtime_create(&o.runtime, &rt);
    if (err < 0) {
        status = cli_error("runtime", err, NULL);
    } else {
        running = rt;
        status = ended_by != 0 ? 0 : play(&o, rt);
        running = NULL;
        fb_runtime_destroy(rt);
    }
    // The trace of a finished scene is of use to who asked for it by name.
    fb_trace_close(&trace, o.trace.path != NULL);
    return status;
}
