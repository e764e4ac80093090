// The three handlers, one conversation at a time, byte for byte.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <setjmp.h>

#include <cmocka.h>

#include "desk.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { HEARD = 4096 };

static const struct greeter_handler *handler_of(void **state) {
    return *state;
}

// Says `bytes` (or, with len 0, shuts down at once) and compares all that came.
static void expect(const struct greeter_handler *handler, const char *bytes,
                   size_t len, const char *name, size_t name_len) {
    struct desk d;
    char heard[HEARD], want[HEARD];
    size_t want_len = 0, heard_len;
    bool end;
    int fd;

    memcpy(want, "Who are you?\nThanks for dialing in, ", 36);
    memcpy(want + 36, name, name_len);
    memcpy(want + 36 + name_len, "!\n", 2);
    want_len = 36 + name_len + 2;

    desk_open(&d, true);
    fd = desk_client(&d, handler, false);
    desk_run(&d);
    if (len > 0) {
        desk_send(fd, bytes, len);
    } else {
        assert_int_equal(shutdown(fd, SHUT_WR), 0);
    }
    assert_int_equal(desk_result(&d).outcome, FB_OUTCOME_OK);
    heard_len = desk_receive(fd, heard, sizeof heard, &end);
    assert_true(end);
    assert_int_equal(heard_len, want_len);
    assert_memory_equal(heard, want, want_len);
    close(fd);
    desk_close(&d);
}
#define EXPECT(handler, sent, name)                                            \
    expect((handler), (sent), sizeof(sent) - 1, (name), sizeof(name) - 1)

static void asks_before_anything_is_said(void **state) {
    struct desk d;
    char heard[HEARD];
    bool end;
    int fd;

    desk_open(&d, true);
    fd = desk_client(&d, handler_of(state), false);
    assert_int_equal(desk_receive(fd, heard, sizeof heard, &end), 0);
    desk_run(&d);
    assert_int_equal(desk_receive(fd, heard, sizeof heard, &end), 13);
    assert_memory_equal(heard, "Who are you?\n", 13);
    assert_false(end);
    assert_null(d.clients.finished_first);
    assert_int_equal(desk_count_io(&d, FB_IO_READ, -EAGAIN), 1);
    close(fd);
    desk_close(&d);
}

static void answers_the_name_as_it_came(void **state) {
    const struct greeter_handler *h = handler_of(state);

    EXPECT(h, "Ada\n", "Ada");
    EXPECT(h, "Ada", "Ada");
    EXPECT(h, "Ada  Lovelace\r\n", "Ada  Lovelace");
    EXPECT(h, "two\nlines\n", "two\nlines");
    EXPECT(h, "Zo\xc3\xab\n", "Zo\xc3\xab");
    EXPECT(h, "\xf0\x9f\x90\x9f\n", "\xf0\x9f\x90\x9f");
    EXPECT(h, "A\0B\n", "A\0B");
    EXPECT(h, "\0\n", "\0");
    EXPECT(h, "\x1b[31mRed\x1b[0m\x1b]0;t\x07\n",
           "\x1b[31mRed\x1b[0m\x1b]0;t\x07");
    EXPECT(h,
           "\xe2\x80\xae"
           "evil\n",
           "\xe2\x80\xae"
           "evil"); // U+202E
    EXPECT(h, "!\n", "!");
    EXPECT(h, "%s%n\n", "%s%n");
}

static void trims_unicode_white_space_only(void **state) {
    const struct greeter_handler *h = handler_of(state);

    EXPECT(h, " \t\v\f\r\nAda \t\v\f\r\n", "Ada");
    EXPECT(h,
           "\xc2\xa0\xc2\x85"
           "Ada\xe3\x80\x80\n",
           "Ada"); // A0, 85, 3000
    EXPECT(h,
           "\xe2\x80\x83"
           "Ada\xe2\x80\xa8\n",
           "Ada");                                     // 2003, 2028
    EXPECT(h, "Ada\xe2\x80\x8b\n", "Ada\xe2\x80\x8b"); // 200B is no space
    EXPECT(h,
           "\xef\xbb\xbf"
           "Ada\n",
           "\xef\xbb\xbf"
           "Ada"); // nor is FEFF
    EXPECT(h,
           "\x1c"
           "Ada\n",
           "\x1c"
           "Ada"); // space to C's isspace of some
}

