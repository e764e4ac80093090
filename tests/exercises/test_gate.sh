#!/usr/bin/env bash
# The gate of the exercises finds what it is for: an exercise that holds is
# broken in one way at a time, and the gate has to say in which.
set -euo pipefail

gate=$FB_BUILD/tests/exercise_gate
source=$FB_SOURCE/exercises/06_yield_once
work=$(mktemp -d)
trap 'rm -rf -- "$work"' EXIT
copy=$work/06_yield_once
failed=0

# A fresh copy of the exercise.
fresh() {
    rm -rf -- "$copy"
    cp -R -- "$source" "$copy"
}

# The gate, asked for one thing, must fail and say these words.
says() { # what words
    local said status=0
    said=$("$gate" --scratch "$work/gate" --only "$1" "$copy" 2>&1) ||
        status=$?
    if ((status != 1)) || ! grep -F 'FAILED' <<<"$said" | grep -qF -- "$2"; then
        printf 'FAILED  %s\n  wanted: %s\n  status %d, got:\n%s\n' \
            "${FUNCNAME[1]}" "$2" "$status" "$said"
        failed=1
    else
        printf 'ok      %s\n' "${FUNCNAME[1]}"
    fi
}

# Changes one file of the copy, and fails if nothing has changed.
change() { # file sed-script
    cp -- "$copy/$1" "$work/before"
    sed -i -e "$2" -- "$copy/$1"
    ! cmp -s -- "$copy/$1" "$work/before" || {
        echo "test_gate: '$2' changes nothing in $1" >&2
        exit 1
    }
}

a_starter_that_fails_otherwise_than_declared() {
    fresh
    change info 's/^untouched: .*/untouched: T4/'
    says untouched 'untouched fails with T4, but the check says T14'
}

a_solution_that_does_not_pass() {
    fresh
    change check.c 's/POLLS_EACH = 2/POLLS_EACH = 3/'
    says solution.patch 'solution.patch passes (1 runs'
}

an_alternative_that_does_not_pass() {
    fresh
    change check.c 's/POLLS_EACH = 2/POLLS_EACH = 3/'
    says alt/state.patch 'alt/state.patch passes (1 runs'
}

a_solution_that_does_not_compile() {
    fresh
    change yield.h 's/struct yield_once {/struct yield_nonce {/'
    says solution.patch 'does not compile'
}

a_mutant_that_fails_with_another_claim() {
    fresh
    change mutants/no_wake.patch 's/^Fails: T1$/Fails: T2/'
    says mutants/no_wake.patch 'fails with T2, but the check says T1'
}

a_mutant_that_passes() {
    fresh
    change check.c '/fb_claim_ends_quiet/d'
    says mutants/keeps_clone.patch \
        'fails with T12, but the check says that it passes'
}

a_mutant_without_a_reason() {
    fresh
    change mutants/twice.patch '/^Why:/d'
    says words 'neither which claim it fails with nor why'
}

a_patch_that_fits_no_more() {
    fresh
    change yield.c 's/return FB_READY;/return (FB_READY);/'
    says words 'does not fit'
}

a_check_without_claims() {
    fresh
    change check.c 's/fb_claim_/own_rule_/g; s/FB_T[0-9]/FB_NONE/g'
    says claims 'check.c makes claims'
}

a_claim_that_nothing_fails() {
    fresh
    change check.c 's/^    (void)fb_claim_ends_quiet(t);/&\n    (void)fb_claim_timer_exact(t, 0);/'
    says claims 'check.c claims T11, and something fails with it: nothing does'
}

a_claim_in_a_comment_is_none() {
    fresh
    change check.c 's/^    (void)fb_claim_ends_quiet(t);/& \/\/ not fb_claim_timer_exact/'
    if "$gate" --scratch "$work/gate" --only claims "$copy" >"$work/said"; then
        echo "ok      ${FUNCNAME[0]}"
    else
        cat "$work/said"
        failed=1
    fi
}

a_hint_whose_code_is_gone() {
    fresh
    change hints.md 's/if (y->stepped_aside)/if (y->stepped)/'
    says words 'the block is code of the exercise, it is not'
}

