// A recording is a trace like any other: every page says the same of it as of
// the rings it was taken from, and what is missing of it is said.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "frame.h"
#include "print.h"
#include "rerecord.h"
#include "scene.h"
#include "sources.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static struct scene trace;
static uint64_t newest; // its last event
static char path[160], why[FB_SESSION_WHY_BYTES];

// ---- a trace and its recording ----

// Three clients; one has talked and gone.
static void act(void) {
    uint32_t ada;

    scene_listen(&trace);
    scene_connect(&trace, 7, "127.0.0.1:50001");
    ada = scene_connect(&trace, 8, "Ada \033[31m");
    scene_idle(&trace, 20);
    scene_talk(&trace, ada, 8, 4);
    scene_connect(&trace, 9, "Grace");
}

static void open_trace(void) {
    scene_open(&trace, 0);
    act();
    newest = trace.w.head;
    scene_end(&trace);
    snprintf(path, sizeof(path), "%s/run.fish", trace.dir);
}

static void close_trace(void) {
    (void)unlink(path);
    scene_close(&trace);
}

static void record_as(struct rerecord how) {
    how.ring = trace.path;
    rerecord(&how, path);
}

static struct fb_session *open_session(const char *what) {
    struct fb_session *s;

    if (fb_session_open(&s, what, false, why, sizeof(why)) < 0) {
        fail_msg("%s", why);
    }
    return s;
}

static struct fb_session *open_recording(void) {
    return open_session(path);
}

// ---- pages ----

typedef int page_fn(struct fb_session *s, const struct fb_print_options *o);

static int print_screen(struct fb_session *s,
                        const struct fb_print_options *o) {
    return fb_frame_print(s, 100, 30, o->at, false, o->out);
}

static int print_quiz(struct fb_session *s, const struct fb_print_options *o) {
    return fb_print_quiz(s, o, true);
}

static page_fn *const pages[] = {
    fb_print_story,  fb_print_events, fb_print_tasks,    fb_print_tree,
    fb_print_source, fb_print_stats,  fb_print_timeline, fb_print_reactor,
    fb_print_lints,  fb_print_wakers, fb_print_waits,    fb_print_decisions,
    fb_print_json,   print_screen,    print_quiz};

static char *page_of(struct fb_session *s, page_fn *print, uint64_t at) {
    struct fb_print_options o = {.at = at};
    char *text = NULL;
    size_t len = 0;
    int err;

    o.out = open_memstream(&text, &len);
    assert_non_null(o.out);
    err = print(s, &o);
    assert_true(err >= 0);
    assert_int_equal(fclose(o.out), 0);
    return text;
}

// Takes out of `text` what only a recording has, and its own name.
static void forget(char *text, const char *what) {
    char *at;

    while ((at = strstr(text, what)) != NULL) {
        memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
    }
}

static void assert_pages_equal(struct fb_session *a, struct fb_session *b,
                               uint64_t at) {
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        char *of_a = page_of(a, pages[i], at), *of_b = page_of(b, pages[i], at);

        forget(of_b, ", recorded");
        forget(of_a, "scene.ring");
        forget(of_b, "run.fish");
        forget(of_a, "\"recording\": false");
        forget(of_b, "\"recording\": true");
        assert_string_equal(of_a, of_b);
        free(of_a);
        free(of_b);
    }
}

static void assert_recording_equals_ring(void) {
    struct fb_session *ring = open_session(trace.path), *tape;
    const uint64_t last = fb_history_last(fb_session_history(ring));
    const uint64_t first = fb_history_first(fb_session_history(ring));

    record_as((struct rerecord){.end = FB_RECORDING_CLOSED});
    tape = open_recording();
    assert_int_equal(fb_session_life(tape), FB_LIFE_CLOSED);
    assert_int_equal(fb_history_last(fb_session_history(tape)), last);
    assert_true(fb_session_facts(tape)->exact);
    assert_true((fb_session_facts(tape)->flags & FB_TRACE_RECORDING) != 0);
    assert_pages_equal(ring, tape, 0);
    for (uint64_t n = first; n <= last; n += 11) {
        assert_pages_equal(ring, tape, n);
    }
    fb_session_close(ring);
    fb_session_close(tape);
}

