// Writing a picture as SVG: shapes in whole pixels, text that stays text.
//
// Colours stand in classes of one style sheet, light ones with dark ones beside
// them under prefers-color-scheme. They are written out, not as variables:
// office programs and many converters know classes but no variables. What text
// takes is reckoned by its columns in a font of fixed width; what is too long
// is cut with "…" and whole in its <title>.
#ifndef FISHBOWL_SVG_OUT_H
#define FISHBOWL_SVG_OUT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

enum fb_svg_theme { FB_SVG_BOTH, FB_SVG_LIGHT, FB_SVG_DARK };

enum { // pixels
    FB__SVG_MARGIN = 24,
    FB__SVG_SHORN = FB__SVG_MARGIN - 2, // of each side, when bare
    FB__SVG_COL = 7, // a column of small text, rounded; exactly: 7.2
    FB__SVG_ROW = 20,
    FB__SVG_HEAD = 74, // title, and the line below it
};

struct fb__svg {
    FILE *out;
    int width, height;
    bool in_path;
};

// Opens the document with its ground, title and the line below it; `desc` is
// the picture in words. All text: sanitised. Bare: of the document only what
// is below the head and within the margins is shown.
void fb__svg_begin(struct fb__svg *s, FILE *out, int width, int height,
                   enum fb_svg_theme theme, bool bare, const char *title,
                   const char *subtitle, const char *desc);
void fb__svg_end(struct fb__svg *s);

// Groups, with words for a pointer that rests on them (NULL: none).
void fb__svg_open(struct fb__svg *s, const char *class, const char *words);
void fb__svg_close(struct fb__svg *s);

// `class` may be several words, or NULL.
void fb__svg_rect(struct fb__svg *s, const char *class, int x, int y, int w,
                  int h, int radius);
void fb__svg_line(struct fb__svg *s, const char *class, int x1, int y1, int x2,
                  int y2);

// One path of many pieces: pieces, then its end. Without pieces there is none.
void fb__svg_path_rect(struct fb__svg *s, const char *class, int x, int y,
                       int w, int h);
void fb__svg_path_arrow(struct fb__svg *s, const char *class, int x, int y1,
                        int y2);
void fb__svg_path_end(struct fb__svg *s);

void fb__svg_text(struct fb__svg *s, const char *class, int x, int y,
                  const char *text);
__attribute__((format(printf, 5, 6))) void
fb__svg_textf(struct fb__svg *s, const char *class, int x, int y,
              const char *format, ...);
// In at most `room` pixels. Returns how many it takes.
int fb__svg_fit(struct fb__svg *s, const char *class, int x, int y, int room,
                const char *text);
// A legend: a sample of the class, `high` pixels of it (0: only words), and what
// it means. They flow: one that has no room begins a new line.
struct fb__svg_flow {
    int x, y;
};
void fb__svg_key(struct fb__svg *s, struct fb__svg_flow *at, const char *class,
                 int high, const char *words);
// What a text takes, a little more rather than less.
int fb__svg_text_width(const char *text);

#endif
