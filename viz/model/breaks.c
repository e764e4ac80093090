// Problem: a breakpoint must be found among ten million events, in both
//     directions, and a line means nothing without its file.
// Idea: events are looked at where they lie, block by block, always forwards;
//     going back, the last hit of a block counts. An await's event names the
//     type whose file its line is in; where it does not (an older trace), the
//     model is asked, but not too often, for a file may be made to ask for it
//     at every event.
// Invariants: at most ASKED worlds are loaded for one search.
#include "breaks.h"
#include "words.h"
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum {
    BLOCK = 1 << 16, // numbers looked at before going further back
    ASKED = 64,
};

// ---- words -----------------------------------------------------------------

// An event's kind by its name; 0 there is none.
static unsigned kind_of(const char *word) {
    for (unsigned k = 1; k < FB_EV_KINDS; k++) {
        if (strcasecmp(fb_name_event((enum fb_event_kind)k), word) == 0) {
            return k;
        }
    }
    return 0;
}

static bool read_place(const char *word, struct fb_break *b) {
    const char *colon = strrchr(word, ':');
    const size_t len = colon ? (size_t)(colon - word) : 0;

    if (len == 0 || len >= sizeof(b->file) ||
        !fb__read_u32(colon + 1, &b->meets.line) || b->meets.line == 0) {
        return false;
    }
    memcpy(b->file, word, len);
    b->file[len] = '\0';
    return true;
}

int fb_break_parse(struct fb_break *ret_brk, const char *text, char *why,
                   size_t why_bytes) {
    struct fb_break b = {0};
    char word[96];
    bool task = false; // the next word is its number

    for (text += strspn(text, " ,"); *text; text += strspn(text, " ,")) {
        const size_t len = strcspn(text, " ,");
        unsigned kind;

        snprintf(word, sizeof(word), "%.*s", (int)len, text);
        text += len;
        kind = kind_of(word);
        if (!task && strcasecmp(word, "lint") == 0) {
            b.lint = true;
            continue;
        }
        if (task ? !fb__read_u32(word, &b.meets.task) || b.meets.task == 0
                 : strcasecmp(word, "task") != 0 && kind == 0 &&
                       !read_place(word, &b)) {
            snprintf(why, why_bytes,
                     task ? "\"%s\" is no task's number (as in task 5)"
                          : "\"%s\" is no kind of event (as in WAKE, POLL_END, "
                            "TASK_DONE), task 5, line (named.c:42) or lint",
                     word);
            return -EINVAL;
        }
        task = !task && strcasecmp(word, "task") == 0;
        b.meets.kinds |= kind ? 1ull << kind : 0;
    }
    if (b.lint && (b.meets.kinds || b.meets.line)) {
        snprintf(why, why_bytes,
                 "a lint is found by itself, at most of a task (lint task 5)");
        return -EINVAL;
    }
    if (task || (!b.lint && !b.meets.kinds && !b.meets.task && !b.meets.line)) {
        snprintf(why, why_bytes,
                 "a kind of event (WAKE), task 5, a line "
                 "(named.c:42), several of them, or lint");
        return -EINVAL;
    }
    *ret_brk = b;
    return 0;
}

size_t fb_break_say(char *out, size_t out_bytes, const struct fb_break *b) {
    size_t len = 0;
    const char *between = "";

    out[0] = '\0';
    if (b->lint) {
        len = (size_t)snprintf(out, out_bytes, "a lint");
    }
    for (unsigned k = 1; k < FB_EV_KINDS && len < out_bytes; k++) {
        if (b->meets.kinds >> k & 1) {
            len += (size_t)snprintf(out + len, out_bytes - len, "%s%s", between,
                                    fb_name_event((enum fb_event_kind)k));
            between = " or ";
        }
    }
    if (b->meets.line && len < out_bytes) {
        len +=
            (size_t)snprintf(out + len, out_bytes - len, "%san await at %s:%u",
                             len ? ", " : "", b->file, b->meets.line);
    }
    if (b->meets.task && len < out_bytes) {
        len += (size_t)snprintf(out + len, out_bytes - len,
                                len ? " of task %u" : "any event of task %u",
                                b->meets.task);
    }
    return len < out_bytes ? len : out_bytes - 1;
}

