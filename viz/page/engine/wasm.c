// What the page calls, across the border of WebAssembly: numbers only.
//
// A page has one engine in each instance of this program. Texts come through
// the input buffer, ended by a zero byte; event numbers come as doubles, which
// is what a number of JavaScript is, and are whole below 2^53.
#include "engine.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define EXPORT(name_) __attribute__((export_name(name_)))

static struct fb_engine *engine;
static char *input;
static size_t input_room;

static uint64_t whole(double number) {
    return number >= 1 && number < 9007199254740992.0 ? (uint64_t)number : 0;
}

static uint32_t whole32(double number) {
    const uint64_t value = whole(number);

    return value <= UINT32_MAX ? (uint32_t)value : 0;
}

// Where the page puts what it gives: at least so many bytes. 0: no memory.
EXPORT("input") char *give_input(size_t bytes) {
    if (bytes > input_room) {
        free(input);
        input = malloc(bytes);
        input_room = input != NULL ? bytes : 0;
    }
    return input;
}

EXPORT("begin") int begin(void) {
    fb_engine_destroy(engine);
    engine = NULL;
    return fb_engine_create(&engine);
}

EXPORT("take") int take(size_t len) {
    return fb_engine_take(engine, input, len);
}

EXPORT("end") int end(void) {
    return fb_engine_end(engine);
}

EXPORT("why") const char *why(void) {
    return fb_engine_why(engine);
}

EXPORT("answer") const char *answer(void) {
    size_t len;

    return fb_engine_answer(engine, &len);
}

EXPORT("answer_bytes") size_t answer_bytes(void) {
    size_t len;

    (void)fb_engine_answer(engine, &len);
    return len;
}

EXPORT("blob") const void *blob(void) {
    size_t len;

    return fb_engine_blob(engine, &len);
}

EXPORT("facts") int facts(void) {
    return fb_engine_facts(engine);
}

EXPORT("seek") int seek(double event) {
    return fb_engine_seek(engine, whole(event));
}

EXPORT("position") int position(void) {
    return fb_engine_position(engine);
}

// The input is the filter, a zero byte, the order.
EXPORT("tasks")
int tasks(size_t order, int reverse, double first, double count) {
    const struct fb_engine_query query = {.filter = input,
                                          .order = input + order,
                                          .reverse = reverse != 0,
                                          .first = whole32(first),
                                          .count = whole32(count)};

    return fb_engine_tasks(engine, &query);
}

EXPORT("task") int task(double id) {
    return fb_engine_task(engine, whole32(id));
}

EXPORT("tree") int tree(double id) {
    return fb_engine_tree(engine, whole32(id));
}

EXPORT("lanes") int lanes(double limit) {
    return fb_engine_lanes(engine, whole32(limit));
}

EXPORT("source") int source(double id) {
    return fb_engine_source(engine, whole32(id));
}

EXPORT("actor") int actor(void) {
    return fb_engine_actor(engine);
}

EXPORT("text") int text(void) {
    return fb_engine_text(engine, input);
}

EXPORT("story") int story(double from, double count) {
    return fb_engine_story(engine, whole(from), whole32(count));
}

EXPORT("move") int move(int steps, double id, double from) {
    return fb_engine_move(engine, input, steps, whole32(id), whole(from));
}

EXPORT("find") int find(void) {
    return fb_engine_find(engine, input);
}

EXPORT("lints") int lints(void) {
    return fb_engine_lints(engine);
}

EXPORT("reactor") int reactor(void) {
    return fb_engine_reactor(engine);
}

EXPORT("density") int density(int columns) {
    return fb_engine_density(engine, columns);
}

EXPORT("column_of") int column_of(double event, int columns) {
    return fb_engine_column_of(engine, whole(event), columns);
}

EXPORT("event_at") int event_at(int column, int columns) {
    return fb_engine_event_at(engine, column, columns);
}

// The input holds the ids of the lanes; `count` below 0: none are named.
EXPORT("timeline")
int timeline(int by_event, double from, double to, int columns, int count,
             double first_lane, double most) {
    const struct fb_engine_window window = {
        .by_event = by_event != 0,
        .from = whole(from),
        .to = whole(to),
        .columns = columns,
        .tasks = count >= 0 ? (const uint32_t *)(const void *)input : NULL,
        .task_count = count >= 0 ? (size_t)count : 0,
        .first_lane = whole32(first_lane),
        .lanes = whole32(most)};

    return fb_engine_timeline(engine, &window);
}
