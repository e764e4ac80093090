// A task's track: its life, and in it the state that it is in. A task has at
// most one state open, inside its own life.
#include "chrome.h"
#include "fishbowl/trace/text.h"
#include "json_out.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

// ---- tasks ----

static FILE *begin_async(struct fb__chrome *c, const char *phase, uint32_t task,
                         const char *name) {
    FILE *out = fb__chrome_begin(c, phase, FB__CHROME_OUTSIDE, c->now_ns);

    fprintf(out, ",\"cat\":\"task\",\"id\":\"0x%" PRIx32 "\"", task);
    fb__json_text(out, "name", name);
    return out;
}

static void say_state(const struct fb__chrome *c, uint32_t task,
                      enum fb_task_state state, char out[FB__CHROME_TEXT]) {
    char reason[FB__CHROME_TEXT - 16] = "";

    switch (state) {
    case FB_TASK_SCHEDULED: snprintf(out, FB__CHROME_TEXT, "scheduled"); break;
    case FB_TASK_RUNNING: snprintf(out, FB__CHROME_TEXT, "running"); break;
    case FB_TASK_COMPLETE: snprintf(out, FB__CHROME_TEXT, "complete"); break;
    case FB_TASK_IDLE:
    case FB_TASK_FREED:
        fb_say_task_waits(reason, sizeof(reason), c->names, &c->model, task);
        snprintf(out, FB__CHROME_TEXT, "waiting%s%s", reason[0] ? ": " : "",
                 reason);
        break;
    }
}

// Closes what is open of a task: its state, and with `whole` its life.
static void close_task(struct fb__chrome *c, const struct fb__task_track *track,
                       bool whole) {
    if (track->state != FB_TASK_FREED) {
        begin_async(c, "e", track->id, track->state_name);
        fb__chrome_end(c);
    }
    if (whole) {
        begin_async(c, "e", track->id, track->name);
        fb__chrome_end(c);
    }
}

// Cuts between characters.
__attribute__((format(printf, 2, 3))) static void
put_short(char out[FB__NAME_BYTES], const char *format, ...) {
    char text[2 * FB__CHROME_TEXT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fb_text_sanitise(text, strlen(text), out, FB__NAME_BYTES);
}

static int open_task(struct fb__chrome *c, const struct fb_model_task *t) {
    struct fb__task_track *track;
    char label[FB__CHROME_TEXT];
    FILE *out;

    track = fb__tracks_add(&c->tasks, t->id);
    if (track == NULL) {
        return -ENOMEM;
    }
    fb_say_task(label, sizeof(label), c->names, &c->model, t->id);
    put_short(track->name, "task %" PRIu32 " %s", t->id, label);
    out = begin_async(c, "b", t->id, track->name);
    fprintf(out, ",\"args\":{\"parent\":%" PRIu32 ",\"bytes\":%" PRIu32 "}",
            t->parent, t->bytes);
    fb__chrome_end(c);
    track->state = FB_TASK_FREED; // none is open
    return 0;
}

static void end_task(struct fb__chrome *c, uint32_t task) {
    struct fb__task_track *track = fb__tracks_find(&c->tasks, task);

    if (track == NULL) {
        return;
    }
    close_task(c, track, true);
    fb__tracks_remove(&c->tasks, task);
}

int fb__chrome_follow_task(struct fb__chrome *c, uint32_t task) {
    const struct fb_model_task *t = fb_model_task(&c->model, task);
    struct fb__task_track *track = fb__tracks_find(&c->tasks, task);
    char name[FB__CHROME_TEXT];
    int err;

    if (t == NULL || t->state == FB_TASK_FREED) {
        end_task(c, task);
        return 0;
    }
    if (track == NULL) {
        err = open_task(c, t);
        if (err < 0) {
            return err;
        }
        track = fb__tracks_find(&c->tasks, task);
    }
    if (track->state == t->state) {
        return 0;
    }
    close_task(c, track, false);
    track->state = t->state;
    say_state(c, task, (enum fb_task_state)t->state, name);
    put_short(track->state_name, "%s", name);
    begin_async(c, "b", task, track->state_name);
    fb__chrome_end(c);
    return 0;
}

void fb__chrome_instant(struct fb__chrome *c, uint32_t task, const char *text) {
    if (fb__tracks_find(&c->tasks, task) != NULL) {
        (void)begin_async(c, "n", task, text);
        fb__chrome_end(c);
    }
}

// ---- all of them ----

static int by_id(const void *a, const void *b) {
    const uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return x < y ? -1 : x > y;
}

// The ids of all tasks that have a track, in order, to be freed; a track may
// come and go meanwhile. NULL: out of memory.
static uint32_t *list_tasks(const struct fb__chrome *c) {
    const struct fb__task_tracks *t = &c->tasks;
    uint32_t *ids = calloc(t->count + 1, sizeof(*ids));
    size_t count = 0;

    for (size_t i = 0; ids != NULL && i < t->capacity; i++) {
        if (t->slots[i].id != 0) {
            ids[count++] = t->slots[i].id;
        }
    }
    if (ids != NULL) {
        qsort(ids, count, sizeof(*ids), by_id);
    }
    return ids;
}

int fb__chrome_follow_tasks(struct fb__chrome *c) {
    const size_t count = c->tasks.count;
    uint32_t *ids = list_tasks(c);
    const struct fb_model_task *t;
    uint32_t cursor = 0;
    int err = ids == NULL ? -ENOMEM : 0;

    for (size_t i = 0; err == 0 && i < count; i++) {
        err = fb__chrome_follow_task(c, ids[i]);
    }
    free(ids);
    while (err == 0 && (t = fb_model_task_next(&c->model, &cursor)) != NULL) {
        err = fb__chrome_follow_task(c, t->id);
    }
    return err;
}

int fb__chrome_close_tasks(struct fb__chrome *c) {
    const size_t count = c->tasks.count;
    uint32_t *ids = list_tasks(c);

    for (size_t i = 0; ids != NULL && i < count; i++) {
        end_task(c, ids[i]);
    }
    free(ids);
    return ids == NULL ? -ENOMEM : 0;
}