static bool same(const struct fb_break *a, const struct fb_break *b) {
    return a->meets.kinds == b->meets.kinds && a->meets.task == b->meets.task &&
           a->meets.line == b->meets.line && a->lint == b->lint &&
           strcmp(a->file, b->file) == 0;
}

int fb_breaks_toggle(struct fb_breaks *breaks, const struct fb_break *b) {
    for (size_t i = 0; i < breaks->count; i++) {
        if (same(&breaks->list[i], b)) {
            fb_breaks_remove(breaks, i);
            return 0;
        }
    }
    if (breaks->count == FB_CONTROL_BREAKS) {
        return -ENOSPC;
    }
    breaks->list[breaks->count++] = *b;
    return 0;
}

void fb_breaks_remove(struct fb_breaks *breaks, size_t index) {
    if (index < breaks->count) {
        breaks->count--;
        memmove(&breaks->list[index], &breaks->list[index + 1],
                (breaks->count - index) * sizeof(breaks->list[0]));
    }
}

// ---- files -----------------------------------------------------------------

// Whether a type's file is the one that was named: the same, or the same after
// a slash.
static bool is_in_file(const struct fb_names *names, uint32_t type,
                       const char *file) {
    const char *name = "?", *whole = "";
    uint32_t line = 0, size = 0;
    size_t len, want = strlen(file);

    if (!names || !names->place || type == 0) {
        return false;
    }
    names->place(names->arg, type, &name, &whole, &line, &size);
    len = strlen(whole);
    return len >= want && strcmp(whole + len - want, file) == 0 &&
           (len == want || whole[len - want - 1] == '/');
}

bool fb_break_of(struct fb_trace_break *ret_meets, const struct fb_break *b,
                 const struct fb_names *names) {
    struct fb_trace_break meets = b->meets;

    if (b->lint) {
        return false;
    }
    for (uint32_t i = 1; meets.line && !meets.place; i++) {
        if (i == FB_TRACE_TABLE_MAX) {
            return false;
        }
        meets.place = is_in_file(names, i, b->file) ? i : 0;
    }
    *ret_meets = meets;
    return true;
}

// ---- looking ---------------------------------------------------------------

struct search {
    const struct fb_breaks *breaks;
    struct fb_history *h;
    const struct fb_names *names;
    uint64_t kinds[FB_CONTROL_BREAKS]; // no other kind meets it
    int asked;
    size_t which; // of the last hit
};

static struct search begin(const struct fb_breaks *breaks, struct fb_history *h,
                           const struct fb_names *names) {
    struct search s = {.breaks = breaks, .h = h, .names = names};

    for (size_t i = 0; i < breaks->count; i++) {
        const struct fb_trace_break *b = &breaks->list[i].meets;

        s.kinds[i] = breaks->list[i].lint ? 0
                     : b->kinds           ? b->kinds
                     : b->line            ? 1ull << FB_EV_FUTURE_ENTER
                                          : UINT64_MAX;
    }
    return s;
}

static uint32_t type_of_parent(struct search *s, uint64_t number,
                               const struct fb_event *e) {
    const struct fb_model_future *f;
    const struct fb_model *m;

    if (e->enter.parent_type != 0) {
        return e->enter.parent_type;
    }
    if (e->enter.parent == 0 || s->asked >= ASKED) {
        return 0;
    }
    s->asked++;
    m = fb_history_at(s->h, number);
    f = m ? fb_model_future(m, e->enter.parent) : NULL;
    return f ? f->type : 0;
}

