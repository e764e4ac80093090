#!/usr/bin/env bash
# Makes the template of the page: one file that needs no other.
# usage: assemble.sh DIR ENGINE.wasm OUT
#
# A line of DIR/page.html that holds only "@STYLE x.css@" or "@SCRIPT x.js@"
# becomes the text of that file, "@ENGINE@" the engine in base64. What export
# fills in (@TITLE@, @ABOUT@, @TRACE@) stays.
set -euo pipefail

dir=$1 engine=$2 out=$3

die() {
    printf 'assemble: %s\n' "$*" >&2
    exit 1
}

# A text inside an element must not end it.
include() { # element file
    ! grep -qi "</$1" "$2" || die "$2: \"</$1\" would end its element"
    cat -- "$2"
}

assemble() {
    local line
    while IFS= read -r line; do
        case $line in
        @STYLE\ *@) line=${line#@STYLE }; include style "$dir/${line%@}" ;;
        @SCRIPT\ *@) line=${line#@SCRIPT }; include script "$dir/${line%@}" ;;
        @ENGINE@) base64 -w 120 -- "$engine" ;;
        *) printf '%s\n' "$line" ;;
        esac
    done <"$dir/page.html"
}

mkdir -p -- "$(dirname -- "$out")"
assemble >"$out.new"
for marker in @TITLE@ @ABOUT@ @TRACE@; do
    grep -q "$marker" "$out.new" || die "$dir/page.html: no $marker"
done
mv -- "$out.new" "$out"
