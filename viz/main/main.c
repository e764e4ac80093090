// `fishbowl`: one word to remember, and the verbs behind it.
#include "beside.h"
#include "fishbowl/trace/text.h"
#include "verbs.h"
#include <argp.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char VERSION[] = "fishbowl " FB_VERSION;

static void print_help(FILE *out) {
    size_t count;
    const struct fb_verb *verbs = fb_verbs(&count);

    fputs("Usage: fishbowl VERB [OPTION...]\n"
          "Fishbowl: an async runtime in C that one can see into.\n\n",
          out);
    for (size_t i = 0; i < count; i++) {
        fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].help);
    }
    fprintf(out, "  %-8s %s\n", "help", "this page, or `fishbowl help VERB`");
    fputs("\n"
          "  --help, --version, and --help after any verb\n"
          "\n"
          "To begin with:\n"
          "  fishbowl demo\n"
          "or, in two terminals:\n"
          "  fishbowl serve\n"
          "  printf 'Ada\\n' | nc -q1 127.0.0.1 6142; fishbowl print\n",
          out);
}

// Every verb, whether it runs here or beside us, is called by its full name,
// so that its own messages read "fishbowl serve: …".
static int run_verb(const struct fb_verb *verb, int argc, char **argv) {
    static char name[64]; // argv and the C library keep it
    char path[PATH_MAX];
    int err;

    snprintf(name, sizeof(name), "fishbowl %s", verb->name);
    argv[0] = name;
    program_invocation_name = program_invocation_short_name = name;
    if (verb->run != NULL) {
        const int status = verb->run(argc, argv);

        if (status >= 0 || verb->program == NULL) {
            return status;
        }
    }
    err = fb_beside_program(verb->program, path, sizeof(path));
    if (err == 0) {
        execv(path, argv);
        err = -errno;
    }
    fprintf(stderr,
            "fishbowl: %s: %s cannot be run: %s (it belongs beside "
            "fishbowl, is the installation whole?)\n",
            verb->name, verb->program, strerror(-err));
    return 1;
}

static int unknown_verb(const char *name) {
    const struct fb_verb *near = fb_verb_near(name);
    char safe[128];

    if (strcmp(name, "slides") == 0) { // a verb of the script alone
        fputs("fishbowl: slides: the deck is made from the source tree, not "
              "by an installed Fishbowl (there: ./fishbowl slides)\n",
              stderr);
        return 2;
    }
    fb_text_sanitise(name, strlen(name), safe, sizeof(safe));
    if (near != NULL) {
        fprintf(stderr,
                "fishbowl: %s: there is no such verb (did you mean "
                "`fishbowl %s`?)\n",
                safe, near->name);
    } else {
        fprintf(stderr,
                "fishbowl: %s: there is no such verb (`fishbowl help` lists "
                "them)\n",
                safe);
    }
    return 2;
}

static int help(int argc, char **argv) {
    char option[] = "--help";
    char *args[] = {NULL, option, NULL};
    const struct fb_verb *verb;

    if (argc < 2) {
        print_help(stdout);
        return 0;
    }
    verb = fb_verb_find(argv[1]);
    return verb != NULL ? run_verb(verb, 2, args) : unknown_verb(argv[1]);
}

// A trace that is opened must not get the number of a standard descriptor that
// was closed: a complaint would be written into it.
static void hold_standard_files(void) {
    int fd;

    do {
        fd = open("/dev/null", O_RDWR); // inherited, as they would be
    } while (fd >= 0 && fd <= STDERR_FILENO);
    if (fd >= 0) {
        (void)close(fd);
    }
}

int main(int argc, char **argv) {
    const struct fb_verb *verb;

    hold_standard_files();
    argp_program_version = VERSION;
    argp_err_exit_status = 2;
    if (argc < 2) {
        print_help(stderr);
        return 2;
    }
    if (strcmp(argv[1], "help") == 0 || strcmp(argv[1], "--help") == 0 ||
        strcmp(argv[1], "-?") == 0 || strcmp(argv[1], "-h") == 0) {
        return help(argc - 1, argv + 1);
    }
    if (strcmp(argv[1], "--version") == 0 || strcmp(argv[1], "-V") == 0) {
        puts(VERSION);
        return 0;
    }
    verb = fb_verb_find(argv[1]);
    return verb != NULL ? run_verb(verb, argc - 1, argv + 1)
                        : unknown_verb(argv[1]);
}
