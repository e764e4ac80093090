// Problem: a failing check must teach. It is read by somebody who does not know
//     yet what a claim is, and who wants one thing to do next.
// Idea: one order for every verdict: what happened, where in the learner's
//     file, the events that show it, the belief behind it, why it is wrong,
//     what to do. Nothing else.
#include "verdict.h"

#include "predict.h"
#include "work.h"
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum { README_BYTES = 1 << 16 };

void verdict_title(const struct course_exercise *e, char *out,
                   size_t out_bytes) {
    snprintf(out, out_bytes, "%02u %s  (%s, %u min)", e->number, e->title,
             course_kind_name(e->kind), e->minutes);
}

// ---- what the compiler said ----

static bool is_error_line(const char *line, size_t len) {
    static const char *const MARKS[] = {
        ": error: ", ": fatal error: ", "undefined reference", "ld: cannot"};
    static const char LAST[] = "collect2: "; // only says that ld has said it

    if (len >= sizeof(LAST) - 1 && memcmp(line, LAST, sizeof(LAST) - 1) == 0) {
        return false;
    }
    for (size_t i = 0; i < sizeof(MARKS) / sizeof(MARKS[0]); i++) {
        if (memmem(line, len, MARKS[i], strlen(MARKS[i])) != NULL) {
            return true;
        }
    }
    return false;
}

static const char WARNING[] = ": warning: ";

static bool is_warning_line(const char *line, size_t len) {
    return memmem(line, len, WARNING, sizeof(WARNING) - 1) != NULL;
}

// A diagnostic's own lines: what follows until the next one begins.
static bool is_continued(const char *line) {
    return line[0] == ' ' || line[0] == '\t';
}

// The first diagnostic of one kind with the lines that explain it. Returns how
// many of that kind there are.
static unsigned add_diagnostic(struct page *p, const char *said,
                               bool (*is_it)(const char *line, size_t len),
                               enum fb_style style) {
    enum { MOST_LINES = 8 };
    unsigned found = 0, lines = 0;
    bool open = false;

    while (said[0] != '\0') {
        const size_t len = strcspn(said, "\n");

        if (is_it(said, len)) {
            found++;
            open = found == 1;
        } else if (!is_continued(said)) {
            open = false;
        }
        if (open && lines++ < MOST_LINES) {
            page_code(p, lines == 1 ? style : FB_STYLE_NORMAL, "  %.*s",
                      (int)len, said);
        }
        said += len + (said[len] == '\n' ? 1 : 0);
    }
    return found;
}

static void add_compiler(struct page *p, const char *said) {
    const unsigned errors =
        add_diagnostic(p, said, is_error_line, FB_STYLE_FAILED);

    if (errors > 1) {
        page_gap(p);
        page_add(p, FB_STYLE_DIM,
                 "  and %u more; the first one often causes the others",
                 errors - 1);
    }
}

// A program that breaks memory was often warned of before it ran.
static void add_warning(struct page *p, const struct course_result *r) {
    const bool broke = strcmp(r->claim, "X2") == 0 ||
                       strcmp(r->claim, "X6") == 0 ||
                       strcmp(r->claim, "X7") == 0;

    if (broke && r->compiler != NULL &&
        memmem(r->compiler, strlen(r->compiler), WARNING,
               sizeof(WARNING) - 1) != NULL) {
        page_add(p, FB_STYLE_HEADING, "The compiler had warned");
        (void)add_diagnostic(p, r->compiler, is_warning_line, FB_STYLE_NORMAL);
        page_gap(p);
    }
}

// ---- a failure ----

