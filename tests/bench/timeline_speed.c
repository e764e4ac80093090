// Problem: a person pulls a long run under the lens, back and forth; each
// picture of it must come at once, whatever part of the run it shows.
// Idea: ten million events, as a server of many tasks writes them, in a history
// of their own; then the view's and the scrubber's own drawing, at every zoom.
// Output: a line for each zoom, in milliseconds of processor time; and what the
// index of the timeline takes beside the events.
#include "view.h"
#include <stdlib.h>
#include <time.h>

enum { COLS = 160, ROWS = 50, DRAWS = 10 };

static double now_ms(void) {
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static void push(struct fb_history *h, uint64_t *now_ns,
                 enum fb_event_kind kind, uint32_t task) {
    struct fb_event e = {
        .time_ns = *now_ns, .kind = (uint8_t)kind, .subject = task};

    *now_ns += 70;
    if (kind == FB_EV_FUTURE_ENTER || kind == FB_EV_FUTURE_EXIT) {
        e.enter.task = task;
    } else if (kind == FB_EV_WAKE) {
        e.flags = FB_PARTY_SOURCE;
    }
    if (fb_history_push(h, fb_history_last(h) + 1, &e) < 0) {
        fprintf(stderr, "timeline_speed: out of memory\n");
        exit(1);
    }
}

// Tasks that come to stay, and are woken one after the other.
static void fill(struct fb_history *h, uint32_t tasks, uint64_t events) {
    static const enum fb_event_kind poll[] = {FB_EV_UNPARK,
                                              FB_EV_SOURCE_READY,
                                              FB_EV_WAKER_DROP,
                                              FB_EV_WAKE,
                                              FB_EV_TASK_SCHEDULED,
                                              FB_EV_POLL_BEGIN,
                                              FB_EV_FUTURE_ENTER,
                                              FB_EV_IO,
                                              FB_EV_SOURCE_CLEAR,
                                              FB_EV_WAKER_CLONE,
                                              FB_EV_FUTURE_EXIT,
                                              FB_EV_POLL_END,
                                              FB_EV_PARK};
    uint64_t now_ns = 1;

    for (uint32_t i = 1; i <= tasks; i++) {
        push(h, &now_ns, FB_EV_TASK_SPAWN, i);
    }
    for (uint32_t i = 0; fb_history_last(h) < events; i++) {
        for (size_t k = 0; k < sizeof(poll) / sizeof(poll[0]); k++) {
            const bool parks = poll[k] == FB_EV_PARK || poll[k] == FB_EV_UNPARK;

            push(h, &now_ns, poll[k], parks ? 0 : 1 + i % tasks);
        }
    }
}

static void place(void *arg, uint32_t index, const char **ret_name,
                  const char **ret_file, uint32_t *ret_line,
                  uint32_t *ret_size) {
    (void)arg, (void)index;
    *ret_name = *ret_file = "?";
    *ret_line = *ret_size = 0;
}

static void draw_timeline(const struct fb_scene *s, struct fb_grid *g) {
    struct fb_pane pane = {.area = {-1, 0, ROWS + 1, COLS}};

    fb_view_timeline.draw(s, &pane, g, fb_grid_area(g));
}

static void draw_scrubber(const struct fb_scene *s, struct fb_grid *g) {
    fb_scrubber_draw(s, g, fb_grid_area(g));
}

static void measure(void (*draw)(const struct fb_scene *, struct fb_grid *),
                    const struct fb_scene *s, struct fb_grid *g,
                    const char *what) {
    const double from = now_ms();

    for (int i = 0; i < DRAWS; i++) {
        draw(s, g);
    }
    printf("%-24s %8.2f ms\n", what, (now_ms() - from) / DRAWS);
}

static void measure_all(struct fb_scene *s, struct fb_grid *g) {
    const uint64_t span = s->model->time_ns > 1000 ? s->model->time_ns : 1000;
    char step[64];

    for (uint64_t n = 1; n <= 1000; n *= 10) {
        s->lens = (struct fb_lens){.step = n};
        fb_say_step(step, sizeof(step), FB_SCALE_EVENTS, n);
        measure(draw_timeline, s, g, step);
    }
    for (uint64_t ns = 100; ns / 10 * COLS < span; ns *= 10) {
        s->lens = (struct fb_lens){.step = ns, .scale = FB_SCALE_TIME};
        fb_say_step(step, sizeof(step), FB_SCALE_TIME, ns);
        measure(draw_timeline, s, g, step);
    }
    measure(draw_scrubber, s, g, "scrubber");
}

int main(int argc, char **argv) {
    static const struct fb_names names = {.place = place};
    static struct fb_scene scene;
    const uint64_t events = argc > 1 ? strtoull(argv[1], NULL, 10) : 10000000;
    const uint32_t tasks =
        argc > 2 ? (uint32_t)strtoul(argv[2], NULL, 10) : 10000;
    struct fb_history *h;
    struct fb_grid g;

    if (tasks == 0 || fb_history_create(&h, 0) < 0 ||
        fb_grid_init(&g, COLS, ROWS) < 0) {
        fprintf(stderr, "usage: timeline_speed [EVENTS [TASKS]]\n");
        return 2;
    }
    fill(h, tasks, events);
    scene.history = h;
    scene.model = fb_history_live(h);
    scene.names = &names;
    scene.at = scene.newest = fb_history_last(h);
    scene.task = tasks / 2 + 1;
    scene.mode = FB_MODE_FROZEN;
    measure_all(&scene, &g);
    printf("%-24s %8.1f %% of %.1f MB of events\n", "index",
           100.0 * (double)fb_timeline_bytes(h) /
               (double)(fb_history_count(h) * sizeof(struct fb_event)),
           (double)fb_history_count(h) * sizeof(struct fb_event) / 1e6);
    fb_grid_deinit(&g);
    fb_history_destroy(h);
    return 0;
}
