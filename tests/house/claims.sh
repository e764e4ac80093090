# Sourced by the shell tests: a claim is a function of this name; `claim` runs
# it in a subshell and counts. Ends with claims_end.
# shellcheck shell=bash
claims_ok=0 claims_bad=0

claim() { # function
    # `|| …` would switch set -e off inside, so the status is taken apart.
    set +e
    (
        set -eu
        "$1"
    )
    local status=$?
    set -e
    if ((status == 0)); then
        claims_ok=$((claims_ok + 1))
        echo "ok      $1"
    else
        claims_bad=$((claims_bad + 1))
        echo "FAILED  $1"
    fi
}

fail() {
    printf '        %s\n' "$@"
    exit 1
}

same() { # got wanted
    [[ $1 == "$2" ]] || fail "got:    $1" "wanted: $2"
}

holds() { # text part
    [[ $1 == *"$2"* ]] || fail "does not hold: $2" "in: $1"
}

claims_end() {
    echo "$claims_ok claims hold, $claims_bad do not"
    ((claims_bad == 0 && claims_ok > 0))
}
