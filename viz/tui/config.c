// Problem: a file that somebody edited by hand, maybe for another version, and
//     a person who wants to see the picture, not an error.
// Idea: one table of settings, each with its explanation, how it is read and
//     how it is written; so what is printed can be read again. What cannot be
//     obeyed is noted with its line, and the rest of the file counts.
#include "config.h"
#include "fishbowl/trace/text.h"
#include "xdg.h"
#include <errno.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

static const uint32_t speeds[] = {0, 1000, 300, 100, 30, 10, 3, 1};

size_t fb_speeds(const uint32_t **ret_speeds) {
    *ret_speeds = speeds;
    return sizeof(speeds) / sizeof(speeds[0]);
}

__attribute__((format(printf, 3, 4))) static void
note(struct fb_config *c, unsigned line, const char *format, ...) {
    char text[4 * FB_CONFIG_PROBLEM_BYTES];
    size_t len = 0;
    va_list args;

    if (line > 0) {
        len = (size_t)snprintf(text, sizeof(text), "config line %u: ", line);
    }
    va_start(args, format);
    vsnprintf(text + len, sizeof(text) - len, format, args);
    va_end(args);
    if (c->problem_count < FB_CONFIG_PROBLEMS) {
        fb_text_sanitise(text, strlen(text), c->problems[c->problem_count],
                         FB_CONFIG_PROBLEM_BYTES);
    }
    c->problem_count++;
}

// ---- keys by name ----------------------------------------------------------

static const struct {
    const char *name;
    uint32_t key;
} key_names[] = {
    {"space", ' '},
    {"enter", FB_KEY_ENTER},
    {"tab", FB_KEY_TAB},
    {"shift-tab", FB_KEY_BACKTAB},
    {"esc", FB_KEY_ESC},
    {"delete", FB_KEY_DELETE},
    {"up", FB_KEY_UP},
    {"down", FB_KEY_DOWN},
    {"left", FB_KEY_LEFT},
    {"right", FB_KEY_RIGHT},
    {"home", FB_KEY_HOME},
    {"end", FB_KEY_END},
    {"f1", FB_KEY_F1},
    {"f2", FB_KEY_F2},
    {"f3", FB_KEY_F3},
    {"f4", FB_KEY_F4},
    {"f5", FB_KEY_F5},
    {"f6", FB_KEY_F6},
    {"f7", FB_KEY_F7},
    {"f8", FB_KEY_F8},
    {"f9", FB_KEY_F9},
    {"f10", FB_KEY_F10},
    {"pageup", FB_KEY_PAGE_UP},
    {"pagedown", FB_KEY_PAGE_DOWN},
};
enum { KEY_NAMES = sizeof(key_names) / sizeof(key_names[0]) };

// A name, or one printable character. FB_KEY_NONE: neither.
static uint32_t key_of(const char *name) {
    uint32_t scalar = 0;
    size_t n = fb_text_decode(name, strlen(name), &scalar);

    for (int i = 0; i < KEY_NAMES; i++) {
        if (strcasecmp(key_names[i].name, name) == 0) {
            return key_names[i].key;
        }
    }
    return n > 0 && name[n] == '\0' && scalar > ' ' && fb_text_width(scalar) > 0
               ? scalar
               : FB_KEY_NONE;
}

static const char *name_of(uint32_t key, char out[8]) {
    for (int i = 0; i < KEY_NAMES; i++) {
        if (key_names[i].key == key) {
            return key_names[i].name;
        }
    }
    fb_grid_utf8(key, out);
    return out;
}

uint32_t fb_config_key(const struct fb_config *c, uint32_t typed) {
    for (size_t i = 0; i < c->key_count; i++) {
        if (c->keys[i].typed == typed) {
            return c->keys[i].means;
        }
    }
    return typed;
}

const char *fb_config_key_name(const struct fb_config *c, uint32_t means,
                               const char *name, char out[8]) {
    for (size_t i = 0; i < c->key_count; i++) {
        if (c->keys[i].means == means) {
            return name_of(c->keys[i].typed, out);
        }
    }
    return name;
}

// ---- settings --------------------------------------------------------------

static bool read_bool(const char *value, bool *ret_bool) {
    if (strcmp(value, "yes") == 0 || strcmp(value, "no") == 0) {
        *ret_bool = value[0] == 'y';
        return true;
    }
    return false;
}

