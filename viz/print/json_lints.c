// The part "lints" of print --json.
#include "json_lints.h"

static json_int_t whole(uint64_t n) {
    return n > INT64_MAX ? INT64_MAX : (json_int_t)n;
}

static json_t *evidence(const struct fb_finding *f) {
    json_t *array = json_array();

    for (int i = 0; i < f->evidence_count; i++) {
        const struct fb_lint_evidence *e = &f->evidence[i];

        if (json_array_append_new(
                array,
                json_pack("{sIss}", "event", whole(e->event), "shows",
                          fb_name_lint_role((enum fb_lint_role)e->role))) < 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}

static json_t *finding(const struct fb_names *n, const struct fb_finding *f) {
    const enum fb_lint_kind kind = (enum fb_lint_kind)f->kind;
    char text[FB_PAGE_TEXT];
    json_t *o;

    fb_lint_sentence(text, sizeof(text), n, f);
    o = json_pack("{sssIsIsssIsIsoss ss}", "lint", fb_name_lint(kind), "event",
                  whole(f->event), "task", (json_int_t)f->task, "finding", text,
                  "times", (json_int_t)f->times, "last_event",
                  whole(f->last_event), "evidence", evidence(f), "explanation",
                  fb_lint_explains(kind), "remedy", fb_lint_remedy(kind));
    if (o != NULL &&
        json_object_set_new(o, "future",
                            f->future != 0 ? json_integer(f->future)
                                           : json_null()) < 0) {
        json_decref(o);
        return NULL;
    }
    return o;
}

json_t *fb__json_lints(const struct fb_session *s, const struct fb_model *m,
                       const struct fb_print_options *options) {
    const struct fb_lints *l = fb_session_lints(s);
    const size_t until = fb_lints_until(l, m->event);
    json_t *array = json_array();

    for (size_t i = 0; i < until; i++) {
        const struct fb_finding *f = fb_lints_at(l, i);

        if ((options->task == 0 || f->task == options->task) &&
            json_array_append_new(array, finding(fb_session_names(s), f)) < 0) {
            json_decref(array);
            return NULL;
        }
    }
    return array;
}
