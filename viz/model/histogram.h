// Histograms of durations: how often which, in buckets of bounded error.
//
// Problem: a mean hides the one poll in a thousand that makes a client wait,
// and keeping every duration costs as much as the trace.
// Idea: each doubling is cut into FB_HISTOGRAM_PARTS equal parts, so a bucket
// is as wide as its values are large, divided by that: small durations are told
// apart as finely as long ones. Below the parts every number has its own.
//
//     0 1 … 7 │ 8 9 … 15 │ 16 18 … 30 │ 32 36 … 60 │ …   2^63
//
// Invariants: the middle of a bucket is wrong by at most a 16th (6.25 %) of any
// value in it; every uint64_t has a bucket; count, sum and max are exact.
// Source: the bucket scheme is that of Gil Tene's HdrHistogram.
#ifndef FISHBOWL_HISTOGRAM_H
#define FISHBOWL_HISTOGRAM_H

#include <stddef.h>
#include <stdint.h>

enum {
    FB_HISTOGRAM_PARTS = 8, // a doubling has; a power of two
    FB_HISTOGRAM_PARTS_LOG = 3,
    FB_HISTOGRAM_BUCKETS =
        (64 - FB_HISTOGRAM_PARTS_LOG + 1) * FB_HISTOGRAM_PARTS,
};
#define FB_HISTOGRAM_ERROR "6.25 %" // of a percentile, at most

struct fb_histogram {
    uint64_t count, sum_ns, max_ns;
    uint64_t buckets[FB_HISTOGRAM_BUCKETS];
};

static inline uint32_t fb_histogram_bucket(uint64_t ns) {
    uint32_t top;

    if (ns < FB_HISTOGRAM_PARTS) {
        return (uint32_t)ns;
    }
    top = 63u - (uint32_t)__builtin_clzll(ns); // from PARTS_LOG on
    return (top - FB_HISTOGRAM_PARTS_LOG + 1) * FB_HISTOGRAM_PARTS +
           (uint32_t)(ns >> (top - FB_HISTOGRAM_PARTS_LOG) &
                      (FB_HISTOGRAM_PARTS - 1));
}

// The least duration of a bucket, and the first that is above it (UINT64_MAX
// above the last).
uint64_t fb_histogram_from(uint32_t bucket);
uint64_t fb_histogram_to(uint32_t bucket);

// A sum that would be too large (only a hostile file has one) stays at the
// largest number.
static inline void fb_histogram_add(struct fb_histogram *h, uint64_t ns) {
    h->count++;
    if (__builtin_add_overflow(h->sum_ns, ns, &h->sum_ns)) {
        h->sum_ns = UINT64_MAX;
    }
    h->max_ns = ns > h->max_ns ? ns : h->max_ns;
    h->buckets[fb_histogram_bucket(ns)]++;
}

// The duration that at least `share` of 100,000 samples do not exceed (99.9 %:
// 99900), as the middle of its bucket and never above the maximum. 0 without
// samples.
uint64_t fb_histogram_percentile(const struct fb_histogram *h, uint32_t share);
uint64_t fb_histogram_mean(const struct fb_histogram *h);

// The histogram as at most `max` bars from the shortest duration to the longest
// that there are, each of as many buckets as the others; bars without a sample
// in between are there too. Durations of nothing, which lie far from the others
// on this scale, have the first bar to themselves. Returns how many.
struct fb_histogram_bar {
    uint64_t from_ns, to_ns; // to: excluded
    uint64_t count;
};
size_t fb_histogram_bars(const struct fb_histogram *h,
                         struct fb_histogram_bar *bars, size_t max);

#endif
