# A reader of recordings by somebody who has the specification and nothing else:
# core/trace/RECORDING.md for the records, core/trace's format.h for the 32
# bytes of an event. Nothing of Fishbowl is in it.
#
# usage: tail -c +17 FILE | zstd -dcq | od -An -v -tu1 | awk -f stranger.awk
#
# Prints what it finds, a line each: the head, names, sources, events with their
# number, kind and subject, gaps, the end. A file that was cut off ends with
# "cut off". Numbers are awk's: exact up to 2^53, so times of day are not asked
# for.

function byte() { # the next one; -1 at the end
    while (at > have) {
        if ((getline line) <= 0) {
            return -1
        }
        have = split(line, part)
        at = 1
    }
    return part[at++] + 0
}
function number(bytes,    i, b, value, place) {
    place = 1
    for (i = 0; i < bytes; i++) {
        b = byte()
        if (b < 0) {
            over = 1
            return 0
        }
        value += b * place
        place *= 256
        left--
    }
    return value
}
function text(    b, all) { # up to its zero byte
    for (;;) {
        b = number(1)
        if (b == 0) {
            return all
        }
        all = all sprintf("%c", b)
    }
}
function skip() { # what is left of the payload
    while (left > 0 && !over) {
        number(1)
    }
}
function event(n,    kind, detail, flags, subject, whole, label, i, b) {
    number(8) # its time
    kind = number(1)
    detail = number(1)
    flags = number(2)
    subject = number(4)
    if (kind_name[kind] == "TASK_LABEL") {
        whole = flags % 32768
        for (i = 0; i < 16; i++) {
            b = number(1)
            if (16 * detail + i < whole && b > 0) {
                label = label sprintf("%c", b)
            }
        }
        labels[subject] = (detail == 0 ? "" : labels[subject]) label
    } else if (kind_name[kind] == "TASK_SPAWN") {
        number(8) # parent, root future
        type = number(2)
        number(6) # site, bytes
        label = " type=" names[type]
        tasks[subject] = names[type]
    } else {
        number(16)
        label = ""
    }
    if (!over) {
        events++
        print "event", n, kind_name[kind], subject \
            (kind_name[kind] == "TASK_SPAWN" ? label : "")
    }
}
function events_record(    n) {
    n = number(8)
    while (left >= 32 && !over) {
        event(n++)
    }
}
function head(    pid, workers, bytes) {
    pid = number(4)
    number(4)
    workers = number(4)
    bytes = number(4)
    number(16)
    if (bytes != 32) {
        print "events of " bytes " bytes: I know 32"
        exit 1
    }
    print "head pid=" pid, "workers=" workers, "program=" text(), \
        "address=" text()
}
function name(    i, l) {
    i = number(4)
    l = number(4)
    number(4)
    names[i] = text()
    names[i] = names[i] "@" text() ":" l
    print "name", i, names[i]
}
function source(    file) {
    file = text()
    print "source", file, left, "bytes"
    skip()
}
function record(    kind, first) {
    kind = number(4)
    left = number(4)
    if (over) {
        return
    }
    if (kind == 1) {
        head()
    } else if (kind == 2) {
        name()
    } else if (kind == 3) {
        source()
    } else if (kind == 4) {
        events_record()
    } else if (kind == 5) {
        first = number(8)
        print "gap", first, number(8)
    } else if (kind == 6) {
        print "end", number(4)
        number(4)
        total = number(8)
        ended = 1
    }
    skip()
}
BEGIN {
    split("TASK_SPAWN TASK_SCHEDULED POLL_BEGIN POLL_END TASK_DONE TASK_FREE " \
        "TASK_ABORT TASK_JOIN TASK_LABEL FUTURE_ENTER FUTURE_EXIT " \
        "FUTURE_DROP WAKER_CLONE WAKER_DROP WAKE SOURCE_ADD SOURCE_READY " \
        "SOURCE_CLEAR SOURCE_STALE SOURCE_DEL IO TIMER_SET TIMER_END PARK " \
        "UNPARK YIELD CLOCK CENSUS STALL TASK_MESSAGE CHANNEL BUDGET_OUT " \
        "BLOCK_BEGIN BLOCK_END CHOICE", kind_name)
    at = 1
    while (!over && !ended) {
        record()
    }
    for (task in tasks) {
        print "task", task, tasks[task], "\"" labels[task] "\""
    }
    if (!ended) {
        print "cut off"
    } else if (total != events) {
        print "its end says " total " events"
    }
    print events + 0, "events"
}
