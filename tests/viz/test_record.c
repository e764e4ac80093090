// `fishbowl record` and `serve --record`: from the first event to the last,
// whoever ends first, and what is there already stays.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/reader.h"
#include "points.h"
#include "recording.h"
#include "run.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOCAL "127.0.0.1:0"

static char out[96], ring[96], port[96]; // paths in the test's own folder

static int enter(void **state) {
    if (run_setup(state) != 0) {
        return -1;
    }
    snprintf(out, sizeof(out), "%s/run.fish", run_dir);
    snprintf(ring, sizeof(ring), "%s/run.ring", run_dir);
    snprintf(port, sizeof(port), "%s/port", run_dir);
    return 0;
}

static int clear(void **state) {
    (void)state;
    (void)unlink(out);
    (void)unlink(ring);
    (void)unlink(port);
    return 0;
}

// Bounded; the test ends here if it was in vain.
static void await(bool (*condition)(void *arg), void *arg) {
    const struct timespec pause = {.tv_nsec = 1000000};

    for (int i = 0; i < 20000; i++) {
        if (condition(arg)) {
            return;
        }
        (void)nanosleep(&pause, NULL);
    }
    fail_msg("waited in vain");
}

// ---- what is in a recording ----

struct found {
    uint64_t events, first, last, gaps, total;
    bool ended; // has its END
    enum fb_recording_end end;
    uint8_t last_kind;
};

static struct found look(const char *path) {
    struct fb_recording_reader *r;
    struct fb_recording_head head;
    struct fb_record record;
    struct found f = {0};
    char why[FB_RECORDING_WHY_BYTES] = "";

    if (fb_recording_open(&r, path, &head, why, sizeof(why)) < 0) {
        return f; // nothing is in it yet
    }
    assert_true(head.flags & FB_TRACE_RECORDING);
    while (fb_recording_read(r, &record) == 1) {
        if (record.kind == FB_RECORD_EVENTS) {
            f.first = f.first != 0 ? f.first : record.first;
            f.last = record.last;
            f.events += record.count;
            f.last_kind = record.events[record.count - 1].kind;
        } else if (record.kind == FB_RECORD_END) {
            f.ended = true;
            f.end = record.end;
            f.total = record.total;
        }
        f.gaps += record.kind == FB_RECORD_GAP;
    }
    fb_recording_close(r);
    return f;
}

static void is_whole(const struct found *f, enum fb_recording_end end) {
    assert_true(f->ended);
    assert_int_equal(f->end, end);
    assert_int_equal(f->first, 1);
    assert_int_equal(f->gaps, 0);
    assert_int_equal(f->events, f->last);
    assert_int_equal(f->events, f->total);
}

// ---- programs ----

// A greeter whose trace lies at `ring`, listening.
struct greeter {
    pid_t pid;
    int fd;
    struct fb_trace_reader trace;
};

static bool can_open(void *arg) {
    struct greeter *g = arg;

    return fb_trace_reader_open(&g->trace, ring, true) == 0;
}

static void greeter_start(struct greeter *g) {
    g->pid = run_start((const char *const[]){"serve", "--listen", LOCAL,
                                             "--port-file", port, "--ring",
                                             ring, NULL},
                       &g->fd);
    run_read_until(g->fd, "listening");
    await(can_open, g);
}

