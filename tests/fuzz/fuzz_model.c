// Fuzz entry: any events. The world stays whole, every sentence can be said,
// the history's world is the one that was folded, forwards and backwards, and
// the lints, the checker of lives and the normal form survive. Beside itself
// without one of its events, what is outside of the gaps is the same, and all of
// it is there.
//
// Input: a byte of switches, a byte that chooses an event to look back at, then
// events as they lie in a ring. The top byte of an event's time is how many
// numbers are missing before it, as after a loss.
#include "fuzz.h"

#include "decisions.h"
#include "lints.h"
#include "lives.h"
#include "normal.h"
#include "quiz.h"
#include "random_events.h"
#include "tape.h"
#include "transcript.h"
#include "whole.h"

#include <string.h>

enum {
    SWITCH_MIDDLE = 1, // the trace is read from its middle
    SWITCH_SHORT = 2,  // the history forgets
    SWITCH_ENDED = 4,  // the runtime is gone at the end
    EVENTS_MAX = 256,
};

struct play {
    struct fb_event events[EVENTS_MAX];
    uint64_t numbers[EVENTS_MAX];
    size_t count;
    unsigned switches;
    uint8_t look_at;
};

static void read_play(struct play *p, struct fuzz_input *in) {
    uint64_t number;

    p->switches = fuzz_byte(in);
    p->look_at = fuzz_byte(in);
    p->count = 0;
    number = p->switches & SWITCH_MIDDLE ? 500 : 0;
    while (in->left >= sizeof p->events[0] && p->count < EVENTS_MAX) {
        struct fb_event *e = &p->events[p->count];

        memcpy(e, in->at, sizeof *e);
        in->at += sizeof *e;
        in->left -= sizeof *e;
        number += 1 + (e->time_ns >> 56);
        e->time_ns &= UINT64_MAX >> 8;
        p->numbers[p->count++] = number;
    }
}

// Folds all events; two worlds, of which one stays a step behind.
static char *check_worlds(const struct play *p) {
    struct fb_model before, after, copy = {0};
    struct fb_lints *lints;
    char *text = NULL;

    FUZZ_REQUIRE(fb_model_init(&before) == 0 && fb_model_init(&after) == 0);
    FUZZ_REQUIRE(fb_lints_create(&lints, NULL) == 0);
    for (size_t i = 0; i < p->count; i++) {
        FUZZ_REQUIRE(fb_model_feed(&after, p->numbers[i], &p->events[i]) == 0);
        fb_lints_feed(lints, &after, p->numbers[i], &p->events[i]);
        whole_words(&before, &after, p->numbers[i], &p->events[i]);
        if (i == p->look_at) {
            whole_world(&after);
            text = world_text(&after);
        }
        FUZZ_REQUIRE(fb_model_feed(&before, p->numbers[i], &p->events[i]) == 0);
    }
    whole_world(&after);
    fb_lints_end(lints, &after);
    whole_lints(lints, &after);
    fb_lints_destroy(lints);
    FUZZ_REQUIRE(fb_model_copy(&copy, &after) == 0);
    whole_world(&copy);
    fb_model_deinit(&before);
    fb_model_deinit(&after);
    fb_model_deinit(&copy);
    return text;
}

// Whatever is asked has one right answer, and can be told.
static void check_quiz(const struct play *p, struct fb_history *h) {
    struct fb_quiz_fact facts[FB_QUIZ_FACTS];
    struct fb_quiz q;

    for (size_t i = 0; i < p->count; i++) {
        if (fb_quiz_ask(h, &tape_names, p->numbers[i], FB_QUIZ_ALL, &q) != 1) {
            continue;
        }
        FUZZ_REQUIRE(q.count >= 2 && q.right >= 0 && q.right < q.count);
        FUZZ_REQUIRE(q.at == p->numbers[i] && q.until > q.at);
        FUZZ_REQUIRE(fb_quiz_tell(h, &tape_names, &q, facts) >= 0);
    }
    if (fb_quiz_ask_live(h, &tape_names, FB_QUIZ_ALL, &q) == 1) {
        FUZZ_REQUIRE(fb_quiz_judge(h, &tape_names, &q) == 0);
    }
}

// `text`: the world after event `look_at` as it was folded.
static void check_history(const struct play *p, const char *text) {
    struct fb_history *h;
    char *normal;

    FUZZ_REQUIRE(fb_history_create(&h, p->switches & SWITCH_SHORT ? 16 : 0) ==
                 0);
    for (size_t i = 0; i < p->count; i++) {
        FUZZ_REQUIRE(fb_history_push(h, p->numbers[i], &p->events[i]) == 0);
    }
    if (text != NULL && fb_history_event(h, p->numbers[p->look_at]) != NULL) {
        const struct fb_model *m;
        char *back;

        // from the end back to it, so that a replay is needed
        FUZZ_REQUIRE(fb_history_at(h, fb_history_last(h)) != NULL);
        m = fb_history_at(h, p->numbers[p->look_at]);
        FUZZ_REQUIRE(m != NULL);
        back = world_text(m);
        FUZZ_REQUIRE(strcmp(back, text) == 0);
        free(back);
    }
    check_quiz(p, h);
    whole_questions(h, fb_history_live(h));
    FUZZ_REQUIRE(fb_normal_text(h, &tape_names,
                                FB_NORMAL_TYPES | FB_NORMAL_POLLS,
                                &normal) == 0);
    free(normal);
    fb_history_destroy(h);
}

