// The greeter on libuv, with callbacks, visible in Fishbowl: what a handle does
// between two waits is a poll of its client's task.
//
//     uv_traced_greeter [PORT] &       prints "listening on port N"
//     fishbowl watch
#include "fishbowl/trace/plain.h"
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct client {
    uv_tcp_t tcp;
    uint32_t task, source;
    char name[256];
};

static struct fbp_trace trace;
static uint16_t accept_type, greet_type;
static uint32_t acceptor, listener_source;
static uv_signal_t interrupt;

static uint32_t source_of(uint32_t task, uv_handle_t *h, int kind) {
    uv_os_fd_t fd = -1;

    (void)uv_fileno(h, &fd);
    return fbp_source(&trace, task, (enum fb_source_kind)kind, fd);
}

static void on_closed(uv_handle_t *h) {
    struct client *c = (struct client *)h;

    fbp_source_end(&trace, c->source);
    fbp_end(&trace, c->task);
    free(c);
}

static void lend(uv_handle_t *h, size_t wanted, uv_buf_t *ret) {
    struct client *c = (struct client *)h;

    (void)wanted;
    *ret = uv_buf_init(c->name, sizeof(c->name) - 1);
}

static void on_name(uv_stream_t *s, ssize_t n, const uv_buf_t *buf) {
    struct client *c = (struct client *)s;
    char reply[320];
    uv_buf_t out;

    if (n == 0) {
        return; // EAGAIN: it still waits
    }
    fbp_ready(&trace, c->source, FB_READABLE);
    fbp_poll_begin(&trace, c->task);
    fbp_io(&trace, c->source, FB_IO_READ, sizeof(c->name) - 1,
           n == UV_EOF ? 0 : (int)n);
    if (n > 0) {
        buf->base[n] = '\0';
        buf->base[strcspn(buf->base, "\r\n")] = '\0';
        fbp_label(&trace, c->task, buf->base);
        out = uv_buf_init(reply,
                          (unsigned)snprintf(reply, sizeof(reply),
                                             "Thanks for dialing in, %s!\n",
                                             buf->base));
        fbp_io(&trace, c->source, FB_IO_WRITE, out.len,
               uv_try_write(s, &out, 1));
    }
    fbp_poll_end(&trace, c->task, true);
    uv_close((uv_handle_t *)s, on_closed);
}

static void on_connection(uv_stream_t *listener, int status) {
    uv_buf_t question = uv_buf_init((char[]){"Who are you?\n"}, 13);
    struct client *c = calloc(1, sizeof(*c));

    fbp_ready(&trace, listener_source, FB_READABLE);
    fbp_poll_begin(&trace, acceptor);
    if (c != NULL && status == 0 && uv_tcp_init(listener->loop, &c->tcp) == 0 &&
        uv_accept(listener, (uv_stream_t *)&c->tcp) == 0) {
        c->task = fbp_spawn(&trace, acceptor, greet_type);
        c->source =
            source_of(c->task, (uv_handle_t *)&c->tcp, FB_SOURCE_STREAM);
    }
    fbp_wait_for(&trace, acceptor, listener_source, FB_READABLE);
    fbp_poll_end(&trace, acceptor, false);
    if (c == NULL || c->task == 0) {
        free(c); // a toy: it does not say why
        return;
    }
    fbp_poll_begin(&trace, c->task);
    fbp_io(&trace, c->source, FB_IO_WRITE, question.len,
           uv_try_write((uv_stream_t *)&c->tcp, &question, 1));
    (void)uv_read_start((uv_stream_t *)&c->tcp, lend, on_name);
    fbp_wait_for(&trace, c->task, c->source, FB_READABLE);
    fbp_poll_end(&trace, c->task, false);
}

static void on_park(uv_prepare_t *h) {
    fbp_park(&trace, (int64_t)uv_backend_timeout(h->loop) * 1000000);
}

static void on_unpark(uv_check_t *h) {
    (void)h;
    fbp_unpark(&trace, 0);
}

static void on_signal(uv_signal_t *h, int number) {
    (void)number;
    uv_stop(h->loop);
}

int main(int argc, char **argv) {
    uv_loop_t *loop = uv_default_loop();
    struct sockaddr_in at;
    int len = sizeof(at), err = fbp_open(&trace, "uv greeter", 1 << 16);
    uv_prepare_t prepare;
    uv_check_t check;
    uv_tcp_t listener;

    accept_type = fbp_site(&trace, "on_connection", __FILE__, 67, 0);
    greet_type = fbp_site(&trace, "on_name", __FILE__, 42, 0);
    if (err < 0 || uv_tcp_init(loop, &listener) < 0 ||
        uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0, &at) < 0 ||
        uv_tcp_bind(&listener, (struct sockaddr *)&at, 0) < 0 ||
        uv_listen((uv_stream_t *)&listener, 64, on_connection) < 0 ||
        uv_tcp_getsockname(&listener, (struct sockaddr *)&at, &len) < 0) {
        fprintf(stderr, "uv_traced_greeter: cannot listen or trace\n");
        return 1;
    }
    acceptor = fbp_spawn(&trace, 0, accept_type);
    fbp_label(&trace, acceptor, "acceptor");
    listener_source =
        source_of(acceptor, (uv_handle_t *)&listener, FB_SOURCE_LISTENER);
    fbp_poll_begin(&trace, acceptor);
    fbp_wait_for(&trace, acceptor, listener_source, FB_READABLE);
    fbp_poll_end(&trace, acceptor, false);
    printf("listening on port %d\n", ntohs(at.sin_port));
    fflush(stdout);
    (void)uv_prepare_init(loop, &prepare);
    (void)uv_check_init(loop, &check);
    (void)uv_signal_init(loop, &interrupt);
    (void)uv_prepare_start(&prepare, on_park);
    (void)uv_check_start(&check, on_unpark);
    (void)uv_signal_start(&interrupt, on_signal, SIGTERM);
    (void)uv_run(loop, UV_RUN_DEFAULT);
    fbp_close(&trace);
    return 0;
}
