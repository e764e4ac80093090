// What stands beside this program: its helpers, its plays.
#ifndef FISHBOWL_BESIDE_H
#define FISHBOWL_BESIDE_H

#include <stdbool.h>
#include <stddef.h>

// Writes the path of `name` in `place` ("" or "../share/x/") as seen from the
// folder of this executable. Errors: -ENAMETOOLONG, those of readlink.
__attribute__((warn_unused_result)) int fb_beside_path(const char *place,
                                                       const char *name,
                                                       char *ret,
                                                       size_t ret_bytes);

// Writes the path of the helper `name`: in the folder of this program, else in
// the one where the installation keeps helpers. Errors: -ENOENT it is in
// neither, and those of fb_beside_path.
__attribute__((warn_unused_result)) int
fb_beside_program(const char *name, char *ret, size_t ret_bytes);

// Whether it is a file that this user may execute.
bool fb_beside_is_program(const char *path);

#endif
