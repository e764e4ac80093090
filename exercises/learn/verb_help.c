// Verbs for who is stuck: hint, reset, solution.
#include "learn.h"

#include "fishbowl/trace/text.h"
#include "help.h"
#include "work.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

// ---- hint ----

int help_hint(struct learn *l, const struct course_exercise *e,
              struct page *p) {
    static const char *const NAMES[] = {"a question", "a pointer",
                                        "nearly the answer"};
    const struct state_entry *entry;
    char why[1600], *text = NULL, *words;
    unsigned level;
    struct state s;
    int err;

    if (!learn_state(l, &s)) {
        return 1;
    }
    entry = state_find(&s, e->id);
    level = entry != NULL && entry->hints > 0 ? entry->hints + 1 : 1;
    level = level > 3 ? 3 : level;
    state_deinit(&s);
    err = course_hint(e, level, &text);
    if (err < 0) {
        return learn_fail(l, "hint: %s has none (look at its README.md)",
                          e->id);
    }
    err =
        work_record(l, e, &(struct work_note){.hint = level}, why, sizeof(why));
    page_add(p, FB_STYLE_STRONG, "%02u %s, hint %u of 3: %s", e->number,
             e->title, level, NAMES[level - 1]);
    page_gap(p);
    words = learn_as_called(l, text);
    page_markdown(p, words != NULL ? words : "(out of memory)");
    page_gap(p);
    free(words);
    free(text);
    if (level < 3) {
        page_add(p, FB_STYLE_DIM, "Ask again for the next one: %s.",
                 NAMES[level]);
    } else {
        page_add(p, FB_STYLE_DIM,
                 "There are no more. `%s solution %02u --give-up` shows one.",
                 l->me, e->number);
    }
    return err < 0 ? learn_fail(l, "%s", why) : 0;
}

int learn_verb_hint(struct learn *l) {
    const struct course_exercise *e = learn_exercise(l);
    struct page p = {0};
    int status = 1;

    if (e != NULL) {
        status = help_hint(l, e, &p);
    }
    return learn_say(l, &p, status);
}

// ---- reset ----

// Each file that is there goes beside itself, and the page says where.
static bool keep_files(struct learn *l, const struct course_exercise *e,
                       struct page *p, char *why, size_t n) {
    char path[PLACE_BYTES], kept[PLACE_BYTES];
    char said[FB_TEXT_SAFE_BYTES(PLACE_BYTES)];
    int err;

    for (unsigned i = 0; i < e->file_count; i++) {
        if (!work_file(l, e, i, path) || access(path, F_OK) != 0) {
            continue; // nothing to keep
        }
        err = work_keep(path, "reset", kept);
        if (err < 0) {
            snprintf(why, n, "reset: %s: %s (nothing was replaced)",
                     e->files[i], strerror(-err));
            return false;
        }
        place_say(kept, said, sizeof(said));
        page_add(p, FB_STYLE_NORMAL, "  what you had: %s", said);
    }
    return true;
}

// Under the lock from the first file on: another learn that resets, too, must
// find whole files to keep.
int learn_verb_reset(struct learn *l) {
    const struct course_exercise *e = learn_exercise(l);
    char folder[PLACE_BYTES], why[1600];
    struct page p = {0};
    bool done;
    int lock;

    if (e == NULL || !work_folder(l, e, folder)) {
        return 1;
    }
    lock = work_lock(l, why, sizeof(why));
    done = lock >= 0 && keep_files(l, e, &p, why, sizeof(why)) &&
           course_give(e, folder, true, why, sizeof(why)) >= 0 &&
           work_record_locked(l, e, &(struct work_note){.reset = true}, why,
                              sizeof(why)) >= 0;
    work_unlock(lock);
    if (!done) {
        page_deinit(&p);
        return learn_fail(l, "%s", why);
    }
    page_add(&p, FB_STYLE_NORMAL, "%02u %s is as it was in the beginning.",
             e->number, e->title);
    return learn_say(l, &p, 0);
}

// ---- solution ----

// The names of the other ways, without ".patch"; at most `most`.
static int others(const struct course_exercise *e, char names[][64], int most) {
    char path[PLACE_BYTES];
    const struct dirent *d;
    int count = 0;
    DIR *dir;

    snprintf(path, sizeof(path), "%s/alt", e->folder);
    dir = opendir(path);
    while (dir != NULL && (d = readdir(dir)) != NULL && count < most) {
        const size_t len = strlen(d->d_name);

        if (len > 6 && len < 64 && strcmp(d->d_name + len - 6, ".patch") == 0) {
            snprintf(names[count++], 64, "%.*s", (int)(len - 6), d->d_name);
        }
    }
    if (dir != NULL) {
        (void)closedir(dir);
    }
    qsort(names, (size_t)count, 64,
          (int (*)(const void *, const void *))strcmp);
    return count;
}

// Makes a right solution in a folder of its own. Errors: with `why`.
static int make_solution(struct learn *l, const struct course_exercise *e,
                         char folder[PLACE_BYTES], char *why, size_t n) {
    char patch[128] = "solution.patch", names[32][64];
    const char *other = l->options.other;
    const int count = others(e, names, 32);
    int err;

    for (int i = 0; i < count && other != NULL; i++) {
        if (strcmp(names[i], other) == 0) {
            snprintf(patch, sizeof(patch), "alt/%.60s.patch", names[i]);
            other = NULL;
        }
    }
    if (other != NULL) {
        snprintf(why, n,
                 "--other: %s has no such way (without it, those that there "
                 "are get named)",
                 e->id);
        return -ENOENT;
    }
    if (!place_path(&l->place, folder, ".fishbowl-learn/%s.solution", e->id)) {
        snprintf(why, n, "the folder's path is too long");
        return -ENAMETOOLONG;
    }
    err = course_give(e, folder, true, why, n);
    return err < 0 ? err : course_patch(e, folder, patch, why, n);
}

