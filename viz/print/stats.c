// print --stats: the statistics pane as text. No frame waits for it, so a task's
// durations are those of all its events that the trace still holds.
#include "stats.h"
#include "page.h"

#include <inttypes.h>
#include <string.h>

enum { BARS = 16, BAR_COLS = 40 };

static void print_line(void *arg, const char *text) {
    fprintf(arg, "%s\n", text);
}

static void print_bar(FILE *out, const struct fb_histogram_bar *bar,
                      uint64_t most, bool ascii) {
    char from[64];
    int cols =
        (int)((double)bar->count / (double)(most > 0 ? most : 1) * BAR_COLS);

    cols = bar->count > 0 && cols == 0 ? 1 : cols;
    fb_say_bar(from, sizeof(from), bar);
    fprintf(out, "  %*s%s  ", 8 - fb__page_columns(from), "", from);
    for (int i = 0; i < BAR_COLS; i++) {
        fputs(i >= cols ? " " : ascii ? "#" : "█", out);
    }
    fprintf(out, "  %" PRIu64 "\n", bar->count);
}

static void print_histogram(FILE *out, enum fb_duration what,
                            const struct fb_histogram *h, bool ascii) {
    struct fb_histogram_bar bars[BARS];
    const size_t count = fb_histogram_bars(h, bars, BARS);
    char text[FB_PAGE_TEXT];
    uint64_t most = 0;

    fb_say_histogram(text, sizeof(text), what, h);
    fprintf(out, "\n%s: %s\n", fb_name_duration(what), text);
    for (size_t i = 0; i < count; i++) {
        most = bars[i].count > most ? bars[i].count : most;
    }
    for (size_t i = 0; i < count; i++) {
        print_bar(out, &bars[i], most, ascii);
    }
}

static void print_task(struct fb_session *s, const struct fb_model *m,
                       const struct fb_print_options *options) {
    struct fb_task_durations d;
    char name[FB_PAGE_TEXT], range[64];

    fb_stats_task(fb_session_history(s), m, options->task, 0, &d);
    fb_say_task(name, sizeof(name), fb_session_names(s), m, options->task);
    fb_say_stats_range(range, sizeof(range), &d);
    fprintf(options->out, "\nTask %" PRIu32 " %s: %s\n", options->task, name,
            range);
    for (int what = 0; what < FB_DURATIONS; what++) {
        print_histogram(options->out, (enum fb_duration)what, &d.of[what],
                        options->ascii);
    }
    fputc('\n', options->out);
    fb_tell_stats(m, options->task, print_line, options->out);
}

int fb_print_stats(struct fb_session *s,
                   const struct fb_print_options *options) {
    const struct fb_model *m;
    const int err = fb__page_world(s, options, &m);

    if (err < 0) {
        return err;
    }
    fb__page_head(s, m, options->out);
    if (options->task != 0) {
        print_task(s, m, options);
    } else {
        for (int what = 0; what < FB_DURATIONS; what++) {
            print_histogram(options->out, (enum fb_duration)what,
                            &m->durations[what], options->ascii);
        }
        fputc('\n', options->out);
        fb_tell_stats(m, 0, print_line, options->out);
    }
    fputc('\n', options->out);
    fb_tell_stats_limits(m, fb_session_facts(s)->flags, print_line,
                         options->out);
    return fb__page_end(options->out);
}
