# Completion of the fishbowl program for bash.

_fishbowl_traces() {
    fishbowl list --all 2>/dev/null | awk 'NR > 1 { print $1 }'
}

_fishbowl() {
    local word=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
    local verbs="demo serve scene dial watch list print record export diff whatif learn help"
    local options

    if ((COMP_CWORD == 1)); then
        mapfile -t COMPREPLY < <(compgen -W "$verbs --help --version" -- "$word")
        return
    fi
    case ${COMP_WORDS[1]} in
    help)
        mapfile -t COMPREPLY < <(compgen -W "$verbs" -- "$word")
        return
        ;;
    print)
        options="--story --tasks --tree --reactor --wakers --waits --stats --source
            --timeline --events --lints --decisions --json --screen --quiz --questions --normal
            --source-dir --cols --scale --at --from --first --to --last --task --follow --filter --sort --long-poll
            --ascii --help"
        ;;
    list) options="--all --clean --help" ;;
    watch)
        options="--source-dir --frozen --at --questions --answers --teacher --plain --ascii --theme --no-color --no-mouse
            --print-config --help"
        ;;
    demo)
        options="--list --plain --story --handler --order --choose --ring --marks --port
            --ascii --theme --no-color --help"
        ;;
    serve)
        options="--listen --port-file --handler --order --choose --workers --max-clients
            --idle-timeout --grace --accept-errors --ring --ring-events
            --no-trace --record --stopped --help"
        ;;
    scene) options="--list --virtual --stopped --listen --port-file --ring --help" ;;
    dial)
        options="--clients --concurrency --name --names --think --timeout --slow
            --half-open --garbage --hang-up --silent --hold --ring --help"
        ;;
    record) options="--output --force --for --events --source-dir --help" ;;
    export)
        options="--to --output --force --first --from --last --table --view --at --title
            --source-dir --task --width --bare --theme --help"
        ;;
    diff)
        options="--by --types --polls --ports --plain --context --full --cols --json
            --screen --ascii --no-color --help"
        ;;
    whatif)
        options="--choose --order --handler --keep --by --types --polls --ports --plain
            --context --full --cols --json --screen --ascii --no-color --help"
        ;;
    learn)
        options="--folder --course --order --html --give-up --apply --other --name --json
            --without --csv --ring --stopped --port-file --plain --ascii --no-color --help"
        ;;
    *) return ;;
    esac
    case $previous in
    --scale)
        mapfile -t COMPREPLY < <(compgen -W "events time" -- "$word")
        return
        ;;
    --screen)
        mapfile -t COMPREPLY < <(compgen -W "80x24 132x43" -- "$word")
        return
        ;;
    --by)
        mapfile -t COMPREPLY < <(compgen -W "tree order events" -- "$word")
        return
        ;;
    --theme)
        local themes="default dark light contrast safe mono"
        [[ ${COMP_WORDS[1]} != export ]] || themes="auto light dark"
        mapfile -t COMPREPLY < <(compgen -W "$themes" -- "$word")
        return
        ;;
    --handler)
        mapfile -t COMPREPLY < <(compgen -W "inline named states" -- "$word")
        return
        ;;
    --to)
        if [[ ${COMP_WORDS[1]} == export ]]; then
            mapfile -t COMPREPLY < <(compgen -W "chrome csv svg html" -- "$word")
        fi
        return
        ;;
    --view)
        mapfile -t COMPREPLY < <(compgen -W "timeline tree lanes run" -- "$word")
        return
        ;;
    --table)
        mapfile -t COMPREPLY < <(compgen -W "events tasks" -- "$word")
        return
        ;;
    --order)
        mapfile -t COMPREPLY < <(compgen -W "fifo lifo seed:" -- "$word")
        return
        ;;
    --folder | --course)
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    --accept-errors)
        mapfile -t COMPREPLY < <(compgen -W "backoff fatal" -- "$word")
        return
        ;;
    --story)
        if [[ ${COMP_WORDS[1]} == demo ]]; then
            mapfile -t COMPREPLY < <(compgen -W "brief full" -- "$word")
            return
        fi
        ;;
    --at | --from | --first | --last | --task | --choose | --context | --cols | --width | --title | --name | --other | --without) return ;;
    esac
    if [[ $word == -* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$options" -- "$word")
    elif [[ " print watch record export diff " == *" ${COMP_WORDS[1]} "* ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(_fishbowl_traces)" -- "$word"; compgen -f -- "$word")
    elif [[ ${COMP_WORDS[1]} == demo || ${COMP_WORDS[1]} == whatif ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(fishbowl demo --list 2>/dev/null | awk 'NR > 1 { print $1 }')" -- "$word"; compgen -f -- "$word")
    elif [[ ${COMP_WORDS[1]} == learn ]]; then
        local words="init watch run play next list hint viz solution reset check-all report class mutants new stage"
        ((COMP_CWORD == 2)) || words=$(fishbowl learn list --plain 2>/dev/null | awk '$2 ~ /^[0-9]+$/ { print $2 }')
        mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word")
    elif [[ ${COMP_WORDS[1]} == scene ]]; then
        mapfile -t COMPREPLY < <(compgen -W "$(fishbowl scene --list 2>/dev/null | awk '{ print $1 }')" -- "$word")
    else
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
    fi
}

complete -F _fishbowl fishbowl
