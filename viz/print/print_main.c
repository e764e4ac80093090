// `fishbowl print`: its options, and which page they mean.
//
// Without a trace the newest live program is meant. Every mistake ends with a
// sentence that says what to do: 2 for a wrong command line, 1 where there is
// nothing to print. 1 is also the answer of --lints that found something.
#include "frame.h"
#include "moment.h"
#include "print.h"
#include "sheet.h"

#include "fishbowl/trace/text.h"
#include <argp.h>
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum form {
    FORM_NONE,
    FORM_STORY,
    FORM_TASKS,
    FORM_TREE,
    FORM_REACTOR,
    FORM_SOURCE,
    FORM_TIMELINE,
    FORM_WAKERS,
    FORM_WAITS,
    FORM_STATS,
    FORM_EVENTS,
    FORM_LINTS,
    FORM_DECISIONS,
    FORM_JSON,
    FORM_SCREEN,
    FORM_QUIZ,
    FORM_QUESTIONS,
    FORM_NORMAL,
};

enum key {
    KEY_STORY = 0x100,
    KEY_TASKS,
    KEY_TREE,
    KEY_REACTOR,
    KEY_SOURCE,
    KEY_SOURCE_DIR,
    KEY_TIMELINE,
    KEY_WAKERS,
    KEY_WAITS,
    KEY_STATS,
    KEY_EVENTS,
    KEY_LINTS,
    KEY_LONG_POLL,
    KEY_DECISIONS,
    KEY_JSON,
    KEY_SCREEN,
    KEY_QUIZ,
    KEY_QUESTIONS,
    KEY_NORMAL,
    KEY_AT,
    KEY_FROM,
    KEY_TO,
    KEY_TASK,
    KEY_FOLLOW,
    KEY_ASCII,
    KEY_COLS,
    KEY_SCALE,
    KEY_FILTER,
    KEY_SORT,
};

enum { COLS_MOST = 900 }; // of a timeline

struct request {
    enum form form;
    int cols, rows;
    bool unanswered;       // a quiz without its answers
    const char *questions; // a file
    bool as_json;          // of questions, too
    const char *what;
    const char *moment; // --at, where it is more than a number
    struct fb_query query;
    struct fb_print_options options;
    struct fb_lint_options lints;
};

static volatile sig_atomic_t interrupted;

static void on_interrupt(int sig) {
    (void)sig;
    interrupted = 1;
}

