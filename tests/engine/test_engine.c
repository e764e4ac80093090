// The page's engine, natively: what it makes of a trace that is whole, cut off,
// damaged or made to harm; each answer is strict JSON.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "engine.h"
#include "random_events.h"
#include "recording.h"
#include "tape.h"
#include <errno.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

// ---- record streams ----

struct stream {
    char *bytes;
    size_t len, room;
};

static int sink(void *arg, const void *bytes, size_t len) {
    struct stream *s = arg;

    if (s->len + len > s->room) {
        s->room = 2 * (s->len + len);
        s->bytes = realloc(s->bytes, s->room);
        assert_non_null(s->bytes);
    }
    memcpy(s->bytes + s->len, bytes, len);
    s->len += len;
    return 0;
}

static const char SOURCE[] = "int one;\n\tint \x1b[31mtwo;\nthree\n";

static struct fb_recording_writer *begin(struct stream *s) {
    const struct fb_recording_head head = {.pid = 42,
                                           .workers = 1,
                                           .start_realtime_ns = 5000000,
                                           .start_time_ns = 0,
                                           .program = "gree\x1bter",
                                           .address = ""};
    struct fb_recording_writer *w;

    assert_int_equal(fb_recording_stream(&w, sink, s, &head), 0);
    for (uint16_t i = 1; i <= 6; i++) {
        const char *name, *file;
        uint32_t line, size;

        tape_names.place(tape_names.arg, i, &name, &file, &line, &size);
        assert_int_equal(fb_recording_name(w, i, name, file, line, size), 0);
    }
    assert_int_equal(
        fb_recording_source(w, "named.c", SOURCE, sizeof(SOURCE) - 1), 0);
    return w;
}

// The greeter's tape; numbers `gap_first` to `gap_last` are left out.
static struct stream greeter(const struct tape *t, size_t gap_first,
                             size_t gap_last) {
    struct stream s = {0};
    struct fb_recording_writer *w = begin(&s);

    for (size_t i = 0; i < t->count; i++) {
        if (i + 1 < gap_first || i + 1 > gap_last) {
            assert_int_equal(fb_recording_events(w, i + 1, &t->events[i], 1),
                             0);
        }
    }
    assert_int_equal(fb_recording_finish(w, FB_RECORDING_CLOSED), 0);
    return s;
}

static struct fb_engine *open_in(const struct stream *s, size_t piece) {
    struct fb_engine *e;

    assert_int_equal(fb_engine_create(&e), 0);
    for (size_t at = 0; at < s->len; at += piece) {
        const size_t len = s->len - at < piece ? s->len - at : piece;

        assert_int_equal(fb_engine_take(e, s->bytes + at, len), 0);
    }
    assert_int_equal(fb_engine_end(e), 0);
    return e;
}

// ---- answers ----

