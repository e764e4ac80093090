// Problem: what does the greeter cost with no loop at all?
// Idea: one thread per client, blocking calls, the way of the first servers.
// Its stack is the client's state. The kernel is the executor.
#include "greet.h"
#include <errno.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define STACK_BYTES (64 * 1024)

static void *client(void *arg) {
    int fd = (int)(intptr_t)arg;
    char name[GREET_READ_MAX];
    char reply[GREET_REPLY_MAX];

    if (send(fd, GREET_QUESTION, sizeof(GREET_QUESTION) - 1, MSG_NOSIGNAL) >
        0) {
        ssize_t n = recv(fd, name, sizeof(name), 0);
        size_t len = n < 0 ? 0 : greet_reply(name, (size_t)n, reply);

        if (len > 0) {
            // a blocking send takes all of it, or the client is gone
            (void)!send(fd, reply, len, MSG_NOSIGNAL);
        }
    }
    close(fd);
    return NULL;
}

static void serve(int listener, const pthread_attr_t *attr) {
    for (;;) {
        struct sockaddr_in peer;
        socklen_t len = sizeof(peer);
        pthread_t thread;
        int fd =
            accept4(listener, (struct sockaddr *)&peer, &len, SOCK_CLOEXEC);

        if (fd < 0) {
            if (errno == EINTR || errno == ECONNABORTED) {
                continue;
            }
            perror("accept"); // the benchmark asked for too much
            return;
        }
        greet_announce(&peer);
        if (pthread_create(&thread, attr, client, (void *)(intptr_t)fd) != 0) {
            close(fd);
        }
    }
}

int main(int argc, char **argv) {
    int listener = greet_listen(argc, argv, 0);
    pthread_attr_t attr;

    if (pthread_attr_init(&attr) == 0 &&
        pthread_attr_setstacksize(&attr, STACK_BYTES) == 0 &&
        pthread_attr_setdetachstate(&attr, PTHREAD_CREATE_DETACHED) == 0) {
        serve(listener, &attr);
    }
    return 1;
}
