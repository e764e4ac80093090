// The program fishbowl-learn.
#include "learn.h"

int main(int argc, char **argv) {
    return learn_main(argc, argv);
}
