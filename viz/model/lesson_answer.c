// Answers as people write them: "4", "04", "D", "Ada > Bob", "ada, bob",
// "twice", "Ada, and then Bob".
//
// Problem: an answer that means the right thing must not be wrong for its
//     spelling.
// Idea: both sides are read word by word; what only separates words is passed
//     over, and numbers are compared as such, in digits or in words.
#include "fishbowl/trace/text.h"
#include "lesson_parts.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char BETWEEN[] = " \t\r,;>-=";

static bool is_word(const char *text, size_t len, const char *word) {
    char copy[8];

    if (len >= sizeof(copy) || len != strlen(word)) {
        return false;
    }
    snprintf(copy, sizeof(copy), "%.*s", (int)len, text);
    return fb__lesson_equal(copy, word);
}

// The next word that says something; its length is 0 at the end.
static const char *next_word(const char *text, size_t *ret_len) {
    for (;;) {
        text += strspn(text, BETWEEN);
        *ret_len = strcspn(text, BETWEEN);
        if (!is_word(text, *ret_len, "and") &&
            !is_word(text, *ret_len, "then") &&
            !is_word(text, *ret_len, "times")) {
            return text;
        }
        text += *ret_len;
    }
}

// Small numbers are often written out.
static void in_digits(const char **word, size_t *len) {
    static const struct {
        const char *word, *digit;
    } numbers[] = {{"zero", "0"},  {"never", "0"}, {"one", "1"},
                   {"once", "1"},  {"two", "2"},   {"twice", "2"},
                   {"three", "3"}, {"four", "4"},  {"five", "5"},
                   {"six", "6"},   {"seven", "7"}, {"eight", "8"},
                   {"nine", "9"}};

    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        if (is_word(*word, *len, numbers[i].word)) {
            *word = numbers[i].digit;
            *len = 1;
            return;
        }
    }
}

static bool is_number(const char *word, size_t len) {
    return len > 0 && strspn(word, "0123456789") >= len;
}

static bool same_word(const char *a, size_t a_len, const char *b,
                      size_t b_len) {
    char left[FB_LESSON_VALUE], right[FB_LESSON_VALUE];

    in_digits(&a, &a_len);
    in_digits(&b, &b_len);
    if (is_number(a, a_len) && is_number(b, b_len)) {
        for (; a_len > 1 && *a == '0'; a++, a_len--) {
        }
        for (; b_len > 1 && *b == '0'; b++, b_len--) {
        }
    }
    if (a_len != b_len || a_len >= sizeof(left)) {
        return false;
    }
    snprintf(left, sizeof(left), "%.*s", (int)a_len, a);
    snprintf(right, sizeof(right), "%.*s", (int)b_len, b);
    return fb__lesson_equal(left, right);
}

bool fb_lesson_same(const char *a, const char *b) {
    size_t a_len, b_len;

    do {
        a = next_word(a, &a_len);
        b = next_word(b, &b_len);
        if (!same_word(a, a_len, b, b_len)) {
            return false;
        }
        a += a_len;
        b += b_len;
    } while (a_len > 0);
    return true;
}

int fb_lesson_choice(const struct fb_lesson_question *q, const char *answer) {
    const char letter = (char)(answer[0] | 0x20);

    for (int i = 0; i < q->quiz.count; i++) {
        if (fb_lesson_same(q->values[i], answer)) {
            return i;
        }
    }
    if (answer[0] && answer[1] == '\0' && letter >= 'a' &&
        letter < 'a' + q->quiz.count) {
        return letter - 'a';
    }
    return -1;
}

bool fb_lesson_right(const struct fb_lesson_question *q, const char *answer) {
    const int chosen = fb_lesson_choice(q, answer);

    return chosen >= 0 ? chosen == q->quiz.right
                       : fb_lesson_same(q->truth, answer);
}

// ---- answers.txt ------------------------------------------------------------

// The line of `name`: where its answer begins; *ret_end is where the line ends.
static const char *find_line(const char *text, const char *name,
                             const char **ret_end) {
    const size_t len = strlen(name);

    while (*text) {
        const char *line = text + strspn(text, " \t");
        const char *end = text + strcspn(text, "\n");

        if (strncmp(line, name, len) == 0) {
            const char *colon = line + len + strspn(line + len, " \t");

            if (*colon == ':') {
                *ret_end = end;
                return colon + 1;
            }
        }
        text = *end ? end + 1 : end;
    }
    return NULL;
}

size_t fb_lesson_answer(const char *text, const char *name, char *out,
                        size_t out_bytes) {
    const char *end, *at = find_line(text, name, &end);

    out[0] = '\0';
    if (!at) {
        return 0;
    }
    at += strspn(at, " \t\r");
    while (end > at && strchr(" \t\r", end[-1])) {
        end--;
    }
    return end > at ? fb_text_sanitise(at, (size_t)(end - at), out, out_bytes)
                    : 0;
}

char *fb_lesson_put_answer(const char *text, const char *name,
                           const char *answer) {
    const char *end = NULL, *at = find_line(text, name, &end);
    const size_t before = at ? (size_t)(at - text) : strlen(text);
    const size_t room = strlen(text) + strlen(name) + strlen(answer) + 8;
    const bool ended = before == 0 || text[before - 1] == '\n';
    char *out = malloc(room);

    if (!out) {
        return NULL;
    }
    if (at) {
        snprintf(out, room, "%.*s %s%s", (int)before, text, answer, end);
    } else {
        snprintf(out, room, "%s%s%s: %s\n", text, ended ? "" : "\n", name,
                 answer);
    }
    return out;
}
