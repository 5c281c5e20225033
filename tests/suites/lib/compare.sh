# Results are lines of `ok|failed|skipped<TAB>name` in a file named results.
# shellcheck shell=bash

summary() { # results
    awk -F'\t' '{ n[$1]++ } END { printf "%d ok, %d failed, %d skipped", n["ok"], n["failed"], n["skipped"] }' "$1"
}

# Says what differs. What fails directly may fail through the relay too; what passes directly must pass.
compare_results() { # direct through
    [ -s "$1/results" ] || { say "the direct run has no results"; exit "$EXIT_DIFFERENT"; }
    grep -q '^ok' "$1/results" || { say "nothing passes directly, so that this run proves nothing"; exit "$EXIT_DIFFERENT"; }
    if diff <(sort -u "$1/results") <(sort -u "$2/results") > "$run/differences"; then
        echo "the same results: $(summary "$1/results")"
        return
    fi
    echo "different results (< direct, > through):"
    cat "$run/differences"
    if [ -s "$2/details" ]; then
        echo "details of what failed through the relay:"
        head -c 20000 "$2/details"
    fi
    exit "$EXIT_DIFFERENT"
}