static bool meets(struct search *s, uint64_t number, const struct fb_event *e) {
    for (size_t i = 0; i < s->breaks->count; i++) {
        const struct fb_break *b = &s->breaks->list[i];

        if ((s->kinds[i] >> (e->kind & 63) & 1) &&
            fb_trace_event_meets(e, &b->meets) &&
            (b->meets.line == 0 ||
             is_in_file(s->names, type_of_parent(s, number, e), b->file))) {
            s->which = i;
            return true;
        }
    }
    return false;
}

// The first (or last) hit among the kept events from `from` up to `end`, end
// not included; 0: none.
static uint64_t scan(struct search *s, uint64_t from, uint64_t end,
                     bool first_one) {
    const struct fb_event *run = NULL;
    uint64_t found = 0, first = 0;
    size_t count = 0, which = 0;

    for (uint64_t n = from; n < end; n++) {
        if (!run || n - first >= count) {
            n = fb_history_event(s->h, n) ? n : fb_history_next(s->h, n);
            run = n > 0 && n < end ? fb_history_run(s->h, n, &first, &count)
                                   : NULL;
            if (!run) {
                break;
            }
        }
        if (meets(s, n, &run[n - first])) {
            found = n;
            which = s->which;
            if (first_one) {
                break;
            }
        }
    }
    s->which = which;
    return found;
}

// ---- findings --------------------------------------------------------------

bool fb_break_is_found(const struct fb_break *b, const struct fb_finding *f) {
    return b->lint && (b->meets.task == 0 || b->meets.task == f->task);
}

// Which of them a finding meets; SIZE_MAX: none.
static size_t found_by(const struct fb_breaks *breaks,
                       const struct fb_finding *f) {
    for (size_t i = 0; f && i < breaks->count; i++) {
        if (fb_break_is_found(&breaks->list[i], f)) {
            return i;
        }
    }
    return SIZE_MAX;
}

// The nearest finding after or before an event that meets one of them; NULL:
// none.
static const struct fb_finding *finding_beside(const struct fb_breaks *breaks,
                                               const struct fb_lints *lints,
                                               uint64_t from, int direction) {
    size_t at = !lints          ? 0
                : direction > 0 ? fb_lints_until(lints, from)
                : from > 0      ? fb_lints_until(lints, from - 1)
                                : 0;
    const struct fb_finding *f;

    while (lints && (direction > 0 || at > 0)) {
        f = fb_lints_at(lints, direction > 0 ? at++ : --at);
        if (!f) {
            break;
        }
        if (found_by(breaks, f) != SIZE_MAX) {
            return f;
        }
    }
    return NULL;
}

uint64_t fb_breaks_find(const struct fb_breaks *breaks, struct fb_history *h,
                        const struct fb_names *names,
                        const struct fb_lints *lints, uint64_t from,
                        int direction, size_t *ret_which) {
    const struct fb_finding *f = finding_beside(breaks, lints, from, direction);
    struct search s = begin(breaks, h, names);
    // what lies beyond the finding is further away
    const uint64_t oldest = f && direction < 0 ? f->event : fb_history_first(h);
    const uint64_t last = f && direction > 0 ? f->event : fb_history_last(h);
    uint64_t found = 0, end = from;

    if (direction > 0) {
        found = scan(&s, from + 1, last + 1, true);
    }
    while (direction < 0 && found == 0) {
        const uint64_t before = fb_history_prev(h, end); // past a gap at once
        uint64_t start;

        if (before == 0 || before < oldest) {
            break;
        }
        start = before - oldest > BLOCK ? before - BLOCK : oldest;
        found = scan(&s, start, before + 1, false);
        end = start;
    }
    *ret_which = found || !f ? s.which : found_by(breaks, f);
    return found || !f ? found : f->event;
}

size_t fb_breaks_at(const struct fb_breaks *breaks, struct fb_history *h,
                    const struct fb_names *names, const struct fb_lints *lints,
                    uint64_t number) {
    struct search s = begin(breaks, h, names);

    if (scan(&s, number, number + 1, true)) {
        return s.which;
    }
    return found_by(breaks, lints ? fb_lints_fired(lints, number) : NULL);
}
