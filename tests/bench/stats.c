#include "stats.h"
#include <stdlib.h>

static int by_value(const void *a, const void *b) {
    double x = *(const double *)a;
    double y = *(const double *)b;

    return (x > y) - (x < y);
}

double stats_quantile(const double *sorted, size_t count, double share) {
    double place = share * (double)(count - 1);
    size_t below = (size_t)place;
    double part = place - (double)below;

    if (below + 1 >= count) {
        return sorted[count - 1];
    }
    return sorted[below] + part * (sorted[below + 1] - sorted[below]);
}

struct stats stats_of(double *values, size_t count) {
    qsort(values, count, sizeof(*values), by_value);
    return (struct stats){.median = stats_quantile(values, count, 0.5),
                          .low = stats_quantile(values, count, 0.25),
                          .high = stats_quantile(values, count, 0.75)};
}
