// Problem: a picture must look the same wherever it is put: in a browser, on a
//     slide, in print; and a client's name must stay a name.
// Idea: whole pixels, a style sheet of a few classes, no scripts, nothing from
//     outside. Many small shapes of one class are one path.
// Invariants: what is written is valid XML: text is sanitised before it comes
//     here, and escaped here; a control character that slipped through becomes
//     a question mark, for XML has no way to say it.
#include "svg_out.h"
#include "fishbowl/trace/text.h"
#include <stdarg.h>
#include <string.h>

enum { TEXT = 1024, CELL_TENTHS = 72 }; // of a pixel: 12 px at 0.6 em

struct color {
    const char *class, *property, *light, *dark;
};

// Not red beside green: running is dark and high, waiting light and thin.
static const struct color colors[] = {
    {".ground", "fill", "#ffffff", "#0f1418"},
    {"text", "fill", "#1c2429", "#e4e9ec"},
    {".dim", "fill", "#5a6670", "#98a5ae"},
    {".card", "fill", "#f3f6f8", "#1a2127"},
    {".card", "stroke", "#cdd6dc", "#37434c"},
    {".rule", "stroke", "#dbe2e7", "#2a343b"},
    {".axis", "stroke", "#8c99a3", "#62707a"},
    {".run", "fill", "#0b6e99", "#4cb8e8"},
    {".queue", "fill", "#e0a100", "#e3b341"},
    {".wait", "fill", "#a9b8c3", "#4d5d69"},
    {".wake", "stroke", "#7d3fb2", "#c39bf0"},
    {".head", "fill", "#7d3fb2", "#c39bf0"},
    {".warn", "fill", "#bc3000", "#ff8f66"},
    {".at", "stroke", "#1c2429", "#e4e9ec"},
    {".lost", "stroke", "#8c99a3", "#62707a"},
    {".good", "fill", "#0b6e99", "#4cb8e8"},
    {".on", "fill", "#ffffff", "#0f1418"},
};

static const char SHAPES[] =
    "text{font:12px ui-monospace,'DejaVu Sans Mono',Menlo,Consolas,monospace;"
    "white-space:pre}"
    ".title{font:600 20px system-ui,'Helvetica Neue',Arial,sans-serif}"
    ".sub{font:13px system-ui,'Helvetica Neue',Arial,sans-serif}"
    ".strong{font-weight:700}"
    ".end{text-anchor:end}.mid{text-anchor:middle}"
    ".wake,.axis,.rule,.at,.lost{fill:none}"
    ".run,.queue,.wait,.lost,.rule,.axis{shape-rendering:crispEdges}"
    ".wake{stroke-width:1.25}"
    ".at{stroke-width:1.5;stroke-dasharray:4 3}";

static void put_colors(FILE *out, bool dark) {
    for (size_t i = 0; i < sizeof(colors) / sizeof(colors[0]); i++) {
        const struct color *c = &colors[i];

        fprintf(out, "%s{%s:%s}", c->class, c->property,
                dark ? c->dark : c->light);
    }
}

static void put_style(FILE *out, enum fb_svg_theme theme) {
    fputs("<style>", out);
    fputs(SHAPES, out);
    put_colors(out, theme == FB_SVG_DARK);
    if (theme == FB_SVG_BOTH) {
        fputs("@media (prefers-color-scheme:dark){", out);
        put_colors(out, true);
        fputs("}", out);
    }
    fputs("</style>\n", out);
}

static void put_escaped(FILE *out, const char *text, size_t len) {
    for (size_t i = 0; i < len; i++) {
        const unsigned char c = (unsigned char)text[i];

        switch (c) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default: putc(c < 0x20 || c == 0x7f ? '?' : c, out); break;
        }
    }
}

static void put_element(FILE *out, const char *name, const char *text) {
    fprintf(out, "<%s>", name);
    put_escaped(out, text, strlen(text));
    fprintf(out, "</%s>", name);
}

void fb__svg_begin(struct fb__svg *s, FILE *out, int width, int height,
                   enum fb_svg_theme theme, bool bare, const char *title,
                   const char *subtitle, const char *desc) {
    const int left = bare ? FB__SVG_SHORN : 0;
    const int top = bare ? FB__SVG_HEAD : 0;

    *s = (struct fb__svg){.out = out, .width = width, .height = height};
    fprintf(out,
            "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" "
            "height=\"%d\" viewBox=\"%d %d %d %d\" role=\"img\" "
            "aria-labelledby=\"what how\">\n<title id=\"what\">",
            width - 2 * left, height - top, left, top, width - 2 * left,
            height - top);
    put_escaped(out, title, strlen(title));
    fputs("</title>\n<desc id=\"how\">", out);
    put_escaped(out, desc, strlen(desc));
    fputs("</desc>\n", out);
    put_style(out, theme);
    fb__svg_rect(s, "ground", 0, 0, width, height, 0);
    if (bare) {
        return;
    }
    // letters of the title are wider by two thirds
    fb__svg_fit(s, "title", FB__SVG_MARGIN, 38,
                (width - 2 * FB__SVG_MARGIN) * 6 / 10, title);
    fb__svg_fit(s, "sub dim", FB__SVG_MARGIN, 59, width - 2 * FB__SVG_MARGIN,
                subtitle);
}

void fb__svg_end(struct fb__svg *s) {
    fputs("</svg>\n", s->out);
}

