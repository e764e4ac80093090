// Names: the one word for each value of the vocabulary.
#include "story.h"
#include <errno.h>

const char *fb_name_task_state(enum fb_task_state s) {
    switch (s) {
    case FB_TASK_SCHEDULED: return "scheduled";
    case FB_TASK_RUNNING: return "running";
    case FB_TASK_IDLE: return "idle";
    case FB_TASK_COMPLETE: return "complete";
    case FB_TASK_FREED: return "freed";
    default: return "?";
    }
}

const char *fb_name_future_state(enum fb_future_state s) {
    switch (s) {
    case FB_FUTURE_NOT_POLLED: return "not polled";
    case FB_FUTURE_POLLING: return "polling";
    case FB_FUTURE_PENDING: return "pending";
    case FB_FUTURE_READY: return "ready";
    case FB_FUTURE_DROPPED: return "dropped";
    default: return "?";
    }
}

const char *fb_name_event(enum fb_event_kind kind) {
    static const char *const names[FB_EV_KINDS] = {
        [FB_EV_NONE] = "NONE",
        [FB_EV_TASK_SPAWN] = "TASK_SPAWN",
        [FB_EV_TASK_SCHEDULED] = "TASK_SCHEDULED",
        [FB_EV_POLL_BEGIN] = "POLL_BEGIN",
        [FB_EV_POLL_END] = "POLL_END",
        [FB_EV_TASK_DONE] = "TASK_DONE",
        [FB_EV_TASK_FREE] = "TASK_FREE",
        [FB_EV_TASK_ABORT] = "TASK_ABORT",
        [FB_EV_TASK_JOIN] = "TASK_JOIN",
        [FB_EV_TASK_LABEL] = "TASK_LABEL",
        [FB_EV_FUTURE_ENTER] = "FUTURE_ENTER",
        [FB_EV_FUTURE_EXIT] = "FUTURE_EXIT",
        [FB_EV_FUTURE_DROP] = "FUTURE_DROP",
        [FB_EV_WAKER_CLONE] = "WAKER_CLONE",
        [FB_EV_WAKER_DROP] = "WAKER_DROP",
        [FB_EV_WAKE] = "WAKE",
        [FB_EV_SOURCE_ADD] = "SOURCE_ADD",
        [FB_EV_SOURCE_READY] = "SOURCE_READY",
        [FB_EV_SOURCE_CLEAR] = "SOURCE_CLEAR",
        [FB_EV_SOURCE_STALE] = "SOURCE_STALE",
        [FB_EV_SOURCE_DEL] = "SOURCE_DEL",
        [FB_EV_IO] = "IO",
        [FB_EV_TIMER_SET] = "TIMER_SET",
        [FB_EV_TIMER_END] = "TIMER_END",
        [FB_EV_PARK] = "PARK",
        [FB_EV_UNPARK] = "UNPARK",
        [FB_EV_YIELD] = "YIELD",
        [FB_EV_CLOCK] = "CLOCK",
        [FB_EV_CENSUS] = "CENSUS",
        [FB_EV_STALL] = "STALL",
        [FB_EV_TASK_MESSAGE] = "TASK_MESSAGE",
        [FB_EV_CHANNEL] = "CHANNEL",
        [FB_EV_BUDGET_OUT] = "BUDGET_OUT",
        [FB_EV_BLOCK_BEGIN] = "BLOCK_BEGIN",
        [FB_EV_BLOCK_END] = "BLOCK_END",
        [FB_EV_CHOICE] = "CHOICE",
    };

    if ((unsigned)kind >= FB_EV_KINDS || names[kind] == NULL) {
        return "?";
    }
    return names[kind];
}

const char *fb_name_outcome(enum fb_task_outcome o) {
    switch (o) {
    case FB_OUTCOME_NONE: return "not complete";
    case FB_OUTCOME_OK: return "ok";
    case FB_OUTCOME_ERROR: return "error";
    case FB_OUTCOME_FAILED: return "failed";
    case FB_OUTCOME_CANCELLED: return "cancelled";
    default: return "?";
    }
}

const char *fb_name_party(enum fb_party p) {
    switch (p) {
    case FB_PARTY_NONE: return "nobody";
    case FB_PARTY_SOURCE: return "reactor";
    case FB_PARTY_TIMER: return "timer";
    case FB_PARTY_TASK: return "task";
    case FB_PARTY_JOIN_SET: return "join set";
    case FB_PARTY_CHANNEL: return "channel";
    case FB_PARTY_THREAD: return "thread";
    case FB_PARTY_OUTSIDE: return "outside";
    case FB_PARTY_SPAWN: return "spawn";
    case FB_PARTY_ABORT: return "abort";
    case FB_PARTY_EXECUTOR: return "executor";
    case FB_PARTY_BLOCKING: return "blocking work";
    default: return "?";
    }
}

