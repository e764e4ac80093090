// Problem: how does the greeter look and cost on the C world's usual event
// loop? Idea: libuv as its own guide writes it: handles in the client's block,
// uv_try_write first, because an answer nearly always fits the socket.
#include "greet.h"
#include <stdio.h>
#include <stdlib.h>
#include <uv.h>

struct client {
    uv_tcp_t tcp;
};

// libuv asks for memory before each read; reads do not overlap here.
static char name[GREET_READ_MAX];

static void client_free(uv_handle_t *handle) {
    free(handle);
}

static void lend(uv_handle_t *handle, size_t wanted, uv_buf_t *ret) {
    (void)handle;
    (void)wanted;
    *ret = uv_buf_init(name, sizeof(name));
}

static void client_close(uv_stream_t *stream) {
    uv_close((uv_handle_t *)stream, client_free);
}

static void on_name(uv_stream_t *stream, ssize_t n, const uv_buf_t *buf) {
    char reply[GREET_REPLY_MAX];
    uv_buf_t out;
    size_t len;

    if (n == 0) {
        return; // libuv's EAGAIN
    }
    uv_read_stop(stream); // one read only, as the greeter does
    len = n > 0 || n == UV_EOF
              ? greet_reply(buf->base, n > 0 ? (size_t)n : 0, reply)
              : 0;
    if (len > 0) {
        out = uv_buf_init(reply, (unsigned)len);
        (void)uv_try_write(stream, &out, 1);
    }
    client_close(stream);
}

static void on_connection(uv_stream_t *listener, int status) {
    struct client *c = malloc(sizeof(*c));
    uv_buf_t question =
        uv_buf_init((char[]){GREET_QUESTION}, sizeof(GREET_QUESTION) - 1);
    struct sockaddr_in peer;
    int len = sizeof(peer);

    if (c == NULL || status < 0 || uv_tcp_init(listener->loop, &c->tcp) < 0) {
        free(c);
        return;
    }
    if (uv_accept(listener, (uv_stream_t *)&c->tcp) < 0 ||
        uv_tcp_getpeername(&c->tcp, (struct sockaddr *)&peer, &len) < 0) {
        client_close((uv_stream_t *)&c->tcp);
        return;
    }
    greet_announce(&peer);
    if (uv_try_write((uv_stream_t *)&c->tcp, &question, 1) < 0 ||
        uv_read_start((uv_stream_t *)&c->tcp, lend, on_name) < 0) {
        client_close((uv_stream_t *)&c->tcp);
    }
}

int main(int argc, char **argv) {
    uv_loop_t *loop = uv_default_loop();
    int listener_fd = greet_listen(argc, argv, SOCK_NONBLOCK);
    uv_tcp_t listener;

    if (uv_tcp_init(loop, &listener) < 0 ||
        uv_tcp_open(&listener, listener_fd) < 0 ||
        uv_listen((uv_stream_t *)&listener, 1024, on_connection) < 0) {
        (void)fprintf(stderr, "uv_greeter: cannot listen\n");
        return 1;
    }
    return uv_run(loop, UV_RUN_DEFAULT);
}
