// The drills start from the shipped greeter and lead to it: what they hand out
// and what their patches make of it are compared with server/, line by line,
// so that neither can drift. And the measures that their advice is made of.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "measure.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DRILL_18 "exercises/18_extract_the_handler"
#define DRILL_19 "exercises/19_one_way_out"
#define DRILL_20 "exercises/20_who_reads_the_result"

// ---- texts ----

static char *read_all(FILE *file) {
    char *text = NULL;
    size_t bytes = 0;

    assert_non_null(file);
    if (getdelim(&text, &bytes, '\0', file) < 0) {
        free(text);
        text = strdup("");
    }
    assert_non_null(text);
    return text;
}

static char *read_file(const char *path) {
    FILE *file = fopen(path, "re");
    char *text = read_all(file);

    (void)fclose(file);
    assert_true(strlen(text) > 0);
    return text;
}

// The learner's file after a patch of its exercise.
static char *patched(const char *folder, const char *patch) {
    char command[400], *text;
    FILE *pipe;

    (void)snprintf(command, sizeof command,
                   "patch --silent --output=- %s/serve.c %s/%s", folder, folder,
                   patch);
    pipe = popen(command, "r"); // NOLINT(cert-env33-c): our own words
    text = read_all(pipe);
    assert_int_equal(pclose(pipe), 0);
    return text;
}

// Without indentation, empty lines and marks: those may differ.
static char *essence(const char *text) {
    char *out = malloc(strlen(text) + 1);
    size_t len = 0;

    assert_non_null(out);
    while (*text != '\0') {
        const size_t line = strcspn(text, "\n");
        const size_t indent = strspn(text, " ");
        const char *code = text + indent;

        if (indent < line && strncmp(code, "// YOURS:", 9) != 0 &&
            strncmp(code, "// DOC:", 7) != 0 &&
            strncmp(code, "// END:", 7) != 0) {
            memcpy(out + len, code, line - indent);
            len += line - indent;
            out[len++] = '\n';
        }
        text += line + (text[line] == '\n');
    }
    out[len] = '\0';
    return out;
}

// From the first `from` up to `to` behind it, both as they stand in the text.
static char *part(const char *text, const char *from, const char *to) {
    const char *begin = strstr(text, from);
    const char *end = begin != NULL ? strstr(begin, to) : NULL;

    if (end == NULL) {
        fail_msg("there is no \"%s\" before a \"%s\"", from, to);
    }
    return strndup(begin, (size_t)(end - begin));
}

// Takes both over.
static void assert_holds(char *whole, char *piece, const char *what) {
    char *w = essence(whole), *p = essence(piece);

    assert_true(strlen(p) > 200); // or it would prove nothing
    if (strstr(w, p) == NULL) {
        fail_msg("%s: these lines are not there in one piece:\n%s", what, p);
    }
    free(w);
    free(p);
    free(whole);
    free(piece);
}

static char *shipped_part(const char *path, const char *from, const char *to) {
    char *text = read_file(path);
    char *piece = part(text, from, to);

    free(text);
    return piece;
}

// Struct, poll, drop, type and constructor.
static char *shipped_inline(void) {
    return shipped_part("server/inline.c", "struct greet {",
                        "// clients.spawn(async move");
}

// The same of named.c, whose comments between the functions say what is Rust's
// about them; the drills keep those as well.
static char *shipped_named(void) {
    return shipped_part("server/named.c", "struct greet {",
                        "// clients.spawn(greet(");
}

// ---- the chain ----

static void drill_18_begins_with_the_shipped_block(void **state) {
    (void)state;
    assert_holds(read_file(DRILL_18 "/serve.c"),
                 shipped_part("server/inline.c",
                              "greeter_label(cx, &self->client, \"\", 0);",
                              "    // }\n    FB_RETURN(0);"),
                 DRILL_18 "/serve.c");
}

static void drill_18_leads_to_the_shipped_inline_handler(void **state) {
    (void)state;
    assert_holds(patched(DRILL_18, "solution.patch"), shipped_inline(),
                 "18 solved");
}

static void drill_19_begins_with_the_shipped_inline_handler(void **state) {
    (void)state;
    assert_holds(read_file(DRILL_19 "/serve.c"), shipped_inline(),
                 DRILL_19 "/serve.c");
}

static void drill_19_leads_to_the_shipped_named_handler(void **state) {
    (void)state;
    assert_holds(patched(DRILL_19, "solution.patch"), shipped_named(),
                 "19 solved");
}

static void drill_20_begins_with_the_shipped_named_handler(void **state) {
    (void)state;
    assert_holds(read_file(DRILL_20 "/serve.c"), shipped_named(),
                 DRILL_20 "/serve.c");
}

static void drill_20_leads_to_where_19_has_led(void **state) {
    char *nineteen = patched(DRILL_19, "solution.patch");
    char *twenty = patched(DRILL_20, "solution.patch");
    char *code = strdup(strstr(nineteen, "struct greet {"));

    (void)state;
    free(nineteen);
    assert_holds(twenty, code, "20 solved");
}

