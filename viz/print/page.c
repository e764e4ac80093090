// What all printed pages share: the world they show, their head, their columns.
//
// A page begins by saying what it is a picture of: which program, whether it
// still runs, after which event; and what it cannot know, because events had
// left the ring or were lost. A page that leaves this out looks more certain
// than it is.
#include "page.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>

int fb__page_has(struct fb_session *s, const struct fb_print_options *options) {
    return options->at != 0 &&
                   fb_history_event(fb_session_history(s), options->at) == NULL
               ? -ERANGE
               : 0;
}

int fb__page_world(struct fb_session *s, const struct fb_print_options *options,
                   const struct fb_model **ret_model) {
    struct fb_history *h = fb_session_history(s);
    const uint64_t at = options->at;
    const struct fb_model *m;
    const int err = fb__page_has(s, options);

    if (err < 0) {
        return err;
    }
    m = at == 0 ? fb_history_live(h) : fb_history_at(h, at);
    if (m == NULL) {
        return -ENOMEM;
    }
    if (options->task != 0 && fb_model_task(m, options->task) == NULL) {
        return -ESRCH;
    }
    *ret_model = m;
    return 0;
}

const char *fb__page_life(const struct fb_session *s) {
    uint64_t after;

    switch (fb_session_life(s)) {
    case FB_LIFE_RUNNING:
        return fb_session_stopped(s, &after) ? "stopped" : "running";
    case FB_LIFE_CLOSED: return "has ended";
    case FB_LIFE_KILLED: return "was killed";
    case FB_LIFE_LEFT:
        return fb_session_facts(s)->end == FB_SESSION_WHOLE
                   ? "ran on"
                   : "how it ended is not known";
    }
    return "?";
}

bool fb__page_is_recording(const struct fb_session *s) {
    return (fb_session_facts(s)->flags & FB_TRACE_RECORDING) != 0;
}

const char *fb__page_before(const struct fb_session *s) {
    return fb__page_is_recording(s) ? "were not recorded" : "had left the ring";
}

void fb__page_say_end(const struct fb_session *s, FILE *out) {
    char text[FB_PAGE_TEXT];

    fb_session_say_end(s, text, sizeof(text));
    if (text[0] != '\0') {
        fprintf(out, "%s\n", text);
    }
}

enum { GAPS_SHOWN = 3 }; // a slow viewer may have thousands

static const char *plural(uint64_t count) {
    return count == 1 ? "" : "s";
}

static void say_missing(struct fb_session *s, const struct fb_model *m,
                        FILE *out) {
    const struct fb_session_facts *f = fb_session_facts(s);
    const struct fb_session_gap *gaps;
    uint64_t all, lost = 0;
    size_t known = 0; // gaps before the moment that is shown
    const size_t count = fb_session_gaps(s, &gaps, &all);

    if (f->first > 1) {
        fprintf(out, "events 1 to %" PRIu64 " %s; %s\n", f->first - 1,
                fb__page_before(s),
                f->exact ? "a census tells what was alive after them"
                         : "what they began may be missing here");
    }
    for (; known < count && gaps[known].first <= m->event; known++) {
        lost += gaps[known].last - gaps[known].first + 1;
    }
    for (size_t i = 0; i < known && i < GAPS_SHOWN; i++) {
        fprintf(out, "events %" PRIu64 " to %" PRIu64 " were lost\n",
                gaps[i].first, gaps[i].last);
    }
    if (known > GAPS_SHOWN) {
        fprintf(out, "%" PRIu64 " events were lost in all, in %zu places\n",
                lost, known);
    }
    if (m->uncertain) {
        fprintf(out, "uncertain: no whole census has come since then\n");
    }
    fb__page_say_end(s, out);
}

