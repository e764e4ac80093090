// Texts by number: equal texts have the same one, so that they are compared as
// numbers are.
#ifndef FISHBOWL_MODEL_TEXTS_H
#define FISHBOWL_MODEL_TEXTS_H

#include <stddef.h>
#include <stdint.h>

struct fb_texts;

// Errors: NULL out of memory.
struct fb_texts *fb__texts_create(void);
void fb__texts_destroy(struct fb_texts *t); // NULL is legal
// The number of a text, from 1 on; 0: out of memory, and from then on always.
uint32_t fb__texts_number(struct fb_texts *t, const char *text, size_t len);
// Ended by NUL; "" for an unknown number. Valid until the next text is added.
const char *fb__texts_at(const struct fb_texts *t, uint32_t number);

#endif
