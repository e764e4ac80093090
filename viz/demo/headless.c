// A demo without a screen: the same play, told as text.
//
// Problem: what a class sees must be readable in a pipe, by a screen reader
// and in a test, and read the same each time.
// Idea: a step's lines are printed together once it is over: what somebody
// does or says, then the events it caused in the order of their numbers, then
// what the greeter printed meanwhile. Nothing depends on who was faster.
// Concurrency: one thread; signals only set a flag.
#include "bookmarks.h"
#include "fishbowl/trace/text.h"
#include "print.h"
#include "quiz.h"
#include "stage.h"
#include "tale.h"
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

enum { HEARD_BYTES = 65536, WAIT_MS = 50 };

struct headless {
    struct fb_stage stage;
    struct fb_player player;
    struct fb_tale tale;
    FILE *out;
    int err; // the first error of telling, 0 none
    bool ascii;
    struct fb_quiz quiz; // asked and not judged yet, while `asks`
    bool asks;
    char heard[HEARD_BYTES]; // what the greeter printed, not yet told
    size_t heard_len;
};

static volatile sig_atomic_t ended_by;

static void note_signal(int sig) {
    ended_by = sig;
}

static uint64_t clock_ns(void) {
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

// ---- telling ---------------------------------------------------------------

static void hear_line(void *arg, const char *text, size_t len) {
    struct headless *h = arg;
    char safe[FB_TEXT_SAFE_BYTES(FB_SERVER_LINE_BYTES)];
    size_t n = fb_text_sanitise(text, len, safe, sizeof(safe));

    // A greeter that prints more than this in one step is cut short: the
    // play is told, not archived.
    if (h->heard_len + n + 1 <= sizeof(h->heard)) {
        memcpy(h->heard + h->heard_len, safe, n);
        h->heard_len += n;
        h->heard[h->heard_len++] = '\n';
    }
}

// The events may have answered the question that stands.
static void judge(struct headless *h) {
    struct fb_session *s = h->stage.session;
    const struct fb_quiz *q = &h->quiz;

    if (h->asks && fb_quiz_judge(fb_session_history(s), fb_session_names(s),
                                 &h->quiz) == 1) {
        h->asks = false;
        fprintf(h->out, "!! It was %c: %s\n", (char)('a' + q->right),
                q->choices[q->right].why);
    }
}

static void tell(struct headless *h) {
    int err = fb_tale_tell(&h->tale, h->stage.session);
    const char *at = h->heard, *end = h->heard + h->heard_len;

    if (err && !h->err) {
        h->err = err;
    }
    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        fprintf(h->out, "         the %s prints: %.*s\n",
                fb_script_cast(&h->stage.script), (int)(line_end - at), at);
        at = line_end + 1;
    }
    h->heard_len = 0;
    judge(h);
    for (size_t i = 0; i < h->stage.clients.count; i++) {
        char news[300];
        while (fb_client_news(h->stage.clients.items[i], news, sizeof(news))) {
            fprintf(h->out, "<< %s\n", news);
        }
    }
}

// A line of somebody's text behind a mark.
static void tell_text(struct headless *h, const char *mark, const char *text,
                      size_t len) {
    char safe[FB_TEXT_SAFE_BYTES(FB_SCRIPT_LINE_BYTES)];

    fb_text_sanitise(text, len, safe, sizeof(safe));
    fprintf(h->out, "%s %s\n", mark, safe);
}

static void tell_say(void *arg, const char *text, size_t len) {
    struct headless *h = arg;

    tell(h);
    tell_text(h, "\n==", text, len);
}

static void tell_ask(void *arg, const struct fb_player_question *q) {
    struct headless *h = arg;

    tell(h);
    tell_text(h, "\n??", q->text, q->text_len);
    for (size_t i = 0; i < q->choice_count; i++) {
        char mark[] = {' ', ' ', ' ', (char)('a' + i), ')', '\0'};

        tell_text(h, mark, q->choices[i].text, q->choices[i].text_len);
    }
}

