// The learner's state: text that people may edit, and that loses nothing.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "state.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char why[400];

static char *printed(const struct state *s) {
    char *text = NULL;
    size_t len;
    FILE *out = open_memstream(&text, &len);

    assert_non_null(out);
    state_print(s, out);
    assert_int_equal(fclose(out), 0);
    return text;
}

static struct state parsed(const char *text) {
    struct state s;

    if (state_parse(text, &s, why, sizeof(why)) != 0) {
        fail_msg("%s", why);
    }
    return s;
}

static void assert_wrong(const char *text, const char *words) {
    struct state s = {.count = 77};

    assert_int_equal(state_parse(text, &s, why, sizeof(why)), -EBADMSG);
    if (strstr(why, words) == NULL) {
        fail_msg("\"%s\" does not say \"%s\"", why, words);
    }
    assert_int_equal(s.count, 77); // untouched on failure
}

static void what_is_written_is_read_back(void **state) {
    struct state s = {0}, again;
    struct state_entry *e = state_get(&s, "06_yield_once");
    char *one, *two;

    (void)state;
    snprintf(s.learner, sizeof(s.learner), "Ada: of London");
    e->mark = STATE_FAILED;
    e->attempts = 3;
    e->hints = 2;
    e->resets = 1;
    e->given_up = true;
    e->seconds = 754;
    e->touched = 1700000000;
    e->at = 57;
    strcpy(e->hash, "0123abcd");
    strcpy(e->last, "T14");
    strcpy(e->order, "seed:17/2");
    state_count_claim(e, "T14");
    state_count_claim(e, "T1");
    state_count_claim(e, "T14");
    assert_non_null(state_get(&s, "07_by_hand"));
    one = printed(&s);
    again = parsed(one);
    two = printed(&again);
    assert_string_equal(one, two);
    assert_string_equal(again.learner, "Ada: of London");
    assert_int_equal(again.count, 2);
    assert_int_equal(again.entries[0].claims[0].times, 2);
    assert_string_equal(again.entries[0].claims[0].id, "T14");
    assert_memory_equal(&again.entries[0], &s.entries[0],
                        offsetof(struct state_entry, claims));
    free(one);
    free(two);
    state_deinit(&s);
    state_deinit(&again);
}

static void what_is_not_known_is_kept(void **state) {
    static const char TEXT[] = "format: 1\n"
                               "school: of hard knocks\n"
                               "# a remark of mine\n"
                               "\n"
                               "[06_yield_once]\n"
                               "state: passed\n"
                               "mood: fine\n"
                               "# that was easy\n"
                               "\n"
                               "[99_of_the_future]\n"
                               "state: new\n"
                               "stars: 5\n";
    static const char *const KEPT[] = {
        "school: of hard knocks\n", "# a remark of mine\n", "mood: fine\n",
        "# that was easy\n",        "[99_of_the_future]\n", "stars: 5\n"};
    struct state s = parsed(TEXT);
    char *text = printed(&s);

    (void)state;
    for (size_t i = 0; i < sizeof(KEPT) / sizeof(KEPT[0]); i++) {
        if (strstr(text, KEPT[i]) == NULL) {
            fail_msg("lost: %s from %s", KEPT[i], text);
        }
    }
    free(text);
    state_deinit(&s);
}

static void nonsense_is_named_with_its_line(void **state) {
    (void)state;
    assert_wrong("format: 1\n[06_x]\nattempts: many\n", "line 3: \"attempts");
    assert_wrong("format: 1\n[06_x]\nattempts: -1\n", "a number was expected");
    assert_wrong("format: 1\n[06_x]\nattempts: 99999999999999999999\n",
                 "a number was expected");
    assert_wrong("format: 1\n[06_x]\nstate: great\n", "new, failed or passed");
    assert_wrong("format: 1\n[06_x]\ngave-up: a bit\n", "yes or no");
    assert_wrong("format: 1\n[06_x]\nclaims: T1\n", "T1=2");
    assert_wrong("format: 1\n[06_x]\nlast: much too long a word\n", "line 3");
    assert_wrong("format: 1\n[06_x\n", "line 2: \"[06_x\": a ] is missing");
    assert_wrong("format: 1\n[06_x]\n[06_x]\n", "there twice");
    assert_wrong("format: 1\nhello\n", "line 2: \"hello\"");
    assert_wrong("format: 2\n", "a newer one wrote it");
    assert_wrong("[06_x]\nstate: new\n", "\"format: 1\" is missing");
    // what is shown of a line cannot harm a terminal
    assert_wrong("format: 1\n\033[31mred\n", "\\x1b[31mred");
}

static void breaks_do_not_count_as_work(void **state) {
    struct state_entry e = {0};

    (void)state;
    state_touch(&e, 1000);
    assert_int_equal(e.seconds, 0);
    state_touch(&e, 1060);
    assert_int_equal(e.seconds, 60);
    state_touch(&e, 1060 + 86400); // a night
    assert_int_equal(e.seconds, 60 + STATE_BREAK);
    state_touch(&e, 5); // a clock that was set back
    assert_int_equal(e.seconds, 60 + STATE_BREAK);
}

static void a_save_that_fails_leaves_the_old_file(void **state) {
    char folder[] = "/tmp/fb-state.XXXXXX", path[64], beside[80];
    struct state s = parsed("format: 1\nlearner: Ada\n"), back;

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof(path), "%s/progress.txt", folder);
    snprintf(beside, sizeof(beside), "%s.new", path);
    assert_int_equal(state_load(path, &back, why, sizeof(why)), 0);
    assert_int_equal(back.count, 0); // not there is empty
    assert_int_equal(state_save(path, &s, why, sizeof(why)), 0);
    assert_int_equal(access(beside, F_OK), -1);
    strcpy(s.learner, "Eve");
    assert_int_equal(mkdir(beside, 0700), 0); // it cannot be written now
    assert_true(state_save(path, &s, why, sizeof(why)) < 0);
    assert_non_null(strstr(why, "as it was before"));
    assert_int_equal(state_load(path, &back, why, sizeof(why)), 0);
    assert_string_equal(back.learner, "Ada");
    state_deinit(&back);
    state_deinit(&s);
    assert_int_equal(rmdir(beside), 0);
    assert_int_equal(unlink(path), 0);
    assert_int_equal(rmdir(folder), 0);
}

static void what_is_no_text_is_refused(void **state) {
    char path[] = "/tmp/fb-state.XXXXXX";
    struct state s;
    int fd = mkstemp(path);

    (void)state;
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "format: 1\n\0x\n", 13), 13);
    assert_int_equal(state_load(path, &s, why, sizeof(why)), -EBADMSG);
    assert_non_null(strstr(why, "move it away"));
    assert_int_equal(ftruncate(fd, STATE_BYTES), 0);
    assert_int_equal(state_load(path, &s, why, sizeof(why)), -EBADMSG);
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink(path), 0);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_written_is_read_back),
        cmocka_unit_test(what_is_not_known_is_kept),
        cmocka_unit_test(nonsense_is_named_with_its_line),
        cmocka_unit_test(breaks_do_not_count_as_work),
        cmocka_unit_test(a_save_that_fails_leaves_the_old_file),
        cmocka_unit_test(what_is_no_text_is_refused),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
