// The memory of tasks: blocks from chunks, and when chunks come and go.
#include "harness.h"

#include "hostile.h"
#include "slab.h"

#include <errno.h>
#include <string.h>

// Chunks that are there, of them asked for as huge, and whether more come.
static struct {
    _Atomic int mapped;
    int huge, fail_after; // maps that succeed first; -1: all
} pages;

static void *pages_map(size_t bytes, bool huge) {
    void *memory;

    if (pages.fail_after == 0) {
        return NULL;
    }
    pages.fail_after -= pages.fail_after > 0;
    memory = fb__sys_real.map(bytes, huge);
    assert_non_null(memory);
    pages.mapped++;
    pages.huge += huge;
    return memory;
}

static void pages_unmap(void *memory, size_t bytes) {
    assert_int_equal(bytes, FB__SLAB_BYTES);
    fb__sys_real.unmap(memory, bytes);
    pages.mapped--;
}

// Real memory, so that runtimes use slabs, but counted chunks.
static int pages_enter(void **state) {
    (void)state;
    fb__hostile_hush(true); // polls are counted
    fb__sys = fb__sys_real;
    fb__sys.map = pages_map;
    fb__sys.unmap = pages_unmap;
    pages.mapped = pages.huge = 0;
    pages.fail_after = -1;
    return 0;
}

static int pages_leave(void **state) {
    (void)state;
    fb__sys = fb__sys_real;
    fb__hostile_hush(false);
    assert_int_equal(pages.mapped, 0);
    return 0;
}

#define PAGES_TEST(name_)                                                      \
    cmocka_unit_test_setup_teardown(name_, pages_enter, pages_leave)

// ---- blocks ----

enum { MANY = 60000 }; // blocks of 120 bytes: more than three chunks

static unsigned char *blocks[MANY];

static void take_all(struct fb__slab *slab, size_t bytes, size_t count) {
    static const unsigned char zero[FB__SLAB_BLOCK];

    for (size_t i = 0; i < count; i++) {
        blocks[i] = fb__slab_alloc(slab, bytes);
        assert_non_null(blocks[i]);
        assert_int_equal((uintptr_t)blocks[i] % FB__SLAB_STEP, 0);
        assert_memory_equal(blocks[i], zero, bytes);
        memset(blocks[i], (int)(i % 251) + 1, bytes);
    }
}

// Each is what was written there: no two overlap.
static void check_all(size_t bytes, size_t count) {
    for (size_t i = 0; i < count; i++) {
        for (size_t k = 0; k < bytes; k++) {
            assert_int_equal(blocks[i][k], i % 251 + 1);
        }
    }
}

static void blocks_are_zero_and_apart(void **state) {
    struct fb__slab slab = {0};

    (void)state;
    for (int round = 0; round < 2; round++) { // fresh ones, then used ones
        take_all(&slab, 120, MANY);
        check_all(120, MANY);
        for (size_t i = 0; i < MANY; i += 2) { // every other, then the rest
            fb__slab_free(&slab, blocks[i]);
        }
        for (size_t i = 1; i < MANY; i += 2) {
            fb__slab_free(&slab, blocks[i]);
        }
    }
    fb__slab_end(&slab);
}

static void every_size_has_room_for_its_bytes(void **state) {
    struct fb__slab slab = {0};

    (void)state;
    for (size_t bytes = 1; bytes <= FB__SLAB_BLOCK; bytes++) {
        take_all(&slab, bytes, 100);
        check_all(bytes, 100);
        for (size_t i = 0; i < 100; i++) {
            fb__slab_free(&slab, blocks[i]);
        }
    }
    assert_int_equal(pages.mapped, FB__SLAB_SIZES);
    fb__slab_end(&slab);
}

// ---- chunks ----

static void a_full_chunk_has_room_again_after_one_free(void **state) {
    struct fb__slab slab = {0};
    size_t count = 0;

    (void)state;
    while (pages.mapped < 2) {
        assert_in_range(count, 0, MANY - 1);
        blocks[count++] = fb__slab_alloc(&slab, 512);
    }
    // The last one lies in the second chunk, the others fill the first.
    assert_int_equal(count - 1, (FB__SLAB_BYTES - 64) / 512);
    fb__slab_free(&slab, blocks[7]);
    assert_ptr_equal(fb__slab_alloc(&slab, 512), blocks[7]);
    assert_int_equal(pages.mapped, 2);
    while (count > 0) {
        fb__slab_free(&slab, blocks[--count]);
    }
    fb__slab_end(&slab);
}

