// What a session wants of a live program: who owns its control page may stop
// it, step it, slow it down. Every call is nothing if it is not ours.
#include "session_state.h"
#include <errno.h>

int fb_session_claim(struct fb_session *s) {
    int err;

    if (fb_session_claimed(s)) {
        return 0;
    }
    if (s->reader.control == NULL || fb_session_life(s) != FB_LIFE_RUNNING) {
        return -ENOTSUP;
    }
    err = fb_trace_control_claim(&s->reader);
    s->claimed = err >= 0;
    return err;
}

bool fb_session_claimed(const struct fb_session *s) {
    return s->claimed && fb_trace_control_mine(&s->reader);
}

void fb_session_release(struct fb_session *s) {
    if (s->claimed) {
        fb_trace_control_release(&s->reader);
        s->claimed = false;
    }
}

void fb_session_beat(struct fb_session *s) {
    if (s->claimed) {
        fb_trace_control_beat(&s->reader);
    }
}

void fb_session_run(struct fb_session *s) {
    if (s->claimed) {
        fb_trace_control_run(&s->reader);
    }
}

void fb_session_stop(struct fb_session *s) {
    if (s->claimed) {
        fb_trace_control_stop(&s->reader);
    }
}

void fb_session_step(struct fb_session *s, enum fb_control_step step,
                     uint32_t task) {
    if (s->claimed) {
        fb_trace_control_step(&s->reader, step, task);
    }
}

void fb_session_slow(struct fb_session *s, uint64_t delay_ns) {
    if (s->claimed) {
        fb_trace_control_slow(&s->reader, delay_ns);
    }
}

void fb_session_break(struct fb_session *s, uint64_t kinds, uint32_t task) {
    if (s->claimed) {
        fb_trace_control_break(&s->reader, kinds, task);
    }
}

uint32_t fb_session_choose(struct fb_session *s, uint32_t task,
                           enum fb_control_step step) {
    return s->claimed ? fb_trace_control_choose(&s->reader, task, step) : 0;
}

bool fb_session_chosen(const struct fb_session *s, uint32_t token,
                       enum fb_choice_answer *ret_answer) {
    return s->reader.control != NULL &&
           fb_trace_control_chosen(&s->reader, token, ret_answer);
}

void fb_session_breaks(struct fb_session *s,
                       const struct fb_trace_break *breaks, size_t count) {
    if (s->claimed) {
        fb_trace_control_breaks(&s->reader, breaks, count);
    }
}

bool fb_session_stopped(const struct fb_session *s, uint64_t *ret_after) {
    return s->reader.control != NULL &&
           fb_trace_control_stopped(&s->reader, ret_after);
}
