// Export: a trace for other people's tools.
//
// Everything is computed from the events by the model, in its words; every
// string leaves through the one sanitiser, then through the target's escapes.
#ifndef FISHBOWL_EXPORT_H
#define FISHBOWL_EXPORT_H

#include "session.h"
#include <stdio.h>

struct fb_export_options {
    uint64_t from, to; // only these events; 0: no bound
    uint64_t at;       // html: where the page opens; 0: at `from`
    const char *title; // html; NULL: the program's name
    FILE *out;
};

// Chrome's trace event format (JSON), as Perfetto and chrome://tracing read it;
// README.md says what is drawn as what.
// Errors: -ENOMEM, -EIO.
__attribute__((warn_unused_result)) int
fb_export_chrome(struct fb_session *s, const struct fb_export_options *options);

// A table as RFC 4180 has it: a row an event, with its sentence; or a row a
// task, with what it came to. Errors: -ENOMEM, -EIO.
__attribute__((warn_unused_result)) int
fb_export_csv_events(struct fb_session *s,
                     const struct fb_export_options *options);
__attribute__((warn_unused_result)) int
fb_export_csv_tasks(struct fb_session *s,
                    const struct fb_export_options *options);

// One page that replays the trace in a browser, without a network. It holds
// the events from the last census before `from` on, so that the world is exact,
// and the source that they name. Errors: -ENOMEM, -EIO, and those of _check.
__attribute__((warn_unused_result)) int
fb_export_html(struct fb_session *s, const struct fb_export_options *options);
// Whether its template is here; `why` says what to do if it is not. Errors:
// -ENOENT, those of open.
__attribute__((warn_unused_result)) int fb_export_html_check(char *why,
                                                             size_t why_bytes);

// `fishbowl export`. Returns an exit status: 0, 1, 2.
int fb_export_main(int argc, char **argv);

#endif
