// `fishbowl demo` without a terminal, with the real greeter: every play that is
// shipped, the ways to fail, and what is left behind.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "play.h"
#include <arpa/inet.h>
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

static int play(struct fb_play *p, const char *script, const char *story) {
    const char *args[] = {script, "--story", story, NULL};

    fb_play_start(p, args);
    return fb_play_finish(p);
}

// All of `texts` must come in this order.
static void assert_in_order(const char *out, const char *const *texts) {
    const char *at = out;

    for (; *texts; texts++) {
        const char *found = strstr(at, *texts);
        if (!found) {
            fail_msg("\"%s\" is missing, or out of order, in:\n%s", *texts,
                     out);
        }
        at = found + strlen(*texts);
    }
}

// The greeter makes no mistake; a play that is there to show one says which:
// that lint must fire, and no other. A poll may take long where the machine is
// busy elsewhere: that one is true, but not its fault.
static void assert_lints(const char *out, const char *shown) {
    static const char mark[] = "\n         ! ", busy[] = "blocking call: ";
    bool fired = false;

    for (const char *at = out; (at = strstr(at, mark)) != NULL;) {
        at += sizeof(mark) - 1;
        if (shown && strncmp(at, shown, strlen(shown)) == 0) {
            fired = true;
        } else if (strncmp(at, busy, sizeof(busy) - 1) != 0) {
            fail_msg("a lint fired: %.*s", (int)strcspn(at, "\n"), at);
        }
    }
    if (shown && !fired) {
        fail_msg("the lint \"%s\" did not fire in:\n%s", shown, out);
    }
}

// The lint that a play is there to show; of all others none fires.
static const char *const mistakes[][2] = {
    {"wakers", "lost wake: Task 3"},
    {"twice", "poll after Ready: dish"},
    {"busy", "self-wake storm: Task "},
};

static const char *mistake_of(const char *play) {
    for (size_t i = 0; i < sizeof(mistakes) / sizeof(mistakes[0]); i++) {
        if (strcmp(mistakes[i][0], play) == 0) {
            return mistakes[i][1];
        }
    }
    return NULL;
}

static void assert_played(struct fb_play *p, int status) {
    if (status != 0) {
        fail_msg("status %d: %s\n%s", status, p->err, p->out);
    }
    assert_string_equal(p->err, "");
    assert_true(fb_play_left_nothing(p, false));
}

static void assert_clean_but(struct fb_play *p, int status, const char *shown) {
    assert_played(p, status);
    assert_lints(p->out, shown);
}

static void assert_clean(struct fb_play *p, int status) {
    assert_clean_but(p, status, NULL);
}

// Nothing that a terminal would obey, however hostile the names were.
static void assert_harmless(const char *out) {
    for (const char *at = out; *at; at++) {
        unsigned char byte = (unsigned char)*at;
        if ((byte < 0x20 && byte != '\n') || byte == 0x7f) {
            fail_msg("byte 0x%02x at %zd of the output", byte, at - out);
        }
    }
    assert_null(strstr(out, "\xe2\x80\xae")); // bidi
    assert_null(strstr(out, "\xe2\x80\x8b")); // zero width
    assert_null(strstr(out, "\xff"));
}

// ---- the plays -------------------------------------------------------------

static void silent_clients_do_not_block_the_fourth(void **state) {
    static const char *const story[] = {
        "== Three clients connect and say nothing.",
        ">> Ada connects",
        "spawns task 2",
        ">> Grace connects",
        "spawns task 3",
        ">> Alan connects",
        "spawns task 4",
        "readable",
        ">> Edsger connects",
        "spawns task 5",
        ">> Edsger sends \"Edsger\\n\"",
        "wakes task 5",
        "== A fourth one talks. The reactor wakes its task, and no other.",
        "Task 5 is now called \"Edsger 127.0.0.1:",
        "Task 5 (Edsger 127.0.0.1:",
        "== So three silent clients do not block a fourth.",
        "== The tasks at the end",
        "task 1 ",
        "task 2  \"127.0.0.1:",
        "readable",
        "task 3  \"127.0.0.1:",
        "readable",
        "task 4  \"127.0.0.1:",
        "readable",
        "== 5 tasks spawned, 4 alive",
        " 0 lost.",
        "With a picture: `fishbowl demo default` in a terminal.",
        NULL};
    struct fb_play p;

    (void)state;
    assert_clean(&p, play(&p, "default", "brief"));
    assert_in_order(p.out, story);
    // After the fourth had connected, nobody woke tasks 2, 3, 4.
    const char *fourth = strstr(p.out, ">> Edsger sends");
    assert_null(strstr(fourth, "wakes task 2"));
    assert_null(strstr(fourth, "wakes task 3"));
    assert_null(strstr(fourth, "wakes task 4"));
    fb_play_close(&p);
}

static size_t count_lines(const char *text) {
    size_t n = 0;

    for (; *text; text++) {
        n += *text == '\n';
    }
    return n;
}

static void brief_story_is_short_enough_to_read(void **state) {
    struct fb_play p;

    (void)state;
    assert_clean(&p, play(&p, "default", "brief"));
    assert_in_range(count_lines(p.out), 40, 130);
    assert_null(strstr(p.out, "Census"));
    fb_play_close(&p);
}

static void full_story_has_a_sentence_for_each_event(void **state) {
    struct fb_play p;
    unsigned long want = 1, summary = 0;

    (void)state;
    assert_clean(&p, play(&p, "default", "full"));
    for (const char *line = p.out; line && *line; line = strchr(line, '\n')) {
        unsigned long number;
        char first;

        line += *line == '\n';
        if (strncmp(line, "  ", 2) == 0 && strncmp(line, "         ", 9) != 0 &&
            sscanf(line, "%lu  %c", &number, &first) == 2) {
            assert_int_equal(number, want);
            want++;
        }
    }
    for (const char *next = p.out; (next = strstr(next, " wakes, ")) != NULL;) {
        next += strlen(" wakes, ");
        if (sscanf(next, "%lu events", &summary) == 1) {
            break;
        }
    }
    assert_int_equal(summary, want - 1);
    assert_true(want > 200);
    fb_play_close(&p);
}