static int ends_with(pid_t pid) {
    int status;

    assert_int_equal(waitpid(pid, &status, 0), pid);
    return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

static void greeter_end(struct greeter *g) {
    (void)kill(g->pid, SIGTERM);
    assert_int_equal(ends_with(g->pid), 0);
    fb_trace_reader_close(&g->trace);
    close(g->fd);
}

static bool is_told(void *arg) { // the port
    (void)arg;
    return access(port, F_OK) == 0;
}

static void talk(const char *clients) {
    char number[16] = "", where[40];
    FILE *f;

    await(is_told, NULL);
    f = fopen(port, "r");
    assert_non_null(f);
    assert_non_null(fgets(number, sizeof(number), f));
    assert_int_equal(fclose(f), 0);
    snprintf(where, sizeof(where), "127.0.0.1:%d", atoi(number));
    assert_int_equal(RUN("dial", "--clients", clients, where), 0);
}

static bool is_recorded(void *arg) {
    const struct greeter *g = arg;

    return atomic_load(&g->trace.control->recorder_pid) != 0 &&
           atomic_load(&g->trace.control->census_done) ==
               atomic_load(&g->trace.control->census_wanted);
}

static pid_t record_start(struct greeter *g, int *ret_fd) {
    const pid_t pid = run_start(
        (const char *const[]){"record", "-o", out, ring, NULL}, ret_fd);

    await(is_recorded, g);
    return pid;
}

// ---- a command ----

static void a_command_is_recorded_from_first_to_last(void **state) {
    struct found f;

    (void)state;
    assert_int_equal(RUN("record", "-o", out, "--", "fishbowl", "scene", "join",
                         "--virtual"),
                     0);
    assert_non_null(strstr(run_out, "joined: breakfast"));
    assert_non_null(strstr(run_err, "none lost, until the program ended: "));
    assert_non_null(strstr(run_err, "Replay: fishbowl watch "));
    f = look(out);
    is_whole(&f, FB_RECORDING_CLOSED);
    assert_int_equal(f.last_kind, FB_EV_TASK_FREE);
}

// Its ring holds 64 events, so without a recorder from the first one on most
// of the run would be gone.
static void not_even_a_small_ring_loses_one(void **state) {
    pid_t pid;
    struct found f;
    int fd;

    (void)state;
    pid = run_start((const char *const[]){"serve", "--listen", LOCAL,
                                          "--port-file", port, "--ring-events",
                                          "64", "--record", out, NULL},
                    &fd);
    run_read_until(fd, "listening");
    talk("30");
    assert_int_equal(kill(pid, SIGINT), 0);
    assert_int_equal(ends_with(pid), 0);
    close(fd);
    f = look(out);
    is_whole(&f, FB_RECORDING_CLOSED);
    assert_true(f.events > 30 * 64);
}

static void several_workers_lose_none(void **state) {
    pid_t pid;
    struct found f;
    int fd;

    (void)state;
    pid = run_start((const char *const[]){"serve", "--listen", LOCAL,
                                          "--port-file", port, "--workers", "3",
                                          "--ring-events", "128", "--record",
                                          out, NULL},
                    &fd);
    run_read_until(fd, "listening");
    talk("100");
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(ends_with(pid), 0);
    close(fd);
    f = look(out);
    is_whole(&f, FB_RECORDING_CLOSED);
}

// ---- what lies beside the events ----

// The whole recording's names and texts, as a viewer elsewhere has them.
struct beside {
    bool named[UINT16_MAX + 1];
    char files[300][128]; // whose text is there
    size_t file_count;
};

static bool has_text(const struct beside *b, const char *file) {
    for (size_t i = 0; i < b->file_count; i++) {
        if (strcmp(b->files[i], file) == 0) {
            return true;
        }
    }
    return false;
}

static void needs_nothing_else(const struct beside *b,
                               const struct fb_event *e) {
    const struct fb_point *points[FB_POINTS_MAX];
    const size_t count = fb_points_of(e, 1, points);

    assert_true(count > 0);
    for (size_t i = 0; i < count; i++) {
        assert_true(has_text(b, points[i]->file));
    }
    if (e->kind == FB_EV_TASK_SPAWN) {
        assert_true(b->named[e->spawn.type] && b->named[e->spawn.site]);
    } else if (e->kind == FB_EV_FUTURE_ENTER) {
        assert_true(b->named[e->enter.type] && b->named[e->enter.parent_type]);
    }
}

// Where neither the program's source nor the runtime's is, each line that an
// event points at is there all the same, and before that event.
static void all_that_events_point_at_is_recorded(void **state) {
    const char *source = getenv("FB_SOURCE");
    struct fb_recording_reader *r;
    struct fb_recording_head head;
    struct fb_record record;
    struct beside *b = calloc(1, sizeof(*b));
    char why[FB_RECORDING_WHY_BYTES] = "";

    (void)state;
    assert_non_null(b);
    b->named[0] = true; // "unknown" needs no name
    assert_int_equal(RUN("record", "--source-dir",
                         source != NULL ? source : ".", "-o", out, "--",
                         "fishbowl", "scene", "join", "--virtual"),
                     0);
    assert_int_equal(fb_recording_open(&r, out, &head, why, sizeof(why)), 0);
    while (fb_recording_read(r, &record) == 1) {
        if (record.kind == FB_RECORD_NAME) {
            assert_false(b->named[record.index]);
            b->named[record.index] = true;
        } else if (record.kind == FB_RECORD_SOURCE) {
            assert_false(has_text(b, record.file));
            snprintf(b->files[b->file_count++], sizeof(b->files[0]), "%s",
                     record.file);
        }
        for (size_t i = 0; record.kind == FB_RECORD_EVENTS && i < record.count;
             i++) {
            needs_nothing_else(b, &record.events[i]);
        }
    }
    fb_recording_close(r);
    assert_true(has_text(b, "core/turn.c"));
    assert_null(strstr(run_err, "is not in it"));
    free(b);
}

// A folder that is searched first: one file in it is younger than the run, and
// one is none.
static void what_is_not_in_it_or_too_young_is_said(void **state) {
    static const char *const MADE[] = {"src", "src/core", "src/core/turn.c",
                                       "src/server", "src/server/scenes"};
    static const struct timespec LATER[2] = {{.tv_sec = 4000000000},
                                             {.tv_sec = 4000000000}};
    char source[80], path[200];
    int fd;

    (void)state;
    snprintf(source, sizeof(source), "%s/src", run_dir);
    for (size_t i = 0; i < sizeof(MADE) / sizeof(MADE[0]); i++) {
        snprintf(path, sizeof(path), "%s/%s", run_dir, MADE[i]);
        assert_int_equal(mkdir(path, 0700), 0);
    }
    snprintf(path, sizeof(path), "%s/server/scenes/join.c", source);
    fd = open(path, O_WRONLY | O_CREAT, 0600);
    assert_true(fd >= 0);
    assert_int_equal(futimens(fd, LATER), 0);
    close(fd);
    assert_int_equal(RUN("record", "--source-dir", source, "-o", out, "--",
                         "fishbowl", "scene", "join", "--virtual"),
                     0);
    assert_non_null(strstr(run_err, "is not in it: it was not found"));
    assert_non_null(strstr(run_err, "1 source file was written after"));
    assert_int_equal(unlink(path), 0);
    for (size_t i = sizeof(MADE) / sizeof(MADE[0]); i-- > 0;) {
        snprintf(path, sizeof(path), "%s/%s", run_dir, MADE[i]);
        assert_int_equal(rmdir(path), 0);
    }
}

static void the_status_of_a_command_is_told(void **state) {
    (void)state;
    assert_int_equal(RUN("record", "-o", out, "--", "sh", "-c", "exit 7"), 7);
    assert_non_null(strstr(run_err, "without a trace"));
    assert_non_null(strstr(run_err, "sh ended with status 7"));
    assert_int_equal(access(out, F_OK), -1);
    assert_int_equal(RUN("record", "-o", out, "--", "sh", "-c", "kill -9 $$"),
                     137);
    assert_non_null(strstr(run_err, "signal 9"));
    assert_int_equal(RUN("record", "-o", out, "--", "true"), 1);
    assert_int_equal(RUN("record", "-o", out, "--"), 2); // not another program
    assert_non_null(strstr(run_err, "after -- stands a command"));
    assert_int_equal(RUN("record", "-o", out, "--", "./no\x1bsuch"), 1);
    assert_non_null(strstr(run_err, "cannot be run: No such file"));
    assert_null(strchr(run_err, '\x1b'));
    assert_int_equal(access(out, F_OK), -1);
}

// Its header is in the system's clock, its events are in the program's.
static void a_clock_of_the_program_begins_with_its_first_event(void **state) {
    (void)state;
    assert_int_equal(RUN("record", "-o", out, "--", "fishbowl", "scene", "join",
                         "--virtual"),
                     0);
    assert_int_equal(RUN("print", out, "--tasks"), 0);
    assert_non_null(strstr(run_out, " at 11.000000 s: 0 tasks"));
    assert_int_equal(RUN("print", out, "--tasks", "--at", "5s"), 0);
    assert_non_null(strstr(run_out, " at 5.000000 s: 1 task"));
    assert_int_equal(RUN("export", out, "--to", "svg", "--view", "lanes",
                         "--at", "5s", "-o", "-"),
                     0);
    assert_non_null(strstr(run_out, " at 5.000000 s: 1 task"));
}

static void a_bound_is_met_exactly(void **state) {
    struct found f;

    (void)state;
    assert_int_equal(RUN("record", "-o", out, "--events", "17", "--",
                         "fishbowl", "serve", "--listen", LOCAL),
                     0);
    assert_non_null(strstr(run_err, "recorded 17 events"));
    f = look(out);
    is_whole(&f, FB_RECORDING_RAN_ON);
    assert_int_equal(f.events, 17);
}

// ---- the file ----

static void what_is_there_stays(void **state) {
    struct stat before, after;

    (void)state;
    assert_int_equal(RUN("record", "-o", out, "--", "fishbowl", "scene", "join",
                         "--virtual"),
                     0);
    assert_int_equal(stat(out, &before), 0);
    assert_int_equal(RUN("record", "-o", out, "--", "fishbowl", "scene",
                         "yield", "--virtual"),
                     1);
    assert_string_equal(run_out, ""); // it was not even started
    assert_non_null(strstr(run_err, "it is there already (--force"));
    assert_int_equal(stat(out, &after), 0);
    assert_memory_equal(&before.st_mtim, &after.st_mtim,
                        sizeof(before.st_mtim));
    assert_int_equal(before.st_size, after.st_size);
    assert_int_equal(RUN("record", "--force", "-o", out, "--", "fishbowl",
                         "scene", "join", "--virtual"),
                     0);
    assert_int_equal(RUN("record", "-o", "/no/such/x.fish", "--", "true"), 1);
    assert_non_null(strstr(run_err, "No such file or directory"));
}

// The last line can be typed as it stands, whatever the name.
static void what_replays_it_is_a_command(void **state) {
    static const char *const NAMES[][2] = {
        {"run", "run"},           {"4711", "./4711"},
        {"-x.fish", "./-x.fish"}, {"two words", "'two words'"},
        {"it's", "'it'\\''s'"},
    };
    char cwd[4096], line[128];

    (void)state;
    assert_non_null(getcwd(cwd, sizeof(cwd)));
    assert_int_equal(chdir(run_dir), 0);
    for (size_t i = 0; i < sizeof(NAMES) / sizeof(NAMES[0]); i++) {
        assert_int_equal(RUN("record", "-o", NAMES[i][0], "--", "fishbowl",
                             "scene", "join", "--virtual"),
                         0);
        snprintf(line, sizeof(line), "Replay: fishbowl watch %s\n",
                 NAMES[i][1]);
        assert_non_null(strstr(run_err, line));
        assert_int_equal(unlink(NAMES[i][0]), 0);
    }
    assert_int_equal(chdir(cwd), 0);
}

static void a_trace_under_way_is_never_overwritten(void **state) {
    struct greeter g;

    (void)state;
    greeter_start(&g);
    assert_int_equal(RUN("record", "--force", "-o", ring, ring), 1);
    assert_non_null(strstr(run_err, "a program that runs writes its trace"));
    talk("3");
    greeter_end(&g);
}

static void without_a_name_it_is_the_programs(void **state) {
    char cwd[4096], name[64];
    struct greeter g;

    (void)state;
    assert_non_null(getcwd(cwd, sizeof(cwd)));
    greeter_start(&g);
    assert_int_equal(chdir(run_dir), 0);
    assert_int_equal(RUN("record", "--events", "5", ring), 0);
    snprintf(name, sizeof(name), "serve-%u.fish", g.trace.header.pid);
    assert_non_null(strstr(run_err, name));
    assert_int_equal(look(name).events, 5);
    assert_int_equal(RUN("record", "--events", "5", ring), 1);
    assert_int_equal(unlink(name), 0);
    assert_int_equal(chdir(cwd), 0);
    greeter_end(&g);
}

// The disk is full: what is written stays, and the program runs on.
static void a_full_disk_keeps_what_is_there(void **state) {
    struct rlimit limit = {0}, small;
    struct greeter g;
    struct found f;
    int status;

    (void)state;
    greeter_start(&g);
    talk("300"); // more than a block of the compressor
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    small = limit;
    small.rlim_cur = 1500; // the head, and some of the source text
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    status = RUN("record", "-o", out, "--for", "10s", ring);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, 1);
    assert_null(strstr(run_err, "events 0 to 0"));
    (void)unlink(out);
    small.rlim_cur = 60000;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
    status = RUN("record", "-o", out, "--for", "10s", ring);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
    assert_int_equal(status, 1);
    assert_non_null(strstr(run_err, "cannot be written: File too large"));
    f = look(out);
    assert_false(f.ended);
    assert_int_equal(f.first, 1);
    assert_true(f.events > 1000);
    assert_non_null(strstr(run_err, "are kept: fishbowl watch "));
    assert_int_equal(atomic_load(&g.trace.control->recorder_pid), 0);
    talk("3");
    assert_int_equal(RUN("record", "--force", "-o", "/dev/full", ring), 1);
    assert_non_null(strstr(run_err, "recording cannot be written: No space"));
    greeter_end(&g);
}

