#!/usr/bin/env bash
# `learn mutants` plays every wrong solution of an exercise: all are caught, each
# by the claim that its patch names. With a claim left out exactly those slip
# through that nothing else catches, and the right solution passes all the same.
set -euo pipefail

work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
mkdir -- "$work/home" "$work/tmp"
export HOME=$work/home XDG_STATE_HOME=$work/home/state TMPDIR=$work/tmp
unset FISHBOWL_AS FISHBOWL_LEARN_AS

fail() {
    printf 'FAILED  %s\n%s\n' "$*" "$(cat "$work/out" 2>/dev/null)"
    exit 1
}

# What it says stays in out; gives its exit status.
mutants() {
    "$FB_BIN/fishbowl" learn mutants "$@" --plain >"$work/out" 2>&1
}

survivors() {
    awk '/SURVIVES/ { print $2 }' "$work/out" | paste -sd' '
}

# No learner's folder is needed.
mutants 06 || fail 'a wrong solution of 06 is not caught, or status'
for patch in "$FB_SOURCE"/exercises/06_yield_once/mutants/*.patch; do
    name=$(basename "$patch" .patch)
    claim=$(sed -n 's/^Fails: //p' "$patch")
    grep -Eq "^✓ $name +caught by $claim " "$work/out" ||
        fail "$name should be caught by $claim (as its patch says)"
done
grep -Eq '^✓ solution +passes$' "$work/out" || fail 'the solution passes'
grep -q 'All are caught' "$work/out" || fail 'no word of the whole'

mutants 06 --without T12 && fail 'a hole should give status 1'
[[ $(survivors) == keeps_clone ]] || fail 'without T12'
grep -q 'keeps a waker that nobody gives up' "$work/out" || fail 'its mistake'
grep -q '1 of 5 slips through' "$work/out" || fail 'no count'
mutants 06 --without T4 && fail 'a hole should give status 1'
[[ $(survivors) == 'static_flag twice' ]] || fail 'without T4'
grep -Eq '^✓ solution +passes$' "$work/out" || fail 'the solution passes'
# Another claim catches what T1 would have caught.
mutants 06 --without T1 || fail 'nothing slips through without T1'
awk 'length > 80' "$work/out" | grep . && fail 'too long for a terminal'

# What it needs, and what it does not take.
refused() {
    local status=0
    mutants "${@:3}" || status=$?
    [[ $status == "$1" ]] || fail "status $status of: ${*:3}"
    grep -q -- "$2" "$work/out" || fail "no word of '$2'"
}
refused 2 'of which exercise'
refused 2 'T1 to T14' 06 --without T15
refused 2 'T1 to T14' 06 --without X1
refused 2 'T1 to T14' 06 --without T1x
refused 1 'no such exercise' nothing_like_it
TMPDIR=$work/nowhere refused 1 'TMPDIR' 06
status=0
"$FB_BIN/fishbowl" learn run 06 --without T1 >"$work/out" 2>&1 || status=$?
[[ $status == 2 ]] || fail 'run takes no --without'

left=$(find "$work/tmp" "$work/home" -mindepth 1)
[[ -z $left ]] || fail "it leaves behind: $left"
echo 'ok      every wrong solution is caught, and a hole shows who slips through'
