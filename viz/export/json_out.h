// Writing JSON as a stream: what is written is on its way, nothing is kept.
//
// Ours because ten million events must not become a tree in memory first; the
// tests read what comes out with a strict parser.
#ifndef FISHBOWL_JSON_OUT_H
#define FISHBOWL_JSON_OUT_H

#include <stdint.h>
#include <stdio.h>

// A string with its quotes. Requires: valid UTF-8 (sanitised).
void fb__json_string(FILE *out, const char *text);
// `"name":"text"` and `"name":number`, after a comma.
void fb__json_text(FILE *out, const char *name, const char *text);
void fb__json_number(FILE *out, const char *name, int64_t value);

#endif
