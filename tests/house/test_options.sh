#!/usr/bin/env bash
# What a verb's --help says is what its man page and both shells' completions
# know: no option more, no option less, and no verb is forgotten. Nor is a play.
# needs: FB_BUILD, a build directory
set -eu

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd)
# shellcheck source-path=SCRIPTDIR source=claims.sh
source "$here/claims.sh"
work=$(mktemp -d -t "a folder XXXXXX") # spaces are a part of the test
trap 'rm -rf -- "$work"' EXIT
main=$here/../../viz/main
program=$FB_BUILD/bin/fishbowl

# "--name", one a line, in order; --usage and --version come with every verb.
sorted() {
    grep -oE -- '--[a-z][a-z-]*' | grep -vxE -- '--(usage|version)' | sort -u
}

verbs() {
    "$program" help | sed -n '/--help/q; s/^  \([a-z]\{1,\}\) .*/\1/p' | grep -vx help
}

# An option stands at the beginning of its line, with its other name; others are
# spoken of behind.
in_help() { # verb
    "$program" "$1" --help |
        sed -nE 's/^ +((-[^-], )?--[a-z-]+[^ ,]*(, --[a-z-]+[^ ,]*)*).*/\1/p' | sorted
}

# Sets up the words of a command line and asks as bash would.
in_bash() ( # verb
    # shellcheck source=/dev/null
    source "$main/completions/fishbowl.bash"
    COMP_WORDS=(fishbowl "$1" --) COMP_CWORD=2 COMPREPLY=()
    _fishbowl
    printf '%s\n' "${COMPREPLY[@]}" | sorted
)

# The verb's branch of the case, with what diff and whatif share; explanations
# in brackets are not options.
in_zsh() { # verb [file]
    awk -v verb="$1" '
        /^    comparing=\(/ { shared = 1; next }
        shared && /^    \)/ { shared = 0 }
        shared { comparing = comparing $0 "\n"; next }
        /^    [a-z |]+\)/ {
            names = $0
            sub(/\).*/, "", names)
            sub(/^ +/, "", names)
            of = 0
            n = split(names, name, / *\| */)
            for (i = 1; i <= n; i++) of = of || name[i] == verb
        }
        of { if (/\$comparing/) printf "%s", comparing; print }
        /;;/ { of = 0 }' "${2-$main/completions/_fishbowl}" |
        sed -E "s/\\[[^]]*\\]//g; s/'\\([^)]*\\)/'/g" | sorted
}

# The options that a page's lists explain: those of a synopsis do not count.
in_man() { # page
    sed -nE 's/Fl Fl +/--/g; s/^\.It (--.*)/\1/p' "$main/man/$1.1" | sorted
}

same_options() { # of-what got wanted
    [[ $2 == "$3" ]] ||
        fail "$1, < only there, > only in --help:" \
            "$(diff <(echo "$2") <(echo "$3") | grep '^[<>]')"
}

every_verb_tells_its_options() {
    local verb
    [[ $(verbs | wc -l) -ge 9 ]] || fail "verbs: $(verbs)"
    for verb in $(verbs); do
        holds "$(in_help "$verb")" --help
    done
}

bash_completes_the_options_that_help_names() {
    local verb
    for verb in $(verbs); do
        same_options "bash, $verb" "$(in_bash "$verb")" "$(in_help "$verb")"
    done
}

zsh_completes_the_options_that_help_names() {
    local verb
    for verb in $(verbs); do
        same_options "zsh, $verb" "$(in_zsh "$verb")" "$(in_help "$verb")"
    done
}

# --help itself is explained once, in fishbowl(1).
man_explains_the_options_of() { # page verb…
    local page=$1 verb
    shift
    same_options "man $page" "$(in_man "$page")" \
        "$(for verb; do in_help "$verb"; done | sort -u | grep -vx -- --help)"
}

man_pages_explain_the_options_that_help_names() {
    man_explains_the_options_of fishbowl-demo demo
    man_explains_the_options_of fishbowl-diff diff whatif
    man_explains_the_options_of fishbowl-export export
    man_explains_the_options_of fishbowl-learn learn
    man_explains_the_options_of fishbowl-print print
    man_explains_the_options_of fishbowl-record record
    man_explains_the_options_of fishbowl-serve serve scene dial
    man_explains_the_options_of fishbowl-watch watch
}

fishbowl_1_names_every_verb() {
    local verb option page=$main/man/fishbowl.1
    for verb in $(verbs); do
        grep -q "^\.It Cm $verb\b" "$page" || fail "$verb"
    done
    for option in $(in_help list | grep -vx -- --help); do
        grep -q "^\.Fl Fl ${option#--}\b" "$page" || fail "list $option"
    done
}

every_page_is_installed() {
    local page
    for page in "$main"/man/*.1; do
        grep -qw "man/${page##*/}" "$main/CMakeLists.txt" || fail "$page"
    done
}

both_shells_complete_the_verbs() {
    local verb
    for verb in $(verbs) help; do
        grep -qE "^ +'$verb:" "$main/completions/_fishbowl" || fail "zsh: $verb"
        grep -qE "verbs=\".*\\b$verb\\b" "$main/completions/fishbowl.bash" ||
            fail "bash: $verb"
    done
}

every_play_is_in_the_table_of_plays() {
    local play demo=$here/../../viz/demo
    for play in "$demo"/scripts/*.demo; do
        play=${play##*/}
        grep -qE "^\| .*\`${play%.demo}\`.* \|" "$demo/README.md" ||
            fail "viz/demo/README.md has no row for $play"
    done
}

# The comparison itself can fail: an option less, one more, one behind words.
a_missing_option_is_found() {
    sed "s/'--frozen\[[^]]*]'//" "$main/completions/_fishbowl" >"$work/less"
    sed "s/'--frozen\[/'--thawed[] '&/" "$main/completions/_fishbowl" >"$work/more"
    same "$(diff <(in_zsh watch "$work/less") <(in_help watch) | grep '^[<>]')" \
        '> --frozen'
    same "$(diff <(in_zsh watch "$work/more") <(in_help watch) | grep '^[<>]')" \
        '< --thawed'
    ! (same_options x --a --b) >/dev/null || fail "unequal lists were let through"
}

for name in every_verb_tells_its_options \
    bash_completes_the_options_that_help_names \
    zsh_completes_the_options_that_help_names \
    man_pages_explain_the_options_that_help_names \
    fishbowl_1_names_every_verb every_page_is_installed \
    both_shells_complete_the_verbs every_play_is_in_the_table_of_plays \
    a_missing_option_is_found; do
    claim "$name"
done
claims_end
