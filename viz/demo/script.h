// A demo script: a small plain-text play for scripted clients and one greeter.
//
// Demos, lessons and tests share this one format (README.md describes it): the
// same file plays slowly for a class and at once without a terminal. Parsing
// is pure and treats the file as hostile; whatever can be known to be wrong
// before playing (a client that was never connected, a bad escape) is an error
// with its place, "FILE:LINE: why".
#ifndef FISHBOWL_DEMO_SCRIPT_H
#define FISHBOWL_DEMO_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FB_SCRIPT_NAME_BYTES = 31,       // longest name of a client
    FB_SCRIPT_LINE_BYTES = 8192,     // longest line
    FB_SCRIPT_FILE_BYTES = 1u << 20, // largest file
    FB_SCRIPT_STEPS_MAX = 10000,
    FB_SCRIPT_CLIENTS_MAX = 64,
    FB_SCRIPT_PAUSE_MAX_S = 600,
    FB_SCRIPT_CHOICES_MAX = 6,
    FB_SCRIPT_ARGS_MAX = 8,
    FB_SCRIPT_SPEED_MAX = 1000000, // events per second
    FB_SCRIPT_BOOKMARKS_MAX = 64,
    FB_SCRIPT_EXERCISE_BYTES = 63, // longest name of an exercise
    FB_SCRIPT_VARIANT_BYTES = 95,  // and of a form of it
    FB_SCRIPT_WORLDS_MAX = 99,
    FB_SCRIPT_TIMES_MAX = 99, // `step poll 99`
};

enum fb_script_verb {
    // acts of a client
    FB_SCRIPT_CLIENT,    // connect a new client `name`
    FB_SCRIPT_SEND,      // `text` as `name`
    FB_SCRIPT_HANGUP,    // close
    FB_SCRIPT_HALFCLOSE, // send no more, still listen
    FB_SCRIPT_RESET,     // close with a reset
    FB_SCRIPT_STOPREAD,  // read nothing more
    FB_SCRIPT_READ,      // and again
    // the rest
    FB_SCRIPT_EXPECT,    // what came since the last send is `text`
    FB_SCRIPT_WAIT,      // `what`; `name` or `number`
    FB_SCRIPT_PAUSE,     // `number` ns, in class only
    FB_SCRIPT_SAY,       // `text` for the class
    FB_SCRIPT_ASK,       // `text`, waits for a key in class
    FB_SCRIPT_CHOICE,    // `text`: a possible answer to it
    FB_SCRIPT_ANSWER,    // choice `number` (from 1) is right, because `text`
    FB_SCRIPT_QUIZ,      // a question made from the events; `number`: kinds
    FB_SCRIPT_STOP,      // the executor stands still
    FB_SCRIPT_RUN,       //
    FB_SCRIPT_STEP,      // `number` is an enum fb_control_step
    FB_SCRIPT_SELECT,    // `name`, or task `number` if `name` is ""
    FB_SCRIPT_SHOW,      // brings the pane `text` up
    FB_SCRIPT_HIGHLIGHT, // `what` to look at: `text`, or as FB_SCRIPT_SELECT
    FB_SCRIPT_SLOW,      // `number` events per second, 0 all; in class only
    FB_SCRIPT_TIMEOUT,   // `number` ns: the longest wait from here on
    FB_SCRIPT_FAULT,     // fault `what` is there from here on
    FB_SCRIPT_UNFAULT,   // no fault any more
    FB_SCRIPT_BOOKMARK,  // this moment is `name`; with `text`: that place is
    FB_SCRIPT_END,
};

enum fb_script_wait {
    FB_WAIT_PROMPT,
    FB_WAIT_REPLY,
    FB_WAIT_CLOSED,
    FB_WAIT_TASKS,   // `number` tasks are alive
    FB_WAIT_EVENT,   // an event of kind `number` since the last action
    FB_WAIT_PENDING, // the last poll of `name`'s task returned Pending
    FB_WAIT_END,     // the program has ended
};

enum fb_script_mark {
    FB_MARK_NOTHING,
    FB_MARK_PANE,
    FB_MARK_TASK,
    FB_MARK_FUTURE, // of the selected task, by the name of its type
};

enum fb_script_fault {
    FB_FAULT_EMFILE,     // the server has no descriptor left
    FB_FAULT_SHORT_READ, // what is sent arrives one byte first
};

struct fb_script_step {
    enum fb_script_verb verb;
    int what;      // enum fb_script_wait, _mark or _fault
    uint32_t line; // in the file, from 1
    char name[FB_SCRIPT_NAME_BYTES + 1];
    char *text; // raw bytes, NUL-ended beyond text_len; may hold NULs
    size_t text_len;
    uint64_t number;
};

struct fb_script {
    char *file; // as it was named: sanitise before showing
    // What is played: a scene (`program scene NAME`), an exercise of the course
    // (`program exercise NAME …`), else the greeter; and more arguments for
    // that (`serve OPTION …`).
    char scene[FB_SCRIPT_NAME_BYTES + 1];        // "" none
    char exercise[FB_SCRIPT_EXERCISE_BYTES + 1]; // "" none
    char variant[FB_SCRIPT_VARIANT_BYTES + 1];   // "" as it was handed out
    char order[48];                              // "seed:7/2"; "" the first
    char *args[FB_SCRIPT_ARGS_MAX + 1];          // NULL-ended
    struct fb_script_step *steps;
    size_t count, capacity;
};

// Parses `len` bytes. Ownership: the caller calls fb_script_deinit.
// Errors: -EINVAL with the place and reason in `why` (safe to print, always
// NUL-ended), -ENOMEM. On failure the script is empty.
__attribute__((warn_unused_result)) int
fb_script_parse(struct fb_script *s, const char *file, const char *text,
                size_t len, char *why, size_t why_bytes);
// The same from a file. Errors: also those of open and read, -EFBIG.
__attribute__((warn_unused_result)) int fb_script_read(struct fb_script *s,
                                                       const char *path,
                                                       char *why,
                                                       size_t why_bytes);
// Legal on a zeroed script.
void fb_script_deinit(struct fb_script *s);

// What is played, in a word: "greeter", "scene" or "exercise".
const char *fb_script_cast(const struct fb_script *s);
// Whether it is not the greeter: it stands before its first poll, its clients are
// its own, and its end is a part of the play.
bool fb_script_has_own_program(const struct fb_script *s);

// The names that `show` and `highlight` know, NULL-ended: those of the views.
extern const char *const fb_script_panes[];

// Writes "file.demo:12" (sanitised) for messages about a step.
size_t fb_script_place(const struct fb_script *s,
                       const struct fb_script_step *step, char *out,
                       size_t out_bytes);

#endif
