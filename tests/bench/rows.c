#include "rows.h"
#include <math.h>
#include <stdbool.h>
#include <stdio.h>

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