a_block_that_does_not_compile() {
    fresh
    # shellcheck disable=SC2016 # a fence
    printf '\n```c build\nint f(void) { return nothing; }\n```\n' \
        >>"$copy/README.md"
    says words 'the block compiles, it does not'
}

a_block_without_an_end() {
    fresh
    # shellcheck disable=SC2016 # a fence
    printf '\n```c\nint f(void);\n' >>"$copy/README.md"
    says words 'the block has no end'
}

a_hint_too_few() {
    fresh
    change hints.md 's/^## 3$/## three/'
    says words "hints.md has a section '## 3'"
}

a_readme_longer_than_a_screen() {
    fresh
    printf 'and so on\n%.0s' {1..60} >>"$copy/README.md"
    says words 'README.md has 78 lines'
}

something_left_to_be_filled_in() {
    fresh
    change hints.md 's/^How does/FILL IN: how does/'
    says words 'is not finished: FILL IN: how does'
}

# The marks are no marks any more, in the starter and in all patches.
unmark() {
    sed -i 's/YOURS:/HERS:/' "$copy"/yield.c "$copy"/*.patch "$copy"/*/*.patch
}

a_starter_without_marks() {
    fresh
    unmark
    says words 'put them around what is theirs'
}

an_exercise_that_passes_without_the_learners_part() {
    fresh
    unmark
    printf '// YOURS: begin\n// YOURS: end\n' >>"$copy/yield.c"
    says emptied 'emptied fails: it passes'
}

an_info_with_a_typing_error() {
    fresh
    change info 's/^seeds: 50/seeds: fifty/'
    local said status=0
    said=$("$gate" --scratch "$work/gate" "$copy" 2>&1) || status=$?
    if ((status == 1)) && grep -q "info:8: seeds: 'fifty' is not a number" \
        <<<"$said"; then
        echo "ok      ${FUNCNAME[0]}"
    else
        printf 'FAILED  %s: %s\n' "${FUNCNAME[0]}" "$said"
        failed=1
    fi
}

# The plans of the teacher's page, for a course of this one exercise.
plans_say() { # page words
    local said status=0
    printf '%s' "$1" >"$work/page.md"
    said=$("$gate" --plans "$work/page.md" "$copy" 2>&1) || status=$?
    if ((status != 1)) || ! grep FAILED <<<"$said" | grep -qF -- "$2"; then
        printf 'FAILED  %s\n  wanted: %s\n  got: %s\n' "${FUNCNAME[1]}" "$2" \
            "$said"
        failed=1
    else
        printf 'ok      %s\n' "${FUNCNAME[1]}"
    fi
}

plans_that_do_not_add_up() {
    local head list=$'| # | what |\n| 06 | Yield once | code | Pending means: ask me again soon |\n'
    head=$list$'## Plan: all, 15 minutes\n\n| minutes | what |\n|---|---|\n'
    fresh
    plans_say "$head| 5 | talk |"$'\n| 9 | 06 Yield once |\n' \
        'takes 10 minutes by its info, here 9'
    plans_say "$head| 5 | talk |"$'\n| 10 | 06 Yield twice |\n' \
        "is called 'Yield once', here 'Yield twice'"
    plans_say "$head| 4 | talk |"$'\n| 10 | 06 Yield once |\n' \
        'are 14 minutes, its heading says 15'
    plans_say "$head| 15 | 07 By hand |"$'\n' 'the course has no exercise 07'
    plans_say "$head| 15 | talk |"$'\n' 'no plan has all exercises'
    plans_say "$list" 'there is no section'
    plans_say "${head/ask me/ask you}| 5 | talk |"$'\n| 10 | 06 Yield once |\n' \
        'by its info this row is: | 06 | Yield once | code | Pending means: ask me'
    plans_say "${head#"$list"}| 5 | talk |"$'\n| 10 | 06 Yield once |\n' \
        'no row says what 06_yield_once attacks'
}

mapfile -t tests < <(declare -F | awk '$3 !~ /^(fresh|says|change|unmark|plans_say)$/ { print $3 }')
for name in "${tests[@]}"; do
    "$name"
done
((failed == 0))
