// A scene from a session, and the one picture that `print --screen` shows.
#include "frame.h"
#include "session.h"
#include "sources.h"
#include "story_log.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static void load_facts(struct fb_scene *scene, const struct fb_session *s) {
    const struct fb_session_facts *facts = fb_session_facts(s);
    const struct fb_session_gap *gaps;
    size_t count = fb_session_gaps(s, &gaps, &scene->lost);

    snprintf(scene->program, sizeof(scene->program), "%s", facts->program);
    snprintf(scene->address, sizeof(scene->address), "%s", facts->address);
    scene->pid = facts->pid;
    scene->workers = facts->workers;
    scene->trace_flags = facts->flags;
    scene->start_ns = facts->start_time_ns;
    scene->lost_first = count > 0 ? gaps[count - 1].first : 0;
    scene->lost_last = count > 0 ? gaps[count - 1].last : 0;
    scene->end = fb_session_end_words(s);
    if ((facts->flags & FB_TRACE_RECORDING) != 0) { // known once it is read
        const enum fb_trace_life life = fb_session_life(s);

        scene->killed = life == FB_LIFE_KILLED;
        scene->ran_on = life == FB_LIFE_LEFT && scene->missing == 0;
    }
}

int fb_scene_load(struct fb_scene *scene, struct fb_session *s,
                  struct fb_story_log *log, uint64_t at) {
    struct fb_history *h = fb_session_history(s);
    int err = fb_story_log_seek(log, h, fb_session_names(s), at);

    if (err) {
        return err;
    }
    scene->missing = fb_session_missing(s);
    load_facts(scene, s);
    scene->history = h;
    scene->names = fb_session_names(s);
    scene->story = log;
    scene->lints = fb_session_lints(s);
    scene->newest = fb_history_last(h);
    scene->at = at;
    // last: the model is valid until the history is asked again
    scene->model =
        at >= scene->newest ? fb_history_live(h) : fb_history_at(h, at);
    return scene->model ? 0 : -ENOMEM;
}

int fb_scene_sources(struct fb_scene *scene, const struct fb_session *s,
                     const char *dir) {
    const struct fb_session_facts *facts = fb_session_facts(s);

    return fb_sources_create(
        &scene->sources,
        &(struct fb_sources_options){
            .dir = dir,
            .pid = fb_session_life(s) == FB_LIFE_RUNNING ? facts->pid : 0,
            .started_ns = facts->start_realtime_ns,
            .provider = fb_session_source_provider(s)});
}

uint32_t fb_scene_pick(const struct fb_model *m) {
    uint32_t task = fb_event_task(&m->last), cursor = 0;
    const struct fb_model_task *t = fb_model_task(m, task);
    uint32_t newest = 0;

    if (t && t->state != FB_TASK_FREED) {
        return task;
    }
    while ((t = fb_model_task_next(m, &cursor))) {
        if (t->state != FB_TASK_COMPLETE && t->state != FB_TASK_FREED) {
            newest = t->id;
        }
    }
    return newest;
}

static int print_scene(struct fb_scene *scene, struct fb_grid *g, FILE *out) {
    struct fb_frame frame;

    fb_frame_init(&frame, NULL);
    scene->task = fb_scene_pick(scene->model);
    fb_frame_draw(&frame, scene, g);
    fb_grid_print(g, out);
    return ferror(out) || fflush(out) ? -EIO : 0;
}

int fb_frame_print(struct fb_session *s, int cols, int rows, uint64_t at,
                   bool ascii, FILE *out) {
    uint64_t newest = fb_history_last(fb_session_history(s));
    struct fb_scene *scene = calloc(1, sizeof(*scene));
    struct fb_story_log *log = calloc(1, sizeof(*log));
    struct fb_grid g = {0};
    int err = -ENOMEM;

    if (!scene || !log) {
        goto done;
    }
    err = fb_story_log_init(log);
    if (err) {
        goto done;
    }
    err = fb_grid_init(&g, cols, rows);
    if (err) {
        goto done;
    }
    g.ascii = ascii;
    err = fb_scene_load(scene, s, log, at == 0 || at > newest ? newest : at);
    if (err) {
        goto done;
    }
    err = fb_scene_sources(scene, s, NULL);
    if (err) {
        goto done;
    }
    // a printed picture moves no more, and does not depend on who still lives
    scene->mode = FB_MODE_FROZEN;
    scene->rate = -1;
    err = print_scene(scene, &g, out);

done:
    fb_grid_deinit(&g);
    if (log) {
        fb_story_log_deinit(log);
    }
    if (scene) {
        fb_sources_destroy(scene->sources);
    }
    free(log);
    free(scene);
    return err;
}