static void every_page_is_as_of_the_rings(void **state) {
    (void)state;
    open_trace();
    assert_recording_equals_ring();
    close_trace();
}

static void also_of_several_workers(void **state) {
    (void)state;
    scene_open_workers(&trace, 0, 3);
    snprintf(path, sizeof(path), "%s/run.fish", trace.dir);
    scene_listen(&trace);
    for (uint32_t i = 0; i < 6; i++) {
        trace.worker = i % 3;
        scene_connect(&trace, 20 + (int)i, "client");
    }
    scene_end(&trace);
    assert_recording_equals_ring();
    close_trace();
}

static void what_was_before_the_recording_is_said(void **state) {
    struct fb_session *s;
    char *text;

    (void)state;
    scene_open(&trace, 256);
    snprintf(path, sizeof(path), "%s/run.fish", trace.dir);
    scene_listen(&trace);
    scene_idle(&trace, 200); // the ring has wrapped
    scene_census(&trace, 2, 7, "Ada");
    scene_idle(&trace, 20);
    scene_end(&trace);
    record_as((struct rerecord){.end = FB_RECORDING_CLOSED});
    s = open_recording();
    assert_true(fb_session_facts(s)->first > 1);
    assert_true(fb_session_facts(s)->exact);
    assert_int_equal(fb_history_live(fb_session_history(s))->anomalies, 0);
    text = page_of(s, fb_print_tasks, 0);
    assert_non_null(strstr(text, "were not recorded; a census tells what"));
    free(text);
    fb_session_close(s);
    close_trace();
}

// ---- what is missing ----

static const char *end_of(struct fb_session *s) {
    static char text[200];

    fb_session_say_end(s, text, sizeof(text));
    return text;
}

static void assert_every_page_says(struct fb_session *s, const char *words) {
    page_fn *const said_in[] = {fb_print_story, fb_print_tasks,
                                fb_print_lints, fb_print_json,
                                fb_print_tree,  fb_print_source};

    for (size_t i = 0; i < sizeof(said_in) / sizeof(*said_in); i++) {
        char *text = page_of(s, said_in[i], 0);

        if (strstr(text, words) == NULL) {
            fail_msg("\"%s\" is not in: %s", words, text);
        }
        free(text);
    }
}

static void how_the_program_ended_is_told(void **state) {
    static const struct {
        enum fb_recording_end end;
        enum fb_trace_life life;
        const char *words, *json;
    } ends[] = {
        {FB_RECORDING_CLOSED, FB_LIFE_CLOSED, "has ended, recorded\n",
         "\"life\": \"closed\""},
        {FB_RECORDING_KILLED, FB_LIFE_KILLED, "was killed, recorded\n",
         "\"life\": \"killed\""},
        {FB_RECORDING_RAN_ON, FB_LIFE_LEFT, "ran on, recorded\n",
         "\"life\": \"ran_on\""},
    };

    (void)state;
    open_trace();
    for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
        struct fb_session *s;
        char *text;

        record_as((struct rerecord){.end = ends[i].end});
        s = open_recording();
        assert_int_equal(fb_session_life(s), ends[i].life);
        assert_int_equal(fb_session_pump(s), 0);
        assert_int_equal(fb_session_claim(s), -ENOTSUP);
        assert_false(fb_session_facts(s)->controllable);
        text = page_of(s, fb_print_tasks, 0);
        assert_non_null(strstr(text, ends[i].words));
        free(text);
        text = page_of(s, fb_print_json, 0);
        assert_non_null(strstr(text, ends[i].json));
        assert_non_null(strstr(text, "\"incomplete\": null"));
        free(text);
        assert_string_equal(end_of(s), "");
        fb_session_close(s);
    }
    close_trace();
}

static void lost_events_are_a_gap(void **state) {
    const struct fb_session_gap *gaps;
    struct fb_session *s;
    uint64_t lost;
    char *text;

    (void)state;
    open_trace();
    record_as((struct rerecord){.lost_first = 40, .lost_last = 49});
    s = open_recording();
    assert_int_equal(fb_session_gaps(s, &gaps, &lost), 1);
    assert_int_equal(gaps[0].first, 40);
    assert_int_equal(gaps[0].last, 49);
    assert_int_equal(lost, 10);
    text = page_of(s, fb_print_tasks, 0);
    assert_non_null(strstr(text, "events 40 to 49 were lost\nuncertain: "));
    free(text);
    text = page_of(s, fb_print_story, 0);
    assert_non_null(strstr(text, "Events 40 to 49 were lost"));
    free(text);
    fb_session_close(s);
    close_trace();
}

