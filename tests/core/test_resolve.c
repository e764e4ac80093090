// Names become addresses on a thread of the pool, numbers without one.
#include "harness.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>

// ---- a resolver that answers as it is told ----

static struct {
    int result;     // of getaddrinfo
    int set_errno;  // with EAI_SYSTEM
    unsigned count; // addresses, v6 and v4 by turns
    bool foreign;   // one of another family comes first
    _Atomic int asked, freed;
    _Atomic bool wrong; // it was not asked or freed as it should be
    char host[FB_HOST_BYTES + 1];
    struct addrinfo infos[16];
    struct sockaddr_in v4[16];
    struct sockaddr_in6 v6[16];
    bool gated;
    sem_t started, open;
} script;

static void fill(unsigned i) {
    struct addrinfo *info = &script.infos[i];

    if (script.foreign && i == 0) {
        *info = (struct addrinfo){.ai_family = AF_UNIX};
    } else if (i % 2 == 0) {
        script.v6[i] = (struct sockaddr_in6){.sin6_family = AF_INET6,
                                             .sin6_addr = in6addr_loopback};
        *info = (struct addrinfo){.ai_family = AF_INET6,
                                  .ai_addr = (void *)&script.v6[i]};
    } else {
        script.v4[i] = (struct sockaddr_in){
            .sin_family = AF_INET, .sin_addr.s_addr = htonl(0x7f000000 + i)};
        *info = (struct addrinfo){.ai_family = AF_INET,
                                  .ai_addr = (void *)&script.v4[i]};
    }
    info->ai_next = i + 1 < script.count ? info + 1 : NULL;
}

static int scripted_getaddrinfo(const char *host, const char *service,
                                const struct addrinfo *hints,
                                struct addrinfo **list) {
    // On a thread of the pool: what is wrong is noted, and judged by the test.
    script.wrong |= service != NULL || hints->ai_socktype != SOCK_STREAM;
    script.asked++;
    memcpy(script.host, host, strlen(host) + 1);
    if (script.gated) {
        sem_post(&script.started);
        sem_wait(&script.open);
    }
    if (script.result != 0) {
        errno = script.set_errno;
        return script.result;
    }
    for (unsigned i = 0; i < script.count; i++) {
        fill(i);
    }
    *list = script.count > 0 ? script.infos : NULL;
    return 0;
}

static void scripted_freeaddrinfo(struct addrinfo *list) {
    script.wrong |= list != script.infos;
    script.freed++;
}

static void answer_with(int result, unsigned count) {
    memset(&script, 0, sizeof script);
    script.result = result;
    script.count = count;
    fb__sys.getaddrinfo = scripted_getaddrinfo;
    fb__sys.freeaddrinfo = scripted_freeaddrinfo;
}

static struct fb_resolve resolve(struct world *w, const char *text) {
    struct fb_resolve r = fb_resolve(w->rt, text);

    assert_int_equal(fb_block_on(w->rt, &r.future), 0);
    assert_false(script.wrong);
    return r;
}

static void assert_addr(const struct fb_addr *addr, const char *text) {
    char said[FB_ADDR_TEXT_BYTES];

    fb_addr_format(addr, said, sizeof said);
    assert_string_equal(said, text);
}

// ---- numbers ----

static void a_number_is_ready_without_the_pool(void **state) {
    struct world *w = *state;
    struct fb_resolve r;

    answer_with(0, 1);
    r = resolve(w, "127.0.0.1:6142");
    assert_int_equal(r.out, 1);
    assert_addr(&r.found.addrs[0], "127.0.0.1:6142");
    r = resolve(w, "[::1]:80");
    assert_int_equal(r.out, 1);
    assert_addr(&r.found.addrs[0], "[::1]:80");
    assert_int_equal(script.asked, 0);
    assert_null(w->rt->pool);
}

static void what_is_no_address_and_no_name_is_refused(void **state) {
    static const char *const texts[] = {"",
                                        "localhost",
                                        ":80",
                                        "localhost:",
                                        "localhost:http",
                                        "localhost:65536",
                                        "localhost:80:80",
                                        "[localhost]:80",
                                        "[::1:80",
                                        "::1"};
    struct world *w = *state;
    char longest[FB_HOST_BYTES + 4];

    answer_with(0, 1);
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        assert_int_equal(resolve(w, texts[i]).out, -EINVAL);
    }
    memset(longest, 'x', sizeof longest);
    memcpy(longest + FB_HOST_BYTES, ":1", 3); // one byte too long a name
    assert_int_equal(resolve(w, longest).out, -EINVAL);
    assert_int_equal(script.asked, 0);
    memmove(longest + FB_HOST_BYTES - 1, ":1", 3);
    assert_int_equal(resolve(w, longest).out, 1);
    assert_int_equal(strlen(script.host), FB_HOST_BYTES - 1);
}

// ---- names ----

static void a_name_gives_its_addresses_in_order_with_the_port(void **state) {
    struct world *w = *state;
    struct fb_resolve r;

    answer_with(0, 2);
    r = resolve(w, "fishbowl.example:6142");
    assert_string_equal(script.host, "fishbowl.example");
    assert_int_equal(r.out, 2);
    assert_int_equal(r.found.count, 2);
    assert_addr(&r.found.addrs[0], "[::1]:6142");
    assert_addr(&r.found.addrs[1], "127.0.0.1:6142");
    assert_int_equal(script.asked, 1);
    assert_int_equal(script.freed, 1);
}

