// Unix sockets: streams by path, and whose the path is.
#include "harness.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

// A directory of the test's own, and a path in it.
struct place {
    char dir[64], path[96];
};

static void make_place(struct place *p) {
    (void)snprintf(p->dir, sizeof p->dir, "/tmp/fishbowl-test-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    (void)snprintf(p->path, sizeof p->path, "%s/greeter", p->dir);
}

// Nothing may be left in it.
static void remove_place(const struct place *p) {
    assert_int_equal(rmdir(p->dir), 0);
}

static bool exists(const char *path) {
    struct stat status;

    return lstat(path, &status) == 0;
}

static void touch(const char *path) {
    FILE *file = fopen(path, "w");

    assert_non_null(file);
    assert_int_equal(fclose(file), 0);
}

static int write_all(struct world *w, struct fb_unix_stream *s,
                     const char *text) {
    struct fb_write_all wr = fb_unix_write_all(s, text, strlen(text));

    assert_int_equal(fb_block_on(w->rt, &wr.future), 0);
    return wr.out;
}

// What has come, or the end, or an error.
static int read_some(struct world *w, struct fb_unix_stream *s, char *buf,
                     size_t len) {
    struct fb_read r;
    size_t done = 0;

    do {
        r = fb_unix_read(s, buf + done, len - done);
        assert_int_equal(fb_block_on(w->rt, &r.future), 0);
        done += r.out > 0 ? (size_t)r.out : 0;
    } while (r.out > 0 && done < len && world_more(&s->source));
    return r.out < 0 ? r.out : (int)done;
}

static void bytes_go_both_ways(void **state) {
    struct world *w = *state;
    struct place place;
    struct fb_unix_listener listener;
    struct fb_unix_stream far;
    struct fb_unix_accept accept;
    char buf[8] = "";

    make_place(&place);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &listener), 0);
    assert_int_equal(fb_unix_connect(w->rt, place.path, &far), 0);
    accept = fb_unix_accept(&listener);
    assert_int_equal(fb_block_on(w->rt, &accept.future), 0);
    assert_int_equal(accept.out, 0);
    assert_int_equal(write_all(w, &far, "ping"), 0);
    assert_int_equal(read_some(w, &accept.stream, buf, sizeof buf), 4);
    assert_memory_equal(buf, "ping", 4);
    assert_int_equal(write_all(w, &accept.stream, "pong"), 0);
    assert_int_equal(read_some(w, &far, buf, sizeof buf), 4);
    assert_memory_equal(buf, "pong", 4);
    assert_int_equal(fb_unix_shutdown(&far), 0);
    assert_int_equal(read_some(w, &accept.stream, buf, sizeof buf), 0);
    fb_unix_close(&far);
    fb_unix_close(&accept.stream);
    fb_unix_listener_close(&listener);
    remove_place(&place); // the socket's file is gone
}

static void an_accept_waits_for_who_connects(void **state) {
    struct world *w = *state;
    struct place place;
    struct fb_unix_listener listener;
    struct fb_unix_stream far;
    struct fb_unix_accept accept;
    struct fb_join_handle handle;
    struct fb_join_result result;

    make_place(&place);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &listener), 0);
    accept = fb_unix_accept(&listener);
    assert_int_equal(FB_SPAWN(w->rt, accept, &handle), 0);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    assert_int_equal(fb_unix_connect(w->rt, place.path, &far), 0);
    world_skip(w);
    assert_int_equal(fb_run(w->rt), 0);
    EXPECT_EVENTS(w, "PARK", "UNPARK 1", "SOURCE_READY 1 r",
                  "RELEASE 1 source 1 woken", "WAKE 1 scheduled by source 1",
                  "SCHEDULED 1", "POLL 1", "IO 1 accept ok", "SOURCE_ADD 3",
                  "READY 1", "DROP unix_accept finished", "DONE 1 ok");
    assert_true(fb_task_result(&handle, &result));
    fb_unix_close(
        &fb_container_of(result.root, struct fb_unix_accept, future)->stream);
    fb_task_detach(&handle);
    fb_unix_close(&far);
    fb_unix_listener_close(&listener);
    remove_place(&place);
}

// contract 53
static void a_dropped_accept_leaves_no_waiter(void **state) {
    struct world *w = *state;
    struct place place;
    struct fb_unix_listener listener;
    struct fb_unix_accept accept;
    struct fb_timeout t;

    make_place(&place);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &listener), 0);
    accept = fb_unix_accept(&listener);
    t = fb_timeout(FB_MS, &accept.future);
    assert_int_equal(fb_block_on(w->rt, &t.future), 0);
    assert_int_equal(t.out, -ETIMEDOUT);
    assert_null(fb__reactor_entry(w->rt, &listener.source)->waiters.first);
    fb_unix_listener_close(&listener);
    remove_place(&place);
}

static void a_file_that_is_there_is_never_replaced(void **state) {
    struct world *w = *state;
    struct place place;
    struct fb_unix_listener listener, second;

    make_place(&place);
    touch(place.path);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &listener),
                     -EADDRINUSE);
    assert_true(exists(place.path));
    assert_int_equal(unlink(place.path), 0);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &listener), 0);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &second),
                     -EADDRINUSE);
    assert_true(exists(place.path)); // the first one's
    fb_unix_listener_close(&listener);
    fb_unix_listener_close(&listener); // legal when closed
    remove_place(&place);
}

