/* The life of one task in one word, with everybody who may move it at once.
 *
 *     executors   take it from the queue, poll it, end it
 *     wakers      other threads that were handed a waker in a poll
 *     handle      aborts, then detaches or waits for the result
 *     runtime     ends it all, when nothing is left to do or in the middle
 *
 * As in core, a transition is a load and then compare-exchanges until one
 * succeeds; each of these is one step here, and between two steps anyone may
 * come. Memory is sequentially consistent in this model; what orders it on real
 * machines is said beside each operation in core and checked by tsan.
 *
 * Sizes: EXECUTORS, WAKERS and HANDOUTS of each, ABORTS, SELF_WAKES (a poll
 * wakes its own task). LATE_END: the runtime ends only when all is quiet.
 * MUTANT_n: as in task_word.pml.
 */
#include "task_word.pml"

#ifndef EXECUTORS
#define EXECUTORS 1
#endif
#ifndef WAKERS
#define WAKERS 2
#endif
#ifndef SELF_WAKES
#define SELF_WAKES 1
#endif
#ifndef ABORTS
#define ABORTS 1
#endif
#ifndef HANDOUTS
#define HANDOUTS 1
#endif

short word = SCHEDULED | JOIN_INTEREST | (3 * REF);

/* what the word is about */
byte queued = 1;          /* places in queues that hold the task */
bool closed;              /* the door: nothing can be queued any more */
byte polling;             /* polls of it that are under way */
byte futures_dropped;
bool freed;

mtype = { NONE, OK, FAILURE, CANCEL };
mtype outcome = NONE;
bool output;              /* it has a result that must be dropped once */
byte outputs_dropped;

/* what may still happen */
bool data;                /* published by a waker, and no poll has looked since */
byte credit = 1;          /* wakes, and the spawn, that no poll has answered */
bool self_woken;
byte busy;                /* executors that have taken it */
byte handed[WAKERS];      /* how often */
bool holds[WAKERS];       /* a waker's thread has one now */
bool aborts_over, abort_accepted;
bool stop;                /* executors are to go home */
byte home;                /* executors that have */
byte over;                /* wakers and the handle that are done */

/* Used inside a single step only: no part of a state. */
hidden short next;
hidden byte swap;

/* ---- steps ---- */

#define PUBLISH data = true; credit++ /* then wake */
#define TOUCH assert(!freed)

/* A transition: `load` and each attempt to swap are steps of their own. */
#define MOVE(NEXT) \
    atomic { TOUCH; seen = word }; \
    do \
    :: atomic { \
        TOUCH; \
        swap = true; \
        NEXT; \
        assert(act != BROKEN); \
        if \
        :: !swap -> break \
        :: swap && word == seen -> \
            word = next; \
            assert((word & (RUNNING | COMPLETE)) != (RUNNING | COMPLETE)); \
            break \
        :: swap && word != seen -> seen = word \
        fi } \
    od

/* What a process no longer needs must not tell states apart. */
#define FORGET d_step { seen = 0; act = 0 }

inline free_it() {
    assert(!freed && queued == 0 && polling == 0);
    assert(futures_dropped == 1);
    freed = true
}

/* Freeing follows in the same step: the sooner it is gone, the more of those
 * who should not touch it any more are caught. */
inline unref() {
#ifdef MUTANT_9 /* asks after the fact whether it was the last */
    atomic { TOUCH; assert(word >= REF); word = word - REF };
    atomic {
        if
        :: word < REF -> free_it()
        :: else
        fi
    }
#else
    atomic {
        TOUCH;
        assert(word >= REF);
        word = word - REF;
        seen = 0;
        act = 0;
        if
        :: word < REF -> free_it()
        :: else
        fi
    }
#endif
}

inline ref() {
    atomic { TOUCH; assert(word >= REF); word = word + REF }
}

/* Gives a reference along; a closed door gives it back. */
inline enqueue() {
    atomic {
        TOUCH;
        if
        :: !closed ->
            assert(queued == 0);
            queued++;
            act = 0;
            seen = 0
        :: closed -> act = 1
        fi
    };
    if
    :: act -> unref()
    :: else
    fi
}

inline wake_by_ref() {
    MOVE(next_wake_by_ref(seen, next, act, swap));
    if
    :: act == WAKE_ENQUEUE -> enqueue()
    :: else -> FORGET
    fi
}

inline wake_by_value() {
    MOVE(next_wake_by_value(seen, next, act, swap));
    if
    :: act == WAKE_ENQUEUE -> enqueue()
    :: act == WAKE_LAST -> atomic { free_it(); seen = 0; act = 0 }
    :: else -> FORGET
    fi
}

inline drop_output() {
    output = false;
    outputs_dropped++
}

inline finish(how) {
    atomic {
        futures_dropped++;
        assert(futures_dropped == 1);
        outcome = how;
        output = (how == OK)
    };
    MOVE(next_complete(seen, next, act, swap, how == FAILURE));
    if
    :: !(seen & JOIN_INTEREST) && output -> drop_output()
    :: else
    fi;
#ifndef MUTANT_10 /* the list of all tasks keeps its reference */
    unref()
#endif
}

/* ---- who takes part ---- */

