// What the three handlers share: texts, labels and the error line.
#include "greeter.h"

#include "fishbowl/trace/text.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const struct greeter_handler *greeter_handler_find(const char *name) {
    static const struct greeter_handler *const handlers[] = {
        &greeter_inline, &greeter_named, &greeter_states};

    for (size_t i = 0; i < sizeof handlers / sizeof handlers[0]; i++) {
        if (strcmp(handlers[i]->name, name) == 0) {
            return handlers[i];
        }
    }
    return NULL;
}

// The longest prefix of at most `max` bytes that cuts no sequence.
// Requires: valid UTF-8.
static size_t cut_utf8(const char *text, size_t len, size_t max) {
    size_t kept = 0;

    while (kept < len) {
        uint32_t scalar;
        const size_t step = fb_text_decode(text + kept, len - kept, &scalar);

        if (step == 0 || kept + step > max) {
            break;
        }
        kept += step;
    }
    return kept;
}

void greeter_label(struct fb_context *cx, const struct greeter_client *client,
                   const char *name, size_t name_len) {
    char label[FB_TRACE_LABEL_BYTES + FB_ADDR_TEXT_BYTES];
    char addr[FB_ADDR_TEXT_BYTES];
    size_t addr_len, len;

    fb_addr_format(&client->peer, addr, sizeof addr);
    addr_len = strlen(addr);
    // The name gives way to the address: a name of 1024 bytes must not hide
    // who it came from.
    len = cut_utf8(name, name_len, FB_TRACE_LABEL_BYTES - addr_len - 1);
    if (len > 0) {
        memcpy(label, name, len);
        label[len++] = ' ';
    }
    memcpy(label + len, addr, addr_len);
    fb_context_label(cx, label, len + addr_len);
}

int greeter_reply(const char *name, size_t name_len, char **ret_reply,
                  size_t *ret_len) {
    const size_t thanks_len = sizeof THANKS - 1;
    char *reply = malloc(thanks_len + name_len + 2);

    if (reply == NULL) {
        return -ENOMEM;
    }
    memcpy(reply, THANKS, thanks_len);
    memcpy(reply + thanks_len, name, name_len); // bytes: it may hold a NUL
    reply[thanks_len + name_len] = '!';
    reply[thanks_len + name_len + 1] = '\n';
    *ret_reply = reply;
    *ret_len = thanks_len + name_len + 2;
    return 0;
}

void greeter_print_error(int err) {
    printf("socket error: %s (os error %d)\n", strerror(-err), -err);
}

void greeter_client_close(struct greeter_client *client) {
    fb_tcp_close(&client->stream);
    free(client->owned);
    client->owned = client->scratch = NULL;
}

struct fb_future *greeter_box(struct fb_future *future, size_t bytes) {
    struct fb_future *boxed = malloc(bytes);

    if (boxed == NULL) {
        fb_future_drop(future);
        return NULL;
    }
    return memcpy(boxed, future, bytes);
}
