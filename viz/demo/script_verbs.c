// The grammar of a script: one table of verbs.
//
// Problem: a teacher writes these by hand before a lesson; a mistake must be
// named with its line before the class sits there, not while it watches.
// Idea: each verb has a parser of its arguments; beside the steps a small
// register of clients follows who is connected, half-closed or gone, so that a
// play which can never work is refused at once.
#include "script_verbs.h"
#include "fishbowl/trace/control.h"
#include "fishbowl/trace/text.h"
#include "story.h"
#include <errno.h>
#include <stdlib.h>
#include <string.h>

// ---- names -----------------------------------------------------------------

static bool is_name_byte(char ch) {
    return (ch >= 'a' && ch <= 'z') || (ch >= 'A' && ch <= 'Z') ||
           (ch >= '0' && ch <= '9') || ch == '_' || ch == '-';
}

bool fb__script_is(const char *word, size_t len, const char *text) {
    return strlen(text) == len && memcmp(word, text, len) == 0;
}

bool fb__script_is_name(const char *word, size_t len) {
    for (size_t i = 0; i < len; i++) {
        if (!is_name_byte(word[i])) {
            return false;
        }
    }
    return len > 0 && len <= FB_SCRIPT_NAME_BYTES;
}

static int check_name(struct fb_script_cursor *c, const char *word,
                      size_t len) {
    static const char *const reserved[] = {"task", "tasks", "event", "end",
                                           "none", "pane",  "future"};

    if (len == 0) {
        return fb_script_complain(c, "a client's name must follow");
    }
    if (len > FB_SCRIPT_NAME_BYTES) {
        return fb_script_complain(c, "a client's name has %d letters at most",
                                  FB_SCRIPT_NAME_BYTES);
    }
    if (!fb__script_is_name(word, len)) {
        return fb_script_complain(
            c, "a client's name here is letters, digits, - and _ (what it "
               "sends may be anything)");
    }
    for (size_t i = 0; i < sizeof(reserved) / sizeof(reserved[0]); i++) {
        if (fb__script_is(word, len, reserved[i])) {
            return fb_script_complain(c,
                                      "\"%s\" is a word of the script and "
                                      "cannot name a client",
                                      reserved[i]);
        }
    }
    return 0;
}