// Lines about a port that something else on this machine had at the time.
static bool is_about_the_port(const char *line) {
    return strncmp(line, "== Port", 7) == 0 ||
           strncmp(line, "         the greeter prints: fishbowl: listen", 45) ==
               0;
}

// Whether what was written so far ends in `word`.
static bool is_after(const char *out, const char *to, const char *word) {
    size_t len = strlen(word);

    return (size_t)(to - out) >= len && memcmp(to - len, word, len) == 0;
}

// A number that differs between two runs: pid, port, time, event, descriptor.
static bool is_vague(const char *out, const char *to) {
    static const char *const words[] = {":",      "pid ", "port ",
                                        "event ", "at ",  "fd "};

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (is_after(out, to, words[i])) {
            return true;
        }
    }
    return false;
}

static char *normalise(const char *text) {
    char *out = malloc(strlen(text) + 1), *to = out;
    bool line_start = true;

    assert_non_null(out);
    while (*text) {
        if ((to == out || to[-1] == '\n') && is_about_the_port(text)) {
            text = strchr(text, '\n') + 1;
        } else if (isdigit((unsigned char)*text) &&
                   (line_start || is_vague(out, to))) {
            while (isdigit((unsigned char)*text) || *text == '.') {
                text++;
            }
            while (line_start && to > out && to[-1] == ' ') {
                to--; // numbers are aligned to the right
            }
            *to++ = '#';
            line_start = false;
        } else {
            line_start = *text == '\n' || (line_start && *text == ' ');
            *to++ = *text++;
        }
    }
    *to = '\0';
    return out;
}

// Says the first line that differs; whole stories are too long to compare by
// eye.
static void assert_same_lines(const char *play, const char *one,
                              const char *two) {
    size_t begin = 0, i = 0;

    for (; one[i] != '\0' && one[i] == two[i]; i++) {
        begin = one[i] == '\n' ? i + 1 : begin;
    }
    if (one[i] != two[i]) {
        fail_msg("%s: one run says\n%.*s\nthe other\n%.*s", play,
                 (int)strcspn(one + i, "\n") + (int)(i - begin), one + begin,
                 (int)strcspn(two + i, "\n") + (int)(i - begin), two + begin);
    }
}

static void two_runs_tell_the_same_story(void **state) {
    static const char *const plays[] = {
        "default", "silent",  "hangup", "hostile", "four",  "race",  "join",
        "abort",   "channel", "pieces", "typists", "queue", "wakers"};

    (void)state;
    for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
        struct fb_play a, b;
        char *one, *two;

        assert_clean_but(&a, play(&a, plays[i], "brief"), mistake_of(plays[i]));
        assert_clean_but(&b, play(&b, plays[i], "brief"), mistake_of(plays[i]));
        one = normalise(a.out);
        two = normalise(b.out);
        assert_same_lines(plays[i], one, two);
        free(one);
        free(two);
        fb_play_close(&a);
        fb_play_close(&b);
    }
}

static void silent_client_costs_one_waiting_task(void **state) {
    static const char *const story[] = {">> Silence connects",
                                        "returns Pending; it waits in ",
                                        "task 2  \"127.0.0.1:",
                                        "pending: fd ",
                                        ">> Silence closes its sending half",
                                        "brings 0 bytes: end of file",
                                        "== 2 tasks spawned, 1 alive",
                                        NULL};
    struct fb_play p;

    (void)state;
    assert_clean(&p, play(&p, "silent", "brief"));
    assert_in_order(p.out, story);
    fb_play_close(&p);
}

static void vanishing_clients_end_their_own_task_only(void **state) {
    static const char *const story[] = {">> Ada hangs up",
                                        "brings 0 bytes: end of file",
                                        "Task 3 (",
                                        "is complete",
                                        ">> The executor is stopped",
                                        ">> Grace sends",
                                        ">> Grace vanishes",
                                        ">> The executor runs on",
                                        "ECONNRESET",
                                        "the greeter prints: socket error: ",
                                        ">> Witness sends",
                                        "Task 2 (Witness",
                                        "is complete: ok",
                                        "== 4 tasks spawned, 1 alive",
                                        NULL};
    struct fb_play p;

    (void)state;
    assert_clean(&p, play(&p, "hangup", "brief"));
    assert_in_order(p.out, story);
    fb_play_close(&p);
}

// The net that the lecture puts under the refactoring holds for each handler.
static void the_golden_evening_is_the_same_for_every_handler(void **state) {
    static const char *const handlers[] = {"inline", "named", "states"};
    static const char *const story[] = {
        "<< Ada hears \"Thanks for dialing in, Ada!\\n\"",
        "<< Grace hears \"Thanks for dialing in, !\\n\"",
        "== 4 tasks spawned, 1 alive", NULL};

    (void)state;
    for (size_t i = 0; i < sizeof(handlers) / sizeof(handlers[0]); i++) {
        const char *args[] = {"golden", "--handler", handlers[i], NULL};
        struct fb_play p;

        fb_play_start(&p, args);
        assert_clean(&p, fb_play_finish(&p));
        assert_in_order(p.out, story);
        fb_play_close(&p);
    }
}

