// Comparing text with a golden file.
//
// FB_UPDATE=1 in the environment writes the files anew; the difference is then
// read, and judged, in the commit.
#ifndef FISHBOWL_TESTS_GOLDEN_H
#define FISHBOWL_TESTS_GOLDEN_H

// Fails the test, showing both texts, unless `text` is the content of
// tests/viz/golden/<name>.txt.
void golden_check(const char *name, const char *text);

// Replaces each `from` in `text` by `to`, which is not longer: for what differs
// from run to run (a pid).
void golden_replace(char *text, const char *from, const char *to);

#endif