static struct fb_history *history_without(const struct play *p, size_t skip) {
    struct fb_history *h;

    FUZZ_REQUIRE(fb_history_create(&h, 0) == 0);
    for (size_t i = 0; i < p->count; i++) {
        FUZZ_REQUIRE(i == skip ||
                     fb_history_push(h, p->numbers[i], &p->events[i]) == 0);
    }
    return h;
}

static int hear(void *arg, const struct fb_decision *d) {
    FUZZ_REQUIRE(d->before != NULL && d->count >= 2);
    ++*(size_t *)arg;
    return 0;
}

static void check_compare(const struct play *p) {
    struct fb_history *h[2] = {history_without(p, p->count),
                               history_without(p, p->look_at)};
    const struct fb_run a = {h[0], &tape_names}, b = {h[1], &tape_names};
    size_t decisions = 0;

    for (int grade = 0; grade < FB_TRANSCRIPT_GRADES; grade++) {
        struct fb_comparison_cursor at = {0};
        struct fb_comparison_row row;
        struct fb_comparison c;
        size_t seen[3] = {0};

        FUZZ_REQUIRE(fb_compare(&a, &b, (enum fb_transcript_grade)grade,
                                FB_NORMAL_TYPES, &c) == 0);
        while (fb_comparison_next(&c, &at, &row)) {
            FUZZ_REQUIRE(row.differs || memcmp(row.a->words, row.b->words,
                                               sizeof row.a->words) == 0);
            seen[0] += row.a != NULL;
            seen[1] += row.b != NULL;
            seen[2]++;
        }
        FUZZ_REQUIRE(seen[0] == c.a.count && seen[1] == c.b.count);
        FUZZ_REQUIRE(seen[2] == fb_comparison_rows(&c));
        fb_comparison_deinit(&c);
    }
    FUZZ_REQUIRE(fb_decisions(h[0], hear, &decisions) == 0);
    FUZZ_REQUIRE(decisions <= p->count);
    fb_history_destroy(h[0]);
    fb_history_destroy(h[1]);
}

static void check_lives(const struct play *p) {
    struct fb_lives *lives;
    size_t kept = 0;

    FUZZ_REQUIRE(fb_lives_create(&lives) == 0);
    for (size_t i = 0; i < p->count; i++) {
        FUZZ_REQUIRE(fb_lives_feed(lives, p->numbers[i], &p->events[i]) == 0);
    }
    fb_lives_finish(lives,
                    p->switches & SWITCH_ENDED ? FB_LIVES_ENDED : FB_LIVES_CUT);
    for (const struct fb_life_fault *f;
         (f = fb_lives_fault(lives, kept)) != NULL; kept++) {
        FUZZ_REQUIRE(f->text[0] != '\0');
        FUZZ_REQUIRE(strlen(f->text) < sizeof f->text);
        FUZZ_REQUIRE(f->rule < FB_LIFE_RULES);
    }
    FUZZ_REQUIRE(kept <= FB_LIVES_FAULTS_KEPT);
    FUZZ_REQUIRE(kept <= fb_lives_violations(lives) + fb_lives_lints(lives));
    FUZZ_REQUIRE(kept > 0 || fb_lives_violations(lives) == 0);
    whole_world(fb_lives_model(lives));
    fb_lives_destroy(lives);
}

// A claim of whole.h that does not hold aborts, and says where.
int LLVMFuzzerInitialize(int *argc, char ***argv) {
    (void)argc;
    (void)argv;
    return setenv("CMOCKA_MESSAGE_OUTPUT", "STDOUT", 1) |
           setenv("CMOCKA_TEST_ABORT", "1", 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
    static struct play play;
    struct fuzz_input in = {data, size};
    char *text;

    read_play(&play, &in);
    text = check_worlds(&play);
    check_history(&play, text);
    check_compare(&play);
    check_lives(&play);
    free(text);
    return 0;
}

#ifdef FUZZ_LIBFUZZER
// Whole events are added, doubled, moved, taken away or given a new subject or
// kind, so that orders vary more than bytes do.
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size,
                               unsigned seed) {
    const size_t one = sizeof(struct fb_event);
    uint64_t random = ((uint64_t)seed << 1) | 1;
    size_t count = size > 2 ? (size - 2) / one : 0;
    uint8_t *a, *b;

    if (count == 0 || random_next(&random) % 3 == 0) {
        return LLVMFuzzerMutate(data, size, max_size);
    }
    a = data + 2 + random_next(&random) % count * one;
    b = data + 2 + random_next(&random) % count * one;
    switch (random_next(&random) % 5) {
    case 0: { // something new, over an old one or at the end
        struct fb_event e = random_event(&random);
        bool grow = random_next(&random) % 2 && size + one <= max_size;

        e.time_ns &= 0xffff;
        size += grow ? one : 0;
        memcpy(grow ? data + size - one : a, &e, one);
        break;
    }
    case 1: memmove(a, b, one); break;
    case 2: // gone
        memmove(a, a + one, (size_t)(data + size - (a + one)));
        size -= one;
        break;
    case 3: a[offsetof(struct fb_event, subject)] = b[12]; break;
    default: a[8 + random_next(&random) % 2] = b[8 + random_next(&random) % 2];
    }
    return size;
}
#endif
