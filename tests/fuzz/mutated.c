// Thousands of damaged trace files, each opened as a person would open it: no
// crash, no hang, no more memory than the file explains, no word without text.
//
//     mutated_files [COUNT [SEED [FORM]]]      seeds SEED … SEED + COUNT - 1
//
// Problem: what a file costs must be judged without a clock, and one that
//     crashes must be named.
// Idea: a child does the work and notes what it is doing in memory that its
//     parent has, too. Cost is counted: bytes and calls of malloc, bytes that
//     are printed. A limit of processor time is only there so that an endless
//     loop ends.
//
// The bounds. `size` is the file's, or, of a recording, what it unpacks to (a
// packed event takes some 4 bytes, an unpacked one 32 wherever it is). Opening
// and showing takes at most 4 times that and 1 MiB; of a recording 11 MiB more,
// Zstandard's window of 8 MiB and a table of 65,536 places. That holds for what
// damage makes of honest files. Of a file that is made to harm it is bounded by
// what core/trace/RECORDING.md and viz/session say: a record of 16 MiB, names of
// 4 MiB, sources of 64 MiB, events of half of the machine's memory.
#include "files.h"
#include "fuzz.h"
#include "memory.h"

#include "export.h"
#include "print.h"
#include "random_events.h"
#include "recording.h"
#include "session.h"
#include <errno.h>
#include <inttypes.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

enum {
    MEMORY_CONSTANT = 1 << 20,
    READER_CONSTANT = 11 << 20,
    CALLS_CONSTANT = 20000, // of malloc, for one page
    CALLS_EACH = 16,        // and event
    TEXT_CONSTANT = 64 << 10,
    TEXT_EACH = 4096, // bytes of a page, for each event
    SECONDS = 20,     // of processor time, for 100 files
};

// What the child is about; the parent reads it when the child has died.
static struct note {
    char what[64];
    uint64_t seed;
    uint64_t opened, refused;
    int64_t most_memory, most_calls, most_text; // in thousandths of the bound
} * note;

typedef int print_fn(struct fb_session *, const struct fb_print_options *);
typedef int export_fn(struct fb_session *, const struct fb_export_options *);

static const struct page {
    const char *name;
    print_fn *print;
    export_fn *export;
    struct fb_export_options with;
} PAGES[] = {
    {"story", .print = fb_print_story},
    {"events", .print = fb_print_events},
    {"tasks", .print = fb_print_tasks},
    {"tree", .print = fb_print_tree},
    {"source", .print = fb_print_source},
    {"reactor", .print = fb_print_reactor},
    {"timeline", .print = fb_print_timeline},
    {"lints", .print = fb_print_lints},
    {"decisions", .print = fb_print_decisions},
    {"stats", .print = fb_print_stats},
    {"wakers", .print = fb_print_wakers},
    {"waits", .print = fb_print_waits},
    {"json", .print = fb_print_json},
    {"chrome", .export = fb_export_chrome},
    {"csv", .export = fb_export_csv},
    {"csv tasks", .export = fb_export_csv, .with = {.tasks = true}},
    {"svg timeline", .export = fb_export_svg},
    {"svg tree", .export = fb_export_svg, .with = {.view = FB_SVG_TREE}},
    {"svg lanes", .export = fb_export_svg, .with = {.view = FB_SVG_LANES}},
    {"svg run", .export = fb_export_svg, .with = {.view = FB_SVG_RUN}},
};
enum { PAGE_COUNT = sizeof PAGES / sizeof PAGES[0] };

// Aborts if more was used than may be; else remembers how near it came.
static void bound(int64_t used, int64_t most, int64_t *worst) {
    const int64_t part = used * 1000 / most;

    *worst = part > *worst ? part : *worst;
    if (used > most) {
        fprintf(stderr, "%" PRIi64 " of at most %" PRIi64 "\n", used, most);
        abort();
    }
}

static ssize_t count_text(void *cookie, const char *text, size_t len) {
    *(int64_t *)cookie += (int64_t)len;
    FUZZ_REQUIRE(memchr(text, '\033', len) == NULL);
    return (ssize_t)len;
}

static void look_at(struct fb_session *s, const struct page *page,
                    uint64_t at) {
    const int64_t events = (int64_t)fb_history_count(fb_session_history(s)) + 1;
    int64_t text = 0;
    FILE *out =
        fopencookie(&text, "w", (cookie_io_functions_t){.write = count_text});

    FUZZ_REQUIRE(out != NULL);
    snprintf(note->what, sizeof note->what, "%s at %" PRIu64, page->name, at);
    memory_reset();
    if (page->print != NULL) {
        const struct fb_print_options o = {.at = at, .out = out};

        FUZZ_REQUIRE(page->print(s, &o) >= 0);
    } else {
        struct fb_export_options o = page->with;
        int err;

        o.out = out;
        o.at = at;
        err = page->export(s, &o); // of nothing there is no picture
        FUZZ_REQUIRE(err >= 0 || (err == -ERANGE && events == 1));
    }
    FUZZ_REQUIRE(fclose(out) == 0);
    bound(memory_calls(), CALLS_CONSTANT + CALLS_EACH * events,
          &note->most_calls);
    bound(text, TEXT_CONSTANT + TEXT_EACH * events, &note->most_text);
}

