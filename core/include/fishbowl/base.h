// What every header needs: attributes, container_of, assertions.
#ifndef FISHBOWL_BASE_H
#define FISHBOWL_BASE_H

#include <stddef.h>
#include <stdint.h>

#define FB_MUST_USE __attribute__((warn_unused_result))

// The struct that embeds `ptr` as its member `member`.
#define fb_container_of(ptr, type, member)                                     \
    ((type *)(void *)((char *)(ptr)-offsetof(type, member)))

// For broken contracts only, never for input, system calls or memory; on in
// every build.
#define fb_assert(condition, what)                                             \
    ((condition) ? (void)0                                                     \
                 : fb_assert_failed(what, #condition, __FILE__, __LINE__))

// Says what contract was broken and where, then aborts.
__attribute__((noreturn, cold)) void fb_assert_failed(const char *what,
                                                      const char *condition,
                                                      const char *file,
                                                      int line);

#endif