static void hostile_names_are_shown_and_do_no_harm(void **state) {
    static const char *const story[] = {
        ">> Escape sends \"\\x1b[2J\\x1b]0;owned\\x07\\x1b[31mEve\\n\"",
        "is now called \"\\x1b[2J\\x1b]0;owned",
        ">> Bidi sends \"\\u202e",
        ">> Zero sends \"a\\x00b\\x00c\\n\"",
        ">> Liar sends \"Admin 127.0.0.1:1\\n\"",
        ">> Broken sends \"\\xff\\xfe\\xfd\\n\"",
        "failed",
        ">> Neighbour sends",
        "is complete: ok",
        "== 7 tasks spawned, 1 alive",
        NULL};
    static const char *const forms[] = {"brief", "full"};

    (void)state;
    for (int i = 0; i < 2; i++) {
        struct fb_play p;

        assert_clean(&p, play(&p, "hostile", forms[i]));
        assert_in_order(p.out, story);
        assert_harmless(p.out);
        fb_play_close(&p);
    }
}

static void stopped_executor_polls_nobody(void **state) {
    static const char *const story[] = {">> The executor is stopped",
                                        ">> Edsger sends",
                                        ">> The executor goes on by one wake",
                                        "wakes task 2",
                                        ">> The executor goes on by one wake",
                                        "wakes task 3",
                                        ">> The executor goes on by one poll",
                                        "Task 2 (Ada 127.0.0.1:",
                                        "== One task was polled, and only one",
                                        ">> The executor runs on",
                                        "Task 3 (Grace",
                                        "Task 4 (Alan",
                                        "Task 5 (Edsger",
                                        "== 5 tasks spawned, 1 alive",
                                        NULL};
    struct fb_play p;
    const char *stopped, *stepped;

    (void)state;
    assert_clean(&p, play(&p, "four", "full"));
    assert_in_order(p.out, story);
    stopped = strstr(p.out, ">> The executor is stopped");
    stepped = strstr(p.out, ">> The executor goes on");
    // Between the stop and the first step there is no event of a task.
    assert_true(strstr(stopped, "  Task ") > stepped);
    fb_play_close(&p);
}

static void all_handlers_and_orders_play_the_same_play(void **state) {
    static const char *const args[][4] = {{"--handler", "inline", NULL},
                                          {"--handler", "named", NULL},
                                          {"--handler", "states", NULL},
                                          {"--order", "lifo", NULL},
                                          {"--order", "seed:7", NULL}};

    (void)state;
    for (size_t i = 0; i < sizeof(args) / sizeof(args[0]); i++) {
        struct fb_play p;

        fb_play_start(&p, args[i]);
        assert_clean(&p, fb_play_finish(&p));
        assert_non_null(strstr(p.out, "== 5 tasks spawned, 4 alive"));
        fb_play_close(&p);
    }
}

// ---- the lessons -----------------------------------------------------------

