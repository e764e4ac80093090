// A real run, recorded: the same on every page as in the rings it came from, and
// in an empty folder, where no source lies, it still shows its own.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "process.h"
#include "stagehand.h"
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char ring[128], tape[128], viewer[160], folder[128];

// Runs argv and gives what it prints, to be freed.
static char *output_of(const char *const argv[], int *ret_status) {
    struct process p;
    char *out;

    process_start(&p, argv, 0);
    *ret_status = process_wait(&p);
    out = process_out(&p);
    process_close(&p);
    return out;
}

static char *page_of(const char *trace, const char *page, int *ret_status) {
    return output_of(
        (const char *[]){program("fishbowl"), "print", trace, page, NULL},
        ret_status);
}

static void await_file(const char *path) {
    struct stat st;

    for (int i = 0; i < 4000; i++) {
        if (stat(path, &st) == 0 && st.st_size > 0) {
            return;
        }
        poll(NULL, 0, 5);
    }
    fail_msg("%s never came", path);
}

// Three clients; one says its name.
static void meet(uint16_t port) {
    int fds[3];

    for (int i = 0; i < 3; i++) {
        fds[i] = dial(port);
        assert_true(hears(fds[i], "Who are you?\n", 10000));
    }
    assert_int_equal(write(fds[1], "Grace\n", 6), 6);
    assert_true(hears(fds[1], "Thanks for dialing in, Grace!\n", 10000));
    for (int i = 0; i < 3; i++) {
        close(fds[i]);
    }
}

static void record_a_run(void) {
    struct process server, recorder;
    const char *port_file = private_path("port");

    process_start(&server,
                  (const char *[]){program("fishbowl-serve"), "--listen",
                                   "127.0.0.1:0", "--port-file", port_file,
                                   "--handler", "named", "--ring", ring, NULL},
                  0);
    (void)await_port(&server, port_file);
    process_start(&recorder,
                  (const char *[]){program("fishbowl"), "record", ring, "-o",
                                   tape, "--source-dir", FB_TEST_SOURCE, NULL},
                  0);
    await_file(tape);
    meet(await_port(&server, port_file));
    process_signal(&server, SIGINT);
    assert_int_equal(process_wait(&server), 0);
    assert_int_equal(process_wait(&recorder), 0);
    process_close(&server);
    process_close(&recorder);
}

static void copy_file(const char *from, const char *to, long len, mode_t mode) {
    const int in = open(from, O_RDONLY),
              out = open(to, O_WRONLY | O_CREAT | O_TRUNC, mode);
    char buffer[1 << 16];
    ssize_t n;

    assert_true(in >= 0 && out >= 0);
    while ((n = read(in, buffer, sizeof(buffer))) > 0 && len != 0) {
        n = len > 0 && n > len ? len : n;
        assert_int_equal(write(out, buffer, (size_t)n), n);
        len -= len > 0 ? n : 0;
    }
    close(in);
    assert_int_equal(close(out), 0);
}

static int set_up(void **state) {
    (void)state;
    private_dir();
    snprintf(ring, sizeof(ring), "%s", private_path("run.ring"));
    snprintf(tape, sizeof(tape), "%s", private_path("run.fish"));
    snprintf(folder, sizeof(folder), "%s", private_path("empty"));
    snprintf(viewer, sizeof(viewer), "%s", private_path("fishbowl"));
    record_a_run();
    return 0;
}

static int tear_down(void **state) {
    (void)state;
    private_dir_remove();
    return 0;
}

// Takes out what names the file, or says that it is one.
static void forget(char *text, const char *what) {
    char *at;

    while ((at = strstr(text, what)) != NULL) {
        memmove(at, at + strlen(what), strlen(at + strlen(what)) + 1);
    }
}

static void every_page_says_the_same(void **state) {
    static const char *const pages[] = {
        "--story",    "--tasks", "--tree",         "--reactor", "--source",
        "--timeline", "--waits", "--wakers",       "--stats",   "--events",
        "--lints",    "--json",  "--screen=80x24", "--quiz",    "--decisions"};

    (void)state;
    for (size_t i = 0; i < sizeof(pages) / sizeof(*pages); i++) {
        int of_ring, of_tape;
        char *a = page_of(ring, pages[i], &of_ring);
        char *b = page_of(tape, pages[i], &of_tape);

        assert_true(strlen(b) > 20);
        forget(a, ring);
        forget(b, tape);
        forget(b, ", recorded");
        forget(a, "\"recording\": false");
        forget(b, "\"recording\": true");
        assert_string_equal(a, b);
        assert_int_equal(of_ring, of_tape);
        free(a);
        free(b);
    }
}

