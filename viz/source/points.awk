# Writes points.inc: which line of the runtime writes which kind of event.
#
#     awk -f points.awk core/emit.h core/*.[ch] > points.inc
#
# emit.h is the one place where each event is filled in; its callers are the
# places that act. A row is {kind, detail or -1, file, function, line}. The
# detail is told where the call names it by a constant.

BEGIN {
    prefix["FB_EV_WAKER_CLONE"] = prefix["FB_EV_WAKER_DROP"] = "FB_PARTY_"
    prefix["FB_EV_TASK_SCHEDULED"] = "FB_QUEUE_"
    prefix["FB_EV_TIMER_END"] = "FB_TIMER_"
    prefix["FB_EV_BLOCK_END"] = "FB_BLOCK_"
    prefix["FB_EV_TASK_JOIN"] = "FB_JOIN_"
    prefix["FB_EV_IO"] = "FB_IO_"
}

function base_of(path) {
    return match(path, /core\/[^\/]*$/) ? substr(path, RSTART) : path
}

# The constant of a call that the kind's `detail` holds, or -1.
function detail_of(kind, call) {
    if (!(kind in prefix) || !match(call, prefix[kind] "[A-Z_]+"))
        return -1
    return substr(call, RSTART, RLENGTH)
}

function finish(    kind) {
    if (match(call, /FB_EV_[A-Z_]+/) && substr(call, RSTART, RLENGTH) != "FB_EV_FLAG_CENSUS")
        kind = substr(call, RSTART, RLENGTH)
    else
        kind = kinds[emitter]
    if (kind != "")
        printf "{%s, %s, \"%s\", \"%s\", %d},\n", kind, detail_of(kind, call), file, place, line
    call = ""
}

FNR == 1 { place = "?" ; call = "" }

# emit.h: from the function's name to the kind that it writes
FILENAME ~ /emit\.h$/ {
    if (/^static inline/ && match($0, /fb__emit_[a-z_]+\(/))
        emitter = substr($0, RSTART, RLENGTH - 1)
    if (match($0, /FB__EMIT\([a-z]+, FB_EV_[A-Z_]+/)) {
        kind = substr($0, RSTART, RLENGTH)
        sub(/.*, /, "", kind)
        kinds[emitter] = kind
    }
    next
}

# a definition begins at the left edge
/^[a-z][^;]*\(/ && !/;[ \t]*$/ {
    name = $0
    sub(/\(.*$/, "", name)
    sub(/^.*[ *]/, "", name)
    place = name
}

call == "" && match($0, /(fb__emit_[a-z_]+|FB__EMIT)\(/) {
    emitter = substr($0, RSTART, RLENGTH - 1)
    if (emitter == "fb__emit_id")
        next
    call = substr($0, RSTART) # before base_of looks for a match of its own
    file = base_of(FILENAME)
    line = FNR
    if (call ~ /;[ \t]*$/ || emitter == "FB__EMIT")
        finish()
    next
}

call != "" {
    call = call " " $0
    if ($0 ~ /;[ \t]*$/)
        finish()
}
