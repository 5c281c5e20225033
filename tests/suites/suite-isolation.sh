# PostgreSQL's isolation tests: several sessions whose locks are watched by the server's process ids, which therefore
# have to be the ones in BackendKeyData.
# shellcheck shell=bash

# shellcheck source=suite-regress.sh
source "$suites_dir/suite-regress.sh"

suite_run() { # label host port out
    local test_host=$2 test_port=$3 out_dir=$4 tests=()
    if [ -n "$quick" ]; then
        tests=(deadlock-simple deadlock-hard multiple-cic nowait skip-locked async-notify timeouts cluster-conflict
            detach-partition-concurrently-1 stats horizons prepared-transactions)
    else
        tests=(--schedule="$pg_source/src/test/isolation/isolation_schedule" prepared-transactions prepared-transactions-cic)
    fi
    run_pg_regress "$pg_tests/isolation/pg_isolation_regress" "$pg_source/src/test/isolation" isolation \
        --dbname=isolation_regression "${tests[@]}"
}
