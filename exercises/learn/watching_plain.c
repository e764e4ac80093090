// `watch` without a picture: a verdict after each save, keys as lines. Nothing
// moves the cursor, so it can be read aloud, or run in a terminal of an editor.
#include "learn.h"

#include "files.h"
#include "help.h"
#include "judging.h"
#include "list.h"
#include "predict.h"
#include "verdict.h"
#include "watching.h"
#include "work.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct plain {
    struct learn *l;
    struct files files;
    const struct course_exercise *exercise;
    bool lines; // standard input is there to give some
};

enum { LOOK_MS = 500 };

static uint64_t now_ns(void) {
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

// Judges and says so; goes on to the next one after a pass. Returns 0, or an
// exit status to end with.
static int judge(struct plain *v) {
    struct course_result r = {0};
    struct page p = {0};
    char why[1600];
    struct state s;
    int err, number = 0, status;

    err = judging_wait(v->l, v->exercise, &r, &number, why, sizeof(why));
    if (err == -ECANCELED) {
        learn_fail(v->l, "watch: the run was ended by you");
        return number == SIGINT ? 0 : 128 + number;
    }
    if (err < 0) {
        learn_fail(v->l, "%s", why);
        return 0; // the next save may mend it
    }
    if (!learn_state(v->l, &s)) {
        course_result_deinit(&r);
        return 1;
    }
    verdict_page(&p, v->l, v->exercise, &r, &s);
    page_gap(&p);
    if (r.passed && learn_next(v->l, &s, v->exercise) != NULL) {
        v->exercise = learn_next(v->l, &s, v->exercise);
        page_add(&p, FB_STYLE_DIM, "Waiting for you to save %s/%s.",
                 v->exercise->id, v->exercise->files[0]);
    }
    status = learn_say(v->l, &p, 0);
    state_deinit(&s);
    course_result_deinit(&r);
    return status;
}

static int say_list(const struct learn *l) {
    struct page p = {0};
    struct state s;

    if (!learn_state(l, &s)) {
        return 1;
    }
    list_table(&p, l, &s);
    state_deinit(&s);
    return learn_say(l, &p, 0);
}

static int obey(struct plain *v, const char *line, bool *ret_quit) {
    struct page p = {0};

    switch (line[0]) {
    case 'q': *ret_quit = true; return 0;
    case 'r': return judge(v);
    case 'l': return say_list(v->l);
    case 'h': (void)help_hint(v->l, v->exercise, &p); break;
    case 's': (void)help_solution(v->l, v->exercise, &p); break;
    case 't': verdict_task(&p, v->l, v->exercise); break;
    default:
        page_add(&p, FB_STYLE_DIM,
                 "Lines: r run again, h hint, t task, s solution, l list, "
                 "q quit.");
    }
    return learn_say(v->l, &p, 0);
}

static int read_line(struct plain *v, bool *ret_quit) {
    char line[256];
    const ssize_t n = read(STDIN_FILENO, line, sizeof(line) - 1);

    if (n <= 0) {
        v->lines = false; // the end of what was given is no reason to end
        return 0;
    }
    line[n] = '\0';
    return obey(v, line + strspn(line, " \t"), ret_quit);
}

static int wait_and_see(struct plain *v, bool *ret_quit) {
    struct pollfd fds[] = {
        {.fd = v->lines ? STDIN_FILENO : -1, .events = POLLIN},
        {.fd = v->files.notify_fd, .events = POLLIN}};
    const struct course_exercise *saved;
    int status = 0;

    if (poll(fds, 2, LOOK_MS) < 0) {
        return errno == EINTR ? 0 : 1;
    }
    if (fds[0].revents != 0) {
        status = read_line(v, ret_quit);
    }
    saved = files_saved(&v->files, now_ns(), v->exercise);
    if (status == 0 && saved != NULL) {
        v->exercise = saved;
        status = judge(v);
    }
    return status;
}

static int watch_plain(struct learn *l, const struct course_exercise *e) {
    struct plain v = {
        .l = l, .exercise = e, .lines = isatty(STDIN_FILENO) != 0};
    struct page p = {0};
    bool quit = false;
    int status;

    if (files_open(&v.files, l) < 0) {
        return learn_fail(l, "out of memory");
    }
    verdict_task(&p, l, e);
    page_gap(&p);
    page_add(&p, FB_STYLE_DIM,
             "It is judged each time you save. Ctrl-C ends this%s.",
             v.lines ? "; ? lists what else can be typed" : "");
    status = learn_say(l, &p, 0);
    while (status == 0 && !quit) {
        status = wait_and_see(&v, &quit);
    }
    files_close(&v.files);
    return status;
}

int learn_verb_watch(struct learn *l) {
    const struct course_exercise *e = learn_exercise(l);

    if (e == NULL) {
        return 1;
    }
    return l->screen ? watching_run(l, e) : watch_plain(l, e);
}
