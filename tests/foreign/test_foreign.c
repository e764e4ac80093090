// A program that is not built on the runtime writes a trace with one header,
// and every tool reads it: the checker of lives finds nothing impossible.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "lives.h"
#include "print.h"
#include "run.h"
#include "second.h"
#include <signal.h>
#include <sys/wait.h>

static struct fbp_trace t;

static struct fb_session *open_session(const char *path) {
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;

    if (fb_session_open(&s, path, false, why, sizeof(why)) < 0) {
        fail_msg("%s", why);
    }
    return s;
}

static void assert_lives(struct fb_session *s, enum fb_lives_end end) {
    struct fb_history *h = fb_session_history(s);
    struct fb_lives *lives;

    assert_int_equal(fb_lives_create(&lives), 0);
    for (uint64_t n = fb_history_first(h); n != 0; n = fb_history_next(h, n)) {
        assert_int_equal(fb_lives_feed(lives, n, fb_history_event(h, n)), 0);
    }
    fb_lives_finish(lives, end);
    if (fb_lives_violations(lives) > 0) {
        fail_msg("event %llu: %s",
                 (unsigned long long)fb_lives_fault(lives, 0)->event,
                 fb_lives_fault(lives, 0)->text);
    }
    fb_lives_destroy(lives);
}

typedef int print_fn(struct fb_session *s, const struct fb_print_options *o);

static char *print(struct fb_session *s, print_fn *page) {
    struct fb_print_options o = {.source_dir = getenv("FB_SOURCE")};
    char *text = NULL;
    size_t len = 0;

    o.out = open_memstream(&text, &len);
    assert_non_null(o.out);
    assert_int_equal(page(s, &o), 0);
    assert_int_equal(fclose(o.out), 0);
    return text;
}

static void one_header_is_enough(void **state) {
    struct fbp_source fd;
    struct fb_session *s;
    uint32_t task;
    uint16_t type;
    char *text;

    (void)state;
    assert_int_equal(fbp_open(&t, "by hand", 100), -EINVAL);
    assert_int_equal(fbp_open(&t, "by hand", 1024), 0);
    fbp_address(&t, "127.0.0.1:%d", 7);
    type = fbp_site(&t, "greet", "hand.c", 12, 88);
    task = fbp_spawn(&t, 0, type);
    fbp_label(&t, task, "a name of more than sixteen bytes");
    fbp_source_add(&t, &fd, task, FB_SOURCE_STREAM, 7);
    fbp_poll_begin(&t, task);
    fbp_wait_for(&t, &fd, FB_READABLE);
    fbp_return(&t, &fd, FB_READABLE); // again: nothing new
    fbp_park(&t, -1);
    fbp_callback(&t, &fd, FB_READABLE);
    fbp_unpark(&t, 1); // told already
    fbp_io(&t, &fd, FB_IO_READ, 64, 4);
    fbp_return(&t, &fd, 0);
    fbp_source_end(&t, &fd);
    fbp_end(&t, task);
    fbp_ready(&t, &fd, FB_READABLE); // of one that ended: nothing
    fbp_callback(&t, &fd, FB_READABLE);
    fbp_return(&t, &fd, 0);
    fbp_source_end(&t, &fd);
    second_source_writes(&t);
    fbp_close(&t);
    s = open_session(t.path);
    assert_int_equal(fb_session_life(s), FB_LIFE_CLOSED);
    assert_string_equal(fb_session_facts(s)->address, "127.0.0.1:7");
    assert_lives(s, FB_LIVES_ENDED);
    assert_int_equal(fb_lints_count(fb_session_lints(s)), 0);
    text = print(s, fb_print_story);
    assert_non_null(strstr(text, "a name of more than sixteen bytes"));
    assert_non_null(strstr(text, "read() on fd 7 brings 4 bytes."));
    assert_non_null(strstr(text, "the reactor wakes task 1"));
    assert_non_null(strstr(text, "to run greet, in hand.c:12 (88 bytes)"));
    assert_non_null(strstr(text, "of the second source"));
    free(text);
    fb_session_close(s);
    assert_int_equal(unlink(t.path), 0);
}

