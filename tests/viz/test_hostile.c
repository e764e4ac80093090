// Damaged traces through all that a person can look at: no page and no frame
// crashes, hangs, or lets anything reach a terminal but clean text.
//
// A real trace is damaged at random, event by event. Each round prints its
// seed; given as FB_SEED it is repeated.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/text.h"
#include "frame.h"
#include "print.h"
#include "scene.h"
#include "session.h"
#include "story_log.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum { ROUNDS = 300 };

static uint64_t state;

static uint64_t next(void) { // xorshift64*. Source: Vigna (2016)
    state ^= state >> 12;
    state ^= state << 25;
    state ^= state >> 27;
    return state * 0x2545f4914f6cdd1dull;
}

static uint64_t nasty(void) {
    static const uint64_t values[] = {
        0,          1,          255,         0x7fff,     0x8000,
        0xffff,     0x7fffffff, 0x80000000,  0xffffffff, 0x100000000,
        UINT64_MAX, INT64_MAX,  1ull << 63u, 2,          3};

    return values[next() % (sizeof values / sizeof *values)];
}

// A kind of event that is known, with anything in its fields.
static void make_up(struct fb_event *e) {
    e->kind = (uint8_t)(next() % (FB_EV_KINDS + 2));
    e->detail = (uint8_t)(next() % 5);
    e->subject = (uint32_t)(next() % 6);
    for (size_t word = 0; word < 4; word++) {
        const uint32_t value = (uint32_t)(next() % 2 ? nasty() : next() % 6);

        memcpy((char *)e + 16 + word * sizeof value, &value, sizeof value);
    }
}

static void damage(struct fb_event *events, size_t count) {
    struct fb_event *e = &events[next() % count];
    const uint64_t value = nasty();
    const uint32_t small = (uint32_t)(next() % 40);

    switch (next() % 9) {
    case 0: ((uint8_t *)e)[next() % sizeof *e] = (uint8_t)next(); break;
    case 1: memcpy((char *)e + 16 + next() % 4 * 4, &value, 4); break;
    case 2: memcpy((char *)e + next() % 4 * 8, &value, 8); break;
    case 3: memcpy((char *)e + 16 + next() % 4 * 4, &small, 4); break;
    case 4: *e = events[next() % count]; break;
    case 5:
    case 7: make_up(e); break;
    case 6: e->detail = (uint8_t)(next() % 12); break;
    default: e->subject = small; break;
    }
}

// Beside the events: the head, names and texts of the header.
static void damage_file(char *file, size_t bytes) {
    struct fb_trace_header *h = (struct fb_trace_header *)(void *)file;
    char *ring = file + h->rings_offset;

    for (int i = 0; i < 40; i++) {
        file[h->strings_offset + next() % 400] = (char)next();
        file[h->table_offset + next() % 200] = (char)next();
        h->program[next() % sizeof h->program] = (char)next();
        h->address[next() % sizeof h->address] = (char)next();
    }
    if (next() % 2) {
        const uint64_t head = nasty();

        memcpy(ring, &head, sizeof head);
    }
    h->start_time_ns = nasty();
    assert_true(h->file_bytes == bytes);
}

static void assert_clean(const char *text, size_t len) {
    for (size_t at = 0; at < len;) {
        uint32_t scalar = 0;
        const size_t n = fb_text_decode(text + at, len - at, &scalar);

        if (n == 0 || (scalar < 0x20 && scalar != '\n') ||
            (scalar >= 0x7f && scalar < 0xa0) ||
            (scalar >= 0x202a && scalar <= 0x202e)) {
            fail_msg("not clean at %zu: %.60s", at,
                     text + (at > 30 ? at - 30 : 0));
        }
        at += n;
    }
}

static void look_at_all(struct fb_session *s, uint64_t at) {
    static int (*const pages[])(struct fb_session *,
                                const struct fb_print_options *) = {
        fb_print_story, fb_print_events,  fb_print_tasks,
        fb_print_tree,  fb_print_reactor, fb_print_wakers,
        fb_print_waits, fb_print_stats,   fb_print_json};
    static const int sizes[][2] = {{1, 1},   {20, 5},   {40, 10},
                                   {80, 24}, {132, 43}, {300, 80}};
    const size_t all = sizeof pages / sizeof *pages;

    for (size_t i = 0; i < all + sizeof sizes / sizeof *sizes; i++) {
        struct fb_print_options options = {.at = at, .ascii = next() % 2};
        char *text = NULL;
        size_t len = 0;

        options.out = open_memstream(&text, &len);
        assert_non_null(options.out);
        if (i < all) {
            assert_true(pages[i](s, &options) >= 0); // 1: bad news
        } else {
            assert_int_equal(fb_frame_print(s, sizes[i - all][0],
                                            sizes[i - all][1], at,
                                            options.ascii, options.out),
                             0);
        }
        assert_int_equal(fclose(options.out), 0);
        assert_clean(text, len);
        free(text);
    }
}

