// The report as text: a block a work, a line a peer, its bars at the end.
#include "report.h"
#include <math.h>

const char *report_digits(double value, char *text, size_t bytes) {
    int after = fabs(value) >= 100 ? 0 : fabs(value) >= 10 ? 1 : 2;

    (void)snprintf(text, bytes, "%.*f", after, value);
    return text;
}

static void print_stats(const struct stats *s, FILE *out) {
    char median[24], low[24], high[24], spread[56];

    (void)snprintf(spread, sizeof(spread), "[%s-%s]",
                   report_digits(s->low, low, sizeof(low)),
                   report_digits(s->high, high, sizeof(high)));
    (void)fprintf(out, "%8s %-17s",
                  report_digits(s->median, median, sizeof(median)), spread);
}

// Exactly: a limit of 1.12 that is missed by 0.001 must not read "1.12".
static void print_bars(const struct report *r, unsigned work, unsigned peer,
                       FILE *out) {
    static const char *const words[] = {"not measured", "met", "MISSED"};

    for (unsigned i = 0; i < r->bars; i++) {
        const struct report_bar *b = &r->bar[i];
        double value = NAN;
        enum report_verdict verdict;

        if (b->work != (int)work || b->peer != (int)peer) {
            continue;
        }
        verdict = report_judge(r, b, &value);
        (void)fprintf(out, "  bar %g%s%s: %s", b->limit,
                      b->base < 0 ? "" : " x ",
                      b->base < 0 ? "" : r->peer[b->base].key, words[verdict]);
        if (verdict != REPORT_NOT_MEASURED && b->base >= 0) {
            (void)fprintf(out, " (%.3f)", value);
        }
    }
}

static void print_work(const struct report *r, unsigned work, FILE *out) {
    const struct report_work *w = &r->work[work];
    bool titled = false;

    for (unsigned peer = 0; peer < r->peers; peer++) {
        struct stats s;

        if (r->row[work][peer].count == 0) {
            continue;
        }
        if (!titled) {
            (void)fprintf(out, "\n%s (%s%s%s)\n", w->title,
                          r->row[work][peer].unit,
                          w->base < 0 ? "" : "; beside: ",
                          w->base < 0 ? "" : r->peer[w->base].label);
            titled = true;
        }
        s = report_values(r, work, peer);
        (void)fprintf(out, "  %-37s", r->peer[peer].label);
        print_stats(&s, out);
        if (w->base >= 0 &&
            report_ratio(r, work, peer, (unsigned)w->base, &s)) {
            print_stats(&s, out);
        }
        print_bars(r, work, peer, out);
        (void)fputc('\n', out);
    }
}

void report_table(const struct report *r, FILE *out) {
    unsigned met = 0, missed = 0;
    double value;

    (void)fprintf(out, "%-39s%8s %-17s%8s %s\n", "", "median", "[quartiles]",
                  "beside", "[quartiles]");
    for (unsigned work = 0; work < r->works; work++) {
        print_work(r, work, out);
    }
    for (unsigned i = 0; i < r->bars; i++) {
        enum report_verdict verdict = report_judge(r, &r->bar[i], &value);

        met += verdict == REPORT_MET;
        missed += verdict == REPORT_MISSED;
    }
    (void)fprintf(out, "\n%u of %u bars met, %u missed, %u not measured\n", met,
                  r->bars, missed, r->bars - met - missed);
}
