// Reading bars.txt and rows, and computing with them. Both are ours, so what
// makes no sense is an error with its line, not something to guess at.
#include "report.h"
#include <math.h>
#include <stdlib.h>
#include <string.h>

static int find_peer(const struct report *r, const char *key) {
    for (unsigned i = 0; i < r->peers; i++) {
        if (strcmp(r->peer[i].key, key) == 0) {
            return (int)i;
        }
    }
    return -1;
}

static int find_work(const struct report *r, const char *key) {
    for (unsigned i = 0; i < r->works; i++) {
        if (strcmp(r->work[i].key, key) == 0) {
            return (int)i;
        }
    }
    return -1;
}

// "-" is no peer; any other word must be one.
static bool find_base(const struct report *r, const char *key, int *ret_base) {
    *ret_base = find_peer(r, key);
    return *ret_base >= 0 || strcmp(key, "-") == 0;
}

static bool add_peer(struct report *r, const char *line) {
    struct report_peer *p = &r->peer[r->peers];

    if (r->peers == REPORT_PEERS ||
        sscanf(line, "peer %31s %63[^\n]", p->key, p->label) != 2) {
        return false;
    }
    r->peers++;
    return true;
}

static bool add_work(struct report *r, const char *line) {
    struct report_work *w = &r->work[r->works];
    char base[32];

    if (r->works == REPORT_WORKS ||
        sscanf(line, "work %31s %31s %95[^\n]", w->key, base, w->title) != 3 ||
        !find_base(r, base, &w->base)) {
        return false;
    }
    r->works++;
    return true;
}

static bool add_bar(struct report *r, const char *line) {
    struct report_bar *b = &r->bar[r->bars];
    char work[32], peer[32], base[32];

    if (r->bars == REPORT_BARS ||
        sscanf(line, "bar %31s %31s %lf %31s", work, peer, &b->limit, base) !=
            4 ||
        !find_base(r, base, &b->base)) {
        return false;
    }
    b->work = find_work(r, work);
    b->peer = find_peer(r, peer);
    r->bars++;
    return b->work >= 0 && b->peer >= 0;
}

int report_read_bars(struct report *r, FILE *in) {
    char line[256];

    for (int number = 1; fgets(line, sizeof(line), in) != NULL; number++) {
        if (line[0] == '#' || line[0] == '\n') {
            continue;
        }
        if (!(strncmp(line, "peer ", 5) == 0   ? add_peer(r, line)
              : strncmp(line, "work ", 5) == 0 ? add_work(r, line)
                                               : add_bar(r, line))) {
            return number;
        }
    }
    return 0;
}

static bool read_values(struct report_row *row, char *text) {
    char *rest = NULL;

    row->count = 0;
    for (char *word = strtok_r(text, " \n", &rest); word != NULL;
         word = strtok_r(NULL, " \n", &rest)) {
        char *end = word;
        double value = strcmp(word, "-") == 0 ? NAN : strtod(word, &end);

        if (row->count == REPORT_ROUNDS || (isfinite(value) && *end != '\0') ||
            (!isfinite(value) && strcmp(word, "-") != 0)) {
            return false;
        }
        row->values[row->count++] = value;
    }
    return row->count > 0;
}

int report_read_rows(struct report *r, FILE *in) {
    char line[4096];

    for (int number = 1; fgets(line, sizeof(line), in) != NULL; number++) {
        char work[32], peer[32], unit[12];
        int at = 0, w, p;

        if (sscanf(line, "%31[^\t]\t%31[^\t]\t%11[^\t]\t%n", work, peer, unit,
                   &at) != 3 ||
            at == 0) {
            return number;
        }
        w = find_work(r, work);
        p = find_peer(r, peer);
        if (w < 0 || p < 0) {
            continue;
        }
        (void)snprintf(r->row[w][p].unit, sizeof(unit), "%s", unit);
        if (!read_values(&r->row[w][p], line + at)) {
            return number;
        }
    }
    return 0;
}

static bool stats_of_finite(double *values, size_t count, struct stats *ret) {
    size_t kept = 0;

    for (size_t i = 0; i < count; i++) {
        if (isfinite(values[i])) {
            values[kept++] = values[i];
        }
    }
    if (kept > 0) {
        *ret = stats_of(values, kept);
    }
    return kept > 0;
}

struct stats report_values(const struct report *r, unsigned work,
                           unsigned peer) {
    const struct report_row *row = &r->row[work][peer];
    struct stats s = {NAN, NAN, NAN};
    double values[REPORT_ROUNDS];

    memcpy(values, row->values, sizeof(values));
    (void)stats_of_finite(values, row->count, &s);
    return s;
}

bool report_ratio(const struct report *r, unsigned work, unsigned peer,
                  unsigned base, struct stats *ret) {
    const struct report_row *over = &r->row[work][peer];
    const struct report_row *under = &r->row[work][base];
    size_t count = over->count < under->count ? over->count : under->count;
    double values[REPORT_ROUNDS];

    for (size_t i = 0; i < count; i++) {
        values[i] = over->values[i] / under->values[i];
    }
    return stats_of_finite(values, count, ret);
}

enum report_verdict report_judge(const struct report *r,
                                 const struct report_bar *bar,
                                 double *ret_value) {
    struct stats s;

    if (bar->base < 0) {
        s = report_values(r, (unsigned)bar->work, (unsigned)bar->peer);
    } else if (!report_ratio(r, (unsigned)bar->work, (unsigned)bar->peer,
                             (unsigned)bar->base, &s)) {
        return REPORT_NOT_MEASURED;
    }
    // A cost below nothing (a difference of two) is noise, and meets no bar.
    if (!isfinite(s.median) || s.median < 0) {
        return REPORT_NOT_MEASURED;
    }
    *ret_value = s.median;
    return s.median <= bar->limit ? REPORT_MET : REPORT_MISSED;
}