static int take_name(struct fb_script_parser *p, struct fb_script_step *step) {
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

static int find_client(const struct fb_script_parser *p, const char *name) {
    for (size_t i = 0; i < p->cast_count; i++) {
        if (strcmp(p->cast[i].name, name) == 0) {
            return (int)i;
        }
    }
    return -1;
}

// A name that an earlier line connected; its index in the cast or an error.
static int take_known_name(struct fb_script_parser *p,
                           struct fb_script_step *step) {
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
static int take_open_name(struct fb_script_parser *p,
                          struct fb_script_step *step) {
    int i = take_known_name(p, step);

    if (i >= 0 && p->cast[i].fate == FB_FATE_GONE) {
        return fb_script_complain(&p->cursor, "%s has hung up before this line",
                                  step->name);
    }
    return i;
}

// ---- one parser per form of command ----------------------------------------

static int parse_none(struct fb_script_parser *p, struct fb_script_step *step) {
    (void)p, (void)step;
    return 0;
}

static int parse_client(struct fb_script_parser *p,
                        struct fb_script_step *step) {
    int err = take_name(p, step);

    if (err) {
        return err;
    }
    if (find_client(p, step->name) >= 0) {
        return fb_script_complain(&p->cursor, "there is a client %s already",
                                  step->name);
    }
    if (p->cast_count == FB_SCRIPT_CLIENTS_MAX) {
        return fb_script_complain(&p->cursor, "a script has %d clients at most",
                                  FB_SCRIPT_CLIENTS_MAX);
    }
    strcpy(p->cast[p->cast_count].name, step->name);
    p->cast[p->cast_count++].fate = FB_FATE_OPEN;
    return 0;
}

static int parse_send(struct fb_script_parser *p, struct fb_script_step *step) {
    int i = take_open_name(p, step);

    if (i < 0) {
        return i;
    }
    if (p->cast[i].fate == FB_FATE_HALF_CLOSED) {
        return fb_script_complain(
            &p->cursor, "%s has half-closed and can send no more", step->name);
    }
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

static int parse_leave(struct fb_script_parser *p,
                       struct fb_script_step *step) {
    int i = take_open_name(p, step);

    if (i < 0) {
        return i;
    }
    if (step->verb != FB_SCRIPT_HALFCLOSE) {
        p->cast[i].fate = FB_FATE_GONE;
    } else if (p->cast[i].fate == FB_FATE_HALF_CLOSED) {
        return fb_script_complain(&p->cursor, "%s has half-closed already",
                                  step->name);
    } else {
        p->cast[i].fate = FB_FATE_HALF_CLOSED;
    }
    return 0;
}

static int parse_expect(struct fb_script_parser *p,
                        struct fb_script_step *step) {
    int i = take_known_name(p, step);

    if (i < 0) {
        return i;
    }
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

static int parse_text(struct fb_script_parser *p, struct fb_script_step *step) {
    return fb_script_string(&p->cursor, &step->text, &step->text_len);
}

static int parse_pause(struct fb_script_parser *p,
                       struct fb_script_step *step) {
    return fb_script_duration(&p->cursor, FB_SCRIPT_PAUSE_MAX_S * 1000000000ull,
                              &step->number);
}

// The kinds of event that can be waited for are those of the vocabulary.
static int parse_wait_event(struct fb_script_parser *p,
                            struct fb_script_step *step) {
    const char *word;
    size_t len = fb_script_word(&p->cursor, &word);

    step->what = FB_WAIT_EVENT;
    for (int kind = FB_EV_NONE + 1; kind < FB_EV_KINDS && len > 0; kind++) {
        if (fb__script_is(word, len, fb_name_event((enum fb_event_kind)kind))) {
            step->number = (uint64_t)kind;
            return 0;
        }
    }
    return fb_script_complain(&p->cursor,
                              "wait event needs a kind (TASK_DONE, WAKE, …)");
}

static int parse_wait(struct fb_script_parser *p, struct fb_script_step *step) {
    static const struct {
        const char *word;
        enum fb_script_wait what;
    } words[] = {{"prompt", FB_WAIT_PROMPT},
                 {"reply", FB_WAIT_REPLY},
                 {"closed", FB_WAIT_CLOSED},
                 {"pending", FB_WAIT_PENDING}};
    struct fb_script_cursor ahead = p->cursor;
    const char *word;
    size_t len = fb_script_word(&ahead, &word);
    int i;

    if (fb__script_is(word, len, "tasks")) {
        p->cursor = ahead;
        step->what = FB_WAIT_TASKS;
        return fb_script_number(&p->cursor, "wait tasks", UINT32_MAX,
                                &step->number);
    }
    if (fb__script_is(word, len, "event")) {
        p->cursor = ahead;
        return parse_wait_event(p, step);
    }
    if (fb__script_is(word, len, "end")) {
        p->cursor = ahead;
        step->what = FB_WAIT_END;
        return 0;
    }
    i = take_known_name(p, step);
    if (i < 0) {
        return i;
    }
    len = fb_script_word(&p->cursor, &word);
    for (size_t w = 0; w < sizeof(words) / sizeof(words[0]); w++) {
        if (fb__script_is(word, len, words[w].word)) {
            step->what = words[w].what;
            return 0;
        }
    }
    return fb_script_complain(
        &p->cursor, "wait for what of %s? (prompt, reply, closed, pending)",
        step->name);
}

// How often, behind the unit; without a number once.
static int take_times(struct fb_script_parser *p) {
    uint64_t times = 1;
    int err = 0;

    if (!fb_script_at_end(&p->cursor)) {
        err = fb_script_number(&p->cursor, "step", FB_SCRIPT_TIMES_MAX, &times);
    }
    if (!err && times == 0) {
        err = fb_script_complain(&p->cursor, "step goes on once at least");
    }
    p->times = (unsigned)times;
    return err;
}

static int parse_step(struct fb_script_parser *p, struct fb_script_step *step) {
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
        if (fb__script_is(word, len, units[i].word)) {
            step->number = units[i].step;
            return take_times(p);
        }
    }
    return fb_script_complain(&p->cursor,
                              "step what? (event, poll, wake, turn)");
}

static int parse_open(struct fb_script_parser *p, struct fb_script_step *step) {
    const int i = take_open_name(p, step);

    return i < 0 ? i : 0;
}

int fb__script_task(struct fb_script_parser *p, struct fb_script_step *step) {
    struct fb_script_cursor ahead = p->cursor;
    const char *word;
    size_t len = fb_script_word(&ahead, &word);
    int i;

    if (fb__script_is(word, len, "task")) {
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
    fb_script_parse_fn *parse;
} verbs[] = {
    {"client", FB_SCRIPT_CLIENT, parse_client},
    {"send", FB_SCRIPT_SEND, parse_send},
    {"hangup", FB_SCRIPT_HANGUP, parse_leave},
    {"halfclose", FB_SCRIPT_HALFCLOSE, parse_leave},
    {"reset", FB_SCRIPT_RESET, parse_leave},
    {"stopread", FB_SCRIPT_STOPREAD, parse_open},
    {"read", FB_SCRIPT_READ, parse_open},
    {"expect", FB_SCRIPT_EXPECT, parse_expect},
    {"wait", FB_SCRIPT_WAIT, parse_wait},
    {"pause", FB_SCRIPT_PAUSE, parse_pause},
    {"say", FB_SCRIPT_SAY, parse_text},
    {"ask", FB_SCRIPT_ASK, fb__script_ask},
    {"choice", FB_SCRIPT_CHOICE, fb__script_choice},
    {"answer", FB_SCRIPT_ANSWER, fb__script_answer},
    {"quiz", FB_SCRIPT_QUIZ, fb__script_quiz},
    {"stop", FB_SCRIPT_STOP, parse_none},
    {"run", FB_SCRIPT_RUN, parse_none},
    {"step", FB_SCRIPT_STEP, parse_step},
    {"select", FB_SCRIPT_SELECT, fb__script_task},
    {"show", FB_SCRIPT_SHOW, fb__script_show},
    {"watch", FB_SCRIPT_SHOW, fb__script_show},
    {"highlight", FB_SCRIPT_HIGHLIGHT, fb__script_highlight},
    {"slow", FB_SCRIPT_SLOW, fb__script_slow},
    {"timeout", FB_SCRIPT_TIMEOUT, fb__script_timeout},
    {"fault", FB_SCRIPT_FAULT, fb__script_fault},
    {"unfault", FB_SCRIPT_UNFAULT, fb__script_unfault},
    {"mark", FB_SCRIPT_BOOKMARK, fb__script_bookmark},
    {"end", FB_SCRIPT_END, parse_none},
};

int fb_script_command(struct fb_script_parser *p, struct fb_script_step *step) {
    const char *word;
    size_t len = fb_script_word(&p->cursor, &word);
    char safe[64];
    int err;

    for (size_t i = 0; i < sizeof(verbs) / sizeof(verbs[0]); i++) {
        if (!fb__script_is(word, len, verbs[i].word)) {
            continue;
        }
        step->verb = verbs[i].verb;
        if (step->verb != FB_SCRIPT_CHOICE && step->verb != FB_SCRIPT_ANSWER) {
            err = fb_script_check_choices(p, verbs[i].word);
            if (err) {
                return err;
            }
            p->asked = false;
        }
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
