// A sheet: the questions of a lesson (lesson.h) as they are in one trace, in
// the order in which they are asked, and a person's answers in a file.
//
// An answer is written to the file at once, and then it stands: a prediction
// that is changed afterwards predicts nothing. Whoever wants to begin again
// edits the file; it is their own.
#ifndef FISHBOWL_SHEET_H
#define FISHBOWL_SHEET_H

#include "lesson.h"
#include "session.h"
#include <stdio.h>

struct fb_sheet_item {
    struct fb_lesson_question q;
    char answer[FB_LESSON_VALUE]; // "" not answered yet
    bool passed;                  // a teacher went on without an answer
    bool told;                    // it was said whether the answer is right
};

struct fb_sheet {
    struct fb_sheet_item *items; // rising by quiz.at
    size_t count;
    size_t left_out; // questions that this trace has no answer to
    struct {
        char name[FB_LESSON_NAME], why[FB_LESSON_WHY];
    } left[FB_LESSON_QUESTIONS];
    const char *answers; // path, borrowed; NULL: they are not kept
};

enum { FB_SHEET_WHY = 512 };

// Reads the lesson at `questions` and the answers that there are. What the
// trace has no answer to is left out; that all are is an error.
// Requires: all of the trace is loaded. Ownership: fb_sheet_destroy; `answers`
// stays with the caller and outlives the sheet.
// Errors: those of fopen, -EINVAL, -ENODATA, -ENOMEM; `why` is one sentence.
__attribute__((warn_unused_result)) int
fb_sheet_create(struct fb_sheet **ret_sheet, struct fb_session *s,
                const char *questions, const char *answers, char *why,
                size_t why_bytes);
void fb_sheet_destroy(struct fb_sheet *sheet); // NULL is legal

// Writes the answer down, as the choice's value. Errors: -EEXIST there is one
// already; those of writing a file: then it is not answered.
__attribute__((warn_unused_result)) int
fb_sheet_answer(struct fb_sheet *sheet, size_t index, int choice);

// What comes next: a question, or the truth about one that was answered. All
// that must be asked before a certain event is asked before anything of it is
// told, so that no truth tells another's answer.
struct fb_sheet_due {
    size_t index;
    bool tell;   // else: ask
    uint64_t at; // the event to stand at
};
// False: all is told.
bool fb_sheet_due(const struct fb_sheet *sheet, struct fb_sheet_due *ret_due);
// Whether a question is still to be asked.
bool fb_sheet_open(const struct fb_sheet *sheet);
struct fb_sheet_score {
    size_t answered, right;
};
struct fb_sheet_score fb_sheet_score(const struct fb_sheet *sheet);
// "3 of 5 answered, 2 right"
size_t fb_sheet_score_say(char *out, size_t out_bytes,
                          const struct fb_sheet *sheet);
// What is left to say at the end: the score, what was not right, how to go on.
void fb_sheet_print(const struct fb_sheet *sheet, FILE *out);

// Asks everything, line by line, with the sentences between: for screen readers
// and for scripts. `teacher`: an empty line shows the answer and writes
// nothing. Returns 1 if all are answered, 0 if `in` ended before. Errors: -EIO,
// -ENOMEM, those of fb_sheet_answer.
__attribute__((warn_unused_result)) int fb_sheet_ask(struct fb_sheet *sheet,
                                                     struct fb_session *s,
                                                     FILE *in, FILE *out,
                                                     bool teacher);

// Every question with its truth, for who teaches it: `print --questions`.
__attribute__((warn_unused_result)) int
fb_sheet_list(const struct fb_sheet *sheet, struct fb_session *s, FILE *out);

// The same as JSON, for programs: README.md has the schema. Errors: -ENOMEM,
// -EIO.
__attribute__((warn_unused_result)) int
fb_sheet_json(const struct fb_sheet *sheet, struct fb_session *s, FILE *out);

#endif
