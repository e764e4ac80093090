// Problem: how much memory does a task take that only waits?
// Idea: spawn many, let each be polled once, and divide what has been
// allocated since. Two figures: the bytes asked for, counted by standing
// between the program and malloc (the linker's --wrap); and the bytes of heap
// that malloc says are in use, its own headers and rounding included. Part of
// both are the runtime's growing tables, and what it maps for tasks without
// malloc: the pages of nameless mappings that have been touched.
#include <fishbowl/fishbowl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Spawned a batch at a time, each polled before the next one comes, so that a
// run queue that grew is not taken for what a waiting task needs.
enum { BATCHES = 100, BATCH = 1000 };

static int64_t asked; // bytes, given back ones taken off

void *__real_malloc(size_t bytes);
void *__real_calloc(size_t count, size_t bytes);
void *__real_realloc(void *old, size_t bytes);
void *__real_aligned_alloc(size_t align, size_t bytes);
void __real_free(void *block);
void *__wrap_malloc(size_t bytes);
void *__wrap_calloc(size_t count, size_t bytes);
void *__wrap_realloc(void *old, size_t bytes);
void *__wrap_aligned_alloc(size_t align, size_t bytes);
void __wrap_free(void *block);

// What was asked for is not remembered for each block. Given back in between
// are only tables that grew: some dozen, each a few bytes off, which is nothing
// when divided by the tasks.
static void give_back(void *block) {
    asked -= block == NULL ? 0 : (int64_t)malloc_usable_size(block);
}

void *__wrap_malloc(size_t bytes) {
    asked += (int64_t)bytes;
    return __real_malloc(bytes);
}

void *__wrap_calloc(size_t count, size_t bytes) {
    asked += (int64_t)(count * bytes);
    return __real_calloc(count, bytes);
}

void *__wrap_realloc(void *old, size_t bytes) {
    give_back(old);
    asked += (int64_t)bytes;
    return __real_realloc(old, bytes);
}

void *__wrap_aligned_alloc(size_t align, size_t bytes) {
    asked += (int64_t)bytes;
    return __real_aligned_alloc(align, bytes);
}

void __wrap_free(void *block) {
    give_back(block);
    __real_free(block);
}

// Whether a line of smaps begins a mapping; if so, whether that has no name.
// The parts: addresses, permissions, offset, device, inode, name.
static bool begins_mapping(const char *line, bool *ret_nameless) {
    char name[8] = "";
    int parts = sscanf(line, "%*x-%*x %*s %*x %*x:%*x %*u %7s", name);
    unsigned long from, to;

    *ret_nameless = parts < 1;
    return sscanf(line, "%lx-%lx ", &from, &to) == 2;
}

// Large blocks of malloc's are such mappings, too: none is as large here.
static int64_t mapped_in_use(void) {
    FILE *maps = fopen("/proc/self/smaps", "re");
    bool nameless = false;
    int64_t kib_sum = 0;
    char line[512];

    if (maps == NULL) {
        perror("/proc/self/smaps");
        exit(1);
    }
    while (fgets(line, sizeof line, maps) != NULL) {
        bool is_nameless;
        long kib;

        if (begins_mapping(line, &is_nameless)) {
            nameless = is_nameless;
        } else if (nameless && sscanf(line, "Anonymous: %ld kB", &kib) == 1) {
            kib_sum += kib;
        }
    }
    (void)fclose(maps);
    return kib_sum * 1024;
}

static int64_t heap_in_use(void) {
    struct mallinfo2 info = mallinfo2();

    if (info.hblkhd > 0) {
        (void)fprintf(stderr, "bytes_fishbowl: a block would count twice\n");
        exit(1);
    }
    return (int64_t)info.uordblks + mapped_in_use();
}

static int64_t asked_in_use(void) {
    return asked + mapped_in_use();
}

// ---- a task that keeps its waker, which nobody will ever use ----

struct parked {
    struct fb_future future;
    int out;
    struct fb_waker waker;
};

static enum fb_poll parked_poll(struct fb_future *f, struct fb_context *cx) {
    struct parked *self = fb_container_of(f, struct parked, future);

    fb_waker_drop(&self->waker);
    self->waker = fb_waker_clone(cx->waker);
    return FB_PENDING;
}

static void parked_drop(struct fb_future *f) {
    fb_waker_drop(&fb_container_of(f, struct parked, future)->waker);
}

static struct fb_type parked_type =
    FB_TYPE(parked, .poll = parked_poll, .drop = parked_drop);

static int spawn_parked(struct fb_runtime *rt) {
    return FB_SPAWN(rt, ((struct parked){.future = {.type = &parked_type}}),
                    NULL);
}

// ---- a task that sleeps ----

static int spawn_sleeping(struct fb_runtime *rt) {
    return FB_SPAWN(rt, fb_sleep(3600 * FB_S), NULL);
}

// ---- measuring ----

static void spawn_batch(struct fb_runtime *rt,
                        int (*spawn)(struct fb_runtime *rt)) {
    int err = 0;

    for (int i = 0; i < BATCH && err == 0; i++) {
        err = spawn(rt);
    }
    if (err == 0) {
        err = fb_run_until_stalled(rt);
    }
    if (err < 0) {
        (void)fprintf(stderr, "bytes_fishbowl: %s\n", strerror(-err));
        exit(1);
    }
}

static double measure(struct fb_runtime *rt,
                      int (*spawn)(struct fb_runtime *rt), bool in_heap) {
    int64_t before_asked, before_heap;

    spawn_batch(rt, spawn); // what the first ones alone bring in
    before_asked = asked_in_use();
    before_heap = heap_in_use();
    for (int i = 0; i < BATCHES; i++) {
        spawn_batch(rt, spawn);
    }
    if (fb_runtime_stats(rt).live_tasks != (BATCHES + 1) * BATCH) {
        (void)fprintf(stderr, "bytes_fishbowl: not all tasks wait\n");
        exit(1);
    }
    return (double)(in_heap ? heap_in_use() - before_heap
                            : asked_in_use() - before_asked) /
           (BATCHES * BATCH);
}

int main(int argc, char **argv) {
    const struct fb_trace_options ring = {.program = "bytes_fishbowl",
                                          .anonymous = true};
    const char *work =
        argc > 2 && strcmp(argv[1], "--work") == 0 ? argv[2] : "";
    struct fb_runtime_options options = {0};
    struct fb_trace_writer trace = {0};
    struct fb_runtime *rt;

    if (strncmp(work, "task_", 5) != 0) {
        (void)fprintf(stderr, "usage: bytes_fishbowl --work task_parked|"
                              "task_sleeping[_heap] [--watched]\n");
        return 2;
    }
    if (strcmp(argv[argc - 1], "--watched") == 0) {
        if (fb_trace_open(&trace, &ring) < 0) {
            return 1;
        }
        options.trace = &trace;
    }
    if (fb_runtime_create(&options, &rt) < 0) {
        return 1;
    }
    printf("%.1f\n", measure(rt,
                             strstr(work, "sleeping") != NULL ? spawn_sleeping
                                                              : spawn_parked,
                             strstr(work, "heap") != NULL));
    fb_runtime_destroy(rt);
    fb_trace_close(&trace, false);
    return 0;
}
