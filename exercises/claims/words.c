// The claims in words: what each demands, what those believe who break it, and
// why it is not so. Short, for a reader who has never seen a waker.
#include "claims.h"

struct words {
    const char *brief, *name, *demands, *misconception, *truth;
};

static const struct words words[FB_CLAIMS] = {
    [FB_CLAIM_NONE] = {"", "", "", "", ""},
    [FB_T1] = {"T1", "pending_has_source",
               "A poll that gives Pending has stored a waker, or has woken its "
               "task.",
               "Pending means: ask me again soon.",
               "Pending is a promise: \"I have left my waker with somebody who "
               "will use it.\" Nobody asks again without a wake."},
    [FB_T2] = {"T2", "wake_then_poll",
               "Who is woken is polled, before anybody parks.",
               "Storing the waker once is enough: a wake finds whoever waits.",
               "A wake reaches one task: the one whose waker was stored. It "
               "only puts that task into the run queue. So keep the waker of "
               "the latest poll, each time."},
    [FB_T3] = {"T3", "no_poll_after_done",
               "No future is polled after it was Ready or was dropped.",
               "A future that was Ready can be asked again.",
               "Ready hands the result over, once, and the future is over. "
               "Whoever polls several futures remembers which are done and "
               "leaves those alone."},
    [FB_T4] = {"T4", "polls_earned",
               "A task is polled because it was woken, and woken because there "
               "is news.",
               "Asking again and again is a way to wait.",
               "A poll without news costs time and brings nothing. Let whoever "
               "has the news do the waking: then there is one poll for each "
               "thing that happens."},
    [FB_T5] = {"T5", "overlap", "Several of them wait at the same time.",
               "Two awaits in a row run at the same time.",
               "An await goes on when its future is Ready. Until then the next "
               "future is not even started. To have two under way, poll both "
               "before you give Pending."},
    [FB_T6] = {"T6", "poll_span", "No poll takes long, and none blocks.",
               "Async makes slow calls fast.",
               "One thread polls all tasks. While one poll blocks or computes, "
               "nobody else is polled. Wait with a timer or a source, or hand "
               "the work to the pool of threads."},
    [FB_T7] = {"T7", "bytes_kept",
               "Each byte that was read is delivered, or still held.",
               "Dropping a future undoes what it did.",
               "A dropped future takes its memory with it, and all that it had "
               "read so far. Keep what must survive in something that outlives "
               "the future."},
    [FB_T8] = {"T8", "closed_once", "Each descriptor is closed exactly once.",
               "Closing once more does no harm, and somebody will close it.",
               "The number of a closed descriptor is given out again: a second "
               "close hits somebody else's. Each descriptor has one owner, who "
               "closes it once, on every way out."},
    [FB_T9] = {"T9", "spawns_joined",
               "Each spawned task is joined, or detached on purpose.",
               "Spawning guarantees that it finishes.",
               "When the run is over, tasks that are left are cancelled where "
               "they stand. Join what has to finish; detach what may be lost."},
    [FB_T10] = {"T10", "errors_seen_once", "Each error is seen exactly once.",
                "An error reports itself.",
                "An error is only a value. Whoever does not read a result "
                "loses its error; whoever reports it and passes it on reports "
                "it twice. One place sees each."},
    [FB_T11] = {"T11", "timer_exact", "A timer fires once, at its deadline.",
                "Sleeping is polling the clock, and a new timer goes on where "
                "the old one was.",
                "A timer is data: a deadline and a waker. It fires once, when "
                "the clock gets there. One that is made anew begins from "
                "zero."},
    [FB_T12] = {"T12", "ends_quiet", "At the end nothing is left.",
                "What is left over at the end does no harm.",
                "What still waits when nothing can happen any more waits for "
                "ever, and keeps its memory, its descriptor and its timer."},
    [FB_T13] = {"T13", "same_behaviour",
                "Others see the same bytes, tasks and ends as before.",
                "To refactor is to rewrite.",
                "A refactoring changes the shape of the code and nothing that "
                "others can see. What they see is the test of it."},
    [FB_T14] = {"T14", "must_happen", "What has to happen does happen.",
                "Nothing went wrong, so it works.",
                "A program that does nothing breaks no rule. First it has to "
                "do what it is there for."},
    [FB_CLAIM_ANSWER] = {"A", "answer",
                         "The prediction is what the trace says.", "",
                         "The trace is what really happened."},
    [FB_X1] = {"X1", "does_not_compile", "It compiles.", "", ""},
    [FB_X2] = {"X2", "crashed", "It does not crash.", "", ""},
    [FB_X3] = {"X3", "out_of_time", "It ends in time.", "", ""},
    [FB_X4] = {"X4", "too_much_memory", "It keeps to its memory.", "", ""},
    [FB_X5] = {"X5", "not_allowed", "It starts no other programs.", "", ""},
    [FB_X6] = {"X6", "leaked", "It gives back what it takes.", "", ""},
    [FB_X7] = {"X7", "broken_memory", "It keeps to the rules of C.", "", ""},
};

static const struct words *words_of(enum fb_claim_id id) {
    return &words[(unsigned)id < FB_CLAIMS ? id : FB_CLAIM_NONE];
}

const char *fb_claim_short(enum fb_claim_id id) {
    return words_of(id)->brief;
}

const char *fb_claim_name(enum fb_claim_id id) {
    return words_of(id)->name;
}

const char *fb_claim_demands(enum fb_claim_id id) {
    return words_of(id)->demands;
}

const char *fb_claim_misconception(enum fb_claim_id id) {
    return words_of(id)->misconception;
}

const char *fb_claim_truth(enum fb_claim_id id) {
    return words_of(id)->truth;
}
