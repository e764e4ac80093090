// The verb new: an exercise to be filled in, for who teaches.
//
// What it writes has the right shape and says FILL IN where words and code are
// missing; the gate rejects it by that word until all of it is written.
#include "learn.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct part {
    const char *name; // %s: the exercise's
    const char *text; // {N}: the exercise's name
} PARTS[] = {
    {"info", "format: 1\n"
             "title: FILL IN: two or three words\n"
             "kind: code\n"
             "concept: FILL IN: the one idea, as a noun\n"
             "misconception: FILL IN: what many believe instead\n"
             "minutes: 10\n"
             "file: {N}.c\n"
             "seeds: 50\n"
             "cpu-ms: 2000\n"
             "wall-ms: 10000\n"
             "memory-mb: 256\n"
             "untouched: T14\n"},
    {"README.md", "# FILL IN: the title\n\n"
                  "FILL IN: what to do, what to look at, how to know that it "
                  "works. At most a\nscreen.\n"},
    {"%s.h", "// What the starter and the check agree on.\n"
             "// FILL IN: the learner's function, as check.c calls it.\n"},
    {"%s.c", "// FILL IN: one sentence that says what this program is.\n"
             "#include \"{N}.h\"\n\n"
             "// YOURS: begin\n"
             "// FILL IN: where the learner writes.\n"
             "// YOURS: end\n"},
    {"check.c",
     "// Plays the learner's code once, and judges the trace of that run.\n"
     "#include \"{N}.h\"\n"
     "#include \"kit.h\"\n"
     "#include <errno.h>\n\n"
     "static int play(struct kit_play *play) {\n"
     "    struct fb_runtime *rt = kit_runtime(play);\n\n"
     "    if (rt == NULL) {\n"
     "        return -ENOMEM;\n"
     "    }\n"
     "    // FILL IN: spawn what the learner wrote.\n"
     "    return kit_run(play);\n"
     "}\n\n"
     "static void judge(struct kit_case *c) {\n"
     "    struct fb_trial *t = kit_trial(c);\n\n"
     "    // First what must happen at all, then what it must not do.\n"
     "    // FILL IN: name what has to be polled.\n"
     "    fb_claim_must_happen(t, &(struct fb_wanted){.what = \"FILL IN\"});\n"
     "    fb_claim_pending_has_source(t);\n"
     "    fb_claim_ends_quiet(t);\n"
     "}\n\n"
     "const struct kit_exercise kit_exercise = {.play = play, .judge = "
     "judge};\n"},
    {"hints.md", "## 1\n\nFILL IN: a question.\n\n"
                 "## 2\n\nFILL IN: a pointer to the place.\n\n"
                 "## 3\n\nFILL IN: nearly the answer.\n"},
    {"questions", "format: 1\n\n"
                  "question: what-comes\n"
                  "ask: FILL IN: what to predict about a run of the starter\n"
                  "at: start\n"
                  "until: end\n"
                  "truth: FILL IN: a measure (man fishbowl-watch, LESSONS)\n"
                  "choice: FILL IN: one answer\n"
                  "why: FILL IN: when that is so\n"
                  "choice: FILL IN: another one\n"
                  "why: FILL IN: when that is so\n"},
    {"solution.patch", "FILL IN: diff -u of a/{N}.c (the starter) and b/{N}.c "
                       "(solved).\n"},
    {"alt/other.patch", "FILL IN: diff -u of a/{N}.c (the starter) and b/{N}.c "
                        "(solved in another way).\n"},
    {"mutants/first.patch",
     "Fails: T1\nWhy: FILL IN: the mistake that it is\n\n"
     "FILL IN: diff -u of a/{N}.c (solved) and b/{N}.c (wrong).\n"},
};
enum { PART_COUNT = sizeof(PARTS) / sizeof(PARTS[0]) };

static void put_text(FILE *out, const char *text, const char *name) {
    const char *mark;

    while ((mark = strstr(text, "{N}")) != NULL) {
        (void)fwrite(text, 1, (size_t)(mark - text), out);
        (void)fputs(name, out);
        text = mark + 3;
    }
    (void)fputs(text, out);
}

