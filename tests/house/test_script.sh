#!/usr/bin/env bash
# The script `fishbowl`, tried on a small project of two lines in a folder with
# spaces in its name: real cmake, ninja and compiler; apt-get and sudo are
# stand-ins that write down how they were called.
set -eu

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=claims.sh
source "$here/claims.sh"
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
chmod 755 "$work"

# ---- the small project -----------------------------------------------------

project() { # folder
    mkdir -p -- "$1"
    cp -- "$here/../../fishbowl" "$here/../../CMakePresets.json" "$1/"
    cat >"$1/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.21)
project(small C)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)
add_executable(fishbowl main.c)
enable_testing()
add_test(NAME passes COMMAND ${CMAKE_COMMAND} -E true)
CMAKE
    cat >"$1/main.c" <<'C'
#include <stdio.h>
int main(int argc, char **argv) {
    int c, i;
    for (i = 1; i < argc; i++)
        printf("[%s]", argv[i]);
    while (argc > 1 && argv[1][0] == 'c' && (c = getchar()) != EOF)
        putchar(c);
    return argc > 1 && argv[1][0] == 'x' ? 7 : 0;
}
C
}

fresh() { # → $dir, a project that was never built
    dir="$work/a tree of $1"
    project "$dir"
}

# ---- building and running --------------------------------------------------

builds_then_runs_with_the_same_arguments() {
    fresh "${FUNCNAME[0]}"
    same "$("$dir/fishbowl" say 'two words' '*' 2>/dev/null)" '[say][two words][*]'
}

prints_nothing_of_its_own_when_nothing_is_to_do() {
    fresh "${FUNCNAME[0]}"
    "$dir/fishbowl" say >/dev/null 2>&1
    same "$("$dir/fishbowl" say 2>&1)" '[say]'
}

works_from_any_folder_and_through_a_link() {
    fresh "${FUNCNAME[0]}"
    ln -s -- "$dir/fishbowl" "$work/link"
    cd /
    same "$("$work/link" say 2>/dev/null)" '[say]'
}

passes_input_and_exit_status_through() {
    local status=0
    fresh "${FUNCNAME[0]}"
    same "$(echo hello | "$dir/fishbowl" cat 2>/dev/null)" '[cat]hello'
    "$dir/fishbowl" x >/dev/null 2>&1 || status=$?
    same "$status" 7
}

rebuilds_after_a_change() {
    fresh "${FUNCNAME[0]}"
    "$dir/fishbowl" say >/dev/null 2>&1
    sed -i 's/\[%s\]/{%s}/' "$dir/main.c"
    same "$("$dir/fishbowl" say 2>/dev/null)" '{say}'
}

a_failing_build_shows_why_and_runs_nothing() {
    local said status=0
    fresh "${FUNCNAME[0]}"
    "$dir/fishbowl" say >/dev/null 2>&1
    echo 'int broken = "' >>"$dir/main.c"
    said=$("$dir/fishbowl" say 2>&1 >"$work/out") || status=$?
    same "$status" 1
    same "$(cat "$work/out")" ''
    holds "$said" 'main.c:'
    holds "$said" 'build/release.log'
}

a_moved_tree_builds_again() {
    fresh "${FUNCNAME[0]}"
    "$dir/fishbowl" say >/dev/null 2>&1
    mv -- "$dir" "$dir moved"
    same "$("$dir moved/fishbowl" say 2>/dev/null)" '[say]'
}

needs_no_home() {
    fresh "${FUNCNAME[0]}"
    same "$(HOME=/nonexistent "$dir/fishbowl" say 2>/dev/null)" '[say]'
}

two_at_once_on_a_fresh_tree_both_run() {
    local first
    fresh "${FUNCNAME[0]}"
    "$dir/fishbowl" say one >"$work/one" 2>&1 &
    first=$!
    "$dir/fishbowl" say two >"$work/two" 2>&1
    wait "$first"
    holds "$(cat "$work/one")" '[say][one]'
    holds "$(cat "$work/two")" '[say][two]'
}

test_ends_with_the_summary_and_status_of_ctest() {
    local said status=0
    fresh "${FUNCNAME[0]}"
    stand_ins cmake ninja cc pkg-config patch nc npm chromium zstd pandoc node
    said=$(PATH=$stubs "$dir/fishbowl" test 2>/dev/null)
    holds "$said" '100% tests passed, 0 tests failed out of 1'
    # shellcheck disable=SC2016 # cmake expands it
    echo 'add_test(NAME fails COMMAND ${CMAKE_COMMAND} -E false)' \
        >>"$dir/CMakeLists.txt"
    said=$(PATH=$stubs "$dir/fishbowl" test 2>/dev/null) || status=$?
    holds "$said" '50% tests passed, 1 tests failed out of 2'
    ((status != 0)) || fail "a failed test gave status 0"
}

