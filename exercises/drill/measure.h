// How large a function is, by its text: for advice, never for a verdict.
//
// Two programs of one behaviour can differ in shape; a trace does not show it.
// So this counts what a reader has to carry in mind: lines of code, and the
// ways through them, as McCabe counted: one, and one more for each decision.
// Fishbowl's macros that may leave a function are decisions as well.
//
// Pure: text in, numbers out. It knows the layout that clang-format gives (a
// function begins in the first column and ends at a brace there), no grammar;
// comments, strings and character constants are left out.
#ifndef DRILL_MEASURE_H
#define DRILL_MEASURE_H

#include <stdbool.h>

struct measure {
    bool found;
    unsigned line;  // of the source, from 1: where the function begins
    unsigned lines; // of code, braces included; blank ones and comments are not
    unsigned ways;  // through it
};

// Of the definition of the function `name`; all 0 if there is none.
struct measure measure_function(const char *source, const char *name);

// How often the word `word` stands in that function's code.
unsigned measure_word(const char *source, const char *name, const char *word);

#endif
