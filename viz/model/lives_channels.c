// The rules of channels: a number keeps its kind, nothing holds more than it
// may, and only the task that is being polled or dropped does something.
#include "lives_state.h"

static void judge_number(struct fb_lives *l, const struct fb_event *e) {
    const uint32_t known = fb__index_find(&l->channels, e->subject);

    if (e->detail == FB_CHANNEL_OPEN) {
        // A runtime that begins after another numbers from 1 again.
        if (known != FB_MODEL_NONE && l->world.live_tasks > 0) {
            fb__fault(l, FB_LIFE_CHANNEL,
                      "Channel %u is opened, but its number is taken.",
                      e->subject);
        }
    } else if (known == FB_MODEL_NONE) {
        if (l->world.census == 0) { // a census does not name channels
            fb__fault(l, FB_LIFE_CHANNEL,
                      "Channel %u is used, but was never opened.", e->subject);
        }
    } else if (known != e->flags) {
        fb__fault(l, FB_LIFE_CHANNEL,
                  "Channel %u is of kind %u, and was opened as %u.", e->subject,
                  e->flags, known);
    }
}

void fb__lives_judge_channel(struct fb_lives *l, const struct fb_event *e) {
    const struct fb_model_task *t = fb_model_task(&l->world, e->channel.task);

    if (e->subject == 0 || e->detail >= FB_CHANNEL_OPS ||
        e->flags >= FB_CHANNEL_KINDS) {
        fb__fault(l, FB_LIFE_NUMBERS,
                  "Operation %u on channel %u of kind %u does not exist.",
                  e->detail, e->subject, e->flags);
        return;
    }
    judge_number(l, e);
    if (e->channel.capacity != 0 && e->channel.count > e->channel.capacity) {
        fb__fault(l, FB_LIFE_CHANNEL,
                  "Channel %u holds %u, and can hold %u at most.", e->subject,
                  e->channel.count, e->channel.capacity);
    }
    if (e->channel.task != 0 && (t == NULL || t->state == FB_TASK_COMPLETE ||
                                 t->state == FB_TASK_FREED)) {
        fb__fault(l, FB_LIFE_CHANNEL,
                  "Task %u, which is not alive, uses channel %u.",
                  e->channel.task, e->subject);
    }
}

void fb__lives_note_channel(struct fb_lives *l, const struct fb_event *e) {
    if (e->detail == FB_CHANNEL_OPEN && e->subject != 0) {
        fb__index_remove(&l->channels, e->subject);
        fb__index_put(&l->channels, e->subject, e->flags);
    }
}
