// The report as a picture: every work that has a base is a row, every peer a
// dot at its ratio to that base, with its quartiles as a line. The axis is
// logarithmic: half and double are equally far from one. A bar is a triangle
// that points to where its peer's dot may lie.
#include "report.h"
#include <math.h>
#include <string.h>

enum { LEFT = 470, RIGHT = 24, PLOT = 620, TOP = 92, ROW = 24 };

static const double axis_min = 0.09, axis_max = 25;

// Told apart also without colour: ours are filled, the others' dots are rings.
static const char *const colours[REPORT_PEERS] = {
    "#0b6e99", "#e07a00", "#a0522d", "#3cb371", "#c0392b", "#8e44ad",
    "#b07cc6", "#d98880", "#2e8b57", "#7f6000", "#555555", "#999999",
    "#444444", "#111111", "#111111", "#111111"};

static bool is_ours(const struct report *r, unsigned peer) {
    return strncmp(r->peer[peer].key, "fishbowl", 8) == 0;
}

static double x_of(double ratio) {
    double inside = fmin(fmax(ratio, axis_min), axis_max);

    return LEFT + PLOT * log(inside / axis_min) / log(axis_max / axis_min);
}

static void text(FILE *out, double x, double y, const char *anchor,
                 const char *what) {
    (void)fprintf(out,
                  "<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\">%s</text>\n",
                  x, y, anchor, what);
}

static void draw_axis(unsigned rows, FILE *out) {
    static const double ticks[] = {0.1, 0.2, 0.5, 1, 2, 5, 10, 20};
    const int bottom = TOP + (int)rows * ROW;
    char label[16];

    for (unsigned i = 0; i < sizeof(ticks) / sizeof(ticks[0]); i++) {
        double x = x_of(ticks[i]);

        (void)fprintf(out,
                      "<path d=\"M%.1f %dV%d\" stroke=\"%s\" "
                      "stroke-width=\"%s\"/>\n",
                      x, TOP, bottom, ticks[i] == 1 ? "#666" : "#ddd",
                      ticks[i] == 1 ? "1.5" : "1");
        (void)snprintf(label, sizeof(label), "%g", ticks[i]);
        text(out, x, bottom + 18, "middle", label);
    }
    text(out, LEFT + PLOT / 2.0, bottom + 38, "middle",
         "times the peer named in the row (logarithmic; left is better)");
}

static void draw_dot(const struct report *r, unsigned peer,
                     const struct stats *s, double y, FILE *out) {
    const char *colour = colours[peer];

    (void)fprintf(out,
                  "<path d=\"M%.1f %.1fH%.1f\" stroke=\"%s\" "
                  "stroke-width=\"2\"/>\n",
                  x_of(s->low), y, x_of(s->high), colour);
    (void)fprintf(out,
                  "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\" "
                  "stroke=\"%s\" stroke-width=\"2\"><title>%s: %.2f"
                  "</title></circle>\n",
                  x_of(s->median), y, is_ours(r, peer) ? colour : "#fff",
                  colour, r->peer[peer].label, s->median);
}

static void draw_bars(const struct report *r, unsigned work, double y,
                      FILE *out) {
    for (unsigned i = 0; i < r->bars; i++) {
        const struct report_bar *b = &r->bar[i];

        if (b->work == (int)work && b->base == r->work[work].base) {
            double x = x_of(b->limit);

            (void)fprintf(out,
                          "<path d=\"M%.1f %.1fl-7 -4v8z\" fill=\"%s\" "
                          "opacity=\"0.45\"/>\n",
                          x, y, colours[b->peer]);
        }
    }
}

static void draw_row(const struct report *r, unsigned work, double y,
                     FILE *out) {
    const struct report_work *w = &r->work[work];
    struct stats base = report_values(r, work, (unsigned)w->base);
    char label[192], median[24];

    (void)snprintf(label, sizeof(label), "%s (%s: %s %s)", w->title,
                   r->peer[w->base].key,
                   report_digits(base.median, median, sizeof(median)),
                   r->row[work][w->base].unit);
    text(out, LEFT - 12, y + 4, "end", label);
    draw_bars(r, work, y, out);
    // Ours last, so that no other dot hides them.
    for (int ours = 0; ours < 2; ours++) {
        for (unsigned peer = 0; peer < r->peers; peer++) {
            struct stats s;

            if (is_ours(r, peer) == (ours == 1) && peer != (unsigned)w->base &&
                report_ratio(r, work, peer, (unsigned)w->base, &s)) {
                draw_dot(r, peer, &s, y, out);
            }
        }
    }
}

static bool is_measured(const struct report *r, unsigned peer) {
    for (unsigned work = 0; work < r->works; work++) {
        if (r->work[work].base >= 0 && r->row[work][peer].count > 0) {
            return true;
        }
    }
    return false;
}

static void draw_legend(const struct report *r, FILE *out) {
    unsigned shown = 0;

    for (unsigned peer = 0; peer < r->peers; peer++) {
        double x = 20 + 255 * (shown % 4);
        double y = 18 + 18 * (shown / 4);

        if (!is_measured(r, peer)) {
            continue;
        }
        (void)fprintf(out,
                      "<circle cx=\"%.1f\" cy=\"%.1f\" r=\"5\" fill=\"%s\" "
                      "stroke=\"%s\" stroke-width=\"2\"/>\n",
                      x, y, is_ours(r, peer) ? colours[peer] : "#fff",
                      colours[peer]);
        text(out, x + 10, y + 4, "start", r->peer[peer].label);
        shown++;
    }
}

static bool is_drawn(const struct report *r, unsigned work) {
    return r->work[work].base >= 0 &&
           r->row[work][r->work[work].base].count > 0;
}

void report_plot(const struct report *r, FILE *out) {
    unsigned rows = 0;

    for (unsigned work = 0; work < r->works; work++) {
        rows += is_drawn(r, work);
    }
    (void)fprintf(out,
                  "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
                  "height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">\n"
                  "<rect width=\"100%%\" height=\"100%%\" fill=\"#fff\"/>\n",
                  LEFT + PLOT + RIGHT, TOP + (int)rows * ROW + 52);
    draw_legend(r, out);
    draw_axis(rows, out);
    rows = 0;
    for (unsigned work = 0; work < r->works; work++) {
        if (is_drawn(r, work)) {
            draw_row(r, work, TOP + ROW * (rows + 0.5), out);
            rows++;
        }
    }
    (void)fputs("</svg>\n", out);
}
