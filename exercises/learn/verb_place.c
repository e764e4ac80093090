// Verbs about the folder: nothing at all, init, next.
#include "learn.h"

#include "fishbowl/trace/text.h"
#include "verdict.h"
#include "work.h"
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// ---- init ----

static int give_all(const struct learn *l, unsigned *ret_new, char *why,
                    size_t n) {
    *ret_new = 0;
    for (size_t i = 0; i < course_count(l->course); i++) {
        const struct course_exercise *e = course_at(l->course, i);
        const bool there = work_is_there(l, e);
        const int err = work_give(l, e, why, n);

        if (err < 0) {
            return err;
        }
        *ret_new += there ? 0 : 1;
    }
    return 0;
}

// Exercises that have changed since the learner met them: said, never touched.
static void add_changed(struct page *p, const struct learn *l,
                        const struct state *s) {
    for (size_t i = 0; i < course_count(l->course); i++) {
        const struct course_exercise *e = course_at(l->course, i);
        const struct state_entry *entry = state_find(s, e->id);

        if (entry != NULL && entry->hash[0] != '\0' &&
            strcmp(entry->hash, e->hash) != 0) {
            page_add(p, FB_STYLE_WARNING,
                     "%02u %s has changed since you %s. Your file stays; "
                     "`%s reset %02u` brings the new one.",
                     e->number, e->title,
                     entry->mark == STATE_PASSED ? "passed it" : "began it",
                     l->me, e->number);
        }
    }
}

static const char *user_name(void) {
    const char *name = getenv("USER");
    const struct passwd *user = name == NULL ? getpwuid(getuid()) : NULL;

    return user != NULL ? user->pw_name : name;
}

static int name_learner(struct learn *l, struct state *s, char *why, size_t n) {
    const char *name = l->options.learner != NULL ? l->options.learner
                       : s->learner[0] == '\0'    ? user_name()
                                                  : NULL;
    char path[PLACE_BYTES];

    if (name == NULL || !place_path(&l->place, path, "progress.txt")) {
        return 0;
    }
    fb_text_sanitise(name, strlen(name), s->learner, sizeof(s->learner));
    return state_save(path, s, why, n);
}

static void say_init(struct page *p, const struct learn *l,
                     const struct state *s, unsigned fresh) {
    char root[FB_TEXT_SAFE_BYTES(PLACE_BYTES)];

    fb_text_sanitise(l->place.root, strlen(l->place.root), root, sizeof(root));
    page_add(p, FB_STYLE_READY, "\u2713 %s: %u exercise%s%s", root,
             (unsigned)course_count(l->course),
             course_count(l->course) == 1 ? "" : "s",
             fresh == 0 ? ", nothing new" : "");
    page_add(p, FB_STYLE_NORMAL,
             "  The folder is yours: an update of Fishbowl never changes your "
             "files. How far you are is in progress.txt%s%s%s.",
             s->learner[0] != '\0' ? ", under the name " : "", s->learner,
             s->learner[0] != '\0' ? " (another: --name)" : "");
    page_gap(p);
    add_changed(p, l, s);
    page_add(p, FB_STYLE_HEADING, "What now");
    page_code(p, FB_STYLE_STRONG, "  cd %s", root);
    page_code(p, FB_STYLE_STRONG, "  ./learn watch");
    page_add(p, FB_STYLE_NORMAL,
             "  and, in another terminal or window, your editor. Without "
             "anything behind it, ./learn says what comes next.");
}

int learn_verb_init(struct learn *l) {
    const char *folder =
        l->options.words[1] != NULL ? l->options.words[1] : l->options.folder;
    struct page p = {0};
    struct state s;
    char why[1600];
    unsigned fresh;
    int err;

    if (folder == NULL) {
        learn_fail(l, "init: which folder? (for example `%s init ~/fish`)",
                   l->me);
        return 2;
    }
    if (place_make(folder, &l->place, why, sizeof(why)) < 0 ||
        give_all(l, &fresh, why, sizeof(why)) < 0) {
        return learn_fail(l, "%s", why);
    }
    err = place_launcher(&l->place, l->options.course);
    if (err < 0) {
        return learn_fail(l, "learn: %s (it would start `fishbowl learn`)",
                          strerror(-err));
    }
    place_remember(&l->place);
    if (!learn_state(l, &s)) {
        return 1;
    }
    err = name_learner(l, &s, why, sizeof(why));
    if (err == 0) {
        say_init(&p, l, &s, fresh);
    }
    state_deinit(&s);
    return err < 0 ? learn_fail(l, "%s", why) : learn_say(l, &p, 0);
}

// ---- what to do next ----

static int say_beginning(struct learn *l) {
    struct page p = {0};
    unsigned minutes = 0;

    for (size_t i = 0; i < course_count(l->course); i++) {
        minutes += course_at(l->course, i)->minutes;
    }
    page_add(&p, FB_STYLE_TITLE, "The exercises of Fishbowl");
    page_gap(&p);
    page_add(&p, FB_STYLE_NORMAL,
             "%u small programs in C, about %u minutes in all. You predict, "
             "write or repair something; then the program is run in many "
             "orders, and its trace is what judges it. When it fails you can "
             "look at the moment at which it went wrong.",
             (unsigned)course_count(l->course), minutes);
    page_gap(&p);
    page_add(&p, FB_STYLE_HEADING, "What now");
    page_add(&p, FB_STYLE_NORMAL,
             "  Make a folder of your own for them, wherever you like:");
    page_code(&p, FB_STYLE_STRONG, "  %s init ~/fish", l->me);
    return learn_say(l, &p, 0);
}

int learn_verb_next(struct learn *l) {
    const struct course_exercise *e;
    struct page p = {0};
    struct state s;
    char bar[128], where[FB_TEXT_SAFE_BYTES(PLACE_BYTES)];

    if (!learn_state(l, &s)) {
        return 1;
    }
    e = learn_next(l, &s, NULL);
    learn_bar(l, &s, l->look.cols, bar, sizeof(bar));
    page_add(&p, FB_STYLE_NORMAL, "%s", bar);
    place_say(l->place.root, where, sizeof(where));
    page_add(&p, FB_STYLE_DIM, "in %s", where);
    page_gap(&p);
    add_changed(&p, l, &s);
    if (e == NULL) {
        page_add(&p, FB_STYLE_READY, "All exercises are done.");
        page_add(&p, FB_STYLE_NORMAL, "  %s list      what you have done",
                 l->me);
        state_deinit(&s);
        return learn_say(l, &p, 0);
    }
    verdict_task(&p, l, e);
    page_gap(&p);
    page_add(&p, FB_STYLE_HEADING, "What now");
    page_add(&p, FB_STYLE_NORMAL, "  %s run %02u     judge it once", l->me,
             e->number);
    page_add(&p, FB_STYLE_NORMAL, "  %s watch      judge it each time you save",
             l->me);
    page_add(&p, FB_STYLE_NORMAL, "  %s hint %02u    when you are stuck", l->me,
             e->number);
    state_deinit(&s);
    return learn_say(l, &p, 0);
}

int learn_verb_none(struct learn *l) {
    char why[COURSE_WHY];

    if (place_find(l->options.folder, &l->place, why, sizeof(why)) < 0) {
        return l->options.folder != NULL ? learn_fail(l, "%s", why)
                                         : say_beginning(l);
    }
    place_remember(&l->place);
    return learn_verb_next(l);
}