static void an_empty_name_is_a_name(void **state) {
    const struct greeter_handler *h = handler_of(state);

    EXPECT(h, "", ""); // end of file before any byte
    EXPECT(h, "\n", "");
    EXPECT(h, "   \t\r\n", "");
    EXPECT(h, "\xe3\x80\x80", "");
}

static void reads_once_and_at_most_1024_bytes(void **state) {
    const struct greeter_handler *h = handler_of(state);
    char name[1025];

    memset(name, 'a', sizeof name);
    expect(h, name, 1024, name, 1024);
    expect(h, name, 1025, name, 1024);
    name[1023] = '\n';
    expect(h, name, 1024, name, 1023);
    memset(name, ' ', sizeof name);
    expect(h, name, 1025, "", 0);
}

static void one_read_is_all_it_takes(void **state) {
    struct desk d;
    char heard[HEARD];
    size_t len;
    bool end;
    int fd;

    desk_open(&d, true);
    fd = desk_client(&d, handler_of(state), false);
    desk_run(&d);
    desk_send(fd, "A", 1);
    desk_run(&d);
    len = desk_receive(fd, heard, sizeof heard, &end);
    assert_true(end); // "da\n" comes too late
    assert_int_equal(len, 13 + 23 + 1 + 2);
    assert_memory_equal(heard + 13, "Thanks for dialing in, A!\n", 26);
    assert_int_equal(desk_count_io(&d, FB_IO_READ, 1), 1);
    close(fd);
    desk_close(&d);
}

static void invalid_utf8_fails_that_task_alone(void **state) {
    static const struct {
        const char *bytes;
        size_t len;
    } bad[] = {
        {"\xff\n", 2},         {"Ada\xc3\n", 5},        {"\xc0\x80\n", 3},
        {"\xed\xa0\x80\n", 4}, {"\xf4\x90\x80\x80", 4}, {"\xe2\x82", 2},
        {"\x80", 1},           {"ok\0\xfe", 4}};

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct desk d;
        struct fb_join_result result;
        char heard[HEARD];
        bool end;
        int fd, other;

        desk_open(&d, true);
        fd = desk_client(&d, handler_of(state), false);
        other = desk_client(&d, handler_of(state), false);
        desk_run(&d);
        desk_send(fd, bad[i].bytes, bad[i].len);
        result = desk_result(&d);
        assert_int_equal(result.outcome, FB_OUTCOME_FAILED);
        assert_string_equal(result.message, "the name is not UTF-8");
        assert_int_equal(desk_receive(fd, heard, sizeof heard, &end), 13);
        assert_true(end);

        desk_send(other, "Bob\n", 4);
        assert_int_equal(desk_result(&d).outcome, FB_OUTCOME_OK);
        assert_int_equal(desk_receive(other, heard, sizeof heard, &end),
                         13 + 23 + 3 + 2);
        assert_true(end);
        close(fd);
        close(other);
        desk_close(&d);
    }
}

static void a_name_cut_inside_a_letter_is_invalid(void **state) {
    struct desk d;
    char name[1026], heard[HEARD];
    bool end;
    int fd;

    memset(name, 'a', sizeof name);
    memcpy(name + 1023, "\xc3\xab\n", 3); // bytes 1024 and 1025
    desk_open(&d, true);
    fd = desk_client(&d, handler_of(state), false);
    desk_run(&d);
    desk_send(fd, name, sizeof name);
    assert_int_equal(desk_result(&d).outcome, FB_OUTCOME_FAILED);
    assert_int_equal(desk_receive(fd, heard, sizeof heard, &end), 13);
    close(fd);
    desk_close(&d);
}

static void two_names_never_mix_in_the_shared_buffer(void **state) {
    struct desk d;
    char heard[HEARD];
    bool end;
    int fd[3];
    static const char *const names[] = {"Ada", "Bartholomew", "C"};

    desk_open(&d, true);
    for (int i = 0; i < 3; i++) {
        fd[i] = desk_client(&d, handler_of(state), true);
    }
    desk_run(&d); // every sending buffer is full: all wait to ask
    for (int i = 0; i < 3; i++) {
        desk_send(fd[i], names[i], strlen(names[i]));
    }
    desk_run(&d);
    for (int i = 0; i < 3; i++) {
        char want[64];
        size_t len = 0;

        // Drain what filled the buffer, let it go on, until it has closed.
        do {
            len += desk_receive(fd[i], heard + len, sizeof heard - len, &end);
            if (len > 1024) { // keep only the end
                memmove(heard, heard + len - 512, 512);
                len = 512;
            }
            desk_run(&d);
        } while (!end);
        snprintf(want, sizeof want,
                 "xWho are you?\nThanks for dialing in, %s!\n", names[i]);
        assert_true(len > strlen(want));
        assert_memory_equal(heard + len - strlen(want), want, strlen(want));
        close(fd[i]);
    }
    desk_close(&d);
}

