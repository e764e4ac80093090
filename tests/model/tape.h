// A tape: events written by hand, for tests of whoever reads a trace.
#ifndef FB_TEST_TAPE_H
#define FB_TEST_TAPE_H

#include "history.h"
#include "lives.h"
#include "story.h"

enum { TAPE_MAX = 4096 };

struct tape {
    struct fb_event events[TAPE_MAX];
    size_t count;
    uint64_t now_ns; // stamp of the next event
};

// Appends an event and returns it, to be filled in further.
struct fb_event *tape_add(struct tape *t, enum fb_event_kind kind,
                          unsigned detail, unsigned flags, uint32_t subject);

void tape_spawn(struct tape *t, uint32_t task, uint32_t parent, uint32_t root,
                uint16_t type);
void tape_scheduled(struct tape *t, uint32_t task, uint32_t depth);
void tape_begin(struct tape *t, uint32_t task, uint32_t root, uint32_t polls);
void tape_end(struct tape *t, uint32_t task, uint32_t root,
              enum fb_poll_result result, uint32_t line, int out);
void tape_enter(struct tape *t, uint32_t task, uint32_t parent, uint32_t future,
                uint16_t type, uint32_t line);
void tape_exit(struct tape *t, uint32_t task, uint32_t parent, uint32_t future,
               enum fb_poll_result result, int out);
void tape_drop(struct tape *t, uint32_t task, uint32_t future,
               enum fb_drop_why why);
void tape_clone(struct tape *t, uint32_t task, enum fb_party party,
                uint32_t holder, uint32_t future, unsigned interest);
void tape_waker_drop(struct tape *t, uint32_t task, enum fb_party party,
                     uint32_t holder, uint32_t future,
                     enum fb_waker_drop_why why);
void tape_wake(struct tape *t, uint32_t task, enum fb_wake_effect effect,
               enum fb_party party, uint32_t cause);
void tape_source(struct tape *t, enum fb_event_kind kind, uint32_t source,
                 int fd, enum fb_source_kind what, unsigned bits,
                 uint32_t task);
void tape_io(struct tape *t, uint32_t source, int fd, uint32_t future,
             enum fb_io_op op, int result, uint32_t asked);
void tape_timer(struct tape *t, enum fb_event_kind kind, uint32_t timer,
                uint64_t deadline_ns, uint32_t task, uint32_t future,
                enum fb_timer_end end);
void tape_done(struct tape *t, uint32_t task, enum fb_task_outcome outcome,
               int out);
void tape_label(struct tape *t, uint32_t task, const char *text, size_t len);
void tape_park(struct tape *t, int64_t timeout_ns);
void tape_unpark(struct tape *t, uint32_t events);

// The greeter with one client, from its start to "Ada" being answered:
// task 1 accepts (root 1, fd 4 = source 1), task 2 greets (root 3, fd 7 =
// source 2), waits for the name, gets it, answers and is freed. Places of
// moments in between are written to *m (event numbers, from 1).
struct moments {
    size_t accept_waits; // task 1 has returned Pending
    size_t greet_waits;  // task 2 waits for the name
    size_t greet_woken;  // its WAKE
    size_t greet_again;  // its second POLL_BEGIN
    size_t greet_done;   // its TASK_DONE
    size_t greet_free;   // its TASK_FREE
};
void tape_greeter(struct tape *t, struct moments *m);
// Aborts task 1, closes its listener, frees it.
void tape_greeter_end(struct tape *t);
// A census of the world after tape_greeter up to `greet_waits`.
void tape_census_two_tasks(struct tape *t);

// Types of the greeter: 1 serve (serve.c), 2 greet (named.c), 3 accept and
// 4 read, 5 write_all (net.c), 6 a spawn site.
extern const struct fb_names tape_names;

// The world as text: everything that a view can see.
char *world_text(const struct fb_model *m);

// Folds the first `count` events into a new world.
void tape_play(const struct tape *t, size_t count, struct fb_model *m);

// The checker of lives after all events of the tape; the caller destroys it.
struct fb_lives *tape_lives(const struct tape *t);

#endif
