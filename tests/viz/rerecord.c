// Writing a recording from the rings of a file.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/merge.h"
#include "rerecord.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LINES = 120, GROUP_MOST = 4096 };

static void put_source(struct fb_recording_writer *w, const char *file) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    for (int i = 1; i <= LINES; i++) {
        fprintf(out, "    %s says %d;\n", file, i);
    }
    assert_int_equal(fclose(out), 0);
    assert_int_equal(fb_recording_source(w, file, text, len), 0);
    free(text);
}

static void put_names(struct fb_recording_writer *w,
                      const struct fb_trace_reader *r,
                      const struct rerecord *how) {
    char file[400];

    (void)fb_trace_reader_place(r, 1); // has it read what was added
    for (uint32_t i = 1; i < r->table_count; i++) {
        const struct fb_trace_place p = fb_trace_reader_place(r, i);

        snprintf(file, sizeof(file), "%s%s", how->prefix ? how->prefix : "",
                 p.file);
        assert_int_equal(fb_recording_name(w, i, p.name, file, p.line, p.size),
                         0);
        if (how->with_sources) {
            put_source(w, file);
        }
    }
}

static bool is_lost(const struct rerecord *how, uint64_t number) {
    return number >= how->lost_first && number <= how->lost_last;
}

static void put_events(struct fb_recording_writer *w, struct fb_trace_merge *m,
                       const struct rerecord *how) {
    static struct fb_event events[GROUP_MOST];
    const size_t group = how->group != 0 ? how->group : 1000;
    uint64_t first = fb_trace_merge_sync(m);

    for (;;) {
        size_t n = fb_trace_merge_read(m, first, events, group, &first), i = 0;

        if (n == 0) {
            return;
        }
        for (; i < n && !is_lost(how, first + i); i++) {
        }
        if (i > 0) {
            assert_int_equal(fb_recording_events(w, first, events, i), 0);
            assert_int_equal(fb_recording_flush(w), 0);
        }
        first += i;
        for (; i < n && is_lost(how, first); i++) {
            first++;
        }
    }
}

void rerecord(const struct rerecord *how, const char *path) {
    struct fb_recording_writer *w;
    struct fb_recording_head head;
    struct fb_trace_merge *m;
    struct fb_trace_reader r;

    assert_int_equal(fb_trace_reader_open(&r, how->ring, false), 0);
    assert_int_equal(fb_trace_merge_open(&m, &r), 0);
    head = (struct fb_recording_head){
        .pid = r.header.pid,
        .flags = r.header.flags | FB_TRACE_RECORDING,
        .workers = r.header.ring_count,
        .start_realtime_ns = r.header.start_realtime_ns,
        .start_time_ns = r.header.start_time_ns,
        .program = r.header.program,
        .address = ""};
    assert_int_equal(fb_recording_create(&w, path, &head), 0);
    put_names(w, &r, how);
    head.address = r.header.address;
    assert_int_equal(fb_recording_head(w, &head), 0); // it listens now
    put_events(w, m, how);
    if (how->no_end) {
        assert_int_equal(fb_recording_flush(w), 0);
        fb_recording_abandon(w);
    } else {
        assert_int_equal(fb_recording_finish(w, how->end), 0);
    }
    fb_trace_merge_close(m);
    fb_trace_reader_close(&r);
}
