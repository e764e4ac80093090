// Pages: the same words for every width, with and without colour and Unicode.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "page.h"
#include <stdlib.h>
#include <string.h>

static char *written(struct page *p, const struct page_look *look) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    page_write(p, out, look);
    assert_int_equal(fclose(out), 0);
    page_deinit(p);
    return text;
}

static void assert_written(struct page *p, struct page_look look,
                           const char *expected) {
    char *text = written(p, &look);

    assert_string_equal(text, expected);
    free(text);
}

static void long_lines_break_at_blanks_and_keep_their_indent(void **state) {
    struct page p = {0};

    (void)state;
    page_add(&p, FB_STYLE_NORMAL, "  one two three four five");
    page_add(&p, FB_STYLE_NORMAL, "- an item of a list of things");
    page_add(&p, FB_STYLE_NORMAL, "averyveryverylongwordindeed and more");
    assert_written(&p, (struct page_look){.cols = 16},
                   "  one two three\n  four five\n"
                   "- an item of a\n  list of things\n"
                   "averyveryverylongwordindeed\nand more\n");
}

static void code_is_never_broken_in_a_pipe(void **state) {
    struct page p = {0};

    (void)state;
    page_code(&p, FB_STYLE_NORMAL, "  if (a == b) { return FB_PENDING; }");
    assert_written(&p, (struct page_look){.cols = 16},
                   "  if (a == b) { return FB_PENDING; }\n");
}

static void hostile_text_is_shown_and_not_obeyed(void **state) {
    struct page p = {0};

    (void)state;
    page_add(&p, FB_STYLE_NORMAL, "a\033[2Jb\nc\xff");
    page_text(&p, FB_STYLE_NORMAL, "  ", "x\ry");
    page_markdown(&p, "\033]0;t\007\n");
    assert_written(&p, (struct page_look){.cols = 80},
                   "a\\x1b[2Jb\nc\\xff\n  x\\ry\n\\x1b]0;t\\x07\n");
}

static void ascii_and_colour_are_only_added_where_wanted(void **state) {
    struct page p = {0};
    const struct page_look color = {.cols = 80, .color = true};
    char *text;

    (void)state;
    page_add(&p, FB_STYLE_FAILED, "\u2717 no");
    assert_written(&p, (struct page_look){.cols = 80}, "\u2717 no\n");
    page_add(&p, FB_STYLE_FAILED, "\u2717 no");
    text = written(&p, &(struct page_look){.cols = 80, .ascii = true});
    for (const char *c = text; *c != '\0'; c++) {
        assert_true((unsigned char)*c < 0x80);
    }
    free(text);
    page_add(&p, FB_STYLE_FAILED, "no");
    text = written(&p, &color);
    assert_non_null(strstr(text, "\033["));
    assert_non_null(strstr(text, "no\033[0m\n"));
    free(text);
}

static void markdown_loses_its_marks_only(void **state) {
    struct page p = {0};

    (void)state;
    page_markdown(&p, "# A title\n\n\n**Do**: use `x`.\n```c\nint **x;\n```\n");
    assert_written(&p, (struct page_look){.cols = 80},
                   "A title\n\nDo: use `x`.\n    int **x;\n");
}

static void
paragraphs_and_items_are_joined_before_they_are_broken(void **state) {
    struct page p = {0};

    (void)state;
    page_markdown(&p, "One task keeps\na list **of\nits** tasks.\n"
                      "- first\n  and more of it\n- second\n"
                      "1. a step that\n   goes on and on\n\n"
                      "    int **x;\n    int y;\n\nThe end");
    assert_written(&p, (struct page_look){.cols = 20},
                   "One task keeps a\nlist of its tasks.\n"
                   "- first and more of\n  it\n- second\n"
                   "1. a step that goes\n   on and on\n\n"
                   "    int **x;\n    int y;\n\nThe end\n");
}

static void a_grid_shows_the_rows_from_its_top_on(void **state) {
    struct fb_grid g = {0};
    struct page p = {0};

    (void)state;
    assert_int_equal(fb_grid_init(&g, 10, 2), 0);
    for (int i = 0; i < 4; i++) {
        page_add(&p, FB_STYLE_NORMAL, "row %d", i);
    }
    page_add(&p, FB_STYLE_NORMAL, "wordsthatarelong");
    assert_int_equal(page_draw(&p, &g, fb_grid_area(&g), 3), 6);
    assert_int_equal(fb_grid_at(&g, 0, 4)->scalar, '3');
    assert_int_equal(fb_grid_at(&g, 1, 0)->scalar, 'w');
    page_deinit(&p);
    fb_grid_deinit(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(long_lines_break_at_blanks_and_keep_their_indent),
        cmocka_unit_test(code_is_never_broken_in_a_pipe),
        cmocka_unit_test(hostile_text_is_shown_and_not_obeyed),
        cmocka_unit_test(ascii_and_colour_are_only_added_where_wanted),
        cmocka_unit_test(markdown_loses_its_marks_only),
        cmocka_unit_test(
            paragraphs_and_items_are_joined_before_they_are_broken),
        cmocka_unit_test(a_grid_shows_the_rows_from_its_top_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
