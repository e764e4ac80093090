// What play and judge know of exercise 15: letters, and what becomes of them.
//
// Problem: a task that nobody waits for looks as if it were done.
// Idea: the program ends with its main future. What was cancelled then, and
// what errors nobody was told of, is in the trace and in the post's books.
#include "kit.h"
#include "post.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

// What there is to send, by the seed. First: one is lost, and it is the first at
// its end. Then: all arrive. Then: two are lost, and all end in the opposite
// order.
static const struct letter letters[][LETTERS_MAX] = {
    {{"Nobody", 10 * FB_MS, -ENOENT},
     {"Ada", 30 * FB_MS, 0},
     {"Cleo", 20 * FB_MS, 0}},
    {{"Ada", 10 * FB_MS, 0}, {"Bob", 10 * FB_MS, 0}},
    {{"Ada", 40 * FB_MS, -ENOENT},
     {"Bob", 30 * FB_MS, 0},
     {"Cleo", 20 * FB_MS, 0},
     {"Dan", 10 * FB_MS, -EACCES}},
};
enum { DAYS = sizeof letters / sizeof letters[0] };

// Static: deliveries that are cut short refer to them to the very end.
static struct post post;
static struct kit_play *playing;

// ---- a letter on its way ----

static void count(const char *what, const struct letter *letter) {
    char name[32];

    (void)snprintf(name, sizeof name, "%s %s", what, letter->to);
    kit_count(playing, name, 1);
}

static enum fb_poll deliver_poll(struct fb_future *f, struct fb_context *cx) {
    struct deliver *self = fb_container_of(f, struct deliver, future);

    FB_ASYNC(self, cx);
    FB_AWAIT(self->way, fb_sleep(self->letter->takes_ns));
    count("ended", self->letter);
    FB_RETURN(self->letter->fate);
    FB_ASYNC_END;
}

static struct fb_type deliver_type = FB_TYPE(deliver, .poll = deliver_poll);

struct deliver deliver(const struct letter *letter) {
    return (struct deliver){.future = {.type = &deliver_type},
                            .letter = letter};
}

void post_lost(const struct letter *letter, int err) {
    count("told", letter);
    if (err != letter->fate) {
        count("mistaken", letter);
    }
}

// ---- play ----

static size_t letter_count(uint64_t day) {
    size_t n = 0;

    while (n < LETTERS_MAX && letters[day][n].to != NULL) {
        n++;
    }
    return n;
}

static int play(struct kit_play *play) {
    struct fb_runtime *rt = kit_runtime(play);
    const uint64_t day = kit_seed(play) % DAYS;

    if (rt == NULL) {
        return -ENOMEM;
    }
    playing = play;
    post.letters = letters[day];
    post.count = letter_count(day);
    kit_note(play, "day", (int64_t)day);
    kit_note(play, "arrived", post_main(rt, &post));
    return 0;
}

// ---- judge ----

static int64_t fact(struct kit_case *c, const char *what,
                    const struct letter *letter) {
    char name[32];

    (void)snprintf(name, sizeof name, "%s %s", what, letter->to);
    return kit_fact(c, name, 0);
}

// Task 1 is the main future's.
static uint64_t end_of_main(struct kit_case *c) {
    return kit_event(c, FB_EV_TASK_DONE, 1, 0);
}

// T14: every letter came to its end.
static bool all_travelled(struct kit_case *c, const struct letter *of,
                          size_t n) {
    for (size_t i = 0; i < n; i++) {
        if (fact(c, "ended", &of[i]) == 0) {
            fb_trial_fail(kit_trial(c), FB_T14, end_of_main(c),
                          "The letter to %s never came to the end of its "
                          "way: its delivery was stopped before.",
                          of[i].to);
            fb_trial_show(kit_trial(c), end_of_main(c), "the program ends");
            return false;
        }
    }
    return true;
}

// T10: whoever sent a letter that was lost hears of it, once, and why.
static bool errors_were_told(struct kit_case *c, const struct letter *of,
                             size_t n) {
    for (size_t i = 0; i < n; i++) {
        char what[80];

        (void)snprintf(what, sizeof what, "The loss of the letter to %s",
                       of[i].to);
        if (!fb_claim_errors_seen_once(kit_trial(c), what, of[i].fate < 0,
                                       (uint64_t)fact(c, "told", &of[i]))) {
            return false;
        }
        if (fact(c, "mistaken", &of[i]) > 0) {
            return fb_trial_fail(kit_trial(c), FB_T10, end_of_main(c),
                                 "The letter to %s was lost for another "
                                 "reason than you told: %s.",
                                 of[i].to, strerror(-of[i].fate));
        }
    }
    return true;
}

// T10: the number that the program gives.
static bool counted_right(struct kit_case *c, const struct letter *of,
                          size_t n) {
    const int64_t said = kit_fact(c, "arrived", -1);
    int64_t arrived = 0;

    for (size_t i = 0; i < n; i++) {
        arrived += of[i].fate == 0;
    }
    if (said == arrived) {
        return true;
    }
    fb_trial_fail(kit_trial(c), FB_T10, end_of_main(c),
                  "post_main gave %lld. Of %zu letters %lld have arrived.",
                  (long long)said, n, (long long)arrived);
    if (said >= 0 && said < arrived) {
        fb_trial_believed(kit_trial(c),
                          "What I have counted is still there in the next "
                          "poll.",
                          "Pending is a return: the function's locals begin "
                          "anew in the next poll. What is counted over several "
                          "polls is a member of the struct.");
    }
    return false;
}

static void judge(struct kit_case *c) {
    struct fb_trial *t = kit_trial(c);
    const uint64_t day = (uint64_t)kit_fact(c, "day", 0);
    const struct letter *of = letters[day];
    const size_t n = letter_count(day);

    if (fb_claim_spawns_joined(t) && fb_claim_ends_quiet(t) &&
        all_travelled(c, of, n) && errors_were_told(c, of, n) &&
        counted_right(c, of, n)) {
        (void)fb_claim_overlap(t, "deliver", (unsigned)n);
    }
}

const struct kit_exercise kit_exercise = {.play = play, .judge = judge};
