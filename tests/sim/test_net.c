// The simulated kernel behaves as Linux does where the runtime looks. Each test
// speaks to it as core does, through the seam; a script is the other side.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "net.h"
#include "sys.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>

enum { PORT = 6142 };
static const uint32_t ALL = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

struct pair {
    int epoll, listener, fd;
    struct net_end *client;
};

static unsigned notices; // that the client was given

static void count_notice(void *arg, uint64_t who) {
    (void)who;
    (*(unsigned *)arg)++;
}

static void nothing(void *arg, uint64_t who) {
    (void)arg;
    (void)who;
    fail_msg("the program would wait for ever");
}

static void listen_at(struct pair *p, int backlog) {
    struct sockaddr_in addr = {.sin_family = AF_INET, .sin_port = htons(PORT)};

    net_on_idle(nothing, NULL);
    p->epoll = fb__sys.epoll_create(EPOLL_CLOEXEC);
    p->listener = fb__sys.socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(
        fb__sys.bind(p->listener, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(fb__sys.listen(p->listener, backlog), 0);
}

static struct pair connected(struct net_options options) {
    static struct pair p;
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;

    p = (struct pair){0};
    notices = 0;
    net_open(&options);
    listen_at(&p, 4);
    p.client = net_dial(PORT, 7, count_notice, &notices);
    assert_non_null(p.client);
    while ((p.fd = fb__sys.accept(p.listener, (struct sockaddr *)&addr, &len,
                                  0)) < 0) {
        struct epoll_event none;

        assert_int_equal(errno, EAGAIN); // held back: a while later it comes
        assert_true(options.faults.eagain > 0);
        assert_int_equal(fb__sys.epoll_wait(p.epoll, &none, 1, 1000000), 0);
    }
    assert_true(p.fd > 0);
    assert_int_equal(ntohl(addr.sin_addr.s_addr), 0x0a000007);
    return p;
}

static void watch(const struct pair *p, int fd, uint32_t mask) {
    struct epoll_event e = {.events = mask, .data.u64 = 99};

    assert_int_equal(fb__sys.epoll_ctl(p->epoll, EPOLL_CTL_ADD, fd, &e), 0);
}

// The bits of the one event that is there now; 0: none.
static uint32_t edge(const struct pair *p) {
    struct epoll_event e[4];
    int count = fb__sys.epoll_wait(p->epoll, e, 4, 0);

    assert_in_range(count, 0, 1);
    return count == 0 ? 0 : e[0].events;
}

static ssize_t say(int fd, const char *text) {
    return fb__sys.send(fd, text, strlen(text), MSG_NOSIGNAL);
}

static void fails_with(int64_t result, int want) {
    assert_int_equal(result, -1);
    assert_int_equal(errno, want);
}

static void end_test(struct pair *p) {
    if (p->client != NULL) {
        net_hang_up(p->client);
    }
    if (p->fd >= 0) {
        fb__sys.close(p->fd);
    }
    fb__sys.close(p->listener);
    fb__sys.close(p->epoll);
    assert_int_equal(net_stats().descriptors, 0);
    assert_int_equal(net_stats().bad_closes, 0);
    net_close();
}

static void an_edge_comes_once_and_again_with_new_bytes(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    char buf[8];

    (void)state;
    watch(&p, p.fd, ALL);
    assert_int_equal(edge(&p), EPOLLOUT); // a new socket is writable
    assert_int_equal(edge(&p), 0);
    assert_int_equal(net_say(p.client, "ab", 2), 2);
    assert_int_equal(edge(&p), EPOLLIN | EPOLLOUT);
    assert_int_equal(edge(&p), 0); // though it is still unread
    assert_int_equal(net_say(p.client, "c", 1), 1);
    assert_int_equal(edge(&p), EPOLLIN | EPOLLOUT);
    assert_int_equal(fb__sys.recv(p.fd, buf, 8, 0), 3);
    assert_memory_equal(buf, "abc", 3);
    fails_with(fb__sys.recv(p.fd, buf, 8, 0), EAGAIN);
    end_test(&p);
}

static void who_registers_late_is_told_what_is_there(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    struct epoll_event e = {.events = ALL};

    (void)state;
    assert_int_equal(net_say(p.client, "x", 1), 1);
    watch(&p, p.fd, EPOLLOUT | EPOLLET);
    assert_int_equal(edge(&p), EPOLLOUT);
    assert_int_equal(fb__sys.epoll_ctl(p.epoll, EPOLL_CTL_MOD, p.fd, &e), 0);
    assert_int_equal(edge(&p), EPOLLIN | EPOLLOUT);
    fails_with(fb__sys.epoll_ctl(p.epoll, EPOLL_CTL_ADD, p.fd, &e), EEXIST);
    end_test(&p);
}

static void a_full_buffer_says_when_there_is_room(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 4});
    char buf[8];

    (void)state;
    watch(&p, p.fd, EPOLLOUT | EPOLLET);
    assert_int_equal(edge(&p), EPOLLOUT);
    assert_int_equal(say(p.fd, "abcdef"), 4);
    fails_with(say(p.fd, "ef"), EAGAIN);
    assert_int_equal(edge(&p), 0);
    assert_int_equal(notices, 1);
    assert_int_equal(net_hear(p.client, buf, 1), 1);
    assert_int_equal(edge(&p), EPOLLOUT);
    assert_int_equal(say(p.fd, "ef"), 1);
    end_test(&p);
}

