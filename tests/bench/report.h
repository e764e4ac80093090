// The report on measured rows (rows.h): medians, quartiles, ratios within a
// round, and which bars are met. bars.txt names the works and has the bars.
#ifndef BENCH_REPORT_H
#define BENCH_REPORT_H

#include "stats.h"
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum {
    REPORT_WORKS = 64,
    REPORT_PEERS = 16,
    REPORT_BARS = 64,
    REPORT_ROUNDS = 100,
};

struct report_peer {
    char key[32], label[64];
};

struct report_work {
    char key[32], title[96];
    int base; // peer that ratios are taken to; -1 none
};

struct report_bar {
    int work, peer;
    int base; // -1: the limit is for the median itself
    double limit;
};

struct report_row {
    char unit[12];
    size_t count; // 0: not measured
    double values[REPORT_ROUNDS];
};

struct report {
    unsigned works, peers, bars;
    struct report_work work[REPORT_WORKS];
    struct report_peer peer[REPORT_PEERS];
    struct report_bar bar[REPORT_BARS];
    struct report_row row[REPORT_WORKS][REPORT_PEERS];
};

// Reads what bars.txt has. Returns 0, or the number of the first line that
// makes no sense.
int report_read_bars(struct report *r, FILE *in);
// Reads rows; those of unknown works or peers are passed over. Returns as
// above. A second row of the same work and peer replaces the first.
int report_read_rows(struct report *r, FILE *in);

// Of a row that was measured.
struct stats report_values(const struct report *r, unsigned work,
                           unsigned peer);
// Median and quartiles of the ratios within a round. False: no round has both.
bool report_ratio(const struct report *r, unsigned work, unsigned peer,
                  unsigned base, struct stats *ret);

enum report_verdict { REPORT_NOT_MEASURED, REPORT_MET, REPORT_MISSED };
enum report_verdict report_judge(const struct report *r,
                                 const struct report_bar *bar,
                                 double *ret_value);

// Three or more digits of a value, without an exponent, in `text`.
const char *report_digits(double value, char *text, size_t bytes);
void report_table(const struct report *r, FILE *out);
// One picture (SVG) of all ratios: a row a work, a dot a peer.
void report_plot(const struct report *r, FILE *out);

#endif
