// Every life that a task can have: how it ends × what its drop does × when its
// handle goes × when it is aborted, and by whom × whether somebody joins it ×
// whether the runtime is still there. Each is lived once, and every poll,
// schedule, wake, drop of the future and drop of the output is counted.
#include "probe.h"

#include <errno.h>
#include <pthread.h>
#include <string.h>

enum end {
    END_READY,       // at its first poll
    END_READY_LATER, // at its second
    END_ERROR_LATER,
    END_FAIL,
    END_FAIL_LATER,
    ENDS
};
enum drop {
    DROP_QUIET,
    DROP_WAKES,  // its own task
    DROP_ABORTS, // its own task, if it has the handle still
    DROP_SPAWNS,
    DROPS
};
// Moments of a life, in their order.
enum moment { AT_ONCE, IN_FIRST_POLL, WHEN_OVER, WHEN_JOINED, NEVER };

struct life {
    enum end end;
    enum drop drop;
    enum moment gone;    // the handle: all but NEVER
    enum moment aborted; // any
    bool by_thread;      // is who aborts
    bool joined;         // somebody waits for it from the beginning
    bool cut;            // the runtime ends after the first poll
};

// One life as it is lived.
struct stage {
    struct world *w;
    struct life life;
    struct probe_log log;  // of the task's future
    struct probe_log heir; // of what its drop spawns
    struct fb_join_handle handle;
    struct fb_join_task join;
    struct counter joiner;
    struct fb_waker joiner_waker;
    int accepted; // aborts that said they would take effect
};

// ---- what is to be expected, told without a look at the runtime ----

static bool ends_at_once(const struct life *l) {
    return l->end == END_READY || l->end == END_FAIL;
}

static enum fb_task_outcome own_outcome(const struct life *l) {
    return l->end == END_READY || l->end == END_READY_LATER ? FB_OUTCOME_OK
           : l->end == END_ERROR_LATER                      ? FB_OUTCOME_ERROR
                                                            : FB_OUTCOME_FAILED;
}

static enum fb_task_outcome expected_outcome(const struct life *l) {
    if (l->aborted == AT_ONCE) {
        return FB_OUTCOME_CANCELLED;
    }
    if (!ends_at_once(l) && (l->aborted == IN_FIRST_POLL || l->cut)) {
        return FB_OUTCOME_CANCELLED;
    }
    return own_outcome(l);
}

static int expected_polls(const struct life *l) {
    if (l->aborted == AT_ONCE) {
        return 0;
    }
    return ends_at_once(l) || l->aborted == IN_FIRST_POLL || l->cut ? 1 : 2;
}

// ---- the moments ----

static void *abort_it(void *arg) {
    struct stage *s = arg;

    s->accepted += fb_task_abort(&s->handle);
    return NULL;
}

static void abort_stage(struct stage *s) {
    pthread_t thread;

    if (s->life.by_thread) {
        assert_int_equal(pthread_create(&thread, NULL, abort_it, s), 0);
        pthread_join(thread, NULL);
    } else {
        abort_it(s);
    }
}

// What the life has in store for this moment. A joiner goes before the handle
// that it looks at.
static void reach(struct stage *s, enum moment now) {
    if (s->life.aborted == now) {
        abort_stage(s);
    }
    if (s->life.gone == now) {
        fb_future_drop(&s->join.future);
        fb_task_detach(&s->handle);
    }
}

static void on_poll(struct probe_log *log, struct fb_context *cx) {
    struct stage *s = log->arg;

    if (log->polls == 1) {
        reach(s, IN_FIRST_POLL);
        assert_int_equal(log->drops, 0); // nothing is dropped under a poll
    }
    if (s->life.end == END_FAIL ||
        (s->life.end == END_FAIL_LATER && log->polls == 2)) {
        fb_context_fail(cx, "as told");
    }
}

