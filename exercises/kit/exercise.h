// What a learner's file includes: Fishbowl, and nothing else to learn.
#ifndef FISHBOWL_EXERCISE_H
#define FISHBOWL_EXERCISE_H

#include "fishbowl/fishbowl.h"

#endif
