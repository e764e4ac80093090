// `fishbowl learn`: the command line.
#include "learn.h"

#include "fishbowl/trace/text.h"
#include <argp.h>
#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum {
    KEY_FOLDER = 0x100,
    KEY_COURSE,
    KEY_PLAIN,
    KEY_ASCII,
    KEY_NO_COLOR,
    KEY_HTML,
    KEY_JSON,
    KEY_CSV,
    KEY_NAME,
    KEY_ORDER,
    KEY_GIVE_UP,
    KEY_APPLY,
    KEY_OTHER,
    KEY_WITHOUT,
    KEY_RING,
    KEY_STOPPED,
    KEY_PORT_FILE,
};

// What an option is for, as bits; 0: for all verbs.
enum {
    FOR_VIZ = 1,
    FOR_REPORT = 2,
    FOR_CLASS = 4,
    FOR_INIT = 8,
    FOR_RUN = 16,
    FOR_SOLUTION = 32,
    FOR_MUTANTS = 64,
    FOR_STAGE = 128,
};

static const struct verb {
    const char *name;
    int (*run)(struct learn *l);
    int words;      // that may follow
    bool needs;     // the learner's folder
    unsigned takes; // FOR_…
} VERBS[] = {
    {"init", learn_verb_init, 1, false, FOR_INIT},
    {"next", learn_verb_next, 0, true, 0},
    {"run", learn_verb_run, 1, true, FOR_RUN},
    {"play", learn_verb_play, 1, true, 0},
    {"watch", learn_verb_watch, 1, true, 0},
    {"list", learn_verb_list, 0, true, 0},
    {"hint", learn_verb_hint, 1, true, 0},
    {"viz", learn_verb_viz, 1, true, FOR_VIZ},
    {"reset", learn_verb_reset, 1, true, 0},
    {"solution", learn_verb_solution, 1, true, FOR_SOLUTION},
    {"check-all", learn_verb_check_all, 0, true, 0},
    {"report", learn_verb_report, 0, true, FOR_REPORT},
    {"class", learn_verb_class, 1, false, FOR_CLASS},
    {"mutants", learn_verb_mutants, 1, false, FOR_MUTANTS},
    {"new", learn_verb_new, 1, false, 0},
    {"stage", learn_verb_stage, 2, false, FOR_STAGE | FOR_RUN},
};
enum { VERB_COUNT = sizeof(VERBS) / sizeof(VERBS[0]) };

static const struct argp_option OPTIONS[] = {
    {"folder", KEY_FOLDER, "DIR", 0,
     "Your folder of exercises; else the one around you, or the last used", 1},
    {"course", KEY_COURSE, "DIR", 0,
     "Take the exercises from there, instead of Fishbowl's own", 1},
    {"order", KEY_ORDER, "ORDER", 0,
     "run, stage: only in this order, as a verdict named it: fifo, lifo, "
     "seed:17, seed:17/2 (the second world)",
     2},
    {"html", KEY_HTML, "FILE", 0,
     "viz: write a page that replays the run in any browser, for handing in",
     2},
    {"give-up", KEY_GIVE_UP, NULL, 0,
     "solution: show it before a pass; that is noted", 2},
    {"apply", KEY_APPLY, NULL, 0,
     "solution: put it into your file; the old one is kept beside it", 2},
    {"other", KEY_OTHER, "NAME", 0, "solution: another right way", 2},
    {"name", KEY_NAME, "NAME", 0, "init, report: your name in the report", 2},
    {"json", KEY_JSON, NULL, 0, "report: as JSON, for the teacher", 2},
    {"without", KEY_WITHOUT, "CLAIM", 0,
     "mutants: leave this claim out of the net, such as T8", 2},
    {"csv", KEY_CSV, NULL, 0, "class: the table for a spreadsheet", 2},
    {"ring", KEY_RING, "FILE", 0,
     "stage: write the trace there and keep it at the end", 2},
    {"stopped", KEY_STOPPED, NULL, 0,
     "stage: stand still before the first poll until a viewer says run", 2},
    {"port-file", KEY_PORT_FILE, "FILE", 0,
     "stage: write 0 there once the trace can be opened", 2},
    {"plain", KEY_PLAIN, NULL, 0,
     "No picture and no cursor movement: text alone, line by line", 3},
    {"ascii", KEY_ASCII, NULL, 0, "ASCII characters only", 3},
    {"no-color", KEY_NO_COLOR, NULL, 0, "No colours (also: NO_COLOR)", 3},
    {0},
};

