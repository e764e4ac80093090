// Keeping, finding and writing the moments that a play has named.
//
// Idea: a moment is the number of the newest event, taken when nothing is under
// way, so that two runs mean the same moment. A place needs the whole trace, so
// it is looked for when the play is over.
#include "bookmarks.h"
#include "fishbowl/trace/text.h"
#include "lesson.h"
#include "player_parts.h"
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

// Whether all that has happened so far is in the model, and nothing happens.
static bool is_at_rest(const struct fb_player *p) {
    uint64_t after;

    if (p->server->ended) {
        return p->turns_ended > 1; // a turn later all of it has been taken
    }
    if (fb_session_stopped(p->session, &after)) {
        return fb__player_newest(p) >= after;
    }
    return fb__player_is_quiet(p) == FB__SETTLED;
}

enum fb__verdict fb__player_bookmark(struct fb_player *p,
                                     const struct fb_script_step *step) {
    uint64_t event = 0;

    if (!step->text) {
        if (!p->host->in_class && !is_at_rest(p)) {
            return FB__NOT_YET;
        }
        event = fb__player_newest(p);
        if (event == 0) {
            return fb__player_broken(p, "nothing has happened yet");
        }
    }
    p->bookmarks[p->bookmark_count++] =
        (struct fb_player_bookmark){.step = step, .event = event};
    return FB__SETTLED;
}

enum fb__verdict fb__player_bookmark_end(struct fb_player *p, bool late) {
    static const struct fb_script_step end = {.verb = FB_SCRIPT_BOOKMARK,
                                              .name = "end"};

    for (size_t i = 0; i < p->bookmark_count; i++) {
        if (strcmp(p->bookmarks[i].step->name, end.name) == 0) {
            return FB__SETTLED;
        }
    }
    if (!p->host->in_class && !late && !is_at_rest(p)) {
        return FB__NOT_YET;
    }
    p->bookmarks[p->bookmark_count++] = (struct fb_player_bookmark){
        .step = &end, .event = fb__player_newest(p)};
    return FB__SETTLED;
}

// ---- after the play --------------------------------------------------------

static void fail(struct fb_player *p, const char *what, const char *because) {
    char line[800];

    snprintf(line, sizeof(line), "%s: %s", what, because);
    fb_text_sanitise(line, strlen(line), p->why, sizeof(p->why));
    p->state = FB_PLAYER_FAILED;
}

static void find(struct fb_player *p, const struct fb_lesson_person *people,
                 struct fb_player_bookmark *b) {
    char place[300], what[500], why[FB_LESSON_WHY];
    const int err = fb_lesson_find(
        fb_session_history(p->session), fb_session_names(p->session), people,
        p->clients->count, b->step->text, &b->event, why, sizeof(why));

    if (err) {
        fb_script_place(p->script, b->step, place, sizeof(place));
        snprintf(what, sizeof(what), "%s: mark %s at %.120s", place,
                 b->step->name, b->step->text);
        fail(p, what, why);
    }
}

static void write_all(struct fb_player *p, const char *path) {
    FILE *f = fopen(path, "we");
    char what[300];
    int err = f ? 0 : -errno;

    for (size_t i = 0; i < p->bookmark_count && f; i++) {
        fprintf(f, "%s\t%" PRIu64 "\n", p->bookmarks[i].step->name,
                p->bookmarks[i].event);
    }
    if (f && fclose(f) != 0) {
        err = -errno;
    }
    if (err) {
        snprintf(what, sizeof(what), "--marks %.250s", path);
        fail(p, what, strerror(-err));
    }
}

void fb_bookmarks_keep(struct fb_player *p, const char *path) {
    struct fb_lesson_person people[FB_CLIENTS_MAX];

    for (size_t i = 0; i < p->clients->count; i++) {
        people[i] =
            (struct fb_lesson_person){.called = p->clients->items[i]->name,
                                      .task = p->clients->items[i]->task};
    }
    for (size_t i = 0; i < p->bookmark_count && p->state == FB_PLAYER_DONE;
         i++) {
        if (p->bookmarks[i].step->text) {
            find(p, people, &p->bookmarks[i]);
        }
    }
    if (path && p->state == FB_PLAYER_DONE) {
        write_all(p, path);
    }
}
