#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "desk.h"
#include "hostile.h"

#ifdef TEST_MODEL
#include "linter.h"
#include "lives.h"
#include "normal.h"
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static unsigned files_at_open;

int exact_setup(void **state) {
    (void)state;
    fb__hostile_hush(true);
    return 0;
}

int exact_teardown(void **state) {
    fb__hostile_hush(false);
    return capture_teardown(state);
}

unsigned count_open_files(void) {
    DIR *dir = opendir("/proc/self/fd");
    unsigned count = 0;

    assert_non_null(dir);
    while (readdir(dir) != NULL) {
        count++;
    }
    closedir(dir);
    return count;
}

size_t count_heap_bytes(void) {
    return mallinfo2().uordblks;
}

void desk_open(struct desk *d, bool virtual_clock) {
    struct fb_runtime_options options = {.trace = &d->trace,
                                         .virtual_clock = virtual_clock};

    memset(d, 0, sizeof *d);
    files_at_open = count_open_files();
    assert_int_equal(
        fb_trace_open(&d->trace,
                      &(struct fb_trace_options){.anonymous = true,
                                                 .program = "test",
                                                 .ring_events = 1u << 14}),
        0);
    assert_int_equal(fb_runtime_create(&options, &d->rt), 0);
    fb_join_set_init(&d->clients, d->rt);
}

static void check_lives(const struct desk *d);

void desk_close(struct desk *d) {
    fb_join_set_deinit(&d->clients);
    fb_runtime_destroy(d->rt);
    check_lives(d);
    fb_trace_close(&d->trace, false);
    assert_int_equal(count_open_files(), files_at_open);
}

void desk_fill(int fd) {
    while (send(fd, "x", 1, MSG_DONTWAIT) == 1) {
    }
    assert_int_equal(errno, EAGAIN);
}

int desk_client(struct desk *d, const struct greeter_handler *handler,
                bool prefill) {
    struct greeter_client client = {.scratch = d->scratch};
    int pair[2];

    assert_int_equal(socketpair(AF_UNIX,
                                SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0,
                                pair),
                     0);
    d->inside = pair[0];
    if (prefill) {
        desk_fill(pair[0]);
    }
    assert_int_equal(fb_addr_parse("127.0.0.1:51234", &client.peer), 0);
    assert_int_equal(
        fb_source_open(&client.stream.source, d->rt, pair[0], FB_SOURCE_STREAM),
        0);
    assert_int_equal(handler->spawn(&d->clients, &client), 0);
    return pair[1];
}

void desk_run(struct desk *d) {
    assert_true(fb_run_until_stalled(d->rt) >= 0);
}

struct fb_join_result desk_result(struct desk *d) {
    static struct fb_join_next next;

    desk_run(d);
    assert_non_null(d->clients.finished_first);
    next = fb_join_next(&d->clients);
    assert_int_equal(fb_block_on(d->rt, &next.future), 0);
    assert_int_equal(next.out, 1);
    return next.result;
}

void desk_send(int fd, const void *bytes, size_t len) {
    assert_int_equal(send(fd, bytes, len, MSG_NOSIGNAL), len);
}

size_t desk_receive(int fd, char *out, size_t out_bytes, bool *ret_end) {
    size_t len = 0;

    *ret_end = false;
    while (len < out_bytes) {
        const ssize_t n = recv(fd, out + len, out_bytes - len, MSG_DONTWAIT);

        if (n > 0) {
            len += (size_t)n;
            continue;
        }
        *ret_end = n == 0 || errno == ECONNRESET;
        break;
    }
    return len;
}

// The name of a type or a site, from the trace's own table.
static const char *place_name(const struct desk *d, unsigned index) {
    const char *base = (const char *)d->trace.header;
    const struct fb_trace_entry *table =
        (const void *)(base + d->trace.header->table_offset);

    return base + d->trace.header->strings_offset + table[index].name;
}

#ifdef TEST_MODEL // the visualiser's model is part of this build
static void place(void *arg, uint32_t index, const char **ret_name,
                  const char **ret_file, uint32_t *ret_line,
                  uint32_t *ret_size) {
    const struct desk *d = arg;

    *ret_name = place_name(d, index);
    *ret_file = "";
    *ret_line = 0;
    *ret_size = 0;
}

char *desk_normal(const struct desk *d) {
    const struct fb_names names = {.arg = (void *)d, .place = place};
    struct fb_history *history;
    char *text;

    assert_int_equal(fb_history_create(&history, 0), 0);
    for (uint64_t n = 0; n < d->trace.head; n++) {
        assert_int_equal(fb_history_push(history, n + 1, &d->trace.events[n]),
                         0);
    }
    assert_int_equal(fb_normal_text(history, &names,
                                    FB_NORMAL_TYPES | FB_NORMAL_POLLS, &text),
                     0);
    fb_history_destroy(history);
    return text;
}

