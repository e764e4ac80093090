#!/usr/bin/env bash
# The README's picture can be taken again from the programs as they are, and
# shows what the text below it says.
# needs: FB_BUILD, a build directory
set -eu

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=claims.sh
source "$here/claims.sh"
work=$(mktemp -d -t "a folder XXXXXX") # spaces are a part of the test
trap 'rm -rf -- "$work"' EXIT
readme=$here/../../README.md
tool=$here/../tools/readme-picture.sh

picture_of() { # file
    sed -n '/^<!-- picture:/,/^<!-- end of picture/p' "$1"
}

a_new_picture_shows_three_silent_clients_and_their_reads() {
    cp -- "$readme" "$work/README.md"
    "$tool" "$FB_BUILD/bin" "$work/README.md"
    picture_of "$work/README.md" >"$work/picture"
    same "$(grep -cE '^.{3} *[0-9]+ .*idle +127\.0\.0\.1:[0-9]+ .*fd [0-9]+ readable' \
        "$work/picture")" 3
    holds "$(cat "$work/picture")" 'acceptor'
    holds "$(cat "$work/picture")" 'named.c:'
}

all_but_the_picture_stays_as_it_was() {
    cp -- "$readme" "$work/README.md"
    "$tool" "$FB_BUILD/bin" "$work/README.md"
    same "$(sed '/^<!-- picture:/,/^<!-- end/d' "$work/README.md")" \
        "$(sed '/^<!-- picture:/,/^<!-- end/d' "$readme")"
}

the_readme_holds_a_picture_of_a_whole_screen() {
    local lines
    # shellcheck disable=SC2016 # the dollars end lines
    lines=$(picture_of "$readme" | sed -n '/^```text$/,/^```$/p' | wc -l)
    same "$lines" 32 # 30 rows and the fence
}

a_file_without_the_marks_is_left_alone() {
    echo 'no marks' >"$work/other.md"
    ! "$tool" "$FB_BUILD/bin" "$work/other.md" 2>/dev/null || fail "status 0"
    same "$(cat "$work/other.md")" 'no marks'
}

for name in a_new_picture_shows_three_silent_clients_and_their_reads \
    all_but_the_picture_stays_as_it_was \
    the_readme_holds_a_picture_of_a_whole_screen \
    a_file_without_the_marks_is_left_alone; do
    claim "$name"
done
claims_end