static char *read_recording(size_t *ret_len) {
    FILE *f = fopen(path, "rb");
    char *bytes = malloc(1 << 20);

    assert_non_null(f);
    assert_non_null(bytes);
    *ret_len = fread(bytes, 1, 1 << 20, f);
    assert_int_equal(fclose(f), 0);
    return bytes;
}

static void put_file(const char *bytes, size_t len) {
    const int fd = open(path, O_WRONLY | O_CREAT, 0600);

    assert_true(fd >= 0);
    assert_int_equal(pwrite(fd, bytes, len, 0), len);
    assert_int_equal(ftruncate(fd, (off_t)len), 0);
    assert_int_equal(close(fd), 0);
}

// Wherever it is cut: what is there is what was, and every page can be made.
static void cut_off_anywhere_it_opens_and_says_so(void **state) {
    struct fb_session *whole, *s;
    uint64_t most = 0;
    size_t len;
    char *bytes;

    (void)state;
    open_trace();
    record_as((struct rerecord){.end = FB_RECORDING_CLOSED, .group = 10});
    whole = open_recording();
    bytes = read_recording(&len);
    for (size_t cut = len - 5; cut > 0; cut -= cut < 40 ? 1 : 37) {
        char words[80];
        uint64_t last;

        put_file(bytes, cut);
        if (fb_session_open(&s, path, false, why, sizeof(why)) < 0) {
            assert_true(cut < 200); // nothing of it is left
            continue;
        }
        last = fb_history_last(fb_session_history(s));
        most = last > most ? last : most;
        for (uint64_t n = 1; n <= last; n++) {
            assert_memory_equal(fb_history_event(fb_session_history(s), n),
                                fb_history_event(fb_session_history(whole), n),
                                sizeof(struct fb_event));
        }
        snprintf(words, sizeof(words),
                 last > 0 ? "this recording is cut off after event %" PRIu64
                          : "this recording is cut off before its first event",
                 last);
        assert_string_equal(end_of(s), words);
        assert_int_equal(fb_session_life(s), FB_LIFE_LEFT);
        assert_every_page_says(s, words);
        fb_session_close(s);
    }
    assert_true(most > 50);
    put_file(bytes, len);
    free(bytes);
    fb_session_close(whole);
    close_trace();
}

static void without_an_end_it_is_cut_off_after_its_last_event(void **state) {
    struct fb_session *s;
    char words[80];

    (void)state;
    open_trace();
    record_as((struct rerecord){.no_end = true});
    s = open_recording();
    snprintf(words, sizeof(words),
             "this recording is cut off after event %" PRIu64, newest);
    assert_string_equal(end_of(s), words);
    assert_every_page_says(s, words);
    assert_every_page_says(s, "recording");
    fb_session_close(s);
    close_trace();
}

static void assert_same_events(struct fb_session *a, struct fb_session *b) {
    const struct fb_history *x = fb_session_history(a);
    const struct fb_history *y = fb_session_history(b);

    assert_int_equal(fb_history_last(x), fb_history_last(y));
    for (uint64_t n = 1; n <= fb_history_last(x); n++) {
        assert_memory_equal(fb_history_event(x, n), fb_history_event(y, n),
                            sizeof(struct fb_event));
    }
}

