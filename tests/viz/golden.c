// Comparing text with a golden file.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "golden.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_all(const char *path) {
    FILE *in = fopen(path, "r");
    char *text = NULL;
    size_t room = 0;
    ssize_t len;

    if (in == NULL) {
        return NULL;
    }
    len = getdelim(&text, &room, '\0', in);
    fclose(in);
    if (len < 0) { // an empty file
        free(text);
        return strdup("");
    }
    return text;
}

void golden_check(const char *name, const char *text) {
    const char *source = getenv("FB_SOURCE");
    const char *update = getenv("FB_UPDATE");
    char path[512], *wanted;

    snprintf(path, sizeof(path), "%s/tests/viz/golden/%s.txt",
             source != NULL ? source : ".", name);
    if (update != NULL && strcmp(update, "1") == 0) {
        FILE *out = fopen(path, "w");

        assert_non_null(out);
        assert_true(fputs(text, out) >= 0);
        assert_int_equal(fclose(out), 0);
        return;
    }
    wanted = read_all(path);
    if (wanted == NULL) {
        fail_msg("%s is missing (FB_UPDATE=1 writes it)", path);
    }
    if (strcmp(wanted, text) != 0) {
        print_error("---- %s has\n%s---- but this is\n%s----\n", path, wanted,
                    text);
        free(wanted);
        fail_msg("%s differs (if that is right, FB_UPDATE=1 writes it)", name);
    }
    free(wanted);
}

void golden_replace(char *text, const char *from, const char *to) {
    const size_t from_len = strlen(from), to_len = strlen(to);

    assert_true(to_len <= from_len);
    while ((text = strstr(text, from)) != NULL) {
        memcpy(text, to, to_len);
        memmove(text + to_len, text + from_len, strlen(text + from_len) + 1);
        text += to_len;
    }
}
