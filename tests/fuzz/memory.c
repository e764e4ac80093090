// Problem: a reader's peak of memory, to the byte, in every kind of build.
// Idea: stand in front of malloc; where a sanitizer stands there already, be
// called by it. One thread allocates.
#include "memory.h"

#include <malloc.h>
#include <stddef.h>
#include <string.h>

static int64_t now, peak, calls;

static void take(int64_t bytes) {
    now += bytes;
    peak = now > peak ? now : peak;
    calls++;
}

int64_t memory_reset(void) {
    calls = 0;
    peak = now;
    return now;
}

int64_t memory_peak(void) {
    return peak;
}

int64_t memory_calls(void) {
    return calls;
}

#if defined(__has_feature)
#define HAS_(what_) __has_feature(what_)
#else
#define HAS_(what_) 0
#endif

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__) ||           \
    HAS_(address_sanitizer) || HAS_(thread_sanitizer)

int __sanitizer_install_malloc_and_free_hooks(
    void (*malloc_hook)(const volatile void *, size_t),
    void (*free_hook)(const volatile void *));
size_t __sanitizer_get_allocated_size(const volatile void *p);

static void on_malloc(const volatile void *block, size_t bytes) {
    (void)block;
    take((int64_t)bytes);
}

static void on_free(const volatile void *block) {
    if (block != NULL) {
        now -= (int64_t)__sanitizer_get_allocated_size(block);
    }
}

__attribute__((constructor)) static void stand_in_front(void) {
    (void)__sanitizer_install_malloc_and_free_hooks(on_malloc, on_free);
}

#else

void *aligned_alloc(size_t align, size_t bytes);
// glibc's own, under the names by which it calls them itself.
void *__libc_malloc(size_t bytes);
void *__libc_calloc(size_t count, size_t bytes);
void *__libc_realloc(void *old, size_t bytes);
void *__libc_memalign(size_t align, size_t bytes);
void __libc_free(void *block);

static int64_t size_of(void *block) {
    return block == NULL ? 0 : (int64_t)malloc_usable_size(block);
}

void *malloc(size_t bytes) {
    void *block = __libc_malloc(bytes);

    take(size_of(block));
    return block;
}

void *calloc(size_t count, size_t bytes) {
    void *block = __libc_calloc(count, bytes);

    take(size_of(block));
    return block;
}

// While it is moved both blocks may be there: what malloc does inside, a
// mapping that grows in place most of the time, is its own affair.
void *realloc(void *old, size_t bytes) {
    const int64_t before = size_of(old);
    void *block = __libc_realloc(old, bytes);

    if (block != NULL || bytes == 0) {
        now -= before;
        take(size_of(block));
    }
    return block;
}

void *aligned_alloc(size_t align, size_t bytes) {
    void *block = __libc_memalign(align, bytes);

    take(size_of(block));
    return block;
}

void free(void *block) {
    now -= size_of(block);
    __libc_free(block);
}

#endif
