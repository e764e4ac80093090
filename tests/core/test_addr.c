// Addresses as people write them.
#include "harness.h"

#include <errno.h>
#include <string.h>

static void addresses_are_read_and_written_back(void **state) {
    static const char *const good[] = {"127.0.0.1:6142", "0.0.0.0:0",
                                       "[::1]:65535", "[::]:1", "[fe80::1]:80"};
    static const char *const bad[] = {"",
                                      ":",
                                      "127.0.0.1",
                                      "127.0.0.1:",
                                      ":80",
                                      "[::1]",
                                      "[::1]80",
                                      "[::1]:",
                                      "::1:80",
                                      "[::1:80",
                                      "1.2.3.4:65536",
                                      "1.2.3.4:-1",
                                      "1.2.3.4: 1",
                                      "localhost:80",
                                      "1.2.3:80",
                                      "[127.0.0.1]:80",
                                      "1.2.3.4:999999",
                                      "256.1.1.1:1",
                                      "[]:1",
                                      "1.2.3.4:1x"};
    char text[FB_ADDR_TEXT_BYTES];

    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
        struct fb_addr addr;

        assert_int_equal(fb_addr_parse(good[i], &addr), 0);
        fb_addr_format(&addr, text, sizeof text);
        assert_string_equal(text, good[i]);
    }
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        struct fb_addr addr;

        memset(&addr, 0x5a, sizeof addr);
        if (fb_addr_parse(bad[i], &addr) != -EINVAL) {
            fail_msg("\"%s\" was taken for an address", bad[i]);
        }
        assert_int_equal(((unsigned char *)&addr)[0], 0x5a);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(addresses_are_read_and_written_back),
    };

    return cmocka_run_group_tests_name("addr", tests, NULL, NULL);
}
