// `fishbowl whatif`: one play twice, the second time with another choice.
//
// Problem: "and if the other one had been polled first?" is answered by doing
// it, but a live program cannot go back.
// Idea: a play with a given order is the same each time, however fast it is
// played. So it is played as it was, and once more with a list of choices
// (`serve --choose`); both traces are compared by their order. That they are
// the same up to the first choice is not believed but looked at.
//
//     fishbowl demo PLAY --ring as-it-was.ring
//     fishbowl demo PLAY --ring otherwise.ring --choose POLL:TASK
//
// The plays are children of this process: a play may fail, or die.
#include "decisions.h"
#include "fishbowl/trace/text.h"
#include "options.h"
#include "print.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

enum key {
    KEY_CHOOSE = 0x100,
    KEY_ORDER,
    KEY_HANDLER,
    KEY_KEEP,
};

static const struct argp_option OPTIONS[] = {
    {"choose", KEY_CHOOSE, "POLL:TASK", 0,
     "Before poll number POLL, let TASK be polled instead; up to 4 times. "
     "Without it the decisions are listed",
     1},
    {"order", KEY_ORDER, "ORDER", 0,
     "In which order woken tasks run: fifo (default), lifo or seed:N", 1},
    {"handler", KEY_HANDLER, "NAME", 0,
     "Which handler greets: inline, named or states", 1},
    {"keep", KEY_KEEP, "DIR", 0,
     "Keep the traces there: as-it-was.ring and otherwise.ring", 1},
    {0},
};

enum { CHOICES_MAX = 4, ARGS_MAX = 24 };

struct whatif {
    struct fb_diff_request diff;
    const char *play, *order, *handler, *keep;
    const char *choices[CHOICES_MAX];
    int choice_count;
    char dir[64]; // of our own; "" none
    char paths[FB_DIFF_SIDES][PATH_MAX];
};

static const char *const NAMES[] = {"as-it-was.ring", "otherwise.ring"};

// ---- options ---------------------------------------------------------------

struct wanted {
    uint64_t poll;
    uint32_t task;
    bool poll_found, task_found;
    uint32_t task_polled;
};

