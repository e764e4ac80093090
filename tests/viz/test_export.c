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

#include "chrome_check.h"
#include "export.h"
#include "random_events.h"
#include "scene.h"
#include <inttypes.h>
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

static void check_chrome(const char *text, struct chrome_seen *seen) {
    const char *wrong = chrome_check(text, seen);

    if (wrong != NULL) {
        fail_msg("%s", wrong);
    }
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
    struct chrome_seen c;
    char *text;

    (void)state;
    scene_open(&trace, 0);
    write_talk();
    text = export_with(fb_export_chrome, 0, 0);
    check_chrome(text, &c);
    assert_true(c.slices > 20);
    assert_true(c.states > 15);
    assert_true(c.arrows >= 5); // four spawns, two names
    assert_non_null(strstr(text, "\"name\":\"worker 0\""));
    assert_non_null(strstr(text, "\"name\":\"poll Ada\""));
    assert_non_null(strstr(text, "\"name\":\"waiting: fd 7 readable\""));
    assert_non_null(strstr(text, "\"name\":\"run queue\""));
    assert_non_null(strstr(text, "\"name\":\"connections\""));
    free(text);
    scene_close(&trace);
}

static void every_part_of_a_run_is_closed(void **state) {
    struct chrome_seen c;

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
    struct chrome_seen c;
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
    struct chrome_seen c;
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
    assert_int_equal(c.threads, 3);
    free(text);
    scene_close(&trace);
}

// Takes out the last record that has `text`.
static char *without(const char *document, const char *text) {
    const char *at = NULL, *from, *to;
    char *out = NULL;

    for (from = document; (from = strstr(from, text)) != NULL; from++) {
        at = from;
    }
    assert_non_null(at);
    from = at;
    while (from > document && from[-1] != '\n') {
        from--;
    }
    to = strchr(at, '\n');
    assert_non_null(to);
    to -= to[-1] == ','; // the one before has a comma, too
    assert_true(
        asprintf(&out, "%.*s%s", (int)(from - 2 - document), document, to) > 0);
    return out;
}

static char *with(const char *document, const char *text, const char *instead) {
    const char *at = strstr(document, text);
    char *out = NULL;

    assert_non_null(at);
    assert_true(asprintf(&out, "%.*s%s%s", (int)(at - document), document,
                         instead, at + strlen(text)) > 0);
    return out;
}

static void refuse(char *document, const char *words) {
    struct chrome_seen seen;
    const char *wrong = chrome_check(document, &seen);

    if (wrong == NULL || strstr(wrong, words) == NULL) {
        fail_msg("\"%s\" and not \"%s\"", wrong ? wrong : "fine", words);
    }
    free(document);
}

// The judge is judged: each fault that a viewer would stumble over is found.
static void the_checker_finds_what_is_wrong(void **state) {
    struct chrome_seen seen;
    char *text;

    (void)state;
    scene_open(&trace, 0);
    write_talk();
    text = export_with(fb_export_chrome, 0, 0);
    check_chrome(text, &seen);
    refuse(without(text, "\"name\":\"parked\""), "end without a beginning");
    refuse(without(text, "\"name\":\"executor\""), "in no slice");
    refuse(without(text, "\"ph\":\"E\""), "is open at the end");
    refuse(without(text, "\"ph\":\"e\""), "is open at the end");
    refuse(without(text, "\"ph\":\"b\""), "is not open");
    refuse(without(text, "\"ph\":\"s\""), "has not begun");
    refuse(without(text, "\"ph\":\"f\""), "never arrives");
    refuse(with(text, "\"bp\":\"e\"", "\"bp\":\"b\""), "end in a poll");
    refuse(with(text, "\"name\":\"wake\",\"id\":2}",
                "\"name\":\"wake\",\"id\":1}"),
           "begins twice");
    refuse(with(text, "\"name\":\"scheduled\"", "\"name\":\"running\""),
           "is not open");
    refuse(with(text, "{\"ph\":\"C\"", "{\"ph\":\"C\",\"ph\":\"C\""),
           "duplicate");
    refuse(with(text, "{\"count\":1", "{\"count\":-1"), "counts nothing");
    refuse(with(text, "\n]", ",\n]"), "line");
    free(text);
    scene_close(&trace);
}