static const char DOC[] =
    "Exercises on the runtime: predict, write, repair; judged by their "
    "traces.\v"
    "Without a verb it says what to do next. The verbs:\n\n"
    "  init DIR         make a folder of your own; again: bring what is new\n"
    "  watch [NAME]     judge each time you save; keys for all of the below\n"
    "  run [NAME]       judge once\n"
    "  play [NAME]      be asked for one decision after another (03)\n"
    "  next             the next exercise: its text, its file\n"
    "  list             all of them, and how far you are\n"
    "  hint [NAME]      a question, then a pointer, then nearly the answer\n"
    "  viz [NAME]       the visualiser at the moment that failed\n"
    "  solution [NAME]  after a pass, or with --give-up\n"
    "  reset [NAME]     begin anew; the old file is kept\n"
    "  check-all        judge all that you have begun\n"
    "  report           what you have done; --json for the teacher\n"
    "  class DIR        for teachers: a folder of reports as one table\n"
    "  mutants NAME     for teachers: its wrong solutions, and what catches "
    "each\n"
    "  new NAME         for teachers: a new exercise, to be filled in\n"
    "  stage NAME [VARIANT]\n"
    "                   for teachers: run it once, to be watched: as it is "
    "handed\n"
    "                   out, or solution, alternatives/X, mutants/X\n\n"
    "NAME is a number or a name: 6, 06, yield. Without it the next one is "
    "meant. Nothing is ever uploaded.\n\n"
    "Examples:\n"
    "  fishbowl learn init ~/fish    then: cd ~/fish; ./learn\n"
    "  fishbowl learn watch          beside your editor\n"
    "  fishbowl learn viz 6 --html yield.html\n"
    "  fishbowl learn report --json >ada.json\n";

struct request {
    struct learn l;
    int words;
    unsigned given; // FOR_… of options that were given
    const char *given_name;
};

static void give(struct request *r, unsigned what, const char *name) {
    r->given |= what;
    r->given_name = name;
}

static bool parse_more(int key, char *arg, struct request *r) {
    struct learn_options *o = &r->l.options;

    switch (key) {
    case KEY_HTML:
        o->html = arg;
        give(r, FOR_VIZ, "--html");
        return true;
    case KEY_JSON:
        o->json = true;
        give(r, FOR_REPORT, "--json");
        return true;
    case KEY_CSV:
        o->csv = true;
        give(r, FOR_CLASS, "--csv");
        return true;
    case KEY_ORDER:
        o->order = arg;
        give(r, FOR_RUN, "--order");
        return true;
    case KEY_GIVE_UP:
        o->give_up = true;
        give(r, FOR_SOLUTION, "--give-up");
        return true;
    case KEY_APPLY:
        o->apply = true;
        give(r, FOR_SOLUTION, "--apply");
        return true;
    case KEY_WITHOUT:
        o->without = arg;
        give(r, FOR_MUTANTS, "--without");
        return true;
    case KEY_OTHER:
        o->other = arg;
        give(r, FOR_SOLUTION, "--other");
        return true;
    case KEY_RING:
        o->ring = arg;
        give(r, FOR_STAGE, "--ring");
        return true;
    case KEY_STOPPED:
        o->stopped = true;
        give(r, FOR_STAGE, "--stopped");
        return true;
    case KEY_PORT_FILE:
        o->port_file = arg;
        give(r, FOR_STAGE, "--port-file");
        return true;
    default: return false;
    }
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;
    struct learn_options *o = &r->l.options;

    switch (key) {
    case KEY_FOLDER: o->folder = arg; return 0;
    case KEY_COURSE: o->course = arg; return 0;
    case KEY_PLAIN: o->plain = true; return 0;
    case KEY_ASCII: o->ascii = true; return 0;
    case KEY_NO_COLOR: o->no_color = true; return 0;
    case KEY_NAME: o->learner = arg; return 0;
    case ARGP_KEY_ARG:
        if (r->words == 3) {
            argp_error(state, "too many words (see --help)");
        }
        o->words[r->words++] = arg;
        return 0;
    default: return parse_more(key, arg, r) ? 0 : ARGP_ERR_UNKNOWN;
    }
}