static json_t *said(struct fb_engine *e, int status) {
    json_error_t error;
    size_t len;
    const char *text = fb_engine_answer(e, &len);
    json_t *value;

    if (status != 0) {
        fail_msg("%s", fb_engine_why(e));
    }
    value =
        json_loadb(text, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (value == NULL) {
        fail_msg("%s at %d in %.*s", error.text, error.position, (int)len,
                 text);
    }
    return value;
}

static json_int_t number(const json_t *o, const char *name) {
    const json_t *value = json_object_get(o, name);

    assert_true(json_is_integer(value));
    return json_integer_value(value);
}

static const char *text(const json_t *o, const char *name) {
    const json_t *value = json_object_get(o, name);

    assert_true(json_is_string(value));
    return json_string_value(value);
}

// All questions, one after the other; each answer is strict JSON.
static void ask_all(struct fb_engine *e, uint64_t event) {
    static const uint32_t ids[] = {1, 2, 2, 77};
    const struct fb_engine_query query = {
        .filter = "!id:3", .order = "busy", .count = 50};
    const struct fb_engine_window windows[] = {
        {.columns = 50, .lanes = 9},
        {.by_event = true, .columns = 7, .tasks = ids, .task_count = 4},
        {.from = 3, .to = 1000, .columns = 4000, .lanes = 2}};
    json_t *position = said(e, fb_engine_seek(e, event));
    const uint32_t task = (uint32_t)number(position, "task");

    json_decref(position);
    json_decref(said(e, fb_engine_facts(e)));
    json_decref(said(e, fb_engine_tasks(e, &query)));
    json_decref(said(e, fb_engine_task(e, task)));
    json_decref(said(e, fb_engine_tree(e, task)));
    json_decref(said(e, fb_engine_lanes(e, 20)));
    json_decref(said(e, fb_engine_source(e, task)));
    json_decref(said(e, fb_engine_actor(e)));
    json_decref(said(e, fb_engine_text(e, "named.c")));
    json_decref(said(e, fb_engine_story(e, event, 5)));
    json_decref(said(e, fb_engine_move(e, "task", -1, task, 0)));
    json_decref(said(e, fb_engine_find(e, "+1ms")));
    json_decref(said(e, fb_engine_lints(e)));
    json_decref(said(e, fb_engine_reactor(e)));
    json_decref(said(e, fb_engine_density(e, 300)));
    json_decref(said(e, fb_engine_column_of(e, event, 300)));
    json_decref(said(e, fb_engine_event_at(e, 200, 300)));
    for (size_t i = 0; i < sizeof(windows) / sizeof(windows[0]); i++) {
        json_decref(said(e, fb_engine_timeline(e, &windows[i])));
    }
}

// ---- a trace that is whole ----

static void facts_are_those_of_the_head_and_the_events(void **state) {
    struct tape t = {0};
    struct moments at;
    struct stream s;
    struct fb_engine *e;
    json_t *facts;

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, SIZE_MAX, 0);
    e = open_in(&s, s.len);
    facts = said(e, fb_engine_facts(e));
    assert_string_equal(text(facts, "program"), "gree\\x1bter");
    assert_int_equal(number(facts, "pid"), 42);
    assert_int_equal(number(facts, "first"), 1);
    assert_int_equal(number(facts, "last"), t.count);
    assert_int_equal(number(facts, "events"), t.count);
    assert_int_equal(number(facts, "startRealtimeMs"), 5);
    assert_int_equal(number(facts, "durationNs"),
                     t.events[t.count - 1].time_ns);
    assert_string_equal(text(facts, "end"), "closed");
    assert_true(json_is_true(json_object_get(facts, "exact")));
    assert_int_equal(json_array_size(json_object_get(facts, "missing")), 0);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(facts, "sources"), 0)),
        "named.c");
    json_decref(facts);
    fb_engine_destroy(e);
    free(s.bytes);
}

static void a_moment_is_the_world_after_its_event(void **state) {
    struct tape t = {0};
    struct moments at;
    struct stream s;
    struct fb_engine *e;
    json_t *o;

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, SIZE_MAX, 0);
    e = open_in(&s, s.len);
    o = said(e, fb_engine_position(e)); // as it was opened
    assert_int_equal(number(o, "event"), 1);
    json_decref(o);
    o = said(e, fb_engine_seek(e, at.greet_waits));
    assert_int_equal(number(o, "event"), at.greet_waits);
    assert_int_equal(number(o, "tasks"), 2);
    json_decref(o);
    o = said(e, fb_engine_task(e, 2));
    assert_string_equal(text(o, "state"), "idle");
    assert_string_equal(text(o, "waitsFor"), "fd 7 readable");
    assert_string_equal(text(o, "now"), "fd 7 readable");
    json_decref(o);
    o = said(e, fb_engine_tree(e, 2));
    assert_string_equal(text(o, "whoWakes"),
                        "the reactor, when fd 7 becomes readable");
    json_decref(o);
    o = said(e, fb_engine_seek(e, 0)); // before the first event
    assert_int_equal(number(o, "event"), 0);
    assert_int_equal(number(o, "tasks"), 0);
    json_decref(o);
    o = said(e, fb_engine_seek(e, at.greet_free)); // far on, then far back
    json_decref(o);
    o = said(e, fb_engine_task(e, 2));
    assert_string_equal(text(o, "state"), "freed");
    json_decref(o);
    o = said(e, fb_engine_seek(e, at.greet_waits));
    json_decref(o);
    o = said(e, fb_engine_move(e, "poll", 1, 0, 0));
    assert_int_equal(t.events[json_integer_value(o) - 1].kind, FB_EV_POLL_END);
    json_decref(o);
    fb_engine_destroy(e);
    free(s.bytes);
}

