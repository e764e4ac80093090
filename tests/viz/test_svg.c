// Pictures for others: valid XML whatever a client calls itself, with the
// words of the screen in it, of a bounded size, and nothing from outside.
//
// Each picture is read by a strict parser; hostile traces (random events; the
// seed is printed) are drawn in every view.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "export.h"
#include "random_events.h"
#include "scene.h"
#include <errno.h>
#include <expat.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { WORDS = 1 << 20, FILE_MOST = 1 << 20 };

static struct scene trace;

// What the parser has found in one picture.
static struct {
    int left, top;     // what is shown begins here, and ends
    int width, height; // where the same is left over at the right
    int paths, rects, titles, depth;
    bool in_style;
    char style[16384];
    char words[WORDS]; // of texts and titles, a line each
    size_t style_len, words_len;
} seen;

static const char *attribute(const char **attributes, const char *name) {
    for (; attributes[0] != NULL; attributes += 2) {
        if (strcmp(attributes[0], name) == 0) {
            return attributes[1];
        }
    }
    return "";
}

static int number(const char **attributes, const char *name) {
    return atoi(attribute(attributes, name));
}

static void check_rect(const char **attributes) {
    const int x = number(attributes, "x"), y = number(attributes, "y");
    const int w = number(attributes, "width"), h = number(attributes, "height");

    assert_true(x >= 0 && y >= 0 && w >= 0 && h >= 0);
    assert_true(x + w <= seen.width && y + h <= seen.height);
    seen.rects++;
}

// The window that is shown: all of it, or without head and margins.
static void check_svg(const char **attributes) {
    int w, h;

    assert_int_equal(seen.depth, 0);
    assert_int_equal(sscanf(attribute(attributes, "viewBox"), "%d %d %d %d",
                            &seen.left, &seen.top, &w, &h),
                     4);
    assert_int_equal(number(attributes, "width"), w);
    assert_int_equal(number(attributes, "height"), h);
    assert_true(w > 0 && h > 0 && seen.left >= 0 && seen.top >= 0);
    seen.width = w + 2 * seen.left;
    seen.height = h + seen.top;
    assert_string_equal(attribute(attributes, "role"), "img");
}

static void element_begins(void *arg, const char *name,
                           const char **attributes) {
    static const char *const known[] = {"svg", "title", "desc", "style",
                                        "g",   "rect",  "path", "text"};
    bool is_known = false;

    (void)arg;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        is_known |= strcmp(name, known[i]) == 0;
    }
    assert_true(is_known); // no script, no image, no link
    for (const char **a = attributes; a[0] != NULL; a += 2) {
        assert_true(strncmp(a[0], "on", 2) != 0 &&
                    strstr(a[0], "href") == NULL);
        assert_null(strstr(a[1], "url("));
    }
    if (strcmp(name, "svg") == 0) {
        check_svg(attributes);
    } else if (strcmp(name, "rect") == 0) {
        check_rect(attributes);
    } else if (strcmp(name, "text") == 0) {
        assert_in_range(number(attributes, "x"), seen.left,
                        seen.width - seen.left);
        assert_in_range(number(attributes, "y"), seen.top, seen.height);
    }
    seen.paths += strcmp(name, "path") == 0;
    seen.titles += strcmp(name, "title") == 0;
    seen.in_style = strcmp(name, "style") == 0;
    seen.depth++;
}

static void element_ends(void *arg, const char *name) {
    (void)arg;
    (void)name;
    seen.depth--;
    seen.in_style = false;
    assert_true(seen.words_len + 1 < WORDS);
    seen.words[seen.words_len++] = '\n';
}

static void characters(void *arg, const char *text, int len) {
    char *to = seen.in_style ? seen.style : seen.words;
    size_t *at = seen.in_style ? &seen.style_len : &seen.words_len;
    const size_t room = seen.in_style ? sizeof(seen.style) : WORDS;

    (void)arg;
    assert_true(*at + (size_t)len < room);
    memcpy(to + *at, text, (size_t)len);
    *at += (size_t)len;
}

