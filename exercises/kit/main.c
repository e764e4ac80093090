// The program that an exercise is built into: plays the learner's files, judges
// them, writes the verdict. See exercises/README.md.
#include "kit_impl.h"

#include <argp.h>
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

enum key {
    KEY_FILES = 1000,
    KEY_OUT,
    KEY_TRACE,
    KEY_SEEDS,
    KEY_ORDER,
    KEY_CPU,
    KEY_WALL,
    KEY_MEMORY,
    KEY_ASK,
    KEY_WITHOUT,
    KEY_STAGE,
    KEY_STOPPED,
    KEY_PORT_FILE,
};

static const struct argp_option arguments[] = {
    {"files", KEY_FILES, "FOLDER", 0, "The learner's files", 0},
    {"out", KEY_OUT, "FILE", 0, "Where the verdict goes (JSON)", 0},
    {"trace", KEY_TRACE, "FILE", 0,
     "Where the trace stays: of the run that failed, else of the first", 0},
    {"seeds", KEY_SEEDS, "N", 0, "Random orders after FIFO and LIFO (50)", 0},
    {"order", KEY_ORDER, "ORDER", 0,
     "Only this one: fifo, lifo or seed:N, with /WORLD", 0},
    {"cpu-ms", KEY_CPU, "N", 0, "Processor time of one run (2000)", 0},
    {"wall-ms", KEY_WALL, "N", 0, "Time of one run (10000)", 0},
    {"memory-mb", KEY_MEMORY, "N", 0, "Memory of one run (256)", 0},
    {"ask", KEY_ASK, NULL, 0,
     "Ask for the decisions in the learner's file, one by one", 0},
    {"without", KEY_WITHOUT, "CLAIM", 0,
     "Leave this claim out, T8 for example: what slips through then?", 0},
    {"stage", KEY_STAGE, "ID", 0,
     "Play once, watched, under this name; judge nothing", 0},
    {"stopped", KEY_STOPPED, NULL, 0,
     "On a stage: stand still before the first poll until a viewer says run",
     0},
    {"port-file", KEY_PORT_FILE, "FILE", 0,
     "On a stage: write 0 there once the trace can be opened", 0},
    {0}};

static unsigned number(struct argp_state *state, const char *text,
                       unsigned least, unsigned most) {
    char *end;
    unsigned long value;

    errno = 0;
    value = strtoul(text, &end, 10);
    if (errno != 0 || *end != '\0' || end == text || value < least ||
        value > most) {
        argp_error(state, "%s is no number from %u to %u", text, least, most);
    }
    return (unsigned)value;
}

static enum fb_claim_id claim(struct argp_state *state, const char *text) {
    for (int id = FB_T1; id <= FB_T14; id++) {
        if (strcmp(text, fb_claim_short((enum fb_claim_id)id)) == 0) {
            return (enum fb_claim_id)id;
        }
    }
    argp_error(state, "%s is no claim: T1 to T14", text);
    return FB_CLAIM_NONE;
}

static error_t parse(int key, char *text, struct argp_state *state) {
    struct kit_options *o = state->input;
    struct kit_round round;

    switch (key) {
    case KEY_FILES: o->files = text; break;
    case KEY_OUT: o->out = text; break;
    case KEY_TRACE: o->trace = text; break;
    case KEY_ASK: o->ask = true; break;
    case KEY_WITHOUT: o->without = claim(state, text); break;
    case KEY_STAGE: o->stage = text; break;
    case KEY_STOPPED: o->stopped = true; break;
    case KEY_PORT_FILE: o->port_file = text; break;
    case KEY_SEEDS: o->seeds = number(state, text, 0, 1000000); break;
    case KEY_CPU: o->cpu_ms = number(state, text, 10, 600000); break;
    case KEY_WALL: o->wall_ms = number(state, text, 10, 600000); break;
    case KEY_MEMORY: o->memory_mb = number(state, text, 1, 65536); break;
    case KEY_ORDER:
        if (kit_round_parse(text, &round) < 0) {
            argp_error(state, "%s is no order: fifo, lifo or seed:N", text);
        }
        o->order = text;
        break;
    case ARGP_KEY_END:
        if (o->files == NULL ||
            (o->stage == NULL && (o->out == NULL || o->trace == NULL))) {
            argp_error(state, "--files, --out and --trace are needed (with "
                              "--stage, --files)");
        }
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

int main(int argc, char **argv) {
    static const struct argp argp = {
        .options = arguments,
        .parser = parse,
        .doc = "Plays an exercise in many orders and judges each run."};
    struct kit_options options = {
        .seeds = 50, .cpu_ms = 2000, .wall_ms = 10000, .memory_mb = 256};
    int failed = 0, err;

    // A runner that is killed takes its run along, and that its children.
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
    argp_err_exit_status = 2;
    (void)argp_parse(&argp, argc, argv, ARGP_NO_ARGS, NULL, &options);
    if (options.stage != NULL) {
        err = kit_stage(&options);
        failed = err;
    } else {
        err = options.ask ? kit_ask(&options, &failed)
                          : kit_rounds(&options, &failed);
    }
    if (err == -ENOTSUP && options.ask) {
        return 3;
    }
    if (err < 0) {
        (void)fprintf(stderr, "%s: %s\n", argv[0], strerror(-err));
        return 2;
    }
    return failed;
}