static void on_drop(struct probe_log *log) {
    struct stage *s = log->arg;

    switch (s->life.drop) {
    case DROP_WAKES: fb_waker_wake_by_ref(&log->kept); break;
    case DROP_ABORTS:
        if (s->handle.task != NULL) {
            s->accepted += fb_task_abort(&s->handle);
        }
        break;
    case DROP_SPAWNS:
        assert_int_equal(FB_SPAWN(s->w->rt, probe_ready(&s->heir, 0), NULL), 0);
        break;
    case DROP_QUIET:
    case DROPS: break;
    }
}

// ---- living one ----

static void be_born(struct stage *s) {
    const struct life *l = &s->life;
    struct probe p = probe(&s->log, ends_at_once(l) ? 0 : 1, PROBE_KEEP);

    p.result = l->end == END_ERROR_LATER ? -EPROTO : 0;
    s->log.arg = s;
    s->log.on_poll = on_poll;
    s->log.on_drop = on_drop;
    assert_int_equal(FB_SPAWN(s->w->rt, p, &s->handle), 0);
    s->join = fb_join_task(&s->handle);
    s->joiner_waker = counter_waker(&s->joiner);
    if (l->joined) {
        struct fb_context cx = hand_context(s->w, &s->joiner_waker);

        assert_int_equal(fb_future_poll(&s->join.future, &cx), FB_PENDING);
    }
    reach(s, AT_ONCE);
    assert_int_equal(s->log.polls + s->log.drops, 0); // not inside spawn, abort
}

static void run_first_poll(struct stage *s) {
    world_settle(s->w);
    assert_int_equal(s->log.polls, s->life.aborted == AT_ONCE ? 0 : 1);
}

// Over: by itself, or with its runtime.
static void run_to_the_end(struct stage *s) {
    if (s->life.cut) {
        fb_runtime_destroy(s->w->rt);
        s->w->rt = NULL;
        return;
    }
    fb_waker_wake_by_ref(&s->log.kept);
    assert_int_equal(fb_run(s->w->rt), 0);
}

static void check_when_over(struct stage *s) {
    const struct life *l = &s->life;
    const enum fb_task_outcome outcome = expected_outcome(l);
    const bool has_output = outcome <= FB_OUTCOME_ERROR;
    const bool had_handle = l->gone > IN_FIRST_POLL;
    struct fb_join_result result;

    assert_int_equal(s->log.polls, expected_polls(l));
    assert_int_equal(s->log.drops, 1);
    assert_int_equal(s->log.outputs_dropped, has_output && !had_handle);
    assert_int_equal(s->joiner.wakes, l->joined && had_handle);
    if (had_handle) {
        assert_true(fb_task_result(&s->handle, &result));
        assert_int_equal(result.outcome, outcome);
        assert_int_equal(result.out, outcome == FB_OUTCOME_ERROR ? -EPROTO : 0);
        if (outcome == FB_OUTCOME_FAILED) {
            assert_string_equal(result.message, "as told");
        } else {
            assert_null(result.message);
        }
    }
}

// Whoever joins it is told at once how it ended, woken before or not.
static void take(struct stage *s) {
    const enum fb_task_outcome outcome = expected_outcome(&s->life);
    struct fb_context cx = hand_context(s->w, &s->joiner_waker);

    if (s->life.gone == WHEN_JOINED && s->w->rt != NULL) {
        assert_int_equal(fb_future_poll(&s->join.future, &cx), FB_READY);
        assert_int_equal(s->join.out, outcome == FB_OUTCOME_CANCELLED
                                          ? -ECANCELED
                                      : outcome == FB_OUTCOME_FAILED ? -EIO
                                                                     : 0);
        assert_int_equal(s->join.result.outcome, outcome);
        fb_future_drop(&s->join.future);
    }
}

// 1 for the first time it is queued, 1 for a wake or an abort that found it
// idle; the wakes of its own drop queue nothing.
static unsigned expected_schedules(const struct stage *s) {
    const struct life *l = &s->life;

    return 1 + (expected_polls(l) == 2) + (s->heir.drops == 1);
}

