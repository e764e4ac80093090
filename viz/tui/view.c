// What several views share: how states look, numbers, scrolling, the log.
#include "view.h"
#include "fishbowl/trace/text.h"
#include <inttypes.h>
#include <string.h>

struct fb_state_look fb_task_look(const struct fb_model_task *t) {
    const char *word = fb_name_task_state((enum fb_task_state)t->state);

    switch ((enum fb_task_state)t->state) {
    case FB_TASK_SCHEDULED:
        return (struct fb_state_look){"◔", word, FB_STYLE_SCHEDULED};
    case FB_TASK_RUNNING:
        return (struct fb_state_look){"●", word, FB_STYLE_RUNNING};
    case FB_TASK_IDLE: return (struct fb_state_look){"○", word, FB_STYLE_IDLE};
    case FB_TASK_COMPLETE:
    case FB_TASK_FREED: break;
    }
    switch ((enum fb_task_outcome)t->outcome) {
    case FB_OUTCOME_FAILED:
        return (struct fb_state_look){"✗", "failed", FB_STYLE_FAILED};
    case FB_OUTCOME_CANCELLED:
        return (struct fb_state_look){"✗", "cancelled", FB_STYLE_COMPLETE};
    case FB_OUTCOME_ERROR:
        return (struct fb_state_look){"✗", "error", FB_STYLE_FAILED};
    case FB_OUTCOME_OK:
    case FB_OUTCOME_NONE: break;
    }
    return (struct fb_state_look){"✓", word, FB_STYLE_COMPLETE};
}

uint64_t fb_view_horizon(const struct fb_scene *s) {
    return s->veil & FB_VEIL_FUTURE ? s->at : s->newest;
}

uint32_t fb_view_workers(const struct fb_scene *s) {
    const uint32_t heard = fb_model_workers(s->model);
    const uint32_t told =
        s->workers < FB_TRACE_RINGS_MAX ? s->workers : FB_TRACE_RINGS_MAX;

    return told > heard ? told : heard;
}

const struct fb_model_worker *fb_view_worker(const struct fb_scene *s,
                                             uint32_t number) {
    static const struct fb_model_worker idle = {.running = FB_MODEL_NONE,
                                                .queue_head = FB_MODEL_NONE,
                                                .queue_tail = FB_MODEL_NONE};
    const struct fb_model_worker *w = fb_model_worker(s->model, number);

    return w ? w : &idle;
}

struct fb_state_look fb_future_look(const struct fb_model *m,
                                    const struct fb_model_future *f) {
    switch ((enum fb_future_state)f->state) {
    case FB_FUTURE_NOT_POLLED:
        return (struct fb_state_look){"·", "not polled", FB_STYLE_DIM};
    case FB_FUTURE_POLLING:
        return (struct fb_state_look){"●", "polling", FB_STYLE_RUNNING};
    case FB_FUTURE_PENDING:
        return (struct fb_state_look){"○", "pending", FB_STYLE_PENDING};
    case FB_FUTURE_READY:
        return (struct fb_state_look){"✓", "ready", FB_STYLE_READY};
    case FB_FUTURE_DROPPED: break;
    }
    (void)m;
    if (f->why == FB_DROP_FINISHED) {
        return (struct fb_state_look){"✓", "finished", FB_STYLE_COMPLETE};
    }
    return (struct fb_state_look){"✗", "cancelled", FB_STYLE_COMPLETE};
}

const char *fb_view_count(uint64_t n, char out[32]) {
    char digits[24];
    int len = snprintf(digits, sizeof(digits), "%" PRIu64, n);
    int at = 0;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            out[at++] = ',';
        }
        out[at++] = digits[i];
    }
    out[at] = '\0';
    return out;
}

void fb_view_task(const struct fb_scene *s, uint32_t task, char *out,
                  size_t out_bytes) {
    int len = snprintf(out, out_bytes, "%" PRIu32 " ", task);

    if (len > 0 && (size_t)len < out_bytes) {
        fb_say_task(out + len, out_bytes - (size_t)len, s->names, s->model,
                    task);
    }
}

void fb_view_more(struct fb_pane *p, int above, int below) {
    p->above = above > 0 ? above : 0;
    p->below = below > 0 ? below : 0;
}

int fb_view_scroll(int scroll, int cursor, int lines, int rows) {
    if (cursor >= 0 && cursor < scroll) {
        scroll = cursor;
    }
    if (cursor >= 0 && cursor >= scroll + rows) {
        scroll = cursor - rows + 1;
    }
    if (scroll > lines - rows) {
        scroll = lines - rows;
    }
    return scroll < 0 ? 0 : scroll;
}

bool fb_view_scroll_key(struct fb_pane *p, uint32_t key) {
    int page = p->area.rows > 3 ? p->area.rows - 2 : 1;

    switch (key) {
    case FB_KEY_UP:
    case 'k': p->scroll--; break;
    case FB_KEY_DOWN:
    case 'j': p->scroll++; break;
    case FB_KEY_PAGE_UP: p->scroll -= page; break;
    case FB_KEY_PAGE_DOWN: p->scroll += page; break;
    case FB_KEY_HOME: p->scroll = 0; break;
    case FB_KEY_END: p->scroll = p->lines; break;
    default: return false;
    }
    p->scroll = fb_view_scroll(p->scroll, -1, p->lines, page);
    return true;
}

bool fb_view_mark(const struct fb_scene *s, struct fb_grid *g, struct fb_area a,
                  int row, int col) {
    if (!fb_grid_mark(g, a, row, s->search, FB_STYLE_MATCH)) {
        return false;
    }
    fb_grid_put(g, a, row, col, FB_STYLE_MATCH, "*");
    return true;
}

bool fb_view_task_found(const struct fb_scene *s,
                        const struct fb_model_task *t) {
    struct fb_filter by_text = {.count = 1,
                                .words = {{.field = FB_FILTER_TEXT}}};

    if (!s->search[0]) {
        return false;
    }
    memcpy(by_text.words[0].text, s->search, sizeof(by_text.words[0].text));
    return fb_filter_passes(&by_text, s->model, s->names, t);
}

void fb_log_add(struct fb_log *log, const char *text, size_t len) {
    fb_text_sanitise(text, len, log->lines[log->count % FB_LOG_LINES],
                     FB_LOG_BYTES);
    log->count++;
}
