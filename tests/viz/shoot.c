// Takes a picture of a program on a terminal.
//
//     shoot OUT.svg COLSxROWS dark|light TITLE [STEP…] -- PROGRAM [ARG…]
//
// A step is `shows:TEXT` (waits until a row shows it), `hides:TEXT` or
// `type:KEYS`, where ^[ is Escape, ^I Tab and ^M Enter. Exit status 1 if a step
// was in vain.
#include "pty.h"
#include "svg.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void type(struct fb_pty *p, const char *keys) {
    char text[256];
    size_t len = 0;

    for (; *keys && len + 1 < sizeof(text); keys++) {
        if (keys[0] == '^' && keys[1] != '\0') {
            keys++;
            text[len++] = (char)(*keys & 0x1f);
        } else {
            text[len++] = *keys;
        }
    }
    text[len] = '\0';
    fb_pty_type(p, text);
}

static bool do_step(struct fb_pty *p, const char *step) {
    if (strncmp(step, "shows:", 6) == 0) {
        return fb_pty_shows(p, step + 6);
    }
    if (strncmp(step, "hides:", 6) == 0) {
        return fb_pty_hides(p, step + 6);
    }
    if (strncmp(step, "type:", 5) == 0) {
        type(p, step + 5);
        return true;
    }
    fprintf(stderr, "shoot: %s: not a step (shows:, hides:, type:)\n", step);
    return false;
}

static int take(struct fb_pty *p, char **argv, int steps) {
    FILE *out;
    int err;

    for (int i = 0; i < steps; i++) {
        if (!do_step(p, argv[5 + i])) {
            return 1;
        }
    }
    fb_pty_drain(p);
    out = fopen(argv[1], "w");
    if (out == NULL) {
        perror(argv[1]);
        return 1;
    }
    err = fb_pty_svg(p, strcmp(argv[3], "light") == 0, argv[4], out);
    return fclose(out) != 0 || err < 0;
}

int main(int argc, char **argv) {
    struct fb_pty_options o = {0};
    struct fb_pty *p;
    int steps = 0, status;
    char config[4096];

    while (5 + steps < argc && strcmp(argv[5 + steps], "--") != 0) {
        steps++;
    }
    if (5 + steps + 1 >= argc ||
        sscanf(argv[2], "%dx%d", &o.cols, &o.rows) != 2) {
        fprintf(stderr, "usage: shoot OUT.svg COLSxROWS dark|light TITLE "
                        "[STEP...] -- PROGRAM [ARG...]\n");
        return 2;
    }
    o.argv = (const char *const *)argv + 5 + steps + 1;
    // a terminal of tests has nobody's settings; a picture has ours
    snprintf(config, sizeof(config), "XDG_CONFIG_HOME=%s",
             getenv("XDG_CONFIG_HOME") ? getenv("XDG_CONFIG_HOME") : "/");
    o.env = (const char *const[]){config, NULL};
    if (fb_pty_open(&p, &o) < 0) {
        fprintf(stderr, "shoot: the program cannot be started\n");
        return 1;
    }
    status = take(p, argv, steps);
    fb_pty_close(p);
    return status;
}
