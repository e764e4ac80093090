// The grammar of `mark`: a moment of the play gets a name.
//
// Problem: a slide, an export or a lesson wants to show "when three wait", not
// event 118, which is another one after every change of the play.
// Idea: `mark NAME` names the moment at which the line is played; `mark NAME at
// PLACE` an event, in the words of a lesson (lesson.h), where the clients of
// the play may stand for their tasks. The place is read here, so that a wrong
// one is told before the play, and looked for after it.
#include "lesson.h"
#include "script_verbs.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

static int take_bookmark_name(struct fb_script_parser *p,
                              struct fb_script_step *step) {
    const char *word;
    const size_t len = fb_script_word(&p->cursor, &word);

    if (!fb__script_is_name(word, len)) {
        return fb_script_complain(
            &p->cursor,
            "mark needs a name for this moment: %d letters, digits, - and _ at "
            "most",
            FB_SCRIPT_NAME_BYTES);
    }
    memcpy(step->name, word, len);
    step->name[len] = '\0';
    for (size_t i = 0; i < p->bookmark_count; i++) {
        if (strcmp(p->bookmarks[i], step->name) == 0) {
            return fb_script_complain(&p->cursor, "there is a mark %s already",
                                      step->name);
        }
    }
    if (p->bookmark_count == FB_SCRIPT_BOOKMARKS_MAX) {
        return fb_script_complain(&p->cursor, "a script has %d marks at most",
                                  FB_SCRIPT_BOOKMARKS_MAX);
    }
    strcpy(p->bookmarks[p->bookmark_count++], step->name);
    return 0;
}

// The words up to the end of the line, with one blank between two.
static char *take_words(struct fb_script_cursor *c) {
    char *text = malloc((size_t)(c->end - c->at) + 1), *to = text;

    while (text && !fb_script_at_end(c)) {
        const char *word;
        const size_t len = fb_script_word(c, &word);

        if (to > text) {
            *to++ = ' ';
        }
        memcpy(to, word, len);
        to += len;
    }
    if (text) {
        *to = '\0';
    }
    return text;
}

static int take_place(struct fb_script_parser *p, struct fb_script_step *step) {
    struct fb_lesson_person people[FB_SCRIPT_CLIENTS_MAX];
    char why[FB_LESSON_WHY];
    int err;

    step->text = take_words(&p->cursor);
    if (!step->text) {
        return -ENOMEM;
    }
    step->text_len = strlen(step->text);
    for (size_t i = 0; i < p->cast_count; i++) {
        people[i] = (struct fb_lesson_person){.called = p->cast[i].name};
    }
    err = fb_lesson_find(NULL, NULL, people, p->cast_count, step->text, NULL,
                         why, sizeof(why));
    return err == -EINVAL ? fb_script_complain(&p->cursor, "%s", why) : err;
}

int fb__script_bookmark(struct fb_script_parser *p,
                        struct fb_script_step *step) {
    const char *word;
    size_t len;
    int err = take_bookmark_name(p, step);

    if (err || fb_script_at_end(&p->cursor)) {
        return err;
    }
    len = fb_script_word(&p->cursor, &word);
    if (!fb__script_is(word, len, "at")) {
        return fb_script_complain(
            &p->cursor, "a mark is of this moment, or `mark NAME at PLACE`");
    }
    return take_place(p, step);
}
