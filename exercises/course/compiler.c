// What a compiler said, for somebody who has not read many compilers.
//
// Problem: one missing semicolon makes a page of messages, and the warnings of
//     other lines come before it.
// Idea: messages are blocks (the line that names the place, what follows it);
//     errors go first, in their order. The first decides what is said in plain
//     words: a table of what compilers say to beginners, gcc's words and
//     clang's. The rest stays as it was, for those who read it.
#include "course_parts.h"
#include "fishbowl/trace/text.h"
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SOURCE_MOST = 1 << 20, MESSAGE_MOST = 300 };

static const struct {
    const char *has, *help;
} HELP[] = {
    {"expected ';'", "A statement ends with ';'. Look at the end of this line, "
                     "and of the one before it."},
    {"expected declaration or statement at end of input",
     "A '{' has no '}'. Count the braces of the last function you changed."},
    {"expected '}'", "A '{' has no '}'. Count the braces of the last function "
                     "you changed."},
    {"extraneous closing brace", "There is a '}' too many."},
    {"expected identifier or '('",
     "Something stands outside of a function. Often there is a '}' too many "
     "above it."},
    {"expected expression", "Something is missing before this place: a value, "
                            "or half of an operator."},
    {"undeclared", "The compiler has not met this name. Is it spelled as where "
                   "it is defined? A variable must be declared above its use."},
    {"implicit declaration of function",
     "The compiler has not met this function. Is it spelled as in the header? "
     "A function of your own must stand above the line that calls it."},
    {"call to undeclared function",
     "The compiler has not met this function. Is it spelled as in the header? "
     "A function of your own must stand above the line that calls it."},
    {"has no member named", "The struct has no such field. Its fields are "
                            "listed where it is defined: here, or in the "
                            "header."},
    {"no member named", "The struct has no such field. Its fields are listed "
                        "where it is defined: here, or in the header."},
    {"did you mean to use '->'", "A pointer's field is written p->field."},
    {"is a pointer; did you mean", "A pointer's field is written p->field."},
    {"incompatible pointer type",
     "A pointer to one thing is given where a pointer to another is wanted. "
     "Does it need '&', a field of the struct, or fb_container_of?"},
    {"discards 'const' qualifier",
     "What is given here is only lent, and may not be changed or used up. A "
     "waker in a context is woken with fb_waker_wake_by_ref, or cloned first."},
    {"discards qualifiers",
     "What is given here is only lent, and may not be changed or used up. A "
     "waker in a context is woken with fb_waker_wake_by_ref, or cloned first."},
    {"too few arguments", "The function wants more than it is given. Look at "
                          "its line in the header."},
    {"too many arguments", "The function is given more than it wants. Look at "
                           "its line in the header."},
    {"conflicting types for", "The header promises this function in another "
                              "form. Copy its line from there."},
    {"redefinition of", "This is defined twice. Leave one."},
    {"makes pointer from integer",
     "A number is given where a pointer is wanted. Is a '&' missing, or the "
     "name of a function that gives one misspelled?"},
    {"integer to pointer conversion",
     "A number is given where a pointer is wanted. Is a '&' missing, or the "
     "name of a function that gives one misspelled?"},
    {"does not return a value",
     "A way through this function returns nothing. Every path of it must end "
     "in a return."},
    {"no return statement",
     "A way through this function returns nothing. Every path of it must end "
     "in a return."},
    {"control reaches end of non-void function",
     "A way through this function returns nothing. Every path of it must end "
     "in a return."},
    {"file not found",
     "There is no such header. The starter's includes are enough for the "
     "exercise."},
    {"No such file or directory", "There is no such header. The starter's "
                                  "includes are enough for the exercise."},
    {"multiple definition of",
     "The check defines this already. Give yours another name, or make it "
     "static."},
};

// ---- one message ----

struct message {
    char file[120];
    unsigned line;
    char text[MESSAGE_MOST];
};

static const char *after_severity(const char *line, const char *end) {
    static const char *const WORDS[] = {": error: ", ": fatal error: "};

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        const char *at =
            memmem(line, (size_t)(end - line), WORDS[i], strlen(WORDS[i]));

        if (at != NULL) {
            return at + strlen(WORDS[i]);
        }
    }
    return NULL;
}

static const char *linker_words(const char *line, const char *end) {
    static const char *const WORDS[] = {"undefined reference to ",
                                        "multiple definition of "};

    for (size_t i = 0; i < sizeof(WORDS) / sizeof(WORDS[0]); i++) {
        const char *at =
            memmem(line, (size_t)(end - line), WORDS[i], strlen(WORDS[i]));

        if (at != NULL) {
            return at;
        }
    }
    return NULL;
}

// "FILE:LINE:…" at the beginning.
static void take_place(struct message *m, const char *line, const char *end) {
    const char *colon = memchr(line, ':', (size_t)(end - line));

    m->file[0] = '\0';
    m->line = 0;
    if (colon != NULL && colon + 1 < end && isdigit((unsigned char)colon[1])) {
        (void)fb_text_sanitise(line, (size_t)(colon - line), m->file,
                               sizeof(m->file));
        m->line = (unsigned)strtoul(colon + 1, NULL, 10);
    }
}

// Whether the line is an error. *m is what it says.
static bool take_error(struct message *m, const char *line, const char *end) {
    const char *words = after_severity(line, end);

    if (words == NULL) {
        words = linker_words(line, end);
    }
    if (words == NULL) {
        return false;
    }
    take_place(m, line, end);
    (void)fb_text_sanitise(words, (size_t)(end - words), m->text,
                           sizeof(m->text));
    return true;
}

static bool has(const char *line, const char *end, const char *text) {
    return memmem(line, (size_t)(end - line), text, strlen(text)) != NULL;
}

