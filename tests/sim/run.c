// Problem: a run must be judged as a whole: what the clients heard, what was
// taken and not given back, and whether the events tell of legal lives.
// Idea: the same steps as the program `serve`, in the same order, on a
// simulated kernel; undone in reverse, whatever failed on the way.
//
// The end comes as it does to a real server: when the last client has gone a
// stop signal is sent. Should nothing happen even then, the run is interrupted
// and has failed.
// Concurrency: one thread.
#include "run.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BACKLOG = 4096, PORT = 6142 };

struct run {
    const struct run_options *options;
    struct run_result *result;
    struct crowd *crowd; // NULL where there are guests
    struct fb_trace_writer trace;
    struct fb_runtime *rt;
    struct fb_tcp_listener listener;
    struct fb_signals signals;
    uint64_t seen; // events up to this one were looked at
    bool stopped;  // the stop signal was sent
    bool hung;
};

// ---- who dials ----

static bool guests_come(struct run *run, const struct crowd_options *crowd) {
    const struct run_guests *g = run->options->guests;

    if (g != NULL) {
        g->open(g->arg, crowd->port);
        return true;
    }
    run->crowd = crowd_open(crowd);
    return run->crowd != NULL;
}

static void guests_go(struct run *run) {
    const struct run_guests *g = run->options->guests;

    if (g != NULL) {
        g->close(g->arg);
    }
    crowd_close(run->crowd);
}

static const char *guests_failure(const struct run *run) {
    const struct run_guests *g = run->options->guests;

    return g != NULL ? g->failure(g->arg) : crowd_failure(run->crowd);
}

static bool guests_are_over(const struct run *run) {
    const struct run_guests *g = run->options->guests;

    return g != NULL ? g->is_over(g->arg) : crowd_is_over(run->crowd);
}

// ---- silence ----

struct silence {
    int saved[3];
    int last_fd;
};

static void silence_begin(struct silence *s, bool aloud) {
    int nothing = open("/dev/null", O_WRONLY | O_CLOEXEC);

    s->last_fd = aloud ? 1 : 2;
    (void)fflush(NULL);
    for (int fd = 1; fd <= s->last_fd; fd++) {
        s->saved[fd] = fcntl(fd, F_DUPFD_CLOEXEC, 10);
        (void)dup2(nothing, fd);
    }
    close(nothing);
}

static void silence_end(struct silence *s) {
    (void)fflush(NULL);
    for (int fd = 1; fd <= s->last_fd; fd++) {
        (void)dup2(s->saved[fd], fd);
        close(s->saved[fd]);
    }
}

// ---- events ----

static void look_at(struct run *run, uint64_t number,
                    const struct fb_event *e) {
    uint64_t words[sizeof *e / sizeof(uint64_t)];

    memcpy(words, e, sizeof words);
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        uint64_t hash = run->result->events_hash;

        hash = (hash ^ words[i]) * 0x9fb21c651e98df25u;
        run->result->events_hash = hash ^ hash >> 32;
    }
    if (run->options->on_event != NULL) {
        run->options->on_event(run->options->on_event_arg, number, e);
    }
}

static void look_at_new(struct run *run) {
    const struct fb_trace_writer *t = &run->trace;

    if (!run->options->traced) {
        return;
    }
    if (t->head - run->seen > t->mask + 1) {
        run->result->events_missed = true;
        run->seen = t->head - t->mask - 1;
    }
    while (run->seen < t->head) {
        look_at(run, run->seen + 1, &t->events[run->seen & t->mask]);
        run->seen++;
    }
}

// ---- the turns ----

static void on_wait(void *arg, uint64_t calls) {
    struct run *run = arg;

    (void)calls;
    look_at_new(run);
    if (++run->result->turns == run->options->interrupt_turn) {
        fb_runtime_interrupt(run->rt);
    }
}

static void on_idle(void *arg, uint64_t unused) {
    struct run *run = arg;

    (void)unused;
    if (!run->stopped) {
        run->stopped = true;
        net_signal(SIGTERM);
    } else {
        run->hung = true;
        fb_runtime_interrupt(run->rt);
    }
}

// ---- the acceptor, and dropping it early ----

struct canceller {
    struct fb_future future;
    int out;
    uint64_t polls, cancel_poll;
    struct acceptor acceptor;
};

static enum fb_poll canceller_poll(struct fb_future *f, struct fb_context *cx) {
    struct canceller *self = fb_container_of(f, struct canceller, future);

    if (fb_future_await(f, &self->acceptor.future, cx, __LINE__) == FB_READY) {
        self->out = self->acceptor.out;
        return FB_READY;
    }
    if (++self->polls == self->cancel_poll) {
        self->out = -ECANCELED;
        return FB_READY; // with the acceptor unfinished: it is dropped with us
    }
    return FB_PENDING;
}

static struct fb_type canceller_type =
    FB_TYPE(canceller, .poll = canceller_poll);

static int serve(struct run *run) {
    static struct canceller root; // a future stays where it is first polled
    const struct acceptor_options options = {
        .handler = run->options->handler,
        .grace_ns = 2 * FB_S,
        .idle_timeout_ns = run->options->idle_timeout_ns,
    };
    int err;

    root = (struct canceller){
        .future.type = &canceller_type,
        .cancel_poll = run->options->cancel_poll,
        .acceptor = acceptor(&options, &run->listener, &run->signals)};
    err = fb_block_on(run->rt, &root.future);
    return err < 0 ? err : root.out;
}

