// A time limit against an answer that takes its time.
//
// An oracle thinks, then answers through a channel. Who asks waits 2 s at most:
// the first oracle thinks for 3 s and loses, the second for 1 s and wins. The
// loser of a race is dropped, wherever it stood: in the first round that is
// the receive (so the late answer finds nobody), in the second the timer.
#include "scene.h"
#include <stdio.h>

#define LIMIT_NS (2 * FB_S)

struct oracle {
    struct fb_future future;
    int out;
    uint64_t think_ns;
    struct fb_oneshot_sender answer;
    struct fb_sleep thought;
};

static enum fb_poll oracle_poll(struct fb_future *f, struct fb_context *cx) {
    struct oracle *self = fb_container_of(f, struct oracle, future);
    const int forty_two = 42;

    FB_ASYNC(self, cx);
    fb_context_label(cx, "oracle", sizeof "oracle" - 1);
    FB_AWAIT(self->thought, fb_sleep(self->think_ns));
    if (fb_oneshot_send(&self->answer, &forty_two) < 0) {
        printf("the oracle: nobody listens any more\n");
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}

static void oracle_drop(struct fb_future *f) {
    fb_oneshot_sender_close(&fb_container_of(f, struct oracle, future)->answer);
}

static struct fb_type oracle_type =
    FB_TYPE(oracle, .poll = oracle_poll, .drop = oracle_drop);

struct ask {
    struct fb_future future;
    int out;
    int round, answer;
    struct fb_join_handle oracle;
    struct fb_join_task end;
    struct fb_oneshot_receiver receiver;
    struct fb_oneshot_receive receive; // the arm that the limit is put on
    struct fb_timeout limit;
};

// Asks an oracle that thinks for so long. Gives 0 or -ENOMEM.
static int consult(struct ask *self, struct fb_runtime *rt, uint64_t ns) {
    struct oracle oracle = {.future = {.type = &oracle_type}, .think_ns = ns};
    const struct fb_values numbers = {.bytes = sizeof(int)};
    const int err =
        fb_oneshot_create(rt, numbers, &oracle.answer, &self->receiver);

    return err < 0 ? err : FB_SPAWN(rt, oracle, &self->oracle);
}

// DOC: race-scene
static enum fb_poll ask_poll(struct fb_future *f, struct fb_context *cx) {
    struct ask *self = fb_container_of(f, struct ask, future);

    FB_ASYNC(self, cx);
    fb_context_label(cx, "who asks", sizeof "who asks" - 1);
    for (self->round = 1; self->round <= 2; self->round++) {
        FB_TRY(consult(self, cx->runtime, (self->round == 1 ? 3 : 1) * FB_S));

        // match timeout(2s, receiver).await
        self->receive = fb_oneshot_receive(&self->receiver, &self->answer);
        FB_AWAIT(self->limit, fb_timeout(LIMIT_NS, &self->receive.future));
        if (self->limit.out < 0) {
            printf("round %d: no answer in time\n", self->round);
        } else {
            printf("round %d: the answer is %d\n", self->round, self->answer);
        }
        fb_oneshot_receiver_close(&self->receiver);
        FB_AWAIT(self->end, fb_join_task(&self->oracle));
        fb_task_detach(&self->oracle);
    }
    FB_RETURN(0);
    FB_ASYNC_END;
}
// END: race-scene

static void ask_drop(struct fb_future *f) {
    struct ask *self = fb_container_of(f, struct ask, future);

    fb_oneshot_receiver_close(&self->receiver);
    fb_task_detach(&self->oracle);
}

static struct fb_type ask_type =
    FB_TYPE(ask, .poll = ask_poll, .drop = ask_drop);

static struct fb_future *root(struct fb_tcp_listener *none) {
    static struct ask ask;

    (void)none;
    ask = (struct ask){.future = {.type = &ask_type}};
    return &ask.future;
}

const struct scene scene_race = {.name = "race",
                                 .about = "a time limit against a slow answer",
                                 .root = root};