static void check_accepted_aborts(const struct stage *s) {
    const struct life *l = &s->life;
    int expected = l->aborted <= IN_FIRST_POLL;

    if (l->drop == DROP_ABORTS && l->gone > IN_FIRST_POLL &&
        l->aborted > IN_FIRST_POLL &&
        !(l->cut && expected_polls(l) == 1 && !ends_at_once(l))) {
        expected++; // the first one, though it comes too late to matter
    }
    assert_int_equal(s->accepted, expected);
}

// What lies behind it when all have let go: nothing.
static void end_stage(struct stage *s) {
    struct world *w = s->w;

    if (w->rt != NULL) {
        assert_int_equal(world_count(w, FB_EV_TASK_SCHEDULED, -1),
                         expected_schedules(s));
        assert_int_equal(fb_runtime_stats(w->rt).tasks, 0);
        world_end(w);
    } else {
        world_judge(w, true);
        fb_trace_close(&w->trace, false);
    }
    assert_int_equal(s->heir.drops, s->life.drop == DROP_SPAWNS);
    assert_int_equal(seam.bytes_blocks, 0);
    assert_int_equal(seam.descriptors, 0);
}

static void live(struct world *w, const struct life *life) {
    struct stage s = {.w = w, .life = *life};

    world_begin_order(w, FB_ORDER_FIFO, 0);
    be_born(&s);
    run_first_poll(&s);
    run_to_the_end(&s);
    check_when_over(&s);
    reach(&s, WHEN_OVER);
    take(&s);
    reach(&s, WHEN_JOINED);
    assert_int_equal(s.log.outputs_dropped,
                     expected_outcome(life) <= FB_OUTCOME_ERROR);
    assert_int_equal(s.joiner.clones, s.joiner.wakes + s.joiner.drops);
    check_accepted_aborts(&s);
    fb_waker_drop(&s.log.kept);
    end_stage(&s);
}

// ---- all of them ----

enum { PLANS = ENDS * DROPS * 4 * 5 * 8 };

static unsigned plan; // the life that is lived: what to look for if it goes ill

static struct life life_of(unsigned n) {
    const unsigned bits = n / (ENDS * DROPS * 20);

    return (struct life){.end = n % ENDS,
                         .drop = n / ENDS % DROPS,
                         .gone = n / (ENDS * DROPS) % 4,
                         .aborted = n / (ENDS * DROPS * 4) % 5,
                         .by_thread = (bits & 1) != 0,
                         .joined = (bits & 2) != 0,
                         .cut = (bits & 4) != 0};
}

// An abort needs the handle; one that is aborted at once has no first poll;
// who never aborts is no thread.
static bool can_be(const struct life *l) {
    if (l->aborted == AT_ONCE && l->gone == IN_FIRST_POLL) {
        return false;
    }
    return l->aborted == NEVER ? !l->by_thread : l->aborted <= l->gone;
}

// peer tokio/task_combinations, peer async-task/basic.orders
// peer tokio/join_handle_panic, peer async-task/panic
static void every_life_is_lived_as_it_is_told(void **state) {
    struct world *w = *state;
    unsigned lives = 0;

    world_mistake(w, FB_LINT_STALE_WAKER);
    world_mistake(w, FB_LINT_UNJOINED_TASK);
    world_end(w);
    for (plan = 0; plan < PLANS; plan++) {
        const struct life life = life_of(plan);

        if (can_be(&life)) {
            live(w, &life);
            lives++;
        }
    }
    assert_int_equal(lives, ENDS * DROPS * (9 * 2 + 4) * 4);
}

static int tell_and_leave(void **state) {
    const struct life l = life_of(plan);

    if (plan < PLANS) {
        print_error("in life %u: end %d, drop %d, handle gone %d, aborted %d%s"
                    "%s%s\n",
                    plan, l.end, l.drop, l.gone, l.aborted,
                    l.by_thread ? " by a thread" : "",
                    l.joined ? ", joined" : "", l.cut ? ", cut" : "");
    }
    return world_leave_exact(state);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(every_life_is_lived_as_it_is_told,
                                        world_enter_exact, tell_and_leave),
    };

    return cmocka_run_group_tests_name("task_combinations", tests, NULL, NULL);
}