static void full_tables_are_told_with_a_question_mark(void **state) {
    struct fbp_source last;
    struct fb_session *s;

    (void)state;
    assert_int_equal(fbp_open(&t, "many", 8192), 0);
    for (int i = 1; i < 300; i++) {
        const uint32_t line = (uint32_t)i;

        assert_int_equal(fbp_site(&t, "n", "f.c", line, 0),
                         i < FBP_ENTRIES ? i : 0);
    }
    assert_int_equal(fbp_site(&t, "n", "f.c", 7, 0), 7); // known
    assert_int_equal(fbp_site(&t, "m", "f.c", 7, 0), 0); // another
    for (int i = 0; i < 2000; i++) {
        fbp_source_add(&t, &last, 0, FB_SOURCE_STREAM, i);
    }
    fbp_ready(&t, &last, FB_READABLE);
    fbp_close(&t);
    s = open_session(t.path);
    assert_lives(s, FB_LIVES_CUT);
    fb_session_close(s);
    assert_int_equal(unlink(t.path), 0);
}

#ifdef FB_UV_GREETER
// Tells its port in its first line.
static int start_greeter(pid_t *ret_pid) {
    int out[2], port = 0;
    FILE *f;

    assert_int_equal(pipe(out), 0);
    *ret_pid = fork();
    if (*ret_pid == 0) {
        (void)dup2(out[1], STDOUT_FILENO);
        (void)close(out[0]);
        execl(FB_UV_GREETER, FB_UV_GREETER, (char *)NULL);
        _exit(127);
    }
    (void)close(out[1]);
    f = fdopen(out[0], "r");
    assert_non_null(f);
    assert_int_equal(fscanf(f, "listening on port %d", &port), 1);
    (void)fclose(f);
    return port;
}

static void libuv_callbacks_appear_as_tasks(void **state) {
    struct fb_session *s;
    char path[256], address[32], *text;
    pid_t pid;
    int status, port = start_greeter(&pid);

    (void)state;
    snprintf(address, sizeof(address), "127.0.0.1:%d", port);
    assert_int_equal(RUN("dial", address, "--clients", "20"), 0);
    snprintf(path, sizeof(path), "%s/fishbowl/%d.ring", run_dir, (int)pid);
    s = open_session(path); // while it runs
    assert_int_equal(fb_session_life(s), FB_LIFE_RUNNING);
    assert_string_equal(fb_session_facts(s)->address, address);
    assert_false(fb_session_facts(s)->controllable);
    fb_session_close(s);
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(waitpid(pid, &status, 0), pid);
    s = open_session(path);
    assert_int_equal(fb_session_life(s), FB_LIFE_KILLED);
    assert_lives(s, FB_LIVES_CUT);
    text = print(s, fb_print_source);
    assert_non_null(strstr(text, "is written by no line of this runtime"));
    assert_non_null(strstr(text, "static void on_connection(uv_stream_t"));
    free(text);
    text = print(s, fb_print_story);
    assert_non_null(strstr(text, "Task 21"));
    assert_non_null(strstr(text, "spawns task 2 to run on_name"));
    free(text);
    assert_int_equal(fb_lints_count(fb_session_lints(s)), 0);
    assert_int_equal(fb_history_live(fb_session_history(s))->live_tasks, 1);
    fb_session_close(s);
    assert_int_equal(unlink(path), 0);
}
#endif

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_header_is_enough),
        cmocka_unit_test(full_tables_are_told_with_a_question_mark),
#ifdef FB_UV_GREETER
        cmocka_unit_test(libuv_callbacks_appear_as_tasks),
#endif
    };

    return cmocka_run_group_tests_name("foreign", tests, run_setup,
                                       run_teardown);
}