// "4 workers: 1 polls, 2 are parked"
static void say_workers(const struct fb_session *s, const struct fb_model *m,
                        FILE *out) {
    uint32_t polling = 0, parked = 0;

    if (fb_session_facts(s)->workers <= 1) {
        return;
    }
    for (uint32_t i = 0; i < fb_model_workers(m); i++) {
        const struct fb_model_worker *w = fb_model_worker(m, i);

        polling += w->running != FB_MODEL_NONE;
        parked += w->parked;
    }
    fprintf(out,
            "%" PRIu32 " workers: %" PRIu32 " poll%s, %" PRIu32 " %s parked\n",
            fb_session_facts(s)->workers, polling, polling == 1 ? "s" : "",
            parked, parked == 1 ? "is" : "are");
}

void fb__page_head(struct fb_session *s, const struct fb_model *m, FILE *out) {
    const struct fb_session_facts *f = fb_session_facts(s);
    char time[32];

    fb__page_time(s, m->time_ns, time, sizeof(time));
    fprintf(out, "%s  pid %" PRIu32 "%s%s  %s%s\n", f->program, f->pid,
            f->address[0] != '\0' ? "  " : "", f->address, fb__page_life(s),
            fb__page_is_recording(s) ? ", recorded" : "");
    if (m->event == 0) {
        fprintf(out, "before the first event\n");
    } else {
        fprintf(out, "after event %" PRIu64 " at %s s: %" PRIu32 " task%s",
                m->event, time, m->live_tasks, plural(m->live_tasks));
        // A census tells each task's counts but not those of tasks now gone.
        if (f->first > 1) {
            fprintf(out, "; from event %" PRIu64 " on", f->first);
        } else {
            fputc(',', out);
        }
        fprintf(out, " %" PRIu64 " poll%s, %" PRIu64 " wake%s\n", m->polls,
                plural(m->polls), m->wakes, plural(m->wakes));
    }
    say_workers(s, m, out);
    say_missing(s, m, out);
    if (m->stalled) {
        fprintf(out, "stalled: nothing can ever happen again\n");
    }
}

void fb__page_time(struct fb_session *s, uint64_t time_ns, char *out,
                   size_t out_bytes) {
    fb_say_time(out, out_bytes, fb_session_facts(s)->start_time_ns, time_ns);
}

void fb__page_label(const struct fb_model_task *t, char *out,
                    size_t out_bytes) {
    char safe[FB_TEXT_SAFE_BYTES(sizeof(t->label))];

    out[0] = '\0';
    if (fb_say_label(safe, sizeof(safe), t) > 0) {
        snprintf(out, out_bytes, "\"%s\"", safe);
    }
}

uint32_t fb__page_line(const struct fb_names *n, uint32_t index) {
    const char *name, *file;
    uint32_t line = 0, size;

    n->place(n->arg, index, &name, &file, &line, &size);
    return line;
}

bool fb__page_shows(const struct fb_print_options *options,
                    const struct fb_model_task *t) {
    return options->task != 0 ? t->id == options->task
                              : t->state != FB_TASK_FREED;
}

// The next scalar of sanitised text and its columns; broken bytes count 1.
static size_t next_scalar(const char *text, int *ret_columns) {
    uint32_t scalar = 0;
    const size_t len = fb_text_decode(text, strlen(text), &scalar);
    const int columns = len > 0 ? fb_text_width(scalar) : 1;

    *ret_columns = columns < 0 ? 0 : columns;
    return len > 0 ? len : 1;
}

int fb__page_columns(const char *text) {
    int all = 0;

    while (*text != '\0') {
        int columns;

        text += next_scalar(text, &columns);
        all += columns;
    }
    return all;
}

void fb__page_cell(FILE *out, const char *text, int columns) {
    const bool cut = fb__page_columns(text) > columns;
    const int room = cut ? columns - 1 : columns;
    int used = 0;

    while (*text != '\0') {
        int width;
        const size_t len = next_scalar(text, &width);

        if (used + width > room) {
            break;
        }
        fwrite(text, 1, len, out);
        used += width;
        text += len;
    }
    if (cut) {
        fputs("…", out);
        used++;
    }
    fprintf(out, "%*s", columns - used, "");
}

int fb__page_end(FILE *out) {
    return fflush(out) != 0 || ferror(out) ? -EIO : 0;
}
