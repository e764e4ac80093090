// What the verb says. All of it goes to stderr: stdout is the command's.
#include "record_words.h"
#include "fishbowl/trace/text.h"
#include "recording.h"
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

enum {
    NUMBER_BYTES = 32,
    SAFE_BYTES = 1024,
    ARGUMENT_BYTES = 2 * SAFE_BYTES,
    // Of a short one the source text is the most: no measure of an event.
    MEASURED = 10000, // events
};

// 1234567 as "1,234,567".
static const char *grouped(uint64_t number, char *out) {
    char digits[NUMBER_BYTES];
    const int len = snprintf(digits, sizeof(digits), "%" PRIu64, number);
    char *to = out;

    for (int i = 0; i < len; i++) {
        if (i > 0 && (len - i) % 3 == 0) {
            *to++ = ',';
        }
        *to++ = digits[i];
    }
    *to = '\0';
    return out;
}

// "312 bytes", "5.1 MB".
static void say_size(char *out, size_t out_bytes, uint64_t bytes) {
    if (bytes < 10000) {
        snprintf(out, out_bytes, "%" PRIu64 " bytes", bytes);
    } else if (bytes < 100000) {
        snprintf(out, out_bytes, "%.1f kB", (double)bytes / 1e3);
    } else {
        snprintf(out, out_bytes, "%.1f MB", (double)bytes / 1e6);
    }
}

static double bytes_each(const struct fb_record_result *r) {
    return r->events > 0 ? (double)r->bytes / (double)r->events : 0;
}

// "run.fish", "./-x", "'two words'": as a shell and a verb take it. Control
// characters are sanitised: such a name has to be typed by hand.
static void say_argument(char out[ARGUMENT_BYTES], const char *file) {
    static const char PLAIN[] = "abcdefghijklmnopqrstuvwxyz"
                                "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-./+,:@%";
    static const char QUOTE[] = "'\\''"; // inside quotes
    const bool is_other =
        file[0] == '-' || file[strspn(file, "0123456789")] == '\0';
    const char *before = is_other ? "./" : ""; // an option, a pid
    char safe[SAFE_BYTES];
    size_t len;

    fb_text_sanitise(file, strlen(file), safe, sizeof(safe));
    if (safe[strspn(safe, PLAIN)] == '\0') {
        snprintf(out, ARGUMENT_BYTES, "%s%s", before, safe);
        return;
    }
    len = (size_t)snprintf(out, ARGUMENT_BYTES, "'%s", before);
    for (const char *at = safe; *at != '\0'; at++) {
        if (len + sizeof(QUOTE) < ARGUMENT_BYTES) {
            len += (size_t)snprintf(out + len, ARGUMENT_BYTES - len, "%.*s",
                                    *at == '\'' ? (int)sizeof(QUOTE) : 1,
                                    *at == '\'' ? QUOTE : at);
        }
    }
    snprintf(out + len, ARGUMENT_BYTES - len, "'");
}

// ---- while it goes on ----

static int shown; // columns of the line on the terminal

void fb_record_say_progress(const struct fb_record_result *r, bool whole_line) {
    char events[NUMBER_BYTES], rate[NUMBER_BYTES], lost[NUMBER_BYTES];
    char size[NUMBER_BYTES], each[NUMBER_BYTES] = "", line[160];
    const double seconds = (double)r->run_ns / 1e9;
    const uint64_t per_second =
        seconds > 0 ? (uint64_t)((double)r->events / seconds) : 0;
    int len;

    say_size(size, sizeof(size), r->bytes);
    if (r->events >= MEASURED) {
        snprintf(each, sizeof(each), ", %.1f B/event", bytes_each(r));
    }
    len = snprintf(line, sizeof(line),
                   "recording: %s events, %s%s, %s/s, %s lost",
                   grouped(r->events, events), size, each,
                   grouped(per_second, rate), grouped(r->lost, lost));
    if (whole_line) {
        fprintf(stderr, "%s\n", line);
        return;
    }
    fprintf(stderr, "\r%s%*s", line, shown > len ? shown - len : 0, "");
    shown = len;
}

void fb_record_clear_progress(void) {
    if (shown > 0) {
        fprintf(stderr, "\r%*s\r", shown, "");
        shown = 0;
    }
}

// ---- the end ----