// ---- ends ----

static void the_program_runs_on_when_its_recorder_is_told_to_end(void **state) {
    static const int SIGNALS[] = {SIGINT, SIGTERM, SIGHUP};
    struct greeter g;

    (void)state;
    greeter_start(&g);
    for (int i = 0; i < 3; i++) {
        int fd;
        const pid_t pid = record_start(&g, &fd);
        struct found f;

        talk("2");
        assert_int_equal(kill(pid, SIGNALS[i]), 0);
        assert_int_equal(ends_with(pid), 0);
        close(fd);
        f = look(out);
        is_whole(&f, FB_RECORDING_RAN_ON);
        assert_int_equal(unlink(out), 0);
        assert_int_equal(atomic_load(&g.trace.control->recorder_pid), 0);
    }
    greeter_end(&g);
}

static void a_killed_program_is_recorded_up_to_its_end(void **state) {
    struct greeter g;
    struct found f;
    pid_t pid;
    int fd;

    (void)state;
    greeter_start(&g);
    pid = record_start(&g, &fd);
    talk("2");
    assert_int_equal(kill(g.pid, SIGKILL), 0);
    assert_int_equal(ends_with(pid), 0);
    assert_int_equal(ends_with(g.pid), 137);
    f = look(out);
    is_whole(&f, FB_RECORDING_KILLED);
    close(fd);
    close(g.fd);
    fb_trace_reader_close(&g.trace);
    (void)unlink(ring);
    strcat(ring, ".bell");
    assert_int_equal(unlink(ring), 0);
    ring[strlen(ring) - 5] = '\0';
}

