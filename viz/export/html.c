// Problem: whoever gets a trace may have nothing but a browser.
//
// Idea: one page that holds everything: the template (markup, style, script and
// the model as WebAssembly; viz/page) and the trace as the records of a
// recording, packed as every browser can unpack them. The page reads them as
// any reader of recordings does.
//
//     template … @TITLE@ … @ABOUT@ … @TRACE@ …
//                  │          │          └ HEAD, NAME and SOURCE before the
//                  │          │            first events that need them, EVENTS,
//                  │          │            GAP, END; gzip; base64
//                  │          └ where the page opens
//                  └ of the window
//
// A page that shall begin in the middle needs the world there. So it holds the
// events from the last whole census before on, and opens at what was asked for.
#include "beside.h"
#include "export.h"
#include "fishbowl/trace/text.h"
#include "html_out.h"
#include "json_out.h"
#include "needs.h"
#include "recording.h"
#include "sources.h"
#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#define TEMPLATE_FROM_BIN "../share/fishbowl/"

enum {
    BATCH = 4096, // events in one record
    TITLE = 256,
    TEMPLATE_MOST = 8 << 20,
};

struct page {
    struct fb_session *session;
    const struct fb_export_options *options;
    struct fb_recording_writer *out;
    struct fb_sources *sources;
    uint64_t first;        // of the events in the page
    struct fb_needs needs; // names and texts, written so far
};

// ---- events ----

static bool is_census(const struct fb_event *e) {
    return e != NULL && e->kind == FB_EV_CENSUS && e->detail == FB_CENSUS_BEGIN;
}

// Where a model that is exact at `wanted` can begin: the trace's first event,
// or the last census before that it holds from its beginning.
static uint64_t begin_at(struct fb_session *s, uint64_t wanted) {
    const struct fb_history *h = fb_session_history(s);
    const uint64_t first = fb_history_first(h);
    uint64_t at = wanted;

    while (at > first && !is_census(fb_history_event(h, at))) {
        at = fb_history_prev(h, at);
    }
    if (at > first || first == fb_session_facts(s)->first) {
        return at > first ? at : first;
    }
    // what lies before has slid out of memory: the first census there is
    for (at = first; at != 0; at = fb_history_next(h, at)) {
        if (is_census(fb_history_event(h, at))) {
            return at;
        }
    }
    return first;
}

static int put_events(struct page *p) {
    const struct fb_history *h = fb_session_history(p->session);
    const uint64_t to = p->options->to;
    uint64_t at = p->first;
    int err = 0;

    while (err == 0 && at != 0 && (to == 0 || at <= to)) {
        uint64_t first;
        size_t count, begin;
        const struct fb_event *run = fb_history_run(h, at, &first, &count);

        begin = (size_t)(at - first);
        count = count - begin < BATCH ? count - begin : BATCH;
        if (to != 0 && to - at < count) {
            count = (size_t)(to - at) + 1;
        }
        err = fb_needs_write(&p->needs, run + begin, count);
        if (err == 0) {
            err = fb_recording_events(p->out, at, run + begin, count);
        }
        at = fb_history_next(h, at + count - 1);
    }
    return err;
}

// Whether the trace ends where somebody stopped writing it, not by itself; then
// neither has the page an END, and says so.
static bool is_cut(const struct page *p) {
    const uint64_t last = fb_history_last(fb_session_history(p->session));

    return fb_session_facts(p->session)->end != FB_SESSION_WHOLE &&
           (p->options->to == 0 || p->options->to >= last);
}

static enum fb_recording_end end_of(const struct page *p) {
    const uint64_t last = fb_history_last(fb_session_history(p->session));

    if (p->options->to != 0 && p->options->to < last) {
        return FB_RECORDING_RAN_ON;
    }
    switch (fb_session_life(p->session)) {
    case FB_LIFE_CLOSED: return FB_RECORDING_CLOSED;
    case FB_LIFE_KILLED: return FB_RECORDING_KILLED;
    case FB_LIFE_RUNNING:
    case FB_LIFE_LEFT: break;
    }
    return FB_RECORDING_RAN_ON;
}

// ---- what the markers become ----

static int put_records(struct page *p, struct fb__packer *packer) {
    const struct fb_session_facts *f = fb_session_facts(p->session);
    const struct fb_recording_head head = {
        .pid = f->pid,
        .flags = f->flags | FB_TRACE_RECORDING,
        .workers = f->workers,
        .start_realtime_ns = f->start_realtime_ns,
        .start_time_ns = f->start_time_ns,
        .program = f->program,
        .address = f->address,
    };
    int err = fb_recording_stream(&p->out, fb__packer_put, packer, &head);

    if (err == 0) {
        fb_needs_init(&p->needs, &(struct fb_needs_options){
                                     .out = p->out,
                                     .sources = p->sources,
                                     .names = *fb_session_names(p->session),
                                     .flags = f->flags,
                                     .workers = f->workers});
        err = put_events(p);
    }
    if (err == 0 && !is_cut(p)) {
        err = fb_recording_finish(p->out, end_of(p));
    } else {
        fb_recording_abandon(p->out);
    }
    return err;
}

static int put_trace(struct page *p) {
    struct fb__packer *packer;
    int err = fb__packer_begin(&packer, p->options->out);

    if (err < 0) {
        return err;
    }
    err = put_records(p, packer);
    if (err < 0) {
        fb__packer_abandon(packer);
        return err;
    }
    return fb__packer_end(packer);
}

