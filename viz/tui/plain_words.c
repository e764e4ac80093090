// The commands of `watch --plain`, in one table: what they are called, what may
// follow, what they do. Most do what a key of the app does.
#include "app_state.h"
#include "fishbowl/trace/text.h"
#include "plain.h"
#include "print.h"
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS_MAX = 10000 };

struct command {
    const char *names; // separated by blanks
    const char *what;  // "[N]": what may follow
    const char *help;
    void (*run)(struct fb_plain *p, const struct command *c, const char *rest);
    char key; // of the app
};

static void run_key(struct fb_plain *p, const struct command *c,
                    const char *rest) {
    (void)rest;
    fb_app_key(p->app, (uint32_t)c->key);
}

// So many steps; one after the other, as each may take its time.
static void run_step(struct fb_plain *p, const struct command *c,
                     const char *rest) {
    unsigned long many = rest[0] ? strtoul(rest, NULL, 10) : 1;

    p->unit = c->key;
    p->left = (uint32_t)(many > STEPS_MAX ? STEPS_MAX : many);
    // in what is past they are over at once
    while (p->left > 1 && p->app->mode == FB_MODE_FROZEN) {
        p->left--;
        fb_app_key(p->app, (uint32_t)c->key);
    }
}

static void run_stop(struct fb_plain *p, const struct command *c,
                     const char *rest) {
    (void)c, (void)rest;
    if (p->app->mode == FB_MODE_STOPPED) {
        fprintf(p->out, "* It stands already; run lets it go.\n");
    } else {
        (void)fb_app_stop(p->app);
    }
}

static void run_run(struct fb_plain *p, const struct command *c,
                    const char *rest) {
    (void)c, (void)rest;
    if (p->app->mode == FB_MODE_STOPPED) {
        (void)fb_app_run(p->app);
    } else if (p->app->mode == FB_MODE_FROZEN && p->app->alive) {
        fb__app_resume(p->app);
    } else {
        fprintf(p->out, "* Nothing stands that could run.\n");
    }
}

// What the app asks at its prompt is answered here at once.
static void answer(struct fb_plain *p, enum fb__question question,
                   const char *rest) {
    struct fb_app *app = p->app;

    fb__app_ask(app, question, rest);
    fb__app_type(app, FB_KEY_ENTER);
    if (app->asking) {
        fprintf(p->out, "* %s\n", app->wrong);
        fb__app_type(app, FB_KEY_ESC);
    }
}

static void run_at(struct fb_plain *p, const struct command *c,
                   const char *rest) {
    (void)c;
    answer(p, FB__ASK_GO, rest);
}

static void run_break(struct fb_plain *p, const struct command *c,
                      const char *rest) {
    (void)c;
    if (rest[0]) {
        answer(p, FB__ASK_BREAK, rest);
        return;
    }
    fprintf(p->out, "* %zu breakpoint%s%s\n", p->app->breaks.count,
            p->app->breaks.count == 1 ? "" : "s",
            p->app->breaks.count > 0 ? ":" : ".");
    for (size_t i = 0; i < p->app->breaks.count; i++) {
        char words[200];

        fb_break_say(words, sizeof(words), &p->app->breaks.list[i]);
        fprintf(p->out, "  %s\n", words);
    }
}

static void run_mark(struct fb_plain *p, const struct command *c,
                     const char *rest) {
    (void)c;
    answer(p, FB__ASK_MARK, rest);
}

static void run_marks(struct fb_plain *p, const struct command *c,
                      const char *rest) {
    (void)c, (void)rest;
    fprintf(p->out, "* %zu bookmark%s%s\n", p->app->marks.count,
            p->app->marks.count == 1 ? "" : "s",
            p->app->marks.count > 0 ? ":" : ".");
    for (size_t i = 0; i < p->app->marks.count; i++) {
        fprintf(p->out, "  event %" PRIu64 " %s\n", p->app->marks.list[i].event,
                p->app->marks.list[i].name);
    }
}

static void run_find(struct fb_plain *p, const struct command *c,
                     const char *rest) {
    fb_app_focus(p->app, FB_PANE_STORY);
    if (rest[0]) {
        snprintf(p->app->scene.search, sizeof(p->app->scene.search), "%s",
                 rest);
        p->app->searched = 0;
    }
    fb__app_search(p->app, c->key == '[' ? -1 : 1);
}