const char *fb_name_io(enum fb_io_op op) {
    switch (op) {
    case FB_IO_ACCEPT: return "accept";
    case FB_IO_READ: return "read";
    case FB_IO_WRITE: return "write";
    case FB_IO_SHUTDOWN: return "shutdown";
    case FB_IO_CONNECT: return "connect";
    case FB_IO_CLOSE: return "close";
    case FB_IO_PEEK: return "peek";
    case FB_IO_SEND_TO: return "send_to";
    case FB_IO_RECV_FROM: return "recv_from";
    default: return "?";
    }
}

const char *fb_name_channel_kind(enum fb_channel_kind k) {
    switch (k) {
    case FB_CHANNEL_NOTIFY: return "notify";
    case FB_CHANNEL_SEMAPHORE: return "semaphore";
    case FB_CHANNEL_MUTEX: return "mutex";
    case FB_CHANNEL_ONESHOT: return "oneshot";
    case FB_CHANNEL_MPSC: return "mpsc";
    case FB_CHANNEL_WATCH: return "watch";
    case FB_CHANNEL_BROADCAST: return "broadcast";
    case FB_CHANNEL_KINDS:
    default: return "?";
    }
}

const char *fb_name_channel_op(enum fb_channel_op op) {
    switch (op) {
    case FB_CHANNEL_OPEN: return "open";
    case FB_CHANNEL_GIVE: return "give";
    case FB_CHANNEL_TAKE: return "take";
    case FB_CHANNEL_CLOSE: return "close";
    case FB_CHANNEL_PASS: return "pass";
    case FB_CHANNEL_LAG: return "lag";
    case FB_CHANNEL_OPS:
    default: return "?";
    }
}

const char *fb_name_channel_wait(enum fb_channel_wait w) {
    switch (w) {
    case FB_AWAITS_MESSAGE: return "message";
    case FB_AWAITS_ROOM: return "room";
    case FB_AWAITS_CLOSED: return "closed";
    case FB_AWAITS_CHANGE: return "change";
    case FB_AWAITS_PERMIT: return "permit";
    case FB_AWAITS_MUTEX: return "mutex";
    case FB_AWAITS_NOTIFY: return "notify";
    case FB_AWAITS_OTHER:
    default: return "?";
    }
}

const char *fb_name_source_kind(unsigned kind) {
    static const char *const names[] = {
        [FB_SOURCE_OTHER] = "other",       [FB_SOURCE_LISTENER] = "listener",
        [FB_SOURCE_STREAM] = "stream",     [FB_SOURCE_SIGNAL] = "signal",
        [FB_SOURCE_DATAGRAM] = "datagram",
    };

    return kind < sizeof(names) / sizeof(names[0]) ? names[kind] : "?";
}

// The errors that sockets, files and timers give. Own table: the C library's
// names are either sentences in the user's language or not everywhere.
// Results are negative errnos, and INT_MIN has no positive twin: so the sign is
// left aside here rather than turned around by each caller.
const char *fb_name_errno(int err) {
    const unsigned wanted = err < 0 ? 0u - (unsigned)err : (unsigned)err;
    static const struct {
        int err;
        const char *name;
    } names[] = {
#define NAME(e_) {e_, #e_}
        NAME(EPERM),        NAME(ENOENT),      NAME(EINTR),
        NAME(EIO),          NAME(EBADF),       NAME(EAGAIN),
        NAME(ENOMEM),       NAME(EACCES),      NAME(EFAULT),
        NAME(EBUSY),        NAME(EEXIST),      NAME(ENODEV),
        NAME(ENOTDIR),      NAME(EISDIR),      NAME(EINVAL),
        NAME(ENFILE),       NAME(EMFILE),      NAME(ENOSPC),
        NAME(ESPIPE),       NAME(EPIPE),       NAME(ERANGE),
        NAME(EDEADLK),      NAME(ENOSYS),      NAME(EPROTO),
        NAME(EOVERFLOW),    NAME(EILSEQ),      NAME(ENOTSOCK),
        NAME(EMSGSIZE),     NAME(ENOPROTOOPT), NAME(EOPNOTSUPP),
        NAME(EAFNOSUPPORT), NAME(EADDRINUSE),  NAME(EADDRNOTAVAIL),
        NAME(ENETDOWN),     NAME(ENETUNREACH), NAME(ENETRESET),
        NAME(ECONNABORTED), NAME(ECONNRESET),  NAME(ENOBUFS),
        NAME(EISCONN),      NAME(ENOTCONN),    NAME(ETIMEDOUT),
        NAME(ECONNREFUSED), NAME(EHOSTDOWN),   NAME(EHOSTUNREACH),
        NAME(EALREADY),     NAME(EINPROGRESS), NAME(ECANCELED),
        NAME(EDQUOT),       NAME(ESTALE),      NAME(ENXIO),
        NAME(ECHILD),       NAME(EFBIG),       NAME(EROFS),
#undef NAME
    };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if ((unsigned)names[i].err == wanted) {
            return names[i].name;
        }
    }
    return "?";
}