// ---- errors ----

enum stage { ASKING, READING, THANKING };

// Brings a client to a stage where it waits, then breaks the connection.
static struct fb_join_result break_at(struct desk *d,
                                      const struct greeter_handler *h,
                                      enum stage stage, char **ret_stdout) {
    static struct capture out;
    struct fb_join_result result;
    int fd = desk_client(d, h, stage == ASKING);

    desk_run(d);
    if (stage == THANKING) {
        desk_fill(d->inside);
        desk_send(fd, "Ada\n", 4);
        desk_run(d);
        assert_int_equal(desk_count_io(d, FB_IO_READ, 4), 1);
    }
    // it waits to write, unless it waits to read
    assert_true(stage == READING || desk_count_io(d, FB_IO_WRITE, -EAGAIN) > 0);
    close(fd); // with bytes unread: the other end is reset
    capture_begin(&out, STDOUT_FILENO);
    result = desk_result(d);
    *ret_stdout = capture_end(&out);
    return result;
}

static void a_broken_connection_ends_its_task_at_every_stage(void **state) {
    const struct greeter_handler *h = handler_of(state);
    const bool prints = h == &greeter_inline;

    for (enum stage stage = ASKING; stage <= THANKING; stage++) {
        struct desk d;
        struct fb_join_result result;
        char *printed, want[128];
        int err;

        desk_open(&d, true);
        result = break_at(&d, h, stage, &printed);
        if (prints) { // swallowed: the block has nowhere to return it to
            assert_int_equal(result.outcome, FB_OUTCOME_OK);
            err = strstr(printed, "(os error 32)") ? -EPIPE : -ECONNRESET;
        } else {
            assert_int_equal(result.outcome, FB_OUTCOME_ERROR);
            err = result.out;
        }
        assert_true(err == -ECONNRESET || err == -EPIPE);
        snprintf(want, sizeof want, "socket error: %s (os error %d)\n",
                 strerror(-err), -err);
        assert_string_equal(printed, prints ? want : "");
        free(printed);
        desk_close(&d);
    }
}

static void an_aborted_client_leaks_nothing_at_any_stage(void **state) {
    for (int stage = -1; stage <= READING; stage++) {
        struct desk d;
        char heard[HEARD];
        bool end;
        int fd;

        desk_open(&d, true);
        fd = desk_client(&d, handler_of(state), stage == ASKING);
        if (stage >= 0) {
            desk_run(&d); // -1: aborted before its first poll
        }
        fb_join_set_abort_all(&d.clients);
        assert_int_equal(desk_result(&d).outcome, FB_OUTCOME_CANCELLED);
        assert_int_equal(fb_runtime_stats(d.rt).sources, 0);
        while (desk_receive(fd, heard, sizeof heard, &end) == sizeof heard) {
        }
        assert_true(end); // closed
        close(fd);
        desk_close(&d);
    }
}

// ---- what people see ----

static void the_label_is_the_address_then_name_and_address(void **state) {
    struct desk d;
    char label[128];
    uint32_t task;
    int fd;

    desk_open(&d, true);
    fd = desk_client(&d, handler_of(state), false);
    desk_run(&d);
    task = 1;
    desk_label(&d, task, label, sizeof label);
    assert_string_equal(label, "127.0.0.1:51234");
    desk_send(fd, "  Ada\n", 6);
    desk_run(&d);
    desk_label(&d, task, label, sizeof label);
    assert_string_equal(label, "Ada 127.0.0.1:51234");
    close(fd);
    desk_close(&d);
}

