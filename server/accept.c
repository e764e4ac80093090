// The accept loop, hardened.
//
// Problem: `listener.accept().await?` in a loop is a fine first server, and a
// bad second one. When descriptors run out it ends, and with it every client;
// retried at once it spins; and it can neither stop nor notice who finished.
//
// Idea: one select per round over everything that may happen next.
//
//                  ┌ a stop signal      → leave the loop, let clients finish
//     select ──────┼ a client finished  → say its socket error, if it has one
//     (in order)   ┼ a newcomer         → spawn its task; or back off
//                  └ the rest is over   → try again
//
// An arm that makes no sense in this round is not offered. Out of descriptors
// or memory, accept is not offered for 10 ms, then 20, … at most a second, or
// until a client finishes, which gives a descriptor back.
//
// Fairness: on a busy listener no round waits, so the loop would never give
// its turn away. After some rounds it yields.
#include "accept.h"
#include "cli.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FAIR_ROUNDS = 32 };
#define PAUSE_MIN_NS (10 * FB_MS)
#define PAUSE_MAX_NS (1 * FB_S)
#define EPISODE_NS   (5 * PAUSE_MAX_NS) // trouble this close is one episode

enum { ARM_STOP, ARM_FINISHED, ARM_NEWCOMER, ARM_REST };

static bool is_shortage(int err) {
    return err == -EMFILE || err == -ENFILE || err == -ENOBUFS ||
           err == -ENOMEM;
}

// The arms of the next round; NULL where one is not offered.
static struct fb_future *arm_stop(struct acceptor *self) {
    if (self->signals == NULL) {
        return NULL;
    }
    self->stop = fb_signals_next(self->signals);
    return &self->stop.future;
}

static struct fb_future *arm_finished(struct acceptor *self) {
    if (self->clients.members == 0) {
        return NULL;
    }
    self->finished = fb_join_next(&self->clients);
    return &self->finished.future;
}

static struct fb_future *arm_newcomer(struct acceptor *self) {
    const uint32_t max = self->options->max_clients;

    if (self->rest_until_ns != 0 || (max > 0 && self->clients.members >= max)) {
        return NULL;
    }
    self->newcomer = fb_tcp_accept(self->listener);
    return &self->newcomer.future;
}

static struct fb_future *arm_rest(struct acceptor *self, uint64_t until_ns) {
    if (until_ns == 0) {
        return NULL;
    }
    self->rest = fb_sleep_until(until_ns);
    return &self->rest.future;
}

// Descriptors or memory have run out: accept again a little later.
static void back_off(struct acceptor *self, uint64_t now_ns, int err) {
    char reason[128];

    if (self->pause_ns == 0 || now_ns - self->trouble_ns > EPISODE_NS) {
        cli_reason(err, reason, sizeof reason);
        (void)fprintf(
            stderr,
            "fishbowl: accept: %s (%u clients are connected; newcomers "
            "wait)\n",
            reason, self->clients.members);
        self->pause_ns = 0;
    }
    self->trouble_ns = now_ns;
    self->pause_ns = self->pause_ns == 0 ? PAUSE_MIN_NS : self->pause_ns * 2;
    if (self->pause_ns > PAUSE_MAX_NS) {
        self->pause_ns = PAUSE_MAX_NS;
    }
    self->rest_until_ns = now_ns + self->pause_ns;
}

// Replaces what clients share by what is this one's alone, or hangs up.
static int give_scratch(struct greeter_client *client) {
    client->owned = client->scratch = malloc(NAME_BYTES);
    if (client->owned == NULL) {
        greeter_client_close(client);
        return -ENOMEM;
    }
    return 0;
}

