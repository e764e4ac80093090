// A greeter under test, in this process: a runtime with a trace in memory, a
// join set, and clients whose other end is a plain socket of the test.
#ifndef TEST_DESK_H
#define TEST_DESK_H

#include "greeter.h"

struct desk {
    struct fb_trace_writer trace;
    struct fb_runtime *rt;
    struct fb_join_set clients;
    char scratch[NAME_BYTES];
    int inside; // the greeter's end of the newest client
};

// A virtual clock if `virtual_clock`. Each function fails the test if it fails.
void desk_open(struct desk *d, bool virtual_clock);
// Checks that no descriptor is left open, and that the whole trace tells of
// legal task lives with nothing left at its end
// and of no mistake that a lint knows.
void desk_close(struct desk *d);

// A client with the address 127.0.0.1:51234 on a socket pair, spawned with
// `handler`. Returns the test's end. `prefill`: our sending buffer starts full.
int desk_client(struct desk *d, const struct greeter_handler *handler,
                bool prefill);
// Sends on `fd` until its buffer is full.
void desk_fill(int fd);
void desk_run(struct desk *d); // until nothing is runnable
// The next member that finished; it must finish without further help.
struct fb_join_result desk_result(struct desk *d);

void desk_send(int fd, const void *bytes, size_t len);
// Reads until end of file or reset (both end it) or until there is nothing
// more for now; returns the bytes, *ret_end tells whether the stream ended.
size_t desk_receive(int fd, char *out, size_t out_bytes, bool *ret_end);

// Every event of the trace as text, one a line, without time, lines of source
// and sizes: what happened, to whom, how it went. Caller frees.
char *desk_story(const struct desk *d);
// The normalised task tree with types and polls. Caller frees; NULL where the
// model is not built.
char *desk_normal(const struct desk *d);
// The last label of task `id`; "" if it has none.
void desk_label(const struct desk *d, uint32_t task, char *out,
                size_t out_bytes);
// How many events of a kind there are, with `result` in io if kind is IO.
unsigned desk_count_io(const struct desk *d, enum fb_io_op op, int result);

// Collects what is written to descriptor 1 or 2 meanwhile. Caller frees.
// Static memory: a failed test must not leave it on its stack.
struct capture {
    int fd, saved, file;
};
void capture_begin(struct capture *c, int fd);
char *capture_end(struct capture *c);
// For each test with captures: restores and shows what a failed one has left.
int capture_teardown(void **state);

// For tests of exact events, rings just large enough, or names that must come
// in one piece: the hostile build, which adds wakes and cuts sends, keeps quiet.
int exact_setup(void **state);
int exact_teardown(void **state);

unsigned count_open_files(void);
// Bytes of heap in use; 0 where a sanitizer, which looks for leaks itself, has
// taken the heap over.
size_t count_heap_bytes(void);

#endif
