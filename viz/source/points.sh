#!/bin/sh
# Writes the table of points.awk to a file, all of it or nothing.
# usage: points.sh OUT emit.h SOURCE...
set -eu
out=$1
shift
awk -f "$(dirname -- "$0")/points.awk" "$@" >"$out.new"
mv -- "$out.new" "$out"
