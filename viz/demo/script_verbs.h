// The grammar of one command, between the words and the file.
#ifndef FISHBOWL_DEMO_SCRIPT_VERBS_H
#define FISHBOWL_DEMO_SCRIPT_VERBS_H

#include "script.h"
#include "script_text.h"

// What is known of a client at some line of the script.
enum fb_script_fate { FB_FATE_OPEN, FB_FATE_HALF_CLOSED, FB_FATE_GONE };

struct fb_script_parser {
    struct fb_script_cursor cursor;
    struct {
        char name[FB_SCRIPT_NAME_BYTES + 1];
        enum fb_script_fate fate;
    } cast[FB_SCRIPT_CLIENTS_MAX];
    size_t cast_count;
    char bookmarks[FB_SCRIPT_BOOKMARKS_MAX][FB_SCRIPT_NAME_BYTES + 1];
    size_t bookmark_count;
    unsigned times;   // that the command is done, one after another
    unsigned choices; // of a question that still needs its answer
    bool asked;       // the last command was `ask` or `choice`
};

// A line that says what is played, not what happens: `program`, `serve`.
// Returns 1 if it was one and *s has it, 0 if not. Errors: as below.
__attribute__((warn_unused_result)) int
fb_script_header(struct fb_script_parser *p, struct fb_script *s);

// A question with choices must have its answer before `next` comes.
__attribute__((warn_unused_result)) int
fb_script_check_choices(struct fb_script_parser *p, const char *next);

// Parses the command at the cursor into *step. `step->text` may be set on
// failure too. Errors: -EINVAL complained about, -ENOMEM.
__attribute__((warn_unused_result)) int
fb_script_command(struct fb_script_parser *p, struct fb_script_step *step);

// ---- between script_verbs.c, script_class.c and script_marks.c ----

typedef int fb_script_parse_fn(struct fb_script_parser *p,
                               struct fb_script_step *step);
fb_script_parse_fn fb__script_ask, fb__script_choice, fb__script_answer,
    fb__script_quiz, fb__script_show, fb__script_highlight, fb__script_slow,
    fb__script_timeout, fb__script_fault, fb__script_unfault,
    fb__script_bookmark;
// The form that names of clients and of moments have.
bool fb__script_is_name(const char *word, size_t len);
bool fb__script_is(const char *word, size_t len, const char *text);
// The word as a string. NULL: out of memory. Ownership: the caller frees it.
char *fb__script_copy(const char *word, size_t len);
// `NAME` of a client or `task N`, as select has it.
fb_script_parse_fn fb__script_task;

#endif
