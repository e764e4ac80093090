// Places: where an event stands on either scale, and which event stands there.
//
// The index knows where stretches begin and end; inside of one the stamps of
// its events are read, a thousand at most.
#include "timeline_index.h"

size_t fb__timeline_stretch(const struct fb_timeline *x, enum fb_scale scale,
                            uint64_t place) {
    size_t low = 0, high = x->count;

    while (low < high) {
        const size_t mid = low + (high - low) / 2;
        const struct fb__stretch *t = &x->stretches[mid];

        if ((scale == FB_SCALE_TIME ? t->end_ns : fb__stretch_last(t)) <
            place) {
            low = mid + 1;
        } else {
            high = mid;
        }
    }
    return low;
}

void fb_timeline_range(const struct fb_history *h, enum fb_scale scale,
                       uint64_t *ret_begin, uint64_t *ret_end) {
    const struct fb_timeline *x = fb__history_timeline(h);

    *ret_begin = *ret_end = 0;
    if (x->count == 0) {
        return;
    }
    *ret_begin = scale == FB_SCALE_TIME ? x->stretches[0].begin_ns
                                        : x->stretches[0].first;
    *ret_end = scale == FB_SCALE_TIME
                   ? x->stretches[x->count - 1].end_ns
                   : fb__stretch_last(&x->stretches[x->count - 1]) + 1;
}

int fb_timeline_col(const struct fb_timeline_window *w, uint64_t place) {
    uint64_t col;

    if (place < w->from) {
        return -1;
    }
    col = (place - w->from) / w->step;
    return col < (uint64_t)w->cols ? (int)col : w->cols;
}

// Walks through the stamps of a stretch as far as event `number`, or the first
// that stands at or after `until_ns`; *ret_number is where it stopped. Returns
// its place.
static uint64_t walk_time(const struct fb_history *h,
                          const struct fb__stretch *t, uint64_t number,
                          uint64_t until_ns, uint64_t *ret_number) {
    uint64_t now = t->begin_ns, n = t->first;

    for (;; n++) {
        const struct fb_event *e = fb_history_event(h, n);

        now = e != NULL && e->time_ns > now ? e->time_ns : now;
        if (n == number || now >= until_ns || n == fb__stretch_last(t)) {
            break;
        }
    }
    *ret_number = n;
    return now;
}

uint64_t fb_timeline_place(const struct fb_history *h, enum fb_scale scale,
                           uint64_t number) {
    const struct fb_timeline *x = fb__history_timeline(h);
    const size_t at = fb__timeline_stretch(x, FB_SCALE_EVENTS, number);
    uint64_t found;

    if (x->count == 0) {
        return 0;
    }
    if (at == x->count || x->stretches[at].first > number) { // not kept
        const struct fb__stretch *t = &x->stretches[at == 0 ? 0 : at - 1];

        if (scale == FB_SCALE_TIME) {
            return at == 0 ? t->begin_ns : t->end_ns;
        }
        return at == 0 ? t->first : fb__stretch_last(t);
    }
    return scale == FB_SCALE_TIME
               ? walk_time(h, &x->stretches[at], number, UINT64_MAX, &found)
               : number;
}

uint64_t fb_timeline_event(const struct fb_history *h, enum fb_scale scale,
                           uint64_t place) {
    const struct fb_timeline *x = fb__history_timeline(h);
    const size_t at = fb__timeline_stretch(x, scale, place);
    uint64_t found;

    if (x->count == 0) {
        return 0;
    }
    if (at == x->count) {
        return fb__stretch_last(&x->stretches[at - 1]);
    }
    if (scale == FB_SCALE_EVENTS) {
        return place > x->stretches[at].first ? place : x->stretches[at].first;
    }
    (void)walk_time(h, &x->stretches[at], UINT64_MAX, place, &found);
    return found;
}

uint64_t fb_timeline_round(uint64_t n) {
    uint64_t ten = 1;

    for (int i = 0; i < 18; i++, ten *= 10) {
        for (uint64_t digit = 1; digit <= 5; digit += digit == 1 ? 1 : 3) {
            if (ten * digit >= n) {
                return ten * digit;
            }
        }
    }
    return ten;
}
