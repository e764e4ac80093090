// Medians and quartiles of a few repeated measurements.
#ifndef BENCH_STATS_H
#define BENCH_STATS_H

#include <stddef.h>

struct stats {
    double median, low, high; // low, high: the quartiles
};

// Sorts `values` in place. Requires: count > 0. A quantile between two values
// is interpolated.
struct stats stats_of(double *values, size_t count);

// The quantile `share` (0 to 1) of values that are sorted.
double stats_quantile(const double *sorted, size_t count, double share);

#endif
