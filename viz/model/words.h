// Reading what a person typed, for the sources of this library.
#ifndef FISHBOWL_WORDS_H
#define FISHBOWL_WORDS_H

#include <stdbool.h>
#include <stdint.h>

// All of `text` as a number: digits only. False: it is none that fits.
bool fb__read_u32(const char *text, uint32_t *ret_value);

#endif
