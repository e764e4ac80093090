#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "learn_bed.h"
#include "run.h"
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_WAITS = 1500 }; // of 10 ms

int bed_setup(void **state) {
    (void)setenv("FB_CC", "cc", 0);
    assert_int_equal(setup(state), 0);
    make_exercise("course/08_say_more");
    put("course/07_say_seven/README.md", "# Say seven\n\nMake it give 7.\n");
    put("course/07_say_seven/hints.md",
        "## 1\n\nWhat is six and one?\n\n## 2\n\nLook at the return.\n\n"
        "## 3\n\n```c\nreturn 7;\n```\n");
    (void)setenv("XDG_STATE_HOME", in("state"), 1);
    (void)setenv("USER", "ada", 1);
    (void)unsetenv("FISHBOWL_AS");
    (void)unsetenv("FISHBOWL_LEARN_AS");
    assert_int_equal(LEARN("init", in("fish")), 0);
    return 0;
}

int bed_teardown(void **state) {
    return teardown(state);
}

int learn(const char *const *words) {
    char course[PATH_MAX + 16];
    const char *args[14] = {"learn", course};
    int n = 2;

    snprintf(course, sizeof(course), "--course=%s", in("course"));
    for (; *words != NULL; words++) {
        args[n++] = *words;
    }
    args[n] = NULL;
    return run(args);
}

void save(const char *text) {
    put("fish/07_say_seven/seven.c", text);
}

void assert_has(const char *text, const char *words) {
    if (strstr(text, words) == NULL) {
        fail_msg("no \"%s\" in:\n%s", words, text);
    }
}

void assert_has_not(const char *text, const char *words) {
    if (strstr(text, words) != NULL) {
        fail_msg("\"%s\" in:\n%s", words, text);
    }
}

const char *endless(void) {
    static char text[PATH_MAX + 400];

    snprintf(text, sizeof(text),
             "#include \"seven.h\"\n#include <stdio.h>\n#include <unistd.h>\n"
             "int seven(void) {\n"
             "    alarm(30);\n" // should a test leave it behind
             "    FILE *f = fopen(\"%s\", \"w\");\n"
             "    fprintf(f, \"%%d.\", (int)getpid());\n"
             "    fclose(f);\n"
             "    for (;;) {\n    }\n}\n",
             in("pid"));
    return text;
}

static void wait_a_little(void) {
    (void)poll(NULL, 0, 10); // between looks, not instead of one
}

pid_t endless_pid(void) {
    for (int i = 0; i < MOST_WAITS; i++) {
        FILE *f = fopen(in("pid"), "r");
        int pid = 0;
        char dot = 0;

        if (f != NULL) {
            const int got = fscanf(f, "%d%c", &pid, &dot);

            (void)fclose(f);
            if (got == 2 && dot == '.') {
                return pid;
            }
        }
        wait_a_little();
    }
    fail_msg("the learner's program never ran");
    return -1;
}

bool is_gone(pid_t pid) {
    for (int i = 0; i < MOST_WAITS; i++) {
        if (kill(pid, 0) < 0 && errno == ESRCH) {
            return true;
        }
        wait_a_little();
    }
    return false;
}