static bool holds_events(void *arg) {
    (void)arg;
    return access(out, F_OK) == 0 && look(out).events > 0;
}

// Without a word: the file opens up to its last group, the program runs on, and
// another recorder may come.
static void a_killed_recorder_harms_nobody(void **state) {
    struct greeter g;
    struct found f;
    pid_t pid;
    int fd;

    (void)state;
    greeter_start(&g);
    talk("2");
    pid = record_start(&g, &fd);
    await(holds_events, NULL);
    assert_int_equal(kill(pid, SIGKILL), 0);
    assert_int_equal(ends_with(pid), 137);
    close(fd);
    f = look(out);
    assert_false(f.ended);
    assert_int_equal(f.first, 1);
    talk("3");
    assert_int_equal(RUN("record", "--force", "--events", "9", "-o", out, ring),
                     0);
    greeter_end(&g);
}

static void there_is_one_recorder_at_a_time(void **state) {
    char other[112];
    struct greeter g;
    pid_t pid;
    int fd;

    (void)state;
    greeter_start(&g);
    pid = record_start(&g, &fd);
    snprintf(other, sizeof(other), "%s.2", out);
    assert_int_equal(RUN("record", "-o", other, ring), 1);
    assert_non_null(strstr(run_err, "another recorder has it"));
    assert_int_equal(access(other, F_OK), -1); // nothing is left behind
    assert_int_equal(kill(pid, SIGTERM), 0);
    assert_int_equal(ends_with(pid), 0);
    close(fd);
    greeter_end(&g);
}