static void lines_are_safe_to_show(void **state) {
    struct tape t = {0};
    struct moments at;
    struct stream s;
    struct fb_engine *e;
    json_t *o, *lines;

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, SIZE_MAX, 0);
    e = open_in(&s, s.len);
    o = said(e, fb_engine_text(e, "named.c"));
    lines = json_object_get(o, "lines");
    assert_int_equal(json_array_size(lines), 3);
    assert_string_equal(json_string_value(json_array_get(lines, 1)),
                        "    int \\x1b[31mtwo;");
    json_decref(o);
    o = said(e, fb_engine_text(e, "other.c"));
    assert_true(json_is_null(json_object_get(o, "lines")));
    assert_non_null(strstr(text(o, "why"), "not in this trace"));
    json_decref(o);
    fb_engine_destroy(e);
    free(s.bytes);
}

// The planes lie where engine.js cuts them: polls of all columns of a lane are
// the task's polls.
static void planes_lie_where_they_are_cut(void **state) {
    const uint32_t ids[] = {1, 2};
    const struct fb_engine_window window = {
        .by_event = true, .columns = 10, .tasks = ids, .task_count = 2};
    struct tape t = {0};
    struct moments at;
    struct stream s;
    struct fb_engine *e;
    const char *blob;
    size_t len, columns, events = 0;
    uint32_t polls[2] = {0};
    json_t *o;

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, SIZE_MAX, 0);
    e = open_in(&s, s.len);
    o = said(e, fb_engine_timeline(e, &window));
    columns = (size_t)number(o, "columns");
    blob = fb_engine_blob(e, &len);
    assert_int_equal(len, columns * (36 + 2 * 18));
    for (size_t i = 0; i < columns; i++) {
        uint32_t n;

        memcpy(&n, blob + 16 * columns + 4 * i, sizeof(n));
        events += n;
        for (size_t lane = 0; lane < 2; lane++) {
            memcpy(&n,
                   blob + 36 * columns + 12 * 2 * columns +
                       4 * (lane * columns + i),
                   sizeof(n));
            polls[lane] += n;
        }
    }
    assert_int_equal(events, t.count);
    json_decref(o);
    o = said(e, fb_engine_seek(e, t.count));
    json_decref(o);
    for (uint32_t lane = 0; lane < 2; lane++) {
        o = said(e, fb_engine_task(e, ids[lane]));
        assert_int_equal(polls[lane], number(o, "polls"));
        json_decref(o);
    }
    fb_engine_destroy(e);
    free(s.bytes);
}

// ---- as it comes ----

static char *everything(struct fb_engine *e, uint64_t last) {
    const char *answer;
    size_t len;

    assert_int_equal(fb_engine_seek(e, last / 2), 0);
    assert_int_equal(fb_engine_story(e, 1, 1000), 0);
    answer = fb_engine_answer(e, &len);
    return strndup(answer, len);
}

static void pieces_of_any_length_give_the_same(void **state) {
    struct tape t = {0};
    struct moments at;
    struct stream s;

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, SIZE_MAX, 0);
    for (size_t piece = 1; piece <= 64; piece = piece * 2 + 1) {
        struct fb_engine *whole = open_in(&s, s.len);
        struct fb_engine *e = open_in(&s, piece);
        char *a = everything(whole, t.count), *b = everything(e, t.count);

        assert_string_equal(a, b);
        free(a);
        free(b);
        fb_engine_destroy(whole);
        fb_engine_destroy(e);
    }
    free(s.bytes);
}

static void a_cut_trace_is_good_up_to_there(void **state) {
    struct tape t = {0};
    struct moments at;
    struct stream s;
    const size_t record = 8 + 8 + sizeof(struct fb_event);

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, SIZE_MAX, 0);
    s.len -= 24 + record / 2; // END, and half of the last event
    for (int i = 0; i < 2; i++) {
        struct fb_engine *e = open_in(&s, 100);
        json_t *o = said(e, fb_engine_facts(e));

        assert_int_equal(number(o, "last"), t.count - 1);
        assert_string_equal(text(o, "end"), "cut");
        assert_non_null(strstr(
            json_string_value(json_array_get(json_object_get(o, "missing"), 0)),
            i == 0 ? "cut off" : "damaged"));
        json_decref(o);
        ask_all(e, t.count);
        fb_engine_destroy(e);
        // a record of a kind that is known, with too little in it
        s.len -= record - record / 2;
        assert_int_equal(sink(&s, "\4\0\0\0\1\0\0\0x", 9), 0);
    }
    free(s.bytes);
}