static void one_empty_chunk_stays(void **state) {
    struct fb__slab slab = {0};
    void *block;

    (void)state;
    take_all(&slab, 120, MANY);
    assert_int_equal(pages.mapped, 4);
    for (size_t i = 0; i < MANY; i++) {
        fb__slab_free(&slab, blocks[i]);
    }
    assert_int_equal(pages.mapped, 1);
    // At the border between none and one: no chunk comes or goes.
    pages.fail_after = 0;
    for (int i = 0; i < 10; i++) {
        block = fb__slab_alloc(&slab, 120);
        assert_non_null(block);
        fb__slab_free(&slab, block);
    }
    assert_int_equal(pages.mapped, 1);
    fb__slab_end(&slab);
    assert_int_equal(pages.mapped, 0);
}

static void huge_pages_are_for_many(void **state) {
    struct fb__slab slab = {0};
    size_t count = 0;

    (void)state;
    while (pages.mapped < FB__SLAB_HUGE_FROM) {
        blocks[count++] = fb__slab_alloc(&slab, FB__SLAB_BLOCK);
    }
    assert_int_equal(pages.huge, 0);
    while (pages.mapped < FB__SLAB_HUGE_FROM + 2) {
        blocks[count++] = fb__slab_alloc(&slab, FB__SLAB_BLOCK);
    }
    assert_int_equal(pages.huge, 2);
    // Those of another size begin anew.
    blocks[count++] = fb__slab_alloc(&slab, 8);
    assert_int_equal(pages.huge, 2);
    while (count > 0) {
        fb__slab_free(&slab, blocks[--count]);
    }
    fb__slab_end(&slab);
}

static void no_memory_harms_nothing(void **state) {
    struct fb__slab slab = {0};
    void *block;

    (void)state;
    pages.fail_after = 0;
    assert_null(fb__slab_alloc(&slab, 120));
    pages.fail_after = -1;
    block = fb__slab_alloc(&slab, 120);
    assert_non_null(block);
    fb__slab_free(&slab, block);
    fb__slab_end(&slab);
}

// ---- after the end ----

static void *free_late(void *arg) {
    const size_t *first = arg;

    for (size_t i = *first; i < MANY; i += 3) {
        fb__slab_free_late(blocks[i]);
    }
    return NULL;
}

// Two threads give back what they have while the slab ends, and a third part
// goes when all that is over.
static void chunks_go_with_the_last_block(void **state) {
    struct fb__slab slab = {0};
    size_t firsts[] = {0, 1, 2};
    pthread_t threads[2];

    (void)state;
    take_all(&slab, 120, MANY);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(
            pthread_create(&threads[i], NULL, free_late, &firsts[i]), 0);
    }
    fb__slab_end(&slab);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    }
    assert_int_equal(pages.mapped, 4); // each with blocks of the third part
    free_late(&firsts[2]);
    assert_int_equal(pages.mapped, 0);
}

// ---- a runtime's tasks ----

struct keeper {
    struct fb_future future;
    int out;
    struct fb_waker *ret_waker;
    bool ended;
};

static enum fb_poll keeper_poll(struct fb_future *f, struct fb_context *cx) {
    struct keeper *self = fb_container_of(f, struct keeper, future);

    if (self->ended) {
        return FB_READY;
    }
    self->ended = true;
    *self->ret_waker = fb_waker_clone(cx->waker);
    return FB_PENDING;
}

static struct fb_type keeper_type = FB_TYPE(keeper, .poll = keeper_poll);

static void *wake_it(void *arg) {
    fb_waker_wake(arg);
    return NULL;
}

static int spawn_keeper(struct fb_runtime *rt, struct fb_waker *ret_waker) {
    return FB_SPAWN(
        rt,
        ((struct keeper){.future.type = &keeper_type, .ret_waker = ret_waker}),
        NULL);
}

