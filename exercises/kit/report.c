// Problem: a sanitizer writes a page for experts.
// Idea: keep its first line, which names the mistake, and the lines of its
// stacks that lie in the learner's own files.
// Invariants: the text is hostile: it quotes the learner's program.
#include "kit_impl.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { REPORT_BYTES = 64 << 10, FRAMES = 12 };

static char *read_text(const char *path, long tail) {
    FILE *file = fopen(path, "re");
    char *text = calloc(1, REPORT_BYTES);

    if (file != NULL && text != NULL) {
        if (tail > 0 && fseek(file, -tail, SEEK_END) != 0) {
            (void)fseek(file, 0, SEEK_SET);
        }
        (void)!fread(text, 1, REPORT_BYTES - 1, file);
    }
    if (file != NULL) {
        (void)fclose(file);
    }
    return text;
}

// ---- lines of the learner's files ----

static bool is_learners(const struct kit_options *options, const char *name) {
    char path[KIT_PATH_BYTES];

    if ((size_t)snprintf(path, sizeof path, "%s/%s", options->files, name) >=
        sizeof path) {
        return false;
    }
    return access(path, R_OK) == 0;
}

static void add_place(struct kit_report *r, const char *name, unsigned line) {
    for (int i = 0; i < r->place_count; i++) {
        if (r->places[i].line == line && strcmp(r->places[i].file, name) == 0) {
            return;
        }
    }
    if (r->place_count < FB_VERDICT_PLACES) {
        (void)snprintf(r->places[r->place_count].file, sizeof r->places[0].file,
                       "%s", name);
        r->places[r->place_count++].line = line;
    }
}

// Every "…/name.c:12" of the text.
static void find_places(struct kit_report *r, const struct kit_options *options,
                        const char *text) {
    for (const char *dot = text; (dot = strstr(dot, ".c:")) != NULL; dot += 3) {
        const char *start = dot;
        char name[100];

        while (start > text && (isalnum((unsigned char)start[-1]) ||
                                start[-1] == '_' || start[-1] == '-')) {
            start--;
        }
        if (!isdigit((unsigned char)dot[3]) || start == dot ||
            (size_t)(dot + 2 - start) >= sizeof name) {
            continue;
        }
        (void)snprintf(name, sizeof name, "%.*s", (int)(dot + 2 - start),
                       start);
        if (strcmp(name, "check.c") != 0 && is_learners(options, name)) {
            add_place(r, name, (unsigned)strtoul(dot + 3, NULL, 10));
        }
    }
}

// Where the sanitizer could not run its symbolizer (clang's is a program, and
// the child may start none) it names addresses: "(/path/program+0x1234)".
static void ask_addr2line(struct kit_report *r,
                          const struct kit_options *options, const char *text) {
    char command[64 + FRAMES * 20], *answer;
    size_t len;
    FILE *out;

    len = (size_t)snprintf(command, sizeof command, "addr2line -e /proc/%d/exe",
                           (int)getpid());
    for (int i = 0; i < FRAMES && (text = strstr(text, "+0x")) != NULL; i++) {
        len += (size_t)snprintf(command + len, sizeof command - len, " 0x%lx",
                                strtoul(text + 3, NULL, 16));
        text += 3;
    }
    out = popen(command, "re"); // numbers only: nothing to quote
    answer = calloc(1, REPORT_BYTES);
    if (out != NULL && answer != NULL) {
        (void)!fread(answer, 1, REPORT_BYTES - 1, out);
        find_places(r, options, answer);
    }
    free(answer);
    if (out != NULL) {
        (void)pclose(out);
    }
}

// ---- what it is ----

static const struct {
    const char *word; // as the sanitizer begins
    enum kit_finding finding;
    const char *what; // NULL: its own word
} findings[] = {
    {"SEGV", KIT_FOUND_CRASH, "it used an address where nothing is"},
    {"BUS", KIT_FOUND_CRASH, "it used an address where nothing is"},
    {"FPE", KIT_FOUND_CRASH, "a division by zero"},
    {"ILL", KIT_FOUND_CRASH, "an illegal instruction"},
    {"ABRT", KIT_FOUND_CRASH, "abort"},
    {"stack-overflow", KIT_FOUND_CRASH,
     "the stack overflowed (a function that calls itself without end?)"},
    {"allocation-size-too-big", KIT_FOUND_MEMORY_LIMIT, NULL},
    {"requested allocation size", KIT_FOUND_MEMORY_LIMIT, NULL},
    {"out-of-memory", KIT_FOUND_MEMORY_LIMIT, NULL},
    {"heap-use-after-free", KIT_FOUND_BROKEN,
     "memory is used after it was freed (heap-use-after-free)"},
    {"stack-use-after-return", KIT_FOUND_BROKEN,
     "a local variable is used after its function has returned "
     "(stack-use-after-return)"},
    {"stack-use-after-scope", KIT_FOUND_BROKEN,
     "a local variable is used outside of its block (stack-use-after-scope)"},
    {"attempting double-free", KIT_FOUND_BROKEN,
     "memory is freed twice (double-free)"},
    {"heap-buffer-overflow", KIT_FOUND_BROKEN,
     "memory beyond the end of an allocation is used (heap-buffer-overflow)"},
    {"stack-buffer-overflow", KIT_FOUND_BROKEN,
     "memory beyond the end of a local array is used (stack-buffer-overflow)"},
    {"global-buffer-overflow", KIT_FOUND_BROKEN,
     "memory beyond the end of a static array is used "
     "(global-buffer-overflow)"},
};

