// Traces with known events, for the tests of the viewers.
#include "scene.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define STEP_NS 1000u // between two steps of the virtual clock

static struct fb_trace_site ACCEPTOR = {
    .name = "accept_loop", .file = "server/accept.c", .line = 60, .size = 184};
static struct fb_trace_site ACCEPT = {
    .name = "accept", .file = "core/net.c", .line = 100, .size = 96};
static struct fb_trace_site GREET = {
    .name = "greet_named", .file = "server/named.c", .line = 12, .size = 240};
static struct fb_trace_site WRITE_ALL = {
    .name = "write_all", .file = "core/net.c", .line = 300, .size = 88};
static struct fb_trace_site READ = {
    .name = "read", .file = "core/net.c", .line = 200, .size = 80};
static struct fb_trace_site SPAWN_MAIN = {
    .name = "spawn", .file = "server/serve_main.c", .line = 40};
static struct fb_trace_site SPAWN_CLIENT = {
    .name = "spawn", .file = "server/accept.c", .line = 95};

enum { ACCEPT_LINE = 88, ASK_LINE = 25, READ_LINE = 31, THANK_LINE = 40 };

static void must(int err, const char *what) {
    if (err < 0) {
        fprintf(stderr, "scene: %s: %s\n", what, strerror(-err));
        abort();
    }
}

void scene_open(struct scene *s, uint64_t ring_events) {
    scene_open_workers(s, ring_events, 1);
}

void scene_open_workers(struct scene *s, uint64_t ring_events,
                        uint32_t workers) {
    struct fb_trace_options options = {.program = "greeter",
                                       .ring_events = ring_events,
                                       .rings = workers,
                                       .flags = FB_TRACE_VIRTUAL_CLOCK};

    *s = (struct scene){.dir = "/tmp/fishbowl-test-XXXXXX"};
    must(mkdtemp(s->dir) != NULL ? 0 : -errno, "mkdtemp");
    snprintf(s->path, sizeof(s->path), "%s/scene.ring", s->dir);
    options.path = s->path;
    must(fb_trace_open(&s->w, &options), "fb_trace_open");
    for (uint32_t i = 1; i < workers; i++) {
        must(fb_trace_ring_open(&s->others[i - 1], &s->w, i),
             "fb_trace_ring_open");
    }
}

static struct fb_trace_writer *writer(struct scene *s) {
    return s->worker == 0 ? &s->w : &s->others[s->worker - 1];
}

void scene_end(struct scene *s) {
    fb_trace_close(&s->w, true);
}

void scene_close(struct scene *s) {
    char bell[160];

    fb_trace_close(&s->w, true);
    snprintf(bell, sizeof(bell), "%s.bell", s->path);
    (void)unlink(bell);
    (void)unlink(s->path);
    (void)rmdir(s->dir);
}

void scene_put(struct scene *s, struct fb_event e) {
    struct fb_event *slot =
        fb_trace_next(writer(s), (enum fb_event_kind)e.kind, e.subject);

    e.time_ns = s->w.now_ns;
    switch ((enum fb_event_kind)e.kind) {
    case FB_EV_TASK_SCHEDULED:
    case FB_EV_POLL_BEGIN:
    case FB_EV_POLL_END:
    case FB_EV_IO: e.flags |= (uint16_t)s->worker; break;
    case FB_EV_PARK:
    case FB_EV_UNPARK: e.subject = s->worker; break;
    default: break;
    }
    *slot = e;
    fb_trace_commit(writer(s));
}

static uint16_t type(struct scene *s, struct fb_trace_site *site) {
    return fb_trace_site_index(writer(s), site);
}

static void tick(struct scene *s) {
    s->w.now_ns += STEP_NS;
}

static void put_schedule(struct scene *s, uint32_t task) {
    scene_put(s, (struct fb_event){.kind = FB_EV_TASK_SCHEDULED,
                                   .subject = task,
                                   .scheduled.depth = 1});
}

