#!/usr/bin/env bash
# The checks of the walls find what they are for: each is shown a small tree
# or library that breaks its rule.
set -eu

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=claims.sh
source "$here/claims.sh"
tools=$here/../tools
work=$(mktemp -d -t "a folder XXXXXX") # spaces are a part of the test
trap 'rm -rf -- "$work"' EXIT

# A tree with one file that holds one line; says what layers-check finds.
layers() { # file line
    local tree=$work/tree
    rm -rf -- "$tree"
    mkdir -p -- "$tree/core/include/fishbowl" "$tree/core/trace/include" \
        "$tree/viz/model" "$(dirname -- "$tree/$1")"
    echo '#include <stdint.h>' >"$tree/core/include/fishbowl/task.h"
    echo '#include <stdint.h>' >"$tree/core/secret.h"
    echo '#include <stdint.h>' >"$tree/core/trace/inside.h"
    echo '#include <stdint.h>' >"$tree/viz/model/model.h"
    printf '%s\n' "$2" >"$tree/$1"
    "$tools/layers-check" "$tree"
}

refused() { # file line rule
    local said
    if said=$(layers "$1" "$2"); then
        fail "was let through: $1: $2"
    fi
    holds "$said" "$1:1: includes"
    holds "$said" "$3"
}

trace_may_not_know_core() {
    refused core/trace/a.c '#include "fishbowl/task.h"' 'core/trace knows'
    refused core/trace/a.c '#include "../secret.h"' 'core/trace knows'
}
core_may_not_know_viewers() {
    refused core/a.c '#include "../viz/model/model.h"' 'core knows'
    refused core/a.c '#  include "model.h"' 'core knows'
    refused core/a.c '#include <jansson.h>' 'libc alone'
}
viz_may_not_know_the_runtime() {
    refused viz/a.c '#include "fishbowl/task.h"' 'never the runtime'
    refused viz/a.c '#include <fishbowl/task.h>' 'never the runtime'
    refused viz/a.c '#include "../core/secret.h"' 'never the runtime'
    refused viz/a.c '#include "secret.h"' 'never the runtime'
    refused viz/a.c '#include "inside.h"' 'never the runtime'
    layers viz/a.c '#include "fishbowl/trace/format.h"' >/dev/null
}
model_may_not_see_clock_screen_or_files() {
    refused viz/model/a.c '#include <time.h>' 'no clock'
    refused viz/model/a.c '#include <curses.h>' 'no clock, screen'
    refused viz/model/a.c '#include <fcntl.h>' 'I/O'
}
curses_stays_in_one_file() {
    refused viz/tui/app.c '#include <ncursesw/curses.h>' 'only viz/tui/curses.c'
    layers viz/tui/curses.c '#include <ncursesw/curses.h>' >/dev/null
}
server_may_not_use_private_headers() {
    refused server/a.c '#include "../core/secret.h"' 'public headers'
    layers server/a.c '#include "fishbowl/task.h"' >/dev/null
}
slides_see_public_headers_only() {
    refused slides/a.c '#include "../core/secret.h"' 'public headers'
    layers slides/a.c '#include "fishbowl/task.h"' >/dev/null
}
computed_includes_are_refused() {
    refused viz/a.c '#include SOME_MACRO' 'cannot be checked'
}
an_empty_tree_is_no_pass() {
    mkdir -p "$work/empty"
    ! "$tools/layers-check" "$work/empty" 2>/dev/null ||
        fail "an empty tree passed"
}

# Compiles one line into a library and checks it.
symbols() { # mode line
    printf '%s\n' "$2" >"$work/s.c"
    rm -f -- "$work/libs.a"
    "${CC:-cc}" -c -o "$work/s.o" "$work/s.c"
    ar rc "$work/libs.a" "$work/s.o"
    "$tools/symbols-check" "$1" "$work/libs.a"
}
foreign_names_are_refused() {
    local said
    ! said=$(symbols public 'int fb_ok(void) { return 1; } int helper;') ||
        fail "was let through"
    holds "$said" "helper: global without the prefix"
    symbols public 'int fb_ok(void) { return 1; }' >/dev/null
}
public_writable_data_is_refused() {
    ! symbols public 'int fb_counter; int fb_ok(void) { return 1; }' \
        >/dev/null || fail "was let through"
}
a_pure_library_may_not_look_at_the_clock() {
    local said
    ! said=$(symbols pure 'long time(long *); long fb_t(void) { return time(0); }') ||
        fail "was let through"
    holds "$said" "calls time"
    symbols pure 'void *malloc(unsigned long); void *fb_m(void) { return malloc(9); }' \
        >/dev/null
}

# A tree with two listed behaviours and one file of tests; says what
# peers-check finds. The list's second one has a reason, the first a test.
peers() { # mark more-of-the-list
    local tree=$work/peers
    rm -rf -- "$tree"
    mkdir -p -- "$tree/tests/core"
    printf '%s\n' '# the list' 'libuv/a.b: one' 'libuv/c: another' \
        '    not here: for a reason' ${2:+"$2"} >"$tree/tests/peers.txt"
    printf '%s\n' "$1" 'static void it_works(void **state) {' '}' \
        'static int helper;' >"$tree/tests/core/test_a.c"
    "$tools/peers-check" "$tree" 2>&1
}
unlisted() { # what-is-said mark more-of-the-list
    local said
    if said=$(peers "$2" "${3:-}"); then
        fail "was let through: $2 ${3:-}"
    fi
    holds "$said" "$1"
}
each_behaviour_of_a_peer_has_a_test_or_a_reason() {
    holds "$(peers '// peer libuv/a.b')" '2 behaviours, 1 with a test'
    unlisted 'libuv/a.b: no test and no reason' '// nothing'
    unlisted 'libuv/c: a test, and a reason' '// peer libuv/a.b, peer libuv/c'
    unlisted 'it_works shows libuv/x, which is not' \
        '// peer libuv/a.b, peer libuv/x'
    unlisted 'libuv/c is listed twice' '// peer libuv/a.b' 'libuv/c: again'
    unlisted 'neither a behaviour nor a note' '// peer libuv/a.b' '   what'
    unlisted 'a mark stands above no test' \
        $'// peer libuv/a.b\nstatic int helper_before;'
}

# The table of which line of core writes which event is made from the sources,
# wherever they lie.
points() { # root
    awk -f "$here/../../viz/source/points.awk" "$1/core/emit.h" \
        "$1"/core/*.c "$1"/core/*_impl.h
}
points_do_not_depend_on_the_tree_s_name() {
    local far=$work/core/a/long/way/down/core/to/a/tree wanted
    mkdir -p -- "$far"
    ln -s -- "$here/../../core" "$far/core"
    wanted=$(cd -- "$here/../.." && points .)
    holds "$wanted" 'FB_EV_SOURCE_ADD, -1, "core/reactor.c"'
    same "$(points "$far")" "$wanted"
}

for name in trace_may_not_know_core core_may_not_know_viewers \
    viz_may_not_know_the_runtime model_may_not_see_clock_screen_or_files \
    curses_stays_in_one_file server_may_not_use_private_headers \
    slides_see_public_headers_only \
    computed_includes_are_refused an_empty_tree_is_no_pass \
    foreign_names_are_refused public_writable_data_is_refused \
    a_pure_library_may_not_look_at_the_clock \
    each_behaviour_of_a_peer_has_a_test_or_a_reason \
    points_do_not_depend_on_the_tree_s_name; do
    claim "$name"
done
claims_end
