// Fuzz entry: anything a person and a program may do at once. Keys, clicks,
// time, sizes of the screen, honest and hostile events in any order: the app
// draws whole frames of clean cells, keeps its selection and comes back to the
// same world.
//
// Input: pairs of bytes, an act and what with. Every byte is a key in its turn,
// so keys that are added later are tried too.
#include "fuzz.h"

#include "app.h"
#include "fishbowl/trace/text.h"
#include "random_events.h"
#include "scene.h"
#include "session.h"

#include <ftw.h>
#include <string.h>

enum { ACTS_MAX = 400, LARGEST_COLS = 200, LARGEST_ROWS = 70 };

struct play {
    struct scene trace;
    struct fb_session *session;
    struct fb_app *app;
    struct fb_grid grid;
    uint64_t now_ns, random;
    int fd;
    bool ended; // the program has closed its trace
};

static char home[] = "/tmp/fishbowl-keys-XXXXXX";

static int remove_one(const char *path, const struct stat *st, int what,
                      struct FTW *walk) {
    (void)st, (void)what, (void)walk;
    return remove(path);
}

static void remove_home(void) {
    (void)nftw(home, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc, (void)argv;
    // what is kept for the next time must not be the user's
    FUZZ_REQUIRE(mkdtemp(home) != NULL);
    FUZZ_REQUIRE(setenv("XDG_STATE_HOME", home, 1) == 0);
    FUZZ_REQUIRE(setenv("XDG_CONFIG_HOME", home, 1) == 0);
    FUZZ_REQUIRE(setenv("HOME", home, 1) == 0);
    FUZZ_REQUIRE(atexit(remove_home) == 0);
    return 0;
}

static void open_play(struct play *p, bool several) {
    char why[FB_SESSION_WHY_BYTES];
    struct fb_app_options options = {0};

    if (several) {
        scene_open_workers(&p->trace, 1024, 3);
    } else {
        scene_open(&p->trace, 1024);
    }
    scene_listen(&p->trace);
    p->fd = 7;
    (void)scene_connect(&p->trace, p->fd++, "Ada");
    FUZZ_REQUIRE(fb_session_open(&p->session, p->trace.path, false, why,
                                 sizeof why) == 0);
    options.session = p->session;
    FUZZ_REQUIRE(fb_app_create(&p->app, &options) == 0);
    FUZZ_REQUIRE(fb_grid_init(&p->grid, 80, 24) == 0);
    p->now_ns = 1000000000;
    p->random = 88172645463325252u;
}

static void close_play(struct play *p) {
    fb_app_destroy(p->app);
    fb_session_close(p->session);
    fb_grid_deinit(&p->grid);
    scene_close(&p->trace);
}

// No cell holds what a terminal would obey.
static void check_cells(const struct fb_grid *g) {
    for (int row = 0; row < g->rows; row++) {
        for (int col = 0; col < g->cols; col++) {
            const struct fb_cell *cell = fb_grid_at(g, row, col);

            FUZZ_REQUIRE(cell->style < FB_STYLES);
            FUZZ_REQUIRE(cell->scalar == 0 ||
                         (cell->scalar >= 0x20 && cell->scalar < 0x7f) ||
                         cell->scalar >= 0xa0);
            FUZZ_REQUIRE(cell->scalar < 0x202a || cell->scalar > 0x202e);
        }
    }
}

static const struct fb_scene *look(struct play *p) {
    fb_app_draw(p->app, &p->grid);
    check_cells(&p->grid);
    return fb_app_scene(p->app);
}

static uint32_t key_of(uint8_t with) {
    return with < 128 ? with : (uint32_t)FB_KEY_UP + (with - 128u) % 24;
}

// Something happens in the program that is watched.
static void happen(struct play *p, uint8_t with) {
    struct scene *t = &p->trace;

    if (p->ended) {
        return;
    }
    if (with == 255) {
        scene_end(t);
        p->ended = true;
    } else if (with >= 192) {
        scene_idle(t, (with - 192u) * 30u); // a ring may wrap: a gap
    } else if (with >= 128) {
        p->random ^= with;
        for (int i = 0; i < 8; i++) {
            scene_put(t, random_event(&p->random));
        }
    } else if (with >= 64) {
        scene_talk(t, 1u + with % 8u, 6 + with % 8, with % 5);
    } else {
        (void)scene_connect(t, p->fd++, with % 4 ? "Grace" : "\x1b[2J\xff");
    }
}

static void type_number(struct play *p, uint64_t number) {
    char digits[24];

    fb_app_key(p->app, 'g');
    (void)snprintf(digits, sizeof digits, "%llu", (unsigned long long)number);
    for (const char *c = digits; *c; c++) {
        fb_app_key(p->app, (uint32_t)*c);
    }
    fb_app_key(p->app, FB_KEY_ENTER);
}

static void leave_whatever_is_open(struct play *p) {
    for (int i = 0; i < 8; i++) {
        fb_app_key(p->app, FB_KEY_ESC);
    }
}

// Another event and back: the same world as before.
static void check_return(struct play *p) {
    const struct fb_scene *s;
    uint64_t at, first, polls, wakes;
    uint32_t live, queue;

    leave_whatever_is_open(p);
    s = look(p);
    at = s->at, first = fb_history_first(s->history);
    type_number(p, at);
    s = look(p);
    if (fb_app_done(p->app) || s->mode == FB_MODE_LIVE || s->at != at) {
        return; // nowhere to go, or a key means something else now
    }
    polls = s->model->polls, wakes = s->model->wakes;
    live = s->model->live_tasks, queue = s->model->queue_len;
    type_number(p, first + (at - first) / 2);
    (void)look(p);
    type_number(p, at);
    s = look(p);
    FUZZ_REQUIRE(s->at == at && s->model->event <= at);
    FUZZ_REQUIRE(s->model->polls == polls && s->model->wakes == wakes);
    FUZZ_REQUIRE(s->model->live_tasks == live && s->model->queue_len == queue);
}

static void act(struct play *p, uint8_t what, uint8_t with) {
    const struct fb_scene *s = fb_app_scene(p->app);
    const uint32_t chosen = s->task;
    const bool follows = s->follow;

    switch (what % 16) {
    default: fb_app_key(p->app, key_of(with)); return;
    case 8: fb_app_click(p->app, with % 40 - 4, what / 16 * 10 - 4); return;
    case 9:
        FUZZ_REQUIRE(fb_grid_resize(&p->grid, with * LARGEST_COLS / 255,
                                    what / 16 * LARGEST_ROWS / 15) == 0);
        break;
    case 10:
    case 11:
    case 12: happen(p, with); break;
    case 13:
    case 14: p->now_ns += with * 10000000ull; break;
    case 15: check_return(p); return;
    }
    (void)fb_app_tick(p->app, p->now_ns);
    s = look(p);
    // what happens by itself takes no choice away
    FUZZ_REQUIRE(chosen == 0 || follows || s->follow || s->task == chosen);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    struct fuzz_input in = {data, size};
    struct play p = {0};

    open_play(&p, fuzz_byte(&in) % 4 == 0);
    (void)fb_app_tick(p.app, p.now_ns);
    for (int i = 0; i < ACTS_MAX && in.left > 0 && !fb_app_done(p.app); i++) {
        const uint8_t what = fuzz_byte(&in), with = fuzz_byte(&in);

        act(&p, what, with);
        (void)look(&p);
    }
    close_play(&p);
    return 0;
}
