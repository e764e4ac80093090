// Problem: is an export held up by its writer, or by the disk and the eyes that
// wait for it?
// Idea: a trace of so many events, of a server with clients that come and go
// (sim_greeter), is opened once; then each form is written into nothing, by
// turns with a peer: a tree of JSON values, written by jansson, of the same
// records. What counts is processor time: reducing the events is in it.
// Output: a line a form: megabytes, megabytes a second, events a second.
#include "export.h"
#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static double now_s(void) {
    struct timespec t;

    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t written;

static ssize_t count_bytes(void *cookie, const char *bytes, size_t count) {
    (void)cookie, (void)bytes;
    written += count;
    return (ssize_t)count;
}

static void say(const char *what, double seconds, uint64_t events) {
    printf("%-24s %8.1f MB %8.0f MB/s %8.2f M events/s\n", what,
           (double)written / 1e6, (double)written / 1e6 / seconds,
           (double)events / 1e6 / seconds);
}

// Returns an error of the export's.
static int measure(struct fb_session *s, const struct fb_export_form *form,
                   const char *what, struct fb_export_options o,
                   uint64_t events) {
    const cookie_io_functions_t into_nothing = {.write = count_bytes};
    const double from = now_s();
    int err;

    written = 0;
    o.out = fopencookie(NULL, "w", into_nothing);
    if (o.out == NULL) {
        return -1;
    }
    err = form->write(s, &o);
    if (fclose(o.out) != 0 || err < 0) {
        return -1;
    }
    say(what, now_s() - from, events);
    return 0;
}

static int take_bytes(const char *bytes, size_t count, void *arg) {
    (void)bytes, (void)arg;
    written += count;
    return 0;
}

// The peer: as many records as there are events, each of the size of most, made
// and written one by one. Nothing is reduced in it.
static int measure_peer(uint64_t events) {
    const double from = now_s();
    int err = 0;

    written = 0;
    for (uint64_t i = 0; err == 0 && i < events; i++) {
        json_t *record =
            json_pack("{s:s,s:i,s:i,s:f,s:s}", "ph", "B", "pid", 4242, "tid", 1,
                      "ts", (double)i / 1000, "name", "poll Ada");

        err = record == NULL
                  ? -1
                  : json_dump_callback(record, take_bytes, NULL, JSON_COMPACT);
        json_decref(record);
    }
    if (err == 0) {
        say("peer: jansson", now_s() - from, events);
    }
    return err;
}

int main(int argc, char **argv) {
    const struct fb_export_form *chrome = fb_export_form("chrome"),
                                *csv = fb_export_form("csv"),
                                *svg = fb_export_form("svg");
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;
    uint64_t events;
    int err;

    if (argc != 2) {
        fprintf(stderr, "usage: export_speed TRACE\n");
        return 2;
    }
    if (fb_session_open(&s, argv[1], false, why, sizeof(why)) < 0) {
        fprintf(stderr, "export_speed: %s\n", why);
        return 1;
    }
    events = fb_history_count(fb_session_history(s));
    printf("%.1f M events\n", (double)events / 1e6);
    err = measure(s, chrome, "chrome", (struct fb_export_options){0}, events) ||
          measure_peer(events) ||
          measure(s, csv, "csv", (struct fb_export_options){0}, events) ||
          measure(s, csv, "csv, tasks",
                  (struct fb_export_options){.tasks = true}, events) ||
          measure(s, svg, "svg, timeline", (struct fb_export_options){0},
                  events) ||
          measure(s, svg, "svg, run",
                  (struct fb_export_options){.view = FB_SVG_RUN}, events);
    fb_session_close(s);
    if (err != 0) {
        fprintf(stderr, "export_speed: not everything was written\n");
    }
    return err != 0;
}