// What a class must have read when a play is over, in this order.
static const struct lesson {
    const char *play;
    const char *story[16];
} lessons[] = {
    {"default",
     {">> Edsger sends", "wakes task 5", "do not block a fourth",
      "== 5 tasks spawned, 4 alive"}},
    {"silent",
     {"-- Look at the future fb_read.", "?? The client closes",
      "   b) It answers", "!! It is b:", "brings 0 bytes: end of file"}},
    {"four",
     {"?? Two tasks are in the run queue",
      "!! It is a:", ">> The executor goes on by one poll"}},
    {"golden",
     {"<< Alan hears \"Who are you?\\n\"", "<< Ada hears \"Thanks for dialing",
      ">> Grace closes its sending half", "<< Grace hears \"Thanks for dialing",
      "== First: what is heard", "!! It is b: What is heard is half of it",
      ">> Alan hangs up", "is complete: ok", "== Second: the tasks.",
      "== 4 tasks spawned, 1 alive"}},
    {"slow",
     {">> Slow stops reading", "of 16777216 bytes",
      "returns Pending; it waits in slow.c:", "writable", "-- Look at task 2.",
      "fb_write_close  pending: fd ", "writable", ">> Fast sends",
      "<< Fast hears \"xxxxxxxxxxxxxxxxxxxx…\", 16777229 bytes in all",
      ">> Slow reads on", "the reactor wakes task 2",
      "<< Slow hears \"xxxxxxxxxxxxxxxxxxxx…\", 16777229 bytes in all",
      "== 3 tasks spawned, 1 alive"}},
    {"hangup", {">> Ada hangs up", "end of file", "ECONNRESET"}},
    {"midreply",
     {"of 16777216 bytes", "writable", ">> Ada vanishes", "write() on fd ",
      "returns ECONNRESET", "with an error", "<< Witness hears",
      "16777229 bytes in all"}},
    {"timeout",
     {"it waits in idle.c:", "readable, timer in 1", ">> The executor runs on",
      "Timer 1 fires", "wakes task 2", "the greeter prints: timed out: ",
      "<< Ada is let go", ">> Grace sends", "Timer 2 is cancelled",
      "<< Grace hears \"Thanks for dialing in, Grace!"}},
    {"race",
     {"a message in channel 1, timer in 2 s", "Timer 1 fires",
      "closes channel 1", "no answer in time", "Timer 2 fires",
      "nobody listens", "receives a message from channel 2",
      "Timer 3 is cancelled", "the answer is 42", "0 alive"}},
    {"join",
     {"timer in 2 s.", "Timer 1 fires", "timer in 3 s.", "Timer 2 fires",
      "timer in 2 s, timer in 3 s.", "breakfast after 5 s",
      "joined: breakfast after 3 s", "Three tasks, and all of them wait",
      "spawned: breakfast after 3 s", "== 3 tasks spawned, 0 alive"}},
    {"abort",
     {"Task 2 is now called \"keeper\"", "aborts task 2 (keeper)",
      "Task 2 (keeper) is complete: cancelled", "the lamp is out",
      "the keeper was aborted"}},
    {"lost-wake",
     {"?? The third letter comes now",
      "!! It is c:", "notifies through notify 1 all that wait now",
      "-- Look at the future fb_notified.", "A letter lies in the box",
      "Nothing can ever happen again: 1 task waits for ever",
      "-- Look at waits.", "fb_notified  pending: notify 1",
      "== 2 tasks spawned, 1 alive"}},
    {"executor",
     {"!! It is b: Its waker lies", "spawns task 4 to run greet",
      "!! It is b: A poll in turn", "wakes task 3 (greet)", "Two were woken",
      "Task 4 (Cleo) is complete: ok", "none of them in vain",
      "0 alive, 8 polls"}},
    {"handles",
     {"?? Three letters, three tasks", "!! It is c:",
      "Task 1 (send_all) returns Ready with 3", "complete: cancelled",
      "complete: cancelled", "complete: cancelled", "never seen by anybody"}},
    {"stale",
     {"The bell has her waker", "it waits in check.c:52 for nobody holds its",
      "!! It is b:", "Task 3 (clerk) wakes task 1 (Ada)", "Bob sits there",
      "Timer 5 wakes task 2 (Bob)", "a second late"}},
    {"busy",
     {"task 2 wakes task 2 (Ada) while it is being polled",
      "!! It is c:", "Nothing has happened", "in the right order",
      "4 tasks spawned, 0 alive, 2016 polls"}},
    {"blocking",
     {"!! It is b:", "took 100 ms: its thread did nothing else", "took 100 ms",
      "took 100 ms", "took 100 ms", "the longest",
      "Timer 1 wakes task 1 (porter)", "at 400 ms instead of 10"}},
    {"twice",
     {"Both dishes are Pending", "!! It is b:", "poll after Ready: dish",
      "broken contract", "A result is given once"}},
    {"bytes",
     {"waits in a select", "G, r, a. read_line has them", "!! It is c:",
      "The tick won", "the name is ce", "23 bytes came in, 20 came out"}},
    {"late-bell",
     {"1  100 ms", "!! It is b:", "the new one says 130 ms", "now it is 160 ms",
      "It rang at 260 ms", "at 0.260000 s"}},
    {"stall",
     {"Task 2 (Plato) has locked mutex 1",
      "Task 3 (Socrates) has locked mutex "
      "2",
      "Task 2 (Plato) returns Pending; it waits in stall.c:", "for mutex 2",
      "for mutex 1", "Nothing can ever happen again: 3 tasks wait for ever",
      "the scene prints: stalled: nothing can ever happen again",
      "waits for mutex 1"}},
    {"channel",
     {"it is full now", "waits in channel.c:", "the guest takes roll 1",
      "the guest takes roll 3", "0 alive"}},
    {"full",
     {">> The kernel gives the greeter no descriptor from number ",
      ">> Alan connects", "accept() on fd ", "returns EMFILE", "timer in ",
      "accept: too many open files", ">> Ada sends", "is complete: ok",
      "accept() on fd ", "takes a connection", "<< Alan hears \"Who are you?",
      ">> The kernel gives the greeter descriptors again",
      "<< Alan hears \"Thanks for dialing in, Alan!",
      "== 4 tasks spawned, 1 alive"}},
    {"pieces",
     {"its first byte alone", "brings 1 byte.", "is now called \"A 127",
      "<< Ada hears \"Thanks for dialing in, A!", ">> The executor is stopped",
      "its first byte alone", ">> The executor runs on", "brings 6 bytes",
      "<< Grace hears \"Thanks for dialing in, Grace!"}},
    {"hostile", {"is now called \"\\x1b[2J", "failed", "1 alive"}},
    {"typists",
     {"<< Slow hears \"Who are you?", "<< Fast hears \"Who are you?",
      "<< Fast hears \"Thanks for dialing in, Fast!", ">> Slow sends",
      "<< Slow hears \"Thanks for dialing in, Slow!", "1 alive"}},
    {"queue",
     {">> Alan sends", ">> Ada sends", "wakes task 4", "wakes task 2",
      "?? Both tasks were woken", "!! It is c:", "Task 4 (Alan",
      "Alan's task was polled", "Task 2 (Ada", "task 3 ", "idle  1 poll"}},
    {"turn",
     {"wakes task 2", "== The kernel", "Timer 1 is cancelled", "== The queue",
      "?? Grace is silent", "!! It is c:", "== Park", "Timer 2 fires",
      "Timer 2 wakes task 3", "== The timers", "timed out: "}},
    {"wakers",
     {"who will wake it: whoever keeps its waker outside",
      "?? The postman throws", "!! It is c:", "letter  pending: nobody holds",
      "wakes task 2 (Ada)", "wakes task 4 (Cleo)",
      "Nothing can ever happen again", "! lost wake: Task 3",
      "== Ben has his letter", "task 3  \"Ben\"  idle  1 poll"}},
};

static const struct lesson *find_lesson(const char *play) {
    for (size_t i = 0; i < sizeof(lessons) / sizeof(lessons[0]); i++) {
        if (strcmp(lessons[i].play, play) == 0) {
            return &lessons[i];
        }
    }
    fail_msg("nobody says what %s.demo teaches", play);
    return NULL;
}

// A build without the course has no exercise to play.
static bool can_be_played(const char *play) {
    char path[1024], line[512];
    bool exercise = false;
    FILE *f;

    snprintf(path, sizeof(path), "%s/viz/demo/scripts/%s.demo",
             getenv("FB_SOURCE"), play);
    f = fopen(path, "re");
    assert_non_null(f);
    while (!exercise && fgets(line, sizeof(line), f)) {
        exercise = strncmp(line, "program exercise ", 17) == 0;
    }
    fclose(f);
    return !exercise || getenv("FB_EXERCISES");
}