static bool set_theme(struct fb_config *c, const char *value) {
    return fb_theme_parse(&c->theme, value) == 0;
}
static bool set_color(struct fb_config *c, const char *value) {
    return read_bool(value, &c->color);
}
static bool set_mouse(struct fb_config *c, const char *value) {
    return read_bool(value, &c->mouse);
}
static bool set_ascii(struct fb_config *c, const char *value) {
    return read_bool(value, &c->ascii);
}

static bool set_sort(struct fb_config *c, const char *value) {
    const bool reverse = value[0] == '-';

    if (fb_order_parse(&c->sort, value + reverse)) {
        return false;
    }
    c->sort_reverse = reverse;
    return true;
}

static bool set_speed(struct fb_config *c, const char *value) {
    char text[16];

    for (size_t i = 1; i < sizeof(speeds) / sizeof(speeds[0]); i++) {
        snprintf(text, sizeof(text), "%" PRIu32, speeds[i]);
        if (strcmp(text, value) == 0) {
            c->speed = speeds[i];
            return true;
        }
    }
    return false;
}

static const struct {
    const char *name;
    enum fb_pane_id id;
} panes[] = {
    {"tasks", FB_PANE_TASKS},      {"timeline", FB_PANE_TIMELINE},
    {"futures", FB_PANE_TREE},     {"source", FB_PANE_SOURCE},
    {"lanes", FB_PANE_LANES},      {"reactor", FB_PANE_REACTOR},
    {"wakers", FB_PANE_WAKERS},    {"waits", FB_PANE_WAITS},
    {"story", FB_PANE_STORY},      {"lints", FB_PANE_LINTS},
    {"statistics", FB_PANE_STATS}, {"log", FB_PANE_LOG},
};
enum { PANES = sizeof(panes) / sizeof(panes[0]) };

static bool set_pane(struct fb_config *c, const char *value) {
    for (int i = 0; i < PANES; i++) {
        if (strcmp(panes[i].name, value) == 0) {
            c->pane = panes[i].id;
            return true;
        }
    }
    return false;
}

static const char *say_bool(bool value) {
    return value ? "yes" : "no";
}
static void say_theme(const struct fb_config *c, FILE *out) {
    fputs(fb_theme_name(c->theme), out);
}
static void say_color(const struct fb_config *c, FILE *out) {
    fputs(say_bool(c->color), out);
}
static void say_mouse(const struct fb_config *c, FILE *out) {
    fputs(say_bool(c->mouse), out);
}
static void say_ascii(const struct fb_config *c, FILE *out) {
    fputs(say_bool(c->ascii), out);
}
static void say_sort(const struct fb_config *c, FILE *out) {
    fprintf(out, "%s%s", c->sort_reverse ? "-" : "", fb_order_name(c->sort));
}
static void say_speed(const struct fb_config *c, FILE *out) {
    fprintf(out, "%" PRIu32, c->speed);
}
static void say_pane(const struct fb_config *c, FILE *out) {
    for (int i = 0; i < PANES; i++) {
        if (panes[i].id == c->pane) {
            fputs(panes[i].name, out);
        }
    }
}

static const struct {
    const char *name;
    bool (*set)(struct fb_config *c, const char *value);
    void (*say)(const struct fb_config *c, FILE *out);
    const char *may_be; // for the error
    const char *means;  // one line
} settings[] = {
    {"theme", set_theme, say_theme,
     "default, dark, light, contrast, safe or mono",
     "how it looks (also F2); default keeps the terminal's own background"},
    {"color", set_color, say_color, "yes or no",
     "no: as with NO_COLOR or --no-color"},
    {"mouse", set_mouse, say_mouse, "yes or no",
     "no: the terminal keeps it, for selecting text"},
    {"ascii", set_ascii, say_ascii, "yes or no",
     "yes: no box drawing and symbols, whatever the terminal can do"},
    {"sort", set_sort, say_sort,
     "id, state, label, polls, busy, wake or age; -polls: the other way round",
     "the order of the tasks (also F6)"},
    {"speed", set_speed, say_speed, "1, 3, 10, 30, 100, 300 or 1000",
     "events a second that a finished run plays at (also < and >)"},
    {"pane", set_pane, say_pane,
     "tasks, timeline, futures, source, lanes, reactor, wakers, waits, story, "
     "lints, statistics or log",
     "the pane that has the keys at first"},
};
enum { SETTINGS = sizeof(settings) / sizeof(settings[0]) };

