# libpq's pipeline tests, src/test/modules/libpq_pipeline, as its TAP script runs them: every test, and for those that have one
# the trace of all messages compared with the expected one.
# shellcheck shell=bash

suite_prepare() { obtain_postgres; }

suite_run() { # label host port out
    local program=$pg_root/dl/libpq_pipeline traces=$pg_source/src/test/modules/libpq_pipeline/traces test result
    for test in $("$program" tests); do
        local arguments=(-r 700)
        if [ -e "$traces/$test.trace" ]; then arguments+=(-t "$4/$test.trace"); fi
        result=ok
        as_server timeout 300 "$program" "${arguments[@]}" "$test" "host=$2 port=$3 user=postgres dbname=postgres sslmode=disable" \
            > "$run/pipeline.log" 2>&1 || result=failed
        if [ $result = ok ] && [ -e "$traces/$test.trace" ]; then
            diff -u "$traces/$test.trace" "$4/$test.trace" >> "$run/pipeline.log" || result=failed
        fi
        printf '%s\t%s\n' $result "$test" | as_server tee -a "$4/results" > /dev/null
        if [ $result = failed ]; then { echo "== $test"; cat "$run/pipeline.log"; } | as_server tee -a "$4/details" > /dev/null; fi
    done
}