// A census tells what lives; tasks that went meanwhile end there, the others go
// on, and the gap is marked.
static void a_gap_is_marked_and_nothing_stays_open(void **state) {
    const struct fb_export_options all = {0};
    char why[FB_SESSION_WHY_BYTES], *text = NULL;
    struct fb_export_options o = all;
    struct chrome_seen seen;
    struct fb_session *s;
    size_t len;

    (void)state;
    scene_open(&trace, 256);
    scene_listen(&trace);
    for (int i = 0; i < 3; i++) {
        scene_connect(&trace, 7 + i, "Ada");
    }
    assert_int_equal(fb_session_open(&s, trace.path, false, why, sizeof(why)),
                     0);
    scene_idle(&trace, 400); // more than the ring holds, unseen
    scene_census(&trace, 2, 7, "Ada");
    while (fb_session_pump(s) > 0) {
    }
    o.out = open_memstream(&text, &len);
    assert_int_equal(fb_export_chrome(s, &o), 0);
    assert_int_equal(fclose(o.out), 0);
    fb_session_close(s);
    check_chrome(text, &seen);
    assert_int_equal(seen.marks, 1);
    assert_non_null(strstr(text, " were lost\""));
    assert_int_equal(seen.lives, 4); // none is begun again
    assert_true(seen.connections == 1);
    free(text);
    scene_close(&trace);
}

static void a_trace_may_begin_with_a_census(void **state) {
    struct chrome_seen seen;
    char *text;

    (void)state;
    scene_open(&trace, 0);
    scene_census(&trace, 2, 7, "Ada");
    scene_talk(&trace, 2, 7, 3);
    text = export_with(fb_export_chrome, 0, 0);
    check_chrome(text, &seen);
    assert_int_equal(seen.lives, 2);
    assert_int_equal(seen.arrows, 1);
    free(text);
    scene_close(&trace);
}

// A task wakes itself in its poll, and is scheduled after it: the arrow sets out
// in that poll. What never arrives never sets out.
static void an_arrow_sets_out_where_the_waker_was(void **state) {
    struct chrome_seen seen;
    char *text;

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    scene_put(&trace,
              (struct fb_event){.kind = FB_EV_TASK_SCHEDULED, .subject = 1});
    text = export_with(fb_export_chrome, 0, 0);
    check_chrome(text, &seen);
    assert_int_equal(seen.arrows, 1); // its spawn; its last wake led nowhere
    free(text);
    scene_put(&trace,
              (struct fb_event){.kind = FB_EV_POLL_BEGIN, .subject = 1});
    scene_put(&trace, (struct fb_event){.kind = FB_EV_WAKE,
                                        .detail = FB_WAKE_DURING_POLL,
                                        .flags = FB_PARTY_TASK,
                                        .subject = 1,
                                        .wake.cause = 1});
    scene_put(&trace, (struct fb_event){.kind = FB_EV_POLL_END,
                                        .detail = FB_RESULT_PENDING,
                                        .subject = 1});
    scene_put(&trace,
              (struct fb_event){.kind = FB_EV_TASK_SCHEDULED, .subject = 1});
    scene_put(&trace,
              (struct fb_event){.kind = FB_EV_POLL_BEGIN, .subject = 1});
    text = export_with(fb_export_chrome, 0, 0);
    check_chrome(text, &seen);
    assert_int_equal(seen.arrows, 3);
    free(text);
    scene_close(&trace);
}

static void hostile_events_give_whole_documents(void **state) {
    const char *given = getenv("FB_SEED");

    (void)state;
    for (uint64_t round = 1; round <= 60; round++) {
        uint64_t seed = given ? strtoull(given, NULL, 10) : round * 7919;
        struct chrome_seen c;
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
    static const char *const names[] = {"=1+1", "+1", "-1", "@sum", "\uff1d1"};
    char *text;

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    for (int i = 0; i < 5; i++) {
        (void)scene_connect(&trace, 7 + i, names[i]);
    }
    text = export_with(fb_export_tasks, 0, 0);
    for (int i = 0; i < 5; i++) {
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
        cmocka_unit_test(the_checker_finds_what_is_wrong),
        cmocka_unit_test(a_gap_is_marked_and_nothing_stays_open),
        cmocka_unit_test(a_trace_may_begin_with_a_census),
        cmocka_unit_test(an_arrow_sets_out_where_the_waker_was),
        cmocka_unit_test(hostile_events_give_whole_documents),
        cmocka_unit_test(tables_have_a_row_for_each),
        cmocka_unit_test(no_name_runs_in_a_spreadsheet),
    };

    return cmocka_run_group_tests_name("viz/export", tests, NULL, NULL);
}
