// Normal form: what chance decides is not in it, what behaviour decides is.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "normal.h"
#include "tape.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static struct tape tape;

static char *normal(unsigned flags) {
    struct fb_history *h;
    char *text;

    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < tape.count; i++) {
        assert_int_equal(fb_history_push(h, i + 1, &tape.events[i]), 0);
    }
    assert_int_equal(fb_normal_text(h, &tape_names, flags, &text), 0);
    fb_history_destroy(h);
    return text;
}

static void the_greeter_has_one_form(void **s) {
    struct moments at;
    char *text;

    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_greeter(&tape, &at);
    tape_greeter_end(&tape);
    text = normal(0);
    assert_string_equal(text, "task 1 cancelled, aborted\n"
                              "  accept\n"
                              "  task 2 \"Ada 127.0.0.1:*\" ok\n"
                              "    write 13, read 4, write 28\n");
    free(text);
    text = normal(FB_NORMAL_TYPES | FB_NORMAL_POLLS | FB_NORMAL_PORTS);
    assert_string_equal(text, "task 1 cancelled, aborted, 2 polls\n"
                              "  serve: accept\n"
                              "  accept\n"
                              "  task 2 \"Ada 127.0.0.1:51234\" ok, 2 polls\n"
                              "    greet: write_all, read\n"
                              "    write 13, read 4, write 28\n");
    free(text);
}

// One task that writes 13 bytes and reads 4, as the kernel likes to cut them.
static void one_client(uint32_t task, uint32_t root, const char *label,
                       bool in_pieces) {
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, task, 0, root, 2);
    tape_scheduled(&tape, task, 1);
    tape_begin(&tape, task, root, 1);
    tape_label(&tape, task, label, strlen(label));
    if (in_pieces) {
        tape_io(&tape, 1, 7, root, FB_IO_WRITE, 3, 13);
        tape_io(&tape, 1, 7, root, FB_IO_WRITE, -EAGAIN, 10);
        tape_io(&tape, 1, 7, root, FB_IO_WRITE, 10, 10);
    } else {
        tape_io(&tape, 1, 7, root, FB_IO_WRITE, 13, 13);
    }
    tape_io(&tape, 1, 7, root, FB_IO_READ, 0, 1024);
    tape_io(&tape, 1, 7, root, FB_IO_WRITE, -EPIPE, 5);
    tape_end(&tape, task, root, FB_RESULT_READY, 0, -EPIPE);
    tape_done(&tape, task, FB_OUTCOME_ERROR, -EPIPE);
}

// An acceptor without descriptors tries again after a rest: how often it comes to
// that is a matter of time.
static void an_error_that_comes_again_is_told_once(void **s) {
    char *text;

    (void)s;
    memset(&tape, 0, sizeof tape);
    tape_spawn(&tape, 1, 0, 1, 2);
    tape_scheduled(&tape, 1, 1);
    tape_begin(&tape, 1, 1, 1);
    tape_io(&tape, 1, 7, 1, FB_IO_ACCEPT, -EMFILE, 0);
    tape_io(&tape, 1, 7, 1, FB_IO_ACCEPT, -EMFILE, 0);
    tape_io(&tape, 1, 7, 1, FB_IO_ACCEPT, -EAGAIN, 0);
    tape_io(&tape, 1, 7, 1, FB_IO_ACCEPT, -EMFILE, 0);
    tape_io(&tape, 1, 7, 1, FB_IO_ACCEPT, -ENFILE, 0);
    tape_io(&tape, 1, 7, 1, FB_IO_ACCEPT, 9, 0);
    tape_io(&tape, 1, 7, 1, FB_IO_ACCEPT, -EMFILE, 0);
    text = normal(0);
    assert_string_equal(text, "task 1 not complete\n"
                              "  accept EMFILE, accept ENFILE, accept, accept "
                              "EMFILE\n");
    free(text);
}

// How far it had come: what happens later is not told.
static void the_form_ends_at_an_event(void **s) {
    struct fb_history *h;
    char *text;

    (void)s;
    one_client(1, 1, "Ada 127.0.0.1:51234", false);
    assert_int_equal(fb_history_create(&h, 0), 0);
    for (size_t i = 0; i < tape.count; i++) {
        assert_int_equal(fb_history_push(h, i + 1, &tape.events[i]), 0);
    }
    for (size_t until = 0; until <= tape.count; until++) {
        assert_int_equal(fb_normal_text_until(h, &tape_names, 0, until, &text),
                         0);
        assert_int_equal(text[0] == '\0', until == 0);
        assert_int_equal(strstr(text, "error") != NULL, until == tape.count);
        free(text);
    }
    fb_history_destroy(h);
}

static void ids_ports_and_cuts_make_no_difference(void **s) {
    char *one, *other;

    (void)s;
    one_client(1, 1, "[::1]:999", false);
    one = normal(0);
    one_client(77, 1234, "[::1]:51234", true);
    other = normal(0);
    assert_string_equal(one, other);
    assert_string_equal(one, "task 1 \"[::1]:*\" error EPIPE\n"
                             "  write 13, read end, write EPIPE\n");
    free(one);
    free(other);
}

static void what_behaviour_decides_makes_a_difference(void **s) {
    char *one, *other;

    (void)s;
    one_client(1, 1, "Ada", false);
    one = normal(0);
    one_client(1, 1, "Bob", false);
    other = normal(0);
    assert_string_not_equal(one, other);
    free(other);
    one_client(1, 1, "Ada", false);
    tape_io(&tape, 1, 7, 1, FB_IO_WRITE, 1, 1); // outside any poll: not its own
    other = normal(0);
    assert_string_equal(one, other);
    free(one);
    free(other);
}

static void an_empty_history_is_an_empty_text(void **s) {
    char *text;

    (void)s;
    memset(&tape, 0, sizeof tape);
    text = normal(0);
    assert_string_equal(text, "");
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_greeter_has_one_form),
        cmocka_unit_test(an_error_that_comes_again_is_told_once),
        cmocka_unit_test(the_form_ends_at_an_event),
        cmocka_unit_test(ids_ports_and_cuts_make_no_difference),
        cmocka_unit_test(what_behaviour_decides_makes_a_difference),
        cmocka_unit_test(an_empty_history_is_an_empty_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