// What diff(1) says, to a page. False: it could not be called.
static bool add_diff(struct page *p, const char *mine, const char *theirs,
                     const char *file) {
    char line[1024], label[80];
    int ends[2], status;
    pid_t child;
    FILE *in;

    snprintf(label, sizeof(label), "%s as you have it", file);
    if (pipe(ends) < 0) {
        return false;
    }
    child = fork();
    if (child == 0) {
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        (void)close(ends[1]);
        execlp("diff", "diff", "-u", "--label", label, "--label", "solved",
               "--", mine, theirs, (char *)NULL);
        _exit(127);
    }
    (void)close(ends[1]);
    in = fdopen(ends[0], "r");
    while (child > 0 && in != NULL && fgets(line, sizeof(line), in) != NULL) {
        const enum fb_style style = line[0] == '+'   ? FB_STYLE_READY
                                    : line[0] == '-' ? FB_STYLE_FAILED
                                    : line[0] == '@' ? FB_STYLE_DIM
                                                     : FB_STYLE_NORMAL;

        line[strcspn(line, "\n")] = '\0';
        page_code(p, style, "%s", line);
    }
    if (in != NULL) {
        (void)fclose(in);
    } else {
        (void)close(ends[0]);
    }
    return child > 0 && waitpid(child, &status, 0) == child &&
           WIFEXITED(status) && WEXITSTATUS(status) <= 1;
}

static void add_whole(struct page *p, const char *path) {
    char *text;
    size_t len;

    if (place_read(path, 1 << 20, &text, &len) == 0) {
        for (char *rest = text, *line; (line = strsep(&rest, "\n")) != NULL;) {
            page_code(p, FB_STYLE_NORMAL, "%s", line);
        }
        free(text);
    }
}

static int show_solution(struct learn *l, const struct course_exercise *e,
                         const char *folder, struct page *p) {
    char mine[PLACE_BYTES], theirs[PLACE_BYTES], kept[PLACE_BYTES];

    for (unsigned i = 0; i < e->file_count; i++) {
        if (!work_file(l, e, i, mine) ||
            snprintf(theirs, sizeof(theirs), "%s/%s", folder, e->files[i]) >=
                PLACE_BYTES) {
            return -ENAMETOOLONG;
        }
        if (place_same_file(mine, theirs)) {
            page_add(p, FB_STYLE_NORMAL, "%s: as you have it.", e->files[i]);
        } else if (!add_diff(p, mine, theirs, e->files[i])) {
            add_whole(p, theirs); // no diff(1) here
        }
        if (l->options.apply) {
            int err =
                access(mine, F_OK) == 0 ? work_keep(mine, "solution", kept) : 0;

            if (err == 0) {
                err = place_copy(theirs, mine);
            }
            if (err < 0) {
                return err;
            }
        }
    }
    return 0;
}

static void add_others(struct page *p, const struct learn *l,
                       const struct course_exercise *e) {
    char names[32][64];
    const int count = others(e, names, 32);

    if (count == 0 || l->options.other != NULL) {
        return;
    }
    page_gap(p);
    page_add(p, FB_STYLE_HEADING, "Other ways that are right, too");
    for (int i = 0; i < count; i++) {
        page_add(p, FB_STYLE_NORMAL, "  %s solution %02u --other %s", l->me,
                 e->number, names[i]);
    }
}

int help_solution(struct learn *l, const struct course_exercise *e,
                  struct page *p) {
    const struct state_entry *entry;
    char folder[PLACE_BYTES], why[1600];
    struct state s;
    bool allowed;
    int err;

    if (!learn_state(l, &s)) {
        return 1;
    }
    entry = state_find(&s, e->id);
    allowed = entry != NULL && (entry->mark == STATE_PASSED || entry->given_up);
    state_deinit(&s);
    if (!allowed && !l->options.give_up) {
        return learn_fail(l,
                          "solution: %s is not passed yet (`%s solution %02u "
                          "--give-up` shows it; that is noted)",
                          e->id, l->me, e->number);
    }
    err = make_solution(l, e, folder, why, sizeof(why));
    if (err == 0 && !allowed) {
        err = work_record(l, e, &(struct work_note){.gave_up = true}, why,
                          sizeof(why));
    }
    if (err < 0) {
        return learn_fail(l, "solution: %s", why);
    }
    page_add(p, FB_STYLE_STRONG, "%02u %s, a solution (- yours, + this one)",
             e->number, e->title);
    page_gap(p);
    err = show_solution(l, e, folder, p);
    if (err < 0) {
        return learn_fail(l, "solution: %s", strerror(-err));
    }
    if (l->options.apply) {
        page_gap(p);
        page_add(p, FB_STYLE_NORMAL,
                 "It is in your file now; what you had lies beside it.");
    }
    add_others(p, l, e);
    return 0;
}

int learn_verb_solution(struct learn *l) {
    const struct course_exercise *e = learn_exercise(l);
    struct page p = {0};
    int status = 1;

    if (e != NULL) {
        status = help_solution(l, e, &p);
    }
    return learn_say(l, &p, status);
}
