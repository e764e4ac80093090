#!/usr/bin/env bash
# Takes the picture of the README: the real greeter, real clients over TCP, one
# frame of the visualiser as text, put between the README's two marks.
# Three clients have been asked and say nothing; a fourth came after them, said
# its name and was answered: the picture shows what is left, and how it went.
# usage: readme-picture.sh BIN-DIR [FILE]     default FILE: README.md
set -euo pipefail

bin=$(realpath -- "${1:?usage: readme-picture.sh BIN-DIR [FILE]}")
readme=$(realpath -- "${2:-$(dirname -- "${BASH_SOURCE[0]}")/../../README.md}")
begin='<!-- picture: made by tests/tools/readme-picture.sh -->'
end='<!-- end of picture -->'

for mark in "$begin" "$end"; do
    if [[ $(grep -cxF -- "$mark" "$readme") != 1 ]]; then
        echo "readme-picture: $readme: not exactly one line '$mark'" >&2
        exit 1
    fi
done

work=$(mktemp -d)
server=
finish() {
    [[ -z $server ]] || kill "$server" 2>/dev/null || true
    rm -rf -- "$work"
}
trap finish EXIT

# `coproc` gives the greeter's own first line, which says the port: no waiting
# by guess.
coproc serve { exec "$bin/fishbowl" serve --listen 127.0.0.1:0 \
    --ring "$work/ring"; }
# shellcheck disable=SC2154 # coproc sets both
server=$serve_PID out=${serve[0]}
read -r -t 10 -u "$out" line
[[ $line =~ ^listening\ on\ port\ ([0-9]+)$ ]]
port=${BASH_REMATCH[1]}

ask() { # → $client, a descriptor whose question has been read
    exec {client}<>"/dev/tcp/127.0.0.1/$port"
    read -r -t 10 -u "$client" line
    [[ $line == 'Who are you?' ]]
}
ask
ask
ask
ask
printf 'Ada\n' >&"$client"
read -r -t 10 -u "$client" line
[[ $line == 'Thanks for dialing in, Ada!' ]]
# The end of the stream: her task is over.
if read -r -t 10 -u "$client" line; then
    echo "readme-picture: heard more than the reply: $line" >&2
    exit 1
fi
exec {client}>&-

"$bin/fishbowl" print "$work/ring" --screen 100x30 >"$work/picture"
if grep -q '```' "$work/picture"; then
    echo "readme-picture: the frame would end its own fence" >&2
    exit 1
fi

{
    sed "/^${begin//\//\\/}\$/q" "$readme"
    printf '\n```text\n'
    sed 's/[[:space:]]*$//' "$work/picture"
    printf '```\n\n'
    sed -n "/^${end}\$/,\$p" "$readme"
} >"$work/readme"
cat -- "$work/readme" >"$readme"
