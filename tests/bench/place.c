#include "place.h"
#include <sched.h>

struct place place_find(void) {
    struct place p = {.driver = -1, .measured = -1};
    cpu_set_t allowed;

    if (sched_getaffinity(0, sizeof(allowed), &allowed) < 0) {
        return p;
    }
    for (int cpu = 0; cpu < CPU_SETSIZE; cpu++) {
        if (CPU_ISSET((size_t)cpu, &allowed)) {
            p.driver = p.driver < 0 ? cpu : p.driver;
            p.measured = cpu;
        }
    }
    return p;
}

static void pin(int one, int other) {
    cpu_set_t set;

    if (one < 0 || other < 0) {
        return; // unknown: the kernel decides
    }
    CPU_ZERO(&set);
    CPU_SET((size_t)one, &set);
    CPU_SET((size_t)other, &set);
    (void)sched_setaffinity(0, sizeof(set), &set);
}

void place_pin(int cpu) {
    pin(cpu, cpu);
}

void place_pin_both(const struct place *p) {
    pin(p->driver, p->measured);
}

void place_shuffle(unsigned *order, unsigned count, uint64_t *seed) {
    for (unsigned i = 0; i < count; i++) {
        unsigned other;

        *seed = *seed * 6364136223846793005u + 1442695040888963407u;
        other = (unsigned)((*seed >> 33) % (i + 1));
        order[i] = order[other];
        order[other] = i;
    }
}
