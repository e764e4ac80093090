// Problem: people say "event 1,234", "50 back" or "at 1.5 s"; the history knows
//     numbers only, with gaps between them.
// Idea: the words become a number or a time; a time is looked for by halving,
//     as times rise with numbers. In a file where they do not, some event is
//     found all the same, after as many looks.
#include "moment.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DIGITS = 20 };

struct words {
    int sign;         // 0: not relative
    bool is_time;     // else a number of events
    uint64_t integer; // events, or nanoseconds
};

static bool unit_ns(const char *unit, uint64_t *ret_ns) {
    static const struct {
        const char *name;
        uint64_t ns;
    } units[] = {
        {"ns", 1},       {"us", 1000},      {"µs", 1000},         {"μs", 1000},
        {"ms", 1000000}, {"s", 1000000000}, {"min", 60000000000u}};

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (strcmp(units[i].name, unit) == 0) {
            *ret_ns = units[i].ns;
            return true;
        }
    }
    return false;
}

// Digits with commas between them. Returns where they end; NULL: none, or too
// many.
static const char *read_digits(const char *text, uint64_t *ret_value) {
    uint64_t value = 0;
    int digits = 0;

    for (; (*text >= '0' && *text <= '9') || (digits > 0 && *text == ',');
         text++) {
        if (*text != ',') {
            value = value * 10 + (uint64_t)(*text - '0');
            if (++digits >= DIGITS) {
                return NULL;
            }
        }
    }
    *ret_value = value;
    return digits > 0 ? text : NULL;
}

static bool read_words(const char *text, struct words *w) {
    uint64_t tenths = 100000000, fraction = 0, ns;

    *w = (struct words){.sign = *text == '+' ? 1 : *text == '-' ? -1 : 0};
    text = read_digits(text + (w->sign != 0), &w->integer);
    if (!text) {
        return false;
    }
    if (*text == '\0') {
        return true;
    }
    w->is_time = true;
    if (*text == '.') {
        for (text++; *text >= '0' && *text <= '9'; text++) {
            fraction += (uint64_t)(*text - '0') * tenths;
            tenths /= 10;
        }
    }
    if (!unit_ns(text + (*text == ' '), &ns) ||
        w->integer > UINT64_MAX / 2 / ns) {
        return false;
    }
    // fraction is in billionths of the unit, which is at most a minute
    w->integer =
        w->integer * ns + (ns < 1000000000u ? fraction * ns / 1000000000u
                                            : fraction * (ns / 1000000000u));
    return true;
}

// The last kept event at or before `number`, or the first one.
static uint64_t at_or_before(const struct fb_history *h, uint64_t number) {
    const uint64_t first = fb_history_first(h), last = fb_history_last(h);
    uint64_t before;

    if (number <= first || number >= last) {
        return number <= first ? first : last;
    }
    before = fb_history_event(h, number) ? number : fb_history_prev(h, number);
    return before ? before : first;
}

// The last event whose time is not after `time_ns`, or the first one.
static uint64_t at_time(const struct fb_history *h, uint64_t time_ns) {
    uint64_t low = fb_history_first(h), high = fb_history_last(h);

    while (low < high) {
        const uint64_t middle = at_or_before(h, low + (high - low + 1) / 2);
        const uint64_t looked = middle > low ? middle : fb_history_next(h, low);
        const struct fb_event *e = fb_history_event(h, looked);

        if (looked == 0 || looked > high || !e) {
            break;
        }
        if (e->time_ns <= time_ns) {
            low = looked;
        } else {
            high = looked - 1;
        }
    }
    return at_or_before(h, low);
}

static uint64_t moved(uint64_t from, const struct words *w) {
    if (w->sign < 0) {
        return from > w->integer ? from - w->integer : 0;
    }
    return from > UINT64_MAX - w->integer ? UINT64_MAX : from + w->integer;
}

int fb_moment_check(const char *text, char *why, size_t why_bytes) {
    struct words w;

    text += strspn(text, " ");
    if (strcmp(text, "start") != 0 && strcmp(text, "end") != 0 &&
        !read_words(text, &w)) {
        snprintf(why, why_bytes,
                 "an event (1234), so many on or back (+50, -50), a time "
                 "(1.5s, 12ms, -2s), start or end");
        return -EINVAL;
    }
    return 0;
}

int fb_moment_find(uint64_t *ret_event, const char *text,
                   const struct fb_history *h, uint64_t at, uint64_t start_ns,
                   char *why, size_t why_bytes) {
    const struct fb_event *e = fb_history_event(h, at);
    struct words w;

    text += strspn(text, " ");
    if (fb_moment_check(text, why, why_bytes)) {
        return -EINVAL;
    }
    if (!read_words(text, &w)) { // "start" or "end"
        *ret_event = text[0] == 's' ? fb_history_first(h) : fb_history_last(h);
        return 0;
    }
    if (!w.is_time) {
        *ret_event = at_or_before(h, w.sign ? moved(at, &w) : w.integer);
        return 0;
    }
    if (w.sign == 0) {
        w.sign = 1;
        *ret_event = at_time(h, moved(start_ns, &w));
    } else {
        *ret_event = at_time(h, moved(e ? e->time_ns : start_ns, &w));
    }
    return 0;
}
