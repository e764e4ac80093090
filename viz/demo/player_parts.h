// Between player.c (when) and player_acts.c (what).
#ifndef FISHBOWL_DEMO_PLAYER_PARTS_H
#define FISHBOWL_DEMO_PLAYER_PARTS_H

#include "player.h"

enum fb__verdict { FB__NOT_YET, FB__SETTLED, FB__BROKEN };

const struct fb_model *fb__player_world(const struct fb_player *p);
uint64_t fb__player_newest(const struct fb_player *p);
bool fb__player_is_stopped(const struct fb_player *p);

// The act has reached the trace and everything it set off has come to rest.
// While the executor stands still there is nothing to wait for.
enum fb__verdict fb__player_is_quiet(const struct fb_player *p);

// The step cannot be played. Where somebody else has acted in between, it is
// passed over with a word; else the play fails.
__attribute__((format(printf, 2, 3))) enum fb__verdict
fb__player_broken(struct fb_player *p, const char *format, ...);

// The effect of this step has not come in time: says what is missing.
enum fb__verdict fb__player_late(struct fb_player *p,
                                 const struct fb_script_step *step);
// Does what the step says, once. FB__SETTLED: there is nothing to wait for.
enum fb__verdict fb__player_begin(struct fb_player *p,
                                  const struct fb_script_step *step,
                                  uint64_t now_ns);
// Keeps this moment under the step's name, once all has come to rest.
enum fb__verdict fb__player_bookmark(struct fb_player *p,
                                     const struct fb_script_step *step);
// Keeps the moment at which the play is over, as "end" unless the play has a
// mark of that name. NOT_YET: it has not come to rest.
enum fb__verdict fb__player_bookmark_end(struct fb_player *p, bool late);
// Lets a class look for so long before the next step.
void fb__player_rest(struct fb_player *p, uint64_t now_ns, uint64_t ns);
// How long a class reads at a text.
uint64_t fb__player_read_ns(size_t text_len);

#endif