static const char *why_over(const struct fb_record_result *r,
                            const struct fb_command *command) {
    switch (r->why) {
    case FB_RECORD_PROGRAM_CLOSED: return "until the program ended";
    case FB_RECORD_PROGRAM_KILLED: return "until the program was killed";
    case FB_RECORD_BOUND:
    case FB_RECORD_STOPPED: break;
    }
    return command != NULL ? "until it was ended" : "the program runs on";
}

// What whoever replays it elsewhere will not see, or see wrongly.
static void say_sources(const struct fb_record_result *r) {
    if (r->missing > 0) {
        fprintf(stderr,
                "fishbowl: the text of %zu source file%s is not in it: it was "
                "not found (FISHBOWL_SOURCE says where)\n",
                r->missing, r->missing == 1 ? "" : "s");
    }
    if (r->changed > 0) {
        fprintf(stderr,
                "fishbowl: %zu source file%s written after the program was "
                "started: lines may be off\n",
                r->changed, r->changed == 1 ? " was" : "s were");
    }
}

void fb_record_say_end(const char *file, const struct fb_record_result *r,
                       const struct fb_command *command) {
    char events[NUMBER_BYTES], first[NUMBER_BYTES], lost[NUMBER_BYTES];
    char size[NUMBER_BYTES], safe[SAFE_BYTES], argument[ARGUMENT_BYTES];

    fb_text_sanitise(file, strlen(file), safe, sizeof(safe));
    say_size(size, sizeof(size), r->bytes);
    fprintf(stderr, "fishbowl: recorded %s event%s", grouped(r->events, events),
            r->events == 1 ? "" : "s");
    if (r->first > 1) {
        fprintf(stderr, ", from event %s on", grouped(r->first, first));
    }
    if (r->events >= MEASURED) {
        fprintf(stderr, " (%s, %.1f bytes each), ", size, bytes_each(r));
    } else {
        fprintf(stderr, " (%s), ", size);
    }
    if (r->lost == 0) {
        fprintf(stderr, "none lost, ");
    } else {
        fprintf(stderr, "%s LOST (overwritten before they were read), ",
                grouped(r->lost, lost));
    }
    fprintf(stderr, "%s: %s\n", why_over(r, command), safe);
    if (r->waited_ns >= 1000000) {
        fprintf(stderr,
                "fishbowl: the program waited %" PRIu64
                " ms in all, for its events to be taken\n",
                r->waited_ns / 1000000);
    }
    say_sources(r);
    say_argument(argument, file);
    fprintf(stderr, "Replay: fishbowl watch %s\n", argument);
}

void fb_record_say_failure(const char *what, const char *why) {
    char safe[SAFE_BYTES], safe_what[SAFE_BYTES];

    fb_text_sanitise(what, strlen(what), safe_what, sizeof(safe_what));
    fb_text_sanitise(why, strlen(why), safe, sizeof(safe));
    fprintf(stderr, "fishbowl: record: %s: %s\n", safe_what, safe);
}

// Asked of the file itself: what we gave away may not have come there.
void fb_record_say_kept(const char *file) {
    char argument[ARGUMENT_BYTES], why[FB_RECORDING_WHY_BYTES];
    char first[NUMBER_BYTES], last[NUMBER_BYTES];
    struct fb_recording_head head;
    struct fb_recording_reader *reader;
    struct fb_record record;
    uint64_t from = 0, to = 0;

    say_argument(argument, file);
    if (fb_recording_open(&reader, file, &head, why, sizeof(why)) < 0) {
        reader = NULL;
    }
    while (reader != NULL && fb_recording_read(reader, &record) == 1) {
        if (record.kind == FB_RECORD_EVENTS) {
            from = from != 0 ? from : record.first;
            to = record.last;
        }
    }
    fb_recording_close(reader);
    if (from == 0) {
        fprintf(stderr, "fishbowl: %s holds no event\n", argument);
        return;
    }
    fprintf(stderr, "fishbowl: events %s to %s are kept: fishbowl watch %s\n",
            grouped(from, first), grouped(to, last), argument);
}

void fb_record_say_status(const char *name, const struct fb_command *c) {
    char safe[SAFE_BYTES];

    if (!c->ended || c->status == 0) {
        return;
    }
    fb_text_sanitise(name, strlen(name), safe, sizeof(safe));
    if (WIFSIGNALED(c->status)) {
        fprintf(stderr, "fishbowl: %s was ended by signal %d (%s)\n", safe,
                WTERMSIG(c->status), strsignal(WTERMSIG(c->status)));
    } else {
        fprintf(stderr, "fishbowl: %s ended with status %d\n", safe,
                WEXITSTATUS(c->status));
    }
}
