// Problem: peers that do less than the greeter would make a false comparison.
// Idea: the same text functions and the same printing, so that what differs is
// the loop alone.
#include "greet.h"
#include "fishbowl/trace/text.h"
#include <arpa/inet.h>
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

static void die(const char *what, const char *why) {
    (void)fprintf(stderr, "greeter: %s: %s\n", what, why);
    exit(2);
}

static struct sockaddr_in parse_address(char *text) {
    struct sockaddr_in addr = {.sin_family = AF_INET};
    char *colon = strrchr(text, ':');
    char *end = NULL;
    unsigned long port;

    if (colon == NULL) {
        die(text, "no ADDR:PORT");
    }
    *colon = '\0';
    port = strtoul(colon + 1, &end, 10);
    if (inet_pton(AF_INET, text, &addr.sin_addr) != 1 || *end != '\0' ||
        end == colon + 1 || port > UINT16_MAX) {
        die(text, "no numeric ADDR:PORT");
    }
    addr.sin_port = htons((uint16_t)port);
    return addr;
}

static void write_port(const char *path, unsigned port) {
    FILE *file = fopen(path, "we");

    if (file == NULL || fprintf(file, "%u\n", port) < 0 || fclose(file) != 0) {
        die(path, strerror(errno));
    }
}

bool greet_option(int *argc, char **argv, const char *option) {
    for (int i = 1; i < *argc; i++) {
        if (strcmp(argv[i], option) == 0) {
            memmove(&argv[i], &argv[i + 1],
                    sizeof(*argv) * (size_t)(*argc - i)); // the NULL too
            --*argc;
            return true;
        }
    }
    return false;
}

int greet_listen(int argc, char **argv, int flags) {
    char loopback[] = "127.0.0.1:0";
    char *listen_on = loopback;
    const char *port_file = NULL;
    struct sockaddr_in addr;
    socklen_t len = sizeof(addr);
    int one = 1;
    int fd;

    for (int i = 1; i < argc; i += 2) {
        if (i + 1 < argc && strcmp(argv[i], "--listen") == 0) {
            listen_on = argv[i + 1];
        } else if (i + 1 < argc && strcmp(argv[i], "--port-file") == 0) {
            port_file = argv[i + 1];
        } else {
            die(argv[i], "usage: --listen ADDR:PORT --port-file F");
        }
    }
    addr = parse_address(listen_on);
    fd = socket(AF_INET, SOCK_STREAM | flags | SOCK_CLOEXEC, 0);
    if (fd < 0 ||
        setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
        bind(fd, (struct sockaddr *)&addr, len) < 0 || listen(fd, 1024) < 0 ||
        getsockname(fd, (struct sockaddr *)&addr, &len) < 0) {
        die("listen", strerror(errno));
    }
    // As the greeter: who watches the output sees a line when it happens.
    (void)setvbuf(stdout, NULL, _IOLBF, 0);
    printf("listening on port %u\n", ntohs(addr.sin_port));
    if (port_file != NULL) {
        write_port(port_file, ntohs(addr.sin_port));
    }
    return fd;
}

void greet_announce(const struct sockaddr_in *peer) {
    char text[INET_ADDRSTRLEN] = "?";

    (void)inet_ntop(AF_INET, &peer->sin_addr, text, sizeof(text));
    printf("connection from %s:%u\n", text, ntohs(peer->sin_port));
}

size_t greet_reply(const char *name, size_t len, char *out) {
    static const char before[] = "Thanks for dialing in, ";
    static const char after[] = "!\n";
    char *end = out;
    size_t kept_len;
    const char *kept;

    if (!fb_text_is_utf8(name, len)) {
        return 0;
    }
    kept = fb_text_trim(name, len, &kept_len);
    end = mempcpy(end, before, sizeof(before) - 1);
    end = mempcpy(end, kept, kept_len);
    end = mempcpy(end, after, sizeof(after) - 1);
    return (size_t)(end - out);
}