static int is_play(const struct dirent *entry) {
    return strstr(entry->d_name, ".demo") != NULL;
}

// Every play in the folder is played, says what it is there to teach, and makes no
// mistake but one that it shows.
static void every_play_teaches_its_lesson(void **state) {
    const char *source = getenv("FB_SOURCE");
    struct dirent **plays;
    char dir[1024];
    int count;

    (void)state;
    assert_non_null(source);
    snprintf(dir, sizeof(dir), "%s/viz/demo/scripts", source);
    count = scandir(dir, &plays, is_play, alphasort);
    assert_int_equal(count, sizeof(lessons) / sizeof(lessons[0]));
    for (int i = 0; i < count; i++) {
        const struct lesson *lesson;
        struct fb_play p;

        *strrchr(plays[i]->d_name, '.') = '\0';
        lesson = find_lesson(plays[i]->d_name);
        if (can_be_played(lesson->play)) {
            assert_clean_but(&p, play(&p, lesson->play, "brief"),
                             mistake_of(lesson->play));
            assert_in_order(p.out, lesson->story);
            assert_harmless(p.out);
            fb_play_close(&p);
        }
        free(plays[i]);
    }
    free(plays);
}

static void list_names_every_play(void **state) {
    static const char *const args[] = {"--list", NULL};
    struct fb_play p;

    (void)state;
    fb_play_start(&p, args);
    assert_clean(&p, fb_play_finish(&p));
    assert_memory_equal(p.out, "  PLAY      LENGTH  USE ", 24);
    for (size_t i = 0; i < sizeof(lessons) / sizeof(lessons[0]); i++) {
        char name[64];

        snprintf(name, sizeof(name), "\n  %s ", lessons[i].play);
        assert_non_null(strstr(p.out, name));
    }
    assert_non_null(strstr(p.out, " s   demo      Three clients connect"));
    assert_non_null(strstr(p.out, " s+  exercise  Tea takes 2 s"));
    fb_play_close(&p);
}

// Writes a script and plays it.
static int play_text(struct fb_play *p, const char *text) {
    char path[] = "/tmp/fishbowl-test-XXXXXX.demo";
    int fd = mkstemps(path, 5), status;

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    status = play(p, path, "brief");
    unlink(path);
    return status;
}

static void quiz_is_asked_and_answered_by_the_events(void **state) {
    static const char *const story[] = {
        ">> Ada sends",
        ">> Grace sends",
        "?? 2 tasks are in the run queue. Who is polled next?",
        "   a) ",
        "   b) ",
        ">> The executor runs on",
        "!! It was ",
        "== Over.",
        NULL};
    struct fb_play p;

    (void)state;
    assert_int_equal(play_text(&p, "client Ada\nclient Grace\nstop\n"
                                   "send Ada \"Ada\\n\"\n"
                                   "send Grace \"Grace\\n\"\n"
                                   "step wake\nstep wake\nstep event\n"
                                   "quiz next\nrun\n"
                                   "wait Grace closed\nsay \"Over.\"\n"),
                     0);
    assert_in_order(p.out, story);
    fb_play_close(&p);
}

// ---- exercises -------------------------------------------------------------

// However a run of an exercise ends, the play goes on, and tells it.
static void exercises_end_as_they_like(void **state) {
    static const struct {
        const char *play, *story[5];
    } want[] = {
        // a broken contract: the program is aborted
        {"program exercise 13\nrun\nwait end\nsay \"Over.\"\n",
         {"poll after Ready: dish",
          "the exercise prints: fishbowl: broken "
          "contract",
          "== Over."}},
        // a great deal happens in no time
        {"program exercise 17\ntimeout 20s\nrun\nwait end\nsay \"Over.\"\n",
         {"== Over.", "== 4 tasks spawned, 0 alive"}},
        // a world in memory, whose clock stands while the class looks
        {"program exercise 14\nstep poll 3\nrun\nwait end\n",
         {"goes on by one poll", "runs on", "spawned, 0 alive"}},
        // a lost wake, and the same mended
        {"program exercise 10 world 1\nrun\nwait event STALL\nwait end\n",
         {"Nothing can ever happen again",
          "the exercise prints: stalled: nothing can ever happen again",
          "awaited at porter.c:16, waits for notify 1", "spawned, 0 alive"}},
        {"program exercise 10 solution world 1\nrun\nwait end\n",
         {"Task 1 (porter) is complete: ok", "spawned, 0 alive"}},
        // its own file of decisions
        {"program exercise 03 solution\nrun\nwait end\n",
         {"is now called \"Ada", "spawned, 0 alive"}}};

    (void)state;
    if (!getenv("FB_EXERCISES")) {
        skip();
    }
    for (size_t i = 0; i < sizeof(want) / sizeof(want[0]); i++) {
        struct fb_play p;

        assert_played(&p, play_text(&p, want[i].play));
        assert_in_order(p.out, want[i].story);
        assert_harmless(p.out);
        fb_play_close(&p);
    }
}

// ---- moments ---------------------------------------------------------------

// The event that a line of a file of marks gives; 0: there is no such line.
static unsigned long marked(const char *marks, const char *name) {
    char line[64];
    const char *at;

    snprintf(line, sizeof(line), "%s\t", name);
    at = strstr(marks, line);
    if (!at || (at > marks && at[-1] != '\n')) {
        return 0;
    }
    return strtoul(at + strlen(line), NULL, 10);
}

