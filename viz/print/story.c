// print --story: one plain sentence for each event. A sentence after a gap
// begins with what was lost; where a lint fired, a line below says so.
#include "walk.h"

#include <inttypes.h>

// What the lints say of this event, below its sentence.
static void print_marks(struct fb_session *s, FILE *out, uint64_t number) {
    const struct fb_lints *l = fb_session_lints(s);
    const struct fb_finding *f;
    char sentence[FB_PAGE_TEXT];

    for (size_t i = fb_lints_until(l, number - 1);
         (f = fb_lints_at(l, i)) != NULL && f->event == number; i++) {
        fb_lint_sentence(sentence, sizeof(sentence), fb_session_names(s), f);
        fprintf(out, "%7s  %11s  ! %s: %s\n", "", "",
                fb_name_lint((enum fb_lint_kind)f->kind), sentence);
    }
}

static int print_sentence(struct fb_session *s,
                          const struct fb_print_options *options,
                          const struct fb__step *step) {
    char sentence[1024], time[32];

    fb_story_sentence(sentence, sizeof(sentence), fb_session_names(s),
                      step->number, step->event, step->before, step->after);
    fb__page_time(s, step->event->time_ns, time, sizeof(time));
    fprintf(options->out, "%7" PRIu64 "  %11s  %s\n", step->number, time,
            sentence);
    print_marks(s, options->out, step->number);
    return 0;
}

static void print_head(const struct fb_session *s, FILE *out) {
    const struct fb_session_facts *f = fb_session_facts(s);

    fprintf(out, "%s  pid %" PRIu32 "%s%s\n", f->program, f->pid,
            f->address[0] != '\0' ? "  " : "", f->address);
    if (f->first > 1) {
        fprintf(out, "events 1 to %" PRIu64 " %s\n", f->first - 1,
                fb__page_before(s));
    }
    fb__page_say_end(s, out);
    fprintf(out, "%7s  %11s  %s\n", "event", "seconds", "what happened");
}

int fb_print_story(struct fb_session *s,
                   const struct fb_print_options *options) {
    const int err = fb__page_has(s, options);

    if (err < 0) {
        return err;
    }
    if (!options->bare) {
        print_head(s, options->out);
    }
    return fb__walk(s, options, print_sentence);
}
