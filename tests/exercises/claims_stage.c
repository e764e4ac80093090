// What the tests of the claims share: runs, trials, and verdicts as text.
#include "claims_stage.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum { RING_EVENTS = 1 << 18 };

// ---- names, from the trace's own table ----

static void place(void *arg, uint32_t index, const char **ret_name,
                  const char **ret_file, uint32_t *ret_line,
                  uint32_t *ret_size) {
    const struct fb_trace_header *h = arg;
    const char *base = (const char *)h;
    const struct fb_trace_entry *table = (const void *)(base + h->table_offset);

    *ret_name = *ret_file = "?";
    *ret_line = *ret_size = 0;
    if (index > 0 && index < atomic_load(&h->table_count)) {
        *ret_name = base + h->strings_offset + table[index].name;
        *ret_file = base + h->strings_offset + table[index].file;
        *ret_line = table[index].line;
        *ret_size = table[index].size;
    }
}

// ---- the run ----

int stage_enter(void **state) {
    static struct stage stage;
    const struct fb_trace_options trace = {.anonymous = true,
                                           .program = "test",
                                           .ring_events = RING_EVENTS,
                                           .flags = FB_TRACE_VIRTUAL_CLOCK};
    struct fb_runtime_options options = {.virtual_clock = true,
                                         .trace = &stage.trace};

    stage = (struct stage){0};
    *state = &stage;
    assert_int_equal(fb_trace_open(&stage.trace, &trace), 0);
    stage.names = (struct fb_names){stage.trace.header, place};
    return fb_runtime_create(&options, &stage.rt);
}

int stage_leave(void **state) {
    struct stage *s = *state;

    fb_trial_destroy(s->trial);
    fb_history_destroy(s->history);
    fb_runtime_destroy(s->rt);
    fb_trace_close(&s->trace, false);
    return 0;
}

int stage_run(struct stage *s, struct fb_future *future) {
    return fb_block_on(s->rt, future);
}

static void read_ring(struct stage *s) {
    const struct fb_trace_header *h = s->trace.header;
    const char *page = (const char *)h + h->rings_offset;
    const struct fb_event *events = (const void *)(page + FB_TRACE_PAGE_BYTES);
    const struct fb_trace_ring *ring = (const void *)page;
    const uint64_t head = atomic_load(&ring->head);

    assert_in_range(head, 1, RING_EVENTS);
    assert_int_equal(fb_history_create(&s->history, 0), 0);
    for (uint64_t i = 0; i < head; i++) {
        assert_int_equal(fb_history_push(s->history, i + 1, &events[i]), 0);
    }
}

struct fb_trial *stage_judge(struct stage *s) {
    fb_runtime_destroy(s->rt);
    s->rt = NULL;
    read_ring(s);
    assert_int_equal(fb_trial_create(s->history, &s->names, true, &s->trial),
                     0);
    assert_true(fb_trial_exact(s->trial));
    return s->trial;
}

struct fb_trial *stage_judge_dead(struct stage *s,
                                  void (*play)(struct stage *s)) {
    static const struct rlimit none = {0, 0};
    int status;
    pid_t pid;

    (void)fflush(NULL);
    pid = fork();
    assert_true(pid >= 0);
    if (pid == 0) {
        (void)setrlimit(RLIMIT_CORE, &none);
        (void)signal(SIGABRT, SIG_DFL);
        (void)!freopen("/dev/null", "w", stderr); // it names the contract
        play(s);
        _exit(0);
    }
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_true(WIFSIGNALED(status));
    read_ring(s);
    assert_int_equal(fb_trial_create(s->history, &s->names, false, &s->trial),
                     0);
    return s->trial;
}

struct fb_trial *stage_judge_tape(struct stage *s, const struct tape *tape,
                                  bool ended, uint64_t before, uint64_t lost) {
    s->names = tape_names;
    assert_int_equal(fb_history_create(&s->history, 0), 0);
    for (size_t i = 0; i < tape->count; i++) {
        const uint64_t number = i + 1 + (i + 1 >= before ? lost : 0);

        assert_int_equal(fb_history_push(s->history, number, &tape->events[i]),
                         0);
    }
    assert_int_equal(fb_trial_create(s->history, &s->names, ended, &s->trial),
                     0);
    return s->trial;
}

struct fb_trial *stage_again(struct stage *s) {
    fb_trial_destroy(s->trial);
    assert_int_equal(fb_trial_create(s->history, &s->names, true, &s->trial),
                     0);
    return s->trial;
}

// ---- the verdict ----

void stage_holds(struct stage *s, bool held, const char *file, int line) {
    const struct fb_verdict *v = fb_trial_verdict(s->trial);

    if (!held || v->failed) {
        print_error("%s: %s\n", fb_claim_short(v->id), v->text);
        _fail(file, line);
    }
}

static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

// The verdict as lines, as a test writes it.
static void tell(const struct fb_verdict *v, char *out, size_t out_bytes) {
    size_t len = (size_t)snprintf(out, out_bytes, "%s\n", v->text);

    for (int i = 0; i < v->event_count && len < out_bytes; i++) {
        len += (size_t)snprintf(out + len, out_bytes - len, "%llu %s\n",
                                (unsigned long long)v->events[i].event,
                                v->events[i].role);
    }
    for (int i = 0; i < v->place_count && len < out_bytes; i++) {
        len += (size_t)snprintf(out + len, out_bytes - len, "%s\n",
                                base_name(v->places[i].file));
    }
}

void stage_fails(struct stage *s, bool held, enum fb_claim_id id,
                 const char *const *lines, const char *file, int line) {
    const struct fb_verdict *v = fb_trial_verdict(s->trial);
    char is[4096] = "", wanted[4096] = "";
    size_t len = 0;

    tell(v, is, sizeof is);
    for (; *lines != NULL && len < sizeof wanted; lines++) {
        len +=
            (size_t)snprintf(wanted + len, sizeof wanted - len, "%s\n", *lines);
    }
    if (held || !v->failed || v->id != id || strcmp(is, wanted) != 0) {
        print_error("%s\n%s--- wanted %s\n%s", fb_claim_short(v->id), is,
                    fb_claim_short(id), wanted);
        _fail(file, line);
    }
    for (int i = 0; i < v->event_count; i++) {
        assert_true(i == 0 || v->events[i].event > v->events[i - 1].event);
        assert_non_null(fb_history_event(s->history, v->events[i].event));
    }
    assert_true(v->at == 0 || fb_history_event(s->history, v->at) != NULL);
}
