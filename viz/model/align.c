// Problem: two runs of one program differ somewhere, and are the same again
// after; the reader wants to see the difference, not all that has moved.
//
// Idea: walk through the table of A against B from corner to corner. A diagonal
// step is something that both have and costs nothing, a step to the right
// leaves out one of A, a step down one of B. For each cost in turn it is known
// how far one gets on each diagonal (x - y = k):
//
//         B →  a  b  x  c          cost 0: a b, as far as it goes
//     A    a   \                   cost 1: past x, or past c
//          b      \  →             then c is met again
//          c            \          gap: A none, B "x"
//
// The farthest points of each cost are kept, so that the way can be followed
// back. What is the same at both ends is cut off before.
//
// Invariants: cost, memory and steps are bounded (FB_ALIGN_EDITS, STEPS_MAX);
// beyond them the way ends at the farthest point reached.
// Source: E. Myers, An O(ND) Difference Algorithm (1986).
#include "align.h"
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>

#define STEPS_MAX 50000000u

struct search {
    const struct fb_align_rows *rows;
    size_t skip;          // same at the beginning
    int64_t a, b;         // what is left of each between the same ends
    int64_t **farthest;   // by cost: x on the diagonals -cost … cost
    int64_t cost;         // of the way found, or where it was given up
    int64_t end_x, end_y; // where it leads
    uint64_t steps;
};

static bool is_same(struct search *s, int64_t x, int64_t y) {
    s->steps++;
    return s->rows->same(s->rows->arg, s->skip + (size_t)x,
                         s->skip + (size_t)y);
}

// The farthest x on diagonal k at `cost`, before anything the same is passed.
static int64_t reach(const struct search *s, int64_t cost, int64_t k) {
    const int64_t *before = s->farthest[cost - 1] + (cost - 1);

    if (k == -cost) {
        return before[k + 1];
    }
    if (k == cost || before[k - 1] >= before[k + 1]) {
        return before[k - 1] + 1;
    }
    return before[k + 1];
}

// Fills the row of `cost`; true once the end is reached.
static bool go_on(struct search *s, int64_t cost) {
    int64_t *row = s->farthest[cost] + cost;

    for (int64_t k = -cost; k <= cost; k += 2) {
        int64_t x = cost == 0 ? 0 : reach(s, cost, k), y = x - k;

        while (x < s->a && y < s->b && s->steps < STEPS_MAX &&
               is_same(s, x, y)) {
            x++;
            y++;
        }
        row[k] = x;
        if (x <= s->a && y <= s->b && y >= 0 && x + y > s->end_x + s->end_y) {
            s->end_x = x;
            s->end_y = y;
            s->cost = cost;
        }
        if (x >= s->a && y >= s->b) {
            s->end_x = s->a;
            s->end_y = s->b;
            s->cost = cost;
            return true;
        }
    }
    return false;
}

static int find_way(struct search *s, bool *ret_found) {
    *ret_found = false;
    s->farthest = calloc(FB_ALIGN_EDITS + 1, sizeof *s->farthest);
    if (s->farthest == NULL) {
        return -ENOMEM;
    }
    for (int64_t cost = 0; cost <= FB_ALIGN_EDITS && s->steps < STEPS_MAX;
         cost++) {
        s->farthest[cost] =
            calloc(2 * (size_t)cost + 1, sizeof *s->farthest[cost]);
        if (s->farthest[cost] == NULL) {
            return -ENOMEM;
        }
        if (go_on(s, cost)) {
            *ret_found = true;
            return 0;
        }
    }
    return 0;
}

static void free_way(struct search *s) {
    for (int64_t i = 0; s->farthest != NULL && i <= FB_ALIGN_EDITS; i++) {
        free(s->farthest[i]);
    }
    free(s->farthest);
}

// Puts one thing that is left out before the gaps found so far, which come from
// behind; joined with the last one if nothing lies between.
static void put_edit(struct fb_align *to, struct fb_align_gap edit) {
    struct fb_align_gap *last = to->count > 0 ? &to->gaps[to->count - 1] : NULL;

    if (last != NULL && edit.a + edit.a_count == last->a &&
        edit.b + edit.b_count == last->b) {
        last->a = edit.a;
        last->b = edit.b;
        last->a_count += edit.a_count;
        last->b_count += edit.b_count;
    } else {
        to->gaps[to->count++] = edit;
    }
}

// Follows the way back from its end.
static void follow_back(const struct search *s, struct fb_align *to) {
    int64_t x = s->end_x, y = s->end_y;

    for (int64_t cost = s->cost; cost > 0; cost--) {
        const int64_t k = x - y;
        const int64_t start = reach(s, cost, k);
        const int64_t *before = s->farthest[cost - 1] + (cost - 1);
        const bool down =
            k == -cost || (k != cost && before[k - 1] < before[k + 1]);

        x = down ? start : start - 1;
        y = down ? start - k - 1 : start - k;
        put_edit(to, (struct fb_align_gap){.a = s->skip + (size_t)x,
                                           .a_count = down ? 0 : 1,
                                           .b = s->skip + (size_t)y,
                                           .b_count = down ? 1 : 0});
    }
}

static void turn_round(struct fb_align *align) {
    for (size_t i = 0, j = align->count; i + 1 < j; i++, j--) {
        const struct fb_align_gap g = align->gaps[i];

        align->gaps[i] = align->gaps[j - 1];
        align->gaps[j - 1] = g;
    }
}

static size_t same_at_end(const struct fb_align_rows *r, size_t skip) {
    size_t n = 0;

    while (skip + n < r->a_count && skip + n < r->b_count &&
           r->same(r->arg, r->a_count - n - 1, r->b_count - n - 1)) {
        n++;
    }
    return n;
}

int fb_align_rows(const struct fb_align_rows *r, struct fb_align *ret_align) {
    struct fb_align align = {0};
    struct search s = {.rows = r};
    bool found = false;
    size_t tail;
    int err;

    while (s.skip < r->a_count && s.skip < r->b_count &&
           r->same(r->arg, s.skip, s.skip)) {
        s.skip++;
    }
    tail = same_at_end(r, s.skip);
    s.a = (int64_t)(r->a_count - s.skip - tail);
    s.b = (int64_t)(r->b_count - s.skip - tail);
    err = s.a + s.b > 0 ? find_way(&s, &found) : 0;
    align.gaps = calloc(FB_ALIGN_EDITS + 2, sizeof *align.gaps);
    if (err == 0 && align.gaps == NULL) {
        err = -ENOMEM;
    }
    if (err == 0 && s.a + s.b > 0) {
        if (!found) {
            align.gave_up = true;
            put_edit(&align,
                     (struct fb_align_gap){.a = s.skip + (size_t)s.end_x,
                                           .a_count = (size_t)(s.a - s.end_x),
                                           .b = s.skip + (size_t)s.end_y,
                                           .b_count = (size_t)(s.b - s.end_y)});
        }
        follow_back(&s, &align);
        turn_round(&align);
    }
    free_way(&s);
    if (err < 0) {
        free(align.gaps);
        return err;
    }
    *ret_align = align;
    return 0;
}

void fb_align_deinit(struct fb_align *align) {
    free(align->gaps);
    *align = (struct fb_align){0};
}
