// Problem: a mistake in scheduling shows in some orders only.
// Idea: the exercise is played in each of its worlds in each order: as they
// come, newest first, then drawn by a seed, another one each time. A run that
// fails ends it: its order and seed replay it. The golden run of the same order
// and world, if there is one, is made before it (or one for all orders, where
// the exercise says that they do not matter).
#include "kit_impl.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- names of orders ----

void kit_round_name(const struct kit_round *round, char *out,
                    size_t out_bytes) {
    char world[16] = "";

    if (round->world != 0) {
        (void)snprintf(world, sizeof world, "/%u", round->world);
    }
    if (round->order == FB_ORDER_SEEDED) {
        (void)snprintf(out, out_bytes, "seed:%llu%s",
                       (unsigned long long)round->seed, world);
    } else {
        (void)snprintf(out, out_bytes, "%s%s",
                       round->order == FB_ORDER_FIFO ? "fifo" : "lifo", world);
    }
}

int kit_round_parse(const char *text, struct kit_round *ret_round) {
    struct kit_round round = {0};
    const char *rest = text;
    char *end;

    if (strncmp(text, "fifo", 4) == 0 || strncmp(text, "lifo", 4) == 0) {
        round.order = text[0] == 'f' ? FB_ORDER_FIFO : FB_ORDER_LIFO;
        rest += 4;
    } else if (strncmp(text, "seed:", 5) == 0) {
        round.order = FB_ORDER_SEEDED;
        round.seed = strtoull(text + 5, &end, 10);
        rest = end != text + 5 ? end : "?";
    } else {
        return -EINVAL;
    }
    if (rest[0] == '/') {
        round.world = (unsigned)strtoul(rest + 1, &end, 10);
        rest = end != rest + 1 ? end : "?";
    }
    if (rest[0] != '\0') {
        return -EINVAL;
    }
    *ret_round = round;
    return 0;
}

// ---- one round ----

struct rounds {
    const struct kit_options *options;
    struct kit_board *board, *golden;
    char golden_trace[KIT_PATH_BYTES], other_trace[KIT_PATH_BYTES],
        output[KIT_PATH_BYTES], other_output[KIT_PATH_BYTES];
    char first_order[32];
    unsigned runs, of;
    uint64_t began_ms;
    unsigned golden_for; // the world that the golden run at hand is of, and 1
    struct kit_advice advice; // of the newest run
};

static unsigned took_ms(const struct rounds *r) {
    return (unsigned)(kit_now_ms() - r->began_ms);
}

static int play_golden(struct rounds *r, const struct kit_round *round) {
    struct kit_round golden = *round;
    struct kit_ending ending;
    int err;

    if (kit_exercise.golden == NULL || (kit_exercise.golden_in_one_order &&
                                        r->golden_for == round->world + 1)) {
        return 0;
    }
    if (kit_exercise.golden_in_one_order) {
        golden.order = FB_ORDER_FIFO;
        golden.seed = 0;
    }
    golden.golden = true;
    err = kit_child_play(r->options, &golden, r->golden_trace, r->other_output,
                         r->golden, &ending);
    if (err == 0 && (r->golden->phase != KIT_CLOSED || r->golden->err < 0)) {
        (void)fputs("the shipped program of this exercise does not end well\n",
                    stderr);
        err = -EIO;
    }
    r->golden_for = round->world + 1;
    return err;
}

// The trace of the first run is kept; later ones have another place, until one
// fails.
static int play(struct rounds *r, const struct kit_round *round,
                struct kit_case *c) {
    const bool first = r->runs == 0;
    const char *trace = first ? r->options->trace : r->other_trace;
    const char *output = first ? r->output : r->other_output;
    char why[FB_SESSION_WHY_BYTES] = "";
    int err = play_golden(r, round);

    if (err == 0) {
        err = kit_child_play(r->options, round, trace, output, r->board,
                             &c->ending);
    }
    if (err < 0) {
        return err;
    }
    r->runs++;
    kit_report_read(&c->report, r->options, trace, c->ending.pid, output);
    if (r->board->phase >= KIT_PLAYED && r->board->err < 0) {
        (void)fprintf(stderr, "the exercise cannot be played: %s\n",
                      strerror(-r->board->err));
        return r->board->err;
    }
    err = kit_case_open(c, trace,
                        kit_exercise.golden != NULL ? r->golden_trace : NULL,
                        why, sizeof why);
    if (err < 0) {
        (void)fprintf(stderr, "the trace cannot be read: %s\n", why);
        return err;
    }
    return kit_case_judge(c);
}

