// Memory for tasks: blocks of a few sizes, cut from large chunks.
#ifndef FB_SLAB_H
#define FB_SLAB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FB__SLAB_BYTES = 1 << 21, // of a chunk, and what it is aligned to
    FB__SLAB_STEP = 8,        // block sizes are multiples of it
    FB__SLAB_BLOCK = 512,     // the largest block
    FB__SLAB_SIZES = FB__SLAB_BLOCK / FB__SLAB_STEP,
    FB__SLAB_HUGE_FROM = 8 // chunks of a size before huge pages are asked for
};

struct fb__chunk;

// All zero is an empty slab.
struct fb__slab {
    struct fb__slab_size {
        struct fb__chunk *first, *last; // those with room come first
        uint32_t chunks;
        uint32_t empty; // of them: 0 or 1
    } sizes[FB__SLAB_SIZES];
};

// Whether a new runtime gets its tasks from a slab: not where a tool or a test
// looks at every allocation.
bool fb__slab_wanted(void);

// A zeroed block, aligned to FB__SLAB_STEP, or NULL: no memory.
// Requires: 0 < bytes <= FB__SLAB_BLOCK.
// Ownership: fb__slab_free, or fb__slab_free_late once the slab has ended.
// Context: the slab's thread.
void *fb__slab_alloc(struct fb__slab *slab, size_t bytes);
void fb__slab_free(struct fb__slab *slab, void *block);

// Gives all chunks back; one that has blocks left goes with the last of them.
// Context: the slab's thread, which neither allocates nor frees afterwards.
void fb__slab_end(struct fb__slab *slab);
// Legal from the moment on when the slab's thread does not use it any more
// but to end it, on any thread.
void fb__slab_free_late(void *block);

#endif
