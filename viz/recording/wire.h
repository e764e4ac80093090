// Numbers as they lie in the file: little-endian, at any place.
#ifndef FISHBOWL_RECORDING_WIRE_H
#define FISHBOWL_RECORDING_WIRE_H

#include "recording.h"
#include <endian.h>
#include <string.h>

#define FB__RECORDING_MAGIC "FISHREC" // with its zero byte
enum { FB__RECORDING_HEAD_BYTES = 16, FB__RECORDING_WINDOW_LOG = 23 };

_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__,
               "events are copied as they are: swap them on this machine");

static inline char *fb__put32(char *at, uint32_t value) {
    value = htole32(value);
    memcpy(at, &value, sizeof(value));
    return at + sizeof(value);
}

static inline char *fb__put64(char *at, uint64_t value) {
    value = htole64(value);
    memcpy(at, &value, sizeof(value));
    return at + sizeof(value);
}

static inline uint32_t fb__get32(const char *at) {
    uint32_t value;

    memcpy(&value, at, sizeof(value));
    return le32toh(value);
}

static inline uint64_t fb__get64(const char *at) {
    uint64_t value;

    memcpy(&value, at, sizeof(value));
    return le64toh(value);
}

#endif
