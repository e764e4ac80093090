// Keys: which work now, the words for footer and help, and who gets a key: the
// line being typed, the guest's "any key", the pane, the guest's keys, and at
// last the app's own.
#include "app_keys.h"
#include <string.h>

static bool is_too_small(const struct fb_app *app) {
    return app->screen_cols > 0 && (app->screen_cols < FB_FRAME_MIN_COLS ||
                                    app->screen_rows < FB_FRAME_MIN_ROWS);
}

static bool works(const struct fb_app *app, unsigned when) {
    const struct fb_scene *s = &app->scene;
    bool over = app->frame.overlay != FB_OVERLAY_NONE && !is_too_small(app);

    if (over && app->frame.overlay == FB_OVERLAY_CHOOSE &&
        !(when & (MOVED | PAGE))) {
        return false; // the list has all keys
    }
    return (when & (1u << app->mode)) &&
           (!(when & CONTROL) || s->controllable) &&
           (!(when & ALIVE) || app->alive) &&
           (!(when & FINISHED) || !app->alive) &&
           (!(when & BEHIND) || s->at < s->newest) &&
           (!(when & SELECTED) || s->task != 0) && (!(when & PAGE) || over) &&
           (!(when & NO_PAGE) || !over) &&
           (!(when & BREAKS) || app->breaks.count > 0) &&
           (!(when & MARKS) || app->marks.count > 0) &&
           (!(when & SEARCHED) || s->search[0]) &&
           (!(when & MOVED) || app->frame.zoom || s->search[0] ||
            s->query.filter.count > 0 || app->frame.overlay != FB_OVERLAY_NONE);
}

static const struct fb_guest_key *guest_key(const struct fb_app *app,
                                            uint32_t key) {
    const struct fb_app_guest *guest = app->guest;

    for (size_t i = 0; guest && i < guest->key_count; i++) {
        const struct fb_guest_key *k = &guest->keys[i];

        if (k->key == key && (!k->works || k->works(guest->arg, app))) {
            return k;
        }
    }
    return NULL;
}

static bool is_claimed(const struct fb_app *app, uint32_t key) {
    const struct fb_app_guest *guest = app->guest;

    return guest && guest->claims && guest->claims(guest->arg, app, key);
}

// A key without words is an alias that another line tells of.
static void add_line(struct fb_scene *s, struct fb_key_line line) {
    if (s->key_count < FB_KEY_LINES && (line.label || line.help)) {
        s->keys[s->key_count++] = line;
    }
}

static void add_guest_lines(struct fb_app *app) {
    const struct fb_app_guest *guest = app->guest;
    const bool over = app->frame.overlay != FB_OVERLAY_NONE; // has the keys

    for (size_t i = 0; guest && i < guest->key_count; i++) {
        const struct fb_guest_key *k = &guest->keys[i];

        add_line(&app->scene, (struct fb_key_line){
                                  .key = k->key,
                                  .name = k->name,
                                  .label = k->label,
                                  .help = k->help,
                                  .works = guest_key(app, k->key) == k &&
                                           !over && !is_claimed(app, k->key)});
    }
}

// Behind a key of the guest's.
static bool is_hidden(const struct fb_app *app, uint32_t key) {
    return is_claimed(app, key) ||
           (app->frame.overlay == FB_OVERLAY_NONE && guest_key(app, key));
}

void fb__app_list_keys(struct fb_app *app) {
    size_t count;
    const struct fb__binding *bindings = fb__app_bindings(&count);

    if (fb__app_quiz_keys(app)) {
        return;
    }
    app->scene.key_count = 0;
    for (size_t i = 0; i < count; i++) {
        const struct fb__binding *b = &bindings[i];
        char *other = app->key_names[i];

        add_line(&app->scene,
                 (struct fb_key_line){
                     .key = b->key,
                     .name = fb_config_key_name(&app->config, b->key, b->name,
                                                other),
                     .label = b->label,
                     .help = b->help,
                     .works = works(app, b->when) && !is_hidden(app, b->key)});
        if (b->key == FB_KEY_F10) { // after what moves, before what arranges
            add_guest_lines(app);
        }
    }
}

// ---- dispatch ----

// Moving inside a pane, or inside what lies over the panes.
static bool pane_key(struct fb_app *app, uint32_t key) {
    struct fb_frame *f = &app->frame;
    struct fb_pane *p = &f->panes[f->focus];

    if (f->overlay == FB_OVERLAY_PLACES) {
        return fb__app_places_key(app, key);
    }
    if (f->overlay != FB_OVERLAY_NONE) {
        return fb_view_scroll_key(&f->over, key);
    }
    if (app->screen_cols > 0) { // an earlier key may have brought this pane
        fb_frame_layout(f, &app->scene, app->screen_cols, app->screen_rows);
    }
    if (p->view->key) {
        return p->view->key(&app->scene, p, key);
    }
    return fb_view_scroll_key(p, key);
}

// The digit in a pane's title.
static bool digit_key(struct fb_app *app, uint32_t key) {
    for (int i = 0; i < FB_PANES; i++) {
        const enum fb_pane_id id = (enum fb_pane_id)i;

        if (fb_frame_has(&app->frame, id) && fb_frame_digit(id) != '\0' &&
            key == (unsigned char)fb_frame_digit(id)) {
            app->frame.overlay = FB_OVERLAY_NONE;
            app->frame.focus = id;
            return true;
        }
    }
    return false;
}

static void own_key(struct fb_app *app, uint32_t key) {
    size_t count;
    const struct fb__binding *bindings = fb__app_bindings(&count);

    if (digit_key(app, key)) {
        return;
    }
    // first what works, then what can say why it does not
    for (int pass = 0; pass < 2; pass++) {
        for (size_t i = 0; i < count; i++) {
            const struct fb__binding *b = &bindings[i];

            if (b->key == key &&
                (pass == 0 ? works(app, b->when) : (b->when & SPEAKS) != 0)) {
                b->run(app, b->unit, b->direction);
                return;
            }
        }
    }
}

void fb__app_go_where_wanted(struct fb_app *app) {
    const uint64_t event = app->scene.want_event;

    app->scene.want_event = 0;
    // a question moves the picture by itself
    if (event != 0 && app->scene.quiz == NULL) {
        fb__app_go(app, event);
    }
}

void fb_app_key(struct fb_app *app, uint32_t key) {
    const struct fb_guest_key *extra;

    if (key == FB_KEY_NONE) {
        return;
    }
    fb__app_refresh(app);
    app->dirty = true;
    if (is_too_small(app) && key != 'q' && key != FB_KEY_F10) {
        return;
    }
    if (app->asking) {
        fb__app_type(app, key);
        return;
    }
    if (app->guest && app->guest->any_key &&
        app->guest->any_key(app->guest->arg, app, key)) {
        return;
    }
    if (fb__app_quiz_key(app, key)) {
        return;
    }
    if (!app->clicked) { // a click is on what a key means
        key = fb_config_key(&app->config, key);
    }
    fb__app_answered(app);
    if (!is_too_small(app) && fb__app_choose_key(app, key)) {
        return;
    }
    if (pane_key(app, key)) {
        fb__app_go_where_wanted(app);
        return;
    }
    extra = app->frame.overlay == FB_OVERLAY_NONE ? guest_key(app, key) : NULL;
    if (extra) {
        if (extra->shows_pane) {
            fb_frame_show(&app->frame, FB_PANE_GUEST);
        }
        extra->run(app->guest->arg, app);
        return;
    }
    own_key(app, key);
}
