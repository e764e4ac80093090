#!/usr/bin/env bash
# `learn play 03` asks for one pick after another, writes each into the learner's
# file, takes back what it is told to, keeps nothing that leads nowhere, and ends
# when all are served; an exercise without decisions says so.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir -- "$work/home"
export HOME=$work/home XDG_STATE_HOME=$work/home/state
picks=$work/fish/03_be_the_executor/picks.txt

fail() {
    printf 'FAILED  %s\n' "$*"
    exit 1
}

learn() {
    "$FB_BIN/fishbowl" learn "$@" --folder "$work/fish" --plain
}

# The lines between the marks, on one line.
picked() {
    sed -n '/YOURS: begin/,/YOURS: end/p' "$picks" | sed '1d;$d' | paste -sd' '
}

"$FB_BIN/fishbowl" learn init "$work/fish" >"$work/out"

# To be taken back; there is no task 7; no pick at all; and the input ends.
learn play 03 >"$work/out" <<<$'1\n1\nundo\nwait\n7\nfoo' &&
    fail "the doorkeeper alone is not enough"
[[ $(picked) == '1 wait' ]] || fail "after undo and nonsense: $(picked)"
grep -q 'picks task 7, and there is none' "$work/out" || fail 'task 7'
grep -q 'neither the number of a task nor' "$work/out" || fail 'foo'
grep -q '1 of 2 free polls in vain' "$work/out" || fail 'a poll in vain'
grep -q 'T12' "$work/out" || fail "its verdict: $(tail -20 "$work/out")"

# What is there stands: it goes on from the file.
learn play 03 >"$work/out" <<<$'1\n2\n3\n4\nwait\n3\nwait\n4\n2' ||
    fail "served: $(tail -20 "$work/out")"
awk 'length > 80' "$work/out" | grep . && fail 'too long for a terminal'
[[ $(picked) == '1 wait 1 2 3 4 wait 3 wait 4 2' ]] || fail "$(picked)"
grep -q 'Well picked' "$work/out" || fail 'nobody says that it is over'
learn run 03 >"$work/out" || fail "judged again: $(cat "$work/out")"

learn play 06 >"$work/out" 2>&1 </dev/null && fail '06 asks for something'
grep -q 'not played by decisions' "$work/out" || fail "06: $(cat "$work/out")"
echo 'ok      03 is played pick by pick'