static void put_poll(struct scene *s, uint32_t task, bool end, uint32_t line,
                     enum fb_poll_result result) {
    tick(s);
    scene_put(s,
              (struct fb_event){
                  .kind = end ? FB_EV_POLL_END : FB_EV_POLL_BEGIN,
                  .detail = end ? (uint8_t)result : 0,
                  .subject = task,
                  .poll = {.future = task == 1 ? 1 : task * 10, .line = line}});
}

// A task's futures are numbered by its id: root 10·id, children from there.
// The acceptor is task 1 with root 1.
static uint32_t root_of(uint32_t task) {
    return task == 1 ? 1 : task * 10;
}

static void put_enter(struct scene *s, uint32_t future, uint32_t task,
                      struct fb_trace_site *site, uint32_t line,
                      uint16_t flags) {
    scene_put(s, (struct fb_event){.kind = FB_EV_FUTURE_ENTER,
                                   .flags = flags,
                                   .subject = future,
                                   .enter = {.parent = root_of(task),
                                             .task = task,
                                             .type = type(s, site),
                                             .line = line}});
}

static void put_exit(struct scene *s, uint32_t future, uint32_t task,
                     enum fb_poll_result result, int32_t out, uint32_t line) {
    scene_put(s, (struct fb_event){.kind = FB_EV_FUTURE_EXIT,
                                   .detail = (uint8_t)result,
                                   .subject = future,
                                   .exit = {.parent = root_of(task),
                                            .task = task,
                                            .line = line,
                                            .out = out}});
}

static void put_drop(struct scene *s, uint32_t future, uint32_t parent,
                     uint32_t task) {
    scene_put(s, (struct fb_event){.kind = FB_EV_FUTURE_DROP,
                                   .detail = FB_DROP_FINISHED,
                                   .subject = future,
                                   .drop = {.parent = parent, .task = task}});
}

static void put_io(struct scene *s, uint32_t source, int fd, enum fb_io_op op,
                   int32_t result, uint32_t future) {
    scene_put(s, (struct fb_event){.kind = FB_EV_IO,
                                   .detail = (uint8_t)op,
                                   .subject = source,
                                   .io = {.fd = fd,
                                          .result = result,
                                          .future = future,
                                          .asked = 1024}});
}

static void put_source(struct scene *s, enum fb_event_kind kind,
                       uint32_t source, int fd, uint32_t task, uint16_t bits) {
    scene_put(s,
              (struct fb_event){
                  .kind = (uint8_t)kind,
                  .detail = source == 1 ? FB_SOURCE_LISTENER : FB_SOURCE_STREAM,
                  .flags = bits,
                  .subject = source,
                  .source = {.fd = fd, .generation = 1, .task = task}});
}

static void put_clone(struct scene *s, uint32_t task, uint32_t source,
                      uint32_t future, uint16_t flags) {
    scene_put(s,
              (struct fb_event){.kind = FB_EV_WAKER_CLONE,
                                .detail = FB_PARTY_SOURCE,
                                .flags = flags,
                                .subject = task,
                                .waker = {.holder = source, .future = future}});
}

// A leaf finds nothing and leaves its waker with the source. It has no await of
// its own: a runtime names the line of its type.
static void put_wait(struct scene *s, uint32_t task, uint32_t future,
                     uint32_t source, int fd, enum fb_io_op op) {
    put_io(s, source, fd, op, -EAGAIN, future);
    put_source(s, FB_EV_SOURCE_CLEAR, source, fd, task, FB_READABLE);
    put_clone(s, task, source, future, FB_READABLE);
    put_exit(s, future, task, FB_RESULT_PENDING, 0,
             op == FB_IO_ACCEPT ? ACCEPT.line : READ.line);
}

