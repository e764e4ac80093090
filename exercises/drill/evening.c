// The play half: a listener, the guests, and a server; what it prints goes on
// the board, line by line, so that it is there even if the run crashes.
#include "evening.h"
#include "guests.h"
#include "serve.h"

#include "accept.h"
#include <errno.h>
#include <signal.h>
#include <stdio.h>

enum { PORT = 6142, BACKLOG = 64, SLOW_BYTES = 8 };

// ---- what the server prints ----

static ssize_t keep_line(void *arg, const char *bytes, size_t len) {
    kit_write(arg, "printed", "%.*s", (int)len, bytes);
    return (ssize_t)len;
}

// Standard output is a name for a stream: for this evening, another one's.
static FILE *print_on_board(struct kit_play *play) {
    FILE *board =
        fopencookie(play, "w", (cookie_io_functions_t){.write = keep_line});
    FILE *before = stdout;

    if (board == NULL) {
        return NULL;
    }
    (void)setvbuf(board, NULL, _IOLBF, BUFSIZ);
    stdout = board;
    return before;
}

static void print_as_before(FILE *before) {
    (void)fclose(stdout);
    stdout = before;
}

// ---- one evening ----

typedef int spawn_fn(struct fb_runtime *rt, struct fb_tcp_listener *listener,
                     uint32_t guests);

static int open_house(struct fb_runtime *rt, enum evening evening,
                      spawn_fn *spawn, struct kit_play *play) {
    struct fb_tcp_listener listener;
    struct fb_addr addr;
    int err = fb_addr_parse("127.0.0.1:6142", &addr);

    if (err == 0) {
        err = fb_tcp_listen(rt, &addr, BACKLOG, &listener);
    }
    if (err < 0) {
        return err;
    }
    guests_come(play, evening, PORT);
    err = spawn(rt, &listener, guests_expected(evening));
    if (err == 0) {
        (void)kit_run(play); // how it ended is the judge's to ask
    }
    fb_tcp_listener_close(&listener);
    return err;
}

static int spend_evening(struct kit_play *play, spawn_fn *spawn) {
    const enum evening evening = kit_world(play);
    struct fb_runtime *rt;
    FILE *before;
    int err;

    kit_net_buffers(play, evening == SLOW ? SLOW_BYTES : 0);
    rt = kit_net_runtime(play, evening == ROUGH);
    before = rt != NULL ? print_on_board(play) : NULL;
    if (before == NULL) {
        return -ENOMEM;
    }
    err = open_house(rt, evening, spawn, play);
    print_as_before(before);
    return err;
}

int evening_play(struct kit_play *play) {
    return spend_evening(play, serve_spawn);
}

// ---- the shipped greeter ----

// An acceptor goes on for ever. This one's house closes when all guests have
// long gone.
struct closing {
    struct fb_future future;
    int out;
    struct acceptor_options options;
    struct acceptor acceptor;
    struct fb_sleep hours;
    struct fb_select select;
};
#define HOURS_NS (60 * FB_S)

static enum fb_poll closing_poll(struct fb_future *f, struct fb_context *cx) {
    struct closing *self = fb_container_of(f, struct closing, future);

    FB_ASYNC(self, cx);
    self->acceptor = acceptor(&self->options, self->acceptor.listener, NULL);
    self->hours = fb_sleep(HOURS_NS);
    FB_AWAIT(self->select,
             FB_SELECT(&self->acceptor.future, &self->hours.future));
    FB_RETURN(0);
    FB_ASYNC_END;
}

static struct fb_type closing_type = FB_TYPE(closing, .poll = closing_poll);

static const struct greeter_handler *golden_handler; // for spawn, which has
                                                     // no argument for it

static int golden_spawn(struct fb_runtime *rt, struct fb_tcp_listener *listener,
                        uint32_t guests_) {
    (void)guests_;
    return FB_SPAWN(rt,
                    ((struct closing){.future.type = &closing_type,
                                      .options.handler = golden_handler,
                                      .acceptor.listener = listener}),
                    NULL);
}

int evening_golden(struct kit_play *play,
                   const struct greeter_handler *handler) {
    golden_handler = handler;
    return spend_evening(play, golden_spawn);
}
