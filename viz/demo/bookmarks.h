// The moments that a play has named, for who looks at its trace afterwards.
#ifndef FISHBOWL_DEMO_BOOKMARKS_H
#define FISHBOWL_DEMO_BOOKMARKS_H

#include "player.h"

// Finds the places that `mark NAME at PLACE` has named in all that was traced,
// and writes all marks as "NAME<TAB>EVENT", a line each, in the order of the
// play, to `path` (NULL: nowhere). A play that is not done has none. If it
// fails the play has failed: `p->why` says which mark, or which file.
// Requires: nothing of the play's stage is closed yet.
void fb_bookmarks_keep(struct fb_player *p, const char *path);

#endif