clean_removes_what_was_built() {
    fresh "${FUNCNAME[0]}"
    "$dir/fishbowl" say >/dev/null 2>&1
    "$dir/fishbowl" clean
    [[ ! -e $dir/build ]] || fail "build/ is still there"
}

# ---- what is missing -------------------------------------------------------

# A folder for PATH with the usual tools, the ones named, and nothing else
# that the project needs. A stand-in for pkg-config and nc finds everything.
stand_ins() { # tool…
    local tool
    stubs=$work/stubs-${FUNCNAME[1]}
    mkdir -p -- "$stubs"
    for tool in bash env cat cut dirname flock grep ln mkdir nproc readlink rm \
        sed tail tee touch ctest as ld uname; do
        ln -sf -- "$(command -v "$tool")" "$stubs/$tool"
    done
    for tool in "$@"; do
        case $tool in
        pkg-config) printf '#!/bin/sh\nexit 0\n' >"$stubs/$tool" ;;
        nc) printf '#!/bin/sh\necho OpenBSD netcat\n' >"$stubs/$tool" ;;
        *) ln -sf -- "$(command -v "$tool")" "$stubs/$tool" ;;
        esac
    done
    printf '#!/bin/sh\nexit 1\n' >"$stubs/dpkg-query"
    chmod +x "$stubs"/pkg-config "$stubs"/nc "$stubs/dpkg-query" 2>/dev/null || true
}

# apt-get writes its words down, and "installs" what it can.
fake_apt() {
    cat >"$stubs/apt-get" <<APT
#!/bin/bash
while [[ \$1 == -o ]]; do shift 2; done
echo "\$*" >>"$work/apt.log"
[[ \$1 == install ]] || exit 0
[[ -n \${DEBIAN_FRONTEND-} ]] || exit 1
for p; do
    case \$p in
    cmake) ln -s "$(command -v cmake)" "$stubs/cmake" ;;
    ninja-build) ln -s "$(command -v ninja)" "$stubs/ninja" ;;
    esac
done
APT
    chmod +x "$stubs/apt-get"
    rm -f -- "$work/apt.log"
}

installs_what_is_missing_in_one_go_and_says_why() {
    local said
    ((EUID == 0)) || return 0 # as others it asks sudo, which is tried below
    fresh "${FUNCNAME[0]}"
    stand_ins cc pkg-config patch
    fake_apt
    said=$(PATH=$stubs "$dir/fishbowl" say 2>&1)
    same "$(cat "$work/apt.log")" \
        $'update\ninstall -y --no-install-recommends cmake ninja-build'
    holds "$said" 'describes the build'
    holds "$said" '[say]'
}

asks_apt_for_nothing_when_nothing_is_missing() {
    fresh "${FUNCNAME[0]}"
    stand_ins cmake ninja cc pkg-config patch nc npm chromium zstd
    fake_apt
    PATH=$stubs "$dir/fishbowl" say >/dev/null 2>&1
    [[ ! -e $work/apt.log ]] || fail "apt-get was called: $(cat "$work/apt.log")"
}

the_demo_needs_no_test_framework() {
    fresh "${FUNCNAME[0]}"
    stand_ins cmake ninja cc patch nc
    # finds the two libraries of the program and no others
    cat >"$stubs/pkg-config" <<'PC'
#!/bin/sh
case $* in *cmocka* | *vterm*) exit 1 ;; esac
PC
    chmod +x "$stubs/pkg-config"
    fake_apt
    PATH=$stubs "$dir/fishbowl" say >/dev/null 2>&1
    [[ ! -e $work/apt.log ]] || fail "apt-get was called: $(cat "$work/apt.log")"
    ((EUID == 0)) || return 0
    PATH=$stubs "$dir/fishbowl" test >/dev/null 2>&1 || true
    holds "$(cat "$work/apt.log")" 'libcmocka-dev libvterm-dev'
}

without_apt_it_names_them_and_stops() {
    local said status=0
    fresh "${FUNCNAME[0]}"
    stand_ins cc pkg-config patch
    said=$(PATH=$stubs "$dir/fishbowl" say 2>&1) || status=$?
    same "$status" 1
    holds "$said" 'cmake'
    holds "$said" 'no Debian or Ubuntu'
}