static void read_picture(const char *text) {
    XML_Parser parser = XML_ParserCreate("UTF-8");

    memset(&seen, 0, sizeof(seen));
    XML_SetElementHandler(parser, element_begins, element_ends);
    XML_SetCharacterDataHandler(parser, characters);
    if (XML_Parse(parser, text, (int)strlen(text), 1) != XML_STATUS_OK) {
        fail_msg("line %lu: %s", XML_GetCurrentLineNumber(parser),
                 XML_ErrorString(XML_GetErrorCode(parser)));
    }
    XML_ParserFree(parser);
    assert_int_equal(seen.depth, 0);
    assert_true(seen.titles > 0);
}

static int draw_to(struct fb_session *s, const struct fb_export_options *o,
                   char **ret_text) {
    struct fb_export_options options = *o;
    size_t len = 0;
    int err;

    *ret_text = NULL;
    options.out = open_memstream(ret_text, &len);
    assert_non_null(options.out);
    err = fb_export_svg(s, &options);
    assert_int_equal(fclose(options.out), 0);
    assert_true(len < FILE_MOST);
    return err;
}

// Draws the trace as it is now, and reads what was drawn. Returns the text, to
// be freed.
static char *draw(const struct fb_export_options *o) {
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;
    char *text;

    assert_int_equal(fb_session_open(&s, trace.path, false, why, sizeof(why)),
                     0);
    assert_int_equal(draw_to(s, o, &text), 0);
    fb_session_close(s);
    read_picture(text);
    return text;
}

static void look(const struct fb_export_options *o) {
    free(draw(o));
}

static void expect(const char *words) {
    if (strstr(seen.words, words) == NULL) {
        fail_msg("\"%s\" is not in:\n%s", words, seen.words);
    }
}

static void write_talk(void) {
    scene_open(&trace, 0);
    scene_listen(&trace);
    for (int i = 0; i < 3; i++) {
        const uint32_t task =
            scene_connect(&trace, 7 + i, i == 0 ? "Ada" : "Grace");

        if (i == 0) {
            scene_talk(&trace, task, 7, 3);
        }
    }
}

static void a_timeline_has_a_row_for_each_task(void **state) {
    (void)state;
    write_talk();
    look(&(struct fb_export_options){.view = FB_SVG_TIMELINE});
    assert_int_equal(seen.width, FB_SVG_WIDTH);
    expect("greeter: events 1 to ");
    expect("\n1 ");
    expect("\n2 Ada\n"); // it has ended; its name is what it was called
    expect("\n3 Grace\n");
    expect("Task 3 Grace: ran ");
    expect("wake (");
    assert_null(strstr(seen.words, "left out"));
    look(&(struct fb_export_options){
        .view = FB_SVG_TIMELINE, .from = 10, .to = 30, .at = 20, .task = 1});
    expect("events 10 to 30");
    expect("\nevent 20\n");
    assert_null(strstr(seen.words, "Grace"));
    scene_close(&trace);
}

static void a_tree_says_why_each_leaf_is_pending(void **state) {
    (void)state;
    write_talk();
    look(&(struct fb_export_options){.view = FB_SVG_TREE});
    expect("\n3 Grace\n");
    expect("pending: fd 8 readable");
    expect("pending: fd 9 readable");
    expect("will wake it: the reactor, when fd 8 becomes readable");
    look(&(struct fb_export_options){.view = FB_SVG_TREE, .task = 4});
    expect("fd 9 readable");
    assert_null(strstr(seen.words, "fd 8 readable"));
    scene_close(&trace);
}

static void lanes_group_those_that_wait(void **state) {
    (void)state;
    write_talk();
    look(&(struct fb_export_options){.view = FB_SVG_LANES});
    expect("Run queue");
    expect("Polled now");
    expect("for the reactor  3");
    expect("\n4 Grace\n");
    scene_close(&trace);
    scene_open_workers(&trace, 0, 4);
    scene_listen(&trace);
    for (uint32_t i = 0; i < 4; i++) {
        trace.worker = i;
        scene_connect(&trace, 7 + (int)i, "Ada");
    }
    look(&(struct fb_export_options){.view = FB_SVG_LANES,
                                     .width = FB_SVG_NARROW});
    expect("Worker 0");
    expect("Worker 3");
    scene_close(&trace);
}

