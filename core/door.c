// Problem: another thread wakes a task, or drops the last waker of one, while
// the executor is parked, polling, or being destroyed.
// Idea: a small box of its own, with a lock and an eventfd, that lives as long
// as anyone may still come: other threads leave tasks there and ring, the
// executor takes them on its next turn. Once closed it lets nobody in.
// Concurrency: all fields under `lock`, but `waiting` (a hint that lets the
// executor skip the lock) and the counts. The eventfd stays open until the
// last reference is gone, so that a late ring hits no stranger's descriptor.
#include "runtime_impl.h"

#include <errno.h>
#include <sys/eventfd.h>

int fb__door_create(struct fb_runtime *rt, struct fb__door **ret_door) {
    struct fb__door *door = fb__sys.alloc(sizeof *door);
    int err;

    if (door == NULL) {
        return -ENOMEM;
    }
    door->bell_fd = fb__sys.eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (door->bell_fd < 0) {
        err = -errno;
        fb__sys.free(door);
        return err;
    }
    err = -pthread_mutex_init(&door->lock, NULL);
    if (err < 0) {
        fb__sys.close(door->bell_fd);
        fb__sys.free(door);
        return err;
    }
    atomic_init(&door->refs, 1);
    atomic_init(&door->owner, fb__thread());
    atomic_init(&door->runtime, rt);
    *ret_door = door;
    return 0;
}

struct fb__door *fb__door_ref(struct fb__door *door) {
    // Relaxed: the caller holds a reference already.
    atomic_fetch_add_explicit(&door->refs, 1, memory_order_relaxed);
    return door;
}

void fb__door_unref(struct fb__door *door) {
    // Acquire-release: the last one sees what all others did to the door.
    if (atomic_fetch_sub_explicit(&door->refs, 1, memory_order_acq_rel) == 1) {
        pthread_mutex_destroy(&door->lock);
        fb__sys.close(door->bell_fd);
        fb__sys.free(door);
    }
}

void fb__door_ring(struct fb__door *door) {
    uint64_t one = 1;
    int saved = errno; // also called from signal handlers

    // A full counter (EAGAIN) rings already.
    (void)!fb__sys.write(door->bell_fd, &one, sizeof one);
    errno = saved;
}

void fb__door_hush(struct fb__door *door) {
    uint64_t count;

    (void)!fb__sys.read(door->bell_fd, &count, sizeof count);
}

bool fb__door_leave(struct fb__door *door, struct fb_task *task) {
    bool open, was_empty = false;

    // As soon as the task is in the list it may be run, finished and freed, and
    // the runtime with it: keep a reference for the unlocking.
    fb__door_ref(door);
    pthread_mutex_lock(&door->lock);
    open = !door->closed;
    if (open) {
        was_empty = door->first == NULL;
        task->queue_next = NULL;
        *(was_empty ? &door->first : &door->last->queue_next) = task;
        door->last = task;
        // Release: pairs with the acquire look in the executor's turn.
        atomic_fetch_add_explicit(&door->waiting, 1, memory_order_release);
        if (was_empty) {
            fb__door_ring(door);
        }
    }
    pthread_mutex_unlock(&door->lock);
    fb__door_unref(door);
    return open;
}

static struct fb_task *take(struct fb__door *door) {
    struct fb_task *first = door->first;

    door->first = door->last = NULL;
    atomic_store_explicit(&door->waiting, 0, memory_order_relaxed);
    return first;
}

struct fb_task *fb__door_take(struct fb__door *door) {
    struct fb_task *first;

    pthread_mutex_lock(&door->lock);
    first = take(door);
    pthread_mutex_unlock(&door->lock);
    return first;
}

// Closing and cutting are one step: a thread that finds the door closed frees
// its task at once, so the list must not be walked after the door is closed.
// Until now the runtime kept the door for all of them; now each does for itself.
struct fb_task *fb__door_close(struct fb__door *door, struct fb_task *all) {
    struct fb_task *first;

    pthread_mutex_lock(&door->lock);
    first = take(door);
    door->closed = true;
    atomic_store_explicit(&door->runtime, NULL, memory_order_relaxed);
    for (; all != NULL; all = all->all_next) {
        fb__task_share(all); // nobody's now
        fb__door_ref(door);
    }
    pthread_mutex_unlock(&door->lock);
    return first;
}