static void put_ready(struct scene *s, uint32_t task, uint32_t future,
                      uint32_t source, int fd) {
    tick(s);
    scene_put(s, (struct fb_event){.kind = FB_EV_UNPARK, .park.events = 1});
    put_source(s, FB_EV_SOURCE_READY, source, fd, task, FB_READABLE);
    scene_put(s,
              (struct fb_event){.kind = FB_EV_WAKER_DROP,
                                .detail = FB_PARTY_SOURCE,
                                .flags = FB_WAKER_WOKEN,
                                .subject = task,
                                .waker = {.holder = source, .future = future}});
    scene_put(s, (struct fb_event){.kind = FB_EV_WAKE,
                                   .detail = FB_WAKE_SCHEDULED,
                                   .flags = FB_PARTY_SOURCE,
                                   .subject = task,
                                   .wake.cause = source});
    put_schedule(s, task);
}

static void put_park(struct scene *s) {
    tick(s);
    scene_put(s, (struct fb_event){.kind = FB_EV_PARK, .park.timeout_ns = -1});
}

static void put_spawn(struct scene *s, uint32_t task, uint32_t parent,
                      struct fb_trace_site *root, struct fb_trace_site *site,
                      uint16_t flags) {
    scene_put(s, (struct fb_event){.kind = FB_EV_TASK_SPAWN,
                                   .flags = flags,
                                   .subject = task,
                                   .spawn = {.parent = parent,
                                             .root_future = root_of(task),
                                             .type = type(s, root),
                                             .site = type(s, site),
                                             .bytes = root->size + 112}});
}

void scene_listen(struct scene *s) {
    s->tasks = s->sources = 1;
    s->futures = 2;
    put_spawn(s, 1, 0, &ACCEPTOR, &SPAWN_MAIN, 0);
    put_schedule(s, 1);
    put_poll(s, 1, false, 0, 0);
    put_source(s, FB_EV_SOURCE_ADD, 1, 5, 1, 0);
    put_enter(s, s->futures, 1, &ACCEPT, ACCEPT_LINE, 0);
    put_wait(s, 1, s->futures, 1, 5, FB_IO_ACCEPT);
    put_poll(s, 1, true, ACCEPT_LINE, FB_RESULT_PENDING);
    put_park(s);
}

uint32_t scene_connect(struct scene *s, int fd, const char *label) {
    const uint32_t task = ++s->tasks, source = ++s->sources;
    const uint32_t ask = task * 10 + 1, read = task * 10 + 2;

    put_ready(s, 1, s->futures, 1, 5);
    put_poll(s, 1, false, ACCEPT_LINE, 0);
    put_enter(s, s->futures, 1, &ACCEPT, ACCEPT_LINE, 0);
    put_io(s, 1, 5, FB_IO_ACCEPT, fd, s->futures);
    put_source(s, FB_EV_SOURCE_ADD, source, fd, 1, 0);
    put_exit(s, s->futures, 1, FB_RESULT_READY, 0, 0);
    put_drop(s, s->futures, 1, 1);
    put_spawn(s, task, 1, &GREET, &SPAWN_CLIENT, 0);
    put_schedule(s, task);
    writer(s)->now_ns = s->w.now_ns;
    fb_trace_text(writer(s), FB_EV_TASK_LABEL, task, label, strlen(label), 0);
    s->futures = 1000000 + task;
    put_enter(s, s->futures, 1, &ACCEPT, ACCEPT_LINE, 0);
    put_wait(s, 1, s->futures, 1, 5, FB_IO_ACCEPT);
    put_poll(s, 1, true, ACCEPT_LINE, FB_RESULT_PENDING);

    put_poll(s, task, false, 0, 0);
    put_enter(s, ask, task, &WRITE_ALL, ASK_LINE, 0);
    put_io(s, source, fd, FB_IO_WRITE, 13, ask);
    put_exit(s, ask, task, FB_RESULT_READY, 0, 0);
    put_drop(s, ask, root_of(task), task);
    put_enter(s, read, task, &READ, READ_LINE, 0);
    put_wait(s, task, read, source, fd, FB_IO_READ);
    put_poll(s, task, true, READ_LINE, FB_RESULT_PENDING);
    put_park(s);
    return task;
}

void scene_wake(struct scene *s, uint32_t task, int fd) {
    put_ready(s, task, task * 10 + 2, task, fd);
}

