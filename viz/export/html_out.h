// Bytes on their way into a page: gzip, then base64, piece by piece.
#ifndef FISHBOWL_HTML_OUT_H
#define FISHBOWL_HTML_OUT_H

#include <stddef.h>
#include <stdio.h>

struct fb__packer; // opaque

// Ownership: fb__packer_end. Errors: -ENOMEM.
__attribute__((warn_unused_result)) int
fb__packer_begin(struct fb__packer **ret_packer, FILE *out);
// A sink of fb_recording_stream. Errors: -EIO.
__attribute__((warn_unused_result)) int
fb__packer_put(void *packer, const void *bytes, size_t len);
// Writes what is left; frees the packer. Errors: -EIO.
__attribute__((warn_unused_result)) int fb__packer_end(struct fb__packer *p);
void fb__packer_abandon(struct fb__packer *p); // NULL is legal

// Text for HTML: what stands between two tags, or in a quoted attribute.
// Requires: sanitised.
void fb__html_text(FILE *out, const char *text);

#endif
