// Reading a histogram: percentiles, and bars that fit a screen.
#include "histogram.h"

enum { SHARES = 100000 };

uint64_t fb_histogram_from(uint32_t bucket) {
    const uint32_t doubling = bucket / FB_HISTOGRAM_PARTS;

    if (doubling == 0) {
        return bucket;
    }
    if (doubling > 64 - FB_HISTOGRAM_PARTS_LOG) {
        return UINT64_MAX;
    }
    return (uint64_t)(FB_HISTOGRAM_PARTS + bucket % FB_HISTOGRAM_PARTS)
           << (doubling - 1);
}

uint64_t fb_histogram_to(uint32_t bucket) {
    return fb_histogram_from(bucket + 1);
}

// The sample that a percentile is, from 1: rounded up, so that 50 % of 3 is the
// second. Without a product that could overflow.
static uint64_t rank_of(uint64_t count, uint32_t share) {
    const uint64_t whole = count / SHARES * share;
    const uint64_t part = (count % SHARES * share + SHARES - 1) / SHARES;

    return whole + part > 0 ? whole + part : 1;
}

uint64_t fb_histogram_percentile(const struct fb_histogram *h, uint32_t share) {
    const uint64_t rank = rank_of(h->count, share);
    uint64_t seen = 0, from, middle;
    uint32_t bucket = 0;

    if (h->count == 0) {
        return 0;
    }
    if (rank >= h->count) {
        return h->max_ns;
    }
    while (bucket < FB_HISTOGRAM_BUCKETS - 1) {
        seen += h->buckets[bucket];
        if (seen >= rank) {
            break;
        }
        bucket++;
    }
    from = fb_histogram_from(bucket);
    middle = from + (fb_histogram_to(bucket) - from) / 2;
    return middle < h->max_ns ? middle : h->max_ns;
}

uint64_t fb_histogram_mean(const struct fb_histogram *h) {
    return h->count > 0 ? h->sum_ns / h->count : 0;
}

// How many buckets a bar takes: 1, 2, 4 …, so that a bar ends where a doubling
// does.
static uint32_t bar_width(uint32_t first, uint32_t last, size_t max) {
    uint32_t width = 1;

    while (last / width - first / width + 1 > max) {
        width *= 2;
    }
    return width;
}

// The bars of the buckets from `first` to `last`.
static size_t fill_bars(const struct fb_histogram *h, uint32_t first,
                        uint32_t last, struct fb_histogram_bar *bars,
                        size_t max) {
    const uint32_t width = bar_width(first, last, max);
    const uint32_t begin = first / width * width;
    const size_t count = (last - begin) / width + 1;

    for (size_t i = 0; i < count; i++) {
        const uint32_t at = begin + (uint32_t)i * width;

        bars[i] =
            (struct fb_histogram_bar){.from_ns = fb_histogram_from(at),
                                      .to_ns = fb_histogram_from(at + width)};
        for (uint32_t k = at; k < at + width && k < FB_HISTOGRAM_BUCKETS; k++) {
            bars[i].count += h->buckets[k];
        }
    }
    return count;
}

size_t fb_histogram_bars(const struct fb_histogram *h,
                         struct fb_histogram_bar *bars, size_t max) {
    uint32_t first = 1, last = FB_HISTOGRAM_BUCKETS - 1;
    size_t count;

    if (h->count == 0 || max == 0) {
        return 0;
    }
    while (first < last && h->buckets[first] == 0) {
        first++;
    }
    while (last > 0 && h->buckets[last] == 0) {
        last--;
    }
    if (h->buckets[0] == 0) {
        return fill_bars(h, first, last, bars, max);
    }
    if (last == 0 || max == 1) {
        return fill_bars(h, 0, last, bars, max);
    }
    count = 1 + fill_bars(h, first, last, bars + 1, max - 1);
    if (bars[1].from_ns == 0) { // wide enough for the nothing, too
        return fill_bars(h, 0, last, bars, max - 1);
    }
    bars[0] = (struct fb_histogram_bar){.to_ns = bars[1].from_ns,
                                        .count = h->buckets[0]};
    return count;
}
