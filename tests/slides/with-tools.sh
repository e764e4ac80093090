#!/usr/bin/env bash
# Runs a test where its tools are; elsewhere says what to install, and skips it.
# usage: with-tools.sh TOOL… -- COMMAND…
set -euo pipefail

while [[ $1 != -- ]]; do
    if ! command -v "$1" >/dev/null; then
        echo "skipped: no $1 here (./fishbowl install slides)"
        exit 77
    fi
    shift
done
shift
exec "$@"
