// Problem: "this function does two jobs" is a matter of taste until somebody
// counts; a parser of C is too much for a sentence of advice.
// Idea: walk the text once, a code character at a time, and count words. What
// is no code (comments, strings) is stepped over by one function.
// Invariants: never reads behind the terminating NUL; no memory is taken.
#include "measure.h"

#include <ctype.h>
#include <string.h>

static bool is_word(char c) {
    return isalnum((unsigned char)c) || c == '_';
}

// Behind a string or character constant that begins at `at`.
static const char *skip_quoted(const char *at) {
    const char quote = *at++;

    while (*at != '\0' && *at != quote && *at != '\n') {
        at += *at == '\\' && at[1] != '\0' ? 2 : 1;
    }
    return *at == quote ? at + 1 : at;
}

// Behind what is no code and begins at `at`; `at` itself if it is code.
static const char *skip_silent(const char *at) {
    const char *end;

    if (at[0] == '/' && at[1] == '/') {
        return at + strcspn(at, "\n");
    }
    if (at[0] == '/' && at[1] == '*') {
        end = strstr(at + 2, "*/");
        return end != NULL ? end + 2 : at + strlen(at);
    }
    return *at == '"' || *at == '\'' ? skip_quoted(at) : at;
}

// Whether the line at `line` begins the definition of `name`: in the first
// column, the name before a parenthesis, and no semicolon before the brace.
static bool begins(const char *line, const char *name) {
    const size_t len = strlen(name);
    const char *end = line + strcspn(line, "\n");
    const char *at = line;

    if (!is_word(*line)) {
        return false;
    }
    while ((at = strstr(at, name)) != NULL && at < end) {
        const bool whole = at > line && !is_word(at[-1]) && at[len] == '(';

        if (whole) {
            at += strcspn(at, ";{");
            return *at == '{';
        }
        at += len;
    }
    return false;
}

static const char *find(const char *source, const char *name, unsigned *line) {
    for (*line = 1; *source != '\0'; ++*line) {
        if (begins(source, name)) {
            return source;
        }
        source += strcspn(source, "\n");
        source += *source == '\n';
    }
    return NULL;
}

// ---- one function, word by word ----

struct walk {
    const char *at;
    const char *word; // NULL: a single character of code that is no word
    size_t len;
    bool line_has_code;
    unsigned lines;
};

// Goes to the next word or sign; false at the function's end. Text in which no
// brace stands in the first column ends with the text.
static bool step(struct walk *w) {
    for (;;) {
        const char *behind = skip_silent(w->at);

        if (behind != w->at) {
            w->line_has_code |= *w->at == '"' || *w->at == '\'';
            w->at = behind;
        } else if (*w->at == '\0') {
            return false;
        } else if (*w->at == '\n') {
            w->lines += w->line_has_code;
            w->line_has_code = false;
            if (*++w->at == '}') {
                w->lines++;
                return false;
            }
        } else if (isspace((unsigned char)*w->at)) {
            w->at++;
        } else {
            break;
        }
    }
    w->line_has_code = true;
    w->word = is_word(*w->at) ? w->at : NULL;
    w->len = 1;
    while (w->word != NULL && is_word(w->at[w->len])) {
        w->len++;
    }
    w->at += w->len;
    return true;
}

static bool is(const struct walk *w, const char *word) {
    return w->word != NULL && strlen(word) == w->len &&
           strncmp(w->word, word, w->len) == 0;
}

static bool is_one_of(const struct walk *w, const char *const *words) {
    for (; *words != NULL; words++) {
        if (is(w, *words)) {
            return true;
        }
    }
    return false;
}

// && || and ?: the first of two equal signs counts.
static bool is_decision_sign(const struct walk *w) {
    const char *sign = w->at - 1;

    return w->word == NULL &&
           (*sign == '?' || ((*sign == '&' || *sign == '|') &&
                             sign[1] == *sign && sign[-1] != *sign));
}

struct measure measure_function(const char *source, const char *name) {
    static const char *const decisions[] = {
        "if", "for", "while", "case", "FB_TRY", "FB_AWAIT_TRY", NULL};
    struct measure m = {0};
    struct walk w = {.at = find(source, name, &m.line)};

    if (w.at == NULL) {
        return (struct measure){0};
    }
    m.found = true;
    m.ways = 1;
    while (step(&w)) {
        m.ways += is_decision_sign(&w) || is_one_of(&w, decisions);
    }
    m.lines = w.lines;
    return m;
}

unsigned measure_word(const char *source, const char *name, const char *word) {
    unsigned line, times = 0;
    struct walk w = {.at = find(source, name, &line)};

    while (w.at != NULL && step(&w)) {
        times += is(&w, word);
    }
    return times;
}
