#!/usr/bin/env bash
# Puts what the browser tests need into a folder of the build, once.
# usage: install.sh SOURCE-FOLDER BUILD-FOLDER
#
# What is there already stays, so the tests run without a network after the
# first time. What cannot be had is a failure, not a reason to pass.
set -euo pipefail

from=$1 to=$2

mkdir -p -- "$to"
if cmp -s -- "$from/package-lock.json" "$to/node_modules/.lock-installed"; then
    exit 0
fi
command -v npm >/dev/null || {
    echo "no npm here, which brings playwright-core (./fishbowl install test)"
    exit 1
}
cp -- "$from/package.json" "$from/package-lock.json" "$from/.npmrc" "$to"
if ! (cd -- "$to" && PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1 npm ci --no-fund); then
    echo "playwright-core is not installed in $to and npm could not get it" \
        "(is the package registry reachable?)"
    exit 1
fi
cp -- "$from/package-lock.json" "$to/node_modules/.lock-installed"
