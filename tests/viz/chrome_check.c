// Reads a trace as its viewers do: record by record, with a stack of open slices
// for each thread and each task.
// Source: Trace Event Format; Perfetto's importer of it, which binds the ends of
// an arrow to the innermost slice that is open on its thread when it is read.
#include "chrome_check.h"
#include <jansson.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DEEP = 600, TRACKS = 4096, ARROWS = 1 << 16 };

struct track {
    json_int_t key;
    int depth;
    const char *names[DEEP];
};

struct arrow {
    bool begun, ended;
    double us;
};

struct judge {
    struct track *threads, *tasks;
    size_t thread_count, task_count;
    struct arrow *arrows; // by id
    double last_us;
    struct chrome_seen *seen;
};

static char fault[300];

__attribute__((format(printf, 1, 2))) static bool is_wrong(const char *format,
                                                           ...) {
    va_list args;

    va_start(args, format);
    vsnprintf(fault, sizeof(fault), format, args);
    va_end(args);
    return false;
}

static struct track *track_of(struct track *all, size_t *count,
                              json_int_t key) {
    for (size_t i = *count; i > 0; i--) {
        if (all[i - 1].key == key) {
            return &all[i - 1];
        }
    }
    if (*count == TRACKS) {
        return NULL;
    }
    all[*count] = (struct track){.key = key};
    return &all[(*count)++];
}

static const char *text_of(const json_t *e, const char *name) {
    const char *text = json_string_value(json_object_get(e, name));

    return text != NULL ? text : "";
}

static bool push(struct track *t, const char *name) {
    if (name[0] == '\0' || t->depth == DEEP) {
        return is_wrong("a slice without a name, or %d deep", t->depth);
    }
    t->names[t->depth++] = name;
    return true;
}

static bool judge_slice(struct judge *j, const json_t *e, char phase) {
    const json_int_t tid = json_integer_value(json_object_get(e, "tid"));
    struct track *t = track_of(j->threads, &j->thread_count, tid);

    if (t == NULL || tid == 0) {
        return is_wrong("a slice outside of the threads");
    }
    if (phase == 'B') {
        j->seen->slices++;
        return push(t, text_of(e, "name"));
    }
    if (t->depth == 0) {
        return is_wrong("thread %d: an end without a beginning", (int)tid);
    }
    t->depth--;
    return true;
}

// A life is called "task 5 …"; in it there is one state at a time.
static bool judge_task(struct judge *j, const json_t *e, char phase) {
    const char *id = text_of(e, "id"), *name = text_of(e, "name");
    const json_int_t task = strtoll(id, NULL, 16);
    struct track *t = track_of(j->tasks, &j->task_count, task);
    char life[32];

    if (t == NULL || strncmp(id, "0x", 2) != 0 || task == 0 ||
        strcmp(text_of(e, "cat"), "task") != 0) {
        return is_wrong("a task's record without id or category");
    }
    snprintf(life, sizeof(life), "task %u ", (unsigned)task);
    if (phase == 'b') {
        const bool whole = strncmp(name, life, strlen(life)) == 0;

        j->seen->lives += whole;
        j->seen->states += !whole;
        return t->depth == (whole ? 0 : 1)
                   ? push(t, name)
                   : is_wrong("%s: \"%s\" at depth %d", id, name, t->depth);
    }
    if (phase == 'n') {
        return t->depth > 0 || is_wrong("%s: an instant outside its life", id);
    }
    if (t->depth == 0 || strcmp(t->names[t->depth - 1], name) != 0) {
        return is_wrong("%s: \"%s\" ends, and is not open", id, name);
    }
    t->depth--;
    return true;
}

