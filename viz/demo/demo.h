// `fishbowl demo`: greeter, scripted clients and visualiser in one terminal.
#ifndef FISHBOWL_DEMO_H
#define FISHBOWL_DEMO_H

// The verb. Plays on a terminal, or headless without one.
// Returns an exit status: 0, 1 (the play failed), 2 (usage), 128 + the signal
// that ended it.
int fb_demo_main(int argc, char **argv);

#endif