static int write_part(const char *folder, const struct part *part,
                      const char *name) {
    char path[PLACE_BYTES];
    int n = snprintf(path, sizeof(path), "%s/", folder);
    FILE *out;

    // the names above have at most one %s, for the exercise's
    n += strncmp(part->name, "%s", 2) == 0
             ? snprintf(path + n, sizeof(path) - (size_t)n, "%s%s", name,
                        part->name + 2)
             : snprintf(path + n, sizeof(path) - (size_t)n, "%s", part->name);
    if (n >= PLACE_BYTES) {
        return -ENAMETOOLONG;
    }
    out = fopen(path, "wex");
    if (out == NULL) {
        return -errno;
    }
    put_text(out, part->text, name);
    return fclose(out) != 0 ? -errno : 0;
}

static bool is_name(const char *name) {
    return name[0] >= 'a' && name[0] <= 'z' && strlen(name) < 40 &&
           name[strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_")] == '\0';
}

// Where exercises of this course lie: beside the ones that it has.
static bool course_folder(const struct learn *l, char out[PLACE_BYTES]) {
    char *slash;

    if (course_count(l->course) == 0) {
        return false;
    }
    snprintf(out, PLACE_BYTES, "%s", course_at(l->course, 0)->folder);
    slash = strrchr(out, '/');
    if (slash == NULL) {
        return false;
    }
    *slash = '\0';
    return true;
}

static int write_all(const char *folder, const char *name) {
    char mutants[PLACE_BYTES], alt[PLACE_BYTES];
    int err = 0;

    if (snprintf(mutants, sizeof(mutants), "%s/mutants", folder) >=
            PLACE_BYTES ||
        snprintf(alt, sizeof(alt), "%s/alt", folder) >= PLACE_BYTES) {
        return -ENAMETOOLONG;
    }
    if (mkdir(folder, 0777) < 0 || mkdir(alt, 0777) < 0 ||
        mkdir(mutants, 0777) < 0) {
        return -errno;
    }
    for (int i = 0; i < PART_COUNT && err == 0; i++) {
        err = write_part(folder, &PARTS[i], name);
    }
    return err;
}

static unsigned last_number(const struct learn *l) {
    unsigned last = 0;

    for (size_t i = 0; i < course_count(l->course); i++) {
        const unsigned number = course_at(l->course, i)->number;

        last = number > last ? number : last;
    }
    return last;
}

int learn_verb_new(struct learn *l) {
    const char *name = l->options.words[1];
    char folder[PLACE_BYTES], course[PLACE_BYTES], safe[200];
    char said[FB_TEXT_SAFE_BYTES(PLACE_BYTES)];
    struct page p = {0};
    int err;

    if (name == NULL || !is_name(name)) {
        fb_text_sanitise(name != NULL ? name : "", name ? strlen(name) : 0,
                         safe, sizeof(safe));
        learn_fail(l,
                   "new: \"%s\": a name of small letters, digits and _ (for "
                   "example `%s new late_wake`)",
                   safe, l->me);
        return 2;
    }
    if (!course_folder(l, course) ||
        snprintf(folder, sizeof(folder), "%s/%02u_%s", course,
                 last_number(l) + 1, name) >= PLACE_BYTES) {
        return learn_fail(l, "new: the course has no folder of its own");
    }
    place_say(folder, said, sizeof(said));
    err = write_all(folder, name);
    if (err < 0) {
        return learn_fail(l,
                          "new: %s: %s (exercises are made in a tree of the "
                          "sources that is yours, or with --course)",
                          said, strerror(-err));
    }
    page_add(&p, FB_STYLE_READY, "\u2713 %s", said);
    for (int i = 0; i < PART_COUNT; i++) {
        page_code(&p, FB_STYLE_NORMAL, "  %s%s",
                  strncmp(PARTS[i].name, "%s", 2) == 0 ? name : "",
                  PARTS[i].name +
                      (strncmp(PARTS[i].name, "%s", 2) == 0 ? 2 : 0));
    }
    page_gap(&p);
    page_add(&p, FB_STYLE_NORMAL,
             "Write what stands at FILL IN; until then the gate (`./fishbowl "
             "test -R gate`) says what is missing. exercises/README.md says "
             "what each file is, exercises/TEACHER.md how to go about it.");
    return learn_say(l, &p, 0);
}