static void a_gap_is_told_where_it_was(void **state) {
    struct tape t = {0};
    struct moments at;
    struct stream s;
    struct fb_engine *e;
    json_t *o, *gap;

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, 10, 14);
    e = open_in(&s, 33);
    o = said(e, fb_engine_facts(e));
    assert_int_equal(number(o, "lost"), 5);
    assert_int_equal(number(o, "gapCount"), 1);
    json_decref(o);
    o = said(e, fb_engine_seek(e, 12)); // lost: the one before
    assert_int_equal(number(o, "event"), 9);
    assert_true(json_is_null(json_object_get(o, "lostBefore")));
    json_decref(o);
    o = said(e, fb_engine_seek(e, 15));
    gap = json_object_get(o, "lostBefore");
    assert_int_equal(number(gap, "first"), 10);
    assert_int_equal(number(gap, "last"), 14);
    assert_true(json_is_true(json_object_get(o, "uncertain")));
    json_decref(o);
    fb_engine_destroy(e);
    free(s.bytes);
}

static void a_gap_at_the_end_is_told(void **state) {
    static const struct fb_event event = {.kind = FB_EV_PARK};
    enum { GAP_BYTES = 8 + 16 }; // RECORDING.md: kind, length, two numbers
    struct stream s = {0};
    struct fb_recording_writer *w = begin(&s);
    struct fb_engine *e;
    json_t *o;
    size_t before;

    (void)state;
    assert_int_equal(fb_recording_events(w, 1, &event, 1), 0);
    before = s.len;
    assert_int_equal(fb_recording_events(w, 7, &event, 1), 0);
    fb_recording_abandon(w);
    s.len = before + GAP_BYTES; // what came behind it was cut off
    e = open_in(&s, 33);
    o = said(e, fb_engine_facts(e));
    assert_int_equal(number(o, "last"), 1);
    assert_int_equal(number(o, "lost"), 5);
    assert_int_equal(number(o, "gapCount"), 1);
    assert_string_equal(
        json_string_value(json_array_get(json_object_get(o, "missing"), 0)),
        "events 2 to 6 were lost");
    json_decref(o);
    fb_engine_destroy(e);
    free(s.bytes);
}

// ---- what is refused ----

static void refuses(const struct stream *s, int err, const char *word) {
    struct fb_engine *e;
    int got;

    assert_int_equal(fb_engine_create(&e), 0);
    got = fb_engine_take(e, s->bytes, s->len);
    got = got == 0 ? fb_engine_end(e) : got;
    assert_int_equal(got, err);
    assert_non_null(strstr(fb_engine_why(e), word));
    fb_engine_destroy(e);
}

static void what_is_no_trace_is_refused(void **state) {
    struct stream s = {0};
    struct fb_recording_writer *w;
    const struct fb_event event = {.kind = FB_EV_PARK};

    (void)state;
    refuses(&s, -ENODATA, "no trace");
    assert_int_equal(sink(&s, "<!doctype html><p>not a trace</p>", 33), 0);
    refuses(&s, -EINVAL, "does not begin");
    s.len = 0;
    assert_int_equal(sink(&s, "\3\0\0\0\2\0\0\0a", 10), 0); // SOURCE first
    refuses(&s, -EINVAL, "does not begin");
    s.len = 0;
    w = begin(&s);
    assert_int_equal(fb_recording_events(w, UINT64_C(1) << 53, &event, 1), 0);
    fb_recording_abandon(w);
    refuses(&s, -EOVERFLOW, "2^53");
    free(s.bytes);
}

static void words_that_mean_nothing_are_refused(void **state) {
    const struct fb_engine_query bad[] = {{.filter = "nope:1", .order = ""},
                                          {.filter = "", .order = "beauty"}};
    struct tape t = {0};
    struct moments at;
    struct stream s;
    struct fb_engine *e;

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, SIZE_MAX, 0);
    e = open_in(&s, s.len);
    assert_int_equal(fb_engine_tasks(e, &bad[0]), -EINVAL);
    assert_int_equal(fb_engine_tasks(e, &bad[1]), -EINVAL);
    assert_non_null(strstr(fb_engine_why(e), "order"));
    assert_int_equal(fb_engine_find(e, "soon"), -EINVAL);
    assert_int_equal(fb_engine_move(e, "year", 1, 0, 0), -EINVAL);
    fb_engine_destroy(e);
    free(s.bytes);
}

// ---- what is made to harm ----

