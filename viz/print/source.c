// print --source: for each task, the chain of places from its root future
// inwards, each with its line, and around the one that matters a few more.
//
//     task 4  "127.0.0.1:51234"
//       greet_named awaits at server/named.c:31
//         read is defined at core/stream.c:57
//
//           30      ...
//         > 31      FB_AWAIT(self->read, ...);
//           32      ...
#include "fishbowl/trace/text.h"
#include "page.h"
#include "points.h"
#include "sources.h"
#include "where.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

enum { AROUND = 3, TEXT = 1024 };

static void print_lines(FILE *out, const struct fb_source_text *t,
                        uint32_t number, uint32_t around) {
    const uint32_t first = number > around ? number - around : 1;
    char text[TEXT];

    if (t->why[0] != '\0') {
        fprintf(out, "    (%s)\n", t->why);
        return;
    }
    if (t->changed) {
        fputs("    (changed after the program had started: lines may be "
              "off)\n",
              out);
    }
    if (number > t->count) {
        fprintf(out,
                "    (line %" PRIu32 " is not in the file found, which "
                "has %zu)\n",
                number, t->count);
        return;
    }
    for (uint32_t n = first; n <= t->count && n - first <= 2 * around; n++) {
        fb_source_say(&t->lines[n - 1], text, sizeof(text));
        fprintf(out, "    %s %5" PRIu32 "  %s\n", n == number ? ">" : " ", n,
                text);
        if (n - number == around) {
            break;
        }
    }
}

static void print_task(const struct fb_print_options *o, struct fb_session *s,
                       const struct fb_model *m, struct fb_sources *sources,
                       const struct fb_model_task *t) {
    struct fb_where chain[FB_WHERE_MAX];
    size_t best;
    const size_t count = fb_where(m, fb_session_names(s), t->id, chain, &best);
    char text[FB_PAGE_TEXT];

    fb__page_label(t, text, sizeof(text));
    fprintf(o->out, "\ntask %" PRIu32 "%s%s\n", t->id, text[0] ? "  " : "",
            text);
    if (count == 0) {
        fputs("  stands nowhere now: it has no future\n", o->out);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        fb_text_sanitise(chain[i].file, strlen(chain[i].file), text,
                         sizeof(text));
        fprintf(o->out, "  %s %s at %s:%" PRIu32 "\n", chain[i].name,
                chain[i].awaits ? "awaits" : "is defined", text, chain[i].line);
    }
    print_lines(o->out, fb_sources_get(sources, chain[best].file),
                chain[best].line, AROUND);
}

static void print_actor(const struct fb_print_options *o, struct fb_session *s,
                        const struct fb_model *m, struct fb_sources *sources) {
    const struct fb_session_facts *f = fb_session_facts(s);
    const bool foreign = (f->flags & FB_TRACE_FOREIGN) != 0;
    const struct fb_point *points[FB_POINTS_MAX];
    char text[TEXT];
    size_t count;

    if (m->event == 0) {
        return;
    }
    count = fb_points_say(m->event, &m->last, foreign ? 0 : f->workers, text,
                          sizeof(text), points);
    fprintf(o->out, "\n%s\n", text);
    for (size_t i = 0; i < count; i++) {
        print_lines(o->out, fb_sources_get(sources, points[i]->file),
                    points[i]->line, 0);
    }
}

int fb_print_source(struct fb_session *s,
                    const struct fb_print_options *options) {
    const struct fb_session_facts *facts = fb_session_facts(s);
    struct fb_sources *sources;
    const struct fb_model_task *t;
    const struct fb_model *m;
    uint32_t cursor = 0;
    int err = fb__page_world(s, options, &m);

    if (err == 0) {
        err = fb_sources_create(
            &sources,
            &(struct fb_sources_options){
                .dir = options->source_dir,
                .pid = fb_session_life(s) == FB_LIFE_RUNNING ? facts->pid : 0,
                .started_ns = facts->start_realtime_ns,
                .provider = fb_session_source_provider(s)});
    }
    if (err < 0) {
        return err;
    }
    fb__page_head(s, m, options->out);
    while ((t = fb_model_task_next(m, &cursor)) != NULL) {
        if (fb__page_shows(options, t)) {
            print_task(options, s, m, sources, t);
        }
    }
    print_actor(options, s, m, sources);
    fb_sources_destroy(sources);
    return fb__page_end(options->out);
}
