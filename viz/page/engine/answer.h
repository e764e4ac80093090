// An answer: JSON that grows in memory.
//
// Commas set themselves. A failure (no memory) is noted and told at the end, so
// that no line of an answer needs a check.
#ifndef FISHBOWL_ENGINE_ANSWER_H
#define FISHBOWL_ENGINE_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct fb__answer {
    char *bytes;
    size_t len, room;
    bool failed;
};

void fb__answer_reset(struct fb__answer *a); // keeps its memory
void fb__answer_deinit(struct fb__answer *a);

// Each writes a value; `key` is NULL in an array. Text: any bytes; what is not
// UTF-8 is sanitised.
void fb__answer_open(struct fb__answer *a, const char *key, char bracket);
void fb__answer_close(struct fb__answer *a, char bracket);
void fb__answer_number(struct fb__answer *a, const char *key, uint64_t value);
void fb__answer_signed(struct fb__answer *a, const char *key, int64_t value);
void fb__answer_text(struct fb__answer *a, const char *key, const char *text);
void fb__answer_bool(struct fb__answer *a, const char *key, bool value);
void fb__answer_null(struct fb__answer *a, const char *key);

#endif