static void name_address(struct kit_report *r, const char *text) {
    for (size_t i = 0; i < sizeof findings / sizeof findings[0]; i++) {
        if (strncmp(text, findings[i].word, strlen(findings[i].word)) == 0) {
            r->finding = findings[i].finding;
            (void)snprintf(r->what, sizeof r->what, "%s",
                           findings[i].what != NULL ? findings[i].what : "");
            return;
        }
    }
    r->finding = KIT_FOUND_BROKEN;
    (void)fb_text_sanitise(text, strcspn(text, "\n("), r->what, sizeof r->what);
}

// "SUMMARY"-like line of a leak: "Direct leak of 64 byte(s) in 1 object(s) …".
static void name_leak(struct kit_report *r, const char *text) {
    const char *leak = strstr(text, "leak of ");
    unsigned long bytes = 0;

    r->finding = KIT_FOUND_LEAK;
    if (leak != NULL) {
        bytes = strtoul(leak + strlen("leak of "), NULL, 10);
        (void)snprintf(r->what, sizeof r->what, "%lu bytes in one place",
                       bytes);
    }
}

static void name_undefined(struct kit_report *r, const char *text) {
    const size_t len = strcspn(text, "\n");
    const char *null = strstr(text, "null pointer");

    r->finding =
        null != NULL && null < text + len ? KIT_FOUND_CRASH : KIT_FOUND_BROKEN;
    (void)fb_text_sanitise(text, len, r->what, sizeof r->what);
}

static void name_finding(struct kit_report *r, const char *text) {
    static const char address[] = "ERROR: AddressSanitizer: ",
                      runtime[] = "runtime error: ";
    const char *at;

    if ((at = strstr(text, address)) != NULL) {
        name_address(r, at + sizeof address - 1);
    } else if ((at = strstr(text, runtime)) != NULL) {
        name_undefined(r, at + sizeof runtime - 1);
    } else if (strstr(text, "ERROR: LeakSanitizer: detected") != NULL) {
        name_leak(r, text);
    } else if (text[0] != '\0') {
        r->finding = KIT_FOUND_STACK;
    }
}

// "fishbowl: broken contract: WHAT (…": core says so before it aborts.
static void find_assertion(struct kit_report *r, const char *output) {
    static const char words[] = "fishbowl: broken contract: ";
    const char *at = strstr(output, words), *end;

    if (at != NULL) {
        at += sizeof words - 1;
        end = strstr(at, " (");
        end = end != NULL ? end : at + strcspn(at, "\n");
        (void)fb_text_sanitise(at, (size_t)(end - at), r->assertion,
                               sizeof r->assertion);
    }
}

void kit_report_read(struct kit_report *r, const struct kit_options *options,
                     const char *path, pid_t pid, const char *output) {
    char name[KIT_PATH_BYTES];
    char *text, *printed = read_text(output, REPORT_BYTES / 2);

    *r = (struct kit_report){0};
    (void)snprintf(name, sizeof name, "%s.%d", path, (int)pid);
    text = read_text(name, 0);
    (void)unlink(name);
    if (text != NULL) {
        name_finding(r, text);
        find_places(r, options, text);
        if (r->place_count == 0 && strstr(text, "+0x") != NULL) {
            ask_addr2line(r, options, text);
        }
    }
    if (printed != NULL) {
        find_assertion(r, printed);
        // The other sanitizer writes to standard error only.
        if (r->finding == KIT_FOUND_NOTHING &&
            strstr(printed, "runtime error: ") != NULL) {
            name_finding(r, printed);
            find_places(r, options, printed);
        }
    }
    free(text);
    free(printed);
}