// A page of `print`, of the world that the story stands at.
static void page(struct fb_plain *p,
                 int (*print)(struct fb_session *s,
                              const struct fb_print_options *options),
                 uint32_t task) {
    struct fb_app *app = p->app;
    struct fb_print_options options = {.at = app->scene.at,
                                       .task = task,
                                       .ascii = app->config.ascii,
                                       .query = &app->scene.query,
                                       .out = p->out,
                                       .bare = true};
    int err = print(app->session, &options);

    app->stale = true;
    if (err == -ESRCH) {
        fprintf(p->out, "* There is no task %" PRIu32 " at this event.\n",
                task);
    } else if (err) {
        fprintf(p->out, "* It cannot be printed: %s.\n", strerror(-err));
    }
}

static void run_tasks(struct fb_plain *p, const struct command *c,
                      const char *rest) {
    struct fb_query before = p->app->scene.query;
    char why[FB_FILTER_WHY];

    (void)c;
    if (fb_filter_parse(&p->app->scene.query.filter, rest, why, sizeof(why))) {
        fprintf(p->out, "* %s\n", why);
        return;
    }
    page(p, fb_print_tasks, 0);
    p->app->scene.query = before;
}

static void run_sort(struct fb_plain *p, const struct command *c,
                     const char *rest) {
    const bool reverse = rest[0] == '-';
    enum fb_task_order order;

    (void)c;
    if (fb_order_parse(&order, rest + reverse)) {
        fprintf(p->out, "* id, state, label, polls, busy, wake or age; -polls: "
                        "the other way round\n");
        return;
    }
    p->app->scene.query.order = (uint8_t)order;
    p->app->scene.query.reverse = reverse;
    page(p, fb_print_tasks, 0);
}

static void run_tree(struct fb_plain *p, const struct command *c,
                     const char *rest) {
    const uint32_t task = (uint32_t)strtoul(rest, NULL, 10);

    (void)c;
    page(p, fb_print_tree, task ? task : p->app->scene.task);
}

static void run_reactor(struct fb_plain *p, const struct command *c,
                        const char *rest) {
    (void)c, (void)rest;
    page(p, fb_print_reactor, 0);
}

static void run_task(struct fb_plain *p, const struct command *c,
                     const char *rest) {
    const uint32_t task = (uint32_t)strtoul(rest, NULL, 10);
    char words[400];

    (void)c;
    if (task && !fb_model_task(p->app->scene.model, task)) {
        fprintf(p->out, "* There is no task %" PRIu32 " at this event.\n",
                task);
        return;
    }
    if (task) {
        fb_app_select(p->app, task);
    }
    fb_view_task(&p->app->scene, p->app->scene.task, words, sizeof(words));
    fprintf(p->out, "* Task %s is chosen.\n", words);
}

static void run_story(struct fb_plain *p, const struct command *c,
                      const char *rest) {
    const long many = rest[0] ? strtol(rest, NULL, 10) : 10;
    const uint64_t at = p->app->scene.at;

    (void)c;
    if (at > 0 && many > 0) {
        fb__plain_sentences(
            p,
            fb__plain_before(fb_session_history(p->app->session), at,
                             many > FB_PLAIN_LIVE ? FB_PLAIN_LIVE
                                                  : (int)many - 1),
            at);
    }
}

static void run_where(struct fb_plain *p, const struct command *c,
                      const char *rest) {
    const struct fb_scene *s = &p->app->scene;
    char time[32], end[FB_LOG_BYTES];

    (void)c, (void)rest;
    fb_say_time(time, sizeof(time), s->start_ns, s->model->time_ns);
    fprintf(p->out,
            "* %s, pid %" PRIu32 "%s%s: event %" PRIu64 " of %" PRIu64
            ", %s s, %" PRIu32 " tasks, %" PRIu32 " in the run queue.\n",
            s->program, s->pid, s->address[0] ? ", " : "", s->address, s->at,
            s->newest, time, s->model->live_tasks, s->model->queue_len);
    if (s->lost > 0) {
        fprintf(p->out, "* %" PRIu64 " events were lost.\n", s->lost);
    }
    fb_session_say_end(p->app->session, end, sizeof(end));
    if (end[0]) {
        fprintf(p->out, "* T%s.\n", end + 1);
    }
    p->mode = (enum fb_mode) - 1; // to be said
}

