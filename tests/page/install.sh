#!/usr/bin/env bash
# Puts what a package.json names into a folder of the build, once: what the
# browser tests need, what the deck is made with.
# usage: install.sh SOURCE-FOLDER BUILD-FOLDER
#
# What is there already stays, so it works without a network after the first
# time. What cannot be had is a failure, not a reason to pass.
set -euo pipefail

from=$1 to=$2

mkdir -p -- "$to"
if cmp -s -- "$from/package-lock.json" "$to/node_modules/.lock-installed"; then
    exit 0
fi
command -v npm >/dev/null || {
    echo "no npm here, which brings what $from/package.json names" \
        "(./fishbowl install test, or install slides)"
    exit 1
}
cp -- "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$to"
if ! (cd -- "$to" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-fund); then
    echo "what $from/package.json names is not in $to, npm could not get it" \
        "(is the package registry reachable?)"
    exit 1
fi
cp -- "$from/package-lock.json" "$to/node_modules/.lock-installed"
