// One run that is watched while it goes on: on a stage, for a class.
//
// Problem: a class wants to see what a mistake does, step by step, before
// anybody judges it; and a run may crash, or never end.
// Idea: the same play in the same world as when it is judged, but in this very
// process, which a viewer can then stop and step; it stands before its first
// poll until one says `run` or `step`. Time is virtual: to stand costs none.
// The limits are those of a judged run, but for the time on the clock, which is
// the class's. Nobody judges: the trace is what there is to see.
// Concurrency: one thread; signals set a flag and interrupt the runtime.
#include "kit_impl.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t ended_by;
static struct kit_play play;

static void on_signal(int number) {
    ended_by = number;
    if (play.rt != NULL) {
        fb_runtime_interrupt(play.rt);
    }
}

bool kit_stage_is_over(void *unused) {
    (void)unused;
    return ended_by != 0;
}

// Standard output may be the exercise's own (a server whose words are kept).
void kit_stage_stalled(struct fb_runtime *rt, void *unused) {
    (void)unused;
    (void)fputs("stalled: nothing can ever happen again\n", stderr);
    fb_runtime_report(rt, stderr);
    (void)fflush(stderr);
}

// The file appears whole, so that who waits for it never reads half of it.
int kit_stage_ready(const struct kit_options *options) {
    char beside[KIT_PATH_BYTES];
    FILE *file;
    int err = 0;

    if (options->port_file == NULL) {
        return 0;
    }
    if (snprintf(beside, sizeof beside, "%s.new", options->port_file) >=
        (int)sizeof beside) {
        return -ENAMETOOLONG;
    }
    file = fopen(beside, "we");
    if (file == NULL) {
        return -errno;
    }
    (void)fputs("0\n", file); // it listens nowhere
    if (fclose(file) != 0 || rename(beside, options->port_file) < 0) {
        err = -errno;
        (void)unlink(beside);
    }
    return err;
}

static void listen_for_signals(void) {
    const struct sigaction stop = {.sa_handler = on_signal};

    (void)sigaction(SIGINT, &stop, NULL);
    (void)sigaction(SIGTERM, &stop, NULL);
    (void)signal(SIGPIPE, SIG_IGN);
}

static int say_end(const struct kit_board *b) {
    if (b->err < 0) {
        (void)fprintf(stderr, "the exercise cannot be played: %s\n",
                      strerror(-b->err));
        return 2;
    }
    if (b->stop == KIT_STOP_ENDLESS) {
        (void)fprintf(stderr,
                      "%d events and no end in sight: the run is interrupted\n",
                      KIT_EVENTS_MAX);
    }
    return b->ran && b->end < 0 && ended_by == 0 ? 1 : 0;
}

int kit_stage(const struct kit_options *options) {
    struct kit_round round = {.order = FB_ORDER_FIFO};
    struct kit_board *board = kit_board_open();

    if (board == NULL) {
        return -ENOMEM;
    }
    if (options->order != NULL && kit_round_parse(options->order, &round) < 0) {
        kit_board_close(board);
        return -EINVAL;
    }
    play = (struct kit_play){.round = &round,
                             .options = options,
                             .trace_path = options->trace,
                             .board = board};
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    listen_for_signals();
    kit_limits_begin(board, options);
    kit_blocking_begin(&play);
    board->phase = KIT_PLAYING;
    board->err = kit_exercise.play(&play);
    if (play.no_runtime < 0) { // to the exercise it was no memory
        board->err = play.no_runtime;
    }
    board->phase = KIT_PLAYED;
    kit_play_close(&play);
    (void)fflush(NULL);
    return say_end(board);
}