static bool judge_arrow(struct judge *j, const json_t *e, char phase,
                        double us) {
    const json_int_t id = json_integer_value(json_object_get(e, "id"));
    const json_int_t tid = json_integer_value(json_object_get(e, "tid"));
    const struct track *t = track_of(j->threads, &j->thread_count, tid);
    struct arrow *a = &j->arrows[id];

    if (id <= 0 || id >= ARROWS || t == NULL || t->depth == 0) {
        return is_wrong("arrow %d: its end %c is in no slice", (int)id, phase);
    }
    if (phase == 's') {
        j->seen->arrows++;
        if (a->begun) {
            return is_wrong("arrow %d begins twice", (int)id);
        }
        *a = (struct arrow){true, false, us};
        return true;
    }
    if (!a->begun || a->ended || us < a->us) {
        return is_wrong("arrow %d ends and has not begun", (int)id);
    }
    if (strcmp(text_of(e, "bp"), "e") != 0 ||
        strncmp(t->names[0], "poll ", 5) != 0) {
        return is_wrong("arrow %d does not end in a poll", (int)id);
    }
    a->ended = true;
    return true;
}

static bool judge_counter(struct judge *j, const json_t *e) {
    const json_t *count = json_object_get(json_object_get(e, "args"), "count");

    j->seen->counters++;
    if (!json_is_integer(count) || json_integer_value(count) < 0) {
        return is_wrong("a counter that counts nothing");
    }
    if (strcmp(text_of(e, "name"), "connections") == 0) {
        j->seen->connections = json_number_value(count);
    }
    return true;
}

static bool judge_record(struct judge *j, const json_t *e) {
    const char phase = text_of(e, "ph")[0];
    const double us = json_number_value(json_object_get(e, "ts"));

    if (!json_is_integer(json_object_get(e, "pid")) ||
        !json_is_integer(json_object_get(e, "tid")) ||
        !json_is_number(json_object_get(e, "ts"))) {
        return is_wrong("a record without pid, tid or ts");
    }
    if (phase == 'M') {
        j->seen->threads += strcmp(text_of(e, "name"), "thread_name") == 0;
        return text_of(json_object_get(e, "args"), "name")[0] != '\0' ||
               is_wrong("nameless");
    }
    if (us < j->last_us) {
        return is_wrong("time falls to %f", us);
    }
    j->last_us = us;
    switch (phase) {
    case 'B':
    case 'E': return judge_slice(j, e, phase);
    case 'b':
    case 'n':
    case 'e': return judge_task(j, e, phase);
    case 's':
    case 'f': return judge_arrow(j, e, phase, us);
    case 'C': return judge_counter(j, e);
    case 'i':
        j->seen->marks++;
        return strcmp(text_of(e, "s"), "g") == 0 || is_wrong("a mark nowhere");
    default: return is_wrong("phase \"%c\"", phase);
    }
}

static bool is_all_closed(const struct judge *j) {
    for (size_t i = 0; i < j->thread_count; i++) {
        if (j->threads[i].depth > 0) {
            return is_wrong("thread %d is open at the end",
                            (int)j->threads[i].key);
        }
    }
    for (size_t i = 0; i < j->task_count; i++) {
        if (j->tasks[i].depth > 0) {
            return is_wrong("task %u is open at the end",
                            (unsigned)j->tasks[i].key);
        }
    }
    for (int i = 0; i < ARROWS; i++) {
        if (j->arrows[i].begun != j->arrows[i].ended) {
            return is_wrong("arrow %d never arrives", i);
        }
    }
    return true;
}

const char *chrome_check(const char *text, struct chrome_seen *seen) {
    struct judge j = {.threads = calloc(TRACKS, sizeof(struct track)),
                      .tasks = calloc(TRACKS, sizeof(struct track)),
                      .arrows = calloc(ARROWS, sizeof(struct arrow)),
                      .seen = seen};
    json_error_t error;
    json_t *doc = json_loads(text, JSON_REJECT_DUPLICATES, &error);
    const json_t *events = json_object_get(doc, "traceEvents"), *e;
    bool fine = j.threads != NULL && j.tasks != NULL && j.arrows != NULL;
    size_t i;

    *seen = (struct chrome_seen){0};
    if (!json_is_array(events)) {
        fine = is_wrong("line %d: %s", error.line, error.text);
    }
    json_array_foreach(events, i, e) {
        fine = fine && judge_record(&j, e);
    }
    fine = fine && is_all_closed(&j);
    free(j.threads);
    free(j.tasks);
    free(j.arrows);
    json_decref(doc);
    return fine ? NULL : fault;
}