static void too_many_addresses_and_foreign_ones_are_left_out(void **state) {
    struct world *w = *state;
    struct fb_resolve r;

    answer_with(0, 16);
    r = resolve(w, "many.example:1");
    assert_int_equal(r.out, FB_RESOLVE_MAX);
    assert_addr(&r.found.addrs[7], "127.0.0.7:1");
    answer_with(0, 2);
    script.foreign = true;
    r = resolve(w, "odd.example:1");
    assert_int_equal(r.out, 1);
    assert_addr(&r.found.addrs[0], "127.0.0.1:1");
    answer_with(0, 1);
    script.foreign = true; // and nothing else
    assert_int_equal(resolve(w, "odd.example:1").out, -ENOENT);
}

static void the_resolvers_errors_are_values(void **state) {
    static const struct {
        int eai, system, want;
    } cases[] = {
        {EAI_NONAME, 0, -ENOENT}, {EAI_NODATA, 0, -ENOENT},
        {EAI_AGAIN, 0, -EAGAIN},  {EAI_MEMORY, 0, -ENOMEM},
        {EAI_FAIL, 0, -EIO},      {EAI_SYSTEM, EMFILE, -EMFILE},
        {EAI_SYSTEM, 0, -EIO},
    };
    struct world *w = *state;

    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        answer_with(cases[i].eai, 0);
        script.set_errno = cases[i].system;
        assert_int_equal(resolve(w, "no.example:1").out, cases[i].want);
        assert_int_equal(script.freed, 0); // there is no list
    }
}

// contract 53
static void a_lookup_dropped_half_way_changes_nothing_any_more(void **state) {
    struct world *w = *state;
    struct fb_resolve r;
    struct fb_join_handle handle;

    answer_with(0, 1);
    script.gated = true;
    assert_int_equal(sem_init(&script.started, 0, 0), 0);
    assert_int_equal(sem_init(&script.open, 0, 0), 0);
    r = fb_resolve(w->rt, "slow.example:1");
    assert_int_equal(FB_SPAWN(w->rt, r, &handle), 0);
    world_skip(w);
    assert_int_equal(fb_run_until_stalled(w->rt), 1);
    sem_wait(&script.started);
    EXPECT_EVENTS(w, "POLL 1", "ENTER blocking", "BLOCK_BEGIN 1 of 1",
                  "CLONE 1 work 1", "EXIT blocking pending", "PENDING 1");
    assert_int_equal(fb_task_abort(&handle), 1);
    world_skip(w);
    assert_int_equal(fb_run_until_stalled(w->rt), 0);
    EXPECT_EVENTS(w, "RELEASE 1 work 1 dropped", "DROP blocking cancelled",
                  "DROP resolve cancelled", "DONE 1 cancelled");
    fb_task_detach(&handle);
    sem_post(&script.open);
    world_end(w); // waits for it
    assert_int_equal(script.freed, 1);
    sem_destroy(&script.started);
    sem_destroy(&script.open);
}

static void one_that_is_never_polled_leaves_nothing(void **state) {
    struct world *w = *state;
    struct fb_resolve r;

    answer_with(0, 1);
    r = fb_resolve(w->rt, "fishbowl.example:1");
    fb_future_drop(&r.future);
    fb_future_drop(&r.future); // legal
    assert_int_equal(script.asked, 0);
}

// contract 19
static void without_memory_or_a_thread_it_says_so(void **state) {
    struct world *w = *state;
    struct counter counter = {0};
    struct fb_waker waker = counter_waker(&counter);
    struct fb_context cx = hand_context(w, &waker);
    struct fb_resolve r;

    answer_with(0, 1);
    for (long nth = 1; nth <= 3; nth++) {
        seam.allocations = seam.calls = 0;
        seam.fail_allocation = nth; // the pool, the work; then a thread
        seam.fail_call = nth == 3 ? 1 : 0;
        r = fb_resolve(w->rt, "fishbowl.example:1");
        assert_int_equal(fb_future_poll(&r.future, &cx), FB_READY);
        assert_int_equal(r.out, nth == 3 ? -EAGAIN : -ENOMEM);
        fb_future_drop(&r.future);
    }
    assert_int_equal(script.asked, 0);
}

// The system's own resolver, asked for what every machine knows.
static void localhost_is_here(void **state) {
    struct world *w = *state;
    struct fb_resolve r = resolve(w, "localhost:6142");

    if (r.out == -ENOENT || r.out == -EAGAIN) {
        skip(); // a machine without a hosts file
    }
    assert_true(r.out >= 1);
    for (int i = 0; i < r.out; i++) {
        const struct fb_addr *addr = &r.found.addrs[i];

        assert_int_equal(fb_addr_port(addr), 6142);
        assert_true(addr->u.any.sa_family == AF_INET6
                        ? IN6_IS_ADDR_LOOPBACK(&addr->u.v6.sin6_addr)
                        : ntohl(addr->u.v4.sin_addr.s_addr) >> 24 == 127);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        WORLD_TEST(a_number_is_ready_without_the_pool),
        WORLD_TEST(what_is_no_address_and_no_name_is_refused),
        WORLD_TEST(a_name_gives_its_addresses_in_order_with_the_port),
        WORLD_TEST(too_many_addresses_and_foreign_ones_are_left_out),
        WORLD_TEST(the_resolvers_errors_are_values),
        WORLD_TEST(a_lookup_dropped_half_way_changes_nothing_any_more),
        WORLD_TEST(one_that_is_never_polled_leaves_nothing),
        WORLD_TEST(without_memory_or_a_thread_it_says_so),
        WORLD_TEST(localhost_is_here),
    };

    return cmocka_run_group_tests_name("resolve", tests, NULL, NULL);
}
