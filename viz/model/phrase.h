// A phrase: text that is built up in a caller's buffer and may be cut there.
#ifndef FISHBOWL_MODEL_PHRASE_H
#define FISHBOWL_MODEL_PHRASE_H

#include "story.h"

struct fb__phrase {
    char *out;
    size_t bytes; // of `out`
    size_t len;   // of the whole text, as if `out` were large enough
};

struct fb__phrase fb__phrase_begin(char *out, size_t out_bytes);
__attribute__((format(printf, 2, 3))) void
fb__phrase_add(struct fb__phrase *p, const char *format, ...);
// Ends the text; a sequence of UTF-8 that was cut is taken away. Returns `len`.
size_t fb__phrase_end(struct fb__phrase *p);

// Hostile text, sanitised and of bounded length.
void fb__phrase_hostile(struct fb__phrase *p, const char *text, size_t len);
// The name of a type or spawn site from the table: "TcpRead"; "?" if unknown.
void fb__phrase_type(struct fb__phrase *p, const struct fb_names *n,
                     uint32_t index);
bool fb__names_knows(const struct fb_names *n, uint32_t index);
// The line of an entry of the table: where a type or a spawn stands.
uint32_t fb__names_line(const struct fb_names *n, uint32_t index);
// "named.c:31"; nothing at all when the file is not known.
void fb__phrase_place(struct fb__phrase *p, const struct fb_names *n,
                      uint32_t index, uint32_t line);
void fb__phrase_duration(struct fb__phrase *p, uint64_t ns);
// The same for time that is still to come, rounded: a sleep of 2 s that was
// begun some microseconds ago is told as 2 s, not as 1.9 s.
void fb__phrase_remaining(struct fb__phrase *p, uint64_t ns);
void fb__phrase_bits(struct fb__phrase *p, unsigned bits, const char *between);
// "fd 7", or "source 3" when its descriptor is not known.
void fb__phrase_source(struct fb__phrase *p, const struct fb_model *m,
                       uint32_t source);
// "Task 4 (Ada 127.0.0.1:51234)"; `word` is "Task" or "task".
void fb__phrase_task(struct fb__phrase *p, const char *word,
                     const struct fb_names *n, const struct fb_model *m,
                     uint32_t task);
// "the reactor, fd 7", "timer 3", "task 4" …: who acts.
void fb__phrase_party(struct fb__phrase *p, const struct fb_model *m,
                      unsigned party, uint32_t id);
// "semaphore 3": the channel that somebody waits for; `wait` says what it is.
void fb__phrase_channel(struct fb__phrase *p, unsigned wait, uint32_t id);
// "a permit of semaphore 3": why somebody waits for it.
void fb__phrase_channel_wait(struct fb__phrase *p, unsigned wait, uint32_t id);
// ", when it has a permit": at what it will wake; may be nothing.
void fb__phrase_channel_promise(struct fb__phrase *p, unsigned wait);
// "fd 7 readable": what a stored waker waits for.
void fb__phrase_hold(struct fb__phrase *p, const struct fb_model *m,
                     const struct fb_model_hold *h);
void fb__phrase_reason(struct fb__phrase *p, const struct fb_names *n,
                       const struct fb_model *m, uint32_t future);

#endif
