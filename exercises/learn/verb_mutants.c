// `learn mutants`: is the net of an exercise tight?
//
// Problem: a check that passes everything looks like one that is right. Idea:
// play the wrong solutions that the course keeps; each must be caught. With
// --without a claim is left out, and one sees what only that one catches.
// The right solution is judged first, by the same net: a net that catches
// everybody is no better.
#include "learn.h"

#include "judging.h"
#include <errno.h>
#include <ftw.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct net {
    struct learn *l;
    const struct course_exercise *e;
    char folder[PLACE_BYTES]; // of its own; goes at the end
    char why[COURSE_WHY];
};

// ---- a folder for what is built ----

static int remove_one(const char *path, const struct stat *status, int kind,
                      struct FTW *walk) {
    (void)status;
    (void)kind;
    (void)walk;
    (void)remove(path);
    return 0;
}

static int make_folder(struct net *n) {
    const char *tmp = getenv("TMPDIR");
    const int len = snprintf(n->folder, sizeof(n->folder), "%s/fishbowl-XXXXXX",
                             tmp != NULL && tmp[0] == '/' ? tmp : "/tmp");

    if (len >= (int)sizeof(n->folder)) {
        return -ENAMETOOLONG;
    }
    return mkdtemp(n->folder) == NULL ? -errno : 0;
}

// ---- judging one ----

// The files of the solution, with the mutant's patch (NULL: none) on top.
static int make_files(struct net *n, const char *patch,
                      char files[PLACE_BYTES]) {
    int err = 0;

    if (snprintf(files, PLACE_BYTES, "%s/files", n->folder) >= PLACE_BYTES) {
        return -ENAMETOOLONG;
    }
    err = course_give(n->e, files, true, n->why, sizeof(n->why));
    if (err >= 0) {
        err =
            course_patch(n->e, files, "solution.patch", n->why, sizeof(n->why));
    }
    if (err >= 0 && patch != NULL) {
        err = course_patch(n->e, files, patch, n->why, sizeof(n->why));
    }
    return err;
}

static int judge(struct net *n, const char *patch, struct course_result *r) {
    char files[PLACE_BYTES], scratch[PLACE_BYTES];
    const struct course_job job = {.exercise = n->e,
                                   .files = files,
                                   .scratch = scratch,
                                   .without = n->l->options.without,
                                   .give_up = judging_give_up};
    int err = make_files(n, patch, files);

    if (err >= 0 && snprintf(scratch, sizeof(scratch), "%s/build", n->folder) >=
                        (int)sizeof(scratch)) {
        err = -ENAMETOOLONG;
    }
    if (err >= 0) {
        err = course_judge(n->l->course, &job, r, n->why, sizeof(n->why));
    }
    return err < 0 ? err : 0;
}

// ---- saying it ----

static int say_solution(struct net *n) {
    struct course_result r = {0};
    struct page p = {0};
    int err = judge(n, NULL, &r);

    if (err < 0) {
        return err;
    }
    if (r.passed) {
        page_add(&p, FB_STYLE_READY, "\u2713 %-22s passes", "solution");
    } else {
        page_add(&p, FB_STYLE_FAILED, "\u2717 %-22s is caught by %s: %s",
                 "solution", r.claim, r.said);
    }
    course_result_deinit(&r);
    return learn_say(n->l, &p, 0) == 0 ? 0 : -EIO;
}

static int say_mutant(struct net *n, const struct course_mutant *m,
                      unsigned *survivors) {
    struct course_result r = {0};
    struct page p = {0};
    int err = judge(n, m->patch, &r);

    if (err < 0) {
        return err;
    }
    if (r.passed) {
        ++*survivors;
        page_add(&p, FB_STYLE_FAILED, "\u2717 %-22s SURVIVES", m->name);
        page_add(&p, FB_STYLE_FAILED, "    %s", m->mistake);
    } else {
        page_add(&p, FB_STYLE_READY, "\u2713 %-22s caught by %s %s", m->name,
                 r.claim, r.name);
    }
    course_result_deinit(&r);
    return learn_say(n->l, &p, 0) == 0 ? 0 : -EIO;
}

static int say_all(struct net *n, const struct course_mutant *list, int count,
                   unsigned *survivors) {
    struct page p = {0};
    int err;

    page_add(&p, FB_STYLE_STRONG, "%02u %s: %d wrong ones%s%s", n->e->number,
             n->e->title, count,
             n->l->options.without != NULL ? ", judged without " : "",
             n->l->options.without != NULL ? n->l->options.without : "");
    err = learn_say(n->l, &p, 0) == 0 ? say_solution(n) : -EIO;
    for (int i = 0; i < count && err == 0; i++) {
        err = say_mutant(n, &list[i], survivors);
    }
    if (err < 0) {
        return err;
    }
    page_gap(&p);
    if (*survivors == 0) {
        page_add(&p, FB_STYLE_STRONG, "All are caught: the net is tight.");
    } else {
        page_add(&p, FB_STYLE_STRONG,
                 "%u of %d slip%s through: the net has a "
                 "hole.",
                 *survivors, count, *survivors == 1 ? "s" : "");
    }
    return learn_say(n->l, &p, 0) == 0 ? 0 : -EIO;
}

// ---- the verb ----

static bool is_claim(const char *text) {
    char *end;
    const unsigned long number =
        text[0] == 'T' && text[1] >= '1' && text[1] <= '9'
            ? strtoul(text + 1, &end, 10)
            : 0;

    return number >= 1 && number <= 14 && *end == '\0';
}

static int play_all(struct net *n) {
    struct course_mutant *list = NULL;
    struct judging_signals before;
    unsigned survivors = 0;
    int count, err, number;

    count = course_mutants(n->e, &list, n->why, sizeof(n->why));
    if (count < 0) {
        return learn_fail(n->l, "mutants: %s", n->why);
    }
    err = make_folder(n);
    if (err < 0) {
        free(list);
        return learn_fail(n->l,
                          "mutants: %s: %s (TMPDIR may name another "
                          "folder)",
                          n->folder, strerror(-err));
    }
    judging_listen(&before);
    err = say_all(n, list, count, &survivors);
    number = judging_listen_end(&before);
    (void)nftw(n->folder, remove_one, 16, FTW_DEPTH | FTW_PHYS);
    free(list);
    if (number != 0) {
        learn_fail(n->l, "mutants: ended by you");
        return 128 + number;
    }
    if (err < 0) {
        return learn_fail(n->l, "mutants: %s",
                          n->why[0] != '\0' ? n->why : strerror(-err));
    }
    return survivors > 0 ? 1 : 0;
}

int learn_verb_mutants(struct learn *l) {
    const char *word = l->options.words[1];
    struct net n = {.l = l};

    if (word == NULL) {
        learn_fail(l,
                   "mutants: of which exercise? (for example `%s mutants "
                   "19`)",
                   l->me);
        return 2;
    }
    if (l->options.without != NULL && !is_claim(l->options.without)) {
        learn_fail(l, "--without: it takes one claim, T1 to T14");
        return 2;
    }
    n.e = learn_exercise(l);
    return n.e != NULL ? play_all(&n) : 1;
}