static void a_half_close_is_heard_after_what_was_said(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    char buf[8];

    (void)state;
    watch(&p, p.fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
    assert_int_equal(net_say(p.client, "x", 1), 1);
    net_finish(p.client);
    assert_int_equal(edge(&p), EPOLLIN | EPOLLRDHUP);
    assert_int_equal(fb__sys.recv(p.fd, buf, 8, 0), 1);
    assert_int_equal(fb__sys.recv(p.fd, buf, 8, 0), 0);
    assert_int_equal(say(p.fd, "still"), 5);
    assert_int_equal(net_hear(p.client, buf, 8), 5);
    assert_int_equal(fb__sys.shutdown(p.fd, SHUT_WR), 0);
    assert_int_equal(net_hear(p.client, buf, 8), 0);
    fails_with(say(p.fd, "no"), EPIPE);
    end_test(&p);
}

static void both_halves_closed_is_a_hang_up(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});

    (void)state;
    watch(&p, p.fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
    net_finish(p.client);
    assert_int_equal(fb__sys.shutdown(p.fd, SHUT_WR), 0);
    assert_int_equal(edge(&p) & EPOLLHUP, EPOLLHUP); // never asked for
    end_test(&p);
}

static void a_reset_is_told_once_after_what_was_said(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    char buf[8];

    (void)state;
    watch(&p, p.fd, EPOLLIN | EPOLLRDHUP | EPOLLET);
    assert_int_equal(net_say(p.client, "x", 1), 1);
    net_reset(p.client);
    p.client = NULL;
    assert_int_equal(edge(&p), EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR);
    assert_int_equal(fb__sys.recv(p.fd, buf, 8, 0), 1);
    fails_with(fb__sys.recv(p.fd, buf, 8, 0), ECONNRESET);
    assert_int_equal(fb__sys.recv(p.fd, buf, 8, 0), 0);
    fails_with(say(p.fd, "x"), EPIPE);
    end_test(&p);
}

static void closing_with_bytes_unread_is_a_reset(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    char buf[8];

    (void)state;
    assert_int_equal(say(p.fd, "bye"), 3);
    assert_int_equal(net_say(p.client, "unread", 6), 6);
    fb__sys.close(p.fd);
    p.fd = -1;
    assert_int_equal(net_hear(p.client, buf, 8), 3);
    assert_int_equal(net_hear(p.client, buf, 8), -ECONNRESET);
    end_test(&p);
}

static void saying_to_who_is_gone_succeeds_once(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});

    (void)state;
    net_hang_up(p.client);
    p.client = NULL;
    assert_int_equal(say(p.fd, "hello"), 5);
    fails_with(say(p.fd, "hello?"), EPIPE); // a reset came back, after a FIN
    end_test(&p);
}

static void a_held_stream_is_not_ready_until_its_edge(void **state) {
    struct pair p = connected((struct net_options){
        .buffer_bytes = 64, .faults = {.eagain = 512}, .seed = 1});
    struct epoll_event e;
    char buf[8];
    unsigned held = 0;

    (void)state;
    watch(&p, p.fd, EPOLLIN | EPOLLET);
    for (int i = 0; i < 64; i++) {
        assert_int_equal(net_say(p.client, "x", 1), 1);
        (void)edge(&p);
        while (fb__sys.recv(p.fd, buf, 8, 0) < 0) {
            assert_int_equal(errno, EAGAIN);
            assert_int_equal(edge(&p), 0); // not ready: no lie
            // the promised edge, in time
            assert_int_equal(fb__sys.epoll_wait(p.epoll, &e, 1, 1000000000), 1);
            assert_int_equal(e.events, EPOLLIN);
            held++;
        }
    }
    assert_true(held > 20);
    end_test(&p);
}

static void the_queue_is_bounded_and_the_lowest_number_is_given(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    struct net_end *waiting[4];
    int fd[4];

    (void)state;
    watch(&p, p.listener, EPOLLIN | EPOLLET);
    for (int i = 0; i < 4; i++) {
        waiting[i] = net_dial(PORT, 8, count_notice, &notices);
        assert_non_null(waiting[i]);
    }
    assert_null(net_dial(PORT, 9, count_notice, &notices));     // full
    assert_null(net_dial(PORT + 1, 9, count_notice, &notices)); // nobody there
    assert_int_equal(edge(&p), EPOLLIN);
    for (int i = 0; i < 4; i++) {
        fd[i] = fb__sys.accept(p.listener, NULL, &(socklen_t){0}, 0);
        assert_int_equal(fd[i], p.fd + 1 + i);
    }
    fails_with(fb__sys.accept(p.listener, NULL, &(socklen_t){0}, 0), EAGAIN);
    fb__sys.close(fd[1]);
    fb__sys.close(fd[0]);
    net_hang_up(waiting[0]);
    waiting[0] = net_dial(PORT, 9, count_notice, &notices);
    fd[0] = fb__sys.accept(p.listener, NULL, &(socklen_t){0}, 0);
    assert_int_equal(fd[0], p.fd + 1);
    for (int i = 0; i < 4; i++) {
        net_hang_up(waiting[i]);
        if (i != 1) {
            fb__sys.close(fd[i]);
        }
    }
    end_test(&p);
}

