// The demo's clients against a peer that the test plays itself.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "clients.h"
#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LIMIT_TURNS = 500, TURN_MS = 20 }; // ten seconds at most, on a bad day

struct peer {
    int listen_fd, fd; // fd: of the newest client
    struct sockaddr_in address;
    struct fb_clients clients;
};

static int open_peer(void **state) {
    struct peer *p = calloc(1, sizeof(*p));
    socklen_t len = sizeof(p->address);

    assert_non_null(p);
    p->fd = -1;
    p->address = (struct sockaddr_in){
        .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    p->listen_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(p->listen_fd >= 0);
    assert_int_equal(
        bind(p->listen_fd, (struct sockaddr *)&p->address, sizeof(p->address)),
        0);
    assert_int_equal(listen(p->listen_fd, 128), 0);
    assert_int_equal(
        getsockname(p->listen_fd, (struct sockaddr *)&p->address, &len), 0);
    *state = p;
    return 0;
}

static int close_peer(void **state) {
    struct peer *p = *state;

    fb_clients_deinit(&p->clients);
    if (p->fd >= 0) {
        close(p->fd);
    }
    if (p->listen_fd >= 0) {
        close(p->listen_fd);
    }
    free(p);
    return 0;
}

static void turn(struct peer *p) {
    struct pollfd fds[FB_CLIENTS_MAX];
    size_t n = fb_clients_fds(&p->clients, fds, FB_CLIENTS_MAX);

    poll(fds, n, TURN_MS);
    fb_clients_pump(&p->clients);
}

static void until_state(struct peer *p, const struct fb_client *c,
                        enum fb_client_state state) {
    for (int i = 0; i < LIMIT_TURNS && c->state != state; i++) {
        turn(p);
    }
    assert_int_equal(c->state, state);
}

static void until_received(struct peer *p, const struct fb_client *c,
                           size_t len) {
    for (int i = 0; i < LIMIT_TURNS && c->received_len < len; i++) {
        turn(p);
    }
    assert_int_equal(c->received_len, len);
}

static struct fb_client *come(struct peer *p, const char *name) {
    struct fb_client *c;

    assert_int_equal(fb_clients_add(&p->clients, name, &p->address, &c), 0);
    if (p->fd >= 0) {
        close(p->fd);
    }
    p->fd = accept4(p->listen_fd, NULL, NULL, SOCK_CLOEXEC);
    assert_true(p->fd >= 0);
    return c;
}

static void tell(struct peer *p, const char *text) {
    assert_int_equal(send(p->fd, text, strlen(text), MSG_NOSIGNAL),
                     strlen(text));
}

static void assert_reply(const struct fb_client *c, const char *want) {
    size_t len;
    const char *reply = fb_client_reply(c, &len);

    assert_int_equal(len, strlen(want));
    assert_memory_equal(reply, want, len);
}

static void conversation_passes_all_states(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    char buf[16];

    assert_int_equal(c->state, FB_CLIENT_CONNECTING);
    assert_true(c->local_port != 0);
    tell(p, "Who are ");
    until_received(p, c, 8);
    assert_int_equal(c->state, FB_CLIENT_CONNECTING); // no whole line yet
    tell(p, "you?\n");
    until_state(p, c, FB_CLIENT_PROMPTED);
    assert_reply(c, "Who are you?\n");
    assert_int_equal(fb_client_send(c, "Ada\n", 4), 0);
    assert_int_equal(c->state, FB_CLIENT_SENT);
    assert_reply(c, "");
    turn(p);
    assert_int_equal(recv(p->fd, buf, sizeof(buf), 0), 4);
    assert_memory_equal(buf, "Ada\n", 4);
    tell(p, "Thanks!\n");
    until_state(p, c, FB_CLIENT_REPLIED);
    assert_reply(c, "Thanks!\n");
    close(p->fd);
    p->fd = -1;
    until_state(p, c, FB_CLIENT_CLOSED);
    assert_int_equal(c->fd, -1);
    assert_int_equal(c->error, 0);
    assert_false(c->hung_up);
    assert_reply(c, "Thanks!\n");
    assert_string_equal(fb_client_state_name(c), "closed");
}

static void prompt_is_no_reply_to_who_talks_first(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");

    assert_int_equal(fb_client_send(c, "Ada\n", 4), 0);
    tell(p, "Who are you?\n");
    until_received(p, c, 13);
    assert_true(c->has_prompt);
    assert_false(c->has_reply);
    assert_int_equal(c->state, FB_CLIENT_SENT);
    assert_reply(c, "");
    tell(p, "Thanks!\n");
    until_state(p, c, FB_CLIENT_REPLIED);
    assert_reply(c, "Thanks!\n");
}

static void half_close_sends_an_end_and_still_listens(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    char buf[16];

    tell(p, "Who are you?\n");
    until_state(p, c, FB_CLIENT_PROMPTED);
    assert_int_equal(fb_client_send(c, "x", 1), 0);
    assert_int_equal(fb_client_half_close(c), 0);
    turn(p);
    assert_int_equal(recv(p->fd, buf, sizeof(buf), 0), 1);
    assert_int_equal(recv(p->fd, buf, sizeof(buf), 0), 0);
    assert_int_equal(fb_client_half_close(c), -EPIPE);
    assert_int_equal(fb_client_send(c, "x", 1), -EPIPE);
    tell(p, "Thanks!\n");
    until_state(p, c, FB_CLIENT_REPLIED);
    assert_reply(c, "Thanks!\n");
}

static void hang_up_is_seen_as_an_end(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    char buf[16];

    turn(p);
    fb_client_hang_up(c);
    assert_int_equal(c->state, FB_CLIENT_CLOSED);
    assert_string_equal(fb_client_state_name(c), "hung up");
    assert_int_equal(recv(p->fd, buf, sizeof(buf), 0), 0);
    assert_int_equal(fb_client_send(c, "x", 1), -ENOTCONN);
    assert_int_equal(fb_client_half_close(c), -ENOTCONN);
    fb_client_hang_up(c); // a second time does nothing
    fb_client_reset(c);
}

static void reset_is_seen_as_a_reset(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    char buf[16];

    turn(p);
    fb_client_reset(c);
    assert_int_equal(recv(p->fd, buf, sizeof(buf), 0), -1);
    assert_int_equal(errno, ECONNRESET);
}

static void server_s_reset_is_an_error_of_the_client(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    struct linger now = {.l_onoff = 1, .l_linger = 0};

    setsockopt(p->fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
    close(p->fd);
    p->fd = -1;
    until_state(p, c, FB_CLIENT_CLOSED);
    assert_int_equal(c->error, ECONNRESET);
}

static void refused_connection_is_an_error_of_the_client(void **state) {
    struct peer *p = *state;
    struct fb_client *c;
    int err;

    close(p->listen_fd);
    p->listen_fd = -1;
    err = fb_clients_add(&p->clients, "Ada", &p->address, &c);
    if (err == 0) { // else the kernel said so at once
        until_state(p, c, FB_CLIENT_CLOSED);
        err = -c->error;
    }
    assert_int_equal(err, -ECONNREFUSED);
}

static void flood_is_read_and_not_kept(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    char block[4096];
    size_t sent = 0;

    memset(block, 'x', sizeof(block));
    while (sent < 4 * FB_CLIENT_TRANSCRIPT_BYTES) {
        ssize_t n =
            send(p->fd, block, sizeof(block), MSG_DONTWAIT | MSG_NOSIGNAL);
        if (n > 0) {
            sent += (size_t)n;
        } else {
            turn(p);
        }
    }
    close(p->fd);
    p->fd = -1;
    until_state(p, c, FB_CLIENT_CLOSED); // so all of it was taken
    assert_int_equal(c->received_len, FB_CLIENT_TRANSCRIPT_BYTES);
}

static void many_bytes_arrive_whole_and_in_order(void **state) {
    enum { TOTAL = 8 << 20 };
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    char *text = malloc(TOTAL), *got = malloc(TOTAL);
    size_t len = 0;

    assert_non_null(text);
    assert_non_null(got);
    for (size_t i = 0; i < TOTAL; i++) {
        text[i] = (char)(i * 2654435761u >> 24);
    }
    turn(p);
    assert_int_equal(fb_client_send(c, text, TOTAL), 0);
    assert_true(c->unsent_len > 0); // more than a socket takes at once
    for (int i = 0; i < 100000 && len < TOTAL; i++) {
        ssize_t n = recv(p->fd, got + len, TOTAL - len, MSG_DONTWAIT);
        if (n > 0) {
            len += (size_t)n;
        } else {
            turn(p);
        }
    }
    assert_int_equal(len, TOTAL);
    assert_memory_equal(text, got, TOTAL);
    assert_int_equal(c->unsent_len, 0);
    free(text);
    free(got);
}

static void closed_clients_make_room_for_new_ones(void **state) {
    struct peer *p = *state;
    struct fb_client *c, *third = NULL;
    char name[16];

    for (int i = 0; i < FB_CLIENTS_MAX; i++) {
        snprintf(name, sizeof(name), "c%d", i);
        c = come(p, name);
        third = i == 2 ? c : third;
    }
    assert_int_equal(fb_clients_add(&p->clients, "more", &p->address, &c),
                     -ENOSPC);
    fb_client_hang_up(third);
    assert_int_equal(fb_clients_add(&p->clients, "more", &p->address, &c), 0);
    assert_null(fb_clients_find(&p->clients, "c2"));
    assert_non_null(fb_clients_find(&p->clients, "c3"));
    assert_ptr_equal(fb_clients_find(&p->clients, "more"), c);
}

// ---- whose task is it? -----------------------------------------------------

static void feed(struct fb_model *m, const struct fb_event *e) {
    assert_int_equal(fb_model_feed(m, m->event + 1, e), 0);
}

static void spawn(struct fb_model *m, uint32_t task, const char *label) {
    size_t len = strlen(label);
    struct fb_event e = {.kind = FB_EV_TASK_SPAWN, .subject = task};

    e.spawn.root_future = task + 100;
    feed(m, &e);
    for (size_t at = 0; at < len; at += 16) {
        e = (struct fb_event){.kind = FB_EV_TASK_LABEL,
                              .subject = task,
                              .detail = (uint8_t)(at / 16),
                              .flags = (uint16_t)len};
        memcpy(e.text, label + at, len - at < 16 ? len - at : 16);
        feed(m, &e);
    }
}

static void task_is_found_by_the_port_in_its_label(void **state) {
    struct peer *p = *state;
    struct fb_client *ada = come(p, "Ada"), *bob = come(p, "Bob");
    struct fb_model m;
    char label[64];

    assert_int_equal(fb_model_init(&m), 0);
    assert_false(fb_clients_match(&p->clients, &m));
    // Others: a longer port number, another address, a name that looks so.
    snprintf(label, sizeof(label), "127.0.0.1:%u1", ada->local_port);
    spawn(&m, 1, label);
    snprintf(label, sizeof(label), "x127.0.0.1:%u", ada->local_port);
    spawn(&m, 2, label);
    snprintf(label, sizeof(label), "127.0.0.1:%u 127.0.0.1:9", ada->local_port);
    spawn(&m, 3, label);
    assert_false(fb_clients_match(&p->clients, &m));
    assert_int_equal(ada->task, 0);
    snprintf(label, sizeof(label), "127.0.0.1:%u", ada->local_port);
    spawn(&m, 4, label);
    snprintf(label, sizeof(label), "Bob B. 127.0.0.1:%u", bob->local_port);
    spawn(&m, 5, label);
    assert_true(fb_clients_match(&p->clients, &m));
    assert_int_equal(ada->task, 4);
    assert_int_equal(bob->task, 5);
    assert_false(fb_clients_match(&p->clients, &m)); // nothing new
    assert_ptr_equal(fb_clients_of_task(&p->clients, 4), ada);
    assert_null(fb_clients_of_task(&p->clients, 3));
    assert_null(fb_clients_of_task(&p->clients, 0));
    fb_model_deinit(&m);
}

static void flood_does_not_keep_the_picture_waiting(void **state) {
    static const char bytes[1 << 16];
    struct peer *p = *state;
    const struct fb_client *c = come(p, "Ada");
    size_t sent = 0;
    int left = 0;

    for (int i = 0; i < LIMIT_TURNS && !c->connected; i++) {
        turn(p);
    }
    for (ssize_t n; (n = send(p->fd, bytes, sizeof(bytes),
                              MSG_NOSIGNAL | MSG_DONTWAIT)) > 0;) {
        sent += (size_t)n;
    }
    assert_true(sent > 3 * sizeof(bytes)); // else the claim means nothing
    assert_true(fb_clients_pump(&p->clients));
    assert_int_equal(ioctl(c->fd, FIONREAD, &left), 0);
    assert_true(left > 0);
}

static void who_does_not_read_leaves_it_in_the_kernel(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    struct pollfd fds[FB_CLIENTS_MAX];
    int left = 0;

    tell(p, "Who are you?\n");
    until_state(p, c, FB_CLIENT_PROMPTED);
    fb_client_read(c, false);
    assert_string_equal(fb_client_state_name(c), "reads not");
    tell(p, "More.\n");
    for (int i = 0; i < LIMIT_TURNS && left == 0; i++) {
        turn(p);
        assert_int_equal(ioctl(c->fd, FIONREAD, &left), 0);
    }
    assert_int_equal(left, 6);
    assert_int_equal(c->received_len, 13);
    // Nothing to wait for: whoever polls must not spin.
    assert_int_equal(fb_clients_fds(&p->clients, fds, FB_CLIENTS_MAX), 0);
    fb_client_read(c, true);
    until_received(p, c, 19);
}

static void pieces_go_one_after_the_other(void **state) {
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    char buf[16];

    tell(p, "Who are you?\n");
    until_state(p, c, FB_CLIENT_PROMPTED);
    assert_int_equal(fb_client_send_pieces(c, "Ada\n", 4, 1), 0);
    assert_int_equal(c->later_len, 3);
    assert_int_equal(recv(p->fd, buf, sizeof(buf), 0), 1);
    assert_int_equal(recv(p->fd, buf, sizeof(buf), MSG_DONTWAIT), -1);
    fb_client_send_later(c);
    assert_int_equal(c->later_len, 0);
    assert_int_equal(recv(p->fd, buf, sizeof(buf), 0), 3);
    assert_memory_equal(buf, "da\n", 3);
    assert_int_equal(fb_client_send_pieces(c, "x", 1, 9), 0); // all of it
    assert_int_equal(c->later_len, 0);
    fb_client_hang_up(c);
    assert_int_equal(fb_client_send_pieces(c, "yz", 2, 1), -ENOTCONN);
    fb_client_send_later(c); // legal, and nothing
}

static void long_lines_are_told_by_their_begin_and_size(void **state) {
    static char line[100000];
    struct peer *p = *state;
    struct fb_client *c = come(p, "Ada");
    char news[300];

    memset(line, 'x', sizeof(line) - 2);
    line[sizeof(line) - 2] = '\n';
    tell(p, "Who are you?\n");
    until_state(p, c, FB_CLIENT_PROMPTED);
    assert_int_equal(fb_client_send(c, "Ada\n", 4), 0);
    tell(p, line);
    until_state(p, c, FB_CLIENT_REPLIED); // though not all of it is kept
    close(p->fd);
    p->fd = -1;
    until_state(p, c, FB_CLIENT_CLOSED);
    assert_true(fb_client_news(c, news, sizeof(news)));
    assert_string_equal(news, "Ada hears \"Who are you?\\n\"");
    assert_true(fb_client_news(c, news, sizeof(news)));
    assert_string_equal(news, "Ada hears \"xxxxxxxxxxxxxxxxxxxx…\", 100012 "
                              "bytes in all");
}

#define PEER_TEST(name_)                                                       \
    cmocka_unit_test_setup_teardown(name_, open_peer, close_peer)

int main(void) {
    const struct CMUnitTest tests[] = {
        PEER_TEST(conversation_passes_all_states),
        PEER_TEST(prompt_is_no_reply_to_who_talks_first),
        PEER_TEST(half_close_sends_an_end_and_still_listens),
        PEER_TEST(hang_up_is_seen_as_an_end),
        PEER_TEST(reset_is_seen_as_a_reset),
        PEER_TEST(server_s_reset_is_an_error_of_the_client),
        PEER_TEST(refused_connection_is_an_error_of_the_client),
        PEER_TEST(flood_is_read_and_not_kept),
        PEER_TEST(flood_does_not_keep_the_picture_waiting),
        PEER_TEST(many_bytes_arrive_whole_and_in_order),
        PEER_TEST(closed_clients_make_room_for_new_ones),
        PEER_TEST(task_is_found_by_the_port_in_its_label),
        PEER_TEST(who_does_not_read_leaves_it_in_the_kernel),
        PEER_TEST(pieces_go_one_after_the_other),
        PEER_TEST(long_lines_are_told_by_their_begin_and_size),
    };

    return cmocka_run_group_tests_name("demo/clients", tests, NULL, NULL);
}
