// How a comparison is asked for, and shown.
#include "options.h"
#include "screen.h"
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum key {
    KEY_BY = 0x200,
    KEY_TYPES,
    KEY_POLLS,
    KEY_PORTS,
    KEY_FULL,
    KEY_CONTEXT,
    KEY_COLS,
    KEY_JSON,
    KEY_SCREEN,
    KEY_PLAIN,
    KEY_ASCII,
    KEY_NO_COLOR,
};

static const struct argp_option OPTIONS[] = {
    {NULL, 0, NULL, 0, "What is compared:", 3},
    {"by", KEY_BY, "tree|order|events", 0,
     "What each task did and how it ended (tree), who was polled and woken "
     "when (order), or every event",
     3},
    {"types", KEY_TYPES, NULL, 0, "tree: the names of futures too", 3},
    {"polls", KEY_POLLS, NULL, 0,
     "tree: how often each task was polled, up to 9", 3},
    {"ports", KEY_PORTS, NULL, 0, "Ports in labels as they are", 3},
    {NULL, 0, NULL, 0, "How it is shown (on a terminal: a picture):", 4},
    {"plain", KEY_PLAIN, NULL, 0, "Text, on a terminal too", 4},
    {"context", KEY_CONTEXT, "N", 0,
     "Text: N lines around each difference (default 3)", 4},
    {"full", KEY_FULL, NULL, 0, "Text: all lines, the equal ones too", 4},
    {"cols", KEY_COLS, "N", 0,
     "Text: its width (default: the terminal's, else 120)", 4},
    {"json", KEY_JSON, NULL, 0, "One JSON document", 4},
    {"screen", KEY_SCREEN, "COLSxROWS", 0, "The picture as text, e.g. 80x24",
     4},
    {"ascii", KEY_ASCII, NULL, 0, "ASCII characters only", 4},
    {"no-color", KEY_NO_COLOR, NULL, 0, "No colours (also: NO_COLOR)", 4},
    {0},
};

static unsigned read_number(const struct argp_state *state, const char *option,
                            const char *text, unsigned least, unsigned most) {
    char *end;
    const unsigned long value = strtoul(text, &end, 10);

    if (text[0] < '0' || text[0] > '9' || *end != '\0' || value < least ||
        value > most) {
        argp_error(state, "%s: a number from %u to %u", option, least, most);
    }
    return (unsigned)value;
}

static void read_grade(const struct argp_state *state, const char *text,
                       enum fb_transcript_grade *ret) {
    for (int i = 0; i < FB_TRANSCRIPT_GRADES; i++) {
        if (strcmp(text, fb_diff_grade_name((enum fb_transcript_grade)i)) ==
            0) {
            *ret = (enum fb_transcript_grade)i;
            return;
        }
    }
    argp_error(state, "--by: tree, order or events");
}

static void read_screen(const struct argp_state *state, const char *text,
                        struct fb_diff_request *r) {
    const char *x = strchr(text, 'x');
    char cols[8] = "";

    if (x != NULL && x > text && (size_t)(x - text) < sizeof(cols)) {
        memcpy(cols, text, (size_t)(x - text));
        r->cols = (int)read_number(state, "--screen COLS", cols, 1, 1000);
        r->rows = (int)read_number(state, "--screen ROWS", x + 1, 1, 1000);
    } else {
        argp_error(state, "--screen: COLSxROWS, as in --screen 80x24");
    }
}

static error_t parse(int key, char *arg, struct argp_state *state) {
    struct fb_diff_request *r = state->input;
    struct fb_diff_options *o = &r->options;

    switch (key) {
    case KEY_BY: read_grade(state, arg, &o->grade); return 0;
    case KEY_TYPES: o->flags |= FB_NORMAL_TYPES; return 0;
    case KEY_POLLS: o->flags |= FB_NORMAL_POLLS; return 0;
    case KEY_PORTS: o->flags |= FB_NORMAL_PORTS; return 0;
    case KEY_FULL: o->full = true; return 0;
    case KEY_CONTEXT:
        o->context = read_number(state, "--context", arg, 0, 10000);
        return 0;
    case KEY_COLS:
        o->cols = (int)read_number(state, "--cols", arg, 40, 1000);
        return 0;
    case KEY_JSON: r->json = true; return 0;
    case KEY_SCREEN: read_screen(state, arg, r); return 0;
    case KEY_PLAIN: r->plain = true; return 0;
    case KEY_ASCII: o->ascii = r->tui.ascii = true; return 0;
    case KEY_NO_COLOR: r->tui.no_color = true; return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

const struct argp fb__diff_argp = {.options = OPTIONS, .parser = parse};

static int default_cols(void) {
    struct winsize size = {0};

    if (isatty(STDOUT_FILENO) && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 &&
        size.ws_col >= 40) {
        return size.ws_col < 1000 ? size.ws_col : 1000;
    }
    return 120;
}

struct fb_diff_request fb__diff_request(enum fb_transcript_grade grade) {
    const char *no_color = getenv("NO_COLOR");

    return (struct fb_diff_request){
        .options = {.grade = grade, .context = 3, .cols = default_cols()},
        .tui.no_color = no_color != NULL && no_color[0] != '\0'};
}

static int show(struct fb_diff *d, const struct fb_diff_request *r) {
    if (r->json) {
        return fb_diff_print_json(d, stdout);
    }
    if (r->rows > 0) {
        return fb_diff_screen_print(d, r->cols, r->rows, r->tui.ascii, stdout);
    }
    if (r->plain || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        (void)signal(SIGPIPE, SIG_IGN); // `diff | head` ends by EPIPE, quietly
        return fb_diff_print(d, stdout);
    }
    return fb_diff_screen_run(d, &r->tui);
}

int fb__diff_show(struct fb_diff *d, const struct fb_diff_request *r) {
    const int err = show(d, r);

    if (err < 0 && err != -EPIPE && err != -EIO) {
        fprintf(stderr, "fishbowl: diff: %s\n", strerror(-err));
    }
    return err;
}