static void a_run_has_bands_and_lives(void **state) {
    (void)state;
    write_talk();
    look(&(struct fb_export_options){.view = FB_SVG_RUN});
    expect("\nevents\n");
    expect("most 3\n"); // tasks that lived at once: one had ended before
    expect("Task 2 Ada: ok");
    expect("Task 3 Grace: goes on");
    scene_close(&trace);
}

static void a_title_may_be_given(void **state) {
    (void)state;
    write_talk();
    for (int view = 0; view < FB_SVG_VIEWS; view++) {
        look(&(struct fb_export_options){.view = (enum fb_svg_view)view,
                                         .title = "Homework\x1b <3>"});
        expect("Homework\\x1b <3>: ");
        assert_null(strstr(seen.words, "greeter: "));
    }
    scene_close(&trace);
}

// What stands beside it is not said twice, and there is room for the rest.
static void a_bare_picture_is_of_its_width_and_says_no_title(void **state) {
    (void)state;
    write_talk();
    for (int view = 0; view < FB_SVG_VIEWS; view++) {
        char *text = draw(&(struct fb_export_options){
            .view = (enum fb_svg_view)view, .width = 300, .bare = true});

        assert_int_equal(seen.width - 2 * seen.left, 300);
        assert_true(seen.top > 0);
        assert_null(strstr(text, "class=\"title\""));
        assert_null(strstr(text, "lives on at the end"));
        assert_null(strstr(text, "scheduled</text>"));
        expect("greeter: "); // for who hears it
        free(text);
    }
    look(&(struct fb_export_options){
        .view = FB_SVG_TREE, .width = 300, .bare = true});
    expect("\n3 Grace\n");
    expect("\n○ fd 8 readable\n");
    assert_null(strstr(seen.words, "will wake it"));
    assert_null(strstr(seen.words, "\ngreet\n")); // it is in the first line
    scene_close(&trace);
}

static void names_stay_names(void **state) {
    static const char name[] = "</text>&\"'<script>\x1b]]>\xef\xbf\xbf";

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    (void)scene_connect(&trace, 7, name);
    for (int view = 0; view < FB_SVG_VIEWS; view++) {
        look(&(struct fb_export_options){.view = (enum fb_svg_view)view,
                                         .width = FB_SVG_WIDE});
        expect("</text>&\"'<script>\\x1b]]>");
    }
    scene_close(&trace);
}

static void what_is_too_long_is_whole_in_its_title(void **state) {
    const char *name = "a name that is longer than any gutter has room";

    (void)state;
    scene_open(&trace, 0);
    scene_listen(&trace);
    (void)scene_connect(&trace, 7, name);
    look(&(struct fb_export_options){.width = FB_SVG_NARROW});
    expect("…\n");
    expect("2 a name that is longer than any gutter has room\n2 a name");
    scene_close(&trace);
}

static void themes_are_both_or_one(void **state) {
    (void)state;
    write_talk();
    look(&(struct fb_export_options){.theme = FB_SVG_BOTH});
    assert_non_null(strstr(seen.style, "prefers-color-scheme:dark"));
    assert_non_null(strstr(seen.style, ".ground{fill:#ffffff}"));
    look(&(struct fb_export_options){.theme = FB_SVG_LIGHT});
    assert_null(strstr(seen.style, "prefers"));
    assert_non_null(strstr(seen.style, ".ground{fill:#ffffff}"));
    look(&(struct fb_export_options){.theme = FB_SVG_DARK});
    assert_null(strstr(seen.style, "prefers"));
    assert_null(strstr(seen.style, ".ground{fill:#ffffff}"));
    scene_close(&trace);
}

static void many_tasks_are_a_picture_of_a_bounded_size(void **state) {
    char *first, *second;

    (void)state;
    scene_open(&trace, 1 << 19);
    scene_listen(&trace);
    for (int i = 0; i < 10000; i++) {
        (void)scene_connect(&trace, 7 + i, "Ada");
    }
    for (int view = 0; view < FB_SVG_VIEWS; view++) {
        const struct fb_export_options o = {.view = (enum fb_svg_view)view};

        first = draw(&o);
        assert_true(seen.height < 6000);
        expect(view == FB_SVG_TREE || view == FB_SVG_LANES ? "… and "
                                                           : "left out");
        second = draw(&o);
        assert_string_equal(first, second);
        free(first);
        free(second);
    }
    scene_close(&trace);
}

