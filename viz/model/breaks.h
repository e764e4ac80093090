// Breakpoints: what a person wants the picture, or the program, to stop at.
//
//     WAKE            after any event of this kind
//     task 5          after any event about task 5
//     WAKE task 5     both at once
//     named.c:42      when an await at this line is polled
//     lint            where a lint has found a mistake; lint task 5
//
// In what has happened already they are looked for here; a live program is told
// by the control page (fb_break_of), but for lints: those the viewer decides.
#ifndef FISHBOWL_BREAKS_H
#define FISHBOWL_BREAKS_H

#include "fishbowl/trace/control.h"
#include "history.h"
#include "lints.h"
#include "story.h"

enum { FB_BREAK_FILE = 48, FB_BREAK_WHY = 200 };

struct fb_break {
    struct fb_trace_break meets; // `place` is not used here
    char file[FB_BREAK_FILE];    // of the line; "" none
    bool lint;                   // a finding (of that task), and nothing else
};

// All zero: none.
struct fb_breaks {
    struct fb_break list[FB_CONTROL_BREAKS];
    size_t count;
};

// Errors: -EINVAL; `why` says what would be right.
__attribute__((warn_unused_result)) int fb_break_parse(struct fb_break *ret_brk,
                                                       const char *text,
                                                       char *why,
                                                       size_t why_bytes);
// "WAKE of task 5", "an await at named.c:42". Returns its length.
size_t fb_break_say(char *out, size_t out_bytes, const struct fb_break *b);
// Adds one; one that is there already is taken away. Errors: -ENOSPC.
__attribute__((warn_unused_result)) int
fb_breaks_toggle(struct fb_breaks *breaks, const struct fb_break *b);
void fb_breaks_remove(struct fb_breaks *breaks, size_t index);

// Whether a finding meets it.
bool fb_break_is_found(const struct fb_break *b, const struct fb_finding *f);

// For the control page. False: it is a lint, or no future of that file is in
// the program's table (yet); it is then met by nothing.
bool fb_break_of(struct fb_trace_break *ret_meets, const struct fb_break *b,
                 const struct fb_names *names);

// The nearest event after `from` (direction > 0) or before it that meets one of
// them, and which; 0: none. What history gave by fb_history_at before is
// outdated. `lints` has been fed with the history's events; NULL: no lints.
uint64_t fb_breaks_find(const struct fb_breaks *breaks, struct fb_history *h,
                        const struct fb_names *names,
                        const struct fb_lints *lints, uint64_t from,
                        int direction, size_t *ret_which);
// Which of them event `number` meets; SIZE_MAX: none, or it is not kept.
size_t fb_breaks_at(const struct fb_breaks *breaks, struct fb_history *h,
                    const struct fb_names *names, const struct fb_lints *lints,
                    uint64_t number);

#endif