static void make_title(const struct page *p, char title[TITLE]) {
    const struct fb_session_facts *f = fb_session_facts(p->session);
    const char *given = p->options->title;

    if (given != NULL) {
        fb_text_sanitise(given, strlen(given), title, TITLE);
    } else {
        snprintf(title, TITLE, "%.200s (pid %" PRIu32 ")", f->program, f->pid);
    }
}

static int put_title(struct page *p) {
    char title[TITLE];

    make_title(p, title);
    fb__html_text(p->options->out, title);
    return 0;
}

// "<" begins a tag even inside a script's JSON.
static int put_about(struct page *p) {
    const struct fb_export_options *o = p->options;
    char title[TITLE], cut[TITLE] = "", *text = NULL;
    size_t len = 0;
    FILE *json = open_memstream(&text, &len);

    if (json == NULL) {
        return -ENOMEM;
    }
    make_title(p, title);
    if (is_cut(p)) { // the stream in the page only shows that it is not whole
        fb_session_say_end(p->session, cut, sizeof(cut));
    }
    fputs("{\"version\":1", json);
    fb__json_text(json, "title", title);
    fb__json_text(json, "cut", cut);
    fb__json_number(json, "at", (int64_t)(o->at != 0 ? o->at : o->from));
    fputs("}\n", json);
    if (fclose(json) != 0) {
        free(text);
        return -ENOMEM;
    }
    for (size_t i = 0; i < len; i++) {
        if (text[i] == '<') {
            fputs("\\u003c", o->out);
        } else {
            putc(text[i], o->out);
        }
    }
    free(text);
    return 0;
}

// ---- the template ----

// Errors: -ENOENT it is not there, those of fopen, -ENOMEM, -EFBIG.
static int read_template(char **ret_text, size_t *ret_len) {
    char path[PATH_MAX];
    FILE *file;
    int err =
        fb_beside_path(TEMPLATE_FROM_BIN, "page.html", path, sizeof(path));

    if (err < 0) {
        return err;
    }
    file = fopen(path, "re");
    if (file == NULL) {
        return -errno;
    }
    *ret_text = malloc(TEMPLATE_MOST);
    if (*ret_text == NULL) {
        (void)fclose(file);
        return -ENOMEM;
    }
    *ret_len = fread(*ret_text, 1, TEMPLATE_MOST, file);
    err = ferror(file) ? -EIO : *ret_len == TEMPLATE_MOST ? -EFBIG : 0;
    (void)fclose(file);
    if (err < 0) {
        free(*ret_text);
    }
    return err;
}

static int fill_in(struct page *p, const char *text, size_t len) {
    static const struct {
        const char *name;
        int (*put)(struct page *p);
    } markers[] = {
        {"@TITLE@", put_title}, {"@ABOUT@", put_about}, {"@TRACE@", put_trace}};
    const char *end = text + len;
    int err = 0;

    while (err == 0 && text < end) {
        const char *at = memchr(text, '@', (size_t)(end - text));
        size_t skip = 0;

        at = at != NULL ? at : end;
        (void)fwrite(text, 1, (size_t)(at - text), p->options->out);
        for (size_t i = 0; i < sizeof(markers) / sizeof(markers[0]); i++) {
            const size_t name = strlen(markers[i].name);

            if (skip == 0 && name <= (size_t)(end - at) &&
                memcmp(at, markers[i].name, name) == 0) {
                err = markers[i].put(p);
                skip = name;
            }
        }
        if (at < end && skip == 0) {
            putc('@', p->options->out);
            skip = 1;
        }
        text = at + skip;
    }
    return err;
}

int fb_export_html_check(char *why, size_t why_bytes) {
    char path[PATH_MAX], *text = NULL;
    size_t len;
    const int err = read_template(&text, &len);

    if (err == 0) {
        free(text);
        return 0;
    }
    if (fb_beside_path(TEMPLATE_FROM_BIN, "page.html", path, sizeof(path)) <
        0) {
        path[0] = '\0';
    }
    snprintf(why, why_bytes,
             "%s: %s (the page is made when Fishbowl is built where clang, lld "
             "and wasi-libc are: ./fishbowl install page, then build again)",
             path, strerror(-err));
    return err;
}

int fb_export_html(struct fb_session *s, const struct fb_export_options *o) {
    const struct fb_session_facts *f = fb_session_facts(s);
    struct page *p = calloc(1, sizeof(*p));
    char *text = NULL;
    size_t len = 0;
    int err = p == NULL ? -ENOMEM : read_template(&text, &len);

    if (err == 0) {
        p->session = s;
        p->options = o;
        p->first = begin_at(s, o->from);
        err = fb_sources_create(
            &p->sources,
            &(struct fb_sources_options){
                .dir = o->source_dir,
                .pid = fb_session_life(s) == FB_LIFE_RUNNING ? f->pid : 0,
                .started_ns = f->start_realtime_ns,
                .provider = fb_session_source_provider(s)});
    }
    if (err == 0) {
        err = fill_in(p, text, len);
        fb_sources_destroy(p->sources);
        fb_needs_deinit(&p->needs);
    }
    free(text);
    free(p);
    if (err == 0 && (fflush(o->out) != 0 || ferror(o->out))) {
        err = -EIO;
    }
    return err;
}