static void who_waits_in_a_closed_queue_is_reset(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    struct net_end *late = net_dial(PORT, 8, count_notice, &notices);
    char byte;

    (void)state;
    fb__sys.close(p.listener);
    assert_int_equal(net_hear(late, &byte, 1), -ECONNRESET);
    net_hang_up(late);
    p.listener = fb__sys.socket(AF_INET, SOCK_STREAM, 0);
    end_test(&p);
}

// ---- the clock, the bell and the signal ----

static void note_time(void *arg, uint64_t who) {
    uint64_t *seen = arg;

    seen[who] = net_now_ns();
}

static void waiting_passes_time_to_the_next_appointment(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    uint64_t seen[3] = {0}, from = net_now_ns();
    struct epoll_event e;

    (void)state;
    net_call_at(from + 3000000, note_time, seen, 2);
    net_call_at(from + 1000000, note_time, seen, 0);
    net_call_at(from + 2000000, note_time, seen, 1);
    assert_int_equal(fb__sys.epoll_wait(p.epoll, &e, 1, 2500000), 0);
    assert_true(net_now_ns() >= from + 2500000);
    assert_true(seen[0] == from + 1000000 && seen[1] == from + 2000000);
    assert_int_equal(seen[2], 0);
    end_test(&p);
}

static void bells_and_signals_are_level_triggered(void **state) {
    struct pair p = connected((struct net_options){.buffer_bytes = 64});
    struct signalfd_siginfo info;
    uint64_t count = 2;
    sigset_t mask;
    int bell, signals;

    (void)state;
    sigemptyset(&mask);
    bell = fb__sys.eventfd(0, 0);
    signals = fb__sys.signalfd(-1, &mask, 0);
    watch(&p, bell, EPOLLIN);
    fails_with(fb__sys.read(bell, &count, sizeof count), EAGAIN);
    assert_int_equal(fb__sys.write(bell, &count, sizeof count), 8);
    assert_int_equal(edge(&p), EPOLLIN);
    assert_int_equal(edge(&p), EPOLLIN); // until it is read
    assert_int_equal(fb__sys.read(bell, &count, sizeof count), 8);
    assert_int_equal(count, 2);
    assert_int_equal(edge(&p), 0);
    watch(&p, signals, EPOLLIN);
    net_signal(SIGTERM);
    assert_int_equal(edge(&p), EPOLLIN);
    assert_int_equal(fb__sys.read(signals, &info, sizeof info), sizeof info);
    assert_int_equal(info.ssi_signo, SIGTERM);
    fb__sys.close(bell);
    fb__sys.close(signals);
    end_test(&p);
}

// Found by fuzz_greeter.
static void a_newcomer_who_has_left_can_still_be_aborted(void **state) {
    const struct net_options options = {.buffer_bytes = 64,
                                        .faults.aborted = 1024};
    struct pair p = {.fd = -1};
    struct sockaddr_in addr;
    socklen_t len = sizeof addr;

    (void)state;
    net_open(&options);
    listen_at(&p, 4);
    net_reset(net_dial(PORT, 7, count_notice, &notices));
    fails_with(fb__sys.accept(p.listener, (struct sockaddr *)&addr, &len, 0),
               ECONNABORTED);
    end_test(&p);
}

static int net_teardown(void **state) {
    (void)state;
    net_close(); // a failed test leaves core's seam as it should be
    return 0;
}

#define NET_TEST(name_) cmocka_unit_test_teardown(name_, net_teardown)

int main(void) {
    const struct CMUnitTest tests[] = {
        NET_TEST(a_newcomer_who_has_left_can_still_be_aborted),
        NET_TEST(an_edge_comes_once_and_again_with_new_bytes),
        NET_TEST(who_registers_late_is_told_what_is_there),
        NET_TEST(a_full_buffer_says_when_there_is_room),
        NET_TEST(a_half_close_is_heard_after_what_was_said),
        NET_TEST(both_halves_closed_is_a_hang_up),
        NET_TEST(a_reset_is_told_once_after_what_was_said),
        NET_TEST(closing_with_bytes_unread_is_a_reset),
        NET_TEST(saying_to_who_is_gone_succeeds_once),
        NET_TEST(a_held_stream_is_not_ready_until_its_edge),
        NET_TEST(the_queue_is_bounded_and_the_lowest_number_is_given),
        NET_TEST(who_waits_in_a_closed_queue_is_reset),
        NET_TEST(waiting_passes_time_to_the_next_appointment),
        NET_TEST(bells_and_signals_are_level_triggered),
    };

    return cmocka_run_group_tests_name("net", tests, NULL, NULL);
}
