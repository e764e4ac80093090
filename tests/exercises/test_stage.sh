#!/usr/bin/env bash
# `learn stage` runs an exercise once, in the form that is asked for: it is built
# once for all who ask, and again when one of its texts changes; whatever becomes
# of the run, its trace says so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
export HOME=$work XDG_CACHE_HOME=$work/cache XDG_RUNTIME_DIR=$work

fail() {
    printf 'FAILED  %s\n' "$*"
    exit 1
}

# Runs it; its words are in $work/out, its status in $status.
stage() {
    status=0
    "$FB_BIN/fishbowl" learn stage "$@" >"$work/out" 2>&1 || status=$?
}

ends() { # status, what its trace says, arguments …
    local want=$1 says=$2
    shift 2
    stage "$@" --ring "$work/ring"
    [[ $status == "$want" ]] || fail "$*: status $status, not $want: $(tail -5 "$work/out")"
    "$FB_BIN/fishbowl" print "$work/ring" >"$work/story" || fail "$*: its trace cannot be read"
    grep -q -- "$says" "$work/story" || fail "$*: not in its trace: $says"
    rm -f -- "$work/ring" "$work/ring.bell"
}

refuses() { # complaint, arguments …
    local complaint=$1
    shift
    stage "$@"
    [[ $status != 0 ]] || fail "$*: it is played"
    grep -qF -- "$complaint" "$work/out" || fail "$*: $(cat "$work/out")"
}

# Nothing can ever happen again: the wake is lost, in the second world only.
ends 1 'Nothing can ever happen again: 1 task waits' lost_wake --order fifo/1
grep -q 'stalled: nothing' "$work/out" || fail "a stall is not told: $(cat "$work/out")"
grep -q 'porter.c:16' "$work/out" || fail 'who waits where is not told'
ends 0 '(porter) is complete: ok' 10
ends 0 '(porter) is complete: ok' 10 solution --order fifo/1
ends 1 'Nothing can ever happen again' 10 mutants/no_waker --order fifo/1
# A broken contract ends the program, and its trace is there.
ends 134 'poll after Ready: dish' 13
# A world of its own behind the seam: a client of the simulated network.
ends 0 'is complete: ok' 14

# It was built once, and is built again when the exercise is another one.
stage 10
grep -q compiling "$work/out" && fail 'what was built is built again'
mkdir "$work/course"
cp -R -- "$FB_SOURCE/exercises/10_lost_wake" "$work/course/"
stage 10 --course "$work/course"
grep -q compiling "$work/out" || fail 'another course is taken for ours'
sed -i '1s/^/\/\/ changed\n/' "$work/course/10_lost_wake/porter.c"
stage 10 --course "$work/course"
grep -q compiling "$work/out" || fail 'a changed exercise is not built again'
stage 10 --course "$work/course"
grep -q compiling "$work/out" && fail 'and then once more'

# Two at the same time: one of them compiles, both run.
"$FB_BIN/fishbowl" learn stage 13 solution >"$work/one" 2>&1 &
"$FB_BIN/fishbowl" learn stage 13 solution >"$work/two" 2>&1 || fail "two: $(cat "$work/two")"
wait $! || fail "one: $(cat "$work/one")"
[[ $(cat "$work/one" "$work/two" | grep -c compiling) == 1 ]] || fail 'both have compiled'

# Nothing is left of runs that nobody asked to keep.
[[ -z $(find "$work/fishbowl" -type f 2>/dev/null) ]] || fail "left: $(find "$work/fishbowl")"

refuses 'there is no mutant foo (there are: keeps_a_waker' 10 mutants/foo
refuses 'no such variant (solution, alternatives/NAME' 10 ../../etc/passwd
refuses 'no such variant (solution, alternatives/NAME' 10 mutants/../solution
refuses 'which exercise?'
refuses 'is no order' 10 --order backwards
HOME='' XDG_CACHE_HOME='' refuses 'set HOME or XDG_CACHE_HOME' 10
# What lies there would be run: it is ours, and nobody else may write it.
program=$(find "$work/cache" -path '*/solution-*/build/program' | head -1)
around=$work/cache
for place in "$program" "${program%/*}" "$around/fishbowl/stage" "$around/fishbowl" "$around"; do
    mode=$(stat -c %a "$place")
    chmod o+w "$place"
    refuses 'others may write there' 10 solution
    chmod "$mode" "$place"
    ((EUID == 0)) || continue
    chown 65534 "$place"
    refuses 'it belongs to somebody else' 10 solution
    chown 0 "$place"
done
(umask 002 && stage 10 alternatives/tea_first && [[ $status == 0 ]]) || fail "umask: $(cat "$work/out")"
chmod 1777 "$around" # as /tmp is
stage 10 solution
[[ $status == 0 ]] || fail "a folder as /tmp is: $(cat "$work/out")"
grep -q compiling "$work/out" && fail 'built again'

XDG_CACHE_HOME=/dev/null/x refuses 'XDG_CACHE_HOME names another one' 10
echo "ok"