// Whether the story tells event `number` with these words in it.
static bool tells(const char *out, unsigned long number, const char *words) {
    char begin[32];
    const char *line;

    snprintf(begin, sizeof(begin), "\n  %5lu  ", number);
    line = strstr(out, begin);
    return line && memmem(line + 1, strcspn(line + 1, "\n"), words,
                          strlen(words)) != NULL;
}

static void play_with_marks(struct fb_play *p, const char *text, char *marks,
                            size_t marks_bytes) {
    char path[] = "/tmp/fishbowl-test-XXXXXX.demo";
    char file[] = "/tmp/fishbowl-test-XXXXXX.marks";
    const char *args[] = {path, "--marks", file, "--story", "full", NULL};
    const int fd = mkstemps(path, 5), to = mkstemps(file, 6);
    ssize_t len;

    assert_true(fd >= 0 && to >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    close(fd);
    fb_play_start(p, args);
    assert_clean(p, fb_play_finish(p));
    len = read(to, marks, marks_bytes - 1);
    assert_in_range(len, 1, marks_bytes - 1);
    marks[len] = '\0';
    close(to);
    unlink(path);
    unlink(file);
}

static void marks_name_events_of_the_trace(void **state) {
    char marks[512];
    struct fb_play p;

    (void)state;
    play_with_marks(&p,
                    "client Ada\nclient Grace\nmark two-wait\nstop\n"
                    "send Ada \"Ada\\n\"\nstep wake\nmark woken\nrun\n"
                    "wait Ada closed\nmark over\n"
                    "mark asleep at POLL_END of Ada\n"
                    "mark done at TASK_DONE of Ada\n",
                    marks, sizeof(marks));
    assert_true(tells(p.out, marked(marks, "two-wait"), "parks"));
    assert_true(tells(p.out, marked(marks, "woken"), "wakes task 2"));
    assert_true(tells(p.out, marked(marks, "asleep"), "Task 2 "));
    assert_true(tells(p.out, marked(marks, "asleep"), "Pending"));
    assert_true(tells(p.out, marked(marks, "done"), "is complete"));
    assert_true(marked(marks, "asleep") < marked(marks, "two-wait"));
    assert_true(marked(marks, "two-wait") < marked(marks, "woken"));
    assert_true(marked(marks, "woken") < marked(marks, "done"));
    assert_true(marked(marks, "done") < marked(marks, "over"));
    // The end has a name without being asked.
    assert_int_equal(marked(marks, "end"), marked(marks, "over"));
    assert_true(tells(p.out, marked(marks, "end"), "parks"));
    fb_play_close(&p);
    play_with_marks(&p, "client Ada\nmark end at 1st POLL_BEGIN\nclient Bob\n",
                    marks, sizeof(marks));
    assert_true(tells(p.out, marked(marks, "end"), "is polled for the 1st"));
    assert_null(strstr(strstr(marks, "end\t") + 1, "end\t"));
    fb_play_close(&p);
}

// Plays it, and gives what `print` with these arguments says of its trace up to
// its end. The caller frees it.
static char *played_then_printed(const char *name, const char *form) {
    char ring[] = "/tmp/fishbowl-test-XXXXXX.ring";
    char file[] = "/tmp/fishbowl-test-XXXXXX.marks", marks[4096];
    const char *args[] = {name, "--ring", ring, "--marks", file, NULL};
    const int ring_fd = mkstemps(ring, 5), fd = mkstemps(file, 6);
    char command[1024], *text = calloc(1, 65536);
    struct fb_play p;
    ssize_t len;
    FILE *out;

    assert_true(ring_fd >= 0 && fd >= 0 && text);
    close(ring_fd);
    unlink(ring);
    fb_play_start(&p, args);
    assert_played(&p, fb_play_finish(&p));
    fb_play_close(&p);
    len = read(fd, marks, sizeof(marks) - 1);
    assert_true(len > 0);
    marks[len] = '\0';
    snprintf(command, sizeof(command), "'%s/fishbowl' print %s %s --at %lu",
             getenv("FB_BIN"), ring, form, marked(marks, "end"));
    out = popen(command, "r");
    assert_non_null(out);
    assert_true(fread(text, 1, 65535, out) > 0);
    assert_int_equal(pclose(out), 0);
    close(fd);
    unlink(ring);
    unlink(file);
    return text;
}

// What slides keep as the end of a play.
static void two_runs_have_one_normal_form(void **state) {
    static const char *const plays[] = {"default", "full", "hangup",
                                        "lost-wake", "midreply"};

    (void)state;
    for (size_t i = 0; i < sizeof(plays) / sizeof(plays[0]); i++) {
        char *one, *two;

        if (!can_be_played(plays[i])) {
            continue;
        }
        one = played_then_printed(plays[i], "--normal");
        two = played_then_printed(plays[i], "--normal");
        assert_memory_equal(one, "task 1 ", 7);
        assert_same_lines(plays[i], one, two);
        free(one);
        free(two);
    }
}

// ---- failing ---------------------------------------------------------------

static void assert_fails(const char *text, int want, const char *complaint) {
    struct fb_play p;
    int status = play_text(&p, text);

    assert_int_equal(status, want);
    if (!strstr(p.err, complaint)) {
        fail_msg("\"%s\" is not in: %s", complaint, p.err);
    }
    assert_int_equal(count_lines(p.err), 1);
    assert_memory_equal(p.err, "fishbowl: demo: ", 16);
    assert_harmless(p.err);
    assert_true(fb_play_left_nothing(&p, false));
    fb_play_close(&p);
}

static void failed_expectation_ends_with_1_and_its_place(void **state) {
    (void)state;
    assert_fails("client Ada\nsend Ada \"Ada\\n\"\nwait Ada reply\n"
                 "expect Ada \"Go away, \\x1b[2J!\\n\"\n",
                 1,
                 ".demo:4: Ada got \"Thanks for dialing in, Ada!\\n\", not "
                 "\"Go away, \\x1b[2J!\\n\"");
    assert_fails("client Ada\nexpect Ada \"Who are you?\\nX\"\n", 1,
                 ".demo:2: Ada got \"Who are you?\\n\", not "
                 "\"Who are you?\\nX\"");
}

static void waits_are_bounded_and_say_what_was_missing(void **state) {
    (void)state;
    assert_fails("client Ada\nwait Ada reply\n", 1,
                 ".demo:2: no reply for Ada in 2 s");
    assert_fails("client Ada\nwait tasks 7\n", 1,
                 ".demo:2: there are 2 tasks, not 7, after 2 s");
    assert_fails("client Ada\nwait event STALL\n", 1,
                 ".demo:2: no STALL since the last act, in 2 s");
    assert_fails("client Ada\nstop\nstep wake\n", 1,
                 ".demo:3: the executor had nothing to step over in 2 s");
}

static void acts_that_came_too_late_are_explained(void **state) {
    (void)state;
    assert_fails("client Ada\nsend Ada \"Ada\\n\"\nwait Ada closed\n"
                 "send Ada \"again\\n\"\n",
                 1, ".demo:4: Ada cannot send: the connection is closed");
    assert_fails("client Ada\nsend Ada \"\\xff\"\nwait Ada closed\n"
                 "wait Ada reply\n",
                 1, ".demo:4: Ada was closed without a reply");
    assert_fails("step poll\n", 1,
                 ".demo:1: the executor runs (`stop` comes before `step`)");
    assert_fails("select task 99\n", 1, ".demo:1: there is no task to select");
}

static void bad_scripts_and_options_end_with_2(void **state) {
    static const char *const bad[][4] = {
        {"nosuchplay", NULL},
        {"--story", "long", NULL},
        {"--theme", "pink", NULL},
        {"--order", "random", NULL},
        {"--handler", "magic", NULL},
        {"--nonsense", NULL},
        {"default", "silent", NULL},
        {"join", "--order", "lifo"}}; // a scene is no greeter

    (void)state;
    assert_fails("client Ada\nsned Ada \"x\"\n", 2,
                 ".demo:2: `sned` is no command");
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct fb_play p;

        fb_play_start(&p, bad[i]);
        assert_int_equal(fb_play_finish(&p), 2);
        assert_string_equal(p.out, "");
        assert_true(p.err_len > 0);
        assert_true(fb_play_left_nothing(&p, false));
        fb_play_close(&p);
    }
}

