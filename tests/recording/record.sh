# Sourced by the tests here: recordings of a server that greets, in a folder of
# their own, which is gone at the end.
# shellcheck shell=bash
bin=$FB_BUILD/bin
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
export XDG_RUNTIME_DIR=$work

# From its first event to its last; what `record` says is in $work/said.
record_it() { # name clients options of serve…
    local port pid name=$1 clients=$2
    shift 2
    rm -f -- "$work/out"
    mkfifo "$work/out"
    "$bin/fishbowl" record -o "$work/$name" -- "$bin/fishbowl-serve" \
        --listen 127.0.0.1:0 "$@" >"$work/out" 2>"$work/said" &
    exec 3<"$work/out"
    read -r port <&3
    port=${port##* }
    "$bin/fishbowl-dial" "127.0.0.1:$port" --clients "$clients" >/dev/null
    pid=$("$bin/fishbowl" list | awk '$2 == "serve" { print $1 }')
    kill -INT "$pid"
    wait $!
    exec 3<&-
}
