#!/usr/bin/env bash
# The teacher's page is true: its commands are run, one block after another, by
# somebody who has nothing but an installed tree that was moved, as it is copied
# to laptops.
set -euo pipefail

work=$(mktemp -d -t "a class XXXXXX")
trap 'rm -rf -- "$work"' EXIT
page=$FB_SOURCE/exercises/TEACHER.md

cmake --install "$FB_BUILD" --prefix "$work/first" >"$work/installed"
mv -- "$work/first" "$work/on a laptop"
mkdir -- "$work/home"
export HOME=$work/home XDG_STATE_HOME=$work/home/state
export PATH="$work/on a laptop/bin:$PATH"

# What stands between ```sh run and ```: each block begins in the same folder.
# shellcheck disable=SC2016 # a fence
awk '/^```sh run$/ { on = 1; print "cd \"$HOME\""; next }
     /^```$/ { on = 0 } on' "$page" >"$work/commands"
grep -q 'learn class' "$work/commands"

said=$(bash -eu "$work/commands" 2>&1) || {
    printf 'FAILED  a command of %s:\n%s\n' "$page" "$said"
    exit 1
}
for words in '06 Yield once' 'not yet, of course' 'hint 1 of 3' \
    'Ada .* 0/' '^who,exercise,'; do
    grep -qE -- "$words" <<<"$said" || {
        printf 'FAILED  nobody said: %s\n%s\n' "$words" "$said"
        exit 1
    }
done
echo "ok      $(grep -c fishbowl "$work/commands") commands of the teacher's page"