static bool stands(void *arg) {
    struct greeter *g = arg;
    uint64_t after;

    fb_trace_control_beat(&g->trace);
    return fb_trace_control_stopped(&g->trace, &after);
}

// A viewer holds it from its start; recorder and program are none the worse.
static void a_viewer_may_stop_what_is_recorded(void **state) {
    struct greeter g;
    struct found f;

    (void)state;
    g.pid = run_start((const char *const[]){"serve", "--listen", LOCAL,
                                            "--port-file", port, "--ring", ring,
                                            "--stopped", "--record", out, NULL},
                      &g.fd);
    await(can_open, &g);
    await(stands, &g);
    assert_int_equal(fb_trace_control_claim(&g.trace), 0);
    fb_trace_control_step(&g.trace, FB_STEP_POLL, 0);
    await(stands, &g);
    fb_trace_control_run(&g.trace);
    fb_trace_control_release(&g.trace);
    run_read_until(g.fd, "listening");
    talk("5");
    greeter_end(&g);
    f = look(out);
    is_whole(&f, FB_RECORDING_CLOSED);
}

static void serve_alone_says_where_record_belongs(void **state) {
    (void)state;
    assert_int_equal(RUN("serve", "--no-trace", "--record", out), 2);
    assert_non_null(strstr(run_err, "--no-trace leaves nothing to record"));
    assert_int_equal(RUN("serve", "--record"), 2);
    assert_int_equal(RUN("serve", "--rec", out), 2); // cut short: not taken out
    assert_non_null(strstr(run_err, "fishbowl serve --record FILE"));
}