static void tell_answer(void *arg, const struct fb_player_question *q,
                        unsigned picked) {
    struct headless *h = arg;
    char mark[32];

    (void)picked; // nobody is there to pick
    tell(h);
    snprintf(mark, sizeof(mark), "\n!! It is %c:", (char)('a' + q->right - 1));
    tell_text(h, mark, q->because, q->because_len);
}

static void tell_act(void *arg, const char *what) {
    struct headless *h = arg;

    tell(h);
    fprintf(h->out, "\n>> %s\n", what);
}

static void tell_task(void *arg, uint32_t task) {
    struct headless *h = arg;
    struct fb_print_options options = {
        .task = task, .ascii = h->ascii, .out = h->out};
    int err;

    tell(h);
    fputc('\n', h->out);
    err = fb_print_tree(h->stage.session, &options);
    if (err && !h->err) {
        h->err = err;
    }
}

// The question that a class gets; the events to come will tell.
static int tell_quiz(void *arg, unsigned kinds) {
    struct headless *h = arg;
    struct fb_session *s = h->stage.session;
    int found;

    tell(h);
    found = fb_quiz_ask_live(fb_session_history(s), fb_session_names(s), kinds,
                             &h->quiz);
    if (found < 0) {
        return found;
    }
    h->asks = found == 1;
    fprintf(h->out, "\n?? %s\n",
            h->asks ? h->quiz.question : "There is nothing to predict here.");
    for (int i = 0; h->asks && i < h->quiz.count; i++) {
        fprintf(h->out, "   %c) %s\n", (char)('a' + i),
                h->quiz.choices[i].text);
    }
    return 0;
}

// What a class is shown, a reader is told: panes that have a twin are printed.
static void tell_pane(void *arg, const char *pane) {
    static const struct {
        const char *pane;
        int (*print)(struct fb_session *s, const struct fb_print_options *o);
    } twins[] = {{"tasks", fb_print_tasks},
                 {"reactor", fb_print_reactor},
                 {"tree", fb_print_tree}};
    struct headless *h = arg;
    struct fb_print_options options = {.ascii = h->ascii, .out = h->out};

    tell(h);
    fprintf(h->out, "\n-- Look at %s.\n", pane);
    for (size_t i = 0; i < sizeof(twins) / sizeof(twins[0]); i++) {
        if (strcmp(pane, twins[i].pane) == 0) {
            int err = twins[i].print(h->stage.session, &options);

            if (err && !h->err) {
                h->err = err;
            }
        }
    }
}

static void tell_mark(void *arg, enum fb_script_mark what, uint32_t task,
                      const char *name) {
    struct headless *h = arg;

    tell(h);
    switch (what) {
    case FB_MARK_NOTHING: break;
    case FB_MARK_TASK:
        fprintf(h->out, "\n-- Look at task %" PRIu32 ".\n", task);
        break;
    case FB_MARK_PANE: fprintf(h->out, "\n-- Look at %s.\n", name); break;
    case FB_MARK_FUTURE:
        fprintf(h->out, "\n-- Look at the future %s.\n", name);
        break;
    }
}

// Slow motion is for eyes.
static void slow_executor(void *arg, uint64_t events_per_second) {
    (void)arg, (void)events_per_second;
}

// ---- the executor ----------------------------------------------------------

static int claim(struct headless *h) {
    struct fb_session *s = h->stage.session;

    return fb_session_claimed(s) ? 0 : fb_session_claim(s);
}

static int stop_executor(void *arg) {
    struct headless *h = arg;
    int err = claim(h);

    if (!err) {
        tell_act(h, "The executor is stopped");
        fb_session_stop(h->stage.session);
    }
    return err;
}

static int run_executor(void *arg) {
    struct headless *h = arg;
    int err = claim(h);

    if (!err) {
        tell_act(h, "The executor runs on");
        fb_session_run(h->stage.session);
    }
    return err;
}