static void diff_finds_nothing(void **state) {
    int status;
    char *out = output_of((const char *[]){program("fishbowl"), "diff", ring,
                                           tape, "--by", "events", NULL},
                          &status);

    (void)state;
    assert_int_equal(status, 0);
    assert_non_null(strstr(out, "A and B are equal"));
    free(out);
}

static void it_is_exported_as_the_rings_are(void **state) {
    static const char *const tos[] = {"chrome", "csv"};

    (void)state;
    for (size_t i = 0; i < sizeof(tos) / sizeof(*tos); i++) {
        const char *traces[] = {ring, tape};
        char *outs[2];

        for (int k = 0; k < 2; k++) {
            int status;

            outs[k] = output_of((const char *[]){program("fishbowl"), "export",
                                                 traces[k], "--to", tos[i],
                                                 "-o", "-", NULL},
                                &status);
            assert_int_equal(status, 0);
        }
        assert_true(strlen(outs[0]) > 1000);
        assert_string_equal(outs[0], outs[1]);
        free(outs[0]);
        free(outs[1]);
    }
}

static void cut_off_it_prints_what_is_there(void **state) {
    const char *cut = private_path("cut.fish");
    struct stat st;
    int status, said = 0;

    (void)state;
    assert_int_equal(stat(tape, &st), 0);
    for (long len = 16; len < st.st_size - 4; len += st.st_size / 12) {
        char *out;

        copy_file(tape, cut, len, 0600);
        out = page_of(cut, "--tasks", &status);
        said += status == 0;
        assert_true(status == 0 ? strstr(out, "recording is cut off ") != NULL
                                : len < 300);
        free(out);
    }
    assert_true(said > 8);
}

static void a_recording_is_not_recorded(void **state) {
    const char *copy = private_path("copy.fish");
    struct process p;
    char *err;

    (void)state;
    process_start(
        &p,
        (const char *[]){program("fishbowl"), "record", tape, "-o", copy, NULL},
        0);
    assert_int_equal(process_wait(&p), 1);
    err = process_err(&p);
    assert_non_null(strstr(err, "it is a recording already"));
    assert_int_equal(access(copy, F_OK), -1);
    free(err);
    process_close(&p);
}

// Neither here, nor above the program, nor where it says is any source: the
// viewer itself is a copy in a folder of its own.
static void in_an_empty_folder_it_shows_its_source(void **state) {
    const struct fb_pty_options on = {
        .argv = (const char *[]){viewer, "watch", tape, NULL},
        .cols = 100,
        .rows = 40};
    char at[24], here[512], *out, *line;
    struct fb_pty *t;
    int status;
    long event;

    (void)state;
    assert_non_null(getcwd(here, sizeof(here)));
    copy_file(program("fishbowl"), viewer, -1, 0700);
    assert_int_equal(mkdir(folder, 0700), 0);
    // where Grace has been asked and has not answered
    out = page_of(tape, "--story", &status);
    line = strstr(out, " is now called \"Grace");
    assert_non_null(line);
    while (line[-1] != '\n') {
        line--;
    }
    event = strtol(line, NULL, 10) - 20;
    free(out);
    snprintf(at, sizeof(at), "%ld", event);
    assert_int_equal(chdir(folder), 0);
    assert_int_equal(unsetenv("FISHBOWL_SOURCE"), 0);
    out = output_of(
        (const char *[]){viewer, "print", tape, "--source", "--at", at, NULL},
        &status);
    assert_int_equal(status, 0);
    assert_non_null(strstr(out, "awaits at server/named.c:"));
    assert_non_null(strstr(out, "FB_AWAIT("));
    assert_null(strstr(out, "server/named.c: its source"));
    assert_null(strstr(out, "changed after"));
    free(out);
    out = output_of(
        (const char *[]){viewer, "print", ring, "--source", "--at", at, NULL},
        &status); // of the rings it cannot be had there
    assert_non_null(strstr(out, "server/named.c: its source is not here"));
    free(out);
    assert_int_equal(fb_pty_open(&t, &on), 0);
    assert_true(fb_pty_shows_row(t, "FROZEN", "a finished run"));
    fb_pty_type(t, "g");
    fb_pty_type(t, at);
    fb_pty_type(t, "\r4z");
    assert_true(fb_pty_shows(t, "greet(")); // the text, with its parenthesis
    fb_pty_type(t, "q");
    assert_exits(t, 0);
    fb_pty_close(t);
    assert_int_equal(chdir(here), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_page_says_the_same),
        cmocka_unit_test(diff_finds_nothing),
        cmocka_unit_test(it_is_exported_as_the_rings_are),
        cmocka_unit_test(cut_off_it_prints_what_is_there),
        cmocka_unit_test(a_recording_is_not_recorded),
        cmocka_unit_test(in_an_empty_folder_it_shows_its_source),
    };

    return cmocka_run_group_tests_name("end/replay", tests, set_up, tear_down);
}
