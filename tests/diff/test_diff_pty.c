// `fishbowl diff` on a (pseudo) terminal.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "pty.h"
#include "scene.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static struct scene a, b;

static struct fb_pty *start(int cols, int rows, const char *grade) {
    static char path[512];
    const char *bin = getenv("FB_BIN");
    const char *argv[] = {path, "diff", "--by", grade, a.path, b.path, NULL};
    struct fb_pty_options options = {.argv = argv, .cols = cols, .rows = rows};
    struct fb_pty *p;

    snprintf(path, sizeof(path), "%s/fishbowl", bin ? bin : "build/bin");
    scene_open(&a, 0);
    scene_listen(&a);
    scene_connect(&a, 9, "Ada");
    scene_connect(&a, 10, "Grace");
    scene_talk(&a, 2, 9, 4);
    scene_talk(&a, 3, 10, 6);
    scene_end(&a);
    scene_open(&b, 0);
    scene_listen(&b);
    scene_connect(&b, 9, "Ada");
    scene_connect(&b, 10, "Grace");
    scene_talk(&b, 3, 10, 6);
    scene_talk(&b, 2, 9, 4);
    scene_end(&b);
    assert_int_equal(fb_pty_open(&p, &options), 0);
    return p;
}

static void finish(struct fb_pty *p, int wanted) {
    int status = -1;

    fb_pty_type(p, "q");
    assert_true(fb_pty_ends(p, &status));
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), wanted);
    assert_false(fb_pty_is_alternate(p));
    assert_true(fb_pty_cursor_shown(p));
    fb_pty_close(p);
    scene_close(&a);
    scene_close(&b);
}

static void a_reader_steps_through_both_runs(void **state) {
    struct fb_pty *p = start(80, 24, "order");

    (void)state;
    assert_true(fb_pty_shows(p, "The first of 2 differences by order: event"));
    assert_true(fb_pty_shows(p, "by order, line"));
    assert_true(fb_pty_is_alternate(p));
    fb_pty_type(p, "\033[H"); // Home
    assert_true(fb_pty_shows(p, "line 1 of"));
    fb_pty_type(p, "nj");
    assert_true(fb_pty_shows(p, "line 3 of"));
    fb_pty_type(p, "?");
    assert_true(fb_pty_shows(p, "Two runs side by side."));
    fb_pty_type(p, "q"); // leaves the page, not the program
    assert_true(fb_pty_hides(p, "Two runs side by side."));
    fb_pty_resize(p, 132, 43);
    assert_true(fb_pty_shows(p, "What happened"));
    fb_pty_type(p, "B"); // by tree: there they are equal
    assert_true(fb_pty_shows(p, "A and B are equal"));
    finish(p, 1); // as was asked for: by order they differ
}

static void equal_runs_say_so_and_exit_with_0(void **state) {
    struct fb_pty *p = start(80, 24, "tree");

    (void)state;
    assert_true(fb_pty_shows(p, "A and B are equal"));
    assert_true(fb_pty_hides(p, "difference  n")); // there is none to go to
    finish(p, 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reader_steps_through_both_runs),
        cmocka_unit_test(equal_runs_say_so_and_exit_with_0),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
