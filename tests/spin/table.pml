/* Prints every transition of every word with 1 to 3 references, a line each:
 * event, word before, action (99: broken contract), word after. The same lines
 * come from task_state_table.c, which calls the real functions. */
#include "task_word.pml"

#define ROW(format, NEXT) \
    swap = true; \
    NEXT; \
    printf(format, seen, act, next)

init {
    int seen, next, act;
    bool swap;

    seen = REF;
    do
    :: seen < 4 * REF ->
        d_step {
            ROW("wake_by_ref %d %d %d\n",
                next_wake_by_ref(seen, next, act, swap));
            ROW("wake_by_value %d %d %d\n",
                next_wake_by_value(seen, next, act, swap));
            ROW("abort %d %d %d\n",
                next_abort(seen, next, act, swap));
            ROW("begin_poll %d %d %d\n",
                next_begin_poll(seen, next, act, swap));
            ROW("end_pending %d %d %d\n",
                next_end_pending(seen, next, act, swap));
            ROW("seize %d %d %d\n",
                next_seize(seen, next, act, swap));
            ROW("complete %d %d %d\n",
                next_complete(seen, next, act, swap, false));
            ROW("fail %d %d %d\n",
                next_complete(seen, next, act, swap, true));
            /* one instruction each in C, and in task_state.pml */
            printf("drop_interest %d 0 %d\n", seen, seen & ~JOIN_INTEREST);
            printf("ref %d 0 %d\n", seen, seen + REF);
            printf("unref %d %d %d\n", seen, seen < 2 * REF, seen - REF);
            seen++
        }
    :: else -> break
    od
}