// Each pane alone, with any task selected.
static void look_at_panes(struct fb_session *s, uint64_t at) {
    static const int sizes[][2] = {{40, 10}, {61, 16}, {140, 50}};
    struct fb_story_log *log = calloc(1, sizeof *log);
    struct fb_scene *scene = calloc(1, sizeof *scene);
    struct fb_frame frame;
    struct fb_grid g;

    assert_non_null(log);
    assert_non_null(scene);
    assert_int_equal(fb_story_log_init(log), 0);
    assert_int_equal(fb_grid_init(&g, 1, 1), 0);
    assert_int_equal(fb_scene_load(scene, s, log, at), 0);
    fb_frame_init(&frame, NULL);
    frame.zoom = true;
    for (int i = 0; i < 3 * FB_PANES; i++) {
        const int *size = sizes[i % 3];
        char *text = NULL;
        size_t len = 0;
        FILE *out = open_memstream(&text, &len);

        frame.focus = (enum fb_pane_id)(i / 3);
        scene->task = (uint32_t)(next() % 7);
        assert_non_null(out);
        assert_int_equal(fb_grid_resize(&g, size[0], size[1]), 0);
        if (fb_frame_has(&frame, frame.focus)) {
            frame.panes[frame.focus].scroll = (int)(next() % 40);
            fb_frame_draw(&frame, scene, &g);
            fb_grid_print(&g, out);
        }
        assert_int_equal(fclose(out), 0);
        assert_clean(text, len);
        free(text);
    }
    fb_grid_deinit(&g);
    fb_story_log_deinit(log);
    free(log);
    free(scene);
}

static void look_at_file(const char *file, size_t bytes) {
    const int fd = memfd_create("hostile", MFD_CLOEXEC);
    char path[64], why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;
    uint64_t first, last;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, file, bytes), bytes);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    if (fb_session_open(&s, path, false, why, sizeof why) < 0) {
        assert_clean(why, strlen(why));
    } else {
        first = fb_history_first(fb_session_history(s));
        last = fb_history_last(fb_session_history(s));
        look_at_all(s, last ? first + next() % (last - first + 1) : 0);
        look_at_panes(s, last ? first + next() % (last - first + 1) : 0);
        fb_session_close(s);
    }
    close(fd);
}

static void damaged_traces_harm_no_page_and_no_frame(void **unused) {
    const char *given = getenv("FB_SEED");
    struct scene scene;
    uint64_t count;
    size_t bytes;
    char *file;

    (void)unused;
    scene_open(&scene, 256);
    scene_listen(&scene);
    for (int i = 0; i < 3; i++) {
        scene_connect(&scene, 7 + i, "Ada 127.0.0.1:50001");
    }
    scene_talk(&scene, 3, 8, 4);
    scene_census(&scene, 2, 7, "Ada 127.0.0.1:50001");
    bytes = scene.w.map_bytes;
    count = scene.w.head;
    file = malloc(bytes);
    assert_non_null(file);
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        const uint64_t seed = given ? strtoull(given, NULL, 0) : round;
        struct fb_event *events;

        print_message("FB_SEED=%" PRIu64 "\n", seed);
        state = seed * 0x9e3779b97f4a7c15ull | 1;
        memcpy(file, scene.w.header, bytes);
        events = (struct fb_event *)(void *)(file + ((char *)scene.w.events -
                                                     (char *)scene.w.header));
        for (uint64_t n = 1 + next() % (seed % 3 ? 20 : 200); n > 0; n--) {
            damage(events, count);
        }
        if (seed % 4 == 0) {
            damage_file(file, bytes);
        }
        look_at_file(file, bytes);
    }
    free(file);
    scene_close(&scene);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(damaged_traces_harm_no_page_and_no_frame),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