int main(void) {
    const char *bin = getenv("FB_BIN");
    char path[8192];
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_command_is_recorded_from_first_to_last,
                                  clear),
        cmocka_unit_test_teardown(not_even_a_small_ring_loses_one, clear),
        cmocka_unit_test_teardown(several_workers_lose_none, clear),
        cmocka_unit_test_teardown(all_that_events_point_at_is_recorded, clear),
        cmocka_unit_test_teardown(what_is_not_in_it_or_too_young_is_said,
                                  clear),
        cmocka_unit_test_teardown(the_status_of_a_command_is_told, clear),
        cmocka_unit_test_teardown(
            a_clock_of_the_program_begins_with_its_first_event, clear),
        cmocka_unit_test_teardown(a_bound_is_met_exactly, clear),
        cmocka_unit_test_teardown(what_is_there_stays, clear),
        cmocka_unit_test_teardown(what_replays_it_is_a_command, clear),
        cmocka_unit_test_teardown(a_trace_under_way_is_never_overwritten,
                                  clear),
        cmocka_unit_test_teardown(without_a_name_it_is_the_programs, clear),
        cmocka_unit_test_teardown(a_full_disk_keeps_what_is_there, clear),
        cmocka_unit_test_teardown(
            the_program_runs_on_when_its_recorder_is_told_to_end, clear),
        cmocka_unit_test_teardown(a_killed_program_is_recorded_up_to_its_end,
                                  clear),
        cmocka_unit_test_teardown(a_killed_recorder_harms_nobody, clear),
        cmocka_unit_test_teardown(there_is_one_recorder_at_a_time, clear),
        cmocka_unit_test_teardown(a_viewer_may_stop_what_is_recorded, clear),
        cmocka_unit_test_teardown(serve_alone_says_where_record_belongs, clear),
    };

    // a recorded command is looked for as a shell would
    snprintf(path, sizeof(path), "%s:%s", bin != NULL ? bin : ".",
             getenv("PATH"));
    if (setenv("PATH", path, 1) < 0) {
        return 1;
    }
    return cmocka_run_group_tests_name("viz/record", tests, enter,
                                       run_teardown);
}
