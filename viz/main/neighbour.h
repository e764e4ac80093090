// Programs that stand beside this one.
#ifndef FISHBOWL_MAIN_NEIGHBOUR_H
#define FISHBOWL_MAIN_NEIGHBOUR_H

// Becomes `program`: from the folder of this program, else from the folder
// where the installation keeps helpers. Returns only if that fails: -ENOENT it
// is in neither, or what execv says.
int fb_neighbour_exec(const char *program, char **argv);

#endif