static const struct argp_option OPTIONS[] = {
    {NULL, 0, NULL, 0, "What to print (one of):", 1},
    {"story", KEY_STORY, NULL, 0, "A sentence for each event (default)", 1},
    {"tasks", KEY_TASKS, NULL, 0, "A table of the tasks", 1},
    {"tree", KEY_TREE, NULL, 0,
     "Tasks, the futures inside them, and what each waits for", 1},
    {"reactor", KEY_REACTOR, NULL, 0,
     "Descriptors and timers, and the tasks they will wake", 1},
    {"source", KEY_SOURCE, NULL, 0,
     "The source lines at which each task stands", 1},
    {"timeline", KEY_TIMELINE, NULL, 0,
     "A lane for each task: when it ran, was scheduled, waited", 1},
    {"wakers", KEY_WAKERS, NULL, 0,
     "Where each task's wakers are stored, and its last wakes", 1},
    {"waits", KEY_WAITS, NULL, 0,
     "Who waits for whom; exit status 1 when that goes in a ring", 1},
    {"stats", KEY_STATS, NULL, 0,
     "How long polls take and how long they are waited for", 1},
    {"events", KEY_EVENTS, NULL, 0, "Each event with all its fields", 1},
    {"lints", KEY_LINTS, NULL, 0,
     "Mistakes of the program, with evidence; status 1 if there are any", 1},
    {"decisions", KEY_DECISIONS, NULL, 0,
     "The polls before which more than one task was runnable", 1},
    {"json", KEY_JSON, NULL, 0, "Everything, as one JSON document", 1},
    {"screen", KEY_SCREEN, "COLSxROWS", 0,
     "The screen of `fishbowl watch` as text, e.g. 80x24", 1},
    {"quiz", KEY_QUIZ, "ask", OPTION_ARG_OPTIONAL,
     "Questions about what comes next, with answers; =ask: without them", 1},
    {"questions", KEY_QUESTIONS, "FILE", 0,
     "The questions of a lesson, each with its truth in this trace; with "
     "--json "
     "as a document for programs",
     1},
    {"normal", KEY_NORMAL, NULL, 0,
     "What all runs of it have in common: tasks, and what each did outside", 1},
    {NULL, 0, NULL, 0, "Which part of it:", 2},
    {"at", KEY_AT, "WHEN", 0,
     "The world after event WHEN (default: the newest), or at a time since the "
     "start (1.5s, 12ms); -50: so many before the newest; start, end",
     2},
    {"from", KEY_FROM, "N", 0,
     "Story, events, timeline, quiz: begin with event N", 2},
    {"first", KEY_FROM, NULL, OPTION_ALIAS, NULL, 2}, // as in `export`
    {"to", KEY_TO, "N", 0, "Story, events, timeline, quiz: end with event N",
     2},
    {"last", KEY_TO, NULL, OPTION_ALIAS, NULL, 2},
    {"task", KEY_TASK, "N", 0, "Only task N", 2},
    {"follow", KEY_FOLLOW, NULL, 0,
     "Story and events: go on while the program runs", 2},
    {"long-poll", KEY_LONG_POLL, "MS", 0,
     "Lints: a poll of MS milliseconds blocks (default: 100)", 2},
    {"filter", KEY_FILTER, "WORDS", 0,
     "Tasks: only those that the words fit (idle, live, lost, label:Ada, "
     "name:greet, await:read, by:timer, id:5, !not, any text)",
     2},
    {"sort", KEY_SORT, "COLUMN", 0,
     "Tasks: by id, state, label, polls, busy, wake or age; -polls: the other "
     "way round",
     2},
    {NULL, 0, NULL, 0, "How:", 3},
    {"source-dir", KEY_SOURCE_DIR, "DIR", 0,
     "Look here first for source (also: FISHBOWL_SOURCE)", 3},
    {"cols", KEY_COLS, "N", 0, "Timeline: at most N columns (default: 100)", 3},
    {"scale", KEY_SCALE, "events|time", 0,
     "Timeline: what a column is a piece of (default: what suits)", 3},
    {"ascii", KEY_ASCII, NULL, 0,
     "Draw trees and screens with ASCII characters", 3},
    {0},
};

static const char DOC[] =
    "Print what a traced program does, as text.\v"
    "PID is a running program (`fishbowl list` names them), FILE a trace or "
    "a recording; without one, the newest running program is meant.\n\n"
    "Examples:\n"
    "  fishbowl print --tree              what each task waits for, now\n"
    "  fishbowl print --follow            tell the story as it happens\n"
    "  fishbowl print 4711 --tasks --at 120\n"
    "                                     the task table after event 120\n"
    "  fishbowl print ./old.ring --json | jq .tasks\n";

static uint64_t read_number(const struct argp_state *state, const char *option,
                            const char *text, uint64_t most) {
    char *end;
    unsigned long long value;

    errno = 0;
    value = strtoull(text, &end, 10);
    if (text[0] < '0' || text[0] > '9' || *end != '\0' || errno != 0 ||
        value == 0 || value > most) {
        argp_error(state, "%s: not a number from 1 on: it counts from 1",
                   option);
    }
    return value;
}

// One side of the screen; *text moves behind it. Returns 0 if there is none.
static int read_side(const char **text) {
    char *end = NULL;
    const long value = **text >= '0' && **text <= '9' // no blanks, no sign
                           ? strtol(*text, &end, 10)
                           : 0;

    if (value < 1 || value > 1000) {
        return 0;
    }
    *text = end;
    return (int)value;
}

