#include "rows.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

void rows_print(const char *work, const char *peer, const char *unit,
                const double *values, size_t count) {
    bool any = false;

    for (size_t i = 0; i < count; i++) {
        any |= isfinite(values[i]) != 0;
    }
    if (!any) {
        return;
    }
    printf("%s\t%s\t%s", work, peer, unit);
    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            printf("%c%.6g", i == 0 ? '\t' : ' ', values[i]);
        } else {
            printf("%c-", i == 0 ? '\t' : ' ');
        }
    }
    printf("\n");
}

void rows_rounds(unsigned rounds, void (*run)(void *arg, unsigned round),
                 void *arg) {
    const bool tell = isatty(STDERR_FILENO) == 1;

    if (rounds > 1) {
        run(arg, 0); // overwritten by the first one that counts
    }
    for (unsigned round = 0; round < rounds; round++) {
        run(arg, round);
        if (tell) {
            (void)fprintf(stderr, "\rround %u of %u ", round + 1, rounds);
        }
    }
    if (tell) {
        (void)fputs("\r\033[K", stderr);
    }
}
