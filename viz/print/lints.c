// print --lints: mistakes of the program, each with the events that prove it.
//
// A block a finding: what it is and about whom, the sentence, the evidence, why
// it is a mistake and what to do. `--story` marks the event at which one fired.
#include "page.h"

#include <inttypes.h>

static void print_times(FILE *out, const struct fb_finding *f) {
    if (f->times > 1) {
        fprintf(out, "  %" PRIu32 " times, last at event %" PRIu64 "\n",
                f->times, f->last_event);
    }
}

static void print_finding(struct fb_session *s, FILE *out,
                          const struct fb_finding *f) {
    const enum fb_lint_kind kind = (enum fb_lint_kind)f->kind;
    char sentence[FB_PAGE_TEXT];

    fb_lint_sentence(sentence, sizeof(sentence), fb_session_names(s), f);
    fprintf(out, "\n%s at event %" PRIu64 ", task %" PRIu32 "\n  %s\n",
            fb_name_lint(kind), f->event, f->task, sentence);
    print_times(out, f);
    for (int i = 0; i < f->evidence_count; i++) {
        const struct fb_lint_evidence *e = &f->evidence[i];

        fprintf(out, "  event %-7" PRIu64 " %s\n", e->event,
                fb_name_lint_role((enum fb_lint_role)e->role));
    }
    fprintf(out, "  Why it matters: %s\n", fb_lint_explains(kind));
    fprintf(out, "  Remedy: %s\n", fb_lint_remedy(kind));
}

int fb_print_lints(struct fb_session *s,
                   const struct fb_print_options *options) {
    const struct fb_lints *l = fb_session_lints(s);
    const struct fb_finding *f;
    const struct fb_model *m;
    int err = fb__page_world(s, options, &m), count = 0;
    size_t until;

    if (err < 0) {
        return err;
    }
    until = fb_lints_until(l, m->event);
    for (size_t i = 0; i < until; i++) {
        f = fb_lints_at(l, i);
        count += options->task == 0 || f->task == options->task;
    }
    fb__page_head(s, m, options->out);
    if (count == 0) {
        fprintf(options->out, "no lints\n");
    } else {
        fprintf(options->out, "%d lint%s\n", count, count == 1 ? "" : "s");
    }
    for (size_t i = 0; i < until; i++) {
        f = fb_lints_at(l, i);
        if (options->task == 0 || f->task == options->task) {
            print_finding(s, options->out, f);
        }
    }
    if (fb_lints_left_out(l) > 0) {
        fprintf(options->out,
                "\n%" PRIu64 " more were found; the first %d are kept\n",
                fb_lints_left_out(l), FB_LINTS_KEPT);
    }
    err = fb__page_end(options->out);
    return err < 0 ? err : count;
}