static void alternatives_hold_the_shipped_state_machine(void **state) {
    (void)state;
    assert_holds(patched(DRILL_18, "alt/states.patch"),
                 shipped_part("server/states.c", "enum greet_step",
                              "static int greet_spawn"),
                 "18, alternative");
    assert_holds(patched(DRILL_19, "alt/states.patch"),
                 shipped_part("server/states.c", "enum greet_step",
                              "static int greet_spawn"),
                 "19, alternative");
}

// ---- measures ----

static void code_is_counted_and_nothing_else(void **state) {
    static const char source[] = "// int f(void) {\n"
                                 "int f(int a);\n"
                                 "static int g(void) {\n"
                                 "    return f(1);\n"
                                 "}\n"
                                 "\n"
                                 "int f(int a) {\n"
                                 "    // if (a) && while\n"
                                 "    const char *s = \"if ? \\\" : b\";\n"
                                 "\n"
                                 "    /* for (;;)\n"
                                 "       case */\n"
                                 "    if (a > 1 && a < '\"') {\n"
                                 "        return a ? 1 : 2;\n"
                                 "    }\n"
                                 "    ifdef(s); return 0;\n"
                                 "}\n"
                                 "int h;\n";
    const struct measure m = measure_function(source, "f");

    (void)state;
    assert_true(m.found);
    assert_int_equal(m.line, 7);
    assert_int_equal(m.lines, 7);
    assert_int_equal(m.ways, 4); // if, &&, ? and the straight one
    assert_int_equal(measure_word(source, "f", "return"), 2);
    assert_int_equal(measure_word(source, "f", "while"), 0);
    assert_int_equal(measure_word(source, "g", "f"), 1);
    assert_int_equal(measure_function(source, "g").lines, 3);
}

static void what_is_not_there_measures_nothing(void **state) {
    static const char *const sources[] = {
        "",
        "int f(void);\n",
        "int fa(void) {\n}\n",
        "int a_f(void) {\n}\n",
        "    int f(void) {\n}\n",
    };

    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        assert_false(measure_function(sources[i], "f").found);
        assert_int_equal(measure_word(sources[i], "f", "int"), 0);
    }
}

static void a_text_that_ends_too_soon_is_read_to_its_end(void **state) {
    static const char *const sources[] = {
        "int f(void) {",         "int f(void) {\n  \"",
        "int f(void) {\n  \"\\", "int f(void) {\n  /* if",
        "int f(void) {\n  'a",   "int f(void) {\n  a &",
    };

    (void)state;
    for (size_t i = 0; i < sizeof sources / sizeof sources[0]; i++) {
        char *exact = strdup(sources[i]); // a byte too many is an error of it

        assert_true(measure_function(exact, "f").found);
        assert_int_equal(measure_function(exact, "f").ways, 1);
        free(exact);
    }
}

// The number that a check compares with is that of its starter.
static void assert_lines_before(const char *folder, const char *function) {
    char path[200], *check, *serve;
    const char *at;

    (void)snprintf(path, sizeof path, "%s/check.c", folder);
    check = read_file(path);
    (void)snprintf(path, sizeof path, "%s/serve.c", folder);
    serve = read_file(path);
    at = strstr(check, "LINES_BEFORE = ");
    assert_non_null(at);
    assert_int_equal(strtoul(at + 15, NULL, 10),
                     measure_function(serve, function).lines);
    free(check);
    free(serve);
}

static void checks_know_how_large_their_starters_are(void **state) {
    (void)state;
    assert_lines_before(DRILL_18, "serve_poll");
    assert_lines_before(DRILL_19, "greet_poll");
}

static void the_solutions_are_smaller_where_they_should_be(void **state) {
    char *eighteen = patched(DRILL_18, "solution.patch");
    char *nineteen = patched(DRILL_19, "solution.patch");

    (void)state;
    assert_in_range(measure_function(eighteen, "serve_poll").lines, 5, 20);
    assert_in_range(measure_function(nineteen, "greet_poll").lines, 5, 20);
    assert_int_equal(
        measure_word(eighteen, "greet_poll", "greeter_print_error"), 3);
    assert_int_equal(
        measure_word(nineteen, "greet_poll", "greeter_print_error"), 0);
    free(eighteen);
    free(nineteen);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(drill_18_begins_with_the_shipped_block),
        cmocka_unit_test(drill_18_leads_to_the_shipped_inline_handler),
        cmocka_unit_test(drill_19_begins_with_the_shipped_inline_handler),
        cmocka_unit_test(drill_19_leads_to_the_shipped_named_handler),
        cmocka_unit_test(drill_20_begins_with_the_shipped_named_handler),
        cmocka_unit_test(drill_20_leads_to_where_19_has_led),
        cmocka_unit_test(alternatives_hold_the_shipped_state_machine),
        cmocka_unit_test(code_is_counted_and_nothing_else),
        cmocka_unit_test(what_is_not_there_measures_nothing),
        cmocka_unit_test(a_text_that_ends_too_soon_is_read_to_its_end),
        cmocka_unit_test(checks_know_how_large_their_starters_are),
        cmocka_unit_test(the_solutions_are_smaller_where_they_should_be),
    };

    return cmocka_run_group_tests_name("drills", tests, NULL, NULL);
}