static void read_screen(const struct argp_state *state, const char *text,
                        struct request *r) {
    r->cols = read_side(&text);
    if (r->cols > 0 && *text == 'x') {
        text++;
        r->rows = read_side(&text);
    }
    if (r->rows == 0 || *text != '\0') {
        argp_error(state, "--screen: not COLSxROWS up to 1000x1000 (as in "
                          "--screen 80x24)");
    }
}

static void choose(const struct argp_state *state, struct request *r,
                   enum form form) {
    if (r->form != FORM_NONE && r->form != form) {
        argp_error(state, "more than one thing to print (choose one of "
                          "--story, --tasks, --tree, --reactor, --source, "
                          "--wakers, --waits, --stats, --timeline, --events, "
                          "--lints, --decisions, --json, --screen, --quiz, "
                          "--questions, --normal)");
    }
    r->form = form;
}

static void check(const struct argp_state *state, struct request *r) {
    const bool stream = r->form == FORM_STORY || r->form == FORM_EVENTS;
    const bool line = r->form == FORM_TIMELINE;
    const bool ranged =
        stream || line || r->form == FORM_QUIZ || r->form == FORM_DECISIONS;
    const struct fb_print_options *o = &r->options;

    if ((!ranged && (o->from != 0 || o->to != 0)) || (!stream && o->follow)) {
        argp_error(state, "--from, --to and --follow go with --story or "
                          "--events (use --at for one moment)");
    }
    if (!line && (o->cols != 0 || o->by_event || o->by_time)) {
        argp_error(state, "--cols and --scale go with --timeline");
    }
    if (r->form != FORM_TASKS && (r->query.filter.count > 0 ||
                                  r->query.order != 0 || r->query.reverse)) {
        argp_error(state, "--filter and --sort go with --tasks");
    }
    if (o->to != 0 && o->from > o->to) {
        argp_error(state, "--from: it is after --to (nothing lies between)");
    }
    if (o->task != 0 && (r->form == FORM_REACTOR || r->form == FORM_WAITS ||
                         r->form == FORM_SCREEN || r->form == FORM_QUIZ ||
                         r->form == FORM_QUESTIONS || r->form == FORM_NORMAL)) {
        argp_error(state, "--task: this page is about all tasks (use --tree "
                          "or --tasks)");
    }
}

static void read_filter(const struct argp_state *state, const char *text,
                        struct fb_query *query) {
    char why[FB_FILTER_WHY], safe[FB_TEXT_SAFE_BYTES(FB_FILTER_WHY)];

    if (fb_filter_parse(&query->filter, text, why, sizeof(why))) {
        fb_text_sanitise(why, strlen(why), safe, sizeof(safe));
        argp_error(state, "--filter: %s", safe);
    }
}

