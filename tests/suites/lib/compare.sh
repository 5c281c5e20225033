# Results are lines of `ok|failed|skipped<TAB>name` in a file named results.
# shellcheck shell=bash

summary() { # results
    awk -F'\t' '{ n[$1]++ } END { printf "%d ok, %d failed, %d skipped", n["ok"], n["failed"], n["skipped"] }' "$1"
}

# Names of tests that pass directly and do not pass through the relay. What fails directly may fail through it, too.
lost() { # direct through
    comm -23 <(sed -n 's/^ok\t//p' "$1/results" | sort -u) <(sed -n 's/^ok\t//p' "$2/results" | sort -u)
}

require_results() { # out
    [ -s "$1/results" ] || { say "the direct run has no results"; exit "$EXIT_DIFFERENT"; }
    grep -q '^ok' "$1/results" || { say "nothing passes directly, so that this run proves nothing"; exit "$EXIT_DIFFERENT"; }
}

report_lost() { # through, names on stdin
    echo "pass directly and not through $relay:"
    sed 's/^/  /'
    if [ -s "$1/details" ]; then
        echo "details of what failed through $relay:"
        head -c 20000 "$1/details"
    fi
}
