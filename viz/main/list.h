// `fishbowl list`: the traced programs of this user.
#ifndef FISHBOWL_MAIN_LIST_H
#define FISHBOWL_MAIN_LIST_H

// The verb. Returns an exit status: 0, 1, 2.
int fb_list_main(int argc, char **argv);

#endif