static int step_executor(void *arg, enum fb_control_step unit) {
    static const char *const names[] = {[FB_STEP_EVENT] = "event",
                                        [FB_STEP_POLL] = "poll",
                                        [FB_STEP_WAKE] = "wake",
                                        [FB_STEP_TURN] = "turn of the reactor"};
    struct headless *h = arg;
    char what[64];
    int err = claim(h);

    if (!err) {
        snprintf(what, sizeof(what), "The executor goes on by one %s",
                 names[unit]);
        tell_act(h, what);
        fb_session_step(h->stage.session, unit, 0);
    }
    return err;
}

// ---- the play --------------------------------------------------------------

static void await_something(struct headless *h, uint64_t now_ns) {
    struct pollfd fds[FB_CLIENTS_MAX + 1];
    size_t n = fb_clients_fds(&h->stage.clients, fds, FB_CLIENTS_MAX);
    int wait_ms = fb_player_wait_ms(&h->player, now_ns);

    if (h->stage.server.out_fd >= 0) {
        fds[n++] =
            (struct pollfd){.fd = h->stage.server.out_fd, .events = POLLIN};
    }
    // The ring has no descriptor: it is looked at every few milliseconds.
    poll(fds, n, wait_ms >= 0 && wait_ms < WAIT_MS ? wait_ms : WAIT_MS);
}

// A greeter that dies is first noticed by its clients, whose connections end,
// and only a moment later by who waits for it. Its death is the better reason.
static void await_bad_news(struct headless *h) {
    for (int i = 0; i < 10 && !h->stage.server.ended; i++) {
        poll(NULL, 0, 10);
        fb_server_pump(&h->stage.server);
    }
}

// A greeter must not end; a scene may, and as it likes: a stall gives 1. What a
// broken exercise dies of is what there is to see.
static bool is_bad_end(const struct headless *h) {
    const struct fb_stage *st = &h->stage;

    return st->server.ended && st->script.exercise[0] == '\0' &&
           (st->script.scene[0] == '\0' || WIFSIGNALED(st->server.status));
}

// Plays until the play is over, the reader has gone, or a signal came.
static void play(struct headless *h) {
    enum fb_player_state state = FB_PLAYER_PLAYING;

    while (state == FB_PLAYER_PLAYING && !ended_by && !h->err) {
        uint64_t now_ns = clock_ns();
        int taken;

        fb_session_beat(h->stage.session);
        // Order: what the greeter printed and sent before it came to rest is
        // there once the trace says that it rests, so the trace goes first.
        taken = fb_session_pump(h->stage.session);
        if (taken < 0) {
            h->err = taken;
            break;
        }
        fb_stage_pump(&h->stage);
        state = fb_player_turn(&h->player, now_ns);
        if (is_bad_end(h)) {
            break;
        }
        if (fflush(h->out) != 0) {
            h->err = -errno;
            break;
        }
        if (state == FB_PLAYER_PLAYING) {
            await_something(h, now_ns);
        }
    }
    if (state == FB_PLAYER_FAILED) {
        await_bad_news(h);
    }
    tell(h);
}

static void tell_summary(struct headless *h) {
    const struct fb_model *m =
        fb_history_live(fb_session_history(h->stage.session));
    struct fb_print_options options = {.ascii = h->ascii, .out = h->out};
    const struct fb_session_gap *gaps;
    uint64_t lost;

    fputs("\n== The tasks at the end:\n\n", h->out);
    h->err = fb_print_tree(h->stage.session, &options);
    fb_session_gaps(h->stage.session, &gaps, &lost);
    fprintf(h->out,
            "\n== %" PRIu64 " tasks spawned, %" PRIu32 " alive, %" PRIu64
            " polls, %" PRIu64 " wakes, %" PRIu64 " events, %" PRIu64
            " lost.\n",
            m->spawned, m->live_tasks, m->polls, m->wakes, m->event, lost);
    if (fflush(h->out) != 0 && !h->err) {
        h->err = -errno;
    }
}