static void read_sort(const struct argp_state *state, const char *text,
                      struct fb_query *query) {
    enum fb_task_order order;

    query->reverse = text[0] == '-';
    if (fb_order_parse(&order, text + query->reverse)) {
        argp_error(state, "--sort: id, state, label, polls, busy, wake or age");
    } else {
        query->order = (uint8_t)order;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;
    struct fb_print_options *o = &r->options;
    char why[200];

    switch (key) {
    case KEY_STORY: choose(state, r, FORM_STORY); break;
    case KEY_TASKS: choose(state, r, FORM_TASKS); break;
    case KEY_TREE: choose(state, r, FORM_TREE); break;
    case KEY_REACTOR: choose(state, r, FORM_REACTOR); break;
    case KEY_SOURCE: choose(state, r, FORM_SOURCE); break;
    case KEY_SOURCE_DIR: o->source_dir = arg; break;
    case KEY_TIMELINE: choose(state, r, FORM_TIMELINE); break;
    case KEY_WAKERS: choose(state, r, FORM_WAKERS); break;
    case KEY_WAITS: choose(state, r, FORM_WAITS); break;
    case KEY_STATS: choose(state, r, FORM_STATS); break;
    case KEY_EVENTS: choose(state, r, FORM_EVENTS); break;
    case KEY_LINTS: choose(state, r, FORM_LINTS); break;
    case KEY_LONG_POLL:
        r->lints.long_poll_ns =
            read_number(state, "--long-poll", arg, 3600000) * 1000000;
        break;
    case KEY_DECISIONS: choose(state, r, FORM_DECISIONS); break;
    case KEY_JSON:
        r->as_json = true;
        if (r->form != FORM_QUESTIONS) { // these have a document of their own
            choose(state, r, FORM_JSON);
        }
        break;
    case KEY_SCREEN:
        choose(state, r, FORM_SCREEN);
        read_screen(state, arg, r);
        break;
    case KEY_QUIZ:
        choose(state, r, FORM_QUIZ);
        if (arg && strcmp(arg, "ask") != 0) {
            argp_error(state, "--quiz: not ask (--quiz has the answers, "
                              "--quiz=ask does not)");
        }
        r->unanswered = arg != NULL;
        break;
    case KEY_NORMAL: choose(state, r, FORM_NORMAL); break;
    case KEY_QUESTIONS:
        r->form = r->form == FORM_JSON ? FORM_NONE : r->form;
        choose(state, r, FORM_QUESTIONS);
        r->questions = arg;
        break;
    case KEY_AT: // a plain number names an event that must be there
        r->moment = arg[strspn(arg, "0123456789")] != '\0' ? arg : NULL;
        o->at = r->moment ? 0 : read_number(state, "--at", arg, UINT64_MAX);
        if (r->moment && fb_moment_check(arg, why, sizeof(why))) {
            argp_error(state, "--at: %s", why);
        }
        break;
    case KEY_FROM:
        o->from = read_number(state, "--from", arg, UINT64_MAX);
        break;
    case KEY_TO: o->to = read_number(state, "--to", arg, UINT64_MAX); break;
    case KEY_TASK:
        o->task = (uint32_t)read_number(state, "--task", arg, UINT32_MAX);
        break;
    case KEY_FOLLOW: o->follow = true; break;
    case KEY_ASCII: o->ascii = true; break;
    case KEY_COLS:
        o->cols = (int)read_number(state, "--cols", arg, COLS_MOST);
        break;
    case KEY_SCALE:
        o->by_event = strcmp(arg, "events") == 0;
        o->by_time = strcmp(arg, "time") == 0;
        if (!o->by_event && !o->by_time) {
            argp_error(state, "--scale: neither \"events\" nor \"time\"");
        }
        break;
    case KEY_FILTER: read_filter(state, arg, &r->query); break;
    case KEY_SORT: read_sort(state, arg, &r->query); break;
    case ARGP_KEY_ARG:
        if (state->arg_num > 0) {
            argp_error(state, "more than one trace (name one PID or FILE)");
        }
        r->what = arg;
        break;
    case ARGP_KEY_END:
        r->form = r->form == FORM_NONE ? FORM_STORY : r->form;
        check(state, r);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int print_screen(struct fb_session *s, const struct request *r) {
    const struct fb_history *h = fb_session_history(s);

    if (r->options.at != 0 && fb_history_event(h, r->options.at) == NULL) {
        return -ERANGE;
    }
    return fb_frame_print(s, r->cols, r->rows, r->options.at, r->options.ascii,
                          r->options.out);
}

// It says itself what is wrong with the file: -ECANCELED.
static int print_questions(struct fb_session *s, const struct request *r) {
    struct fb_sheet *sheet;
    char why[FB_SHEET_WHY];
    int err = fb_sheet_create(&sheet, s, r->questions, NULL, why, sizeof(why));

    if (err < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return -ECANCELED;
    }
    err = r->as_json ? fb_sheet_json(sheet, s, r->options.out)
                     : fb_sheet_list(sheet, s, r->options.out);
    fb_sheet_destroy(sheet);
    return err;
}

// Returns above 0 where lints or waits are bad news, or a negative errno.
static int print_form(struct fb_session *s, const struct request *r) {
    switch (r->form) {
    case FORM_TASKS: return fb_print_tasks(s, &r->options);
    case FORM_TREE: return fb_print_tree(s, &r->options);
    case FORM_REACTOR: return fb_print_reactor(s, &r->options);
    case FORM_SOURCE: return fb_print_source(s, &r->options);
    case FORM_TIMELINE: return fb_print_timeline(s, &r->options);
    case FORM_WAKERS: return fb_print_wakers(s, &r->options);
    case FORM_WAITS: return fb_print_waits(s, &r->options);
    case FORM_STATS: return fb_print_stats(s, &r->options);
    case FORM_EVENTS: return fb_print_events(s, &r->options);
    case FORM_LINTS: return fb_print_lints(s, &r->options);
    case FORM_DECISIONS: return fb_print_decisions(s, &r->options);
    case FORM_JSON: return fb_print_json(s, &r->options);
    case FORM_SCREEN: return print_screen(s, r);
    case FORM_QUIZ: return fb_print_quiz(s, &r->options, !r->unanswered);
    case FORM_QUESTIONS: return print_questions(s, r);
    case FORM_NORMAL: return fb_print_normal(s, &r->options);
    case FORM_NONE:
    case FORM_STORY: break;
    }
    return fb_print_story(s, &r->options);
}

static void complain(struct fb_session *s, const struct request *r, int err) {
    const struct fb_history *h = fb_session_history(s);
    const struct fb_print_options *o = &r->options;
    const uint64_t event = o->at != 0                     ? o->at
                           : o->from > fb_history_last(h) ? o->from
                                                          : o->to;

    switch (err) {
    case -ERANGE:
        fprintf(stderr,
                "fishbowl: event %" PRIu64 ": this trace does not hold it (it "
                "holds %" PRIu64 " to %" PRIu64 ")\n",
                event, fb_history_first(h), fb_history_last(h));
        break;
    case -ESRCH:
        fprintf(stderr,
                "fishbowl: task %" PRIu32 ": there is no such task then "
                "(`fishbowl print --tasks` names those there are)\n",
                r->options.task);
        break;
    case -ECANCELED: break;
    case -EIO:
        fprintf(stderr, "fishbowl: output: it cannot be written (is the disk "
                        "full?)\n");
        break;
    default:
        fprintf(stderr,
                "fishbowl: trace: %s (try a part of it: --from, --to, "
                "--task)\n",
                strerror(-err));
        break;
    }
}

static void find_moment(struct fb_session *s, struct request *r) {
    const struct fb_history *h = fb_session_history(s);
    const uint64_t last = fb_history_last(h);
    char why[200];

    if (r->moment && last != 0 &&
        fb_moment_find(&r->options.at, r->moment, h, last,
                       fb_session_facts(s)->start_time_ns, why, sizeof(why))) {
        r->options.at = last; // it was checked: this does not happen
    }
}

// Only while following: elsewhere SIGINT should end us at once.
static void catch_interrupt(void) {
    struct sigaction action = {.sa_handler = on_interrupt};

    sigemptyset(&action.sa_mask);
    (void)sigaction(SIGINT, &action, NULL); // without SA_RESTART: ends waits
}

int fb_print_main(int argc, char **argv) {
    static const struct argp ARGP = {.options = OPTIONS,
                                     .parser = parse,
                                     .args_doc = "[PID|FILE]",
                                     .doc = DOC};
    struct request r = {.options = {.out = stdout, .interrupted = &interrupted},
                        .lints = FB_LINT_USUAL};
    struct fb_session_options open = {.census_wait_ns = FB_SESSION_CENSUS_NS,
                                      .lints = &r.lints};
    struct fb_session *s;
    char why[FB_SESSION_WHY_BYTES];
    int err;

    argp_err_exit_status = 2;
    r.options.query = &r.query;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &r) != 0) {
        return 2;
    }
    open.what = r.what;
    if (fb_session_open_with(&s, &open, why, sizeof(why)) < 0) {
        fprintf(stderr, "fishbowl: %s\n", why);
        return 1;
    }
    if (r.options.follow) {
        catch_interrupt();
    }
    find_moment(s, &r);
    err = print_form(s, &r);
    if (err < 0) {
        complain(s, &r, err);
    }
    fb_session_close(s);
    // above 0: what was printed is bad news
    return err < 0 ||
           (err > 0 && (r.form == FORM_LINTS || r.form == FORM_WAITS));
}