// Wherever it is damaged: it says so, or has every event all the same.
static void damaged_in_the_middle_it_opens_up_to_there(void **state) {
    struct fb_session *s, *whole;
    size_t len, said = 0, altered = 0;
    char *bytes, *copy;

    (void)state;
    open_trace();
    record_as((struct rerecord){.end = FB_RECORDING_CLOSED, .group = 10});
    whole = open_recording();
    bytes = read_recording(&len);
    copy = malloc(len);
    assert_non_null(copy);
    for (size_t at = 16; at < len; at++) {
        memcpy(copy, bytes, len);
        if (at % 8 == 0) {
            memset(copy + at, 0xff, at + 8 < len ? 8 : len - at);
        } else {
            copy[at] = (char)(copy[at] ^ (1 << at % 8));
        }
        put_file(copy, len);
        if (fb_session_open(&s, path, false, why, sizeof(why)) < 0) {
            assert_true(why[0] != '\0');
            continue;
        }
        if (fb_session_facts(s)->end == FB_SESSION_DAMAGED) {
            said++;
            assert_every_page_says(s, "this recording is damaged ");
        } else if (fb_session_facts(s)->end == FB_SESSION_ALTERED) {
            altered++;
            assert_every_page_says(s, "this recording is not what was written");
        } else if (fb_session_facts(s)->end == FB_SESSION_WHOLE) {
            assert_same_events(s, whole);
        }
        fb_session_close(s);
    }
    print_message("%zu damaged, %zu altered of %zu\n", said, altered, len);
    assert_true(said > 10);
    assert_true(altered > 10);
    free(bytes);
    free(copy);
    fb_session_close(whole);
    close_trace();
}

static void of_one_that_is_too_long_the_first_events_are_kept(void **state) {
    struct fb_session *s;
    const struct fb_session_options few = {.what = path, .max_events = 50};

    (void)state;
    open_trace();
    record_as((struct rerecord){.end = FB_RECORDING_CLOSED});
    assert_int_equal(fb_session_open_with(&s, &few, why, sizeof(why)), 0);
    assert_int_equal(fb_history_first(fb_session_history(s)), 1);
    assert_int_equal(fb_history_last(fb_session_history(s)), 50);
    assert_every_page_says(s, "this recording is too long for the memory: it "
                              "is left out after event 50");
    assert_int_equal(fb_session_pump(s), 0);
    fb_session_close(s);
    close_trace();
}

static void one_that_just_fits_is_whole(void **state) {
    struct fb_session_options exactly = {.what = path};
    struct fb_session *s;

    (void)state;
    open_trace();
    exactly.max_events = newest;
    record_as((struct rerecord){.end = FB_RECORDING_CLOSED});
    assert_int_equal(fb_session_open_with(&s, &exactly, why, sizeof(why)), 0);
    assert_int_equal(fb_session_facts(s)->end, FB_SESSION_WHOLE);
    assert_int_equal(fb_history_last(fb_session_history(s)), newest);
    fb_session_close(s);
    close_trace();
}

// ---- source ----

// No directory has these names: what is shown can only be the recording's.
static void its_source_is_in_it(void **state) {
    struct fb_session *s;
    char *text;

    (void)state;
    open_trace();
    record_as((struct rerecord){.prefix = "gone/"});
    s = open_recording();
    text = page_of(s, fb_print_source, 0);
    assert_non_null(strstr(text, "gone/server/named.c: its source is not"));
    free(text);
    fb_session_close(s);
    record_as((struct rerecord){.prefix = "gone/", .with_sources = true});
    s = open_recording();
    text = page_of(s, fb_print_source, 0);
    assert_non_null(strstr(text, " awaits at gone/server/named.c:31\n"));
    assert_non_null(
        strstr(text, ">    31      gone/server/named.c says 31;\n"));
    assert_null(strstr(text, "changed after"));
    free(text);
    fb_session_close(s);
    close_trace();
}

static void its_source_comes_before_what_lies_here(void **state) {
    const char *old = getenv("FISHBOWL_SOURCE");
    char file[200], *text;
    struct fb_session *s;
    FILE *f;

    (void)state;
    assert_null(old);
    open_trace();
    snprintf(file, sizeof(file), "%s/server", trace.dir);
    assert_int_equal(mkdir(file, 0700), 0);
    snprintf(file, sizeof(file), "%s/server/named.c", trace.dir);
    f = fopen(file, "w");
    assert_non_null(f);
    for (int i = 0; i < 100; i++) {
        fputs("what lies here is newer\n", f);
    }
    assert_int_equal(fclose(f), 0);
    assert_int_equal(setenv("FISHBOWL_SOURCE", trace.dir, 1), 0);
    record_as((struct rerecord){.with_sources = true});
    s = open_recording();
    text = page_of(s, fb_print_source, 0);
    assert_non_null(strstr(text, "server/named.c says 31;"));
    assert_null(strstr(text, "is newer"));
    assert_null(strstr(text, "changed after"));
    free(text);
    fb_session_close(s);
    s = open_session(trace.path); // of the rings it is what there is
    text = page_of(s, fb_print_source, 0);
    assert_non_null(strstr(text, "is newer"));
    free(text);
    fb_session_close(s);
    assert_int_equal(unsetenv("FISHBOWL_SOURCE"), 0);
    (void)unlink(file);
    snprintf(file, sizeof(file), "%s/server", trace.dir);
    (void)rmdir(file);
    close_trace();
}

