#!/usr/bin/env bash
# The specification is enough: a reader that shares nothing with Fishbowl finds
# in a recording what `fishbowl print` finds in it.
set -eu

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../house/claims.sh
source "$here/../house/claims.sh"
# shellcheck source-path=SCRIPTDIR source=record.sh
source "$here/record.sh"
export LC_ALL=C

read_it() { # file
    tail -c +17 -- "$1" | zstd -dcq 2>/dev/null | od -An -v -tu1 |
        awk -f "$here/stranger.awk"
}

both_find_the_same_events() {
    "$bin/fishbowl" print "$work/run" --events >"$work/theirs"
    same "$(awk '/^event/ { print $2, $3 }' "$work/mine")" \
        "$(awk '$1 ~ /^[0-9]+$/ { print $1, $3 }' "$work/theirs")"
    same "$(awk '/^event.*type=/ { print $2, $5 }' "$work/mine")" \
        "$(awk '$3 == "TASK_SPAWN" { print $1, $7 }' "$work/theirs")"
}
it_is_told_who_ran_and_what_it_was_called() {
    holds "$(cat "$work/mine")" 'program=serve address='
    holds "$(cat "$work/mine")" ' workers=1 '
    for n in 1 2 3 4 5; do
        holds "$(cat "$work/mine")" "\"guest $n"
    done
    holds "$(cat "$work/mine")" '@server/named.c:'
}
nothing_is_lost_and_the_end_is_there() {
    same "$(grep -c '^gap' "$work/mine")" 0
    same "$(grep '^end' "$work/mine")" 'end 1'
    holds "$(tr -d , <"$work/said")" "$(tail -n 1 "$work/mine") "
}
what_is_cut_off_ends_earlier_and_says_so() {
    local bytes part most=0
    bytes=$(stat -c %s "$work/run")
    grep '^event' "$work/mine" >"$work/all"
    for part in 2 4 6 7; do # eighths of the file
        head -c $((bytes * part / 8)) "$work/run" >"$work/cut"
        read_it "$work/cut" >"$work/less"
        same "$(tail -n 2 "$work/less" | head -n 1)" 'cut off'
        grep '^event' "$work/less" >"$work/some" || true
        cmp -n "$(stat -c %s "$work/some")" "$work/some" "$work/all"
        (($(wc -l <"$work/some") >= most)) || fail 'more of the file, less in it'
        most=$(wc -l <"$work/some")
    done
    ((most > 0 && most < $(wc -l <"$work/all"))) || fail "$most events"
}

record_it run 100
read_it "$work/run" >"$work/mine"
claim nothing_is_lost_and_the_end_is_there
claim it_is_told_who_ran_and_what_it_was_called
claim both_find_the_same_events
claim what_is_cut_off_ends_earlier_and_says_so
claims_end