static void keep_failure(const struct rounds *r) {
    if (r->runs > 1) {
        (void)rename(r->other_trace, r->options->trace);
        (void)rename(r->other_output, r->output);
    }
}

// Returns whether it has failed, or -errno.
static int one_round(struct rounds *r, const struct kit_round *round) {
    struct kit_case c = {.options = r->options,
                         .round = round,
                         .board = r->board,
                         .golden_board =
                             kit_exercise.golden != NULL ? r->golden : NULL};
    char order[32];
    int result;

    kit_round_name(round, order, sizeof order);
    if (r->runs == 0) {
        (void)snprintf(r->first_order, sizeof r->first_order, "%s", order);
    }
    (void)printf("run %u of %u\n", r->runs + 1, r->of);
    (void)fflush(stdout);
    result = play(r, round, &c);
    if (result == 0 && fb_trial_verdict(c.trial)->failed) {
        result = kit_verdict_write(r->options, &c, &c.advice, order, r->runs,
                                   took_ms(r));
        keep_failure(r);
        result = result < 0 ? result : 1;
    }
    r->advice = c.advice;
    kit_case_close(&c);
    return result;
}

// ---- all rounds ----

static int all_rounds(struct rounds *r) {
    const unsigned worlds = kit_exercise.worlds != 0 ? kit_exercise.worlds : 1;
    int result = 0;

    r->of = worlds * (r->options->seeds + 2);
    // First each world once: what fails in any order fails soon.
    for (unsigned world = 0; world < worlds && result == 0; world++) {
        const struct kit_round round = {.world = world, .order = FB_ORDER_FIFO};

        result = one_round(r, &round);
    }
    for (unsigned world = 0; world < worlds && result == 0; world++) {
        for (unsigned i = 0; i <= r->options->seeds && result == 0; i++) {
            const struct kit_round round = {.world = world,
                                            .order = i == 0 ? FB_ORDER_LIFO
                                                            : FB_ORDER_SEEDED,
                                            .seed = i};

            result = one_round(r, &round);
        }
    }
    return result;
}

static int name_files(struct rounds *r) {
    const char *trace = r->options->trace;

    if (strlen(trace) + 32 > sizeof r->other_trace) {
        return -ENAMETOOLONG;
    }
    (void)snprintf(r->golden_trace, sizeof r->golden_trace, "%s.golden", trace);
    (void)snprintf(r->other_trace, sizeof r->other_trace, "%s.run", trace);
    (void)snprintf(r->output, sizeof r->output, "%s.out", trace);
    (void)snprintf(r->other_output, sizeof r->other_output, "%s.run.out",
                   trace);
    return 0;
}

int kit_rounds(const struct kit_options *options, int *ret_failed) {
    struct rounds r = {.options = options, .began_ms = kit_now_ms()};
    struct kit_round round;
    int result = name_files(&r);

    r.board = kit_board_open();
    r.golden = kit_board_open();
    if (r.board == NULL || r.golden == NULL) {
        result = -ENOMEM;
    } else if (result == 0 && options->order != NULL) {
        r.of = 1;
        result = kit_round_parse(options->order, &round);
        result = result < 0 ? result : one_round(&r, &round);
    } else if (result == 0) {
        result = all_rounds(&r);
    }
    if (result == 0) {
        result = kit_verdict_write(options, NULL, &r.advice, r.first_order,
                                   r.runs, took_ms(&r));
    }
    (void)unlink(r.other_trace);
    (void)unlink(r.other_output);
    (void)unlink(r.golden_trace);
    kit_board_close(r.board);
    kit_board_close(r.golden);
    *ret_failed = result > 0;
    return result < 0 ? result : 0;
}
