// The verb class: a folder of reports as one table, for who teaches.
#include "learn.h"

#include "fishbowl/trace/text.h"
#include "report.h"
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { CLASS_MOST = 1000, CLASS_CLAIMS = 64 };

struct class {
    struct report *reports;
    size_t count;
    unsigned bad; // files that are no reports
};

static int is_report_name(const struct dirent *d) {
    const size_t len = strlen(d->d_name);

    return d->d_name[0] != '.' && len > 5 &&
           strcmp(d->d_name + len - 5, ".json") == 0;
}

static void read_one(const struct learn *l, struct class *c, const char *folder,
                     const char *name) {
    char path[PLACE_BYTES], safe[FB_TEXT_SAFE_BYTES(255)], why[400], *text;
    struct report *r = &c->reports[c->count];
    size_t len;
    int err;

    fb_text_sanitise(name, strlen(name), safe, sizeof(safe));
    if (snprintf(path, sizeof(path), "%s/%s", folder, name) >= PLACE_BYTES) {
        err = -ENAMETOOLONG;
    } else {
        err = place_read(path, REPORT_BYTES, &text, &len);
    }
    if (err < 0) {
        learn_fail(l, "class: %s: %s", safe, strerror(-err));
        c->bad++;
        return;
    }
    if (report_read(text, len, r, why, sizeof(why)) < 0) {
        learn_fail(l, "class: %s: %s", safe, why);
        c->bad++;
    } else {
        if (r->learner[0] == '\0') { // the file's name is better than none
            snprintf(r->learner, sizeof(r->learner), "%.150s", safe);
        }
        c->count++;
    }
    free(text);
}

static int by_name(const void *a, const void *b) {
    return strcmp(((const struct report *)a)->learner,
                  ((const struct report *)b)->learner);
}

static int read_class(const struct learn *l, const char *folder,
                      struct class *ret) {
    struct dirent **names;
    const int found = scandir(folder, &names, is_report_name, alphasort);

    *ret = (struct class){0};
    if (found < 0) {
        return -errno;
    }
    ret->reports = calloc(CLASS_MOST, sizeof(*ret->reports));
    for (int i = 0; i < found; i++) {
        if (ret->reports != NULL && ret->count < CLASS_MOST) {
            read_one(l, ret, folder, names[i]->d_name);
        }
        free(names[i]);
    }
    free(names);
    if (ret->reports == NULL) {
        return -ENOMEM;
    }
    qsort(ret->reports, ret->count, sizeof(*ret->reports), by_name);
    return 0;
}

static void class_deinit(struct class *c) {
    for (size_t i = 0; i < c->count; i++) {
        report_deinit(&c->reports[i]);
    }
    free(c->reports);
}

// ---- what failed most ----

struct tally {
    char what[64];
    unsigned times, people;
};

static struct tally *tally_of(struct tally *list, size_t *count, size_t most,
                              const char *what) {
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(list[i].what, what) == 0) {
            return &list[i];
        }
    }
    if (*count == most) {
        return NULL;
    }
    list[*count] = (struct tally){0};
    snprintf(list[*count].what, sizeof(list->what), "%s", what);
    return &list[(*count)++];
}

static void count_claims(const struct report *r, struct tally *claims,
                         size_t *count) {
    bool met[CLASS_CLAIMS] = {false}; // a person counts once

    for (size_t i = 0; i < r->count; i++) {
        for (size_t k = 0; k < r->exercises[i].claim_count; k++) {
            struct tally *t = tally_of(claims, count, CLASS_CLAIMS,
                                       r->exercises[i].claims[k].id);

            if (t != NULL) {
                t->times += r->exercises[i].claims[k].times;
                t->people += met[t - claims] ? 0 : 1;
                met[t - claims] = true;
            }
        }
    }
}

static int by_times(const void *a, const void *b) {
    const struct tally *x = a, *y = b;

    return x->people != y->people ? (x->people < y->people ? 1 : -1)
           : x->times != y->times ? (x->times < y->times ? 1 : -1)
                                  : strcmp(x->what, y->what);
}

static void add_claims(struct page *p, const struct class *c) {
    struct tally claims[CLASS_CLAIMS];
    size_t count = 0;

    for (size_t i = 0; i < c->count; i++) {
        count_claims(&c->reports[i], claims, &count);
    }
    qsort(claims, count, sizeof(claims[0]), by_times);
    if (count == 0) {
        return;
    }
    page_gap(p);
    page_add(p, FB_STYLE_HEADING, "What failed most");
    for (size_t i = 0; i < count && i < 10; i++) {
        page_code(p, FB_STYLE_NORMAL, "  %-5s %4u times, by %u of %zu",
                  claims[i].what, claims[i].times, claims[i].people, c->count);
    }
}