static void lost_events_are_drawn_as_lost(void **state) {
    (void)state;
    scene_open(&trace, 256);
    scene_listen(&trace);
    (void)scene_connect(&trace, 7, "Ada");
    {
        char why[FB_SESSION_WHY_BYTES];
        struct fb_session *s;
        char *text;

        assert_int_equal(
            fb_session_open(&s, trace.path, false, why, sizeof(why)), 0);
        scene_idle(&trace, 400); // more than the ring holds, unseen
        scene_census(&trace, 2, 7, "Ada");
        while (fb_session_pump(s) > 0) {
        }
        for (int view = 0; view < FB_SVG_VIEWS; view++) {
            const struct fb_export_options o = {.view = (enum fb_svg_view)view};

            assert_int_equal(draw_to(s, &o, &text), 0);
            read_picture(text);
            free(text);
            expect("lost");
        }
        fb_session_close(s);
    }
    scene_close(&trace);
}

static void what_is_not_there_is_refused(void **state) {
    static const struct {
        struct fb_export_options options;
        int err;
    } cases[] = {
        {{.view = FB_SVG_TREE, .at = 99999}, -ERANGE},
        {{.view = FB_SVG_LANES, .at = 99999}, -ERANGE},
        {{.from = 99999}, -ERANGE},
        {{.view = FB_SVG_TREE, .task = 77}, -ESRCH},
        {{.view = FB_SVG_TIMELINE, .task = 77}, -ESRCH},
    };
    char why[FB_SESSION_WHY_BYTES];
    struct fb_session *s;
    char *text;

    (void)state;
    write_talk();
    assert_int_equal(fb_session_open(&s, trace.path, false, why, sizeof(why)),
                     0);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        assert_int_equal(draw_to(s, &cases[i].options, &text), cases[i].err);
        assert_string_equal(text, ""); // not half a picture
        free(text);
    }
    fb_session_close(s);
    scene_close(&trace);
}

static void hostile_events_give_whole_pictures(void **state) {
    const char *given = getenv("FB_SEED");

    (void)state;
    for (uint64_t round = 1; round <= 40; round++) {
        uint64_t seed = given ? strtoull(given, NULL, 10) : round * 7919;

        print_message("FB_SEED=%" PRIu64 "\n", seed);
        scene_open(&trace, 0);
        scene_listen(&trace);
        for (int i = 0; i < 600; i++) {
            scene_put(&trace, random_event(&seed));
        }
        for (int view = 0; view < FB_SVG_VIEWS; view++) {
            look(&(struct fb_export_options){.view = (enum fb_svg_view)view});
            look(&(struct fb_export_options){.view = (enum fb_svg_view)view,
                                             .from = 50,
                                             .to = 300,
                                             .at = 120 + round,
                                             .width = FB_SVG_NARROW});
            look(&(struct fb_export_options){.view = (enum fb_svg_view)view,
                                             .width = FB_SVG_BARE,
                                             .bare = true});
        }
        scene_close(&trace);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_timeline_has_a_row_for_each_task),
        cmocka_unit_test(a_tree_says_why_each_leaf_is_pending),
        cmocka_unit_test(lanes_group_those_that_wait),
        cmocka_unit_test(a_run_has_bands_and_lives),
        cmocka_unit_test(a_title_may_be_given),
        cmocka_unit_test(a_bare_picture_is_of_its_width_and_says_no_title),
        cmocka_unit_test(names_stay_names),
        cmocka_unit_test(what_is_too_long_is_whole_in_its_title),
        cmocka_unit_test(themes_are_both_or_one),
        cmocka_unit_test(many_tasks_are_a_picture_of_a_bounded_size),
        cmocka_unit_test(lost_events_are_drawn_as_lost),
        cmocka_unit_test(what_is_not_there_is_refused),
        cmocka_unit_test(hostile_events_give_whole_pictures),
    };

    return cmocka_run_group_tests_name("viz/export/svg", tests, NULL, NULL);
}
