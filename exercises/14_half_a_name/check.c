// One client says four names in pieces, with pauses; the list is shown at ticks
// that fall elsewhere in each order: into a pause, between names, nowhere.
#include "kit.h"
#include "names.h"

#include <errno.h>
#include <string.h>

enum { PERIOD_NS = 20 * 1000 * 1000, PORT = 6142 };

static const struct kit_step steps[] = {
    {2 * FB_MS, KIT_SAY, "Ad"},      {9 * FB_MS, KIT_SAY, "a\nGra"},
    {16 * FB_MS, KIT_SAY, "ce\nLi"}, {23 * FB_MS, KIT_SAY, "nus\nEd"},
    {31 * FB_MS, KIT_SAY, "sger\n"}, {45 * FB_MS, KIT_FINISH, NULL},
};
static const char sent[] = "Ada\nGrace\nLinus\nEdsger\n";
enum { LINES = 4 };

struct roll {
    struct kit_play *play;
};

void roll_add(struct roll *roll, const char *name, size_t len) {
    kit_write(roll->play, "names", "%.*s\n", (int)len, name);
    kit_count(roll->play, "bytes", (int64_t)len);
}

void roll_show(struct roll *roll) {
    kit_count(roll->play, "shown", 1);
}

// ---- play ----

struct room {
    struct roll roll;
    struct fb_tcp_listener listener;
    struct fb_tcp_stream stream;
    struct fb_interval ticks;
};

// Answers the door, once.
struct door {
    struct fb_future future;
    int out;
    struct room *room;
    struct fb_accept accept;
};

// Another place among the client's pauses in each order.
static uint64_t phase_ns(const struct kit_play *play) {
    switch (kit_order(play)) {
    case FB_ORDER_FIFO: return 12 * FB_MS; // "Gra" has come, "ce" has not
    case FB_ORDER_LIFO: return 5 * FB_MS;
    default: return kit_seed(play) * 397 * 1000 % PERIOD_NS;
    }
}

static enum fb_poll door_poll(struct fb_future *self, struct fb_context *cx) {
    struct door *d = fb_container_of(self, struct door, future);
    struct room *room = d->room;

    FB_ASYNC(d, cx);
    FB_AWAIT_TRY(d->accept, fb_tcp_accept(&room->listener));
    room->stream = d->accept.stream;
    FB_TRY(fb_interval_init(fb_runtime_now_ns(cx->runtime) +
                                phase_ns(room->roll.play),
                            PERIOD_NS, FB_MISSED_SKIP, &room->ticks));
    FB_RETURN(
        names_spawn(cx->runtime, &room->stream, &room->ticks, &room->roll));
    FB_ASYNC_END;
}

static struct fb_type door_type = FB_TYPE(door, .poll = door_poll);

static int play(struct kit_play *play) {
    // With a kernel that interrupts and gives single bytes, every second time.
    struct fb_runtime *rt = kit_net_runtime(play, kit_seed(play) % 2 == 1);
    static struct room room;
    struct door door = {.future.type = &door_type, .room = &room};
    struct fb_addr addr;
    int err = rt != NULL ? fb_addr_parse("127.0.0.1:6142", &addr) : -ENOMEM;

    room.roll.play = play;
    if (err == 0) {
        err = fb_tcp_listen(rt, &addr, 1, &room.listener);
    }
    if (err == 0) {
        kit_client(play, "typist", PORT, 0, steps,
                   sizeof steps / sizeof steps[0]);
        err = FB_SPAWN(rt, door, NULL);
    }
    if (err == 0) {
        (void)kit_run(play);
    }
    fb_tcp_close(&room.stream);
    fb_tcp_listener_close(&room.listener);
    return err;
}

// ---- judge ----

// The first name that is not as it was sent.
static bool names_are_whole(struct kit_case *c) {
    const char *got = kit_text(c, "names"), *want = sent;

    for (int i = 1; i <= LINES; i++) {
        const int want_len = (int)strcspn(want, "\n"),
                  got_len = (int)strcspn(got, "\n");

        if (want_len != got_len || strncmp(want, got, (size_t)want_len) != 0) {
            return fb_trial_fail(
                kit_trial(c), FB_T7, 0,
                "Name %d on the list is \"%.*s\", and \"%.*s\" "
                "was sent.",
                i, got_len, got, want_len, want);
        }
        want += want_len + 1;
        got += got_len + (got[got_len] == '\n');
    }
    return true;
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);

    // Kept in the struct, but polled on: the first idea of many.
    (void)fb_claim_no_poll_after_done(t);
    if (kit_fact(c, "shown", 0) == 0) {
        (void)fb_trial_fail(t, FB_T14, 0,
                            "The list was never shown, and the clock ticked: "
                            "names must wait for both, a line and a tick.");
    }
    // The line ends are read, and not written on the list.
    (void)fb_claim_bytes_kept(t, -1, (uint64_t)kit_fact(c, "bytes", 0) + LINES,
                              0);
    (void)names_are_whole(c);
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