static void lint(const struct desk *d) {
    struct linter linter;

    assert_true(linter_begin(&linter, true));
    for (uint64_t n = 0; n < d->trace.head; n++) {
        assert_true(linter_feed(&linter, n + 1, &d->trace.events[n]));
    }
    assert_int_equal(linter_end(&linter, true, 0), 0);
}

static void check_lives(const struct desk *d) {
    struct fb_life_fault fault;
    int faults;

    assert_true(d->trace.head <= d->trace.mask + 1); // nothing is lost
    faults = fb_lives_check(d->trace.events, d->trace.head, 1, FB_LIVES_ENDED,
                            &fault);
    if (faults > 0) {
        fail_msg("event %llu: %s: %s", (unsigned long long)fault.event,
                 fb_name_life_rule(fault.rule), fault.text);
    }
    assert_int_equal(faults, 0);
    lint(d);
}
#else
char *desk_normal(const struct desk *d) {
    (void)d;
    return NULL;
}

static void check_lives(const struct desk *d) {
    (void)d;
}
#endif

static void tell(const struct desk *d, FILE *out, const struct fb_event *e) {
    fprintf(out, "%u.%u.%u #%u", e->kind, e->detail, e->flags, e->subject);
    switch (e->kind) {
    case FB_EV_TASK_SPAWN:
        fprintf(out, " %s by %u root %u", place_name(d, e->spawn.type),
                e->spawn.parent, e->spawn.root_future);
        break;
    case FB_EV_FUTURE_ENTER:
        fprintf(out, " %s in %u", place_name(d, e->enter.type),
                e->enter.parent);
        break;
    case FB_EV_FUTURE_EXIT: fprintf(out, " out %d", e->exit.out); break;
    case FB_EV_TASK_DONE: fprintf(out, " out %d", e->done.out); break;
    case FB_EV_IO: fprintf(out, " %d of %u", e->io.result, e->io.asked); break;
    case FB_EV_WAKER_CLONE:
    case FB_EV_WAKER_DROP:
        fprintf(out, " %u for %u", e->waker.holder, e->waker.future);
        break;
    case FB_EV_TASK_LABEL:
    case FB_EV_TASK_MESSAGE: fprintf(out, " %.16s", e->text); break;
    default: break;
    }
    fputc('\n', out);
}

char *desk_story(const struct desk *d) {
    char *text = NULL;
    size_t len = 0;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    assert_true(d->trace.head <= d->trace.mask); // nothing was overwritten
    for (uint64_t n = 0; n < d->trace.head; n++) {
        tell(d, out, &d->trace.events[n]);
    }
    assert_int_equal(fclose(out), 0);
    return text;
}

void desk_label(const struct desk *d, uint32_t task, char *out,
                size_t out_bytes) {
    memset(out, 0, out_bytes);
    for (uint64_t n = 0; n < d->trace.head; n++) {
        const struct fb_event *e = &d->trace.events[n];

        if (e->kind != FB_EV_TASK_LABEL || e->subject != task) {
            continue;
        }
        if (e->detail == 0) {
            memset(out, 0, out_bytes);
        }
        assert_true((e->detail + 1u) * 16u < out_bytes);
        memcpy(out + e->detail * 16u, e->text, 16);
    }
}

unsigned desk_count_io(const struct desk *d, enum fb_io_op op, int result) {
    unsigned count = 0;

    for (uint64_t n = 0; n < d->trace.head; n++) {
        const struct fb_event *e = &d->trace.events[n];

        count +=
            e->kind == FB_EV_IO && e->detail == op && e->io.result == result;
    }
    return count;
}

// Those under way, so that a test that fails in between can be told of.
static struct capture *captures[2];

static struct capture **capture_slot(const struct capture *c) {
    for (int i = 0; i < 2; i++) {
        if (captures[i] == c) {
            return &captures[i];
        }
    }
    fail_msg("no such capture");
    return NULL;
}

void capture_begin(struct capture *c, int fd) {
    fflush(NULL);
    *capture_slot(NULL) = c;
    c->fd = fd;
    c->saved = fcntl(fd, F_DUPFD_CLOEXEC, 10);
    c->file = memfd_create("capture", MFD_CLOEXEC);
    assert_true(c->saved >= 0 && c->file >= 0);
    assert_int_equal(dup2(c->file, fd), fd);
}

char *capture_end(struct capture *c) {
    char *text;
    off_t len;

    fflush(NULL);
    *capture_slot(c) = NULL;
    dup2(c->saved, c->fd);
    len = lseek(c->file, 0, SEEK_END);
    text = calloc(1, (size_t)len + 1);
    assert_non_null(text);
    assert_int_equal(pread(c->file, text, (size_t)len, 0), len);
    close(c->saved);
    close(c->file);
    return text;
}

int capture_teardown(void **state) {
    (void)state;
    for (int i = 0; i < 2; i++) {
        if (captures[i] != NULL) {
            const int fd = captures[i]->fd;
            char *text = capture_end(captures[i]);

            dprintf(STDERR_FILENO, "captured from %d: %s\n", fd, text);
            free(text);
        }
    }
    return 0;
}