static void exercises_that_cannot_be_played_say_why(void **state) {
    (void)state;
    if (!getenv("FB_EXERCISES")) {
        skip();
    }
    assert_fails("program exercise 77\nrun\n", 1,
                 "the exercise exited with status 2: fishbowl learn: 77: there "
                 "is no such exercise");
    assert_fails("program exercise 10 mutants/foo\nrun\n", 1,
                 "there is no mutant foo (there are: keeps_a_waker");
    assert_fails("program exercise 10\nrun\nwait end\nstep poll\n", 1,
                 ".demo:4: the exercise has ended: nothing is left to step");
    assert_fails("program exercise 03\ntimeout 600s\nstep poll\n", 1,
                 ".demo:3: the exercise has ended: nothing is left to step");
    assert_fails("program exercise 10\ntimeout 600s\nrun\nwait event STALL\n",
                 1,
                 ".demo:4: no STALL since the last act, and the exercise has "
                 "ended");
    assert_fails("program exercise 10\nclient Ada\n", 1,
                 ".demo:2: this exercise has no clients that a play can lead");
}

static void moments_that_never_come_fail_the_play(void **state) {
    static const char *const args[] = {"default", "--marks", "/nowhere/marks",
                                       NULL};
    struct fb_play p;

    (void)state;
    assert_fails("client Ada\nmark bad at 7th WAKE of Ada\n", 1,
                 ".demo:2: mark bad at 7th WAKE of Ada: there is no such event "
                 "in this trace");
    fb_play_start(&p, args);
    assert_int_equal(fb_play_finish(&p), 1);
    assert_string_equal(p.err, "fishbowl: demo: --marks /nowhere/marks: No "
                               "such file or directory\n");
    assert_true(fb_play_left_nothing(&p, false));
    fb_play_close(&p);
}

// A scene's trace stays where it was asked for, as a greeter's does.
static void the_trace_of_a_scene_can_be_kept(void **state) {
    char path[] = "/tmp/fishbowl-test-XXXXXX";
    const char *const args[] = {"join", "--ring", path, NULL};
    struct stat st;
    struct fb_play p;

    (void)state;
    close(mkstemp(path));
    unlink(path);
    fb_play_start(&p, args);
    assert_int_equal(fb_play_finish(&p), 0);
    assert_string_equal(p.err, "");
    assert_int_equal(stat(path, &st), 0);
    assert_true(st.st_size > 0);
    unlink(path);
    assert_true(fb_play_left_nothing(&p, false));
    fb_play_close(&p);
}

// ---- ending early ----------------------------------------------------------

static void reader_that_has_seen_enough_ends_it_quietly(void **state) {
    static const char *const args[] = {"--story", "full", NULL};
    struct fb_play p;

    (void)state;
    fb_play_start(&p, args);
    assert_true(fb_play_says(&p, "=="));
    close(p.out_fd);
    p.out_fd = -1;
    assert_int_equal(fb_play_finish(&p), 0);
    assert_string_equal(p.err, "");
    assert_true(fb_play_left_nothing(&p, false));
    fb_play_close(&p);
}

