#!/usr/bin/env bash
# What `cmake --install` gives is enough to write a program: a small consumer is
# built with pkg-config and with find_package, from a tree that was moved after
# its installation, with a strict compiler, and run.
# needs: FB_BUILD, a build directory
set -eu

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=claims.sh
source "$here/claims.sh"
work=$(mktemp -d -t "a folder XXXXXX") # spaces are a part of the test
trap 'rm -rf -- "$work"' EXIT

cmake --install "${FB_BUILD:?}" --prefix "$work/first" >/dev/null
mv -- "$work/first" "$work/moved here"
prefix="$work/moved here"
CC=${CC:-cc}

cat >"$work/consumer.c" <<'C'
#include <fishbowl/fishbowl.h>
#include <fishbowl/trace/reader.h>
#include <stdio.h>
int main(void) {
    struct fb_runtime *rt;
    struct fb_sleep nap = fb_sleep(3600000000000u); /* an hour */
    if (fb_runtime_create(&(struct fb_runtime_options){.virtual_clock = 1}, &rt))
        return 1;
    if (fb_block_on(rt, &nap.future))
        return 2;
    printf("%d\n", fb_runtime_now_ns(rt) >= 3600000000000u);
    fb_runtime_destroy(rt);
    return 0;
}
C

by_pkg_config() {
    local flags pc
    pc=$(find "$prefix" -name fishbowl.pc)
    # quotes come out of pkg-config as the shell wants them
    flags=$(PKG_CONFIG_PATH=$(dirname -- "$pc") pkg-config --cflags --libs fishbowl)
    eval "$CC -std=gnu11 -Wall -Wextra -Werror -o '$work/by-pc' '$work/consumer.c' $flags"
    same "$("$work/by-pc")" 1
}

by_find_package() {
    mkdir -p "$work/by-cmake"
    cp -- "$work/consumer.c" "$work/by-cmake/"
    cat >"$work/by-cmake/CMakeLists.txt" <<'CMAKE'
cmake_minimum_required(VERSION 3.21)
project(consumer C)
find_package(fishbowl 0.1 REQUIRED)
add_executable(consumer consumer.c)
target_link_libraries(consumer PRIVATE fishbowl::core)
CMAKE
    cmake -G Ninja -S "$work/by-cmake" -B "$work/by-cmake/build" \
        -DCMAKE_PREFIX_PATH="$prefix" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
    cmake --build "$work/by-cmake/build" >"$work/log" 2>&1 || fail "$(cat "$work/log")"
    same "$("$work/by-cmake/build/consumer")" 1
}

# Each public header can be the first and only one.
every_header_stands_alone() {
    local header name
    while IFS= read -r header; do
        name=${header#"$prefix/include/"}
        echo "#include <$name>" >"$work/alone.c"
        "$CC" -std=gnu11 -Wall -Wextra -Werror -fsyntax-only \
            -I"$prefix/include" "$work/alone.c" || fail "$name"
    done < <(find "$prefix/include" -name '*.h')
}

no_private_header_is_installed() {
    local found
    found=$(find "$prefix/include" -type f ! -path '*/include/fishbowl/*')
    same "$found" ''
}

# `fishbowl VERB` runs fishbowl-VERB: it must find it where it was installed.
the_installed_program_finds_its_neighbours() {
    local said
    [[ -x $FB_BUILD/bin/fishbowl ]] || return 0 # built without viz
    [[ -x $prefix/bin/fishbowl ]] || fail "bin/fishbowl is not installed"
    said=$("$prefix/bin/fishbowl" dial --help 2>&1)
    holds "$said" 'clients'
    same "$("$prefix/bin/fishbowl" --version)" "$("$FB_BUILD/bin/fishbowl" --version)"
}

# Plays, helpers and sources come from the prefix: the folder it is called from
# holds none of them.
the_installed_program_has_its_plays_scenes_and_sources() {
    local play
    [[ -x $FB_BUILD/bin/fishbowl ]] || return 0 # built without viz
    for play in "$here"/../../viz/demo/scripts/*.demo; do
        play=${play##*/}
        holds "$("$prefix/bin/fishbowl" demo --list)" "  ${play%.demo} "
    done
    cd -- "$work"
    "$prefix/bin/fishbowl" scene join --virtual --ring join.ring >scene.out
    holds "$(cat scene.out)" 'joined: breakfast after 3 s'
    [[ -e join.ring ]] || return 0 # built without traces
    holds "$("$prefix/bin/fishbowl" print --source --at 20 ./join.ring)" \
        'FB_AWAIT(self->'
}

# The course, its toolchain file and the libraries come from the prefix, too.
the_installed_program_plays_exercises() {
    [[ -x $FB_BUILD/bin/fishbowl ]] || return 0 # built without viz
    [[ -e $prefix/share/fishbowl/learn/toolchain ]] || return 0 # or the course
    cd -- "$work"
    XDG_CACHE_HOME=$work/cache "$prefix/bin/fishbowl" demo lost-wake \
        </dev/null >lost-wake.out 2>&1 || fail "$(cat lost-wake.out)"
    holds "$(cat lost-wake.out)" 'Nothing can ever happen again'
}

for name in the_installed_program_finds_its_neighbours \
    the_installed_program_has_its_plays_scenes_and_sources \
    the_installed_program_plays_exercises by_pkg_config \
    by_find_package every_header_stands_alone \
    no_private_header_is_installed; do
    claim "$name"
done
claims_end
