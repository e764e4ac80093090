// Problem: a trace in a page must be small, and be text.
// Idea: gzip, which every browser unpacks by itself, then base64 in lines, as
//     the bytes come: nothing is kept but what does not make a whole line.
// Invariants: line[0..filled) is what gzip gave and no line has had yet.
// Source: RFC 4648, section 4 (base64).
#include "html_out.h"
#include <errno.h>
#include <stdlib.h>
#include <zlib.h>

enum {
    LEVEL = 6,
    GZIP_WINDOW = 15 + 16, // of zlib: 32 KiB, with gzip's header
    LINE = 90,             // bytes, which are 120 characters
    ROOM = 1 << 16,
};

struct fb__packer {
    FILE *out;
    z_stream zip;
    size_t filled;
    unsigned char line[LINE];
    unsigned char room[ROOM];
};

static void put_line(struct fb__packer *p) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz0123456789+/";
    char text[LINE / 3 * 4 + 1];
    size_t len = 0;

    for (size_t i = 0; i < p->filled; i += 3) {
        const size_t left = p->filled - i;
        const unsigned three = (unsigned)p->line[i] << 16 |
                               (left > 1 ? (unsigned)p->line[i + 1] << 8 : 0) |
                               (left > 2 ? (unsigned)p->line[i + 2] : 0);

        text[len++] = digits[three >> 18];
        text[len++] = digits[three >> 12 & 63];
        text[len++] = left > 1 ? digits[three >> 6 & 63] : '=';
        text[len++] = left > 2 ? digits[three & 63] : '=';
    }
    text[len++] = '\n';
    (void)fwrite(text, 1, len, p->out);
    p->filled = 0;
}

static int squeeze(struct fb__packer *p, int how) {
    int status;

    do {
        p->zip.next_out = p->room;
        p->zip.avail_out = sizeof(p->room);
        status = deflate(&p->zip, how);
        for (size_t i = 0; i < sizeof(p->room) - p->zip.avail_out; i++) {
            p->line[p->filled++] = p->room[i];
            if (p->filled == LINE) {
                put_line(p);
            }
        }
    } while (p->zip.avail_out == 0 || (how == Z_FINISH && status == Z_OK));
    return ferror(p->out) ? -EIO : 0;
}

int fb__packer_begin(struct fb__packer **ret_packer, FILE *out) {
    struct fb__packer *p = calloc(1, sizeof(*p));

    if (p == NULL) {
        return -ENOMEM;
    }
    p->out = out;
    if (deflateInit2(&p->zip, LEVEL, Z_DEFLATED, GZIP_WINDOW, 8,
                     Z_DEFAULT_STRATEGY) != Z_OK) {
        free(p);
        return -ENOMEM;
    }
    *ret_packer = p;
    return 0;
}

int fb__packer_put(void *packer, const void *bytes, size_t len) {
    struct fb__packer *p = packer;

    if (len == 0) {
        return 0;
    }
    p->zip.next_in = (z_const Bytef *)bytes;
    p->zip.avail_in = (uInt)len; // a record is at most 16 MiB
    return squeeze(p, Z_NO_FLUSH);
}

int fb__packer_end(struct fb__packer *p) {
    int err;

    p->zip.avail_in = 0;
    err = squeeze(p, Z_FINISH);
    if (p->filled > 0) {
        put_line(p);
    }
    err = ferror(p->out) ? -EIO : err;
    fb__packer_abandon(p);
    return err;
}

void fb__packer_abandon(struct fb__packer *p) {
    if (p != NULL) {
        (void)deflateEnd(&p->zip);
        free(p);
    }
}

void fb__html_text(FILE *out, const char *text) {
    for (; *text != '\0'; text++) {
        switch (*text) {
        case '&': fputs("&amp;", out); break;
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '"': fputs("&quot;", out); break;
        case '\'': fputs("&#39;", out); break;
        default: putc(*text, out);
        }
    }
}