// Three pages and the world somewhere in the middle of it.
static void look_around(struct fb_session *s, uint64_t *random) {
    struct fb_history *h = fb_session_history(s);
    const uint64_t first = fb_history_first(h), count = fb_history_count(h);

    for (int i = 0; i < 3; i++) {
        const struct page *page = &PAGES[random_next(random) % PAGE_COUNT];
        uint64_t at = count > 0 ? first + random_next(random) % count : 0;

        // of a number that was lost there is no page
        at = fb_history_event(h, at) == NULL ? 0 : at;
        look_at(s, page, at);
    }
}

static void look_at_file(enum file_form form, const char *path,
                         const struct file *f, uint64_t seed) {
    const int64_t constant =
        MEMORY_CONSTANT + (form == FILE_RECORDING ? READER_CONSTANT : 0);
    uint64_t random = seed * 2 + 1;
    const int64_t before = memory_reset();
    int64_t peak;
    char why[FB_SESSION_WHY_BYTES] = "";
    struct fb_session *s;

    snprintf(note->what, sizeof note->what, "opening it");
    if (fb_session_open(&s, path, false, why, sizeof why) < 0) {
        FUZZ_REQUIRE(strlen(why) > 10 && strchr(why, '(') != NULL);
        note->refused++;
        return;
    }
    note->opened++;
    peak = memory_peak();
    look_around(s, &random);
    peak = memory_peak() > peak ? memory_peak() : peak;
    fb_session_close(s);
    bound(peak - before, constant + 4 * (int64_t)f->plain, &note->most_memory);
}

// One file made anew for all: ten thousand files would wait for the disk.
static void put(int fd, const struct file *f) {
    FUZZ_REQUIRE(ftruncate(fd, 0) == 0);
    FUZZ_REQUIRE(pwrite(fd, f->bytes, f->len, 0) == (ssize_t)f->len);
}

static void spend_at_most(int seconds) {
    struct rusage used;
    struct rlimit limit;

    FUZZ_REQUIRE(getrusage(RUSAGE_SELF, &used) == 0);
    limit.rlim_max = RLIM_INFINITY;
    limit.rlim_cur = (rlim_t)(used.ru_utime.tv_sec + used.ru_stime.tv_sec +
                              seconds); // SIGXCPU
    FUZZ_REQUIRE(setrlimit(RLIMIT_CPU, &limit) == 0);
}

static void work(enum file_form form, uint64_t seed, uint64_t count) {
    const int fd = memfd_create("mutated", MFD_CLOEXEC);
    char path[64];

    FUZZ_REQUIRE(fd >= 0);
    snprintf(path, sizeof path, "/proc/self/fd/%d", fd);
    put(fd, files_honest(form));
    note->opened = note->refused = 0;
    look_at_file(form, path, files_honest(form), 1);
    FUZZ_REQUIRE(note->opened == 1); // else all of it would prove nothing
    for (uint64_t i = 0; i < count; i++) {
        struct file f;

        if (i % 100 == 0) {
            spend_at_most(SECONDS);
        }
        note->seed = seed + i;
        f = files_damaged(form, note->seed);
        put(fd, &f);
        look_at_file(form, path, &f, note->seed);
        free(f.bytes);
    }
    (void)close(fd);
}

// 0, or 1 when the child did not come through.
static int drive(enum file_form form, uint64_t seed, uint64_t count) {
    const char *name = file_form_name(form);
    int status = 0;
    pid_t child;

    *note = (struct note){.seed = seed};
    (void)fflush(NULL);
    child = fork();
    FUZZ_REQUIRE(child >= 0);
    if (child == 0) {
        work(form, seed, count);
        _exit(0);
    }
    FUZZ_REQUIRE(waitpid(child, &status, 0) == child);
    if (status == 0) {
        printf("%s: %" PRIu64 " files opened, %" PRIu64 " refused; of their "
               "bounds they took at most: memory %" PRIi64 ", allocations "
               "%" PRIi64 ", text %" PRIi64 " per mille\n",
               name, note->opened, note->refused, note->most_memory,
               note->most_calls, note->most_text);
        return 0;
    }
    fprintf(stderr,
            "%s, seed %" PRIu64 ", %s: %s %d\nonce more: %s 1 %" PRIu64 " %s\n",
            name, note->seed, note->what,
            WIFSIGNALED(status) ? "killed by signal" : "exit status",
            WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
            "mutated_files", note->seed, name);
    return 1;
}

int main(int argc, char **argv) {
    const char *asked = getenv("FB_MUTATED_FILES"); // CI: more than a build
    const uint64_t count = argc > 1        ? strtoull(argv[1], NULL, 10)
                           : asked != NULL ? strtoull(asked, NULL, 10)
                                           : 500;
    const uint64_t seed = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    int failed = 0;

    note = mmap(NULL, sizeof *note, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    FUZZ_REQUIRE(note != MAP_FAILED);
    files_make();
    for (int form = 0; form < FILE_FORMS; form++) {
        if (argc <= 3 ||
            strcmp(argv[3], file_form_name((enum file_form)form)) == 0) {
            failed += drive((enum file_form)form, seed, count);
        }
    }
    return failed > 0;
}