static void run_help(struct fb_plain *p, const struct command *c,
                     const char *rest);

static const struct command commands[] = {
    {"n next", "[N]", "one event on, or N", run_step, 'n'},
    {"p poll", "[N]", "on to the end of the next poll", run_step, 'p'},
    {"w wake", "[N]", "on to the next wake", run_step, 'w'},
    {"r turn", "[N]", "on to the end of the reactor's next turn", run_step,
     'r'},
    {"t change", "[N]", "on to the next event of the chosen task", run_step,
     't'},
    {"N back", "[N]", "one event back", run_step, 'N'},
    {"P", "[N]", "back to the end of a poll", run_step, 'P'},
    {"W", "[N]", "back to a wake", run_step, 'W'},
    {"R", "[N]", "back to the end of a turn", run_step, 'R'},
    {"T", "[N]", "back to an event of the chosen task", run_step, 'T'},
    {"s stop", "", "stop the program", run_stop, 0},
    {"run", "", "let it run on, or follow it again", run_run, 0},
    {"freeze", "", "stay here while the program runs on", run_key, ' '},
    {"at", "1234|+50|-50|1.5s|start|end", "go there", run_at, 0},
    {"break", "WAKE|task 5|named.c:42|lint",
     "break there; again: no more; alone: list them", run_break, 0},
    {"u until", "", "on to the next breakpoint", run_key, 'u'},
    {"U", "", "back to the breakpoint before", run_key, 'U'},
    {"mark", "[NAME]", "a bookmark here", run_mark, 0},
    {"marks", "", "list them", run_marks, 0},
    {".", "", "the next bookmark", run_key, '.'},
    {",", "", "the previous bookmark", run_key, ','},
    {"find", "[WORDS]", "the next event whose sentence has them", run_find,
     ']'},
    {"rfind", "[WORDS]", "the one before", run_find, '['},
    {"tasks", "[FILTER]", "the tasks: all, idle, label:Ada, await:read …",
     run_tasks, 0},
    {"sort", "id|state|label|polls|busy|wake|age", "the order of the tasks",
     run_sort, 0},
    {"task", "[N]", "choose a task", run_task, 0},
    {"tree", "[N]", "the futures of the chosen task, or of task N", run_tree,
     0},
    {"reactor", "", "descriptors and timers", run_reactor, 0},
    {"story", "[N]", "the last sentences again", run_story, 0},
    {"where", "", "where the story stands", run_where, 0},
    {"slower", "", "slow motion", run_key, '<'},
    {"faster", "", "and faster", run_key, '>'},
    {"help ?", "", "this list", run_help, 0},
    {"q quit", "", "quit; the program runs on", run_key, 'q'},
};
enum { COMMANDS = sizeof(commands) / sizeof(commands[0]) };

static void run_help(struct fb_plain *p, const struct command *c,
                     const char *rest) {
    (void)c, (void)rest;
    for (size_t i = 0; i < COMMANDS; i++) {
        fprintf(p->out, "%s%s%s: %s\n", commands[i].names,
                commands[i].what[0] ? " " : "", commands[i].what,
                commands[i].help);
    }
}

static bool is_called(const char *names, const char *word, size_t len) {
    while (*names) {
        const size_t n = strcspn(names, " ");

        if (n == len && strncmp(names, word, len) == 0) {
            return true;
        }
        names += n;
        names += strspn(names, " ");
    }
    return false;
}

void fb_plain_line(struct fb_plain *p, const char *line) {
    char safe[64];
    const char *rest;
    size_t len;

    line += strspn(line, " \t");
    len = strcspn(line, " \t\r\n");
    if (len == 0) {
        return;
    }
    rest = line + len + strspn(line + len, " \t");
    p->left = 0; // a new word ends what the last one was at
    p->status[0] = p->app->scene.status[0] = '\0';
    fb__app_refresh(p->app);
    for (size_t i = 0; i < COMMANDS; i++) {
        if (is_called(commands[i].names, line, len)) {
            commands[i].run(p, &commands[i], rest);
            return;
        }
    }
    fb_text_sanitise(line, len, safe, sizeof(safe));
    fprintf(p->out, "* There is no \"%s\"; help lists what there is.\n", safe);
}
