// Where this user's files are: the XDG base directories.
#ifndef FISHBOWL_XDG_H
#define FISHBOWL_XDG_H

#include <stddef.h>

enum { FB_XDG_BYTES = 4096 };

// "$XDG_CONFIG_HOME/fishbowl/NAME", or in ~/.config; the same for state, and for
// what can be made again.
// Errors: -ENOENT neither is set (to an absolute path), -ENAMETOOLONG.
__attribute__((warn_unused_result)) int fb_xdg_config(char out[FB_XDG_BYTES],
                                                      const char *name);
__attribute__((warn_unused_result)) int fb_xdg_state(char out[FB_XDG_BYTES],
                                                     const char *name);
__attribute__((warn_unused_result)) int fb_xdg_cache(char out[FB_XDG_BYTES],
                                                     const char *name);
// Makes the folders that a file is to be in, for this user alone. Errors: those
// of mkdir.
__attribute__((warn_unused_result)) int fb_xdg_make_folders(const char *path);

#endif