static void random_events_get_strict_answers(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 60; seed++) {
        uint64_t random = seed;
        struct stream s = {0};
        struct fb_recording_writer *w = begin(&s);
        struct fb_engine *e;

        print_message("seed %u\n", (unsigned)seed);
        for (uint64_t n = 1; n <= 400; n++) {
            const struct fb_event event = random_event(&random);

            n += random_next(&random) % 50 == 0 ? 7 : 0;
            assert_int_equal(fb_recording_events(w, n, &event, 1), 0);
        }
        assert_int_equal(fb_recording_finish(w, FB_RECORDING_CLOSED), 0);
        e = open_in(&s, 4096);
        for (uint64_t n = 0; n < 400; n += 40) {
            ask_all(e, n * 7 % 400);
        }
        fb_engine_destroy(e);
        free(s.bytes);
    }
}

static void damaged_bytes_never_harm(void **state) {
    uint64_t random = 7;
    struct tape t = {0};
    struct moments at;
    struct stream s, bad = {0};

    (void)state;
    tape_greeter(&t, &at);
    s = greeter(&t, 30, 33);
    for (int i = 0; i < 3000; i++) {
        struct fb_engine *e;
        int err;

        bad.len = 0;
        assert_int_equal(sink(&bad, s.bytes, s.len), 0);
        for (uint32_t k = random_next(&random) % 6; k > 0; k--) {
            bad.bytes[random_next(&random) % bad.len] =
                (char)random_next(&random);
        }
        if (random_next(&random) % 4 == 0) {
            bad.len = random_next(&random) % bad.len;
        }
        assert_int_equal(fb_engine_create(&e), 0);
        err = fb_engine_take(e, bad.bytes, bad.len);
        err = err == 0 ? fb_engine_end(e) : err;
        if (err == 0) {
            ask_all(e, random_next(&random) % 80);
        } else {
            assert_true(err != -ENOMEM && fb_engine_why(e)[0] != '\0');
        }
        fb_engine_destroy(e);
    }
    free(s.bytes);
    free(bad.bytes);
}

// ---- the errors' numbers ----

#define NUMBERS                                                                \
    {                                                                          \
        EPERM, ENOENT, EINTR, EIO, ENXIO, EBADF, ECHILD, EAGAIN, ENOMEM,       \
            EACCES, EFAULT, EBUSY, EEXIST, ENODEV, ENOTDIR, EISDIR, EINVAL,    \
            ENFILE, EMFILE, EFBIG, ENOSPC, ESPIPE, EROFS, EPIPE, ERANGE,       \
            EDEADLK, ENOSYS, ENODATA, EPROTO, EBADMSG, EOVERFLOW, EILSEQ,      \
            ENOTSOCK, EMSGSIZE, ENOPROTOOPT, EOPNOTSUPP, EAFNOSUPPORT,         \
            EADDRINUSE, EADDRNOTAVAIL, ENETDOWN, ENETUNREACH, ENETRESET,       \
            ECONNABORTED, ECONNRESET, ENOBUFS, EISCONN, ENOTCONN, ETIMEDOUT,   \
            ECONNREFUSED, EHOSTDOWN, EHOSTUNREACH, EALREADY, EINPROGRESS,      \
            ESTALE, EDQUOT, ECANCELED                                          \
    }
static const int SYSTEM[] = NUMBERS;
#include "linux_errno.h"
static const int OURS[] = NUMBERS;

static void errors_are_numbered_as_in_traces(void **state) {
    (void)state;
    assert_memory_equal(SYSTEM, OURS, sizeof(OURS));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(facts_are_those_of_the_head_and_the_events),
        cmocka_unit_test(a_moment_is_the_world_after_its_event),
        cmocka_unit_test(lines_are_safe_to_show),
        cmocka_unit_test(planes_lie_where_they_are_cut),
        cmocka_unit_test(pieces_of_any_length_give_the_same),
        cmocka_unit_test(a_cut_trace_is_good_up_to_there),
        cmocka_unit_test(a_gap_is_told_where_it_was),
        cmocka_unit_test(a_gap_at_the_end_is_told),
        cmocka_unit_test(what_is_no_trace_is_refused),
        cmocka_unit_test(words_that_mean_nothing_are_refused),
        cmocka_unit_test(random_events_get_strict_answers),
        cmocka_unit_test(damaged_bytes_never_harm),
        cmocka_unit_test(errors_are_numbered_as_in_traces),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