void fb_config_init(struct fb_config *c) {
    *c = (struct fb_config){
        .color = true, .mouse = true, .speed = 10, .pane = FB_PANE_TASKS};
}

static void set_key(struct fb_config *c, const char *name, const char *value,
                    unsigned number) {
    const uint32_t typed = key_of(name), means = key_of(value);

    if (typed == FB_KEY_NONE || means == FB_KEY_NONE) {
        note(c, number,
             "\"%s\" is no key (a character, space, Enter, Tab, Esc, F1 …)",
             typed == FB_KEY_NONE ? name : value);
    } else if (c->key_count == FB_CONFIG_KEYS) {
        note(c, number, "more than %d keys", FB_CONFIG_KEYS);
    } else {
        c->keys[c->key_count].typed = typed;
        c->keys[c->key_count].means = means;
        c->key_count++;
    }
}

static void set(struct fb_config *c, const char *name, const char *value,
                unsigned number) {
    if (strncmp(name, "key.", 4) == 0) {
        set_key(c, name + 4, value, number);
        return;
    }
    for (int i = 0; i < SETTINGS; i++) {
        if (strcmp(settings[i].name, name) == 0) {
            if (!settings[i].set(c, value)) {
                note(c, number, "%s is not \"%s\" but %s", name, value,
                     settings[i].may_be);
            }
            return;
        }
    }
    note(c, number, "there is no setting \"%s\"", name);
}

// Cuts blanks off both ends, in place.
static char *trim(char *text) {
    size_t len;

    text += strspn(text, " \t");
    len = strlen(text);
    while (len > 0 && strchr(" \t\r\n", text[len - 1])) {
        text[--len] = '\0';
    }
    return text;
}

void fb_config_line(struct fb_config *c, const char *line, unsigned number) {
    char copy[512], *name, *equals;

    if (strlen(line) >= sizeof(copy)) {
        note(c, number, "it is too long");
        return;
    }
    snprintf(copy, sizeof(copy), "%s", line);
    name = trim(copy);
    if (name[0] == '\0' || name[0] == '#') {
        return;
    }
    // a key may be "=" itself: "key.= = n"
    equals = strchr(name + (strncmp(name, "key.", 4) == 0 ? 5 : 0), '=');
    if (!equals) {
        note(c, number, "\"%s\" is not \"key = value\"", name);
        return;
    }
    *equals = '\0';
    set(c, trim(name), trim(equals + 1), number);
}

void fb_config_read(struct fb_config *c, const char *path) {
    FILE *file = fopen(path, "re");
    char *line = NULL;
    size_t room = 0;
    unsigned number = 0;

    if (!file) {
        if (errno != ENOENT && errno != ENOTDIR) {
            note(c, 0, "%s: %s", path, strerror(errno));
        }
        return;
    }
    while (getline(&line, &room, file) >= 0) {
        fb_config_line(c, line, ++number);
    }
    if (ferror(file)) {
        note(c, 0, "%s: it cannot be read", path);
    }
    free(line);
    fclose(file);
}

void fb_config_user(struct fb_config *c) {
    char path[FB_XDG_BYTES];

    fb_config_init(c);
    if (fb_xdg_config(path, "config") == 0) {
        fb_config_read(c, path);
    }
}

void fb_config_print(const struct fb_config *c, FILE *out) {
    char path[FB_XDG_BYTES], safe[FB_XDG_BYTES], one[8], other[8];

    if (fb_xdg_config(path, "config") == 0) {
        fb_text_sanitise(path, strlen(path), safe, sizeof(safe));
        fprintf(out, "# %s\n", safe);
    }
    for (int i = 0; i < SETTINGS; i++) {
        fprintf(out, "\n# %s\n# %s\n%s = ", settings[i].means,
                settings[i].may_be, settings[i].name);
        settings[i].say(c, out);
        fputc('\n', out);
    }
    fputs("\n# key.TYPED = MEANT: another key for what a key does, as in\n"
          "# key.e = n\n# key.f5 = space\n",
          out);
    for (size_t i = 0; i < c->key_count; i++) {
        fprintf(out, "key.%s = %s\n", name_of(c->keys[i].typed, one),
                name_of(c->keys[i].means, other));
    }
}
