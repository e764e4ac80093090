// print --story: one plain sentence for each event. A sentence after a gap
// begins with what was lost.
#include "walk.h"

#include <inttypes.h>

static int print_sentence(struct fb_session *s,
                          const struct fb_print_options *options,
                          const struct fb__step *step) {
    char sentence[1024], time[32];

    fb_story_sentence(sentence, sizeof(sentence), fb_session_names(s),
                      step->number, step->event, step->before, step->after);
    fb__page_time(s, step->event->time_ns, time, sizeof(time));
    fprintf(options->out, "%7" PRIu64 "  %11s  %s\n", step->number, time,
            sentence);
    return 0;
}

int fb_print_story(struct fb_session *s,
                   const struct fb_print_options *options) {
    const struct fb_session_facts *f = fb_session_facts(s);
    const int err = fb__page_has(s, options);

    if (err < 0) {
        return err;
    }
    fprintf(options->out, "%s  pid %" PRIu32 "%s%s\n", f->program, f->pid,
            f->address[0] != '\0' ? "  " : "", f->address);
    if (f->first > 1) {
        fprintf(options->out, "events 1 to %" PRIu64 " had left the ring\n",
                f->first - 1);
    }
    fprintf(options->out, "%7s  %11s  %s\n", "event", "seconds",
            "what happened");
    return fb__walk(s, options, print_sentence);
}
