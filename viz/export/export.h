// Export: a trace for other people's tools.
//
// Everything is computed from the events by the model, in its words; every
// string leaves through the one sanitiser, then through the target's escapes.
#ifndef FISHBOWL_EXPORT_H
#define FISHBOWL_EXPORT_H

#include "session.h"
#include "svg_out.h"
#include <stdio.h>

enum fb_svg_view {
    FB_SVG_TIMELINE, // events `from` to `to`
    FB_SVG_TREE,     // what waits where, after event `at`
    FB_SVG_LANES,    // where each task stands, after event `at`
    FB_SVG_RUN,      // the whole run as a strip
    FB_SVG_VIEWS
};
extern const char *const fb_svg_view_names[FB_SVG_VIEWS]; // as --view has them

// All zero but `out`: the whole trace, as it ends.
struct fb_export_options {
    uint64_t from, to; // only these events; 0: no bound
    FILE *out;
    uint64_t at;            // the event shown; 0: svg the last one, html `from`
    const char *title;      // NULL: the program's name
    uint32_t task;          // pictures: only this task; 0: all
    bool tasks;             // csv: a row a task, not a row an event
    const char *source_dir; // html: searched first for source; NULL: none
    // svg
    enum fb_svg_view view;
    enum fb_svg_theme theme;
    int width; // pixels; 0: FB_SVG_WIDTH
    bool bare; // no title, margin and legend: whoever shows it says these
};
enum {
    FB_SVG_WIDTH = 1280,
    FB_SVG_NARROW = 480,
    FB_SVG_BARE = 240, // the narrowest when it is bare
    FB_SVG_WIDE = 8000
};

// Chrome's trace event format (JSON), as Perfetto and chrome://tracing read it;
// README.md says what is drawn as what.
// Errors: -ENOMEM, -EIO.
__attribute__((warn_unused_result)) int
fb_export_chrome(struct fb_session *s, const struct fb_export_options *options);

// A table as RFC 4180 has it: a row an event, with its sentence; or a row a
// task, with what it came to. Errors: -ENOMEM, -EIO.
__attribute__((warn_unused_result)) int
fb_export_csv(struct fb_session *s, const struct fb_export_options *options);

// A picture as SVG: text stays text, light and dark in one file, no scripts,
// nothing from outside. Its size is bounded, whatever the trace has; what is
// left out is said in it. Errors: -ENOMEM, -EIO, -ERANGE event `at` or the
// events from … to are not in the trace, -ESRCH there is no such task then.
__attribute__((warn_unused_result)) int
fb_export_svg(struct fb_session *s, const struct fb_export_options *options);

// ---- forms and files ----

// Which options a form obeys, besides the events' range.
enum fb_export_takes {
    FB_EXPORT_TAKES_TABLE = 1 << 0,
    FB_EXPORT_TAKES_AT = 1 << 1,
    FB_EXPORT_TAKES_TITLE = 1 << 2,
    FB_EXPORT_TAKES_PICTURE = 1 << 3, // task, view, theme, width, bare
    FB_EXPORT_TAKES_SOURCE = 1 << 4,
};

struct fb_export_form {
    const char *name;      // "chrome"
    const char *extension; // of files that have it: ".json"
    const char *what;      // "for Perfetto and chrome://tracing"
    unsigned takes;        // enum fb_export_takes
    int (*write)(struct fb_session *s, const struct fb_export_options *options);
    // Whether all that it needs is here, before a trace is opened; `why` has a
    // sentence if it is not. NULL: it needs nothing.
    int (*ready)(char *why, size_t why_bytes);
    uint32_t events_per_ms; // about how fast it is, so that nobody waits long
};
const struct fb_export_form *fb_export_forms(size_t *ret_count);
// By its name, or by how a path ends; NULL: there is none.
const struct fb_export_form *fb_export_form(const char *name);
const struct fb_export_form *fb_export_form_of(const char *path);
// "chrome (.json), csv (.csv) or svg (.svg)", and so on. Returns bytes as snprintf does.
size_t fb_export_say_forms(char *out, size_t out_bytes);

// Writes the form to `path`; options->out is not looked at. The file appears
// whole or not at all: it has no name before. One that is there already stays
// unless `force`; the trace that is read, and one that a program writes just
// now, in any case. A device or a pipe is written to directly.
// Errors: -EEXIST, -EBUSY it is such a trace, those of the form and of the file system; `why` then has a
// sentence without an end that names the path.
__attribute__((warn_unused_result)) int
fb_export_file(struct fb_session *s, const struct fb_export_form *form,
               const struct fb_export_options *options, const char *path,
               bool force, char *why, size_t why_bytes);

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
