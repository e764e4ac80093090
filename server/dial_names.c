// What clients say: lines made of names.
#include "dial_names.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Cuts `text` (owned from here on) into its lines, each with its '\n'.
static int cut(struct dial_names *names, char *text, size_t len) {
    const char *p = text, *const end = text + len;
    size_t count = 0;

    for (size_t i = 0; i < len; i++) {
        count += text[i] == '\n';
    }
    *names = (struct dial_names){.text = text};
    if (count == 0) {
        return -ENODATA;
    }
    names->lines = calloc(count, sizeof *names->lines);
    if (names->lines == NULL) {
        return -ENOMEM;
    }
    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));

        if (stop == NULL) {
            break; // callers end the last line
        }
        names->lines[names->count++] =
            (struct dial_line){.bytes = p, .len = (size_t)(stop + 1 - p)};
        p = stop + 1;
    }
    return 0;
}

static int cut_stream(struct dial_names *names, FILE *stream, char **text,
                      size_t *len) {
    if (fclose(stream) != 0) {
        free(*text);
        return -ENOMEM;
    }
    return cut(names, *text, *len);
}

int dial_names_one(struct dial_names *names, const char *name, size_t len) {
    char *text = malloc(len + 1);

    if (text == NULL) {
        return -ENOMEM;
    }
    memcpy(text, name, len);
    text[len] = '\n';
    names->text = text;
    names->lines = malloc(sizeof *names->lines);
    if (names->lines == NULL) {
        return -ENOMEM;
    }
    // One line even if the name itself has line ends in it.
    names->lines[0] = (struct dial_line){.bytes = text, .len = len + 1};
    names->count = 1;
    return 0;
}

int dial_names_guests(struct dial_names *names, uint32_t count) {
    char *text = NULL;
    size_t len = 0;
    FILE *stream = open_memstream(&text, &len);

    if (stream == NULL) {
        return -errno;
    }
    for (uint32_t i = 1; i <= count; i++) {
        (void)fprintf(stream, "guest %u\n", i);
    }
    return cut_stream(names, stream, &text, &len);
}

int dial_names_file(struct dial_names *names, const char *path) {
    FILE *file = fopen(path, "re"), *stream;
    char *text = NULL, chunk[4096];
    char last = '\n';
    size_t len = 0, n;
    int err;

    if (file == NULL) {
        return -errno;
    }
    stream = open_memstream(&text, &len);
    if (stream == NULL) {
        err = -errno;
        (void)fclose(file);
        return err;
    }
    while ((n = fread(chunk, 1, sizeof chunk, file)) > 0) {
        (void)fwrite(chunk, 1, n, stream);
        last = chunk[n - 1];
    }
    if (last != '\n') {
        (void)fputc('\n', stream);
    }
    err = ferror(file) ? -EIO : 0;
    (void)fclose(file);
    if (err < 0) {
        (void)fclose(stream);
        free(text);
        return err;
    }
    return cut_stream(names, stream, &text, &len);
}

void dial_names_deinit(struct dial_names *names) {
    free(names->lines);
    free(names->text);
    *names = (struct dial_names){0};
}