static const struct argp ARGP = {.options = OPTIONS,
                                 .parser = parse,
                                 .args_doc = "[VERB [NAME]]",
                                 .doc = DOC};

// A beginning of exactly one verb is probably meant.
static const struct verb *near_verb(const char *name) {
    const struct verb *found = NULL;

    for (int i = 0; i < VERB_COUNT; i++) {
        if (strncmp(VERBS[i].name, name, 1) == 0 &&
            (found == NULL || strncmp(VERBS[i].name, name, 2) == 0)) {
            found = &VERBS[i];
        }
    }
    return found;
}

static const struct verb *find_verb(const struct learn *l) {
    const char *name = l->options.words[0];
    const struct verb *near;
    char safe[64];

    for (int i = 0; i < VERB_COUNT; i++) {
        if (strcmp(VERBS[i].name, name) == 0) {
            return &VERBS[i];
        }
    }
    near = near_verb(name);
    fb_text_sanitise(name, strlen(name), safe, sizeof(safe));
    if (near != NULL) {
        learn_fail(l, "%s: there is no such verb (did you mean `%s %s`?)", safe,
                   l->me, near->name);
    } else {
        learn_fail(l, "%s: there is no such verb (`%s --help` lists them)",
                   safe, l->me);
    }
    return NULL;
}

// ---- what is at hand ----

static void look_around(struct learn *l) {
    const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
    const bool out = isatty(STDOUT_FILENO);
    const bool dumb = term == NULL || strcmp(term, "dumb") == 0;
    struct winsize size;

    setlocale(LC_CTYPE, "");
    l->options.ascii =
        l->options.ascii || strcmp(nl_langinfo(CODESET), "UTF-8") != 0;
    l->options.no_color =
        l->options.no_color || (no_color != NULL && no_color[0] != '\0');
    l->look = (struct page_look){.cols = 80,
                                 .ascii = l->options.ascii,
                                 .color = out && !dumb && !l->options.plain &&
                                          !l->options.no_color};
    if (out && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= 20) {
        l->look.cols = size.ws_col < 100 ? size.ws_col : 100;
    }
    l->screen = out && isatty(STDIN_FILENO) && !dumb && !l->options.plain;
}

// The launcher in the learner's folder and the script of a source tree say how
// they were called.
static void find_out_name(struct learn *l) {
    const char *launcher = getenv("FISHBOWL_LEARN_AS");
    const char *script = getenv("FISHBOWL_AS");
    const char *name = launcher != NULL ? launcher
                       : script != NULL ? script
                                        : "fishbowl";
    char safe[180];

    fb_text_sanitise(name, strlen(name), safe, sizeof(safe));
    snprintf(l->me, sizeof(l->me), "%s%s", safe, launcher ? "" : " learn");
}

static int run_verb(struct request *r, const struct verb *verb) {
    struct learn *l = &r->l;
    char why[COURSE_WHY];
    int err;

    if (course_open(l->options.course, &l->course, why, sizeof(why)) < 0) {
        return learn_fail(l, "%s", why);
    }
    if (verb == NULL) {
        return learn_verb_none(l);
    }
    if (verb->needs) {
        err = place_find(l->options.folder, &l->place, why, sizeof(why));
        if (err < 0) {
            return learn_fail(l, "%s", why);
        }
        place_remember(&l->place);
    }
    return verb->run(l);
}

int learn_main(int argc, char **argv) {
    static struct request r;
    const struct verb *verb = NULL;
    int status;

    argp_program_version = "fishbowl " FB_VERSION;
    argp_err_exit_status = 2;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &r) != 0) {
        return 2;
    }
    look_around(&r.l);
    find_out_name(&r.l);
    if (r.words > 0) {
        verb = find_verb(&r.l);
        if (verb == NULL) {
            return 2;
        }
        if (r.words - 1 > verb->words) {
            learn_fail(&r.l, "%s: it takes %s (see --help)", verb->name,
                       verb->words == 0 ? "no name" : "one name");
            return 2;
        }
    }
    if ((r.given & ~(verb != NULL ? verb->takes : 0u)) != 0) {
        learn_fail(&r.l, "%s: not for %s (see --help)", r.given_name,
                   verb != NULL ? verb->name : "this");
        return 2;
    }
    status = run_verb(&r, verb);
    course_close(r.l.course);
    return status;
}
