/* The door (core/door.c) and the park (core/executor.c, reactor.c): tasks that
 * other threads wake reach an executor that may be parked, polling, or ending.
 *
 *     others      wake a task and leave it at the door, or drop their waker
 *     executor    takes, looks whether it may go on, parks until the bell
 *     stranger    interrupts the run, at any moment
 *
 * No wake is lost: an executor that parks for ever is an invalid end. No false
 * stall: it gives up only when nobody can come any more. Nobody touches a door
 * that is gone, and each task is given back once. MUTANT_n breaks a step.
 */
#ifndef OTHERS
#define OTHERS 2
#endif
#define ALL ((1 << OTHERS) - 1)

/* the door */
bool lock, closed, bell, interrupted, gone;
byte list;                      /* a bit for each task that lies there */
byte waiting;                   /* their number, read without the lock */
byte refs = 1 + OTHERS;         /* the runtime, and each task */

/* the tasks, a bit each */
byte outside = ALL;             /* another thread holds its waker */
byte scheduled;
byte arrived;                   /* at the executor */
byte dropped;                   /* its waker went unused */
byte given_back;

bool will_interrupt, stranger_over;
bool run_over;
byte over;

#define ALIVE assert(!gone)
#define LOCK atomic { ALIVE; !lock -> lock = true }
/* Unlocking touches the door again after others may have come in. */
#define UNLOCK atomic { ALIVE; lock = false }; ALIVE

inline door_unref() {
    atomic {
        ALIVE;
        refs--;
        if
        :: refs == 0 -> assert(list == 0 && !lock); gone = true
        :: else
        fi
    }
}

inline give_back(task) {
    atomic { assert(!(given_back & task)); given_back = given_back | task };
    door_unref()
}

/* fb__door_leave */
inline leave(task) {
#ifndef MUTANT_1                /* no reference for the unlocking */
    atomic { ALIVE; refs++ };
#endif
#ifdef MUTANT_2                 /* looks whether it is open, then locks */
    atomic { ALIVE; open = !closed };
    LOCK;
#else
    LOCK;
    open = !closed;
#endif
    if
    :: open ->
        was_empty = (list == 0);
        list = list | task;
        waiting++;
        if
        :: was_empty -> bell = true
        :: else
        fi
    :: else
    fi;
    UNLOCK;
#ifndef MUTANT_1
    door_unref();
#endif
    if
    :: !open -> give_back(task)
    :: else
    fi
}

proctype other(byte me) {
    byte task = 1 << me;
    bool open, was_empty;

    if
    :: will_interrupt -> run_over /* keeps its waker as long as it can */
    :: true
    fi;
    if
    :: true ->                  /* task_waker_wake */
#ifdef MUTANT_3                 /* no waker any more, and not scheduled yet */
        outside = outside & ~task;
        scheduled = scheduled | task;
#else
        scheduled = scheduled | task;
        outside = outside & ~task;
#endif
        leave(task)
    :: true ->                  /* task_waker_drop */
        atomic { outside = outside & ~task; dropped = dropped | task };
#ifndef MUTANT_4                /* the last waker goes, and nobody is told */
        atomic { ALIVE; bell = true };
#endif
        give_back(task)         /* its reference to the task, in short */
    fi;
    over++
}

proctype stranger() {
    if
    :: will_interrupt ->
#ifdef MUTANT_5                 /* rings, then says why */
        atomic { ALIVE; bell = true };
        interrupted = true
#else
        interrupted = true;
        atomic { ALIVE; bell = true }
#endif
    :: else
    fi;
    stranger_over = true
}

/* What was taken is run, finished and freed, as fast as can be. */
inline finish_all() {
    i = 0;
    do
    :: i < OTHERS && (got & (1 << i)) ->
        arrived = arrived | (1 << i);
        give_back((1 << i));
        i++
    :: i < OTHERS && !(got & (1 << i)) -> i++
    :: i == OTHERS -> break
    od;
    atomic { got = 0; i = 0 }
}

inline take() {
    LOCK;
    got = list;
    list = 0;
    waiting = 0;
    UNLOCK
}

inline take_from_door() {
    if
    :: waiting > 0 -> take(); finish_all()
    :: waiting == 0
    fi
}

/* fb__stalled: each task's waker first, then whether it is scheduled */
inline look_for_a_stall() {
    stalled = true;
    i = 0;
    do
    :: i < OTHERS && !(arrived & (1 << i)) ->
        if
        :: outside & (1 << i) -> stalled = false
        :: !(outside & (1 << i)) ->
            if
            :: scheduled & (1 << i) -> stalled = false
            :: else
            fi
        fi;
        i++
    :: i < OTHERS && (arrived & (1 << i)) -> i++
    :: i == OTHERS -> i = 0; break
    od;
    if
    :: waiting > 0 -> stalled = false
    :: else
    fi
}

inline end_runtime() {
    take();
    finish_all();
#ifdef MUTANT_6                 /* closes, but leaves what lies there */
    LOCK;
    closed = true;
    UNLOCK;
#else
    LOCK;
    got = list;
    list = 0;
    waiting = 0;
    closed = true;
    UNLOCK;
    finish_all();
#endif
    stranger_over;              /* an interrupt needs a runtime */
    door_unref()
}

proctype executor() {
    byte got, i;
    bool stalled;

    do
    :: take_from_door();
        if
        :: (arrived | dropped) == ALL -> break
        :: atomic { (arrived | dropped) != ALL && interrupted ->
            interrupted = false }; break
        :: (arrived | dropped) != ALL && !interrupted
        fi;
        look_for_a_stall();
        if
        :: stalled ->
            assert(((arrived | dropped) == ALL));
            break
        :: else
        fi;
#ifdef MUTANT_7                 /* empties the bell, then waits for it */
        bell = false;
#endif
        bell;                   /* parked */
        bell = false
    od;
    run_over = true;
    end_runtime();
    over++
}

init {
    byte n;

    atomic {
        if
        :: will_interrupt = true
        :: will_interrupt = false
        fi;
        run executor();
        run stranger();
        do
        :: n < OTHERS -> run other(n); n++
        :: else -> break
        od
    };
    over == OTHERS + 1;
    assert(gone && refs == 0 && given_back == ALL)
}