static void a_path_given_to_someone_else_is_left_alone(void **state) {
    struct world *w = *state;
    struct place place;
    struct fb_unix_listener first, second;

    make_place(&place);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &first), 0);
    assert_int_equal(unlink(place.path), 0);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &second), 0);
    fb_unix_listener_close(&first); // the path is the second one's by now
    assert_true(exists(place.path));
    assert_int_equal(unlink(place.path), 0);
    touch(place.path);
    fb_unix_listener_close(&second);
    assert_true(exists(place.path));
    assert_int_equal(unlink(place.path), 0);
    remove_place(&place);
}

static void paths_that_cannot_be_are_refused(void **state) {
    struct world *w = *state;
    struct fb_unix_listener listener;
    struct fb_unix_stream stream;
    char path[FB_UNIX_PATH_BYTES + 1];

    memset(path, 'x', sizeof path);
    path[FB_UNIX_PATH_BYTES] = '\0';
    assert_int_equal(fb_unix_listen(w->rt, path, 8, &listener), -ENAMETOOLONG);
    assert_int_equal(fb_unix_connect(w->rt, path, &stream), -ENAMETOOLONG);
    assert_int_equal(fb_unix_listen(w->rt, "", 8, &listener), -EINVAL);
    assert_int_equal(fb_unix_connect(w->rt, "", &stream), -EINVAL);
    assert_int_equal(fb_unix_connect(w->rt, "/nowhere/at all", &stream),
                     -ENOENT);
    assert_int_equal(w->rt->reactor.open, 0);
}

static void a_full_queue_and_a_dead_listener_are_values(void **state) {
    struct world *w = *state;
    struct place place;
    struct fb_unix_listener listener;
    struct fb_unix_stream streams[2], one_more;
    int dead = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_un addr = {.sun_family = AF_UNIX};

    make_place(&place);
    assert_int_equal(fb_unix_listen(w->rt, place.path, 1, &listener), 0);
    assert_int_equal(fb_unix_connect(w->rt, place.path, &streams[0]), 0);
    assert_int_equal(fb_unix_connect(w->rt, place.path, &streams[1]), 0);
    assert_int_equal(fb_unix_connect(w->rt, place.path, &one_more), -EAGAIN);
    fb_unix_close(&streams[0]);
    fb_unix_close(&streams[1]);
    fb_unix_listener_close(&listener);
    // One that is bound, and does not listen.
    memcpy(addr.sun_path, place.path, strlen(place.path) + 1);
    assert_int_equal(bind(dead, (struct sockaddr *)&addr, sizeof addr), 0);
    assert_int_equal(fb_unix_connect(w->rt, place.path, &one_more),
                     -ECONNREFUSED);
    close(dead);
    assert_int_equal(unlink(place.path), 0);
    remove_place(&place);
}

// Whatever fails, no file and no descriptor stays. contract 19
static void every_call_of_a_listen_fails_once(void **state) {
    struct world *w = *state;
    long held = seam.descriptors, nth = 0;
    struct fb_unix_listener listener;
    struct place place;
    int err;

    make_place(&place);
    do {
        seam.calls = 0;
        seam.fail_call = ++nth;
        err = fb_unix_listen(w->rt, place.path, 8, &listener);
        if (err < 0) {
            assert_int_equal(seam.descriptors, held);
            assert_false(exists(place.path));
        }
    } while (err < 0);
    assert_int_equal(nth, 5); // socket, bind, lstat, listen
    seam.fail_call = 0;
    fb_unix_listener_close(&listener);
    remove_place(&place);
}

// contract 19
static void every_allocation_of_listen_and_pair_fails_once(void **state) {
    struct world *w = *state;
    struct fb_unix_listener listener;
    struct fb_unix_stream pair[2];
    struct place place;
    // The reactor's tables: by descriptor; then the list of chunks; then, that
    // list being there, a chunk.
    static const long nth[] = {1, 2, 2};
    long held = seam.descriptors;

    make_place(&place);
    for (size_t i = 0; i < sizeof nth / sizeof *nth; i++) {
        seam.allocations = 0;
        seam.fail_allocation = nth[i];
        assert_int_equal(fb_unix_listen(w->rt, place.path, 8, &listener),
                         -ENOMEM);
        assert_false(exists(place.path));
        seam.allocations = 0;
        seam.fail_allocation = 1;
        assert_int_equal(fb_unix_pair(w->rt, pair), -ENOMEM);
        assert_int_equal(seam.descriptors, held);
    }
    remove_place(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(bytes_go_both_ways),
        WORLD_TEST_EXACT(an_accept_waits_for_who_connects),
        WORLD_TEST(a_dropped_accept_leaves_no_waiter),
        WORLD_TEST(a_file_that_is_there_is_never_replaced),
        WORLD_TEST(a_path_given_to_someone_else_is_left_alone),
        WORLD_TEST(paths_that_cannot_be_are_refused),
        WORLD_TEST(a_full_queue_and_a_dead_listener_are_values),
        WORLD_TEST(every_call_of_a_listen_fails_once),
        WORLD_TEST(every_allocation_of_listen_and_pair_fails_once),
    };

    return cmocka_run_group_tests_name("unix", tests, NULL, NULL);
}