static void tasks_may_outlive_their_runtime(void **state) {
    const struct fb_runtime_options options = {0};
    struct fb_waker wakers[3] = {0};
    struct fb_runtime *rt;
    pthread_t thread;

    (void)state;
    assert_int_equal(fb_runtime_create(&options, &rt), 0);
    for (int i = 0; i < 3; i++) {
        assert_int_equal(spawn_keeper(rt, &wakers[i]), 0);
    }
    assert_int_equal(fb_run_until_stalled(rt), 3);
    assert_int_equal(pages.mapped, fb__slab_wanted() ? 1 : 0);
    fb_waker_wake(&wakers[0]); // goes while the runtime is there
    assert_int_equal(fb_run_until_stalled(rt), 1);
    fb_runtime_destroy(rt);
    fb_waker_drop(&wakers[1]); // on the thread that had it
    assert_int_equal(pages.mapped, fb__slab_wanted() ? 1 : 0);
    assert_int_equal(pthread_create(&thread, NULL, wake_it, &wakers[2]), 0);
    assert_int_equal(pthread_join(thread, NULL), 0);
}

struct giant {
    struct fb_future future;
    int out;
    char room[2 * FB__SLAB_BLOCK];
};

static enum fb_poll giant_poll(struct fb_future *f, struct fb_context *cx) {
    (void)cx;
    memset(fb_container_of(f, struct giant, future)->room, 1,
           sizeof((struct giant *)NULL)->room);
    return FB_READY;
}

static struct fb_type giant_type = FB_TYPE(giant, .poll = giant_poll);

static void a_large_task_is_no_block(void **state) {
    const struct fb_runtime_options options = {0};
    struct giant root = {.future.type = &giant_type};
    struct fb_runtime *rt;

    (void)state;
    assert_int_equal(fb_runtime_create(&options, &rt), 0);
    assert_int_equal(FB_SPAWN(rt, root, NULL), 0);
    assert_int_equal(fb_run(rt), 0);
    assert_int_equal(pages.mapped, 0);
    // A borrowed one is, however large: only a pointer to it lies there.
    assert_int_equal(fb_block_on(rt, &root.future), 0);
    assert_int_equal(pages.mapped, fb__slab_wanted() ? 1 : 0);
    fb_runtime_destroy(rt);
}

static void a_spawn_without_memory_says_so(void **state) {
    const struct fb_runtime_options options = {0};
    struct fb_waker waker = {0};
    struct fb_runtime *rt;

    (void)state;
    assert_int_equal(fb_runtime_create(&options, &rt), 0);
    if (fb__slab_wanted()) {
        pages.fail_after = 0;
        assert_int_equal(spawn_keeper(rt, &waker), -ENOMEM);
        pages.fail_after = -1;
    }
    assert_int_equal(spawn_keeper(rt, &waker), 0);
    assert_int_equal(fb_run_until_stalled(rt), 1);
    fb_waker_wake(&waker);
    assert_int_equal(fb_run(rt), 0);
    fb_runtime_destroy(rt);
}

// Whoever counts allocations, or lets them fail, sees every task's.
static void a_test_at_the_seam_sees_every_task(void **state) {
    struct world *w = *state;
    long before = seam.allocations;
    struct fb_waker waker = {0};

    assert_false(fb__slab_wanted());
    assert_int_equal(spawn_keeper(w->rt, &waker), 0);
    assert_int_equal(seam.allocations, before + 1);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        PAGES_TEST(blocks_are_zero_and_apart),
        PAGES_TEST(every_size_has_room_for_its_bytes),
        PAGES_TEST(a_full_chunk_has_room_again_after_one_free),
        PAGES_TEST(one_empty_chunk_stays),
        PAGES_TEST(huge_pages_are_for_many),
        PAGES_TEST(no_memory_harms_nothing),
        PAGES_TEST(chunks_go_with_the_last_block),
        PAGES_TEST(tasks_may_outlive_their_runtime),
        PAGES_TEST(a_large_task_is_no_block),
        PAGES_TEST(a_spawn_without_memory_says_so),
        WORLD_TEST(a_test_at_the_seam_sees_every_task),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
