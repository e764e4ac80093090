// Problem: a million clients do not fit into one machine's sockets, and what a
// real kernel does, and when, cannot be repeated.
// Idea: a kernel in memory. This file has its ground: the table of descriptors
// and the random numbers.
// Invariants: a new descriptor is the lowest that is free, as POSIX wants, so
// numbers are reused at once. They start at 3 and are no real descriptors.
// Concurrency: one thread.
#include "net_internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sys.h"

struct net net;

enum { FIRST_FD = 3, WORD_BITS = 64 };

static void *certain(void *memory) {
    if (memory == NULL) {
        (void)fputs("world: the machine is out of memory\n", stderr);
        abort(); // not a case under test: those are injected
    }
    return memory;
}

// calloc: a test makes the server's mallocs fail, and this is none of them.
void *net_memory(size_t bytes) {
    return certain(calloc(1, bytes));
}

void *net_resize(void *memory, size_t bytes) {
    return certain(fb__sys_real.resize(memory, bytes));
}

// xorshift64*. Source: Vigna (2016).
uint64_t net_draw(void) {
    net.random ^= net.random >> 12;
    net.random ^= net.random << 25;
    net.random ^= net.random >> 27;
    return net.random * 0x2545f4914f6cdd1du;
}

// Draws only where something could come of it.
bool net_chance(unsigned of_1024) {
    if (of_1024 == 0 || (net_draw() >> 54) >= of_1024) {
        return false;
    }
    net.stats.faults++;
    return true;
}

// ---- descriptors ----

static void grow_table(void) {
    size_t len = net.files_len == 0 ? 1024 : net.files_len * 2;

    net.files = net_resize(net.files, len * sizeof net.files[0]);
    net.used = net_resize(net.used, len / WORD_BITS * sizeof net.used[0]);
    memset(net.files + net.files_len, 0,
           (len - net.files_len) * sizeof net.files[0]);
    memset(net.used + net.files_len / WORD_BITS, 0,
           (len - net.files_len) / WORD_BITS * sizeof net.used[0]);
    net.files_len = len;
}

int net_fd_give(struct net_file *file) {
    size_t word = net.lowest_word;
    int fd;

    while (word == net.files_len / WORD_BITS || net.used[word] == UINT64_MAX) {
        if (word == net.files_len / WORD_BITS) {
            grow_table();
        } else {
            word++;
        }
    }
    net.lowest_word = word; // all words before it are full
    fd = (int)(word * WORD_BITS) + __builtin_ctzll(~net.used[word]);
    net.used[word] |= (uint64_t)1 << fd % WORD_BITS;
    net.files[fd] = file;
    file->fd = fd;
    net.stats.descriptors++;
    return fd;
}

void net_fd_take(struct net_file *file) {
    size_t word = (size_t)file->fd / WORD_BITS;

    net.used[word] &= ~((uint64_t)1 << file->fd % WORD_BITS);
    net.files[file->fd] = NULL;
    file->fd = -1;
    net.stats.descriptors--;
    if (word < net.lowest_word) {
        net.lowest_word = word;
    }
}

struct net_file *net_file_at(int fd, enum net_kind kind) {
    struct net_file *file =
        fd >= FIRST_FD && (size_t)fd < net.files_len ? net.files[fd] : NULL;

    return file != NULL && file->kind == kind ? file : NULL;
}

struct net_file *net_file_new(enum net_kind kind, size_t bytes) {
    struct net_file *file = net_memory(bytes);

    file->kind = kind;
    file->fd = -1;
    file->serial = ++net.next_serial;
    return file;
}

void net_file_free(struct net_file *file) {
    net_epoll_forget(file);
    if (file->fd >= 0) {
        net_fd_take(file);
    }
    free(file);
}

// ---- the net ----

void net_open(const struct net_options *options) {
    net = (struct net){.options = *options, .open = true};
    // 0 would stay 0. Neighbouring seeds must not begin alike: mix them.
    net.random = (options->seed + 1) * 0x9e3779b97f4a7c15u;
    net.now_ns = 1;
    grow_table();
    net.used[0] = (1u << FIRST_FD) - 1;
    net_seam_install();
}

void net_close(void) {
    if (!net.open) {
        return;
    }
    fb__sys = fb__sys_real;
    for (size_t fd = 0; fd < net.files_len; fd++) {
        if (net.files[fd] != NULL) {
            net.files[fd]->epoll = NULL; // which may go before they do
        }
    }
    for (size_t fd = 0; fd < net.files_len; fd++) {
        struct net_file *file = net.files[fd];

        if (file != NULL && file->kind == NET_STREAM) {
            net_end_close((struct net_end *)file, true);
        } else {
            free(file); // somebody's leak: counted as open already
        }
    }
    free(net.files);
    free(net.used);
    free(net.heap);
    net = (struct net){0};
}

struct net_stats net_stats(void) {
    return net.stats;
}

uint64_t net_now_ns(void) {
    return net.now_ns;
}

void net_pass(uint64_t ns) {
    net.now_ns += ns;
}

void net_on_wait(net_fn *fn, void *arg) {
    net.on_wait = fn;
    net.on_wait_arg = arg;
}

void net_on_idle(net_fn *fn, void *arg) {
    net.on_idle = fn;
    net.on_idle_arg = arg;
}
