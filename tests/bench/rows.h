// How the measuring programs say what they measured: one line a quantity,
//
//     work TAB peer TAB unit TAB value of round 1, a blank, of round 2, …
//
// "-" stands for a round that has no value. bench_report makes table and plot
// of such lines; values of one round belong together (ratios are taken within
// a round).
#ifndef BENCH_ROWS_H
#define BENCH_ROWS_H

#include <stddef.h>

// Prints one line on stdout. A value that is not finite is none; a row without
// any value is left out.
void rows_print(const char *work, const char *peer, const char *unit,
                const double *values, size_t count);

// Runs rounds 0 … rounds - 1, and tells a terminal on stderr how far it is. With
// more than one, round 0 runs once before: it overwrites what that gave.
void rows_rounds(unsigned rounds, void (*run)(void *arg, unsigned round),
                 void *arg);

#endif