inline poll() {
    atomic {
        polling++;
        assert(polling == 1 && futures_dropped == 0);
        data = false;           /* it looks at what was published */
        assert(credit > 0);     /* no poll without a wake of its own */
        credit--;
        late = false;
        seen = 0;
        i = 0
    };
    do
    :: i < WAKERS && handed[i] < HANDOUTS && !holds[i] &&
       (i == 0 || handed[i - (i > 0)] > 0) -> /* wakers are all alike */
        atomic {
            TOUCH;
            word = word + REF;  /* a waker is cloned, for another thread */
            handed[i]++;
            holds[i] = true;
            i++
        }
    :: i < WAKERS -> i++
    :: i == WAKERS -> i = 0; break
    od;
    if
    :: atomic { SELF_WAKES && !self_woken -> self_woken = true; PUBLISH }; wake_by_ref()
    :: true
    fi;
    polling--
}

inline run_task() {
    late = abort_accepted;
    MOVE(next_begin_poll(seen, next, act, swap));
    if
    :: act == BEGIN_SKIP -> unref()
    :: act == BEGIN_CANCEL -> finish(CANCEL); unref()
    :: act == BEGIN_POLL ->
        assert(!late);          /* never polled once an abort was accepted */
        poll();
        if
        :: true -> finish(OK); unref()
        :: true -> finish(FAILURE); unref()
        :: true ->
#ifdef MUTANT_11 /* stores what follows from an old look at the word */
            atomic { TOUCH; seen = word };
            next_end_pending(seen, next, act, swap);
            atomic { TOUCH; word = next };
#else
            MOVE(next_end_pending(seen, next, act, swap));
#endif
            if
            :: act == END_IDLE -> FORGET
            :: act == END_REQUEUE -> enqueue()
            :: act == END_CANCEL -> finish(CANCEL); unref()
            fi
        fi
    fi
}

proctype executor() {
    short seen;
    byte act, i;
    bool late;

    do
    :: atomic { !stop && queued > 0 -> queued--; busy++ };
        run_task();
        busy--
    :: stop -> break
    od;
    home++
}

proctype waker(byte me) {
    short seen;
    byte act;

    do
    :: holds[me] ->
        if
        :: atomic { PUBLISH }; wake_by_ref(); unref()
        :: atomic { PUBLISH }; wake_by_value()
        :: ref(); atomic { PUBLISH }; wake_by_value(); unref() /* a clone */
        :: unref()              /* dropped unused */
        fi;
        holds[me] = false
    :: stop && home == EXECUTORS && !holds[me] -> break
    od;
    over++
}

proctype handle() {
    short seen;
    byte act, aborts;

    do
    :: aborts < ABORTS ->
        aborts++;
        MOVE(next_abort(seen, next, act, swap));
        if
        :: act == ABORT_NOTHING -> FORGET
        :: act == ABORT_MARKED -> abort_accepted = true; FORGET
        :: act == ABORT_ENQUEUE -> abort_accepted = true; enqueue()
        fi
    :: break
    od;
    aborts_over = true;
    if
    :: true                     /* detaches, whatever the task is at */
    :: atomic { TOUCH; word & COMPLETE }; /* waits for the result, and reads */
        assert(outcome != NONE && output == (outcome == OK));
        assert((outcome == FAILURE) == ((word & FAILED) != 0))
    fi;
#ifdef MUTANT_12 /* two instructions where one is needed */
    atomic { TOUCH; seen = word };
    atomic { TOUCH; word = seen & ~JOIN_INTEREST };
#else
    atomic { TOUCH; seen = word; word = word & ~JOIN_INTEREST };
#endif
    if
    :: (seen & COMPLETE) && output -> drop_output()
    :: else
    fi;
    unref();
    over++
}

#define NOBODY_HOLDS (!holds[0] && !holds[WAKERS - 1] && !holds[WAKERS / 2])
#define QUIET (queued == 0 && busy == 0 && NOBODY_HOLDS && aborts_over)

inline destroy() {
    if
    :: !(word & COMPLETE) ->
        ref();
        MOVE(next_seize(seen, next, act, swap));
        assert(act == 1); /* nobody polls it any more */
        finish(CANCEL);
        unref()
    :: else
    fi;
    if
    :: atomic { queued > 0 -> queued-- }; unref()
    :: true                     /* who is still on the way finds: */
    fi;
    atomic { closed = true; act = queued; queued = 0 };
    if
    :: act -> unref()           /* it was there before the door closed */
    :: else
    fi
}

init {
    short seen;
    byte act, i;

    atomic {
        i = 0;
        do
        :: i < EXECUTORS -> run executor(); i++
        :: i >= EXECUTORS -> break
        od;
        i = 0;
        do
        :: i < WAKERS -> run waker(i); i++
        :: i == WAKERS -> break
        od;
        run handle()
    };
    if
    :: atomic { QUIET ->
        /* no lost wake: whoever published was looked at; no lost abort */
        assert((word & COMPLETE) || (!data && !abort_accepted));
        stop = true }
#ifndef LATE_END
    :: stop = true              /* ended in the middle of it all */
#endif
    fi;
    home == EXECUTORS;
    if
    :: freed
    :: !freed && (word & COMPLETE) && queued == 0 -> closed = true
    :: !freed && !((word & COMPLETE) && queued == 0) -> destroy()
    fi;
    over == WAKERS + 1;
    assert(freed && word < REF && queued == 0);
    assert(futures_dropped == 1);
    assert(!output && outputs_dropped == (outcome == OK))
}

#ifdef LIVENESS
ltl in_the_end_it_is_freed { <> freed }
ltl a_wake_is_answered { [] (data -> <> (!data || (word & COMPLETE))) }
#endif