// Traces name files as the compiler was given them; the learner knows his own by
// their names.
static const char *base_name(const char *path) {
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static void add_places(struct page *p, const struct course_result *r) {
    for (int i = 0; i < r->place_count; i++) {
        if (r->places[i].text[0] == '\0') {
            continue; // not of the learner's files
        }
        page_code(p, FB_STYLE_STRONG, "  %s:%u    %s",
                  base_name(r->places[i].file), r->places[i].line,
                  r->places[i].text);
    }
    if (r->place_count > 0) {
        page_gap(p);
    }
}

static void add_events(struct page *p, const struct course_result *r) {
    if (r->event_count == 0) {
        return;
    }
    page_add(p, FB_STYLE_HEADING, "The events that show it");
    for (int i = 0; i < r->event_count; i++) {
        page_add(
            p, r->events[i].event == r->at ? FB_STYLE_WARNING : FB_STYLE_NORMAL,
            "  event %" PRIu64 ": %s", r->events[i].event,
            r->events[i].sentence);
        if (r->events[i].role[0] != '\0') {
            page_add(p, FB_STYLE_DIM, "      %s", r->events[i].role);
        }
    }
    page_gap(p);
}

static void add_last(struct page *p, const struct course_result *r) {
    if (r->last_count == 0) {
        return;
    }
    page_add(p, FB_STYLE_HEADING, "The last that happened before it was ended");
    for (int i = 0; i < r->last_count; i++) {
        page_add(p, FB_STYLE_NORMAL, "  %s", r->last[i]);
    }
    page_gap(p);
}

static bool is_answer(const struct course_result *r) {
    return strcmp(r->claim, "A") == 0;
}

static void add_belief(struct page *p, const struct course_exercise *e,
                       const struct course_result *r) {
    const bool claims = r->claim[0] != 'X';
    const char *belief = r->misconception[0] != '\0' ? r->misconception
                         : claims                    ? e->misconception
                                                     : "";

    if (belief[0] != '\0') {
        page_add(p, FB_STYLE_HEADING,
                 is_answer(r) ? "Many believe, and the run shows it is not so"
                              : "Many believe");
        page_add(p, FB_STYLE_NORMAL, "  %s", belief);
    }
    if (r->truth[0] != '\0' && !is_answer(r)) { // it was said above
        page_add(p, FB_STYLE_HEADING, "But");
        page_add(p, FB_STYLE_NORMAL, "  %s", r->truth);
    }
    page_gap(p);
}

static void add_next_steps(struct page *p, const struct learn *l,
                           const struct course_exercise *e,
                           const struct course_result *r,
                           const struct state *s) {
    const struct state_entry *entry = state_find(s, e->id);
    const unsigned seen = entry != NULL ? entry->hints : 0;
    static const char *const LEVELS[] = {
        "a question that helps", "a pointer to the place", "nearly the answer"};

    page_add(p, FB_STYLE_HEADING, "What now");
    page_text(p, FB_STYLE_NORMAL, "  ", r->help);
    if (predict_is_open(l, e)) {
        page_add(p, FB_STYLE_NORMAL,
                 "  %s run %02u    asks you, in a terminal; or write your "
                 "answers into %s, then run it",
                 l->me, e->number, e->files[0]);
        return; // looking comes after predicting
    }
    if (strcmp(e->files[0], "picks.txt") == 0) {
        page_add(p, FB_STYLE_NORMAL, "  %s play %02u   pick by pick", l->me,
                 e->number);
    }
    if (is_answer(r)) { // the answer stands until then
        page_add(p, FB_STYLE_NORMAL, "  %s reset %02u  predict anew", l->me,
                 e->number);
    }
    if (r->trace[0] != '\0' && r->at != 0) {
        page_add(p, FB_STYLE_NORMAL,
                 "  %s viz %02u    see it happen, at event %" PRIu64, l->me,
                 e->number, r->at);
    } else if (r->trace[0] != '\0') {
        page_add(p, FB_STYLE_NORMAL, "  %s viz %02u    see the run", l->me,
                 e->number);
    }
    if (seen < 3) {
        page_add(p, FB_STYLE_NORMAL, "  %s hint %02u   %s", l->me, e->number,
                 LEVELS[seen]);
    } else {
        page_add(p, FB_STYLE_NORMAL, "  %s solution %02u --give-up", l->me,
                 e->number);
    }
}

// What was demanded, under the name it has in the teacher's papers, and when it
// was broken. A prediction is compared with one run only.
static void add_claim(struct page *p, const struct course_result *r) {
    if (is_answer(r)) {
        page_add(p, FB_STYLE_DIM,
                 "  a prediction that the run does not bear "
                 "out");
        return;
    }
    page_add(p, FB_STYLE_DIM, "  %s %s%s%s%s", r->claim, r->name,
             r->order[0] != '\0' ? ", in the order " : "", r->order,
             r->order[0] != '\0' && r->runs > 1 ? " (others before it held)"
                                                : "");
}

static void failure(struct page *p, const struct learn *l,
                    const struct course_exercise *e,
                    const struct course_result *r, const struct state *s) {
    char title[COURSE_TEXT + 64];

    verdict_title(e, title, sizeof(title));
    page_add(p, FB_STYLE_FAILED, "\u2717 %s: not yet", title);
    add_claim(p, r);
    page_gap(p);
    page_text(p, FB_STYLE_NORMAL, "  ", r->said);
    page_gap(p);
    if (r->compiler != NULL && strcmp(r->claim, "X1") == 0) {
        add_compiler(p, r->compiler); // with its line
        page_gap(p);
    } else {
        add_places(p, r);
    }
    add_warning(p, r);
    add_events(p, r);
    add_last(p, r);
    if (!predict_is_open(l, e)) { // nobody has said yet what they believe
        add_belief(p, e, r);
    }
    add_next_steps(p, l, e, r, s);
}

// ---- a pass ----

// What the check has to say about the shape of the code. Of one that passes
// only: to who still looks for a mistake it would be one thing too many.
static void add_advice(struct page *p, const struct course_result *r) {
    if (r->advice_count == 0) {
        return;
    }
    page_add(p, FB_STYLE_HEADING, "On its shape (advice: it decides nothing)");
    for (int i = 0; i < r->advice_count; i++) {
        page_add(p, FB_STYLE_NORMAL, "  %s", r->advice[i]);
    }
    page_gap(p);
}

static void success(struct page *p, const struct learn *l,
                    const struct course_exercise *e,
                    const struct course_result *r, const struct state *s) {
    const struct course_exercise *next = learn_next(l, s, e);
    char title[COURSE_TEXT + 64], bar[128];

    verdict_title(e, title, sizeof(title));
    if (l->options.order != NULL) {
        page_add(p, FB_STYLE_READY,
                 "\u2713 %s: fine in the one run that was asked for", title);
        page_add(p, FB_STYLE_NORMAL,
                 "  A pass takes all orders: `%s run %02u`.", l->me, e->number);
        return;
    }
    page_add(p, FB_STYLE_READY, "\u2713 %s: passed", title);
    if (e->file_count == 1 && strcmp(e->files[0], "answers.txt") == 0) {
        page_add(p, FB_STYLE_DIM, "  all as you predicted");
    } else {
        page_add(p, FB_STYLE_DIM, "  in all of %u runs, each in another order",
                 r->runs);
    }
    page_gap(p);
    page_add(p, FB_STYLE_NORMAL, "  You have shown: %s.", e->concept);
    if (e->misconception[0] != '\0') {
        page_add(p, FB_STYLE_NORMAL,
                 "  Nobody can tell you any more that \"%s\".",
                 e->misconception);
    }
    page_gap(p);
    learn_bar(l, s, l->look.cols, bar, sizeof(bar));
    page_add(p, FB_STYLE_NORMAL, "  %s", bar);
    page_gap(p);
    add_advice(p, r);
    page_add(p, FB_STYLE_HEADING, "What now");
    page_add(p, FB_STYLE_NORMAL,
             "  %s viz %02u        watch what you have made", l->me, e->number);
    page_add(p, FB_STYLE_NORMAL, "  %s solution %02u   how others do it", l->me,
             e->number);
    if (next == NULL) {
        page_gap(p);
        page_add(p, FB_STYLE_READY, "That was the last one. All are done.");
        return;
    }
    verdict_title(next, title, sizeof(title));
    page_add(p, FB_STYLE_NORMAL, "  %s next          %s", l->me, title);
}

void verdict_page(struct page *p, const struct learn *l,
                  const struct course_exercise *e,
                  const struct course_result *r, const struct state *s) {
    if (r->passed) {
        success(p, l, e, r, s);
    } else {
        failure(p, l, e, r, s);
    }
}

// ---- the task ----

static void add_readme(struct page *p, const struct learn *l,
                       const char *text) {
    // its heading is the title, which stands above already
    const char *body = text + (text[0] == '#' ? strcspn(text, "\n") : 0);
    char *words = learn_as_called(l, body + strspn(body, "\n"));

    page_markdown(p, words != NULL ? words : "(out of memory)");
    page_gap(p);
    free(words);
}

void verdict_task(struct page *p, const struct learn *l,
                  const struct course_exercise *e) {
    char path[PLACE_BYTES], said[PLACE_BYTES], title[COURSE_TEXT + 64], *text;
    size_t len;

    verdict_title(e, title, sizeof(title));
    page_add(p, FB_STYLE_TITLE, "%s", title);
    page_gap(p);
    if (snprintf(path, sizeof(path), "%s/README.md", e->folder) < PLACE_BYTES &&
        place_read(path, README_BYTES, &text, &len) == 0) {
        add_readme(p, l, text);
        free(text);
    }
    for (unsigned i = 0; i < e->file_count; i++) {
        if (work_file(l, e, i, path)) {
            place_say(path, said, sizeof(said));
            page_add(p, FB_STYLE_STRONG, "Your file: %s", said);
        }
    }
    for (size_t i = 0; course_header(l->course, e, i, path, sizeof(path));
         i++) {
        place_say(path, said, sizeof(said));
        page_add(p, FB_STYLE_DIM, "%s %s", i == 0 ? "  look up:" : "          ",
                 said);
    }
}
