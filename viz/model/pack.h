// A world put away: for checkpoints, of which there are many and which are
// seldom looked at.
#ifndef FISHBOWL_MODEL_PACK_H
#define FISHBOWL_MODEL_PACK_H

#include "model.h"

struct fb__packed {
    uint64_t *words;
    size_t bytes;      // that this takes
    size_t full_bytes; // that the world takes
};

// Ownership: fb__packed_free. Errors: -ENOMEM; *ret is then nothing to free.
__attribute__((warn_unused_result)) int fb__pack(struct fb__packed *ret,
                                                 const struct fb_model *m);
// Replaces `to` by the world that was packed, in the memory that `to` has
// already where that is enough. Errors: -ENOMEM; `to` is then empty.
__attribute__((warn_unused_result)) int fb__unpack(struct fb_model *to,
                                                   const struct fb__packed *p);
void fb__packed_free(struct fb__packed *p);

#endif
