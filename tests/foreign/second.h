// Another source of a program that is not built on the runtime.
#ifndef FB_TEST_FOREIGN_SECOND_H
#define FB_TEST_FOREIGN_SECOND_H

#include "fishbowl/trace/plain.h"

// A whole life of a task, with every call that the header has.
void second_source_writes(struct fbp_trace *t);

#endif
