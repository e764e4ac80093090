// Problem: an exercise must run as it would anywhere, and yet in an order, a
// world and a time that can be repeated, traced to a file that survives it.
// Idea: the runtime behind its seam. kit_runtime has the real kernel and a
// virtual clock; kit_net_runtime has the simulated kernel, whose time is the
// runtime's real time. Both count events at each turn: a run that goes on for
// ever is interrupted while its trace is still whole.
//
//     virtual clock   timers, tasks, a pool of threads; no sockets
//     world           sockets, faults, clients; no pool of threads
//
// Concurrency: the child's only thread but for the pool's.
#include "kit_impl.h"
#include "net.h"
#include "sys.h"

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <unistd.h>

static struct kit_play *playing; // for the seam, which has no argument

uint64_t kit_seed(const struct kit_play *play) {
    return play->round->seed;
}

enum fb_order kit_order(const struct kit_play *play) {
    return play->round->order;
}

unsigned kit_world(const struct kit_play *play) {
    return play->round->world;
}

const char *kit_path(struct kit_play *play, const char *name) {
    (void)snprintf(play->path, sizeof play->path, "%s/%s", play->options->files,
                   name);
    return play->path;
}

// ---- the trace ----

// A run that is judged is not watched live, and in the world the bell would be a
// real descriptor among simulated ones: it has none. One on a stage hears of its
// viewer at the next event: its clock is virtual, so it never sleeps for long.
static void take_bell_off(struct fb_trace_writer *w) {
    if (w->bell_fd >= 0) {
        (void)close(w->bell_fd);
        w->bell_fd = -1;
    }
    if (w->bell_path != NULL) {
        (void)unlink(w->bell_path);
    }
}

static int open_trace(struct kit_play *play, uint32_t flags) {
    const bool staged = play->options->stage != NULL;
    const struct fb_trace_options options = {
        .path = play->trace_path,
        .program = staged ? play->options->stage : "exercise",
        .ring_events = KIT_RING_EVENTS,
        .flags = flags,
        .wait_viewer = staged && play->options->stopped,
        .give_up = staged ? kit_stage_is_over : NULL,
    };
    int err = fb_trace_open(&play->trace, &options);

    if (err == 0) {
        play->traced = true;
        take_bell_off(&play->trace);
    }
    return err == 0 && staged ? kit_stage_ready(play->options) : err;
}

// ---- the end of a run that has none ----

static void watch_for_endless(void) {
    if (playing != NULL && playing->rt != NULL &&
        playing->trace.head > KIT_EVENTS_MAX) {
        playing->board->stop = KIT_STOP_ENDLESS;
        fb_runtime_interrupt(playing->rt);
    }
}

static int watched_epoll_wait(int epoll, struct epoll_event *events, int max,
                              int64_t timeout_ns) {
    watch_for_endless();
    return fb__sys_real.epoll_wait(epoll, events, max, timeout_ns);
}

static void on_wait(void *arg, uint64_t calls) {
    (void)arg;
    (void)calls;
    watch_for_endless();
}

static void on_idle(void *arg, uint64_t unused) {
    struct kit_play *play = arg;

    (void)unused;
    play->was_idle = true;
    fb_runtime_interrupt(play->rt);
}

// A pool's threads would race with the simulated kernel, which has one.
static int no_threads(pthread_t *thread, void *(*run)(void *arg), void *arg) {
    (void)thread;
    (void)run;
    (void)arg;
    return EAGAIN;
}

// ---- runtimes ----

static struct fb_runtime *runtime(struct kit_play *play, bool virtual_clock) {
    const struct fb_runtime_options options = {
        .order = play->round->order,
        .seed = play->round->seed,
        .virtual_clock = virtual_clock,
        .trace = &play->trace,
        .on_stall = play->options->stage != NULL ? kit_stage_stalled : NULL,
    };
    // The world's clock stands while the run is stopped, as a virtual one.
    uint32_t flags = virtual_clock || play->options->stage != NULL
                         ? FB_TRACE_VIRTUAL_CLOCK
                         : 0;

    playing = play;
    fb__sys.every_turn = true; // to watch for runs without an end
    play->no_runtime = open_trace(play, flags);
    if (play->no_runtime == 0) {
        play->no_runtime = fb_runtime_create(&options, &play->rt);
    }
    return play->no_runtime < 0 ? NULL : play->rt;
}

struct fb_runtime *kit_runtime(struct kit_play *play) {
    fb__sys.epoll_wait = watched_epoll_wait;
    return runtime(play, true);
}

// Enough for most runs to meet each of them, too little to hide the exercise.
static const struct net_faults some_faults = {
    .one_byte = 256, .eintr = 96, .eagain = 128};

void kit_net_buffers(struct kit_play *play, unsigned bytes) {
    play->buffer_bytes = bytes;
}

struct fb_runtime *kit_net_runtime(struct kit_play *play, bool faults) {
    struct net_options options = {.seed = play->round->seed,
                                  .buffer_bytes = 4096};

    if (faults) {
        options.faults = some_faults;
        options.buffer_bytes = 0;
    }
    if (play->buffer_bytes != 0) {
        options.buffer_bytes = play->buffer_bytes;
    }
    net_open(&options);
    net_on_wait(on_wait, play);
    net_on_idle(on_idle, play);
    fb__sys.thread_create = no_threads;
    play->has_net = true;
    return runtime(play, false);
}

static int end_run(struct kit_play *play, int end) {
    if (end == -EINTR && play->was_idle) {
        end = -EDEADLK; // nothing can happen any more, in this world too
        if (play->options->stage != NULL) {
            kit_stage_stalled(play->rt, NULL);
        }
    }
    if (play->has_net) {
        net_settle(); // clients hear what was said in the last step
    }
    play->board->end = end;
    play->board->ran = true;
    return end;
}

int kit_run(struct kit_play *play) {
    return end_run(play, fb_run(play->rt));
}

int kit_run_until(struct kit_play *play, struct fb_future *future) {
    return end_run(play, fb_block_on(play->rt, future));
}

// ---- taking down ----

static void close_net(struct kit_play *play) {
    const struct net_stats stats = net_stats();

    kit_note(play, "net.bad_closes", stats.bad_closes);
    kit_note(play, "net.descriptors", stats.descriptors);
    kit_note(play, "net.faults", (int64_t)stats.faults);
    play->board->leaked_blocks = stats.blocks;
    net_close();
}

// Sources are open and no task is left that could close them: the runtime would
// stop the program, rightly, but in the middle of its last words.
static bool has_orphans(const struct kit_play *play) {
    const struct fb_runtime_stats stats = play->rt != NULL
                                              ? fb_runtime_stats(play->rt)
                                              : (struct fb_runtime_stats){0};

    return stats.tasks == 0 && stats.sources > 0;
}

void kit_play_close(struct kit_play *play) {
    if (has_orphans(play)) { // nothing is missing: what the trace shows first
        fb_trace_close(&play->trace, true);
        play->board->phase = KIT_CLOSED;
        fb_assert(false, "sources are closed before their runtime");
    }
    fb_runtime_destroy(play->rt);
    play->rt = NULL;
    if (play->has_net) {
        kit_clients_hang_up(play); // who still waits for the other side
        close_net(play);
    }
    kit_clients_close(play);
    if (play->traced) {
        // On a stage, only who has asked for the file keeps it.
        fb_trace_close(&play->trace, play->trace_path != NULL);
    }
    playing = NULL;
}