a_page_gets_its_compiler_when_it_is_asked_for() {
    fresh "${FUNCNAME[0]}"
    stand_ins cmake ninja cc pkg-config patch
    fake_apt
    rm -f -- "$work/apt.log"
    PATH=$stubs "$dir/fishbowl" export --to chrome -o x >/dev/null 2>&1
    [[ ! -e $work/apt.log ]] || fail "apt-get was called: $(cat "$work/apt.log")"
    ((EUID == 0)) || return 0
    for words in '--to html -o x' '--to=html -o x' '-o x.html'; do
        rm -f -- "$work/apt.log"
        # shellcheck disable=SC2086 # they are words
        PATH=$stubs "$dir/fishbowl" export $words >/dev/null 2>&1 || true
        holds "$(cat "$work/apt.log")" 'clang-14 lld-14'
    done
}

bench_goes_on_without_peers_that_cannot_be_had() {
    local said
    fresh "${FUNCNAME[0]}"
    mkdir -p -- "$dir/tests/bench"
    printf '#!/bin/sh\nshift\necho "measured $*"\n' >"$dir/tests/bench/run"
    chmod +x "$dir/tests/bench/run"
    stand_ins cmake ninja cc pkg-config patch nc npm chromium zstd
    printf '#!/bin/sh\necho "$*" >>"%s"\nexit 1\n' "$work/apt.log" \
        >"$stubs/apt-get" # a machine without a net
    chmod +x "$stubs/apt-get"
    rm -f -- "$work/apt.log"

    said=$(PATH=$stubs "$dir/fishbowl" bench --quick 2>&1)
    holds "$said" 'measured --quick'
    [[ ! -e $work/apt.log ]] || fail "apt-get was called: $(cat "$work/apt.log")"

    said=$(PATH=$stubs "$dir/fishbowl" bench 2>&1)
    holds "$said" 'cargo'
    holds "$said" 'Tokio and smol are left out'
    holds "$said" 'measured '
}

as_nobody() {
    setpriv --reuid 65534 --regid 65534 --clear-groups -- "$@"
}

without_root_and_sudo_it_prints_the_line_to_type() {
    local said status=0
    ((EUID == 0)) || return 0 # needs another user to be
    fresh "${FUNCNAME[0]}"
    stand_ins cc pkg-config patch
    fake_apt
    said=$(as_nobody env PATH="$stubs" "$dir/fishbowl" say 2>&1) || status=$?
    same "$status" 1
    holds "$said" 'as root: apt-get install cmake ninja-build'
    [[ ! -e $work/apt.log ]] || fail "apt-get was called"
}

without_a_terminal_sudo_is_not_asked_for_a_password() {
    ((EUID == 0)) || return 0
    fresh "${FUNCNAME[0]}"
    stand_ins cc pkg-config patch
    fake_apt
    chmod 777 "$dir" "$work"
    printf '#!/bin/bash\necho "sudo $*" >>"%s"\nexit 1\n' "$work/sudo.log" \
        >"$stubs/sudo"
    chmod +x "$stubs/sudo"
    as_nobody env PATH="$stubs" "$dir/fishbowl" say </dev/null >/dev/null 2>&1 || true
    holds "$(cat "$work/sudo.log")" 'sudo -n -- env DEBIAN_FRONTEND=noninteractive apt-get'
}

for name in builds_then_runs_with_the_same_arguments \
    prints_nothing_of_its_own_when_nothing_is_to_do \
    works_from_any_folder_and_through_a_link \
    passes_input_and_exit_status_through rebuilds_after_a_change \
    a_failing_build_shows_why_and_runs_nothing a_moved_tree_builds_again \
    needs_no_home two_at_once_on_a_fresh_tree_both_run \
    test_ends_with_the_summary_and_status_of_ctest \
    clean_removes_what_was_built \
    installs_what_is_missing_in_one_go_and_says_why \
    asks_apt_for_nothing_when_nothing_is_missing \
    the_demo_needs_no_test_framework without_apt_it_names_them_and_stops \
    without_root_and_sudo_it_prints_the_line_to_type \
    a_page_gets_its_compiler_when_it_is_asked_for \
    bench_goes_on_without_peers_that_cannot_be_had \
    without_a_terminal_sudo_is_not_asked_for_a_password; do
    claim "$name"
done
claims_end