// "12:5": poll 12, task 5.
static bool read_choice(const char *arg, struct wanted *ret) {
    unsigned long long task;
    char *end;

    errno = 0;
    ret->poll = strtoull(arg, &end, 10);
    if (arg[0] < '1' || arg[0] > '9' || *end != ':' || end[1] < '1' ||
        end[1] > '9') {
        return false;
    }
    task = strtoull(end + 1, &end, 10);
    ret->task = (uint32_t)task;
    return *end == '\0' && errno == 0 && task <= UINT32_MAX;
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct whatif *w = state->input;

    switch (key) {
    case ARGP_KEY_INIT: state->child_inputs[0] = &w->diff; return 0;
    case KEY_CHOOSE:
        if (w->choice_count == CHOICES_MAX) {
            argp_error(state, "--choose: at most %d times", CHOICES_MAX);
        }
        if (!read_choice(arg, &(struct wanted){0})) {
            argp_error(state, "--choose: POLL:TASK, such as 12:5");
        }
        w->choices[w->choice_count++] = arg;
        return 0;
    case KEY_ORDER: w->order = arg; return 0;
    case KEY_HANDLER: w->handler = arg; return 0;
    case KEY_KEEP: w->keep = arg; return 0;
    case ARGP_KEY_ARG:
        if (w->play != NULL) {
            argp_error(state, "one play at a time");
        }
        w->play = arg;
        return 0;
    case ARGP_KEY_END:
        if (w->play == NULL) {
            argp_error(state, "a play is needed (`fishbowl demo --list` names "
                              "those there are)");
        }
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp_child CHILDREN[] = {{&fb__diff_argp, 0, NULL, 0}, {0}};

static const struct argp ARGP = {
    .options = OPTIONS,
    .children = CHILDREN,
    .parser = parse,
    .args_doc = "PLAY",
    .doc = "Play a script of `fishbowl demo` twice: as it is, and with another "
           "task polled before some poll; then show both side by side.\v"
           "Examples:\n"
           "  fishbowl whatif four                    which decisions are "
           "there?\n"
           "  fishbowl whatif four --choose 10:4      and if task 4 had been "
           "polled?\n"
           "  fishbowl whatif four --order seed:7 --choose 12:2\n"};

// ---- playing ---------------------------------------------------------------

static int make_paths(struct whatif *w) {
    const char *tmp = getenv("TMPDIR");
    const char *dir = w->keep;

    if (dir == NULL) {
        if (tmp == NULL || tmp[0] != '/' || strlen(tmp) > 30) {
            tmp = "/tmp";
        }
        snprintf(w->dir, sizeof(w->dir), "%s/fishbowl-whatif-XXXXXX", tmp);
        if (mkdtemp(w->dir) == NULL) {
            w->dir[0] = '\0';
            return -errno;
        }
        dir = w->dir;
    } else if (mkdir(dir, 0777) < 0 && errno != EEXIST) {
        return -errno;
    }
    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        const int n =
            snprintf(w->paths[i], sizeof(w->paths[i]), "%s/%s", dir, NAMES[i]);

        if (n < 0 || (size_t)n >= sizeof(w->paths[i])) {
            return -ENAMETOOLONG;
        }
    }
    return 0;
}

static void remove_paths(const struct whatif *w) {
    for (int i = 0; w->dir[0] != '\0' && i < FB_DIFF_SIDES; i++) {
        (void)unlink(w->paths[i]);
    }
    if (w->dir[0] != '\0') {
        (void)rmdir(w->dir);
    }
}

static void gather_args(const struct whatif *w, int side, const char **args) {
    *args++ = "fishbowl";
    *args++ = "demo";
    *args++ = w->play;
    *args++ = "--plain";
    *args++ = "--port";
    *args++ = "0";
    *args++ = "--ring";
    *args++ = w->paths[side];
    if (w->order != NULL) {
        *args++ = "--order";
        *args++ = w->order;
    }
    if (w->handler != NULL) {
        *args++ = "--handler";
        *args++ = w->handler;
    }
    for (int i = 0; side == FB_DIFF_B && i < w->choice_count; i++) {
        *args++ = "--choose";
        *args++ = w->choices[i];
    }
    *args = NULL;
}

// The play's exit status, or -errno. What it tells is not shown; what it
// complains of is.
static int play(const struct whatif *w, int side) {
    const char *args[ARGS_MAX];
    int status;
    pid_t pid;

    gather_args(w, side, args);
    (void)signal(SIGCHLD, SIG_DFL); // inherited as ignored it would be lost
    pid = fork();
    if (pid == 0) {
        const int null = open("/dev/null", O_RDWR | O_CLOEXEC);

        if (null < 0 || dup2(null, STDIN_FILENO) < 0 ||
            dup2(null, STDOUT_FILENO) < 0) {
            _exit(127);
        }
        execv("/proc/self/exe", (char *const *)args);
        _exit(127);
    }
    if (pid < 0) {
        return -errno;
    }
    while (waitpid(pid, &status, 0) < 0) {
        if (errno != EINTR) {
            return -errno;
        }
    }
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

// ---- what came of it -------------------------------------------------------

static int list_decisions(const struct whatif *w) {
    struct fb_print_options options = {.out = stdout};
    char play[300];
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;
    int err = fb_session_open(&s, w->paths[FB_DIFF_A], false, why, sizeof(why));

    if (err < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    fb_text_sanitise(w->play, strlen(w->play), play, sizeof(play));
    err = fb_print_decisions(s, &options);
    if (err == 0) {
        printf("\nTo play it with another choice: fishbowl whatif %s --choose "
               "POLL:TASK\n",
               play);
    }
    fb_session_close(s);
    return err < 0 || fflush(stdout) != 0 ? 1 : 0;
}

static int check_decision(void *arg, const struct fb_decision *d) {
    struct wanted *want = arg;

    if (d->poll == want->poll) {
        want->poll_found = true;
        want->task_polled = d->task;
        for (uint32_t i = 0; i < d->count && i < FB_DECISION_TASKS; i++) {
            want->task_found |= d->tasks[i] == want->task;
        }
    }
    return 0;
}

// A first choice is checked before it is played: later ones depend on it.
static int check_choice(const struct whatif *w) {
    struct wanted want = {0};
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;
    int err = fb_session_open(&s, w->paths[FB_DIFF_A], false, why, sizeof(why));

    if (err < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    (void)read_choice(w->choices[0], &want); // it was read before
    err = fb_decisions(fb_session_history(s), check_decision, &want);
    fb_session_close(s);
    if (err == 0 && want.poll_found && want.task_found &&
        want.task != want.task_polled) {
        return 0;
    }
    fprintf(stderr,
            "fishbowl: whatif: --choose %" PRIu64 ":%" PRIu32 ": %s (`fishbowl "
            "whatif PLAY` lists the decisions)\n",
            want.poll, want.task,
            err < 0            ? strerror(-err)
            : !want.poll_found ? "before that poll there was nothing to choose"
            : want.task_found  ? "that task was polled anyway"
                               : "that task was not runnable then");
    return 1;
}

// The runs must be the same up to the first choice: else something else than
// the order of polls, the kernel say, was not the same.
static bool is_exact(const struct fb_diff *d) {
    const struct fb_align_gap *gap = d->c.align.gaps;
    const struct fb_transcript_line *line;

    if (d->c.grade == FB_TRANSCRIPT_TREE || d->c.align.count == 0) {
        return true;
    }
    line = gap->b < d->c.b.count ? &d->c.b.lines[gap->b] : NULL;
    return line != NULL && (line->words[0] & 0xff) == FB_EV_CHOICE;
}

static int compare(struct whatif *w) {
    char why[FB_SESSION_WHY_BYTES];
    struct fb_diff d;
    int status = 1;

    for (int i = 0; i < FB_DIFF_SIDES; i++) {
        w->diff.options.what[i] = w->paths[i];
    }
    if (fb_diff_open(&d, &w->diff.options, why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
    } else {
        if (!is_exact(&d)) {
            fprintf(stderr, "fishbowl: whatif: the two plays differ before the "
                            "choice: what differs is not its doing alone\n");
        }
        status = fb__diff_show(&d, &w->diff) < 0 ? 1 : 0;
    }
    fb_diff_close(&d);
    return status;
}

static int run(struct whatif *w) {
    int status = play(w, FB_DIFF_A);

    if (status != 0) {
        fprintf(stderr, "fishbowl: whatif: the play failed as it is (`fishbowl "
                        "demo` plays it alone)\n");
        return status == 2 ? 2 : 1;
    }
    if (w->choice_count == 0) {
        return list_decisions(w);
    }
    if (check_choice(w) != 0) {
        return 1;
    }
    status = play(w, FB_DIFF_B);
    if (status != 0) {
        fprintf(stderr, "fishbowl: whatif: with the other choice the play does "
                        "not end as it should; this is how far it came\n");
    }
    return compare(w);
}

int fb_whatif_main(int argc, char **argv) {
    struct whatif w = {.diff = fb__diff_request(FB_TRANSCRIPT_ORDER)};
    int err, status;

    argp_err_exit_status = 2;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &w) != 0) {
        return 2;
    }
    err = make_paths(&w);
    if (err < 0) {
        fprintf(stderr,
                "fishbowl: whatif: the traces have no place: %s "
                "(--keep DIR names one)\n",
                strerror(-err));
        return 1;
    }
    status = run(&w);
    remove_paths(&w);
    return status;
}
