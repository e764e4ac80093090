// What is exported is what others' tools demand: strict JSON in which slices
// nest, everything is closed, and every arrow has both ends; tables whose cells
// hold what they should and run nothing.
//
// Honest traces and hostile ones (random events; the seed is printed) alike.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "export.h"
#include "random_events.h"
#include "scene.h"
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

static struct scene trace;

typedef int export_fn(struct fb_session *s,
                      const struct fb_export_options *options);

// The trace as text, to be freed.
static char *export_with(export_fn *fn, uint64_t from, uint64_t to) {
    struct fb_export_options o = {.from = from, .to = to};
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;
    char *text = NULL;
    size_t len = 0;

    assert_int_equal(fb_session_open(&s, trace.path, false, why, sizeof(why)),
                     0);
    o.out = open_memstream(&text, &len);
    assert_non_null(o.out);
    assert_int_equal(fn(s, &o), 0);
    assert_int_equal(fclose(o.out), 0);
    fb_session_close(s);
    return text;
}

static int fb_export_tasks(struct fb_session *s,
                           const struct fb_export_options *options) {
    struct fb_export_options o = *options;

    o.tasks = true;
    return fb_export_csv(s, &o);
}

// ---- Chrome ----

// What is open while one reads along: threads have a stack of slices, tasks one
// of names.
struct stack {
    json_int_t key;
    int depth;
    const char *names[600];
    double last_us;
};

static struct stack *stack_of(struct stack *all, size_t *count,
                              json_int_t key) {
    for (size_t i = 0; i < *count; i++) {
        if (all[i].key == key) {
            return &all[i];
        }
    }
    assert_true(*count < 4096);
    all[*count] = (struct stack){.key = key};
    return &all[(*count)++];
}

struct check {
    struct stack *threads, *tasks;
    size_t thread_count, task_count;
    json_int_t arrows[8192];
    double set_out_us[8192];
    size_t arrow_count, arrived;
    size_t slices, states;
};

static const char *text_of(const json_t *e, const char *name) {
    const json_t *value = json_object_get(e, name);

    assert_true(json_is_string(value));
    return json_string_value(value);
}

static void check_slice(struct check *c, const json_t *e, char phase,
                        double us) {
    struct stack *s = stack_of(c->threads, &c->thread_count,
                               json_integer_value(json_object_get(e, "tid")));

    assert_true(us >= s->last_us);
    s->last_us = us;
    if (phase == 'B') {
        assert_true(s->depth < 600);
        s->names[s->depth++] = text_of(e, "name");
        c->slices++;
    } else {
        assert_true(s->depth > 0);
        s->depth--;
    }
}

static void check_task(struct check *c, const json_t *e, char phase) {
    const char *id = text_of(e, "id");
    struct stack *s;

    assert_memory_equal(id, "0x", 2);
    s = stack_of(c->tasks, &c->task_count, strtoll(id + 2, NULL, 16));
    assert_string_equal(text_of(e, "cat"), "task");
    if (phase == 'b') {
        assert_true(s->depth < 2); // its life, and one state in it
        s->names[s->depth++] = text_of(e, "name");
        c->states++;
    } else if (phase == 'e') {
        assert_true(s->depth > 0);
        assert_string_equal(s->names[--s->depth], text_of(e, "name"));
    }
}

static void check_arrow(struct check *c, const json_t *e, char phase,
                        double us) {
    const json_int_t id = json_integer_value(json_object_get(e, "id"));

    for (size_t i = 0; i < c->arrow_count; i++) {
        if (c->arrows[i] == id) {
            assert_int_equal(phase, 'f');
            assert_true(us >= c->set_out_us[i]);
            c->arrows[i] = -1;
            c->arrived++;
            return;
        }
    }
    assert_int_equal(phase, 's');
    assert_true(c->arrow_count < 8192);
    c->set_out_us[c->arrow_count] = us;
    c->arrows[c->arrow_count++] = id;
}

static void check_chrome(const char *text, struct check *c) {
    json_error_t error;
    json_t *doc = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    const json_t *events = json_object_get(doc, "traceEvents");
    const json_t *e;
    size_t i;

    if (doc == NULL) {
        fail_msg("line %d: %s", error.line, error.text);
    }
    *c = (struct check){.threads = calloc(4096, sizeof(struct stack)),
                        .tasks = calloc(4096, sizeof(struct stack))};
    json_array_foreach(events, i, e) {
        const char phase = text_of(e, "ph")[0];
        const double us = json_number_value(json_object_get(e, "ts"));

        assert_true(json_is_integer(json_object_get(e, "pid")));
        assert_true(us >= 0);
        switch (phase) {
        case 'B':
        case 'E': check_slice(c, e, phase, us); break;
        case 'b':
        case 'n':
        case 'e': check_task(c, e, phase); break;
        case 's':
        case 'f': check_arrow(c, e, phase, us); break;
        case 'C':
        case 'M': assert_true(strlen(text_of(e, "name")) > 0); break;
        default: fail_msg("phase %c", phase);
        }
    }
    for (i = 0; i < c->thread_count; i++) {
        assert_int_equal(c->threads[i].depth, 0);
    }
    for (i = 0; i < c->task_count; i++) {
        assert_int_equal(c->tasks[i].depth, 0);
    }
    assert_int_equal(c->arrow_count, c->arrived);
    free(c->threads);
    free(c->tasks);
    json_decref(doc);
}

static void write_talk(void) {
    scene_listen(&trace);
    for (int i = 0; i < 4; i++) {
        const uint32_t task =
            scene_connect(&trace, 7 + i, i == 2 ? "\"\\\xff\x1b[2J" : "Ada");

        if (i % 2) {
            scene_talk(&trace, task, 7 + i, 3);
        }
    }
}

