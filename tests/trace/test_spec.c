// The tables of core/trace/RECORDING.md are what format.h says: a reader that is
// written from that page reads what this one does. A new kind or field must come
// into both.
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fishbowl/trace/format.h"
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct field {
    const char *type, *name;
    size_t at;
};

// Its type as the page writes it.
#define TYPE(member_)                                                          \
    _Generic(((struct fb_event *)0)->member_, uint8_t                          \
             : "u8", uint16_t                                                  \
             : "u16", uint32_t                                                 \
             : "u32", uint64_t                                                 \
             : "u64", int32_t                                                  \
             : "i32", int64_t                                                  \
             : "i64", char *                                                   \
             : "char[16]")
#define F(member_, field_)                                                     \
    { TYPE(member_.field_), #field_, offsetof(struct fb_event, member_.field_) }
#define TEXT                                                                   \
    { TYPE(text), "text", offsetof(struct fb_event, text) }

static const struct {
    const char *name;
    struct field fields[9];
} KINDS[FB_EV_KINDS] = {
    [FB_EV_TASK_SPAWN] = {"TASK_SPAWN",
                          {F(spawn, parent), F(spawn, root_future),
                           F(spawn, type), F(spawn, site), F(spawn, bytes)}},
    [FB_EV_TASK_SCHEDULED] = {"TASK_SCHEDULED", {F(scheduled, depth)}},
    [FB_EV_POLL_BEGIN] = {"POLL_BEGIN", {F(poll, future), F(poll, polls)}},
    [FB_EV_POLL_END] = {"POLL_END",
                        {F(poll, future), F(poll, polls), F(poll, line),
                         F(poll, out)}},
    [FB_EV_TASK_DONE] = {"TASK_DONE", {F(done, out)}},
    [FB_EV_TASK_FREE] = {"TASK_FREE", {{0}}},
    [FB_EV_TASK_ABORT] = {"TASK_ABORT", {F(by, by)}},
    [FB_EV_TASK_JOIN] = {"TASK_JOIN", {F(by, by)}},
    [FB_EV_TASK_LABEL] = {"TASK_LABEL", {TEXT}},
    [FB_EV_FUTURE_ENTER] = {"FUTURE_ENTER",
                            {F(enter, parent), F(enter, task), F(enter, type),
                             F(enter, parent_type), F(enter, line)}},
    [FB_EV_FUTURE_EXIT] = {"FUTURE_EXIT",
                           {F(exit, parent), F(exit, task), F(exit, line),
                            F(exit, out)}},
    [FB_EV_FUTURE_DROP] = {"FUTURE_DROP",
                           {F(drop, parent), F(drop, task), F(drop, line)}},
    [FB_EV_WAKER_CLONE] = {"WAKER_CLONE", {F(waker, holder), F(waker, future)}},
    [FB_EV_WAKER_DROP] = {"WAKER_DROP",
                          {F(waker, holder), F(waker, future),
                           F(waker, interest)}},
    [FB_EV_WAKE] = {"WAKE", {F(wake, cause), F(wake, interest)}},
    [FB_EV_SOURCE_ADD] = {"SOURCE_ADD",
                          {F(source, fd), F(source, generation),
                           F(source, tick), F(source, task)}},
    [FB_EV_SOURCE_READY] = {"SOURCE_READY",
                            {F(source, fd), F(source, generation),
                             F(source, tick), F(source, task)}},
    [FB_EV_SOURCE_CLEAR] = {"SOURCE_CLEAR",
                            {F(source, fd), F(source, generation),
                             F(source, tick), F(source, task)}},
    [FB_EV_SOURCE_STALE] = {"SOURCE_STALE",
                            {F(source, fd), F(source, generation),
                             F(source, tick), F(source, task)}},
    [FB_EV_SOURCE_DEL] = {"SOURCE_DEL",
                          {F(source, fd), F(source, generation),
                           F(source, tick), F(source, task)}},
    [FB_EV_IO] = {"IO",
                  {F(io, fd), F(io, result), F(io, future), F(io, asked)}},
    [FB_EV_TIMER_SET] = {"TIMER_SET",
                         {F(timer, deadline_ns), F(timer, task),
                          F(timer, future)}},
    [FB_EV_TIMER_END] = {"TIMER_END",
                         {F(timer, deadline_ns), F(timer, task),
                          F(timer, future)}},
    [FB_EV_PARK] = {"PARK", {F(park, timeout_ns)}},
    [FB_EV_UNPARK] = {"UNPARK", {F(park, timeout_ns), F(park, events)}},
    [FB_EV_YIELD] = {"YIELD", {{0}}},
    [FB_EV_CLOCK] = {"CLOCK", {F(clock, from_ns), F(clock, to_ns)}},
    [FB_EV_CENSUS] = {"CENSUS",
                      {F(census, tasks), F(census, futures), F(census, sources),
                       F(census, timers), F(counts, polls), F(counts, wakes),
                       F(counts, queued), F(counts, outcome)}},
    [FB_EV_STALL] = {"STALL", {F(stall, tasks)}},
    [FB_EV_TASK_MESSAGE] = {"TASK_MESSAGE", {TEXT}},
    [FB_EV_CHANNEL] = {"CHANNEL",
                       {F(channel, task), F(channel, count),
                        F(channel, capacity), F(channel, amount)}},
    [FB_EV_BUDGET_OUT] = {"BUDGET_OUT", {F(budget, future), F(budget, spent)}},
    [FB_EV_BLOCK_BEGIN] = {"BLOCK_BEGIN", {F(block, task), F(block, future)}},
    [FB_EV_BLOCK_END] = {"BLOCK_END",
                         {F(block, task), F(block, future), F(block, out)}},
    [FB_EV_CHOICE] = {"CHOICE", {F(choice, instead)}},
};

static const struct {
    const char *name;
    const char *values[16]; // by number
} ENUMS[] = {
    {"fb_queue",
     {[FB_QUEUE_RUN] = "RUN",
      [FB_QUEUE_INJECT] = "INJECT",
      [FB_QUEUE_DEFERRED] = "DEFERRED",
      [FB_QUEUE_STOLEN] = "STOLEN"}},
    {"fb_poll_result",
     {[FB_RESULT_PENDING] = "PENDING",
      [FB_RESULT_READY] = "READY",
      [FB_RESULT_FAILED] = "FAILED"}},
    {"fb_task_outcome",
     {[FB_OUTCOME_NONE] = "NONE",
      [FB_OUTCOME_OK] = "OK",
      [FB_OUTCOME_ERROR] = "ERROR",
      [FB_OUTCOME_FAILED] = "FAILED",
      [FB_OUTCOME_CANCELLED] = "CANCELLED"}},
    {"fb_join_step",
     {[FB_JOIN_AWAIT] = "AWAIT",
      [FB_JOIN_TAKEN] = "TAKEN",
      [FB_JOIN_DETACH] = "DETACH"}},
    {"fb_drop_why",
     {[FB_DROP_FINISHED] = "FINISHED",
      [FB_DROP_CANCELLED] = "CANCELLED",
      [FB_DROP_UNPOLLED] = "UNPOLLED"}},
    {"fb_party",
     {[FB_PARTY_NONE] = "NONE",
      [FB_PARTY_SOURCE] = "SOURCE",
      [FB_PARTY_TIMER] = "TIMER",
      [FB_PARTY_TASK] = "TASK",
      [FB_PARTY_JOIN_SET] = "JOIN_SET",
      [FB_PARTY_CHANNEL] = "CHANNEL",
      [FB_PARTY_THREAD] = "THREAD",
      [FB_PARTY_OUTSIDE] = "OUTSIDE",
      [FB_PARTY_SPAWN] = "SPAWN",
      [FB_PARTY_ABORT] = "ABORT",
      [FB_PARTY_EXECUTOR] = "EXECUTOR",
      [FB_PARTY_BLOCKING] = "BLOCKING"}},
    {"fb_waker_drop_why",
     {[FB_WAKER_WOKEN] = "WOKEN",
      [FB_WAKER_REPLACED] = "REPLACED",
      [FB_WAKER_DROPPED] = "DROPPED"}},
    {"fb_wake_effect",
     {[FB_WAKE_SCHEDULED] = "SCHEDULED",
      [FB_WAKE_COALESCED] = "COALESCED",
      [FB_WAKE_DURING_POLL] = "DURING_POLL",
      [FB_WAKE_AFTER_COMPLETE] = "AFTER_COMPLETE"}},
    {"fb_channel_wait",
     {[FB_AWAITS_OTHER] = "OTHER",
      [FB_AWAITS_MESSAGE] = "MESSAGE",
      [FB_AWAITS_ROOM] = "ROOM",
      [FB_AWAITS_CLOSED] = "CLOSED",
      [FB_AWAITS_CHANGE] = "CHANGE",
      [FB_AWAITS_PERMIT] = "PERMIT",
      [FB_AWAITS_MUTEX] = "MUTEX",
      [FB_AWAITS_NOTIFY] = "NOTIFY"}},
    {"fb_source_kind",
     {[FB_SOURCE_OTHER] = "OTHER",
      [FB_SOURCE_LISTENER] = "LISTENER",
      [FB_SOURCE_STREAM] = "STREAM",
      [FB_SOURCE_SIGNAL] = "SIGNAL",
      [FB_SOURCE_DATAGRAM] = "DATAGRAM"}},
    {"fb_io_op",
     {[FB_IO_ACCEPT] = "ACCEPT",
      [FB_IO_READ] = "READ",
      [FB_IO_WRITE] = "WRITE",
      [FB_IO_SHUTDOWN] = "SHUTDOWN",
      [FB_IO_CONNECT] = "CONNECT",
      [FB_IO_CLOSE] = "CLOSE",
      [FB_IO_PEEK] = "PEEK",
      [FB_IO_SEND_TO] = "SEND_TO",
      [FB_IO_RECV_FROM] = "RECV_FROM"}},
    {"fb_timer_end",
     {[FB_TIMER_FIRED] = "FIRED", [FB_TIMER_CANCELLED] = "CANCELLED"}},
    {"fb_clock_step",
     {[FB_CLOCK_ADVANCED] = "ADVANCED",
      [FB_CLOCK_STOPPED] = "STOPPED",
      [FB_CLOCK_RESUMED] = "RESUMED",
      [FB_CLOCK_BLOCKED] = "BLOCKED"}},
    {"fb_census_step",
     {[FB_CENSUS_BEGIN] = "BEGIN",
      [FB_CENSUS_TASK] = "TASK",
      [FB_CENSUS_END] = "END"}},
    {"fb_channel_op",
     {[FB_CHANNEL_OPEN] = "OPEN",
      [FB_CHANNEL_GIVE] = "GIVE",
      [FB_CHANNEL_TAKE] = "TAKE",
      [FB_CHANNEL_CLOSE] = "CLOSE",
      [FB_CHANNEL_PASS] = "PASS",
      [FB_CHANNEL_LAG] = "LAG"}},
    {"fb_channel_kind",
     {[FB_CHANNEL_NOTIFY] = "NOTIFY",
      [FB_CHANNEL_SEMAPHORE] = "SEMAPHORE",
      [FB_CHANNEL_MUTEX] = "MUTEX",
      [FB_CHANNEL_ONESHOT] = "ONESHOT",
      [FB_CHANNEL_MPSC] = "MPSC",
      [FB_CHANNEL_WATCH] = "WATCH",
      [FB_CHANNEL_BROADCAST] = "BROADCAST"}},
    {"fb_block_end",
     {[FB_BLOCK_DONE] = "DONE",
      [FB_BLOCK_DROPPED] = "DROPPED",
      [FB_BLOCK_ORPHAN] = "ORPHAN"}},
    {"fb_choice_by",
     {[FB_CHOICE_BY_VIEWER] = "VIEWER", [FB_CHOICE_BY_LIST] = "LIST"}},
};

static char *page;

static int read_page(void **state) {
    const char *source = getenv("FB_SOURCE");
    char path[4096];
    FILE *f;

    (void)state;
    snprintf(path, sizeof(path), "%s/core/trace/RECORDING.md",
             source != NULL ? source : ".");
    f = fopen(path, "r");
    page = calloc(1, 1 << 17);
    if (f == NULL || page == NULL || fread(page, 1, (1 << 17) - 1, f) == 0) {
        return -1;
    }
    return fclose(f);
}

static int free_page(void **state) {
    (void)state;
    free(page);
    return 0;
}

// The cell `column` (from 0) of the row that begins so.
static void cell(const char *row_start, int column, char *out, size_t room) {
    const char *at = strstr(page, row_start), *end;

    out[0] = '\0';
    if (at == NULL) {
        return;
    }
    for (at += 2; column > 0; column--) { // behind "\n|"
        at = strchr(at, '|');
        assert_non_null(at);
        at++;
    }
    end = strchr(at, '|');
    assert_non_null(end);
    at += *at == ' ' && at + 1 < end;
    end -= end[-1] == ' ' && end > at;
    assert_true((size_t)(end - at) < room);
    memcpy(out, at, (size_t)(end - at));
    out[end - at] = '\0';
}

static void every_kind_of_event_is_there_with_its_fields(void **state) {
    char row[64], said[256], wanted[256];

    (void)state;
    for (int kind = 1; kind < FB_EV_KINDS; kind++) {
        size_t len = 0;

        assert_non_null(KINDS[kind].name);
        snprintf(row, sizeof(row), "\n| %d | %s |", kind, KINDS[kind].name);
        wanted[0] = '\0';
        for (const struct field *f = KINDS[kind].fields; f->name != NULL; f++) {
            len += (size_t)snprintf(wanted + len, sizeof(wanted) - len,
                                    "%s%zu %s %s", len > 0 ? ", " : "", f->at,
                                    f->type, f->name);
        }
        cell(row, 5, said, sizeof(said));
        assert_string_equal(said, wanted);
    }
    snprintf(row, sizeof(row), "\n| %d | ", FB_EV_KINDS);
    assert_null(strstr(page, row)); // and no others
}

static void every_enumeration_has_its_values(void **state) {
    char row[64], said[512], wanted[512];

    (void)state;
    for (size_t i = 0; i < sizeof(ENUMS) / sizeof(ENUMS[0]); i++) {
        size_t len = 0;

        for (size_t n = 0; n < 16 && ENUMS[i].values[n] != NULL; n++) {
            len +=
                (size_t)snprintf(wanted + len, sizeof(wanted) - len, "%s%zu %s",
                                 n > 0 ? ", " : "", n, ENUMS[i].values[n]);
        }
        snprintf(row, sizeof(row), "\n| %s |", ENUMS[i].name);
        cell(row, 1, said, sizeof(said));
        assert_string_equal(said, wanted);
    }
}

static void what_all_events_have_is_where_it_says(void **state) {
    static const struct {
        const char *row;
        size_t at;
    } COMMON[] = {
        {"\n| %zu | u64 | time_ns", offsetof(struct fb_event, time_ns)},
        {"\n| %zu | u8 | kind", offsetof(struct fb_event, kind)},
        {"\n| %zu | u8 | detail", offsetof(struct fb_event, detail)},
        {"\n| %zu | u16 | flags", offsetof(struct fb_event, flags)},
        {"\n| %zu | u32 | subject", offsetof(struct fb_event, subject)},
        {"\n| %zu | | 16 bytes by kind", offsetof(struct fb_event, text)},
    };
    char row[64];

    (void)state;
    for (size_t i = 0; i < sizeof(COMMON) / sizeof(COMMON[0]); i++) {
        snprintf(row, sizeof(row), COMMON[i].row, COMMON[i].at);
        assert_non_null(strstr(page, row));
    }
    assert_int_equal(FB_EV_FLAG_CENSUS, 0x8000);
    assert_int_equal(FB_TRACE_VIRTUAL_CLOCK, 1);
    assert_int_equal(FB_TRACE_LOSSLESS, 2);
    assert_int_equal(FB_TRACE_RECORDING, 4);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_kind_of_event_is_there_with_its_fields),
        cmocka_unit_test(every_enumeration_has_its_values),
        cmocka_unit_test(what_all_events_have_is_where_it_says),
    };

    return cmocka_run_group_tests_name("trace/spec", tests, read_page,
                                       free_page);
}