void scene_read(struct scene *s, uint32_t task, int fd, int bytes) {
    const uint32_t read = task * 10 + 2;

    put_poll(s, task, false, READ_LINE, 0);
    put_enter(s, read, task, &READ, READ_LINE, 0);
    put_io(s, task, fd, FB_IO_READ, bytes, read);
    put_exit(s, read, task, FB_RESULT_READY, bytes, 0);
    put_drop(s, read, root_of(task), task);
}

void scene_steal(struct scene *s, uint32_t task) {
    tick(s);
    scene_put(s, (struct fb_event){.kind = FB_EV_TASK_SCHEDULED,
                                   .detail = FB_QUEUE_STOLEN,
                                   .subject = task,
                                   .scheduled.depth = 1});
}

void scene_talk(struct scene *s, uint32_t task, int fd, int bytes) {
    const uint32_t source = task, thank = task * 10 + 3;

    scene_wake(s, task, fd);
    scene_read(s, task, fd, bytes);
    put_enter(s, thank, task, &WRITE_ALL, THANK_LINE, 0);
    put_io(s, source, fd, FB_IO_WRITE, 27, thank);
    put_exit(s, thank, task, FB_RESULT_READY, 0, 0);
    put_drop(s, thank, root_of(task), task);
    put_poll(s, task, true, 0, FB_RESULT_READY);
    put_source(s, FB_EV_SOURCE_DEL, source, fd, task, 0);
    put_drop(s, root_of(task), 0, task);
    scene_put(s, (struct fb_event){.kind = FB_EV_TASK_DONE,
                                   .detail = FB_OUTCOME_OK,
                                   .subject = task});
    scene_put(s, (struct fb_event){.kind = FB_EV_TASK_FREE, .subject = task});
    put_park(s);
}

void scene_census(struct scene *s, uint32_t task, int fd, const char *label) {
    const uint16_t c = FB_EV_FLAG_CENSUS;
    const uint64_t begin = s->w.head + 1;
    const uint32_t ids[] = {1, task};

    scene_put(s, (struct fb_event){.kind = FB_EV_CENSUS,
                                   .detail = FB_CENSUS_BEGIN,
                                   .flags = c,
                                   .census = {2, 2, 2, 0}});
    for (int i = 0; i < 2; i++) {
        put_spawn(s, ids[i], (uint32_t)i, i == 0 ? &ACCEPTOR : &GREET,
                  i == 0 ? &SPAWN_MAIN : &SPAWN_CLIENT, c);
        if (i == 1) {
            fb_trace_text(&s->w, FB_EV_TASK_LABEL, task, label, strlen(label),
                          c);
        }
        scene_put(s, (struct fb_event){.kind = FB_EV_CENSUS,
                                       .detail = FB_CENSUS_TASK,
                                       .flags = c,
                                       .subject = ids[i],
                                       .counts = {.polls = 7, .wakes = 6}});
        put_enter(s, i == 0 ? s->futures : task * 10 + 2, ids[i],
                  i == 0 ? &ACCEPT : &READ, i == 0 ? ACCEPT_LINE : READ_LINE,
                  c);
    }
    put_source(s, FB_EV_SOURCE_ADD, 1, 5, 1, c);
    put_source(s, FB_EV_SOURCE_ADD, task, fd, 1, c);
    put_clone(s, 1, 1, s->futures, FB_READABLE | c);
    put_clone(s, task, task, task * 10 + 2, FB_READABLE | c);
    scene_put(s, (struct fb_event){.kind = FB_EV_CENSUS,
                                   .detail = FB_CENSUS_END,
                                   .flags = c,
                                   .census = {2, 2, 2, 0}});
    fb_trace_census_done(&s->w, begin);
}

void scene_idle(struct scene *s, unsigned count) {
    for (unsigned i = 0; i < count; i++) {
        tick(s);
        scene_put(s, (struct fb_event){.kind = FB_EV_UNPARK});
        put_park(s);
    }
}