// ---- setting up and taking down ----

static int open_and_serve(struct run *run) {
    const struct run_options *o = run->options;
    struct fb_runtime_options options = {.order = o->order,
                                         .seed = o->seed,
                                         .trace =
                                             o->traced ? &run->trace : NULL};
    struct fb_addr addr;
    sigset_t stop;
    int err = fb_runtime_create(&options, &run->rt);

    if (err == 0) {
        err = fb_addr_parse("127.0.0.1:6142", &addr);
    }
    if (err == 0) {
        err = fb_tcp_listen(run->rt, &addr, BACKLOG, &run->listener);
    }
    if (err == 0) {
        sigemptyset(&stop);
        sigaddset(&stop, SIGTERM);
        err = fb_signals_open(&run->signals, run->rt, &stop);
    }
    if (err == 0) {
        err = serve(run);
    }
    return err;
}

static void take_down(struct run *run) {
    fb_signals_close(&run->signals);
    fb_tcp_listener_close(&run->listener);
    if (run->rt != NULL) {
        run->result->polls = fb_runtime_stats(run->rt).polls;
        fb_runtime_destroy(run->rt);
    }
    look_at_new(run);
    run->result->events = run->trace.head;
    if (run->crowd != NULL) {
        run->result->crowd = crowd_stats(run->crowd);
    }
}

static void judge(struct run *run) {
    const struct net_stats *net = &run->result->net;
    const char *heard = guests_failure(run);
    char why[400] = "";

    if (heard != NULL) {
        (void)snprintf(why, sizeof why, "%s", heard);
    } else if (run->hung) {
        (void)snprintf(why, sizeof why, "the server does not end");
    } else if (run->result->err == 0 && !run->stopped) {
        (void)snprintf(why, sizeof why, "the server ended before its signal");
    } else if (run->result->err == 0 && !guests_are_over(run)) {
        (void)snprintf(why, sizeof why, "%llu clients waited in vain",
                       (unsigned long long)run->result->crowd.alive);
    } else if (net->descriptors != 0 || net->blocks != 0 ||
               net->bad_closes != 0) {
        (void)snprintf(why, sizeof why,
                       "left: %ld descriptors, %ld allocations; %ld bad closes",
                       net->descriptors, net->blocks, net->bad_closes);
    }
    if (why[0] != '\0') {
        (void)snprintf(run->result->failure, sizeof run->result->failure,
                       "seed %llu: %s", (unsigned long long)run->options->seed,
                       why);
    }
}

// The trace lies in memory, for its bell would be a real descriptor among the
// simulated ones. A file may end after the newest event, so that is where it
// is cut.
static void keep_trace(struct run *run) {
    struct fb_trace_header *h = run->trace.header;
    const uint64_t slots = run->result->events < h->ring_capacity
                               ? run->result->events
                               : h->ring_capacity;
    const size_t bytes = (size_t)(h->rings_offset + FB_TRACE_PAGE_BYTES +
                                  slots * sizeof(struct fb_event));
    FILE *file = fopen(run->options->keep, "wb");
    bool whole = file != NULL;

    h->flags |= FB_TRACE_RECORDING;
    whole = whole && fwrite(h, 1, bytes, file) == bytes;
    whole = (file == NULL || fclose(file) == 0) && whole;
    if (!whole && run->result->failure[0] == '\0') {
        (void)snprintf(run->result->failure, sizeof run->result->failure,
                       "the trace cannot be kept in %s", run->options->keep);
    }
}

void run_simulation(const struct run_options *options,
                    struct run_result *ret_result) {
    const struct fb_trace_options trace = {.anonymous = true,
                                           .program = "sim_greeter",
                                           .ring_events = options->ring_events};
    struct run run = {.options = options, .result = ret_result};
    struct net_options net = options->net;
    struct crowd_options crowd = options->crowd;
    struct silence silence;

    *ret_result = (struct run_result){0};
    net.seed = crowd.seed = options->seed;
    crowd.port = PORT;
    if (options->traced && fb_trace_open(&run.trace, &trace) < 0) {
        (void)snprintf(ret_result->failure, sizeof ret_result->failure,
                       "the trace cannot be opened");
        return;
    }
    silence_begin(&silence, options->aloud);
    net_open(&net);
    net_on_wait(on_wait, &run);
    net_on_idle(on_idle, &run);
    if (guests_come(&run, &crowd)) {
        ret_result->err = open_and_serve(&run);
        take_down(&run);
        ret_result->net = net_stats();
        ret_result->virtual_ns = net_now_ns();
        judge(&run);
        guests_go(&run);
    } else {
        (void)snprintf(ret_result->failure, sizeof ret_result->failure,
                       "no memory for the crowd");
    }
    net_close();
    silence_end(&silence);
    if (options->traced && options->keep != NULL) {
        keep_trace(&run);
    }
    fb_trace_close(&run.trace, false);
}

struct net_faults run_usual_faults(void) {
    return (struct net_faults){.one_byte = 256,
                               .eintr = 128,
                               .eagain = 128,
                               .emfile = 4,
                               .aborted = 32};
}