// A play that waits for two seconds: long enough to be interrupted.
static void start_waiting(struct fb_play *p, char *path) {
    static const char text[] = "say \"now\"\nclient Ada\nwait Ada reply\n";
    const char *args[] = {path, NULL};
    int fd = mkstemps(path, 5);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, sizeof(text) - 1), sizeof(text) - 1);
    close(fd);
    fb_play_start(p, args);
    assert_true(fb_play_says(p, ">> Ada connects"));
    unlink(path);
}

static void signals_end_it_and_its_server(void **state) {
    static const int signals[] = {SIGINT, SIGTERM, SIGHUP};

    (void)state;
    for (size_t i = 0; i < sizeof(signals) / sizeof(signals[0]); i++) {
        char path[] = "/tmp/fishbowl-test-XXXXXX.demo";
        struct fb_play p;

        start_waiting(&p, path);
        assert_true(fb_play_server(&p) > 0);
        kill(p.pid, signals[i]);
        assert_int_equal(fb_play_finish(&p), 128 + signals[i]);
        assert_string_equal(p.err, "");
        assert_true(fb_play_left_nothing(&p, false));
        fb_play_close(&p);
    }
}

static void killed_demo_leaves_no_server(void **state) {
    char path[] = "/tmp/fishbowl-test-XXXXXX.demo";
    struct fb_play p;
    pid_t server;

    (void)state;
    start_waiting(&p, path);
    server = fb_play_server(&p);
    assert_true(server > 0);
    kill(p.pid, SIGKILL);
    assert_int_equal(fb_play_finish(&p), 128 + SIGKILL);
    assert_true(fb_play_orphan_ends(server));
    assert_true(fb_play_left_nothing(&p, true)); // its trace may be looked at
    fb_play_close(&p);
}

static void server_that_dies_is_reported(void **state) {
    char path[] = "/tmp/fishbowl-test-XXXXXX.demo";
    struct fb_play p;

    (void)state;
    start_waiting(&p, path);
    kill(fb_play_server(&p), SIGKILL);
    assert_int_equal(fb_play_finish(&p), 1);
    assert_string_equal(p.err, "fishbowl: demo: the greeter killed by signal 9 "
                               "(Killed) in the middle of the play\n");
    assert_true(fb_play_left_nothing(&p, true));
    fb_play_close(&p);
}

// Who starts the demo may have left SIGCHLD ignored; that outlives exec.
static void server_that_dies_is_noticed_whoever_started_the_demo(void **state) {
    char path[] = "/tmp/fishbowl-test-XXXXXX.demo";
    struct fb_play p;

    (void)state;
    signal(SIGCHLD, SIG_IGN);
    start_waiting(&p, path);
    signal(SIGCHLD, SIG_DFL);
    kill(fb_play_server(&p), SIGKILL);
    assert_int_equal(fb_play_finish(&p), 1);
    assert_non_null(strstr(p.err, "the greeter killed by signal 9"));
    assert_true(fb_play_left_nothing(&p, true));
    fb_play_close(&p);
}

static void taken_port_is_no_obstacle(void **state) {
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof(address);
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    char port[16], said[80];
    struct fb_play p;

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(fd, 1), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    snprintf(port, sizeof(port), "%u", (unsigned)ntohs(address.sin_port));
    fb_play_start(&p, (const char *const[]){"--port", port, "default", NULL});
    assert_clean(&p, fb_play_finish(&p));
    close(fd);
    snprintf(said, sizeof(said), "== Port %s is in use", port);
    assert_memory_equal(p.out, said, strlen(said));
    snprintf(said, sizeof(said), "listening on port %s\n", port);
    assert_null(strstr(p.out, said));
    fb_play_close(&p);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silent_clients_do_not_block_the_fourth),
        cmocka_unit_test(brief_story_is_short_enough_to_read),
        cmocka_unit_test(full_story_has_a_sentence_for_each_event),
        cmocka_unit_test(two_runs_tell_the_same_story),
        cmocka_unit_test(silent_client_costs_one_waiting_task),
        cmocka_unit_test(vanishing_clients_end_their_own_task_only),
        cmocka_unit_test(the_golden_evening_is_the_same_for_every_handler),
        cmocka_unit_test(hostile_names_are_shown_and_do_no_harm),
        cmocka_unit_test(stopped_executor_polls_nobody),
        cmocka_unit_test(all_handlers_and_orders_play_the_same_play),
        cmocka_unit_test(every_play_teaches_its_lesson),
        cmocka_unit_test(quiz_is_asked_and_answered_by_the_events),
        cmocka_unit_test(list_names_every_play),
        cmocka_unit_test(failed_expectation_ends_with_1_and_its_place),
        cmocka_unit_test(waits_are_bounded_and_say_what_was_missing),
        cmocka_unit_test(acts_that_came_too_late_are_explained),
        cmocka_unit_test(bad_scripts_and_options_end_with_2),
        cmocka_unit_test(exercises_end_as_they_like),
        cmocka_unit_test(exercises_that_cannot_be_played_say_why),
        cmocka_unit_test(marks_name_events_of_the_trace),
        cmocka_unit_test(two_runs_have_one_normal_form),
        cmocka_unit_test(moments_that_never_come_fail_the_play),
        cmocka_unit_test(the_trace_of_a_scene_can_be_kept),
        cmocka_unit_test(reader_that_has_seen_enough_ends_it_quietly),
        cmocka_unit_test(signals_end_it_and_its_server),
        cmocka_unit_test(killed_demo_leaves_no_server),
        cmocka_unit_test(server_that_dies_is_reported),
        cmocka_unit_test(server_that_dies_is_noticed_whoever_started_the_demo),
        cmocka_unit_test(taken_port_is_no_obstacle),
    };

    return cmocka_run_group_tests_name("demo", tests, NULL, NULL);
}
