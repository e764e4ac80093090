// Advice about the shape of the learner's code. Never a verdict: whoever
// solves the drill in another shape has solved it.
#ifndef DRILL_ADVICE_H
#define DRILL_ADVICE_H

#include "kit.h"

// Says how large `function` of serve.c is, and was: lines_before.
void advise_size(struct kit_case *c, const char *function,
                 unsigned lines_before);
// Says `sentence` if `word` stands in the code of that function.
void advise_word(struct kit_case *c, const char *function, const char *word,
                 const char *sentence);

#endif
