// The grammar of a script, one command a line.
//
// Problem: a teacher writes these by hand before a lesson; a mistake must be
// named with its line before the class sits there, not while it watches.
// Idea: one table of verbs, each with a parser of its arguments; beside the
// steps a small register of clients follows who is connected, half-closed or
// gone, so that a play which can never work is refused at once.
// Invariants: a step that is stored is complete; `text` is owned by its step.
#include "script.h"
#include "fishbowl/trace/control.h"
#include "fishbowl/trace/text.h"
#include "model/story.h"
#include "script_text.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum client_fate { IS_OPEN, IS_HALF_CLOSED, IS_GONE };

// What the parser knows about the clients so far.
struct cast {
    struct {
        char name[FB_SCRIPT_NAME_BYTES + 1];
        enum client_fate fate;
    } clients[FB_SCRIPT_CLIENTS_MAX];
    size_t count;
};

struct parser {
    struct fb_script_cursor cursor;
    struct cast cast;
};

typedef int parse_fn(struct parser *p, struct fb_script_step *step);

// ---- names -----------------------------------------------------------------

static bool is_name_byte(char ch) {
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
           (ch >= '0' && ch <= '9') || ch == '_' || ch == '-';
}

static bool is_word(const char *word, size_t len, const char *text) {
    return strlen(text) == len && memcmp(word, text, len) == 0;
}

static int check_name(struct fb_script_cursor *c, const char *word,
                      size_t len) {
    static const char *const reserved[] = {"task", "tasks", "event"};

    if (len == 0) {
        return fb_script_complain(c, "a client's name must follow");
    }
    if (len > FB_SCRIPT_NAME_BYTES) {
        return fb_script_complain(c, "a client's name has %d letters at most",
                                  FB_SCRIPT_NAME_BYTES);
    }
    for (size_t i = 0; i < len; i++) {
        if (!is_name_byte(word[i])) {
            return fb_script_complain(
                c, "a client's name here is letters, digits, - and _ (what it "
                   "sends may be anything)");
        }
    }
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (is_word(word, len, reserved[i])) {
            return fb_script_complain(c,
                                      "\"%s\" is a word of the script and "
                                      "cannot name a client",
                                      reserved[i]);
        }
    }
    return 0;
}

static int take_name(struct parser *p, struct fb_script_step *step) {
    const char *word;
    size_t len = fb_script_word(&p->cursor, &word);
    int err = check_name(&p->cursor, word, len);

    if (err) {
        return err;
    }
    memcpy(step->name, word, len);
    step->name[len] = '\0';
    return 0;
}

