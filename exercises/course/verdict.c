// The verdict that a check has written: from JSON to a result.
//
// Problem: the file was written beside a learner's program; what is in it is
//     believed only as far as its form goes.
// Idea: one table: member, kind, place in the struct. What is missing stays
//     empty; what is of another kind, or too long, is an error or is cut.
//     Without `passed`, or a claim when it is false, it is no verdict.
#include "course_parts.h"
#include <errno.h>
#include <jansson.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

enum { VERDICT_MOST = 1 << 20 };

struct member {
    const char *name;
    size_t offset, bytes;
};

#define TEXT(type, field)                                                      \
    { #field, offsetof(struct type, field), sizeof(((struct type *)0)->field) }

static const struct member TEXTS[] = {
    TEXT(course_result, claim), TEXT(course_result, name),
    TEXT(course_result, said),  TEXT(course_result, misconception),
    TEXT(course_result, truth), TEXT(course_result, help),
    TEXT(course_result, order),
};

static void take_text(const json_t *object, const char *name, char *out,
                      size_t out_bytes) {
    const char *text = json_string_value(json_object_get(object, name));

    if (text != NULL) {
        course__copy(out, out_bytes, text);
    }
}

static uint64_t number(const json_t *object, const char *name, uint64_t most) {
    const json_int_t n = json_integer_value(json_object_get(object, name));

    return n < 0 ? 0 : (uint64_t)n > most ? most : (uint64_t)n;
}

static void take_events(struct course_result *r, const json_t *list) {
    size_t i;
    const json_t *item;

    json_array_foreach(list, i, item) {
        if (i == COURSE_EVENTS) {
            break;
        }
        r->events[i].event = number(item, "event", INT64_MAX);
        take_text(item, "role", r->events[i].role, sizeof(r->events[i].role));
        take_text(item, "sentence", r->events[i].sentence,
                  sizeof(r->events[i].sentence));
        r->event_count = (int)i + 1;
    }
}

static void take_places(struct course_result *r, const json_t *list) {
    size_t i;
    const json_t *item;

    json_array_foreach(list, i, item) {
        if (i == COURSE_PLACES) {
            break;
        }
        take_text(item, "file", r->places[i].file, sizeof(r->places[i].file));
        r->places[i].line = (unsigned)number(item, "line", 10000000);
        take_text(item, "text", r->places[i].text, sizeof(r->places[i].text));
        r->place_count = (int)i + 1;
    }
}

// The last ones of a list of sentences, `most` at most.
static int take_sentences(const json_t *list, void *out, size_t each,
                          size_t most) {
    const size_t count = json_array_size(list);
    const size_t from = count > most ? count - most : 0;

    for (size_t i = from; i < count; i++) {
        const char *text = json_string_value(json_array_get(list, i));

        course__copy((char *)out + (i - from) * each, each,
                     text != NULL ? text : "");
    }
    return (int)(count - from);
}

static int take(struct course_result *r, const json_t *root) {
    const json_t *passed = json_object_get(root, "passed");

    for (size_t i = 0; i < sizeof(TEXTS) / sizeof(TEXTS[0]); i++) {
        take_text(root, TEXTS[i].name, (char *)r + TEXTS[i].offset,
                  TEXTS[i].bytes);
    }
    r->passed = json_is_true(passed);
    r->at = number(root, "at", INT64_MAX);
    r->runs = (unsigned)number(root, "runs", 1000000);
    take_events(r, json_object_get(root, "events"));
    take_places(r, json_object_get(root, "places"));
    r->last_count = take_sentences(json_object_get(root, "last"), r->last,
                                   sizeof(r->last[0]), COURSE_LAST);
    r->advice_count = take_sentences(json_object_get(root, "advice"), r->advice,
                                     sizeof(r->advice[0]), COURSE_ADVICE);
    if (number(root, "format", INT64_MAX) != 1 || !json_is_boolean(passed) ||
        r->passed != (r->claim[0] == '\0')) {
        return -EPROTO;
    }
    return 0;
}

int course__read_verdict(const char *path, struct course_result *r, char *why,
                         size_t why_bytes) {
    json_error_t wrong;
    json_t *root;
    char *text;
    size_t len;
    int err = course__slurp(path, VERDICT_MOST, &text, &len);

    if (err < 0) {
        return course__wrong(err, why, why_bytes, "%s: %s", path,
                             strerror(-err));
    }
    root = json_loadb(text, len, 0, &wrong);
    free(text);
    if (root == NULL) {
        return course__wrong(-EPROTO, why, why_bytes, "%s:%d: %s", path,
                             wrong.line, wrong.text);
    }
    err = take(r, root);
    json_decref(root);
    if (err < 0) {
        return course__wrong(err, why, why_bytes,
                             "%s: is no verdict of format 1 (build Fishbowl "
                             "again)",
                             path);
    }
    return 0;
}
