// A greeter on libuv, with callbacks, that can be seen into: each handle is a
// task, each callback a poll of it, and its socket is what it waits for.
//
//     cc uv_greeter.c -I../core/trace/include -luv -o uv_greeter
//     ./uv_greeter 7000 &             # says "listening on port 7000"
//     fishbowl watch
#include "fishbowl/trace/plain.h"
#include <uv.h>

struct client { // the listener is one of them
    uv_tcp_t tcp;
    struct fbp_source source;
    uint32_t task;
    char name[256];
};

static struct fbp_trace trace;

static void follow(struct client *c, enum fb_source_kind kind) {
    uv_os_fd_t fd = -1;

    (void)uv_fileno((uv_handle_t *)&c->tcp, &fd);
    fbp_source_add(&trace, &c->source, c->task, kind, fd);
}

static void say(struct client *c, const char *text) {
    uv_buf_t out = uv_buf_init((char *)text, (unsigned)strlen(text));
    int n = uv_try_write((uv_stream_t *)&c->tcp, &out, 1);

    fbp_io(&trace, &c->source, FB_IO_WRITE, out.len, n);
}

static void on_closed(uv_handle_t *h) {
    struct client *c = (struct client *)h;

    fbp_source_end(&trace, &c->source);
    fbp_end(&trace, c->task);
    free(c);
}

static void lend(uv_handle_t *h, size_t wanted, uv_buf_t *ret) {
    (void)wanted;
    *ret = uv_buf_init(((struct client *)h)->name, 255);
}

enum { ON_NAME = __LINE__ + 1 }; // where a client's task is defined
static void on_name(uv_stream_t *s, ssize_t n, const uv_buf_t *buf) {
    struct client *c = (struct client *)s;
    char reply[320];

    if (n == 0) {
        return; // EAGAIN: it still waits
    }
    fbp_callback(&trace, &c->source, FB_READABLE);
    fbp_io(&trace, &c->source, FB_IO_READ, buf->len, n == UV_EOF ? 0 : (int)n);
    if (n > 0) {
        c->name[n] = '\0';
        c->name[strcspn(c->name, "\r\n")] = '\0';
        fbp_label(&trace, c->task, c->name);
        snprintf(reply, sizeof(reply), "Thanks for dialing in, %s!\n", c->name);
        say(c, reply);
    }
    fbp_return(&trace, &c->source, 0); // it waits for nothing more
    uv_close((uv_handle_t *)s, on_closed);
}

enum { ON_CONNECTION = __LINE__ + 1 };
static void on_connection(uv_stream_t *s, int status) {
    struct client *listener = (struct client *)s, *c = calloc(1, sizeof(*c));

    if (c == NULL || status < 0 || uv_tcp_init(s->loop, &c->tcp) < 0 ||
        uv_accept(s, (uv_stream_t *)&c->tcp) < 0) {
        abort(); // a toy; its trace can be looked at all the same
    }
    fbp_callback(&trace, &listener->source, FB_READABLE);
    c->task =
        fbp_spawn(&trace, listener->task,
                  fbp_site(&trace, "on_name", __FILE__, ON_NAME, sizeof(*c)));
    fbp_return(&trace, &listener->source, FB_READABLE);

    fbp_poll_begin(&trace, c->task);
    follow(c, FB_SOURCE_STREAM);
    say(c, "Who are you?\n");
    (void)uv_read_start((uv_stream_t *)&c->tcp, lend, on_name);
    fbp_return(&trace, &c->source, FB_READABLE);
}

static void on_park(uv_prepare_t *h) {
    (void)h;
    fbp_park(&trace, -1); // it has no timers: only news wake it
}

int main(int argc, char **argv) {
    static struct client listener;
    struct sockaddr_in at;
    int len = sizeof(at);
    uv_prepare_t prepare;
    uv_loop_t *loop = uv_default_loop();

    if (fbp_open(&trace, "uv_greeter", 1 << 16) < 0 ||
        uv_ip4_addr("127.0.0.1", argc > 1 ? atoi(argv[1]) : 0, &at) < 0 ||
        uv_tcp_init(loop, &listener.tcp) < 0 ||
        uv_tcp_bind(&listener.tcp, (struct sockaddr *)&at, 0) < 0 ||
        uv_listen((uv_stream_t *)&listener.tcp, 64, on_connection) < 0 ||
        uv_tcp_getsockname(&listener.tcp, (struct sockaddr *)&at, &len) < 0) {
        fputs("uv_greeter: cannot listen or trace\n", stderr);
        return 1;
    }
    fbp_address(&trace, "127.0.0.1:%d", ntohs(at.sin_port));
    printf("listening on port %d\n", ntohs(at.sin_port));
    fflush(stdout);
    listener.task = fbp_spawn(&trace, 0,
                              fbp_site(&trace, "on_connection", __FILE__,
                                       ON_CONNECTION, sizeof(listener)));
    fbp_label(&trace, listener.task, "acceptor");
    fbp_poll_begin(&trace, listener.task);
    follow(&listener, FB_SOURCE_LISTENER);
    fbp_return(&trace, &listener.source, FB_READABLE);
    (void)uv_prepare_init(loop, &prepare);
    (void)uv_prepare_start(&prepare, on_park);
    return uv_run(loop, UV_RUN_DEFAULT); // until it is killed: the trace stays
}
