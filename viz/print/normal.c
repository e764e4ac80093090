// print --normal: what this run has in common with every other run of it.
//
// The text of viz/model/normal.h, with the types of the futures: tasks by their
// order of appearance, who spawned whom, what each did to the outside and how it
// ended. No times, no ports, no descriptors, no counts of polls, no events: so
// two files of it can be compared byte for byte.
#include "normal.h"
#include "page.h"

#include <stdlib.h>

int fb_print_normal(struct fb_session *s,
                    const struct fb_print_options *options) {
    const int has = fb__page_has(s, options);
    char *text;
    int err;

    if (has < 0) {
        return has;
    }
    err = fb_normal_text_until(
        fb_session_history(s), fb_session_names(s), FB_NORMAL_TYPES,
        options->at != 0 ? options->at : UINT64_MAX, &text);
    if (err < 0) {
        return err;
    }
    fputs(text, options->out);
    free(text);
    return fb__page_end(options->out);
}