// Accept has a result. Gives 0, or the error that ends the loop.
static int welcome(struct acceptor *self, struct fb_context *cx) {
    const struct acceptor_options *options = self->options;
    struct greeter_client client = {.stream = self->newcomer.stream,
                                    .peer = self->newcomer.peer,
                                    .scratch = self->scratch};
    char addr[FB_ADDR_TEXT_BYTES];
    int err = self->newcomer.out;

    self->newcomer.stream = (struct fb_tcp_stream){0}; // taken
    if (err == 0 && options->own_scratch) {
        err = give_scratch(&client);
    }
    if (err == 0) {
        fb_addr_format(&client.peer, addr, sizeof addr);
        printf("connection from %s\n", addr);
        err = options->idle_timeout_ns == 0
                  ? options->handler->spawn(&self->clients, &client)
                  : idle_spawn(&self->clients, &client, options->handler,
                               options->idle_timeout_ns);
    }
    if (err < 0 && is_shortage(err) && !options->errors_fatal) {
        back_off(self, fb_runtime_now_ns(cx->runtime), err);
        return 0;
    }
    return err;
}

// A client's task is complete: say what it could not say itself, and let it go
// at once, so that no zombie stays until the next one finishes.
static void say_farewell(struct acceptor *self) {
    const struct fb_join_result *result = &self->finished.result;

    // DOC: accept-farewell
    if (result->outcome == FB_OUTCOME_ERROR) {
        greeter_print_error(result->out);
    }
    // END: accept-farewell
    if (result->outcome == FB_OUTCOME_FAILED) {
        const char *why = result->message == NULL ? "?" : result->message;
        char safe[FB_TEXT_SAFE_BYTES(FB_TRACE_MESSAGE_BYTES)];

        fb_text_sanitise(why, strlen(why), safe, sizeof safe);
        (void)fprintf(stderr, "fishbowl: task %u failed: %s\n", result->task,
                      safe);
    }
    fb_task_detach(&self->clients.taken);
}

static enum fb_poll acceptor_poll(struct fb_future *f, struct fb_context *cx) {
    struct acceptor *self = fb_container_of(f, struct acceptor, future);

    FB_ASYNC(self, cx);
    fb_join_set_init(&self->clients, cx->runtime);
    for (;;) {
        FB_AWAIT(self->select, FB_SELECT(arm_stop(self), arm_finished(self),
                                         arm_newcomer(self),
                                         arm_rest(self, self->rest_until_ns)));
        if (self->select.out == ARM_STOP) {
            FB_TRY(self->stop.out); // no signal: it cannot be waited for
            break;
        }
        if (self->select.out == ARM_NEWCOMER) {
            FB_TRY(welcome(self, cx));
        } else {
            self->rest_until_ns = 0; // rested, or a descriptor came back
        }
        if (self->select.out == ARM_FINISHED) {
            say_farewell(self);
        }
        if (++self->rounds % FAIR_ROUNDS == 0) {
            FB_AWAIT(self->yield, fb_yield());
        }
    }

    // Nobody new; who is talking may finish, until the grace period is over
    // or the signal comes again.
    fb_tcp_listener_close(self->listener);
    self->end_ns = fb_runtime_now_ns(cx->runtime) + self->options->grace_ns;
    while (self->clients.members > 0) {
        FB_AWAIT(self->select, FB_SELECT(arm_stop(self), arm_finished(self),
                                         NULL, arm_rest(self, self->end_ns)));
        if (self->select.out != ARM_FINISHED) {
            break;
        }
        say_farewell(self);
    }
    fb_join_set_abort_all(&self->clients);
    while (self->clients.members > 0) {
        FB_AWAIT(self->finished, fb_join_next(&self->clients));
        say_farewell(self);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

// Whatever the way out: no client outlives its acceptor.
static void acceptor_drop(struct fb_future *f) {
    struct acceptor *self = fb_container_of(f, struct acceptor, future);

    fb_join_set_deinit(&self->clients);
}

static struct fb_type acceptor_type =
    FB_TYPE(acceptor, .poll = acceptor_poll, .drop = acceptor_drop);

struct acceptor acceptor(const struct acceptor_options *options,
                         struct fb_tcp_listener *listener,
                         struct fb_signals *signals) {
    return (struct acceptor){.future = {.type = &acceptor_type},
                             .options = options,
                             .listener = listener,
                             .signals = signals};
}