// ---- what is no recording, or of another time ----

static void assert_refused(int err, const char *words) {
    struct fb_session *s;

    assert_int_equal(fb_session_open(&s, path, false, why, sizeof(why)), err);
    if (strstr(why, words) == NULL || strchr(why, '(') == NULL) {
        fail_msg("\"%s\" is not in, or no remedy: %s", words, why);
    }
    assert_non_null(strstr(why, "run.fish: "));
}

static void other_versions_are_refused_with_a_word(void **state) {
    size_t len;
    char *bytes;

    (void)state;
    open_trace();
    record_as((struct rerecord){.end = FB_RECORDING_CLOSED});
    bytes = read_recording(&len);
    bytes[8] = 2;
    put_file(bytes, len);
    assert_refused(-EPROTO, "its format is version 2, this program knows 1");
    assert_non_null(strstr(why, "(use a newer Fishbowl)"));
    bytes[8] = 0;
    put_file(bytes, len);
    assert_refused(-EINVAL, "version 0, which there never was");
    put_file(bytes, 16);
    assert_refused(-EINVAL, "version 0");
    bytes[8] = 1;
    put_file(bytes, 16);
    assert_refused(-EINVAL, "cut off before it began");
    put_file(bytes, 9);
    assert_refused(-EINVAL, "no recording");
    free(bytes);
    close_trace();
}

static void what_is_no_trace_is_refused_with_a_word(void **state) {
    (void)state;
    open_trace();
    put_file("", 0);
    assert_refused(-EINVAL, "too short for a Fishbowl trace");
    put_file("FISHREX\0 is not what it begins with", 30);
    assert_refused(-EINVAL, "too short for a Fishbowl trace");
    assert_int_equal(unlink(path), 0);
    assert_refused(-ENOENT, "cannot open it: No such file");
    assert_int_equal(mkfifo(path, 0600), 0);
    assert_refused(-EINVAL, "not a regular file"); // and nobody is waited for
    assert_int_equal(unlink(path), 0);
    assert_int_equal(mkdir(path, 0700), 0);
    assert_refused(-EINVAL, "not a regular file");
    assert_int_equal(rmdir(path), 0);
    if (geteuid() != 0) { // root may read everything
        put_file("FISHREC", 8);
        assert_int_equal(chmod(path, 0), 0);
        assert_refused(-EACCES, "cannot open it: Permission denied");
    }
    close_trace();
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_is_as_of_the_rings),
        cmocka_unit_test(also_of_several_workers),
        cmocka_unit_test(what_was_before_the_recording_is_said),
        cmocka_unit_test(how_the_program_ended_is_told),
        cmocka_unit_test(lost_events_are_a_gap),
        cmocka_unit_test(cut_off_anywhere_it_opens_and_says_so),
        cmocka_unit_test(without_an_end_it_is_cut_off_after_its_last_event),
        cmocka_unit_test(damaged_in_the_middle_it_opens_up_to_there),
        cmocka_unit_test(of_one_that_is_too_long_the_first_events_are_kept),
        cmocka_unit_test(one_that_just_fits_is_whole),
        cmocka_unit_test(its_source_is_in_it),
        cmocka_unit_test(its_source_comes_before_what_lies_here),
        cmocka_unit_test(other_versions_are_refused_with_a_word),
        cmocka_unit_test(what_is_no_trace_is_refused_with_a_word),
    };

    return cmocka_run_group_tests_name("viz/replay", tests, NULL, NULL);
}
