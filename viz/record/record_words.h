// What the verb says while it records, and at the end.
#ifndef FISHBOWL_RECORD_WORDS_H
#define FISHBOWL_RECORD_WORDS_H

#include "command.h"
#include "record.h"

// A line on the terminal that is written anew each time; all blank at the end.
// `whole_line`: one that stays, where somebody else writes, too.
void fb_record_say_progress(const struct fb_record_result *so_far,
                            bool whole_line);
void fb_record_clear_progress(void);
// How a recording ended: what it holds, what is missing, and why it is over.
// `command`: what was started for it, NULL a program that ran already.
void fb_record_say_end(const char *file, const struct fb_record_result *result,
                       const struct fb_command *command);
// That it went wrong. Texts are sanitised here.
void fb_record_say_failure(const char *what, const char *why);
// Which events a recording holds that could not be finished.
void fb_record_say_kept(const char *file);
// Says how a command ended, unless it was well.
void fb_record_say_status(const char *name, const struct fb_command *command);

#endif
