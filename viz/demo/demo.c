// `fishbowl demo`: its options, and which play is meant.
#include "demo.h"
#include "beside.h"
#include "fishbowl/trace/text.h"
#include "stage.h"
#include "theme.h"
#include <argp.h>
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#ifndef FB_DEMOS_FROM_BIN
#define FB_DEMOS_FROM_BIN "../share/fishbowl/demos"
#endif

enum key {
    KEY_PLAIN = 0x100,
    KEY_STORY,
    KEY_LIST,
    KEY_ASCII,
    KEY_NO_COLOR,
    KEY_THEME,
    KEY_HANDLER,
    KEY_ORDER,
    KEY_PORT,
    KEY_CHOOSE,
    KEY_RING,
    KEY_MARKS,
};

static const struct argp_option OPTIONS[] = {
    {"plain", KEY_PLAIN, NULL, 0,
     "Play without a screen and print the story (automatic when stdin or "
     "stdout is no terminal)",
     1},
    {"story", KEY_STORY, "brief|full", 0,
     "Without a screen: the telling events (default), or every event", 1},
    {"list", KEY_LIST, NULL, 0, "List the plays that come with Fishbowl", 1},
    {"handler", KEY_HANDLER, "NAME", 0,
     "Which handler greets: inline, named or states", 2},
    {"order", KEY_ORDER, "ORDER", 0,
     "In which order woken tasks run: fifo, lifo or seed:N", 2},
    {"choose", KEY_CHOOSE, "POLL:TASK", 0,
     "Before poll number POLL take TASK, whoever is next by the order "
     "(`fishbowl whatif` plays both ways)",
     2},
    {"ring", KEY_RING, "FILE", 0,
     "Write the program's trace there and keep it at the end", 2},
    {"marks", KEY_MARKS, "FILE", 0,
     "When the play is over, write the events that it has named (`mark`) "
     "there, "
     "a line each: NAME, a tab, the number",
     2},
    {"port", KEY_PORT, "N", 0,
     "The port to greet on: 6142 unless it is taken; 0 picks a free one", 2},
    {"ascii", KEY_ASCII, NULL, 0, "Draw with ASCII characters", 3},
    {"theme", KEY_THEME, "NAME", 0,
     "How it looks: default, dark, light, contrast, safe or mono (F2 turns to "
     "the next)",
     3},
    {"no-color", KEY_NO_COLOR, NULL, 0,
     "Draw without colour (also: NO_COLOR in the environment)", 3},
    {0},
};

struct request {
    struct fb_demo_options options;
    bool list;
    const char *play, *handler, *order, *choose;
    char path[768]; // of a play that comes with Fishbowl
};

// ---- where the plays are ---------------------------------------------------

// A word without '/' and '.' names a play that comes with Fishbowl.
static int find_play(struct request *r) {
    const char *name = r->play ? r->play : "default";
    char file[256];
    int err;

    if (strpbrk(name, "/.") || strlen(name) > 200) {
        r->options.script = name;
        return 0;
    }
    snprintf(file, sizeof(file), "%s.demo", name);
    err = fb_beside_path(FB_DEMOS_FROM_BIN "/", file, r->path, sizeof(r->path));
    if (!err && access(r->path, R_OK) < 0) {
        err = -errno;
    }
    r->options.script = r->path;
    return err;
}

// How a play can be used: one that asks is an exercise for a class, too.
static const char *use_of(const struct fb_script *s) {
    for (size_t i = 0; i < s->count; i++) {
        if (s->steps[i].verb == FB_SCRIPT_ASK) {
            return "exercise";
        }
    }
    return "demo";
}

// A class thinks as long as it likes, and a scene sleeps in real time.
static bool takes_more(const struct fb_script *s) {
    return fb_script_has_own_program(s) || strcmp(use_of(s), "exercise") == 0;
}

// The first `say` of a play is what it is about.
static const struct fb_script_step *about(const struct fb_script *s) {
    for (size_t i = 0; i < s->count; i++) {
        if (s->steps[i].verb == FB_SCRIPT_SAY) {
            return &s->steps[i];
        }
    }
    return NULL;
}

static void print_play(const char *dir, const char *file) {
    char path[1200], why[256], length[16];
    char safe[200] = "", name[64];
    const struct fb_script_step *says;
    struct fb_script s;

    snprintf(path, sizeof(path), "%s%s", dir, file);
    fb_text_sanitise(file, strlen(file) - strlen(".demo"), name, sizeof(name));
    if (fb_script_read(&s, path, why, sizeof(why)) < 0) {
        printf("  %-9s (%s)\n", name, why);
        return;
    }
    says = about(&s);
    if (says) {
        fb_text_sanitise(says->text, says->text_len, safe, sizeof(safe));
    }
    snprintf(length, sizeof(length), "%u s%s",
             (unsigned)((fb_player_length_ns(&s) + 500000000) / 1000000000),
             takes_more(&s) ? "+" : " ");
    printf("  %-9s %6s  %-8s  %s\n", name, length, use_of(&s), safe);
    fb_script_deinit(&s);
}

static int is_play(const struct dirent *entry) {
    size_t len = strlen(entry->d_name);

    return len > 5 && entry->d_name[0] != '.' &&
           strcmp(entry->d_name + len - 5, ".demo") == 0;
}