// Whether a message begins with this line, or with what announces one.
static bool begins(const char *line, const char *end) {
    return after_severity(line, end) != NULL || has(line, end, ": warning: ") ||
           linker_words(line, end) != NULL ||
           has(line, end, ": In function ") ||
           has(line, end, ": At top level") ||
           has(line, end, ": in function ") ||
           (end - line > 16 && memcmp(line, "In file included", 16) == 0);
}

// Whether it only says where the next one is.
static bool announces(const char *line, const char *end) {
    return begins(line, end) && after_severity(line, end) == NULL &&
           !has(line, end, ": warning: ") && linker_words(line, end) == NULL;
}

// ---- errors first ----

// The end of the block that begins at `at`; *ret_error: it is an error.
static const char *block(const char *at, const char *end, bool *ret_error) {
    bool named = false;

    *ret_error = false;
    while (at < end) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));
        struct message m;

        stop = stop != NULL ? stop : end;
        if (named && begins(at, stop)) {
            return at;
        }
        *ret_error = *ret_error || take_error(&m, at, stop);
        named = named || (begins(at, stop) && !announces(at, stop));
        at = stop < end ? stop + 1 : end;
    }
    return end;
}

static char *sort_blocks(const char *said, size_t len) {
    char *sorted = malloc(len + 1), *lines;
    const char *const end = said + len;
    size_t n = 0;

    if (sorted == NULL) {
        return NULL;
    }
    for (int errors = 1; errors >= 0; errors--) {
        for (const char *at = said; at < end;) {
            bool error;
            const char *const stop = block(at, end, &error);

            if (error == (errors == 1)) {
                memcpy(sorted + n, at, (size_t)(stop - at));
                n += (size_t)(stop - at);
            }
            at = stop;
        }
    }
    lines = course__lines(sorted, n);
    free(sorted);
    return lines;
}

// ---- in plain words ----

static void take_line_text(const char *folder, const struct message *m,
                           char *out, size_t out_bytes) {
    char path[PATH_MAX], *text;
    const char *at;

    out[0] = '\0';
    if (strchr(m->file, '/') != NULL ||
        course__path(path, sizeof(path), folder, m->file) < 0 ||
        course__slurp(path, SOURCE_MOST, &text, NULL) < 0) {
        return;
    }
    at = text;
    for (unsigned line = 1; at != NULL && line < m->line; line++) {
        at = strchr(at, '\n');
        at = at != NULL ? at + 1 : NULL;
    }
    if (at != NULL) {
        at += strspn(at, " \t");
        (void)fb_text_sanitise(at, strcspn(at, "\n"), out, out_bytes);
    }
    free(text);
}

static void add_place(struct course_result *r, const char *folder,
                      const struct message *m) {
    const int i = r->place_count;

    if (m->line == 0 || i == COURSE_PLACES ||
        (i > 0 && r->places[i - 1].line == m->line &&
         strcmp(r->places[i - 1].file, m->file) == 0)) {
        return;
    }
    snprintf(r->places[i].file, sizeof(r->places[i].file), "%s", m->file);
    r->places[i].line = m->line;
    take_line_text(folder, m, r->places[i].text, sizeof(r->places[i].text));
    r->place_count++;
}

// "undefined reference to `yield_poll'": the name between the quotes.
static void say_missing(struct course_result *r, const char *words) {
    const char *from = strpbrk(words, "`'");
    const size_t len = from != NULL ? strcspn(from + 1, "`'") : 0;

    snprintf(r->said, sizeof(r->said),
             "The check calls %.*s, and your file does not define it.",
             (int)len, len > 0 ? from + 1 : "");
    snprintf(r->help, sizeof(r->help),
             "Was it renamed or deleted? One that is static cannot be seen "
             "from outside either. `learn reset` brings the starter back and "
             "keeps your file beside it.");
}

static void say_first(struct course_result *r, const struct message *m) {
    if (strncmp(m->text, "undefined reference", 19) == 0) {
        say_missing(r, m->text);
        return;
    }
    if (m->line != 0) {
        snprintf(r->said, sizeof(r->said), "%s does not compile. Line %u: %s",
                 m->file, m->line, m->text);
    } else {
        snprintf(r->said, sizeof(r->said), "It does not compile: %s", m->text);
    }
    snprintf(r->help, sizeof(r->help),
             "Begin with the first error: those after it often come from it.");
    for (size_t i = 0; i < sizeof(HELP) / sizeof(HELP[0]); i++) {
        if (strstr(m->text, HELP[i].has) != NULL) {
            snprintf(r->help, sizeof(r->help), "%s", HELP[i].help);
            break;
        }
    }
}

void course__explain(struct course_result *r, const char *folder,
                     const char *said, size_t len) {
    const char *const end = said + len;
    struct message m;
    bool any = false;

    snprintf(r->claim, sizeof(r->claim), "X1");
    snprintf(r->name, sizeof(r->name), "compiles");
    r->passed = false;
    for (const char *at = said; at < end;) {
        const char *stop = memchr(at, '\n', (size_t)(end - at));

        stop = stop != NULL ? stop : end;
        // An error in the last return makes it one that none is there.
        if (take_error(&m, at, stop) &&
            !(any && strstr(m.text, "-Werror=return-type") != NULL)) {
            if (!any) {
                say_first(r, &m);
            }
            any = true;
            add_place(r, folder, &m);
        }
        at = stop < end ? stop + 1 : end;
    }
    if (!any) {
        snprintf(r->said, sizeof(r->said),
                 "It does not compile, and the compiler names no line.");
        snprintf(r->help, sizeof(r->help), "What it said stands below.");
    }
    free(r->compiler);
    r->compiler = sort_blocks(said, len);
}
