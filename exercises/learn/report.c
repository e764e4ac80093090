// A report as JSON, there and back. What is read comes from other people's
// machines: every field is checked, every text sanitised, every count bounded.
#include "report.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static unsigned minutes_of(uint64_t seconds) {
    return (unsigned)((seconds + 59) / 60);
}

static json_t *exercise_json(const struct course_exercise *e,
                             const struct state_entry *s) {
    static const struct state_entry NONE;
    json_t *claims = json_object();
    bool changed;

    s = s != NULL ? s : &NONE;
    changed = s->hash[0] != '\0' && strcmp(s->hash, e->hash) != 0;
    for (size_t i = 0; i < s->claim_count; i++) {
        json_object_set_new(claims, s->claims[i].id,
                            json_integer((json_int_t)s->claims[i].times));
    }
    return json_pack("{s:s, s:s, s:s, s:i, s:i, s:i, s:i, s:b, s:b, s:s, s:o}",
                     "id", e->id, "title", e->title, "state",
                     state_mark_name(s->mark), "attempts", (int)s->attempts,
                     "hints", (int)s->hints, "minutes",
                     (int)minutes_of(s->seconds), "resets", (int)s->resets,
                     "given_up", (int)s->given_up, "changed_since",
                     (int)changed, "last", s->last, "claims", claims);
}

json_t *report_json(const struct learn *l, const struct state *s) {
    json_t *list = json_array();
    const time_t now = time(NULL);
    char made[32] = "";
    struct tm utc;

    if (gmtime_r(&now, &utc) != NULL) {
        strftime(made, sizeof(made), "%Y-%m-%dT%H:%M:%SZ", &utc);
    }
    for (size_t i = 0; i < course_count(l->course); i++) {
        const struct course_exercise *e = course_at(l->course, i);

        if (json_array_append_new(list,
                                  exercise_json(e, state_find(s, e->id))) < 0) {
            json_decref(list);
            return NULL;
        }
    }
    return json_pack("{s:s, s:i, s:s, s:s, s:i, s:i, s:o}", "report",
                     "fishbowl learn", "format", 1, "learner", s->learner,
                     "made", made, "exercise_count",
                     (int)course_count(l->course), "passed",
                     (int)learn_passed(l, s), "exercises", list);
}

// ---- reading ----

void report_deinit(struct report *r) {
    free(r->exercises);
    *r = (struct report){0};
}

static void take_text(const json_t *object, const char *key, char *out,
                      size_t out_bytes) {
    const json_t *value = json_object_get(object, key);
    const char *text = json_string_value(value);

    out[0] = '\0';
    if (text != NULL) {
        fb_text_sanitise(text, json_string_length(value), out, out_bytes);
    }
}

static unsigned take_number(const json_t *object, const char *key) {
    const json_int_t value =
        json_integer_value(json_object_get(object, key)); // 0 if it is none

    return value < 0 ? 0 : value > 1000000 ? 1000000 : (unsigned)value;
}

static void take_claims(const json_t *object, struct report_exercise *e) {
    json_t *claims = json_object_get(object, "claims");
    const char *key;
    json_t *value;

    json_object_foreach(claims, key, value) {
        struct state_claim *c = &e->claims[e->claim_count];

        if (e->claim_count == STATE_CLAIMS) {
            return;
        }
        fb_text_sanitise(key, strlen(key), c->id, sizeof(c->id));
        c->times = take_number(claims, key);
        e->claim_count++;
    }
}

static void take_exercise(const json_t *object, struct report *r) {
    struct report_exercise *e = &r->exercises[r->count++];

    *e = (struct report_exercise){0};
    take_text(object, "id", e->id, sizeof(e->id));
    take_text(object, "state", e->state, sizeof(e->state));
    e->attempts = take_number(object, "attempts");
    e->hints = take_number(object, "hints");
    e->minutes = take_number(object, "minutes");
    e->given_up = json_is_true(json_object_get(object, "given_up"));
    take_claims(object, e);
    r->passed += strcmp(e->state, "passed") == 0 ? 1 : 0;
    r->attempts += e->attempts;
    r->hints += e->hints;
    r->minutes += e->minutes;
    r->given_up += e->given_up ? 1 : 0;
}

static int take_report(const json_t *root, struct report *r) {
    const json_t *list = json_object_get(root, "exercises");
    const char *kind = json_string_value(json_object_get(root, "report"));
    const size_t count = json_array_size(list);

    if (kind == NULL || strcmp(kind, "fishbowl learn") != 0 ||
        take_number(root, "format") != 1 || !json_is_array(list) ||
        count > REPORT_EXERCISES) {
        return -EBADMSG;
    }
    r->exercises = calloc(count + 1, sizeof(*r->exercises));
    if (r->exercises == NULL) {
        return -ENOMEM;
    }
    take_text(root, "learner", r->learner, sizeof(r->learner));
    r->total = (unsigned)count;
    for (size_t i = 0; i < count; i++) {
        take_exercise(json_array_get(list, i), r);
    }
    return 0;
}

int report_read(const char *text, size_t len, struct report *ret_report,
                char *why, size_t n) {
    struct report r = {0};
    json_error_t error;
    json_t *root = json_loadb(text, len, 0, &error);
    int err = root == NULL ? -EBADMSG : take_report(root, &r);

    if (root == NULL) {
        char safe[FB_TEXT_SAFE_BYTES(JSON_ERROR_TEXT_LENGTH)];

        fb_text_sanitise(error.text, strlen(error.text), safe, sizeof(safe));
        snprintf(why, n, "line %d: it is no JSON: %s", error.line, safe);
    } else if (err) {
        snprintf(why, n, "%s",
                 err == -ENOMEM ? "out of memory"
                                : "it is no report of `learn report --json` "
                                  "in a format that is known here");
    }
    json_decref(root);
    if (err) {
        report_deinit(&r);
        return err;
    }
    *ret_report = r;
    return 0;
}
