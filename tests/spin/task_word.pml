/* The transitions of core/task_state.c, one inline each: what a compare-
 * exchange loop computes from the word that it has seen.
 *
 *     seen ──► next   what is to be swapped in
 *              act    what the caller has to do, numbered as in task_state.h
 *              swap   false: it returns without swapping
 *
 * table.pml prints them for every word, and tests/spin/check compares that with
 * what the real functions do: the two cannot drift apart. MUTANT_n breaks one
 * of them, or one of their callers in task_state.pml; each must be found.
 */
#define RUNNING 1
#define SCHEDULED 2
#define COMPLETE 4
#define CANCELLED 8
#define FAILED 16
#define JOIN_INTEREST 32
#define SHARED 64 /* carried along: locked or not, the transitions are the same */
#define REF 128

#define BROKEN 99 /* fb_assert fails */

#define WAKE_ENQUEUE 0
#define WAKE_COALESCED 1
#define WAKE_DURING_POLL 2
#define WAKE_LATE 3
#define WAKE_LAST 4

inline next_wake_by_ref(seen, next, act, swap) {
    if
    :: seen & COMPLETE -> next = seen; act = WAKE_LATE; swap = false
    :: else ->
        next = seen | SCHEDULED;
        if
        :: seen & SCHEDULED -> act = WAKE_COALESCED
        :: !(seen & SCHEDULED) && (seen & RUNNING) -> act = WAKE_DURING_POLL
#ifdef MUTANT_1 /* a wake during the poll is not remembered */
            ; next = seen
#endif
        :: !(seen & (SCHEDULED | RUNNING)) -> act = WAKE_ENQUEUE
#ifndef MUTANT_2 /* the queue gets no reference */
            ; next = next + REF
#endif
        fi
    fi
}

inline next_wake_by_value(seen, next, act, swap) {
    next = seen - REF;
    if
    :: seen & COMPLETE ->
        if
        :: next < REF -> act = WAKE_LAST
        :: else -> act = WAKE_LATE
        fi
    :: !(seen & COMPLETE) && (seen & SCHEDULED) -> act = WAKE_COALESCED
#ifdef MUTANT_3 /* the waker's reference is not given back */
        ; next = seen
#endif
    :: !(seen & (COMPLETE | SCHEDULED)) && (seen & RUNNING) ->
        act = WAKE_DURING_POLL;
        next = next | SCHEDULED
    :: !(seen & (COMPLETE | SCHEDULED | RUNNING)) ->
        act = WAKE_ENQUEUE;
        next = seen | SCHEDULED
    fi
}

#define ABORT_NOTHING 0
#define ABORT_MARKED 1
#define ABORT_ENQUEUE 2

inline next_abort(seen, next, act, swap) {
    next = seen | CANCELLED;
    if
    :: seen & (COMPLETE | CANCELLED) ->
        next = seen; act = ABORT_NOTHING; swap = false
    :: !(seen & (COMPLETE | CANCELLED | SCHEDULED | RUNNING)) ->
#ifdef MUTANT_4 /* an idle task is marked and left lying */
        act = ABORT_MARKED
#else
        act = ABORT_ENQUEUE;
        next = (next | SCHEDULED) + REF
#endif
    :: else -> act = ABORT_MARKED
    fi
}

#define BEGIN_POLL 0
#define BEGIN_CANCEL 1
#define BEGIN_SKIP 2

inline next_begin_poll(seen, next, act, swap) {
    next = (seen | RUNNING) & ~SCHEDULED;
#ifdef MUTANT_5 /* it stays marked as queued: later wakes coalesce with it */
    next = seen | RUNNING;
#endif
    if
    :: seen & COMPLETE -> next = seen; act = BEGIN_SKIP; swap = false
    :: !(seen & COMPLETE) &&
           (seen & (RUNNING | CANCELLED)) == (RUNNING | CANCELLED) ->
        next = seen; act = BEGIN_SKIP; swap = false /* seized */
    :: !(seen & COMPLETE) &&
           (seen & (RUNNING | CANCELLED)) != (RUNNING | CANCELLED) &&
           (seen & (SCHEDULED | RUNNING)) != SCHEDULED ->
        next = seen; act = BROKEN; swap = false
    :: !(seen & COMPLETE) && (seen & (SCHEDULED | RUNNING)) == SCHEDULED ->
        if
        :: seen & CANCELLED -> act = BEGIN_CANCEL
#ifdef MUTANT_6 /* an abort is not seen at the task's turn */
            ; act = BEGIN_POLL
#endif
        :: else -> act = BEGIN_POLL
        fi
    fi
}

#define END_IDLE 0
#define END_REQUEUE 1
#define END_CANCEL 2

inline next_end_pending(seen, next, act, swap) {
    next = seen & ~RUNNING;
    if
#ifndef MUTANT_7 /* an abort is not seen at the end of a poll */
    :: seen & CANCELLED -> next = seen; act = END_CANCEL; swap = false
    :: !(seen & (CANCELLED | SCHEDULED)) -> act = END_IDLE; next = next - REF
    :: !(seen & CANCELLED) && (seen & SCHEDULED) -> act = END_REQUEUE
#else
    :: !(seen & SCHEDULED) -> act = END_IDLE; next = next - REF
    :: seen & SCHEDULED -> act = END_REQUEUE
#endif
    fi
}

inline next_seize(seen, next, act, swap) {
    next = seen | RUNNING | CANCELLED;
    act = 1;
    if
    :: seen & (RUNNING | COMPLETE) -> next = seen; act = 0; swap = false
    :: else
    fi
}

inline next_complete(seen, next, act, swap, failed) {
    next = (seen | COMPLETE) & ~(RUNNING | SCHEDULED);
#ifdef MUTANT_8 /* complete, and still running */
    next = seen | COMPLETE;
#endif
    act = 0;
    if
    :: !(seen & RUNNING) -> next = seen; act = BROKEN; swap = false
    :: (seen & RUNNING) && (failed) -> next = next | FAILED
    :: (seen & RUNNING) && !(failed)
    fi
}
