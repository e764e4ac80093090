// The mouse: whatever it does, a key does too.
#include "app_state.h"

enum { WHEEL = 3 }; // rows for one notch

// A click in the body of a pane, below its title.
static void click_pane(struct fb_app *app, enum fb_pane_id id, int row,
                       int col) {
    struct fb_pane *p = &app->frame.panes[id];

    app->frame.focus = id;
    if (p->view->click && row > p->area.row) {
        p->view->click(&app->scene, p, row - p->area.row - 1,
                       col - p->area.col);
        fb__app_go_where_wanted(app);
    }
}

void fb_app_click(struct fb_app *app, int row, int col) {
    struct fb_frame *f = &app->frame;
    enum fb_pane_id id = fb_frame_hit(f, row, col);
    enum fb_pane_id tab = fb_frame_hit_tab(f, row, col);

    app->dirty = true;
    fb__app_refresh(app);
    if (app->asking) {
        return;
    }
    if (row == app->screen_rows - 1) { // the footer, unless words lie on it
        if (f->status_rows == 0 && fb_status_any(&app->scene)) {
            return;
        }
        fb__app_list_keys(app);
        app->clicked = true;
        fb_app_key(app, fb_footer_hit(&app->scene, app->screen_cols, col));
        app->clicked = false;
        return;
    }
    if (f->overlay != FB_OVERLAY_NONE) {
        return;
    }
    if (row == f->scrub_row) {
        app->scene.want_event =
            fb_scrubber_event(&app->scene, col, app->screen_cols);
        fb__app_go_where_wanted(app);
    } else if (tab != FB_PANES) {
        f->focus = tab;
    } else if (id != FB_PANES) {
        click_pane(app, id, row, col);
    }
}

void fb_app_wheel(struct fb_app *app, int row, int col, int direction) {
    struct fb_frame *f = &app->frame;
    const uint32_t key = direction < 0 ? FB_KEY_UP : FB_KEY_DOWN;
    const enum fb_pane_id id = fb_frame_hit(f, row, col);
    const enum fb_pane_id focus = f->focus;

    app->dirty = true;
    if (app->asking) {
        return;
    }
    if (f->overlay == FB_OVERLAY_NONE && id != FB_PANES) {
        f->focus = id; // the pane below the pointer, which stays as it is
    }
    for (int i = 0; i < WHEEL; i++) {
        fb_app_key(app, key);
    }
    f->focus = focus;
}
