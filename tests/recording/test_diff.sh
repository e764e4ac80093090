#!/usr/bin/env bash
# Two recordings are compared by what their tasks did: the check of a
# refactoring.
set -eu

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=../house/claims.sh
source "$here/../house/claims.sh"
# shellcheck source-path=SCRIPTDIR source=record.sh
source "$here/record.sh"

differ() { # status A B options…
    local want=$1 status=0
    shift
    "$bin/fishbowl" diff --plain "${@:3}" "$work/$1" "$work/$2" \
        >"$work/told" 2>"$work/why" || status=$?
    same "$status" "$want"
}

another_order_and_another_handler_are_no_difference() {
    differ 0 before ordered
    differ 0 before written
    holds "$(cat "$work/told")" 'A and B are equal: '
}
a_client_more_is_one_and_is_explained() {
    differ 1 before more
    holds "$(cat "$work/told")" 'The first difference: '
    differ 1 more before --by order
}
what_cannot_be_read_is_neither() {
    differ 2 before nothing
    head -c 30 "$work/before" >"$work/stump"
    differ 2 before stump
    holds "$(cat "$work/why")" 'stump: it was cut off before it began'
}

record_it before 6 --order fifo
record_it ordered 6 --order seed:7
record_it written 6 --handler states
record_it more 7
claim another_order_and_another_handler_are_no_difference
claim a_client_more_is_one_and_is_explained
claim what_cannot_be_read_is_neither
claims_end