// Who is stuck where: exercises that were begun and not passed.
static void add_stuck(struct page *p, const struct class *c) {
    struct tally stuck[REPORT_EXERCISES];
    size_t count = 0;

    for (size_t i = 0; i < c->count; i++) {
        for (size_t k = 0; k < c->reports[i].count; k++) {
            const struct report_exercise *e = &c->reports[i].exercises[k];
            struct tally *t =
                strcmp(e->state, "failed") == 0
                    ? tally_of(stuck, &count, REPORT_EXERCISES, e->id)
                    : NULL;

            if (t != NULL) {
                t->people++;
                t->times += e->attempts;
            }
        }
    }
    qsort(stuck, count, sizeof(stuck[0]), by_times);
    if (count == 0) {
        return;
    }
    page_gap(p);
    page_add(p, FB_STYLE_HEADING, "Begun and not passed");
    for (size_t i = 0; i < count && i < 10; i++) {
        page_code(p, FB_STYLE_NORMAL, "  %-28s by %u, %u attempts",
                  stuck[i].what, stuck[i].people, stuck[i].times);
    }
}

static int say_table(const struct learn *l, const struct class *c) {
    struct page p = {0};

    page_code(&p, FB_STYLE_HEADING, "%-24s %8s %8s %6s %8s %9s", "who",
              "passed", "attempts", "hints", "minutes", "gave up");
    for (size_t i = 0; i < c->count; i++) {
        const struct report *r = &c->reports[i];
        const int pad = 24 - fb_text_cols(r->learner);
        char passed[24];

        snprintf(passed, sizeof(passed), "%u/%u", r->passed, r->total);
        page_code(&p, FB_STYLE_NORMAL, "%s%*s %8s %8u %6u %8u %9u", r->learner,
                  pad > 0 ? pad : 0, "", passed, r->attempts, r->hints,
                  r->minutes, r->given_up);
    }
    add_stuck(&p, c);
    add_claims(&p, c);
    return learn_say(l, &p, 0);
}

// A cell of RFC 4180; what a spreadsheet would take for a formula gets an
// apostrophe in front.
static void put_cell(const char *text) {
    (void)putchar('"');
    if (text[0] != '\0' && strchr("=+-@\t", text[0]) != NULL) {
        (void)putchar('\'');
    }
    for (; *text != '\0'; text++) {
        if (*text == '"') {
            (void)putchar('"');
        }
        (void)putchar(*text);
    }
    (void)putchar('"');
}

static int say_csv(const struct class *c) {
    printf("who,exercise,state,attempts,hints,minutes,gave_up\r\n");
    for (size_t i = 0; i < c->count; i++) {
        for (size_t k = 0; k < c->reports[i].count; k++) {
            const struct report_exercise *e = &c->reports[i].exercises[k];

            put_cell(c->reports[i].learner);
            (void)putchar(',');
            put_cell(e->id);
            (void)putchar(',');
            put_cell(e->state);
            printf(",%u,%u,%u,%s\r\n", e->attempts, e->hints, e->minutes,
                   e->given_up ? "yes" : "no");
        }
    }
    return fflush(stdout) != 0 ? 1 : 0;
}

int learn_verb_class(struct learn *l) {
    const char *folder = l->options.words[1];
    struct class c;
    char safe[FB_TEXT_SAFE_BYTES(255)];
    int err, status;

    if (folder == NULL) {
        learn_fail(l, "class: which folder? (of what `learn report --json` "
                      "has written: one NAME.json a person)");
        return 2;
    }
    fb_text_sanitise(folder, strnlen(folder, 255), safe, sizeof(safe));
    err = read_class(l, folder, &c);
    if (err < 0) {
        return learn_fail(l, "class: %s: %s", safe, strerror(-err));
    }
    if (c.count == 0) {
        learn_fail(l,
                   "class: %s: no reports (collect what `learn report --json` "
                   "writes as NAME.json there)",
                   safe);
        status = 1;
    } else {
        status = l->options.csv ? say_csv(&c) : say_table(l, &c);
    }
    status = c.bad > 0 ? 1 : status;
    class_deinit(&c);
    return status;
}