// Where the same can be seen with eyes, or once more.
static void tell_where(struct headless *h, const struct fb_demo_options *o) {
    const char *play = o->name ? o->name : "";
    char safe[300], ring[300];

    fb_text_sanitise(play, strlen(play), safe, sizeof(safe));
    if (o->ring) {
        fb_text_sanitise(o->ring, strlen(o->ring), ring, sizeof(ring));
        fprintf(h->out,
                "== This run again, forwards and backwards: "
                "`fishbowl watch %s%s`.\n",
                strchr(ring, '/') ? "" : "./", ring);
        return;
    }
    fprintf(h->out,
            "== With a picture: `fishbowl demo%s%s` in a terminal. To keep a "
            "run: --ring FILE.\n",
            safe[0] ? " " : "", safe);
}

static int finish(struct headless *h) {
    char status[96];

    if (h->err == -EPIPE) {
        return 0; // the reader has seen enough (| head)
    }
    if (h->err) {
        fprintf(stderr, "fishbowl: demo: %s\n", strerror(-h->err));
        return 1;
    }
    if (ended_by) {
        return 128 + ended_by;
    }
    if (is_bad_end(h)) {
        fb_server_status(&h->stage.server, status, sizeof(status));
        fprintf(stderr, "fishbowl: demo: the %s %s in the middle of the play\n",
                fb_script_cast(&h->stage.script), status);
        return 1;
    }
    if (h->player.state == FB_PLAYER_FAILED) {
        fprintf(stderr, "fishbowl: demo: %s\n", h->player.why);
        return 1;
    }
    return 0;
}

static void listen_for_signals(void) {
    static const int ends[] = {SIGINT, SIGTERM, SIGHUP};
    struct sigaction on_end = {.sa_handler = note_signal};
    struct sigaction ignored = {.sa_handler = SIG_IGN};

    ended_by = 0;
    for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
        sigaction(ends[i], &on_end, NULL);
    }
    sigaction(SIGPIPE, &ignored, NULL); // the server must still be ended
}

int fb_demo_headless(const struct fb_demo_options *options) {
    static struct headless h; // too large for a small stack
    struct fb_player_host host = {.arg = &h,
                                  .say = tell_say,
                                  .ask = tell_ask,
                                  .reveal = tell_answer,
                                  .quiz = tell_quiz,
                                  .act = tell_act,
                                  .select = tell_task,
                                  .show = tell_pane,
                                  .mark = tell_mark,
                                  .slow = slow_executor,
                                  .stop = stop_executor,
                                  .run = run_executor,
                                  .step = step_executor};
    char why[512];
    int err, status;

    h = (struct headless){.out = stdout, .ascii = options->ascii};
    listen_for_signals();
    err = fb_stage_open(&h.stage, options, hear_line, &h, why, sizeof(why));
    if (err) {
        fprintf(stderr, "fishbowl: demo: %s\n", why);
        return err == -EINVAL ? 2 : 1;
    }
    if (h.stage.script.exercise[0] != '\0') {
        h.heard_len = 0; // that it was compiled first, or was not, is no story
    }
    err = fb_tale_init(&h.tale, stdout, options->full_story);
    if (err) {
        h.err = err;
    } else {
        if (h.stage.server.port_taken) {
            fprintf(stdout,
                    "== Port %d is in use; the greeter listens on another "
                    "one.\n",
                    options->port);
        }
        fb_player_init(&h.player, &h.stage.script, &host, &h.stage.clients,
                       &h.stage.server, h.stage.session);
        play(&h);
        fb_bookmarks_keep(&h.player, options->marks);
        if (h.player.state == FB_PLAYER_DONE && !h.err) {
            tell_summary(&h);
            tell_where(&h, options);
        }
    }
    status = finish(&h);
    fb_tale_deinit(&h.tale);
    fb_stage_close(&h.stage);
    return status;
}