static int list_plays(void) {
    struct dirent **entries = NULL;
    char dir[768];
    int n = fb_beside_path(FB_DEMOS_FROM_BIN "/", "", dir, sizeof(dir));

    if (n == 0) {
        n = scandir(dir, &entries, is_play, alphasort);
        n = n < 0 ? -errno : n;
    }
    if (n < 0) {
        fprintf(stderr,
                "fishbowl: demo: %s: %s (is Fishbowl installed in "
                "whole?)\n",
                dir, strerror(-n));
        return 1;
    }
    printf("  PLAY      LENGTH  USE       WHAT IT SHOWS\n");
    for (int i = 0; i < n; i++) {
        print_play(dir, entries[i]->d_name);
        free(entries[i]);
    }
    free(entries);
    return fflush(stdout) == 0 ? 0 : 1;
}

// ---- options ---------------------------------------------------------------

static bool is_handler(const char *arg) {
    return strcmp(arg, "inline") == 0 || strcmp(arg, "named") == 0 ||
           strcmp(arg, "states") == 0;
}

static bool is_order(const char *arg) {
    return strcmp(arg, "fifo") == 0 || strcmp(arg, "lifo") == 0 ||
           (strncmp(arg, "seed:", 5) == 0 && arg[5] != '\0' &&
            strspn(arg + 5, "0123456789") == strlen(arg + 5));
}

static bool is_choice(const char *arg) {
    static const char digits[] = "0123456789";
    const size_t poll = strspn(arg, digits);
    const size_t task = arg[poll] == ':' ? strspn(arg + poll + 1, digits) : 0;

    return poll > 0 && task > 0 && arg[poll + 1 + task] == '\0';
}

static bool is_port(const char *arg) {
    const size_t digits = strspn(arg, "0123456789");

    return digits > 0 && digits <= 5 && arg[digits] == '\0' &&
           strtoul(arg, NULL, 10) <= UINT16_MAX;
}

static error_t parse_one(int key, char *arg, struct argp_state *state) {
    struct request *r = state->input;
    enum fb_theme theme;

    switch (key) {
    case KEY_PLAIN: r->options.plain = true; return 0;
    case KEY_LIST: r->list = true; return 0;
    case KEY_ASCII: r->options.ascii = true; return 0;
    case KEY_NO_COLOR: r->options.no_color = true; return 0;
    case KEY_THEME:
        if (fb_theme_parse(&theme, arg)) {
            argp_error(state, "--theme: default, dark, light, contrast, safe "
                              "or mono");
        }
        r->options.theme = arg;
        return 0;
    case KEY_STORY:
        r->options.full_story = strcmp(arg, "full") == 0;
        if (!r->options.full_story && strcmp(arg, "brief") != 0) {
            argp_error(state, "--story: brief or full");
        }
        return 0;
    case KEY_HANDLER:
        if (!is_handler(arg)) {
            argp_error(state, "--handler: inline, named or states");
        }
        r->handler = arg;
        return 0;
    case KEY_ORDER:
        if (!is_order(arg)) {
            argp_error(state, "--order: fifo, lifo or seed:N");
        }
        r->order = arg;
        return 0;
    case KEY_CHOOSE:
        if (!is_choice(arg)) {
            argp_error(state, "--choose: POLL:TASK, such as 12:5");
        }
        r->choose = arg;
        return 0;
    case KEY_RING: r->options.ring = arg; return 0;
    case KEY_MARKS: r->options.marks = arg; return 0;
    case KEY_PORT:
        if (!is_port(arg)) {
            argp_error(state, "--port: a number from 0 to 65535");
        }
        r->options.port = (uint16_t)strtoul(arg, NULL, 10);
        return 0;
    case ARGP_KEY_ARG:
        if (r->play) {
            argp_error(state, "one script at a time");
        }
        r->play = arg;
        return 0;
    default: return ARGP_ERR_UNKNOWN;
    }
}

static const struct argp ARGP = {
    .options = OPTIONS,
    .parser = parse_one,
    .args_doc = "[SCRIPT]",
    .doc = "Play a script with a greeter, clients and the visualiser in this "
           "terminal. SCRIPT is a play that comes with Fishbowl (--list) or a "
           "file; without one, three silent clients do not block a fourth.\v"
           "Examples:\n"
           "  fishbowl demo\n"
           "  fishbowl demo hangup\n"
           "  fishbowl demo ./my-lesson.demo\n"
           "  fishbowl demo --plain --story full | less\n",
};

static void gather_server_args(struct request *r) {
    const char **args = r->options.server_args;

    // A grace of two seconds is for real clients; a class waits for the
    // prompt.
    *args++ = "--grace";
    *args++ = "300ms";
    r->options.greeter_options = r->handler || r->order || r->choose;
    if (r->handler) {
        *args++ = "--handler";
        *args++ = r->handler;
    }
    if (r->order) {
        *args++ = "--order";
        *args++ = r->order;
    }
    if (r->choose) {
        *args++ = "--choose";
        *args++ = r->choose;
    }
    if (r->options.ring) {
        *args++ = "--ring";
        *args++ = r->options.ring;
    }
}

int fb_demo_main(int argc, char **argv) {
    struct request r = {.options.port = FB_SERVER_PORT};
    char safe[300];
    int err;

    argp_err_exit_status = 2;
    if (argp_parse(&ARGP, argc, argv, 0, NULL, &r) != 0) {
        return 2;
    }
    if (r.list) {
        return list_plays();
    }
    r.options.name = r.play;
    gather_server_args(&r);
    err = find_play(&r);
    if (err) {
        fb_text_sanitise(r.options.script, strlen(r.options.script), safe,
                         sizeof(safe));
        fprintf(stderr,
                "fishbowl: demo: %s: %s (`fishbowl demo --list` names "
                "the plays; a file is ./FILE)\n",
                safe, strerror(-err));
        return 2;
    }
    if (r.options.plain || !isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO)) {
        return fb_demo_headless(&r.options);
    }
    r.options.in_class = true;
    return fb_demo_live(&r.options);
}