static void put_class(FILE *out, const char *class) {
    if (class != NULL) {
        fprintf(out, " class=\"%s\"", class);
    }
}

void fb__svg_open(struct fb__svg *s, const char *class, const char *words) {
    fputs("<g", s->out);
    put_class(s->out, class);
    fputs(">", s->out);
    if (words != NULL) {
        put_element(s->out, "title", words);
    }
    fputs("\n", s->out);
}

void fb__svg_close(struct fb__svg *s) {
    fputs("</g>\n", s->out);
}

void fb__svg_rect(struct fb__svg *s, const char *class, int x, int y, int w,
                  int h, int radius) {
    fputs("<rect", s->out);
    put_class(s->out, class);
    fprintf(s->out, " x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\"", x, y, w,
            h);
    if (radius > 0) {
        fprintf(s->out, " rx=\"%d\"", radius);
    }
    fputs("/>\n", s->out);
}

void fb__svg_line(struct fb__svg *s, const char *class, int x1, int y1, int x2,
                  int y2) {
    fputs("<path", s->out);
    put_class(s->out, class);
    fprintf(s->out, " d=\"M%d.5 %d.5L%d.5 %d.5\"/>\n", x1, y1, x2, y2);
}

// ---- paths ----

static void begin_piece(struct fb__svg *s, const char *class) {
    if (!s->in_path) {
        fputs("<path", s->out);
        put_class(s->out, class);
        fputs(" d=\"", s->out);
        s->in_path = true;
    }
}

void fb__svg_path_rect(struct fb__svg *s, const char *class, int x, int y,
                       int w, int h) {
    begin_piece(s, class);
    fprintf(s->out, "M%d %dh%dv%dh%dz", x, y, w, h, -w);
}

// From y1 to just before y2, in the middle of the pixel.
void fb__svg_path_arrow(struct fb__svg *s, const char *class, int x, int y1,
                        int y2) {
    const int back = y2 > y1 ? -4 : 4;

    begin_piece(s, class);
    fprintf(s->out, "M%d.5 %dV%dm-3 %dl3 %dl3 %d", x, y1, y2, back, -back,
            back);
}

void fb__svg_path_end(struct fb__svg *s) {
    if (s->in_path) {
        fputs("\"/>\n", s->out);
        s->in_path = false;
    }
}

// ---- text ----

static void put_text(struct fb__svg *s, const char *class, int x, int y,
                     const char *text, size_t len, const char *whole,
                     const char *tail) {
    fputs("<text", s->out);
    put_class(s->out, class);
    fprintf(s->out, " x=\"%d\" y=\"%d\">", x, y);
    if (whole != NULL) {
        put_element(s->out, "title", whole);
    }
    put_escaped(s->out, text, len);
    fprintf(s->out, "%s</text>\n", tail);
}

void fb__svg_text(struct fb__svg *s, const char *class, int x, int y,
                  const char *text) {
    put_text(s, class, x, y, text, strlen(text), NULL, "");
}

void fb__svg_textf(struct fb__svg *s, const char *class, int x, int y,
                   const char *format, ...) {
    char text[TEXT];
    va_list args;

    va_start(args, format);
    vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    fb__svg_text(s, class, x, y, text);
}

// How many columns of `text` are at most `most`, and the bytes they take.
static int columns_of(const char *text, int most, size_t *ret_len) {
    const size_t all = strlen(text);
    size_t at = 0;
    int columns = 0;

    while (at < all) {
        uint32_t scalar = 0;
        const size_t len = fb_text_decode(text + at, all - at, &scalar);
        const int width = len > 0 ? fb_text_width(scalar) : 1;

        if (columns + (width > 0 ? width : 0) > most) {
            break;
        }
        columns += width > 0 ? width : 0;
        at += len > 0 ? len : 1;
    }
    *ret_len = at;
    return columns;
}

static int pixels_of(int columns) {
    return (columns * CELL_TENTHS + 9) / 10;
}

int fb__svg_text_width(const char *text) {
    size_t len;

    return pixels_of(columns_of(text, 1 << 20, &len));
}

int fb__svg_fit(struct fb__svg *s, const char *class, int x, int y, int room,
                const char *text) {
    const int most = room > 0 ? room * 10 / CELL_TENTHS : 0;
    size_t len;
    int columns = columns_of(text, most, &len);

    if (text[len] == '\0') {
        fb__svg_text(s, class, x, y, text);
    } else if (most > 0) {
        columns = columns_of(text, most - 1, &len) + 1;
        put_text(s, class, x, y, text, len, text, "…");
    }
    return pixels_of(columns);
}

void fb__svg_key(struct fb__svg *s, struct fb__svg_flow *at, const char *class,
                 int high, const char *words) {
    const int sample = high > 0 ? 24 : 0;
    const int need = sample + fb__svg_text_width(words);

    if (at->x > FB__SVG_MARGIN && at->x + need > s->width - FB__SVG_MARGIN) {
        at->x = FB__SVG_MARGIN;
        at->y += FB__SVG_ROW;
    }
    if (high > 0) {
        fb__svg_rect(s, class, at->x, at->y - 5 - high / 2, 18, high, 0);
    }
    fb__svg_fit(s, "sub dim", at->x + sample, at->y,
                s->width - FB__SVG_MARGIN - at->x - sample, words);
    at->x += need + 20;
}
