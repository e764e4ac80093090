// The comparison as one JSON document; viz/diff/README.md has the schema.
#include "diff.h"
#include "page.h"
#include <errno.h>
#include <jansson.h>

// As the program's own strings, these are valid UTF-8: they were sanitised.
static json_t *side_of(const struct fb_diff *d, int side) {
    const struct fb_session_facts *f = fb_session_facts(d->sessions[side]);
    const struct fb_history *h = fb_session_history(d->sessions[side]);

    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:b}", "path", f->path,
                     "program", f->program, "pid", (json_int_t)f->pid, "first",
                     (json_int_t)fb_history_first(h), "last",
                     (json_int_t)fb_history_last(h), "exact", (int)f->exact);
}

static json_t *line_of(struct fb_diff *d, int side,
                       const struct fb_transcript_line *line, int *err) {
    char text[FB_DIFF_TEXT];
    int failed = fb_diff_line(d, (enum fb_diff_side)side, line, text);

    if (line == NULL) {
        return json_null();
    }
    if (failed < 0) {
        *err = failed;
        return NULL;
    }
    return json_pack("{s:I, s:I, s:s}", "event", (json_int_t)line->event,
                     "task", (json_int_t)line->task, "text", text);
}

// All lines that are not the same, in order.
static json_t *differences(struct fb_diff *d, int *err) {
    json_t *list = json_array();

    for (size_t i = 0; i < d->c.align.count && *err == 0; i++) {
        const struct fb_align_gap *g = &d->c.align.gaps[i];
        json_t *a = json_array(), *b = json_array();

        for (size_t k = 0; k < g->a_count && *err == 0; k++) {
            json_array_append_new(
                a, line_of(d, FB_DIFF_A, &d->c.a.lines[g->a + k], err));
        }
        for (size_t k = 0; k < g->b_count && *err == 0; k++) {
            json_array_append_new(
                b, line_of(d, FB_DIFF_B, &d->c.b.lines[g->b + k], err));
        }
        json_array_append_new(list, json_pack("{s:o, s:o}", "a", a, "b", b));
    }
    return list;
}

static json_t *notes(const struct fb_diff *d) {
    json_t *list = json_array();
    char text[FB_DIFF_TEXT];

    for (int i = 0; fb_diff_caveat(d, i, text, sizeof(text)); i++) {
        json_array_append_new(list, json_string(text));
    }
    return list;
}

static size_t equal_lines(const struct fb_diff *d) {
    size_t lines = d->c.a.count;

    for (size_t i = 0; i < d->c.align.count; i++) {
        lines -= d->c.align.gaps[i].a_count;
    }
    return lines;
}

int fb_diff_print_json(struct fb_diff *d, FILE *out) {
    char explained[6 * FB_DIFF_TEXT];
    int err = fb_diff_explain(d, explained, sizeof(explained));
    json_t *o, *list;

    if (err < 0) {
        return err;
    }
    list = differences(d, &err);
    o = json_pack(
        "{s:s, s:i, s:b, s:s, s:s, s:o, s:o, s:I, s:o, s:o}", "schema",
        "fishbowl.diff", "version", 1, "equal", (int)fb_comparison_equal(&d->c),
        "compared", fb_diff_grade_name(d->c.grade), "explanation", explained,
        "a", side_of(d, FB_DIFF_A), "b", side_of(d, FB_DIFF_B), "equal_lines",
        (json_int_t)equal_lines(d), "notes", notes(d), "differences", list);
    if (o == NULL) {
        json_decref(list);
        return err < 0 ? err : -ENOMEM;
    }
    if (err == 0 && json_dumpf(o, out, JSON_INDENT(2)) < 0) {
        err = -EIO;
    }
    fputc('\n', out);
    json_decref(o);
    return err < 0 ? err : fb__page_end(out);
}
