// Which trace a person means.
#ifndef FISHBOWL_SESSION_RESOLVE_H
#define FISHBOWL_SESSION_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>

// Turns `what` (a pid, a path, or NULL for the newest live program) into the
// path of a trace. `why`: "what: why (what to do)" when there is none.
// Errors: -ENOENT, -ENAMETOOLONG, -ENOMEM and those of fb_trace_list.
__attribute__((warn_unused_result)) int
fb_session_resolve(const char *what, char *path, size_t path_bytes, char *why,
                   size_t why_bytes);

// Whether a program that runs writes its trace there: nobody may replace it.
bool fb_session_is_written(const char *path);

#endif