static int find_client(const struct parser *p, const char *name) {
    for (size_t i = 0; i < p->cast.count; i++) {
        if (strcmp(p->cast.clients[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

// A name that an earlier line connected; its index in the cast or an error.
static int take_known_name(struct parser *p, struct fb_script_step *step) {
    int err = take_name(p, step);
    int i;

    if (err) {
        return err;
    }
    i = find_client(p, step->name);
    if (i < 0) {
        return fb_script_complain(&p->cursor,
                                  "no client %s yet (`client %s` comes first)",
                                  step->name, step->name);
    }
    return i;
}

// A known client whose connection we still hold.
static int take_open_name(struct parser *p, struct fb_script_step *step) {
    int i = take_known_name(p, step);

    if (i >= 0 && p->cast.clients[i].fate == IS_GONE) {
        return fb_script_complain(&p->cursor, "%s has hung up before this line",
                                  step->name);
    }
    return i;
}

// ---- one parser per form of command ----------------------------------------

static int parse_none(struct parser *p, struct fb_script_step *step) {
    (void)p, (void)step;
    return 0;
}

static int parse_client(struct parser *p, struct fb_script_step *step) {
    int err = take_name(p, step);

    if (err) {
        return err;
    }
    if (find_client(p, step->name) >= 0) {
        return fb_script_complain(&p->cursor, "there is a client %s already",
                                  step->name);
    }
    if (p->cast.count == FB_SCRIPT_CLIENTS_MAX) {
        return fb_script_complain(&p->cursor, "a script has %d clients at most",
                                  FB_SCRIPT_CLIENTS_MAX);
    }
    strcpy(p->cast.clients[p->cast.count].name, step->name);
    p->cast.clients[p->cast.count++].fate = IS_OPEN;
    return 0;
}

static int parse_send(struct parser *p, struct fb_script_step *step) {
    int i = take_open_name(p, step);

    if (i < 0) {
        return i;
    }
    if (p->cast.clients[i].fate == IS_HALF_CLOSED) {
        return fb_script_complain(
            &p->cursor, "%s has half-closed and can send no more", step->name);
    }
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

static int parse_leave(struct parser *p, struct fb_script_step *step) {
    int i = take_open_name(p, step);

    if (i < 0) {
        return i;
    }
    if (step->verb != FB_SCRIPT_HALFCLOSE) {
        p->cast.clients[i].fate = IS_GONE;
    } else if (p->cast.clients[i].fate == IS_HALF_CLOSED) {
        return fb_script_complain(&p->cursor, "%s has half-closed already",
                                  step->name);
    } else {
        p->cast.clients[i].fate = IS_HALF_CLOSED;
    }
    return 0;
}

static int parse_expect(struct parser *p, struct fb_script_step *step) {
    int i = take_known_name(p, step);

    if (i < 0) {
        return i;
    }
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

static int parse_text(struct parser *p, struct fb_script_step *step) {
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

static int parse_pause(struct parser *p, struct fb_script_step *step) {
    return fb_script_duration(&p->cursor, FB_SCRIPT_PAUSE_MAX_S * 1000000000ull,
                              &step->number);
}

// The kinds of event that can be waited for are those of the vocabulary.
static int parse_wait_event(struct parser *p, struct fb_script_step *step) {
    const char *word;
    size_t len = fb_script_word(&p->cursor, &word);

    step->what = FB_WAIT_EVENT;
    for (int kind = FB_EV_NONE + 1; kind < FB_EV_KINDS && len > 0; kind++) {
        if (is_word(word, len, fb_name_event((enum fb_event_kind)kind))) {
            step->number = (uint64_t)kind;
            return 0;
        }
    }
    return fb_script_complain(&p->cursor,
                              "wait event needs a kind (TASK_DONE, WAKE, …)");
}

static int parse_wait(struct parser *p, struct fb_script_step *step) {
    static const char *const words[] = {"prompt", "reply", "closed"};
    struct fb_script_cursor ahead = p->cursor;
    const char *word;
    size_t len = fb_script_word(&ahead, &word);
    int i;

    if (is_word(word, len, "tasks")) {
        p->cursor = ahead;
        step->what = FB_WAIT_TASKS;
        return fb_script_number(&p->cursor, "wait tasks", UINT32_MAX,
                                &step->number);
    }
    if (is_word(word, len, "event")) {
        p->cursor = ahead;
        return parse_wait_event(p, step);
    }
    i = take_known_name(p, step);
    if (i < 0) {
        return i;
    }
    len = fb_script_word(&p->cursor, &word);
    for (int w = 0; w < 3; w++) {
        if (is_word(word, len, words[w])) {
            step->what = (enum fb_script_wait)(FB_WAIT_PROMPT + w);
            return 0;
        }
    }
    return fb_script_complain(
        &p->cursor, "wait for what of %s? (prompt, reply, closed)", step->name);
}

static int parse_step(struct parser *p, struct fb_script_step *step) {
    static const struct {
        const char *word;
        enum fb_control_step step;
    } units[] = {{"event", FB_STEP_EVENT},
                 {"poll", FB_STEP_POLL},
                 {"wake", FB_STEP_WAKE},
                 {"turn", FB_STEP_TURN}};
    const char *word;
    size_t len = fb_script_word(&p->cursor, &word);

    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]); i++) {
        if (is_word(word, len, units[i].word)) {
            step->number = units[i].step;
            return 0;
        }
    }
    return fb_script_complain(&p->cursor,
                              "step what? (event, poll, wake, turn)");
}

static int parse_select(struct parser *p, struct fb_script_step *step) {
    struct fb_script_cursor ahead = p->cursor;
    const char *word;
    size_t len = fb_script_word(&ahead, &word);
    int i;

    if (is_word(word, len, "task")) {
        p->cursor = ahead;
        return fb_script_number(&p->cursor, "select task", UINT32_MAX,
                                &step->number);
    }
    i = take_known_name(p, step);
    return i < 0 ? i : 0;
}

static const struct {
    const char *word;
    enum fb_script_verb verb;
    parse_fn *parse;
} verbs[] = {
    {"client", FB_SCRIPT_CLIENT, parse_client},
    {"send", FB_SCRIPT_SEND, parse_send},
    {"hangup", FB_SCRIPT_HANGUP, parse_leave},
    {"halfclose", FB_SCRIPT_HALFCLOSE, parse_leave},
    {"reset", FB_SCRIPT_RESET, parse_leave},
    {"expect", FB_SCRIPT_EXPECT, parse_expect},
    {"wait", FB_SCRIPT_WAIT, parse_wait},
    {"pause", FB_SCRIPT_PAUSE, parse_pause},
    {"say", FB_SCRIPT_SAY, parse_text},
    {"ask", FB_SCRIPT_ASK, parse_text},
    {"stop", FB_SCRIPT_STOP, parse_none},
    {"run", FB_SCRIPT_RUN, parse_none},
    {"step", FB_SCRIPT_STEP, parse_step},
    {"select", FB_SCRIPT_SELECT, parse_select},
    {"end", FB_SCRIPT_END, parse_none},
};

// ---- lines -----------------------------------------------------------------

static int keep_step(struct fb_script *s, const struct fb_script_step *step) {
    if (s->count == s->capacity) {
        size_t capacity = s->capacity ? s->capacity * 2 : 32;
        struct fb_script_step *steps =
            reallocarray(s->steps, capacity, sizeof(*steps));
        if (!steps) {
            return -ENOMEM;
        }
        s->steps = steps;
        s->capacity = capacity;
    }
    s->steps[s->count++] = *step;
    return 0;
}

static int parse_command(struct parser *p, struct fb_script_step *step) {
    const char *word;
    size_t len = fb_script_word(&p->cursor, &word);
    char safe[64];
    int err;

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (!is_word(word, len, verbs[i].word)) {
            continue;
        }
        step->verb = verbs[i].verb;
        err = verbs[i].parse(p, step);
        if (!err && !fb_script_at_end(&p->cursor)) {
            return fb_script_complain(
                &p->cursor, "nothing more may follow this `%s`", verbs[i].word);
        }
        return err;
    }
    fb_text_sanitise(word, len, safe, sizeof(safe));
    return fb_script_complain(&p->cursor, "`%s` is no command", safe);
}

static int check_line(struct fb_script_cursor *c) {
    if (c->end - c->at > FB_SCRIPT_LINE_BYTES) {
        return fb_script_complain(c, "a line has %d bytes at most",
                                  FB_SCRIPT_LINE_BYTES);
    }
    for (const char *at = c->at; at < c->end; at++) {
        unsigned char byte = (unsigned char)*at;
        if ((byte < 0x20 && byte != '\t') || byte == 0x7F) {
            return fb_script_complain(
                c, "a raw control byte 0x%02x (write it as \\x%02x)", byte,
                byte);
        }
    }
    if (!fb_text_is_utf8(c->at, (size_t)(c->end - c->at))) {
        return fb_script_complain(c, "not UTF-8 (write odd bytes as \\xNN)");
    }
    return 0;
}

static int parse_line(struct fb_script *s, struct parser *p) {
    struct fb_script_step step = {.line = p->cursor.line};
    int err = check_line(&p->cursor);

    if (err || fb_script_at_end(&p->cursor)) {
        return err;
    }
    if (s->count > 0 && s->steps[s->count - 1].verb == FB_SCRIPT_END) {
        return fb_script_complain(&p->cursor, "nothing may follow `end`");
    }
    if (s->count == FB_SCRIPT_STEPS_MAX) {
        return fb_script_complain(&p->cursor, "a script has %d steps at most",
                                  FB_SCRIPT_STEPS_MAX);
    }
    err = parse_command(p, &step);
    if (!err) {
        err = keep_step(s, &step);
    }
    if (err) {
        free(step.text);
    }
    return err;
}

static int parse_lines(struct fb_script *s, struct parser *p, const char *text,
                       size_t len) {
    const char *at = text, *end = text + len;

    while (at < end) {
        const char *line_end = memchr(at, '\n', (size_t)(end - at));
        const char *next = line_end ? line_end + 1 : end;
        int err;

        line_end = line_end ? line_end : end;
        if (line_end > at && line_end[-1] == '\r') {
            line_end--;
        }
        p->cursor.line++;
        p->cursor.at = at;
        p->cursor.end = line_end;
        err = parse_line(s, p);
        if (err) {
            return err;
        }
        at = next;
    }
    if (s->count == 0) {
        p->cursor.line = 1;
        return fb_script_complain(&p->cursor, "the script has no command");
    }
    return 0;
}

int fb_script_parse(struct fb_script *s, const char *file, const char *text,
                    size_t len, char *why, size_t why_bytes) {
    struct parser p = {
        .cursor = {.file = file, .why = why, .why_bytes = why_bytes}};
    int err = -ENOMEM;

    *s = (struct fb_script){.file = strdup(file)};
    if (s->file) {
        err = parse_lines(s, &p, text, len);
    }
    if (err == -ENOMEM) {
        snprintf(why, why_bytes, "out of memory");
    }
    if (err) {
        fb_script_deinit(s);
    }
    return err;
}

// ---- files -----------------------------------------------------------------

static int read_whole(int fd, char *buf, size_t max, size_t *ret_len) {
    size_t len = 0;

    while (len < max) {
        ssize_t n = read(fd, buf + len, max - len);
        if (n < 0 && errno == EINTR) {
            continue;
        }
        if (n < 0) {
            return -errno;
        }
        if (n == 0) {
            break;
        }
        len += (size_t)n;
    }
    *ret_len = len;
    return len == max ? -EFBIG : 0;
}

int fb_script_read(struct fb_script *s, const char *path, char *why,
                   size_t why_bytes) {
    char *buf = malloc(FB_SCRIPT_FILE_BYTES + 1);
    // A FIFO as script must not hang us before the first picture.
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    size_t len = 0;
    char safe[256];
    int err;

    *s = (struct fb_script){0};
    err = fd < 0 ? -errno : !buf ? -ENOMEM : 0;
    if (!err) {
        err = read_whole(fd, buf, FB_SCRIPT_FILE_BYTES + 1, &len);
    }
    if (err) {
        fb_text_sanitise(path, strlen(path), safe, sizeof(safe));
        snprintf(why, why_bytes, "%s: %s", safe, strerror(-err));
    } else {
        err = fb_script_parse(s, path, buf, len, why, why_bytes);
    }
    if (fd >= 0) {
        close(fd);
    }
    free(buf);
    return err;
}

void fb_script_deinit(struct fb_script *s) {
    for (size_t i = 0; i < s->count; i++) {
        free(s->steps[i].text);
    }
    free(s->steps);
    free(s->file);
    *s = (struct fb_script){0};
}

size_t fb_script_place(const struct fb_script *s,
                       const struct fb_script_step *step, char *out,
                       size_t out_bytes) {
    const char *base = strrchr(s->file, '/');
    char safe[256];
    int n;

    base = base ? base + 1 : s->file;
    fb_text_sanitise(base, strlen(base), safe, sizeof(safe));
    n = snprintf(out, out_bytes, "%s:%u", safe, step->line);
    return n < 0 ? 0 : (size_t)n;
}
