// FB_TEST=PATTERN in the environment: of a test program's tests only those run
// whose names match (* and ? as in a shell).
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>

__attribute__((constructor)) static void run_only(void) {
    const char *pattern = getenv("FB_TEST");

    if (pattern != NULL && pattern[0] != '\0') {
        cmocka_set_test_filter(pattern);
    }
}
