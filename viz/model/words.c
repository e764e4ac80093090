// Reading what a person typed. By hand: the C library's readers take signs,
// blanks and other bases, and look at the locale.
#include "words.h"

bool fb__read_u32(const char *text, uint32_t *ret_value) {
    uint64_t value = 0;

    if (*text == '\0') {
        return false;
    }
    for (; *text; text++) {
        if (*text < '0' || *text > '9') {
            return false;
        }
        value = value * 10 + (uint64_t)(*text - '0');
        if (value > UINT32_MAX) {
            return false;
        }
    }
    *ret_value = (uint32_t)value;
    return true;
}