static void chrome_gets_slices_tasks_and_arrows(void **state) {
    struct check c;
    char *text;

    (void)state;
    scene_open(&trace, 0);
    write_talk();
    text = export_with(fb_export_chrome, 0, 0);
    check_chrome(text, &c);
    assert_true(c.slices > 20);
    assert_true(c.states > 15);
    assert_true(c.arrived >= 5); // four spawns, two names
    assert_non_null(strstr(text, "\"name\":\"worker 0\""));
    assert_non_null(strstr(text, "\"name\":\"poll Ada\""));
    assert_non_null(strstr(text, "\"name\":\"waiting: fd 7 readable\""));
    assert_non_null(strstr(text, "\"name\":\"run queue\""));
    assert_non_null(strstr(text, "\"name\":\"connections\""));
    free(text);
    scene_close(&trace);
}

static void every_part_of_a_run_is_closed(void **state) {
    struct check c;

    (void)state;
    scene_open(&trace, 0);
    write_talk();
    for (uint64_t from = 1; from < 160; from += 7) {
        for (uint64_t to = from; to < 170; to += 11) {
            char *text = export_with(fb_export_chrome, from, to);

            check_chrome(text, &c);
            free(text);
        }
    }
    scene_close(&trace);
}

static void a_trace_that_lost_its_beginning_is_closed_too(void **state) {
    struct check c;
    char *text;

    (void)state;
    scene_open(&trace, 256);
    write_talk();
    scene_idle(&trace, 200);
    scene_census(&trace, 2, 7, "Ada");
    write_talk();
    text = export_with(fb_export_chrome, 0, 0);
    check_chrome(text, &c);
    free(text);
    scene_close(&trace);
}

static void several_workers_have_a_track_each(void **state) {
    struct check c;
    char *text;

    (void)state;
    scene_open_workers(&trace, 0, 3);
    scene_listen(&trace);
    for (uint32_t i = 0; i < 6; i++) {
        trace.worker = i % 3;
        scene_talk(&trace, scene_connect(&trace, 7 + (int)i, "Ada"), 7 + (int)i,
                   3);
    }
    text = export_with(fb_export_chrome, 0, 0);
    check_chrome(text, &c);
    assert_int_equal(c.thread_count, 3);
    free(text);
    scene_close(&trace);
}

static void hostile_events_give_whole_documents(void **state) {
    const char *given = getenv("FB_SEED");

    (void)state;
    for (uint64_t round = 1; round <= 60; round++) {
        uint64_t seed = given ? strtoull(given, NULL, 10) : round * 7919;
        struct check c;
        char *text;

        print_message("FB_SEED=%" PRIu64 "\n", seed);
        scene_open(&trace, 0);
        scene_listen(&trace);
        for (int i = 0; i < 400; i++) {
            scene_put(&trace, random_event(&seed));
        }
        text = export_with(fb_export_chrome, 0, 0);
        check_chrome(text, &c);
        free(text);
        free(export_with(fb_export_csv, 0, 0));
        free(export_with(fb_export_tasks, 0, 0));
        scene_close(&trace);
    }
}

// ---- tables ----

// Counts the rows, and demands the same number of cells in each.
static size_t check_table(const char *text, size_t columns) {
    size_t rows = 0, cells = 1;
    bool quoted = false;

    for (const char *c = text; *c; c++) {
        if (*c == '"') {
            quoted = !quoted;
        } else if (!quoted && *c == ',') {
            cells++;
        } else if (!quoted && *c == '\r') {
            assert_int_equal(c[1], '\n');
            assert_int_equal(cells, columns);
            cells = 1;
            rows++;
            c++;
        } else {
            assert_true((unsigned char)*c >= 0x20);
        }
    }
    assert_false(quoted);
    return rows;
}

static void tables_have_a_row_for_each(void **state) {
    char *text;

    (void)state;
    scene_open(&trace, 0);
    write_talk();
    text = export_with(fb_export_csv, 0, 0);
    assert_int_equal(check_table(text, 7),
                     1 + trace.w.ring->head); // one ring: its head counts
    assert_non_null(strstr(text, "the executor parks"));
    free(text);
    text = export_with(fb_export_csv, 10, 19);
    assert_int_equal(check_table(text, 7), 11);
    free(text);
    text = export_with(fb_export_tasks, 0, 0);
    assert_int_equal(check_table(text, 12), 1 + 5);
    assert_non_null(strstr(text, "\"freed\",\"ok\""));
    assert_non_null(strstr(text, "\"\"\\")); // a quote in a name, doubled
    free(text);
    scene_close(&trace);
}

static void no_name_runs_in_a_spreadsheet(void **state) {
    static const char *const names[] = {"=1+1", "+1", "-1", "@sum"};
    char *text;

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    for (int i = 0; i < 4; i++) {
        (void)scene_connect(&trace, 7 + i, names[i]);
    }
    text = export_with(fb_export_tasks, 0, 0);
    for (int i = 0; i < 4; i++) {
        char cell[32];

        snprintf(cell, sizeof(cell), ",\"'%s\"", names[i]);
        assert_non_null(strstr(text, cell));
    }
    free(text);
    scene_close(&trace);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(chrome_gets_slices_tasks_and_arrows),
        cmocka_unit_test(every_part_of_a_run_is_closed),
        cmocka_unit_test(a_trace_that_lost_its_beginning_is_closed_too),
        cmocka_unit_test(several_workers_have_a_track_each),
        cmocka_unit_test(hostile_events_give_whole_documents),
        cmocka_unit_test(tables_have_a_row_for_each),
        cmocka_unit_test(no_name_runs_in_a_spreadsheet),
    };

    return cmocka_run_group_tests_name("viz/export", tests, NULL, NULL);
}
