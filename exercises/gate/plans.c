// The lesson plans of the teacher's page add up.
//
// A plan is a section `## Plan: NAME, N minutes` with a table whose rows begin
// with minutes; a row `| 8 | 01 Who is here? | … |` is an exercise, with the
// minutes and the title that its info declares. One plan has them all. A row
// `| 01 | Who is here? | step | … |` elsewhere says what its info says: title,
// kind, misconception; and there is one for each exercise.
#include "course_parts.h"
#include "gate.h"
#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PAGE_MOST = 1 << 20, NUMBERS = 100 };

struct plans {
    const struct course *course;
    const char *page;
    unsigned line;
    char name[120]; // of the plan; "": outside of one
    unsigned promised, sum, exercises;
    bool has[NUMBERS];
    bool complete; // one had every exercise
    unsigned plans;
    bool listed[NUMBERS]; // outside of plans
    bool good;
};

__attribute__((format(printf, 2, 3))) static void wrong(struct plans *p,
                                                        const char *what, ...) {
    va_list args;

    printf("FAILED  %s:%u: ", p->page, p->line);
    va_start(args, what);
    vprintf(what, args);
    va_end(args);
    putchar('\n');
    p->good = false;
}

static void end_plan(struct plans *p) {
    bool all = true;

    if (p->name[0] == '\0') {
        return;
    }
    if (p->sum != p->promised) {
        wrong(p, "the rows of '%s' are %u minutes, its heading says %u",
              p->name, p->sum, p->promised);
    }
    for (size_t i = 0; i < course_count(p->course); i++) {
        all = all && p->has[course_at(p->course, i)->number];
    }
    p->complete = p->complete || all;
    printf("ok      %s: %u exercises, %u minutes\n", p->name, p->exercises,
           p->sum);
    p->name[0] = '\0';
}

static void begin_plan(struct plans *p, const char *heading) {
    const char *comma = strrchr(heading, ',');

    end_plan(p);
    snprintf(p->name, sizeof(p->name), "%s", heading);
    p->promised = comma != NULL ? (unsigned)strtoul(comma + 1, NULL, 10) : 0;
    p->sum = p->exercises = 0;
    memset(p->has, 0, sizeof(p->has));
    p->plans++;
    if (p->promised == 0) {
        wrong(p, "'%s' does not say ', N minutes'", heading);
    }
}

// "01 Who is here?" in the second cell.
static void take_exercise(struct plans *p, unsigned minutes, const char *cell,
                          size_t len) {
    char number[3] = {cell[0], cell[1], '\0'};
    const struct course_exercise *e = course_find(p->course, number, NULL);

    if (e == NULL) {
        wrong(p, "the course has no exercise %s", number);
        return;
    }
    p->has[e->number] = true;
    p->exercises++;
    if (e->minutes != minutes) {
        wrong(p, "%s takes %u minutes by its info, here %u", e->id, e->minutes,
              minutes);
    }
    if (strlen(e->title) != len - 3 || memcmp(e->title, cell + 3, len - 3)) {
        wrong(p, "%s is called '%s', here '%.*s'", e->id, e->title,
              (int)len - 3, cell + 3);
    }
}

static void take_row(struct plans *p, const char *row) {
    char *end;
    const unsigned minutes = (unsigned)strtoul(row + 1, &end, 10);
    const char *cell;
    size_t len;

    if (minutes == 0 || strncmp(end, " | ", 3) != 0) {
        return; // the heading of a table, or its rule
    }
    p->sum += minutes;
    cell = end + 3;
    len = strcspn(cell, "|\n");
    while (len > 0 && cell[len - 1] == ' ') {
        len--;
    }
    if (len > 3 && isdigit((unsigned char)cell[0]) &&
        isdigit((unsigned char)cell[1]) && cell[2] == ' ') {
        take_exercise(p, minutes, cell, len);
    }
}

// "| 01 | Who is here? | step | the server is busy … |"
static void take_listed(struct plans *p, const char *row) {
    const char number[3] = {row[2], row[3], '\0'};
    const struct course_exercise *e;
    char right[3 * COURSE_TEXT];

    if (strlen(row) < 8 || !isdigit((unsigned char)row[2]) ||
        !isdigit((unsigned char)row[3]) || strncmp(row + 4, " | ", 3) != 0) {
        return;
    }
    e = course_find(p->course, number, NULL);
    if (e == NULL) {
        wrong(p, "the course has no exercise %s", number);
        return;
    }
    p->listed[e->number] = true;
    snprintf(right, sizeof(right), "| %s | %s | %s | %s |", number, e->title,
             course_kind_name(e->kind), e->misconception);
    if (strcmp(row, right) != 0) {
        wrong(p, "by its info this row is: %s", right);
    }
}

static void end_page(struct plans *p) {
    end_plan(p);
    if (p->plans == 0 || !p->complete) {
        wrong(p, p->plans == 0 ? "there is no section '## Plan: …'"
                               : "no plan has all exercises of the course");
    }
    for (size_t i = 0; i < course_count(p->course); i++) {
        if (!p->listed[course_at(p->course, i)->number]) {
            wrong(p, "no row says what %s attacks",
                  course_at(p->course, i)->id);
        }
    }
}

bool gate_plans(const struct course *c, const char *page) {
    struct plans p = {.course = c, .page = page, .good = true};
    char *text, *next;

    if (course__slurp(page, PAGE_MOST, &text, NULL) < 0) {
        wrong(&p, "cannot be read");
        return false;
    }
    for (char *at = text; at != NULL && *at != '\0'; at = next) {
        next = strchr(at, '\n');
        if (next != NULL) {
            *next++ = '\0';
        }
        p.line++;
        if (strncmp(at, "## Plan: ", 9) == 0) {
            begin_plan(&p, at + 9);
        } else if (strncmp(at, "## ", 3) == 0) {
            end_plan(&p);
        } else if (p.name[0] != '\0' && at[0] == '|') {
            take_row(&p, at);
        } else if (at[0] == '|') {
            take_listed(&p, at);
        }
    }
    end_page(&p);
    free(text);
    return p.good;
}