static void a_long_name_never_hides_the_address(void **state) {
    struct desk d;
    char label[128], name[1024];
    int fd;

    for (size_t i = 0; i < sizeof name; i += 2) {
        memcpy(name + i, "\xc3\xab", 2);
    }
    desk_open(&d, true);
    fd = desk_client(&d, handler_of(state), false);
    desk_run(&d);
    desk_send(fd, name, sizeof name);
    desk_run(&d);
    desk_label(&d, 1, label, sizeof label);
    assert_true(strlen(label) <= FB_TRACE_LABEL_BYTES);
    assert_true(strlen(label) >= FB_TRACE_LABEL_BYTES - 1);
    assert_string_equal(label + strlen(label) - 16, " 127.0.0.1:51234");
    assert_memory_equal(label, name, strlen(label) - 16); // whole letters
    assert_int_equal((strlen(label) - 16) % 2, 0);
    close(fd);
    desk_close(&d);
}

static char *life_of(const struct greeter_handler *handler, char **ret_normal) {
    struct desk d;
    char *story;
    int ada, bob;

    desk_open(&d, true);
    ada = desk_client(&d, handler, false);
    bob = desk_client(&d, handler, false);
    desk_run(&d);
    desk_send(ada, "Ada\n", 4);
    desk_run(&d);
    desk_send(bob, "\xff\n", 2);
    desk_run(&d);
    desk_result(&d);
    desk_result(&d);
    story = desk_story(&d);
    *ret_normal = desk_normal(&d);
    close(ada);
    close(bob);
    desk_close(&d);
    return story;
}

static void all_handlers_live_the_same_events(void **state) {
    char *named_tree, *named = life_of(&greeter_named, &named_tree);

    (void)state;
    assert_non_null(strstr(named, "greet by 0"));
    for (int i = 0; i < 2; i++) {
        char *tree,
            *other = life_of(i == 0 ? &greeter_inline : &greeter_states, &tree);

        assert_string_equal(other, named);
        if (named_tree != NULL) { // the same, as the model sees it
            assert_non_null(strstr(named_tree, "\"Ada 127.0.0.1:*\" ok"));
            assert_string_equal(tree, named_tree);
        }
        free(tree);
        free(other);
    }
    free(named_tree);
    free(named);
}

static void a_conversation_leaves_no_byte_behind(void **state) {
    size_t before = 0;

    for (int i = 0; i < 8; i++) {
        if (i == 2) { // stdio and others have what they keep
            before = count_heap_bytes();
        }
        EXPECT(handler_of(state), "Ada\n", "Ada");
    }
    assert_int_equal(count_heap_bytes(), before);
}

// peer tokio/tcp_stream.size
static void a_silent_client_is_small(void **state) {
    struct desk d;
    int fd;

    desk_open(&d, true);
    fd = desk_client(&d, handler_of(state), false);
    desk_run(&d);
    for (uint64_t n = 0; n < d.trace.head; n++) {
        const struct fb_event *e = &d.trace.events[n];

        if (e->kind == FB_EV_TASK_SPAWN && e->subject == 1) {
            assert_in_range(e->spawn.bytes, 1, 500);
        }
    }
    close(fd);
    desk_close(&d);
}

#define EACH(test)                                                             \
    {#test " (inline)", test, NULL, capture_teardown,                          \
     (void *)&greeter_inline},                                                 \
        {#test " (named)", test, NULL, capture_teardown,                       \
         (void *)&greeter_named},                                              \
    {                                                                          \
#test " (states)", test, NULL, capture_teardown,                       \
            (void *)&greeter_states                                            \
    }

int main(void) {
    const struct CMUnitTest tests[] = {
        EACH(asks_before_anything_is_said),
        EACH(answers_the_name_as_it_came),
        EACH(trims_unicode_white_space_only),
        EACH(an_empty_name_is_a_name),
        EACH(reads_once_and_at_most_1024_bytes),
        EACH(one_read_is_all_it_takes),
        EACH(invalid_utf8_fails_that_task_alone),
        EACH(a_name_cut_inside_a_letter_is_invalid),
        EACH(two_names_never_mix_in_the_shared_buffer),
        EACH(a_broken_connection_ends_its_task_at_every_stage),
        EACH(an_aborted_client_leaks_nothing_at_any_stage),
        EACH(the_label_is_the_address_then_name_and_address),
        EACH(a_long_name_never_hides_the_address),
        EACH(a_silent_client_is_small),
        EACH(a_conversation_leaves_no_byte_behind),
        cmocka_unit_test_setup_teardown(all_handlers_live_the_same_events,
                                        exact_setup, exact_teardown),
    };

    return cmocka_run_group_tests_name("greeter", tests, NULL, NULL);
}
